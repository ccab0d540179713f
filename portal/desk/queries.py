"""What a person has to do and what waits for others, gathered over the kinds of work. A few statements, however much."""
from collections.abc import Iterable, Sequence
from itertools import groupby

from sqlalchemy import func, or_, select

from portal.assignments import queries as assignments
from portal.assignments.models import Assignment
from portal.assignments.rules import HANDED_IN, OPEN, PLAN_FILING, presses
from portal.board import queries as board
from portal.desk import bulletins, campaigns, issues, meetings, supervision
from portal.desk.rules import Glance, Task, by_urgency, glance
from portal.filings import queries as filings
from portal.filings.queries import UNIT, Standing
from portal.filings.rules import DRAFT, RETURNED, SUBMITTED
from portal.programmes import queries as programmes
from portal.programmes.models import Programme
from portal.programmes.rules import ISSUED
from tenants import clock
from tenants.access import HEADQUARTERS, Identity, Subject, permits, reaches
from tenants.db import db
from tenants.messages import N_
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import Line, MilestoneCode, Role

MOST_ROWS = 60                         # a desk is no list: beyond that it says how many more there are


def my_line(identity: Identity) -> Line | None:
    return identity.appointments[0].line if identity.appointments else None


def standings(identity: Identity, listed: Iterable[Programme]) -> list[Standing]:
    """Where units stand with the plans of the programmes that run; two do, from the day that the next year's is issued."""
    return filings.overview(identity, *(p.id for p in listed if p.state == ISSUED))


def mine(identity: Identity, standings: Sequence[Standing]) -> list[Task]:
    """What this person has to do, most urgent first."""
    found = [*_drafts_to_issue(identity), *_plans_to_file(identity, standings), *_plans_to_review(identity, standings),
             *_to_verify(identity), *_to_decide(identity), *_more_time_to_decide(identity),
             *_to_report(identity), *_overdue_here(identity), *_owners_to_name(identity), *issues.mine(identity),
             *campaigns.mine(identity), *meetings.mine(identity),
             *supervision.mine(identity), *bulletins.mine(identity)]
    return by_urgency(found)


def title(assignment: Assignment) -> dict[str, str]:
    return {"en": assignment.title, "zh": assignment.title_zh}


def _drafts_to_issue(identity: Identity) -> Iterable[Task]:
    if permits(identity, Permission.PROGRAMME_EDIT):
        for p in programmes.listed(identity):
            if p.state == "draft":
                yield Task(N_("The programme of %(year)s is a draft: check it and issue it", year=p.year), None,
                           f"/programmes/{p.id}", N_("Open"))


def _plans_to_file(identity: Identity, standings: Sequence[Standing]) -> Iterable[Task]:
    for s in standings:
        if not permits(identity, Permission.FILING_DRAFT, Subject(s.unit.id)):
            continue
        light, key = "red" if s.late else "amber" if s.state == RETURNED else "grey", f"filing-{s.task.id}"
        year = N_("programme of %(year)s", year=s.task.year)
        if s.filing is None:
            yield Task(N_("Begin the unit's implementation plan"), year, f"/filings?year={s.task.year}", N_("Begin"),
                       s.task.due, light, key=key)
        elif s.state == DRAFT:
            yield Task(N_("Complete and submit the unit's implementation plan"), year, f"/filings/{s.filing.id}", N_("Go on"),
                       s.task.due, light, key=key)
        elif s.state == RETURNED:
            yield Task(N_("The plan was returned: answer the remarks and submit it again"), year,
                       f"/filings/{s.filing.id}?returned=1", N_("Mend"), s.task.due, light, key=key, settled=True)


def _plans_to_review(identity: Identity, standings: Sequence[Standing]) -> Iterable[Task]:
    lines = [line for line in Line if permits(identity, Permission.FILING_REVIEW, Subject(HEADQUARTERS + 1, line))]
    if Role.HQ_OFFICE in {a.role for a in identity.appointments}:
        lines = []                     # the office may stand in, but it is not its desk's work
    for line in lines:
        waiting = [s for s in standings if line in s.pending and s.filing and s.filing.submitted_at]
        for s in waiting:
            assert s.filing is not None and s.filing.submitted_at is not None
            yield Task(N_("Review the plan of %(unit)s", unit=s.unit.short_names),
                       N_("programme of %(year)s; your line's part, round %(n)s", year=s.task.year, n=s.filing.round),
                       f"/filings/{s.filing.id}/review?line={line.value}", N_("Review"), None, "blue",
                       clock.local(s.filing.submitted_at).date())


def _to_verify(identity: Identity) -> Iterable[Task]:
    if Role.HQ_OFFICE in {a.role for a in identity.appointments}:
        wanted = [a for a in db.session.scalars(assignments.to_verify(identity)) if a.unit_id == HEADQUARTERS]
    else:
        wanted = list(db.session.scalars(assignments.to_verify(identity).limit(MOST_ROWS)))
    for a in wanted:
        yield Task(N_("Verify: %(title)s", title=title(a)), N_("%(unit)s handed it in", unit=a.unit.short_names),
                   f"/assignments/{a.id}", N_("Verify"), None, "blue", a.handed_in_on)


