"""Import a constituency: what differs from what is known, and nothing else, becomes rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields, replace
from datetime import date, datetime
from typing import Any

from django.db import models, transaction

from tocsin.base.audit import actions as audit
from tocsin.base.identifiers import uuid7
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.constituency import queries
from tocsin.constituency.actions.recording import record, record_ignored
from tocsin.constituency.models import (
    AutonomousSystem,
    Contact,
    ContactState,
    Domain,
    IgnoreRule,
    Network,
    Organization,
)
from tocsin.constituency.rules import difference as rules
from tocsin.constituency.rules.difference import Change, Difference, ItemChange
from tocsin.constituency.rules.holdings import kind_of
from tocsin.core import constituency as plain

TABLES: dict[str, type[models.Model]] = {
    "network": Network,
    "domain": Domain,
    "asn": AutonomousSystem,
    "contact": Contact,
    "ignored": IgnoreRule,
}
BATCH = 500


class NoSuchParent(Exception):
    """An organization is to be below one that is not there."""


class AboveItself(Exception):
    """An organization would be above itself."""


class OtherThanExpected(Exception):
    """Something changed since the preview: the import would not do what was shown."""


@transaction.atomic
def import_all(
    *,
    organizations: Sequence[plain.Organization],
    ignored: Sequence[plain.Ignored],
    actor: Viewer,
    now: datetime,
    as_of: date | None = None,
    complete: bool = False,
    dry_run: bool = False,
    source: dict[str, str] | None = None,
    expected: str | None = None,
) -> Difference:
    """Make the named organizations as given; leave the others alone, or close them when the file is `complete`.

    What the file leaves out ends on the day before `as_of`, today if not given. Return what changed; a
    dry run changes nothing. `expected` is the fingerprint of the difference that somebody confirmed. Raise
    NoSuchParent, AboveItself, NotAllowed, OtherThanExpected.
    """
    if not actor.may_write:
        raise NotAllowed
    day = as_of or now.date()
    before, ignored_before = queries.as_values(SYSTEM)
    found = rules.difference(
        before, organizations, as_of=day, ignored_before=ignored_before, ignored=ignored, complete=complete
    )
    if expected is not None and rules.fingerprint(found) != expected:
        raise OtherThanExpected
    after = rules.result(before, found)
    check_tree(after)
    if dry_run or not found:
        return found
    origin: dict[str, Any] = {"as_of": day, **({"source": source} if source else {})}
    _write_organizations(found.changed)
    _write_items(found, now)
    record(found.changed, actor=actor, now=now, origin=origin)
    record_ignored(
        found.ignored,
        before=ignored_before,
        after=rules.ignored_result(ignored_before, found),
        actor=actor,
        now=now,
        origin=origin,
    )
    audit.record(
        actor=actor, action="constituency-imported", object_kind="constituency", object_id="all", now=now,
        detail={"changed": [change.organization for change in found.changed], "complete": complete, **origin},
    )  # fmt: skip
    return found


def check_tree(organizations: Iterable[plain.Organization]) -> None:
    """Raise NoSuchParent or AboveItself when the organizations are no tree."""
    parents = {o.id: o.parent for o in organizations}
    sound: set[str] = set()
    for start in parents:
        path: dict[str, None] = {}
        above: str | None = start
        while above is not None and above not in sound:
            if above in path:
                raise AboveItself(above)
            if above not in parents:
                raise NoSuchParent(above)
            path[above] = None
            above = parents[above]
        sound.update(path)


def organization_row(value: plain.Organization) -> Organization:
    """Return the row of an organization, not yet saved."""
    row = Organization(
        id=value.id, name_vi=value.name_vi, name_en=value.name_en, parent_id=value.parent, sector=value.sector,
        language=value.language, valid_from=value.valid_from, valid_to=value.valid_to,
        criticality=value.criticality, essential=value.essential,
    )  # fmt: skip
    row.search_fold = row.text_to_search()
    return row


def item_row(item: Any, organization_id: str | None) -> Any:
    """Return the row of something held or of an ignore rule, not yet saved."""
    table = TABLES[kind_of(item)]
    values = asdict(item)
    if "roles" in values:
        values["roles"] = list(values["roles"])
    return table(**values, **({} if organization_id is None else {"organization_id": organization_id}))


def _write_organizations(changes: Sequence[Change]) -> None:
    """Parents may come after children: both databases look at references when the transaction ends."""
    Organization.objects.bulk_create(
        [organization_row(change.after) for change in changes if change.before is None], batch_size=BATCH
    )
    changed = [change for change in changes if change.before is not None and change.own_fields]
    Organization.objects.bulk_update(
        [organization_row(change.after) for change in changed], [*rules.ATTRIBUTES, "search_fold"], batch_size=BATCH
    )


def _write_items(found: Difference, now: datetime) -> None:
    by_table: dict[str, list[tuple[str | None, ItemChange]]] = defaultdict(list)
    for change in found.changed:
        for item in change.items:
            by_table[item.kind].append((change.organization, item))
    for item in found.ignored:
        by_table["ignored"].append((None, item))
    for kind, changes in by_table.items():
        _write_table(TABLES[kind], changes, now)


def _write_table(table: type[models.Model], changes: Sequence[tuple[str | None, ItemChange]], now: datetime) -> None:
    rows = table._default_manager  # noqa: SLF001 - the one name all tables have
    new = [item_row(item.after, organization) for organization, item in changes if item.before is None]
    if table is Contact:
        # Identifiers made in the same millisecond sort at random; contacts keep the order of the file.
        for row, id_ in zip(new, sorted(uuid7() for _ in new), strict=True):
            row.pk, row.known_at = id_, now
    rows.bulk_create(new, batch_size=BATCH)
    gone: list[Any] = []
    ended: dict[date | None, list[Any]] = defaultdict(list)
    kept: list[models.Model] = []
    moved: list[Any] = []
    known = _keys(table, {organization for organization, item in changes if item.before is not None})
    for organization, item in changes:
        if item.before is None:
            continue
        key = known[organization, item.before].pop()
        if item.after is None:
            gone.append(key)
        elif replace(item.after, valid_to=item.before.valid_to) == item.before:
            ended[item.after.valid_to].append(key)
        else:
            row = item_row(item.after, organization)
            row.pk = key
            kept.append(row)
            if isinstance(item.after, plain.Contact) and item.after.email != getattr(item.before, "email", ""):
                moved.append(key)
    for keys in _stretches(gone):
        rows.filter(pk__in=keys).delete()
    # Most changes of an import are rows that end on one day; writing these row by row takes minutes.
    for day, every in ended.items():
        for keys in _stretches(every):
            rows.filter(pk__in=keys).update(valid_to=day)
    if kept:
        names = [f.name for f in fields(next(item.after for _, item in changes if item.after is not None))]
        rows.bulk_update(kept, names, batch_size=100)
    for keys in _stretches(moved):
        # Nothing is known of another address: what was learnt of the one before does not hold for it.
        rows.filter(pk__in=keys).update(
            state=ContactState.ACTIVE, state_at=None, state_because="", verified_at=None, known_at=now
        )


def _stretches(keys: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


def _keys(table: type[models.Model], organizations: set[str | None]) -> dict[tuple[str | None, Any], list[Any]]:
    """Return the keys of the rows of these organizations by what they say."""
    found: dict[tuple[str | None, Any], list[Any]] = defaultdict(list)
    if organizations:
        rows: Any = table._default_manager.all()  # noqa: SLF001
        if len(organizations) <= BATCH and None not in organizations:
            rows = rows.filter(organization_id__in=organizations)
        for row in rows:
            found[getattr(row, "organization_id", None), row.plain()].append(row.pk)
    return found
