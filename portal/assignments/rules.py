"""What an assignment may become, and which light it shows. Pure; days are calendar days of the portal's time zone.

A due date is inclusive until midnight and is not shifted when it falls on a day off (platform rules)."""
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from portal import workdays
from portal.workdays import Calendar
from portal.workflow import Machine, Transition
from tenants.messages import N_, Message
from tenants.permissions import Permission

OPEN, HANDED_IN, CLOSED, CANCELLED = STATES = ("open", "handed_in", "closed", "cancelled")
COUNTED_STATES = (OPEN, HANDED_IN, CLOSED)              # a cancelled assignment leaves every denominator
UNCLOSED_STATES = (OPEN, HANDED_IN)
PLAN_FILING = "plan_filing"                             # the kind of the unit's task to file its plan
SYSTEM = "system"                                       # the kind that arises from a plan in force, without an agreed start
ASKED, GRANTED, DECLINED, WITHDRAWN = REQUEST_STATES = ("asked", "granted", "declined", "withdrawn")
VERDICTS = (GRANTED, DECLINED)
SOON_DAYS = 14                                          # calendar days; what is due by then presses, whatever its light
WEEK = timedelta(days=7)                                # what came about within it is news
GREY, GREEN, AMBER, RED, BLUE, DONE = LIGHTS = ("grey", "green", "amber", "red", "blue", "closed")

MACHINE = Machine(
    Transition(OPEN, "hand_in", HANDED_IN, Permission.ASSIGNMENT_HAND_IN, ("complete", "notify_reviewers")),
    Transition(HANDED_IN, "close", CLOSED, Permission.ASSIGNMENT_VERIFY, ("notify_owner",)),
    Transition(HANDED_IN, "return", OPEN, Permission.ASSIGNMENT_VERIFY, ("notify_owner",)),
    Transition(OPEN, "cancel", CANCELLED, Permission.ASSIGNMENT_CANCEL, ("notify_owner",)),
    names={
        OPEN: N_("open"), HANDED_IN: N_("handed in"), CLOSED: N_("closed"), CANCELLED: N_("cancelled"),
        "hand_in": N_("hand in"), "close": N_("close"), "return": N_("return"), "cancel": N_("cancel"),
    },
)


def granting(due: date, milestone_due: date, year: int) -> Permission:
    """Who may put a due day off to `due`: within the milestone the line at headquarters, beyond it the programme office,
    beyond the assignment's year the leadership group (platform rule). A milestone of the next year is no further away."""
    if due <= milestone_due:
        return Permission.EXTENSION_GRANT
    return Permission.EXTENSION_GRANT_BEYOND if due.year <= year else Permission.EXTENSION_GRANT_NEXT_YEAR


def extendable(state: str, kind: str) -> bool:
    """Whether more time may be asked for: of what is open; of the plan until it is approved, since it may be returned."""
    return state == OPEN or (kind == PLAN_FILING and state == HANDED_IN)