def _to_decide(identity: Identity) -> Iterable[Task]:
    """Requests for “not applicable”; as with what is to be verified, the office stands in only where nobody else decides."""
    where = assignments.requests_to_decide(identity)
    if Role.HQ_OFFICE in {a.role for a in identity.appointments}:
        where.append(Assignment.unit_id == HEADQUARTERS)
    for a in db.session.scalars(assignments.requested(where).limit(MOST_ROWS)):
        if a.open_waiver:
            yield Task(N_("Decide: %(title)s", title=title(a)), N_("%(unit)s asks for “not applicable”", unit=a.unit.short_names),
                       f"/assignments/{a.id}#waiver", N_("Decide"), None, "blue", clock.local(a.open_waiver.asked_at).date())


def _more_time_to_decide(identity: Identity) -> Iterable[Task]:
    """Requests for more time; the office decides beyond the milestone, and stands in for a line only where nobody else does."""
    where = assignments.extensions_to_decide(identity)
    if Role.HQ_OFFICE in {a.role for a in identity.appointments}:
        where.append(or_(Assignment.unit_id == HEADQUARTERS, ~assignments.asked_within_milestone()))
    for a in db.session.scalars(assignments.extending(where).limit(MOST_ROWS)):
        if a.open_extension:
            yield Task(N_("Decide on more time: %(title)s", title=title(a)),
                       N_("%(unit)s asks for more time, until %(day)s", unit=a.unit.short_names, day=a.open_extension.due),
                       f"/assignments/{a.id}#more-time", N_("Decide on more time"), None, "blue",
                       clock.local(a.open_extension.asked_at).date())


def _to_report(identity: Identity) -> Iterable[Task]:
    rows = list(assignments.to_report(identity, programmes.running(Assignment.programme_id)))
    lights, today = assignments.lights(rows, clock.today()), clock.today()
    near = [a for a in rows if presses(lights[a.id].code, a.due, today)]
    for a in near[:MOST_ROWS]:
        yield Task(N_("%(code)s %(title)s", code=a.code, title=title(a)),
                   None if lights[a.id].code == "red" else lights[a.id].reason, f"/assignments/{a.id}", N_("Report"),
                   a.due, lights[a.id].code)
    later = [a for a in rows if a not in near]
    for (year, milestone), of_milestone in groupby(sorted(later, key=_stage), key=_stage):
        group = list(of_milestone)
        yield Task(N_("Progress of %(n)s assignments", n=len(group)), N_("milestone: %(name)s", name=MilestoneCode(milestone)),
                   f"/assignments/progress?year={year}&milestone={milestone}&later=1", N_("Report"),
                   min(a.due for a in group), "green")


def _stage(a: Assignment) -> tuple[int, str]:
    return a.year, a.milestone


def waiting(identity: Identity, standings: Sequence[Standing]) -> list[Task]:
    """What is with others: plans under review, work handed in, and for headquarters what units have to do."""
    return [*by_urgency([*_plans_with_lines(identity, standings), *_plans_with_units(identity, standings), *_handed_in(identity),
                          *_waivers_asked(identity), *_more_time_asked(identity),
                          *issues.waiting(identity), *campaigns.waiting(identity)]),
            *_overdue_elsewhere(identity)]


def _plans_with_lines(identity: Identity, standings: Sequence[Standing]) -> Iterable[Task]:
    """For a unit: who reads its plan, and since when."""
    for s in standings:
        if s.state == SUBMITTED and s.filing and s.filing.submitted_at and not oversees(identity):
            yield Task(N_("The plan is with headquarters"),
                       N_("programme of %(year)s; still to review: %(lines)s", year=s.task.year, lines=list(s.pending)),
                       f"/filings/{s.filing.id}", N_("Open"), None, "blue", clock.local(s.filing.submitted_at).date())


def _plans_with_units(identity: Identity, standings: Sequence[Standing]) -> Iterable[Task]:
    """For headquarters: how many units have their plan still to write, or to mend."""
    owing = sorted((s for s in standings if UNIT in s.waits_for), key=_year) if oversees(identity) else []
    for year, of_year in groupby(owing, key=_year):
        group = list(of_year)
        late, first = [s for s in group if s.late], [s for s in group if not s.handed_in]
        yield Task(N_("%(n)s units have yet to submit or mend their plan", n=len(group)),
                   N_("programme of %(year)s; %(n)s of them late", year=year, n=len(late)),
                   f"/filings?year={year}&waits_for={UNIT}", N_("Open"), min(s.task.due for s in first or group),
                   "red" if late else "grey", settled=not first)


