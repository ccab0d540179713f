"""The pages of bulletins: composed, written, published, acknowledged; the document for Word; what others find of it."""
import hashlib
import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import docx
import pytest
from flask import Flask
from openpyxl import load_workbook

from portal import papers
from portal.bulletins import rules
from portal.bulletins.models import Bulletin
from portal.bulletins.views import shape
from tenants import clock
from tenants.db import db
from tenants.messages import N_
from tests.conftest import As, Superuser
from tests.factories import world
from tests.factories.bulletins import bulletin
from tests.factories.exchange import campaign, raised
from tests.factories.files import PDF
from tests.web.browsing import Enter, faults_beside
from tests.web.counting import statements
from tests.web.test_assignments import keys
from tests.web.test_assignments import version as revision

WORDS = {"title": "示例 Bulletin of spring", "opening": "Much was done.\nMore is to do.", "flows": "Few issues.",
         "receivers": ["guangdong", "tibet"]}


def version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


def test_composed_written_published_and_acknowledged(enter: Enter) -> None:
    office = enter("office")
    assert "Bulletin of 2026-03" in office.get("/bulletins/new").text
    wrong = office.post("/bulletins/new", {"title": " "})
    assert wrong.status_code == 422 and faults_beside(wrong, "title")
    made = office.post("/bulletins/new", {"title": "示例 Bulletin"})
    assert made.status_code == 303 and made.headers["Location"].endswith("/edit")
    page = made.headers["Location"].removesuffix("/edit")
    form = office.get(f"{page}/edit").text
    refused = office.post(f"{page}/edit", {**WORDS, "title": "", "receivers": [], "version": version(form)})
    assert refused.status_code == 422 and "More is to do." in refused.text and "at least one" in faults_beside(refused, "receivers")
    assert faults_beside(refused, "title")
    assert office.post(f"{page}/edit", {**WORDS, "version": "99"}).status_code == 412
    assert office.post(f"{page}/edit", {**WORDS, "version": version(form)}).status_code == 303
    contact = enter("contact.guangdong")
    assert contact.get(page).status_code == 404 and "Bulletin of spring" not in contact.get("/bulletins").text
    draft = office.get(page).text
    assert "Much was done." in draft and "only the programme office sees it" in draft
    with clock.standing_at(world.NOW + timedelta(minutes=9)):
        assert office.post(f"{page}/refresh", {"version": version(draft)}).status_code == 303
    stale = office.post(f"{page}/publish", {"version": version(draft)})
    assert stale.status_code == 412 and "Somebody else" in stale.text
    assert office.post(f"{page}/publish", {"version": version(office.get(page).text)}).status_code == 303
    assert office.post(f"{page}/refresh", {"version": "1"}).status_code == 409
    assert office.get(f"{page}/edit").status_code == 409
    desk = contact.get("/desk").text
    assert "Read and acknowledge bulletin 2026-01: 示例 Bulletin of spring" in desk and f'action="{page}/acknowledge"' in desk
    seen = contact.get(page).text
    assert "Your unit has yet to acknowledge" in seen and "Acknowledgements" not in seen and 'id="history"' not in seen
    done = contact.post(f"{page}/acknowledge", {"next": "/desk"})
    assert (done.status_code, done.headers["Location"]) == (303, "/desk")
    assert "Read and acknowledge" not in contact.get("/desk").text and "yet to acknowledge" not in contact.get(page).text
    shown = office.get(page).text
    assert "1 of 2 units" in shown and "Chase those who have not" in shown and "published" in shown
    assert office.post(f"{page}/chase").status_code == 303 and office.post(f"{page}/chase").status_code == 409
    assert "has chased it once" in enter("head.tibet").get(page).text
    assert "1 of 2 units" in office.get("/bulletins?q=2026-01").text
    book = load_workbook(BytesIO(office.get("/bulletins.xlsx").data))
    assert {"示例 Bulletin of spring", "2026-01"} <= {c.value for row in book.worksheets[0].iter_rows() for c in row}
    outsider = enter("contact.beijing")
    for path in (page, f"{page}/document.docx", f"{page}/edit"):
        assert outsider.get(path).status_code in (403, 404)
    assert outsider.get(page).status_code == 404 and outsider.get(f"{page}/document.docx").status_code == 404
    for path in ("/bulletins", "/bulletins?q=spring", "/search?q=Bulletin", "/notices", "/desk"):
        assert "Bulletin of spring" not in outsider.get(path).text, path
    assert "Bulletin of spring" in contact.get("/search?q=spring").text


