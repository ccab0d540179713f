"""Pages of the programme: the years, one year's plan, and the office's forms to draft, preview, issue and add to it."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.assignments import queries as assignments
from portal.assignments.models import Assignment
from portal.assignments.rules import Light
from portal.audit.views import history_of
from portal.programmes import forms, queries, service
from portal.programmes.forms import Sheet
from portal.programmes.models import Milestone, Programme, Template
from portal.programmes.rules import DRAFT, FIRST_YEAR, ISSUED, LAST_YEAR, Selector, TemplateKind
from portal.web import templating, untrusted
from portal.web.access import Route, identity
from portal.web.locale import language
from portal.web.names import term, unit_short
from portal.web.once import once
from tenants import clock, directory
from tenants.access import HEADQUARTERS, permits, reaches
from tenants.errors import Invalid, NotVisible, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line, Process

_SAVED = N_("Saved.")


def _one(key: str) -> Programme:
    return queries.one(identity(), untrusted.key_of(key))


def _at(programme: Programme, place: str = "") -> ResponseReturnValue:
    return redirect(url_for("programmes.show", key=str(programme.id)) + place, 303)


def index() -> ResponseReturnValue:
    return _index(Sheet({}))


def _index(sheet: Sheet) -> str:
    every = queries.listed(identity())
    following = max([p.year for p in every] or [clock.today().year - 1]) + 1
    return render_template("programmes/index.html", programmes=every, sheet=sheet, following=min(following, LAST_YEAR),
                           drafts=permits(identity(), Permission.PROGRAMME_EDIT), years=(FIRST_YEAR, LAST_YEAR))


def draft() -> ResponseReturnValue:
    """A draft for a year, as the plan has it."""
    sheet = forms.typed(request.form)
    try:
        year = int(sheet.value("year")) if sheet.value("year").isascii() else -1
    except ValueError:
        year = -1
    try:
        made = service.draft(queries.plan(), year, identity())
    except Invalid as refused:
        sheet.errors = {k: list(v) for k, v in refused.errors.items()}
        return _index(sheet), 422
    except RuleViolated as refused:
        sheet.fault("year", refused.message)
        return _index(sheet), 409
    templating.done(N_("Drafted as the plan has it. Only the office sees it until it is issued."))
    return _at(made)


@dataclass(frozen=True, slots=True)
class Asked:
    """A template on the page. `units` it reaches, `href` opens the assignments that it became, `mine` is the reader's own."""
    template: Template
    to: Sequence[str]
    units: int
    href: str | None
    ours: bool
    mine: Assignment | None
    light: Light | None


def show(key: str) -> ResponseReturnValue:
    """What is asked of whom by when; a unit finds its own marked."""
    programme, me = _one(key), identity()
    office = bool(permits(me, Permission.PROGRAMME_EDIT))
    rows = _rows(programme)
    ours = sum(1 for r in rows if r.ours)
    if only := "ours" in request.args and ours > 0:
        rows = [r for r in rows if r.ours]
    return render_template(
        "programmes/show.html", programme=programme, groups=_grouped(programme, rows), count=len(programme.templates),
        ours=ours, only=only, office=office, draft=programme.state == DRAFT, issued=programme.state == ISSUED,
        kinds=TemplateKind, history=history_of("programme", programme.id) if _oversees() else [])


def _oversees() -> bool:
    return any(r.unit is None for r in reaches(identity(), Permission.BOARD_READ))


def _rows(programme: Programme) -> list[Asked]:
    me, oversees, issued = identity(), _oversees(), programme.state != DRAFT
    own = {r.unit for r in reaches(me, Permission.BOARD_READ) if r.unit is not None}
    reached: dict[UUID, list[int]] = {}
    for unit, template in service.targets(programme):
        reached.setdefault(template.id, []).append(unit.id)
    made = queries.made(programme.id) if issued and oversees else {}
    mine = queries.mine(me, programme.id) if issued and not oversees else {}
    lights = assignments.lights(list(mine.values()), clock.today()) if mine else {}

    def row(t: Template) -> Asked:
        units, task = reached.get(t.id, []), mine.get(t.code)
        counted = made.get(t.code) if oversees else None
        return Asked(t, [target_words(service.selector_of(s)) for s in t.targets], len(units) if counted is None else counted,
                     f"/board/rows?year={programme.year}&code={t.code}" if counted else None, not own.isdisjoint(units),
                     task, lights.get(task.id) if task else None)
    return [row(t) for t in programme.templates]


def _grouped(programme: Programme, rows: Iterable[Asked]) -> list[tuple[Milestone, list[Asked]]]:
    """By milestone, then line, then the plan's order."""
    lines = list(Line)
    of: dict[str, list[Asked]] = {m.code: [] for m in programme.milestones}
    for r in sorted(rows, key=lambda r: (lines.index(Line(r.template.line)), r.template.position)):
        of[r.template.milestone].append(r)
    return [(m, of[m.code]) for m in programme.milestones]


