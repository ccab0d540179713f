"""Calls as a program makes them: a token, JSON, no cookies."""
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal import app as composition
from portal.app import create_app
from tests.api import probe
from tests.conftest import Superuser
from tests.factories import people, world

Call = Callable[..., TestResponse]


def token_of(superuser: Superuser, name: str, *, days: int = 730, revoked: bool = False, token: str = "") -> str:
    """A valid token of a person of the test world, kept as the portal keeps it."""
    token = token or f"token-of-{name}"
    superuser.execute(
        "INSERT INTO access_token (id, person_id, digest, made_at, expires_at, revoked_at)"
        " VALUES (gen_random_uuid(), %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (people.key(name), hashlib.sha256(token.encode()).digest(), world.NOW, world.NOW + timedelta(days=days),
         world.NOW if revoked else None))
    return token


def caller(app: Flask, superuser: Superuser) -> Call:
    def call(who: str | None, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
        sent = dict(headers or {})
        if who is not None:
            sent["Authorization"] = f"Bearer {token_of(superuser, who)}"
        return app.test_client(use_cookies=False).open(f"/api/v1{path}", method=method, headers=sent, **more)
    return call


@pytest.fixture
def call(app: Flask, superuser: Superuser) -> Call:
    """`call("contact.guangdong", "GET", "/me")`; None: without a token."""
    return caller(app, superuser)


@pytest.fixture(scope="session")
def probe_app(app: Flask) -> Flask:
    """The portal with one slice more, whose routes show every rule of the room."""
    before = composition.APIS
    composition.APIS = (*before, probe)
    try:
        made = create_app(app.config["PORTAL"])
    finally:
        composition.APIS = before
    made.testing = True
    return made


@pytest.fixture
def try_out(probe_app: Flask, superuser: Superuser) -> Call:
    return caller(probe_app, superuser)
