"""Guessing keys: what one may not see is answered like what does not exist, after the same work: the same statements, one by
one, in a unit's lane and in headquarters'. How long they take is compared in bench/guessing.py."""
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from portal.attachments import service as files
from tenants.db import db
from tests.api.conftest import Call, call
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.exchange import campaign, raised, unit
from tests.factories.files import PDF
from tests.web.counting import statements
from tests.web.issue_pages import Signed, signed

__all__ = ["call", "signed"]                           # fixtures

UNKNOWN = "0192a000-0000-7000-8000-00000000ffff"
TRIED = ("contact.tibet", "market.tibet", "network", "enterprise")      # two of a unit, two lines at headquarters


@dataclass(frozen=True)
class Hidden:
    """Migu's campaign, which lands in Guangdong, an issue on it and the issue's file."""
    campaign: str
    issue: str
    file: str


@pytest.fixture
def hidden(acting: As, superuser: Superuser) -> Hidden:
    about = campaign(superuser, "migu", lands=["guangdong"])
    issue = raised(acting, "contact.guangdong", about)
    with acting("contact.guangdong") as actor:
        file = files.attach("issue", issue, BytesIO(PDF), "a.pdf", actor=actor).id
        db.session.commit()
    return Hidden(str(about), str(issue), str(file))


def guesses(kind: str) -> Iterator[tuple[str, str, Any]]:
    """(method, path, body) of calls that name a key of that kind, as `{}`."""
    yield from {
        "issue": [("GET", "/issues/{}", None), ("GET", "/issues/{}/history", None), ("GET", "/issues/{}/comments", None),
                  ("GET", "/issues/{}/related", None), ("GET", "/issues/{}/files", None), ("POST", "/issues/{}/accept", {}),
                  ("POST", "/issues/{}/comments", {"text": "x"})],
        "campaign": [("GET", "/campaigns/{}", None), ("GET", "/campaigns/{}/history", None), ("GET", "/campaigns/{}/files", None),
                     ("POST", "/campaigns/{}/receipt", {})],
        "file": [("GET", "/files/{}", None), ("POST", "/files/{}/remove", {})]}[kind]


def bodies(named: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Calls that name a campaign in what they send."""
    yield "/issues/route", {"campaign": named, "raised_by": "tibet"}
    yield "/issues", {"campaign": named, "raised_by": "tibet", "title": "x", "description": "y", "control_element": "rules",
                      "severity": "high", "complaint_count": 1}


@pytest.mark.parametrize("kind", ["issue", "campaign", "file"])
@pytest.mark.parametrize("name", TRIED)
def test_programs_learn_nothing_by_the_work(app: Flask, call: Call, hidden: Hidden, name: str, kind: str) -> None:
    if kind == "campaign" and "." not in name:
        return                                         # headquarters sees every campaign
    key = getattr(hidden, kind)
    call(name, "GET", "/me")
    for method, path, body in guesses(kind):
        found = []
        for guess in (UNKNOWN, key, UNKNOWN, key):
            with statements(app) as sent:
                answer = call(name, method, path.format(guess), json=body)
            found.append((answer.status_code, answer.data, tuple(sent)))
        assert found[2] == found[3] and found[2][0] == 404, (name, path)


def test_a_campaign_in_a_body_is_as_if_it_were_not_there(app: Flask, call: Call, hidden: Hidden) -> None:
    for name in ("contact.tibet", "market.tibet"):
        for guess in (UNKNOWN, hidden.campaign):       # everything is loaded
            [call(name, "POST", path, json=body) for path, body in bodies(guess)]
        for (path, unknown), (_, theirs) in zip(bodies(UNKNOWN), bodies(hidden.campaign), strict=True):
            found = []
            for body in (unknown, theirs):
                with statements(app) as sent:
                    answer = call(name, "POST", path, json=body)
                found.append((answer.status_code, answer.data, tuple(sent)))
            assert found[0] == found[1] and found[0][0] == 422, (name, path)


@pytest.mark.parametrize("name", TRIED)
def test_pages_learn_nothing_by_the_work(app: Flask, signed: Signed, hidden: Hidden, name: str) -> None:
    browser = signed(name)
    for path, key in (("/issues/{}", hidden.issue), ("/files/{}", hidden.file), ("/campaigns/{}", hidden.campaign)):
        if path.startswith("/campaigns") and "." not in name:
            continue
        browser.get(path.format(UNKNOWN))
        found = []
        for guess in (UNKNOWN, key):
            with statements(app) as sent:
                answer = browser.get(path.format(guess))
            found.append((answer.status_code, tuple(sent)))
        assert found[0] == found[1] and found[0][0] == 404, (name, path)


def test_a_function_that_has_ended_takes_its_files_along(app: Flask, call: Call, signed: Signed, hidden: Hidden,
                                                         superuser: Superuser) -> None:
    """The same link, for the same person, who works elsewhere from today on."""
    link = f"/files/{hidden.file}"
    browser = signed("market.guangdong")
    assert browser.get(link).status_code == call("market.guangdong", "GET", link).status_code == 200
    superuser.execute("UPDATE appointment SET valid_until = '2026-03-09' WHERE person_id = %s", (people.key("market.guangdong"),))
    superuser.execute("INSERT INTO appointment (id, person_id, unit_id, role, line, deputy, valid_from, version) VALUES"
                      " (gen_random_uuid(), %s, %s, 'line_owner', 'market', false, '2026-03-10', 1)",
                      (people.key("market.guangdong"), unit(superuser, "tibet")))
    gone = f"/files/{UNKNOWN}"
    assert browser.get(link).status_code == browser.get(gone).status_code == 404
    assert browser.get(f"/issues/{hidden.issue}").status_code == 404
    answers = [call("market.guangdong", "GET", path) for path in (link, gone)]
    assert answers[0].status_code == 404 and answers[0].data == answers[1].data
