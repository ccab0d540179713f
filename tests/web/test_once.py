"""A form that makes something, sent twice: one thing, and the same way onwards; also at the same moment. A refusal is none."""
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from html import unescape
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.supervision import queries as orders
from portal.supervision import service as supervision
from portal.supervision.models import Order
from portal.web import answered, once
from tenants import clock
from tenants.access import Identity
from tenants.db import db
from tests.conftest import As, Superuser
from tests.factories import world
from tests.factories.bulletins import bulletin
from tests.factories.campaigns import content, live
from tests.factories.exchange import campaign, raised
from tests.factories.files import PDF
from tests.factories.meetings import meeting
from tests.factories.plans import draft
from tests.factories.supervision import order
from tests.services.test_extensions import asked
from tests.web.browsing import Browser, Enter, Fields
from tests.web.issue_pages import FORM as ISSUE
from tests.web.test_admin_saving import PERSON
from tests.web.test_campaigns import FORM as CAMPAIGN
from tests.web.test_meetings import FORM as MEETING
from tests.web.test_programmes import TASK

TOKEN = re.compile(r'name="once_token" value="([0-9a-f]{32})"')
# Who opens which page, and sends the form of which address with what; `{name}` is the key of a thing in `things`.
FORMS: Mapping[str, tuple[str, str, str, Fields]] = {
    "issue": ("contact.guangdong", "/issues/new", "/issues/new", {**ISSUE, "campaign": "{launched}"}),
    "comment": ("contact.guangdong", "/issues/{issue}", "/issues/{issue}/comment", {"text": "Seen again today."}),
    "complaints": ("contact.guangdong", "/issues/{issue}", "/issues/{issue}/join", {"complaint_count": "2", "text": ""}),
    "chase of an issue": ("contact.guangdong", "/issues/{issue}", "/issues/{issue}/chase", {"text": "Please."}),
    "campaign": ("market.guangdong", "/campaigns/new", "/campaigns/new", CAMPAIGN),
    "chase of a campaign": ("market.guangdong", "/campaigns/{campaign}", "/campaigns/{campaign}/chase", {"text": "Please."}),
    "meeting": ("office", "/meetings/new", "/meetings/new", MEETING),
    "decision": ("office", "/meetings/{meeting}", "/meetings/{meeting}/decisions",
                 {"title": "Correct them", "deliverable": "A list", "unit": "guangdong", "line": "market", "due": "2026-06-01"}),
    "order": ("office", "/supervision/new", "/supervision/new", {"grade": "urgent", "words": "Mend it", "units": ["guangdong"]}),
    "reply": ("contact.guangdong", "/supervision/{order}", "/supervision/{order}/reply",
              {"words": "Done.", "done_by": "2026-03-02", "version": "{of_order}"}),
    "request for a longer term": ("contact.guangdong", "/supervision/{order}", "/supervision/{order}/more-time",
                                  {"due": "2026-06-01", "reason": "Late.", "blocking": ""}),
    "acceptance": ("office", "/supervision/{replied}", "/supervision/{order}/accept", {"remark": "", "version": "{of_order}"}),
    "return": ("office", "/supervision/{replied}", "/supervision/{order}/return",
               {"remark": "More.", "term": "", "version": "{of_order}"}),
    "longer term": ("office", "/supervision/{order}", "/supervision/{order}/extend",
                    {"term": "2026-06-01", "reason": "Late.", "version": "{of_order}"}),
    "no longer term": ("office", "/supervision/{waiting}", "/supervision/{order}/decline",
                       {"reason": "No.", "version": "{of_order}"}),
    "withdrawal": ("office", "/supervision/{order}", "/supervision/{order}/withdraw", {"reason": "No.", "version": "{of_order}"}),
    "more time taken back": ("market.guangdong", "/assignments/{extending}", "/assignments/{task}/extensions/withdraw", {}),
    "more time granted": ("office", "/assignments/{extending}", "/assignments/{task}/extensions/verdict",
                          {"extension": "{extension}", "verdict": "grant", "remark": ""}),
    "more time declined": ("office", "/assignments/{extending}", "/assignments/{task}/extensions/verdict",
                           {"extension": "{extension}", "verdict": "decline", "remark": "No."}),
    "bulletin": ("office", "/bulletins/new", "/bulletins/new", {"title": "示例 Bulletin"}),
    "plan of bulletins": ("office", "/bulletins/plans", "/bulletins/plans",
                          {"title": "示例 Monthly", "rhythm": "month", "working_day": "1", "receivers": ["all"]}),
    "chase of a bulletin": ("office", "/bulletins/{bulletin}", "/bulletins/{bulletin}/chase", {}),
    "filing": ("contact.beijing", "/filings", "/filings", {"programme": "{programme}"}),
    "question": ("contact.guangdong", "/filings/{filing}", "/filings/{filing}/ask", {"text": "Which figures?"}),
    "task in mid-year": ("office", "/programmes/{programme}/add", "", {**TASK, "code": "90", "targets": ["unit:tibet"]}),
    "colleague": ("contact.guangdong", "/units/guangdong", "/units/guangdong/people",
                  {"name": "示例 new", "email": "new@guangdong.example"}),
    "list that comes": ("contact.guangdong", "/account/subscriptions/new?page=/assignments", "/account/subscriptions",
                        {"page": "/assignments", "name": "Mine", "rhythm": "week", "language": "en"}),
    "person": ("admin", "/admin/people/new/", "/admin/people/new/", PERSON),
    "receipts": ("contact.guangdong", "/desk", "/desk/acknowledge", {"pick": ["bulletin {bulletin}"]}),
}
# Routes that a second POST harms nothing, and why.
HARMLESS: Mapping[str, tuple[str, ...]] = {
    "it names a version, which the first has moved on": (
        "/meetings/<key>/edit", "/meetings/<key>/cancel", "/meetings/<key>/publish", "/meetings/<key>/decisions/change",
        "/filings/<key>", "/programmes/<key>/words", "/programmes/<key>/days",
        "/programmes/<key>/templates/<part>", "/bulletins/<key>/edit", "/bulletins/<key>/refresh", "/bulletins/<key>/publish",
        "/campaigns/<key>/edit", "/campaigns/<key>/move", "/campaigns/<key>/checks", "/campaigns/<key>/go-live",
        "/campaigns/<key>/pause", "/campaigns/<key>/end", "/assignments/progress", "/assignments/<key>/progress",
        "/assignments/<key>/hand-in", "/assignments/<key>/verify", "/assignments/<key>/cancel", "/assignments/<key>/owner",
        "/cautions/<key>", "/channels/<uuid:key>", "/operations/notices", "/reminders", "/exchange/limits", "/exchange/hours",
        "/exchange/calendar", "/exchange/desks"),
    "what it answers, ends or takes away is so only once": (
        "/reminders/answer/<token>", "/meetings/<key>/answer", "/filings/<key>/review",
        "/files/<uuid:key>/remove", "/programmes/<key>/templates/<part>/remove", "/programmes/<key>/issue",
        "/programmes/<key>/end", "/bulletins/<key>/remove", "/bulletins/<key>/acknowledge", "/campaigns/<key>/receipt",
        "/campaigns/import/<key>/discard", "/channels/<uuid:key>/remove", "/account/delegations/<uuid:key>/end",
        "/saved/<uuid:key>/remove", "/account/subscriptions/<uuid:key>/end", "/account/calendar/end", "/resume",
        "/operations/parked/retry", "/operations/parked/<uuid:key>/retry"),
    "it says how a thing stands from now on": (
        "/bulletins/plans/<key>", "/language", "/theme", "/act-as", "/notices/preferences", "/notices/read",
        "/notices/<uuid:key>/open", "/saved", "/account/calendar", "/account/subscriptions/<uuid:key>/pause",
        "/account/subscriptions/<uuid:key>/resume"),
    "it shows something": ("/supervision/choose", "/issues/new/campaigns", "/issues/new/about", "/issues/new/route"),
}


