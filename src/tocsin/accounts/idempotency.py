"""The header Idempotency-Key: a request that is sent again is not done again.

Follows draft-ietf-httpapi-idempotency-key-header-07: the same key with another request is 422. Its 409
for a request still being done does not occur: the second waits for the first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from django.utils.translation import gettext_noop as _
from ninja import Header

from tocsin.accounts import actions
from tocsin.base.api.door import Call
from tocsin.base.api.problems import KEY_REUSED, Problem

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=255,
        pattern=r"^[\x21-\x7e]*$",
        description=_("Any text of your own, one for each request: sent again with it, it is not done again."),
    ),
]


def once(request: Call, key: str, body: str, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do it, or return the answer that this caller's key has already. Raise Problem.

    `body` stands for what was sent: its text or its checksum.
    """
    asked = f"{request.method} {request.path} {body}"
    try:
        return actions.once(caller=request.caller.key, key=key, request=asked, now=datetime.now(UTC), do=do)[0]
    except actions.KeyReused as error:
        raise Problem(KEY_REUSED) from error
