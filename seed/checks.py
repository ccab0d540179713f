"""What ties the seed's files together. Each check yields (file, path, what is wrong); none of them stops the others."""
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from portal.assignments import rules as assignments
from portal.programmes.rules import MonthDay, Selector, TemplateKind, UnitFacts, targets_match
from seed.places import Path
from seed.schema import (
    FileName,
    LadderFile,
    LimitsFile,
    MilestoneRow,
    ProgrammeFile,
    ResponsibilitiesFile,
    TargetRow,
    TemplateRow,
    TermsFile,
    UnitRow,
    UnitsFile,
)
from tenants.access import HEADQUARTERS
from tenants.vocabulary import (
    Business,
    CampaignState,
    Category,
    Duty,
    IssuePart,
    IssueState,
    LaunchElement,
    Line,
    MilestoneCode,
    Part,
    Process,
    Role,
    Segment,
    Severity,
    Stage,
    SyncEvent,
    System,
    UnitKind,
    Verdict,
)

Finding = tuple[FileName, Path, str]

CODES: dict[str, Collection[str]] = {
    "unit_kind": tuple(UnitKind), "category": tuple(Category), "line": tuple(Line), "process": tuple(Process),
    "duty": tuple(Duty), "role": tuple(Role), "part": tuple(Part), "milestone": tuple(MilestoneCode),
    "system": tuple(System), "light": assignments.LIGHTS, "campaign_state": tuple(CampaignState),
    "launch_element": tuple(LaunchElement), "segment": tuple(Segment), "business": tuple(Business),
    "sync_event": tuple(SyncEvent), "verdict": tuple(Verdict), "severity": tuple(Severity), "issue_stage": tuple(Stage),
    "issue_state": tuple(IssueState), "issue_part": tuple(IssuePart),
}


@dataclass(frozen=True, slots=True)
class Files:
    """The files, each correct by itself."""
    units: UnitsFile
    terms: TermsFile
    responsibilities: ResponsibilitiesFile
    programme: ProgrammeFile
    limits: LimitsFile
    ladder: LadderFile


def findings(files: Files) -> Iterator[Finding]:
    """Everything that does not fit together."""
    yield from _units(files.units)
    yield from _terms(files.terms)
    yield from _responsibilities(files.responsibilities)
    yield from _milestones(files.programme.milestones)
    yield from _templates(files)
    yield from _limits(files.limits)
    yield from _ladder(files.ladder)


def units_in_order(units: UnitsFile) -> Iterator[tuple[Path, UnitKind, UnitRow]]:
    """Every unit in the plan's order, with its place in the file."""
    for part, kind, rows in (("headquarters", UnitKind.HEADQUARTERS, units.headquarters),
                             ("provinces", UnitKind.PROVINCE, units.provinces),
                             ("companies", UnitKind.SPECIALISED_COMPANY, units.companies)):
        for n, row in enumerate(rows):
            yield (part, n), kind, row


def unit_facts(files: Files) -> dict[str, UnitFacts]:
    """What target selectors look at, by unit code."""
    focus: dict[Category | None, set[Process]] = {}
    for row in files.responsibilities.focus:
        focus.setdefault(row.category, set()).add(row.process)
    return {row.code: UnitFacts(row.code, kind, category := getattr(row, "category", None),
                                frozenset(focus.get(category, ())) if category else frozenset())
            for _, kind, row in units_in_order(files.units)}


def selector(row: TargetRow) -> Selector:
    return Selector(row.kind, row.category, row.focus, row.unit)


def template_due(row: TemplateRow, milestones: Iterable[MilestoneRow]) -> MonthDay:
    """The day of the template's own, else that of its milestone."""
    milestone = next(m for m in milestones if m.code is row.milestone)
    own = row.due or milestone.due
    return MonthDay(own.month, own.day, milestone.years_later)


def _repeated(values: Iterable[tuple[Path, object]]) -> Iterator[tuple[Path, object]]:
    seen: set[object] = set()
    for path, value in values:
        if value in seen:
            yield path, value
        seen.add(value)


def _units(units: UnitsFile) -> Iterator[Finding]:
    rows = list(units_in_order(units))
    for field in ("id", "code"):
        for path, value in _repeated(((*path, field), getattr(row, field)) for path, _, row in rows):
            yield "units.yaml", path, f"“{value}” is another unit's {field}"
    if units.headquarters[0].id != HEADQUARTERS:
        yield "units.yaml", ("headquarters", 0, "id"), f"must be {HEADQUARTERS}"


