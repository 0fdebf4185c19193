"""The cases of IntelMQ's own parser tests, as far as Tocsin reads the same formats."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.agreement import archives
from tests.agreement.compare import Case, Reason

from tocsin.feeds.format import Options

Literals = dict[str, Any]
_LEFT_OUT = {
    "raw",
    "__type",
    "time.observation",
    "feed.name",
    "feed.url",
    "feed.accuracy",
    "feed.provider",
    "feed.code",
    "classification.taxonomy",
}
"""Not the parser's own: what came in itself, the name of the feed, and the taxonomy, which follows from the type."""


def cases(folder: Path) -> Iterator[Case]:
    """Yield the cases. `folder` holds expected_events.tar.gz and native_samples.tar.gz."""
    files = dict(archives.members(folder / "native_samples.tar.gz"))
    tests = {row["file"]: row["literals"] for row in archives.lines(folder / "expected_events.tar.gz")}

    def native(test: str, name: str) -> bytes:
        return files[f"bots/parsers/{test.partition('/')[0]}/{name}"]

    def case(test: str, format_: str, content: bytes, events: list[dict[str, Any]], **options: Any) -> Case:
        file = options.pop("file", "input")
        return Case("intelmq", test, format_, content, [_event(event) for event in events], Options(**options), file)

    def made(test: str, of: str) -> tuple[Literals, bytes]:
        literals = tests[test]
        value = literals[of]
        return literals, native(test, value["$file"]) if isinstance(value, dict) else value.encode()

    name = "abusech/test_parser_feodotracker.py"
    literals, content = made(name, "INPUT")
    yield case(name, "feodotracker", content, literals["OUTPUT"])

    name = "blocklistde/test_parser.py"
    literals, content = made(name, "EXAMPLE_FILE")
    yield case(
        name,
        "plainlist",
        content,
        [literals["TEMPLATE"] | event for event in literals["EVENTS"]],
        classification_type="ids-alert",
    )

    name = "ci_army/test_parser.py"
    events = [tests[name]["OUTPUT1"], tests[name]["OUTPUT2"]]
    yield case(name, "plainlist", b"\n".join(base64.b64decode(event["raw"]) for event in events), events)

    name = "danger_rulez/test_parser.py"
    literals = tests[name]
    mapping: dict[str, Any] = {
        "heading": ["address", "a", "seen", "b", "count", "id"], "delimiter": "\t", "comment": "# IP",
        "columns": {"address": "source_ip", "seen": "time_source"}, "time": {"format": "# %Y-%m-%d %H:%M:%S"},
        "constants": {"classification_type": "brute-force"},
    }  # fmt: skip
    yield case(
        name, "mapped", base64.b64decode(literals["RAW"]), [literals["OUTPUT1"], literals["OUTPUT2"]], mapping=mapping
    )

    name = "dataplane/test_parser.py"
    for which, file, rsit in (
        ("SSH_CLIENT_EVENT", "sshclient", "scanner"),
        ("SSH_AUTH_EVENT", "sshpwauth", "brute-force"),
    ):
        mapping = {
            "heading": ["asn", "as_name", "ip", "seen", "category"], "delimiter": "|",
            "columns": {"asn": "source_asn", "as_name": "source_as_name", "ip": "source_ip", "seen": "time_source"},
            "constants": {"classification_type": rsit, "protocol_application": "ssh", "event_description_text": tests[name][which][0]["event_description.text"]},
        }  # fmt: skip
        yield case(f"{name} {file}", "mapped", native(name, f"{file}.txt"), tests[name][which], mapping=mapping)

    for name, key in (("dshield/test_parser_asn.py", "EVENTS"), ("dshield/test_parser_block.py", "EVENTS")):
        literals, content = made(name, "EXAMPLE_FILE")
        yield case(name, "dshield", content, literals[key])

    yield from _generic(tests, case, native)

    name = "json/test_parser.py"
    report = base64.b64decode(tests[name]["ONELINE_REPORT"]["raw"])
    yield case(f"{name} one line", "intelmq", report, [tests[name]["EXAMPLE_EVENT"]])

    name = "malwarepatrol/test_parser_dansguardian.py"
    literals, content = made(name, "EXAMPLE_FILE")
    yield case(
        name, "plainlist", content, [literals["EVENT1"], literals["EVENT2"]], classification_type="malware-distribution"
    )

    name = "misp/test_parser.py"
    literals, content = made(name, "EXAMPLE_MISP_EVENT")
    yield case(name, "misp", content, [literals["EXAMPLE_EVENT"]])

    name = "n6/test_parser.py"
    for which in ("EXAMPLE", "BLACKLIST", "NO_ADDRESS", "FURTHER_IOCS"):
        raw = tests[name][f"{which}_REPORT"]["raw"]
        content = base64.b64decode(raw) if isinstance(raw, str) else raw["$base64_of"].encode()
        yield case(f"{name} {which.lower()}", "n6", content, [tests[name][f"{which}_EVENT"]])

    name = "openphish/test_parser.py"
    literals, content = made(name, "RAW")
    yield case(name, "openphish", content, [literals["OUTPUT1"], literals["OUTPUT2"]], file="openphish.txt")

    name = "openphish/test_parser_commercial.py"
    literals, content = made(name, "INPUT")
    yield case(name, "openphish", content, [literals["OUTPUT_1"], literals["OUTPUT_2"], literals["OUTPUT_3"]])

    name = "spamhaus/test_parser_drop.py"
    for part in ("NETWORK", "ASN"):
        literals, content = made(name, f"{part}_FILE")
        yield case(f"{name} {part.lower()}", "spamhaus_drop", content, literals[f"{part}_EVENTS"])

    name = "spamhaus/test_parser_cert.py"
    literals, content = made(name, "FILE")
    parts = literals["EXAMPLE_EVENTS_PARTS"]
    yield case(name, "spamhaus_cert", content, [literals["EVENT_TEMPL"] | part for part in parts])

    name = "vxvault/test_parser.py"
    literals = tests[name]
    content = base64.b64decode(literals["EXAMPLE_REPORT"]["raw"])
    yield case(name, "plainlist", content, [literals["EXAMPLE_EVENT"]], classification_type="malware-distribution")


