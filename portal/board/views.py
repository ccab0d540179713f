"""The board, and the list behind each of its figures."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from urllib.parse import urlencode

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal import texts
from portal.assignments.rules import LIGHTS, WEEK
from portal.board import queries, rules
from portal.board.queries import Wanted
from portal.board.rules import Counted, Group, Row
from portal.filings.rules import APPROVED
from portal.programmes import queries as programmes
from portal.programmes.models import Programme
from portal.web import templating
from portal.web.access import Route, identity
from portal.web.names import term, unit_name
from tenants import clock
from tenants.access import Identity, permits, reaches
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Category, Line, MilestoneCode, UnitKind

OF_BOARD = ("line", "kind", "category", "unit")        # filters of the board itself
PAGE = 100                                             # rows of a list
Opens = Callable[..., str]

_CODES: Mapping[str, frozenset[str]] = {
    "line": frozenset(Line), "kind": frozenset(UnitKind), "category": frozenset(Category),
    "milestone": frozenset(MilestoneCode), "light": frozenset(LIGHTS), "lately": frozenset(rules.LATELY)}


def asked_filters(*names: str) -> dict[str, str]:
    """The filters of the address; a word that is none of its codes leaves that side open."""
    found = {n: texts.clean(request.args.get(n)) for n in names}
    return {n: v for n, v in found.items() if v and (n not in _CODES or v in _CODES[n])}


def chosen_programme() -> tuple[Programme | None, Sequence[Programme]]:
    """The one of the year asked for, else the current one; and all that one may choose from."""
    return programmes.chosen(identity(), request.args.get("year", type=int))


def _opens(programme: Programme, wanted: Mapping[str, str]) -> Opens:
    """The address of the list of just those assignments that a figure counts."""
    def address(**more: str | None) -> str:
        asked = {"year": str(programme.year), **wanted, **more}
        return f"/board/rows?{urlencode({k: v for k, v in asked.items() if v})}"
    return address


def board() -> ResponseReturnValue:
    """Units by milestones: who stands where, as far as this person sees."""
    me = identity()
    programme, every = chosen_programme()
    if programme is None:
        return render_template("board/none.html", drafts=bool(permits(me, Permission.PROGRAMME_EDIT)))
    asked = asked_filters(*OF_BOARD)
    wanted, now = Wanted(**asked), clock.now()
    found = queries.standing(me, programme, wanted, request.args.get("sort", ""))
    rows, places, groups = found.rows, found.places, found.groups
    milestones = [m.code for m in programme.milestones]
    return render_template(
        "board/board.html", programme=programme, programmes=every, asked=asked, sort=request.args.get("sort", rules.PLAN),
        groups=groups, codes={p.unit: p.code for p in places}, everything=rules.across("", rows, milestones),
        lines=_by_line(rows, milestones), tiles=_tiles(groups, places), week=rules.last_week(rows, clock.today()),
        plans=queries.plans(me, programme.id, wanted, now - WEEK), plans_at=_plans_at(programme, asked),
        opens=_opens(programme, asked), left_out=queries.left_out(me, programme.id, wanted, found.units),
        alone=len(places) == 1, as_of=now, other_day=_other_day(), chosen=in_words(asked),
        options={name: [(code.value, term(word, code)) for code in codes] for name, word, codes in _CHOICES},
        own_lines=_own_lines(me), orders=[(order, templating.translate(words)) for order, words in _ORDERS])


def _own_lines(me: Identity) -> list[tuple[str, str]]:
    """The lines to which this person's function is bound; none where it sees every line of what it sees."""
    reached = reaches(me, Permission.BOARD_READ)
    lines = dict.fromkeys(r.line for r in reached if r.line) if all(r.line or r.owner for r in reached) else {}
    return [(line.value, term("line", line)) for line in lines]


_CHOICES: tuple[tuple[str, str, Iterable[StrEnum]], ...] = (
    ("line", "line", Line), ("kind", "unit_kind", UnitKind), ("category", "category", Category))
_ORDERS = ((rules.PLAN, N_("As in the plan")), (rules.LEAST_COMPLETE, N_("Least closed first")),
           (rules.MOST_COMPLETE, N_("Most closed first")), (rules.LATEST, N_("Most overdue first")))


