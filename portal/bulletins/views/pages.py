"""The list of bulletins, one of them with all that may be done with it, its form, and the plans by which drafts arise."""
from collections.abc import Callable

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import texts
from portal.audit.views import history_of
from portal.bulletins import forms, queries, rules, service
from portal.bulletins.forms import Sheet
from portal.bulletins.models import Bulletin, BulletinPlan
from portal.bulletins.rules import LAST_DAY, RHYTHMS, SECTIONS, BulletinState, Rhythm
from portal.bulletins.views import paper, shape
from portal.web import cursors, lists, panels, untrusted
from portal.web.access import Route, identity
from portal.web.addresses import local_path
from portal.web.names import unit_short
from portal.web.once import once
from portal.web.templating import done, state_words, translate
from tenants import clock, directory
from tenants.access import HEADQUARTERS, Identity, need, permits, reaches
from tenants.db import db
from tenants.errors import Invalid, NotVisible, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission as P

NAME, PREFIX = "bulletins", "/bulletins"
PAGE = 50


def index() -> ResponseReturnValue:
    me, filters, options = identity(), forms.asked(request.args), _options()
    where = queries.conditions(me, forms.wanted(filters))
    start = cursors.read(request.args.get("cursor"))
    rows = db.session.scalars(queries.listed([*where, queries.after(*start)] if start else where).limit(PAGE + 1)).all()
    shown, last = rows[:PAGE], rows[PAGE - 1] if len(rows) > PAGE else None
    acknowledges = bool(reaches(me, P.BULLETIN_ACKNOWLEDGE))
    return render_template(
        "bulletins/index.html", rows=shown, total=queries.count(where), as_of=clock.now(), filters=filters, address=PREFIX,
        next=lists.address(PREFIX, {**filters, "cursor": cursors.written(last.composed_at, last.id)}) if last else None,
        first=lists.address(PREFIX, filters) if start else None,
        chips=lists.chips(PREFIX, filters, lists.offered(options)), options=options,
        sent=queries.acknowledged_in([b.id for b in shown]), writes=_writes(me), oversees=_oversees(me),
        waiting=queries.to_acknowledge_of([b.id for b in shown], me) if acknowledges and shown else frozenset())


def _writes(me: Identity) -> bool:
    return bool(permits(me, P.BULLETIN_WRITE))


def _oversees(me: Identity) -> bool:
    """Whether this person sees the receipts of all units."""
    return any(r.party is None for r in reaches(me, P.BULLETIN_READ))


def _options() -> dict[str, list[tuple[str, str]]]:
    years = range(clock.today().year, clock.today().year - 5, -1)
    return {"state": [(s.value, state_words("bulletin", s)[0]) for s in BulletinState], "year": [(str(y), str(y)) for y in years],
            "open": [("1", _("some have yet to acknowledge")), ("0", _("acknowledged by all"))]}


def new() -> ResponseReturnValue:
    need(identity(), P.BULLETIN_WRITE)
    return _begin(Sheet({"title": _("Bulletin of %(month)s", month=f"{clock.today():%Y-%m}")}))


def _begin(sheet: Sheet, said: Message | None = None) -> str:
    return render_template("bulletins/new.html", s=sheet, said=said, most=texts.SHORT)


def compose() -> ResponseReturnValue:
    need(identity(), P.BULLETIN_WRITE)
    sheet = forms.typed(request.form)
    try:
        made = service.compose(sheet.value("title"), actor=identity())
    except Invalid as fault:
        return _begin(sheet.refused(fault)), 422
    except RuleViolated as refused:
        return _begin(sheet, refused.message), 409
    done(N_("Composed with the figures of this moment. Now write the words."))
    return redirect(f"{PREFIX}/{made.id}/edit", 303)


def edit(key: str) -> ResponseReturnValue:
    b = queries.one(identity(), untrusted.key_of(key))
    service.allow(b, "change", actor=identity())
    return _form(forms.shown(b), b)


def save(key: str) -> ResponseReturnValue:
    b, sheet = queries.one(identity(), untrusted.key_of(key)), forms.typed(request.form)
    try:
        service.change(b, forms.content_of(sheet), actor=identity(), version=untrusted.version(request.form.get("version")))
    except Invalid as fault:
        return _form(sheet.refused(fault), b), 422
    except (Stale, RuleViolated) as refused:
        return _form(sheet, b, refused.message), 412 if isinstance(refused, Stale) else 409
    done(N_("Kept. This is how it will look."))
    return redirect(f"{PREFIX}/{b.id}", 303)


def _form(sheet: Sheet, b: Bulletin, said: Message | None = None) -> str:
    practice = [(r["key"], f"{shape.named(r['unit'])} · {r['code']} {shape.named(r['title'])} ({r['closed_on']})")
                for r in b.figures["practice"]]
    return render_template("bulletins/form.html", s=sheet, b=b, said=said, units=_units(), all=forms.ALL, most=texts,
                           sections=[(s.value, translate(w)) for s, w in SECTIONS.items()], practice=practice)


def _units() -> list[tuple[str, str]]:
    return [(u.code, unit_short(u)) for u in directory.going_on() if u.id != HEADQUARTERS]


def item(key: str) -> ResponseReturnValue:
    return _page(queries.one(identity(), untrusted.key_of(key)))


def refresh(key: str) -> ResponseReturnValue:
    def act(b: Bulletin, version: int) -> Message:
        service.take_anew(b, actor=identity(), version=version)
        return N_("The figures are those of this moment.")
    return _act_on(key, act)


