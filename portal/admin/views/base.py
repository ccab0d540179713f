"""What every view of administration derives from: closed unless opened, and never saving by itself.

Flask-Admin gives addresses, lists, sorting and paging. Its forms, deleting, exporting, mass actions and partial updates
are not used: writing is the slices' services', who judge, check and record."""
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_admin import BaseView, expose
from flask_admin.model import BaseModelView
from sqlalchemy import Select

from portal import texts
from portal.admin import queries
from portal.admin.forms import AdminForm, Pairs
from portal.audit.views import Step, history_of
from portal.web.access import identity, may
from portal.web.once import once
from portal.web.templating import done, translate
from tenants.access import permits
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tenants.messages import N_, Message
from tenants.permissions import Permission

_MOST_PAGES = 10_000
_SAVED = N_("Saved.")


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice above a list; `blank` is what stands for no choice."""
    name: str
    label: Message
    options: Pairs
    blank: Message


@dataclass(frozen=True, slots=True)
class Refused:
    """What came of a form that was not accepted. `stored` is what stands there now, by field, where somebody else has
    changed it since the form was opened."""
    status: int
    stored: Mapping[str, str]


class Closed(BaseView):
    """Nobody but who may administer, whatever a view forgets. The request was judged at the door already; this is the
    second lock, where Flask-Admin's own would stand open."""

    def is_accessible(self) -> bool:
        return may(Permission.ADMINISTER)

    def inaccessible_callback(self, name: str, **_: Any) -> ResponseReturnValue:
        raise NotPermitted(permits(identity(), Permission.ADMINISTER).why)

    def render(self, template: str, **given: Any) -> str:
        """Without what Flask-Admin puts into its own templates, which hides the portal's helpers of the same names."""
        return render_template(template, view=self, get_url=self.get_url, **given)

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Flask-Admin's own calls a view a second time when it raises TypeError."""
        return fn(self, *args, **kwargs)


