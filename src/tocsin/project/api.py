"""The API: every app's routes under one roof, at /api/v1."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt

from tocsin import __version__
from tocsin.accounts import api as accounts
from tocsin.base.api import problems, reference
from tocsin.base.api.house import Api
from tocsin.base.audit.api import audit
from tocsin.campaigns import api as campaigns
from tocsin.constituency import api as constituency
from tocsin.findings import actions as finding_actions
from tocsin.findings import api as findings
from tocsin.intake import api as intake
from tocsin.notices import api as notices
from tocsin.people import api as people
from tocsin.portal import api as portal
from tocsin.reach import api as reach
from tocsin.reports import api as reports
from tocsin.surveys import api as surveys
from tocsin.trials import api as trials

api = Api(title="Tocsin", version=__version__, urls_namespace="api")
replays, reattributions = intake.again.routers(fold=finding_actions.fold, refold=finding_actions.refold)
for place, router in (
    ("/me", accounts.me),
    ("/reports", intake.reports),
    ("/batches", intake.batches),
    ("/rejects", intake.rejects),
    ("/feeds", intake.feeds),
    ("/alarms", intake.alarms),
    ("/replays", replays),
    ("/reattributions", reattributions),
    ("/unattributed", intake.unattributed),
    ("/organizations", constituency.organizations),
    ("/constituency", constituency.constituency),
    ("/ignored", constituency.ignored),
    ("/reachability", reach.reachability),
    ("/endpoints", reach.endpoints),
    ("/drills", reach.drills),
    ("/proposals", reach.proposals),
    ("/registrations", reach.registrations),
    ("/holding-claims", reach.holding_claims),
    ("/findings", findings.router),
    ("/notices", notices.notices),
    ("/deliveries", notices.deliveries),
    ("/decisions", notices.decisions),
    ("/claims", notices.claims),
    ("/answers", portal.answers),
    ("/permissions", findings.permissions),
    ("/policies", notices.policies),
    ("/own-rules", notices.own_rules),
    ("/own-routes", notices.own_routes),
    ("/silences", notices.silences),
    ("/escalations", notices.escalations),
    ("/calendars", notices.calendars),
    ("/duty", notices.duty),
    ("/emergencies", notices.emergencies),
    ("/surveys", surveys.router),
    ("/campaigns", campaigns.campaigns),
    ("/trials", trials.router),
    ("/stats", reports.stats),
    ("/snapshots", reports.snapshots),
    ("/people", people.people),
    ("/tokens", people.tokens),
    ("/audit", audit),
):
    api.add_router(place, router)


def openapi(request: HttpRequest) -> HttpResponse:
    """For programs and everybody: the document. It tells what there is, and nothing of what is in it."""
    return JsonResponse(api.document())


def read(request: HttpRequest) -> HttpResponse:
    """For whoever writes a program: the document, readable, in both languages. It tells nothing of what is in it."""
    found = reference.read(api.document(), say=gettext)
    return render(request, "api/reference.html", {"reference": found, "base": settings.TOCSIN_BASE_URL})


@csrf_exempt
def nothing(request: HttpRequest, rest: str = "") -> HttpResponse:
    """For programs: any other address below /api/."""
    return problems.answer(problems.NOT_FOUND)
