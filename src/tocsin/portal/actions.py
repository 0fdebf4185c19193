"""Answer about chosen findings, with or without a file as proof."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import Viewer
from tocsin.findings.models import Finding
from tocsin.lake import durable
from tocsin.notices import actions as notices
from tocsin.portal import rules
from tocsin.portal.models import Proof


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was brought."""

    name: str
    content: bytes


@transaction.atomic
def answer(
    *,
    findings: Sequence[Finding],
    word: str,
    actor: Viewer,
    now: datetime,
    means: str = "portal",
    note: str = "",
    until: date | None = None,
    proof: File | None = None,
    by: str = "",
) -> int:
    """Answer about findings that were found for the actor; return how many. Raise BadAnswer, BadProof.

    `by` names a program that speaks for the actor.
    """
    sha256 = _attach(findings, proof, actor, now) if proof is not None else ""
    return notices.answer_findings(
        findings=findings, word=word, by=by or actor.email, means=means, now=now, note=note, until=until, proof=sha256
    )


def _attach(findings: Sequence[Finding], proof: File, actor: Viewer, now: datetime) -> str:
    name = rules.check(proof.name, proof.content)
    sha256 = hashlib.sha256(proof.content).hexdigest()
    by_organization: dict[str, list[Finding]] = {}
    for finding in findings:
        by_organization.setdefault(finding.organization_id, []).append(finding)
    acts = []
    for organization, members in sorted(by_organization.items()):
        kept = Proof.objects.filter(organization=organization).aggregate(n=Sum("size"))["n"] or 0
        if kept + len(proof.content) > rules.TOGETHER:
            raise rules.BadProof("together")
        made = Proof.objects.create(
            organization_id=organization, sha256=sha256, name=name, size=len(proof.content), added_by=actor.email, added_at=now
        )  # fmt: skip
        made.findings.add(*members)
        acts.append(Act("proof-added", "organization", organization, {"name": name, "sha256": sha256}))
    place(sha256).parent.mkdir(parents=True, exist_ok=True)
    durable.replace(place(sha256), proof.content)
    audit.record_all(actor=actor, acts=acts, now=now)
    return sha256


def place(sha256: str) -> Path:
    """Return where a file with this hash is kept."""
    return Path(settings.TOCSIN_HOME) / "proofs" / sha256[:2] / sha256
