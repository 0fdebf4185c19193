"""Write a notice out: subject, plain text, HTML and the table of details, in the language of the recipient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.template.loader import render_to_string
from django.utils import timezone, translation

from tocsin.channels.email import message
from tocsin.findings.models import Finding
from tocsin.notices import texts
from tocsin.notices.models import Notice


@dataclass(frozen=True, slots=True)
class Rendered:
    """A notice as it is sent."""

    subject: str
    text: str
    html: str
    details: bytes


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one kind, with what is said about them."""

    text: texts.Text
    findings: list[Finding]
    more: int


SHOWN = 20
"""Findings of a kind that the mail itself lists; the table has all."""


def groups(findings: Sequence[Finding], language: str) -> list[Group]:
    """Return the findings by kind, the gravest kind first."""
    ordered = sorted(findings, key=lambda f: (-f.severity_rank, f.kind, f.asset))
    by_kind = sorted(ordered, key=lambda f: f.kind)
    found = [(kind, list(rows)) for kind, rows in groupby(by_kind, key=lambda f: f.kind)]
    found.sort(key=lambda pair: -max(f.severity_rank for f in pair[1]))
    return [
        Group(texts.about(kind, rows[0].type, language), rows[:SHOWN], max(0, len(rows) - SHOWN))
        for kind, rows in found
    ]


def render(*, notice: Notice, findings: Sequence[Finding], answer_url: str) -> Rendered:
    """Render for one recipient; `answer_url` is theirs alone."""
    with translation.override(notice.language):
        parts = groups(findings, notice.language)
        context = {
            "notice": notice,
            "organization": notice.organization.name_in(notice.language),
            "groups": parts,
            "answer_url": answer_url,
            "total": len(findings),
            "due": timezone.localtime(notice.due_at),
        }
        subject = f"[{notice.tlp}] [{notice.reference}] {parts[0].text.title}"
        details = message.table(
            ["asset", "kind", "severity", "first_seen_utc", "last_seen_utc", "count", "ports", "because"],
            (
                (f.asset, f.kind, f.severity, f"{f.first_seen:%Y-%m-%d %H:%M:%S}", f"{f.last_seen:%Y-%m-%d %H:%M:%S}", f.count,
                 " ".join(map(str, f.ports)), f.because)
                for f in findings
            ),
        )  # fmt: skip
        return Rendered(
            subject,
            render_to_string("notices/mail.txt", context),
            render_to_string("notices/mail.html", context),
            details,
        )
