"""The list of supervision orders as a workbook."""
from flask import Response, request

from portal.sheets import MOST, Cell, Column
from portal.supervision import forms, queries
from portal.supervision.models import Order
from portal.web.access import Route, identity
from portal.web.downloads import as_workbook
from portal.web.names import term, unit_short
from portal.web.templating import light_words, state_words, translate
from tenants.db import db
from tenants.messages import N_
from tenants.permissions import Permission

COLUMNS = ((N_("Order number"), 24), (N_("Unit"), 14), (N_("Grade"), 10), (N_("What the order asks"), 60), (N_("State"), 16),
           (N_("Status light"), 12), (N_("First term"), 12), (N_("Term"), 12), (N_("Days late"), 10), (N_("Round"), 8),
           (N_("Issued on"), 18), (N_("Issued by"), 16))


def sheet() -> Response:
    """With the filters of the list, every row of it."""
    where = queries.conditions(identity(), forms.wanted(forms.asked(request.args)))
    rows = db.session.scalars(queries.listed(where).limit(MOST)).all()
    lights = queries.lights(rows)

    def cells(o: Order) -> list[Cell]:
        return [o.code, unit_short(o.unit), state_words("grade", o.grade)[0], o.words, state_words("supervision", o.state)[0],
                light_words(lights[o.id].code), o.first_term, o.term, lights[o.id].late_days or None, o.round, o.opened_at,
                term("line", o.line) if o.line else translate(N_("the office"))]
    columns = [Column(translate(head), width) for head, width in COLUMNS]
    return as_workbook(translate(N_("Supervision orders")), columns, map(cells, rows), queries.count(where))


NAME, PREFIX = "supervision_export", "/supervision"
ROUTES: tuple[Route, ...] = (("GET", ".xlsx", sheet, Permission.SUPERVISION_LIST),)
