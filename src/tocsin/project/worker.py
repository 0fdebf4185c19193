"""The worker process: decides and delivers, round after round. Polars is imported here, not in the web process."""

from __future__ import annotations

import logging
import time

from tocsin.project.up import PAUSE
from tocsin.project.work import intake, notices


def main() -> None:
    """Work until told to stop. A round that fails is logged and tried again: the database may come back."""
    while True:
        try:
            intake.reattribute_changed()  # first: a warning goes to whom it belongs to now
            notices.run(at=None, dry_run=False)
        except Exception:
            logging.getLogger(__name__).exception("a round failed; the next one tries again")
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