class Things(dict[str, str]):
    """Keys of what the forms are about, each made when it is first asked for."""

    def __init__(self, acting: As, superuser: Superuser) -> None:
        super().__init__()
        self.acting, self.superuser = acting, superuser

    def __missing__(self, name: str) -> str:
        self[name] = str(getattr(self, name)())
        return self[name]

    def launched(self) -> UUID:
        return campaign(self.superuser, "migu", lands=["guangdong", "beijing"])

    def issue(self) -> UUID:
        return raised(self.acting, "contact.guangdong", UUID(self["launched"]))

    def campaign(self) -> UUID:
        with self.acting("market.guangdong") as launcher:
            made = live(launcher, content(lands_in=["guangdong"], product_owner="migu")).id
            db.session.commit()
            return made

    def meeting(self) -> UUID:
        return meeting(self.acting, "office", "guangdong")

    def order(self) -> UUID:
        return order(self.acting, "office", "guangdong")

    def replied(self) -> str:
        self._of_order("contact.guangdong", lambda o, me: supervision.reply(o, "Done.", clock.today(), actor=me))
        return self["order"]

    def waiting(self) -> str:
        self._of_order("contact.guangdong", lambda o, me: supervision.ask_time(o, date(2026, 6, 1), "Late.", actor=me))
        return self["order"]

    def of_order(self) -> int:
        with self.acting("office") as office:
            return orders.one(office, UUID(self["order"])).version

    def _of_order(self, who: str, act: Callable[[Order, Identity], object]) -> None:
        with self.acting(who) as me:
            act(orders.one(me, UUID(self["order"])), me)
            db.session.commit()

    def task(self) -> UUID:
        row = self.superuser.execute("SELECT a.id FROM assignment a JOIN unit u ON u.id = a.unit_id WHERE u.code = 'guangdong'"
                                     " AND line = 'market' AND milestone = 'sorting' AND template_kind = 'task'"
                                     " ORDER BY a.id LIMIT 1").fetchone()
        assert row
        return UUID(str(row[0]))

    def extending(self) -> str:
        asked(self.acting, UUID(self["task"]), date(2026, 9, 30))
        return self["task"]

    def extension(self) -> UUID:
        row = self.superuser.execute("SELECT id FROM extension WHERE assignment_id = %s", (self["task"],)).fetchone()
        assert row
        return UUID(str(row[0]))

    def bulletin(self) -> UUID:
        return bulletin(self.acting, "guangdong")

    def filing(self) -> UUID:
        with self.acting("contact.guangdong") as contact:
            made = draft(contact).id
            db.session.commit()
            return made

    def programme(self) -> UUID:
        with self.acting("office") as office:
            return world.programme(office).id


