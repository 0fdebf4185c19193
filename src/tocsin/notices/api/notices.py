"""Notices by API: for programs of the team, and of an organization, which sees and answers its own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from tocsin.accounts.idempotency import Key, once
from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import CONFLICT, INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.api.values import Day
from tocsin.base.web.views import team_only
from tocsin.constituency import queries as constituents
from tocsin.notices import actions, preview, queries, timeline
from tocsin.notices.models import Notice

notices = Router(tags=["notices"])

State = Literal["waiting", "ready", "sent", "partly-sent", "failed", "no-contact", "rejected", "withdrawn"]
Word = Literal["seen", "fixing", "fixed", "not-ours", "false-positive", "risk-accepted"]


class NoticeFilters(Schema):
    """Which notices."""

    organization: str = Field("", max_length=100, description=_("Identifier of an organization."))
    state: State | None = Field(None, description=_("Where the notice stands."))


class NoticeLine(Schema):
    """A warning to one organization."""

    id: UUID
    reference: str = Field(description=_("What people call it: TC-2026-000001."))
    organization: str = Field(alias="organization_id", description=_("Identifier of the organization it goes to."))
    state: str = Field(description=_("Where the notice stands."))
    reason: str = Field(description=_("Why it was made."))
    severity: str = Field(description=_("The gravest of its findings."))
    tlp: str = Field(description=_("How far it may be passed on (TLP 2.0)."))
    language: str
    created_at: datetime
    approved_by: str
    approved_at: datetime | None
    sent_at: datetime | None
    due_at: datetime = Field(description=_("By when it is to be fixed."))
    answer: str | None = Field(description=_("The latest answer."))
    answered_at: datetime | None
    ended_by: str = Field(description=_("Who rejected or withdrew it."))
    ended_at: datetime | None
    ended_because: str
    n_findings: int = Field(description=_("How many findings it tells; list them with /findings?notice=ID."))
    recipients: list[str] = Field(description=_("Addresses it goes to."))

    @staticmethod
    def resolve_recipients(obj: Notice) -> list[str]:
        """Return the addresses, in order."""
        return sorted({delivery.recipient for delivery in obj.deliveries.all() if not delivery.to_team})


class Explanation(Schema):
    """The six stops of a notice, with every reason and file hash. What came in only the team sees."""

    id: UUID
    reference: str
    collect: list[dict[str, Any]] = Field(description=_("The files its events came in, with their SHA-256."))
    parse: list[dict[str, Any]] = Field(description=_("The batches that read them."))
    attribute: list[dict[str, Any]] = Field(description=_("Whose each asset is, and why."))
    fold: list[dict[str, Any]] = Field(description=_("Its findings."))
    decide: dict[str, Any] = Field(description=_("Why it was made, and when."))
    deliver: list[dict[str, Any]] = Field(description=_("To whom it went, and what the server said."))
    answers: list[dict[str, Any]] = Field(description=_("What was answered."))


class AnswerIn(Schema):
    """An organization's answer."""

    answer: Word = Field(description=_("One of the six."))
    until: Day | None = Field(
        None,
        description=_(
            "The day it will be fixed by, or until which the risk is accepted; `fixing` and `risk-accepted` need it."
        ),
    )
    note: str = Field("", max_length=4000, description=_("In free words; `risk-accepted` needs a reason."))


class AnswerOut(Schema):
    """An answer that was taken."""

    id: UUID
    answer: str
    until: date | None
    note: str
    at: datetime
    by: str = Field(description=_("Who answered."))
    means: str = Field(description=_("How: by link, by API, in the portal."))


@notices.get("", response=Page[NoticeLine], **route(Scope.NOTICES_READ, _("List notices, the newest first")))
def list_notices(request: Call, response: HttpResponse, filters: Query[NoticeFilters], paging: Query[Paging]) -> Found:
    """Return a page of the notices that the caller may see."""
    rows = queries.notices(request.viewer, state=filters.state or "", organization=filters.organization)
    return page(request, response, rows.prefetch_related("deliveries"), paging, ("-id",))


class RunOptions(Schema):
    """How to run."""

    dry_run: bool = Field(False, description=_("Only tell what would be decided."))
    everything: bool = Field(False, description=_("Decide about all, not only about what changed or is due."))


class RunOut(Schema):
    """What a round came to."""

    decided: int = Field(description=_("Organizations and kinds, by what they rest on."))
    sent: int = Field(description=_("Notices of which something went out."))
    waiting: int = Field(description=_("Notices that wait for approval."))
    failed: int = Field(description=_("Deliveries that did not go out."))
    reasons: dict[str, int]


