"""Open what arrives packed: zip, gzip, xz, bzip2, tar and e-mail, nested, within a budget.

Archives are hostile until shown otherwise: nothing is extracted under a name the archive chose,
sizes are counted while reading (never believed), and each refusal has a named reason:

`bomb` (too many bytes, too high a ratio), `too-many-members`, `too-deep`, `path-traversal`,
`encrypted`, `damaged`, `not-a-file` (links and devices), `nothing-inside`, `only-a-link` (a mail that
holds no report but says where one is; the feed may allow that host).
"""

from __future__ import annotations

import bz2
import email
import email.policy
import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast
from uuid import uuid4

BLOCK = 1 << 20
_HEADER = re.compile(rb"^(From |[A-Za-z][A-Za-z0-9-]{1,40}:([ \t]|$))")
_LINK = re.compile(rb"https?://([A-Za-z0-9.-]{1,253})")
_MAIL_HEADERS = (b"from:", b"received:", b"return-path:", b"delivered-to:", b"message-id:", b"mime-version:")


@dataclass(frozen=True, slots=True)
class Member:
    """A file found inside: `outer.zip!inner.csv`, and where its bytes were put."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something inside that was not opened, and why."""

    name: str
    reason: str
    detail: str


@dataclass(slots=True)
class Budget:
    """What one arrival may cost in all; counted down as members are opened."""

    members: int = 10_000
    total_bytes: int = 8 << 30
    ratio: int = 200
    """Unpacked bytes per packed byte; applies above `ratio_free` bytes."""
    ratio_free: int = 16 << 20
    depth: int = 4