@pytest.fixture
def things(acting: As, superuser: Superuser) -> Things:
    return Things(acting, superuser)


def token_in(page: TestResponse, action: str) -> str:
    """That of the form which sends to the address; without one, to the page itself."""
    sends = rf'action="{re.escape(action)}"' if action else r'(?=[^>]*method="post")(?![^>]*action=)'
    forms = re.findall(rf"<form\b[^>]*{sends}[^>]*>(.*?)</form>", page.text, re.S)
    found = next((token for form in forms if (token := TOKEN.search(form))), None)
    assert found, (page.status_code, forms)
    return found[1]


def counts(superuser: Superuser) -> dict[str, int]:
    """How many rows each table has."""
    tables = [r[0] for r in superuser.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace").fetchall()]
    one = " UNION ALL ".join(f"SELECT '{t}', count(*) FROM {t}" for t in tables)
    return {name: int(n) for name, n in superuser.execute(one).fetchall()}


def filled(fields: Fields, things: Things) -> dict[str, str | list[str]]:
    return {k: v.format_map(things) if isinstance(v, str) else [x.format_map(things) for x in v] for k, v in fields.items()}


@pytest.mark.parametrize("name", FORMS)
def test_sent_twice_it_is_made_once(enter: Enter, things: Things, superuser: Superuser, name: str) -> None:
    who, page, action, fields = FORMS[name]
    page, action, sent = page.format_map(things), action.format_map(things), filled(fields, things)
    with clock.standing_at(world.NOW + timedelta(days=3 if name == "decision" else 0)):      # made at the meeting
        browser = enter(who)
        sent["once_token"] = token_in(browser.get(page), action)
        before = counts(superuser)
        first = browser.post(action or page, sent)
        made = counts(superuser)
        assert first.status_code == 303, first.text[:2000]
        assert {t for t in made if made[t] > before[t]} > {"stored_answer"}
        again = browser.post(action or page, sent)
    assert (again.status_code, again.headers["Location"]) == (303, first.headers["Location"])
    assert counts(superuser) == made


def test_files_are_added_once(enter: Enter, things: Things, superuser: Superuser) -> None:
    browser, page = enter("contact.guangdong"), f"/issues/{things['issue']}"
    token = token_in(browser.get(page), f"{page}/files")

    def send(content: bytes, name: str) -> TestResponse:
        sent = {"once_token": token, "file": (BytesIO(content), name)}
        return browser.post(f"{page}/files", sent, content_type="multipart/form-data")
    assert send(b"MZ", "a.exe").status_code == 303 and counts(superuser)["attachment"] == 0
    assert counts(superuser)["stored_answer"] == 0                     # nothing was made: nothing is kept
    for _ in range(2):
        assert send(PDF, "a.pdf").status_code == 303
    assert counts(superuser)["attachment"] == 1
    assert send(PDF, "b.pdf").status_code == 303 and counts(superuser)["attachment"] == 2


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """The first to have made something stops before it says so, until it is told to go on."""
    inside, go_on, keep = threading.Event(), threading.Event(), answered.keep

    def slowly(*args: object) -> None:
        inside.set()
        assert go_on.wait(20)
        keep(*args)
    monkeypatch.setattr(answered, "keep", slowly)
    yield inside, go_on
    go_on.set()


def test_two_at_the_same_moment_make_one(enter: Enter, superuser: Superuser, app: Flask,
                                         waiting: tuple[threading.Event, threading.Event]) -> None:
    inside, go_on = waiting
    one, other = enter("office"), enter("office")
    sent = {**MEETING, "once_token": token_in(one.get("/meetings/new"), "/meetings/new")}
    other.get("/meetings/new")
    led: list[str] = []

    def send(browser: Browser) -> threading.Thread:
        def run() -> None:
            led.append(browser.post("/meetings/new", sent).headers["Location"])
        thread = threading.Thread(target=run)
        thread.start()
        return thread
    first = send(one)
    assert inside.wait(20)
    second = send(other)
    for _ in range(200):
        if superuser.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone():
            break
        threading.Event().wait(0.05)
    else:
        pytest.fail("the second did not wait")
    assert led == []
    go_on.set()
    first.join(20)
    second.join(20)
    assert len(led) == 2 and len(set(led)) == 1 and counts(superuser)["meeting"] == 1


def test_a_session_that_ended_before_it_is_sent_again(enter: Enter, superuser: Superuser) -> None:
    """The form that was kept over the sign-in is the one that has made something."""
    office = enter("office")
    sent = {**MEETING, "once_token": token_in(office.get("/meetings/new"), "/meetings/new")}
    first = office.post("/meetings/new", sent)
    office.client.delete_cookie("portal")
    assert office.post("/meetings/new", sent).headers["Location"] == "/login?next=/resume"
    office.sign_in("office", next="/resume")
    page = office.get("/resume").text
    kept = re.search(r'<form[^>]*action="/meetings/new"[^>]*>(.*?)</form>', page, re.S)
    assert kept and sent["once_token"] not in page.replace(kept[1], "")              # it is nothing that one has typed
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', kept[1]):
        fields.setdefault(unescape(name), []).append(unescape(value))
    fields.pop("csrf_token")
    assert len(fields["once_token"]) == 2
    assert office.post("/meetings/new", fields).headers["Location"] == first.headers["Location"]
    assert counts(superuser)["meeting"] == 1


def test_of_one_that_is_refused_the_token_serves_again(enter: Enter, superuser: Superuser) -> None:
    office = enter("office")
    token = token_in(office.get("/meetings/new"), "/meetings/new")
    wrong = {**MEETING, "title": "", "once_token": token}
    refused = office.post("/meetings/new", wrong)
    assert refused.status_code == 422 and token_in(refused, "/meetings/new") == token
    assert office.post("/meetings/new", wrong).status_code == 422
    assert office.post("/meetings/new", {**MEETING, "once_token": token}).status_code == 303
    assert counts(superuser)["meeting"] == 1


def test_a_token_is_its_persons_and_its_contents(enter: Enter, superuser: Superuser) -> None:
    office, market = enter("office"), enter("market")
    token = token_in(office.get("/meetings/new"), "/meetings/new")
    assert token != token_in(office.get("/meetings/new"), "/meetings/new")
    market.get("/meetings/new")
    sent = {**MEETING, "once_token": token}
    mine = office.post("/meetings/new", sent)
    theirs = market.post("/meetings/new", sent)
    assert (mine.status_code, theirs.status_code) == (303, 303) and mine.headers["Location"] != theirs.headers["Location"]
    other = office.post("/meetings/new", {**sent, "title": "Another matter"})      # gone back to, changed and sent: nothing is lost
    assert other.status_code == 303 and other.headers["Location"] != mine.headers["Location"]
    assert counts(superuser)["meeting"] == 3
    assert office.post("/meetings/new", sent).headers["Location"] == mine.headers["Location"]


@pytest.mark.parametrize("token", [None, "", "x", "0" * 33, "'; DROP TABLE meeting; --"])
def test_without_a_token_each_is_one_of_its_own(enter: Enter, superuser: Superuser, token: str | None) -> None:
    office = enter("office")
    office.get("/meetings/new")
    for _ in range(2):
        assert office.post("/meetings/new", {**MEETING, **({} if token is None else {"once_token": token})}).status_code == 303
    assert counts(superuser)["meeting"] == 2 and counts(superuser)["stored_answer"] == 0


def test_after_a_day_the_token_counts_no_more(enter: Enter, superuser: Superuser) -> None:
    sent = {**MEETING, "day": "2026-03-20"}
    office = enter("office")
    sent["once_token"] = token_in(office.get("/meetings/new"), "/meetings/new")
    assert office.post("/meetings/new", sent).status_code == 303
    with clock.standing_at(world.NOW + timedelta(hours=24)):
        for _ in range(2):
            assert office.post("/meetings/new", sent).status_code == 303
    assert counts(superuser)["meeting"] == 2


def test_every_post_makes_something_once_or_says_why_twice_is_harmless(app: Flask) -> None:
    posts = {r.rule: app.view_functions[r.endpoint] for r in app.url_map.iter_rules() if "POST" in (r.methods or ())
             and not r.rule.startswith(("/api/", "/admin/")) and not r.endpoint.startswith("security.")}
    makes = {rule for rule, view in posts.items() if once.makes(view)}
    harmless = [rule for rules in HARMLESS.values() for rule in rules]
    assert len(set(harmless)) == len(harmless) and makes.isdisjoint(harmless)
    assert set(posts) == makes | set(harmless)
