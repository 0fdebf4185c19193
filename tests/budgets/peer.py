"""The same rows through IntelMQ, beside us and never inside us: it is AGPL, and runs by an interpreter of its own.

Its chain is what it ships: file collector, Shadowserver parser, deduplicator, taxonomy, lookup, file output, a
process each, with Redis between them; here on loopback and without persistence, which is in its favour. Its other
form calls the same bots inside two processes. Both look up addresses only; names and AS numbers, attribution in
time and findings are more than they do.

What is kept must agree: every (address, port, kind) once, and for each the owner of its longest prefix.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from tests.budgets import generate
from tests.budgets.table import Table, process

LEAST_TIMES_THE_CHAIN, LEAST_TIMES_THE_LIBRARY = 400, 100
BOTS = {  # in the order of the chain
    "parser": "intelmq.bots.parsers.shadowserver.parser",
    "deduplicator": "intelmq.bots.experts.deduplicator.expert",
    "taxonomy": "intelmq.bots.experts.taxonomy.expert",
    "lookup": "intelmq.bots.experts.asn_lookup.expert",
    "output": "intelmq.bots.outputs.file.output",
}
COLLECTOR = "intelmq.bots.collectors.file.collector_file"
NOBODY = 65534
"""IntelMQ refuses to run as root; then its processes run as this user, who needs to be able to read the interpreter."""
PATIENCE = 3600.0


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of the peer took, from the first row read to the last event written."""

    rows: int
    seconds: float
    cpu: float
    events: pl.DataFrame
    """ip, port, kind, owner: the number of the organization with the longest prefix, null for nobody."""

    @property
    def speed(self) -> float:
        """Rows per second."""
        return self.rows / self.seconds


def compare(table: Table, source: Path, given: argparse.Namespace, speed: float) -> None:
    """Run both forms on the first rows of `source`; `speed` is ours, in rows per second, on the whole of the data."""
    work = given.work / "peer"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    work.chmod(0o755)
    report = generate.first_rows(source, work / "2026-11-20-scan_rdp-slice.csv", given.peer_rows)
    ours = _ours(report, given)
    with _redis(work) as port:
        chain = _chain(work, report, given, port, kept=ours.height)
    with _redis(work) as port:
        library = _library(work, report, given, port)
    table.row(f"IntelMQ's chain, {chain.rows:,} rows", chain.speed, unit="rows/s")
    table.row("  CPU per million rows", chain.cpu / chain.rows * 1e6, unit="s")
    table.row("  times the chain", speed / chain.speed, least=LEAST_TIMES_THE_CHAIN)
    table.row(f"IntelMQ's bots as a library, {library.rows:,} rows", library.speed, unit="rows/s")
    table.row("  CPU per million rows", library.cpu / library.rows * 1e6, unit="s")
    table.row("  times the library", speed / library.speed, least=LEAST_TIMES_THE_LIBRARY)
    for name, run in (("chain", chain), ("library", library)):
        table.row(f"  kept by us or by its {name} alone", _differing(ours, run.events, "kept"), unit="rows", most=0)
        table.row(f"  other owner than by its {name}", _differing(ours, run.events, "owner"), unit="rows", most=0)


def _ours(report: Path, given: argparse.Namespace) -> pl.DataFrame:
    """Keep every key once, as the peer does within a day of its own clock: with a window longer than the report."""
    out = given.work / "peer" / "ours"
    process([report], given.work / "constituency.yaml", out, window="30d")
    events = pl.read_parquet(out / "events" / "*.parquet")
    by_prefix = pl.col("because").str.starts_with("network ")
    number = pl.col("organization").str.extract(r"(\d+)$").cast(pl.Int64)
    return events.select(
        pl.col("source_ip").alias("ip"),
        pl.col("source_port").cast(pl.Int64).alias("port"),
        pl.col("classification_identifier").alias("kind"),
        pl.when(by_prefix).then(number).alias("owner"),
    )


def _theirs(paths: list[Path]) -> pl.DataFrame:
    names = ("source.ip", "source.port", "classification.identifier", "source.network", "source.asn")
    rows = [[event.get(name) for name in names] for path in paths for event in map(json.loads, path.open())]
    schema = {"ip": pl.String, "port": pl.Int64, "kind": pl.String, "network": pl.String, "asn": pl.Int64}
    events = pl.DataFrame(rows, schema=schema, orient="row")
    owner = (
        pl.when(pl.col("network").is_not_null()).then(pl.col("asn") - 1).alias("owner")
    )  # as lookup_table wrote them
    return events.select("ip", "port", "kind", owner)


def _differing(ours: pl.DataFrame, theirs: pl.DataFrame, what: str) -> int:
    """Return how many keys only one side kept, or, of those both kept, how many have another owner."""
    key = ["ip", "port", "kind"]
    if what == "kept":
        alone = ours.join(theirs, on=key, how="anti").height + theirs.join(ours, on=key, how="anti").height
        return alone + abs(ours.height - theirs.height)
    both = ours.join(theirs, on=key, how="inner")
    return both.filter(~pl.col("owner").eq_missing(pl.col("owner_right"))).height


