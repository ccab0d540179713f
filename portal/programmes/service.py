"""Drafting, editing and issuing a programme. Issuing makes every unit's assignments, once."""
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import flag_modified

from portal import texts
from portal.assignments import service as assignments
from portal.assignments.models import Assignment
from portal.audit import service as audit
from portal.notices import service as notices
from portal.programmes import queries
from portal.programmes.models import Milestone, Programme, Template
from portal.programmes.rules import (
    DRAFT,
    FIRST_YEAR,
    ISSUED,
    LAST_YEAR,
    MACHINE,
    ProgrammePlan,
    Selector,
    TemplateKind,
    out_of_order,
    system_codes,
    targets_match,
)
from portal.programmes.rules import shift as on_day
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Appointment, Identity, need
from tenants.db import db, uuid7
from tenants.errors import Invalid, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import Category, Line, MilestoneCode, Process, Role, UnitKind


def allow(programme: Programme, action: str, *, actor: Identity) -> Appointment:
    """May this person edit, issue, end it or add to it now? Raises NotPermitted, then RuleViolated."""
    if action == "add":
        under = need(actor, Permission.ASSIGNMENT_ADD)
        if programme.state != ISSUED:
            raise RuleViolated(N_("Assignments are added to a programme that is issued; a draft gets templates."))
        return under
    under = need(actor, Permission.PROGRAMME_EDIT)
    MACHINE.step(programme.state, action)
    return under


def _begin(programme: Programme, action: str, actor: Identity, version: int | None = None) -> Appointment:
    """Permission, then the row held and read anew, so that of two at once the second sees what the first did; then the
    version that the person had in front of them (None: no form was open), then the state.

    Raises NotPermitted, Stale, RuleViolated."""
    need(actor, Permission.ASSIGNMENT_ADD if action == "add" else Permission.PROGRAMME_EDIT)
    queries.lock(programme)
    under = allow(programme, action, actor=actor)
    if version is not None and version != programme.version:
        raise Stale(N_("Somebody else has changed this programme since you opened the form."))
    return under


def draft(plan: ProgrammePlan, year: int, actor: Identity | None = None) -> Programme:
    """A programme for `year` as the plan has it, its dates moved to that year; nobody but the office sees it yet.

    `actor` None is the portal itself, setting up. Raises RuleViolated where the year has a programme, Invalid for a
    year out of range."""
    under = need(actor, Permission.PROGRAMME_EDIT) if actor else None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid({"year": [N_("Give a year from %(first)s to %(last)s.", first=FIRST_YEAR, last=LAST_YEAR)]})
    if queries.exists(year):
        raise RuleViolated(N_("There is a programme for %(year)s already.", year=year))
    themed = plan.year(year, queries.first_year() or year)
    made = Programme(
        id=uuid7(), year=year, name=_of_year(plan.name, year), name_zh=_of_year(plan.name_zh, year), theme=themed.theme,
        theme_zh=themed.theme_zh, goals="\n".join(themed.goals), goals_zh="\n".join(themed.goals_zh), state=DRAFT,
        issued_at=None)
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:                     # somebody else drafted this year at the same moment
        raise RuleViolated(N_("There is a programme for %(year)s already.", year=year)) from None
    db.session.add_all(
        Milestone(id=uuid7(), programme_id=made.id, code=m.code.value, due=on_day(m.due, year), title=m.title,
                  title_zh=m.title_zh, position=n) for n, m in enumerate(plan.milestones))
    db.session.add_all(
        Template(id=uuid7(), programme_id=made.id, code=t.code, kind=t.kind.value, line=t.line.value,
                 process=t.process.value if t.process else None, milestone=t.milestone.value, due=on_day(t.due, year),
                 title=t.title, title_zh=t.title_zh, deliverable=t.deliverable, deliverable_zh=t.deliverable_zh,
                 evidence=t.evidence, evidence_zh=t.evidence_zh, targets=[selector_json(s) for s in t.targets], position=n)
        for n, t in enumerate(plan.templates))
    db.session.flush()
    audit.record("draft", "programme", made.id, {"year": year, "templates": len(plan.templates)}, under=under)
    return made


def _of_year(name: str, year: int) -> str:
    return name.replace("{year}", str(year)) if "{year}" in name else f"{year} {name}" if name.isascii() else f"{year}年{name}"


def selector_json(selector: Selector) -> dict[str, str]:
    """A selector as it is stored: only the conditions it has."""
    return {k: str(v) for k, v in asdict(selector).items() if v is not None}


