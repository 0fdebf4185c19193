"""Hand a short text to a chat service. The address holds the secret: it is sealed at rest and never in an error.

Apprise knows some 180 services, among them ways to run programs and to write files. Only the services
listed here are ever used.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from tocsin.channels.handover import NotHandedOver

SERVICES: Final = {
    "zalo": "Zalo",
    "mmost": "Mattermost",
    "mmosts": "Mattermost",
    "matrix": "Matrix",
    "matrixs": "Matrix",
    "rocket": "Rocket.Chat",
    "rockets": "Rocket.Chat",
    "slack": "Slack",
    "workflow": "Microsoft Teams",
    "workflows": "Microsoft Teams",
    "zulip": "Zulip",
    "gchat": "Google Chat",
    "wxteams": "Webex",
    "signal": "Signal",
    "signals": "Signal",
    "nctalk": "Nextcloud Talk",
    "nctalks": "Nextcloud Talk",
    "ntfy": "ntfy",
    "ntfys": "ntfy",
    "tgram": "Telegram",
}
"""Address scheme and the service's name."""
OWN_SERVER: Final = frozenset(
    {
        "mmost",
        "mmosts",
        "matrix",
        "matrixs",
        "rocket",
        "rockets",
        "signal",
        "signals",
        "nctalk",
        "nctalks",
        "ntfy",
        "ntfys",
    }
)
"""Schemes whose address names a host: the caller's guard looks at it first."""
LONGEST: Final = 2000
"""Characters; the smallest limit among the services (Zalo)."""


class BadAddress(ValueError):
    """The address is none of an allowed service; the text never repeats it."""


def check(address: str) -> str:
    """Return the name of the service that an address belongs to. Raise BadAddress, NotHandedOver without the extra."""
    scheme = urlsplit(address).scheme.lower()
    if scheme not in SERVICES:
        raise BadAddress(f"{scheme or 'no scheme'}: allowed are {', '.join(sorted(set(SERVICES)))}")
    if _service(address) is None:
        raise BadAddress(f"{scheme}: something is missing in the address of a {SERVICES[scheme]} room")
    return SERVICES[scheme]


def send(address: str, *, title: str, text: str, allowed: Callable[[str, int], object]) -> str:
    """Hand a text over. `allowed` is asked about the host of a server of one's own and raises when it is not.

    Raise NotHandedOver, BadAddress.
    """
    name = check(address)
    parts = urlsplit(address)
    if parts.scheme.lower() in OWN_SERVER and parts.hostname:
        allowed(parts.hostname, parts.port or (443 if parts.scheme.lower().endswith("s") else 80))
    service = _service(address)
    heard = _Heard()
    log = logging.getLogger("apprise")
    log.addHandler(heard)
    try:
        handed = service.notify(body=text[:LONGEST], title=title)
    except Exception as error:  # third-party code of 180 services
        raise NotHandedOver(f"{name}: {type(error).__name__}", permanent=False) from None
    finally:
        log.removeHandler(heard)
    if not handed:
        raise NotHandedOver(f"{name} did not take it{heard.code}", permanent=heard.refused)
    return f"{name} took it"


class _Heard(logging.Handler):
    """Listens for the status code, which Apprise only logs."""

    def __init__(self) -> None:
        super().__init__()
        self.code, self.refused = "", False

    def emit(self, record: logging.LogRecord) -> None:
        for code in ("400", "401", "403", "404", "410"):
            if f"error={code}" in record.getMessage() or f"({code})" in record.getMessage():
                self.code, self.refused = f" ({code})", True


def _service(address: str) -> Any:
    try:
        import apprise
    except ImportError as error:
        raise NotHandedOver("chat needs the extra `chat`: pip install 'tocsin[chat]'", permanent=True) from error
    logging.getLogger("apprise").propagate = False  # its messages may hold the address
    return apprise.Apprise.instantiate(address, suppress_exceptions=True)
