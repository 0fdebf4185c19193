"""Addresses of the constituency. The floors above fill two slots: figures of organizations, and values in use."""

from __future__ import annotations

from django.urls import URLPattern, path

from tocsin.constituency import views
from tocsin.constituency.views.reading import Figures, Used


def patterns(figures: Figures | None = None, used: Used | None = None) -> list[URLPattern]:
    """Return the routes."""
    return [
        path("organizations/", views.organizations, {"figures": figures}, name="organizations"),
        path("organizations/<str:id_>/", views.organization, {"figures": figures}, name="organization"),
        path("organizations/<str:id_>/change/", views.change_organization, name="organization-change"),
        path("organizations/<str:id_>/hold/", views.hold, name="organization-hold"),
        path("networks/<int:id_>/", views.change_row, {"kind": "network"}, name="network"),
        path("domains/<int:id_>/", views.change_row, {"kind": "domain"}, name="domain"),
        path("asns/<int:id_>/", views.change_row, {"kind": "asn"}, name="asn"),
        path("contacts/<uuid:id_>/", views.change_row, {"kind": "contact"}, name="contact"),
        path("ignored/", views.ignored, name="ignored"),
        path("ignored/add/", views.add_ignored, name="ignored-add"),
        path("ignored/<int:id_>/", views.change_row, {"kind": "ignored"}, name="ignored-rule"),
        path("constituency/add/", views.add_organization, name="organization-add"),
        path("constituency/import/", views.upload, name="constituency-import"),
        path("constituency/import/<str:sha256>/", views.preview, name="constituency-preview"),
        path("constituency/successions/", views.successions, name="successions"),
        path(
            "constituency/successions/<str:sha256>/",
            views.succession_preview,
            {"figures": figures},
            name="succession-preview",
        ),
        path("constituency/check/", views.check, {"used": used}, name="constituency-check"),
        path("constituency/file/<str:ending>/", views.file, name="constituency-file"),
    ]