def _year(standing: Standing) -> int:
    return standing.task.year


def _handed_in(identity: Identity) -> Iterable[Task]:
    """For a unit: what headquarters has yet to verify."""
    if oversees(identity):
        return
    a = Assignment
    handed = [assignments.readable(identity), a.state == HANDED_IN, a.template_kind != PLAN_FILING]
    rows = db.session.scalars(assignments.listed(handed).limit(MOST_ROWS))
    for row in rows:
        yield Task(N_("%(code)s %(title)s", code=row.code, title=title(row)), N_("%(line)s verifies", line=Line(row.line)),
                   f"/assignments/{row.id}", N_("Open"), None, "blue", row.handed_in_on)


def _waivers_asked(identity: Identity) -> Iterable[Task]:
    """For a unit: which requests for “not applicable” headquarters has yet to decide."""
    if oversees(identity):
        return
    for row in db.session.scalars(assignments.requested(assignments.requests_asked(identity)).limit(MOST_ROWS)):
        if row.open_waiver:
            yield Task(N_("%(code)s %(title)s", code=row.code, title=title(row)),
                       N_("%(line)s decides whether it applies", line=Line(row.line)), f"/assignments/{row.id}#waiver",
                       N_("Open"), None, "blue", clock.local(row.open_waiver.asked_at).date())


def _more_time_asked(identity: Identity) -> Iterable[Task]:
    """For a unit: which requests for more time headquarters has yet to decide."""
    if oversees(identity):
        return
    for row in db.session.scalars(assignments.extending(assignments.extensions_asked(identity)).limit(MOST_ROWS)):
        if row.open_extension:
            yield Task(N_("%(code)s %(title)s", code=row.code, title=title(row)),
                       N_("headquarters decides whether there is time until %(day)s", day=row.open_extension.due),
                       f"/assignments/{row.id}#more-time", N_("Open"), None, "blue",
                       clock.local(row.open_extension.asked_at).date())


def _overdue_elsewhere(identity: Identity) -> Iterable[Task]:
    """For headquarters: the units with most overdue in what one supervises, most first, to be chased."""
    if not permits(identity, Permission.ASSIGNMENT_CHASE, Subject(HEADQUARTERS + 1, my_line(identity))):
        return
    a = Assignment
    counted = db.session.execute(
        select(Unit, func.count(), func.min(a.due)).join(a, a.unit_id == Unit.id)
        .where(assignments.readable(identity, Permission.ASSIGNMENT_CHASE), a.state == OPEN, a.due < clock.today(),
               programmes.running(a.programme_id))
        .group_by(Unit.id).order_by(func.count().desc(), Unit.position).limit(6)).all()
    line = my_line(identity)
    for unit, number, due in counted:
        yield Task(N_("%(unit)s: %(n)s overdue", unit=unit.short_names, n=number), None,
                   f"/assignments?unit={unit.code}&overdue=1" + (f"&line={line.value}" if line else ""), N_("Chase"), due, "red")


def _overdue_here(identity: Identity) -> Iterable[Task]:
    """For the head of a unit, who answers for all of it: how much is overdue, and since when."""
    if Role.UNIT_HEAD not in {a.role for a in identity.appointments}:
        return
    a = Assignment
    number, due = db.session.execute(select(func.count(), func.min(a.due)).where(
        assignments.readable(identity), a.state == OPEN, a.due < clock.today(), programmes.running(a.programme_id))).one()
    if number:
        yield Task(N_("%(n)s assignments of the unit are overdue", n=number), N_("ask their owners"), "/assignments?overdue=1",
                   N_("Open"), due, "red")


def _owners_to_name(identity: Identity) -> Iterable[Task]:
    """For a unit's contact: of how much the owner has left, by year, the first of it due when."""
    if not reaches(identity, Permission.ASSIGNMENT_OWNER):
        return
    a = Assignment
    counted = db.session.execute(
        select(a.year, func.count(), func.min(a.due)).where(
            assignments.readable(identity, Permission.ASSIGNMENT_OWNER), assignments.owner_to_name(),
            programmes.running(a.programme_id)).group_by(a.year).order_by(a.year))
    for year, number, due in counted:
        yield Task(N_("%(n)s assignments have an owner who has left: name another", n=number),
                   N_("programme of %(year)s", year=year), f"/assignments?year={year}&owner_left=1", N_("Name another owner"),
                   due, "amber")


def oversees(identity: Identity) -> bool:
    return any(a.unit == HEADQUARTERS for a in identity.appointments)


def glances(identity: Identity, programme: Programme) -> list[Glance]:
    """The milestones of the programme over everything this person sees on the board."""
    rows = board.counted(identity, programme.id, board.EVERYTHING, ())
    lights: dict[str, list[str]] = {}
    for row in rows:
        lights.setdefault(row.milestone, []).append(row.light)
    return [glance(m.code, m.due, lights.get(m.code, ())) for m in programme.milestones]
