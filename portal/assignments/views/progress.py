"""Reporting on many: a row each, saved together; what was not touched is not reported again."""
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal import texts
from portal.assignments import forms, queries, service
from portal.assignments.forms import Line
from portal.assignments.models import Assignment
from portal.assignments.rules import expected_percent
from portal.assignments.views import listing
from portal.web import lists
from portal.web.access import identity
from portal.web.templating import done
from tenants import clock
from tenants.access import need, reaches
from tenants.errors import Invalid, NotPermitted
from tenants.messages import N_, Message
from tenants.permissions import Permission

ADDRESS = "/assignments/progress"


def progress() -> ResponseReturnValue:
    return render_template("assignments/progress.html", **_shown(_mine(), {}))


def save_progress() -> ResponseReturnValue:
    """All rows that were changed, or none where one is at fault: then everything typed stands at its row."""
    me, lines = identity(), forms.lines(request.form)
    known = {a.id: a for a in queries.to_report(me)}
    gone = {a.id: a for a in queries.several(me, [k for k in lines if k not in known])}
    for a in gone.values():
        need(me, Permission.ASSIGNMENT_REPORT, a.subject)
    rows = [_row((known | gone)[key], line) for key, line in lines.items() if line.changed]
    try:
        service.report_many(rows, actor=me)
    except Invalid as invalid:
        for path, said in invalid.errors.items():
            key, _, field = path.partition(".")
            lines[UUID(key)].errors[field] = list(said)
        return _refused(lines, known | gone)
    handed_in = sum(r.hand_in for r in rows)
    done(_said(len(rows) - handed_in, handed_in))
    return redirect(_back(), 303)


def _row(a: Assignment, line: Line) -> service.Row:
    """As the service takes it, which says what is wrong with a figure that is none."""
    percent = 100 if line.hand_in else forms.percent(line.percent)
    return service.Row(a, -1 if percent is None else percent, line.text, line.version, line.hand_in)


def _said(reported: int, handed_in: int) -> Message:
    if handed_in:
        return N_("Saved: %(n)s reported, %(m)s handed in.", n=reported, m=handed_in)
    return N_("Saved: %(n)s reported.", n=reported) if reported else N_("Nothing was changed, so nothing was reported.")


def _refused(lines: dict[UUID, Line], sent: Mapping[UUID, Assignment]) -> ResponseReturnValue:
    """Nothing is stored. Who was overtaken sees what the other said, and may send again what still fits."""
    touched = {key: sent[key] for key, line in lines.items() if line.changed or line.errors}
    shown = _shown(list({**{a.id: a for a in _mine()}, **touched}.values()), lines)
    stale = any("version" in line.errors for line in lines.values())
    other = any(set(line.errors) - {"version"} for line in lines.values())
    return render_template("assignments/progress.html", **shown), 412 if stale and not other else 422


def _mine() -> Sequence[Assignment]:
    """What this person reports on, as far as the filters of the address go; `owner=me` leaves what is owned by oneself."""
    me = identity()
    if not reaches(me, Permission.ASSIGNMENT_REPORT):
        raise NotPermitted(N_("None of your functions reports progress."))
    wanted = listing.wanted(_filters(), me)
    return queries.to_report(me, *queries.conditions(me, wanted, clock.today(), Permission.ASSIGNMENT_REPORT))


def _filters() -> dict[str, str]:
    return forms.asked(request.args)


def _back() -> str:
    return lists.address(ADDRESS, _filters())


def _chips(filters: Mapping[str, str]) -> list[tuple[str, str]]:
    """All but whose they are: that stands in the head already."""
    said = zip(filters.items(), lists.chips(ADDRESS, filters, listing.chip), strict=True)
    return [chip for named, chip in said if named != ("owner", "me")]


def _of_milestones(rows: Sequence[Assignment]) -> list[list[Assignment]]:
    """Rows under their milestone, by its day; two milestones of one day stand apart."""
    def milestone(a: Assignment) -> tuple[date, str]:
        return a.milestone_due, a.milestone
    return [list(found) for _key, found in groupby(sorted(rows, key=milestone), key=milestone)]


def _shown(rows: Sequence[Assignment], lines: Mapping[UUID, Line]) -> dict[str, Any]:
    today, filters = clock.today(), _filters()
    found = {"rows": rows, "groups": _of_milestones(rows), "lights": queries.lights(rows, today),
             "last": queries.last_reports([a.id for a in rows]), "address": _back(), "chips": _chips(filters),
             "expected": {a.id: expected_percent(a.facts.begins, a.due, today, queries.calendar()) for a in rows},
             "lines": lines, "as_of": clock.now(), "own": filters.get("owner") == "me", "most": texts.MEDIUM,
             "me_key": identity().person}
    places = {f"{field}.{key}": said for key, line in lines.items() for field, said in line.errors.items()}
    return {**found, "places": places, "names": {p: _code(rows, p) for p in places}}


def _code(rows: Sequence[Assignment], place: str) -> str:
    return next((a.code for a in rows if place.endswith(str(a.id))), "")
