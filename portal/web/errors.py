"""Refusals as pages. What a person may not see and what does not exist get one and the same answer."""
import logging
from collections.abc import Callable

from flask import Flask, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from redis.exceptions import ConnectionError as BrokerAway
from redis.exceptions import TimeoutError as BrokerSlow
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from tenants import pool
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, PortalError, RuleViolated, Stale
from tenants.messages import N_, Message

STATUS: dict[type[Exception], int] = {
    NotVisible: 404, NotPermitted: 403, RuleViolated: 409, Stale: 412, StaleDataError: 412, Invalid: 422,
    BrokerAway: 503, BrokerSlow: 503, CSRFError: 400}
_log = logging.getLogger(__name__)
Renderer = Callable[[Exception], ResponseReturnValue]
_PAGES = {400, 403, 404, 405, 409, 412, 413, 422, 429, 500, 503}


def status_of(error: Exception) -> int:
    """The HTTP status of a refusal; 500 for what is none."""
    if isinstance(error, OperationalError) and pool.away(error):
        return 503
    if isinstance(error, HTTPException) and type(error) not in STATUS:
        return error.code or 500
    return next((s for kind, s in STATUS.items() if isinstance(error, kind)), 500)


def message_of(error: Exception) -> Message | None:
    """The sentence that says why, where there is one to give."""
    if isinstance(error, PortalError):
        return error.message
    if isinstance(error, StaleDataError):
        return N_("Somebody else has changed this at the same moment. Load the page again.")
    if isinstance(error, Invalid):
        return next(iter(error.errors.values()))[0]
    return None


def _page(error: Exception) -> ResponseReturnValue:
    if db.session.registry.has():
        db.session.rollback()
    status = status_of(error)
    shown = status if status in _PAGES else (400 if status < 500 else 500)
    template = "errors/expired.html" if isinstance(error, CSRFError) else f"errors/{shown}.html"
    headers = {}
    if isinstance(error, HTTPException) and status == 429:
        headers = {k: v for k, v in error.get_headers() if k == "Retry-After"}
    return render_template(template, message=message_of(error), path=request.path), status, headers


def _answer(error: Exception) -> ResponseReturnValue:
    """A page, but where somebody else answers for the addresses below a prefix."""
    elsewhere: dict[str, Renderer] = current_app.extensions["portal.refusals"]
    return next((r for prefix, r in elsewhere.items() if request.path.startswith(prefix)), _page)(error)


def _without_database(error: OperationalError) -> ResponseReturnValue:
    """Not a fault of the portal where the server is away for a moment; anything else is, and is logged as one."""
    if not pool.away(error):
        raise error
    _log.warning("the database is away: %s", type(error.orig).__name__)
    g.setdefault("_login_user", AnonymousUserMixin())      # where the page is drawn Flask-Login would ask the database again
    return _answer(error)


def render_below(app: Flask, prefix: str, renderer: Renderer) -> None:
    """Let `renderer` answer every error below `prefix`, routing errors included."""
    app.extensions["portal.refusals"][prefix] = renderer


def init_app(app: Flask) -> None:
    app.extensions["portal.refusals"] = {}
    for kind in (*STATUS, HTTPException):
        app.register_error_handler(kind, _answer)
    app.register_error_handler(OperationalError, _without_database)
    app.register_error_handler(500, _answer)
