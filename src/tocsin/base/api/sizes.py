"""How large a request may be: one number for each kind of address, for the web server and the API alike."""

from __future__ import annotations

from django.conf import settings

MANY = 64 << 20
"""A page to which files are uploaded, an import: in bytes."""
FEW = 1 << 20
"""Any other request of the API."""


def at_most(path: str) -> int:
    """Return the largest body, in bytes, that this path takes."""
    if path.rstrip("/") == "/api/v1/reports":
        return int(settings.TOCSIN_ARRIVAL_LIMIT)
    if path.startswith("/api/") and path.rstrip("/") != "/api/v1/constituency":
        return FEW
    return MANY