def publish(key: str) -> ResponseReturnValue:
    def act(b: Bulletin, version: int) -> Message:
        service.publish(b, paper.document, actor=identity(), version=version)
        return N_("Published as %(code)s. Its receivers are told.", code=b.code)
    return _act_on(key, act)


def remove(key: str) -> ResponseReturnValue:
    def act(b: Bulletin, version: int) -> Message:
        service.remove(b, actor=identity(), version=version)
        return N_("The draft is thrown away.")
    return _act_on(key, act, PREFIX)


def acknowledge(key: str) -> ResponseReturnValue:
    def act(b: Bulletin, _version: int) -> Message:
        service.acknowledge(b, actor=identity())
        return N_("Acknowledged. The programme office sees it.")
    return _act_on(key, act, local_path(request.form.get("next", ""), ""))


def chase(key: str) -> ResponseReturnValue:
    def act(b: Bulletin, _version: int) -> Message:
        return N_("%(n)s units are chased.", n=service.chase(b, actor=identity()))
    return _act_on(key, act)


def _act_on(key: str, act: Callable[[Bulletin, int], Message], back: str = "") -> ResponseReturnValue:
    """Do it and go back; what is refused is said on the page."""
    b = queries.one(identity(), untrusted.key_of(key))
    try:
        said = act(b, untrusted.version(request.form.get("version")))
    except (Stale, RuleViolated) as refused:
        return _page(b, refused.message), 412 if isinstance(refused, Stale) else 409
    done(said)
    return redirect(back or f"{PREFIX}/{b.id}", 303)


def _page(b: Bulletin, said: Message | None = None) -> str:
    me = identity()
    oversees = _oversees(me)
    sent = queries.receipts(b)
    mine = {r.party for r in reaches(me, P.BULLETIN_ACKNOWLEDGE)}
    return render_template(
        "bulletins/item.html", b=b, parts=shape.parts(b), programme=shape.named(b.figures["programme"]["name"]), said=said,
        offers=service.offers(b, actor=me), oversees=oversees, sent=sent, waiting=sum(r.acknowledged_at is None for r in sent),
        own=next((r for r in sent if r.unit_id in mine), None),
        receivers=None if b.receivers is None else [u for u in directory.units() if u.id in b.receivers],
        digests=queries.digests(b) if b.published_at else {}, history=history_of("bulletin", b.id) if oversees else [],
        panels=panels.of("bulletin", b))


def plans() -> ResponseReturnValue:
    need(identity(), P.BULLETIN_WRITE)
    return _plans(Sheet({"rhythm": Rhythm.MONTH.value, "working_day": "1"}, [forms.ALL]))


def _plans(sheet: Sheet) -> str:
    today, days = clock.today(), queries.calendar()

    def runs_on(p: BulletinPlan) -> object:
        return rules.next_day(Rhythm(p.rhythm), p.working_day, p.done, today, days) if p.active else None
    rows = [(p, runs_on(p)) for p in queries.plans()]
    return render_template("bulletins/plans.html", s=sheet, rows=rows, units=_units(), all=forms.ALL, most=texts.SHORT,
                           rhythms=[(r.value, translate(w)) for r, w in RHYTHMS.items()], last_day=LAST_DAY)


def add_plan() -> ResponseReturnValue:
    need(identity(), P.BULLETIN_WRITE)
    sheet = forms.typed(request.form)
    try:
        service.add_plan(forms.planned_of(sheet), actor=identity())
    except Invalid as fault:
        return _plans(sheet.refused(fault)), 422
    done(N_("The plan is kept."))
    return redirect(f"{PREFIX}/plans", 303)


def change_plan(key: str) -> ResponseReturnValue:
    need(identity(), P.BULLETIN_WRITE)
    plan = queries.plan(untrusted.key_of(key))
    match request.form.get("what"):
        case "remove":
            service.remove_plan(plan, actor=identity())
            done(N_("The plan is removed. What it has composed stays."))
        case "resume" | "pause" as what:
            service.set_active(plan, what == "resume", actor=identity())
            done(N_("The plan goes on.") if plan.active else N_("The plan rests."))
        case _:
            raise NotVisible
    return redirect(f"{PREFIX}/plans", 303)


ROUTES: tuple[Route, ...] = (
    ("GET", "", index, P.BULLETIN_LIST),
    ("GET", "/new", new, P.BULLETIN_WRITE),
    ("POST", "/new", once(compose), P.BULLETIN_WRITE),
    ("GET", "/plans", plans, P.BULLETIN_WRITE),
    ("POST", "/plans", once(add_plan), P.BULLETIN_WRITE),
    ("POST", "/plans/<key>", change_plan, P.BULLETIN_WRITE),
    ("GET", "/<key>", item, P.BULLETIN_READ),
    ("GET", "/<key>/edit", edit, P.BULLETIN_WRITE),
    ("POST", "/<key>/edit", save, P.BULLETIN_WRITE),
    ("POST", "/<key>/refresh", refresh, P.BULLETIN_WRITE),
    ("POST", "/<key>/publish", publish, P.BULLETIN_WRITE),
    ("POST", "/<key>/remove", remove, P.BULLETIN_WRITE),
    ("POST", "/<key>/acknowledge", acknowledge, P.BULLETIN_ACKNOWLEDGE),
    ("POST", "/<key>/chase", once(chase), P.BULLETIN_WRITE),
)