def latest_due(year: int) -> date:
    """The last day to which an assignment of that year can be put off: what takes longer belongs to another programme."""
    return date(year + 2, 12, 31)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a light turns amber; data, since each is a matter of judgement. Raises ValueError for what is no threshold."""
    near_days: int = 10         # so many working days left, or fewer: being behind at all counts
    behind_points: int = 20     # so many percentage points below what is expected count at any time
    silent_days: int = 5        # no report so many working days after the start counts

    def __post_init__(self) -> None:
        for name, least, most in (("near_days", 0, 250), ("behind_points", 1, 100), ("silent_days", 1, 250)):
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise ValueError(f"{name} must be a whole number from {least} to {most}, not {value!r}")


STANDARD = Thresholds()


@dataclass(frozen=True, slots=True)
class LightFacts:
    """What the light of one assignment depends on.

    `percent` is the last reported figure, 0 to 100. `start` is the agreed one, None until a filing is approved.
    `reported_on` is the day of the last report, None without one. `handed_in_on` is the day it was handed in (the
    filing itself: the day of its first submission). `original_due` is the day before any more time was granted."""
    state: str
    percent: int
    start: date | None
    due: date
    reported_on: date | None = None
    handed_in_on: date | None = None
    original_due: date | None = None

    @property
    def begins(self) -> date:
        """When work is expected to begin: as agreed, else with the window of the day that was first set. More time is more time
        for the same work: it moves no beginning, so that what is behind does not look as if it lay ahead."""
        return self.start or window_start(min(self.due, self.original_due or self.due))


@dataclass(frozen=True, slots=True)
class Light:
    """A code of LIGHTS, why it shows, and the calendar days the assignment is or was late."""
    code: str
    reason: Message
    late_days: int = 0


def window_start(due: date) -> date:
    """From when work on an assignment without an agreed start is expected: the first day after the plan's last phase
    that ended before `due` (phases end on 30 April, 30 June, 31 October and 31 December)."""
    return max(day for month in (1, 5, 7, 11) if (day := date(due.year, month, 1)) <= due)


def expected_percent(start: date, due: date, today: date, calendar: Calendar = workdays.STANDARD) -> int:
    """The share of the working days from `start` to `due` that have begun by `today`, in whole percent, rounded down.

    0 before the start, 100 from the due day on, and also where no working day is left before it."""
    if today >= due:
        return 100
    total = calendar.between(start, due)
    if today < start or total == 0:
        return 0
    return (total - calendar.left(today, due)) * 100 // total


def overdue_days(facts: LightFacts, today: date) -> int:
    """Calendar days late: until today while open, until it was handed in after that; 0 when cancelled or in time."""
    if facts.state == CANCELLED:
        return 0
    end = today if facts.state == OPEN else facts.handed_in_on or facts.due
    return max(0, (end - facts.due).days)


def light(facts: LightFacts, today: date, thresholds: Thresholds = STANDARD, calendar: Calendar = workdays.STANDARD) -> Light:
    """The light of one assignment: the first rule that holds, from closed over overdue to on track.

    Without an agreed start the milestone's window (`window_start`) takes its place in what is expected; silence counts
    only from an agreed start, and before a first report the assignment is grey. A cancelled one is grey."""
    late = overdue_days(facts, today)
    if facts.state == CLOSED:
        return Light(DONE, _closed(late), late)
    if facts.state == HANDED_IN:
        return Light(BLUE, _handed_in(late), late)
    if facts.state == CANCELLED:
        return Light(GREY, N_("cancelled, not counted"))
    if late:
        return Light(RED, _overdue(late), late)
    return _light_in_time(facts, today, thresholds, calendar)


def presses(shown: str, due: date, today: date) -> bool:
    """Whether something open is to be looked at by itself: it is behind by its light, or due soon."""
    return shown in (RED, AMBER) or (due - today).days <= SOON_DAYS


def _closed(late: int) -> Message:
    if not late:
        return N_("closed")
    if late == 1:
        return N_("closed, was handed in 1 day late")
    return N_("closed, was handed in %(days)s days late", days=late)


def _handed_in(late: int) -> Message:
    if not late:
        return N_("handed in")
    return N_("handed in 1 day late") if late == 1 else N_("handed in %(days)s days late", days=late)


def _overdue(late: int) -> Message:
    return N_("1 day overdue") if late == 1 else N_("%(days)s days overdue", days=late)


def _light_in_time(facts: LightFacts, today: date, thresholds: Thresholds, calendar: Calendar) -> Light:
    """Amber, grey or green for an open assignment whose due date has not passed."""
    expected = expected_percent(facts.begins, facts.due, today, calendar)
    left = calendar.left(today, facts.due)
    behind = expected - facts.percent
    if (behind > 0 and left <= thresholds.near_days) or behind >= thresholds.behind_points:
        return Light(AMBER, _progress(facts.percent, expected, left))
    if facts.reported_on is None:
        if facts.start is None:
            return Light(GREY, N_("not started: no start agreed yet"))
        silent = calendar.left(facts.start, today)
        if silent >= thresholds.silent_days:
            return Light(AMBER, N_("no report %(days)s working days after the start", days=silent))
        if today < facts.start:
            return Light(GREY, N_("not started: the start lies ahead"))
    return Light(GREEN, _progress(facts.percent, expected, left))


def _progress(percent: int, expected: int, left: int) -> Message:
    if left == 1:
        return N_("%(percent)s %% reported, %(expected)s %% expected, 1 working day left",
                  percent=percent, expected=expected)
    return N_("%(percent)s %% reported, %(expected)s %% expected, %(left)s working days left",
              percent=percent, expected=expected, left=left)


def cell(lights: Iterable[str]) -> str | None:
    """The light of a unit at a milestone, from the lights of its assignments; the caller leaves cancelled ones out.

    None, shown as a dash, where there are none. Else the first that holds: all closed; any red; any amber; all that are
    unclosed blue; all that are unclosed grey; green. The order of the lights does not matter."""
    shown = set(lights)
    unclosed = shown - {DONE}
    if not shown:
        return None
    if not unclosed:
        return DONE
    for worst in (RED, AMBER):
        if worst in unclosed:
            return worst
    return unclosed.pop() if unclosed in ({BLUE}, {GREY}) else GREEN
