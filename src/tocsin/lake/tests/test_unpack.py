"""What arrives packed is opened within a budget, and what is refused says why."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zipfile
from email.message import EmailMessage
from pathlib import Path

from tocsin.lake.unpack import Budget, Member, Refusal, members

CSV = b"timestamp,ip\n2026-11-20 00:00:00,192.0.2.1\n"


def _zip(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _inside(tmp_path: Path, name: str, content: bytes, budget: Budget | None = None) -> list[Member | Refusal]:
    path = tmp_path / "arrival"
    path.write_bytes(content)
    return list(members(name, path, tmp_path / "scratch", budget))


def _reasons(found: list[Member | Refusal]) -> list[str]:
    return [item.reason for item in found if isinstance(item, Refusal)]


def test_a_plain_file_is_yielded_as_it_is(tmp_path: Path) -> None:
    found = _inside(tmp_path, "report.csv", CSV)
    assert found == [Member("report.csv", tmp_path / "arrival")]


def test_a_zip_in_a_gzip_in_a_mail_is_opened(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "reports@sender.example", "us@team.example", "Báo cáo"
    message["Message-ID"] = "<1@sender.example>"
    message.set_content("Two reports are attached.")
    packed = gzip.compress(_zip({"2026-11-20-scan_rdp-x.csv": CSV}))
    message.add_attachment(packed, maintype="application", subtype="gzip", filename="../../reports.zip.gz")
    (member,) = _inside(tmp_path, "mail.eml", message.as_bytes())
    assert isinstance(member, Member)
    assert member.name == "mail.eml!reports.zip.gz!reports.zip!2026-11-20-scan_rdp-x.csv"
    assert member.path.read_bytes() == CSV


def test_a_mail_whose_header_ends_its_lines_otherwise_and_has_an_empty_field_is_a_mail(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "a@feeds.example", "b@team.example", "<1@feeds.example>"
    message.set_content("see the attachment")
    message.add_attachment(_zip({"scan.csv": CSV}), maintype="application", subtype="zip", filename="scan.zip")
    header, _, body = message.as_bytes().partition(b"\n\n")
    found = _inside(tmp_path, "mail.eml", b"X-Spam-Level:\n" + header + b"\n\r\n" + body)
    assert [item.name for item in found] == ["mail.eml!scan.zip!scan.csv"]


def test_the_signature_of_a_mail_is_no_report(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "a@feeds.example", "b@team.example"
    message.set_content("see the attachment")
    message.add_attachment(CSV, maintype="text", subtype="csv", filename="scan.csv")
    message.add_attachment(b"---", maintype="application", subtype="pgp-signature", filename="signature.asc")
    assert [item.name for item in _inside(tmp_path, "mail.eml", message.as_bytes())] == ["mail.eml!scan.csv"]


def test_xz_and_tar_are_opened(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("folder/a.csv")
        info.size = len(CSV)
        archive.addfile(info, io.BytesIO(CSV))
    (member,) = _inside(tmp_path, "a.tar.xz", lzma.compress(buffer.getvalue()))
    assert isinstance(member, Member)
    assert member.path.read_bytes() == CSV


def test_a_name_that_leads_out_is_refused_and_the_rest_is_opened(tmp_path: Path) -> None:
    found = _inside(tmp_path, "a.zip", _zip({"../../etc/evil": b"x", "C:\\evil": b"x", "good.csv": CSV}))
    assert _reasons(found) == ["path-traversal", "path-traversal"]
    assert [item.name for item in found if isinstance(item, Member)] == ["a.zip!good.csv"]
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {tmp_path, tmp_path / "scratch"}


def test_a_link_in_a_tar_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    assert _reasons(_inside(tmp_path, "a.tar", buffer.getvalue())) == ["not-a-file"]


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    found = _inside(tmp_path, "bomb.zip", _zip({"zeros": b"\0" * (40 << 20)}))
    assert _reasons(found) == ["bomb"]
    assert sum(path.stat().st_size for path in (tmp_path / "scratch").rglob("*")) == 0


def test_the_total_is_counted_over_all_members(tmp_path: Path) -> None:
    files = {f"{number}.bin": bytes(range(256)) * 400 for number in range(20)}
    found = _inside(tmp_path, "many.zip", _zip(files, zipfile.ZIP_STORED), Budget(total_bytes=1_000_000))
    assert _reasons(found) == ["bomb"]


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    found = _inside(tmp_path, "many.zip", _zip({str(number): b"x" for number in range(9)}), Budget(members=5))
    assert _reasons(found) == ["too-many-members"]


def test_packing_without_end_is_refused(tmp_path: Path) -> None:
    content = CSV
    for _ in range(6):
        content = gzip.compress(content)
    assert _reasons(_inside(tmp_path, "deep.gz", content)) == ["too-deep"]


def test_damage_is_named(tmp_path: Path) -> None:
    assert _reasons(_inside(tmp_path, "half.gz", gzip.compress(CSV * 1000)[:-20])) == ["damaged"]
    assert _reasons(_inside(tmp_path, "half.zip", _zip({"a.csv": CSV})[:40])) == ["damaged"]


def test_an_empty_archive_says_so(tmp_path: Path) -> None:
    assert _reasons(_inside(tmp_path, "empty.zip", _zip({}))) == ["nothing-inside"]


def _mail(text: str, *attached: tuple[str, bytes]) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "reports@feed.example", "in@team.example", "Báo cáo"
    message["Message-ID"] = "<1@feed.example>"
    message.set_content(text)
    for name, content in attached:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def test_a_mail_that_only_links_to_its_report_says_where_to(tmp_path: Path) -> None:
    (refusal,) = _inside(tmp_path, "a.eml", _mail("Get it: https://dl.reports.example/x/y?z=1 before Friday."))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "only-a-link"
    assert "links to dl.reports.example;" in refusal.detail


def test_links_beside_an_attachment_are_only_words(tmp_path: Path) -> None:
    (member,) = _inside(tmp_path, "a.eml", _mail("See https://reports.example/", ("a.csv", CSV)))
    assert isinstance(member, Member)


def test_a_mail_without_report_or_link_has_nothing_inside(tmp_path: Path) -> None:
    assert _reasons(_inside(tmp_path, "a.eml", _mail("Hello"))) == ["nothing-inside"]
