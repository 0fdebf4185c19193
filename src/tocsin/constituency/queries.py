"""Read the constituency for a viewer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from tocsin.accounts.models import User
from tocsin.base.tenancy import Role, Viewer, scoped
from tocsin.base.texts import collated, folded
from tocsin.constituency.models import (
    AutonomousSystem,
    Contact,
    ContactState,
    Domain,
    Fact,
    HoldingsChange,
    IgnoreRule,
    Membership,
    Network,
    Organization,
    Succession,
)
from tocsin.core import constituency as plain


# scope: everyone because it makes the viewer
def viewer_of(user: User) -> Viewer:
    """Return who looks when this user is signed in."""
    role = Role(user.role)
    if role is not Role.CONTACT:
        return Viewer(user.pk, user.email, role)
    own = dict(Membership.objects.filter(user=user).values_list("organization_id", "sees_children"))
    return Viewer(
        user.pk, user.email, role, frozenset(own) | _below({id_ for id_, children in own.items() if children})
    )


def _below(organization_ids: set[str]) -> frozenset[str]:
    """Return the organizations anywhere below these: one query a level."""
    found: set[str] = set()
    level = organization_ids
    while level:
        level = set(Organization.objects.filter(parent__in=level).values_list("pk", flat=True)) - found
        found |= level
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What narrows the list of organizations; empty narrows nothing."""

    search: str = ""
    sector: str = ""
    criticality: str = ""
    essential: bool = False
    under: str = ""
    """Only those anywhere below this one, and itself."""
    state: str = ""
    """`current` or `ended` on a day."""

    def __bool__(self) -> bool:
        return any((self.search, self.sector, self.criticality, self.essential, self.under, self.state))


@dataclass(frozen=True, slots=True)
class Standing:
    """An organization in the tree as a viewer sees it: how deep, and how many stand directly below."""

    id: str
    depth: int
    n_below: int


def standings(viewer: Viewer, wanted: Wanted, language: str, on: date) -> list[Standing]:
    """Return the organizations in the order of the tree, siblings by name; a narrowed list is flat, by name."""
    rows = list(
        _narrowed(viewer, wanted, on).values_list("pk", "parent_id", "name_en" if language == "en" else "name_vi")
    )
    rows.sort(key=lambda row: (collated(row[2]), row[0]))
    if wanted and not (wanted.under and wanted == Wanted(under=wanted.under)):
        return [Standing(pk, 0, 0) for pk, _, _ in rows]
    seen = {pk for pk, _, _ in rows}
    below: dict[str | None, list[str]] = defaultdict(list)
    for pk, parent, _ in rows:
        below[parent if parent in seen and pk != wanted.under else None].append(pk)
    found: list[Standing] = []
    todo = [(pk, 0) for pk in reversed(below[None])]
    while todo:
        pk, depth = todo.pop()
        found.append(Standing(pk, depth, len(below[pk])))
        todo += [(child, depth + 1) for child in reversed(below[pk])]
    return found


def _narrowed(viewer: Viewer, wanted: Wanted, on: date) -> QuerySet[Organization]:
    rows = organizations(viewer, wanted.search)
    if wanted.sector:
        rows = rows.filter(sector=wanted.sector)
    if wanted.criticality:
        rows = rows.filter(criticality=wanted.criticality)
    if wanted.essential:
        rows = rows.filter(essential=True)
    if wanted.under:
        rows = rows.filter(pk__in=_below({wanted.under}) | {wanted.under})
    if wanted.state == "current":
        rows = rows.filter(_in_force(on))
    if wanted.state == "ended":
        rows = rows.filter(valid_to__lt=on)
    return rows


def _in_force(day: date) -> Q:
    """Return the condition that a row is in force on a day."""
    return Q(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day))


def sectors(viewer: Viewer) -> list[str]:
    """Return the sectors there are."""
    return list(organizations(viewer).exclude(sector="").order_by("sector").values_list("sector", flat=True).distinct())


@dataclass(slots=True)
class Holdings:
    """How many things an organization holds on a day, and how many contacts it has."""

    networks: int = 0
    domains: int = 0
    autonomoussystems: int = 0
    contacts: int = 0


def holdings_on(viewer: Viewer, ids: Sequence[str], day: date) -> dict[str, Holdings]:
    """Return how much each of these organizations holds on a day: one query a kind, however many they are."""
    found = {id_: Holdings() for id_ in ids}
    for model in (Network, Domain, AutonomousSystem, Contact):
        rows: Any = scoped(model._default_manager.filter(_in_force(day), organization__in=ids), viewer)  # noqa: SLF001 - the one name all tables have
        name = f"{model.__name__.lower()}s"
        for id_, n in rows.order_by().values_list("organization_id").annotate(n=Count("pk")):
            setattr(found[id_], name, n)
    return found


