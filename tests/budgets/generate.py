"""Make the data of the budgets, from a seed: a constituency with nested prefixes, and Shadowserver-like scan reports.

Nothing here is real. Rows have the 32 columns of a `scan_rdp` report; about 70 in 100 addresses lie
inside the constituency; every asset comes back about five times in three days, so that a window of a
day both keeps and drops; each part covers the same three days, so that late rows arrive.
"""

from __future__ import annotations

import csv
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

ORGANIZATIONS, PREFIXES, DOMAINS, SYSTEMS = 2_000, 10_000, 20_000, 500
CERTIFICATES, HOSTS = 100_000, 200_000
_LENGTHS = np.array([12, 14, 16, 18, 19, 20, 21, 22, 23, 24, 26, 28])
_SHARES = np.array([2, 6, 30, 40, 50, 80, 80, 150, 100, 380, 50, 32]) / 1000
_SYLLABLES = [
    "an",
    "binh",
    "cau",
    "dong",
    "ha",
    "lam",
    "long",
    "mau",
    "nam",
    "phu",
    "son",
    "tam",
    "tay",
    "thanh",
    "xuan",
]
HEADING = [
    "timestamp",
    "severity",
    "ip",
    "protocol",
    "port",
    "hostname",
    "tag",
    "asn",
    "geo",
    "region",
    "city",
    "naics",
    "hostname_source",
    "sector",
    "handshake",
    "rdp_protocol",
    "cert_length",
    "subject_common_name",
    "issuer_common_name",
    "cert_issue_date",
    "cert_expiration_date",
    "sha1_fingerprint",
    "cert_serial_number",
    "ssl_version",
    "signature_algorithm",
    "key_algorithm",
    "sha256_fingerprint",
    "sha512_fingerprint",
    "md5_fingerprint",
    "tlsv13_support",
    "tlsv13_cipher",
    "jarm",
]


@dataclass(frozen=True, slots=True)
class Prefixes:
    """IPv4 prefixes, nested in each other, and the number of the organization that holds each."""

    first: np.ndarray
    length: np.ndarray
    organization: np.ndarray


def prefixes() -> Prefixes:
    """Return the same prefixes every time, none twice."""
    random = np.random.default_rng(20)
    length = random.choice(_LENGTHS, 4 * PREFIXES, p=_SHARES / _SHARES.sum())
    block = random.integers(20, 60, 4 * PREFIXES).astype(np.uint64) << np.uint64(24)
    address = block | random.integers(0, 1 << 24, 4 * PREFIXES).astype(np.uint64)
    shift = (32 - length).astype(np.uint64)
    first = (address >> shift) << shift
    _, unlike = np.unique(first << np.uint64(8) | length.astype(np.uint64), return_index=True)
    chosen = np.sort(unlike)[:PREFIXES]
    return Prefixes(first[chosen], length[chosen], random.integers(0, ORGANIZATIONS, len(chosen)))


def dotted(addresses: np.ndarray) -> pl.Series:
    """Return IPv4 numbers as text."""
    octets = pl.DataFrame({str(shift): (addresses >> shift) & 255 for shift in (24, 16, 8, 0)})
    return octets.select(pl.concat_str(pl.all(), separator=".")).to_series()


def constituency(path: Path) -> Path:
    """Write the constituency as YAML."""
    random = np.random.default_rng(21)
    held = prefixes()
    lines: dict[int, dict[str, list[str]]] = {
        n: {"networks": [], "domains": [], "asns": []} for n in range(ORGANIZATIONS)
    }
    texts = dotted(held.first).to_list()
    for text, length, organization in zip(texts, held.length, held.organization, strict=True):
        lines[int(organization)]["networks"].append(f"{text}/{length}")
    for n, organization in enumerate(random.integers(0, ORGANIZATIONS, DOMAINS)):
        lines[int(organization)]["domains"].append(domain(n))
    for n, organization in enumerate(random.integers(0, ORGANIZATIONS, SYSTEMS)):
        lines[int(organization)]["asns"].append(str(60_000 + n))
    with path.open("w", encoding="utf-8") as file:
        file.write("version: 1\norganizations:\n")
        for n, parts in lines.items():
            file.write(f"- id: org-{n:04d}\n  name: {{en: Invented organization {n}}}\n")
            for name, values in parts.items():
                if values:
                    file.write(f"  {name}: [{', '.join(values)}]\n")
    return path


def domain(n: int) -> str:
    """Return the n-th registered domain."""
    return f"{_SYLLABLES[n % 15]}{_SYLLABLES[n // 15 % 15]}{n}.example"


def _hexadecimal(random: np.random.Generator, n: int, size: int, separator: str = "") -> list[str]:
    return [
        separator.join(f"{byte:02X}" for byte in row)
        for row in random.integers(0, 256, (n, size), dtype=np.uint8).tolist()
    ]


def _certificates(random: np.random.Generator) -> pl.DataFrame:
    n = CERTIFICATES
    names = [f"SRV{k:06d}.{_SYLLABLES[k % 15]}.example" for k in range(n)]
    return pl.DataFrame(
        {
            "cert_length": random.integers(700, 2200, n),
            "subject_common_name": names,
            "issuer_common_name": names,
            "cert_issue_date": [f"2026-{1 + k % 6:02d}-{1 + k % 28:02d} 02:22:06" for k in range(n)],
            "cert_expiration_date": [f"2026-{7 + k % 6:02d}-{1 + k % 28:02d} 02:22:06" for k in range(n)],
            "sha1_fingerprint": _hexadecimal(random, n, 20, ":"),
            "cert_serial_number": _hexadecimal(random, n, 16),
            "ssl_version": random.integers(0, 4, n),
            "signature_algorithm": ["sha256WithRSAEncryption" if k % 3 else "sha1WithRSAEncryption" for k in range(n)],
            "key_algorithm": ["rsaEncryption"] * n,
            "sha256_fingerprint": _hexadecimal(random, n, 32, ":"),
            "sha512_fingerprint": _hexadecimal(random, n, 64, ":"),
            "md5_fingerprint": _hexadecimal(random, n, 16, ":"),
            "jarm": _hexadecimal(random, n, 31),
        }
    )


