"""The pages, a module a reader: who keeps watch, who approves, who answers."""

from tocsin.notices.views.answering import answer, kind, kinds
from tocsin.notices.views.approving import approval
from tocsin.notices.views.watching import loop, message, notice, notices, sent, standing

__all__ = ["answer", "approval", "kind", "kinds", "loop", "message", "notice", "notices", "sent", "standing"]