def _plans_at(programme: Programme, asked: Mapping[str, str]) -> str:
    """The list of the implementation plans in force; they are the unit's, whatever the line."""
    kept = {k: v for k, v in asked.items() if k in ("kind", "category", "unit")}
    return f"/filings?{urlencode({'year': programme.year, 'state': APPROVED, **kept})}"


def in_words(asked: Mapping[str, str]) -> list[tuple[str, str]]:
    """The filters in words, each with the address without it."""
    words: Mapping[str, Callable[[str], str]] = {"unit": unit_name, "light": templating.light_words, "code": str,
                                                  "lately": lambda value: templating.translate(_LATELY[value]),
                                                  "cancelled": lambda _value: templating.state_words("assignment", "cancelled")[0]}
    return [(words[n](v) if n in words else term({"kind": "unit_kind"}.get(n, n), v), templating.without(n))
            for n, v in asked.items()]


_LATELY: Mapping[str, Message] = {
    rules.CLOSED: N_("closed in the last 7 days"), rules.CAME_DUE: N_("came due in the last 7 days"),
    rules.HANDED_IN: N_("handed in in the last 7 days")}


def _other_day() -> str:
    """A day asked for that is not today: it cannot be shown, and the page says so."""
    day = request.args.get("as_of", "").strip()
    return day if day != clock.today().isoformat() else ""


def _by_line(rows: Sequence[Counted], milestones: Sequence[str]) -> list[Row]:
    of: dict[str, list[Counted]] = {line.value: [] for line in Line}
    for row in rows:
        of[row.line].append(row)
    return [rules.across(line, found, milestones) for line, found in of.items() if found]


def _tiles(groups: Sequence[Group], places: Sequence[rules.Place]) -> list[tuple[str, Row, tuple[int, int]]]:
    """Code, row and place in the diagram of every province shown; a part of a province has no place of its own there."""
    codes = {p.unit: p.code for p in places if p.kind == UnitKind.PROVINCE and p.code in rules.TILES}
    found = [(codes[r.key], r, rules.TILES[codes[r.key]]) for g in groups for r in g.rows if r.key in codes]
    return sorted(found, key=lambda t: t[2]) if len(found) > 1 else []


def rows() -> ResponseReturnValue:
    """Just the assignments that a figure of the board counts; details open for those who may read them."""
    me = identity()
    programme, _every = chosen_programme()
    if programme is None:
        return render_template("board/none.html", drafts=bool(permits(me, Permission.PROGRAMME_EDIT)))
    asked = asked_filters(*asdict(Wanted()))
    units = queries.units()
    found = queries.counted(me, programme.id, Wanted(**asked), units)
    left = queries.after(found, request.args.get("cursor", ""))
    page = left[:PAGE]
    return render_template(
        "board/rows.html", programme=programme, asked=asked, total=len(found), rows=queries.shown(me, page),
        next=queries.cursor(page[-1]) if len(left) > len(page) else None, back=_back(programme, asked), chosen=in_words(asked),
        orders_at=_orders_at(programme, asked),
        titles={m.code: m for m in programme.milestones}, lights=rules.tally(found).lights, as_of=clock.now())


def _orders_at(programme: Programme, asked: Mapping[str, str]) -> str:
    """The form that issues supervision orders about what is shown, for whoever may; the list filters codes by its search, and
    knows no cancelled ones and no last seven days."""
    if asked.keys() & {"cancelled", "lately"} or not reaches(identity(), Permission.SUPERVISION_ORDER):
        return ""
    kept = {("q" if name == "code" else name): value for name, value in asked.items()}
    return f"/supervision/new?{urlencode({'year': programme.year, **kept})}"


def _back(programme: Programme, asked: Mapping[str, str]) -> str:
    kept = {k: v for k, v in asked.items() if k in OF_BOARD}
    return f"/board?{urlencode({'year': programme.year, **kept})}"


NAME, PREFIX = "board", "/board"
ROUTES: tuple[Route, ...] = (
    ("GET", "", board, Permission.BOARD_READ),
    ("GET", "/rows", rows, Permission.BOARD_READ),
)
