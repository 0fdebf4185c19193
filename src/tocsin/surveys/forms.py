"""What people type: an answer, a survey, what is done with those who were chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tocsin.constituency.forms import SelectionForm
from tocsin.core import tlp
from tocsin.surveys import rules, words
from tocsin.surveys.actions import Wanted
from tocsin.surveys.models import Survey

N_QUESTIONS = 5
"""Questions that the page takes; a file or the API takes more."""
_WRONG = {
    "missing": _("Please answer this question."),
    "number": _("Please give a number."),
    "date": _("Please give a day."),
    "word": _("Please choose one of the answers."),
    "long": _("Please say it in fewer words."),
}


class AnswerForm(forms.Form):
    """The questions of a survey as one form; `reason` of what is wrong stands beside its question."""

    def __init__(self, survey: Survey, language: str, *args: Any, **options: Any) -> None:
        options.setdefault("label_suffix", "")
        super().__init__(*args, **options)
        self.questions = survey.asked_questions
        for one in self.questions:
            self.fields[f"q{one.key}"] = _field(one, language)
        self.fields["note"] = forms.CharField(
            label=_("A word with it, if you like"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        )  # fmt: skip

    def given(self) -> dict[str, str]:
        """Return what was typed, by the place of the question."""
        return {one.key: str(self.data.get(f"q{one.key}", "")) for one in self.questions}

    @property
    def note(self) -> str:
        """Return the word with it."""
        return str(self.data.get("note", ""))

    def refuse(self, error: rules.BadValue) -> None:
        """Say what is wrong beside its question."""
        self.full_clean()
        if f"q{error.key}" not in self.errors:
            self.add_error(f"q{error.key}", str(_WRONG[error.why]))


def initial(values: Mapping[str, str], note: str = "") -> dict[str, str]:
    """Return an answer as the form begins with it."""
    return {**{f"q{key}": value for key, value in values.items()}, "note": note}


def _field(one: rules.Question, language: str) -> forms.Field:
    given: dict[str, Any] = {"label": one.text(language), "required": one.required}
    if one.kind in {"yes-no", "choice"}:
        found = list(words.YES_NO.items()) if one.kind == "yes-no" else one.choices(language)
        choices: list[tuple[str, object]] = [*found]
        if not one.required:
            choices.append(("", pgettext_lazy("survey", "No answer")))
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **given)
    if one.kind == "number":
        attrs = {"inputmode": "decimal", "autocomplete": "off"}
        return forms.CharField(max_length=40, widget=forms.TextInput(attrs=attrs), **given)
    if one.kind == "date":
        return forms.CharField(max_length=10, widget=forms.DateInput(attrs={"type": "date"}), **given)
    return forms.CharField(max_length=rules.LONGEST, widget=forms.Textarea(attrs={"rows": 3}), **given)


class SurveyForm(SelectionForm):
    """A survey with up to five questions."""

    title_vi = forms.CharField(label=_("Title in Vietnamese"), max_length=200)
    title_en = forms.CharField(label=_("Title in English"), max_length=200)
    text_vi = forms.CharField(
        label=_("Why you ask, in Vietnamese"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    text_en = forms.CharField(
        label=_("Why you ask, in English"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    due_on = forms.DateField(label=_("Answer by"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    remind_days = forms.IntegerField(
        label=_("Remind so many working days before"), min_value=0, max_value=30, initial=3,
        help_text=_("Once then, and the next contact once it is due. 0: nobody is reminded by itself."),
    )  # fmt: skip
    tlp = forms.ChoiceField(label="TLP", choices=[(name, name) for name in tlp.LABELS], initial="TLP:AMBER")

    def wanted(self, questions: list[dict[str, Any]]) -> Wanted:
        """Return what was typed."""
        found = self.cleaned_data
        names = ("title_vi", "title_en", "text_vi", "text_en", "due_on", "remind_days", "tlp")
        return Wanted(questions=questions, selection=self.selection(), **{name: found[name] for name in names})


class QuestionForm(forms.Form):
    """One question."""

    kind = forms.ChoiceField(label=_("What is answered"), choices=list(words.KINDS.items()), initial="yes-no")
    vi = forms.CharField(label=_("Question in Vietnamese"), max_length=rules.LONGEST, required=False)
    en = forms.CharField(label=_("Question in English"), max_length=rules.LONGEST, required=False)
    options = forms.CharField(
        label=_("Answers to choose from"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only for a list. One a line: Vietnamese | English."),
    )  # fmt: skip
    required = forms.BooleanField(label=_("Must be answered"), required=False, initial=True)


def question_forms(data: Any, kept: list[dict[str, Any]]) -> list[QuestionForm]:
    """Return the forms of the questions, those that are kept filled in."""
    found = []
    for place in range(N_QUESTIONS):
        known: dict[str, Any] = dict(kept[place]) if place < len(kept) else {}
        known["options"] = "\n".join(f"{one['vi']} | {one['en']}" for one in known.get("options", []))
        found.append(
            QuestionForm(
                data, prefix=f"question-{place + 1}", label_suffix="", initial=known if known.get("kind") else None
            )
        )
    return found


def typed(forms_: list[QuestionForm]) -> Iterator[dict[str, Any]]:
    """Yield the questions that were typed, as documents; those left empty are left out."""
    for form in forms_:
        found = form.cleaned_data
        if not (found["vi"] or found["en"]):
            continue
        lines = [line.partition("|") for line in found["options"].splitlines() if line.strip()]
        options = [{"vi": vi.strip(), "en": en.strip() or vi.strip()} for vi, _bar, en in lines]
        yield {**found, "options": options if found["kind"] == "choice" else []}
