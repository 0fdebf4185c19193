"""The same rows through IntelMQ, beside us and never inside us: it is AGPL, and runs by an interpreter of its own.

Its chain is what it ships: file collector, Shadowserver parser, deduplicator, taxonomy, lookup, file output, a
process each, with Redis between them; here on loopback and without persistence, which is in its favour. Its other
form calls the same bots inside two processes. Both look up addresses only; names and AS numbers, attribution in
time and findings are more than they do.

It gets a share of the addresses, chosen so that it drops as large a part of its rows as we do of ours: a row that is
dropped costs it the least.
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
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
KEY = ["ip", "port", "kind"]
COLLECTOR = "intelmq.bots.collectors.file.collector_file"
NOBODY = 65534
"""IntelMQ refuses to run as root; then its processes run as this user, who needs to be able to read the interpreter."""
STARTED = "Bot initialization completed"
PATIENCE_STARTING, PATIENCE, SETTLED = 120.0, 3600.0, 2.0
"""Seconds until every bot has started; until the last event is written; without an event until that was the last."""


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


def missing(given: argparse.Namespace) -> str | None:
    """Say in one line why the peer cannot run here, or return None."""
    if shutil.which("redis-server") is None:
        return "redis-server is not on the PATH"
    try:
        if "scan_rdp" not in json.loads(given.peer_schema.read_bytes()):
            return f"{given.peer_schema} is not Shadowserver's intelmq.json: it knows no scan_rdp"
    except (OSError, ValueError) as problem:
        return f"{given.peer_schema} is not Shadowserver's intelmq.json: {problem}"
    modules = [COLLECTOR, *BOTS.values()]
    ask = f"import sys, os; os.listdir(sys.argv[1]); import {', '.join(modules)}, pyasn, redis"
    command = [given.peer, "-W", "ignore", "-c", ask, given.work]
    try:
        asked = subprocess.run(
            command, stderr=subprocess.PIPE, env=_environment(given.work), text=True, check=False, **_account()
        )
    except OSError as problem:
        return f"its interpreter cannot be started by {_who()}: {given.peer}: {problem.strerror}"
    if asked.returncode:
        last = (asked.stderr.strip().splitlines() or [f"status {asked.returncode}"])[-1]
        return f"{given.peer}, run by {_who()}, says {last!r}; it needs intelmq, pyasn and setuptools<81"
    commands = [name for name in modules if not (given.peer.parent / name).exists()]
    return f"{given.peer.parent} has no {commands[0]}" if commands else None


def compare(table: Table, sources: list[Path], given: argparse.Namespace, speed: float) -> None:
    """Run both forms on a share of `sources`; `speed` is ours, in rows per second, on the whole of them."""
    work = given.work / "peer"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    work.chmod(0o755)
    report = generate.share(sources, work / "2026-11-20-scan_rdp-share.csv", given.peer_rows, given.rows)
    ours = _ours(report, given)
    with _redis(work) as port:
        chain = _chain(work, report, given, port)
    with _redis(work) as port:
        library = _library(work, report, given, port)
    table.row("the peer's rows", chain.rows, unit="rows")
    table.row("  kept by us", 100 * ours.height / chain.rows, unit="% of them")
    table.row("  kept twice by us", _repeated(ours), unit="rows", most=0)
    table.row("  of these with an owner by prefix", ours["owner"].count(), unit="rows")
    table.row("IntelMQ's chain", chain.speed, unit="rows/s")
    table.row("  CPU per million rows", chain.cpu / chain.rows * 1e6, unit="s")
    table.row("  times the chain", speed / chain.speed, least=LEAST_TIMES_THE_CHAIN)
    table.row("IntelMQ's bots as a library, two processes", library.speed, unit="rows/s")
    table.row("  CPU per million rows", library.cpu / library.rows * 1e6, unit="s")
    table.row("  times the library", speed / library.speed, least=LEAST_TIMES_THE_LIBRARY)
    # Two processes may ask the cache for the same key at once, and both keep it: theirs to answer for.
    for name, run, most_repeated in (("chain", chain, 0), ("library", library, None)):
        table.row(f"  kept by us or by its {name} alone", _differing(ours, run.events, "kept"), unit="rows", most=0)
        table.row(f"  kept twice by its {name}", _repeated(run.events), unit="rows", most=most_repeated)
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


def _repeated(events: pl.DataFrame) -> int:
    return events.height - events.n_unique(KEY)


def _differing(ours: pl.DataFrame, theirs: pl.DataFrame, what: str) -> int:
    """Return how many keys only one side kept, or, of those both kept, how many have another owner."""
    if what == "kept":
        return sum(a.unique(KEY).join(b, on=KEY, how="anti").height for a, b in ((ours, theirs), (theirs, ours)))
    both = ours.join(theirs, on=KEY, how="inner")
    return both.filter(~pl.col("owner").eq_missing(pl.col("owner_right"))).height


def _chain(work: Path, report: Path, given: argparse.Namespace, port: int) -> Run:
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
    commands = given.peer.parent
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, module in BOTS.items():
            running[name] = _start([str(commands / module), name], root, name)
        _until_logged(root, BOTS, STARTED, running)  # starting interpreters is not counted
        running["collector"] = _start([str(commands / COLLECTOR), "collector"], root, "collector")
        _until_logged(root, ["collector"], "Processing file", running)
        before = sum(_cpu(process.pid) for process in running.values())
        seconds = _until_written(out, port, names, root, running)
        cpu = sum(_cpu(process.pid) for process in running.values()) - before + _cpu_of_redis(port)
    finally:
        _stop(running)
    return Run(_rows(report), seconds, cpu, _theirs([out]))


def _until_logged(root: Path, names: Collection[str], words: str, running: dict[str, subprocess.Popen[bytes]]) -> None:
    """Wait until each of these bots has written `words` into its log."""
    began = time.monotonic()
    while silent := [name for name in names if words not in _told(root / "var/log" / f"{name}.log")]:
        _none_ended(root, running)
        if time.monotonic() - began > PATIENCE_STARTING:
            sys.exit(
                f"the peer's {silent[0]} has not said {words!r} in {PATIENCE_STARTING:g} s: see {root / 'var/log'}"
            )
        time.sleep(0.02)


def _until_written(
    out: Path, port: int, names: list[str], root: Path, running: dict[str, subprocess.Popen[bytes]]
) -> float:
    """Wait until every queue is empty and nothing more is written; return when the last event was, in seconds."""
    began = last = time.monotonic()
    size = 0
    while time.monotonic() - began < PATIENCE:
        time.sleep(0.1)
        _none_ended(root, running)
        now, fresh = time.monotonic(), out.stat().st_size if out.exists() else 0
        if fresh != size:
            size, last = fresh, now
        elif size and now - last > SETTLED and not _waiting(port, names):
            return last - began
    sys.exit(f"the peer's chain was not done in {PATIENCE:g} s; {size} bytes of events are written")


def _none_ended(root: Path, running: dict[str, subprocess.Popen[bytes]]) -> None:
    """Exit with the last words of the first bot that has ended by itself."""
    for name, bot in running.items():
        if bot.poll() is not None:
            words = (
                _told(root / f"{name}.log").strip() or _told(root / "var/log" / f"{name}.log").strip()
            ).splitlines()
            sys.exit(f"the peer's {name} ended by itself: {words[-1] if words else f'status {bot.returncode}'}")


def _told(log: Path) -> str:
    return log.read_text(errors="replace") if log.exists() else ""


def _library(work: Path, report: Path, given: argparse.Namespace, port: int) -> Run:
    root = _root(work / "library", given)
    (root / "etc/runtime.yaml").write_text("{}")
    script = Path(__file__).with_name("peer_library.py")
    command = [str(given.peer), str(script), str(root), str(report), str(port), "2"]
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
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**own, "INTELMQ_ROOT_DIR": f"{root}/", "PYTHONWARNINGS": "ignore", "HOME": str(root)}


def _start(command: list[str], root: Path, name: str) -> subprocess.Popen[bytes]:
    log = (root / f"{name}.log").open("wb")
    return subprocess.Popen(command, env=_environment(root), stdout=log, stderr=log, cwd=root, **_account())


def _account() -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _who() -> str:
    return f"user {NOBODY} (IntelMQ refuses root)" if os.geteuid() == 0 else "you"


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
    options = {"port": str(port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": str(work)}
    command = ["redis-server", *(word for name, value in options.items() for word in (f"--{name}", value))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        else:
            sys.exit(f"redis-server did not answer on port {port} in 10 s")
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _ask(port: int, *commands: str) -> str:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall("".join(f"{command}\r\n" for command in (*commands, "QUIT")).encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def _waiting(port: int, names: list[str]) -> int:
    """Return how many messages stand in the queues before these bots, those in work included."""
    queues = [f"{name}-queue{side}" for name in names for side in ("", "-internal")]
    answers = _ask(port, "SELECT 2", *(f"LLEN {queue}" for queue in queues))  # 2: where its queues are, as shipped
    return sum(int(line[1:]) for line in answers.split("\r\n") if line.startswith(":"))


def _cpu_of_redis(port: int) -> float:
    """Return what this Redis has used of the processor: its own INFO says."""
    figures = dict(line.split(":") for line in _ask(port, "INFO cpu").split("\r\n") if line.count(":") == 1)
    return float(figures["used_cpu_sys"]) + float(figures["used_cpu_user"])
