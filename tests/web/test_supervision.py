"""The pages of supervision orders: the form, one order from its issue to its end, what others see of it, lists and panels."""
from datetime import date, timedelta
from io import BytesIO

from flask import Flask
from openpyxl import load_workbook

from portal.assignments import queries as assignments
from portal.assignments.models import Assignment
from portal.supervision import queries, service
from tenants import clock
from tenants.db import db
from tests.conftest import As, Superuser
from tests.factories import world
from tests.factories.supervision import order
from tests.web.browsing import Browser, Enter, faults_beside
from tests.web.counting import statements


def version(browser: Browser, page: str) -> str:
    return browser.get(page).text.split('name="version" value="')[1].split('"')[0]


def test_the_whole_story(app: Flask, enter: Enter) -> None:
    office = enter("office")
    assert "10 working days" in office.get("/supervision/new").text
    wrong = office.post("/supervision/new", {"grade": "", "words": "", "term": "soon", "units": []})
    assert wrong.status_code == 422 and "Write the date" in faults_beside(wrong, "term") and faults_beside(wrong, "words")
    assert "at least one unit" in wrong.text and 'value="soon"' in wrong.text
    answer = office.post("/supervision/new", {"grade": "urgent", "words": "示例 Mend the bills", "units": ["guangdong"]})
    assert answer.status_code == 303
    page = answer.headers["Location"]
    contact = enter("contact.guangdong")
    assert "Reply to supervision order D-2026-guangdong-001" in contact.get("/desk").text
    refused = contact.post(f"{page}/reply", {"words": "All 12 are mended", "done_by": "", "version": version(contact, page)})
    assert refused.status_code == 422 and "Choose a day" in faults_beside(refused, "reply-done_by") and "All 12" in refused.text
    stale = contact.post(f"{page}/reply", {"words": "All 12 are mended", "done_by": "2026-03-12", "version": "99"})
    assert stale.status_code == 412 and "All 12 are mended" in stale.text and "Somebody else" in stale.text
    assert contact.post(f"{page}/accept", {"version": "1"}).status_code == 403
    sent = {"words": "All 12 are mended", "done_by": "2026-03-12", "version": version(contact, page)}
    assert contact.post(f"{page}/reply", sent).status_code == 303
    for name in ("contact.beijing", "network", "network.guangdong"):
        outsider = enter(name)
        assert outsider.get(page).status_code == 404 and "Mend the bills" not in outsider.get("/supervision").text
        assert "D-2026" not in outsider.get("/search?q=Mend").text and b"D-2026" not in outsider.get("/supervision.xlsx").data
    assert "D-2026-guangdong-001" in enter("leader").get("/search?q=Mend").text
    office = enter("office")
    assert "Judge the reply" in office.get("/desk").text and "All 12 are mended" in office.get(page).text
    refused = office.post(f"{page}/return", {"remark": "", "term": "2026-01-01", "version": version(office, page)})
    assert refused.status_code == 422 and faults_beside(refused, "return-remark") and faults_beside(refused, "return-term")
    again = {"remark": "Which ones?", "term": "2026-04-01", "version": version(office, page)}
    assert office.post(f"{page}/return", again).status_code == 303
    seen = contact.get(page).text
    assert "Which ones?" in seen and "03-17" in seen and "04-01" in seen and 'id="replying"' in seen
    office.get(page)
    longer = {"term": "2026-04-08", "reason": "Holidays", "version": version(office, page)}
    assert office.post(f"{page}/extend", longer).status_code == 303
    assert "Holidays" in contact.get(page).text
    with clock.standing_at(world.NOW + timedelta(days=40)):
        late = enter("office")
        assert "11 days overdue" in late.get(page).text and "D-2026-guangdong-001" in late.get("/supervision?overdue=1").text
        assert late.post(f"{page}/withdraw", {"reason": "Overtaken", "version": version(late, page)}).status_code == 303
        assert late.post(f"{page}/withdraw", {"reason": "Overtaken", "version": "1"}).status_code == 409
        assert "D-2026" not in late.get("/supervision?state=unfinished").text
        book = load_workbook(BytesIO(late.get("/supervision.xlsx?grade=urgent").data))
        assert "示例 Mend the bills" in [c.value for row in book.worksheets[0].iter_rows() for c in row]


def test_what_was_typed_stays_when_the_order_has_moved_on(enter: Enter, acting: As) -> None:
    page = f"/supervision/{order(acting, 'office', 'guangdong')}"
    office, contact = enter("office"), enter("contact.guangdong")
    seen = version(contact, page)
    assert office.post(f"{page}/withdraw", {"reason": "Overtaken", "version": version(office, page)}).status_code == 303
    late = contact.post(f"{page}/reply", {"words": "All 12 are mended", "done_by": "2026-03-12", "version": seen})
    assert late.status_code == 409 and all(t in late.text for t in ("You had typed:", "All 12 are mended", "2026-03-12"))
    late = office.post(f"{page}/extend", {"reason": "Holidays <b>", "term": "", "version": seen})
    assert late.status_code == 409 and "Holidays &lt;b&gt;" in late.text


