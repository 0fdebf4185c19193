"""What is done with people and tokens, a module a noun."""

from tocsin.accounts.actions.people import LINK_LIVES, LinkSpent, UserExists, add_user, make_link, spend_link

__all__ = ["LINK_LIVES", "LinkSpent", "UserExists", "add_user", "make_link", "spend_link"]
