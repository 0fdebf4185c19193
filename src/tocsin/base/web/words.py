"""Words of the trade for the screen: severities and reasons in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

WORDS = {
    "network": _("network"),
    "domain": _("domain"),
    "asn": _("autonomous system"),
    "ignored:": _("ignored:"),
    "critical": _("critical"),
    "high": _("high"),
    "medium": _("medium"),
    "low": _("low"),
    "info": _("info"),
    "first": _("first warning"),
    "new-assets": _("new assets"),
    "worse": _("worse than before"),
    "reminder-due": _("reminder due"),
    "all-resolved": _("all resolved"),
    "silenced": _("silenced"),
    "nothing-new": _("nothing new"),
    "awaiting-approval": _("awaiting approval"),
    "no-contact": _("no contact"),
    "too-mild": _("below the severity that is warned of"),
    "ready": _("ready"),
    "claimed": _("being sent"),
    "handed-over": _("handed over"),
    "failed": _("failed"),
    "seen": _("acknowledged"),
    "fixing": _("fixing"),
    "fixed": _("says fixed"),
    "not-ours": _("says not ours"),
    "false-positive": _("says false positive"),
    "new": _("new"),
    "owner": _("the owner's word"),
    "silent": _("silent"),
    "says-fixed": _("says fixed"),
}
