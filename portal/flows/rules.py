"""Who raises issues to whom, and how long they take: sums and medians over narrow rows. Pure."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from tenants.vocabulary import UnitKind

# What the matrix and the charts show; all but the count open a part of the issues only.
COUNT, RESPOND, RESOLVE, HANDOVERS, OVERDUE = MEASURES = ("count", "respond", "resolve", "handovers", "overdue")
MEDIANS = (RESPOND, RESOLVE)
KINDS = (UnitKind.HEADQUARTERS, UnitKind.PROVINCE, UnitKind.SPECIALISED_COMPANY)
SHOWN_APART = 6                                        # that many provinces as owners have columns of their own
WEEKS = 26


@dataclass(frozen=True, slots=True)
class Flow:
    """One issue, as much of it as is counted. Times are minutes of working time since it was raised, None while it has not
    come to that; `raised_on` and `closed_on` are days on the portal's wall clock."""
    raiser: int
    owner: int
    raised_on: date
    closed_on: date | None
    respond: int | None
    resolve: int | None
    hand_overs: int
    overdue: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A unit, as far as it decides where its row and column stand."""
    unit: int
    code: str
    kind: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What some issues come to; `handed_over` were handed over at least once. Medians are minutes of working time over those
    that have come so far (`responded`, `resolved`), None where none has."""
    count: int
    open: int
    overdue: int
    hand_overs: int
    handed_over: int
    responded: int
    respond: float | None
    resolved: int
    resolve: float | None

    @property
    def per_issue(self) -> float:
        """Hand-overs to an issue."""
        return self.hand_overs / self.count if self.count else 0.0


def value(f: Figures, measure: str) -> float | None:
    """What the issues come to by one measure: a median in minutes, or how many there are; None where it counts none of them."""
    if measure in MEDIANS:
        return f.respond if measure == RESPOND else f.resolve
    return {COUNT: f.count, HANDOVERS: f.handed_over, OVERDUE: f.overdue}[measure] or None


def figures(flows: Iterable[Flow]) -> Figures:
    every = list(flows)
    responded = [f.respond for f in every if f.respond is not None]
    resolved = [f.resolve for f in every if f.resolve is not None]
    return Figures(len(every), sum(f.open for f in every), sum(f.overdue for f in every), sum(f.hand_overs for f in every),
                   sum(f.hand_overs > 0 for f in every), len(responded), median(responded) if responded else None, len(resolved),
                   median(resolved) if resolved else None)


@dataclass(frozen=True, slots=True)
class Heading:
    """A row or column: one unit, or all units of a kind together (`unit` 0)."""
    kind: str
    unit: int = 0
    code: str = ""
    units: frozenset[int] = frozenset()

    def asked(self, side: str) -> dict[str, str]:
        """The filter of the list of issues that says the same; `side` is owner or raiser."""
        return {side: self.code} if self.unit else {f"{side}_kind": self.kind}


@dataclass(frozen=True, slots=True)
class Row:
    head: Heading
    cells: Sequence[Figures]
    total: Figures


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one kind of units, with the whole kind together where there are several."""
    kind: str
    together: Row
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Matrix:
    columns: Sequence[Heading]
    groups: Sequence[Group]
    foot: Row
    folded: bool                                       # whether the provinces share a column


def matrix(flows: Sequence[Flow], places: Sequence[Place], unfolded: bool = False) -> Matrix:
    """Raisers down, owners across, in the plan's order; only those that have issues. The provinces as owners share one
    column where they are many, unless `unfolded`."""
    raisers, owners = {f.raiser for f in flows}, {f.owner for f in flows}
    columns, folded = _columns([p for p in places if p.unit in owners], unfolded)
    of_column = {unit: n for n, c in enumerate(columns) for unit in c.units}

    def row(head: Heading, own: Sequence[Flow]) -> Row:
        cells: list[list[Flow]] = [[] for _ in columns]
        for f in own:
            cells[of_column[f.owner]].append(f)
        return Row(head, [figures(c) for c in cells], figures(own))
    by_raiser = _by(flows, lambda f: f.raiser)
    groups = []
    for kind in KINDS:
        of_kind = [p for p in places if p.kind == kind and p.unit in raisers]
        if of_kind:
            heads = [_of(p) for p in of_kind]
            together = [f for p in of_kind for f in by_raiser[p.unit]]
            groups.append(Group(kind, row(_together(kind, of_kind), together), [row(h, by_raiser[h.unit]) for h in heads]))
    return Matrix(columns, groups, row(Heading(""), flows), folded)


def _columns(places: Sequence[Place], unfolded: bool) -> tuple[list[Heading], bool]:
    provinces = [p for p in places if p.kind == UnitKind.PROVINCE]
    many = len(provinces) > SHOWN_APART
    found: list[Heading] = []
    for kind in (UnitKind.HEADQUARTERS, UnitKind.SPECIALISED_COMPANY, UnitKind.PROVINCE):
        of_kind = [p for p in places if p.kind == kind]
        if kind == UnitKind.PROVINCE and many and not unfolded:
            found.append(_together(kind, of_kind))
        else:
            found += [_of(p) for p in of_kind]
    return found, many and not unfolded


def _of(p: Place) -> Heading:
    return Heading(p.kind, p.unit, p.code, frozenset({p.unit}))


def _together(kind: str, places: Iterable[Place]) -> Heading:
    return Heading(kind, units=frozenset(p.unit for p in places))


def _by(flows: Iterable[Flow], key: Callable[[Flow], int]) -> Mapping[int, list[Flow]]:
    found: dict[int, list[Flow]] = {}
    for f in flows:
        found.setdefault(key(f), []).append(f)
    return found


@dataclass(frozen=True, slots=True)
class Pair:
    """All that one unit raised to one owner."""
    raiser: int
    owner: int
    figures: Figures


def pairs(flows: Iterable[Flow], measure: str = COUNT) -> list[Pair]:
    """Those first of which the measure is most, then by number, then by unit."""
    found: dict[tuple[int, int], list[Flow]] = {}
    for f in flows:
        found.setdefault((f.raiser, f.owner), []).append(f)
    every = (Pair(raiser, owner, figures(fs)) for (raiser, owner), fs in found.items())

    def place(p: Pair) -> tuple[float, int, int, int]:
        most = value(p.figures, measure)
        return (1 if most is None else -most, -p.figures.count, p.raiser, p.owner)
    return sorted(every, key=place)


@dataclass(frozen=True, slots=True)
class Week:
    """Issues raised from Monday `start` on, for seven days, and how many were closed in them."""
    start: date
    raised: Figures
    closed: int

    @property
    def end(self) -> date:
        """Its Sunday."""
        return self.start + timedelta(days=6)


def weeks(flows: Iterable[Flow], first: date | None, last: date) -> list[Week]:
    """Every week up to the one of `last`, the empty ones too: from the one of `first`, or else the last WEEKS."""
    end = _monday(last)
    start = max(_monday(first) if first else date.min, end - timedelta(weeks=WEEKS - 1))
    raised: dict[date, list[Flow]] = {}
    closed: dict[date, int] = {}
    for f in flows:
        raised.setdefault(_monday(f.raised_on), []).append(f)
        if f.closed_on is not None:
            closed[_monday(f.closed_on)] = closed.get(_monday(f.closed_on), 0) + 1
    every = [start + timedelta(weeks=n) for n in range(max(0, (end - start).days // 7 + 1))]
    return [Week(monday, figures(raised.get(monday, ())), closed.get(monday, 0)) for monday in every]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
