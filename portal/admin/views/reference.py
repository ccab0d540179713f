"""Who answers for what, what codes are called, and when lights turn amber."""
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose

from portal.admin import forms, queries
from portal.admin.forms import THRESHOLDS, DutyForm, FocusForm, TermForm, ThresholdForm
from portal.admin.views.base import Filter, Records, words
from portal.assignments.rules import AMBER, OPEN, LightFacts, Thresholds, expected_percent, light
from portal.audit.views import history_of
from portal.units import service
from portal.web.access import identity
from portal.web.names import term
from portal.web.templating import done
from portal.workdays import workdays_left
from tenants import clock
from tenants.messages import N_, Message
from tenants.models import Focus, Responsibility, Term
from tenants.vocabulary import Category, Duty, Line, Process

VOCABULARIES: Mapping[str, Message] = {
    "unit_kind": N_("kinds of unit"), "category": N_("categories of companies"), "line": N_("lines"), "process": N_("processes"),
    "duty": N_("duties"), "role": N_("roles"), "milestone": N_("milestones"), "system": N_("systems"), "stage": N_("stages"),
    "campaign_state": N_("states of campaigns"), "launch_element": N_("launch elements"), "segment": N_("segments"),
    "business": N_("new or existing business"), "sync_event": N_("news of campaigns"), "verdict": N_("verdicts"),
    "severity": N_("severities"), "issue_stage": N_("stages of issues"), "issue_state": N_("states of issues"),
    "issue_part": N_("parts in an issue"), "part": N_("parts in a plan"), "light": N_("status lights")}


class Duties(Records):
    title = N_("Duties of the lines")
    about = N_("What each line does in each process.")
    kind = "responsibility"
    can_create, can_view_details = False, False
    changing = DutyForm
    labels = {"line": N_("Line"), "process": N_("Process"), "duty": N_("Duty"), "segments": N_("Segments")}
    cells = {"line": lambda r: term("line", r.line), "process": lambda r: term("process", r.process),
             "duty": lambda r: term("duty", r.duty), "segments": lambda r: r.segments}
    sorting = {"duty": (queries.in_order(Responsibility.duty, list(Duty)),),
               "process": (queries.in_order(Responsibility.process, list(Process)),)}
    standard = (queries.in_order(Responsibility.line, list(Line)), queries.in_order(Responsibility.process, list(Process)))

    def one(self, given: str) -> Responsibility | None:
        return forms.named(given, partial(queries.one, Responsibility))

    def found(self, words: str, chosen: queries.Chosen) -> Any:
        return queries.duties()

    def called(self, row: Responsibility) -> str:
        return f"{term('line', row.line)} · {term('process', row.process)}"

    def change(self, form: DutyForm, row: Responsibility) -> None:
        service.set_duty(row, form.duty.data, form.segments.data or "", version=form.seen(), actor=identity())


class Focuses(Records):
    title = N_("Focus of the companies")
    about = N_("The process that a category of companies builds first.")
    kind = "focus"
    can_create, can_view_details = False, False
    changing = FocusForm
    labels = {"category": N_("Category"), "process": N_("Focus process")}
    cells = {"category": lambda f: term("category", f.category), "process": lambda f: term("process", f.process)}
    standard = (queries.in_order(Focus.category, list(Category)),)

    def one(self, given: str) -> Focus | None:
        return forms.named(given, partial(queries.one, Focus))

    def found(self, words: str, chosen: queries.Chosen) -> Any:
        return queries.focuses()

    def called(self, row: Focus) -> str:
        return term("category", row.category)

    def change(self, form: FocusForm, row: Focus) -> None:
        service.set_focus(row, form.focus.data, version=form.seen(), actor=identity())


def vocabulary(code: str) -> str:
    return words(VOCABULARIES[code]) if code in VOCABULARIES else code


