"""Words of reaching people for the screen: reasons of the figure, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: Final[dict[str, Promise]] = {
    "nobody": _("nobody is told: a warning has nowhere to go"),
    "never-confirmed": _("no contact has confirmed lately that the address is read"),
    "only-one": _("there is one address only"),
    "no-other-way": _("there is no way beside mail: no phone, no chat, no webhook"),
    "no-head": _("no contact stands for the head of the organization"),
    "silent-in-drill": _("nobody answered the last exercise"),
    "bounced-lately": _("mail to it came back lately"),
    "address-dead": _("a contact's address is dead"),
    "not-confirmed-yet": _("a new address has not been confirmed yet"),
    "no-key": _("a contact must be encrypted to and has no key that works"),
    "key-expires": _("a contact's key expires soon"),
    "key-expired": _("a contact's key has expired: mail goes out unencrypted"),
}
"""What takes something away from the figure: the keys of `rules.WEIGHTS`."""
