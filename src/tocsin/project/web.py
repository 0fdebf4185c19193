"""The web process: one, with threads."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

PORT_IN_USE = 98
"""Exit code: nothing can listen on this port now."""


def main(port: int) -> None:
    """Serve until told to stop."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.project.settings")
    from django.conf import settings

    from tocsin.project import server
    from tocsin.project.wsgi import application

    server.keep_bodies(Path(settings.TOCSIN_HOME))

    signal.signal(signal.SIGTERM, _stop)
    if launcher := int(os.environ.get("TOCSIN_STARTED_BY", "0")):
        threading.Thread(target=_mind_launcher, args=(launcher,), daemon=True).start()
    try:
        server.made(application, host="127.0.0.1", port=port).run()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.exit(PORT_IN_USE)


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _mind_launcher(launcher: int) -> None:
    """End when the launcher is gone: else it would hold the port for ever."""
    while os.getppid() == launcher:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(int(sys.argv[1]))
