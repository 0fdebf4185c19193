"""Pages of trials, for approvers who set them up and for everybody of the team who reads them; a contact sees none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import Viewer
from tocsin.base.web import pictures
from tocsin.base.web.views import signed_in, team_only
from tocsin.base.web.words import WORDS
from tocsin.constituency import queries as constituency
from tocsin.constituency.words import SECTORS
from tocsin.trials import actions, forms, queries
from tocsin.trials.forms import COMPARED, OUTCOMES, UNITS, DesignForm, filled
from tocsin.trials.models import Trial
from tocsin.trials.rules.design import BadDesign, Design

viewing = signed_in(constituency.viewer_of)
LISTED = 200


@viewing
def trials(request: HttpRequest) -> HttpResponse:
    """Show what was tried, what runs and what came of it: for the team."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    rows = [(row, COMPARED[row.design["compares"]]) for row in queries.trials(viewer)[:LISTED]]
    return render(request, "trials/trials.html", {"rows": rows})


@viewing
def draft(request: HttpRequest, id_: UUID | None = None) -> HttpResponse:
    """For an approver: draft a trial, or change one that is not registered."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_approve:
        raise Http404
    found = get_object_or_404(queries.trials(viewer), pk=id_, state=Trial.State.DRAFT) if id_ is not None else None
    form = DesignForm(request.POST or None, initial=filled(found.plan) if found else {})
    if request.method == "POST" and form.is_valid():
        design = form.design(found.design if found else None)
        try:
            if found is None:
                made = actions.create(design=design, actor=viewer, now=datetime.now(UTC))
            else:
                made = actions.change(id_=found.pk, design=design, actor=viewer, now=datetime.now(UTC))
        except BadDesign as error:
            form.refuse(error)
        else:
            return redirect("trial", id_=made.pk)
    return render(
        request, "trials/draft.html", {"form": form, "trial": found}, status=400 if form.errors else 200
    )  # fmt: skip


@viewing
def trial(request: HttpRequest, id_: UUID) -> HttpResponse:
    """Show one: what is compared, how far it has come, what came of it: for the team."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    row = get_object_or_404(queries.trials(viewer), pk=id_)
    plan = row.plan
    found = row.report or row.interim
    context = {
        "trial": row,
        "plan": plan,
        "compared": COMPARED[plan.compares],
        "outcome": OUTCOMES[plan.outcome],
        "unit": UNITS[plan.unit],
        "arms": list(zip(plan.arms, (_way(plan, 0), _way(plan, 1)), strict=True)),
        "severities": [WORDS[name] for name in plan.severities],
        "power": _percent(plan.power),
        "is_weak": plan.power < 0.8,
        "expected": _percent(plan.expected_share),
        "smallest": number_format(100 * plan.smallest_difference, 1),
        "is_due": row.state == Trial.State.ENDED and row.analysis_at <= datetime.now(UTC),
        "is_whole": row.report is None or actions.checksum(row.report) == row.report_sha256,
        **(shown(plan, found) if found else {}),
    }
    return render(request, "trials/trial.html", context)


