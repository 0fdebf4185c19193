"""What every channel promises: handed over, or a refusal with a reason that says whether to try again.

And no refusal ever tells a secret. A channel is added here with the few lines that say how its other side
takes, refuses and is away; the letter, which a person carries, is held to what can hold for it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tocsin.channels.chat import send as chat
from tocsin.channels.email import send as email
from tocsin.channels.handover import NotHandedOver, Unavailable
from tocsin.channels.letter import render
from tocsin.channels.letter.content import Letter
from tocsin.channels.tests import rooms
from tocsin.channels.webhook import send as webhook

SECRET = "8x4kq3mz1tbzfkzrpw7j4n5x6h"
TEXT = "Máy chủ RDP mở ra Internet"
NOW = datetime(2026, 11, 25, tzinfo=UTC)


@dataclass
class Side:
    """The other side of a channel: how to hand something over to it, and how to make it refuse."""

    hand_over: Callable[[], str]
    refuse: Callable[[bool], None]
    heard: Callable[[], list[bytes]]


def _closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def by_email(*, away: bool = False) -> Iterator[Side]:
    class Mailbox:
        reply = "250 taken"
        mails: list[bytes] = []

        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the name the library calls
            if self.reply.startswith("250"):
                self.mails.append(bytes(envelope.content or b""))
            return self.reply

    here = Mailbox()
    here.mails = []
    controller = Controller(here, hostname="127.0.0.1", port=_closed_port())
    controller.start()
    port = _closed_port() if away else controller.port

    def hand_over() -> str:
        with email.Server(email.place(f"smtp://127.0.0.1:{port}")) as server:
            return server.send(
                f"Subject: x\r\n\r\n{TEXT}\r\n".encode(), sender="a@team.example", recipient="b@c.example"
            )

    def refuse(for_ever: bool) -> None:
        here.reply = "550 no such mailbox" if for_ever else "451 later"

    try:
        yield Side(hand_over, refuse, lambda: here.mails)
    finally:
        controller.stop()


@contextmanager
def by_chat(*, away: bool = False) -> Iterator[Side]:
    with rooms.opened() as room:
        port = _closed_port() if away else room.port

        def hand_over() -> str:
            address = f"mmost://127.0.0.1:{port}/{SECRET}"
            return chat.send(address, title="TC-2026-000001", text=TEXT, allowed=lambda *_: None)

        def refuse(for_ever: bool) -> None:
            room.answer = 403 if for_ever else 503

        yield Side(hand_over, refuse, lambda: [one.body for one in room.heard])


@contextmanager
def by_webhook(*, away: bool = False) -> Iterator[Side]:
    with rooms.opened() as room:
        port = _closed_port() if away else room.port

        def hand_over() -> str:
            return webhook.send(
                f"http://127.0.0.1:{port}/{SECRET}", TEXT.encode(), secret=SECRET, delivery="d", event="notice", at=NOW,
                connect=lambda host, at, _: socket.create_connection((host, at)),
            )  # fmt: skip

        def refuse(for_ever: bool) -> None:
            room.answer = 410 if for_ever else 503

        yield Side(hand_over, refuse, lambda: [one.body for one in room.heard])


CHANNELS = [by_email, by_chat, by_webhook]
every = pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.__name__)


@every
def test_what_is_taken_arrived_and_the_other_side_is_quoted(channel: Callable[..., object]) -> None:
    with channel() as side:  # type: ignore[attr-defined]
        assert side.hand_over().strip()
        [content] = side.heard()
        assert TEXT.encode() in content or TEXT.encode("ascii", "backslashreplace").replace(b"\\x", b"\\u00") in content


@every
@pytest.mark.parametrize("for_ever", [True, False])
def test_a_refusal_says_whether_to_try_again_and_tells_no_secret(
    channel: Callable[..., object], for_ever: bool
) -> None:
    with channel() as side:  # type: ignore[attr-defined]
        side.refuse(for_ever)
        with pytest.raises(NotHandedOver) as refused:
            side.hand_over()
        assert refused.value.permanent is for_ever
        assert refused.value.failure
        assert str(refused.value)
        assert SECRET not in f"{refused.value!r}{refused.value.__cause__!r}{refused.value.__context__!r}"


@every
def test_another_side_that_is_away_is_never_given_up_for_good(channel: Callable[..., object]) -> None:
    with channel(away=True) as side:  # type: ignore[attr-defined]
        with pytest.raises((NotHandedOver, Unavailable)) as failed:
            side.hand_over()
        assert getattr(failed.value, "permanent", False) is False
        assert SECRET not in str(failed.value)


def test_a_letter_that_cannot_be_made_says_why_and_its_two_forms_say_the_same() -> None:
    letter = Letter(
        "UBND", "Sở", "05/TB-UCSC", "Tỉnh", date(2026, 11, 25), TEXT, ("Bệnh viện",), (TEXT,), "GIÁM ĐỐC", "A"
    )
    assert render.pdf(letter).startswith(b"%PDF-")
    assert render.docx(letter).startswith(b"PK")
    with pytest.raises(render.UnknownForm, match="nowhere"):
        render.pdf(letter, form="nowhere")
