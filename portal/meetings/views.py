"""Meetings: the list, one meeting with its answers, minutes and decisions, and the form to call one."""
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import texts
from portal.assignments import queries as assignments
from portal.assignments.models import Assignment
from portal.attachments import queries as attachments
from portal.attachments import views as files
from portal.audit.views import history_of
from portal.meetings import forms, queries, service
from portal.meetings.forms import Sheet
from portal.meetings.models import Meeting
from portal.meetings.rules import ANSWERS, KINDS, MeetingState
from portal.web import cursors, lists, panels, untrusted
from portal.web.access import Route, identity
from portal.web.names import term, unit_short
from portal.web.once import once
from portal.web.templating import done, state_words, translate
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Identity, Subject, permits, reaches
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission as P
from tenants.vocabulary import Line

NAME, PREFIX = "meetings", "/meetings"
PAGE = 50
_TYPED = ("words", "minutes", "text", "title", "deliverable", "due", "owner")


def index() -> ResponseReturnValue:
    me, filters, options = identity(), forms.asked(request.args), _options()
    where = queries.conditions(me, forms.wanted(filters))
    start = cursors.read(request.args.get("cursor"))
    rows = db.session.scalars(queries.listed([*where, queries.after(*start)] if start else where).limit(PAGE + 1)).all()
    shown, last = rows[:PAGE], rows[PAGE - 1] if len(rows) > PAGE else None
    return render_template(
        "meetings/index.html", rows=shown, total=queries.count(where), as_of=clock.now(), filters=filters, address=PREFIX,
        next=lists.address(PREFIX, {**filters, "cursor": cursors.written(last.starts_at, last.id)}) if last else None,
        first=lists.address(PREFIX, filters) if start else None,
        chips=lists.chips(PREFIX, filters, lists.offered(options)), options=options, kinds=KINDS,
        answers=queries.answers_in([m.id for m in shown]), holds=bool(reaches(me, P.MEETING_HOLD)))


def _options() -> dict[str, list[tuple[str, str]]]:
    return {"kind": [(k.value, translate(words)) for k, words in KINDS.items()],
            "state": [(s.value, state_words("meeting", s)[0]) for s in MeetingState],
            "when": [("coming", str(_("coming"))), ("past", str(_("past")))],
            "unit": [(u.code, unit_short(u)) for u in directory.units() if u.id != HEADQUARTERS]}


def _line_of(me: Identity) -> Line | None:
    """The line in which this person calls meetings: none for the office."""
    return None if permits(me, P.MEETING_HOLD, Subject(HEADQUARTERS)) else next(
        (a.line for a in me.appointments if a.line and permits(me, P.MEETING_HOLD, Subject(HEADQUARTERS, a.line))), None)


def new() -> ResponseReturnValue:
    _holding()
    return _form(Sheet({"from": "09:30", "until": "11:30"}))


def _holding() -> None:
    if not reaches(identity(), P.MEETING_HOLD):
        raise NotPermitted(N_("None of your functions may do this here."))


def convene() -> ResponseReturnValue:
    _holding()
    sheet = forms.typed(request.form)
    content = forms.content_of(sheet, _line_of(identity()))
    try:
        made = service.convene(content, actor=identity())
        if sheet.errors:
            raise Invalid({})
    except Invalid as fault:
        db.session.rollback()
        return _form(sheet.refused(fault)), 422
    done(N_("The meeting is called. Those invited are told."))
    return redirect(f"{PREFIX}/{made.id}", 303)


def edit(key: str) -> ResponseReturnValue:
    m = queries.one(identity(), untrusted.key_of(key))
    service.allow(m, "change", actor=identity())
    return _form(forms.shown(m), m)