class Records(Closed, BaseModelView):
    """A list, and pages to look at, change and create what it lists. Nothing is ever deleted: history refers to it."""
    can_delete, can_export, can_create, can_edit, can_view_details = False, False, True, True, True
    delete_view = action_view = export = ajax_lookup = ajax_update = None
    list_template, details_template = "administration/list.html", "administration/details.html"
    create_template = edit_template = "administration/form.html"
    column_type_formatters: Mapping[type, Any] = {}
    column_type_formatters_detail: Mapping[type, Any] = {}
    page_size = 50

    title: Message                                     # of the list
    new: Message = N_("New")                           # of the button, and of the page behind it
    about: Message | None = None                       # one sentence beside the title
    kind = ""                                          # of the trail; without it no history is shown
    labels: Mapping[str, Message] = {}
    cells: Mapping[str, Callable[[Any], object]] = {}  # what a column shows of a row
    sorting: Mapping[str, queries.Order] = {}
    standard: queries.Order = ()                       # order of a list that is not sorted otherwise
    filter_names: Sequence[str] = ()
    searched: Message | None = None                    # what the search looks at; without it there is none
    creating: type[AdminForm] = AdminForm
    changing: type[AdminForm] = AdminForm

    # --- what a view says of itself

    def found(self, words: str, chosen: queries.Chosen) -> Select[Any]:
        """The rows of the list."""
        raise NotImplementedError                      # every view has its own; Flask-Admin's metaclass leaves no room for ABC

    def one(self, given: str) -> Any:
        """The row of an address, or None."""
        raise NotImplementedError                      # likewise

    def filters(self) -> Sequence[Filter]:
        return ()

    def create(self, form: Any) -> Any:
        """Through a service. Raises what services raise; a view that offers no new rows has no such page."""
        raise NotVisible

    def change(self, form: Any, row: Any) -> None:
        """The same for a row that is there."""
        raise NotVisible

    def called(self, row: Any) -> str:
        """What the row is called, for titles."""
        raise NotImplementedError                      # likewise

    def started(self) -> AdminForm:
        """The empty form of a new row."""
        return self.creating(None)

    def more(self, row: Any) -> dict[str, Any]:
        """What the page of one row needs beyond its facts."""
        return {}

    def trail_key(self, row: Any) -> Any:
        return row.id

    # --- lists, as Flask-Admin asks for them

    def scaffold_list_columns(self) -> list[str]:
        return list(self.cells)

    def scaffold_sortable_columns(self) -> dict[str, str]:
        return {name: name for name in self.sorting}

    def scaffold_form(self) -> type[AdminForm]:
        return self.changing

    def get_column_name(self, field: str) -> Message:
        return self.labels[field]

    def get_pk_value(self, model: Any) -> str:
        return str(model.id)

    def _get_list_value(self, context: Any, model: Any, name: str, *_: Any) -> object:
        return self.cells[name](model)

    def _get_list_extra_args(self) -> Any:
        """Only filters that the list knows are carried along; pages stay within what a database counts."""
        given = super()._get_list_extra_args()
        given.extra_args = {n: v for n in self.filter_names if (v := texts.clean(request.args.get(n))[:texts.SHORT])}
        given.search = texts.clean(given.search)[:texts.SHORT] or None
        given.page = min(max(given.page or 0, 0), _MOST_PAGES)
        return given

    def get_list(self, page: int, sort_field: str | None, sort_desc: bool, search: str | None, filters: Any,
                 page_size: int | None = None) -> tuple[int, list[Any]]:
        chosen = {n: texts.clean(request.args.get(n))[:texts.SHORT] for n in self.filter_names}
        order = [*(c.desc() if sort_desc else c for c in self.sorting.get(sort_field or "", ())), *self.standard]
        return queries.page(self.found(search or "", chosen), order, page, page_size or self.page_size)

    def get_one(self, id: str) -> Any:
        """Raises NotVisible for what is unknown or no key at all."""
        row = self.one(id)
        if row is None:
            raise NotVisible
        return row

    # --- pages

    @expose("/new/", methods=("GET", "POST"))
    @once
    def create_view(self) -> ResponseReturnValue:
        if not self.can_create:
            raise NotVisible
        if request.method == "GET":
            return self.render(self.create_template, form=self.started(), row=None, refused=None)
        form, made = self.creating(request.form), []
        refused = self.tried(form, lambda: made.append(self.create_model(form)))
        if refused is not None:
            return self.render(self.create_template, form=form, row=None, refused=refused), refused.status
        done(_SAVED)
        return redirect(self.address(made[0]), 303)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> ResponseReturnValue:
        row = self.asked()
        if not self.can_edit:
            raise NotVisible
        if request.method == "GET":
            return self.render(self.edit_template, form=self.changing(None, obj=row), row=row, refused=None)
        form = self.changing(request.form, obj=row)
        refused = self.tried(form, lambda: self.update_model(form, row))
        if refused is not None:
            row = self.asked()
            return self.render(self.edit_template, form=form, row=row, refused=refused), refused.status
        done(_SAVED)
        return redirect(self.address(row), 303)

    @expose("/details/")
    def details_view(self) -> ResponseReturnValue:
        if not self.can_view_details:
            raise NotVisible
        return self.page_of(self.asked())

    def page_of(self, row: Any, status: int = 200, **given: Any) -> ResponseReturnValue:
        """The page of one row: its facts, what may be done with it, what happened to it."""
        return self.render(self.details_template, row=row, get_value=self.get_detail_value, columns=self._details_columns,
                           history=self.history(row), **{**self.more(row), **given}), status

    def history(self, row: Any) -> list[Step] | None:
        return history_of(self.kind, self.trail_key(row)) if self.kind and row is not None else None

    def asked(self) -> Any:
        """The row that the address names. Raises NotVisible."""
        return self.get_one(request.args.get("id", ""))

    def address(self, row: Any) -> str:
        if not self.can_view_details:
            return str(self.get_url(".index_view"))
        return str(self.get_url(".details_view", id=self.get_pk_value(row)))

    # --- saving

    def create_model(self, form: AdminForm) -> Any:
        """The service's; the commit is the request's."""
        return self.create(form)

    def update_model(self, form: AdminForm, model: Any) -> bool:
        self.change(form, model)
        return True

    def tried(self, form: AdminForm, act: Callable[[], object]) -> Refused | None:
        """Do it; when it is refused, take back what was begun, and say why in the form. What cannot be read does not keep
        the service from naming its faults as well."""
        readable, status = form.validate(), 422
        try:
            act()
            if readable:
                return None
        except Invalid as refused:
            form.blame(refused.errors)
        except (Stale, RuleViolated) as refused:
            status = 412 if isinstance(refused, Stale) else 409
            form.blame({"": [refused.message]})
        db.session.rollback()
        return Refused(status, self.stored(form) if status == 412 else {})

    def stored(self, form: AdminForm) -> Mapping[str, str]:
        """Where another change stands in the way: what is stored now, where it is not what was typed. The form is from
        now on one of the present version, so that who has seen both may save."""
        row = self.asked()
        now, typed = type(form)(None, obj=row).shown(), form.shown()
        form.version.data = str(row.version)
        return {name: words for name, words in now.items() if words != typed[name]}

    def act(self, form: AdminForm, does: Callable[[], object], said: Message, name: str) -> ResponseReturnValue:
        """An action of a row's own page; when it is refused the page shows the form again as `name`."""
        refused = self.tried(form, does)
        row = self.asked()
        if refused is not None:
            return self.page_of(row, refused.status, **{name: form, "faulty": form, "refused": refused})
        done(said)
        return redirect(self.address(row), 303)


def words(message: Message) -> str:
    return translate(message)
