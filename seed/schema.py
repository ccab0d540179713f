"""The form of the seed's files, one model a file; what ties files together is checked in `seed.checks`."""
from datetime import date, time
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from portal.programmes.rules import MonthDay, TemplateKind
from portal.reminders.rules import MOST_RUNGS, Channel, Deadline, Rung, Span, Whom
from portal.reminders.rules import fault as rung_fault
from tenants.vocabulary import Category, Duty, Line, MilestoneCode, Process, Segment, Severity, Stage, UnitKind

Text = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*([_-][a-z0-9]+)*$", max_length=60)]


def _month_day(value: Any) -> Any:
    """ "04-30" as a MonthDay; 29 February is a day, since some years have it."""
    if isinstance(value, MonthDay):
        return value
    try:
        day = date.fromisoformat(f"2000-{value}")
    except ValueError:
        raise ValueError("must be a month and a day, as in \"04-30\"") from None
    return MonthDay(day.month, day.day)


Day = Annotated[MonthDay, BeforeValidator(_month_day)]


class Strict(BaseModel):
    """Frozen, and a field that nobody knows is a fault."""
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class UnitRow(Strict):
    """A unit as the plan has it. `id` is its key in every other table; `short_zh` stands on the tiles."""
    id: int = Field(gt=0)
    code: Code
    name: Text
    name_zh: Text
    short_zh: Annotated[str, StringConstraints(min_length=1, max_length=4)]


class CompanyRow(UnitRow):
    category: Category


class UnitsFile(Strict):
    headquarters: tuple[UnitRow] = Field(description="exactly one")
    provinces: tuple[UnitRow, ...]
    companies: tuple[CompanyRow, ...]


class TermRow(Strict):
    code: Code
    name: Text
    name_zh: Text
    note: str = ""
    note_zh: str = ""


class StageRow(TermRow):
    process: Process


class SegmentRow(TermRow):
    code: Segment


class SystemRow(TermRow):
    stages: tuple[str, ...] = Field(min_length=1)


class TermsFile(Strict):
    """A vocabulary a field; the order of its rows is that of its terms."""
    unit_kind: tuple[TermRow, ...]
    category: tuple[TermRow, ...]
    line: tuple[TermRow, ...]
    process: tuple[TermRow, ...]
    duty: tuple[TermRow, ...]
    role: tuple[TermRow, ...]
    part: tuple[TermRow, ...]
    milestone: tuple[TermRow, ...]
    stage: tuple[StageRow, ...]
    system: tuple[SystemRow, ...]
    light: tuple[TermRow, ...]
    campaign_state: tuple[TermRow, ...]
    launch_element: tuple[TermRow, ...]
    segment: tuple[SegmentRow, ...]
    business: tuple[TermRow, ...]
    sync_event: tuple[TermRow, ...]
    verdict: tuple[TermRow, ...]
    severity: tuple[TermRow, ...]
    issue_stage: tuple[TermRow, ...]
    issue_state: tuple[TermRow, ...]
    issue_part: tuple[TermRow, ...]


class DutyRow(Strict):
    line: Line
    process: Process
    duty: Duty
    segments: str = ""


class FocusRow(Strict):
    category: Category
    process: Process


class ResponsibilitiesFile(Strict):
    duties: tuple[DutyRow, ...]
    focus: tuple[FocusRow, ...]


class YearRow(Strict):
    theme: Text
    theme_zh: Text
    goals: tuple[Text, ...] = Field(min_length=1)
    goals_zh: tuple[Text, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def goals_in_both_languages(self) -> "YearRow":
        if len(self.goals) != len(self.goals_zh):
            raise ValueError("the goals differ in number between the languages")
        return self


class MilestoneRow(Strict):
    code: MilestoneCode
    due: Day
    years_later: int = Field(0, ge=0, le=5)
    title: Text
    title_zh: Text


class TargetRow(Strict):
    """One condition; several targets add up."""
    kind: UnitKind | None = None
    category: Category | None = None
    focus: Process | None = None
    unit: str | None = None

    @model_validator(mode="after")
    def exactly_one(self) -> "TargetRow":
        if len(self.model_fields_set) != 1:
            raise ValueError("must name exactly one of kind, category, focus, unit")
        return self


def _once(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    if len(set(lines)) != len(lines):
        raise ValueError("a line stands here twice")
    return lines


class TemplateRow(Strict):
    """A task of the plan for one or more lines; without a due day of its own it is due with its milestone."""
    code: Annotated[str, StringConstraints(pattern=r"^\d\d$")]
    kind: TemplateKind = TemplateKind.TASK
    lines: Annotated[tuple[Line, ...], AfterValidator(_once)] = Field(min_length=1)
    process: Process | None = None
    milestone: MilestoneCode
    due: Day | None = None
    title: Text
    title_zh: Text
    deliverable: Text
    deliverable_zh: Text
    evidence: Text
    evidence_zh: Text
    targets: tuple[TargetRow, ...] = Field(min_length=1)


class ProgrammeFile(Strict):
    name: Text
    name_zh: Text
    years: tuple[YearRow, ...] = Field(min_length=1)
    milestones: tuple[MilestoneRow, ...]
    templates: tuple[TemplateRow, ...] = Field(min_length=1)


class LimitRow(Strict):
    """How long an issue may wait for an answer and for its solution, in minutes of working time or, where `continuous`,
    around the clock. Without a stage it holds for every stage that has no row of its own."""
    severity: Severity
    stage: Stage | None = None
    respond: int = Field(gt=0)
    resolve: int = Field(gt=0)
    continuous: bool = False

    @model_validator(mode="after")
    def resolved_after_the_answer(self) -> "LimitRow":
        if self.resolve < self.respond:
            raise ValueError("resolve is shorter than respond")
        return self


def _clock_time(value: Any) -> Any:
    """ "08:30" as a time of day."""
    if isinstance(value, time):
        return value
    try:
        return time.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("must be a time of day, as in \"08:30\"") from None


Hour = Annotated[time, BeforeValidator(_clock_time)]


def _in_order(hours: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
    edges = [edge for pair in hours for edge in pair]
    if any(later <= earlier for earlier, later in pairwise(edges)):
        raise ValueError("the hours must follow one another within the day")
    return hours


class LimitsFile(Strict):
    limits: tuple[LimitRow, ...]
    working_hours: Annotated[tuple[tuple[Hour, Hour], ...], AfterValidator(_in_order)] = Field(min_length=1)


class RungRow(Strict):
    kind: Deadline
    step: int
    span: Span
    whom: Whom
    channel: Channel
    rooms: bool = False

    @model_validator(mode="after")
    def can_stand(self) -> "RungRow":
        fault = rung_fault(Rung(self.kind, self.step, self.span, self.whom, self.channel))
        if fault is not None:
            raise ValueError(str(fault))
        return self


class LadderFile(Strict):
    rungs: tuple[RungRow, ...] = Field(min_length=1, max_length=MOST_RUNGS)


FileName = Literal["units.yaml", "terms.yaml", "responsibilities.yaml", "programme.yaml", "limits.yaml", "ladder.yaml"]
FILES: dict[FileName, type[Strict]] = {
    "units.yaml": UnitsFile, "terms.yaml": TermsFile, "responsibilities.yaml": ResponsibilitiesFile,
    "programme.yaml": ProgrammeFile, "limits.yaml": LimitsFile, "ladder.yaml": LadderFile,
}
