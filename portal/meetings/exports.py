"""The list of meetings as a workbook."""
from flask import Response, request

from portal.meetings import forms, queries
from portal.meetings.models import Meeting
from portal.meetings.rules import KINDS, MeetingKind
from portal.sheets import MOST, Cell, Column
from portal.web.access import Route, identity
from portal.web.downloads import as_workbook
from portal.web.names import term
from portal.web.templating import state_words, translate
from tenants.db import db
from tenants.messages import N_
from tenants.permissions import Permission

COLUMNS = ((N_("Title"), 40), (N_("Kind of meeting"), 18), (N_("State"), 12), (N_("Begins"), 18), (N_("Ends at"), 18),
           (N_("Place"), 30), (N_("Line"), 14), (N_("Invited"), 10), (N_("Answered"), 10))


def sheet() -> Response:
    """With the filters of the list, every row of it."""
    where = queries.conditions(identity(), forms.wanted(forms.asked(request.args)))
    rows = db.session.scalars(queries.listed(where).limit(MOST)).all()
    answers = queries.answers_in([m.id for m in rows])

    def cells(m: Meeting) -> list[Cell]:
        answered, asked = answers.get(m.id, (None, None))
        return [m.title, translate(KINDS[MeetingKind(m.kind)]), state_words("meeting", m.state)[0], m.starts_at, m.ends_at, m.place,
                term("line", m.line) if m.line else "", asked, answered]
    columns = [Column(translate(head), width) for head, width in COLUMNS]
    return as_workbook(translate(N_("Meetings")), columns, map(cells, rows), queries.count(where))


NAME, PREFIX = "meetings_export", "/meetings"
ROUTES: tuple[Route, ...] = (("GET", ".xlsx", sheet, Permission.MEETING_LIST),)
