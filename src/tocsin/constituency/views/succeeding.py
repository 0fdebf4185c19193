"""Pages of merges and splits, for analysts: name them or bring a file, see what moves, say who gets what, confirm that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tocsin.base.tenancy import Viewer
from tocsin.base.web.paging import page
from tocsin.base.web.views import team_only
from tocsin.constituency import actions, queries, words
from tocsin.constituency.forms import SuccessionForm
from tocsin.constituency.rules import succession as rules
from tocsin.constituency.rules.succession import BadSuccession, Planned
from tocsin.constituency.views import shared
from tocsin.constituency.views.reading import Figures
from tocsin.constituency.views.shared import viewing

SHOWN = 200
"""Things that move, of one succession, that the page writes out."""


@viewing
def successions(request: HttpRequest) -> HttpResponse:
    """For the team: which organizations gave way to which; an analyst names the next ones."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    form = SuccessionForm(request.POST or None, request.FILES or None) if viewer.may_write else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            given = form.cleaned_data
            try:
                if given["file"]:
                    plans = rules.read(given["file"].read(), given["file"].name)
                else:
                    plans = [Planned(given["before"], given["after"], given["on"], given["reason"])]
                actions.foresee(plans=plans, actor=viewer)
            except BadSuccession as error:
                form.add_error("file" if given["file"] else None, words.succession(error.code, error.values))
            else:
                return _to_preview(plans, viewer)
    found = page(request, queries.successions(viewer), order=("-on", "-id"))
    names = shared.names_of(viewer, {id_ for row in found.rows for id_ in (*row.before, *row.after)})
    rows = [(row, _named(row.before, names), _named(row.after, names)) for row in found.rows]
    return render(request, "constituency/successions.html", {"page": found, "rows": rows, "form": form})


def _to_preview(plans: Sequence[Planned], viewer: Viewer) -> HttpResponse:
    content = rules.write(plans)
    kept = actions.keep_upload(content=content, name="successions.csv", actor=viewer, now=datetime.now(UTC))
    return redirect("succession-preview", kept.sha256)


def _named(ids: Sequence[str], names: dict[str, str]) -> list[tuple[str, str]]:
    return [(id_, names.get(id_, id_)) for id_ in ids]


@viewing
def succession_preview(request: HttpRequest, sha256: str, figures: Figures | None = None) -> HttpResponse:
    """For an analyst: see what moves from whom to whom and what is open there; say who gets what; do exactly that."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shared.writers_only(viewer)
    try:
        kept = actions.kept_upload(sha256=sha256, actor=viewer)
        plans = rules.read(kept.content, kept.name)
        passing = actions.foresee(plans=plans, actor=viewer)
    except actions.NoSuchUpload:
        raise Http404 from None
    except BadSuccession as error:
        messages.error(request, words.succession(error.code, error.values))
        return redirect("successions")
    if request.method == "POST":
        if request.POST.get("act") == "assign":
            return _to_preview(_assigned(request, passing), viewer)
        return _do(request, plans, viewer)
    every = {id_ for plan in plans for id_ in (*plan.before, *plan.after)}
    names = shared.names_of(viewer, every)
    counted = figures(viewer, sorted({id_ for plan in plans for id_ in plan.before})) if figures else {}
    context: dict[str, Any] = {
        "parts": [
            {
                "plan": one.plan,
                "before": [(id_, names.get(id_, id_), counted.get(id_, ())) for id_ in one.plan.before],
                "after": _named(one.plan.after, names),
                "open": [
                    (f"to-{at}-{place}", words.KINDS.get(item["kind"], item["kind"]), item)
                    for place, item in enumerate(one.moved)
                    if not item["to"]
                ],
                "moved": [
                    (words.KINDS.get(item["kind"], item["kind"]), item["value"], names.get(item["to"], item["to"]))
                    for item in one.moved
                    if item["to"]
                ][:SHOWN],
                "n": len(one.moved),
            }
            for at, one in enumerate(passing)
        ],
        "n_moved": sum(len(one.moved) for one in passing),
        "n_open": sum(len(one.open) for one in passing),
        "n_before": sum(len(plan.before) for plan in plans),
        "n_after": len({id_ for plan in plans for id_ in plan.after}),
        "expected": actions.fingerprint(passing),
        "shown": SHOWN,
    }
    return render(request, "constituency/succession_preview.html", context)


def _assigned(request: HttpRequest, passing: Sequence[actions.Passing]) -> list[Planned]:
    """Return the plans with what the form says of who gets what."""
    made = []
    for at, one in enumerate(passing):
        said = {
            item["value"]: to
            for place, item in enumerate(one.moved)
            if (to := request.POST.get(f"to-{at}-{place}", "")) in one.plan.after
        }
        made.append(replace(one.plan, assigned={**one.plan.assigned, **said}))
    return made


def _do(request: HttpRequest, plans: Sequence[Planned], viewer: Viewer) -> HttpResponse:
    try:
        made = actions.succeed_all(
            plans=plans, actor=viewer, now=datetime.now(UTC), expected=request.POST.get("expected", "")
        )
    except actions.OtherThanExpected:
        messages.warning(
            request, _("The constituency changed after this preview was made. Nothing was done; look again.")
        )
        return redirect(request.get_full_path())
    except BadSuccession as error:
        messages.error(request, words.succession(error.code, error.values))
        return redirect(request.get_full_path())
    except (actions.NoSuchParent, actions.AboveItself) as error:
        messages.error(request, _("The tree of organizations would be broken at %(id)s.") % {"id": error})
        return redirect(request.get_full_path())
    messages.success(request, _("Done: %(n)s merges and splits. What is open follows within a minute of the day.") % {"n": len(made)})  # fmt: skip
    return redirect("successions")
