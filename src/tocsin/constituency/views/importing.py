"""Pages to import a file, for analysts: upload, see what would change and what is wrong, confirm exactly that."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from tocsin import roster
from tocsin.base.tenancy import Viewer
from tocsin.constituency import actions, queries, words
from tocsin.constituency.forms import UploadForm
from tocsin.constituency.rules import difference
from tocsin.constituency.rules.difference import Change, Difference
from tocsin.constituency.rules.review import NOTE, review
from tocsin.constituency.views import shared
from tocsin.constituency.views.shared import viewing

SHOWN = 300
"""Organizations, remarks and errors that a preview writes out."""


@viewing
def upload(request: HttpRequest) -> HttpResponse:
    """For an analyst: bring a file."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shared.writers_only(viewer)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        kept = actions.keep_upload(content=file.read(), name=file.name, actor=viewer, now=datetime.now(UTC))
        asked = {"complete": "1"} if form.cleaned_data["complete"] else {}
        if form.cleaned_data["as_of"]:
            asked["as_of"] = form.cleaned_data["as_of"].isoformat()
        query = f"?{urlencode(asked)}" if asked else ""
        return redirect(reverse("constituency-preview", args=[kept.sha256]) + query)
    return render(request, "constituency/upload.html", {"form": form})


@viewing
def preview(request: HttpRequest, sha256: str) -> HttpResponse:
    """For an analyst: see what a file would change, and do exactly that."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shared.writers_only(viewer)
    try:
        kept = actions.kept_upload(sha256=sha256, actor=viewer)
    except actions.NoSuchUpload:
        raise Http404 from None
    now = datetime.now(UTC)
    complete = request.GET.get("complete") == "1"
    as_of = _day(request.GET.get("as_of", "")) or now.date()
    before, _ignored = queries.as_values(viewer)
    read = roster.parse(kept.content, kept.name, known={o.id: o.parent for o in before})
    context: dict[str, Any] = {"upload": kept, "complete": complete, "as_of": as_of, "shown": SHOWN}
    if read.errors:
        context["errors"] = [
            (error.place, error.organization, words.reason(error.code, error.values)) for error in read.errors[:SHOWN]
        ]
        context["n_errors"] = len(read.errors)
        return render(request, "constituency/preview.html", context)
    asked: dict[str, Any] = {
        "organizations": read.organizations,
        "ignored": read.ignored,
        "actor": viewer,
        "now": now,
        "as_of": as_of,
        "complete": complete,
    }
    if request.method == "POST":
        source = {"name": kept.name, "sha256": kept.sha256}
        try:
            found = actions.import_all(**asked, source=source, expected=request.POST.get("expected", ""))
        except actions.OtherThanExpected:
            messages.warning(
                request, _("The constituency changed after this preview was made. Nothing was imported; look again.")
            )
            return redirect(request.get_full_path())
        actions.mark_imported(upload=kept, now=now)
        messages.success(request, _("Imported: %(n)s organizations changed.") % {"n": len(found.changed)})
        return redirect("organizations")
    found = actions.import_all(**asked, dry_run=True)
    remarks = [r for r in review(difference.result(before, found), on=now.date()) if r.grade != NOTE]
    about = {change.organization for change in found.organizations}
    remarks = [r for r in remarks if r.organization in about or r.other in about]
    context |= _said(found)
    context["remarks"] = shared.remarks_said(viewer, remarks[:SHOWN], {c.organization: _name(c) for c in found.changed})
    context["expected"] = difference.fingerprint(found)
    return render(request, "constituency/preview.html", context)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _name(change: Change) -> str:
    return change.after.name_en if shared.language() == "en" else change.after.name_vi


def _said(found: Difference) -> dict[str, Any]:
    changes = [
        {
            "id": change.organization,
            "name": _name(change),
            "what": change.what,
            "label": words.WHAT[change.what],
            "fields": shared.fields_line(change),
            "lines": [shared.item_line(item) for item in change.items],
        }
        for change in found.changed[:SHOWN]
    ]
    counted = dict.fromkeys(("new", "changed", "closed", "same"), 0)
    for change in found.organizations:
        counted[change.what] += 1
    items = dict.fromkeys(("added", "changed", "closed", "withdrawn"), 0)
    for change in found.organizations:
        for item in change.items:
            items[item.what] += 1
    return {
        "changes": changes,
        "n_changes": len(found.changed),
        "counted": [(words.WHAT[what], n, what) for what, n in counted.items()],
        "items": [(words.WHAT[what], n, what) for what, n in items.items() if n],
        "ignored": [shared.item_line(item) for item in found.ignored],
        "untouched": len(found.untouched),
        "changes_anything": bool(found),
    }
