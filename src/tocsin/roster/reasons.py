"""Why part of a file is not taken: every reason by its name, with an English sentence; the console has them in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

REASONS: dict[str, str] = {
    # the file as a whole
    "too-large": "the file is larger than %(limit)s",
    "unknown-kind": "the name must end in .yaml, .yml, .json, .csv or .xlsx",
    "not-utf-8": "the text is not UTF-8; save it as CSV UTF-8",
    "not-yaml": "this is no YAML: %(detail)s",
    "not-json": "this is no JSON: %(detail)s",
    "not-csv": "this is no CSV: %(detail)s",
    "not-xlsx": "this is no XLSX workbook: %(detail)s",
    "no-organizations": "expected version: 1 and a list of organizations",
    "unknown-version": "version %(value)s is not known; this is version 1",
    "too-deep": "lists and mappings are nested too deeply",
    "unknown-alias": "the alias *%(value)s stands for nothing before it",
    "unknown-tag": "the tag %(value)s is not allowed",
    "too-many": "there are more than %(limit)s entries",
    "too-many-errors": "there are more errors than the %(limit)s shown",
    # keys, columns, sheets
    "unknown-key": "%(value)s is not known here; known are %(known)s",
    "key-twice": "%(value)s stands twice",
    "not-a-mapping": "expected keys with values",
    "not-a-list": "expected a list",
    "not-a-text": "expected a text, not a list or mapping",
    "unknown-sheet": "the sheet %(value)s is not known; known are %(known)s",
    "no-heading": "a table begins with the names of its columns, one of which is %(value)s",
    "beyond-heading": "there is a value beyond the last column that has a name",
    "unknown-organization": "the organization %(value)s is not in the table of organizations",
    # values
    "missing": "%(key)s is missing",
    "bad-id": "%(value)s is no identifier; use lower-case letters, digits, dots, underscores and hyphens",
    "bad-network": "%(value)s is no prefix",
    "host-bits": "%(value)s has bits set behind its length; did you mean %(meant)s?",
    "bad-domain": "%(value)s is no domain",
    "domain-meant": "%(value)s is no domain; did you mean %(meant)s?",
    "bad-asn": "%(value)s is no AS number",
    "bad-email": "%(value)s is no e-mail address",
    "bad-day": "%(value)s is no day; write 2026-06-30",
    "bad-order": "valid_to %(value)s is before valid_from %(other)s",
    "bad-flag": "%(value)s is neither yes nor no",
    "bad-language": "%(value)s is no language; write vi or en",
    "bad-role": "the role %(value)s is none; use lower-case letters, digits and hyphens, at most 32",
    "bad-criticality": "%(value)s is not one of low, medium, high, critical",
    "bad-ignored": "%(value)s is neither a prefix nor a domain nor an AS number",
    "bad-contact": "%(value)s is no contact; write Name <address> role, role",
    "bad-item": "%(value)s cannot be read; write VALUE or VALUE [FROM..TO]",
    "too-long": "longer than %(limit)s characters",
    "bad-character": "holds a character that is not allowed: %(value)s",
    "spreadsheet-error": "the cell shows the error %(value)s",
    # the whole
    "id-twice": "the identifier %(value)s stands twice",
    "item-twice": "%(value)s stands twice with the same days",
    "unknown-parent": "the parent %(value)s is neither in this file nor known",
    "circle": "the organization is above itself",
}
SHOWN = 80


class Wrong(Exception):
    """A value cannot be taken: `code` names the reason, `values` are what its sentence fills in."""

    def __init__(self, code: str, *, known: str = "", **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = {name: shown(value) for name, value in values.items()} | ({"known": known} if known else {})


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong, and where: `c.yaml:14 organizations[2].networks[0]`, `networks!B7`, `c.csv:12 email`."""

    place: str
    code: str
    values: Mapping[str, str] = field(default_factory=dict)
    organization: str = ""

    @classmethod
    def of(cls, place: str, code: str, organization: str = "", known: str = "", **values: object) -> RowError:
        """Make an error; values are cut to what a message may show."""
        return cls(place, code, Wrong(code, known=known, **values).values, organization)

    @property
    def reason(self) -> str:
        """The English sentence."""
        return REASONS[self.code] % self.values

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


def shown(value: object) -> str:
    """Return a value as a message may show it: short, on one line, without what could disturb a terminal."""
    text = str(value)
    cut = text[: SHOWN - 1] + "…" if len(text) > SHOWN else text
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in cut)
