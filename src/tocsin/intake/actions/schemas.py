"""Shadowserver's published schema: fetched from a file or URL, checked daily, the last good one in use."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings

from tocsin.collectors.failures import NotCollected
from tocsin.collectors.http.fetch import fetch
from tocsin.collectors.limits import Limits
from tocsin.intake.actions.connecting import guard
from tocsin.intake.models import Feed, ReportSchema
from tocsin.lake import raw

EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)
"""After a failure."""
LARGEST = 64 << 20
NO_SCHEMA = "no-schema"


class NoSchema(Exception):
    """The document is not Shadowserver's schema."""


def keep(content: bytes) -> str:
    """Keep a schema document; return its SHA-256, by which `read` finds it. Raise NoSchema."""
    count(content)
    return raw.keep(Path(settings.TOCSIN_HOME), BytesIO(content))[0]


def count(content: bytes) -> int:
    """Return how many reports a schema document describes. Raise NoSchema."""
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NoSchema(f"it is no JSON: {error}") from error
    reports = [v for v in found.values() if isinstance(v, dict) and _whole(v)] if isinstance(found, dict) else []
    if not reports:
        raise NoSchema("it describes no report: an object of reports with `required_fields` is expected")
    return len(reports)


def _whole(report: dict[str, Any]) -> bool:
    rows = report.get("required_fields"), report.get("optional_fields", [])
    return all(isinstance(r, list) and all(isinstance(row, list) and len(row) >= 2 for row in r) for r in rows)


def in_use(address: str) -> str | None:
    """Return the SHA-256 of the schema that counts for a feed with this setting; blank means the installation's."""
    address = address or settings.TOCSIN_SHADOWSERVER_SCHEMA
    row = ReportSchema.objects.filter(address=address).first() if address else None
    return row.sha256 or None if row else None


def read(sha256: str | None) -> dict[str, Any] | None:
    """Return a kept schema."""
    return _read(str(raw.place(Path(settings.TOCSIN_HOME), sha256))) if sha256 else None


@lru_cache(maxsize=2)
def _read(place: str) -> dict[str, Any]:
    # The place is the content's checksum: what is read once never changes.
    found: dict[str, Any] = json.loads(Path(place).read_text(encoding="utf-8-sig"))
    return found


def refresh(*, now: datetime) -> list[ReportSchema]:
    """Fetch every schema that a feed or the installation names and that is due; return those looked at."""
    wanted = {settings.TOCSIN_SHADOWSERVER_SCHEMA, *Feed.objects.exclude(schema="").values_list("schema", flat=True)}
    ReportSchema.objects.exclude(address__in=wanted).delete()
    return [_refreshed(address, now) for address in sorted(wanted - {""}) if _due(address, now)]


def _due(address: str, now: datetime) -> bool:
    row = ReportSchema.objects.filter(address=address).first()
    if row is None or (now - row.checked_at >= (AGAIN if row.reason else EVERY)):
        return True
    return not _is_url(address) and _mark(address) != row.memory.get("mark")


def _is_url(address: str) -> bool:
    return address.startswith(("http://", "https://"))


def _mark(address: str) -> str | None:
    try:
        status = Path(address).stat()
    except OSError:
        return None
    return f"{status.st_size}:{status.st_mtime_ns}"


def _refreshed(address: str, now: datetime) -> ReportSchema:
    row, _ = ReportSchema.objects.get_or_create(address=address, defaults={"checked_at": now})
    row.checked_at, row.reason, row.detail = now, "", ""
    memory = dict(row.memory)
    try:
        content = _fetched(address, memory)
        if content is not None:
            row.n_reports = count(content)
            sha256 = keep(content)
            if sha256 != row.sha256:
                row.sha256, row.changed_at = sha256, now
        row.memory = memory
    except NotCollected as error:
        row.reason, row.detail = error.reason, error.detail
    except NoSchema as error:
        row.reason, row.detail, row.memory = NO_SCHEMA, str(error), memory if not _is_url(address) else row.memory
    except OSError as error:
        row.reason, row.detail = "not-opened", f"{address}: {error.strerror or error}"
    row.save()
    return row


def _fetched(address: str, memory: dict[str, Any]) -> bytes | None:
    """Return the document, or None when it has not changed."""
    if not _is_url(address):
        # The operator's own setting may lie anywhere; what the console may name, only where feeds may look.
        path = Path(address) if address == settings.TOCSIN_SHADOWSERVER_SCHEMA else guard().inside(address)
        memory["mark"] = _mark(address)
        if path.stat().st_size > LARGEST:
            raise NoSchema(f"it has more than {LARGEST} bytes")
        return path.read_bytes()
    known = {"If-None-Match": memory.get("etag"), "If-Modified-Since": memory.get("last_modified")}
    headers = {name: value for name, value in known.items() if value}
    with fetch(address, guard=guard(), limits=Limits(size=LARGEST, seconds=120), headers=headers) as answer:
        if answer.status != 200:
            return None
        content = b"".join(iter(lambda: answer.content.read(1 << 16), b""))
        memory.update(etag=answer.headers.get("etag"), last_modified=answer.headers.get("last-modified"))
    return content