def target_words(selector: Selector) -> str:
    """Whom a selector reaches, in words."""
    if selector.unit:
        return unit_short(selector.unit)
    parts = [term("unit_kind", selector.kind), term("category", selector.category)]
    if selector.focus:
        parts.append(_("companies with the focus %(process)s", process=term("process", selector.focus)))
    return " · ".join(p for p in parts if p)


# --- the office's forms -----------------------------------------------------------------------------------------------


def words(key: str) -> ResponseReturnValue:
    programme = _one(key)
    service.allow(programme, "edit", actor=identity())
    return _form("programmes/words.html", programme, forms.words_of(programme))


def change_words(key: str) -> ResponseReturnValue:
    programme, sheet = _one(key), forms.typed(request.form)

    def save() -> None:
        typed = {name: sheet.value(name) for name in forms.WORDS}
        service.change_programme(programme, **typed, actor=identity(), version=_version())
    return _saved(save, "programmes/words.html", programme, sheet, forms.words_of(programme)) or _at(programme)


def days(key: str) -> ResponseReturnValue:
    programme = _one(key)
    service.allow(programme, "edit", actor=identity())
    return _form("programmes/days.html", programme, forms.days_of(programme))


def change_days(key: str) -> ResponseReturnValue:
    programme, sheet = _one(key), forms.typed(request.form)
    service.allow(programme, "edit", actor=identity())
    dues: dict[str, date] = forms.dues(sheet, [m.code for m in programme.milestones])

    def save() -> None:
        if sheet.errors:
            raise Invalid(sheet.errors)
        service.change_milestones(programme, dues, actor=identity(), version=_version())
    return _saved(save, "programmes/days.html", programme, sheet, forms.days_of(programme)) or _at(programme, "#milestones")


def new_template(key: str) -> ResponseReturnValue:
    programme = _one(key)
    service.allow(programme, "edit", actor=identity())
    return _template_form(programme, forms.blank(), None)


def add_template(key: str) -> ResponseReturnValue:
    programme, sheet = _one(key), forms.typed(request.form)
    service.allow(programme, "edit", actor=identity())
    content = forms.content_of(sheet, programme)

    def save() -> None:
        _refuse(sheet, programme, content)
        service.add_template(programme, content, actor=identity(), version=_version())
    return _saved(save, "programmes/template.html", programme, sheet, forms.blank(), **_template_choices(programme, sheet)) \
        or _at(programme, f"#{content.milestone}")


def template(key: str, part: str) -> ResponseReturnValue:
    programme = _one(key)
    found = _part(programme, part)
    service.allow(programme, "edit", actor=identity())
    return _template_form(programme, forms.sheet_of(found), found)


def change_template(key: str, part: str) -> ResponseReturnValue:
    programme, sheet = _one(key), forms.typed(request.form)
    found = _part(programme, part)
    service.allow(programme, "edit", actor=identity())
    content = forms.content_of(sheet, programme)

    def save() -> None:
        _refuse(sheet, programme, content, found)
        service.change_template(programme, found, content, actor=identity(), version=_version())
    return _saved(save, "programmes/template.html", programme, sheet, forms.sheet_of(found), found=found, kinds=TemplateKind,
                  **_template_choices(programme, sheet)) or _at(programme, f"#t-{found.id}")


def remove_template(key: str, part: str) -> ResponseReturnValue:
    programme = _one(key)
    found = _part(programme, part)
    code = found.code
    service.remove_template(programme, found, actor=identity())
    templating.done(N_("Removed: %(code)s.", code=code))
    return _at(programme)


def preview(key: str) -> ResponseReturnValue:
    """What issuing would make, and the button that does it: it cannot be undone."""
    programme = _one(key)
    service.allow(programme, "issue", actor=identity())
    return _preview(programme)


def _preview(programme: Programme, message: Message | None = None) -> str:
    return render_template("programmes/preview.html", programme=programme, found=service.preview(programme), today=clock.today(),
                           system=[t for t in programme.templates if t.kind == TemplateKind.SYSTEM], message=message)


def issue(key: str) -> ResponseReturnValue:
    """What was previewed, and nothing else: a draft that was changed meanwhile is shown again first."""
    programme = _one(key)
    try:
        made = service.issue(programme, actor=identity(), version=_version())
    except Stale as refused:
        return _preview(programme, refused.message), 412
    templating.done(N_("Issued: %(n)s assignments are made, and the units' contacts are told.", n=made))
    return _at(programme)


def end(key: str) -> ResponseReturnValue:
    programme = _one(key)
    service.end(programme, actor=identity())
    templating.done(N_("Ended. Everything stays readable."))
    return _at(programme)


def new_assignment(key: str) -> ResponseReturnValue:
    programme = _one(key)
    service.allow(programme, "add", actor=identity())
    return _form("programmes/add.html", programme, forms.blank(), **_template_choices(programme, forms.blank()))