def _chain(work: Path, report: Path, given: argparse.Namespace, port: int, kept: int) -> Run:
    root = _root(work / "chain", given)
    (root / "in").mkdir()
    shutil.copy(report, root / "in")
    lookup = {"database": str(root / "owners.dat")}
    cache = {
        "filter_type": "whitelist", "filter_keys": "source.ip,source.port,classification.identifier",
        "redis_cache_host": "127.0.0.1", "redis_cache_port": port, "redis_cache_db": 6, "redis_cache_ttl": 86400,
    }  # fmt: skip
    out = root / "events.jsonl"
    own = {"deduplicator": cache, "lookup": lookup, "output": {"file": str(out), "keep_raw_field": False}}
    collector = {
        "path": str(root / "in"), "postfix": ".csv", "rate_limit": 100_000, "chunk_size": 10_000_000,
        "provider": "Shadowserver", "name": "rdp",
    }  # fmt: skip
    names = ["collector", *BOTS]
    bots = {}
    for place, name in enumerate(names):
        module = BOTS.get(name, COLLECTOR)
        parameters = {**(collector if name == "collector" else own.get(name, {}))}
        if place:
            parameters["source_queue"] = f"{name}-queue"
        if place + 1 < len(names):
            parameters["destination_queues"] = {"_default": [f"{names[place + 1]}-queue"]}
        bots[name] = {
            "bot_id": name, "module": module, "name": name, "group": "x", "enabled": True, "run_mode": "continuous", "parameters": parameters,
        }  # fmt: skip
    pipeline = {f"{side}_pipeline_{what}": value for side in ("source", "destination") for what, value in (("host", "127.0.0.1"), ("port", port))}  # fmt: skip
    everybody = {
        "statistics_host": "127.0.0.1", "statistics_port": port, "logging_path": str(root / "var/log"), "log_processed_messages_count": 100_000,
    }  # fmt: skip
    (root / "etc/runtime.yaml").write_text(json.dumps({"global": everybody | pipeline, **bots}))  # JSON is YAML
    _hand_over(work / "chain")
    commands = Path(given.peer).parent
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, module in BOTS.items():
            running[name] = _start([str(commands / module), name], root, name)
        time.sleep(10)  # starting interpreters is not counted
        before = sum(_cpu(process.pid) for process in running.values())
        began = time.monotonic()
        running["collector"] = _start([str(commands / COLLECTOR), "collector"], root, "collector")
        seconds = _until_written(out, kept, began, running)
        cpu = sum(_cpu(process.pid) for process in running.values()) - before + _cpu_of_redis(port)
    finally:
        _stop(running)
    return Run(_rows(report), seconds, cpu, _theirs([out]))


def _until_written(out: Path, kept: int, began: float, running: dict[str, subprocess.Popen[bytes]]) -> float:
    """Wait until as many events are written as are kept; return when the last one was, in seconds since `began`."""
    lines = size = 0
    while lines < kept:
        time.sleep(0.2)
        if out.exists():
            with out.open("rb") as file:
                file.seek(size)
                fresh = file.read()
            lines, size = lines + fresh.count(b"\n"), size + len(fresh)
        gone = [name for name, process in running.items() if process.poll() is not None]
        if gone or time.monotonic() - began > PATIENCE:
            sys.exit(
                f"the peer's chain wrote {lines} of {kept} events; ended by itself: {', '.join(gone) or 'nothing'}"
            )
    return time.monotonic() - began


def _library(work: Path, report: Path, given: argparse.Namespace, port: int) -> Run:
    root = _root(work / "library", given)
    (root / "etc/runtime.yaml").write_text("{}")
    script = Path(__file__).with_name("peer_library.py")
    command = [given.peer, str(script), str(root), str(report), str(port), "2"]
    done = subprocess.run(command, env=_environment(root), stdout=subprocess.PIPE, check=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return Run(
        found["rows"],
        found["seconds"],
        found["cpu"] + _cpu_of_redis(port),
        _theirs(sorted(root.glob("events-*.jsonl"))),
    )


def _root(root: Path, given: argparse.Namespace) -> Path:
    """Make a data folder for the peer: its own settings, the published schema, who owns what."""
    for folder in ("etc", "var/log", "var/run", "var/lib/bots"):
        (root / folder).mkdir(parents=True)
    ask = "import intelmq, pathlib; print(pathlib.Path(intelmq.__file__).parent / 'etc/harmonization.conf')"
    shipped = subprocess.check_output([given.peer, "-c", ask], text=True).strip()
    shutil.copy(shipped, root / "etc/harmonization.conf")
    shutil.copy(given.peer_schema, root / "var/lib/bots/shadowserver-schema.json")
    generate.lookup_table(root / "owners.dat")
    return root


def _environment(root: Path) -> dict[str, str]:
    return {**os.environ, "INTELMQ_ROOT_DIR": f"{root}/", "PYTHONWARNINGS": "ignore", "HOME": str(root)}


def _start(command: list[str], root: Path, name: str) -> subprocess.Popen[bytes]:
    account = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    log = (root / f"{name}.log").open("wb")
    return subprocess.Popen(command, env=_environment(root), stdout=log, stderr=log, cwd=root, **account)  # type: ignore[call-overload]


def _hand_over(folder: Path) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def _stop(running: dict[str, subprocess.Popen[bytes]]) -> None:
    for bot in running.values():
        bot.terminate()
    for bot in running.values():
        with suppress(subprocess.TimeoutExpired):
            bot.wait(10)
        bot.kill()
        bot.wait()


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rows(report: Path) -> int:
    with report.open("rb") as file:
        return sum(1 for _ in file) - 1


@contextmanager
def _redis(work: Path) -> Iterator[int]:
    """Run a Redis on a free port of loopback, without persistence."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "redis-server",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(work),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _cpu_of_redis(port: int) -> float:
    """Return what this Redis has used of the processor: its own INFO says."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"INFO cpu\r\nQUIT\r\n")
        text = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    figures = dict(line.split(":") for line in text.split("\r\n") if line.count(":") == 1)
    return float(figures["used_cpu_sys"]) + float(figures["used_cpu_user"])
