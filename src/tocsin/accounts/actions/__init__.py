"""What is done with people and tokens, a module a noun."""

from tocsin.accounts.actions.keys import KeyReused, once
from tocsin.accounts.actions.links import LINK_LIVES, MAILED_LINK_LIVES, LinkSpent, make_link, spend_link
from tocsin.accounts.actions.mail import ask_for_link, send_mail
from tocsin.accounts.actions.people import (
    LastAdministrator,
    UserExists,
    activate,
    add_user,
    change_user,
    choose_language,
    deactivate,
    describe_oneself,
    reset_factors,
)
from tocsin.accounts.actions.policy import require_factor_of
from tocsin.accounts.actions.saving import NoName, TooManyViews, drop_view, keep_view
from tocsin.accounts.actions.sessions import (
    end_other_sessions,
    end_sessions,
    record_factor,
    record_failure,
    record_sign_in,
    record_sign_out,
    touch_session,
)
from tocsin.accounts.actions.tokens import (
    AlreadyRevoked,
    BeyondOrganization,
    NoScope,
    add_token,
    caller_of_secret,
    revoke_token,
)
from tocsin.accounts.actions.upkeep import forget

__all__ = [
    "LINK_LIVES",
    "MAILED_LINK_LIVES",
    "AlreadyRevoked",
    "BeyondOrganization",
    "KeyReused",
    "LastAdministrator",
    "LinkSpent",
    "NoName",
    "NoScope",
    "TooManyViews",
    "UserExists",
    "activate",
    "add_token",
    "add_user",
    "ask_for_link",
    "caller_of_secret",
    "change_user",
    "choose_language",
    "deactivate",
    "describe_oneself",
    "drop_view",
    "end_other_sessions",
    "end_sessions",
    "forget",
    "keep_view",
    "make_link",
    "once",
    "record_factor",
    "record_failure",
    "record_sign_in",
    "record_sign_out",
    "require_factor_of",
    "reset_factors",
    "revoke_token",
    "send_mail",
    "spend_link",
    "touch_session",
]
