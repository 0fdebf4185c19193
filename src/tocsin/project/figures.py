"""Figures that findings add to the pages of organizations, which stand below them and do not know them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.urls import reverse

from tocsin.base.tenancy import Viewer
from tocsin.base.web.words import WORDS
from tocsin.constituency.views.reading import Figure
from tocsin.findings import queries as findings


def of_organizations(viewer: Viewer, ids: Sequence[str]) -> Mapping[str, Sequence[Figure]]:
    """Return how many findings of each organization are open and how many of them overdue, with links to them."""
    _taken_at, standing = findings.standing(viewer, "organization_id", datetime.now(UTC))
    return {
        id_: [
            Figure(n, str(WORDS.get(step, step)), f"{reverse('findings')}?{urlencode({'organization': id_, 'step': step})}", calls)
            for step, calls in (("open", False), ("overdue", True))
            if (n := standing.get(id_, {}).get(step, 0))
        ]
        for id_ in ids
    }  # fmt: skip