def selector_of(row: Mapping[str, Any]) -> Selector:
    return Selector(kind=UnitKind(row["kind"]) if row.get("kind") else None,
                    category=Category(row["category"]) if row.get("category") else None,
                    focus=Process(row["focus"]) if row.get("focus") else None, unit=row.get("unit"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateContent:
    """What the office may set of a template."""
    code: str
    line: Line
    process: Process | None
    milestone: MilestoneCode
    due: date
    title: str
    title_zh: str
    deliverable: str = ""
    deliverable_zh: str = ""
    evidence: str = ""
    evidence_zh: str = ""
    targets: Sequence[Selector] = ()


def change_programme(programme: Programme, *, name: str, name_zh: str, theme: str, theme_zh: str, goals: str, goals_zh: str,
                     actor: Identity, version: int | None = None) -> None:
    """Words of a draft; what is left empty in English is the Chinese. Raises Stale, Invalid."""
    under = _begin(programme, "edit", actor, version)
    new = {k: texts.prose(v, texts.MEDIUM) for k, v in {"name": name, "name_zh": name_zh, "theme": theme, "theme_zh": theme_zh,
                                          "goals": goals, "goals_zh": goals_zh}.items()}
    errors = _lengths(new, {"goals": texts.MEDIUM, "goals_zh": texts.MEDIUM})
    if not new["name_zh"]:
        errors["name_zh"] = [N_("Give the programme a name in Chinese.")]
    _refuse(errors)
    new = _in_both(new)
    before = {k: getattr(programme, k) for k in new}
    for field, value in new.items():
        setattr(programme, field, value)
    db.session.flush()
    _note(programme, {k: [before[k], new[k]] for k in new if before[k] != new[k]}, under)


def change_milestones(programme: Programme, dues: Mapping[str, date], *, actor: Identity, version: int | None = None) -> None:
    """Move milestones of a draft, given by code; templates that were due on one move along, later ones are drawn back. Raises
    Invalid for a day out of the programme's years, or before the milestone that comes first."""
    under = _begin(programme, "edit", actor, version)
    first, last = date(programme.year, 1, 1), date(programme.year + 1, 12, 31)
    _refuse({code: [N_("The date must lie in the programme's year or the next.")]
             for code, due in dues.items() if not first <= due <= last})
    _refuse({code: [N_("The milestone before it is due on %(day)s; choose that day or a later one.", day=day)]
             for code, day in out_of_order({m.code: dues.get(m.code, m.due) for m in programme.milestones}).items()})
    moved = {}
    for milestone in programme.milestones:
        before, due = milestone.due, dues.get(milestone.code, milestone.due)
        if due != before:
            moved[f"milestone {milestone.code}"] = [before, due]
            milestone.due = due
            for t in programme.templates:
                if t.milestone == milestone.code and (t.due == before or t.due > due):
                    t.due = due
    _touch(programme)
    _note(programme, moved, under)


def add_template(programme: Programme, content: TemplateContent, *, actor: Identity, version: int | None = None) -> Template:
    """One more template for a draft. Raises Invalid."""
    under = _begin(programme, "edit", actor, version)
    made = _new_template(programme, content)
    _note(programme, {"template added": content.code}, under)
    return made


def change_template(programme: Programme, template: Template, content: TemplateContent, *, actor: Identity,
                    version: int | None = None) -> None:
    """The work on systems keeps its milestones, on whose days it is due: to convert, or to build. Raises Stale, Invalid."""
    under = _begin(programme, "edit", actor, version)
    if template.kind == TemplateKind.SYSTEM:
        due = next(m.due for m in programme.milestones if m.code == template.milestone)
        content = replace(content, milestone=MilestoneCode(template.milestone), due=due)
    new = _judged(programme, content, except_for=template)
    before = {k: getattr(template, k) for k in new}
    for name, value in new.items():
        setattr(template, name, value)
    _touch(programme)
    _note(programme, {f"{template.code}.{k}": [before[k], new[k]] for k in new if before[k] != new[k]}, under)


def remove_template(programme: Programme, template: Template, *, actor: Identity) -> None:
    """Take a template out of a draft; the one for filing the plan must stay."""
    under = _begin(programme, "edit", actor)
    if template.kind == TemplateKind.PLAN_FILING:
        raise RuleViolated(N_("The plan itself must be filed: this template stays."))
    programme.templates.remove(template)
    db.session.delete(template)
    _touch(programme)
    _note(programme, {"template removed": template.code}, under)


def judge(programme: Programme, content: TemplateContent, except_for: Template | None = None) -> dict[str, list[Message]]:
    """Every fault of what a template would be, by field, for a form that has some of its own."""
    try:
        _judged(programme, content, except_for)
    except Invalid as refused:
        return {k: list(v) for k, v in refused.errors.items()}
    return {}


@dataclass(frozen=True, slots=True)
class Preview:
    """What issuing would make. `by_unit` lists every unit reached, in the plan's order; lines in their own order."""
    assignments: int
    units: int
    by_unit: Sequence[tuple[Unit, int]]
    by_line: Sequence[tuple[Line, int]]
    idle: Sequence[Template]                   # templates that reach nobody


def preview(programme: Programme) -> Preview:
    reached = list(_pairs(programme))
    by_unit = Counter(u.id for u, _ in reached)
    by_line = Counter(t.line for _, t in reached)
    units = {u.id: u for u, _ in reached}
    used = {t.id for _, t in reached}
    return Preview(len(reached), len(units), [(u, by_unit[u.id]) for u in units.values()],
                   [(line, by_line[line.value]) for line in Line],
                   [t for t in programme.templates if t.id not in used and t.kind != TemplateKind.SYSTEM])


def issue(programme: Programme, *, actor: Identity, version: int | None = None) -> int:
    """Make every unit's assignments and tell the contacts; once. Returns how many assignments were made. Raises Stale where the
    draft is no longer the one that was previewed."""
    under = _begin(programme, "issue", actor, version)
    reached = list(_pairs(programme))
    if not reached:
        raise RuleViolated(N_("The programme reaches no unit: add templates first."))
    made = len(_assign(programme, reached, under))
    programme.state, programme.issued_at = ISSUED, clock.now()
    db.session.flush()
    audit.record("issue", "programme", programme.id, {"state": [DRAFT, ISSUED], "assignments": made}, under=under)
    deadline = next((t.due for t in programme.templates if t.kind == TemplateKind.PLAN_FILING), None)
    name = {"en": programme.name, "zh": programme.name_zh}
    said = N_("The programme %(name)s is issued. File your unit's plan by %(day)s.", name=name, day=str(deadline)) \
        if deadline else N_("The programme %(name)s is issued.", name=name)
    for unit in dict.fromkeys(u.id for u, _ in reached if u.id != HEADQUARTERS):
        notices.tell(unit, said, f"/filings?year={programme.year}", roles=[Role.UNIT_CONTACT, Role.UNIT_HEAD])
    return made


def add_assignments(programme: Programme, content: TemplateContent, *, actor: Identity) -> int:
    """One more task of a programme that is issued, for every unit it selects; it begins today, and not before the programme's
    year. Returns how many assignments were made."""
    under = _begin(programme, "add", actor)
    if content.due < clock.today():
        errors = judge(programme, content)
        errors.setdefault("due", []).append(N_("This day has passed; choose today or later."))
        raise Invalid(errors)
    template = _new_template(programme, content)
    reached = [(u, t) for u, t in _pairs(programme) if t is template]
    if not reached:
        raise Invalid({"targets": [N_("This reaches no unit. Choose at least one.")]})
    made = _assign(programme, reached, under, start=max(clock.today(), date(programme.year, 1, 1)))
    audit.record("add_assignments", "programme", programme.id, {"template added": content.code, "assignments": len(made)},
                 under=under)
    for a in made:
        if a.unit_id != HEADQUARTERS:
            notices.tell(a.unit_id, N_("A new assignment: %(title)s, due %(day)s.", day=str(content.due),
                                     title={"en": content.title, "zh": content.title_zh}), f"/assignments/{a.id}",
                         roles=[Role.UNIT_CONTACT])
    return len(made)


def end(programme: Programme, *, actor: Identity) -> None:
    """Nothing more is expected of it: nobody begins a plan or is reminded any more. Everything stays readable, and what is open
    may still be finished (platform rule)."""
    under = _begin(programme, "end", actor)
    before, programme.state = programme.state, MACHINE.step(programme.state, "end").target
    db.session.flush()
    audit.record("end", "programme", programme.id, {"state": [before, programme.state]}, under=under)


def targets(programme: Programme) -> Iterable[tuple[Unit, Template]]:
    """Which template selects which unit, units in the plan's order; parts of units only where they are named."""
    templates = [(t, [selector_of(s) for s in t.targets]) for t in programme.templates]
    for unit, facts in queries.audience():
        for template, selectors in templates:
            chosen = selectors if unit.parent_id is None else [s for s in selectors if s.unit]
            if targets_match(chosen, facts):
                yield unit, template


def _pairs(programme: Programme) -> Iterable[tuple[Unit, Template]]:
    """Who gets what when the programme is issued; the work on systems arises later, from the filings."""
    return ((u, t) for u, t in targets(programme) if t.kind != TemplateKind.SYSTEM)


def _assign(programme: Programme, reached: Sequence[tuple[Unit, Template]], under: Appointment,
            start: date | None = None) -> list[Assignment]:
    """`start` is what nobody has to agree on: none where a plan will say it."""
    due = {m.code: m.due for m in programme.milestones}
    lines = {Line(t.line) for u, t in reached if u.id == HEADQUARTERS}
    leads = {line: next((p.id for p in directory.holders(HEADQUARTERS, [Role.HQ_LINE_LEAD], line)), None) for line in lines}
    return assignments.create((
        new_assignment(programme, t, u.id, due[t.milestone], start=start,
                       owner=leads[Line(t.line)] if u.id == HEADQUARTERS else None) for u, t in reached), under=under)


def new_assignment(programme: Programme, t: Template, unit: int, milestone_due: date, *, owner: UUID | None = None,
                   start: date | None = None) -> assignments.New:
    """What a template becomes for one unit."""
    return assignments.New(
        unit=unit, programme=programme.id, year=programme.year, code=t.code, kind=t.kind, line=Line(t.line), process=t.process,
        milestone=t.milestone, milestone_due=milestone_due, due=t.due, title=t.title, title_zh=t.title_zh,
        deliverable=t.deliverable, deliverable_zh=t.deliverable_zh, evidence=t.evidence, evidence_zh=t.evidence_zh,
        position=t.position, owner=owner, start=start)


def _new_template(programme: Programme, content: TemplateContent) -> Template:
    position = max((t.position for t in programme.templates), default=0) + 1
    made = Template(id=uuid7(), programme_id=programme.id, kind=TemplateKind.TASK.value, position=position,
                    **_judged(programme, content))
    programme.templates.append(made)
    _touch(programme)
    return made


def _judged(programme: Programme, content: TemplateContent, except_for: Template | None = None) -> dict[str, Any]:
    """The columns of a template; raises Invalid with every fault at its field."""
    words = {k: texts.prose(getattr(content, k), texts.MEDIUM) for k in (
        "code", "title", "title_zh", "deliverable", "deliverable_zh", "evidence", "evidence_zh")}
    errors = _lengths(words, {"code": 20, "title": texts.SHORT, "title_zh": texts.SHORT}, texts.MEDIUM)
    if not words["code"]:
        errors["code"] = [N_("Give a code.")]
    elif taken := _taken(words["code"], [t for t in programme.templates if t is not except_for], except_for):
        errors["code"] = [taken]
    if not words["title_zh"]:
        errors["title_zh"] = [N_("Give a title in Chinese.")]
    milestone = next((m for m in programme.milestones if m.code == content.milestone.value), None)
    if milestone is None:
        errors["milestone"] = [N_("Choose a milestone of this programme.")]
    elif content.due > milestone.due:
        errors["due"] = [N_("The milestone is due on %(day)s; choose that day or an earlier one.", day=milestone.due)]
    elif content.due < date(programme.year, 1, 1):
        errors["due"] = [N_("The date must lie in the programme's year or the next.")]
    if not content.targets:
        errors["targets"] = [N_("This reaches no unit. Choose at least one.")]
    elif {s.unit for s in content.targets if s.unit} - {u.code for u in directory.units()}:
        errors["targets"] = [N_("There is no such unit. Choose one of the list.")]
    _refuse(errors)
    return {**_in_both(words), "line": content.line.value, "process": content.process.value if content.process else None,
            "milestone": content.milestone.value, "due": content.due, "targets": [selector_json(s) for s in content.targets]}


def _taken(code: str, others: Sequence[Template], of: Template | None) -> Message | None:
    """Why a code is not free: another template's, or one that the work on systems has or may come to have."""
    if any(t.code == code for t in others):
        return N_("Another template of this programme has this code.")
    source = next((t for t in others if t.kind == TemplateKind.SYSTEM and code in system_codes(t.code)), None)
    if source is not None:
        return N_("This code is kept for the work on systems that arises from %(code)s; choose another.", code=source.code)
    if of is not None and of.kind == TemplateKind.SYSTEM and (clash := system_codes(code) & {t.code for t in others}):
        return N_("The work on systems would have the code of another template, %(code)s; choose another.", code=min(clash))
    return None


def _in_both(words: Mapping[str, str]) -> dict[str, str]:
    """Texts in both languages: what is left empty in English is the Chinese."""
    return {k: v or words.get(f"{k}_zh", "") for k, v in words.items()}


def _lengths(words: Mapping[str, str], limits: Mapping[str, int], default: int = texts.SHORT) -> dict[str, list[Message]]:
    return {k: [N_("At most %(n)s characters; this has %(m)s.", n=limits.get(k, default), m=len(v))]
            for k, v in words.items() if len(v) > limits.get(k, default)}


def _refuse(errors: Mapping[str, Sequence[Message]]) -> None:
    if errors:
        raise Invalid(errors)


def _touch(programme: Programme) -> None:
    """Parts changed: the whole has a new version, so that two editors notice each other."""
    flag_modified(programme, "state")
    db.session.flush()


def _note(programme: Programme, changes: Mapping[str, object], under: Appointment) -> None:
    if changes:
        audit.record("edit", "programme", programme.id, changes, under=under)
