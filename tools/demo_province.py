"""Write the invented province of the demo: its constituency and its sample reports.

    python tools/demo_province.py        writes src/tocsin/project/demo/

Everything in it is invented: names, people, numbers. Addresses are those of documentation (RFC 5737,
RFC 3849), names end in `.example`. The files are committed; this is how they were made.

So that every page and every check has something to show, the province has a past (districts and
communes that were merged on 2025-07-01), one overlap, one gap, one organization without contact, one
without anything, and one whose parent has ended. Reports in CSV are about organizations that can be
told; what nobody holds, and rows that are none, come in the other formats.
"""

from __future__ import annotations

import csv
import io
import json
import random
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "src" / "tocsin" / "project" / "demo"
ASCII = str.maketrans("ĐđÔôƠơƯư", "DdOoOoUu")
MERGED, BEFORE = "2025-07-01", "2025-06-30"
"""The day on which the invented reform came into force, and the last day before it."""
GIVEN = ["Mẫu", "Thí Dụ", "Ví Dụ", "Giả Định", "Minh Họa", "Thử Nghiệm"]
FAMILY = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi"]


def plain(text: str) -> str:
    """Return the text in lower case ASCII with hyphens."""
    parts = unicodedata.normalize("NFD", text.translate(ASCII))
    return "".join(c for c in parts if not unicodedata.combining(c)).lower().replace(" ", "-")


@dataclass
class Town:
    """The constituency as it is written down, one organization after the other."""

    organizations: list[dict[str, Any]] = field(default_factory=list)
    n_people: int = 0

    def person(self) -> str:
        """Return the next invented person."""
        n = self.n_people
        self.n_people += 1
        middle = "Thị" if n % 3 == 1 else "Văn"
        return f"{FAMILY[n % len(FAMILY)]} {middle} {GIVEN[n % len(GIVEN)]} (giả định)"

    def phone(self) -> str:
        """Return a number that cannot be dialled."""
        return f"+84 000 000 {self.n_people:03d}"

    def add(
        self,
        id_: str,
        vi: str,
        en: str,
        parent: str | None,
        sector: str,
        host: str = "",
        networks: Sequence[Any] = (),
        *,
        people: Sequence[str] = ("security",),
        language: str = "vi",
        **more: Any,
    ) -> dict[str, Any]:
        """Add an organization with a desk for security, and people with these other roles."""
        found: dict[str, Any] = {"id": id_, "name": {"vi": vi, "en": en}}
        if parent:
            found["parent"] = parent
        found |= {"sector": sector, "language": language}
        found |= {key: more[key] for key in ("criticality", "essential") if key in more}
        if networks:
            found["networks"] = list(networks)
        if host:
            found["domains"] = [f"{host}.tinhmau.example", *more.get("domains", [])]
        if "asns" in more:
            found["asns"] = more["asns"]
        contacts = more.get("former", []) + [
            self._contact(role, f"{host}.tinhmau.example", language) for role in people
        ]
        if contacts:
            found["contacts"] = contacts
        found |= {key: more[key] for key in ("valid_from", "valid_to") if key in more}
        self.organizations.append(found)
        return found

    def _contact(self, role: str, domain: str, language: str) -> dict[str, Any]:
        if role == "security":
            return {
                "name": "Bộ phận an toàn thông tin (giả định)" if language == "vi" else "Security desk (invented)",
                "email": f"antoan@{domain}",
                "roles": ["security"],
                "language": language,
            }
        name = self.person()
        mailbox = {"head": "lanhdao", "technical": "kythuat", "duty": "truc"}[role]
        return {
            "name": name, "email": f"{mailbox}@{domain}", "roles": [role], "phone": self.phone(), "language": language,
        }  # fmt: skip


