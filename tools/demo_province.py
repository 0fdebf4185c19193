"""Write the invented province of the demo: its constituency and its sample reports.

    python tools/demo_province.py        writes src/tocsin/project/demo/

Everything in it is invented: names, people, numbers. Addresses are those of documentation (RFC 5737,
RFC 3849), names end in `.example`. The files are committed; this is how they were made.
"""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "src" / "tocsin" / "project" / "demo"
DEPARTMENTS = [
    ("so-y-te", "Sở Y tế", "Department of Health", "health", "soyte"),
    ("so-giao-duc", "Sở Giáo dục và Đào tạo", "Department of Education and Training", "education", "sogiaoduc"),
    ("so-tai-chinh", "Sở Tài chính", "Department of Finance", "finance", "sotaichinh"),
    ("so-noi-vu", "Sở Nội vụ", "Department of Home Affairs", "government", "sonoivu"),
    ("so-xay-dung", "Sở Xây dựng", "Department of Construction", "transport", "soxaydung"),
    ("so-khoa-hoc", "Sở Khoa học và Công nghệ", "Department of Science and Technology", "digital", "sokhoahoc"),
    (
        "so-nong-nghiep",
        "Sở Nông nghiệp và Môi trường",
        "Department of Agriculture and Environment",
        "water",
        "sonongnghiep",
    ),
    ("so-cong-thuong", "Sở Công Thương", "Department of Industry and Trade", "energy", "socongthuong"),
    (
        "so-van-hoa",
        "Sở Văn hóa, Thể thao và Du lịch",
        "Department of Culture, Sports and Tourism",
        "culture",
        "sovanhoa",
    ),
    (
        "trung-tam-hanh-chinh-cong",
        "Trung tâm Phục vụ hành chính công",
        "Public Service Centre",
        "government",
        "hanhchinhcong",
    ),
]
HOSPITALS = [
    ("bv-da-khoa-tinh", "Bệnh viện Đa khoa tỉnh Mẫu", "Mau Provincial General Hospital", "bvtinh"),
    ("bv-san-nhi", "Bệnh viện Sản Nhi tỉnh Mẫu", "Mau Women's and Children's Hospital", "bvsannhi"),
    ("bv-thung-mau", "Bệnh viện Đa khoa Thung Mẫu", "Thung Mau General Hospital", "bvthungmau"),
]
SCHOOLS = [
    ("thpt-so-1", "Trường THPT số 1 tỉnh Mẫu", "Upper Secondary School No. 1", "thpt1"),
    ("thpt-chuyen", "Trường THPT Chuyên tỉnh Mẫu", "Upper Secondary School for the Gifted", "chuyen"),
    ("cd-nghe", "Trường Cao đẳng Nghề tỉnh Mẫu", "Mau Vocational College", "cdnghe"),
]
COMMUNES = [
    "Suối Mẫu", "Bản Thí Dụ", "Nà Ví Dụ", "Thung Mẫu", "Đèo Mẫu", "Hồ Thí Dụ", "Phiêng Mẫu", "Khe Ví Dụ", "Mường Mẫu", "Lũng Thí Dụ",
    "Đồng Mẫu", "Tả Ví Dụ", "Sín Mẫu", "Chiềng Thí Dụ", "Cốc Mẫu", "Nậm Ví Dụ", "Pha Mẫu", "Y Thí Dụ", "Ô Ví Dụ", "Ấp Mẫu",
]  # fmt: skip
ASCII = str.maketrans("ĐđÔôƠơƯư", "DdOoOoUu")


def plain(text: str) -> str:
    """Return the text in lower case ASCII with hyphens."""
    import unicodedata

    parts = unicodedata.normalize("NFD", text.translate(ASCII))
    return "".join(c for c in parts if not unicodedata.combining(c)).lower().replace(" ", "-")


def constituency() -> list[dict[str, object]]:
    """Return the organizations: a people's committee, departments, hospitals, schools, communes."""

    def contact(domain: str, language: str = "vi") -> list[dict[str, object]]:
        return [
            {
                "name": "Bộ phận an toàn thông tin (giả định)",
                "email": f"antoan@{domain}",
                "roles": ["security"],
                "language": language,
            }
        ]

    found: list[dict[str, object]] = [
        {
            "id": "ubnd-tinh", "name": {"vi": "Ủy ban nhân dân tỉnh Mẫu (giả định)", "en": "People's Committee of Mau Province (invented)"},
            "sector": "government", "language": "vi", "networks": ["203.0.113.0/24", "2001:db8:1000::/36"],
            "domains": ["tinhmau.example"], "asns": [64500], "contacts": contact("tinhmau.example"),
        }
    ]  # fmt: skip

    def add(id_: str, vi: str, en: str, parent: str, sector: str, host: str, networks: list[object]) -> None:
        domain = f"{host}.tinhmau.example"
        found.append({"id": id_, "name": {"vi": vi, "en": en}, "parent": parent, "sector": sector, "language": "vi",
                      "networks": networks, "domains": [domain], "contacts": contact(domain)})  # fmt: skip

    for n, (id_, vi, en, sector, host) in enumerate(DEPARTMENTS):
        add(id_, vi, en, "ubnd-tinh", sector, host, [f"203.0.113.{n * 8}/29", f"2001:db8:1{n:03x}::/48"])
    for n, (id_, vi, en, host) in enumerate(HOSPITALS):
        add(id_, vi, en, "so-y-te", "health", host, [f"198.51.100.{n * 16}/28"])
    for n, (id_, vi, en, host) in enumerate(SCHOOLS):
        add(id_, vi, en, "so-giao-duc", "education", host, [f"198.51.100.{64 + n * 16}/28"])
    for n, name in enumerate(COMMUNES):
        network: object = f"198.51.100.{128 + n * 4}/30"
        if n == 0:
            network = {"cidr": network, "valid_from": "2025-07-01"}
        add(
            f"xa-{plain(name)}",
            f"UBND xã {name}",
            f"People's Committee of {plain(name).replace('-', ' ').title()} Commune",
            "ubnd-tinh",
            "government",
            plain(name).replace("-", ""),
            [network],
        )
    return found


