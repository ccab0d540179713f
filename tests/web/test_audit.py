"""The auditor's page finds what is asked for; the history of a thing reads like a story."""
import re
from datetime import date
from uuid import UUID

import pytest
from flask import Flask

from portal.assignments import queries as assignment_queries
from portal.assignments import service as assignments
from portal.audit.models import AuditEntry
from portal.audit.views import history_of, steps_of
from portal.filings import queries as filing_queries
from portal.filings import service as filings
from portal.filings.rules import Content, ItemContent
from portal.meetings import queries as meeting_queries
from portal.meetings import service as meetings
from tenants import clock
from tenants.db import db
from tests.conftest import As, Superuser
from tests.factories import exchange, people, world
from tests.factories.bulletins import bulletin
from tests.factories.meetings import meeting
from tests.factories.plans import draft
from tests.web.browsing import Browser
from tests.web.counting import statements

GD = "contact.guangdong"


@pytest.fixture
def auditor(app: Flask) -> Browser:
    made = Browser(app)
    made.enter("auditor")
    made.client.set_cookie("language", "en")
    return made


@pytest.fixture
def story(acting: As, superuser: Superuser) -> UUID:
    """A plan drafted, saved twice and submitted, and nothing else in the trail."""
    superuser.execute("DELETE FROM audit_entry; DELETE FROM audit_head")
    with acting(GD) as contact:
        filing = draft(contact)
        db.session.commit()
        key = filing.id
    with acting(GD) as contact:
        filing = filing_queries.one(contact, key)
        content = filing_queries.content(filing)
        first = next(i for i in filing_queries.ordered(filing) if i.line == "market")
        mended = ItemContent(people.key("deputy.guangdong"), date(2026, 2, 1), date(2026, 6, 1), "list", "the <b>head</b> leads")
        filings.save(filing, Content("the head leads", content.team, content.contacts, content.readiness,
                                     {first.assignment_id: mended}), actor=contact)
        filings.submit(filing, actor=contact)
        db.session.commit()
    return key


def rows(page: str) -> list[str]:
    body = re.search(r"<tbody>(.*)</tbody>", page, re.S)
    return [re.sub(r"<[^>]+>|\s+", " ", row) for row in re.findall(r"<tr>(.*?)</tr>", body[1], re.S)] if body else []


def test_the_history_of_a_plan_reads_like_a_story(app: Flask, story: UUID, acting: As) -> None:
    with acting(GD), app.test_request_context("/", headers={"Cookie": "language=en"}):
        with statements(app) as sent:
            told = history_of("filing", story)
        assert [s.action for s in told] == ["submitted for review", "saved", "opened a draft"]
        submitted, saved, _ = told
        assert (submitted.by, submitted.on_behalf_of, submitted.tone) == (f"示例 {GD}", "", "blue")
        assert "contact" in submitted.role.lower()
        assert submitted.changes["State"] == ("Draft", "Under review")
        assert saved.changes["Working mechanism"][1] == "the head leads"
        owners = [pair for name, pair in saved.changes.items() if name.endswith("· Owner")]
        assert ("示例 deputy.guangdong" in {after for _, after in owners})
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", str([s.changes for s in told]))       # no keys of rows
        assert sum("FROM audit_entry" in s for s in sent) == sum("FROM person" in s for s in sent) == 1 and len(sent) <= 4


def test_what_is_again_as_it_was_is_no_change(app: Flask, acting: As) -> None:
    with acting(GD) as contact:
        key = draft(contact).id
        db.session.commit()
    with acting("deputy.guangdong") as contact:
        filing = filing_queries.one(contact, key)
        before = filing_queries.content(filing)
        for words in ("another head", before.mechanism):
            filings.save(filing, Content(words, before.team, before.contacts, before.readiness, {}), actor=contact)
            db.session.commit()
    with acting(GD), app.test_request_context("/", headers={"Cookie": "language=en"}):
        last = history_of("filing", key)[0]
        assert (last.action, last.by, last.changes) == ("saved", "示例 deputy.guangdong", {})


def test_what_was_said_stands_out(app: Flask, acting: As, superuser: Superuser) -> None:
    with acting("market.guangdong") as owner:
        asked = assignment_queries.of_unit(world.programme(owner).id, owner.appointments[0].unit)
        key = next(a.id for a in asked if a.line == "market" and a.template_kind == "task")
        assignments.report(assignment_queries.one(owner, key), 60, "half <i>way</i>", actor=owner)
        db.session.commit()
    with acting("market.guangdong"), app.test_request_context("/", headers={"Cookie": "language=en"}):
        told = history_of("assignment", key)[0]
        assert (told.action, told.words, told.changes) == ("reported progress", "half <i>way</i>", {"Percent": ("0", "60")})
    with acting("contact.beijing"), app.test_request_context("/"):
        assert history_of("assignment", key) == []