@notices.post(
    "/run",
    response=RunOut,
    **route(
        Scope.NOTICES_APPROVE,
        _("Decide, and deliver what is ready"),
        _("The worker does so by itself. With `dry_run` it only tells what would be decided."),
    ),
)
def run_notices(request: Call, options: Query[RunOptions]) -> dict[str, Any]:
    """Run a round, and return its figures."""
    team_only(request.viewer)
    now = datetime.now(UTC)
    return actions.run(now=now, actor=request.viewer, dry_run=options.dry_run, everything=options.everything)


class DraftOut(Schema):
    """A mail as a recipient would get it now."""

    recipient: str
    language: str
    subject: str
    text: str


class PreviewOut(Schema):
    """A notice that would be made now. Nothing is written."""

    reason: str
    severity: str
    state: str = Field(description=_("`ready`, `waiting` for approval, or `no-contact`."))
    due_at: datetime
    n_findings: int
    mails: list[DraftOut]


@notices.get(
    "/preview/{organization}",
    response=list[PreviewOut],
    **route(Scope.NOTICES_READ, _("Tell what an organization would be told now, as its recipients would read it")),
)
def preview_notices(request: Call, organization: str) -> list[dict[str, Any]]:
    """Return the drafts."""
    team_only(request.viewer)
    found = get_object_or_404(constituents.organizations(request.viewer), pk=organization)
    return [
        {
            "reason": draft.plan.reason.value, "severity": draft.plan.severity, "state": draft.plan.state.value, "due_at": draft.plan.due_at,
            "n_findings": sum(unit.n for unit in draft.plan.units),
            "mails": [
                {"recipient": to.email, "language": to.language, "subject": mail.subject, "text": mail.text} for to, mail in draft.mails
            ],
        }
        for draft in preview.drafts(request.viewer, found.pk, datetime.now(UTC))
    ]  # fmt: skip


class Chosen(Schema):
    """Some notices."""

    notices: list[UUID] = Field(min_length=1, max_length=500, description=_("Identifiers of notices."))


class Approved(Schema):
    """Which of them went."""

    approved: list[str] = Field(description=_("References of those that waited, and go out now."))


@notices.post(
    "/approvals", response=Approved, **route(Scope.NOTICES_APPROVE, _("Let many waiting notices go out at once"))
)
def approve_notices(request: Call, body: Chosen) -> dict[str, Any]:
    """Approve those that wait; what is not there, or waits no more, is left alone."""
    team_only(request.viewer)
    found = list(queries.notices(request.viewer).filter(pk__in=set(body.notices)))
    return {"approved": actions.approve_all(notices=found, actor=request.viewer, now=datetime.now(UTC))}


def _notice(request: Call, id_: UUID) -> Notice:
    return get_object_or_404(queries.notices(request.viewer).prefetch_related("deliveries"), pk=id_)


@notices.get("/{uuid:id_}", response=NoticeLine, **route(Scope.NOTICES_READ, _("Tell one notice")))
def get_notice(request: Call, id_: UUID) -> Notice:
    """Return one notice."""
    return _notice(request, id_)


@notices.get(
    "/{uuid:id_}/explanation",
    response=Explanation,
    **route(Scope.NOTICES_READ, _("Explain one notice: its six stops, with every reason")),
)
def explain_notice(request: Call, id_: UUID) -> dict[str, Any]:
    """Return the six stops."""
    return queries.explain(request.viewer, _notice(request, id_))


class Happened(Schema):
    """Something that was done about a notice, or is due."""

    at: datetime = Field(description=_("When it happened, or will."))
    says: str = Field(description=_("What, in the language of the caller."))
    tone: timeline.Tone = Field(
        description=_("`ok` went well, `bad` did not, `next` is still to come; else empty: it only happened.")
    )
    more: str = Field(description=_("What the server, the team or the organization said of it."))
    delivery: UUID | None = Field(description=_("The delivery that it is about, if one was made."))

    @staticmethod
    def resolve_delivery(obj: timeline.Entry) -> UUID | None:
        """Return the identifier alone."""
        return obj.delivery.pk if obj.delivery is not None else None


@notices.get(
    "/{uuid:id_}/timeline",
    response=list[Happened],
    **route(
        Scope.NOTICES_READ,
        _("Tell what was done about one notice and what comes, in the order of time"),
        _("For the team. Messages, escalation steps and answers are told of, 200 of each at most."),
    ),
)
def tell_timeline(request: Call, id_: UUID) -> list[timeline.Entry]:
    """Return the entries, the first first."""
    team_only(request.viewer)
    return timeline.of(
        request.viewer, get_object_or_404(queries.notices(request.viewer), pk=id_), now=datetime.now(UTC)
    )


