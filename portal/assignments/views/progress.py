"""Reporting on many: a row each, saved together; what was not touched is not reported again."""
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal import texts
from portal.assignments import forms, queries, service
from portal.assignments.forms import Line
from portal.assignments.models import Assignment
from portal.assignments.rules import expected_percent
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
        return _refused(lines, gone)
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


def _refused(lines: dict[UUID, Line], gone: Mapping[UUID, Assignment]) -> ResponseReturnValue:
    """Nothing is stored. Who was overtaken sees what the other said, and may send again what still fits."""
    shown = _shown([*_mine(), *(a for key, a in gone.items() if lines[key].errors)], lines)
    stale = any("version" in line.errors for line in lines.values())
    other = any(set(line.errors) - {"version"} for line in lines.values())
    return render_template("assignments/progress.html", **shown), 412 if stale and not other else 422


def _mine() -> Sequence[Assignment]:
    """What this person reports on; `owner=me` leaves what is owned by oneself."""
    me = identity()
    if not reaches(me, Permission.ASSIGNMENT_REPORT):
        raise NotPermitted(N_("None of your functions reports progress."))
    rows = queries.to_report(me)
    return [a for a in rows if a.owner_id == me.person] if _only_own() else rows


def _only_own() -> bool:
    return request.args.get("owner") == "me"


def _back() -> str:
    return f"{ADDRESS}?owner=me" if _only_own() else ADDRESS


def _shown(rows: Sequence[Assignment], lines: Mapping[UUID, Line]) -> dict[str, Any]:
    today = clock.today()
    found = {"rows": rows, "lights": queries.lights(rows, today), "last": queries.last_reports([a.id for a in rows]),
             "expected": {a.id: expected_percent(a.facts.begins, a.due, today, queries.calendar()) for a in rows},
             "lines": lines, "as_of": clock.now(), "own": _only_own(), "most": texts.MEDIUM, "me_key": identity().person}
    places = {f"{field}.{key}": said for key, line in lines.items() for field, said in line.errors.items()}
    return {**found, "places": places, "names": {p: _code(rows, p) for p in places}}


def _code(rows: Sequence[Assignment], place: str) -> str:
    return next((a.code for a in rows if place.endswith(str(a.id))), "")
