"""The pages, a module a reader: who keeps watch, who approves, who answers."""

from tocsin.notices.views.answering import answer, kind, kinds
from tocsin.notices.views.approving import approval, rejection
from tocsin.notices.views.finding import evidence, finding
from tocsin.notices.views.searching import search
from tocsin.notices.views.watching import loop, message, message_html, notice, notices, notices_file, sent, standing

__all__ = [
    "answer",
    "approval",
    "evidence",
    "finding",
    "kind",
    "kinds",
    "loop",
    "message",
    "message_html",
    "notice",
    "notices",
    "notices_file",
    "rejection",
    "search",
    "sent",
    "standing",
]
