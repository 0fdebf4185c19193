"""What an import changes: new is added, left out is closed, the same stays.

A file says everything about the organizations it names. A value without days means "held now": it
agrees with any open row, and takes no day of the past from anybody. Days that the file states are
believed, and correct the row they are about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from hashlib import sha256
from typing import Any

from tocsin.constituency.rules.holdings import ATTRIBUTING, LISTS, ONE_DAY, Item, kind_of, meet, value_of
from tocsin.core.constituency import Ignored, Organization

ATTRIBUTES = (
    "name_vi",
    "name_en",
    "parent",
    "sector",
    "language",
    "valid_from",
    "valid_to",
    "criticality",
    "essential",
)
"""The fields of an organization that are not lists."""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What happens to one row: `added`, `changed`, `closed`, or `withdrawn` because it never came into force."""

    what: str
    before: Item | None
    after: Item | None

    @property
    def item(self) -> Item:
        """The row as it will be, or as it was when it goes."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def kind(self) -> str:
        """`network`, `domain`, `asn`, `contact` or `ignored`."""
        return kind_of(self.item)

    @property
    def value(self) -> str:
        """What is held, as people write it."""
        return value_of(self.item)


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one organization: `new`, `changed`, `closed` or `same`; which fields, which rows."""

    organization: str
    what: str
    before: Organization | None
    after: Organization
    items: tuple[ItemChange, ...] = ()

    @property
    def own_fields(self) -> tuple[str, ...]:
        """The fields that differ, without the lists."""
        if self.before is None:
            return ()
        return tuple(name for name in ATTRIBUTES if getattr(self.before, name) != getattr(self.after, name))

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that differ, lists included."""
        if self.before is None:
            return ()
        kinds = {change.kind for change in self.items}
        return self.own_fields + tuple(name for kind, name in LISTS.items() if kind in kinds)


@dataclass(frozen=True, slots=True)
class Difference:
    """All that an import changes, and the organizations that it leaves alone."""

    organizations: tuple[Change, ...] = ()
    ignored: tuple[ItemChange, ...] = ()
    untouched: tuple[str, ...] = ()

    @property
    def changed(self) -> tuple[Change, ...]:
        """The organizations that do not stay as they are."""
        return tuple(change for change in self.organizations if change.what != "same")

    def __bool__(self) -> bool:
        return bool(self.changed or self.ignored)


@dataclass(slots=True)
class _Holders:
    """Who has ever held a value, so that a new holder without a stated day begins only now."""

    by_value: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def held_before(self, item: Item) -> bool:
        return bool(self.by_value.get((kind_of(item), value_of(item))))


def difference(
    before: Iterable[Organization],
    named: Sequence[Organization],
    *,
    as_of: date,
    ignored_before: Sequence[Ignored] = (),
    ignored: Sequence[Ignored] = (),
    complete: bool = False,
) -> Difference:
    """Compare what is known with what a file says; what it leaves out ends on the day before `as_of`.

    With `complete`, organizations and ignore rules that the file does not name are closed as well.
    """
    known = {o.id: o for o in before}
    holders = _Holders()
    for o in known.values():
        for kind in ATTRIBUTING:
            for item in getattr(o, LISTS[kind]):
                holders.by_value[kind, value_of(item)].add(o.id)
    found = [_one(known.get(o.id), o, as_of, holders) for o in named]
    names = {o.id for o in named}
    rest = [o for o in known.values() if o.id not in names]
    if complete:
        found += [_closed(o, as_of) for o in rest]
    kept = ignored_before
    if not complete:
        values = {rule.value for rule in ignored}
        kept = [rule for rule in ignored_before if rule.value in values]
    return Difference(
        tuple(found), tuple(_items(kept, ignored, as_of, holders)), () if complete else tuple(sorted(o.id for o in rest))
    )  # fmt: skip


def result(before: Iterable[Organization], found: Difference) -> list[Organization]:
    """Return the constituency as it will be."""
    after = {change.organization: change.after for change in found.organizations}
    kept = [after.pop(o.id, o) for o in before]
    return kept + list(after.values())


def ignored_result(before: Iterable[Ignored], found: Difference) -> list[Ignored]:
    """Return the ignore list as it will be."""
    return _changed_list(before, found.ignored)  # type: ignore[return-value]


def fingerprint(found: Difference) -> str:
    """Return a checksum of all that changes, by which the same difference is known again."""
    return sha256(repr((found.changed, found.ignored)).encode()).hexdigest()


def _one(old: Organization | None, new: Organization, as_of: date, holders: _Holders) -> Change:
    if old is None:
        # Every list of the file, with the days on which somebody else held the same left to them.
        items = tuple(change for name in LISTS.values() for change in _items((), getattr(new, name), as_of, holders))
        return Change(new.id, "new", None, replace(new, **_lists(None, items)), items)
    items = tuple(
        change
        for name in LISTS.values()
        for change in _items(getattr(old, name), getattr(new, name), as_of, holders)
    )  # fmt: skip
    # As with its holdings: no first day in the file does not deny the one that is known.
    begins = new.valid_from or old.valid_from
    if begins and new.valid_to and new.valid_to < begins:
        begins = None
    after = replace(new, valid_from=begins, **_lists(old, items))
    same = not items and all(getattr(old, name) == getattr(after, name) for name in ATTRIBUTES)
    return Change(new.id, "same" if same else "changed", old, old if same else after, items)


def _closed(old: Organization, as_of: date) -> Change:
    if old.valid_to is not None and old.valid_to < as_of:
        return Change(old.id, "same", old, old)
    items = tuple(change for name in LISTS.values() for change in _items(getattr(old, name), (), as_of, _Holders()))
    # An organization that was to begin later has no day at all; its row stays, because others may name it.
    until = as_of - ONE_DAY
    after = replace(
        old, valid_to=until, valid_from=min(old.valid_from, until) if old.valid_from else None, **_lists(old, items)
    )
    return Change(old.id, "closed", old, after, items)


def _lists(old: Organization | None, items: Sequence[ItemChange]) -> dict[str, Any]:
    return {
        name: tuple(
            _changed_list(getattr(old, name) if old else (), [change for change in items if change.kind == kind])
        )
        for kind, name in LISTS.items()
    }


def _changed_list(before: Iterable[Item], changes: Sequence[ItemChange]) -> list[Item]:
    found = list(before)
    for change in changes:
        if change.before is None:
            continue
        place = found.index(change.before)
        found[place : place + 1] = [change.after] if change.after else []
    return found + [change.after for change in changes if change.before is None and change.after]


def _items(before: Sequence[Item], named: Sequence[Item], as_of: date, holders: _Holders) -> Iterator[ItemChange]:
    """Yield what happens to the rows of one list."""
    old: dict[str, list[Item]] = defaultdict(list)
    new: dict[str, list[Item]] = defaultdict(list)
    for item in before:
        old[_key(item)].append(item)
    for item in dict.fromkeys(named):
        new[_key(item)].append(item)
    for key in dict.fromkeys((*new, *old)):
        yield from _rows(old.get(key, []), new.get(key, []), as_of, holders)


def _key(item: Item) -> str:
    return value_of(item).casefold()


def _rows(rows: list[Item], named: list[Item], as_of: date, holders: _Holders) -> Iterator[ItemChange]:
    """Pair the rows of one value with what the file says of it, the surest pairs first."""
    left, todo = list(rows), list(named)
    after: set[Item] = set()
    for pairs in _WAYS:
        for item in list(todo):
            match = next((row for row in left if pairs(row, item, as_of)), None)
            if match is None:
                continue
            left.remove(match)
            todo.remove(item)
            # A file that states no first day does not deny the one that is known.
            wanted = item if item.valid_from else replace(item, valid_from=match.valid_from)
            after.add(wanted)
            if wanted != match:
                yield ItemChange("changed", match, wanted)
    for item in todo:
        begins_now = (
            item.valid_from is None
            and (item.valid_to is None or item.valid_to >= as_of)
            and (bool(rows) or holders.held_before(item))
        )
        if begins_now and any(_alike(row, item) and row.valid_to == item.valid_to for row in after):
            continue  # the file says it twice, once with days
        wanted = replace(item, valid_from=as_of) if begins_now else item
        after.add(wanted)
        yield ItemChange("added", None, wanted)
    for row in left:
        if row.valid_to is not None and row.valid_to < as_of:
            continue  # it has ended: that is history
        if row.valid_from is not None and row.valid_from >= as_of:
            yield ItemChange("withdrawn", row, None)
        else:
            yield ItemChange("closed", row, replace(row, valid_to=as_of - ONE_DAY))


def _alike(row: Item, item: Item) -> bool:
    """Say whether all but the days agree."""
    return all(
        getattr(row, part.name) == getattr(item, part.name)
        for part in fields(row)
        if part.name not in {"valid_from", "valid_to"}
    )


def _same(row: Item, item: Item, as_of: date) -> bool:
    return row == item


def _same_row(row: Item, item: Item, as_of: date) -> bool:
    return _alike(row, item) and _same_days(row, item, as_of)


def _same_days(row: Item, item: Item, as_of: date) -> bool:
    return _begins_alike(row, item, as_of) and row.valid_to == item.valid_to


def _begins_alike(row: Item, item: Item, as_of: date) -> bool:
    """No first day in the file agrees with whatever is known, unless that is still to come."""
    if item.valid_from is None:
        return row.valid_from is None or row.valid_from <= as_of
    return row.valid_from == item.valid_from


def _same_beginning(row: Item, item: Item, as_of: date) -> bool:
    return item.valid_from is not None and row.valid_from == item.valid_from


def _still_open(row: Item, item: Item, as_of: date) -> bool:
    """The file states no first day and another last one: a row that has not ended ends then."""
    goes_on = row.valid_to is None or row.valid_to >= as_of
    ends_in_the_past = item.valid_to is not None and item.valid_to < as_of
    begins_in_time = item.valid_to is None or row.valid_from is None or row.valid_from <= item.valid_to
    return (
        item.valid_from is None and _begins_alike(row, item, as_of) and begins_in_time and (goes_on or ends_in_the_past)
    )


def _common_days(row: Item, item: Item, as_of: date) -> bool:
    return item.valid_from is not None and meet(row, item)


_WAYS = (_same, _same_row, _same_days, _same_beginning, _still_open, _common_days)
