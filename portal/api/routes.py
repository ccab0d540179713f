"""The tables from which the interface is mounted, guarded and documented."""
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from types import ModuleType
from typing import Any

from flask import Blueprint, Flask, Response, request
from pydantic import BaseModel

from portal.api import idempotency, tokens
from portal.api.answers import PREFIX, Answer
from portal.api.pages import Page
from portal.api.problems import problem
from portal.web import access, errors
from portal.web.access import Declared
from portal.web.unit_of_work import SAFE

View = Callable[..., Answer | Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What the documentation says of a route beyond what its view shows.

    `answer` is the model of the content (None: not JSON, `media_type` says what); `keys` explains the parts of the
    address; `conflicts` says when 409 is answered, for routes that are no POST as well; `upload` that a file is sent as
    multipart/form-data."""
    summary: str
    answer: type[BaseModel] | None
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    status: int = 200
    about: str = ""
    keys: tuple[tuple[str, str], ...] = ()
    conflicts: str = ""
    media_type: str = "application/json"
    upload: bool = False

    @property
    def lists(self) -> bool:
        return self.answer is not None and issubclass(self.answer, Page)


ApiRoute = tuple[str, str, View, Declared, Spec]


@dataclass(frozen=True, slots=True)
class Mounted:
    """A route with the slice it belongs to."""
    tag: str
    method: str
    rule: str
    view: View
    declared: Declared
    spec: Spec

    @property
    def name(self) -> str:
        return f"{self.tag}_{self.view.__name__}"


def init_app(app: Flask, storage: str = "") -> None:
    """Before the mount. `storage` is the broker, where calls are counted."""
    tokens.init_app(app, storage)
    errors.render_below(app, "/api/", problem)


def mount(app: Flask, modules: Sequence[ModuleType]) -> None:
    """One blueprint named "api" of every slice's `ROUTES`; the slice's `NAME` is its chapter in the documentation."""
    routes = [Mounted(module.NAME, *route) for module in modules for route in module.ROUTES]
    blueprint = Blueprint("api", "portal.api", url_prefix=PREFIX, template_folder="templates")
    blueprint.before_request(tokens.enter)
    for route in routes:
        blueprint.add_url_rule(route.rule, route.name, _endpoint(route), methods=[route.method],
                               provide_automatic_options=False)
        access.declare(app, f"api.{route.name}", route.declared)
    app.extensions["portal.api"] = tuple(routes)
    app.register_blueprint(blueprint)


def mounted(app: Flask) -> Iterable[Mounted]:
    routes: tuple[Mounted, ...] = app.extensions["portal.api"]
    return routes


def _endpoint(route: Mounted) -> Callable[..., Response]:
    """The view with what is the same around all of them."""
    @wraps(route.view)
    def run(**keys: Any) -> Response:
        def act() -> Response:
            answer = route.view(**keys)
            if request.view_args:
                tokens.judge(route.declared)       # last, since 404 comes before 403; nothing is committed yet
            return answer.response() if isinstance(answer, Answer) else answer
        return act() if request.method in SAFE else idempotency.once(act)
    return run