def save(key: str) -> ResponseReturnValue:
    m, sheet = queries.one(identity(), untrusted.key_of(key)), forms.typed(request.form)
    try:
        content = forms.content_of(sheet, Line(m.line) if m.line else None)
        service.change(m, content, actor=identity(), version=untrusted.version(request.form.get("version")))
        if sheet.errors:
            raise Invalid({})
    except Invalid as fault:
        db.session.rollback()
        return _form(sheet.refused(fault), queries.one(identity(), untrusted.key_of(key))), 422
    except (Stale, RuleViolated) as refused:
        return _form(sheet, m, refused.message), 412 if isinstance(refused, Stale) else 409
    done(N_("Changed. Those invited are told."))
    return redirect(f"{PREFIX}/{m.id}", 303)


def _form(sheet: Sheet, meeting: Meeting | None = None, said: Message | None = None) -> str:
    invited = meeting.parties if meeting else ()
    units = [(u.code, unit_short(u)) for u in directory.units() if directory.goes_on(u) or u.id in invited]
    return render_template("meetings/form.html", s=sheet, m=meeting, said=said, kinds=_options()["kind"], most=texts.SHORT,
                           units=[u for u in units if u[0] != "hq"], presenters=units, all=forms.ALL)


def item(key: str) -> ResponseReturnValue:
    return _page(queries.one(identity(), untrusted.key_of(key)))


def answer(key: str) -> ResponseReturnValue:
    def act(m: Meeting, _sheet: Sheet) -> Message:
        service.answer(m, request.form.get("answer", ""), request.form.get("words", ""), actor=identity())
        return N_("Answered. Whoever called the meeting sees it.")
    return _act_on(key, "answer", act)


def cancel(key: str) -> ResponseReturnValue:
    def act(m: Meeting, _sheet: Sheet) -> Message:
        service.cancel(m, actor=identity(), version=untrusted.version(request.form.get("version")))
        return N_("Cancelled. Those invited are told.")
    return _act_on(key, "cancel", act)


def publish(key: str) -> ResponseReturnValue:
    def act(m: Meeting, _sheet: Sheet) -> Message:
        service.publish(m, request.form.get("minutes", ""), actor=identity(),
                        version=untrusted.version(request.form.get("version")))
        return N_("The minutes are out. Those invited are told.")
    return _act_on(key, "publish", act)


def amend(key: str) -> ResponseReturnValue:
    def act(m: Meeting, _sheet: Sheet) -> Message:
        service.amend(m, request.form.get("text", ""), actor=identity())
        return N_("Added. Those invited are told.")
    return _act_on(key, "amend", act)


def decide(key: str) -> ResponseReturnValue:
    def act(m: Meeting, sheet: Sheet) -> Message:
        service.allow(m, "decide", actor=identity())
        content = forms.decided(sheet)
        if sheet.errors:
            raise Invalid(sheet.errors)
        service.decide(m, content, actor=identity())
        return N_("Kept. The office makes an assignment of it.")
    return _act_on(key, "decide", act)


def redecide(key: str) -> ResponseReturnValue:
    """Correct one that was written down, or take it back."""
    def act(m: Meeting, sheet: Sheet) -> Message:
        service.allow(m, "decide", actor=identity())
        chosen, version = forms.chosen(sheet.value("decision")), untrusted.version(sheet.value("version"))
        if sheet.value("what") == "take_back":
            service.take_back(m, chosen, actor=identity(), version=version)
            return N_("Taken back. It stays in the history.")
        content = forms.decided(sheet)
        if sheet.errors:
            raise Invalid(sheet.errors)
        try:
            service.correct(m, chosen, content, actor=identity(), version=version)
        except NotVisible:
            raise RuleViolated(N_("This decision was taken back meanwhile.")) from None
        return N_("Corrected.")
    return _act_on(key, "redecide", act)


def assign(key: str) -> ResponseReturnValue:
    def act(m: Meeting, _sheet: Sheet) -> Message:
        service.allow(m, "assign", actor=identity())
        service.assign(m, forms.chosen(request.form.get("decision", "")), actor=identity())
        return N_("It is an assignment now. The unit is told.")
    return _act_on(key, "assign", act)


