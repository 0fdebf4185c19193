"""Where each address leads."""

from __future__ import annotations

from django.urls import path

from tocsin.accounts import urls as accounts
from tocsin.accounts.views import tokens
from tocsin.base.audit import views as audit
from tocsin.base.web import views as web
from tocsin.campaigns import urls as campaigns
from tocsin.constituency import queries as constituents
from tocsin.constituency import urls as constituency
from tocsin.findings import queries as finding_queries
from tocsin.findings import views as findings
from tocsin.intake import views as intake
from tocsin.notices import views as notices
from tocsin.people import urls as people
from tocsin.portal import urls as portal
from tocsin.project import api, figures, health, metrics
from tocsin.reach import urls as reach
from tocsin.reports import views as reports
from tocsin.surveys import urls as surveys
from tocsin.trials import urls as trials

urlpatterns = [
    path("", notices.loop, name="loop"),
    path("search/", notices.search, name="search"),
    path("standing/", notices.standing, name="standing"),
    path("findings/", findings.findings, name="findings"),
    path("findings/file/<str:ending>/", findings.findings_file, name="findings-file"),
    path("findings/word/", findings.findings_word, name="findings-word"),
    path("findings/known-exploited/", findings.known_exploited, name="known-exploited"),
    path("findings/permissions/", findings.permissions, name="permissions"),
    path("findings/permissions/<int:id_>/end/", findings.permission_end, name="permission-end"),
    path("findings/<uuid:id_>/", notices.finding, name="finding"),
    path("findings/<uuid:id_>/evidence/", notices.evidence, name="evidence"),
    path("notices/", notices.notices, name="notices"),
    path("notices/file/<str:ending>/", notices.notices_file, name="notices-file"),
    path("notices/<uuid:id_>/", notices.notice, name="notice"),
    path("notices/<uuid:id_>/approval/", notices.approval, name="approval"),
    path("notices/<uuid:id_>/rejection/", notices.rejection, name="rejection"),
    path("notices/<uuid:id_>/retry/", notices.retry, name="retry"),
    path("preview/", notices.preview, name="preview"),
    path("preview/<str:organization>/", notices.draft, name="draft"),
    path("approvals/", notices.approvals, name="approvals"),
    path("decisions/", notices.decisions, name="decisions"),
    path("claims/", notices.claims, name="claims"),
    path("claims/disowned/<int:id_>/end/", notices.own_again, name="own-again"),
    path("claims/rulings/", notices.rulings, name="rulings"),
    path("policies/", notices.policies, name="policies"),
    path("policies/new/", notices.policy, name="policy-new"),
    path("policies/<int:id_>/", notices.policy, name="policy"),
    path("policies/<int:id_>/removal/", notices.policy_removal, name="policy-removal"),
    path("emergencies/", notices.emergencies, name="emergencies"),
    path("emergencies/new/", notices.emergency_draft, name="emergency-new"),
    path("emergencies/<uuid:id_>/", notices.emergency, name="emergency"),
    path("emergencies/<uuid:id_>/change/", notices.emergency_draft, name="emergency-change"),
    path("emergencies/<uuid:id_>/act/", notices.emergency_act, name="emergency-act"),
    path("escalations/", notices.escalations, name="escalations"),
    path("escalations/plans/", notices.plans, name="plans"),
    path("escalations/plans/new/", notices.plan, name="plan-new"),
    path("escalations/plans/<int:id_>/", notices.plan, name="plan"),
    path("escalations/plans/<int:id_>/removal/", notices.plan_removal, name="plan-removal"),
    path("calendar/", notices.calendar, name="calendar"),
    path("calendar/week/", notices.week, name="week"),
    path("calendar/weeks/<int:id_>/", notices.week, name="week-of"),
    path("calendar/weeks/<int:id_>/removal/", notices.week_removal, name="week-removal"),
    path("calendar/days/<int:id_>/removal/", notices.days_removal, name="days-removal"),
    path("duty/", notices.duty, name="duty"),
    path("duty/<int:id_>/removal/", notices.duty_removal, name="duty-removal"),
    path("silences/", notices.silences, name="silences"),
    path("silences/<int:id_>/end/", notices.silence_end, name="silence-end"),
    *constituency.patterns(figures=figures.of_organizations, used=finding_queries.deciding_values),
    path("intake/", intake.intake, name="intake"),
    path("intake/batches/<uuid:id_>/", intake.batch, name="batch"),
    path("intake/arrivals/<uuid:id_>/retry/", intake.retry, name="arrival-retry"),
    path("feeds/", intake.feeds, name="feeds"),
    path("feeds/new/", intake.add_feed, name="add-feed"),
    path("feeds/<slug:code>/", intake.feed, name="feed"),
    path("feeds/<slug:code>/change/", intake.change_feed, name="change-feed"),
    path("feeds/<slug:code>/act/", intake.feed_act, name="feed-act"),
    path("intake/unattributed/", intake.unattributed, name="unattributed"),
    path("intake/unattributed/<path:value>/", intake.place, name="unattributed-place"),
    path("intake/rejects/", intake.rejects, name="rejects"),
    path("intake/rejects/rows/", intake.rejected_rows, name="rejected-rows"),
    path("sent/", notices.sent, name="sent"),
    path("sent/file/<str:ending>/", notices.sent_file, name="sent-file"),
    path("sent/<uuid:id_>/", notices.message, name="message"),
    path("sent/<uuid:id_>/html/", notices.message_html, name="message-html"),
    path("notices/<uuid:id_>/letter/", notices.notice_letter, name="notice-letter"),
    path("letters/<uuid:id_>/<str:ending>/", notices.letter, name="letter-file"),
    path("letters/<uuid:id_>/carried/on/", notices.letter_carried, name="letter-carried"),
    path("answer/<str:token>/", notices.answer, name="answer"),
    path("kinds/", notices.kinds, name="kinds"),
    path("kinds/<str:kind>/", notices.kind, name="kind"),
    path("figures/", reports.figures, name="figures"),
    path("figures/frozen/", reports.freeze, name="freeze"),
    path("figures/frozen/<uuid:id_>/", reports.snapshot, name="snapshot"),
    path("audit/", audit.entries, name="audit"),
    path("audit/verification/", audit.verification, name="audit-verification"),
    *accounts.urlpatterns,
    *people.urlpatterns,
    *portal.urlpatterns,
    *campaigns.urlpatterns,
    *reach.urlpatterns,
    *surveys.urlpatterns,
    *trials.urlpatterns,
    *tokens.patterns(exists=lambda viewer, id_: constituents.organizations(viewer).filter(pk=id_).exists()),
    path("theme/", web.theme, name="theme"),
    path("api/v1/openapi.json", api.openapi, name="openapi"),
    path("api/v1/reference", api.read, name="api-reference"),
    path("api/v1/", api.api.urls),
    path("api/<path:rest>", api.nothing, name="api-nothing"),
    path("metrics", metrics.metrics, name="metrics"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
]

handler500 = "tocsin.base.web.problems.broken"
handler429 = "tocsin.base.web.problems.too_many"  # asked for by the rate limits of signing in