DEPARTMENTS = [
    ("so-y-te", "Sở Y tế", "Department of Health", "health", "soyte"),
    ("so-giao-duc", "Sở Giáo dục và Đào tạo", "Department of Education and Training", "education", "sogiaoduc"),
    ("so-tai-chinh", "Sở Tài chính", "Department of Finance", "finance", "sotaichinh"),
    ("so-noi-vu", "Sở Nội vụ", "Department of Home Affairs", "government", "sonoivu"),
    ("so-xay-dung", "Sở Xây dựng", "Department of Construction", "transport", "soxaydung"),
    ("so-khoa-hoc", "Sở Khoa học và Công nghệ", "Department of Science and Technology", "digital", "sokhoahoc"),
    ("so-nong-nghiep", "Sở Nông nghiệp và Môi trường", "Department of Agriculture and Environment", "water", "sonongnghiep"),
    ("so-cong-thuong", "Sở Công Thương", "Department of Industry and Trade", "energy", "socongthuong"),
    ("so-van-hoa", "Sở Văn hóa, Thể thao và Du lịch", "Department of Culture, Sports and Tourism", "culture", "sovanhoa"),
    ("trung-tam-hanh-chinh-cong", "Trung tâm Phục vụ hành chính công", "Public Service Centre", "government", "hanhchinhcong"),
    ("so-tu-phap", "Sở Tư pháp", "Department of Justice", "government", "sotuphap"),
    ("thanh-tra-tinh", "Thanh tra tỉnh Mẫu", "Mau Provincial Inspectorate", "government", "thanhtra"),
    ("so-dan-toc", "Sở Dân tộc và Tôn giáo", "Department of Ethnic and Religious Affairs", "government", "sodantoc"),
]  # fmt: skip
HOSPITALS = [
    ("bv-da-khoa-tinh", "Bệnh viện Đa khoa tỉnh Mẫu", "Mau Provincial General Hospital", "bvtinh", "critical"),
    ("bv-san-nhi", "Bệnh viện Sản Nhi tỉnh Mẫu", "Mau Women's and Children's Hospital", "bvsannhi", "high"),
    ("bv-thung-mau", "Bệnh viện Đa khoa Thung Mẫu", "Thung Mau General Hospital", "bvthungmau", "high"),
    ("bv-y-hoc-co-truyen", "Bệnh viện Y học cổ truyền Mẫu", "Mau Hospital of Traditional Medicine", "bvyhct", "medium"),
]
SCHOOLS = [
    ("thpt-so-1", "Trường THPT số 1 tỉnh Mẫu", "Upper Secondary School No. 1", "thpt1"),
    ("thpt-chuyen", "Trường THPT Chuyên tỉnh Mẫu", "Upper Secondary School for the Gifted", "chuyen"),
    ("cd-nghe", "Trường Cao đẳng Nghề tỉnh Mẫu", "Mau Vocational College", "cdnghe"),
    ("thpt-noi-tru", "Trường THPT Dân tộc nội trú tỉnh Mẫu", "Mau Ethnic Boarding School", "noitru"),
]
COMMUNES = [
    "Suối Mẫu", "Bản Thí Dụ", "Nà Ví Dụ", "Thung Mẫu", "Đèo Mẫu", "Hồ Thí Dụ", "Phiêng Mẫu", "Khe Ví Dụ", "Mường Mẫu", "Lũng Thí Dụ",
    "Đồng Mẫu", "Tả Ví Dụ", "Sín Mẫu", "Chiềng Thí Dụ", "Cốc Mẫu", "Nậm Ví Dụ", "Pha Mẫu", "Y Thí Dụ", "Ô Ví Dụ", "Ấp Mẫu",
]  # fmt: skip
WARDS = ["Đường Mẫu", "Chợ Thí Dụ", "Bến Ví Dụ", "Thành Mẫu"]


