"""Read people, how they sign in, and what is asked of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from tocsin.accounts import rules
from tocsin.accounts.models import AccountMail, ApiToken, SavedView, SignInPolicy, User
from tocsin.base.tenancy import Role, Viewer
from tocsin.base.texts import folded

STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def by_email(viewer: Viewer, email: str) -> User | None:
    """Return the person with this address; only the team may look."""
    return User.objects.filter(email=email.lower()).first() if viewer.sees_everything else None


def saved_views(viewer: Viewer, page: str = "") -> QuerySet[SavedView]:
    """Return the viewer's own saved views, perhaps of one page."""
    if viewer.user_id is None:
        return SavedView.objects.none()
    rows = SavedView.objects.filter(user_id=viewer.user_id).order_by("name")
    return rows.filter(page=page) if page else rows


def tokens(viewer: Viewer) -> QuerySet[ApiToken]:
    """Return the tokens, newest first; only administrators may look."""
    rows = ApiToken.objects.select_related("created_by").order_by("-pk")
    return rows if viewer.role is Role.ADMINISTRATOR else rows.none()


def people(viewer: Viewer, *, search: str = "", role: str = "", state: str = "") -> QuerySet[User]:
    """Return people, each with `has_factor`; only administrators may look."""
    if viewer.role is not Role.ADMINISTRATOR:
        return User.objects.none()
    rows = User.objects.annotate(has_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=STRONG)))
    if search:
        rows = rows.filter(search_fold__contains=folded(search))
    if role:
        rows = rows.filter(role=role)
    if state in {"open", "closed"}:
        rows = rows.filter(is_active=state == "open")
    return rows.order_by("email")


# scope: everyone because it is about the rule, not about rows
def factor_roles() -> list[str]:
    """Return the roles that must have a second factor."""
    policy = SignInPolicy.objects.first()
    return list(rules.FACTOR_ROLES) if policy is None else list(policy.factor_roles)


# scope: everyone because people ask it of themselves
def has_factor(user: User) -> bool:
    """Tell whether a person has a second factor that is none of the recovery codes."""
    return Authenticator.objects.filter(user=user, type__in=STRONG).exists()


# scope: everyone because people ask it of themselves
def must_have_factor(user: User) -> bool:
    """Tell whether a person may go on only with a second factor."""
    return rules.must_have_factor(
        role=user.role, factor_roles=factor_roles(), demanded=user.must_have_factor, n_visits=user.n_visits
    )


@dataclass(frozen=True, slots=True)
class Factors:
    """How a person can prove who they are."""

    has_password: bool
    app: Authenticator | None
    passkeys: list[Authenticator]
    codes_left: int | None
    provided: list[SocialAccount]


# scope: everyone because people ask it of themselves
def factors(user: User) -> Factors:
    """Return how a person can prove who they are."""
    mine = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    codes = next((row for row in mine if row.type == Authenticator.Type.RECOVERY_CODES), None)
    return Factors(
        has_password=user.has_usable_password(),
        app=next((row for row in mine if row.type == Authenticator.Type.TOTP), None),
        passkeys=[row for row in mine if row.type == Authenticator.Type.WEBAUTHN],
        codes_left=len(codes.wrap().get_unused_codes()) if codes else None,
        provided=list(SocialAccount.objects.filter(user=user)),
    )


# scope: everyone because people ask it of themselves
def sessions(user: User) -> list[UserSession]:
    """Return where a person is signed in, the latest first."""
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    rows: Iterable[UserSession] = UserSession.objects.filter(user=user).order_by("-last_seen_at")
    return [row for row in rows if store().exists(row.session_key)]


# scope: everyone because a provider vouches for the address, and nobody is signed in yet
def provided_for(email: str, provider: str) -> tuple[User | None, bool]:
    """Return who has this address and an open account, and whether another identity of the provider is tied to it."""
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    tied = user is not None and SocialAccount.objects.filter(user=user, provider=provider).exists()
    return user, tied


def mail_that_failed(viewer: Viewer, since: datetime) -> int:
    """Return how many mails about accounts could not be sent since then."""
    if not viewer.sees_everything:
        return 0
    return AccountMail.objects.filter(state=AccountMail.State.FAILED, created_at__gte=since).count()
