"""What headquarters makes of a plan: each line judges its part; when all have approved, the plan is in force."""
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import delete

from portal import texts
from portal.assignments import service as assignments
from portal.assignments.models import Assignment
from portal.assignments.rules import CANCELLED, CLOSED
from portal.audit import service as audit
from portal.filings import queries
from portal.filings.models import Filing, FilingItem, FilingReview
from portal.filings.rules import (
    MACHINE,
    PASSED,
    REMARK,
    SENT_BACK,
    SUBMITTED,
    contacts_from,
    lines_concerned,
    readiness_split,
)
from portal.filings.service.drafting import added, fill_up
from portal.filings.service.notes import add_note
from portal.notices import service as notices
from portal.programmes import queries as programmes
from portal.programmes import service as programme_service
from portal.programmes.models import Programme, Template
from portal.programmes.rules import TemplateKind, system_code, targets_match
from tenants import clock
from tenants.access import Appointment, Identity, Subject, need
from tenants.db import db, uuid7
from tenants.errors import Invalid, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.models import Liaison, Term
from tenants.permissions import Permission
from tenants.vocabulary import Line, MilestoneCode, Role, System


def allow_review(filing: Filing, line: Line, *, actor: Identity) -> Appointment:
    """May this person judge that line's part now? Raises NotPermitted, also to who owns something in it, then RuleViolated."""
    under = need(actor, Permission.FILING_REVIEW, Subject(filing.unit_id, line))
    for subject in queries.parts(filing, line):
        need(actor, Permission.FILING_REVIEW, subject)
    under_review(filing)
    if line not in lines_concerned(Line(i.line) for i in filing.asked):
        raise RuleViolated(N_("This line has no part in the plan, so it does not review."))
    return under


def under_review(filing: Filing) -> None:
    """Raises RuleViolated while there is nothing to judge."""
    if filing.state != SUBMITTED:
        raise RuleViolated(N_("This plan is not under review now."))


def review(filing: Filing, line: Line, verdict: str, remark: str = "", remarks: Mapping[UUID, str] | None = None, *,
           actor: Identity, seen: int | None = None) -> FilingReview:
    """A line's verdict on its part: `approve`, or `return` with a remark for the whole or at items (by assignment).

    Of a part that is returned, the items without a remark are approved; without any remark at an item the whole part
    goes back. The first return sends the filing back; what is approved and untouched stays approved. To approve
    again what is approved changes nothing. `seen` is the submission that the reviewer had in front of them. Raises Stale
    when the unit has submitted again since, Invalid."""
    under = allow_review(filing, line, actor=actor)
    queries.lock(filing)
    allow_review(filing, line, actor=actor)
    if seen is not None and seen != filing.round:
        raise Stale(N_("The unit has submitted its plan again since you opened it. Look at it as it is now, then decide."))
    remark = texts.prose(remark, texts.MEDIUM)
    said = {k: words for k, v in (remarks or {}).items() if (words := texts.prose(v, texts.MEDIUM))}
    mine = [i for i in filing.asked if i.line == line]
    _judge_words(verdict, remark, said, {i.assignment_id for i in mine})
    if verdict == "approve" and (before := _approved_by(filing, line)):
        return before
    made = FilingReview(id=uuid7(), unit_id=filing.unit_id, filing_id=filing.id, round=filing.round, line=line.value,
                        verdict=verdict, remark=remark, at=clock.now(), by_id=actor.person)
    db.session.add(made)
    db.session.flush()
    if verdict == "approve":
        _set_verdicts(filing, line, mine, PASSED)
        _complete(filing, under)
    else:
        _return(filing, line, mine, remark, said, made.id, actor)
    db.session.flush()
    codes = {i.assignment_id: i.assignment.code for i in mine}
    audit.record(verdict, "filing", filing.id, {"line": line, "remark": remark, "state": filing.state,
                                                **{f"remark {codes[k]}": v for k, v in said.items()}}, under=under)
    _tell_unit(filing, line, verdict)
    return made


def _approved_by(filing: Filing, line: Line) -> FilingReview | None:
    """The verdict by which the line's part is approved already; None while something of it waits."""
    if line in queries.pending_lines([filing]).get(filing.id, ()):
        return None
    return next((r for r in reversed(queries.reviews_of([filing])[filing.id]) if r.line == line), None)


def _judge_words(verdict: str, remark: str, said: Mapping[UUID, str], mine: set[UUID]) -> None:
    errors: dict[str, Sequence[Message]] = {}
    if verdict not in ("approve", "return"):
        errors["verdict"] = [N_("Choose to approve or to return.")]
    elif verdict == "return" and not remark and not said:
        errors["remark"] = [N_("Say what is to be mended, for the whole part or at its items.")]
    elif verdict == "approve" and said:
        errors["remarks"] = [N_("A part with remarks is returned, not approved.")]
    if any(key not in mine for key in said):
        errors["remarks"] = [N_("A remark belongs to an item of the line's own part.")]
    for name, words in (("remark", remark), *((f"remarks.{k}", v) for k, v in said.items())):
        if len(words) > texts.MEDIUM:
            errors[name] = [N_("At most %(n)s characters; this has %(m)s.", n=texts.MEDIUM, m=len(words))]
    if errors:
        raise Invalid(errors)


def _set_verdicts(filing: Filing, line: Line, items: Sequence[FilingItem], verdict: str) -> None:
    for item in items:
        item.verdict = verdict
    if line is Line.CUSTOMER_SERVICE:
        filing.general_verdict = verdict


