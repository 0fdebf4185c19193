"""Addresses of campaigns."""

from __future__ import annotations

from django.urls import path

from tocsin.campaigns import views

urlpatterns = [
    path("campaigns/", views.campaigns, name="campaigns"),
    path("campaigns/new/", views.new, name="campaign-new"),
    path("campaigns/<uuid:id_>/", views.campaign, name="campaign"),
    path("campaigns/<uuid:id_>/press/", views.press, name="campaign-press"),
    path("campaigns/<uuid:id_>/choose/", views.choose, name="campaign-choose"),
    path("campaigns/<uuid:id_>/calls/", views.calls, name="campaign-calls"),
    path("campaigns/<uuid:id_>/calls/<str:organization>/", views.call, name="campaign-call"),
    path("campaigns/<uuid:id_>/close/", views.close, name="campaign-close"),
    path("campaigns/<uuid:id_>/file/<str:ending>/", views.file, name="campaign-file"),
]
