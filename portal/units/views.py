"""The directory: all units and whom to turn to, one unit, and who answers for what."""
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.texts import clean
from portal.units import queries, registry, rules, service
from portal.web import templating
from portal.web.access import Route, identity, may
from portal.web.lights import speak_for
from portal.web.names import term
from portal.web.once import once
from tenants import clock
from tenants.access import Subject
from tenants.errors import Invalid
from tenants.messages import N_
from tenants.models import Unit
from tenants.permissions import Permission
from tenants.vocabulary import Category, Duty, Line, Process, UnitKind

C = TypeVar("C", UnitKind, Category, Line, Process)


def _chosen(codes: type[C], name: str) -> C | None:
    """A filter of the address; one that nobody knows is no filter."""
    value = request.args.get(name)
    return codes(value) if value in set(codes) else None


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of the address."""
    kind: UnitKind | None
    category: Category | None
    line: Line | None
    words: str


def asked() -> Asked:
    return Asked(_chosen(UnitKind, "kind"), _chosen(Category, "category"), _chosen(Line, "line"),
                 clean(request.args.get("q"))[:100])


def index() -> ResponseReturnValue:
    """Every unit with its head, contact and counterparts, to find whom to call."""
    filters = asked()
    kind, category, line, words = filters.kind, filters.category, filters.line, filters.words
    groups = queries.directory(kind, category, words)
    chips = [(term(vocabulary, code), templating.without(name)) for name, vocabulary, code in (
        ("kind", "unit_kind", kind), ("category", "category", category), ("line", "line", line)) if code]
    if words:
        chips.append((f"“{words}”", templating.without("q")))
    return render_template("units/index.html", groups=groups, count=sum(map(len, groups.values())), chips=chips,
                           shown_lines=[line] if line else list(Line), kind=kind, category=category, line=line, words=words,
                           kinds=UnitKind, categories=Category, lines=Line, as_of=clock.now())


def show(code: str) -> ResponseReturnValue:
    return _page(queries.by_code(code), {}, {})


def add_colleague(code: str) -> ResponseReturnValue:
    """A unit's contact adds somebody of the unit, to name as owner or counterpart."""
    unit = queries.by_code(code)
    typed = {name: request.form.get(name, "") for name in ("name", "email", "phone")}
    try:
        person = service.add_person(unit, **typed, actor=identity())
    except Invalid as refusal:
        return _page(unit, typed, {k: [templating.translate(m) for m in v] for k, v in refusal.errors.items()}), 422
    templating.done(N_("%(name)s is in the directory.", name=person.name))
    return redirect(url_for("units.show", code=unit.code, _anchor="people"), 303)


def _page(unit: Unit, typed: dict[str, str], faults: dict[str, list[str]]) -> str:
    speak_for(unit)
    people = queries.by_function(unit)
    subject = Subject(unit.id)
    return render_template(
        "units/show.html", unit=unit, entry=queries.entry(unit, people), people=people, parts=queries.parts(unit),
        focus=queries.focus_of(unit), closed=rules.closed(unit.closed_on, clock.today()), lines=Line, typed=typed, faults=faults,
        may_add=may(Permission.PERSON_ADD, subject), links=_links(unit), names={
            "name": _("Name"), "email": _("Mail"), "phone": _("Phone")})


def _links(unit: Unit) -> list[tuple[str, str, str]]:
    """(words, address, icon) of what the unit's page leads to, as far as the lists may be opened."""
    every = ((Permission.FILING_LIST, _("Implementation plan"), "filings", "clipboard-text"),
             (Permission.ASSIGNMENT_LIST, _("Assignments"), "assignments", "checklist"),
             (Permission.BOARD_READ, _("Board row"), "board", "table"))
    return [(words, f"/{page}?unit={unit.code}", icon) for permission, words, page, icon in every if may(permission)]


def responsibilities() -> ResponseReturnValue:
    """The matrix of lines and processes, and the focus of each category of companies."""
    rows: dict[str, Any] = {"duties": queries.responsibilities(), "focuses": queries.focuses()}
    work = registry.work(identity()) if may(Permission.ASSIGNMENT_LIST) else ()
    opens = {(line, process): rules.leads_to(line, process, work) for line in Line for process in Process}
    return render_template("units/responsibilities.html", lines=Line, processes=Process, duties_known=Duty, **rows,
                           opens=opens, busy={line for line, _ in work},
                           companies=queries.companies(), as_of=clock.now())


NAME, PREFIX = "units", ""
ROUTES: tuple[Route, ...] = (
    ("GET", "/units", index, Permission.DIRECTORY_READ),
    ("GET", "/units/<code>", show, Permission.DIRECTORY_READ),
    ("POST", "/units/<code>/people", once(add_colleague), Permission.PERSON_ADD),
    ("GET", "/responsibilities", responsibilities, Permission.DIRECTORY_READ),
)
