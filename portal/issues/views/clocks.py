"""The clocks of an issue in words, and as a bar: what has been used, and whose time it was."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import gettext as _

from portal.issues.models import Issue
from portal.issues.queries import Clocks
from portal.issues.views.words import duration, left
from portal.web.names import term, unit_short
from portal.web.times import Distance, moment

LOOKS = ("s1", "s2", "s3", "s4")


@dataclass(frozen=True, slots=True)
class Running:
    """What has to happen next: to be accepted, or solved."""
    words: str
    at: datetime
    left: Distance


@dataclass(frozen=True, slots=True)
class Deadline:
    """What runs, or what there is to say where nothing runs any more."""
    running: Running | None
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the bar, in percent of its length."""
    name: str
    words: str
    look: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Mark:
    words: str
    x: float


@dataclass(frozen=True, slots=True)
class Bar:
    words: str
    until: datetime | None
    left: Distance | None
    shares: Sequence[Segment]
    marks: Sequence[Mark]


def deadline(issue: Issue, clocks: Clocks) -> Deadline:
    if clocks.due is not None:
        words = _("accept by") if issue.responded_at is None else _("solve by")
        return Deadline(Running(str(words), clocks.due, left(clocks.due)))
    if issue.state == "resolved":
        return Deadline(None, str(_("solved %(at)s, late", at=moment(issue.resolved_at)) if clocks.late_to_resolve else
                                  _("solved %(at)s, in time", at=moment(issue.resolved_at))))
    return Deadline(None, str(_("ended %(at)s", at=moment(issue.closed_at))) if issue.closed_at else "")


def deadlines(issues: Sequence[Issue], clocks: Mapping[UUID, Clocks]) -> dict[UUID, Deadline]:
    return {i.id: deadline(i, clocks[i.id]) for i in issues}


def bar(issue: Issue, clocks: Clocks) -> Bar:
    """The overall clock. A clock that has run over is drawn to its whole length, with a mark where it should have ended."""
    spent = sum((s.own + s.waiting for s in clocks.shares), timedelta(0))
    drawn = max(1.0, clocks.fraction)
    whole = spent / clocks.fraction * drawn if clocks.fraction else None     # what the bar's length stands for
    segments: list[Segment] = []
    at = 0.0
    for n, share in enumerate(clocks.shares):
        name = f"{unit_short(share.desk[0])} · {term('line', share.desk[1])}"
        for part, label, look in ((share.own, name, LOOKS[n % len(LOOKS)]),
                                  (share.waiting, str(_("waiting for the raiser")), "wait")):
            if part or look != "wait":
                width = round(part / whole * 100, 2) if whole else 0.0
                segments.append(Segment(label, duration(part.total_seconds() / 60), look, round(at, 2), width))
                at += width
    marks = [Mark(str(_("limit")), round(100 / drawn, 2))] if clocks.fraction > 1 else []
    percent = round(clocks.fraction * 100)
    words = _("Overall: %(p)s %% of the time to solve used", p=percent)
    until = clocks.resolve_by if issue.resolved_at is None and issue.closed_at is None else None
    return Bar(str(words), until, left(until) if until else None, segments, marks)


def notes(issue: Issue, clocks: Clocks) -> list[str]:
    """What stands beneath the bar: the answer, whether it waits, how the limits count."""
    found = [_("Accept by %(by)s: accepted %(at)s, late.", by=moment(clocks.respond_by), at=moment(issue.responded_at))
             if clocks.late_to_respond else
             _("Accept by %(by)s: accepted %(at)s, in time.", by=moment(clocks.respond_by), at=moment(issue.responded_at))] \
        if issue.responded_at else [_("Accept by %(by)s: not accepted yet.", by=moment(clocks.respond_by))]
    if clocks.waiting:
        found.append(_("It waits for the raiser's answer: the owner's share rests, the overall clock goes on."))
    if clocks.continuous:
        found.append(_("The limits of this severity run around the clock."))
    return [str(f) for f in found]
