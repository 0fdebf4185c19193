"""A few invented organizations, and findings made by the real fold: what tests of warnings begin with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl
from django.db import transaction

from tocsin.base.tenancy import SYSTEM, Role, Viewer
from tocsin.constituency import actions as constituency
from tocsin.constituency.models import Contact, Organization
from tocsin.core import constituency as plain
from tocsin.findings import actions as findings
from tocsin.pipeline import fold

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MINH = Viewer(2, "minh@team.example", Role.APPROVER)
LAN = Viewer(1, "lan@team.example", Role.ANALYST)
TYPES = {
    "open-rdp": "vulnerable-system",
    "open-smb": "vulnerable-system",
    "mirai": "infected-system",
    "ssl-poodle": "weak-crypto",
}
TAXONOMY = {"vulnerable-system": "vulnerable", "weak-crypto": "vulnerable", "infected-system": "malicious-code"}


def organizations(*ids: str, contacts: bool = True, now: datetime = NOW) -> None:
    """Make organizations, each with one security contact unless told otherwise."""
    made = [
        plain.Organization(
            id=id_,
            name_vi=f"Đơn vị {id_}",
            name_en=f"Organization {id_}",
            language="vi",
            contacts=(plain.Contact("Phòng an ninh", f"security@{id_}.example", ("security",)),) if contacts else (),
        )
        for id_ in ids
    ]
    constituency.import_all(organizations=made, ignored=[], actor=SYSTEM, now=now)


def contact(organization: str, email: str, *, roles: Sequence[str] = ("security",), language: str = "") -> Contact:
    """Add a contact."""
    return Contact.objects.create(
        organization=Organization.objects.get(pk=organization),
        name="Người liên hệ",
        email=email,
        roles=list(roles),
        language=language,
    )


def found(
    *rows: tuple[str, str, str, str], at: datetime = NOW, because: str = "network 203.0.113.0/24"
) -> None:  # fmt: skip
    """Fold findings, each (organization, kind, asset, severity), seen at `at`."""
    frame = pl.DataFrame(
        [
            {
                "organization": organization, "asset": asset, "kind": kind, "severity": severity,
                "classification_taxonomy": TAXONOMY[TYPES[kind]], "classification_type": TYPES[kind],
                "first_seen": at, "last_seen": at, "count": 1, "feeds": ["test"], "ports": [3389], "evidence": ["0123456789abcdef-1"],
                "because": because, "related": [],
            }
            for organization, kind, asset, severity in rows
        ],
        schema=fold.SCHEMA,
    ).sort(fold.NAME)  # fmt: skip
    with transaction.atomic():
        findings.fold(frame=frame, batch_id="test", now=at)
