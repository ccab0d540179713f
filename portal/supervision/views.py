"""Supervision orders: the list, one order with its replies, the form that issues them, and what a thing's page shows of them."""
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import texts
from portal.assignments import forms as assignment_forms
from portal.assignments import queries as assignments
from portal.assignments.models import Assignment
from portal.assignments.rules import UNCLOSED_STATES
from portal.assignments.views.listing import wanted as assignments_wanted
from portal.attachments import queries as attachments
from portal.attachments import views as files
from portal.audit.views import history_of
from portal.supervision import forms, queries, rules, service
from portal.supervision.forms import Sheet
from portal.supervision.models import Order
from portal.supervision.queries import ANY_UNFINISHED
from portal.supervision.rules import ABOUT, GRADES, MOST_AT_ONCE, TERMS, AboutKind, OrderState, Ref
from portal.web import cursors, lists, panels, untrusted
from portal.web.access import Route, identity
from portal.web.lights import speak_for
from portal.web.names import term, unit_short
from portal.web.once import once
from portal.web.templating import done, state_words, translate
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Identity, reaches
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission as P
from tenants.vocabulary import Line

NAME, PREFIX = "supervision", "/supervision"
PAGE = 50
_TYPED = ("words", "done_by", "remark", "term", "due", "reason")


def index() -> ResponseReturnValue:
    me, filters = identity(), forms.asked(request.args)
    options, overdue = _options(me), [("1", str(_("overdue")))]
    where = queries.conditions(me, forms.wanted(filters))
    start = cursors.read(request.args.get("cursor"))
    rows = db.session.scalars(queries.listed([*where, queries.after(*start)] if start else where).limit(PAGE + 1)).all()
    shown, last = rows[:PAGE], rows[PAGE - 1] if len(rows) > PAGE else None
    return render_template(
        "supervision/index.html", rows=shown, lights=queries.lights(shown), total=queries.count(where), as_of=clock.now(),
        about=queries.things(me, {o.about for o in shown if o.about}), filters=filters, address=PREFIX,
        next=lists.address(PREFIX, {**filters, "cursor": cursors.written(last.opened_at, last.id)}) if last else None,
        first=lists.address(PREFIX, filters) if start else None,
        chips=lists.chips(PREFIX, filters, lists.offered({**options, "overdue": overdue})), options=options, across=_across(me),
        issues=bool(reaches(me, P.SUPERVISION_ORDER)))


def _across(me: Identity) -> bool:
    """Whether this person reads orders of more than one unit."""
    found = reaches(me, P.SUPERVISION_READ)
    return len({r.unit for r in found}) > 1 or any(r.unit is None for r in found)


def _options(me: Identity) -> dict[str, list[tuple[str, str]]]:
    found = {"state": [(ANY_UNFINISHED, str(_("not ended"))), *((s.value, state_words("supervision", s)[0]) for s in OrderState)],
             "grade": _grades(), "line": [("office", str(_("the office"))), *((x.value, term("line", x)) for x in Line)]}
    if _across(me):
        found["unit"] = [(u.code, unit_short(u)) for u in directory.units() if u.id != HEADQUARTERS]
    return found


def _grades() -> list[tuple[str, str]]:
    return [(g.value, translate(words)) for g, words in GRADES.items()]


def new() -> ResponseReturnValue:
    """For the things that the address names, or for the assignments that its filters show; else for units, in words alone."""
    me = identity()
    line = service.issuing_line(me)
    filters = assignment_forms.asked(request.args)
    named, left_out = forms.refs(request.args.getlist("about"))[:MOST_AT_ONCE], 0
    if not named and filters:
        named, left_out = _of_filter(me, filters)
    return _form(_fresh(named, line), line, left_out, searched=bool(filters))


def choose() -> ResponseReturnValue:
    """The same for the rows picked on the list of assignments."""
    line = service.issuing_line(identity())
    picks = assignment_forms.keys(request.form.getlist("pick"))[:MOST_AT_ONCE]
    return _form(_fresh(tuple(Ref(AboutKind.ASSIGNMENT, key) for key in picks), line), line, searched=True)


