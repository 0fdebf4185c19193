"""The pages, a module a subject: what came in, the feeds it comes by, what nobody holds, what was rejected."""

from tocsin.intake.views.feeds import add_feed, change_feed, feed, feed_act, feeds
from tocsin.intake.views.incoming import batch, intake, retry
from tocsin.intake.views.rejected import rejected_rows, rejects
from tocsin.intake.views.unattributed import place, unattributed

__all__ = [
    "add_feed",
    "batch",
    "change_feed",
    "feed",
    "feed_act",
    "feeds",
    "intake",
    "place",
    "rejected_rows",
    "rejects",
    "retry",
    "unattributed",
]
