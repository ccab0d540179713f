"""Where the units stand with their plans, as a workbook."""
from flask import Response

from portal.filings import queries
from portal.filings.views.listing import asked_filters, chosen_programme
from portal.sheets import MOST, Cell, Column
from portal.web.access import Route, identity
from portal.web.downloads import as_workbook
from portal.web.names import term, unit_name
from portal.web.templating import state_words, translate
from tenants.errors import NotVisible
from tenants.messages import N_
from tenants.permissions import Permission

COLUMNS = ((N_("Unit"), 22), (N_("Kind"), 16), (N_("State"), 14), (N_("Due"), 12), (N_("Submitted"), 18), (N_("Rounds"), 9),
           (N_("Approved"), 18), (N_("Waits for"), 32), (N_("Days late"), 10))


def sheet() -> Response:
    """With the filters of the list, every unit of it."""
    programme, _every = chosen_programme()
    if programme is None:
        raise NotVisible
    wanted = asked_filters()
    rows = [r for r in queries.overview(identity(), programme.id) if r.matches(**wanted)]
    columns = [Column(translate(head), width) for head, width in COLUMNS]
    return as_workbook(translate(N_("Implementation plans")), columns, map(_cells, rows[:MOST]), len(rows))


def _cells(r: queries.Standing) -> list[Cell]:
    f = r.filing
    waits = [translate(N_("the unit")) if w == queries.UNIT else term("line", w) for w in r.waits_for]
    return [unit_name(r.unit), term("unit_kind", r.unit.kind), state_words("filing", r.state)[0], r.task.due,
            f.submitted_at if f else None, f.round if f else None, f.approved_at if f else None,
            translate(N_(", ")).join(waits), r.late or None]


NAME, PREFIX = "filings_export", "/filings"
ROUTES: tuple[Route, ...] = (("GET", ".xlsx", sheet, Permission.FILING_LIST),)
