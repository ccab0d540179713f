"""The whole story of one year's programme, unit by unit, put in the order of time."""
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count, islice
from random import Random

from portal.assignments.rules import window_start
from portal.filings.rules import readiness_split
from portal.programmes.rules import system_code
from seed.demo import campaign_story, issue_story, words
from seed.demo.acts import Act, AddTask, AskWaiver, Cancel, Chase, Delegate, GrantWaiver, ItemPlan, Leave, Of, Report, Submit, Who
from seed.demo.filing_story import DRAFT, LATE, NEVER, THROUGH, Filed, Task, fates, file_plan
from seed.demo.people import BRANCH, Staff
from seed.demo.progress_story import AMBER, BLUE, CLOSED, GREY, MENDED, RED, Work, fate, progress
from seed.demo.when import When
from tenants import clock
from tenants.vocabulary import Line, MilestoneCode

OFFICE: Who = ("office", "hq")
EARLY = 4                             # so many units are ahead of the others
ADDED = "31"                          # the code of the assignment that is added in mid-year
_NOT_APPLICABLE = ("12-E", "15-E", "21")
_ASKED = "29-E"                       # two units say that this one does not apply to them
_EARLY_FATES = ({"01": CLOSED, "02": BLUE}, {"01": RED, "02": CLOSED}, {"01": BLUE, "02": MENDED}, {"01": CLOSED, "02": AMBER})


def tell(staff: Mapping[str, Staff], tasks: Mapping[str, Sequence[Task]], stages: Mapping[str, tuple[str, ...]], when: When,
         random_seed: int) -> list[Act]:
    """Everything that happened until now, in the order of time. `tasks` by unit, `stages` by system kind."""
    units = [s for s in staff.values() if s.unit not in ("hq", BRANCH)]
    this_year = when.year == when.today.year
    become = fates([u.unit for u in units], Random(f"{random_seed} {when.year} fates"), past=not this_year)
    ahead = count()
    acts: list[Act] = []
    through: list[tuple[Staff, Filed]] = []
    for unit in sorted(units, key=lambda u: u.unit != "guangdong"):
        rng = Random(f"{random_seed} {when.year} {unit.unit}")
        early = next(ahead) if become[unit.unit] in THROUGH - {LATE} else EARLY
        filed = file_plan(unit, tasks[unit.unit], become[unit.unit], when, rng, stages, early if early < EARLY else None)
        acts += filed.acts
        if filed.approved:
            through.append((unit, filed))
        acts += _urging(unit, tasks[unit.unit], filed, when, rng)
        if become[unit.unit] != NEVER:
            acts += _work(unit, [*tasks[unit.unit], *_systems(filed, stages, when)], filed, become[unit.unit], when, rng,
                          early if early < EARLY else None)
    acts += _headquarters(tasks["hq"], when, Random(f"{random_seed} {when.year} hq"))
    acts += _added(staff, when, Random(f"{random_seed} {when.year} added"))
    acts = _not_applicable(acts, through, tasks, when, Random(f"{random_seed} {when.year} cancelled"))
    if this_year:
        acts = _waivers(acts, through, tasks, when, Random(f"{random_seed} {when.year} waivers"))
        acts += _somebody_leaves(through, when)
        acts += _exchange(staff, when, random_seed)
        acts = _holiday(acts, staff, when)
    return in_order(a for a in acts if when.issued < a.at < when.now)


def in_order(acts: Iterable[Act]) -> list[Act]:
    """By time, then by person: what somebody does at one moment stays together."""
    return sorted(acts, key=lambda a: (a.at, a.who))


def _systems(filed: Filed, stages: Mapping[str, tuple[str, ...]], when: When) -> Iterator[Task]:
    """The work on systems that arises when the plan is approved."""
    if not filed.approved:
        return
    for system, has in readiness_split(filed.plan.readiness, stages):
        milestone = MilestoneCode.SYSTEMS_CONVERTED if has else MilestoneCode.SYSTEMS_BUILT
        yield Task(system_code("28", system, has), "system", Line.IT, milestone.value,
                   date(when.year + (not has), 12, 31))