def above(viewer: Viewer, organization: Organization) -> list[Organization]:
    """Return the organizations above one that the viewer may see, the highest first."""
    found: list[Organization] = []
    while organization.parent_id is not None and len(found) < 50:
        parent = organizations(viewer).filter(pk=organization.parent_id).first()
        if parent is None:
            break
        found.append(parent)
        organization = parent
    return found[::-1]


def networks(viewer: Viewer) -> QuerySet[Network]:
    """Return the prefixes the viewer may see."""
    return scoped(Network.objects.select_related("organization"), viewer)


def domains(viewer: Viewer) -> QuerySet[Domain]:
    """Return the domains the viewer may see."""
    return scoped(Domain.objects.select_related("organization"), viewer)


def asns(viewer: Viewer) -> QuerySet[AutonomousSystem]:
    """Return the autonomous systems the viewer may see."""
    return scoped(AutonomousSystem.objects.select_related("organization"), viewer)


def holders(viewer: Viewer, row: Network | Domain | AutonomousSystem) -> list[Network | Domain | AutonomousSystem]:
    """Return every row about the same value, of whichever organization the viewer may see, the earliest first."""
    name = {Network: "cidr", Domain: "name", AutonomousSystem: "number"}[type(row)]
    same: Any = type(row)._default_manager.filter(**{name: getattr(row, name)})  # noqa: SLF001 - the one name all tables have
    rows = scoped(same.select_related("organization"), viewer)
    return sorted(rows, key=lambda found: (found.valid_from or date.min, found.pk))


def contacts(viewer: Viewer) -> QuerySet[Contact]:
    """Return the contacts the viewer may see."""
    return scoped(Contact.objects.select_related("organization"), viewer)


def ignored(viewer: Viewer) -> QuerySet[IgnoreRule]:
    """Return the ignore list, which is the team's."""
    rows = IgnoreRule.objects.order_by("value", "pk")
    return rows if viewer.sees_everything else rows.none()


def around(viewer: Viewer, organization_id: str) -> list[plain.Organization]:
    """Return an organization, the one above it, and those that ever held the same: what remarks on it are about."""
    own = organizations(viewer).filter(pk=organization_id).first()
    if own is None:
        return []
    ids = {organization_id, own.parent_id or organization_id}
    for model, name in ((Network, "cidr"), (Domain, "name"), (AutonomousSystem, "number")):
        rows = model._default_manager  # noqa: SLF001 - the one name all tables have
        values = rows.filter(organization_id=organization_id).values(name)
        others: Any = scoped(rows.filter(**{f"{name}__in": values}), viewer)
        ids |= set(others.values_list("organization_id", flat=True)[:100])
    return _values(viewer, organizations(viewer).filter(pk__in=ids))


def organizations(viewer: Viewer, search: str = "") -> QuerySet[Organization]:
    """Return the organizations the viewer may see, perhaps those whose name or identifier holds `search`."""
    rows = scoped(Organization.objects.all(), viewer, "id")
    return rows.filter(search_fold__contains=folded(search)) if search else rows


