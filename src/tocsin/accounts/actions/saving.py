"""Keep and drop a person's own views of lists."""

from __future__ import annotations

from django.db import transaction

from tocsin.accounts.models import SavedView
from tocsin.base.tenancy import NotAllowed, Viewer

AT_MOST = 50


class TooManyViews(Exception):
    """A person keeps so many views already that a menu of them helps nobody."""


class NoName(Exception):
    """A view needs a name to be found again."""


@transaction.atomic
def keep_view(*, page: str, name: str, query: str, actor: Viewer) -> SavedView:
    """Keep a view under a name; the same name again means the new filters. Raise NoName, NotAllowed, TooManyViews."""
    if actor.user_id is None:
        raise NotAllowed("only a person keeps views")
    name = " ".join(name.split())[:80]
    if not name:
        raise NoName
    own = SavedView.objects.filter(user_id=actor.user_id, page=page)
    if own.exclude(name=name).count() >= AT_MOST:
        raise TooManyViews
    kept, _ = SavedView.objects.update_or_create(
        user_id=actor.user_id, page=page, name=name, defaults={"query": query[:2000]}
    )
    return kept


def drop_view(*, view: SavedView) -> None:
    """Forget a view."""
    view.delete()
