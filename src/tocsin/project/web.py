"""The web process: one, with threads."""

from __future__ import annotations

import os
import sys


def main(port: int) -> None:
    """Serve until told to stop."""
    from waitress import serve

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.project.settings")
    from tocsin.project.wsgi import application

    serve(application, host="127.0.0.1", port=port, threads=4, ident=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
