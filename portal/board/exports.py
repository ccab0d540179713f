"""The board as a workbook, and the assignments behind one of its figures as another."""
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from flask import Response, request

from portal.assignments.models import Assignment
from portal.board import queries, rules
from portal.board.queries import Standing, Wanted
from portal.board.rules import Counted, Group, Row, Tally
from portal.board.views import OF_BOARD, asked_filters, chosen_programme, in_words
from portal.sheets import MOST, Cell, Column, Sum, Tinted
from portal.web.access import Route, identity
from portal.web.downloads import as_workbook
from portal.web.labels import LIGHTS
from portal.web.lights import light_words
from portal.web.locale import language
from portal.web.names import term, unit_name, unit_short
from portal.web.templating import light_meaning, state_words, translate
from portal.web.times import day
from tenants.errors import NotVisible
from tenants.messages import N_
from tenants.permissions import Permission

COLUMNS = ((N_("Standing"), 14), (N_("Code"), 12), (N_("Assignment"), 44), (N_("Unit"), 18), (N_("Line"), 16),
           (N_("Milestone"), 22), (N_("Due"), 12), (N_("First due"), 12), (N_("Handed in"), 12), (N_("Closed"), 12),
           (N_("Days late"), 10))


# The ground of each light in print; its word stands there, too.
TINTS: Mapping[str, str] = {"red": "#FDE8E8", "amber": "#FFF1D6", "green": "#E3F5E8", "blue": "#E4EDFA", "closed": "#E3F5E8",
                            "grey": "#EEF1F4"}
NOTHING = "–"                          # nothing is asked


def board() -> Response:
    """Units by milestones as on the page: each cell its light in words and closed of all, then what a row comes to in figures."""
    me = identity()
    programme, _every = chosen_programme()
    if programme is None:
        raise NotVisible
    asked, chinese = asked_filters(*OF_BOARD), language() == "zh"
    found = queries.standing(me, programme, Wanted(**asked), request.args.get("sort", ""))
    codes = [m.code for m in programme.milestones]
    columns = [Column(translate(N_("Unit")), 24),
               *(Column(f"{m.title_zh if chinese else m.title}\n{day(m.due)}", 18) for m in programme.milestones),
               *(Column(translate(head), 12) for head in (N_("All milestones"), N_("Closed"), N_("All"), N_("Percent closed"),
                                                          N_("Overdue")))]
    about = [programme.name_zh if chinese else programme.name, *(words for words, _ in in_words(asked))]
    legend = [translate(N_("%(word)s: %(meaning)s", word=light_words(light), meaning=light_meaning(light))) for light in LIGHTS]
    return as_workbook(translate(N_("Board")), columns, _lines(found, codes), len(found.places), about=about, notes=[
        *legend, translate(N_("%(nothing)s: nothing asked", nothing=NOTHING))])


def _lines(found: Standing, codes: list[str]) -> Iterator[list[Cell]]:
    """A group of several units begins with what they come to together; all of them stand below."""
    for group in found.groups:
        if len(group.rows) > 1:
            yield Sum(_line(f"{_kind(group)} ({len(group.rows)})", group.together, codes))
        for row in group.rows:
            yield _line(unit_short(row.key), row, codes)
    if len(found.places) > 1:
        yield Sum(_line(translate(N_("All units")), rules.across("", found.rows, codes), codes))


def _kind(group: Group) -> str:
    words = term("category", group.category) if group.category else term("unit_kind", group.kind)
    return words[:1].upper() + words[1:]


def _line(name: str, row: Row, codes: list[str]) -> list[Cell]:
    all_ = row.total
    return [name, *(_cell(row.cells[code]) for code in codes), _cell(all_), all_.closed, all_.total, all_.percent, all_.overdue]


def _cell(tally: Tally) -> Cell:
    if tally.light is None:
        return NOTHING
    return Tinted(f"{light_words(tally.light)} {tally.closed}/{tally.total}", TINTS[tally.light])


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
ROUTES: tuple[Route, ...] = (
    ("GET", ".xlsx", board, Permission.BOARD_READ),
    ("GET", "/rows.xlsx", sheet, Permission.BOARD_READ),
)