class _Refused(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def kind_of(head: bytes) -> str | None:
    """Return zip, gzip, xz, bzip2, tar or mail when the first bytes say so; else None."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    if head.startswith(b"BZh") and head[4:10] == b"1AY&SY":
        return "bzip2"
    if head[257:262] == b"ustar":
        return "tar"
    return "mail" if _is_mail(head) else None


def _is_mail(head: bytes) -> bool:
    # Some senders end the lines of the header in one way and the line after it in another.
    block = head.lstrip(b"\r\n").replace(b"\r\n", b"\n").split(b"\n\n")[0]
    lines = [line for line in block.splitlines() if not line.startswith((b" ", b"\t"))]
    if len(lines) < 3 or not all(_HEADER.match(line) or line.startswith(b">From ") for line in lines[:-1]):
        return False
    lowered = {line.split(b":")[0].lower() + b":" for line in lines}
    return len(lowered & set(_MAIL_HEADERS)) >= 2


def members(
    name: str, path: Path, scratch: Path, budget: Budget | None = None, *, whole: Callable[[bytes], bool] | None = None
) -> Iterator[Member | Refusal]:
    """Yield every file inside `path`, however deep, unpacked into `scratch`; the caller removes that folder.

    A file that is no container is yielded as it is. `whole` may claim a file by its first bytes
    (a mail that is itself a report): it is then yielded unopened.
    """
    yield from _open(name, path, scratch, budget or Budget(), whole or (lambda _: False), depth=0)


def _open(
    name: str, path: Path, scratch: Path, budget: Budget, whole: Callable[[bytes], bool], depth: int
) -> Iterator[Member | Refusal]:
    with path.open("rb") as file:
        head = file.read(65_536)
    kind = None if whole(head) else kind_of(head)
    if kind is None:
        yield Member(name, path)
        return
    if depth >= budget.depth:
        yield Refusal(name, "too-deep", f"packed more than {budget.depth} times")
        return
    found = False
    try:
        for inner in _READERS[kind](name, path, scratch, budget):
            found = True
            if isinstance(inner, Refusal):
                yield inner
            else:
                yield from _open(inner.name, inner.path, scratch, budget, whole, depth + 1)
    except _Refused as refused:
        yield Refusal(name, refused.reason, refused.detail)
        return
    except (zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError, ValueError) as error:
        yield Refusal(name, "damaged", f"{kind}: {error}")
        return
    if not found:
        yield Refusal(name, "nothing-inside", f"{kind} without any file")


def _pour(reader: BinaryIO, packed: int, scratch: Path, budget: Budget) -> Path:
    """Copy `reader` to a new scratch file, counting against the budget."""
    budget.members -= 1
    if budget.members < 0:
        raise _Refused("too-many-members", "more files than the budget allows")
    target, size = scratch / uuid4().hex, 0
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("wb") as out:
            while block := reader.read(BLOCK):
                size += len(block)
                budget.total_bytes -= len(block)
                if budget.total_bytes < 0:
                    raise _Refused("bomb", "unpacks to more bytes than the budget allows")
                if size > budget.ratio_free and size > budget.ratio * max(packed, 1):
                    raise _Refused("bomb", f"unpacks to more than {budget.ratio} times its size")
                out.write(block)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


def _unsafe(inner: str) -> bool:
    parts = inner.replace("\\", "/").split("/")
    return inner.startswith(("/", "\\")) or ".." in parts or re.match(r"^[A-Za-z]:", inner) is not None


def _from_zip(name: str, path: Path, scratch: Path, budget: Budget) -> Iterator[Member | Refusal]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            inner = f"{name}!{info.filename}"
            if info.is_dir():
                continue
            if _unsafe(info.filename):
                yield Refusal(inner, "path-traversal", "the name leads out of the archive")
            elif info.flag_bits & 1:
                yield Refusal(inner, "encrypted", "the member is encrypted")
            else:
                try:
                    with archive.open(info) as reader:
                        yield Member(inner, _pour(cast(BinaryIO, reader), info.compress_size, scratch, budget))
                except (NotImplementedError, RuntimeError) as error:
                    yield Refusal(inner, "damaged", str(error))


def _from_tar(name: str, path: Path, scratch: Path, budget: Budget) -> Iterator[Member | Refusal]:
    with tarfile.open(path, "r:") as archive:
        for info in archive:
            inner = f"{name}!{info.name}"
            if info.isdir():
                continue
            if _unsafe(info.name):
                yield Refusal(inner, "path-traversal", "the name leads out of the archive")
            elif not info.isreg():
                yield Refusal(inner, "not-a-file", "a link or a device")
            elif (reader := archive.extractfile(info)) is not None:
                yield Member(inner, _pour(cast(BinaryIO, reader), info.size, scratch, budget))


def _stream(opener: Callable[[Path], object], suffixes: tuple[str, ...]) -> Callable[..., Iterator[Member | Refusal]]:
    def read(name: str, path: Path, scratch: Path, budget: Budget) -> Iterator[Member | Refusal]:
        inner = Path(name.rsplit("!", 1)[-1]).name
        for suffix in suffixes:
            inner = inner.removesuffix(suffix)
        with opener(path) as reader:  # type: ignore[attr-defined]
            yield Member(f"{name}!{inner}", _pour(reader, path.stat().st_size, scratch, budget))

    return read


_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
"""Parts that say who wrote a mail: no report is in them."""


def _from_mail(name: str, path: Path, scratch: Path, budget: Budget) -> Iterator[Member | Refusal]:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    found, hosts = False, set()
    for number, part in enumerate(message.walk(), start=1):
        if part.is_multipart() or part.get_content_type() in _SIGNATURES:
            continue
        attached = part.get_filename()
        content = part.get_payload(decode=True)
        if (
            attached is None
            and part.get_content_maintype() == "text"
            and part.get_content_disposition() != "attachment"
        ):
            # The words around the attachments; without any they may say where the report is.
            words = content if isinstance(content, bytes) else b""
            hosts |= {host.decode("ascii") for host in _LINK.findall(words)}
            continue
        # The sender's file name is a label only: no path of it is used.
        label = Path((attached or f"part-{number}").replace("\\", "/")).name or f"part-{number}"
        if isinstance(content, bytes) and content:
            found = True
            yield Member(f"{name}!{label}", _pour(io.BytesIO(content), len(content), scratch, budget))
    if hosts and not found:
        shown = ", ".join(sorted(hosts)[:5])
        yield Refusal(
            name, "only-a-link", f"no report, but links to {shown}; a feed may allow hosts whose links it follows"
        )


_READERS: dict[str, Callable[..., Iterator[Member | Refusal]]] = {
    "zip": _from_zip,
    "tar": _from_tar,
    "gzip": _stream(gzip.open, (".gz", ".tgz")),
    "xz": _stream(lzma.open, (".xz",)),
    "bzip2": _stream(bz2.open, (".bz2",)),
    "mail": _from_mail,
}