@dataclass(frozen=True, slots=True)
class Selection:
    """Some organizations: those named by hand, and those to which everything else that is given applies."""

    everyone: bool = False
    organizations: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    criticalities: tuple[str, ...] = ()
    essential: bool = False
    below: str = ""
    """This one, and all anywhere below it."""
    facts: tuple[str, ...] = ()
    """Those of which at least one of these was registered."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Selection:
        """Return the selection that was kept as JSON."""
        return cls(
            everyone=given.get("everyone", False),
            organizations=tuple(given.get("organizations", ())),
            sectors=tuple(given.get("sectors", ())),
            criticalities=tuple(given.get("criticalities", ())),
            essential=given.get("essential", False),
            below=given.get("below", ""),
            facts=tuple(given.get("facts", ())),
        )

    @property
    def by_rule(self) -> bool:
        """Whether anything but names is given."""
        return bool(self.everyone or self.sectors or self.criticalities or self.essential or self.below or self.facts)


def selected(viewer: Viewer, selection: Selection, on: date) -> list[Organization]:
    """Return the organizations of a selection that exist on a day, by identifier."""
    (chosen,) = each_selected(viewer, [selection], on)
    return list(organizations(viewer).filter(pk__in=chosen).order_by("pk"))


def each_selected(viewer: Viewer, selections: Sequence[Selection], on: date) -> list[frozenset[str]]:
    """Return whom each selection holds of those that exist on a day: three queries, however many they are."""
    rows = list(
        organizations(viewer).filter(_in_force(on)).values_list("pk", "sector", "criticality", "essential").order_by()
    )
    there = {row[0] for row in rows}
    children: dict[str, list[str]] = defaultdict(list)
    if any(one.below for one in selections):
        # Not only of those that exist now: one that has ended may still stand between two that have not.
        for id_, parent in Organization.objects.exclude(parent=None).order_by().values_list("pk", "parent_id"):
            children[parent].append(id_)
    registered: dict[str, set[str]] = defaultdict(set)
    if labels := {label for one in selections for label in one.facts}:
        for label, id_ in facts(viewer).filter(label__in=labels).values_list("label", "organization_id"):
            registered[label].add(id_)
    found = []
    for one in selections:
        chosen = there & set(one.organizations)
        if one.by_rule:
            by_rule = {
                id_
                for id_, sector, criticality, essential in rows
                if (not one.sectors or sector in one.sectors)
                and (not one.criticalities or criticality in one.criticalities)
                and (essential or not one.essential)
            }
            if one.below:
                by_rule &= _under(one.below, children)
            if one.facts:
                by_rule &= set().union(*(registered[label] for label in one.facts))
            chosen |= by_rule
        found.append(frozenset(chosen))
    return found


def _under(id_: str, children: Mapping[str, Sequence[str]]) -> set[str]:
    """Return an organization and all anywhere below it."""
    found, todo = {id_}, [id_]
    while todo:
        new = set(children.get(todo.pop(), ())) - found
        found |= new
        todo += new
    return found


def facts(viewer: Viewer) -> QuerySet[Fact]:
    """Return what was registered of organizations because they answered so; it is the team's."""
    rows = Fact.objects.order_by("label", "organization_id")
    return rows if viewer.sees_everything else rows.none()


def fact_labels(viewer: Viewer) -> list[str]:
    """Return what is registered of at least one organization, each once."""
    return list(facts(viewer).order_by("label").values_list("label", flat=True).distinct())


def parents(viewer: Viewer) -> dict[str, str | None]:
    """Return every organization with the one above it."""
    return dict(organizations(viewer).values_list("pk", "parent_id"))


def organizations_of(viewer: Viewer, user_ids: Collection[int]) -> dict[int, list[str]]:
    """Return to which organizations users belong, as far as the viewer may see them."""
    rows = scoped(Membership.objects.filter(user_id__in=user_ids), viewer).order_by("organization_id")
    found: dict[int, list[str]] = {}
    for user_id, organization_id in rows.values_list("user_id", "organization_id"):
        found.setdefault(user_id, []).append(organization_id)
    return found


def chosen(viewer: Viewer, organization: str, named: str) -> list[str] | None:
    """Return the identifiers that an identifier, a part of a name and the viewer leave; None when all are left."""
    found = None if viewer.organization_ids is None else sorted(viewer.organization_ids)
    if organization:
        found = [organization] if found is None or organization in found else []
    if named:
        alike = set(organizations(viewer, named).values_list("pk", flat=True))
        found = sorted(alike if found is None else alike & set(found))
    return found


def contacts_on(viewer: Viewer, organization_id: str, day: date) -> list[Contact]:
    """Return who is told of an organization's findings on a day: security contacts, else all."""
    rows = scoped(Contact.objects.filter(organization_id=organization_id), viewer)
    current = list(_on(rows, day).order_by("id"))
    return [contact for contact in current if "security" in contact.roles] or current


def contacts_of(viewer: Viewer, organization_ids: Iterable[str], day: date) -> dict[str, list[Contact]]:
    """Return all who may be told on a day, of many organizations at once."""
    rows = scoped(Contact.objects.filter(organization_id__in=set(organization_ids)), viewer)
    found: dict[str, list[Contact]] = {}
    for contact in _on(rows, day).order_by("id"):
        found.setdefault(contact.organization_id, []).append(contact)
    return found


def current(viewer: Viewer, day: date) -> QuerySet[Organization]:
    """Return the organizations that exist on a day."""
    return organizations(viewer).filter(_in_force(day))


def told_on(viewer: Viewer, day: date) -> QuerySet[Contact]:
    """Return everybody who is told on a day, by organization."""
    return _on(contacts(viewer), day).order_by("organization_id", "pk")


