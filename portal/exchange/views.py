"""The rules of the exchange: what is in force, and a change of it: typed, rehearsed, then saved with a reason.

Nothing is saved that was not shown: a rehearsal leaves a signed mark of the values, of the rules that they were compared
with and of the person; whoever saves sends it along."""
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Response, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer

from portal import texts, workdays
from portal.audit.models import AuditEntry
from portal.audit.views import Step, steps_of
from portal.exchange import forms, queries, rules, service
from portal.exchange.forms import Errors, Row
from portal.exchange.queries import Rules
from portal.exchange.rules import CALENDAR, DESKS, HOURS, LIMITS, Change, Function, World
from portal.issues.views.words import duration
from portal.sheets import Cell, Column
from portal.web.access import Route, identity
from portal.web.downloads import as_workbook
from portal.web.kept import UNTYPED
from portal.web.names import term, unit_code, unit_name, unit_short
from portal.web.templating import done, state_words, translate
from tenants import clock, directory
from tenants.db import db
from tenants.errors import Invalid, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import Line, Severity, Stage

NAME, PREFIX = "exchange", "/exchange"
MOST_SHOWN = 200
_HOLDS = timedelta(hours=1)                            # how long a rehearsal may be saved: issues go on meanwhile
TITLES: Mapping[str, Message] = {LIMITS: N_("Time limits"), HOURS: N_("Working hours"),
                                 CALENDAR: N_("Days off and days worked"), DESKS: N_("Desks served by another line")}
ABOUT: Mapping[str, Message] = {
    LIMITS: N_("how long an owner may take to accept and to solve, by severity and stage"),
    HOURS: N_("the hours of a working day, in which limits run"),
    CALENDAR: N_("where the company does otherwise than the announced calendar, or it is not announced yet"),
    DESKS: N_("whose line has nobody, and who answers instead")}
_STALE = N_("Somebody else has changed this meanwhile. Look at both versions; what you typed stands below and must be shown anew.")
_NOT_SHOWN = N_("This is not what was shown before, or it was shown too long ago. Look at what it would change, then save.")
_COLUMNS = ((N_("Code"), 22), (N_("Title"), 44), (N_("Owner"), 16), (N_("Line"), 14), (N_("Severity"), 12), (N_("Stage"), 18),
            (N_("Accept by, now"), 17), (N_("Accept by, then"), 17), (N_("Solve by, now"), 17), (N_("Solve by, then"), 17),
            (N_("Overdue now"), 10), (N_("Overdue then"), 10), (N_("Answers now"), 24), (N_("Answers then"), 24))


def index() -> ResponseReturnValue:
    found, units = queries.in_force_now(), directory.going_on()
    years = (clock.today().year, clock.today().year + 1)
    history = queries.history(found)
    return render_template(
        "exchange/index.html", TITLES=TITLES, ABOUT=ABOUT, world=found.world, rows=_rows_of(found), duration=duration,
        vacancies=_vacancies(found, units), years=[(year, workdays.known(year)) for year in years],
        known=(workdays.FIRST_KNOWN, workdays.LAST_KNOWN), history=list(_history(history, found)), as_of=clock.now())


def limits() -> ResponseReturnValue:
    return _part(LIMITS)


def hours() -> ResponseReturnValue:
    return _part(HOURS)


def calendar() -> ResponseReturnValue:
    return _part(CALENDAR)


def desks() -> ResponseReturnValue:
    return _part(DESKS)


def _part(part: str) -> ResponseReturnValue:
    found, units = queries.in_force_now(), directory.units()
    if request.method == "GET":
        return _form(part, found, units, _rows_of(found)[part])
    typed, do = forms.read(part, request.form, {u.code: u.id for u in units}), request.form.get("do")
    if do in ("rows", "change"):
        return _form(part, found, units, typed.rows, more=3 if do == "rows" else 1)
    if typed.errors:
        return _form(part, found, units, typed.rows, typed.errors, status=422)
    if request.form.get("version") != found.version(part):
        return _form(part, found, units, typed.rows, {"": [_STALE]}, status=412, yours=typed.world)
    after = service.propose(part, found.world, typed.world)
    if rules.fingerprint(part, after) == rules.fingerprint(part, found.world):
        return _form(part, found, units, typed.rows, {"": [N_("Nothing would change.")]}, status=409)
    if do == "save":
        return _save(part, found, units, typed.rows, after)
    return _sheet(part, found, after) if do == "excel" else _rehearsal(part, found, after)