def test_where_an_issue_went_is_told_in_words(app: Flask, acting: As, superuser: Superuser) -> None:
    """No codes of units, lines and rules: the history of an issue names desks as its page does."""
    key = exchange.raised(acting, "contact.beijing", exchange.campaign(superuser, "guangdong"))
    with acting("contact.beijing"), app.test_request_context("/", headers={"Cookie": "language=en"}):
        raised = next(s for s in history_of("issue", key) if s.action == "raised the issue")
        assert raised.changes["Owner"] == ("", "Guangdong · market")
        assert raised.changes["Route"][1].startswith("Guangdong · market, Beijing · ")
        assert not re.search(r"[a-z]_[a-z]|[{}\[\]]", str(list(raised.changes.values())).replace("[(", "").replace(")]", ""))


def test_what_meetings_and_bulletins_keep_as_codes_is_told_in_words(app: Flask, acting: As) -> None:
    called, issued = meeting(acting, "office", "beijing", "tianjin"), bulletin(acting, "beijing", "tianjin")
    with acting("contact.beijing") as contact:
        meetings.answer(meeting_queries.one(contact, called), "sends", "the deputy", actor=contact)
        db.session.commit()
    with acting("office"), app.test_request_context("/", headers={"Cookie": "language=en"}):
        answered, convened = history_of("meeting", called)
        assert answered.changes["State"] == ("", "sends somebody") and convened.changes["Units"] == ("", "Beijing, Tianjin")
        changed = next(s for s in history_of("bulletin", issued) if s.action == "changed")
        assert changed.changes["Receivers"] == ("all units", "Beijing, Tianjin")


@pytest.mark.parametrize(("kind", "field", "value", "words"), [
    ("subscription", "rhythm", "week", "every Monday"), ("bulletin_plan", "rhythm", "quarter", "every quarter"),
    ("person", "language", "zh", "中文"), ("reminder_rung", "channel", "digest", "in the letter of the day"),
    ("supervision", "answer", "need_time", "I need more time")])
def test_codes_are_told_in_words(app: Flask, acting: As, kind: str, field: str, value: str, words: str) -> None:
    entry = AuditEntry(at=clock.now(), by=None, on_behalf_of=None, role=None, action="change", subject_kind=kind,
                       changes={field: [None, value]})
    with acting("office"), app.test_request_context("/", headers={"Cookie": "language=en"}):
        assert [after for _, after in steps_of([entry])[0].changes.values()] == [words]


def test_the_whole_trail(auditor: Browser, story: UUID) -> None:
    page = auditor.get("/audit")
    assert page.status_code == 200 and [re.search(r"submitted|saved|opened a draft", r)[0] for r in rows(page.text)
                                        if "Implementation plan" in r] == ["submitted", "saved", "saved", "opened a draft"]
    assert "&lt;b&gt;head&lt;/b&gt;" in page.text and "<b>head</b>" not in page.text
    assert f'href="/filings/{story}"' in page.text


@pytest.mark.parametrize(("query", "count"), [
    ("unit=guangdong", 5), ("unit=beijing", 0), ("unit=nowhere", 5), ("action=save", 2), ("action=%00", 5), ("kind=filing", 4),
    ("kind=assignment", 1), ("person=contact@guangdong", 5), ("person=示例", 5), ("person=%25", 0), ("person=market@hq", 0),
    ("since=2026-03-10", 5), ("since=2026-03-11", 0), ("until=2026-03-10", 5), ("until=2026-03-09", 0), ("since=yesterday", 5),
    ("since=9999-12-31", 5), ("subject=nonsense", 5), ("subject=00000000-0000-0000-0000-000000000000", 0),
    ("unit=guangdong&action=submit&since=2026-03-10&until=2026-03-10&person=contact", 1), ("cursor=broken", 5),
    ("person=" + "x" * 10_000, 0)])
def test_filters(auditor: Browser, story: UUID, query: str, count: int) -> None:
    page = auditor.get(f"/audit?{query}")
    assert page.status_code == 200 and len(rows(page.text)) == count
    assert count or 'class="empty' in page.text


def test_only_this_one(auditor: Browser, story: UUID) -> None:
    page = auditor.get(f"/audit?subject={story}&action=save").text
    assert len(rows(page)) == 2 and "one thing" in page and f'name="subject" value="{story}"' in page


def test_page_by_page_with_pinned_queries(app: Flask, auditor: Browser, story: UUID, superuser: Superuser) -> None:
    with statements(app) as few:
        auditor.get("/audit")
    superuser.execute("INSERT INTO audit_entry (id, unit_id, at, by, action, subject_kind, subject_id, changes, seq, prev, hash)"
                      " SELECT gen_random_uuid(), 2, '2026-02-01', %s, 'chase', 'assignment', gen_random_uuid(),"
                      " '{\"text\": \"now\"}', n, '', '' FROM generate_series(1, 120) n", (people.key("market"),))
    seen, path, pages = [], "/audit", 0
    while path:
        with statements(app) as many:
            page = auditor.get(path).text
        assert len(many) <= max(len(few), 9), many
        seen += rows(page)
        more = re.search(r'rel="next" href="([^"]+)"', page)
        path, pages = (more[1].replace("&amp;", "&") if more else ""), pages + 1
    assert (len(seen), pages) == (125, 3) and len({r for r in seen if "chased" in r}) >= 120


@pytest.mark.parametrize("name", ["office", "leader", "market", GD, "admin"])
def test_it_is_the_auditors(app: Flask, name: str) -> None:
    browser = Browser(app)
    browser.enter(name)
    assert browser.get("/audit").status_code == 403