def _of_filter(me: Identity, filters: Mapping[str, str]) -> tuple[tuple[Ref, ...], int]:
    """The assignments that a filter shows and about which this person may issue orders, and how many are too many."""
    where = [*assignments.conditions(me, assignments_wanted(filters, me), clock.today()),
             assignments.readable(me, P.SUPERVISION_ORDER), Assignment.state.in_(UNCLOSED_STATES)]
    rows = db.session.scalars(assignments.listed(where).limit(MOST_AT_ONCE)).all()
    total = assignments.count(where) if len(rows) == MOST_AT_ONCE else len(rows)
    return tuple(Ref(AboutKind.ASSIGNMENT, a.id) for a in rows), total - len(rows)


def _fresh(named: Sequence[Ref], line: Line | None) -> Sheet:
    """An empty form with everything ticked about which an order can be issued."""
    things, unfinished = queries.things(identity(), named), queries.unfinished_about(named, line)
    return Sheet({"grade": rules.Grade.ORDINARY.value}, shown=tuple(named), about=[
        str(ref) for ref in named if service.refusal(things.get(ref), line, unfinished) is None])


def issue() -> ResponseReturnValue:
    me, sheet = identity(), forms.typed(request.form)
    line = service.issuing_line(me)
    wanted = forms.ordered(sheet, line)
    try:
        made = service.issue(wanted, actor=me)
        if sheet.errors:
            raise Invalid({})
    except Invalid as fault:
        db.session.rollback()
        return _form(sheet.refused(fault), line, searched=bool(sheet.shown)), 422
    done(N_("Issued: %(n)s. The units are told.", n=len(made)))
    return redirect(f"{PREFIX}/{made[0].id}" if len(made) == 1 else f"{PREFIX}?state={ANY_UNFINISHED}", 303)


def _form(sheet: Sheet, line: Line | None, left_out: int = 0, *, searched: bool = False) -> str:
    things, unfinished = queries.things(identity(), sheet.shown), queries.unfinished_about(sheet.shown, line)
    days, today = assignments.calendar(), clock.today()
    return render_template(
        "supervision/form.html", s=sheet, line=line, left_out=left_out, searched=searched, most=texts.MEDIUM, all=forms.ALL,
        things=[(t, service.refusal(t, line, unfinished)) for t in things.values()], kinds=ABOUT,
        grades=[(g.value, translate(words), TERMS[g], rules.term_of(g, today, days)) for g, words in GRADES.items()],
        units=[(u.code, unit_short(u)) for u in directory.going_on() if u.id != HEADQUARTERS], at_once=MOST_AT_ONCE)


def item(key: str) -> ResponseReturnValue:
    return _page(queries.one(identity(), untrusted.key_of(key)))


Act = Callable[[Order, Sheet, int], Message]


def reply(key: str) -> ResponseReturnValue:
    def act(o: Order, sheet: Sheet, version: int) -> Message:
        day = sheet.day("done_by")
        service.reply(o, sheet.value("words"), day or clock.today(), actor=identity(), version=version)
        return N_("Replied. Whoever issued the order judges it.")
    return _act_on(key, "reply", act)


def ask_time(key: str) -> ResponseReturnValue:
    def act(o: Order, sheet: Sheet, _version: int) -> Message:
        service.ask_time(o, sheet.day("due"), sheet.value("reason"), sheet.value("blocking"), actor=identity())
        return N_("Asked. Whoever issued the order decides; until then the term holds.")
    return _act_on(key, "ask_time", act)


def accept(key: str) -> ResponseReturnValue:
    def act(o: Order, sheet: Sheet, version: int) -> Message:
        service.accept(o, sheet.value("remark"), actor=identity(), version=version)
        return N_("Accepted: the order is closed. The unit is told.")
    return _act_on(key, "accept", act)


def send_back(key: str) -> ResponseReturnValue:
    def act(o: Order, sheet: Sheet, version: int) -> Message:
        service.send_back(o, sheet.value("remark"), sheet.day("term", needed=False), actor=identity(), version=version)
        return N_("Returned. The unit is told, and replies again.")
    return _act_on(key, "return", act)


def extend(key: str) -> ResponseReturnValue:
    def act(o: Order, sheet: Sheet, version: int) -> Message:
        day = sheet.day("term")
        service.extend(o, day or o.term, sheet.value("reason"), actor=identity(), version=version)
        return N_("Extended. The unit is told.")
    return _act_on(key, "extend", act)


def decline(key: str) -> ResponseReturnValue:
    def act(o: Order, sheet: Sheet, version: int) -> Message:
        service.decline_time(o, sheet.value("reason"), actor=identity(), version=version)
        return N_("Declined: the term stays. The unit is told.")
    return _act_on(key, "decline", act)