def reachable(viewer: Viewer, organization_ids: Iterable[str], day: date) -> set[str]:
    """Return those of these organizations in which somebody may be told on a day."""
    rows = scoped(Contact.objects.filter(organization_id__in=set(organization_ids)), viewer)
    return set(_on(rows, day).order_by().values_list("organization_id", flat=True).distinct())


def _on(rows: QuerySet[Contact], day: date) -> QuerySet[Contact]:
    """Return those of these contacts who are told on a day: not an address that is dead or nobody confirmed."""
    return rows.filter(_in_force(day), state=ContactState.ACTIVE)


def as_values(viewer: Viewer) -> tuple[list[plain.Organization], list[plain.Ignored]]:
    """Return the constituency as plain values: what the registry is built from and files hold."""
    ignored = IgnoreRule.objects.order_by("value", "pk")
    return _values(viewer, organizations(viewer)), [rule.plain() for rule in ignored]


def holdings(viewer: Viewer) -> tuple[list[tuple[Any, ...]], ...]:
    """Return everything that says who holds what as plain rows: equal to those of before, the registry of before still stands.

    Cheaper than `as_values`, which makes an object of each.
    """
    ids = scoped(Organization.objects.order_by("pk"), viewer, "pk").values_list("pk", "valid_from", "valid_to")
    held = [
        scoped(model.objects.order_by("pk"), viewer).values_list("organization_id", value, "valid_from", "valid_to")
        for model, value in ((Network, "cidr"), (Domain, "name"), (AutonomousSystem, "number"))
    ]
    ignored = IgnoreRule.objects.order_by("value", "pk").values_list("value", "reason", "valid_from", "valid_to")
    return tuple(list(rows) for rows in (ids, *held, ignored))


def as_value(viewer: Viewer, organization_id: str) -> plain.Organization | None:
    """Return one organization with all it ever held, or None."""
    return next(iter(_values(viewer, organizations(viewer).filter(pk=organization_id))), None)


def successions(viewer: Viewer) -> QuerySet[Succession]:
    """Return merges and splits, the latest day first. They name many organizations: the team alone sees them."""
    rows = Succession.objects.order_by("-on", "-pk")
    return rows if viewer.sees_everything else rows.none()


def holdings_changes(viewer: Viewer) -> QuerySet[HoldingsChange]:
    """Return the changes of what is held, newest first."""
    return scoped(HoldingsChange.objects.order_by("-id"), viewer)


_ITEMS: tuple[tuple[type[Any], type[Any], tuple[str, ...]], ...] = (
    (Network, plain.Network, ("cidr", "valid_from", "valid_to")),
    (Domain, plain.Domain, ("name", "valid_from", "valid_to")),
    (AutonomousSystem, plain.AutonomousSystem, ("number", "valid_from", "valid_to")),
    (Contact, plain.Contact, ("name", "email", "roles", "phone", "language", "valid_from", "valid_to")),
)
_OWN = (
    "pk", "name_vi", "name_en", "parent_id", "sector", "language", "valid_from", "valid_to", "criticality", "essential",
)  # fmt: skip


def _values(viewer: Viewer, rows: QuerySet[Organization]) -> list[plain.Organization]:
    """Return organizations as values, in five queries and without a model instance: every batch of reports reads them."""
    own = list(rows.order_by("pk").values_list(*_OWN))
    ids = [row[0] for row in own]
    lists: list[dict[str, list[Any]]] = []
    for model, make, names in _ITEMS:
        items: Any = scoped(model.objects.all(), viewer)
        if len(ids) <= 500:
            items = items.filter(organization__in=ids)
        found: dict[str, list[Any]] = defaultdict(list)
        for owner, *parts in items.order_by("pk").values_list("organization_id", *names):
            if make is plain.Contact:
                parts[2] = tuple(parts[2])
            found[owner].append(make(*parts))
        lists.append(found)
    networks, domains, asns, contacts = lists
    return [
        plain.Organization(
            id=pk,
            name_vi=name_vi,
            name_en=name_en,
            parent=parent,
            sector=sector,
            language=language,
            networks=tuple(networks.get(pk, ())),
            domains=tuple(domains.get(pk, ())),
            asns=tuple(asns.get(pk, ())),
            contacts=tuple(contacts.get(pk, ())),
            valid_from=since,
            valid_to=until,
            criticality=criticality,
            essential=essential,
        )
        for pk, name_vi, name_en, parent, sector, language, since, until, criticality, essential in own
    ]
