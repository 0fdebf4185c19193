"""What is done with people and tokens, a module a noun."""

from tocsin.accounts.actions.people import LINK_LIVES, LinkSpent, UserExists, add_user, make_link, spend_link
from tocsin.accounts.actions.saving import NoName, TooManyViews, drop_view, keep_view

__all__ = [
    "LINK_LIVES",
    "LinkSpent",
    "NoName",
    "TooManyViews",
    "UserExists",
    "add_user",
    "drop_view",
    "keep_view",
    "make_link",
    "spend_link",
]
