"""What requests and answers about organizations have in common."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _
from ninja import Field, Schema

from tocsin.base.api.values import Day


class Names(Schema):
    """A name in both languages."""

    vi: str
    en: str


class Held(Schema):
    """Something with days."""

    valid_from: Day | None = None
    valid_to: Day | None = None


class NetworkIn(Held):
    """A prefix with days."""

    cidr: str = Field(max_length=49)


class DomainIn(Held):
    """A domain with days."""

    name: str = Field(max_length=253)


class AsnIn(Held):
    """An autonomous system with days."""

    number: int | str


class ContactIn(Held):
    """A person or desk that is told."""

    name: str = Field("", max_length=200)
    email: str = Field(max_length=254)
    phone: str = Field("", max_length=64)
    roles: list[str] = []
    language: str = Field("", max_length=8)


class ItemOut(Schema):
    """What happens to one thing held, or one contact."""

    what: str = Field(description=_("`added`, `changed`, `closed` or `withdrawn`."))
    kind: str
    value: str


class ChangeOut(Schema):
    """What the import does to one organization."""

    organization: str
    what: str = Field(description=_("`new`, `changed`, `closed` or `same`."))
    fields: list[str] = Field(description=_("Which of its fields change."))
    items: list[ItemOut] = Field(description=_("What happens to what it holds."))


class OverlapOut(Schema):
    """The same thing, held by two at once."""

    value: str
    one: str
    other: str
