"""The pages, a module a reader: who has the link, who looks at one organization, who watches over all."""

from tocsin.reach.views.answering import answer
from tocsin.reach.views.organization import act, organization, propose
from tocsin.reach.views.watching import decide, drill, drills, proposals, reachability

__all__ = ["act", "answer", "decide", "drill", "drills", "organization", "proposals", "propose", "reachability"]
