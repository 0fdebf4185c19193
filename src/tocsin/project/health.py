"""Is it alive, is it ready: for whoever restarts it or sends it requests. Anybody may ask; the answer names nothing."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from tocsin.base.tenancy import SYSTEM
from tocsin.intake import queries as arrived
from tocsin.project.metrics import WORKER

SILENT_AFTER = timedelta(minutes=1)
"""A worker that has said nothing for so long is worth a warning; it does not make the web server useless."""
_migrated: set[str] = set()
"""Databases whose tables were up to date: they stay so while this process lives."""


def livez(request: HttpRequest) -> JsonResponse:
    """Answer: the process runs."""
    return JsonResponse({"alive": True})


def readyz(request: HttpRequest) -> JsonResponse:
    """Answer whether requests can be served: 200 or 503, with each check. A warning does not make it 503."""
    checks = {"database": _database(), "data folder": _folder()}
    if checks["database"] == "ok":
        checks["tables"] = _tables()
    warnings = [_worker(datetime.now(UTC))] if all(said == "ok" for said in checks.values()) else []
    ready = all(said == "ok" for said in checks.values())
    told = {"ready": ready, "checks": checks, "warnings": [said for said in warnings if said]}
    return JsonResponse(told, status=200 if ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "does not answer"
    return "ok"


def _tables() -> str:
    name = str(connection.settings_dict["NAME"])
    if name not in _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "not up to date"
        _migrated.add(name)
    return "ok"


def _folder() -> str:
    return "ok" if os.access(Path(settings.TOCSIN_HOME), os.W_OK | os.X_OK) else "cannot be written"


def _worker(now: datetime) -> str:
    beaten = arrived.beaten_at(SYSTEM, WORKER)
    if beaten is None:
        return "no worker has run yet"
    return "the worker has said nothing for over a minute" if now - beaten > SILENT_AFTER else ""
