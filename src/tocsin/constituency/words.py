"""Words of the constituency for the screen: reasons, remarks, kinds, roles, sectors, in the reader's language.

`roster` and the rules are below Django and speak English; a test holds that each of their sentences is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

KINDS: Final[dict[str, Promise]] = {
    "network": _("network"),
    "domain": _("domain"),
    "asn": _("autonomous system"),
    "contact": _("contact"),
    "ignored": _("ignore rule"),
}
WHAT: Final[dict[str, Promise]] = {
    "new": pgettext_lazy("change", "new"),
    "same": pgettext_lazy("change", "unchanged"),
    "added": pgettext_lazy("change", "added"),
    "changed": pgettext_lazy("change", "changed"),
    "closed": pgettext_lazy("change", "closed"),
    "withdrawn": pgettext_lazy("change", "taken back"),
}
FIELDS: Final = {
    "name_vi": _("Name in Vietnamese"),
    "name_en": _("Name in English"),
    "parent": _("Organization above"),
    "sector": _("Sector"),
    "language": _("Language of letters"),
    "criticality": _("Criticality"),
    "essential": _("Essential service"),
    "valid_from": _("First day"),
    "valid_to": _("Last day"),
    "name": _("Name"),
    "email": _("E-mail address"),
    "phone": _("Phone"),
    "roles": _("Roles"),
    "reason": _("Reason"),
    "cidr": _("Prefix"),
    "number": _("AS number"),
    "value": _("Value"),
}
ROLES: Final = {
    "security": _("security"),
    "technical": _("technical"),
    "head": _("head of the organization"),
    "management": _("management"),
    "duty": _("on duty around the clock"),
    "legal": _("legal"),
    "press": _("press"),
}
SECTORS: Final[dict[str, Promise]] = {
    "government": _("public administration"),
    "health": _("health"),
    "education": _("education"),
    "finance": _("finance"),
    "energy": _("energy"),
    "transport": _("transport"),
    "water": _("water and environment"),
    "digital": _("digital infrastructure"),
    "culture": _("culture and media"),
    "defence": _("defence and public order"),
    "industry": _("industry"),
    "agriculture": _("agriculture and food"),
}
GRADES: Final[dict[str, Promise]] = {
    "problem": _("problem"),
    "warning": _("doubtful"),
    "information": _("for information"),
}
REMARK_TITLES: Final[dict[str, Promise]] = {
    "held-twice": _("Held by two at once"),
    "held-twice-by-one": _("Entered twice"),
    "circle": _("Above itself"),
    "no-contact": _("Nobody to tell"),
    "no-security-contact": _("No contact for security"),
    "outside-organization": _("Held outside the organization's days"),
    "outside-parent": _("Outside the days of the organization above"),
    "gap": _("Days without a holder"),
    "very-wide": _("Very wide prefixes"),
    "empty": _("Organizations without anything"),
    "holds-nothing": _("Contacts, but nothing held"),
    "ended": _("Held by nobody any more"),
    "nested": _("Prefixes inside another's"),
    "unused": _("Prefixes nothing was attributed by"),
}
REMARKS: Final[dict[str, Promise]] = {
    "held-twice": _("%(organization)s and %(other)s hold %(value)s on the same days"),
    "held-twice-by-one": _("%(organization)s holds %(value)s twice on the same days"),
    "circle": _("%(organization)s is above itself in the tree"),
    "no-contact": _("%(organization)s holds something but has no contact: a warning has nowhere to go"),
    "no-security-contact": _("no contact of %(organization)s has the role security: all of them are told"),
    "outside-organization": _("%(organization)s holds %(value)s on days on which it does not exist"),
    "outside-parent": _("%(organization)s exists on days on which %(other)s above it does not"),
    "gap": _("between two holders, nobody held %(value)s"),
    "very-wide": _("%(value)s of %(organization)s is so wide that it takes in what belongs to others"),
    "empty": _("%(organization)s holds nothing and has no contact"),
    "holds-nothing": _("%(organization)s has contacts but holds nothing: nothing can be attributed to it"),
    "ended": _("nobody holds %(value)s any more; %(organization)s was the last"),
    "nested": _("%(value)s of %(organization)s lies inside %(within)s of %(other)s"),
    "unused": _("nothing was ever attributed by %(value)s of %(organization)s"),
}
REASONS: Final[dict[str, Promise]] = {
    "too-large": _("the file is larger than %(limit)s"),
    "unknown-kind": _("the name must end in .yaml, .yml, .json, .csv or .xlsx"),
    "not-utf-8": _("the text is not UTF-8; save it as CSV UTF-8"),
    "not-yaml": _("this is no YAML: %(detail)s"),
    "not-json": _("this is no JSON: %(detail)s"),
    "not-csv": _("this is no CSV: %(detail)s"),
    "not-xlsx": _("this is no XLSX workbook: %(detail)s"),
    "no-organizations": _("expected version: 1 and a list of organizations"),
    "unknown-version": _("version %(value)s is not known; this is version 1"),
    "too-deep": _("lists and mappings are nested too deeply"),
    "unknown-alias": _("the alias *%(value)s stands for nothing before it"),
    "unknown-tag": _("the tag %(value)s is not allowed"),
    "too-many": _("there are more than %(limit)s entries"),
    "too-many-errors": _("there are more errors than the %(limit)s shown"),
    "unknown-key": _("%(value)s is not known here; known are %(known)s"),
    "key-twice": _("%(value)s stands twice"),
    "not-a-mapping": _("expected keys with values"),
    "not-a-list": _("expected a list"),
    "not-a-text": _("expected a text, not a list or mapping"),
    "unknown-sheet": _("the sheet %(value)s is not known; known are %(known)s"),
    "no-heading": _("a table begins with the names of its columns, one of which is %(value)s"),
    "beyond-heading": _("there is a value beyond the last column that has a name"),
    "unknown-organization": _("the organization %(value)s is not in the table of organizations"),
    "missing": _("%(key)s is missing"),
    "bad-id": _("%(value)s is no identifier; use lower-case letters, digits, dots, underscores and hyphens"),
    "bad-network": _("%(value)s is no prefix"),
    "host-bits": _("%(value)s has bits set behind its length; did you mean %(meant)s?"),
    "bad-domain": _("%(value)s is no domain"),
    "domain-meant": _("%(value)s is no domain; did you mean %(meant)s?"),
    "bad-asn": _("%(value)s is no AS number"),
    "bad-email": _("%(value)s is no e-mail address"),
    "bad-day": _("%(value)s is no day; write 2026-06-30"),
    "bad-order": _("valid_to %(value)s is before valid_from %(other)s"),
    "bad-flag": _("%(value)s is neither yes nor no"),
    "bad-language": _("%(value)s is no language; write vi or en"),
    "bad-role": _("the role %(value)s is none; use lower-case letters, digits and hyphens, at most 32"),
    "bad-criticality": _("%(value)s is not one of low, medium, high, critical"),
    "bad-ignored": _("%(value)s is neither a prefix nor a domain nor an AS number"),
    "bad-contact": _("%(value)s is no contact; write Name <address> role, role"),
    "bad-item": _("%(value)s cannot be read; write VALUE or VALUE [FROM..TO]"),
    "too-long": _("longer than %(limit)s characters"),
    "bad-character": _("holds a character that is not allowed: %(value)s"),
    "spreadsheet-error": _("the cell shows the error %(value)s"),
    "id-twice": _("the identifier %(value)s stands twice"),
    "item-twice": _("%(value)s stands twice with the same days"),
    "unknown-parent": _("the parent %(value)s is neither in this file nor known"),
    "circle": _("the organization is above itself"),
}


SUCCESSION: Final[dict[str, Promise]] = {
    "same": _("Name those that end and, apart from them, those that follow."),
    "unknown": _("Not known: %(value)s."),
    "no-reason": _("Say why: the reason is kept with it."),
    "stranger": _("Not among those that follow: %(value)s."),
    "gone": _("Did not exist on %(day)s: %(value)s."),
    "unborn": _("Does not exist on %(day)s: %(value)s. Add it first, with that day as its first."),
    "open": _("Say which organization gets %(value)s of %(organization)s."),
    "not-utf-8": _("The text is not UTF-8; save it as CSV UTF-8."),
    "unreadable": _("This is neither CSV nor YAML with the columns from, to, on, reason, value."),
    "missing": _("Row %(row)s: %(key)s is missing."),
    "bad-day": _("Row %(row)s: %(value)s is no day; write 2026-06-30."),
    "too-many": _("There are more than %(limit)s rows."),
    "nothing": _("There is no row in it."),
}


def succession(code: str, values: Mapping[str, str]) -> str:
    """Return why a merge or split cannot be done."""
    return str(SUCCESSION[code]) % values


def reason(code: str, values: Mapping[str, str]) -> str:
    """Return why something of a file, or of a form, is not taken."""
    return str(REASONS[code]) % values


def remark(found: Any, names: Mapping[str, str]) -> str:
    """Return a remark as a sentence; `names` are the organizations' names in the reader's language."""
    named = {
        "organization": names.get(found.organization, found.organization),
        "other": names.get(found.other, found.other),
        "value": found.value,
        "within": found.within,
    }
    return str(REMARKS[found.code]) % named
