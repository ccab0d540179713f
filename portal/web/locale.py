"""In which language and in which light the pages are shown: a cookie each, chosen by a form that needs no script."""
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from gettext import NullTranslations

from flask import Flask, Response, current_app, g, has_request_context, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel, Domain, force_locale
from markupsafe import Markup
from werkzeug.exceptions import BadRequest

from portal.web.access import Route, mount
from portal.web.addresses import local_path
from portal.web.sessions import secure
from tenants.permissions import PUBLIC

LANGUAGES = {"zh": "中文", "en": "English"}             # each named in itself
THEMES = {"light": "not all", "dark": "screen", "auto": "screen and (prefers-color-scheme: dark)"}
_YEAR = 365 * 24 * 3600                                # seconds


class Catalogue(Domain):
    """The texts of the language at hand, looked up once a page: the library asks anew for each of its hundreds."""

    def get_translations(self) -> NullTranslations:
        kept: NullTranslations | None = g.get("catalogue")
        if kept is None:
            kept = g.catalogue = super().get_translations()
        return kept


babel = Babel()
catalogue = babel.domain_instance = Catalogue()


def _gettext(text: str, **values: object) -> Markup:
    """For templates, which all escape. Jinja's own takes the context along, and copies it for each text within a loop."""
    if not values:
        return _plain(catalogue.get_translations(), text)
    return _filled(catalogue.get_translations().gettext(text), values)


@lru_cache(maxsize=10_000)                             # of both languages: a page has some hundred and eighty
def _plain(spoken: NullTranslations, text: str) -> Markup:
    return _filled(spoken.gettext(text), {})


def _ngettext(one: str, many: str, num: int, **values: object) -> Markup:
    return _filled(catalogue.get_translations().ngettext(one, many, num), {"num": num, **values})


def _filled(text: str, values: dict[str, object]) -> Markup:
    return Markup(text) % values if values else Markup(text % ())


def language() -> str:
    """The one spoken at the moment, else the cookie's, else the person's own, else the installation's."""
    spoken: str | None = g.get("spoken")
    if spoken is None:
        identity = g.get("identity")
        known: tuple[object, str] | None = g.get("listening")            # whose language it is: asked for each name on a page
        if known is not None and known[0] is identity:
            return known[1]
        wanted = (request.cookies.get("language") if has_request_context() else None, identity.language if identity else None,
                  current_app.config["PORTAL"].language)
        spoken = next(w for w in wanted if w in LANGUAGES)
        if has_request_context():
            g.listening = (identity, spoken)
    return spoken


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Within, everything is said in this language, whoever asks, and also where nobody does."""
    before = {name: g.pop(name) for name in ("spoken", "catalogue") if name in g}
    g.spoken = chosen
    try:
        with force_locale(chosen):
            yield
    finally:
        for name in ("spoken", "catalogue"):
            g.pop(name, None)
            if name in before:
                setattr(g, name, before[name])


def theme() -> str:
    """`light`, `dark`, or `auto`: as the system wishes."""
    chosen = request.cookies.get("theme", "") if has_request_context() else ""
    return chosen if chosen in THEMES else "auto"


def _keep(name: str, allowed: dict[str, str], *, readable: bool) -> ResponseReturnValue:
    value = request.form.get(name, "")
    if value not in allowed:
        raise BadRequest
    answer: Response = redirect(local_path(request.form.get("next")), 303)  # type: ignore[assignment]  # werkzeug's base
    answer.set_cookie(name, value, max_age=_YEAR, samesite="Lax", secure=secure(current_app.config["PORTAL"]),
                      httponly=not readable)
    return answer


def choose_language() -> ResponseReturnValue:
    return _keep("language", LANGUAGES, readable=False)


def choose_theme() -> ResponseReturnValue:
    """The cookie is readable: the script changes it without a round trip."""
    return _keep("theme", THEMES, readable=True)


def init_app(app: Flask) -> None:
    babel.init_app(app, default_locale="zh", locale_selector=language,
                   default_timezone=app.config["PORTAL"].timezone)
    app.jinja_env.globals.update({"_": _gettext, "gettext": _gettext, "ngettext": _ngettext})
    mount(app, "locale", "", ROUTES)


ROUTES: tuple[Route, ...] = (
    ("POST", "/language", choose_language, PUBLIC),
    ("POST", "/theme", choose_theme, PUBLIC),
)
