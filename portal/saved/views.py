"""Keeping the filters of a list, and what templates/saved/_bar.html shows of them on the lists themselves."""
from uuid import UUID

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue

from portal.saved import queries, rules, service
from portal.saved.models import SavedFilter
from portal.web.access import Route, identity
from portal.web.addresses import local_path
from portal.web.templating import done
from tenants.errors import Invalid, RuleViolated
from tenants.messages import N_
from tenants.permissions import Permission

NAME, PREFIX = "saved", "/saved"


def save() -> ResponseReturnValue:
    """Back to the list, whatever came of it: the filters stand in its address, so that nothing is lost."""
    page, query = request.form.get("page", ""), request.form.get("query", "")
    try:
        kept = service.save(page, request.form.get("name", ""), query, actor=identity())
        done(N_("Kept as “%(name)s”.", name=kept.name))
    except Invalid as refused:
        done(next(iter(refused.errors.values()))[0], fault=True)
    except RuleViolated as refused:
        done(refused.message, fault=True)
    return redirect(_list(page, query), 303)


def remove(key: UUID) -> ResponseReturnValue:
    """Forgotten, with an undo that keeps it again."""
    kept = queries.one(identity(), key)
    fields = {"page": kept.page, "query": kept.query, "name": kept.name}
    service.remove(kept)
    done(N_("Removed: “%(name)s”.", name=kept.name), undo=PREFIX, fields=fields)
    return redirect(local_path(request.form.get("next"), _list(kept.page, "")), 303)


def _list(page: str, query: str) -> str:
    """The list with its filters; the desk for a page that keeps none."""
    known = rules.filters(query)
    return "/desk" if page not in rules.PAGES else f"{page}?{known}" if known else page


def _kept(page: str) -> list[tuple[SavedFilter, str, bool]]:
    """Each kept filter of a list with its address, and whether it is the one that the list shows now."""
    now = rules.filters(request.query_string.decode(errors="replace"))
    return [(f, f"{page}?{f.query}", f.query == now) for f in queries.listed(identity(), page)]


def init_app(app: Flask) -> None:
    app.jinja_env.globals["kept_filters"] = _kept


ROUTES: tuple[Route, ...] = (
    ("POST", "", save, Permission.ACCOUNT_USE),
    ("POST", "/<uuid:key>/remove", remove, Permission.ACCOUNT_USE),
)