def test_from_a_filter_and_from_picked_rows(app: Flask, enter: Enter, acting: As) -> None:
    with acting("office") as office:
        rows = db.session.scalars(assignments.listed([assignments.readable(office), Assignment.milestone == "sorting",
                                                      Assignment.line == "market"])).all()
        keys = [str(a.id) for a in rows if a.unit_id != 1]
    keys, number = keys[:2], len(keys)
    office = enter("office")
    form = office.get("/supervision/new?milestone=sorting&line=market").text
    assert form.count('name="about"') == min(number, 100)
    assert "/supervision/new?" in office.get("/board/rows?milestone=sorting").text
    assert "/supervision/choose" in office.get("/assignments").text
    assert "/supervision/choose" not in enter("contact.tibet").get("/assignments").text
    office.get("/assignments")
    picked = office.post("/supervision/choose", {"pick": keys})
    assert picked.status_code == 200 and picked.text.count('name="about"') == 2
    about = [f"assignment:{key}" for key in keys]
    wrong = office.post("/supervision/new", {"grade": "serious", "words": "", "shown": about, "about": about[:1]})
    assert wrong.status_code == 422 and wrong.text.count('name="about"') == 2 and wrong.text.count("checked") >= 2
    assert office.post("/supervision/new", {"grade": "serious", "words": "Now", "shown": about, "about": about}).status_code == 303
    panel = office.get(f"/assignments/{keys[0]}").text
    assert "Ordered 1 time" in panel and "/supervision/new?about" not in panel.split('id="supervision"')[1]
    again = office.post("/supervision/new", {"grade": "serious", "words": "Now", "shown": about, "about": about})
    assert again.status_code == 422 and "already" in again.text
    lead = enter("market")                                   # the office's order is not the line's
    assert "Ordered 1 time" not in lead.get(f"/assignments/{keys[0]}").text
    assert lead.get("/supervision/new?about=issue:nonsense").status_code == 200
    assert enter("contact.guangdong").get("/supervision/new").status_code == 403


def test_the_list_asks_the_same_however_long(app: Flask, enter: Enter, acting: As) -> None:
    order(acting, "office", "guangdong")
    reader, counts = enter("leader"), []
    reader.get("/supervision")
    for more in (0, 3):
        for _ in range(more):
            order(acting, "office", "tibet", grade="urgent")
        with statements(app) as sent:
            assert reader.get("/supervision?state=open").status_code == 200
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 20


def test_a_unit_asks_for_more_time_on_the_orders_page(enter: Enter, acting: As, superuser: Superuser) -> None:
    """Though nobody has been reminded yet."""
    key = order(acting, "office", "guangdong")
    page, head, office = f"/supervision/{key}", enter("head.guangdong"), enter("office")
    assert f'action="{page}/more-time"' in head.get(page).text and f'action="{page}/more-time"' not in office.get(page).text
    wrong = head.post(f"{page}/more-time", {"due": "", "reason": "", "blocking": "guangdong"})
    assert wrong.status_code == 422
    assert all(faults_beside(wrong, f"ask_time-{name}") for name in ("due", "reason", "blocking"))
    sent = head.post(f"{page}/more-time", {"due": "2026-04-08", "reason": "The list is long", "blocking": "beijing"})
    assert (sent.status_code, sent.headers["Location"]) == (303, page)
    assert "asks for more time until 2026-04-08" in head.get(page).text
    seen = office.get(page).text
    assert "The list is long" in seen and f'action="{page}/decline"' in seen and "Beijing" in seen
    assert office.post(f"{page}/more-time", {"due": "2026-04-08", "reason": "x"}).status_code == 403
    told = superuser.execute("SELECT payload->'params'->>'day' FROM outbox_message"
                             " WHERE payload->>'text' LIKE '%%asks for more time for supervision order%%'").fetchall()
    assert told == [("2026-04-08",)]


def test_more_time_is_asked_for_and_declined(app: Flask, enter: Enter, acting: As, superuser: Superuser) -> None:
    key = order(acting, "office", "guangdong")
    page, office = f"/supervision/{key}", enter("office")
    assert f"{page}/decline" not in office.get(page).text                # nobody has asked
    early = office.post(f"{page}/decline", {"reason": "No", "version": version(office, page)})
    assert early.status_code == 409 and "No request for more time is open" in early.text
    with acting("contact.guangdong") as contact:
        service.ask_time(queries.one(contact, key), date(2026, 4, 8), "The list is long", actor=contact)
        db.session.commit()
    desk, market = office.get("/desk").text, enter("market").get("/desk").text
    assert "More time for supervision order" in desk and f'href="{page}#keeping"' in desk
    assert "More time for supervision order" not in market                # another issuer's
    seen = office.get(page).text
    assert 'id="keeping"' in seen
    assert "asks for more time until 2026-04-08" in seen and "The list is long" in seen and 'value="2026-04-08"' in seen
    bare = office.post(f"{page}/decline", {"reason": " ", "version": version(office, page)})
    assert bare.status_code == 422 and faults_beside(bare, "decline-reason")
    unit = enter("contact.guangdong")
    unit.get(page)
    assert unit.post(f"{page}/decline", {"reason": "No", "version": "1"}).status_code == 403
    office.get(page)
    assert office.post(f"{page}/decline", {"reason": "It cannot wait", "version": version(office, page)}).status_code == 303
    assert f"{page}/decline" not in office.get(page).text
    assert "More time for supervision order" not in office.get("/desk").text
    read = unit.get(page).text
    assert "declined more time" in read and "It cannot wait" in read and "03-24" in read
    row = superuser.execute("SELECT payload->>'text' FROM outbox_message WHERE payload::text LIKE '%no more time%'").fetchone()
    assert row is not None
