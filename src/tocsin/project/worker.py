"""The worker process: collects, processes, decides and delivers, round after round until it is told to stop.

Rounds are short and look at rows only: what a web request or another process left is taken up within half
a second. Feeds are visited in a few threads beside, because a source that drips must hold nobody up. A
step that fails is said once, tried again, and said once more when it is well: the database may come back.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connections

from tocsin.project.work import collecting, findings, followup, intake, notices, people, reaching

log = logging.getLogger("tocsin.worker")
PAUSE = 0.3
"""Seconds between two rounds that found nothing to do."""
PAUSE_AT_MOST = 10.0
"""Seconds between two rounds while something fails."""
LOOK = 10.0
"""Seconds between two looks at alarms; also between two signs of life."""
SCHEMAS = 300.0
FOLLOW = 60.0
"""Seconds between two times that warnings without an answer are pressed on with."""
UPKEEP = 3600.0
"""Seconds between two times that what is over is forgotten."""
COUNT = 15.0
"""Seconds between two counts of a large installation for the front page, which shows their time."""
COUNT_AGAIN = 120.0
"""Seconds until a count that failed is tried again."""
VISITS = 3
"""Feeds visited at the same time."""
FAREWELL = 5.0
"""Seconds that visits have to end."""


class Troubles:
    """What goes wrong at the moment: each is said when it begins, when it changes and when it is over."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._lock = threading.Lock()

    def note(self, step: str, error: Exception) -> None:
        """Say that a step failed, unless that was said."""
        database = isinstance(error, DatabaseError)
        name = "the database" if database else step
        text = str(error).strip().partition("\n")[0] or type(error).__name__
        with self._lock:
            if self._known.get(name) == text:
                return
            self._known[name] = text
        if database or isinstance(error, OSError):
            log.warning("%s: %s; it is tried again", name, text)
        else:
            log.error("%s failed; it is tried again", name, exc_info=error)

    def over(self, step: str) -> None:
        """Say that a step is well again, if it was not."""
        with self._lock:
            gone = [name for name in (step, "the database") if self._known.pop(name, None) is not None]
        for name in gone:
            log.warning("%s: well again", name)

    def __bool__(self) -> bool:
        return bool(self._known)


class Worker:
    """The rounds, the visits beside them, and their end."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._troubles = Troubles()
        self._visits: dict[UUID | str, threading.Thread] = {}
        self._next_look = self._next_schemas = self._next_upkeep = self._next_count = 0.0
        self._next_follow = 0.0
        self._down: set[str] = set()
        self._may_be_interrupted = False
        self._launcher = int(os.environ.get("TOCSIN_STARTED_BY", "0"))

    def end(self, number: int, frame: FrameType | None) -> None:
        """End after the step that is going on; a batch is given up, because nothing of it counts before its end."""
        self.stop.set()
        if self._may_be_interrupted:
            raise SystemExit

    def run(self) -> None:
        """Work until told to stop."""
        signal.signal(signal.SIGTERM, self.end)
        signal.signal(signal.SIGINT, self.end)
        pause = PAUSE
        self._step("collecting", collecting.begin)
        try:
            while not self.stop.is_set():
                busy = self.round()
                pause = min(pause * 2, PAUSE_AT_MOST) if self._troubles else PAUSE
                if not busy or self._troubles:
                    self.stop.wait(pause)
                if self._launcher and os.getppid() != self._launcher:
                    log.warning("the launcher is gone; so am I")
                    self.stop.set()
        except SystemExit:
            pass
        until = time.monotonic() + FAREWELL
        for thread in list(self._visits.values()):
            thread.join(max(0.0, until - time.monotonic()))

    def round(self) -> bool:
        """Do once what is to be done; return whether there was anything."""
        self._step("collecting", self._collect)
        self._may_be_interrupted = True
        try:
            if self.stop.is_set():
                return False
            processed = self._step("processing", collecting.process_next)
            # Before it is decided: a warning goes to whom it belongs to now.
            self._step("re-attributing", intake.reattribute_changed)
        finally:
            self._may_be_interrupted = False
        warned = self._step("warning", notices.work)
        self._step("mail about accounts", people.mail)
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK
            self._step("watching", self._look)
            self._step("verifying", followup.verify)
            self._step("reaching people", reaching.work)
            self._step("reading lists", findings.read_lists)
        if time.monotonic() >= self._next_follow:
            self._next_follow = time.monotonic() + FOLLOW
            self._step("following up", followup.work)
        return bool(processed or warned)

    def _look(self) -> None:
        collecting.look()
        down = notices.down()
        for name in down.keys() | self._down:
            if name not in self._down:
                log.warning("%s does not go out: %s; it is tried again", name, down[name])
            elif name not in down:
                log.warning("%s goes out again", name)
        self._down = set(down)
        if time.monotonic() >= self._next_upkeep:
            self._next_upkeep = time.monotonic() + UPKEEP
            people.forget()

    def _step(self, name: str, act: Callable[[], bool | None]) -> bool:
        try:
            did = act()
        except Exception as error:
            self._troubles.note(name, error)
            connections.close_all()  # one that broke is made anew
            return False
        self._troubles.over(name)
        return bool(did)

    def _collect(self) -> None:
        """Begin the visits that are due, as far as there is room for them."""
        self._visits = {key: thread for key, thread in self._visits.items() if thread.is_alive()}
        if time.monotonic() >= self._next_schemas and "schemas" not in self._visits:
            self._next_schemas = time.monotonic() + SCHEMAS
            self._begin("schemas", "schemas", collecting.refresh_schemas)
        if time.monotonic() >= self._next_count and "count" not in self._visits:
            self._next_count = time.monotonic() + COUNT_AGAIN
            self._begin("count", "counting", self._count)
        if "recheck" not in self._visits and findings.recheck_due():
            self._begin("recheck", "re-checking", findings.recheck)
        waiting = [feed for feed in collecting.due() if feed not in self._visits]
        room = VISITS - len(self._visits)
        if not waiting or room <= 0 or collecting.is_paused():
            return
        for feed in waiting[:room]:
            self._begin(feed, "collecting", lambda feed=feed: collecting.collect(feed, self.stop.is_set))  # type: ignore[misc]

    def _count(self) -> None:
        """Count for the front page; the longer it takes, the longer until it is done again."""
        begun = time.monotonic()
        findings.take_stock()
        self._next_count = time.monotonic() + max(COUNT, 20 * (time.monotonic() - begun))

    def _begin(self, key: UUID | str, name: str, act: Callable[[], None]) -> None:
        def visit() -> None:
            try:
                act()
            except collecting.AlreadyCollecting:
                return
            except Exception as error:
                self._troubles.note(name, error)
            finally:
                connections.close_all()

        # A daemon: one that a source holds up must not hold up the end; its lease runs out.
        thread = threading.Thread(target=visit, name=f"visit-{key}", daemon=True)
        self._visits[key] = thread
        thread.start()


def main() -> None:
    """Work until told to stop."""
    Worker().run()


if __name__ == "__main__":
    main()
