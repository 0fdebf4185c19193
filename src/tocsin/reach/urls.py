"""Addresses of how people are reached."""

from __future__ import annotations

from django.urls import path

from tocsin.reach import views

urlpatterns = [
    path("register/", views.register, name="register"),
    path("register/sent/", views.registered, name="registered"),
    path("register/<str:token>/", views.confirm_registration, name="register-confirm"),
    path("registrations/", views.registrations, name="registrations"),
    path("registrations/<uuid:id_>/decision/", views.decide_registration, name="registration-decision"),
    path("contact/<str:token>/", views.answer, name="contact-answer"),
    path("organizations/<str:id_>/reach/", views.organization, name="reach"),
    path("organizations/<str:id_>/reach/act/", views.act, name="reach-act"),
    path("organizations/<str:id_>/reach/proposal/", views.propose, name="propose"),
    path("reach/", views.reachability, name="reachability"),
    path("drills/", views.drills, name="drills"),
    path("drills/<uuid:id_>/", views.drill, name="drill"),
    path("proposals/", views.proposals, name="proposals"),
    path("proposals/<uuid:id_>/decision/", views.decide, name="proposal-decision"),
]
