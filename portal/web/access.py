"""Request → identity → scope, and wall 1 at the door."""
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError

from portal.web import kept
from portal.web.unit_of_work import SAFE
from tenants.access import Identity, Subject, need, permits
from tenants.context import Lane, Scope
from tenants.errors import NotPermitted
from tenants.isolation import acting_as
from tenants.permissions import PUBLIC, Permission, Public, Relation, grants

Declared = Permission | Public
Route = tuple[str, str, Callable[..., Any], Declared]
csrf = CSRFProtect()

_SIGN_IN = Scope(None, (), Lane.SIGN_IN)


def identity() -> Identity:
    """Who makes this request, narrowed to the appointment acted as. Only behind a declared permission."""
    return cast(Identity, g.identity)


def whole_identity() -> Identity:
    """The same person with every function, to choose from."""
    return cast(Identity, g.whole_identity)


def require(permission: Permission, subject: Subject | None = None) -> None:
    """Raises NotPermitted; for reads. Writes are judged in the services."""
    need(identity(), permission, subject)


def may(permission: Permission, subject: Subject | None = None) -> bool:
    """For templates: offer what will be granted."""
    return "identity" in g and bool(permits(identity(), permission, subject))


def declare(app: Flask, endpoint: str, declared: Declared) -> None:
    """Every endpoint says what it asks for; one that does not is refused by `_enter` and by a test."""
    app.extensions["portal.declared"][endpoint] = declared


def mount(app: Flask, name: str, prefix: str, routes: Iterable[Route]) -> None:
    """The blueprint is made here, a new one an app: a module's own could be registered only once."""
    blueprint = Blueprint(name, f"portal.{name}", template_folder="templates")
    for method, rule, view, declared in routes:
        blueprint.add_url_rule(f"{prefix}{rule}", view.__name__, view, methods=[method])
        declare(app, f"{name}.{view.__name__}", declared)
    app.register_blueprint(blueprint)


def _enter() -> ResponseReturnValue | None:
    g.stack = ExitStack()
    if request.endpoint is None or request.blueprint == "api":
        return None                                    # 404 and 405 are Flask's; the API has tokens and no cookies
    declared = current_app.extensions["portal.declared"].get(request.endpoint)
    if declared is None:
        raise RuntimeError(f"{request.endpoint} declares no permission")
    if request.blueprint == "security":
        g.stack.enter_context(acting_as(_SIGN_IN))     # accounts and nothing else
        csrf.protect()
        return None
    if declared is PUBLIC:
        if request.method not in SAFE:
            csrf.protect()
        return None
    if not current_user.is_authenticated:              # loads the identity in a transaction of its own
        return _sign_in_first()
    if request.method not in SAFE and (elsewhere := _of_this_session()) is not None:
        return elsewhere
    g.whole_identity = current_user.identity
    g.identity = g.whole_identity.acting(_acting())
    g.stack.enter_context(acting_as(g.identity.scope(writing=request.method not in SAFE)))
    if not permits(g.identity, declared) and not about_a_thing(declared):
        raise NotPermitted(permits(g.identity, declared).why)
    return None


def _of_this_session() -> ResponseReturnValue | None:
    """Raises CSRFError; but a form of ours that is older than the session is kept and offered again."""
    try:
        csrf.protect()
    except CSRFError:
        if not kept.grown_old(current_user.identity.person):
            raise
        return _go(url_for("accounts.resume"))
    return None


def about_a_thing(permission: Declared) -> bool:
    """Whether the permission is only ever granted for a particular thing; then the view, which has it, judges."""
    return not any(relation is Relation.NOTHING for _, relation in grants(cast(Permission, permission)))


def _acting() -> UUID | None:
    try:
        return UUID(session.get("acting", ""))
    except ValueError:
        return None


def _sign_in_first() -> ResponseReturnValue:
    """What was typed into a form whose session ran out is kept, and offered again after signing in."""
    if request.method in SAFE:
        back = request.full_path.rstrip("?")
    else:
        back = url_for("accounts.resume") if kept.keep() else kept.page_before()
    return _go(url_for("security.login", next=back))


def _go(target: str) -> ResponseReturnValue:
    """Instead of what was asked for; a part of a page leads the whole page there."""
    if request.headers.get("HX-Request"):
        return "", 401, {"HX-Redirect": target}
    return redirect(target, 303)


def _leave(_: BaseException | None) -> None:
    if "stack" in g:
        g.stack.close()


def init_app(app: Flask) -> None:
    app.extensions["portal.declared"] = {"static": PUBLIC}
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False       # checked in _enter, once it is known who asks
    csrf.init_app(app)
    app.before_request(_enter)
    app.teardown_request(_leave)
