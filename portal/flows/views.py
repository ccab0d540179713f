"""Who raises issues to whom, for headquarters: by one measure as a matrix and as charts; every figure opens exactly its rows."""
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from portal.flows import queries, rules
from portal.flows.rules import (
    COUNT,
    HANDOVERS,
    MEASURES,
    MEDIANS,
    OVERDUE,
    RESOLVE,
    RESPOND,
    Figures,
    Flow,
    Heading,
    Pair,
    Week,
)
from portal.issues import forms
from portal.issues.views import words
from portal.issues.views.listing import conditions
from portal.web.access import Route, identity
from portal.web.names import term, unit_code, unit_short
from portal.web.templating import number, state_words, translate
from tenants import clock
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line, Severity, Stage

ADDRESS = "/flows"
PAIRS = 15
FILTERS = ("line", "severity", "stage", "since", "until")
Opens = Callable[..., str]

SHOWN: Mapping[str, Message] = {
    COUNT: N_("Number"), RESPOND: N_("Median to accept"), RESOLVE: N_("Median to solve"), HANDOVERS: N_("Issues handed over"),
    OVERDUE: N_("Overdue")}
# Of some figures only a part of the issues is counted: the filter that opens just those.
_PART: Mapping[str, dict[str, str]] = {
    RESPOND: {"responded": "1"}, RESOLVE: {"resolved": "1"}, HANDOVERS: {"handed_over": "1"}, OVERDUE: {"overdue": "1"}}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: what it is of, its length (None: there is nothing), the length in words, its rows, what else to say."""
    label: str
    value: float | None = None
    shown: str = ""
    href: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Bars of one kind, one for each place on the axis."""
    name: str
    bars: Sequence[Bar]


def asked() -> dict[str, str]:
    """The filters of the address that flows know; a word that is none of its codes leaves that side open."""
    found = {k: v for k, v in forms.asked(request.args).items() if k in FILTERS}
    return {k: v for k, v in found.items() if k not in forms.CODES or v in forms.CODES[k]}


def flows() -> ResponseReturnValue:
    filters, now, today = asked(), clock.now(), clock.today()
    show = request.args.get("show", COUNT) if request.args.get("show") in MEASURES else COUNT
    where = _where(filters)
    every = queries.flows(where, now)
    matrix = rules.matrix(every, queries.places(), unfolded="provinces" in request.args)
    opens = _opens(filters)
    weeks = rules.weeks(every, forms.day(filters.get("since")), min(forms.day(filters.get("until")) or today, today))
    pairs = rules.pairs(every, show)
    return render_template(
        "flows/flows.html", all=rules.figures(every), matrix=matrix, show=show, filters=filters, opens=opens, as_of=now,
        cell=_cell(show, opens), measures=[(m, translate(SHOWN[m])) for m in MEASURES], medians=MEDIANS,
        columns=_columns(weeks, show, filters, opens), bars=_bars(pairs, show, opens), pairs=pairs, most_pairs=PAIRS,
        worst=queries.worst(where, now), duration=words.duration, per_issue=per_issue, chips=_chips(filters, show),
        options=_options(), address=ADDRESS, periods=_periods(filters, today),
        own_line=next((a.line for a in identity().appointments if a.line), None))


def _where(filters: Mapping[str, str]) -> list[ColumnElement[bool]]:
    return conditions(identity(), filters)


def every_flow(filters: Mapping[str, str]) -> Sequence[Flow]:
    """What the export counts: the same."""
    return queries.flows(_where(filters), clock.now())


def _opens(filters: Mapping[str, str]) -> Opens:
    """The address of the list of just those issues that a figure counts."""
    def address(*heads: tuple[str, Heading], **more: str) -> str:
        wanted = dict(filters)
        for side, head in heads:
            if head.kind:
                wanted |= head.asked(side)
        return f"/issues?{urlencode({**wanted, **more})}" if wanted or more else "/issues"
    return address


def per_issue(f: Figures) -> str:
    return number(round(f.per_issue, 2))


def _cell(show: str, opens: Opens) -> Callable[..., dict[str, str] | None]:
    """What stands in a cell: the figure, its whole meaning, its rows; None where there is nothing."""
    def cell(f: Figures, raiser: Heading, owner: Heading | None = None) -> dict[str, str] | None:
        heads = [("raiser", raiser), *([("owner", owner)] if owner else [])]
        found = rules.value(f, show)
        if found is None:
            return None
        shown = words.hours(found) if show in MEDIANS else number(found)
        return {"shown": shown, "href": opens(*heads, **_PART.get(show, {})), "told": told(f)}
    return cell


