"""The pages of meetings: list, form, one meeting, and what an assignment's page shows of it."""
import re
from datetime import timedelta
from io import BytesIO

from flask import Flask
from openpyxl import load_workbook

from tenants import clock
from tests.conftest import As, Superuser
from tests.factories import world
from tests.factories.files import PDF
from tests.factories.meetings import meeting
from tests.web.browsing import Browser, Enter, faults_beside
from tests.web.counting import statements

FORM = {"title": "示例 Complaints of winter", "kind": "exchange", "place": "Hall 1", "day": "2026-03-12",
        "from": "09:30", "until": "11:30", "units": ["guangdong", "tibet"], "item": ["Figures", ""], "presenter": ["guangdong", ""]}


def test_called_answered_held_and_decided(app: Flask, enter: Enter) -> None:
    office = enter("office")
    office.get("/meetings/new")
    wrong = office.post("/meetings/new", {**FORM, "title": "", "day": "soon", "units": []})
    assert wrong.status_code == 422 and "Complaints" not in wrong.text and "Figures" in wrong.text
    assert "Write the date" in faults_beside(wrong, "day") and "at least one unit" in wrong.text and faults_beside(wrong, "title")
    for day in ("9999-12-31", "0001-01-01", "2020-01-01", "2999-01-01"):
        far = office.post("/meetings/new", {**FORM, "day": day, "last": ""})
        assert far.status_code == 422 and "two years ahead" in faults_beside(far, "day") and "Complaints" in far.text
    answer = office.post("/meetings/new", FORM)
    assert answer.status_code == 303
    page = answer.headers["Location"]
    contact = enter("contact.guangdong")
    assert "Answer who comes: 示例 Complaints of winter" in contact.get("/desk").text
    assert 'id="answering"' in contact.get(page).text
    refused = contact.post(f"{page}/answer", {"answer": "excused", "words": ""})
    assert refused.status_code == 422 and "why nobody does" in faults_beside(refused, "words")
    assert contact.post(f"{page}/answer", {"answer": "comes", "words": ""}).status_code == 303
    outsider = enter("contact.beijing")
    assert outsider.get(page).status_code == 404 and "Complaints of winter" not in outsider.get("/meetings").text
    assert outsider.get("/meetings?q=Complaints").text.count("/meetings/0") == 0
    with clock.standing_at(world.NOW + timedelta(days=3)):
        office = enter("office")
        shown = office.get(page).text
        assert "comes" in shown and "1 of 2" in office.get("/meetings").text
        office.get(page)
        assert office.post(f"{page}/files", {"file": (BytesIO(PDF), "Slides.pdf")}, content_type="multipart/form-data"
                           ).status_code == 303
        what = {"title": "Correct the bills", "deliverable": "A list", "unit": "guangdong", "line": "market", "due": "2026-06-01"}
        bad = office.post(f"{page}/decisions", {**what, "due": "2026-01-01"})
        assert bad.status_code == 422 and "has passed" in faults_beside(bad, "decision-due") and "A list" in bad.text
        bad = office.post(f"{page}/decisions", {**what, "due": "9999-12-31"})
        assert bad.status_code == 422 and "within two years" in faults_beside(bad, "decision-due") and "A list" in bad.text
        assert office.post(f"{page}/decisions", what).status_code == 303
        assert office.post(f"{page}/publish", {"minutes": "Said a lot", "version": "99"}).status_code == 412
        key = office.get(page).text.split('name="decision" value="')[1].split('"')[0]
        wrong = office.post(f"{page}/decisions/change", {**what, "decision": key, "version": "1", "due": "soon", "title": "Typed"})
        assert wrong.status_code == 422 and faults_beside(wrong, f"decision-{key}-due") and "Typed" in wrong.text
        assert office.post(f"{page}/decisions/change", {**what, "decision": key, "version": "1", "title": "All of the bills"}
                           ).status_code == 303
        stale = office.post(f"{page}/decisions/change", {**what, "decision": key, "version": "1", "title": "Typed"})
        assert stale.status_code == 412 and "Typed" in stale.text and "All of the bills" in stale.text
        assert office.post(f"{page}/decisions", {**what, "title": "A mistake"}).status_code == 303
        second = office.get(page).text.split('name="decision" value="')[-1].split('"')[0]
        assert office.post(f"{page}/decisions/change", {"decision": second, "version": "1", "what": "take_back"}).status_code == 303
        assert 'value="A mistake"' not in office.get(page).text
        key = office.get(page).text.split('name="decision" value="')[1].split('"')[0]
        assert office.post(f"{page}/assign", {"decision": key}).status_code == 303
        version = office.get(page).text.split('name="version" value="')[1].split('"')[0]
        assert office.post(f"{page}/publish", {"minutes": "Said a lot", "version": version}).status_code == 303
        assert office.post(f"{page}/publish", {"minutes": "Other"}).status_code == 409
        assert office.post(f"{page}/addenda", {"text": "And more"}).status_code == 303
        seen = office.get(page).text
        assert "Said a lot" in seen and "And more" in seen and "Slides.pdf" in seen
        assignment = seen.split('href="/assignments/')[1].split('"')[0]
        contact = enter("contact.guangdong")
        assert "Said a lot" in contact.get(page).text
        below = contact.get(f"/assignments/{assignment}").text
        assert "Decided at a meeting" in below and f'href="{page}"' in below
        book = load_workbook(BytesIO(contact.get("/meetings.xlsx?kind=exchange").data))
        assert "示例 Complaints of winter" in [c.value for row in book.worksheets[0].iter_rows() for c in row]


