"""What comes in, by API, a module a noun."""

from tocsin.intake.api import again
from tocsin.intake.api.batches import batches, rejects
from tocsin.intake.api.feeds import alarms, feeds
from tocsin.intake.api.reports import reports
from tocsin.intake.api.unattributed import unattributed

__all__ = ["again", "alarms", "batches", "feeds", "rejects", "reports", "unattributed"]
