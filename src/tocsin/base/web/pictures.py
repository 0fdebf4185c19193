"""Pictures made by the server: SVG of classes the stylesheet colours, each with a title that says what it shows.

The same text serves a page, a mail and paper. No colours and no sizes of its own: those are the stylesheet's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

SPAN_DAYS = 90
WIDTH = 96


def span(first: datetime, last: datetime, now: datetime, title: str) -> SafeString:
    """Return when something was seen, as a line on the last 90 days; what began earlier begins at the edge."""
    begin = now - timedelta(days=SPAN_DAYS)

    def place(at: datetime) -> float:
        share = (at - begin) / timedelta(days=SPAN_DAYS)
        return round(min(1.0, max(0.0, share)) * WIDTH, 1)

    left, right = place(first), place(last)
    return format_html(
        '<svg class="spark" viewBox="0 0 96 22" role="img"><title>{}</title><rect class="ground" x="0" y="10" width="96" height="2"/>'
        '<rect class="bar-fill" x="{}" y="8" width="{}" height="6" rx="3"/></svg>',
        title,
        min(left, WIDTH - 6),
        max(6, round(right - left, 1)),
    )


def sparkline(values: Sequence[int], title: str) -> SafeString:
    """Return how a number went, as a small line from left to right."""
    top = max(values, default=0) or 1
    step = WIDTH / max(1, len(values) - 1)
    points = " ".join(
        f"{round(place * step, 1)},{round(20 - value / top * 18, 1)}" for place, value in enumerate(values)
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 96 22" role="img"><title>{}</title><polyline class="line" points="{}"/></svg>',
        title,
        points,
    )


def share(part: int, whole: int, title: str, tone: str = "bar-fill") -> SafeString:
    """Return a part of a whole as a bar."""
    width = round(100 * part / whole, 2) if whole else 0
    return format_html(
        '<svg class="picture share" viewBox="0 0 100 4" preserveAspectRatio="none" role="img"><title>{}</title>'
        '<rect class="soft" width="100" height="4" rx="1"/><rect class="{}" width="{}" height="4" rx="1"/></svg>',
        title,
        tone,
        width,
    )


def flow(values: Sequence[int], title: str) -> SafeString:
    """Return the stream of the loop: as high at each step as what is left of the first one."""
    top = max(values, default=0) or 1
    width, height = 1000, 56
    edge = width / max(1, len(values))
    heights = [round(height - value / top * (height - 4), 1) for value in values]
    # Flat in the middle of a step, a soft fall between two.
    path = [f"M0 {heights[0] if heights else height}"]
    for place, y in enumerate(heights):
        path.append(f"L{round(edge * (place + 0.72), 1)} {y}")
        if place + 1 < len(heights):
            x, x2, y2 = edge * (place + 0.72), edge * (place + 1.28), heights[place + 1]
            path.append(f"C{round(x + edge * 0.28, 1)} {y} {round(x2 - edge * 0.28, 1)} {y2} {round(x2, 1)} {y2}")
    path.append(f"L{width} {heights[-1] if heights else height}L{width} {height}L0 {height}Z")
    return format_html(
        '<svg class="picture flow" viewBox="0 0 1000 56" preserveAspectRatio="none" role="img"><title>{}</title>'
        '<path class="flow-fill" d="{}"/></svg>',
        title,
        "".join(path),
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a picture: its label, its value, and the class that colours it."""

    label: str
    value: int
    tone: str = "bar-fill"


def bars(rows: Sequence[Bar], title: str) -> SafeString:
    """Return horizontal bars with their labels and numbers."""
    top = max((row.value for row in rows), default=0) or 1
    drawn = format_html_join(
        "",
        '<text x="0" y="{}">{}</text><rect class="{}" x="130" y="{}" width="{}" height="12" rx="3"/><text x="{}" y="{}">{}</text>',
        (
            (place * 22 + 14, row.label, row.tone, place * 22 + 4, (w := round(row.value / top * 220, 1)), 136 + w, place * 22 + 14, row.value)
            for place, row in enumerate(rows)
        ),
    )  # fmt: skip
    return format_html(
        '<svg class="picture" viewBox="0 0 400 {}" role="img"><title>{}</title>{}</svg>',
        len(rows) * 22 + 4,
        title,
        drawn,
    )


