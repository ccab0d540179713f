"""Who writes is told which numbers of people were masked in what was stored: on the next page, to scripts as `X-Masked`
(percent-encoded words), to programs as `Masked` (kinds in the order of their appearance)."""
from contextlib import ExitStack
from urllib.parse import quote

from flask import Flask, Response, g, request
from flask_babel import gettext as _
from flask_babel import ngettext

from portal import texts
from portal.masking import Kind
from portal.web.templating import done, translate
from portal.web.unit_of_work import SAFE
from tenants.messages import N_

WORDS = {Kind.PHONE: N_("phone number"), Kind.IDENTITY_CARD: N_("identity card"), Kind.BANK_CARD: N_("bank card")}


def _begin() -> None:
    g.masked_notes = ExitStack()
    g.masked = g.masked_notes.enter_context(texts.noting())


def sentence() -> str:
    """What was masked in this request so far; empty for nothing."""
    kinds = list(g.get("masked", {}).values())
    if not kinds:
        return ""
    named = str(_(", ")).join(translate(WORDS[kind]) for kind in dict.fromkeys(kinds))
    return str(ngettext("%(num)d number of a person was masked: %(kinds)s",
                        "%(num)d numbers of people were masked: %(kinds)s", len(kinds), kinds=named))


def _tell(response: Response) -> Response:
    """Where something was stored: a refusal has stored nothing."""
    found: dict[str, Kind] = g.get("masked", {})
    if not found or request.method in SAFE or response.status_code >= 400:
        return response
    if request.path.startswith("/api/"):
        response.headers["Masked"] = ", ".join(dict.fromkeys(found.values()))
    elif "X-Autosave" in request.headers or "HX-Request" in request.headers:
        response.headers["X-Masked"] = quote(sentence())
    else:
        done(sentence())
    return response


def _end(_error: BaseException | None) -> None:
    if "masked_notes" in g:
        g.masked_notes.close()


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_tell)
    app.teardown_request(_end)