def scan(report: str, day: str, hosts: list[tuple[str, int, str]], columns: dict[str, str], severity: str) -> str:
    """Return a Shadowserver scan report of these (address, port, tag)."""
    out = io.StringIO()
    names = [
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
        *columns,
    ]
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(names)
    for n, (address, port, tag) in enumerate(hosts):
        writer.writerow(
            [
                f"{day} {n % 24:02d}:{n * 7 % 60:02d}:{n * 13 % 60:02d}",
                severity,
                address,
                "tcp",
                port,
                "",
                tag,
                64500,
                "VN",
                "MAU",
                "MAU",
                0,
                "",
                "",
                *columns.values(),
            ]
        )
    return out.getvalue()


def reports() -> dict[str, str]:
    """Return the sample reports by file name."""
    dice = random.Random(2015)
    every = [f"198.51.100.{n}" for n in range(1, 208)] + [f"203.0.113.{n}" for n in range(1, 80)]
    pick = lambda n: sorted(dice.sample(every, n))
    files: dict[str, str] = {}
    stable = pick(14)
    for day in ("2026-11-20", "2026-11-21", "2026-11-22"):
        rdp = [(a, 3389, "rdp") for a in stable[: 14 if day != "2026-11-22" else 9]]
        files[f"{day}-scan_rdp-mau.csv"] = scan("scan_rdp", day, rdp, {"handshake": "", "rdp_protocol": "RDP"}, "high")
    files["2026-11-22-scan_smb-mau.csv"] = scan(
        "scan_smb", "2026-11-22", [(a, 445, "smb") for a in pick(9)], {"smb_implant": "N", "arch": ""}, "high"
    )
    files["2026-11-22-scan_snmp-mau.csv"] = scan(
        "scan_snmp",
        "2026-11-22",
        [(a, 161, "snmp") for a in pick(17)],
        {"sysdesc": "Linux router (example)", "version": "2"},
        "medium",
    )
    files["2026-11-22-scan_ssl_poodle-mau.csv"] = scan(
        "scan_ssl_poodle",
        "2026-11-22",
        [(a, 443, "ssl-poodle") for a in pick(21)],
        {"cipher_suite": "TLS_RSA_WITH_RC4_128_SHA", "ssl_poodle": "Y"},
        "low",
    )
    files["2026-11-22-scan_exchange-mau.csv"] = scan(
        "scan_exchange",
        "2026-11-22",
        [(a, 443, "exchange;vulnerable;cve-2026-0001") for a in pick(3)],
        {"version": "15.2.0.0"},
        "critical",
    )
    drone = io.StringIO()
    writer = csv.writer(drone, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(
        [
            "timestamp",
            "severity",
            "protocol",
            "src_ip",
            "src_port",
            "src_asn",
            "src_geo",
            "src_region",
            "src_city",
            "src_hostname",
            "src_naics",
            "src_sector",
            "dst_ip",
            "dst_port",
            "dst_asn",
            "dst_geo",
            "infection",
            "family",
            "tag",
        ]
    )
    for n, address in enumerate(pick(6)):
        writer.writerow(
            [
                f"2026-11-22 {n + 1:02d}:15:00",
                "high",
                "tcp",
                address,
                40000 + n,
                64500,
                "VN",
                "MAU",
                "MAU",
                "",
                0,
                "",
                "192.0.2.80",
                80,
                64510,
                "ZZ",
                "samplebot",
                "samplebot",
                "sinkhole",
            ]
        )
    files["2026-11-22-event4_sinkhole-mau.csv"] = drone.getvalue()
    eve = []
    for n, address in enumerate(pick(8)):
        eve.append({"timestamp": f"2026-11-22T{n + 2:02d}:20:31.120000+0700", "flow_id": 1000 + n, "event_type": "alert", "src_ip": address, "src_port": 51000 + n, "dest_ip": "192.0.2.66", "dest_port": 443, "proto": "TCP", "app_proto": "tls",
                    "alert": {"action": "allowed", "gid": 1, "signature_id": 9000001, "rev": 1, "signature": "EXAMPLE C2 beacon of SampleLoader", "category": "A Network Trojan was detected", "severity": 1}})  # fmt: skip
    files["eve-2026-11-22.json"] = "".join(json.dumps(row) + "\n" for row in eve)
    files["phishing-urls.txt"] = "".join(
        f"http://{host}.tinhmau.example/{path}\n"
        for host, path in (
            ("soyte", "wp-content/login/index.php"),
            ("thpt1", "images/bank/verify.html"),
            ("nguoila", "x"),
        )
    )
    return files


def main() -> None:
    """Write the files."""
    (FOLDER / "reports").mkdir(parents=True, exist_ok=True)
    head = "# Invented province for the demo: no organization, person or address here is real.\n"
    text = yaml.safe_dump(
        {"version": 1, "organizations": constituency()}, allow_unicode=True, sort_keys=False, width=120
    )
    (FOLDER / "province.yaml").write_text(head + text, encoding="utf-8")
    for name, content in reports().items():
        (FOLDER / "reports" / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