def constituency() -> list[dict[str, Any]]:
    """Return the organizations: a people's committee, departments and what is below them, communes, and what was."""
    town = Town()
    town.add(
        "ubnd-tinh", "Ủy ban nhân dân tỉnh Mẫu (giả định)", "People's Committee of Mau Province (invented)", None, "government", "",
        ["203.0.113.0/24", "2001:db8:1000::/36"], people=(), criticality="critical", asns=[64500],
    ).update(
        domains=["tinhmau.example"],
        contacts=[
            {"name": "Bộ phận an toàn thông tin (giả định)", "email": "antoan@tinhmau.example", "roles": ["security"], "language": "vi"},
            {"name": town.person(), "email": "lanhdao@tinhmau.example", "roles": ["head"], "phone": town.phone(), "language": "vi"},
        ],
    )  # fmt: skip
    for n, (id_, vi, en, sector, host) in enumerate(DEPARTMENTS):
        more: dict[str, Any] = {}
        networks: list[Any] = [f"203.0.113.{n * 8}/29", f"2001:db8:1{n:03x}::/48"]
        if id_ == "so-y-te":
            left = {"name": town.person(), "email": "phutrach@soyte.tinhmau.example", "roles": ["security"], "language": "vi", "valid_to": "2026-05-31"}  # fmt: skip
            more = {"former": [left], "criticality": "high"}
        if id_ == "so-nong-nghiep":
            networks.append({"cidr": "2001:db8:1fff::/48", "valid_from": "2020-01-01", "valid_to": "2026-03-31"})
        if id_ == "trung-tam-hanh-chinh-cong":
            more = {"essential": True, "criticality": "high", "domains": ["dichvucong.tinhmau.example"]}
        town.add(id_, vi, en, "ubnd-tinh", sector, host, networks, people=("security", "head"), **more)
    for n, (id_, vi, en, host, criticality) in enumerate(HOSPITALS):
        people = ("security", "duty") if n == 0 else ("security",)
        town.add(id_, vi, en, "so-y-te", "health", host, [f"198.51.100.{n * 16}/28"], people=people, criticality=criticality, essential=n < 3)  # fmt: skip
    town.add("tt-kiem-soat-benh-tat", "Trung tâm Kiểm soát bệnh tật tỉnh Mẫu", "Mau Centre for Disease Control", "so-y-te", "health", "cdc", ["198.51.100.224/29"], criticality="high", essential=True)  # fmt: skip
    for n, (id_, vi, en, host) in enumerate(SCHOOLS):
        town.add(id_, vi, en, "so-giao-duc", "education", host, [f"198.51.100.{64 + n * 16}/28"])
    # Nobody of the political school has the role security: whoever is there is told.
    town.add("truong-chinh-tri", "Trường Chính trị tỉnh Mẫu", "Mau Political School", "ubnd-tinh", "education", "chinhtri", ["198.51.100.232/29"], people=("head",))  # fmt: skip
    town.add("trung-tam-cntt", "Trung tâm Công nghệ thông tin và Truyền thông", "Centre for Information Technology and Communications", "so-khoa-hoc", "digital", "cntt", ["203.0.113.160/28", "203.0.113.224/28"], people=("security", "technical"), criticality="high")  # fmt: skip
    # The overlap: both centres say that they hold 203.0.113.224/28.
    town.add("trung-tam-du-lieu", "Trung tâm Dữ liệu tỉnh Mẫu", "Mau Data Centre", "so-khoa-hoc", "digital", "dulieu", ["203.0.113.128/27", "203.0.113.224/28", "2001:db8:2000::/48"], people=("security", "duty"), criticality="critical", essential=True, asns=[64501])  # fmt: skip
    town.add("dai-phat-thanh", "Đài Phát thanh và Truyền hình Mẫu", "Mau Radio and Television", "ubnd-tinh", "culture", "ptth", ["203.0.113.176/28"], criticality="high")  # fmt: skip
    town.add("cong-ty-cap-nuoc", "Công ty Cổ phần Cấp nước Mẫu", "Mau Water Supply Company", "so-xay-dung", "water", "capnuoc", ["203.0.113.192/28"], people=("security", "technical"), language="en", criticality="high", essential=True)  # fmt: skip
    town.add("cong-ty-dien-luc", "Công ty Điện lực Mẫu", "Mau Power Company", "so-cong-thuong", "energy", "dienluc", ["203.0.113.208/28"], people=("security", "duty"), criticality="critical", essential=True)  # fmt: skip
    # Holds something, but nobody can be told.
    town.add("tram-quan-trac", "Trạm Quan trắc môi trường Mẫu", "Mau Environmental Monitoring Station", "so-nong-nghiep", "water", "quantrac", ["203.0.113.240/29"], people=())  # fmt: skip
    # Being set up: nothing yet.
    town.add("ban-quan-ly-kcn", "Ban Quản lý các khu công nghiệp Mẫu", "Mau Industrial Zones Authority", "ubnd-tinh", "industry", people=())  # fmt: skip
    took_over: dict[int, list[Any]] = {
        0: [{"cidr": "198.51.100.240/29", "valid_from": MERGED}],
        # The gap: nobody held it from July to August.
        1: [{"cidr": "198.51.100.248/30", "valid_from": "2025-09-01"}],
        2: [{"cidr": "198.51.100.252/30", "valid_from": MERGED}],
    }
    for n, name in enumerate((*COMMUNES, *WARDS)):
        kind, kind_en, begin = ("xã", "Commune", "xa") if n < len(COMMUNES) else ("phường", "Ward", "phuong")
        networks = [f"198.51.100.{128 + n * 4}/30", *took_over.get(n, [])]
        if n == 0:
            networks[0] = {"cidr": networks[0], "valid_from": MERGED}
        id_, en = f"{begin}-{plain(name)}", plain(name).replace("-", " ").title()
        town.add(id_, f"UBND {kind} {name}", f"People's Committee of {en} {kind_en}", "ubnd-tinh", "government", plain(name).replace("-", ""), networks, criticality="low" if n > 11 else "medium")  # fmt: skip
    _past(town)
    return town.organizations


