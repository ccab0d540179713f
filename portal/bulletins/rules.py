"""What a bulletin is made of, how units are ranked, which flows are named, when a plan is due. Pure."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from portal.board.rules import Row
from portal.flows.rules import Figures, Flow, Pair, figures, pairs
from portal.workdays import Calendar
from tenants.messages import N_, Message


class BulletinState(StrEnum):
    DRAFT = "draft"                    # the office's alone
    ISSUED = "issued"                  # never changes again


class Spoken(StrEnum):
    """The languages in which an issued bulletin is kept as a document."""
    ZH = "zh"
    EN = "en"


class Section(StrEnum):
    """The parts of a bulletin, in order; each may have words of the office."""
    OPENING = "opening"
    COMPLETION = "completion"
    OVERDUE = "overdue"
    RANKING = "ranking"
    FLOWS = "flows"
    PRACTICE = "practice"


class Rhythm(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"


SECTIONS: Mapping[Section, Message] = {
    Section.OPENING: N_("Summary"), Section.COMPLETION: N_("Completion by unit and milestone"),
    Section.OVERDUE: N_("What is overdue"),
    Section.RANKING: N_("Rank of units"), Section.FLOWS: N_("Flows of quality issues"), Section.PRACTICE: N_("Good practice")}
RHYTHMS: Mapping[Rhythm, Message] = {Rhythm.MONTH: N_("every month"), Rhythm.QUARTER: N_("every quarter")}
MOST_OVERDUE = 30                      # rows of the table of what is overdue: the longest
MOST_PRACTICE = 30                     # assignments among which the office picks
MOST_PAIRS = 12
LEAST_ISSUES = 3                       # fewer issues from one unit to another are not named: one could tell which it was
LAST_DAY = 15                          # the latest working day of a period on which a plan may be due


def ranked(rows: Sequence[Row]) -> list[tuple[int, Row]]:
    """By the share that is closed, of equals the fewer overdue first; equals share a rank, the next one is left out. Units of
    which nothing is asked have none."""
    def order(row: Row) -> tuple[Fraction, int]:
        return -Fraction(row.total.closed, row.total.total), row.total.overdue
    counted = sorted((r for r in rows if r.total.total), key=order)
    found: list[tuple[int, Row]] = []
    for n, row in enumerate(counted, 1):
        same = found and order(found[-1][1]) == order(row)
        found.append((found[-1][0] if same else n, row))
    return found


@dataclass(frozen=True, slots=True)
class Named:
    """The flows that a bulletin names, and what all the others come to together."""
    pairs: Sequence[Pair]
    others: Figures


def named(flows: Sequence[Flow]) -> Named:
    """The largest flows, as far as they are not so small that they tell of a single issue."""
    large = [p for p in pairs(flows) if p.figures.count >= LEAST_ISSUES][:MOST_PAIRS]
    shown = {(p.raiser, p.owner) for p in large}
    return Named(large, figures(f for f in flows if (f.raiser, f.owner) not in shown))


def period(rhythm: Rhythm, day: date) -> date:
    """The first day of the month or quarter that a day lies in."""
    return date(day.year, day.month if rhythm is Rhythm.MONTH else (day.month - 1) // 3 * 3 + 1, 1)


def due_day(rhythm: Rhythm, working_day: int, day: date, calendar: Calendar) -> date:
    """The `working_day`-th working day of the period that a day lies in."""
    return calendar.add(period(rhythm, day) - timedelta(days=1), working_day)


def due(rhythm: Rhythm, working_day: int, done: date | None, today: date, calendar: Calendar) -> bool:
    """Whether the plan is to run now: its day has come, and it has not run in this period. `done` is the period last done."""
    return today >= due_day(rhythm, working_day, today, calendar) and (done is None or done < period(rhythm, today))


def next_day(rhythm: Rhythm, working_day: int, done: date | None, today: date, calendar: Calendar) -> date:
    """The day on which it runs next."""
    here = period(rhythm, today)
    if done is None or done < here:
        return max(today, due_day(rhythm, working_day, today, calendar))
    following = here + timedelta(days=32 if rhythm is Rhythm.MONTH else 93)
    return due_day(rhythm, working_day, following, calendar)


def period_name(rhythm: Rhythm, day: date) -> str:
    """2026-03, or 2026-Q1, of the period before the one that a day lies in: what a bulletin of its first days tells of."""
    before = period(rhythm, day) - timedelta(days=1)
    return f"{before:%Y-%m}" if rhythm is Rhythm.MONTH else f"{before.year}-Q{(before.month - 1) // 3 + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What the office writes. `receivers` None are all units of the day of publication; `picks` are keys of the figures' good
    practice."""
    title: str
    words: Mapping[str, str]
    receivers: frozenset[int] | None
    picks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan as it is typed: `by_itself` publishes without anybody looking at it first."""
    title: str
    rhythm: str
    working_day: int
    receivers: frozenset[int] | None
    by_itself: bool = False
