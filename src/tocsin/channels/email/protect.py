"""Wrap a message so that only its recipient reads it and nobody else could have written it.

Both ways, OpenPGP (RFC 3156) and S/MIME (RFC 8551), take the whole content as one MIME entity, put it
into an envelope of their own, and leave outside only what mail servers need. What is made here is
bytes, not a message object: a signature covers bytes, and writing an object out again may change them.
"""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from typing import Final, Protocol

_WIRE: Final = policy.SMTP.clone(cte_type="7bit", max_line_length=78)
"""Lines end in CRLF and no byte is above 127: what a relay may rewrite would break a signature."""


class Unprotected(Exception):
    """The message could not be encrypted or signed; it must not go out in the clear instead."""


class Protection(Protocol):
    """A way to protect an entity: given the inner MIME entity, the headers and body of the outer one."""

    def wrap(self, entity: bytes) -> tuple[list[tuple[str, str]], bytes]:
        """Return content headers and body. Raise Unprotected."""


def protect(message: EmailMessage, protection: Protection, *, outer_subject: str = "") -> bytes:
    """Return the message protected. `outer_subject` replaces the subject that everybody on the way can read.

    The true subject goes inside, as a protected header (RFC 9788). Raise Unprotected.
    """
    inner, outer = EmailMessage(policy=_WIRE), []
    for name, value in message.items():
        if name.lower().startswith("content-") and name.lower() != "content-language":
            inner[name] = value
        elif name.lower() != "mime-version":
            hidden = name.lower() == "subject" and outer_subject
            if hidden:
                inner["Subject"] = value
            outer.append((name, outer_subject if hidden else str(value)))
    inner.set_payload(message.get_payload())
    if outer_subject:
        inner.set_param("protected-headers", "v1")
    headers, body = protection.wrap(inner.as_bytes())
    shell = EmailMessage(policy=_WIRE)
    for name, text in outer:
        shell[name] = text
    shell["MIME-Version"] = "1.0"
    # Content headers are written by hand: of a multipart type, the library would begin to write the parts itself.
    content = "".join(f"{name}: {text}\r\n" for name, text in headers).encode("ascii")
    return shell.as_bytes().removesuffix(b"\r\n") + content + b"\r\n" + body
