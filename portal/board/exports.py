"""The assignments behind a figure of the board as a workbook."""
from collections.abc import Mapping
from dataclasses import asdict

from flask import Response

from portal.assignments.models import Assignment
from portal.board import queries
from portal.board.queries import Wanted
from portal.board.rules import Counted
from portal.board.views import asked_filters, chosen_programme
from portal.sheets import MOST, Cell, Column
from portal.web.access import Route, identity
from portal.web.downloads import as_workbook
from portal.web.lights import light_words
from portal.web.locale import language
from portal.web.names import term, unit_name
from portal.web.templating import state_words, translate
from tenants.errors import NotVisible
from tenants.messages import N_
from tenants.permissions import Permission

COLUMNS = ((N_("Standing"), 14), (N_("Code"), 12), (N_("Assignment"), 44), (N_("Unit"), 18), (N_("Line"), 16),
           (N_("Milestone"), 22), (N_("Due"), 12), (N_("First due"), 12), (N_("Handed in"), 12), (N_("Closed"), 12),
           (N_("Days late"), 10))


def sheet() -> Response:
    """What the page shows, and no more: standing, not the words of the unit."""
    me = identity()
    programme, _every = chosen_programme()
    if programme is None:
        raise NotVisible
    wanted = Wanted(**asked_filters(*asdict(Wanted())))
    found, counts = queries.counted(me, programme.id, wanted, queries.units()), not wanted.cancelled
    chinese = language() == "zh"
    titles: Mapping[str, str] = {m.code: m.title_zh if chinese else m.title for m in programme.milestones}

    def cells(row: Counted, a: Assignment) -> list[Cell]:
        return [light_words(row.light) if counts else state_words("assignment", a.state)[0], a.code,
                a.title_zh if chinese else a.title, unit_name(a.unit), term("line", a.line), titles.get(a.milestone, a.milestone),
                a.due, a.original_due, a.handed_in_on, a.closed_on, row.late or None]
    columns = [Column(translate(head), width) for head, width in COLUMNS]
    rows = (cells(row, a) for row, a, _ in queries.shown(me, found[:MOST]))
    return as_workbook(translate(N_("What the board counts")), columns, rows, len(found))


NAME, PREFIX = "board_export", "/board"
ROUTES: tuple[Route, ...] = (("GET", "/rows.xlsx", sheet, Permission.BOARD_READ),)
