"""A form that makes something makes it once, though it is sent twice: pressed twice, or sent again by a browser to which the
answer was lost.

Every form carries a token of its own (`csrf()` of components/forms.html); a route table says which routes make something:
`("POST", "/new", once(convene), P.MEETING_HOLD)`. The same form under the same token is answered as it was the first time. Another
content is another thing, under whatever token: nothing typed is swallowed. A refusal is not kept."""
import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, current_app, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from portal.web import answered
from portal.web.kept import ONCE, UNTYPED
from tenants.db import db

_TOKEN = re.compile(r"[0-9a-f]{32}")
_making = set[Callable[..., Any]]()


def once(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """The view, of which a second POST with the same token waits for the first and is led to where that led."""
    @wraps(view)
    def run(*args: Any, **keys: Any) -> ResponseReturnValue:
        sent = _sent()
        if sent is None:
            return view(*args, **keys)
        mark = answered.fingerprint(answered.of_form(*UNTYPED))
        key = f"{sent} {mark.hex()}"
        answered.wait_for(key)
        kept = answered.found(key)
        if kept is not None and kept.fresh:
            return redirect(str(kept.location), kept.status)
        begun = db.session().get_transaction()
        response = current_app.make_response(view(*args, **keys))
        if 300 <= response.status_code < 400 and db.session().get_transaction() is begun:    # else it was taken back
            answered.keep(kept, key, mark, response)
        return response
    _making.add(run)
    return run


def makes(view: Callable[..., Any]) -> bool:
    """Whether a route table says so of the view."""
    return view in _making


def token() -> str:
    """For a form that is rendered; the one that it came with where it is shown again with its faults."""
    return _sent() or secrets.token_hex(16)


def _sent() -> str | None:
    """The token of this request; the last one, as a form that was kept over a sign-in has its own after that of its page."""
    if request.method != "POST":
        return None
    try:
        given = request.form.getlist(ONCE)
    except RequestEntityTooLarge:                      # the page that says so has forms, too
        return None
    return given[-1] if given and _TOKEN.fullmatch(given[-1]) else None


def init_app(app: Flask) -> None:
    app.jinja_env.globals["once_token"] = token
