"""Lists that come regularly: wanting one, pausing and ending it, and fetching what came."""
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import Flask, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal import texts
from portal.attachments import storage
from portal.saved.rules import filters
from portal.subscriptions import queries, rules, service
from portal.subscriptions.rules import LISTS, RHYTHMS, Rhythm
from portal.subscriptions.service import HOME
from portal.web import panels
from portal.web.access import Route, identity
from portal.web.downloads import XLSX, disposition
from portal.web.locale import LANGUAGES, language
from portal.web.once import once
from portal.web.templating import done, translate
from tenants.context import Lane
from tenants.errors import Invalid, RuleViolated
from tenants.messages import N_, Message
from tenants.permissions import Permission

NAME, PREFIX = "subscriptions", HOME


def index() -> ResponseReturnValue:
    me = identity()
    return render_template("subscriptions/index.html", rows=queries.listed(me), files=queries.deliveries(me), lists=LISTS,
                           rhythms=RHYTHMS, languages=LANGUAGES, kept=rules.KEPT.days, address=_list)


def _list(page: str, query: str) -> str:
    return f"{page}?{query}" if query else page


def new() -> ResponseReturnValue:
    page, query = request.args.get("page", ""), request.args.get("query", "")
    if page not in LISTS:
        done(N_("This list cannot be sent regularly."), fault=True)
        return redirect(HOME, 303)
    return _form({"page": page, "query": filters(query), "name": translate(LISTS[page]), "rhythm": Rhythm.WEEK.value,
                  "language": language()})


def subscribe() -> ResponseReturnValue:
    typed = {name: request.form.get(name, "") for name in ("page", "query", "name", "rhythm", "language")}
    if typed["page"] not in LISTS:
        done(N_("This list cannot be sent regularly."), fault=True)
        return redirect(HOME, 303)
    try:
        made = service.subscribe(**typed, actor=identity())
    except Invalid as fault:
        return _form(typed, fault.errors), 422
    except RuleViolated as refused:
        return _form(typed, {"name": [refused.message]}), 409
    done(N_("You are sent it from %(day)s on.", day=made.next_on))
    return redirect(HOME, 303)


def _form(typed: Mapping[str, str], errors: Mapping[str, Sequence[Message]] | None = None) -> str:
    return render_template("subscriptions/new.html", typed=typed, errors=errors or {}, lists=LISTS, most=texts.SHORT,
                           rhythms=[(r.value, translate(words)) for r, words in RHYTHMS.items()], languages=list(LANGUAGES.items()),
                           address=_list(typed["page"], typed["query"]), back=_back(typed), days=rules.KEPT.days)


def _back(typed: Mapping[str, str]) -> str:
    return _list(typed["page"], urlencode(parse_qsl(typed["query"])))


def pause(key: UUID) -> ResponseReturnValue:
    return _set(key, False, N_("It rests."))


def resume(key: UUID) -> ResponseReturnValue:
    return _set(key, True, N_("It goes on."))


def _set(key: UUID, active: bool, said: Message) -> ResponseReturnValue:
    try:
        service.set_active(queries.one(identity(), key), active, actor=identity())
        done(said)
    except RuleViolated as refused:
        done(refused.message, fault=True)
    return redirect(HOME, 303)


def end(key: UUID) -> ResponseReturnValue:
    service.remove(queries.one(identity(), key), actor=identity())
    done(N_("Ended. What came can still be fetched."))
    return redirect(HOME, 303)


def download(key: UUID) -> Response:
    found = queries.delivery(identity(), key)
    answer = Response(storage.current().get(found.key), mimetype=XLSX)
    answer.headers["Content-Disposition"] = disposition(found.name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def offer(path: str = "") -> str:
    """Where the list at hand, with its filters, is asked for regularly; nothing where it cannot be."""
    page, me = path or request.path.rstrip("/"), identity()
    if page not in LISTS or not me.appointments or me.appointments[0].lane is Lane.AUDITOR:
        return ""
    query = filters(request.query_string.decode(errors="replace"))
    return f"{HOME}/new?{urlencode({'page': page, **({'query': query} if query else {})})}"


def init_app(app: Flask) -> None:
    app.jinja_env.globals["delivery_address"] = offer


def of_account(_person: UUID) -> str:
    """The panel on the account page."""
    return render_template("subscriptions/_panel.html")


panels.register("account", of_account)

ROUTES: tuple[Route, ...] = (
    ("GET", "", index, Permission.ACCOUNT_USE),
    ("GET", "/new", new, Permission.ACCOUNT_USE),
    ("POST", "", once(subscribe), Permission.ACCOUNT_USE),
    ("POST", "/<uuid:key>/pause", pause, Permission.ACCOUNT_USE),
    ("POST", "/<uuid:key>/resume", resume, Permission.ACCOUNT_USE),
    ("POST", "/<uuid:key>/end", end, Permission.ACCOUNT_USE),
    ("GET", "/files/<uuid:key>", download, Permission.ACCOUNT_USE),
)