def _return(filing: Filing, line: Line, mine: Sequence[FilingItem], remark: str, said: Mapping[UUID, str], review_id: UUID,
            actor: Identity) -> None:
    if said:
        for item in mine:
            item.verdict = SENT_BACK if item.assignment_id in said else PASSED
        if line is Line.CUSTOMER_SERVICE:
            filing.general_verdict = SENT_BACK if remark else PASSED
    else:
        _set_verdicts(filing, line, mine, SENT_BACK)
    filing.state = MACHINE.step(filing.state, "return").target
    fill_up(filing)
    for item in mine:
        if item.assignment_id in said:
            add_note(filing, item, line, REMARK, said[item.assignment_id], actor.person, review_id)
    if remark:
        add_note(filing, None, line, REMARK, remark, actor.person, review_id)


def _hold(assignment: Assignment) -> None:
    queries.hold(assignment.programme_id, assignment.unit_id)


def _left(assignment: Assignment, under: Appointment) -> None:
    """An assignment was cancelled while the plan is under review: nobody judges its item any more, and where nothing else
    was outstanding the plan is approved (platform rule)."""
    filing = queries.hold(assignment.programme_id, assignment.unit_id)
    if filing is not None and _complete(filing, under):
        db.session.flush()
        audit.record("approve", "filing", filing.id, {"state": [SUBMITTED, filing.state], f"{assignment.code}.state": CANCELLED},
                     under=under)
        _tell_unit(filing, Line(assignment.line), "approve")


assignments.watch(assignments.Watcher(added, _hold, _left))


def _complete(filing: Filing, under: Appointment) -> bool:
    """When nothing is pending any more, the plan is approved: owners, starts, dues and contacts are in force."""
    if filing.general_verdict != PASSED or any(i.verdict != PASSED for i in filing.asked):
        return False
    filing.state = MACHINE.step(filing.state, "complete").target
    filing.approved_at = clock.now()
    for item in filing.asked:
        if item.owner_id and item.start and item.due:
            assignments.put_in_force(item.assignment, owner=item.owner_id, start=item.start, due=item.due,
                                     promised=item.deliverable, measure=item.measure, under=under)
    if task := queries.plan_task(filing):
        assignments.move_plan_filing(task, CLOSED, under=under)
    db.session.execute(delete(Liaison).where(Liaison.unit_id == filing.unit_id))
    db.session.add_all(Liaison(id=uuid7(), unit_id=filing.unit_id, part=c.part.value, line=c.line.value if c.line else None,
                               person_id=c.person) for c in contacts_from(filing.contacts))
    _assign_systems(filing, under)
    return True


def _assign_systems(filing: Filing, under: Appointment) -> None:
    """Work on systems arises from the readiness declared: converted by the end of the programme's year where there is a
    basis, built by the end of the next where there is none (plan, sections 3.3 and 3.4). The counterpart of the line owns
    it."""
    programme = programmes.whole(filing.programme_id)
    template = next((t for t in programme.templates if t.kind == TemplateKind.SYSTEM), None)
    if template is None or not _reaches(template, filing.unit_id):
        return
    names = queries.names("system", "stage")
    split = readiness_split(filing.readiness, queries.stages_by_system())
    owner = next((c.person for c in contacts_from(filing.contacts) if c.line == template.line), None)
    made = [replace(_system_task(programme, template, filing.unit_id, system, has, stages, names), owner=owner)
            for (system, has), stages in split.items()]
    assignments.create(made, under=under)


def _reaches(template: Template, unit: int) -> bool:
    selectors = [programme_service.selector_of(s) for s in template.targets]
    return any(u.id == unit and targets_match(selectors, facts) for u, facts in programmes.audience())


def _system_task(programme: Programme, template: Template, unit: int, system: System, has: bool, stages: Sequence[str],
                 names: Mapping[tuple[str, str], Term]) -> assignments.New:
    milestone = MilestoneCode.SYSTEMS_CONVERTED if has else MilestoneCode.SYSTEMS_BUILT
    day = next(m.due for m in programme.milestones if m.code == milestone.value)
    name = names["system", system.value]
    listed = [names["stage", s] for s in stages]
    plain = programme_service.new_assignment(programme, template, unit, day)
    return replace(
        plain, code=system_code(template.code, system, has), milestone=milestone.value, due=day,
        title=f"{'Convert' if has else 'Build'}: {name.name}", title_zh=f"{'优化改造' if has else '新建'}：{name.name_zh}",
        deliverable=f"{template.deliverable}: {', '.join(t.name for t in listed)}",
        deliverable_zh=f"{template.deliverable_zh}：{'、'.join(t.name_zh for t in listed)}")


def _tell_unit(filing: Filing, line: Line, verdict: str) -> None:
    name = queries.names("line")["line", line.value]
    line_name = {"en": name.name, "zh": name.name_zh}
    if filing.approved_at:
        said = N_("Your implementation plan is approved and in force.")
    elif verdict == "approve":
        said = N_("Headquarters, %(line)s, approved its part of your plan.", line=line_name)
    else:
        said = N_("Headquarters, %(line)s, returned its part of your plan with remarks.", line=line_name)
    notices.tell(filing.unit_id, said, f"/filings/{filing.id}", roles=[Role.UNIT_CONTACT, Role.UNIT_HEAD]
                 if filing.approved_at else [Role.UNIT_CONTACT])
