"""Addresses of the people pages."""

from __future__ import annotations

from django.urls import path

from tocsin.people import views

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/new/", views.new, name="person-new"),
    path("people/second-step/", views.factor_roles, name="factor-roles"),
    path("people/<int:id_>/", views.person, name="person"),
    path("people/<int:id_>/link/", views.link, name="person-link"),
    path("people/<int:id_>/reset/", views.reset, name="person-reset"),
    path("people/<int:id_>/closing/", views.close, name="person-close"),
    path("people/<int:id_>/opening/", views.reopen, name="person-reopen"),
]