def _past(town: Town) -> None:
    """Add what ended with the reform."""
    until = {"valid_to": BEFORE}
    town.add("huyen-mau", "UBND huyện Mẫu (đã kết thúc hoạt động)", "People's Committee of Mau District (dissolved)", "ubnd-tinh", "government", people=(), **until).update(
        networks=[{"cidr": "198.51.100.240/29", **until}, {"cidr": "198.51.100.248/30", **until}],
        domains=[{"name": "huyenmau.tinhmau.example", **until}],
        contacts=[{"name": town.person(), "email": "vanphong@huyenmau.tinhmau.example", "roles": ["security"], "language": "vi", **until}],
    )  # fmt: skip
    town.add("xa-vi-du-thuong", "UBND xã Ví Dụ Thượng (đã sáp nhập)", "People's Committee of Upper Vi Du Commune (merged)", "huyen-mau", "government", people=(), **until).update(
        networks=[{"cidr": "198.51.100.252/30", **until}],
        contacts=[{"name": town.person(), "email": "vanphong@viduthuong.tinhmau.example", "roles": ["head"], "language": "vi", **until}],
    )  # fmt: skip
    # Still there, below a district that is not.
    town.add("ttyt-mau", "Trung tâm Y tế khu vực Mẫu", "Mau Area Health Centre", "huyen-mau", "health", "ttytmau", ["203.0.113.248/30"], essential=True)  # fmt: skip


def ignored() -> list[dict[str, str]]:
    """Return the ignore list."""
    return [
        {"value": "192.0.2.0/28", "reason": "Máy quét của đội ứng cứu (giả định)"},
        {"value": "AS64510", "reason": "Hố chặn của đối tác (giả định)"},
        {"value": "scan.tinhmau.example", "reason": "Máy quét thử nghiệm (giả định)", "valid_from": "2026-01-01", "valid_to": "2026-06-30"},
    ]  # fmt: skip