def _save(part: str, found: Rules, units: Sequence[Unit], rows: Sequence[Row], after: World) -> ResponseReturnValue:
    if not _was_shown(part, found, after):
        return _rehearsal(part, found, after, note=_NOT_SHOWN, status=409)
    try:
        service.save(part, after, request.form.get("reason", ""), version=request.form["version"], actor=identity())
    except Invalid as refused:
        db.session.rollback()
        return _rehearsal(part, found, after, errors=refused.errors, status=422)
    except (Stale, RuleViolated) as refused:           # between the reading above and the lock
        db.session.rollback()
        status = 412 if isinstance(refused, Stale) else 409
        now = queries.in_force_now()
        return _form(part, now, units, rows, {"": [_STALE if status == 412 else refused.message]}, status=status, yours=after)
    done(N_("Saved. Every issue follows it from now on."))
    return redirect(PREFIX, 303)


# --- the form --------------------------------------------------------------------------------------------------------


def _rows_of(found: Rules) -> dict[str, list[Row]]:
    codes = {unit: unit_code(unit) for unit, _line in found.world.served}
    return {part: forms.shown(part, found.world, codes) for part in rules.PARTS}


def _form(part: str, found: Rules, units: Sequence[Unit], rows: Sequence[Row], errors: Errors | None = None, *, status: int = 200,
          more: int = 1, yours: World | None = None) -> ResponseReturnValue:
    """`yours` is what was typed where somebody else has saved meanwhile: both are shown."""
    kept = rules.written(part, found.world)
    both = _steps(part, found.world, service.propose(part, found.world, yours)) if yours is not None else []
    fixed = {(row["severity"], row["stage"]) for row in _rows_of(found)[LIMITS]} if part == LIMITS else \
        {(row["unit"], row["line"]) for row in _rows_of(found)[DESKS]}
    return render_template(
        "exchange/form.html", part=part, title=TITLES[part], about=ABOUT[part], rows=forms.padded(part, rows, more),
        errors=errors or {}, names=_names(part, rows), version=found.version(part), both=both, fixed=fixed, kept=kept,
        reason=texts.clean(request.form.get("reason")), known=(workdays.FIRST_KNOWN, workdays.LAST_KNOWN),
        options={"unit": [(u.code, unit_name(u)) for u in units if directory.goes_on(u)],
                 "line": [(x.value, term("line", x)) for x in Line],
                 "severity": [(x.value, state_words("severity", x)[0]) for x in reversed(Severity)],
                 "stage": [(x.value, state_words("stage", x)[0]) for x in Stage],
                 "works": [("0", _("day off")), ("1", _("worked"))]}), status


def _names(part: str, rows: Sequence[Row]) -> dict[str, str]:
    """What a field of a row is called above the form."""
    labels = {"severity": _("Severity"), "stage": _("Stage"), "respond": _("Minutes to accept"), "resolve": _("Minutes to solve"),
              "begin": _("From"), "end": _("Until"), "day": _("Day"), "works": _("Worked or off"), "unit": _("Unit"),
              "line": _("Line"), "served": _("Served by")}
    return {f"{name}-{n}": str(_("row %(n)s, %(field)s", n=n + 1, field=labels[name]))
            for n in range(max(len(rows), 1) + rules.MOST_PERIODS) for name in forms.FIELDS[part] if name in labels}


# --- the rehearsal ---------------------------------------------------------------------------------------------------


def _compared(part: str, found: Rules, after: World) -> tuple[list[Change], list[rules.DeskChange]]:
    live = queries.live(identity(), part, found.world, after)
    return rules.differences(found.world, after, live, clock.now()), rules.desk_changes(found.world, after, live)


def _rehearsal(part: str, found: Rules, after: World, *, note: Message | None = None,
               errors: Mapping[str, Sequence[Message]] | None = None, status: int = 200) -> ResponseReturnValue:
    changes, moved = _compared(part, found, after)
    sent = [(name, value) for name, value in request.form.items(multi=True)
            if name not in (*UNTYPED, "do", "reason", "mark", "version")]
    return render_template(
        "exchange/rehearsal.html", part=part, title=TITLES[part], changes=changes[:MOST_SHOWN], totals=rules.totals(changes),
        steps=_steps(part, found.world, after), desks=moved, sent=sent, version=found.version(part), mark=_mark(part, found, after),
        reason=texts.clean(request.form.get("reason")), errors=errors or {}, note=note, most=MOST_SHOWN, as_of=clock.now(),
        longest=service.LONGEST_REASON, answers=lambda unit, function: _answers(found, unit, function)), status


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="exchange.rehearsal")


def _facts(part: str, found: Rules, after: World) -> list[str]:
    """Whatever the rehearsal was made of: by whom, from which rules, to which."""
    return [part, str(identity().person), *(found.version(p) for p in rules.PARTS), rules.fingerprint(part, after)]


