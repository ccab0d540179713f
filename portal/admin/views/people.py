"""People, the functions they hold, and who acts for them."""
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import ColumnElement

from portal.accounts import queries as accounts
from portal.accounts import service
from portal.admin import forms, queries
from portal.admin.forms import AppointForm, EndForm, PeriodForm, PersonChange, PersonForm, codes
from portal.admin.views.base import Filter, Records, words
from portal.web import untrusted
from portal.web.access import identity
from portal.web.names import term, unit_name, unit_short
from portal.web.templating import done
from portal.web.times import day
from tenants import clock
from tenants.errors import Invalid
from tenants.messages import N_, Message
from tenants.models import Appointment, Delegation, Person, Unit
from tenants.vocabulary import Line, Role

HERE, LEFT = N_("works here"), N_("has left")
NOW, LATER, ENDED = N_("in force"), N_("later"), N_("ended")


def _in_force(a: Appointment) -> bool:
    return a.valid_from <= clock.today() <= (a.valid_until or clock.today())


def function(a: Appointment) -> str:
    """Role, unit and line in words."""
    return " · ".join(filter(None, (term("role", a.role), unit_short(a.unit), term("line", a.line))))


def _functions(p: Person) -> str:
    return "; ".join(function(a) for a in p.appointments if _in_force(a))


def _period(row: Appointment | Delegation) -> Message:
    if row.valid_until is not None and row.valid_until < clock.today():
        return ENDED
    return LATER if row.valid_from > clock.today() else NOW


def _when() -> Filter:
    return Filter("when", N_("When"), [("now", words(NOW)), ("later", words(LATER)), ("ended", words(ENDED))], N_("any time"))


def _units() -> list[tuple[str, str]]:
    return [(u.code, unit_name(u)) for u in queries.open_units()]


class People(Records):
    title, new = N_("People"), N_("New person")
    about = N_("Work contacts; what a person may do comes from appointments.")
    kind, searched = "person", N_("Name, mail or telephone")
    filter_names = ("unit", "state", "functions")
    creating, changing = PersonForm, PersonChange
    details_template = "administration/person.html"
    labels = {"name": N_("Name"), "email": N_("Mail address"), "phone": N_("Telephone"), "language": N_("Language"),
              "functions": N_("Functions"), "state": N_("State"), "left_on": N_("Left on")}
    cells = {"name": lambda p: p.name, "email": lambda p: p.email, "phone": lambda p: p.phone, "functions": _functions,
             "state": lambda p: LEFT if p.left_on and p.left_on <= clock.today() else HERE,
             "language": lambda p: {"zh": "中文", "en": "English"}.get(p.language, p.language),
             "left_on": lambda p: day(p.left_on) if p.left_on else ""}
    column_list = ("name", "email", "phone", "functions", "state")
    column_details_list = ("email", "phone", "language", "state", "left_on")
    sorting = {"name": (Person.name,), "email": (Person.email,)}
    standard = (Person.name, Person.email, Person.id)

    def one(self, given: str) -> Person | None:
        return forms.named(given, queries.person)

    def found(self, words: str, chosen: queries.Chosen) -> Any:
        return queries.people(words, chosen)

    def filters(self) -> Sequence[Filter]:
        return (Filter("unit", N_("Unit"), _units(), N_("all units")),
                Filter("state", N_("State"), [("here", words(HERE)), ("left", words(LEFT))], N_("all")),
                Filter("functions", N_("Functions"), [("none", words(N_("without a function")))], N_("with or without")))

    def called(self, row: Person) -> str:
        return row.name

    def create(self, form: PersonForm) -> Person:
        return service.create_person(form.email.data or "", form.name.data or "", form.phone.data or "", form.language.data,
                                     actor=identity())

    def change(self, form: PersonChange, row: Person) -> None:
        service.change_person(row, form.email.data or "", form.name.data or "", form.phone.data or "", form.language.data,
                              form.left_on.data, version=form.seen(), actor=identity())

    def more(self, row: Person) -> dict[str, Any]:
        held = sorted(row.appointments, key=lambda a: (not _in_force(a), a.valid_from, a.id))
        return {"held": [(a, function(a), _period(a)) for a in held], "has_access": accounts.has_access(row.id),
                "left": self.cells["state"](row) is LEFT, "password": None}

    @expose("/access/", methods=("POST",))
    def access_view(self) -> ResponseReturnValue:
        """A password for once, told on this page and nowhere else."""
        row = self.asked()
        password = service.give_access(row, actor=identity())
        return self.page_of(row, password=password)