def table(names: Iterable[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV text with every cell in quotes."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue()


def scan(day: str, hosts: list[tuple[str, int, str]], columns: dict[str, str], severity: str, protocol: str = "tcp") -> str:  # fmt: skip
    """Return a Shadowserver scan report of these (address, port, tag)."""
    names = ["timestamp", "severity", "ip", "protocol", "port", "hostname", "tag", "asn", "geo", "region", "city", "naics", "hostname_source", "sector", *columns]  # fmt: skip
    return table(
        names,
        (
            [f"{day} {n % 24:02d}:{n * 7 % 60:02d}:{n * 13 % 60:02d}", severity, address, protocol, port, "", tag, 64500, "VN", "MAU", "MAU", 0, "", "", *columns.values()]
            for n, (address, port, tag) in enumerate(hosts)
        ),
    )  # fmt: skip


def sinkhole(addresses: Sequence[str]) -> str:
    """Return a Shadowserver report of infected machines that called a sinkhole."""
    names = ["timestamp", "severity", "protocol", "src_ip", "src_port", "src_asn", "src_geo", "src_region", "src_city", "src_hostname", "src_naics", "src_sector",
             "dst_ip", "dst_port", "dst_asn", "dst_geo", "infection", "family", "tag"]  # fmt: skip
    return table(
        names,
        (
            [f"2026-11-22 {n + 1:02d}:15:00", "high", "tcp", address, 40000 + n, 64500, "VN", "MAU", "MAU", "", 0, "",
             "192.0.2.80", 80, 64510, "ZZ", "samplebot", "samplebot", "sinkhole"]
            for n, address in enumerate(addresses)
        ),
    )  # fmt: skip


def websites(hosts: Sequence[tuple[str, str, str]]) -> str:
    """Return a Shadowserver report of compromised websites: (address, host, path)."""
    names = ["timestamp", "severity", "ip", "port", "protocol", "asn", "geo", "region", "city", "http_host", "category", "tag", "url", "redirect_target", "infection"]  # fmt: skip
    return table(
        names,
        (
            [f"2026-11-22 {n + 3:02d}:05:00", "critical", address, 443, "tcp", 64500, "VN", "MAU", "MAU", host, "", "injected-code", path, "", "sample-webshell"]
            for n, (address, host, path) in enumerate(hosts)
        ),
    )  # fmt: skip


def reports() -> dict[str, str]:
    """Return the sample reports by file name."""
    dice = random.Random(2015)
    every = [f"198.51.100.{n}" for n in range(1, 239)] + [
        f"203.0.113.{n}" for n in (*range(1, 104), *range(129, 158), *range(161, 222))
    ]
    pick = lambda n: sorted(dice.sample(every, n))
    files: dict[str, str] = {}
    stable = sorted({*pick(12), "198.51.100.3", "203.0.113.44"})
    for day in ("2026-11-20", "2026-11-21", "2026-11-22"):
        rdp = [(a, 3389, "rdp") for a in stable[: 14 if day != "2026-11-22" else 9]]
        files[f"{day}-scan_rdp-mau.csv"] = scan(day, rdp, {"handshake": "", "rdp_protocol": "RDP"}, "high")
    day = "2026-11-22"
    for report, n, port, severity, protocol, columns in (
        ("scan_smb", 9, 445, "high", "tcp", {"smb_implant": "N", "arch": ""}),
        ("scan_snmp", 17, 161, "medium", "udp", {"sysdesc": "Linux router (example)", "version": "2"}),
        ("scan_ssl_poodle", 21, 443, "low", "tcp", {"cipher_suite": "TLS_RSA_WITH_RC4_128_SHA", "ssl_poodle": "Y"}),
        ("scan_dns", 8, 53, "medium", "udp", {"min_amplification": "4.7", "dns_version": "example"}),
        ("scan_elasticsearch", 4, 9200, "critical", "tcp", {"version": "7.0.0", "cluster_name": "mau"}),
        ("scan_telnet", 7, 23, "medium", "tcp", {"banner": "login:"}),
    ):
        hosts = [(a, port, report.removeprefix("scan_")) for a in pick(n)]
        files[f"{day}-{report}-mau.csv"] = scan(day, hosts, columns, severity, protocol)
    # One host in each of three organizations.
    exchange = [
        (a, 443, "exchange;vulnerable;cve-2026-0001") for a in ("198.51.100.5", "198.51.100.133", "203.0.113.42")
    ]
    files[f"{day}-scan_exchange-mau.csv"] = scan(day, exchange, {"version": "15.2.0.0"}, "critical")
    files[f"{day}-event4_sinkhole-mau.csv"] = sinkhole(sorted({*pick(6), "198.51.100.241"}))
    files[f"{day}-compromised_website-mau.csv"] = websites(
        [
            ("203.0.113.66", "sovanhoa.tinhmau.example", "images/sample-shell.php"),
            ("198.51.100.70", "thpt1.tinhmau.example", "wp-includes/sample.php"),
            ("198.51.100.186", "chiengthidu.tinhmau.example", "upload/sample.php"),
        ]
    )
    files |= _other_formats(pick)
    return files


def _other_formats(pick: Any) -> dict[str, str]:
    """Return what comes in other formats; with some that nobody holds, some that is ignored, some that is none."""
    eve = []
    # 203.0.113.226 is held by two; 203.0.113.242 by somebody who cannot be told; 192.0.2.x by nobody.
    for n, address in enumerate(
        [*pick(8), "203.0.113.226", "203.0.113.242", "192.0.2.130", "192.0.2.131", "192.0.2.5"]
    ):
        eve.append({"timestamp": f"2026-11-22T{n + 2:02d}:20:31.120000+0700", "flow_id": 1000 + n, "event_type": "alert", "src_ip": address, "src_port": 51000 + n, "dest_ip": "192.0.2.66", "dest_port": 443, "proto": "TCP", "app_proto": "tls",
                    "alert": {"action": "allowed", "gid": 1, "signature_id": 9000001, "rev": 1, "signature": "EXAMPLE C2 beacon of SampleLoader", "category": "A Network Trojan was detected", "severity": 1}})  # fmt: skip
    lines = [json.dumps(row) for row in eve]
    lines.insert(5, '{"timestamp": "2026-11-22T07:20:31.1200')  # cut off, as when a disk is full
    n6 = [
        {"id": f"{n:032x}", "source": "demo.bots", "restriction": "public", "confidence": "medium", "category": category, "time": f"2026-11-22T{n + 4:02d}:17:27Z", "name": name, "address": [{"ip": address, "cc": "VN", "asn": 64500}], **more}
        for n, (category, name, address, more) in enumerate(
            [
                ("bots", "samplebot", "198.51.100.227", {"dip": "192.0.2.80", "dport": 80, "proto": "tcp"}),
                ("bots", "sampleminer", "203.0.113.213", {"dip": "192.0.2.81", "dport": 3333, "proto": "tcp"}),
                ("amplifier", "", "203.0.113.195", {"dport": 123, "proto": "udp"}),
                ("scanning", "", "198.51.100.34", {"dport": 22, "proto": "tcp"}),
                ("bots", "samplebot", "192.0.2.140", {"dip": "192.0.2.80", "dport": 80, "proto": "tcp"}),
            ]
        )
    ]  # fmt: skip
    intelmq = [
        {"classification.type": kind, "classification.taxonomy": taxonomy, "source.ip": address, "source.port": port, "time.source": "2026-11-22T01:00:00+00:00", "time.observation": "2026-11-22T02:00:00+00:00", "feed.name": "Honeypot (invented)", "feed.provider": "team.example"}
        for kind, taxonomy, address, port in [
            ("brute-force", "intrusion-attempts", "198.51.100.82", 40022),
            ("brute-force", "intrusion-attempts", "203.0.113.30", 40023),
            ("scanner", "information-gathering", "198.51.100.158", 40024),
            ("scanner", "information-gathering", "192.0.2.150", 40025),
            ("scanner", "information-gathering", "x.x.x.x", 40026),  # somebody hid the address
        ]
    ]  # fmt: skip
    urlhaus = {
        str(n): [{"dateadded": f"2026-11-22 0{n}:02:03 UTC", "url": url, "url_status": "online", "threat": "malware_download", "tags": ["sample"], "urlhaus_link": f"https://urlhaus.example/url/{n}/", "reporter": "demo"}]
        for n, url in enumerate(("http://dongmau.tinhmau.example/tai-ve/sample.exe", "http://chinhtri.tinhmau.example/x/sample.js", "http://khongcuaai.example/sample.apk"), start=1)
    }  # fmt: skip
    phishing = [
        "http://soyte.tinhmau.example/wp-content/login/index.php", "http://thpt1.tinhmau.example/images/bank/verify.html", "http://nguoila.tinhmau.example/x",
        "https://quantrac.tinhmau.example/ngan-hang/dang-nhap.html", "https://ngan-hang-vi-du.example/otp", "https://suoimau.tinhmau.example/tra-cuu/",
    ]  # fmt: skip
    return {
        "eve-2026-11-22.json": "\n".join(lines) + "\n",
        "n6-2026-11-22.json": "".join(json.dumps(row) + "\n" for row in n6),
        "intelmq-2026-11-22.json": "".join(json.dumps(row) + "\n" for row in intelmq),
        "urlhaus-2026-11-22.json": json.dumps(urlhaus, indent=1) + "\n",
        "phishing-urls.txt": "\n".join(phishing) + "\n",
    }


def main() -> None:
    """Write the files."""
    (FOLDER / "reports").mkdir(parents=True, exist_ok=True)
    head = "# Invented province for the demo: no organization, person or address here is real.\n"
    document = {"version": 1, "organizations": constituency(), "ignored": ignored()}
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)
    (FOLDER / "province.yaml").write_text(head + text, encoding="utf-8")
    for path in (FOLDER / "reports").iterdir():
        path.unlink()
    for name, content in reports().items():
        (FOLDER / "reports" / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