def _mark(part: str, found: Rules, after: World) -> str:
    return str(_signer().dumps([_facts(part, found, after), clock.now().isoformat()]))


def _was_shown(part: str, found: Rules, after: World) -> bool:
    try:
        facts, at = _signer().loads(request.form.get("mark", ""))
    except BadData:
        return False
    return bool(facts == _facts(part, found, after) and clock.now() - datetime.fromisoformat(at) <= _HOLDS)


def _answers(found: Rules, unit: int, function: Function | None) -> str:
    """Who answers at a desk: the function, and its people."""
    if function is None:
        return str(_("nobody"))
    role, line = function
    words = " ".join(filter(None, (term("role", role), term("line", line) if line else "")))
    names = found.people.get((unit, function), ())
    return f"{words}{_(': ')}{_(', ').join(names)}" if names else words


def _sheet(part: str, found: Rules, after: World) -> Response:
    """Every issue that would change, as a workbook."""
    changes, _moved = _compared(part, found, after)
    columns = [Column(translate(head), width) for head, width in _COLUMNS]
    return as_workbook(translate(N_("What would change")), columns, (_cells(found, c) for c in changes), len(changes))


def _cells(found: Rules, c: Change) -> list[Cell]:
    i = c.issue
    return [i.code, i.title, unit_name(i.unit), term("line", i.line), state_words("severity", i.severity)[0],
            state_words("stage", i.stage)[0], c.before.respond_by, c.after.respond_by, c.before.resolve_by, c.after.resolve_by,
            _yes(c.before.overdue), _yes(c.after.overdue),
            _answers(found, i.unit, c.before.desk), _answers(found, i.unit, c.after.desk)]


def _yes(value: bool) -> str:
    return str(_("yes")) if value else ""


# --- rules in words --------------------------------------------------------------------------------------------------


def _steps(part: str, before: World, after: World) -> list[tuple[str, str, str]]:
    """What changes in the rules: what it is about, before, after."""
    pairs = rules.steps(rules.written(part, before), rules.written(part, after))
    return [(_about(part, key), _said(part, was), _said(part, will)) for key, (was, will) in pairs.items()]


def _about(part: str, key: str) -> str:
    first, _dot, second = key.partition(".")
    if part == LIMITS:
        return f"{state_words('severity', first)[0]} · {state_words('stage', second)[0] if second else _('all stages')}"
    if part == DESKS:
        return f"{unit_short(int(first))} · {term('line', second)}"
    return str(_("Working hours")) if part == HOURS else key


def _said(part: str, value: Any) -> str:
    if value is None:
        return str({LIMITS: _("as all stages"), CALENDAR: _("as announced"), DESKS: _("by its own line")}[part])
    if part == LIMITS:
        return _span(*value)
    if part == HOURS:
        return str(_(", ")).join(f"{begin}–{end}" for begin, end in value)
    return str(_("worked") if value else _("day off")) if part == CALENDAR else term("line", value)


def _span(respond: int, resolve: int, continuous: bool) -> str:
    words = _("accept in %(a)s, solve in %(b)s", a=duration(respond), b=duration(resolve))
    return f"{words}{_(', ')}{_('around the clock')}" if continuous else str(words)


def _vacancies(found: Rules, units: Sequence[Unit]) -> list[tuple[int, list[tuple[Line, str, bool]]]]:
    """By unit: the lines without anybody, who answers instead, and whether nobody does."""
    by_unit: dict[int, list[tuple[Line, str, bool]]] = {}
    for vacancy in rules.vacancies(found.world, [u.id for u in units]):
        unit, line = vacancy.desk
        by_unit.setdefault(unit, []).append((line, _answers(found, unit, vacancy.falls_to), vacancy.falls_to is None))
    return list(by_unit.items())


def _history(entries: Sequence[AuditEntry], found: Rules) -> Iterator[Step]:
    titles = {row.id: TITLES[part] for part, name in queries.SETTINGS.items() if (row := found.settings.get(name))}
    kinds = {"issue_limit": TITLES[LIMITS], "desk_exception": TITLES[DESKS]}
    for entry, step in zip(entries, steps_of(entries), strict=True):
        title = titles.get(entry.subject_id) or kinds[entry.subject_kind]
        yield replace(step, action=f"{translate(title)}{_(': ')}{step.action}")


ROUTES: tuple[Route, ...] = (
    ("GET", "", index, Permission.EXCHANGE_RULES),
    *((method, f"/{view.__name__}", view, Permission.EXCHANGE_RULES)
      for view in (limits, hours, calendar, desks) for method in ("GET", "POST")),
)