def add_assignment(key: str) -> ResponseReturnValue:
    """One more task in mid-year, for every unit it selects."""
    programme, sheet = _one(key), forms.typed(request.form)
    service.allow(programme, "add", actor=identity())
    content = forms.content_of(sheet, programme)
    made = 0

    def save() -> None:
        nonlocal made
        _refuse(sheet, programme, content)
        made = service.add_assignments(programme, content, actor=identity())
        templating.done(ngettext("One assignment is made, and the unit's contact is told.",
                                 "%(num)d assignments are made, and the units' contacts are told.", made))
    return _saved(save, "programmes/add.html", programme, sheet, forms.blank(), said=None, **_template_choices(programme, sheet)) \
        or _at(programme, f"#{content.milestone}")


def _part(programme: Programme, part: str) -> Template:
    """Raises NotVisible for no template of this programme."""
    key = untrusted.key_of(part)
    found = next((t for t in programme.templates if t.id == key), None)
    if found is None:
        raise NotVisible
    return found


def _version() -> int | None:
    return request.form.get("version", type=int)


def _refuse(sheet: Sheet, programme: Programme, content: service.TemplateContent, except_for: Template | None = None) -> None:
    """What cannot be read is told together with everything else that is wrong."""
    if sheet.errors:
        raise Invalid({**service.judge(programme, content, except_for), **sheet.errors})


def _form(name: str, programme: Programme, sheet: Sheet, *, theirs: Mapping[str, list[str]] | None = None,
          message: Message | None = None, **more: Any) -> str:
    return render_template(name, programme=programme, sheet=sheet, theirs=theirs or {}, message=message, **more)


def _saved(save: Callable[[], None], name: str, programme: Programme, sheet: Sheet, stored: Sheet, *,
           said: Message | None = _SAVED, **more: Any) -> ResponseReturnValue | None:
    """Nothing once saved; else the form again with all that was typed, each fault at its place, or what somebody else
    has stored meanwhile."""
    try:
        save()
    except Invalid as refused:
        sheet.errors = {k: list(v) for k, v in refused.errors.items()}
        return _form(name, programme, sheet, **more), 422
    except Stale as refused:
        return _form(name, programme, sheet, theirs=sheet.differing(stored), message=refused.message, **more), 412
    if said:
        templating.done(said)
    return None


def _template_form(programme: Programme, sheet: Sheet, found: Template | None) -> str:
    return _form("programmes/template.html", programme, sheet, found=found, kinds=TemplateKind,
                 **_template_choices(programme, sheet))


def _template_choices(programme: Programme, sheet: Sheet) -> dict[str, Any]:
    """What may be chosen; a combination that only the plan's data has stays choosable where it stands."""
    single = [(f"unit:{u.code}", unit_short(u)) for u in directory.going_on() if u.id != HEADQUARTERS]
    known = {*forms.CHOICES, *(value for value, _words in single)}
    choices = [*forms.CHOICES, *(v for v in sheet.chosen("targets") if v and v not in known and _readable(v))]
    return {"to_all": [(v, target_words(forms.read(v))) for v in choices], "to_units": single,
            "lines": [(x.value, term("line", x)) for x in Line], "processes": [(x.value, term("process", x)) for x in Process],
            "phases": [(m.code, m.title_zh if language() == "zh" else m.title) for m in programme.milestones]}


def _readable(value: str) -> bool:
    try:
        forms.read(value)
    except (ValueError, KeyError):
        return False
    return True


NAME, PREFIX = "programmes", "/programmes"
ROUTES: tuple[Route, ...] = (
    ("GET", "", index, Permission.PROGRAMME_READ),
    ("POST", "", once(draft), Permission.PROGRAMME_EDIT),
    ("GET", "/<key>", show, Permission.PROGRAMME_READ),
    ("GET", "/<key>/words", words, Permission.PROGRAMME_EDIT),
    ("POST", "/<key>/words", change_words, Permission.PROGRAMME_EDIT),
    ("GET", "/<key>/days", days, Permission.PROGRAMME_EDIT),
    ("POST", "/<key>/days", change_days, Permission.PROGRAMME_EDIT),
    ("GET", "/<key>/templates/new", new_template, Permission.PROGRAMME_EDIT),
    ("POST", "/<key>/templates/new", once(add_template), Permission.PROGRAMME_EDIT),
    ("GET", "/<key>/templates/<part>", template, Permission.PROGRAMME_EDIT),
    ("POST", "/<key>/templates/<part>", change_template, Permission.PROGRAMME_EDIT),
    ("POST", "/<key>/templates/<part>/remove", remove_template, Permission.PROGRAMME_EDIT),
    ("GET", "/<key>/preview", preview, Permission.PROGRAMME_EDIT),
    ("POST", "/<key>/issue", issue, Permission.PROGRAMME_EDIT),
    ("POST", "/<key>/end", end, Permission.PROGRAMME_EDIT),
    ("GET", "/<key>/add", new_assignment, Permission.ASSIGNMENT_ADD),
    ("POST", "/<key>/add", once(add_assignment), Permission.ASSIGNMENT_ADD),
)