def test_words_that_come_after_the_publishing_stay_in_the_form(enter: Enter, acting: As) -> None:
    draft, out = bulletin(acting, "guangdong", issued=False, title="示例 Unwritten"), bulletin(acting, "guangdong")
    office = enter("office")
    listed = office.get("/bulletins?open=0").text
    assert str(draft) not in listed and str(draft) in office.get("/bulletins").text
    office.get(f"/bulletins/{draft}/edit")
    late = office.post(f"/bulletins/{out}/edit", {**WORDS, "version": "1"})
    assert late.status_code == 409 and "More is to do." in late.text and "Few issues." in late.text
    assert "is published and stays" in late.text


def test_the_document_says_what_the_figures_say(app: Flask, enter: Enter, acting: As, superuser: Superuser) -> None:
    about = campaign(superuser, "hq", product="guangdong", lands=("guangdong", "tibet"))
    for _ in range(4):
        raised(acting, "contact.tibet", about)
    superuser.execute("UPDATE assignment SET due = due - 100 WHERE unit_id = (SELECT id FROM unit WHERE code = 'tibet')")
    key = bulletin(acting, "guangdong", "tibet")
    with acting("office"):
        figures = db.session.get_one(Bulletin, key).figures
    office, contact = enter("office"), enter("contact.guangdong")
    answer = contact.get(f"/bulletins/{key}/document.docx")
    assert answer.status_code == 200 and "2026-01" in answer.headers["Content-Disposition"]
    assert answer.data == office.get(f"/bulletins/{key}/document.docx").data           # for whoever reads it, and whenever
    paper = docx.Document(BytesIO(answer.data))
    assert paper.core_properties.title == "示例 Bulletin of February" and "2026-01" in paper.sections[0].header.paragraphs[0].text
    assert [p.text for p in paper.paragraphs if p.style and p.style.name == "Heading 1"] == [
        "Summary", "Completion by unit and milestone", "What is overdue", "Rank of units", "Flows of quality issues"]
    assert "Much was done." in [p.text for p in paper.paragraphs]
    rows = {t.rows[0].cells[0].text + t.rows[0].cells[1].text: [[c.text for c in r.cells] for r in t.rows] for t in paper.tables}
    assert all(t.rows[0]._tr.xpath("./w:trPr/w:tblHeader") for t in paper.tables)
    codes = [m["code"] for m in figures["milestones"]]
    completion = {r[0]: r[1:] for r in next(r for head, r in rows.items() if head.startswith("UnitKick"))}
    for group in figures["groups"]:
        for row in group["rows"]:
            said = [f"{c['closed']}/{c['total']}" if c["total"] else "–" for c in map(row["cells"].get, codes)]
            assert completion[row["name"]["en"]][:len(said)] == said
            assert completion[row["name"]["en"]][-1] == str(row["total"]["overdue"])
    late = rows["UnitAssignment"]
    assert len(late) - 1 == len(figures["overdue"]["rows"]) > 0 and {r[0] for r in late[1:]} == {"Tibet"}
    assert [r[4] for r in late[1:]] == [str(r["late"]) for r in figures["overdue"]["rows"]]
    assert rows["FlowIssues"][1][1] == "4" and rows["FlowIssues"][-1][1] == "4"
    charts = [p for p in paper.part.package.iter_parts() if "/charts/" in p.partname]
    assert len(charts) == 4 and all(b"c:barChart" in p.blob for p in charts)
    counts = [r["percent"] for g in figures["ranking"] for r in g["rows"]]
    drawn = re.findall(r"<c:v>(\d+)</c:v>", "".join(p.blob.decode() for p in charts[1:3]))
    assert [int(n) for n in drawn] == counts
    contact.client.set_cookie("language", "zh")
    assert contact.get(f"/bulletins/{key}/document.docx").data != answer.data


def test_what_is_out_is_the_same_whatever_the_portal_says_later(
        enter: Enter, acting: As, monkeypatch: pytest.MonkeyPatch) -> None:
    draft, key = bulletin(acting, "guangdong", issued=False), bulletin(acting, "guangdong")
    office, contact = enter("office"), enter("contact.guangdong")

    def fetched(of: object) -> list[bytes]:
        found = []
        for language in ("zh", "en"):
            office.client.set_cookie("language", language)
            found.append(office.get(f"/bulletins/{of}/document.docx").data)
        return found
    was, drafted = fetched(key), fetched(draft)
    assert len({*was, *drafted}) == 4
    page = contact.get(f"/bulletins/{key}").text
    assert all(hashlib.sha256(content).hexdigest() in page for content in was)
    assert "SHA-256" not in office.get(f"/bulletins/{draft}").text
    monkeypatch.setitem(shape.SECTIONS, rules.Section.OPENING, N_("In other words"))
    monkeypatch.setattr(papers, "_SHADE", "FF0000")
    monkeypatch.setattr(shape, "capital", str.upper)
    assert fetched(key) == was and contact.get(f"/bulletins/{key}/document.docx").data == was[1]
    assert all(now != before for now, before in zip(fetched(draft), drafted, strict=True))      # a draft is written anew


