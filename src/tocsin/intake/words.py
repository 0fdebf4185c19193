"""What machine words of collecting mean, as whole sentences in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WHY: dict[str, str | Promise] = {
    "refused-address": _(
        "The address leads inside a network that is not public and not allowed (TOCSIN_ALLOWED_NETWORKS)."
    ),
    "refused-port": _("The address uses a port that is not allowed (TOCSIN_ALLOWED_PORTS)."),
    "refused-scheme": _("The address begins with a scheme that this way in does not speak."),
    "refused-folder": _("The folder is none of those this installation may look into (TOCSIN_ALLOWED_FOLDERS)."),
    "refused-redirect": _("The server redirects too often, or from https to http."),
    "bad-address": _("The address cannot be read, or holds a user or password."),
    "name-not-found": _("The host's name cannot be found."),
    "unreachable": _("The host does not answer."),
    "not-trusted": _("The host's certificate is not trusted, or it offers no TLS."),
    "cut-short": _("The connection broke off in the middle."),
    "bad-answer": _("The server answers with something else than was asked for."),
    "bad-status": _("The server answers that it cannot give the document."),
    "bad-encoding": _("The server packs the document in a way that was not asked for."),
    "sign-in-failed": _("The user or secret is not accepted."),
    "no-such-place": _("There is no such folder."),
    "not-permitted": _("What is needed is not permitted there."),
    "too-large": _("It is larger than an arrival may be."),
    "too-slow": _("It took longer than allowed."),
    "not-opened": _("A file could not be opened."),
    "not-complete": _("It is still being written."),
    "disk-full": _("The disk is full; nothing that was kept is lost."),
    "not-stored": _("It could not be stored in the data folder."),
    "secret-not-ours": _("The secret was sealed with another key; enter it again."),
    "unexpected": _("Something failed in a way nobody thought of; the log says more."),
    "process-died": _("The process that did it died; it is done again."),
    "no-schema": _("The document is not Shadowserver's published schema."),
    "cannot-be-processed": _("The pipeline failed on it every time, also on it alone."),
}
"""Why nothing came, or something was not processed."""

ALARMS: dict[str, str | Promise] = {
    "feed-failing": _("Cannot be collected"),
    "feed-silent": _("Silent: nothing came"),
    "feed-stale": _("Out of date: what comes is old"),
    "collecting-paused-behind": _("Collecting pauses: too much waits to be processed"),
    "collecting-paused-disk": _("Collecting pauses: the disk is low"),
    "arrivals-set-aside": _("Arrivals could not be processed and were set aside"),
    "schema-not-fetched": _("Shadowserver's schema could not be fetched"),
    "escalations-missed": _("Escalations were missed and done late, or are overdue"),
    "warnings-unanswered": _("Warnings that nobody answers have come to the end of their plan"),
}

STATES: dict[str, str | Promise] = {
    "running": _("running"),
    "done": _("done"),
    "failed": _("failed"),
    "stopped": _("stopped, goes on later"),
    "lost": _("its process died"),
}

WAYS: dict[str, str | Promise] = {
    "folder": _("watched folder"),
    "http": _("web address"),
    "imap": _("mailbox"),
    "push": _("pushed to the API"),
}


HOWS: dict[str, str | Promise] = {
    "network": _("range"),
    "domain": _("domain"),
    "asn": _("autonomous system"),
    "other": _("other"),
}
"""What kind of place something that nobody holds stands in."""

SUGGESTED: dict[str, str | Promise] = {
    "ended": _("held %(value)s until %(day)s"),
    "later": _("holds %(value)s, but only from %(day)s on"),
    "close": _("holds %(value)s close by"),
    "sibling": _("holds %(value)s under the same domain"),
    "asn": _("holds %(value)s, which announces it, but not at that time"),
}
"""Why an organization may be the holder: the organization's name stands before it."""
