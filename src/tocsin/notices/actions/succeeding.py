"""Follow merges and splits: what an organization that ended had open is its successor's, and so are warnings of it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM
from tocsin.findings import actions as findings
from tocsin.notices.actions import writing
from tocsin.notices.models import Notice, NoticeFinding, State


@transaction.atomic
def pass_on(*, now: datetime) -> int:
    """Pass on what is open where the day of a succession has come; return how many findings went.

    Notices that have not gone out and tell of nothing else are withdrawn: the successor is decided about anew. Those
    that went out stay with whom they went to, and their steps end, because nothing of them is open there.
    """
    passed = findings.pass_on(now=now)
    if not passed.n:
        return 0
    lines = NoticeFinding.objects.filter(notice=OuterRef("pk"))
    idle = Notice.objects.filter(
        Exists(lines), ~Exists(lines.filter(finding__moved_at=None)), organization__in=passed.organizations, emergency=None,
        state__in=[State.WAITING, State.NO_CONTACT, State.READY], sent_at=None,
    )  # fmt: skip
    acts = writing.drop(
        list(idle.values_list("pk", flat=True)), because="what it told of passed on to a successor", now=now
    )
    audit.record_all(actor=SYSTEM, acts=acts, now=now)
    return passed.n