@viewing
@require_POST
def act(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For an approver: register, start, stop, drop or report a trial."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    row = get_object_or_404(queries.trials(viewer), pk=id_)
    if not viewer.may_approve:
        raise Http404
    now, word = datetime.now(UTC), request.POST.get("act", "")
    try:
        if word == "register":
            actions.register(id_=row.pk, actor=viewer, now=now)
            messages.success(request, _("It is registered: nothing of it can be changed any more."))
        elif word == "start":
            actions.start(id_=row.pk, actor=viewer, now=now)
            messages.success(request, _("It runs: first warnings enter by lot from its first day on."))
        elif word == "stop":
            actions.stop(id_=row.pk, because=request.POST.get("because", ""), actor=viewer, now=now)
            messages.success(request, _("It is stopped. Whoever waits is told in the next round."))
        elif word == "report":
            actions.report(id_=row.pk, actor=viewer, now=now)
        elif word == "drop":
            actions.drop(id_=row.pk, actor=viewer, now=now)
            messages.success(request, _("The draft is gone."))
            return redirect("trials")
        else:
            raise Http404
    except BadDesign as error:
        label = DesignForm.base_fields[error.field].label if error.field in DesignForm.base_fields else error.field
        messages.error(request, f"{label}: {forms.why(error)}")
    except actions.NotNow:
        messages.error(request, _("The trial has come too far for that, or not far enough."))
    except ValueError:
        messages.error(request, _("Say why it is stopped."))
    return redirect("trial", id_=row.pk)


def shown(plan: Design, found: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows of figures."""
    names = [arm.name for arm in plan.arms]
    curves = [
        pictures.Stair([tuple(row) for row in one["curve"]], name)
        for one, name in zip(found["curves"], names, strict=True)
    ]
    title = _("Share still open by days since the lot, with 95 %% limits: %(usual)s, and dashed %(tried)s")
    return {
        "figures": found,
        "as_of": datetime.fromisoformat(found["as_of"]),
        "said": sentences(plan, found),
        "primary": _row(found["primary"], names),
        "others": [_row(one, names) for one in found["exploratory"]],
        "picture": pictures.stairs(curves, title % {"usual": names[0], "tried": names[1]}, days=plan.horizon_days),
        "followed": list(zip(names, found["curves"], strict=True)),
        "balance": [
            {
                "label": WORDS[one["value"]]
                if one["what"] == "severity"
                else SECTORS.get(one["value"], one["value"]) or "–",
                "shares": list(zip(names, map(_percent, one["shares"]), strict=True)),
                "standardized": number_format(round(one["standardized"], 2), 2),
                "is_large": abs(one["standardized"]) > 0.1,
            }
            for one in found["balance"]
        ],
    }


def sentences(plan: Design, found: dict[str, Any]) -> list[str]:
    """Return in plain words what the registered comparison found and what it did not, then what mends without a word."""
    one, words = found["primary"], {"days": plan.within_days, "usual": plan.arms[0].name, "tried": plan.arms[1].name}
    said = []
    if one["difference"] is None:
        said.append(_("So far nothing can be compared: one of the two ways has no finding that was followed for long enough."))  # fmt: skip
    else:
        words |= {"a": _percent(one["groups"][1]["share"]), "b": _percent(one["groups"][0]["share"])}
        said.append(
            _("After %(days)s days sensors confirmed as gone %(a)s of what went the way “%(tried)s”, and %(b)s of what went the way “%(usual)s”.") % words
            if plan.outcome == "verified"
            else _("Within %(days)s days owners answered about %(a)s of what went the way “%(tried)s”, and about %(b)s of what went the way “%(usual)s”.") % words
        )  # fmt: skip
        said.append(_conclusion(one["difference"]))
    said.append(_without_a_word(found["decay"]))
    return said


def _conclusion(found: dict[str, Any]) -> str:
    words = {"d": _points(found["value"]), "n": found["n_clusters"]}
    if found["lower"] is None:
        return (
            _("The difference is %(d)s points. How uncertain that is cannot be told from these organizations: %(n)s.") % words
        )  # fmt: skip
    words |= {"low": _points(found["lower"]), "high": _points(found["upper"])}
    if found["tells"]:
        return _("The difference is %(d)s points; chance hardly explains it: the true one lies between %(low)s and %(high)s points, 95 times in 100.") % words  # fmt: skip
    return _("The difference is %(d)s points, and chance may explain it: the true one may lie anywhere between %(low)s and %(high)s points. That is no proof that there is none.") % words  # fmt: skip


def _without_a_word(decay: dict[str, Any]) -> str:
    words = {"share": _percent(decay["share"]), "n": decay["n"], "days": decay["days"]}
    if decay["how"] == "waiting":
        if not decay["n"]:
            return _("What mends without a word will be seen in the half that waits.")
        return _("What mends without a word is taken off: %(share)s of the %(n)s findings that waited were gone after %(days)s days though nobody had been told.") % words  # fmt: skip
    if not decay["n"]:
        return _("What mends without a word is in both ways alike and falls out of the difference. There were no findings that nobody was told of, to show how much it is.")  # fmt: skip
    return _("What mends without a word is in both ways alike and falls out of the difference. Of %(n)s findings that nobody was told of, %(share)s were gone after %(days)s days.") % words  # fmt: skip


def _row(one: dict[str, Any], names: list[str]) -> dict[str, Any]:
    found = one["difference"]
    has_limits = found is not None and found["lower"] is not None
    return {
        "outcome": OUTCOMES[one["outcome"]],
        "days": one["within_days"],
        "shares": [(name, {"share": _percent(group["share"]), "k": group["k"], "n": group["n"]}) for name, group in zip(names, one["groups"], strict=True)],
        "difference": _points(found["value"]) if found else "–",
        "limits": f"{_points(found['lower'])} … {_points(found['upper'])}" if has_limits else "–",
        "n_too_early": one["n_too_early"],
    }  # fmt: skip


def _way(plan: Design, place: int) -> str:
    """Return in words what an arm does."""
    arm = plan.arms[place]
    if plan.compares == "later":
        return _("told after %(n)s days") % {"n": arm.delay_days} if arm.delay_days else _("told at once")
    if plan.compares == "channel":
        return str(forms.CHANNELS[arm.channel])
    if plan.compares == "sender":
        return _("from “%(name)s”") % {"name": arm.sender} if arm.sender else _("from the usual sender")
    return "" if arm.text_vi else _("the usual text")


def _percent(share: float | None) -> str:
    return "–" if share is None else _("%(n)s %%") % {"n": number_format(round(100 * share, 1), 1)}


def _points(value: float) -> str:
    """Return a difference of shares in points, with its sign."""
    sign = "+" if value >= 0.0005 else "−" if value <= -0.0005 else ""
    return sign + number_format(round(abs(100 * value), 1), 1)
