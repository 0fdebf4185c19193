"""OpenPGP for mail: encrypt to a contact's key, sign with the team's (RFC 3156, RFC 9580).

Needs the extra `openpgp` (Sequoia). The library's interface still moves: it is used in this file only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid5

from tocsin.channels.email.protect import Unprotected
from tocsin.core.identity import NAMESPACE


class BadKey(ValueError):
    """What was given is no usable OpenPGP key; the text says why."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is shown of a public key. `expires_at` None: never."""

    fingerprint: str
    names: tuple[str, ...]
    expires_at: datetime | None


def read(armored: bytes, *, now: datetime) -> Key:
    """Read a public key that can be encrypted to now. Raise BadKey: damaged, secret, expired, revoked, no encryption."""
    cert = _cert(armored)
    if _is_secret(armored):
        raise BadKey("this is a secret key; give the public one, and treat the secret one as lost")
    if cert.is_revoked:
        raise BadKey(f"the key {cert.fingerprint} was revoked")
    if cert.expiration is not None and cert.expiration <= now:
        raise BadKey(f"the key {cert.fingerprint} expired on {cert.expiration:%Y-%m-%d}")
    key = Key(cert.fingerprint.upper(), tuple(map(str, cert.user_ids)), cert.expiration)
    try:
        _library().encrypt(bytes=b"", recipients=[cert])
    except Exception as error:
        raise BadKey(f"nothing can be encrypted to the key {key.fingerprint}: {_said(error)}") from error
    return key


@dataclass(frozen=True, slots=True)
class OpenPGP:
    """Encrypts to `recipients` (armored public keys) when there are any, and signs when there is a `signer`."""

    recipients: Sequence[bytes] = ()
    signer: bytes | None = None
    """The team's armored secret key."""
    password: str | None = None

    def wrap(self, entity: bytes) -> tuple[list[tuple[str, str]], bytes]:
        """Return the RFC 3156 form of an entity. Raise Unprotected."""
        library = _library()
        try:
            signer = library.Tsk.from_bytes(self.signer).signer(self.password) if self.signer else None
            if self.recipients:
                certs = [_cert(armored) for armored in self.recipients]
                return _encrypted(library.encrypt(bytes=entity, recipients=certs, signer=signer))
            if signer is None:
                raise Unprotected("neither a key to encrypt to nor one to sign with")
            return _signed(entity, library.sign(signer, entity, mode=library.SignatureMode.DETACHED))
        except Unprotected:
            raise
        except Exception as error:  # the library raises bare exceptions
            raise Unprotected(f"OpenPGP: {_said(error)}") from error


def _encrypted(armored: bytes) -> tuple[list[tuple[str, str]], bytes]:
    boundary = _boundary(armored)
    kind = f'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="{boundary}"'
    return [("Content-Type", kind)], _parts(
        boundary,
        b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n",
        b'Content-Type: application/octet-stream; name="encrypted.asc"\r\n'
        b'Content-Disposition: inline; filename="encrypted.asc"\r\n\r\n' + _crlf(armored),
    )


def _signed(entity: bytes, armored: bytes) -> tuple[list[tuple[str, str]], bytes]:
    boundary = _boundary(armored)
    kind = f'multipart/signed; micalg="pgp-sha512"; protocol="application/pgp-signature"; boundary="{boundary}"'
    signature = b'Content-Type: application/pgp-signature; name="signature.asc"\r\n\r\n' + _crlf(armored)
    return [("Content-Type", kind)], _parts(boundary, entity, signature)


def _parts(boundary: str, *parts: bytes) -> bytes:
    mark = b"--" + boundary.encode()
    return b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _boundary(content: bytes) -> str:
    return f"={uuid5(NAMESPACE, content.hex()).hex}="


def _crlf(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _is_secret(key: bytes) -> bool:
    # The first octet of a secret key's packet (tag 5), in the new form and the old (RFC 9580, 4.2).
    return b"PRIVATE KEY BLOCK" in key or key[:1] in {b"\xc5", b"\x94", b"\x95", b"\x96"}


def _cert(armored: bytes) -> Any:
    try:
        return _library().Cert.from_bytes(armored)
    except Exception as error:  # the library raises bare exceptions
        raise BadKey(f"not an OpenPGP key: {_said(error)}") from error


def _said(error: Exception) -> str:
    """Return what the library says, without the trace of its insides that it adds."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _library() -> Any:
    try:
        import pysequoia
    except ImportError as error:
        raise Unprotected("OpenPGP needs the extra `openpgp`: pip install 'tocsin[openpgp]'") from error
    return pysequoia
