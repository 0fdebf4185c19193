"""S/MIME for mail: encrypt to a contact's certificate, sign with the team's (RFC 8551)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid5

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import pkcs7

from tocsin.channels.email.protect import Unprotected
from tocsin.core.identity import NAMESPACE


class BadCertificate(ValueError):
    """What was given is no certificate to encrypt to; the text says why."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is shown of a certificate."""

    fingerprint: str
    """SHA-256, upper-case hexadecimal."""
    subject: str
    expires_at: datetime


def read(pem: bytes, *, now: datetime) -> Certificate:
    """Read a certificate that can be encrypted to now. Raise BadCertificate: damaged, expired, not RSA, with a secret key."""
    if b"PRIVATE KEY" in pem:
        raise BadCertificate("this holds a secret key: nobody else may have it; give the certificate alone")
    certificate = _certificate(pem)
    if certificate.not_valid_after_utc <= now:
        raise BadCertificate(f"the certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}")
    if not isinstance(certificate.public_key(), rsa.RSAPublicKey):
        raise BadCertificate("only certificates with an RSA key can be encrypted to")
    return Certificate(
        certificate.fingerprint(hashes.SHA256()).hex().upper(),
        certificate.subject.rfc4514_string(),
        certificate.not_valid_after_utc,
    )


@dataclass(frozen=True, slots=True)
class SMIME:
    """Signs when there is a `signer` (certificate and key, PEM), then encrypts when there are `recipients`."""

    recipients: Sequence[bytes] = ()
    signer: tuple[bytes, bytes] | None = None
    password: bytes | None = None

    def wrap(self, entity: bytes) -> tuple[list[tuple[str, str]], bytes]:
        """Return the RFC 8551 form of an entity. Raise Unprotected."""
        if not self.recipients and self.signer is None:
            raise Unprotected("neither a certificate to encrypt to nor one to sign with")
        try:
            headers, body = self._signed(entity) if self.signer else ([], entity)
            if not self.recipients:
                return headers, body
            inner = b"".join(f"{name}: {text}\r\n".encode() for name, text in headers) + b"\r\n" + body
            return self._encrypted(inner if headers else entity)
        except (ValueError, TypeError) as error:
            raise Unprotected(f"S/MIME: {error}") from error

    def _signed(self, entity: bytes) -> tuple[list[tuple[str, str]], bytes]:
        assert self.signer is not None
        certificate = _certificate(self.signer[0])
        key = serialization.load_pem_private_key(self.signer[1], self.password)
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise Unprotected("the team's key must be RSA or elliptic-curve")
        builder = pkcs7.PKCS7SignatureBuilder().set_data(entity).add_signer(certificate, key, hashes.SHA256())
        options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
        signature = builder.sign(serialization.Encoding.DER, options)
        boundary = f"={uuid5(NAMESPACE, signature.hex()).hex}="
        kind = f'multipart/signed; micalg="sha-256"; protocol="application/pkcs7-signature"; boundary="{boundary}"'
        mark = b"--" + boundary.encode()
        part = (
            b'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n'
            b'Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n' + _base64(signature)
        )
        return [("Content-Type", kind)], mark + b"\r\n" + entity + b"\r\n" + mark + b"\r\n" + part + mark + b"--\r\n"

    def _encrypted(self, entity: bytes) -> tuple[list[tuple[str, str]], bytes]:
        builder = pkcs7.PKCS7EnvelopeBuilder().set_data(entity).set_content_encryption_algorithm(algorithms.AES256)
        for pem in self.recipients:
            builder = builder.add_recipient(_certificate(pem))
        sealed = builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
        return [
            ("Content-Type", 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"'),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-Disposition", 'attachment; filename="smime.p7m"'),
        ], _base64(sealed)


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def _certificate(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise BadCertificate(f"not a certificate in PEM form: {error}") from error
