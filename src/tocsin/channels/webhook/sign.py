"""The signature of a webhook: HMAC-SHA256 over the instant and the body, under a secret that only both sides know.

    X-Tocsin-Timestamp: 1795651200
    X-Tocsin-Signature: v1=<hex of HMAC-SHA256(secret, timestamp + "." + body)>

While a secret is being renewed there are two, with a comma between them: one of either secret.

The receiver computes the same and compares in constant time, and refuses a timestamp older than five minutes:
then nobody can send an old message again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final

TIMESTAMP: Final = "X-Tocsin-Timestamp"
SIGNATURE: Final = "X-Tocsin-Signature"
PREFIX: Final = "whsec_"


def new_secret() -> str:
    """Return a new secret of 256 bits."""
    return PREFIX + secrets.token_urlsafe(32)


def headers(secret: str, body: bytes, *, at: datetime, before: str = "") -> dict[str, str]:
    """Return the two headers that prove who wrote a body, and when; `before` is the secret that still counts too."""
    stamp = str(int(at.timestamp()))
    signed = (f"v1={_digest(one, stamp, body)}" for one in (secret, before) if one)
    return {TIMESTAMP: stamp, SIGNATURE: ",".join(signed)}


def _digest(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