def test_what_was_typed_stays_when_the_meeting_has_moved_on(enter: Enter, acting: As) -> None:
    page = f"/meetings/{meeting(acting, 'office', 'guangdong')}"
    office, contact = enter("office"), enter("contact.guangdong")
    what = {"title": "Correct the bills", "deliverable": "A list", "unit": "guangdong", "line": "market", "due": "2026-06-01"}

    def late(browser: Browser, path: str, fields: dict[str, str], *typed: str) -> None:
        answer = browser.post(f"{page}/{path}", fields)
        assert answer.status_code in (409, 412) and "You had typed:" in answer.text and all(t in answer.text for t in typed), path
    contact.get(page)
    with clock.standing_at(world.NOW + timedelta(days=4)):
        office.get(page)
        for title in ("Correct the bills", "Count the bills"):
            assert office.post(f"{page}/decisions", {**what, "title": title}).status_code == 303
        first, second = re.findall(r'name="decision" value="([^"]+)"><input', office.get(page).text)
        assert office.post(f"{page}/assign", {"decision": first}).status_code == 303
        again = {**what, "version": "1", "title": "Better words"}
        late(office, "decisions/change", {**again, "decision": first}, "Better words", "A list")
        assert office.post(f"{page}/decisions/change", {"decision": second, "version": "1", "what": "take_back"}).status_code == 303
        late(office, "decisions/change", {**again, "decision": second}, "Better words")
        shown = office.post(f"{page}/decisions", {**what, "title": "Typed", "due": ""})
        assert shown.status_code == 422 and "You had typed:" not in shown.text
        late(contact, "answer", {"answer": "excused", "words": "All are ill"}, "All are ill")
        sent = {"minutes": "Said a lot", "version": re.findall(r'name="version" value="(\d+)"', office.get(page).text)[0]}
        assert office.post(f"{page}/publish", sent).status_code == 303
        late(office, "publish", {**sent, "minutes": "Said otherwise"}, "Said otherwise")
        late(office, "decisions", {**what, "title": "One more"}, "One more", "A list", "2026-06-01")


def test_a_form_that_comes_too_late_keeps_what_was_typed(enter: Enter, acting: As) -> None:
    page, office = f"/meetings/{meeting(acting, 'office', 'guangdong')}", enter("office")
    version = office.get(f"{page}/edit").text.split('name="version" value="')[1].split('"')[0]
    stale = office.post(f"{page}/edit", {**FORM, "version": "99"})
    assert stale.status_code == 412 and "示例 Complaints of winter" in stale.text and "Figures" in stale.text
    assert office.post(f"{page}/cancel", {"version": version}).status_code == 303
    late = office.post(f"{page}/edit", {**FORM, "version": version})
    assert late.status_code == 409 and "示例 Complaints of winter" in late.text and "The meeting is cancelled." in late.text


def test_a_closed_unit_stays_where_it_was_invited_and_is_offered_nowhere_else(
        enter: Enter, acting: As, superuser: Superuser) -> None:
    page, office = f"/meetings/{meeting(acting, 'office', 'guangdong', 'tibet')}", enter("office")
    superuser.execute("UPDATE unit SET closed_on = %s WHERE code = 'tibet'", (world.NOW.date(),))
    for path in ("/meetings/new", "/supervision/new", "/bulletins/plans"):
        shown = office.get(path).text
        assert 'value="guangdong"' in shown and 'value="tibet"' not in shown, path
    assert office.post("/meetings/new", FORM).status_code == 422
    assert office.post("/supervision/new", {"grade": "urgent", "words": "Mend it", "units": ["tibet"]}).status_code == 422
    edit = office.get(f"{page}/edit").text
    assert 'value="tibet" checked' in edit and 'value="tibet"' in office.get("/meetings").text
    version = edit.split('name="version" value="')[1].split('"')[0]
    assert office.post(f"{page}/edit", {**FORM, "units": ["all", "tibet"], "version": version}).status_code == 303


def test_the_list_asks_the_same_however_long(app: Flask, enter: Enter, acting: As) -> None:
    meeting(acting, "office", "guangdong")
    contact, counts = enter("contact.guangdong"), []
    contact.get("/meetings")
    for more in (0, 3):
        for _ in range(more):
            meeting(acting, "office", "guangdong", "tibet")
        with statements(app) as sent:
            assert contact.get("/meetings?when=coming").status_code == 200
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 20