def _act_on(key: str, action: str, act: Callable[[Meeting, Sheet], Message]) -> ResponseReturnValue:
    """Do it and go back; what is refused is shown with everything that was typed."""
    m, sheet = queries.one(identity(), untrusted.key_of(key)), forms.typed(request.form)
    try:
        said = act(m, sheet)
    except Invalid as fault:
        return _page(m, action, sheet.refused(fault)), 422
    except (Stale, RuleViolated) as refused:
        return _page(m, action, sheet, refused.message), 412 if isinstance(refused, Stale) else 409
    done(said)
    return redirect(f"{PREFIX}/{m.id}", 303)


def _page(m: Meeting, action: str = "", sheet: Sheet | None = None, said: Message | None = None) -> str:
    me = identity()
    asked, decisions = queries.invitations(m), queries.decisions(m)
    made = queries.became(me, decisions)
    units = {u.id: u for u in directory.units()}
    mine = {r.party for r in reaches(me, P.MEETING_ANSWER)}
    offers = service.offers(m, actor=me)
    stands = action in offers or (action == "redecide" and "decide" in offers and sheet is not None
                                  and any(str(d.id) == sheet.value("decision") and not d.assignment_id for d in decisions))
    return render_template(
        "meetings/item.html", m=m, kind=KINDS, answers=ANSWERS, asked=asked, decisions=decisions, made=made,
        lights=_lights(list(made.values())), addenda=queries.addenda(m), offers=offers, most=texts,
        lost=[] if stands or sheet is None else [sheet.value(name) for name in _TYPED],
        agenda=[(i["title"], units.get(i["unit"])) for i in m.agenda], own=next((i for i in asked if i.unit_id in mine), None),
        units=[(u.code, unit_short(u)) for u in units.values() if u.id in m.parties or u.id == HEADQUARTERS],
        lines=[(x.value, term("line", x)) for x in Line], action=action, s=sheet or Sheet({}), said=said,
        history=history_of("meeting", m.id), **_files(m))


def _lights(found: Sequence[Assignment]) -> Mapping[Any, Any]:
    return assignments.lights(found, clock.today()) if found else {}


def _files(m: Meeting) -> dict[str, Any]:
    """The files, and whose may be removed here."""
    unit: int | None = None
    with suppress(NotPermitted, RuleViolated):
        unit = service.allow_file(m, identity()).unit
    return {"papers": attachments.of("meeting", m.id), "files_of": unit, "file_limits": files.LIMITS}


def of_assignment(assignment: Assignment) -> str:
    """On an assignment's page: the meeting that decided it, for whoever may see that."""
    found = queries.of_assignment(identity(), assignment.id)
    return render_template("meetings/_of_assignment.html", m=found.meeting) if found else ""


panels.register("assignment", of_assignment)

ROUTES: tuple[Route, ...] = (
    ("GET", "", index, P.MEETING_LIST),
    ("GET", "/new", new, P.MEETING_HOLD),
    ("POST", "/new", once(convene), P.MEETING_HOLD),
    ("GET", "/<key>", item, P.MEETING_READ),
    ("GET", "/<key>/edit", edit, P.MEETING_HOLD),
    ("POST", "/<key>/edit", save, P.MEETING_HOLD),
    ("POST", "/<key>/answer", answer, P.MEETING_ANSWER),
    ("POST", "/<key>/cancel", cancel, P.MEETING_HOLD),
    ("POST", "/<key>/publish", publish, P.MEETING_HOLD),
    ("POST", "/<key>/addenda", once(amend), P.MEETING_HOLD),
    ("POST", "/<key>/decisions", once(decide), P.MEETING_HOLD),
    ("POST", "/<key>/decisions/change", redecide, P.MEETING_HOLD),
    ("POST", "/<key>/assign", once(assign), P.ASSIGNMENT_ADD),
    *files.routes("meeting", P.MEETING_HOLD),
)