def reports(folder: Path, rows: int, *, rows_per_part: int) -> list[Path]:
    """Write `rows` rows as CSV reports of at most `rows_per_part` rows. Return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(22)
    certificates, held = _certificates(random), prefixes()
    n_assets = max(50_000, rows // 5)
    inside = random.integers(0, len(held.first), n_assets)
    size = np.uint64(1) << (32 - held.length[inside]).astype(np.uint64)
    address = held.first[inside] + random.integers(0, 1 << 40, n_assets).astype(np.uint64) % size
    elsewhere = random.integers(130 << 24, 160 << 24, n_assets).astype(np.uint64)
    ips = dotted(np.where(random.random(n_assets) < 0.7, address, elsewhere))
    asn = np.where(
        random.random(n_assets) < 0.5,
        random.integers(60_000, 60_000 + SYSTEMS, n_assets),
        random.integers(1000, 59_000, n_assets),
    )
    hosts = pl.Series(
        [f"host{k}.{domain(k % DOMAINS)}" if k % 2 else f"static-{k}.pool{k % 5000}.invalid" for k in range(HOSTS)]
    )
    host, named = random.integers(0, HOSTS, n_assets), random.random(n_assets) < 0.6
    certificate = random.integers(0, CERTIFICATES, n_assets)
    paths = []
    for part, begin in enumerate(range(0, rows, rows_per_part)):
        n = min(rows_per_part, rows - begin)
        random = np.random.default_rng([23, part])
        asset = random.integers(0, n_assets, n)
        seconds = np.sort(random.integers(0, 3 * 86_400, n))
        times = (np.datetime64("2026-11-18T00:00:00") + seconds.astype("timedelta64[s]")).astype("datetime64[ms]")
        table = pl.DataFrame({"timestamp": times}).select(pl.col("timestamp").dt.strftime("%Y-%m-%d %H:%M:%S"))
        table = table.with_columns(
            severity=pl.lit("high"),
            ip=ips.gather(asset.astype(np.uint32)),
            protocol=pl.lit("tcp"),
            port=pl.Series(np.where(asset % 10 < 8, 3389, 3388 + asset % 5)),
            hostname=pl.when(pl.Series(named[asset])).then(hosts.gather(host[asset].astype(np.uint32))),
            tag=pl.when(pl.Series(asset % 7 == 0)).then(pl.lit("rdp;cve-2019-0708")).otherwise(pl.lit("rdp")),
            asn=pl.Series(asn[asset]),
            geo=pl.lit("ZZ"),
            region=pl.lit("MAU"),
            city=pl.lit("MAU"),
            naics=pl.lit(517311),
            hostname_source=pl.lit("ptr"),
            sector=pl.when(pl.Series(asset % 3 == 0)).then(pl.lit("Information Technology")),
            handshake=pl.lit(None, pl.String),
            rdp_protocol=pl.lit("RDP"),
            tlsv13_support=pl.lit("N"),
            tlsv13_cipher=pl.lit(None, pl.String),
        )
        table = pl.concat([table, certificates[certificate[asset].astype(np.uint32)]], how="horizontal").select(HEADING)
        path = folder / f"2026-11-{20 + part % 3}-scan_rdp-part{part:03d}.csv"
        table.write_csv(path, quote_style="non_numeric")
        paths.append(path)
    return paths


PER_PART = 500_000


def prepared(work: Path, rows: int) -> list[Path]:
    """Return the reports of `rows` rows in the work folder, made if they are not there whole."""
    folder = work / f"rows-{rows}"
    if not (folder / "complete").exists():
        reports(folder, rows, rows_per_part=PER_PART)
        (folder / "complete").touch()
    return sorted(folder.glob("*.csv"))


def first_rows(source: Path, target: Path, rows: int) -> Path:
    """Copy the heading and the first `rows` rows."""
    with source.open(encoding="utf-8", newline="") as read, target.open("w", encoding="utf-8", newline="") as write:
        for n, line in enumerate(read):
            if n > rows:
                break
            write.write(line)
    return target


IN_TEN = 5
"""Rows in ten that the peer gets of an address: with fewer, fewer repeat what was kept."""


def share(sources: list[Path], target: Path, rows: int, whole: int) -> Path:
    """Copy the heading and about `rows` of the `whole` rows: of some addresses, some of their rows.

    A cache that keeps each of these assets once, whenever it comes, keeps about as large a part of the rows as our
    window of a day keeps of all ten million.
    """
    step = max(1, IN_TEN * whole // (10 * rows))
    with target.open("wb") as write:
        for n, source in enumerate(sources):
            with source.open("rb") as read:
                heading = next(read)
                if not n:
                    write.write(heading)
                chosen = (line for line in read if zlib.crc32(line.split(b",", 3)[2]) % step == 0)
                write.writelines(line for line in chosen if zlib.crc32(line) % 10 < IN_TEN)
    return target


def lookup_table(path: Path) -> Path:
    """Write the prefixes as pyasn reads them: the organization's number stands for the AS."""
    held = prefixes()
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("; IP-ASN32-DAT file\n")
        rows = zip(dotted(held.first), held.length, held.organization, strict=True)
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows(
            (f"{ip}/{length}", 1 + int(organization)) for ip, length, organization in rows
        )
    return path
