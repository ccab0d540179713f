"""The plan as data: read from the YAML files in `data/` and checked as a whole. Pure: no database."""
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from pydantic import ValidationError

from portal.programmes.rules import MilestonePlan, MonthDay, ProgrammePlan, TemplatePlan, YearPlan
from seed.checks import Files, findings, selector, template_due, units_in_order
from seed.places import PlanFaults, read
from seed.schema import FILES, FileName, LimitsFile, ProgrammeFile, TermsFile
from tenants.vocabulary import Line

DATA: Traversable = files("seed") / "data"
SUFFIXES = {Line.CUSTOMER_SERVICE: "CS", Line.MARKET: "M", Line.ENTERPRISE: "E", Line.IT: "IT", Line.NETWORK: "N"}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the files hold, checked: rows for the reference tables, and what a programme is drafted from."""
    units: tuple[Row, ...]
    terms: tuple[Row, ...]
    responsibilities: tuple[Row, ...]
    focus: tuple[Row, ...]
    programme: ProgrammePlan
    limits: tuple[Row, ...]
    working_hours: Row
    ladder: tuple[Row, ...] = ()


def read_plan(folder: Traversable = DATA) -> Plan:
    """Read and check the files of a folder. Raises PlanFaults with every fault, each with file, line and field."""
    sources = {name: read(folder / name) for name in FILES}
    faults = [fault for source in sources.values() for fault in source.faults]
    models: dict[FileName, Any] = {}
    for name, source in sources.items():
        try:
            models[name] = FILES[name].model_validate(source.data)
        except ValidationError as error:
            if source.data is not None or not source.faults:        # nothing could be read: that has been said
                faults += [source.fault(e["loc"], _in_words(e["msg"])) for e in error.errors()]
    if len(models) == len(FILES):
        checked = Files(*(models[name] for name in FILES))
        faults += [sources[name].fault(path, what) for name, path, what in findings(checked)]
    if faults:
        raise PlanFaults(faults)
    return _plan(checked)


def _in_words(message: str) -> str:
    return message.removeprefix("Value error, ")


def _plan(checked: Files) -> Plan:
    duties = (row.model_dump(mode="json") for row in checked.responsibilities.duties)
    focus = (row.model_dump(mode="json") for row in checked.responsibilities.focus)
    return Plan(tuple(_units(checked)), tuple(_terms(checked.terms)), tuple(duties), tuple(focus),
                _programme(checked.programme), tuple(_limits(checked.limits)), _hours(checked.limits),
                tuple(row.model_dump(mode="json") for row in checked.ladder.rungs))


def _units(checked: Files) -> Iterator[Row]:
    for position, (_, kind, row) in enumerate(units_in_order(checked.units), 1):
        yield {"category": None, **row.model_dump(mode="json"), "kind": kind.value, "position": position}


def _terms(terms: TermsFile) -> Iterator[Row]:
    """A stage's parent is its process; a system's are the stages it concerns, separated by blanks."""
    for vocabulary in TermsFile.model_fields:
        for position, term in enumerate(getattr(terms, vocabulary), 1):
            row = term.model_dump(mode="json")
            parent = row.pop("process", None) or " ".join(row.pop("stages", ())) or None
            yield {**row, "vocabulary": vocabulary, "parent": parent, "position": position}


def _programme(file: ProgrammeFile) -> ProgrammePlan:
    years = tuple(YearPlan(n, row.theme, row.theme_zh, row.goals, row.goals_zh) for n, row in enumerate(file.years))
    milestones = tuple(
        MilestonePlan(row.code, MonthDay(row.due.month, row.due.day, row.years_later), row.title, row.title_zh)
        for row in file.milestones)
    return ProgrammePlan(file.name, file.name_zh, years, milestones, tuple(_templates(file)))


def _templates(file: ProgrammeFile) -> Iterator[TemplatePlan]:
    """One template a line; where a code has several lines, each gets the line's suffix."""
    lines = Counter(row.code for row in file.templates for _ in row.lines)
    for row in file.templates:
        for line in row.lines:
            yield TemplatePlan(
                code=f"{row.code}-{SUFFIXES[line]}" if lines[row.code] > 1 else row.code,
                kind=row.kind, line=line, process=row.process, milestone=row.milestone,
                due=template_due(row, file.milestones), title=row.title, title_zh=row.title_zh,
                deliverable=row.deliverable, deliverable_zh=row.deliverable_zh,
                evidence=row.evidence, evidence_zh=row.evidence_zh,
                targets=tuple(selector(target) for target in row.targets))


def _limits(file: LimitsFile) -> Iterator[Row]:
    for row in file.limits:
        yield {"severity": row.severity.value, "stage": row.stage.value if row.stage else None,
               "respond_minutes": row.respond, "resolve_minutes": row.resolve, "continuous": row.continuous}


def _hours(file: LimitsFile) -> Row:
    """As the setting keeps them: {"spans": [["08:30", "12:00"], …]}."""
    return {"spans": [[start.isoformat("minutes"), end.isoformat("minutes")] for start, end in file.working_hours]}


@cache
def whole_plan() -> Plan:
    """The plan of our own files, read once. Raises PlanFaults."""
    return read_plan()


def programme_plan() -> ProgrammePlan:
    """The plan that programmes are drafted from."""
    return whole_plan().programme
