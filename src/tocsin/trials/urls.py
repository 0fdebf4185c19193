"""Addresses of trials."""

from __future__ import annotations

from django.urls import path

from tocsin.trials import views

urlpatterns = [
    path("trials/", views.trials, name="trials"),
    path("trials/new/", views.draft, name="trial-new"),
    path("trials/<uuid:id_>/", views.trial, name="trial"),
    path("trials/<uuid:id_>/change/", views.draft, name="trial-change"),
    path("trials/<uuid:id_>/act/", views.act, name="trial-act"),
]
