"""Look whether the installation is well."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from tocsin.base.audit import queries as audit
from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import queries as constituents
from tocsin.notices import queries as noticed


def examine() -> list[dict[str, Any]]:
    """Check the installation; each check says what it saw."""
    home = Path(settings.TOCSIN_HOME)
    free = shutil.disk_usage(home).free
    organizations = constituents.organizations(SYSTEM).count()
    failed = noticed.notices(SYSTEM, state="failed").count()
    unreachable = noticed.notices(SYSTEM, state="no-contact").count()
    trail = audit.verify(SYSTEM)
    broken = f"entry {trail.broken} does not fit: {trail.why}"
    mail = settings.TOCSIN_EMAIL_URL.rsplit("@", 1)[-1] or "no server set: messages stay in the built-in outbox"
    return [
        {"name": "database", "ok": True, "says": f"{connection.vendor}, tables up to date"},
        {"name": "data folder", "ok": os.access(home, os.W_OK), "says": str(home)},
        {"name": "free space", "ok": free > 1 << 30, "says": f"{free / (1 << 30):.1f} GiB"},
        {"name": "constituency", "ok": organizations > 0, "says": f"{organizations} organizations"},
        {"name": "mail", "ok": True, "says": mail},
        {
            "name": "audit trail",
            "ok": trail.is_whole,
            "says": f"{trail.entries:,} entries fit" if trail.is_whole else broken,
        },
        {
            "name": "deliveries",
            "ok": not failed and not unreachable,
            "says": f"{failed} notices failed, {unreachable} have no contact",
        },
    ]
