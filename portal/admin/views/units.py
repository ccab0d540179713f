"""Units: create, change, close, merge; their parts."""
from collections.abc import Sequence
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_admin import expose

from portal.admin import forms, queries
from portal.admin.forms import CloseForm, UnitForm, codes
from portal.admin.views.base import Filter, Records, words
from portal.units import rules, service
from portal.web.access import identity
from portal.web.names import term, unit_name
from tenants import clock
from tenants.access import HEADQUARTERS
from tenants.messages import N_
from tenants.models import Unit
from tenants.vocabulary import Category, UnitKind

OPEN, CLOSED = N_("exists"), N_("closed down")


class Units(Records):
    title, new = N_("Units"), N_("New unit")
    about = N_("Headquarters, provinces, companies and their parts.")
    kind, searched = "unit", N_("Name or code")
    filter_names = ("kind", "category", "state", "contact")
    creating = changing = UnitForm
    details_template = "administration/unit.html"
    labels = {"unit": N_("Unit"), "code": N_("Code"), "kind": N_("Kind"), "category": N_("Category"), "parent": N_("Part of"),
              "position": N_("Position"), "state": N_("State"), "name_zh": N_("Name in Chinese"),
              "short_zh": N_("Short name in Chinese"), "name": N_("Name in English")}
    cells = {
        "unit": unit_name, "code": lambda u: u.code, "kind": lambda u: term("unit_kind", u.kind),
        "category": lambda u: term("category", u.category), "parent": lambda u: unit_name(u.parent),
        "position": lambda u: u.position, "name_zh": lambda u: u.name_zh, "short_zh": lambda u: u.short_zh,
        "name": lambda u: u.name,
        "state": lambda u: CLOSED if rules.closed(u.closed_on, clock.today()) else OPEN}
    column_list = ("unit", "code", "kind", "category", "parent", "position", "state")
    column_details_list = ("code", "name_zh", "short_zh", "name", "kind", "category", "parent", "position", "state")
    sorting = {"unit": (Unit.name_zh,), "code": (Unit.code,), "kind": (queries.in_order(Unit.kind, list(UnitKind)),),
               "position": (Unit.position,)}
    standard = (Unit.position, Unit.id)

    def found(self, words: str, chosen: queries.Chosen) -> Any:
        return queries.units(words, chosen)

    def one(self, given: str) -> Unit | None:
        key = forms.number(given)
        return queries.unit(key) if key is not None else None

    def filters(self) -> Sequence[Filter]:
        return (Filter("kind", N_("Kind"), codes("unit_kind", UnitKind), N_("all kinds")),
                Filter("category", N_("Category"), codes("category", Category), N_("all categories")),
                Filter("state", N_("State"), [("open", words(OPEN)), ("closed", words(CLOSED))], N_("existing and closed down")),
                Filter("contact", N_("Contact"), [("none", words(N_("without a contact")))], N_("with or without")))

    def called(self, row: Unit) -> str:
        return unit_name(row)

    def trail_key(self, row: Unit) -> Any:
        return service.unit_key(row)

    def started(self) -> UnitForm:
        """As a part of the unit that the address names, where it does."""
        return UnitForm(None, parent_id=request.args.get("parent", ""))

    def create(self, form: UnitForm) -> Unit:
        return service.create_unit(form.facts(), actor=identity())

    def change(self, form: UnitForm, row: Unit) -> None:
        service.change_unit(row, form.facts(), version=form.seen(), actor=identity())

    def more(self, row: Unit) -> dict[str, Any]:
        into = queries.unit(row.merged_into_id) if row.merged_into_id is not None else None
        may_close = row.closed_on is None and row.id != HEADQUARTERS
        return {"parts": queries.parts(row.id), "into": into, "close": CloseForm(None, obj=row) if may_close else None}

    @expose("/close/", methods=("POST",))
    def close_view(self) -> ResponseReturnValue:
        """Closed, or merged where the form names another unit."""
        row = self.asked()
        form = CloseForm(request.form, obj=row)
        return self.act(form, lambda: self._close(form, row), N_("The unit will be closed on that day."), "close")

    def _close(self, form: CloseForm, row: Unit) -> None:
        if not form.into.data:
            return service.close_unit(row, form.closed_on.data, version=form.seen(), actor=identity())
        into = forms.of_the_list("into", self.one(form.into.data))
        return service.merge_unit(row, into, form.closed_on.data, version=form.seen(), actor=identity())