class Appointments(Records):
    title, new = N_("Appointments"), N_("Appoint somebody")
    about = N_("Who holds which role where, from when until when.")
    kind, searched = "appointment", N_("Name or mail")
    filter_names = ("unit", "role", "line", "when")
    creating, changing = AppointForm, PeriodForm
    details_template = "administration/appointment.html"
    labels = {"person": N_("Person"), "email": N_("Mail address"), "role": N_("Role"), "unit": N_("Unit"), "line": N_("Line"),
              "deputy": N_("As deputy"), "from": N_("From"), "until": N_("Until"), "when": N_("State")}
    cells = {"person": lambda a: a.person.name, "role": lambda a: term("role", a.role), "unit": lambda a: unit_name(a.unit),
             "line": lambda a: term("line", a.line), "deputy": lambda a: N_("as deputy") if a.deputy else "",
             "from": lambda a: day(a.valid_from), "until": lambda a: day(a.valid_until) if a.valid_until else "",
             "when": _period, "email": lambda a: a.person.email}
    column_list = ("person", "role", "unit", "line", "deputy", "from", "until", "when")
    column_details_list = ("person", "email", "role", "unit", "line", "deputy", "from", "until", "when")
    sorting = {"person": (Person.name,), "role": (queries.in_order(Appointment.role, list(Role)),), "unit": (Unit.position,),
               "line": (queries.in_order(Appointment.line, list(Line)),), "from": (Appointment.valid_from,),
               "until": (Appointment.valid_until,)}
    standard: Sequence[ColumnElement[Any] | Any] = (
        Unit.position, queries.in_order(Appointment.role, list(Role)), Appointment.line, Person.name, Appointment.id)

    def one(self, given: str) -> Appointment | None:
        return forms.named(given, queries.appointment)

    def found(self, words: str, chosen: queries.Chosen) -> Any:
        return queries.appointments(words, chosen)

    def filters(self) -> Sequence[Filter]:
        return (Filter("unit", N_("Unit"), _units(), N_("all units")),
                Filter("role", N_("Role"), codes("role", Role), N_("all roles")),
                Filter("line", N_("Line"), codes("line", Line), N_("all lines")), _when())

    def called(self, row: Appointment) -> str:
        return f"{row.person.name} · {function(row)}"

    def started(self) -> AppointForm:
        """For the person and the unit that the address names, where it does."""
        form = AppointForm(None)
        form.person.data, form.unit.data = request.args.get("person", ""), request.args.get("unit", "")
        return form

    def create(self, form: AppointForm) -> Appointment:
        person = forms.named(form.person.data, queries.person)
        unit = next((u for u in queries.open_units() if u.code == form.unit.data), None)
        missing = {name: [N_("Choose one of the list.")] for name, found in (("person", person), ("unit", unit)) if found is None}
        if person is None or unit is None:
            raise Invalid(missing)
        return service.appoint(person, unit, forms.role(form.role.data), forms.line(form.line.data), form.deputy.data,
                               form.valid_from.data, form.valid_until.data, actor=identity())

    def change(self, form: PeriodForm, row: Appointment) -> None:
        service.change_appointment(row, form.deputy.data, form.valid_from.data, form.valid_until.data, version=form.seen(),
                                   actor=identity())

    def more(self, row: Appointment) -> dict[str, Any]:
        form = EndForm(None, valid_until=clock.today(), version=str(row.version))
        return {"end": None if _period(row) is ENDED else form}

    @expose("/end/", methods=("POST",))
    def end_view(self) -> ResponseReturnValue:
        row, form = self.asked(), EndForm(request.form)
        return self.act(form, lambda: service.end_appointment(row, form.valid_until.data, version=form.seen(), actor=identity()),
                        N_("The appointment ends on that day."), "end")


class Delegations(Records):
    title = N_("Delegations")
    about = N_("Who acts in whose name; people hand over on their own account page.")
    can_create, can_edit, can_view_details = False, False, False
    list_template, searched = "administration/delegations.html", N_("Name or mail")
    filter_names = ("when",)
    labels = {"holder": N_("Holder"), "function": N_("Function"), "delegate": N_("Acts instead"), "from": N_("From"),
              "until": N_("Until"), "when": N_("State")}
    cells = {"holder": lambda h: h.holder.name, "function": lambda h: function(h.appointment),
             "delegate": lambda h: h.delegate.name, "from": lambda h: day(h.delegation.valid_from),
             "until": lambda h: day(h.delegation.valid_until), "when": lambda h: _period(h.delegation)}
    sorting = {"holder": (Person.name,), "from": (Delegation.valid_from,), "until": (Delegation.valid_until,)}
    standard = (Delegation.valid_until.desc(), Delegation.id)

    def found(self, words: str, chosen: queries.Chosen) -> Any:
        return queries.delegations(words, chosen)

    def filters(self) -> Sequence[Filter]:
        return (_when(),)

    def get_list(self, *args: Any, **kwargs: Any) -> tuple[int, list[Any]]:
        total, rows = super().get_list(*args, **kwargs)
        return total, [queries.handed(row) for row in rows]

    def one(self, given: str) -> UUID | None:
        return untrusted.key(given)

    def ended(self, row: queries.Handed) -> bool:
        return _period(row.delegation) is ENDED

    @expose("/end/", methods=("POST",))
    def end_view(self) -> ResponseReturnValue:
        service.stop_delegation(self.asked(), actor=identity())
        done(N_("Ended. The holder alone acts in this function again."))
        return redirect(self.get_url(".index_view"), 303)
