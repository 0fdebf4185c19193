"""Which format is it? Decided by content; the file's name only breaks ties."""

from __future__ import annotations

from typing import Final

from tocsin.feeds.arf.parse import FORMAT as ARF
from tocsin.feeds.bounces.parse import FORMAT as BOUNCES
from tocsin.feeds.dshield.parse import FORMAT as DSHIELD
from tocsin.feeds.feodotracker.parse import FORMAT as FEODOTRACKER
from tocsin.feeds.format import Format, Source
from tocsin.feeds.intelmq.parse import FORMAT as INTELMQ
from tocsin.feeds.known_exploited.parse import FORMAT as KNOWN_EXPLOITED
from tocsin.feeds.mapped.parse import FORMAT as MAPPED
from tocsin.feeds.misp.parse import FORMAT as MISP
from tocsin.feeds.n6.parse import FORMAT as N6
from tocsin.feeds.openphish.parse import FORMAT as OPENPHISH
from tocsin.feeds.phishtank.parse import FORMAT as PHISHTANK
from tocsin.feeds.plainlist.parse import FORMAT as PLAINLIST
from tocsin.feeds.shadowserver.parse import FORMAT as SHADOWSERVER
from tocsin.feeds.spamhaus_cert.parse import FORMAT as SPAMHAUS_CERT
from tocsin.feeds.spamhaus_drop.parse import FORMAT as SPAMHAUS_DROP
from tocsin.feeds.sslbl.parse import FORMAT as SSLBL
from tocsin.feeds.suricata_eve.parse import FORMAT as SURICATA_EVE
from tocsin.feeds.threatfox.parse import FORMAT as THREATFOX
from tocsin.feeds.urlhaus.parse import FORMAT as URLHAUS
from tocsin.feeds.xarf.parse import FORMAT as XARF

FORMATS: Final[tuple[Format, ...]] = (
    SHADOWSERVER,
    FEODOTRACKER,
    URLHAUS,
    THREATFOX,
    SSLBL,
    SPAMHAUS_DROP,
    SPAMHAUS_CERT,
    DSHIELD,
    PHISHTANK,
    OPENPHISH,
    SURICATA_EVE,
    MISP,
    INTELMQ,
    N6,
    ARF,
    XARF,
    PLAINLIST,
    MAPPED,
    BOUNCES,
    KNOWN_EXPLOITED,
)


def by_name(name: str) -> Format | None:
    """Return the format with this name."""
    wanted = name.replace("-", "_")
    return next((format_ for format_ in FORMATS if format_.name == wanted), None)


def recognize(source: Source) -> Format | None:
    """Return the format that recognizes the content best, or None."""
    head = source.head()
    found = [(format_.recognize(head, source.name), format_) for format_ in FORMATS]
    sure, best = max(found, key=lambda pair: pair[0])
    return best if sure > 0 else None