def _work(unit: Staff, tasks: Sequence[Task], filed: Filed, became: str, when: When, rng: Random, early: int | None
          ) -> Iterator[Act]:
    diligence = rng.uniform(0.93, 1.0) if became in THROUGH else 0.45 if became == DRAFT else rng.uniform(0.7, 0.85)
    for task in tasks:
        if task.kind == "plan_filing":
            continue
        item = filed.plan.items.get(task.code) if filed.approved else None
        work = _piece(task, unit, item, filed.approved, when)
        outcome = fate(work, diligence, when, rng)
        if early is not None and not when.settled and item and task.milestone == MilestoneCode.KICK_OFF:
            outcome = _EARLY_FATES[early].get(task.code, outcome)
        if task.kind == "system" and outcome == GREY:
            yield from _first_steps(work, filed.approved, when, rng)
        else:
            yield from progress(work, outcome, when, rng)


def _piece(task: Task, unit: Staff, item: ItemPlan | None, approved: datetime | None, when: When) -> Work:
    start, due = (item.start, item.due) if item else (window_start(task.due), task.due)
    who = task.line.value
    if item and approved and item.owner.startswith("member-1") and clock.local(approved).date() < start:
        who = item.owner
    elif task.milestone == MilestoneCode.KICK_OFF:
        who = "contact"
    return Work(task, Of(unit.unit, when.year, task.code), (who, unit.unit), (task.line.value, "hq"), item is not None, start,
                due, clock.local(when.issued).date() + timedelta(days=2))


def _first_steps(work: Work, approved: datetime | None, when: When, rng: Random) -> Iterator[Act]:
    """Work on systems that begins before it is expected to."""
    if approved is None or rng.random() > 0.35 or when.today.month < 7:
        return
    at = when.in_office(when.ago(rng.uniform(2, 40)), rng, approved)
    percent = rng.randrange(5, 30, 5)
    yield Report(at=at, who=work.reporter, of=work.of, percent=percent, text=words.progress(rng, work.task.code, percent))


def _urging(unit: Staff, tasks: Sequence[Task], filed: Filed, when: When, rng: Random) -> Iterator[Act]:
    """The office chases plans that are overdue."""
    task = next((t for t in tasks if t.kind == "plan_filing"), None)
    submitted = min((a.at for a in filed.acts if isinstance(a, Submit)), default=None)
    if task is None:
        return
    for days in (4, 18, 60, 120):
        at = clock.at(when.filing_due + timedelta(days=days), 9, 10)
        if submitted is None or submitted > at:
            yield Chase(at=at, who=OFFICE, of=Of(unit.unit, when.year, task.code), text=words.chase(rng, of_the_plan=True))


def _headquarters(tasks: Sequence[Task], when: When, rng: Random) -> Iterator[Act]:
    """Headquarters' own work is reported by its lines; the office verifies it, the leadership group the office's own."""
    for task in tasks:
        verifier = ("leader" if task.line is Line.CUSTOMER_SERVICE else "office", "hq")
        work = Work(task, Of("hq", when.year, task.code), (task.line.value, "hq"), verifier, False, window_start(task.due),
                    task.due, clock.local(when.issued).date() + timedelta(days=2))
        yield from progress(work, fate(work, 0.95, when, rng), when, rng)


