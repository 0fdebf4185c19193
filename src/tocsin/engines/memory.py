"""Keep freed memory at hand for the next chunk instead of giving it back to the system and asking again.

Every chunk needs tens of megabytes for a few milliseconds. Fresh from the system each page of it costs a fault and
is wiped first: a fifth of all the time of a large run went there.
"""

from __future__ import annotations

import ctypes
import os
import sys

_POLARS = "_RJEM_MALLOC_CONF"
"""What Polars' allocator reads when Polars is loaded. One arena: what one thread frees, the next one takes."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENAS = -1, -3, -8
"""Parameters of glibc's mallopt(3)."""


def keep_freed() -> None:
    """Tell both allocators, of Polars and of Python's C library; without effect where they are others, or Polars is loaded."""
    if "polars" not in sys.modules:
        os.environ.setdefault(_POLARS, "dirty_decay_ms:2000,muzzy_decay_ms:0,narenas:1")
    try:
        tell = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):
        return  # not a C library that can be told
    tell(_ARENAS, 1)
    tell(_MMAP_THRESHOLD, 256 << 20)
    tell(_TRIM_THRESHOLD, 512 << 20)
