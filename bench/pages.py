"""How long the pages take and how many statements they cost, on the demonstration year: `make bench`.

Through the whole application as the runtime role, one request after another; medians of the requests after the first."""
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from portal import embedded, migrate
from portal.app import create_app
from portal.config import Settings
from seed import demo
from seed.commands import add_reference, draft
from tenants import clock
from tenants.db import db

RUNS = 15


def make(data: Path) -> tuple[Flask, Settings]:
    """A portal with a demonstration year in servers of its own."""
    server, broker = embedded.start(data), embedded.start_valkey(data)
    migrate.upgrade(server.dsn("portal_owner", "portal"))
    settings = Settings(database_url=server.dsn("portal_app", "portal"), database_owner_url=server.dsn("portal_owner", "portal"),
                        broker_url=broker.url, secret_key="bench only, nothing secret", data=data)
    app = create_app(settings)
    with app.app_context():
        add_reference()
        draft(clock.today().year)
        began = time.perf_counter()
        demo.make(settings.demo_password, settings.base_url, lambda _: None)
        print(f"demonstration year made in {time.perf_counter() - began:.1f} s")
    return app, settings


def sign_in(app: Flask, settings: Settings, email: str) -> FlaskClient:
    client = app.test_client()
    token = client.get("/login").text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    answer = client.post("/login", data={"email": email, "password": settings.demo_password, "csrf_token": token})
    assert answer.status_code in (302, 303), f"{email} cannot sign in: {answer.status_code}"
    return client


def first(client: FlaskClient, listed: str, kind: str, attribute: str = "data-href") -> str:
    """The key of the first thing on a list; nothing where it is empty."""
    _, found, rest = client.get(listed).text.partition(f'{attribute}="/{kind}/')
    return rest.split('"', 1)[0] if found else ""


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """Every statement that the application's engine sends inside the block."""
    sent: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def measure(app: Flask, client: FlaskClient, who: str, name: str, path: str) -> None:
    client.get(path)
    with counted(app) as sent:
        size = len(client.get(path).data)
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        answer = client.get(path)
        times.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
    middle, most = statistics.median(times), max(times)
    print(f"{name:26}{who:12}{middle:6.0f} ms, at most {most:4.0f} {len(sent):6} statements {size / 1024:7.0f} kB")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        data = Path(folder)
        app, settings = make(data)
        try:
            office, contact = sign_in(app, settings, "office@hq.example"), sign_in(app, settings, "contact@guangdong.example")
            market = sign_in(app, settings, "market@hq.example")
            row = first(contact, "/filings", "filings", "href")
            submitted = first(office, "/filings?state=submitted", "filings") or row
            item, meeting = first(contact, "/assignments", "assignments"), first(office, "/meetings", "meetings")
            issue, campaign = first(contact, "/issues", "issues"), first(contact, "/campaigns", "campaigns")
            for client, who, name, path in (
                    (contact, "contact", "desk", "/desk"), (office, "office", "desk", "/desk"),
                    (market, "line lead", "desk", "/desk"),
                    (office, "office", "board", "/board"), (contact, "contact", "board", "/board"),
                    (office, "office", "assignments", "/assignments"),
                    (office, "office", "assignments, red", "/assignments?light=red"),
                    (office, "office", "filings", "/filings"), (contact, "contact", "one plan", f"/filings/{row}"),
                    (market, "line lead", "review of a plan", f"/filings/{submitted}/review"),
                    (contact, "contact", "one assignment", f"/assignments/{item}"),
                    (contact, "contact", "progress of many (form)", "/assignments/progress"),
                    (contact, "contact", "issues", "/issues"), (office, "office", "issues", "/issues"),
                    (office, "office", "issues, overdue", "/issues?overdue=1"),
                    (contact, "contact", "one issue", f"/issues/{issue}"),
                    (contact, "contact", "raise an issue", f"/issues/new?campaign={campaign}"),
                    (contact, "contact", "campaigns", "/campaigns"), (office, "office", "campaigns", "/campaigns"),
                    (contact, "contact", "one campaign", f"/campaigns/{campaign}"), (office, "office", "flows", "/flows"),
                    (office, "office", "flows, one by one", "/flows?show=resolve&provinces=all"),
                    (office, "office", "exchange rules", "/exchange"), (office, "office", "meetings", "/meetings"),
                    (office, "office", "one meeting", f"/meetings/{meeting}"), (contact, "contact", "search", "/search?q=2026"),
                    (office, "office", "search", "/search?q=2026")):
                measure(app, client, who, name, path)
        finally:
            for server in (embedded.start(data), embedded.start_valkey(data)):
                embedded.stop(server)


if __name__ == "__main__":
    main()
