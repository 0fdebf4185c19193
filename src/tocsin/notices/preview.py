"""What an organization would be told now: the mail as each of its recipients would read it, though nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from tocsin.base.tenancy import Viewer
from tocsin.channels.email import addresses, message
from tocsin.constituency import queries as constituency
from tocsin.findings import queries as findings
from tocsin.findings.models import Finding
from tocsin.notices import links, queries, reading, render, rules, texts
from tocsin.notices.actions import deciding, planning
from tocsin.notices.models import NoticeFinding

_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice as it would be made, and its mail to each recipient."""

    plan: planning.Plan
    mails: Sequence[tuple[planning.Recipient, reading.Mail]]


def drafts(viewer: Viewer, organization_id: str, now: datetime) -> list[Draft]:
    """Return what would go to an organization now. It has been found for the viewer."""
    found = deciding.drafts(organization_id=organization_id, now=now)
    rows = (
        findings.findings(viewer)
        .filter(organization_id=organization_id)
        .in_bulk([line.finding_id for _, lines in found for line in lines])
    )
    return [
        Draft(plan, [(one, _mail(viewer, plan, one, lines, rows, now)) for one in plan.recipients])
        for plan, lines in found
    ]


def _mail(
    viewer: Viewer, plan: planning.Plan, to: planning.Recipient, lines: Sequence[NoticeFinding], rows: dict[UUID, Finding], now: datetime
) -> reading.Mail:  # fmt: skip
    organization = constituency.organizations(viewer).get(pk=plan.organization_id)
    first = queries.notices(viewer).filter(pk=plan.follows).first() if plan.follows else None
    said = render.Said(
        reference="TC-…",
        tlp=plan.values.tlp,
        organization={language: organization.name_in(language) for language in texts.LANGUAGES},
        reason=plan.reason.value,
        due_at=plan.due_at,
        lines=[
            render.Line(
                rows[line.finding_id].asset, rows[line.finding_id].kind, line.type, line.severity, line.severity_rank, line.what,
                line.first_seen, line.last_seen, line.count, line.ports, line.because, line.told_severity,
            )
            for line in lines
            if line.finding_id in rows
        ],
        reasons={unit.kind: unit.decision.reason.value for unit in plan.units},
        base_url=settings.TOCSIN_BASE_URL,
        before=(first.reference, first.sent_at or first.created_at) if first is not None else None,
        nth_reminder=queries.next_reminder(viewer, first) if plan.reason is rules.Reason.REMINDER_DUE else 0,
    )  # fmt: skip
    rendered = render.render(
        said, language=to.language, answer_url=links.link(_NOBODY, now), link_until=now + links.LIVES
    )
    letter = message.Letter(
        sender=settings.TOCSIN_EMAIL_FROM, recipient=to.email, name=to.name, subject=rendered.subject, text=rendered.text, html=rendered.html,
        language=to.language, message_id="<…>", tlp=said.tlp, reference="TC-preview", sent_at=now, details=rendered.details,
    )  # fmt: skip
    try:
        return reading.shown(message.build(letter), frozen=False)
    except addresses.BadAddress as error:
        return reading.impossible(str(error))