def told(f: Figures) -> str:
    """All figures of a cell in one line: for hovering, focus and the ear."""
    return str(_("%(n)s issues, %(late)s overdue; medians: accepted in %(respond)s, solved in %(resolve)s; "
                 "%(hops)s hand-overs per issue",
                 n=f.count, late=f.overdue, respond=words.duration(f.respond), resolve=words.duration(f.resolve),
                 hops=per_issue(f)))


def _said(value: float, show: str) -> str:
    return words.duration(value) if show in MEDIANS else number(value)


def _bars(pairs: Sequence[Pair], show: str, opens: Opens) -> list[Bar]:
    """The pairs of whom the measure is most, each with the address of its rows."""
    found = [(p, rules.value(p.figures, show)) for p in pairs[:PAIRS]]
    return [Bar(f"{unit_short(p.raiser)} → {unit_short(p.owner)}", value, _said(value, show),
                opens(raiser=unit_code(p.raiser), owner=unit_code(p.owner), **_PART.get(show, {})), told(p.figures))
            for p, value in found if value is not None]


def _columns(weeks: Sequence[Week], show: str, filters: Mapping[str, str], opens: Opens) -> list[Series]:
    """The measure week by week, over what was raised in each; of numbers also what was closed. Nothing where no week has any."""
    def raised(w: Week) -> str:                        # a week at the edge of what was asked for is not counted whole
        since, until = w.start.isoformat(), w.end.isoformat()
        return opens(**{"since": max(since, filters.get("since", since)), "until": min(until, filters.get("until", until)),
                        **_PART.get(show, {})})

    def closed(w: Week) -> str:
        return opens(closed_since=w.start.isoformat(), closed_until=w.end.isoformat())
    series = [(str(_("raised")) if show == COUNT else translate(SHOWN[show]), raised, [rules.value(w.raised, show) for w in weeks])]
    if show == COUNT:
        series.append((str(_("solved and closed")), closed, [w.closed or None for w in weeks]))
    if all(value is None for _name, _href, values in series for value in values):
        return []
    days = [w.start.isoformat() for w in weeks]
    return [Series(name, [Bar(day, value, _said(value, show), href(w)) if value is not None else Bar(day)
                          for day, w, value in zip(days, weeks, values, strict=True)]) for name, href, values in series]


def _address(filters: Mapping[str, str], show: str = COUNT) -> str:
    wanted = {**filters, **({"show": show} if show != COUNT else {})}
    return f"{ADDRESS}?{urlencode(wanted)}" if wanted else ADDRESS


def _periods(filters: Mapping[str, str], today: date) -> list[tuple[str, str, bool]]:
    """Often asked for periods: words, address, whether it is the one shown."""
    rest = {k: v for k, v in filters.items() if k not in ("since", "until")}
    chosen = {k: v for k, v in filters.items() if k in ("since", "until")}
    found = [(_("All"), {}), (_("This year"), {"since": date(today.year, 1, 1).isoformat()}),
             (_("90 days"), {"since": (today - timedelta(days=90)).isoformat()}),
             (_("30 days"), {"since": (today - timedelta(days=30)).isoformat()})]
    return [(str(label), _address({**rest, **period}), chosen == period) for label, period in found]


def _options() -> dict[str, list[tuple[str, str]]]:
    return {"line": [(x.value, term("line", x)) for x in Line],
            "severity": [(x.value, state_words("severity", x)[0]) for x in Severity],
            "stage": [(x.value, state_words("stage", x)[0]) for x in Stage]}


def _chips(filters: Mapping[str, str], show: str) -> list[tuple[str, str]]:
    def said(name: str, value: str) -> str:
        if name in ("since", "until"):
            return str(_("raised from %(day)s on", day=value) if name == "since" else _("raised up to %(day)s", day=value))
        return term("line", value) if name == "line" else state_words(name, value)[0]
    return [(said(k, v), _address({n: w for n, w in filters.items() if n != k}, show)) for k, v in filters.items()]


NAME, PREFIX = "flows", ADDRESS
ROUTES: tuple[Route, ...] = (("GET", "", flows, Permission.FLOWS_READ),)
