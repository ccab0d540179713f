"""How the work on the assignments went: reported, handed in, verified, returned, chased; some late, some not at all.

Each assignment's outcome is drawn first, seen from today; then its reports are laid out so that it comes about. Nothing
after the present happens, so what was to be closed tomorrow still waits."""
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from portal.assignments.rules import STANDARD, expected_percent
from portal.workdays import workdays_left
from seed.demo import words
from seed.demo.acts import Act, Chase, HandIn, Of, Report, Verify, Who
from seed.demo.filing_story import Task
from seed.demo.when import When, on_weekday, workday_before
from tenants import clock
from tenants.vocabulary import Line

CLOSED, CLOSED_LATE, MENDED, BLUE, RED, GREEN, AMBER, GREY = (
    "closed", "closed late", "mended", "blue", "red", "green", "amber", "grey")
_SESSIONS = {Line.CUSTOMER_SERVICE: 1, Line.MARKET: 2, Line.ENTERPRISE: 3, Line.IT: 3, Line.NETWORK: 4}   # weekdays


@dataclass(frozen=True, slots=True)
class Work:
    """One assignment: who reports and who verifies, and the days between which it is done."""
    task: Task
    of: Of
    reporter: Who
    verifier: Who
    agreed: bool                     # a plan in force says when it starts
    start: date
    due: date
    not_before: date                 # nobody works on it earlier, whatever the plan says

    @property
    def first(self) -> date:
        return max(self.start, self.not_before)


def progress(work: Work, fate: str, when: When, rng: Random) -> Iterator[Act]:
    """What happens to one assignment."""
    if fate == GREY:
        return
    if fate in (CLOSED, CLOSED_LATE, MENDED, BLUE):
        yield from _done(work, fate, when, rng)
    elif fate == RED:
        yield from _overdue(work, when, rng)
    else:
        yield from _running(work, fate, when, rng)


def fate(work: Work, diligence: float, when: When, rng: Random) -> str:
    """How it stands today. `diligence`: 1 is a good unit, 0 one that does nothing."""
    late = (when.today - work.due).days
    draw = rng.random()
    if late > 0:
        red, blue = (0.03, 0.01) if late > 90 else (0.05, 0.06) if late > 45 else (0.08, 0.13)
        red = 1 - diligence * (1 - red)
        if draw < red:
            return RED
        if draw < red + blue:
            return BLUE
        return CLOSED if draw < 0.80 else CLOSED_LATE if draw < 0.91 else MENDED
    if when.today < work.start:
        return GREY
    if draw > diligence:
        return AMBER
    begun = (when.today - work.start).days / max(1, (work.due - work.start).days)
    if begun < 0.35:
        return GREEN if work.agreed or draw < 0.5 else GREY
    return GREEN if draw < 0.50 else AMBER if draw < 0.68 else BLUE if draw < 0.80 else CLOSED


