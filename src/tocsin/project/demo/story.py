"""The last nine days of the invented province, lived through the real code: reports come in, owners are warned and answer.

Somebody who opens the demo sees the loop at work: answered and unanswered, mended and only said to be, back and overdue.
Everything here is invented; the reports' dates are moved so that the last night is always last night.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.utils import timezone

from tocsin import roster
from tocsin.base.tenancy import SYSTEM, Role, Viewer
from tocsin.campaigns import actions as campaigns
from tocsin.constituency import actions as constituency
from tocsin.constituency.queries import Selection
from tocsin.findings import actions as findings
from tocsin.findings import queries as finding_queries
from tocsin.intake import actions as intake
from tocsin.notices import actions as notices
from tocsin.notices import queries as noticed
from tocsin.notices.models import Notice
from tocsin.project.work import followup
from tocsin.surveys import actions as surveys
from tocsin.surveys.models import SurveyAnswer
from tocsin.trials import actions as trials

HERE = Path(__file__).parent
WRITTEN = "2026-11-22"
"""The night of which the reports tell as they are written."""
ROUNDS = (9, 6, 4, 3, 2, 1, 0)
"""On which days before now reports come in."""
SAYS = (
    ("fixed", 1.2, "Đã tắt dịch vụ và cập nhật."),
    ("seen", 0.4, ""),
    ("fixing", 0.8, "Đã lên lịch bảo trì cuối tuần."),
    None,
    ("fixed", 2.0, "Đã chặn trên tường lửa."),
    None,
    ("false-positive", 1.0, "Thiết bị này là bẫy thử nghiệm của đơn vị."),
    None,
)  # fmt: skip
"""What an organization answers to its first warning, after how many days, with what note; by its place in the list."""
QUESTIONS = (
    {"kind": "yes-no", "vi": "Đơn vị có đang dùng ExampleMail không?", "en": "Do you run ExampleMail?"},
    {
        "kind": "choice", "vi": "Phiên bản nào?", "en": "Which version?", "required": False,
        "options": [{"vi": "Trước 4.0", "en": "Before 4.0"}, {"vi": "Từ 4.0 trở lên", "en": "4.0 or later"}],
    },
    {"kind": "number", "vi": "Có bao nhiêu máy chủ?", "en": "How many servers?", "required": False},
)  # fmt: skip
SAID = ({"1": "yes", "2": "1", "3": "2"}, {"1": "no"}, {"1": "yes", "2": "2", "3": "1"}, {"1": "no"}, {"1": "unknown"})
"""What those who answer the question say, in turn."""
MENDED = {0: 5, 2: 4, 5: 4}
"""Whose weaknesses are gone from the reports from so many days before now on. The fourth only says so."""


def tell(now: datetime) -> None:
    """Import the province and live its last days."""
    read = roster.read(HERE / "province.yaml")
    began = now - timedelta(days=ROUNDS[0], hours=2)
    constituency.import_all(organizations=read.organizations, ignored=read.ignored, actor=SYSTEM, now=began)
    trial = _try(now - timedelta(days=ROUNDS[0]))
    mended: dict[str, int] = {}
    waiting: dict[int, list[tuple[timedelta, Notice, int]]] = {}
    for place, days in enumerate(ROUNDS):
        at = now - timedelta(days=days)
        _press_on(until=at)
        gone = {asset for asset, since in mended.items() if days <= since}
        arrivals = [
            intake.keep(name=name, content=io.BytesIO(content), now=at, claim=True)
            for name, content in _reports(at, gone=gone, last=days == 0)
        ]
        intake.process(arrivals=arrivals, now=at, fold=findings.fold)
        followup.run(at=at)
        if place == 0:
            waiting = _answers(mended)
        until = timedelta(days=ROUNDS[0] - ROUNDS[place + 1]) if place + 1 < len(ROUNDS) else timedelta()
        for after in sorted(waiting):
            if timedelta(days=after / 10) < until:
                _answer(waiting.pop(after), began=now - timedelta(days=ROUNDS[0]))
        if days == 4:
            _ask(now)
    trials.report(id_=trial, actor=SYSTEM, now=now)
    _campaign(now)


def _try(began: datetime) -> UUID:
    """Start a trial of two texts that the first warnings enter, so that a finished one can be read; return which."""
    day = timezone.localtime(began).date()
    design = {
        "name": "Ví dụ: một câu ngắn ở đầu thư có giúp đơn vị trả lời nhanh hơn không?",
        "question": "Một câu ngắn nói rõ việc cần làm hôm nay có làm nhiều đơn vị trả lời hơn trong ba ngày không?",
        "compares": "text",
        "arms": [
            {"name": "thư thường"},
            {
                "name": "thêm một câu",
                "text_vi": "Xin dành mười phút hôm nay: mở đường dẫn trả lời và cho chúng tôi biết ai sẽ xử lý.",
                "text_en": "Please take ten minutes today: open the link to answer, and tell us who will deal with it.",
            },
        ],
        "unit": "organization",
        "outcome": "answered",
        "within_days": 3,
        "horizon_days": 7,
        "planned_organizations": 60,
        "findings_each": 3,
        "expected_share": 0.4,
        "smallest_difference": 0.25,
        "starts_on": day.isoformat(),
        "ends_on": day.isoformat(),
        "agreed_by": "Trưởng nhóm",
        "agreed_on": (day - timedelta(days=3)).isoformat(),
    }
    made = trials.create(design=design, actor=SYSTEM, now=began)
    trials.register(id_=made.pk, actor=SYSTEM, now=began)
    trials.start(id_=made.pk, actor=SYSTEM, now=began)
    return made.pk


def _ask(now: datetime) -> None:
    """Ask the hospitals, the schools and all that serve the province whether they run a product; half of them answered."""
    at = now - timedelta(days=4)
    wanted = surveys.Wanted(
        title_vi="Đơn vị có dùng phần mềm thư ExampleMail không?",
        title_en="Do you run the mail software ExampleMail?",
        text_vi="Phần mềm thư ExampleMail có lỗ hổng nghiêm trọng đang bị khai thác. Chúng tôi cần biết đơn vị nào đang dùng để hỗ trợ kịp thời.",
        text_en="The mail software ExampleMail has a grave weakness that is being exploited. We need to know who runs it, to help in time.",
        questions=QUESTIONS, selection=Selection(sectors=("health", "education", "digital")), due_on=(now + timedelta(days=5)).date(),
    )  # fmt: skip
    made = surveys.draft(wanted=wanted, actor=SYSTEM, now=at)
    asked = surveys.send(survey=made, actor=SYSTEM, now=at, untested=True)
    surveys.send_mails(now=at)
    for place, (one, said) in enumerate(zip(asked[::2], SAID * len(asked), strict=False)):
        means = (SurveyAnswer.Means.LINK, SurveyAnswer.Means.PORTAL, SurveyAnswer.Means.TEAM)[place % 3]
        own = Viewer(None, f"antoan@{one.organization_id}.example", Role.CONTACT, frozenset({one.organization_id}))
        surveys.answer(
            asked=one, given=said, actor=SYSTEM if means == SurveyAnswer.Means.TEAM else own, means=means, now=at + timedelta(hours=5 * place + 1),
        )  # fmt: skip


def _campaign(now: datetime) -> None:
    """Open a campaign two days ago about what most organizations have."""
    kinds = Counter(
        kind for kind, _ in finding_queries.findings(SYSTEM).order_by().values_list("kind", "organization").distinct()
    )
    (kind, _), *_rest = kinds.most_common(1)
    wanted = campaigns.Wanted(
        f"Xử lý dứt điểm {kind} trong toàn tỉnh",
        f"An end to {kind} in the whole province",
        [kind],
        purpose_vi="Mọi đơn vị có phát hiện này phải đóng hoặc giới hạn truy cập trước hạn.",
        purpose_en="Every organization that has it closes it, or limits who can reach it, before the day.",
        due_on=(now + timedelta(days=5)).date(),
    )
    campaigns.open_campaign(wanted=wanted, actor=SYSTEM, now=now - timedelta(days=2))


def _press_on(*, until: datetime) -> None:
    """Do what falls due between two rounds when it falls due."""
    while (due := noticed.next_step(SYSTEM)) is not None and due < until:
        followup.run(at=due)
        if noticed.next_step(SYSTEM) == due:
            return  # it waits for something else


def _reports(at: datetime, *, gone: set[str], last: bool) -> Iterator[tuple[str, bytes]]:
    """Yield the reports of the night before, without what is gone; lists and events come with the last only."""
    night = (at - timedelta(days=1)).date().isoformat()
    for path in sorted((HERE / "reports").iterdir()):
        if path.name.startswith(WRITTEN) and path.suffix == ".csv":
            if "-scan_" in path.name or last:
                text = path.read_text(encoding="utf-8").replace(WRITTEN, night)
                yield path.name.replace(WRITTEN, night), _without(text, gone).encode()
        elif last and not path.name.startswith("2026-"):
            content = path.read_text(encoding="utf-8").replace(WRITTEN, night)
            yield path.name.replace(WRITTEN, night), content.encode()


def _without(text: str, gone: set[str]) -> str:
    rows = list(csv.reader(io.StringIO(text)))
    place = rows[0].index("ip") if "ip" in rows[0] else rows[0].index("src_ip")
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        row for n, row in enumerate(rows) if n == 0 or row[place] not in gone
    )
    return out.getvalue()


def _answers(mended: dict[str, int]) -> dict[int, list[tuple[timedelta, Notice, int]]]:
    """Say who will answer the first warnings and when (in tenths of days), and note which assets get mended."""
    waiting: dict[int, list[tuple[timedelta, Notice, int]]] = defaultdict(list)
    for n, notice in enumerate(noticed.notices(SYSTEM).filter(state="sent").order_by("organization_id")):
        kind = n % len(SAYS)
        if kind in MENDED:
            mended.update((line.finding.asset, MENDED[kind]) for line in notice.lines.select_related("finding"))
        said = SAYS[kind]
        if said is not None:
            minutes = timedelta(minutes=7 * n)
            waiting[round(10 * said[1])].append((timedelta(days=said[1]) + minutes, notice, kind))
    return waiting


def _answer(answers: list[tuple[timedelta, Notice, int]], *, began: datetime) -> None:
    for after, notice, kind in answers:
        said = SAYS[kind]
        assert said is not None
        at = began + after
        until = (at + timedelta(days=20)).date() if said[0] == "fixing" else None
        by = notice.deliveries.order_by("pk").values_list("recipient", flat=True)[0]
        notices.answer(notice=notice, word=said[0], by=by, means="link", now=at, note=said[2], until=until)
