"""How a unit's plan came about: written, submitted, judged line by line, returned, corrected, in force."""
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from portal.assignments.rules import window_start
from seed.demo import words
from seed.demo.acts import Act, Ask, ItemPlan, Of, Plan, Review, Submit, Write
from seed.demo.people import Staff
from seed.demo.when import When, workday
from tenants.vocabulary import Line, MilestoneCode

SMOOTH, LATE, RETURNED, TWICE, WAITING, SENT_BACK, DRAFT, NEVER = FATES = (
    "smooth", "late", "returned", "twice", "waiting", "sent back", "draft", "never")
UNDER_WAY = {3: "02"}                 # of these early units: the task of the first phase that is due in a few days
THROUGH = frozenset({SMOOTH, LATE, RETURNED, TWICE})


@dataclass(frozen=True, slots=True)
class Task:
    """An assignment as the story knows it; `due` is the milestone's until a plan says otherwise."""
    code: str
    kind: str
    line: Line
    milestone: str
    due: date
    deliverable: str = ""


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of a plan; `approved` is when it came into force, None while it is not (or will not be by now)."""
    acts: tuple[Act, ...]
    plan: Plan
    approved: datetime | None


@dataclass(frozen=True, slots=True)
class Round:
    """A submission: who approves, in this order, and who then returns it. Days count from the issue."""
    submitted: float
    approvals: tuple[tuple[Line, float], ...]
    returned: tuple[Line, float] | None

    def last(self) -> float:
        return max([self.submitted, *(t for _, t in self.approvals), *([self.returned[1]] if self.returned else [])])


def fates(units: Sequence[str], rng: Random, *, past: bool) -> dict[str, str]:
    """Each unit's fate: most plans are through, a few are stuck somewhere, but none of a `past` year. Guangdong, which the
    demonstration shows most, has a plan in force that was returned and corrected."""
    stuck = [WAITING, SENT_BACK, DRAFT, NEVER, WAITING, WAITING, SENT_BACK]
    count = 0 if past else 7 if len(units) > 20 else min(4, len(units) - 2)
    others = [u for u in units if u not in ("guangdong", "beijing")]
    rng.shuffle(others)
    found = dict(zip(others, stuck[:max(0, count)], strict=False))
    found |= {"guangdong": RETURNED, "beijing": SMOOTH}
    for n, unit in enumerate(u for u in others if u not in found):
        found[unit] = (SMOOTH, RETURNED, SMOOTH, LATE, SMOOTH, RETURNED, TWICE, SMOOTH)[n % 8]
    return {u: found[u] for u in units}


def file_plan(unit: Staff, tasks: Sequence[Task], fate: str, when: When, rng: Random, stages: Mapping[str, tuple[str, ...]],
              early: int | None) -> Filed:
    """The story of one plan. `early` numbers the units that are ahead of the others, None for the rest: when the year is
    young, they are through while most have hardly begun."""
    items = [t for t in tasks if t.kind == "task"]
    rounds = list(_rounds(fate, [line for line in Line if line is Line.CUSTOMER_SERVICE or any(t.line is line for t in items)],
                          when, rng))
    rounds = _fit(rounds, fate, when, rng, early is not None)
    approved = when.after_issue(rounds[-1].last()) if fate in THROUGH else None
    plan = Plan(mechanism=words.mechanism(rng, unit.name_zh, unit.names["head"]),
                team=words.team(rng, [unit.names[line.value] for line in Line], unit.names["deputy"]),
                readiness={system: tuple(s for s in all_ if rng.random() < 0.35) for system, all_ in stages.items()},
                items={t.code: _item(t, unit, when, rng, early, approved) for t in items})
    if fate == NEVER:
        return Filed((), plan, None)
    written = list(_writing(unit, plan, rounds, when, rng))
    acts = [*written, *_judging(unit, items, plan, rounds, written[-1].at, when, rng)]
    final = max((a.at for a in acts if isinstance(a, Review)), default=None) if fate in THROUGH else None
    return Filed(tuple(acts), plan, final if final and final < when.now else None)


def _rounds(fate: str, lines: Sequence[Line], when: When, rng: Random) -> Iterator[Round]:
    deadline = (when.filing_due - when.issued.date()).days
    first = deadline + rng.uniform(1, 11) if fate == LATE else deadline - rng.uniform(3 if fate == SMOOTH else 12, 42)
    pending, at = list(lines), first
    rng.shuffle(pending)
    for _ in range({RETURNED: 1, TWICE: 2, WAITING: 1, SENT_BACK: rng.choice((1, 2))}.get(fate, 0)):
        returning = pending.pop()
        keep = rng.randrange(0, len(pending) + 1)
        approvals, after = _approvals(pending[keep:], at, rng)
        after += rng.uniform(0.8, 3)
        yield Round(at, approvals, (returning, after))
        pending = [returning, *pending[:keep]]
        at = after + rng.uniform(3, 8)
    if fate == WAITING:                                # somebody is still looking at it, at least one line
        pending = pending[rng.randrange(1, len(pending) + 1):]
    if fate in THROUGH or fate == WAITING:
        yield Round(at, _approvals(pending, at, rng)[0], None)


def _approvals(lines: Sequence[Line], at: float, rng: Random) -> tuple[tuple[tuple[Line, float], ...], float]:
    found = []
    for line in lines:
        at += rng.uniform(0.3, 2.2)
        found.append((line, at))
    return tuple(found), at


def _fit(rounds: list[Round], fate: str, when: When, rng: Random, early: bool) -> list[Round]:
    """Move the story to where it must be by now: what is stuck was last touched a few days ago; the early ones are
    through by now, however young the year is."""
    if not rounds:
        return rounds
    end = rounds[-1].last()
    recent = when.span - min(rng.uniform(1.5, 9), when.span * 0.2)
    if fate in (WAITING, SENT_BACK):
        if when.settled and len(rounds) > 1:
            return [*rounds[:-1], _moved(rounds[-1], 1, recent - end)]
        return [_moved(r, 1, recent - end) if when.settled else _moved(r, recent / end, 0) for r in rounds]
    if early and end > when.span * 0.75:
        return [_moved(r, when.span * rng.uniform(0.55, 0.75) / end, 0) for r in rounds]
    return rounds


def _moved(r: Round, factor: float, shift: float) -> Round:
    def to(t: float) -> float:
        return t * factor + shift
    return Round(to(r.submitted), tuple((line, to(t)) for line, t in r.approvals),
                 (r.returned[0], to(r.returned[1])) if r.returned else None)


def _item(task: Task, unit: Staff, when: When, rng: Random, early: int | None, approved: datetime | None) -> ItemPlan:
    opens = date(when.year, 1, 1)
    start = window_start(task.due) + timedelta(days=rng.choice((-40, -14, 0, 0, 0, 4, 9, 14)))
    due = task.due - timedelta(days=rng.choice((0, 0, 0, 5, 10, 15, 20)))
    if task.milestone == MilestoneCode.KICK_OFF and early is not None and not when.settled and approved is not None:
        promised = 5 if task.code == UNDER_WAY.get(early) else -1 - early          # days from now
        start, due = opens, min(task.due, max(opens, when.today + timedelta(days=promised)))
    return ItemPlan(owner=rng.choice(_owners(task, unit)), start=min(workday(max(opens, start)), due), due=due,
                    deliverable=words.deliverable(rng, task.deliverable, task.code), measure=words.measure(rng, task.code))


def _owners(task: Task, unit: Staff) -> Sequence[str]:
    """Who may be named for it: mostly the line owner, at times a member of the line."""
    if task.milestone == MilestoneCode.KICK_OFF:
        return ("head", "contact") if task.code == "01" else ("contact", "deputy")
    own = task.line.value
    if task.code == "25":                              # the network's indicators are in the hands of one who knows them
        return ("member-2",)
    member = {Line.MARKET: "member-1", Line.NETWORK: "member-2", Line.CUSTOMER_SERVICE: "member-3"}.get(task.line, own)
    return own, own, own, member if member in unit.keys else own


def _writing(unit: Staff, plan: Plan, rounds: Sequence[Round], when: When, rng: Random) -> Iterator[Write]:
    contact, deputy, of = ("contact", unit.unit), ("deputy", unit.unit), Of(unit.unit, when.year)
    if not rounds:                                     # begun, and left lying
        begun = when.in_office(when.after_issue(min(45.0, when.span * 0.4)), rng, when.issued)
        yield Write(at=begun, who=contact, of=of, plan=plan, share=0.0)
        yield Write(at=when.in_office(when.ago(min(3.0, when.span * 0.2)), rng, begun), who=deputy, of=of, plan=plan, share=0.6)
        return
    first = rounds[0].submitted
    begun = when.in_office(when.after_issue(first * rng.uniform(0.25, 0.75)), rng, when.issued)
    yield Write(at=begun, who=contact, of=of, plan=plan, share=rng.choice((0.0, 0.0, 0.4)))


def _judging(unit: Staff, items: Sequence[Task], plan: Plan, rounds: Sequence[Round], last: datetime, when: When,
             rng: Random) -> Iterator[Act]:
    contact, of = ("contact", unit.unit), Of(unit.unit, when.year)
    mended: dict[str, str] = {}
    general = ""
    if rounds and rng.random() < 0.3:
        yield from _question(unit, rng.choice(items), last, when, rng)
    for r in rounds:
        last = when.in_office(when.after_issue(r.submitted), rng, last)
        yield Submit(at=last, who=contact, of=of, mended=mended, general=general,
                     plan=plan if r is rounds[0] else None)
        for line, t in r.approvals:
            last = when.in_office(when.after_issue(t), rng, last)
            yield Review(at=last, who=(line.value, "hq"), of=of, line=line, verdict="approve",
                         remark=words.approval(rng))
        if r.returned:
            line = r.returned[0]
            last = when.in_office(when.after_issue(r.returned[1]), rng, last)
            mine = [t.code for t in items if t.line is line]
            chosen = rng.sample(mine, min(len(mine), rng.choice((1, 1, 2))))
            remark = words.general_remark(rng) if line is Line.CUSTOMER_SERVICE and rng.random() < 0.5 else ""
            yield Review(at=last, who=(line.value, "hq"), of=of, line=line, verdict="return",
                         remark=remark or ("" if chosen and line is Line.CUSTOMER_SERVICE else words.line_remark(rng)),
                         remarks={code: words.item_remark(rng) for code in chosen})
            owner = unit.names[line.value]
            mended = {code: words.draw(words.MENDED, rng, owner=owner, n=rng.randrange(2, 5)) for code in chosen}
            general = "跨条线争议由领导小组办公室先行协调，五个工作日内未达成一致的，提请一把手裁定。" if remark else ""


def _question(unit: Staff, task: Task, at: datetime, when: When, rng: Random) -> Iterator[Ask]:
    of = Of(unit.unit, when.year, task.code)
    asked, answered = words.question(rng)
    at = when.in_office(at + timedelta(hours=20), rng, at)
    yield Ask(at=at, who=("contact", unit.unit), of=of, text=asked)
    yield Ask(at=when.in_office(at + timedelta(days=1), rng, at), who=(task.line.value, "hq"), of=of,
              text=answered, answer=True)
