"""The list of assignments as a workbook."""
from flask import Response, request

from portal.assignments import forms, queries
from portal.assignments.models import Assignment
from portal.assignments.views.listing import wanted
from portal.sheets import MOST, Cell, Column
from portal.web.access import Route, identity
from portal.web.downloads import as_workbook
from portal.web.lights import light_words
from portal.web.locale import language
from portal.web.names import term, unit_name
from portal.web.templating import state_words, translate
from tenants import clock
from tenants.db import db
from tenants.messages import N_
from tenants.permissions import Permission

COLUMNS = ((N_("Code"), 12), (N_("Assignment"), 44), (N_("Unit"), 18), (N_("Line"), 16), (N_("Process"), 18), (N_("Milestone"), 18),
           (N_("Owner"), 16), (N_("Standing"), 14), (N_("State"), 14), (N_("Percent"), 10), (N_("Start"), 12), (N_("Due"), 12),
           (N_("First due"), 12), (N_("Reported"), 12), (N_("Handed in"), 12), (N_("Closed"), 12), (N_("Deliverable"), 44),
           (N_("Promised"), 44), (N_("Measure"), 44))


def sheet() -> Response:
    """With the filters of the list, every row of it."""
    me, today = identity(), clock.today()
    where = queries.conditions(me, wanted(forms.asked(request.args), me), today)
    rows = db.session.scalars(queries.listed(where).limit(MOST)).all()
    lights = queries.lights(rows, today)
    chinese = language() == "zh"

    def cells(a: Assignment) -> list[Cell]:
        return [a.code, a.title_zh if chinese else a.title, unit_name(a.unit), term("line", a.line),
                term("process", a.process) if a.process else "", term("milestone", a.milestone), a.owner.name if a.owner else "",
                light_words(lights[a.id].code), state_words("assignment", a.state)[0], a.percent, a.start, a.due, a.original_due,
                a.reported_on, a.handed_in_on, a.closed_on, a.deliverable_zh if chinese else a.deliverable, a.promised, a.measure]
    columns = [Column(translate(head), width) for head, width in COLUMNS]
    return as_workbook(translate(N_("Assignments")), columns, map(cells, rows), queries.count(where))


NAME, PREFIX = "assignments_export", "/assignments"
ROUTES: tuple[Route, ...] = (("GET", ".xlsx", sheet, Permission.ASSIGNMENT_LIST),)
