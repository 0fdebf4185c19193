"""The portal: a contact answers for chosen findings, proves it, exports; and sees nothing of anybody else."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Browser

from tocsin.base.tenancy import Role, Viewer
from tocsin.findings.models import Finding
from tocsin.notices import actions as notices
from tocsin.notices.models import Claim, Notice
from tocsin.notices.tests.cast import MINH
from tocsin.portal import actions as answering
from tocsin.portal.models import Proof

pytestmark = pytest.mark.django_db(transaction=True)
SignedIn = Callable[..., Client]
OURS, OTHERS = "bv-da-khoa-tinh", "so-khoa-hoc"


def _own() -> list[Finding]:
    return list(Finding.objects.filter(organization=OURS).order_by("-severity_rank", "-id"))


def test_a_contact_answers_about_some_at_once_and_proves_it(town: None, signed_in: SignedIn, tmp_path: Path) -> None:
    client = signed_in(Role.CONTACT, OURS)
    assert client.get("/")["Location"] == "/portal/"
    first, second = _own()[:2]
    home = client.get("/portal/").content.decode()
    assert first.asset in home
    stranger = Finding.objects.filter(organization=OTHERS)[0]
    ids = [str(first.pk), str(second.pk), str(stranger.pk), "x"]
    proof = SimpleUploadedFile("../..\\Biên bản\u202e.pdf", b"%PDF-1.7 xong")
    answered = client.post("/portal/answers/", {"id": ids, "answer": "fixed", "note": "đã tắt", "proof": proof})
    assert answered["Location"] == "/portal/"
    assert {f.owner for f in Finding.objects.filter(pk__in=ids[:2])} == {"says-fixed"}
    assert Finding.objects.get(pk=stranger.pk).owner == "silent"
    kept = Proof.objects.get()
    assert (kept.name, kept.organization_id, kept.findings.count()) == ("Biên bản.pdf", OURS, 2)
    change = first.changes.order_by("-pk")[0]
    assert (change.means, change.by, change.evidence) == ("portal", "contact@team.example", [f"sha256 {kept.sha256}"])
    page = client.get(f"/portal/findings/{first.pk}/").content.decode()
    assert "Biên bản.pdf" in page
    assert "đã tắt" in page
    sent = client.get(f"/portal/proofs/{kept.pk}/")
    assert b"".join(sent) == b"%PDF-1.7 xong"  # type: ignore[arg-type]
    assert sent["Content-Disposition"].startswith("attachment")
    assert (sent["Content-Type"], sent["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert str(first.pk) not in b"".join(client.get("/portal/file/csv/")).decode()  # type: ignore[arg-type]
    assert str(first.pk) in b"".join(client.get("/portal/file/csv/?show=said")).decode()  # type: ignore[arg-type]


def test_what_is_no_proof_records_nothing(town: None, signed_in: SignedIn) -> None:
    client = signed_in(Role.CONTACT, OURS)
    (first, *_) = _own()
    wrong = {
        "tool.exe": b"MZ",
        "anh.png": b"<svg onload=alert(1)>",
        "trang.html": b"<script>",
        "ghi.txt": b"a\0b",
        "rong.pdf": b"",
        "to.pdf": b"%PDF-" + b"0" * (10 * 2**20),
    }
    for name, content in wrong.items():
        file = SimpleUploadedFile(name, content)
        client.post("/portal/answers/", {"id": [str(first.pk)], "answer": "seen", "proof": file})
    for word, more in (("fixing", {}), ("risk-accepted", {"until": "2099-01-01"}), ("", {})):
        client.post("/portal/answers/", {"id": [str(first.pk)], "answer": word, **more})
    assert (Proof.objects.count(), Finding.objects.get(pk=first.pk).owner) == (0, "silent")
    assert signed_in(Role.ANALYST).post("/portal/answers/", {"id": [str(first.pk)]}).status_code == 404


def test_the_team_sees_what_an_organization_sees(town: None, signed_in: SignedIn) -> None:
    client = signed_in(Role.READER)
    (first, *_) = _own()
    home = client.get(f"/portal/?organization={OURS}").content.decode()
    assert first.asset in home
    assert 'name="answer"' not in home
    assert Finding.objects.filter(organization=OTHERS)[0].asset not in home


def test_by_api_only_ones_own_is_answered(town: None, program: Callable[..., Client]) -> None:
    client, now = program(organization=OURS), datetime.now(UTC)
    first, second = _own()[:2]
    stranger = Finding.objects.filter(organization=OTHERS)[0]

    def answer(*ids: object, **more: object) -> int:
        body = {"findings": [str(id_) for id_ in ids], "answer": "risk-accepted", **more}
        return client.post("/api/v1/answers", body, content_type="application/json").status_code

    assert answer(first.pk, stranger.pk, until="2099-01-01", note="x") == 404
    assert answer(first.pk, note="thiết bị sắp bỏ") == 422
    assert Claim.objects.count() == 0
    body = {"findings": [str(first.pk), str(second.pk)], "answer": "false-positive", "note": "bẫy của chúng tôi"}
    assert client.post("/api/v1/answers", body, content_type="application/json").json() == {"answered": 2}
    assert Claim.objects.count() == 2
    notices.rule_all(claims=[c.pk for c in Claim.objects.all()], accept=False, note="đã xem", actor=MINH, now=now)
    changes = {c["what"]: c for c in client.get(f"/api/v1/findings/{first.pk}").json()["changes"]}
    assert (changes["overruled"]["by"], changes["overruled"]["note"]) == ("", "đã xem")
    assert (changes["owner"]["by"].split(" (")[0], changes["owner"]["means"]) == ("token a program", "api")


def test_on_a_phone_a_contact_answers_in_place(
    town: None, browser: Browser, live_server: object, signed_in: SignedIn
) -> None:
    session = signed_in(Role.CONTACT, OURS).cookies[settings.SESSION_COOKIE_NAME].value
    url = live_server.url  # type: ignore[attr-defined]
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="vi-VN")
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])
    page = context.new_page()
    page.goto(f"{url}/")
    page.wait_for_url("**/portal/")
    page.locator("td.pick input").first.check()
    page.click("button[value=seen]")
    page.wait_for_url("**/portal/")
    assert page.locator(".message.success").count() == 1
    context.close()
    assert Finding.objects.filter(organization=OURS, owner="seen").count() == 1


def test_a_contact_sees_what_the_team_knows_of_them_and_proposes_changes(town: None, signed_in: SignedIn) -> None:
    client = signed_in(Role.CONTACT, OURS)
    text = client.get("/portal/organization/").content.decode()
    assert "198.51.100.0/28" in text
    assert f"/organizations/{OURS}/reach/proposal/?contact=" in text
    assert "contact@team.example" in text
    first = client.get("/portal/history/").content.decode()
    assert "TC-" in first
    assert OTHERS not in text + first


def test_a_program_attaches_proof_and_what_is_none_records_nothing(
    town: None, program: Callable[..., Client], tmp_path: Path
) -> None:
    client, first = program(organization=OURS), _own()[0]
    body = {
        "findings": [str(first.pk)],
        "answer": "fixed",
        "proof": {"name": "anh.png", "content": b64encode(b"no").decode()},
    }
    assert client.post("/api/v1/answers", body, content_type="application/json").status_code == 422
    assert not Proof.objects.exists()
    body["proof"] = {"name": "nhật ký.txt", "content": b64encode("đã tắt".encode()).decode()}
    assert client.post("/api/v1/answers", body, content_type="application/json").json() == {"answered": 1}
    [kept] = Proof.objects.filter(findings=first)
    assert answering.place(kept.sha256).read_text() == "đã tắt"
    assert client.get(f"/api/v1/findings/{first.pk}").json()["owner"] == "says-fixed"


def test_what_is_a_strangers_and_what_is_nobodys_cost_and_say_the_same(
    town: None, signed_in: SignedIn, program: Callable[..., Client]
) -> None:
    stranger = Finding.objects.filter(organization=OTHERS)[0]
    notice = Notice.objects.filter(organization=OTHERS)[0]
    proof = answering.File("anh.txt", b"x")
    others = Viewer(None, "o@o.example", Role.CONTACT, frozenset({OTHERS}))
    answering.answer(findings=[stranger], word="seen", actor=others, now=datetime.now(UTC), proof=proof)
    kept = Proof.objects.get()
    nothing = "01a21068-2eaf-7fb1-bd14-5481e22960e1"
    api, contact = program(organization=OURS), signed_in(Role.CONTACT, OURS)
    for client, address, there in (
        (contact, "/portal/findings/{}/", stranger.pk), (contact, "/portal/proofs/{}/", kept.pk), (contact, "/findings/{}/", stranger.pk),
        (contact, "/notices/{}/", notice.pk), (api, "/api/v1/findings/{}", stranger.pk), (api, "/api/v1/notices/{}", notice.pk),
    ):  # fmt: skip
        seen = []
        for id_ in (nothing, there, nothing, there):
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(address.format(id_))
            said = [re.sub(r"'[^']*'", "?", query["sql"]) for query in asked]
            body = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]*', r"\1", answer.content.decode())
            seen.append((answer.status_code, body.replace(str(id_), "ID"), said))
        # The first request of somebody does more than those after it, whatever it asks for.
        assert seen[2][0] == 404, address
        assert seen[2] == seen[3] == seen[1], address
