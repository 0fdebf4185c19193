"""Addresses of surveys."""

from __future__ import annotations

from django.urls import path

from tocsin.surveys import views

urlpatterns = [
    path("questions/<str:token>/", views.by_link, name="question-answer"),
    path("portal/questions/", views.questions, name="questions"),
    path("portal/questions/<uuid:id_>/", views.question, name="question"),
    path("surveys/", views.surveys, name="surveys"),
    path("surveys/new/", views.draft, name="survey-new"),
    path("surveys/<uuid:id_>/", views.survey, name="survey"),
    path("surveys/<uuid:id_>/change/", views.draft, name="survey-change"),
    path("surveys/<uuid:id_>/act/", views.act, name="survey-act"),
    path("surveys/<uuid:id_>/answers.csv", views.file, name="survey-file"),
    path("surveys/<uuid:id_>/calls/", views.calls, name="survey-calls"),
    path("surveys/asked/<uuid:id_>/", views.organization, name="survey-asked"),
]