def _terms(terms: TermsFile) -> Iterator[Finding]:
    for vocabulary in TermsFile.model_fields:
        rows = getattr(terms, vocabulary)
        yield from _complete("terms.yaml", vocabulary, [row.code for row in rows], CODES.get(vocabulary))
    stages = {row.code for row in terms.stage}
    for n, row in enumerate(terms.system):
        for m, stage in enumerate(row.stages):
            if stage not in stages:
                yield "terms.yaml", ("system", n, "stages", m), f"no stage “{stage}”"


def _complete(file: FileName, part: str, found: list[str], wanted: Collection[str] | None) -> Iterator[Finding]:
    """Each wanted code once and no other; without a list of wanted ones, each found code once."""
    for path, value in _repeated(((part, n, "code"), code) for n, code in enumerate(found)):
        yield file, path, f"“{value}” stands here twice"
    if wanted is None:
        return
    for n, code in enumerate(found):
        if code not in wanted:
            yield file, (part, n, "code"), f"no such code: “{code}”"
    for code in wanted:
        if code not in found:
            yield file, (part,), f"“{code}” is missing"


def _responsibilities(file: ResponsibilitiesFile) -> Iterator[Finding]:
    pairs = [(row.line, row.process) for row in file.duties]
    for path, pair in _repeated((("duties", n), pair) for n, pair in enumerate(pairs)):
        yield "responsibilities.yaml", path, f"{_named(pair)} stands here twice"
    for pair in product(Line, Process):
        if pair not in pairs:
            yield "responsibilities.yaml", ("duties",), f"{_named(pair)} is missing"
    categories = [row.category for row in file.focus]
    for path, value in _repeated((("focus", n, "category"), category) for n, category in enumerate(categories)):
        yield "responsibilities.yaml", path, f"“{value}” stands here twice"
    for category in Category:
        if category not in categories:
            yield "responsibilities.yaml", ("focus",), f"“{category}” is missing"


def _named(pair: object) -> str:
    codes = pair if isinstance(pair, tuple) else (pair,)
    return " × ".join(str(code) for code in codes if isinstance(code, StrEnum))


def _milestones(rows: tuple[MilestoneRow, ...]) -> Iterator[Finding]:
    yield from _complete("programme.yaml", "milestones", [row.code for row in rows], tuple(MilestoneCode))


def _templates(files: Files) -> Iterator[Finding]:
    rows = files.programme.templates
    keys: list[tuple[Path, object]] = [
        (("templates", n, "lines", m), (row.code, line))
        for n, row in enumerate(rows) for m, line in enumerate(row.lines)]
    for path, _ in _repeated(keys):
        yield "programme.yaml", path, "this code has a template for the line already"
    kinds = Counter(kind for row in rows for kind in [row.kind] * len(row.lines))
    for kind in (TemplateKind.PLAN_FILING, TemplateKind.SYSTEM):
        if kinds[kind] != 1:
            yield "programme.yaml", ("templates",), f"must contain one template of kind {kind}, not {kinds[kind]}"
    units = unit_facts(files)
    for n, row in enumerate(rows):
        yield from _due(n, row, files.programme.milestones)
        for m, target in enumerate(row.targets):
            if not any(targets_match([selector(target)], unit) for unit in units.values()):
                yield "programme.yaml", ("templates", n, "targets", m), "reaches no unit"


def _due(n: int, row: TemplateRow, milestones: tuple[MilestoneRow, ...]) -> Iterator[Finding]:
    milestone = next((m for m in milestones if m.code is row.milestone), None)
    if milestone is None:
        yield "programme.yaml", ("templates", n, "milestone"), f"no milestone “{row.milestone}” in this file"
    elif row.due and (row.due.month, row.due.day) > (milestone.due.month, milestone.due.day):
        yield "programme.yaml", ("templates", n, "due"), "lies after its milestone"


def _ladder(file: LadderFile) -> Iterator[Finding]:
    rows = [((("rungs", n)), (row.kind, row.step, row.span, row.whom)) for n, row in enumerate(file.rungs)]
    for path, rung in _repeated(rows):
        yield "ladder.yaml", path, f"{_named(rung)} stands here twice"


def _limits(file: LimitsFile) -> Iterator[Finding]:
    rows = [((("limits", n)), (row.severity, row.stage)) for n, row in enumerate(file.limits)]
    for path, pair in _repeated(rows):
        yield "limits.yaml", path, f"{_named(pair)} stands here twice"
    general = {severity for _, (severity, stage) in rows if stage is None}
    for severity in Severity:
        if severity not in general:
            yield "limits.yaml", ("limits",), f"“{severity}” has no limit for all stages"
