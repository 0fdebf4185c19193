"""What is done with people and tokens, a module a noun."""

from tocsin.accounts.actions.keys import KeyReused, once
from tocsin.accounts.actions.people import LINK_LIVES, LinkSpent, UserExists, add_user, make_link, spend_link
from tocsin.accounts.actions.saving import NoName, TooManyViews, drop_view, keep_view
from tocsin.accounts.actions.tokens import (
    AlreadyRevoked,
    BeyondOrganization,
    NoScope,
    add_token,
    caller_of_secret,
    revoke_token,
)

__all__ = [
    "LINK_LIVES",
    "AlreadyRevoked",
    "BeyondOrganization",
    "KeyReused",
    "LinkSpent",
    "NoName",
    "NoScope",
    "TooManyViews",
    "UserExists",
    "add_token",
    "add_user",
    "caller_of_secret",
    "drop_view",
    "keep_view",
    "make_link",
    "once",
    "revoke_token",
    "spend_link",
]
