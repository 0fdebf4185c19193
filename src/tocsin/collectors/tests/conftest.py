"""Real servers for the ways in."""

from __future__ import annotations

import os
import shutil
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from tocsin.collectors import guard
from tocsin.collectors.tests import authority, dovecot, web

DOVECOT = os.environ.get("TOCSIN_TEST_DOVECOT") or shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
LOOPBACK = guard.Guard(guard.networks(["127.0.0.0/8", "::1/128"]))


@pytest.fixture(scope="session")
def signed(tmp_path_factory: pytest.TempPathFactory) -> authority.Authority:
    """An authority and its certificate for localhost."""
    return authority.make("localhost")


@pytest.fixture
def trusted(signed: authority.Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> authority.Authority:
    """The authority, trusted by this process."""
    place = tmp_path / "trust"
    place.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(signed.write(place)))
    return signed


@pytest.fixture
def http() -> Iterator[web.Web]:
    """A web server without TLS."""
    with web.serving() as server:
        yield server


@pytest.fixture
def https(signed: authority.Authority, tmp_path: Path) -> Iterator[web.Web]:
    """A web server with TLS, by the authority's certificate."""
    place = tmp_path / "server"
    place.mkdir()
    signed.write(place)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place / "chain.pem", place / "key.pem")
    with web.serving(context) as server:
        yield server


@pytest.fixture(scope="session")
def _dovecot(signed: authority.Authority) -> Iterator[dovecot.Dovecot]:
    if DOVECOT is None:
        pytest.skip("Dovecot is not on this machine; the test command says so")
    with dovecot.running(DOVECOT, signed) as server:
        yield server


@pytest.fixture
def mailbox(_dovecot: dovecot.Dovecot, trusted: authority.Authority) -> dovecot.Dovecot:
    """An empty mailbox of a real IMAP server."""
    return replace(_dovecot, user=f"reports-{uuid4().hex}")