def _generic(tests: dict[str, Literals], case: Any, native: Any) -> Iterator[Case]:
    name = "generic/test_parser_csv2.py"
    raw = base64.b64decode(tests[name]["EXAMPLE_REPORT"]["raw"])
    mapping: dict[str, Any] = {
        "heading": ["seen", "a", "text", "b", "c", "url", "ip", "host", "d"], "delimiter": "\t",
        "columns": {"seen": "time_source", "text": "event_description_text", "url": "source_url", "ip": "source_ip", "host": "source_fqdn"},
        "url_scheme": "http", "constants": {"classification_type": "malware-distribution"},
    }  # fmt: skip
    yield case(name, "mapped", raw, [tests[name]["EXAMPLE_EVENT"]], mapping=mapping)
    for name in ("generic/test_filter_blacklist.py", "generic/test_filter_whitelist.py"):
        content = native(name, tests[name]["SAMPLE_FILE"]["$file"])
        yield case(name, "plainlist", content, [tests[name]["EXAMPLE_EVENT"]])
    name = "generic/test_parser_csv_skip_header.py"
    for n in ("1", "2"):
        mapping = {
            "heading": True if n == "2" else ["source_ip", "source_url"], "constants": {"classification_type": "blacklist"},
            "columns": {"source_ip": "source_ip", "source_url": "source_url"},
        }  # fmt: skip
        yield case(
            f"{name} {n}", "mapped", tests[name][f"INPUT_{n}"].encode(), tests[name][f"OUTPUT_{n}"], mapping=mapping
        )
    name = "generic/test_parser_csv_data_type.py"
    mapping = {
        "heading": True, "columns": {"source_ip": "source_ip", "source_url": "source_url", "tags": "extra.tags"},
        "constants": {"classification_type": "infected-system"},
    }  # fmt: skip
    yield case(name, "mapped", native(name, "data_type.csv"), [tests[name]["EXAMPLE_EVENT"]], mapping=mapping)


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return {
        name if name.startswith("extra.") else name.replace(".", "_"): value
        for name, value in event.items()
        if name not in _LEFT_OUT
    }


def _is(case_: str, *names: str) -> Callable[[str, str, Any, Any], bool]:
    return lambda case, name, _, __: case.startswith(case_) and (not names or name in names)


REASONS: list[Reason] = [
    (lambda _, name, wanted, __: name == "classification_type" and wanted == "blacklist", "RSIT has no type for being listed; it is `other`"),
    (_is("spamhaus/test_parser_drop", "classification_type"), "a listed network need not send spam; it is `other`, as n6 has it"),
    (_is("blocklistde", "protocol_application", "event_description_text"), "it stands in the list's address, not in the list; the feed says it"),
    (_is("dshield/test_parser_asn", "source_asn"), "the AS stands in the list's address, not in the list"),
    (_is("dataplane", "source_as_name"), "the name of the AS is kept whole, with its country"),
    (lambda case, _, __, got: case.startswith("dataplane") and str(got).startswith("no event"), "a column that holds the separator cannot be read by a mapping: the row is refused as ragged"),
    (lambda _, name, wanted, got: name == "extra.tags" and isinstance(wanted, list) and isinstance(got, str), "a column of a CSV is a text; what looks like JSON in it is left as it is"),
    (lambda case, _, __, got: case.startswith("json/") and str(got).startswith("no event"), "the event names no asset: nobody could be warned of it"),
    (_is("misp", "event_description_text"), "the event's title says what it is; the attribute's category is in `extra`"),
    (_is("misp", "event_description_url"), "the address of the MISP server is not in its event"),
    (_is("n6/", "extra.feed_id", "extra.feed_source"), "they are kept under n6's own names, `id` and `source`"),
    (_is("n6/", "extra.expires"), "the same instant, written as the source has it"),
    (_is("n6/", "classification_identifier"), "the identifier is the family, so that findings of two families stay two"),
    (_is("n6/test_parser.py further_iocs", "malware_name"), "a letter beyond ASCII stays in the name"),
    (_is("openphish/test_parser.py"), "a host name with an empty label is no host name, and nobody's"),
    (_is("openphish/test_parser_commercial", "source_geolocation_country"), "the country is the code; its name is in `extra`"),
    (lambda _, __, wanted, got: wanted == [] and got is None, "an empty list says nothing and is not kept"),
    (_is("spamhaus/test_parser_cert", "event_description_text", "event_description_url", "feed_documentation"), "the words for each kind are Tocsin's own, in both languages"),
    (_is("spamhaus/test_parser_cert", "malware_version"), "it is kept in `extra` as `mailer_version`"),
    (_is("spamhaus/test_parser_cert", "malware_name"), "what is no family of malware is kept in `extra`"),
    (_is("vxvault", "time_source"), "the list's own time stands in no comment; that of arrival counts"),
]  # fmt: skip