@dataclass(frozen=True, slots=True)
class Stair:
    """A curve that falls in steps: day, share, lower and upper limit, as it was estimated; before the first the share is 1."""

    curve: Sequence[tuple[float, ...]]
    label: str = ""


def survival(curve: Sequence[tuple[float, ...]], title: str, *, days: float) -> SafeString:
    """Return what share stays open as days pass: a falling stair, with its limits as a band. A table stands behind."""
    return stairs([Stair(curve)], title, days=days)


def stairs(curves: Sequence[Stair], title: str, *, days: float) -> SafeString:
    """Return one or two falling stairs, the second dashed, each with its limits as a band. A table stands behind."""
    wide, high = 560, 180
    end = max(days, 1.0)

    def x(day: float) -> float:
        return round(34 + min(day, end) / end * (wide - 44), 1)

    def y(share: float) -> float:
        return round(10 + (1 - share) * (high - 40), 1)

    bands, lines = [], []
    for number, stair in enumerate(curves):
        tone = " two" if number else ""
        rows: list[tuple[float, ...]] = [(0.0, 1.0, 1.0, 1.0), *stair.curve]
        line, upper, lower = [], [], []
        for place, (day, share, low, top) in enumerate(rows):
            until = rows[place + 1][0] if place + 1 < len(rows) else end
            for moment in (day, until):
                line.append(f"{x(moment)},{y(share)}")
                upper.append(f"{x(moment)},{y(top)}")
                lower.append(f"{x(moment)},{y(low)}")
        bands.append((tone, " ".join([*upper, *reversed(lower)])))
        lines.append((tone, " ".join(line)))
    ticks = format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="middle">{}</text>',
        ((x(end * part / 4), high - 10, f"{end * part / 4:.0f}") for part in range(5)),
    )
    shares = format_html_join(
        "",
        '<line class="grid" x1="34" x2="{}" y1="{}" y2="{}"/><text x="28" y="{}" text-anchor="end">{}</text>',
        ((wide - 10, y(s), y(s), y(s) + 4, f"{round(s * 100)}") for s in (0, 0.5, 1)),
    )
    return format_html(
        '<svg class="picture survival" viewBox="0 0 {} {}" role="img"><title>{}</title>{}{}{}{}</svg>',
        wide, high, title, shares, ticks,
        format_html_join("", '<polygon class="band{}" points="{}"/>', bands),
        format_html_join("", '<polyline class="line{}" points="{}"/>', lines),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tile:
    """One organization of a map: where it leads, what it says, and how it is coloured."""

    url: str
    says: str
    tone: str


def tiles(rows: Iterable[Tile]) -> SafeString:
    """Return a map of tiles, each a link that says its name.

    Out of the order of the Tab key: a table stands behind, and two thousand stops help nobody.
    """
    drawn = format_html_join(
        "",
        '<li><a class="{}" href="{}" aria-label="{}" tabindex="-1"></a></li>',
        ((tile.tone, tile.url, tile.says) for tile in rows),
    )
    return format_html('<ul class="tiles">{}</ul>', drawn)


def calendar(days: Sequence[tuple[str, int]], title: str) -> SafeString:
    """Return a heat map of days, a column a week; each day says its date and number."""
    top = max((n for _, n in days), default=0) or 1
    drawn = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="12" height="12" rx="3"><title>{}: {}</title></rect>',
        (
            ("heat-0" if not n else f"heat-{min(3, 1 + n * 3 // (top + 1))}", place // 7 * 15, place % 7 * 15, day, n)
            for place, (day, n) in enumerate(days)
        ),
    )
    return format_html(
        '<svg class="picture" viewBox="0 0 {} 103" role="img"><title>{}</title>{}</svg>',
        max(15, -(-len(days) // 7) * 15),
        title,
        drawn,
    )
