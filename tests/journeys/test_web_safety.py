"""What every answer carries, what a refused form and an error look like, and what a served installation does over TLS."""

from __future__ import annotations

import http.client
import logging
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.handlers.exception import response_for_exception
from django.test import Client, RequestFactory

from tocsin.accounts import borrowed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("language", "title"), [("en", "The form was not taken"), ("vi", "Biểu mẫu không được nhận")])
def test_a_form_without_its_token_is_refused_in_our_own_words(language: str, title: str) -> None:
    page = Client(enforce_csrf_checks=True, headers={"Accept-Language": language}).post("/sign-in/", {"login": "x"})
    assert page.status_code == 403
    assert title in page.content.decode()
    assert 'class="brand"' in page.content.decode()


@pytest.mark.parametrize(("language", "title"), [("en", "There is nothing here"), ("vi", "Không có gì ở đây")])
def test_a_missing_page_speaks_both_languages(language: str, title: str) -> None:
    page = Client(headers={"Accept-Language": language}).get("/nowhere/")
    assert page.status_code == 404
    assert f'lang="{language}"' in page.content.decode()


def test_an_error_has_a_number_that_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    request = RequestFactory().get("/findings/")
    with caplog.at_level(logging.ERROR):
        try:
            raise RuntimeError("the pump broke")
        except RuntimeError as error:
            page = response_for_exception(request, error)
    number = re.search(r"<strong>([0-9a-f]{8})</strong>", page.content.decode())
    assert (page.status_code, number is not None) == (500, True)
    assert "the pump broke" not in page.content.decode()
    assert f"error {number[1]}: GET /findings/: RuntimeError: the pump broke" in caplog.text  # type: ignore[index]


def test_every_answer_keeps_others_out() -> None:
    for path in ("/sign-in/", "/nowhere/", "/livez"):
        answer = Client().get(path)
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert "form-action 'self'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert "camera=()" in answer["Permissions-Policy"]


def test_every_sentence_of_the_library_that_people_can_meet_is_in_our_catalogue() -> None:
    import allauth

    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
    import translations

    folder = Path(allauth.__file__).parent
    said = {
        text
        for module in borrowed.ALLAUTH
        for context, text, _plural in translations._messages((folder / module).read_text(encoding="utf-8"))
        if context is None
    }
    assert said
    assert said - set(borrowed.SAID) == set()


def test_over_tls_cookies_are_bound_to_the_host_and_only_the_proxy_says_who_comes(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "TOCSIN_HOME": str(tmp_path),
        "DATABASE_URL": "",
        "TOCSIN_BASE_URL": "https://tocsin.team.example",
    }
    subprocess.run([sys.executable, "-m", "tocsin.project.prepare"], env=environment, check=True)
    server = subprocess.Popen([sys.executable, "-m", "tocsin.project.web", str(port)], env=environment)
    try:
        until = time.monotonic() + 30
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                connection.request(
                    "GET", "/sign-in/", headers={"Host": "tocsin.team.example", "X-Forwarded-For": "192.0.2.9"}
                )
                answer = connection.getresponse()
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.1)
        answer.read()
        cookies = answer.headers.get_all("Set-Cookie") or []
        assert any(re.match(r"__Host-tocsin-csrf=.*; Path=/; SameSite=Lax; Secure", cookie) for cookie in cookies), (
            cookies
        )
        assert not any("Domain=" in cookie for cookie in cookies)
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        connection.request("GET", "/sign-in/", headers={"Host": "evil.example"})
        assert connection.getresponse().status == 400
        connection.close()
    finally:
        server.terminate()
        server.wait(20)