class Terms(Records):
    title = N_("Names of codes")
    about = N_("What pages call the lines, processes, roles and milestones. The codes themselves are fixed.")
    kind, searched = "term", N_("Name or code")
    can_create, can_view_details = False, False
    filter_names = ("vocabulary",)
    changing = TermForm
    labels = {"code": N_("Code"), "vocabulary": N_("Names of"), "name_zh": N_("Name in Chinese"), "name": N_("Name in English")}
    cells = {"code": lambda t: t.code, "vocabulary": lambda t: vocabulary(t.vocabulary), "name_zh": lambda t: t.name_zh,
             "name": lambda t: t.name}
    sorting = {"code": (Term.code,), "vocabulary": (Term.vocabulary,), "name_zh": (Term.name_zh,), "name": (Term.name,)}
    standard = (queries.in_order(Term.vocabulary, list(VOCABULARIES)), Term.position, Term.id)

    def one(self, given: str) -> Term | None:
        return forms.named(given, partial(queries.one, Term))

    def found(self, words: str, chosen: queries.Chosen) -> Any:
        return queries.terms(words, chosen)

    def filters(self) -> Sequence[Filter]:
        return (Filter("vocabulary", N_("Names of"), [(v, vocabulary(v)) for v in queries.vocabularies()], N_("everything")),)

    def called(self, row: Term) -> str:
        return f"{vocabulary(row.vocabulary)} · {row.code}"

    def change(self, form: TermForm, row: Term) -> None:
        service.change_term(row, form.name.data or "", form.name_zh.data or "", version=form.seen(), actor=identity())


class Settings(Records):
    """The one setting there is: when a light turns amber. Its list is its form."""
    title = N_("Lights")
    about = N_("When the light of an assignment turns amber.")
    can_create, can_edit, can_view_details = False, False, False
    changing = ThresholdForm

    def one(self, given: str) -> Any:
        return queries.thresholds()

    @expose("/", methods=("GET", "POST"))
    def index_view(self) -> ResponseReturnValue:
        row = self.get_one("")
        if request.method == "GET":
            return self._page(ThresholdForm(None, version=str(row.version), **row.value), row)
        form, status = ThresholdForm(request.form), 200
        preview = request.form.get("do") == "preview"
        refused = self.tried(form, form.thresholds if preview else lambda: self._save(form, row))
        if refused is not None:
            row, status = self.get_one(""), refused.status
        elif not preview:
            done(N_("Saved. Every light shows it from now on."))
            return redirect(self.get_url(".index_view"), 303)
        return self._page(form, row, refused), status

    def _save(self, form: ThresholdForm, row: Any) -> None:
        service.change_setting(row, asdict(form.thresholds()), version=form.seen(), actor=identity())

    def stored(self, form: Any) -> Mapping[str, str]:
        row = self.get_one("")
        form.version.data = str(row.version)
        return {name: str(row.value[name]) for name in THRESHOLDS if row.value[name] != form[name].data}

    def _page(self, form: ThresholdForm, row: Any, refused: Any = None) -> str:
        now = Thresholds(**row.value)
        typed = form.thresholds() if refused is None or refused.status == 412 else now
        return str(self.render("administration/lights.html", form=form, refused=refused, now=now, typed=typed,
                               examples=_examples(now, typed), example=_example(), history=history_of("setting", row.id)))


def _example() -> tuple[date, date]:
    """From when until when the assignment runs that shows what the numbers mean."""
    year = clock.today().year
    return date(year, 3, 1), date(year, 6, 30)


def _examples(now: Thresholds, typed: Thresholds) -> list[tuple[date, int, int, int, int]]:
    """On some days: working days left, percent expected, and below which percent the light is amber, now and as typed."""
    start, due = _example()
    days = [start + timedelta(days=n) for n in (3, 14, 30, 60, 90, 105, 110, 115, 119)]
    return [(d, workdays_left(d, due), expected_percent(start, due, d), _amber_below(now, d), _amber_below(typed, d)) for d in days]


def _amber_below(thresholds: Thresholds, day: date) -> int:
    """The lowest percent that is not amber, when it was reported on that day."""
    start, due = _example()
    return next(p for p in range(101) if light(LightFacts(OPEN, p, start, due, reported_on=day), day, thresholds).code != AMBER)

