"""The flows as a workbook: a row for each raiser and owner, all measures beside one another."""
from flask import Response

from portal.flows import rules
from portal.flows.views import asked, every_flow
from portal.sheets import Column
from portal.web.access import Route
from portal.web.downloads import as_workbook
from portal.web.names import unit_name
from portal.web.templating import translate
from tenants.messages import N_
from tenants.permissions import Permission

COLUMNS = ((N_("Raised by"), 20), (N_("Owning unit"), 20), (N_("Issues"), 10), (N_("Not closed"), 10), (N_("Overdue"), 10),
           (N_("Median to accept, working hours"), 18), (N_("Median to solve, working hours"), 18), (N_("Hand-overs"), 12),
           (N_("Hand-overs per issue"), 14))


def sheet() -> Response:
    """With the filters of the page."""
    pairs = rules.pairs(every_flow(asked()))
    rows = [[unit_name(p.raiser), unit_name(p.owner), f.count, f.open, f.overdue, _hours(f.respond), _hours(f.resolve),
             f.hand_overs, round(f.per_issue, 2)] for p in pairs for f in (p.figures,)]
    return as_workbook(translate(N_("Flows of quality issues")), [Column(translate(h), w) for h, w in COLUMNS], rows, len(rows))


def _hours(minutes: float | None) -> float | None:
    return None if minutes is None else round(minutes / 60, 1)


NAME, PREFIX = "flows_export", ""
ROUTES: tuple[Route, ...] = (("GET", "/flows.xlsx", sheet, Permission.FLOWS_READ),)
