"""The pages, a module a subject: what came in, and the feeds it comes by."""

from tocsin.intake.views.feeds import add_feed, change_feed, feed, feed_act, feeds
from tocsin.intake.views.incoming import batch, intake, retry, unattributed

__all__ = ["add_feed", "batch", "change_feed", "feed", "feed_act", "feeds", "intake", "retry", "unattributed"]
