"""Run on this machine: reading ahead in one thread, writing behind in another, the compute between them.

Queues are short, so memory is bounded by a few chunks. An error in a thread is raised where its
results are awaited, never lost.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
_END = object()


def ahead(items: Iterable[T], *, depth: int = 2) -> Iterator[T]:
    """Yield `items`, produced in a thread of their own, at most `depth` of them waiting."""
    waiting: queue.Queue[object] = queue.Queue(depth)
    stop = threading.Event()

    def put(item: object) -> bool:
        while not stop.is_set():
            try:
                waiting.put(item, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    def produce() -> None:
        try:
            for item in items:
                if not put(item):
                    return
            put(_END)
        except BaseException as error:
            put(_Failed(error))

    thread = threading.Thread(target=produce, name="ahead", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not _END:
            if isinstance(item, _Failed):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        thread.join()


class _Failed:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class Behind(Generic[T]):
    """Calls `do` for each item put, in order, in a thread of its own; `close` waits for all."""

    def __init__(self, do: Callable[[T], None], *, depth: int = 2) -> None:
        self._waiting: queue.Queue[object] = queue.Queue(depth)
        self._error: BaseException | None = None
        self._do = do
        self._thread = threading.Thread(target=self._run, name="behind", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (item := self._waiting.get()) is not _END:
            if self._error is None:
                try:
                    self._do(item)  # type: ignore[arg-type]
                except BaseException as error:
                    self._error = error

    def put(self, item: T) -> None:
        """Hand over an item; raises what an earlier one raised."""
        if self._error is not None:
            raise self._error
        self._waiting.put(item)

    def close(self) -> None:
        """Wait until everything is done; raises what went wrong."""
        self._waiting.put(_END)
        self._thread.join()
        if self._error is not None:
            raise self._error
