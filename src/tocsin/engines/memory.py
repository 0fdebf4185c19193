"""Keep freed memory at hand for the next chunk instead of giving it back to the system and asking again.

Every chunk needs hundreds of megabytes for a few milliseconds. Fresh from the system each page of it costs a fault and
is wiped first: a tenth of all the time of a large run went there.
"""

from __future__ import annotations

import os
import sys

_POLARS = "_RJEM_MALLOC_CONF"
"""What Polars' allocator (jemalloc) reads when Polars is loaded."""


def keep_freed() -> None:
    """Tell the allocator of Polars; without effect where it is another one, or loaded already.

    One arena, so that what one thread frees the next one takes; what nobody took for ten seconds is given back.
    """
    if "polars" not in sys.modules:
        os.environ.setdefault(_POLARS, "dirty_decay_ms:10000,muzzy_decay_ms:0,narenas:1")
