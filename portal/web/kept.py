"""What was typed into a form whose session had ended: kept, and offered again to the same person after signing in.

A cookie of its own, signed, remembers who signed in last in this browser."""
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, Response, current_app, g, request, session
from flask_wtf.csrf import CSRFError
from itsdangerous import BadSignature, URLSafeSerializer

from portal.web.addresses import local_path
from portal.web.sessions import cookie_name, secure

ONCE = "once_token"                                    # of a form that makes something, see once.py
UNTYPED = ("csrf_token", ONCE)                         # what nobody typed or chose
HIDDEN = (*UNTYPED, "version", "base", "round", "was", "row", "seen", "shown", "mark", "next", "back", "page", "query", "key",
          "action", "do", "what")                      # what a form carries for the portal, and which button sent it
MOST = 400_000                                         # characters of a form
_YEAR = 365 * 24 * 3600                                # seconds
_COOKIE, _KEY = "portal-person", "kept"


@dataclass(frozen=True, slots=True)
class Form:
    """A form that was sent in vain: its address and its fields in order."""
    path: str
    fields: list[tuple[str, str]]


def keep() -> bool:
    """Keep the form of this request for the next sign-in. False when there is nothing to keep: a mere button, or a form
    from another site, which could have it sent again in somebody's name. Raises CSRFError, whose page says that the text
    is still in the browser, for one that is too large."""
    return not _foreign() and _keep(_last_person())


def grown_old(person: UUID) -> bool:
    """Keep a form of ours that is sent by somebody who has signed in anew since it was opened: its token is an earlier
    session's. That it is ours is told by the token that it has and by the browser, which names the site."""
    ours = request.form.get("csrf_token") and request.headers.get("Origin", "").partition("://")[2] == request.host
    return bool(ours) and not _foreign() and _keep(str(person))


def _keep(person: str | None) -> bool:
    typed = [(k, v) for k, values in request.form.lists() for v in values if k != "csrf_token"]
    if not any(v for k, v in typed if k not in UNTYPED):
        return False
    if sum(len(k) + len(v) for k, v in typed) > MOST:
        raise CSRFError("the session has ended, and the form is too large to be kept")
    path = "/" + request.full_path.rstrip("?").lstrip("/")         # `//host` in a form's address is another site
    session[_KEY] = {"path": path, "fields": typed, "person": person}
    return True


def page_before() -> str:
    """The page whose button was pressed, else the desk."""
    before = urlsplit(request.referrer or "")
    path = f"{before.path}?{before.query}" if before.query else before.path
    return local_path(path, "/desk") if before.netloc == request.host else "/desk"


def form() -> Form | None:
    """What is kept for this session."""
    found = cast("dict[str, Any] | None", session.get(_KEY))
    return Form(found["path"], [(k, v) for k, v in found["fields"]]) if found else None


def drop() -> None:
    session.pop(_KEY, None)


def signed_in(person: UUID) -> None:
    """Somebody has signed in: another person's text is forgotten, and the cookie set anew."""
    found = session.get(_KEY)
    if found and found.get("person") not in (None, str(person)):
        drop()
    g.signed_in = person


def _foreign() -> bool:
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    return site not in ("same-origin", "none") or (origin is not None and origin.split("://")[-1] != request.host)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="last person in this browser")


def _name() -> str:
    return cookie_name(current_app.config["PORTAL"], _COOKIE)


def _last_person() -> str | None:
    try:
        return str(_signer().loads(request.cookies.get(_name(), "")))
    except BadSignature:
        return None


def _after(response: Response) -> Response:
    if (person := g.get("signed_in")) is not None:
        response.set_cookie(_name(), _signer().dumps(str(person)), max_age=_YEAR, httponly=True, samesite="Lax",
                            secure=secure(current_app.config["PORTAL"]), path="/")
    if request.method == "POST" and "identity" in g and response.status_code < 400:
        sent = form()
        if sent is not None and sent.path == request.full_path.rstrip("?"):
            drop()                                     # it has arrived
    return response


def init_app(app: Flask) -> None:
    app.after_request(_after)