@notices.post(
    "/{uuid:id_}/approval",
    response=NoticeLine,
    **route(Scope.NOTICES_APPROVE, _("Let a waiting notice go out"), also=(409,)),
)
def approve_notice(request: Call, id_: UUID) -> Notice:
    """Approve, and return the notice as it is then."""
    found = _notice(request, id_)
    team_only(request.viewer)
    try:
        actions.approve(notice=found, actor=request.viewer, now=datetime.now(UTC))
    except actions.NotWaiting as error:
        raise Problem(CONFLICT, gettext("It does not wait for approval any more.")) from error
    return _notice(request, id_)


class Reason(Schema):
    """Why."""

    reason: str = Field(min_length=1, max_length=1000, description=_("Why; it is kept, and shown with the notice."))


@notices.post(
    "/{uuid:id_}/rejection",
    response=NoticeLine,
    **route(
        Scope.NOTICES_APPROVE,
        _("Reject a waiting notice"),
        _("What it carries stays untold until it changes."),
        also=(409,),
    ),
)
def reject_notice(request: Call, id_: UUID, body: Reason) -> Notice:
    """Reject, and return the notice as it is then."""
    found = _notice(request, id_)
    team_only(request.viewer)
    try:
        actions.reject(notice=found, reason=body.reason, actor=request.viewer, now=datetime.now(UTC))
    except actions.NotWaiting as error:
        raise Problem(CONFLICT, gettext("It does not wait for approval any more.")) from error
    except actions.NoReason as error:
        wrong = {"pointer": "body/reason", "detail": gettext("Say why.")}
        raise Problem(INVALID, errors=[wrong]) from error
    return _notice(request, id_)


@notices.post(
    "/{uuid:id_}/letter",
    response=NoticeLine,
    **route(Scope.NOTICES_WRITE, _("Have an official letter made of a notice that went out"), also=(409,)),
)
def order_letter(request: Call, id_: UUID) -> Notice:
    """Order a letter; it is among the deliveries."""
    found = _notice(request, id_)
    team_only(request.viewer)
    try:
        actions.order_letter(notice=found, actor=request.viewer, now=datetime.now(UTC))
    except actions.LetterExists as error:
        raise Problem(CONFLICT, gettext("There is a letter of this notice already.")) from error
    except actions.NoLetter as error:
        raise Problem(CONFLICT, gettext("The notice never went out: there is nothing to write about.")) from error
    return _notice(request, id_)


@notices.post(
    "/{uuid:id_}/retry",
    response=NoticeLine,
    **route(
        Scope.NOTICES_WRITE,
        _("Try again to deliver what failed"),
        _("Also to those who have become contacts since. The same recipient gets the same Message-ID."),
        also=(409,),
    ),
)
def retry_notice(request: Call, id_: UUID) -> Notice:
    """Try again, and return the notice as it is then."""
    found = _notice(request, id_)
    team_only(request.viewer)
    try:
        actions.retry(notice=found, actor=request.viewer, now=datetime.now(UTC))
    except actions.NotFailed as error:
        raise Problem(CONFLICT, gettext("Nothing of it failed: there is nothing to try again.")) from error
    return _notice(request, id_)


@notices.get(
    "/{uuid:id_}/answers", response=list[AnswerOut], **route(Scope.NOTICES_READ, _("List the answers to a notice"))
)
def list_answers(request: Call, id_: UUID) -> Any:
    """Return the answers, the newest first."""
    return _notice(request, id_).answers.order_by("-at")[:500]


@notices.post(
    "/{uuid:id_}/answers",
    response={201: AnswerOut},
    **route(
        Scope.NOTICES_WRITE,
        _("Answer a notice"),
        _("It becomes the owner's word on every finding of the notice. What sensors see stays as it is."),
        also=(409,),
    ),
)
def answer_notice(request: Call, id_: UUID, body: AnswerIn, key: Key = "") -> Status[Any]:
    """Take an answer, once for each key."""
    found = _notice(request, id_)

    def do() -> dict[str, Any]:
        try:
            made = actions.answer(
                notice=found, word=body.answer, by=request.caller.name, means="api", now=datetime.now(UTC), note=body.note, until=body.until
            )  # fmt: skip
        except actions.BadAnswer as error:
            wrong = {
                "pointer": f"body/{error.about}",
                "detail": gettext("Say why the risk is accepted.")
                if error.about == "note"
                else gettext("Give the day: today or later, and within a year for a risk that is accepted."),
            }
            raise Problem(INVALID, errors=[wrong]) from error
        except actions.NotAnswerable as error:
            raise Problem(CONFLICT, gettext("It never went out: there is nothing to answer.")) from error
        return AnswerOut.from_orm(made).model_dump(mode="json")

    return Status(201, once(request, key, body.model_dump_json(), do))
