"""A browser without script: cookies, forms with their tokens, nothing else."""
import re
import secrets
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.web.sessions import Sessions
from tests.factories import people

_ENTERED: dict[tuple[Flask, str], tuple[Any, str]] = {}
_PREFIX = "session:"
Fields = Mapping[str, str | list[str]]
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """One browser; `get` and `post` follow nothing, so that a test sees each answer."""

    def __init__(self, app: Flask, address: str = "127.0.0.1") -> None:
        self.app, self.address = app, address
        self.client: FlaskClient = app.test_client()
        self._token = ""

    def get(self, path: str, **more: object) -> TestResponse:
        answer = self.client.get(path, environ_base={"REMOTE_ADDR": self.address}, **more)
        self._learn(answer)
        return answer

    def post(self, path: str, fields: Fields | None = None, *, token: bool = True, **more: object) -> TestResponse:
        """With the token of the page seen last; `token=False` leaves it out."""
        sent = {**(fields or {}), **({"csrf_token": self._token} if token else {})}
        answer = self.client.post(path, data=sent, environ_base={"REMOTE_ADDR": self.address}, **more)
        self._learn(answer)
        return answer

    def sign_in(self, name: str, password: str = people.PASSWORD, *, next: str = "") -> TestResponse:
        """`name` as in the test world, or an address."""
        self.get("/login" + (f"?next={next}" if next else ""))
        return self.post("/login", {"email": name if "@" in name else people.email(name), "password": password, "next": next})

    def enter(self, name: str) -> None:
        """Where a signed-in person is the beginning, not the matter: with a session of one's own, copied from the first
        that this person signed in for."""
        sessions = self.app.session_interface
        assert isinstance(sessions, Sessions)
        if (self.app, name) not in _ENTERED:
            assert self.sign_in(name).status_code == 302
            _ENTERED[self.app, name] = sessions.client.get(f"{_PREFIX}{self.cookie()}"), self._token
        kept, self._token = _ENTERED[self.app, name]
        number = secrets.token_urlsafe(32)
        sessions.client.set(f"{_PREFIX}{number}", kept, ex=3600)
        self.client.set_cookie("portal", number)

    def cookie(self, name: str = "portal") -> str | None:
        found = self.client.get_cookie(name)
        return found.value if found else None

    def _learn(self, answer: TestResponse) -> None:
        if answer.mimetype == "text/html" and (found := _TOKEN.search(answer.text)) is not None:
            self._token = unescape(found[1])


Enter = Callable[[str], Browser]


def faults_beside(answer: TestResponse, field: str) -> str:
    """The sentences that stand beside a field."""
    found = re.search(rf'id="{field}-fault">(.*?)</div>', answer.text, re.S)
    return unescape(re.sub(r"<[^>]+>", " ", found[1])).strip() if found else ""


def body(answer: TestResponse) -> str:
    """A page without what differs from one request to the next."""
    return _TOKEN.sub("", re.sub(r'(csrf-token" content|name="once_token" value|id="email"[^>]*value)="[^"]*"', "", answer.text))
