"""Pages of surveys."""

from __future__ import annotations

from tocsin.surveys.views.answering import by_link, organization, question, questions
from tocsin.surveys.views.watching import act, calls, draft, file, survey, surveys

__all__ = ["act", "by_link", "calls", "draft", "file", "organization", "question", "questions", "survey", "surveys"]
