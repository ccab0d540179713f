"""What somebody does at some moment of the demonstration year. A story is a list of these; `stage` performs them."""
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from tenants.vocabulary import Line

Who = tuple[str, str]                  # what somebody is, and in which unit: ("market", "guangdong")


@dataclass(frozen=True, slots=True)
class Of:
    """Whose thing of which year's programme is meant; with a code, which assignment."""
    unit: str
    year: int
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    at: datetime
    who: Who
    of: Of


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPlan:
    """What a unit plans for one of its assignments."""
    owner: str
    start: date
    due: date
    deliverable: str
    measure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a unit's plan says in the end; `items` by the assignment's code."""
    mechanism: str
    team: str
    readiness: Mapping[str, tuple[str, ...]]
    items: Mapping[str, ItemPlan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Act):
    """Open the draft where there is none, and save the share of the items (0 to 1) that is thought through."""
    plan: Plan
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit(Act):
    """The first time with the whole plan; then `mended` are the items changed, with what is added to their measure, and
    `general` is added to the mechanism."""
    plan: Plan | None = None
    mended: Mapping[str, str] = field(default_factory=dict)
    general: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(Act):
    line: Line
    verdict: str
    remark: str = ""
    remarks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Act):
    """A question at an item, or the line's answer to it."""
    text: str
    answer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTask(Act):
    """Something done to one assignment."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(OnTask):
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIn(OnTask):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify(OnTask):
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chase(OnTask):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(OnTask):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AskWaiver(OnTask):
    """The unit asks for "not applicable"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantWaiver(OnTask):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTask(Act):
    """Headquarters adds an assignment in mid-year for these units."""
    units: tuple[str, ...]
    due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(Act):
    """That person of the unit leaves, gone from the next day on."""
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate(Act):
    """The actor's function is carried by a colleague, from that day on for so many days."""
    to: str
    days: int
