"""IntelMQ's bots called one after the other inside a process, without queues: its fastest form, and not durable.

Run by the interpreter that has IntelMQ: `PYTHON peer_library.py ROOT REPORT REDIS_PORT PROCESSES` with
INTELMQ_ROOT_DIR=ROOT. Prints {"rows", "seconds", "cpu"} and leaves ROOT/events-N.jsonl. The clock runs from when
every process has its bots until the last event is written; only the cache of the deduplicator is in Redis.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import resource
import sys
import time
import warnings
from pathlib import Path

LINES = 2000
"""Lines of a report in one call: its collector cuts reports, too."""
STARTING, WORKING = 120, 600
"""Seconds until every process has its bots, and until one takes or ends something: after them one has died."""


def work(number, root, name, port, ready, portions, done):
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    from intelmq.bots.experts.asn_lookup.expert import ASNLookupExpertBot
    from intelmq.bots.experts.deduplicator.expert import DeduplicatorExpertBot
    from intelmq.bots.experts.taxonomy.expert import TaxonomyExpertBot
    from intelmq.bots.parsers.shadowserver.parser import ShadowserverParserBot
    from intelmq.lib import utils
    from intelmq.lib.bot import BotLibSettings

    usual = dict(BotLibSettings, statistics_port=port)
    cache = {
        "filter_type": "whitelist", "filter_keys": "source.ip,source.port,classification.identifier",
        "redis_cache_host": "127.0.0.1", "redis_cache_port": port, "redis_cache_db": 6, "redis_cache_ttl": 86400,
    }  # fmt: skip
    parser = ShadowserverParserBot("parser", settings=usual)
    experts = [
        DeduplicatorExpertBot("deduplicator", settings=usual | cache),
        TaxonomyExpertBot("taxonomy", settings=usual),
        ASNLookupExpertBot("lookup", settings=usual | {"database": f"{root}/owners.dat"}),
    ]
    ready.wait(STARTING)
    before = time.process_time()
    with Path(f"{root}/events-{number}.jsonl").open("w") as out:
        while (portion := portions.get()) is not None:
            report = {
                "__type": "Report", "raw": utils.base64_encode(portion), "extra.file_name": name,
                "feed.name": "rdp", "feed.provider": "Shadowserver", "feed.accuracy": 100.0,
            }  # fmt: skip
            events = parser.process_message(report)["output"]
            for expert in experts:
                events = expert.process_message(*events).get("output", []) if events else []
            for event in events:
                event.pop("raw", None)
                out.write(event.to_json() + "\n")
    done.put((time.process_time() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def main():
    root, report, port, processes = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    ready, portions, done = multiprocessing.Barrier(processes + 1), multiprocessing.Queue(8), multiprocessing.Queue()
    workers = [
        multiprocessing.Process(target=work, args=(n, root, report.name, port, ready, portions, done))
        for n in range(processes)
    ]
    for worker in workers:
        worker.start()
    with report.open() as file:
        heading, *lines = file
    ready.wait(STARTING)
    began = time.perf_counter()
    for start in range(0, len(lines), LINES):
        portions.put(heading + "".join(lines[start : start + LINES]), timeout=WORKING)
    for _ in workers:
        portions.put(None, timeout=WORKING)
    ended = [done.get(timeout=WORKING) for _ in workers]
    seconds = time.perf_counter() - began
    for worker in workers:
        worker.join()
    print(json.dumps({"rows": len(lines), "seconds": seconds, "cpu": sum(cpu for cpu, _ in ended)}))


if __name__ == "__main__":
    main()
