"""The chain shows what was done to it: changed, removed, put in, moved, cut off, written anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection, transaction

from tocsin.base.audit import actions, chain, queries
from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import SYSTEM, Role, Viewer

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


def linked(n: int) -> list[chain.Link]:
    links: list[chain.Link] = []
    for number in range(n):
        said = {
            "at": NOW + timedelta(seconds=number),
            "actor_email": "lan@team.example",
            "action": "looked",
            "object_kind": "page",
            "object_id": str(number),
            "detail": {"n": number},
        }
        previous = links[-1].entry_hash if links else ""
        own = chain.digest(previous=previous, **said)  # type: ignore[arg-type]
        links.append(chain.Link(id=number + 1, previous_hash=previous, entry_hash=own, **said))  # type: ignore[arg-type]
    return links


def test_a_chain_left_alone_is_whole() -> None:
    links = linked(5)
    assert chain.walk(links) == chain.Verdict(5, links[-1].entry_hash)
    assert chain.walk([]) == chain.Verdict(0, "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", NOW),
        ("actor_email", "minh@team.example"),
        ("action", "approved"),
        ("object_id", "9"),
        ("detail", {"n": 3, "more": True}),
    ],
)
def test_a_changed_entry_is_named(field: str, value: object) -> None:
    links = linked(5)
    links[2] = replace(links[2], **{field: value})  # type: ignore[arg-type]
    found = chain.walk(links)
    assert (found.broken, found.entries, found.is_whole) == (3, 2, False)
    assert "changed" in found.why


def test_a_changed_entry_with_its_hash_made_anew_shows_at_the_next() -> None:
    links = linked(5)
    other = replace(links[2], action="approved")
    own = chain.digest(
        previous=other.previous_hash, at=other.at, actor_email=other.actor_email, action=other.action,
        object_kind=other.object_kind, object_id=other.object_id, detail=other.detail,
    )  # fmt: skip
    links[2] = replace(other, entry_hash=own)
    assert chain.walk(links).broken == 4


def test_removed_moved_and_put_in_entries_are_named() -> None:
    links = linked(5)
    assert chain.walk(links[:2] + links[3:]).broken == 4
    assert chain.walk(links[1:]).broken == 2
    assert chain.walk([links[0], links[2], links[1], *links[3:]]).broken == 3
    assert chain.walk([*links[:2], links[1], *links[2:]]).broken == 2


def test_a_head_that_was_noted_shows_what_was_cut_off_or_written_anew() -> None:
    links = linked(5)
    noted = links[-1].entry_hash
    assert chain.walk(links[:3]).is_whole
    assert not chain.walk(links[:3], holds=noted).is_whole
    assert chain.walk([*links, *linked(1)][:5], holds=noted).is_whole


@pytest.mark.django_db
def test_what_was_recorded_comes_back_whole_whatever_it_said() -> None:
    there = datetime(2026, 11, 24, 9, 0, 0, 123456, tzinfo=timezone(timedelta(hours=7)))
    details = [
        None,
        {"when": NOW, "role": Role.ANALYST, "tên": "Đặng"},
        {"n": 1.5, "deep": {"b": [1, None, True], "a": ()}, 3: "number"},
    ]
    for number, detail in enumerate(details):
        actions.record(
            actor=SYSTEM, action="looked", object_kind="page", object_id=str(number), now=there, detail=detail
        )
    found = queries.verify(SYSTEM)
    assert (found.entries, found.is_whole) == (3, True)
    assert queries.verify(SYSTEM, holds=found.head).is_whole


@pytest.mark.django_db
def test_tampering_in_the_database_is_seen() -> None:
    for number in range(6):
        actions.record(actor=SYSTEM, action="looked", object_kind="page", object_id=str(number), now=NOW)
    third, fourth = AuditEntry.objects.order_by("id")[2:4]
    with transaction.atomic():
        AuditEntry.objects.filter(pk=third.pk).update(actor_email="lan@team.example")
        assert queries.verify(SYSTEM).broken == third.pk
        transaction.set_rollback(True)
    AuditEntry.objects.filter(pk=third.pk).delete()
    assert queries.verify(SYSTEM).broken == fourth.pk


@pytest.mark.django_db
def test_only_administrators_read_the_trail() -> None:
    actions.record(actor=SYSTEM, action="looked", object_kind="page", object_id="1", now=NOW)
    for role in set(Role) - {Role.ADMINISTRATOR}:
        viewer = Viewer(1, "lan@team.example", role, frozenset() if role is Role.CONTACT else None)
        assert queries.entries(viewer).count() == queries.verify(viewer).entries == 0
    assert queries.entries(Viewer(1, "root@team.example", Role.ADMINISTRATOR)).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_lock_until_commit_needs_a_transaction() -> None:
    from tocsin.base import dialect

    assert not connection.in_atomic_block
    with pytest.raises(transaction.TransactionManagementError):
        dialect.hold_until_commit("audit")