def withdraw(key: str) -> ResponseReturnValue:
    def act(o: Order, sheet: Sheet, version: int) -> Message:
        service.withdraw(o, sheet.value("reason"), actor=identity(), version=version)
        return N_("Withdrawn. The unit is told.")
    return _act_on(key, "withdraw", act)


def _act_on(key: str, action: str, act: Act) -> ResponseReturnValue:
    """Do it and go back; what is refused is shown with everything that was typed."""
    o, sheet = queries.one(identity(), untrusted.key_of(key)), forms.typed(request.form)
    try:
        said = act(o, sheet, untrusted.version(request.form.get("version")))
        if sheet.errors:
            raise Invalid({})
    except Invalid as fault:
        db.session.rollback()
        return _page(queries.one(identity(), o.id), action, sheet.refused(fault)), 422
    except (Stale, RuleViolated) as refused:
        return _page(o, action, sheet, refused.message), 412 if isinstance(refused, Stale) else 409
    done(said)
    return redirect(f"{PREFIX}/{o.id}", 303)


def _page(o: Order, action: str = "", sheet: Sheet | None = None, said: Message | None = None) -> str:
    speak_for(o.unit)
    me, about = identity(), o.about
    offers = service.offers(o, actor=me)
    try:
        unit = service.allow_file(o, me).unit
    except (NotPermitted, RuleViolated):
        unit = None
    days, today = assignments.calendar(), clock.today()
    return render_template(
        "supervision/item.html", o=o, light_of=queries.lights([o])[o.id],
        thing=queries.things(me, [about]).get(about) if about else None,
        kinds=ABOUT, replies=queries.replies(o), offers=offers,
        asked=queries.time_asked(o) if offers & {"decline", "ask_time"} else None,
        others=[(u.code, unit_short(u)) for u in directory.units() if u.id != o.unit_id] if "ask_time" in offers else [],
        action=action, s=sheet or Sheet(), said=said,
        lost=[sheet.value(name) for name in _TYPED] if sheet and action not in offers else [], most=texts.MEDIUM,
        next_term=rules.term_of(rules.Grade(o.grade), max(today, o.term) if "extend" in offers else today, days),
        history=history_of("supervision", o.id), panels=panels.of("supervision", o),
        papers=attachments.of("supervision", o.id), files_of=unit, file_limits=files.LIMITS)


def of_thing(kind: AboutKind) -> Callable[[Any], str]:
    """On a thing's page: the orders about it that this person sees, and the way to issue one for whoever may."""
    def show(thing: Any) -> str:
        me, ref = identity(), Ref(kind, thing.id)
        found = queries.of_thing(me, ref)
        offered = bool(reaches(me, P.SUPERVISION_ORDER)) and _may_order(me, ref)
        if not found and not offered:
            return ""
        return render_template("supervision/_of_thing.html", orders=found, lights=queries.lights(found), ref=ref, offered=offered)
    return show


def _may_order(me: Identity, ref: Ref) -> bool:
    line = service.issuing_line(me)
    return service.refusal(queries.things(me, [ref]).get(ref), line, queries.unfinished_about([ref], line)) is None


for _kind in AboutKind:
    panels.register(_kind.value, of_thing(_kind))

ROUTES: tuple[Route, ...] = (
    ("GET", "", index, P.SUPERVISION_LIST),
    ("GET", "/new", new, P.SUPERVISION_ORDER),
    ("POST", "/new", once(issue), P.SUPERVISION_ORDER),
    ("POST", "/choose", choose, P.SUPERVISION_ORDER),
    ("GET", "/<key>", item, P.SUPERVISION_READ),
    ("POST", "/<key>/reply", once(reply), P.SUPERVISION_REPLY),
    ("POST", "/<key>/more-time", once(ask_time), P.SUPERVISION_REPLY),
    ("POST", "/<key>/accept", once(accept), P.SUPERVISION_ORDER),
    ("POST", "/<key>/return", once(send_back), P.SUPERVISION_ORDER),
    ("POST", "/<key>/extend", once(extend), P.SUPERVISION_ORDER),
    ("POST", "/<key>/decline", once(decline), P.SUPERVISION_ORDER),
    ("POST", "/<key>/withdraw", once(withdraw), P.SUPERVISION_ORDER),
    *files.routes("supervision", P.SUPERVISION_REPLY),
)
