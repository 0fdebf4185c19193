"""What an act is called on the screen. A test holds that every act that is recorded is here."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTS: Final[dict[str, Promise]] = {
    "arrival-retried": _("had a file parsed again"),
    "codes-made": _("made new recovery codes"),
    "constituency-imported": _("imported the constituency"),
    "factor-added": _("added a way to sign in"),
    "factor-removed": _("removed a way to sign in"),
    "factor-required": _("said which roles must have a second step"),
    "factors-reset": _("reset somebody's second step"),
    "feed-added": _("added a feed"),
    "feed-asked": _("asked a feed at once"),
    "feed-changed": _("changed a feed"),
    "feed-disabled": _("switched a feed off"),
    "feed-enabled": _("switched a feed on"),
    "feed-removed": _("removed a feed"),
    "figures-frozen": _("froze the figures of a period"),
    "identity-tied": _("tied an identity of the provider"),
    "ignore-list-changed": _("changed the ignore list"),
    "link-made": _("made a sign-in link"),
    "membership-changed": _("said to which organizations a contact belongs"),
    "notice-let-go": _("let a notice go out"),
    "notice-waiting": _("made a notice that waits for approval"),
    "notice-sent": _("sent a notice"),
    "notice-partly-sent": _("sent a notice to some of its recipients"),
    "notice-escalated": _("told the next of a notice that nobody answers"),
    "escalation-noted": _("took note of a missed escalation"),
    "notice-failed": _("could not deliver a notice"),
    "notice-no-contact": _("found nobody to tell"),
    "notice-rejected": _("rejected a notice"),
    "notice-withdrawn": _("withdrew a notice"),
    "notice-retried": _("tried to deliver a notice again"),
    "claim-accepted": _("accepted an owner's claim"),
    "claim-refused": _("refused an owner's claim"),
    "claim-ended": _("ended an accepted claim, its time being over"),
    "disowning-lifted": _("lifted the agreement that an asset is not theirs"),
    "proof-added": _("gave a file as proof"),
    "recheck-permitted": _("recorded that an organization permits re-checks"),
    "recheck-forbidden": _("ended a permission of re-checks"),
    "recheck-result": _("took the result of a re-check"),
    "exploited-taken": _("took the list of what is known to be exploited"),
    "policy-set": _("set a policy"),
    "policy-removed": _("removed a policy"),
    "notice-answered": _("answered a notice"),
    "notice-approved": _("approved a notice"),
    "organization-added": _("added an organization"),
    "organization-changed": _("changed an organization or what it holds"),
    "organization-closed": _("closed an organization"),
    "dismissal-lifted": _("put back into the queue what was dismissed"),
    "unattributed-dismissed": _("dismissed what nobody holds"),
    "events-reattributed": _("had events attributed again"),
    "password-set": _("set a password"),
    "rejects-replayed": _("had rejected rows parsed again"),
    "sessions-ended": _("signed out everywhere else"),
    "sign-in-failed": _("failed to sign in"),
    "signed-in": _("signed in"),
    "signed-out": _("signed out"),
    "silence-lifted": _("lifted a silence"),
    "silence-made": _("made a silence"),
    "token-added": _("made a token"),
    "token-revoked": _("revoked a token"),
    "user-activated": _("opened an account again"),
    "user-added": _("added a person"),
    "user-changed": _("changed a person"),
    "user-deactivated": _("closed an account"),
    "word-recorded": _("recorded the owner's word"),
}


def act(action: str) -> str:
    """Return what an act is called in the reader's language; one nobody named, as it is."""
    return str(ACTS.get(action, action))
