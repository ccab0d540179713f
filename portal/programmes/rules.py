"""What a programme is made of, which units a template reaches, and how the plan's dates shift with the year."""
from calendar import monthrange
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import pairwise

from portal.workflow import Machine, Transition
from tenants.messages import N_
from tenants.permissions import Permission
from tenants.vocabulary import Category, Line, MilestoneCode, Process, System, UnitKind

DRAFT, ISSUED, ENDED = STATES = ("draft", "issued", "ended")
FIRST_YEAR, LAST_YEAR = 2000, 2100
# Milestones that build on each other: phases of the work on processes, and beside them the support by systems (plan, section 3).
CHAINS = ((MilestoneCode.KICK_OFF, MilestoneCode.SORTING, MilestoneCode.IMPROVEMENT, MilestoneCode.ASSESSMENT),
          (MilestoneCode.SYSTEMS_CONVERTED, MilestoneCode.SYSTEMS_BUILT))

MACHINE = Machine(
    Transition(DRAFT, "edit", DRAFT, Permission.PROGRAMME_EDIT),
    Transition(DRAFT, "issue", ISSUED, Permission.PROGRAMME_EDIT, ("assign", "notify_contacts")),
    Transition(ISSUED, "end", ENDED, Permission.PROGRAMME_EDIT),
    names={
        DRAFT: N_("draft"), ISSUED: N_("issued"), ENDED: N_("ended"),
        "edit": N_("edit"), "issue": N_("issue"), "end": N_("end"),
    },
)


class TemplateKind(StrEnum):
    """How the assignments of a template come about and are closed."""
    TASK = "task"                       # made when the programme is issued
    PLAN_FILING = "plan_filing"         # the same; handed in by submitting the filing, closed by its approval
    SYSTEM = "system"                   # made per system and stage when a filing with its readiness is approved


TEMPLATE_KINDS = tuple(kind.value for kind in TemplateKind)


@dataclass(frozen=True, slots=True)
class MonthDay:
    """A day of any year; `offset` counts years after the programme's own."""
    month: int
    day: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Selector:
    """Units that fulfil all of the given conditions. `focus` is the core process the unit's category stands for."""
    kind: UnitKind | None = None
    category: Category | None = None
    focus: Process | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What a selector looks at; `focus` holds the processes of the unit's category, empty for one without category."""
    code: str
    kind: UnitKind
    category: Category | None = None
    focus: frozenset[Process] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class MilestonePlan:
    """A date of the programme's year by which part of it must be delivered."""
    code: MilestoneCode
    due: MonthDay
    title: str
    title_zh: str


@dataclass(frozen=True, slots=True)
class TemplatePlan:
    """What will be asked of each unit that `targets` reaches: one of the plan's tasks, for one line."""
    code: str
    kind: TemplateKind
    line: Line
    process: Process | None
    milestone: MilestoneCode
    due: MonthDay
    title: str
    title_zh: str
    deliverable: str
    deliverable_zh: str
    evidence: str
    evidence_zh: str
    targets: tuple[Selector, ...]


@dataclass(frozen=True, slots=True)
class YearPlan:
    """One of the three years: its theme, and its goals line by line in both languages."""
    offset: int
    theme: str
    theme_zh: str
    goals: tuple[str, ...]
    goals_zh: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProgrammePlan:
    """The plan that a programme of any year is drafted from; the year is still missing in the names."""
    name: str
    name_zh: str
    years: tuple[YearPlan, ...]
    milestones: tuple[MilestonePlan, ...]
    templates: tuple[TemplatePlan, ...]

    def year(self, year: int, first_year: int) -> YearPlan:
        """Theme and goals for a calendar year, when the first programme was that of `first_year`.

        From the last planned year on, its theme goes on; a year before the first one gets the first theme."""
        return self.years[min(max(year - first_year, 0), len(self.years) - 1)]


def targets_match(selectors: Collection[Selector], unit: UnitFacts) -> bool:
    """Whether any selector reaches the unit. A selector without a condition reaches nobody."""
    return any(_selects(selector, unit) for selector in selectors)


def _selects(selector: Selector, unit: UnitFacts) -> bool:
    asked = ((selector.kind, unit.kind), (selector.category, unit.category), (selector.unit, unit.code))
    conditions = [wanted == found for wanted, found in asked if wanted is not None]
    if selector.focus is not None:
        conditions.append(selector.focus in unit.focus)
    return bool(conditions) and all(conditions)


def shift(month_day: MonthDay, year: int, offset: int = 0) -> date:
    """The day in the programme of `year`, moved on by the month-day's own offset and by `offset` years.

    A day that the month does not have in that year becomes the month's last: 29 February may become the 28th."""
    wanted = year + month_day.offset + offset
    last = monthrange(wanted, month_day.month)[1]
    return date(wanted, month_day.month, min(month_day.day, last))


def current_year(years: Collection[int], this: int) -> int | None:
    """Of the programmes' years the latest that has begun: one that is issued ahead does not take the place of the one at work.
    Where none has begun, the first to come."""
    return max((year for year in years if year <= this), default=min(years, default=None))


def out_of_order(dues: Mapping[str, date]) -> dict[str, date]:
    """Codes of the milestones that would be due before the one that they build on, each with that one's day; the same day is
    allowed, and a milestone that the programme does not have is passed over."""
    found = {}
    for chain in CHAINS:
        present = [code.value for code in chain if code.value in dues]
        found.update({later: dues[earlier] for earlier, later in pairwise(present) if dues[later] < dues[earlier]})
    return found


def system_code(template: str, system: System, has: bool) -> str:
    """The code of the work on a system that arises from its readiness: 28-BS-C to convert, 28-BS-B to build."""
    initials = "".join(word[0] for word in system.value.split("_")).upper()
    return f"{template}-{initials}-{'C' if has else 'B'}"


def system_codes(template: str) -> frozenset[str]:
    """Every code that the work on systems of this template may come to have in a unit."""
    return frozenset(system_code(template, system, has) for system in System for has in (True, False))
