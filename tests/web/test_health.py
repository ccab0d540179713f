"""What machines ask: it lives, it can work, how it does; told to those it concerns, and without a session."""
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import migrate
from portal.app import create_app
from portal.config import Settings
from portal.health import queries
from tests.conftest import ROOT, Superuser

Ask = Callable[[str], TestResponse]


def portal(app: Flask, **changes: object) -> FlaskClient:
    """A portal like the test's, but with other settings."""
    settings: Settings = app.config["PORTAL"]
    return create_app(replace(settings, **changes)).test_client()


NOWHERE = {"database_url": "postgresql+psycopg://portal_app:x@127.0.0.1:1/portal?connect_timeout=1",
           "broker_url": "unix:///nonexistent/valkey.sock"}


def test_it_lives_whatever_is_missing(app: Flask) -> None:
    answer = portal(app, **NOWHERE).get("/healthz", headers={"Cookie": "portal=of-a-session-that-nobody-has"})
    assert answer.status_code == 200 and "Set-Cookie" not in answer.headers


def test_ready(app: Flask) -> None:
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()) == (
        200, {"ready": True, "database": True, "migrated": True, "seeded": True, "broker": True})
    assert answer.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("gone", "missing"), [
    (["broker_url"], {"broker"}), (["database_url"], {"database", "migrated", "seeded"}),
    (["broker_url", "database_url"], {"broker", "database", "migrated", "seeded"})])
def test_not_ready_without_a_server(app: Flask, gone: list[str], missing: set[str]) -> None:
    answer = portal(app, **{name: NOWHERE[name] for name in gone}).get("/readyz")
    said = answer.get_json()
    assert answer.status_code == 503 and not said.pop("ready")
    assert {name for name, fine in said.items() if not fine} == missing
    assert "nonexistent" not in answer.text and "127.0.0.1" not in answer.text          # strangers may ask


def test_not_ready_before_the_seed(app: Flask, superuser: Superuser) -> None:
    superuser.execute("ALTER TABLE unit RENAME TO unit_hidden; CREATE TABLE unit (id int); GRANT SELECT ON unit TO portal_app")
    try:
        answer = app.test_client().get("/readyz")
    finally:
        superuser.execute("DROP TABLE unit; ALTER TABLE unit_hidden RENAME TO unit")
    assert answer.status_code == 503 and answer.get_json()["seeded"] is False and answer.get_json()["migrated"] is True


def test_not_ready_at_another_revision(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_expected", lambda: "of another time")
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503 and answer.get_json()["migrated"] is False
    assert migrate.newest() is not None


def test_an_empty_database_answers(app: Flask, superuser: Superuser) -> None:
    superuser.execute("ALTER FUNCTION app.revision() RENAME TO revision_hidden")
    try:
        said = app.test_client().get("/readyz").get_json()
    finally:
        superuser.execute("ALTER FUNCTION app.revision_hidden() RENAME TO revision")
    assert said == {"ready": False, "database": True, "migrated": False, "seeded": False, "broker": True}


def test_figures(app: Flask, superuser: Superuser) -> None:
    superuser.execute("UPDATE outbox_message SET parked_at = at WHERE id = (SELECT id FROM outbox_message ORDER BY id LIMIT 1)")
    client = app.test_client()
    client.get("/readyz")
    client.get("/nothing/like/this")
    client.open("/healthz", method="BREW")
    text = client.get("/metrics").text
    assert 'portal_requests_total{endpoint="health.readyz",method="GET",status="200"}' in text
    assert 'portal_requests_total{endpoint="none",method="any",status="404"}' in text
    assert 'portal_requests_total{endpoint="none",method="any",status="405"}' in text and "BREW" not in text
    assert 'portal_request_seconds_bucket{endpoint="health.readyz",le="+Inf",method="GET"}' in text
    assert 'portal_outbox_parked{topic="notice"} 1.0' in text and 'portal_outbox_waiting{topic="notice"}' in text
    assert "portal_database_up 1.0" in text


def test_figures_without_the_database(app: Flask) -> None:
    answer = portal(app, database_url=NOWHERE["database_url"]).get("/metrics")
    assert answer.status_code == 200 and "portal_database_up 0.0" in answer.text


@pytest.mark.parametrize(("address", "header", "allowed", "status"), [
    ("127.0.0.1", {}, None, 200), ("::1", {}, None, 200), ("10.20.3.4", {}, None, 404),
    ("10.20.3.4", {}, "10.20.0.0/16", 200), ("127.0.0.1", {}, "10.20.0.0/16", 404),
    ("127.0.0.1", {"X-Forwarded-For": "10.20.3.4"}, None, 404), ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, None, 404)])
def test_who_may_see_the_figures(app: Flask, address: str, header: dict[str, str], allowed: str | None, status: int) -> None:
    client = app.test_client() if allowed is None else portal(app, metrics_allow=allowed)
    answer = client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=header)
    assert answer.status_code == status and ("portal_requests" in answer.text) is (status == 200)


def test_processes_share_their_figures(tmp_path: Path) -> None:
    """As the supervisor's web processes do: each counts for itself, whoever is asked answers for all."""
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    count = "from portal.health.views import REQUESTS; REQUESTS.labels('desk.index', 'GET', '200').inc(2)"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", count], env=env, cwd=ROOT, check=True, timeout=60)
    read = ("import prometheus_client as p; from prometheus_client.multiprocess import MultiProcessCollector as M;"
            "r = p.CollectorRegistry(); M(r); print(p.generate_latest(r).decode())")
    said = subprocess.run([sys.executable, "-c", read], env=env, cwd=ROOT, check=True, timeout=60, capture_output=True, text=True)
    assert 'portal_requests_total{endpoint="desk.index",method="GET",status="200"} 4.0' in said.stdout