def _done(work: Work, fate: str, when: When, rng: Random) -> Iterator[Act]:
    """Handed in, and closed where the headquarters line has come to it."""
    days = max(1, (work.due - work.first).days)
    last = min(work.due, workday_before(when.today))
    if fate == CLOSED_LATE:
        handed = work.due + timedelta(days=rng.randrange(1, 15))
    elif fate == BLUE:
        handed = last - timedelta(days=rng.randrange(0, 5))
    else:
        handed = last - timedelta(days=rng.randrange(1, max(2, min(24, days // 2))))
    if work.due < when.today < work.due + timedelta(days=16) and fate != CLOSED_LATE:
        handed = min(handed, work.due - timedelta(days=rng.randrange(0, 4)))
    handed = max(_reporting_day(work, handed, back=handed <= work.due), min(work.first, last))
    yield from _reports(work, work.first, handed, 90, rng)
    yield HandIn(at=_moment(work, handed), who=work.reporter, text=words.handed_in(rng, work.task.code), of=work.of)
    if fate == BLUE:
        return
    if fate == MENDED:
        back = _session(work, handed + timedelta(days=rng.randrange(1, 4)), when)
        lack = words.lack(rng, work.task.code)
        yield Verify(at=back, who=work.verifier, verdict="return", text=words.sent_back(rng, lack), of=work.of)
        handed = _reporting_day(work, clock.local(back).date() + timedelta(days=rng.randrange(1, 5)))
        yield HandIn(at=_moment(work, handed), who=work.reporter,
                     text=words.handed_in_again(rng, work.task.code, lack), of=work.of)
    looked = handed + timedelta(days=rng.randrange(1, 6) if when.settled else 1)
    yield Verify(at=_session(work, looked, when), who=work.verifier, verdict="close",
                 text=words.closed(rng), of=work.of)


def _overdue(work: Work, when: When, rng: Random) -> Iterator[Act]:
    """Past its day and still open: hardly begun, stuck, or handed in and returned."""
    last = min(work.due, workday_before(when.today))
    kind = rng.random()
    if kind < 0.3 and (when.today - work.due).days >= 6:
        yield from _reports(work, work.first, last, 90, rng)
        yield HandIn(at=_moment(work, last), who=work.reporter, text=words.handed_in(rng, work.task.code), of=work.of)
        yield Verify(at=_session(work, last + timedelta(days=1), when), who=work.verifier, verdict="return",
                     text=words.sent_back(rng, words.lack(rng, work.task.code)), of=work.of)
    elif kind < 0.85:
        yield from _reports(work, work.first, last, rng.randrange(30, 85), rng, behind=True)
    for days in (7, 21, 60):
        urged = _session(work, work.due + timedelta(days=days), when)
        if rng.random() < 0.45:
            yield Chase(at=urged, who=work.verifier, text=words.chase(rng), of=work.of)


def _running(work: Work, fate: str, when: When, rng: Random) -> Iterator[Act]:
    """Not due yet. Green: reported lately, as far as expected. Amber: behind, or silent."""
    expected = expected_percent(work.start, work.due, when.today)
    lately = max(work.first, when.today - timedelta(days=rng.choice((1, 1, 2, 4))))
    if fate == GREEN:
        percent = min(95, expected + rng.randrange(0, 12)) if expected < 95 else expected - expected % 5 or 5
        yield from _reports(work, work.first, lately, max(5, percent), rng, last=True)
    elif expected >= 24:
        percent = max(0, expected - rng.randrange(22, 40))
        earlier = max(work.first, when.today - timedelta(days=rng.randrange(4, 25)))
        yield from _reports(work, work.first, earlier, percent, rng, behind=True, last=True)
    elif expected and workdays_left(when.today, work.due) <= STANDARD.near_days:
        yield from _reports(work, work.first, lately, expected // 2, rng, behind=True, last=True)
    elif not work.agreed or workdays_left(work.start, when.today) < 5:
        yield from _reports(work, work.first, lately, max(5, expected), rng, last=True)


def _reports(work: Work, first: date, until: date, percent: int, rng: Random, *, behind: bool = False, last: bool = False
             ) -> Iterator[Act]:
    """One or two reports between the days, up to that percentage; with `last`, the final one is on the last day."""
    days = (until - first).days
    count = 0 if days < 4 else rng.choice((0, 1, 1, 2)) if days > 25 else 1
    for n in range(count if not last else count - 1):
        share = (n + 1) / (count + 1)
        day = _reporting_day(work, first + timedelta(days=int(days * share)))
        if day < until:
            yield _report(work, day, max(5, int(percent * (share + rng.uniform(-0.12, 0.12))) // 5 * 5), rng, behind)
    if last:
        yield _report(work, until, percent, rng, behind)


def _report(work: Work, day: date, percent: int, rng: Random, behind: bool) -> Report:
    return Report(at=_moment(work, day), who=work.reporter, percent=percent, of=work.of,
                  text=words.progress(rng, work.task.code, percent, behind=behind))


def _reporting_day(work: Work, day: date, *, back: bool = False) -> date:
    """Everybody has a day of the week on which they report on several assignments at once: the next one, or the last."""
    return on_weekday(day, sum(map(ord, work.of.unit + work.reporter[0])) % 5, back=back)


def _moment(work: Work, day: date) -> datetime:
    minutes = sum(map(ord, work.reporter[0] + work.reporter[1])) % 480
    return clock.at(day, 9 + minutes // 60, minutes % 60)


def _session(work: Work, day: date, when: When) -> datetime:
    """When the verifier next looks at what was handed in: once a week; daily while the year is young."""
    return clock.at(on_weekday(day, _SESSIONS[work.task.line]) if when.settled else day, 15, 10 * list(Line).index(work.task.line))