def _added(staff: Mapping[str, Staff], when: When, rng: Random) -> Iterator[Act]:
    """One more assignment in mid-year, for a branch, its province and two others."""
    units = tuple(u for u in (BRANCH, "guangdong", "zhejiang", "sichuan") if u in staff)
    due, at = date(when.year, 9, 30), clock.at(date(when.year, 6, 5), 10, 30)
    if not units or at > when.now:
        return
    yield AddTask(at=at, who=OFFICE, of=Of("hq", when.year, ADDED), units=units, due=due)
    for unit in units:
        task = Task(ADDED, "task", Line.CUSTOMER_SERVICE, MilestoneCode.IMPROVEMENT.value, due)
        work = replace(_piece(task, staff[unit], None, None, when), not_before=date(when.year, 6, 8))
        yield from progress(work, fate(work, 0.97, when, rng), when, rng)


def _not_applicable(acts: list[Act], through: Sequence[tuple[Staff, Filed]], tasks: Mapping[str, Sequence[Task]], when: When,
                    rng: Random) -> list[Act]:
    """A few assignments are cancelled with a reason soon after the plan is in force, and nothing else happens to them."""
    for (unit, filed), code in zip(through[4:], _NOT_APPLICABLE, strict=False):
        task = next((t for t in tasks[unit.unit] if t.code == code), None)
        of = Of(unit.unit, when.year, code)
        if task is None or filed.approved is None:
            continue
        at = when.in_office(min(filed.approved + timedelta(days=20), when.ago(0.5)), rng, filed.approved)
        acts = [a for a in acts if a.of != of or a.at < filed.approved]
        acts.append(Cancel(at=at, who=(task.line.value, "hq"), of=of, text=words.not_applicable(rng)))
    return acts


def _waivers(acts: list[Act], through: Sequence[tuple[Staff, Filed]], tasks: Mapping[str, Sequence[Task]], when: When,
             rng: Random) -> list[Act]:
    """Two units ask for "not applicable": one still waits for the answer, the other one has it."""
    able = ((unit, filed.approved, t) for unit, filed in through for t in tasks[unit.unit] if t.code == _ASKED)
    for n, (unit, approved, task) in enumerate(islice(able, len(words.WAIVER_ASKED))):
        of = Of(unit.unit, when.year, task.code)
        at = when.in_office(when.ago(min(when.span * 0.1, 2 + 6 * n)), rng, approved)
        acts = [a for a in acts if a.of != of or (isinstance(a, Report) and a.at < at)]
        acts.append(AskWaiver(at=at, who=("contact", unit.unit), of=of, text=words.WAIVER_ASKED[n]))
        if n:
            acts.append(GrantWaiver(at=at + timedelta(hours=3), who=(task.line.value, "hq"), of=of, text=words.WAIVER_GRANTED))
    return acts


def _exchange(staff: Mapping[str, Staff], when: When, random_seed: int) -> list[Act]:
    """Campaigns, and the quality issues that are raised on them."""
    found, running = campaign_story.campaigns(staff, when, random_seed)
    return [*found, *issue_story.issues(staff, running, when, random_seed)]


def _somebody_leaves(through: Sequence[tuple[Staff, Filed]], when: When) -> Iterator[Act]:
    """One owner has left since the plan came into force; the assignments are still in that name."""
    for unit, filed in through[1:]:
        named = [t for t in filed.plan.items.values() if t.owner == "member-2"]
        if named and filed.approved:
            at = filed.approved + max(timedelta(hours=1), min(when.now - filed.approved - timedelta(days=20), timedelta(days=200)))
            yield Leave(at=at, who=("admin", "hq"), of=Of(unit.unit, when.year), person="member-2")
            return


def _holiday(acts: list[Act], staff: Mapping[str, Staff], when: When) -> list[Act]:
    """One line owner is away these weeks; a colleague carries the function and reports in that name."""
    unit = next((s.unit for s in staff.values() if s.unit == "guangdong"), None)
    if unit is None:
        return acts
    away, carries = ("market", unit), ("enterprise", unit)
    at = when.in_office(when.ago(5), Random(0))
    acts = [replace(a, who=carries) if a.who == away and a.at > at else a for a in acts]
    return [*acts, Delegate(at=at, who=away, of=Of(unit, when.year), to=carries[0], days=16)]
