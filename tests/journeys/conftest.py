"""The cast is always in town: an invented province whose reports came in and whose first warnings went out."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from tocsin import roster
from tocsin.accounts import actions as accounts
from tocsin.base.api.scopes import FOR_ORGANIZATIONS, Scope
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.findings import actions as finding_actions
from tocsin.intake import actions as intake
from tocsin.notices import actions as notices

DEMO = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "project" / "demo"
CHROMIUM = os.environ.get("TOCSIN_TEST_CHROMIUM") or shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(slots=True)
class Photograph:
    """The town as it was just built: the rows in tables beside the others, the files in a folder."""

    folder: Path
    tables: list[str] = field(default_factory=list)
    taken_at: float = 0.0

    def is_fresh(self) -> bool:
        """Return whether so little time has passed that nobody in town would notice."""
        return bool(self.tables) and time.monotonic() - self.taken_at < FRESH

    def take(self, home: Path) -> None:
        """Keep the town."""
        quote = connection.ops.quote_name
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(home, self.folder)
        with connection.cursor() as cursor:
            for name in self.tables:
                cursor.execute(f"DROP TABLE {quote('photograph_' + name)}")
            self.tables = []
            for name in connection.introspection.django_table_names(only_existing=True, include_views=False):
                cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {quote(name)})")
                if cursor.fetchone()[0]:
                    cursor.execute(f"CREATE TABLE {quote('photograph_' + name)} AS SELECT * FROM {quote(name)}")
                    self.tables.append(name)
        self.taken_at = time.monotonic()

    def show(self, home: Path) -> None:
        """Put the town back as it was."""
        quote = connection.ops.quote_name
        shutil.copytree(self.folder, home, dirs_exist_ok=True)
        with transaction.atomic(), connection.cursor() as cursor:
            for name in self.tables:  # what Django itself fills after a flush is there already
                cursor.execute(f"DELETE FROM {quote(name)}")
            for name in self.tables:
                cursor.execute(f"INSERT INTO {quote(name)} SELECT * FROM {quote('photograph_' + name)}")
            # A test may have set a sequence back since; the next number is to be a new one.
            shown = [model for model in apps.get_models() if model._meta.db_table in self.tables]
            for statement in connection.ops.sequence_reset_sql(no_style(), shown):
                cursor.execute(statement)


FRESH = 60.0
"""Seconds for which a photograph of the town is as good as building it."""


@pytest.fixture(scope="session")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Photograph:
    """Return where the town is kept for the tests that follow."""
    return Photograph(tmp_path_factory.mktemp("photograph") / "home")


@pytest.fixture
def town(tmp_path: Path, settings: object, transactional_db: None, photograph: Photograph) -> None:
    """Reports in, findings folded, first warnings in the outbox."""
    settings.TOCSIN_HOME = tmp_path  # type: ignore[attr-defined]
    settings.TOCSIN_EMAIL_URL = ""  # type: ignore[attr-defined]
    if photograph.is_fresh():
        photograph.show(tmp_path)
        return
    now = datetime.now(UTC)
    read = roster.read(DEMO / "province.yaml")
    constituency.import_all(organizations=read.organizations, ignored=[], actor=SYSTEM, now=now)
    arrivals = [
        intake.take(content=p.read_bytes(), name=p.name, now=now) for p in sorted((DEMO / "reports").glob("*.csv"))
    ]
    intake.process(arrivals=arrivals, now=now, fold=finding_actions.fold)
    notices.run(now=now)
    photograph.take(tmp_path)


@pytest.fixture
def signed_in() -> Callable[..., Client]:
    """Return a client of somebody with a role; a contact belongs to an organization."""

    def enter(role: Role, organization: str = "") -> Client:
        user = accounts.add_user(email=f"{role.value}@team.example", role=role, actor=SYSTEM, now=datetime.now(UTC))
        if organization:
            constituency.join(user=user, organization=constituents.organizations(SYSTEM).get(pk=organization))
        client = Client()
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def program() -> Callable[..., Client]:
    """Return a maker of programs: clients whose every request carries a new token with some scopes, else with all."""

    def made(*scopes: str, organization: str = "") -> Client:
        wanted = [Scope(name) for name in scopes] or (FOR_ORGANIZATIONS if organization else list(Scope))
        _token, secret = accounts.add_token(
            name="a program", scopes=wanted, organization=organization, actor=SYSTEM, now=datetime.now(UTC)
        )
        return Client(headers={"authorization": f"Bearer {secret}"})

    return made


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A real browser, without a window."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not on this machine; the test command says so")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A fresh installation, on the database that this test run is about."""
    given = os.environ.get("DATABASE_URL", "")
    environment = {**os.environ, "TOCSIN_HOME": str(tmp_path / "home"), "TOCSIN_EMAIL_URL": ""}
    if not given.startswith("postgres"):
        environment["DATABASE_URL"] = ""
        yield environment
        return
    import psycopg

    name = f"journey_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {**environment, "DATABASE_URL": f"{given.rsplit('/', 1)[0]}/{name}"}
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
