"""The list of campaigns: filters in the address, the latest start first."""
from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.campaigns import forms, queries
from portal.web import cursors, lists
from portal.web.access import identity
from portal.web.names import term, unit_short
from portal.web.templating import state_words
from tenants import clock, directory
from tenants.access import Identity, reaches
from tenants.db import db
from tenants.permissions import Permission
from tenants.vocabulary import Business, CampaignState, Line, Segment, UnitKind

PAGE = 50
ADDRESS = "/campaigns"


def index() -> ResponseReturnValue:
    me, filters = identity(), forms.asked(request.args)
    where = queries.conditions(me, forms.wanted(filters))
    start = cursors.read_day(request.args.get("cursor"))
    rows = db.session.scalars(queries.listed([*where, queries.after(*start)] if start else where).limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    last = shown[-1] if len(rows) > PAGE else None
    acknowledges = bool(reaches(me, Permission.CAMPAIGN_ACKNOWLEDGE))
    return render_template(
        "campaigns/index.html", rows=shown, total=queries.count(where), as_of=clock.now(), filters=filters, address=ADDRESS,
        next=lists.address(ADDRESS, {**filters, "cursor": cursors.written(last.starts, last.id)}) if last else None,
        first=lists.address(ADDRESS, filters) if start else None,
        chips=lists.chips(ADDRESS, filters, lambda name, value: str(_WORDS[name](value))), options=_options(),
        standings=queries.standings([c for c in shown if c.state in ("draft", "in_check")]),
        receipts=queries.receipts_in([c.id for c in shown]), registers=_registers(me),
        acknowledges=acknowledges, warned=bool(reaches(me, Permission.CAUTION_READ)),
        waiting=queries.to_acknowledge_of([c.id for c in shown], me) if acknowledges and shown else frozenset())


def _registers(me: Identity) -> bool:
    return bool(reaches(me, Permission.CAMPAIGN_REGISTER))


def _options() -> dict[str, list[tuple[str, str]]]:
    """What each filter offers, in the reader's language."""
    units = directory.units()
    every = [(u.code, unit_short(u)) for u in units]
    return {
        "line": [(x.value, term("line", x)) for x in Line],
        "state": [(x.value, state_words("campaign", x)[0]) for x in CampaignState],
        "segment": [(x.value, term("segment", x)) for x in Segment], "business": [(x.value, term("business", x)) for x in Business],
        "launcher": every, "lands": [(u.code, unit_short(u)) for u in units if u.kind != UnitKind.HEADQUARTERS],
        "product_owner": [(u.code, unit_short(u)) for u in units if u.kind == UnitKind.SPECIALISED_COMPANY]}


_WORDS: Mapping[str, Callable[[str], Any]] = {
    "q": lambda v: f"“{v[:60]}”", "line": lambda v: term("line", v), "state": lambda v: state_words("campaign", v)[0],
    "launcher": lambda v: _("launched by %(unit)s", unit=unit_short(v)),
    "lands": lambda v: _("lands in %(unit)s", unit=unit_short(v)),
    "product_owner": lambda v: _("product of %(unit)s", unit=unit_short(v)), "segment": lambda v: term("segment", v),
    "business": lambda v: term("business", v), "receipts": lambda _v: _("to acknowledge")}
