"""What is done to reach people, a module a noun."""

from tocsin.reach.actions.calling import (
    ask,
    ask_contacts,
    bounce_call,
    refused_status,
    send_calls,
    take_word,
    verify_address,
)
from tocsin.reach.actions.claiming import (
    AlreadySettled,
    BadClaim,
    NotProven,
    claim_holding,
    file_of,
    prove,
    record_of,
    settle_claim,
)
from tocsin.reach.actions.drilling import BadDrill, begin_drill
from tocsin.reach.actions.endpoints import (
    BadEndpoint,
    Parcel,
    add_endpoint,
    hand_over,
    remove_endpoint,
    renew_secret,
    try_endpoint,
)
from tocsin.reach.actions.keys import BadKey, add_key, may_change, remove_key
from tocsin.reach.actions.proposing import AlreadyDecided, BadProposal, decide_proposal, propose

__all__ = [
    "AlreadyDecided",
    "AlreadySettled",
    "BadClaim",
    "BadDrill",
    "BadEndpoint",
    "BadKey",
    "BadProposal",
    "NotProven",
    "Parcel",
    "add_endpoint",
    "add_key",
    "ask",
    "ask_contacts",
    "begin_drill",
    "bounce_call",
    "claim_holding",
    "decide_proposal",
    "file_of",
    "hand_over",
    "may_change",
    "propose",
    "prove",
    "record_of",
    "refused_status",
    "remove_endpoint",
    "remove_key",
    "renew_secret",
    "send_calls",
    "settle_claim",
    "take_word",
    "try_endpoint",
    "verify_address",
]
