"""Compare what Tocsin makes of an input with the events that another system expects of it, field by field."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.feeds import recognize, values
from tocsin.feeds.format import Options, Source
from tocsin.feeds.tests import samples


@dataclass(frozen=True, slots=True)
class Case:
    """An input and the events expected of it, in Tocsin's names: `source_ip`, `extra.tags` …"""

    system: str
    name: str
    format: str
    content: bytes
    expected: list[dict[str, Any]]
    options: Options = field(default_factory=Options)
    file: str = "input"
    """What the file is called; Shadowserver's reports are told apart by it."""


Reason = tuple[Callable[[str, str, Any, Any], bool], str]
"""Whether a difference (case, field, expected, found) is one we stand by, and why."""


@dataclass(slots=True)
class Outcome:
    """How often each field of a system's events is equal, and what differs."""

    system: str
    cases: int = 0
    events: int = 0
    found: int = 0
    total: Counter[str] = field(default_factory=Counter)
    equal: Counter[str] = field(default_factory=Counter)
    explained: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    unexplained: list[tuple[str, str, Any, Any]] = field(default_factory=list)
    not_recognized: list[str] = field(default_factory=list)


def run(cases: Iterable[Case], reasons: Sequence[Reason]) -> dict[str, Outcome]:
    """Parse every case, pair events with what is expected, and compare."""
    outcomes: dict[str, Outcome] = {}
    for case in cases:
        outcome = outcomes.setdefault(case.system, Outcome(case.system))
        outcome.cases += 1
        format_ = recognize.by_name(case.format)
        assert format_ is not None, case.format
        source = Source(case.file, content=case.content)
        recognized = recognize.recognize(source)
        if case.format != "mapped" and (recognized is None or recognized.name != format_.name):
            outcome.not_recognized.append(f"{case.name}: {recognized.name if recognized else 'nothing'}")
        events, rejects = samples.run(format_, source, case.options)
        rows = [_flat(event) for event in events]
        why = Counter(reject["reason"] for reject in rejects)
        for wanted in case.expected:
            outcome.events += 1
            row = _take(rows, wanted)
            if row is not None:
                outcome.found += 1
            for name, value in wanted.items():
                outcome.total[name] += 1
                got = None if row is None else row.get(name)
                if row is not None and same(value, got):
                    outcome.equal[name] += 1
                    continue
                got = f"no event ({', '.join(why) or 'no row'})" if row is None else got
                text = next((text for fits, text in reasons if fits(case.name, name, value, got)), None)
                if text is None:
                    outcome.unexplained.append((case.name, name, value, got))
                else:
                    outcome.explained[name, text] += 1
    return outcomes


def _flat(event: Mapping[str, Any]) -> dict[str, Any]:
    extra = event.get("extra", {})
    row = {name: value for name, value in event.items() if name != "extra"}
    row |= {f"extra.{name}": value for name, value in extra.items()}
    row["name"] = tuple(row.get(name) for name in _NAMING)
    return row


_NAMING = ("malware_name", "classification_identifier", "event_description_text")
"""n6's `name` is what the source calls the thing; Tocsin has a column for a family, one for a kind, one for words."""


def _take(rows: list[dict[str, Any]], wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the row that fits best, none that has no asset in common; the same row may answer twice (n6 makes two of one)."""
    assets = [
        name
        for name in ("source_url", "source_ip", "source_fqdn", "source_network", "source_asn", "source_account")
        if name in wanted
    ]
    fitting = [row for row in rows if any(same(wanted[name], row.get(name)) for name in assets)]
    if not fitting:
        return None
    return max(fitting, key=lambda row: sum(same(value, row.get(name)) for name, value in wanted.items()))


def same(one: Any, other: Any) -> bool:
    """Say whether two values mean the same: numbers in any spelling, instants in any zone, texts exactly."""
    if one == other:
        return True
    if one is None or other is None:
        return False
    if isinstance(other, tuple):
        return any(same(one, part) or values.word(one) == part for part in other)
    if isinstance(one, (list, dict)) or isinstance(other, (list, dict)):
        return False
    return str(one) == str(other) or _number(one) == _number(other) is not None


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def report(outcome: Outcome) -> str:
    """Return the table of one system, and what stands behind each difference."""
    lines = [
        f"{outcome.system}: {outcome.cases} inputs, {outcome.events} expected events, {outcome.found} of them found",
        "",
        f"{'field':34} {'expected':>8} {'equal':>8} {'explained':>9} {'other':>6}",
    ]
    other = Counter(name for _, name, _, _ in outcome.unexplained)
    explained: Counter[str] = Counter()
    for (name, _), n in outcome.explained.items():
        explained[name] += n
    for name in sorted(outcome.total):
        lines.append(f"{name:34} {outcome.total[name]:8} {outcome.equal[name]:8} {explained[name]:9} {other[name]:6}")
    totals = (outcome.total.total(), outcome.equal.total(), explained.total(), other.total())
    lines.append(f"{'all':34} {totals[0]:8} {totals[1]:8} {totals[2]:9} {totals[3]:6}")
    if outcome.explained:
        lines += ["", "where and why Tocsin differs:"]
        by_text: dict[str, Counter[str]] = defaultdict(Counter)
        for (name, text), n in outcome.explained.items():
            by_text[text][name] += n
        for text, names in sorted(by_text.items()):
            lines.append(f"  {names.total():4}  {', '.join(sorted(names))}: {text}")
    if outcome.unexplained:
        lines += ["", "without a reason:"]
        lines += [
            f"  {case}  {name}: expected {value!r}, found {got!r}" for case, name, value, got in outcome.unexplained
        ]
    if outcome.not_recognized:
        lines += ["", "not recognized by itself: " + "; ".join(outcome.not_recognized)]
    return "\n".join(lines)
