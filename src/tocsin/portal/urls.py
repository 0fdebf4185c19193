"""Addresses of the portal."""

from __future__ import annotations

from django.urls import path

from tocsin.portal import views

urlpatterns = [
    path("portal/", views.home, name="portal"),
    path("portal/findings/<uuid:id_>/", views.finding, name="portal-finding"),
    path("portal/findings/<uuid:id_>/recheck/", views.recheck, name="portal-recheck"),
    path("portal/answers/", views.answers, name="portal-answers"),
    path("portal/file/<str:ending>/", views.file, name="portal-file"),
    path("portal/history/", views.history, name="portal-history"),
    path("portal/organization/", views.organization, name="portal-organization"),
    path("portal/rules/", views.own_rule, name="portal-rules"),
    path("portal/routes/", views.own_route, name="portal-routes"),
    path("portal/proofs/<uuid:id_>/", views.proof, name="portal-proof-file"),
]