def test_good_practice_is_picked_among_what_was_closed_on_time_with_evidence(
        enter: Enter, superuser: Superuser) -> None:
    good, bare, late = keys(superuser)[:3]
    superuser.execute("UPDATE assignment SET due = '2026-03-09' WHERE id = %s", (late,))
    owner, lead, office = enter("market.guangdong"), enter("market"), enter("office")
    for key in (good, bare, late):
        if key != bare:
            file = {"file": [(BytesIO(PDF), "evidence.pdf")]}
            assert owner.post(f"/assignments/{key}/files", file, content_type="multipart/form-data").status_code == 303
        for browser, what, sent in ((owner, "hand-in", {"text": "done"}), (lead, "verify", {"verdict": "close"})):
            assert browser.post(f"/assignments/{key}/{what}", {**sent, "version": revision(superuser, key)}).status_code == 303
    codes = dict(superuser.execute("SELECT id::text, code || ' ' || title FROM assignment").fetchall())
    page = office.post("/bulletins/new", {"title": "示例 Practice"}).headers["Location"].removesuffix("/edit")
    form = office.get(f"{page}/edit").text
    offered = re.findall(r'name="picks"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="picks"', form)
    assert [a or b for a, b in offered] == [good]
    assert "Closed on time, with evidence" not in office.get(page).text                # offered, not picked yet
    sent = {"title": "示例 Practice", "receivers": ["tibet"], "practice": "Others may follow.", "picks": [good, late]}
    assert office.post(f"{page}/edit", {**sent, "version": version(form)}).status_code == 303
    assert office.post(f"{page}/publish", {"version": version(office.get(page).text)}).status_code == 303
    reader = enter("contact.tibet")
    shown = reader.get(page).text.split('id="practice"')[1]
    assert unescape(shown).count(codes[good]) == 1 and "Others may follow." in shown and "Guangdong" in shown
    paper = docx.Document(BytesIO(reader.get(f"{page}/document.docx").data))
    assert "Good practice" in [p.text for p in paper.paragraphs] and "Others may follow." in [p.text for p in paper.paragraphs]
    [head, row] = [[c.text for c in r.cells] for r in paper.tables[-1].rows]
    assert head == ["Unit", "Assignment", "Due", "Closed on", "Files"]
    assert row[:2] == ["Guangdong", codes[good]] and row[3:] == ["2026-03-10", "1"]
    for key in (bare, late):
        assert codes[key] not in unescape(shown)


def test_plans_of_the_office(enter: Enter, acting: As) -> None:
    office = enter("office")
    assert "No plan yet" in office.get("/bulletins/plans").text
    plan = {"title": "示例 Monthly", "rhythm": "month", "working_day": "3", "receivers": ["all"]}
    wrong = office.post("/bulletins/plans", {**plan, "title": "", "working_day": "x"})
    assert wrong.status_code == 422 and "from 1 to 15" in faults_beside(wrong, "working_day") and faults_beside(wrong, "title")
    assert office.post("/bulletins/plans", plan).status_code == 303
    page = office.get("/bulletins/plans").text
    assert "every month, on working day 3" in page and "2026-04-03" in page
    at = page.split('action="/bulletins/plans/')[1].split('"')[0]
    assert {office.post(f"/bulletins/plans/{at}", said).status_code for said in ({}, {"what": "stop"})} == {404}
    assert office.post(f"/bulletins/plans/{at}", {"what": "pause"}).status_code == 303
    assert "rests" in office.get("/bulletins/plans").text
    assert office.post(f"/bulletins/plans/{at}", {"what": "remove"}).status_code == 303
    assert "No plan yet" in office.get("/bulletins/plans").text
    for who in ("leader", "contact.guangdong"):
        assert enter(who).get("/bulletins/plans").status_code == 403


def test_the_list_asks_the_same_however_long(app: Flask, enter: Enter, acting: As) -> None:
    bulletin(acting, "guangdong")
    contact, counts = enter("contact.guangdong"), []
    contact.get("/bulletins")
    for more in (0, 3):
        for _ in range(more):
            bulletin(acting, "guangdong", "tibet")
        with statements(app) as sent:
            assert contact.get("/bulletins?open=1").status_code == 200
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 20
