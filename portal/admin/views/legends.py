"""Each unit's own colours and words for the lights; the common legend stays where there is none."""
from collections.abc import Sequence
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from werkzeug.datastructures import MultiDict

from portal import legends as rules
from portal.admin import forms, queries, service
from portal.admin.forms import LegendForm, OwnLegend, codes
from portal.admin.views.base import Filter, Records, words
from portal.audit.views import Step, history_of
from portal.web import lights
from portal.web.access import identity
from portal.web.names import term, unit_name
from portal.web.templating import done
from tenants.access import HEADQUARTERS
from tenants.messages import N_
from tenants.models import Unit
from tenants.vocabulary import Category, UnitKind

OWN, COMMON = N_("its own"), N_("the common one")


class Legends(Records):
    title = N_("Legends of the units")
    about = N_("What a unit calls its lights, and in which colours. The shapes and what they mean are the same for all.")
    searched = N_("Name or code")
    can_create, can_view_details = False, False
    edit_template = "administration/legend.html"
    changing = LegendForm
    filter_names = ("kind", "category", "legend")
    labels = {"unit": N_("Unit"), "kind": N_("Kind"), "category": N_("Category"), "legend": N_("Legend"), "signs": N_("Differs in")}
    cells = {"unit": unit_name, "kind": lambda u: term("unit_kind", u.kind), "category": lambda u: term("category", u.category),
             "legend": lambda u: OWN if lights.own(u) else COMMON, "signs": lambda u: _differs(u)}
    sorting = {"unit": (Unit.name_zh,), "kind": (queries.in_order(Unit.kind, list(UnitKind)),)}
    standard = (Unit.position, Unit.id)

    def found(self, words: str, chosen: queries.Chosen) -> Any:
        return queries.with_legends(words, chosen)

    def filters(self) -> Sequence[Filter]:
        kinds = codes("unit_kind", [k for k in UnitKind if k is not UnitKind.HEADQUARTERS])
        return (Filter("kind", N_("Kind"), kinds, N_("all kinds")),
                Filter("category", N_("Category"), codes("category", Category), N_("all categories")),
                Filter("legend", N_("Legend"), [("own", words(OWN)), ("common", words(COMMON))], N_("own and common")))

    def one(self, given: str) -> OwnLegend | None:
        key = forms.number(given)
        unit = queries.unit(key) if key is not None and key != HEADQUARTERS else None
        if unit is None:
            return None
        kept = queries.legend_row(unit.id)
        own = rules.read(kept.value) if kept else rules.NONE
        shown = {code: own.get(code) or lights.common_sign(code) for code in rules.CODES}
        return OwnLegend(unit, shown, kept.version if kept else 0, kept.id if kept else None)

    def called(self, row: OwnLegend) -> str:
        return unit_name(row.unit)

    def history(self, row: OwnLegend) -> list[Step] | None:
        return history_of("setting", row.setting) if row.setting else []

    def change(self, form: LegendForm, row: OwnLegend) -> None:
        """Saved as the common one is, it is the common one: the unit follows that when it changes."""
        typed = form.legend()
        same = all(typed[code] == lights.common_sign(code) for code in rules.CODES)
        service.set_legend(row.unit, rules.NONE if same else typed, version=form.seen(), actor=identity())

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> ResponseReturnValue:
        """Saved, shown as it would look, or given up for the common one."""
        row, does = self.asked(), request.form.get("do", "")
        if request.method == "GET":
            return self._page(LegendForm(None, obj=row), row)
        if does == "reset":
            return self._reset(row)
        form = LegendForm(request.form, obj=row)
        refused = self.tried(form, (lambda: service.check(form.legend())) if does == "preview" else lambda: self.change(form, row))
        if refused is None and does != "preview":
            done(N_("Saved. The unit's pages speak so from now on."))
            return redirect(self.get_url(".index_view"), 303)
        return self._page(form, self.asked(), refused), refused.status if refused else 200

    def _reset(self, row: OwnLegend) -> ResponseReturnValue:
        form = LegendForm(MultiDict({"version": request.form.get("version", "")}))
        refused = self.tried(form, lambda: service.set_legend(row.unit, rules.NONE, version=form.seen(), actor=identity()))
        if refused is not None:
            row = self.asked()
            shown = LegendForm(None, obj=row)
            shown.form_errors = form.form_errors
            return self._page(shown, row), refused.status
        done(N_("%(unit)s shows the common legend again.", unit=unit_name(row.unit)))
        return redirect(self.get_url(".index_view"), 303)

    def _page(self, form: LegendForm, row: OwnLegend, refused: Any = None) -> str:
        return str(self.render(self.edit_template, form=form, row=row, refused=refused, common=lights.common_sign,
                               own=bool(lights.own(row.unit)), tones=rules.TONES))


def _differs(unit: Unit) -> str:
    """The lights that a unit calls otherwise, or shows in another tone, as the common legend calls them."""
    own = lights.own(unit)
    return ", ".join(lights.common_words(code) for code, sign in own.items() if sign != lights.common_sign(code))
