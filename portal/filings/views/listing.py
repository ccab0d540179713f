"""All plans, and the way to begin one's own."""
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.filings import queries, service
from portal.filings.models import Filing
from portal.programmes import queries as programmes
from portal.programmes.models import Programme
from portal.web import templating, untrusted
from portal.web.access import identity
from portal.web.names import term, unit_name
from tenants import clock
from tenants.access import Identity, Subject, need, permits
from tenants.errors import RuleViolated
from tenants.permissions import Permission
from tenants.vocabulary import Line


def index() -> ResponseReturnValue:
    """Every unit that owes a plan, and where it stands with it."""
    me = identity()
    programme, every = chosen_programme()
    if programme is None:
        return render_template("filings/none.html")
    rows, wanted = queries.overview(me, programme.id), asked_filters()
    shown = [r for r in rows if r.matches(**wanted)]
    mine = [r for r in rows if permits(me, Permission.FILING_DRAFT, Subject(r.unit.id))]
    return render_template("filings/index.html", programme=programme, programmes=every, rows=shown, all_rows=rows, mine=mine,
                           wanted=wanted, set_filters=_chips(wanted), lines=list(Line), as_of=clock.now())


def chosen_programme() -> tuple[Programme | None, Sequence[Programme]]:
    """The one of the year asked for, else the current one; and all that one may choose from."""
    return programmes.chosen(identity(), request.args.get("year", type=int))


def asked_filters() -> dict[str, str]:
    return {k: request.args.get(k, "") for k in ("state", "kind", "category", "waits_for", "late", "unit", "lately")}


def _chips(wanted: Mapping[str, str]) -> list[tuple[str, str]]:
    """The filters that are set, in words, each with the address without it."""
    words: dict[str, Callable[[str], str]] = {
        "state": lambda v: templating.state_words("filing", v)[0], "kind": lambda v: term("unit_kind", v),
        "category": lambda v: term("category", v),
        "waits_for": lambda v: str(_("waits for the unit") if v == queries.UNIT else _("waits for %(line)s", line=term("line", v))),
        "late": lambda _value: str(_("late")), "lately": lambda _value: str(_("approved in the last 7 days")), "unit": unit_name}
    return [(words[name](value), templating.without(name)) for name, value in wanted.items() if value]


def begin() -> ResponseReturnValue:
    """Open the unit's draft and go there; one that exists already is simply gone to."""
    me = identity()
    programme = programmes.one(me, untrusted.key_of(request.form.get("programme", "")))
    unit = me.appointments[0].unit if me.appointments else 0
    need(me, Permission.FILING_DRAFT, Subject(unit))
    filing = queries.latest(programme.id, unit) or _opened(programme.id, unit, me)
    return redirect(url_for("filings.show", key=str(filing.id)), 303)


def _opened(programme: UUID, unit: int, me: Identity) -> Filing:
    """A new draft, or the one that a colleague opened at the same moment."""
    try:
        return service.open_draft(programme, unit, actor=me)
    except RuleViolated:
        if (found := queries.latest(programme, unit)) is None:
            raise
        return found
