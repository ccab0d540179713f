"""The list of issues as a workbook."""
from collections.abc import Iterator, Sequence

from flask import Response, request

from portal.issues import forms, queries
from portal.issues.models import Issue
from portal.issues.queries import Clocks
from portal.issues.views.listing import conditions
from portal.sheets import MOST, Cell, Column
from portal.web.access import Route, identity
from portal.web.downloads import as_workbook
from portal.web.names import term, unit_name
from portal.web.templating import element_words, state_words, translate
from tenants.db import db
from tenants.messages import N_
from tenants.permissions import Permission

CHUNK = 500                                            # issues whose clocks are read at once
COLUMNS = ((N_("Code"), 22), (N_("Title"), 44), (N_("State"), 14), (N_("Severity"), 12), (N_("Raised by"), 16),
           (N_("First contact"), 14), (N_("Owning unit"), 16), (N_("Line"), 14), (N_("Campaign"), 32), (N_("Stage"), 18),
           (N_("Control element"), 24), (N_("Complaints"), 12), (N_("Raised"), 17), (N_("Accept by"), 17), (N_("Accepted"), 17),
           (N_("Solve by"), 17), (N_("Solved"), 17), (N_("Closed"), 17), (N_("Overdue"), 10), (N_("Time used, percent"), 12),
           (N_("Description"), 60), (N_("Root cause"), 44), (N_("Solution"), 44))


def sheet() -> Response:
    """With the filters of the list, every row of it."""
    me = identity()
    where = conditions(me, forms.asked(request.args))
    rows = db.session.scalars(queries.listed(where).limit(MOST)).all()
    columns = [Column(translate(head), width) for head, width in COLUMNS]
    return as_workbook(translate(N_("Quality issues")), columns, _cells(rows), queries.count(where))


def _cells(rows: Sequence[Issue]) -> Iterator[Sequence[Cell]]:
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start:start + CHUNK]
        clocks = queries.clocks(chunk)
        yield from (_row(i, clocks[i.id]) for i in chunk)


def _row(i: Issue, on: Clocks) -> list[Cell]:
    return [i.code, i.title, state_words("issue", i.state)[0], state_words("severity", i.severity)[0], unit_name(i.raiser),
            i.first_contact.name, unit_name(i.owner), term("line", i.owner_line),
            i.campaign.name if i.campaign else i.campaign_words,
            state_words("stage", i.stage)[0], element_words(i.control_element), i.complaint_count, i.raised_at, on.respond_by,
            i.responded_at, on.resolve_by, i.resolved_at, i.closed_at, translate(N_("yes")) if on.overdue else "",
            round(on.fraction * 100), i.description, i.root_cause, i.solution]


NAME, PREFIX = "issues_export", ""
ROUTES: tuple[Route, ...] = (("GET", "/issues.xlsx", sheet, Permission.ISSUE_LIST),)
