"""What a cell, a row, a column and the whole board show, from the assignments they count. Pure."""
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from portal.assignments.rules import BLUE, DONE, RED, WEEK, cell
from tenants.vocabulary import Category, UnitKind

LATELY = CLOSED, CAME_DUE, HANDED_IN = ("closed", "due", "handed_in")      # what came about in the last seven days
PLAN, MOST_COMPLETE, LEAST_COMPLETE, LATEST = SORTS = ("plan", "-completion", "completion", "lateness")

# Where a province stands in the diagram, row and column: neighbours beside each other as far as squares allow.
TILES: Mapping[str, tuple[int, int]] = {
    "heilongjiang": (1, 8),
    "inner-mongolia": (2, 6), "jilin": (2, 8),
    "xinjiang": (3, 1), "beijing": (3, 6), "tianjin": (3, 7), "liaoning": (3, 8),
    "gansu": (4, 2), "ningxia": (4, 3), "shaanxi": (4, 4), "shanxi": (4, 5), "hebei": (4, 6), "shandong": (4, 7),
    "tibet": (5, 1), "qinghai": (5, 2), "sichuan": (5, 3), "chongqing": (5, 4), "henan": (5, 5), "anhui": (5, 6),
    "jiangsu": (5, 7), "shanghai": (5, 8),
    "yunnan": (6, 3), "guizhou": (6, 4), "hubei": (6, 5), "jiangxi": (6, 6), "zhejiang": (6, 7),
    "guangxi": (7, 4), "hunan": (7, 5), "fujian": (7, 6),
    "hainan": (8, 4), "guangdong": (8, 5),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """An assignment as the board sees it: where it counts, and how it stands today. Cancelled ones are here only where they
    are asked for, to be looked at.

    `late` are calendar days past the due day, for one that is open or was handed in late."""
    key: UUID
    unit: int
    milestone: str
    line: str
    code: str
    due: date
    light: str
    late: int = 0
    handed_in_on: date | None = None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many assignments show which light."""
    lights: Mapping[str, int] = field(default_factory=dict)
    longest: int = 0                           # calendar days that the most overdue one is late

    @property
    def total(self) -> int:
        return sum(self.lights.values())

    @property
    def closed(self) -> int:
        return self.lights.get(DONE, 0)

    @property
    def overdue(self) -> int:
        return self.lights.get(RED, 0)

    @property
    def waiting(self) -> int:
        """Handed in, to be verified."""
        return self.lights.get(BLUE, 0)

    @property
    def light(self) -> str | None:
        """None, a dash, where nothing is counted."""
        return cell(code for code, n in self.lights.items() if n)

    @property
    def percent(self) -> int | None:
        """Closed ones in a hundred, rounded down, so that 100 means all."""
        return self.closed * 100 // self.total if self.total else None


NOTHING = Tally()


def tally(rows: Iterable[Counted]) -> Tally:
    """Count by light."""
    lights: Counter[str] = Counter()
    longest = 0
    for row in rows:
        lights[row.light] += 1
        if row.light == RED:
            longest = max(longest, row.late)
    return Tally(lights, longest)


@dataclass(frozen=True, slots=True)
class Row:
    """One unit, or one line, across the milestones: `cells` has a tally for each of them."""
    key: int | str
    cells: Mapping[str, Tally]
    total: Tally


def across(key: int | str, rows: Sequence[Counted], milestones: Sequence[str]) -> Row:
    """A row of the board from the assignments that it counts."""
    of: dict[str, list[Counted]] = {m: [] for m in milestones}
    for row in rows:
        of.setdefault(row.milestone, []).append(row)
    return Row(key, {m: tally(found) for m, found in of.items()}, tally(rows))


@dataclass(frozen=True, slots=True)
class Place:
    """What groups and orders a unit on the board."""
    unit: int
    code: str
    kind: str
    category: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Units of one kind, companies of one category, with what they make together."""
    kind: str
    category: str | None
    rows: Sequence[Row]
    together: Row


_GROUPS: tuple[tuple[str, str | None], ...] = (
    (UnitKind.HEADQUARTERS.value, None), (UnitKind.PROVINCE.value, None),
    *((UnitKind.SPECIALISED_COMPANY.value, c.value) for c in Category))


def grouped(counted: Sequence[Counted], places: Sequence[Place], milestones: Sequence[str], sort: str = PLAN) -> list[Group]:
    """The board's groups in order, without those that have no unit; `places` are the units shown, in the plan's order."""
    by_unit: dict[int, list[Counted]] = {p.unit: [] for p in places}
    for row in counted:
        by_unit[row.unit].append(row)
    found: dict[tuple[str, str | None], list[Place]] = {g: [] for g in _GROUPS}
    for place in places:
        company = place.kind == UnitKind.SPECIALISED_COMPANY
        found.setdefault((place.kind, place.category if company else None), []).append(place)
    return [Group(kind, category, ordered([across(p.unit, by_unit[p.unit], milestones) for p in members], sort),
                  across("", [row for p in members for row in by_unit[p.unit]], milestones))
            for (kind, category), members in found.items() if members]


def ordered(rows: Sequence[Row], sort: str) -> list[Row]:
    """By completion or lateness; the plan's order among equals, and for any other word."""
    return sorted(rows, key=_ORDERS.get(sort, lambda _: (0, 0)))


_ORDERS: Mapping[str, Callable[[Row], tuple[float, float]]] = {
    MOST_COMPLETE: lambda r: (-_share(r), 0),
    LEAST_COMPLETE: lambda r: (_share(r) if r.total.total else 2, 0),          # nothing asked: last in both orders
    LATEST: lambda r: (-r.total.overdue, -r.total.longest),
}


def _share(row: Row) -> float:
    return row.total.closed / row.total.total if row.total.total else -1


@dataclass(frozen=True, slots=True)
class Week:
    """What the dates kept with the assignments say about the seven days up to today."""
    closed: int
    became_overdue: int
    handed_in: int


def last_week(counted: Iterable[Counted], today: date) -> Week:
    """Of those closed, those overdue and those that wait for verification now: how many came to it in the last seven days."""
    found = Counter(lately(row, today) for row in counted)
    return Week(found[CLOSED], found[CAME_DUE], found[HANDED_IN])


def lately(row: Counted, today: date) -> str | None:
    """How a row came in the last seven days to be what it is now, one of LATELY. Lights of earlier days are not kept and not made
    up."""
    since = today - WEEK
    if row.light == DONE and row.closed_on is not None and row.closed_on > since:
        return CLOSED
    if row.light == RED and row.late <= WEEK.days:
        return CAME_DUE
    if row.light == BLUE and row.handed_in_on is not None and row.handed_in_on > since:
        return HANDED_IN
    return None
