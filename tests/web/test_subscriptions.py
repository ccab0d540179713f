"""A list that comes every Monday: asked for on the list, made as the person at that moment, fetched by nobody else."""
from datetime import date
from io import BytesIO
from uuid import UUID

from flask import Flask
from openpyxl import load_workbook

from portal.attachments import queries as files
from portal.subscriptions import exports, queries, service
from tenants import clock
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.supervision import order
from tests.web.browsing import Browser, Enter, faults_beside

MONDAY = date(2026, 3, 16)


def run(app: Flask, day: date, hour: int = 8) -> list[service.Outcome]:
    """What the task of an hour does, one after the other."""
    with clock.standing_at(clock.at(day, hour)):
        with app.app_context():
            found = queries.due(clock.today())
        outcomes = []
        for key, person in found:
            with app.app_context():
                outcomes.append(service.deliver(key, person, exports.workbook))
        return outcomes


def cells(data: bytes) -> set[object]:
    return {c.value for row in load_workbook(BytesIO(data)).worksheets[0].iter_rows() for c in row}


def told(superuser: Superuser, words: str) -> list[tuple[object, object]]:
    return superuser.execute("SELECT payload->'people'->>0, payload->>'url' FROM outbox_message WHERE topic = 'notice'"
                             " AND payload::text LIKE %s ORDER BY id", (f"%{words}%",)).fetchall()


def wanted(browser: Browser, **more: str) -> int:
    sent = {"page": "/supervision", "query": "grade=urgent", "name": "Urgent ones", "rhythm": "week", "language": "en", **more}
    return browser.post("/account/subscriptions", sent).status_code


def test_every_monday_what_one_may_see_then(app: Flask, enter: Enter, acting: As, superuser: Superuser) -> None:
    order(acting, "office", "guangdong", grade="urgent")
    contact = enter("contact.guangdong")
    offered = "/account/subscriptions/new?page=%2Fsupervision&amp;query=grade%3Durgent"
    assert offered in contact.get("/supervision?grade=urgent").text
    assert "with its filters" in contact.get("/account/subscriptions/new?page=/supervision&query=grade%3Durgent").text
    wrong = contact.post("/account/subscriptions", {"page": "/supervision", "query": "", "name": " ", "rhythm": "year",
                                                    "language": "en"})
    assert wrong.status_code == 422 and faults_beside(wrong, "name") and faults_beside(wrong, "rhythm")
    assert wanted(contact) == 303 and wanted(contact, page="/admin") == 303
    page = contact.get("/account/subscriptions").text
    assert "2026-03-16" in page and page.count("Urgent ones") >= 1
    assert run(app, date(2026, 3, 13)) == []
    order(acting, "office", "tibet", grade="urgent")
    order(acting, "office", "guangdong", grade="serious")
    assert run(app, MONDAY) == [service.Outcome.SENT] and run(app, MONDAY, 9) == []
    [(person, url)] = told(superuser, "Urgent ones")
    assert person == str(people.key("contact.guangdong")) and str(url).startswith("/account/subscriptions/files/")
    with clock.standing_at(clock.at(MONDAY, 10)):
        answer = contact.get(str(url))
        found = cells(answer.data)
        assert answer.status_code == 200 and {"D-2026-guangdong-001", "Order number"} <= found
        assert not found & {"D-2026-tibet-001", "D-2026-guangdong-002"}
        assert "Urgent ones 2026-03-16.xlsx" in contact.get("/account/subscriptions").text
        for other in ("head.guangdong", "office", "auditor"):
            assert enter(other).get(str(url)).status_code == 404
    keys = [str(row[0]) for row in superuser.execute("SELECT key FROM delivery").fetchall()]
    with clock.standing_at(clock.at(date(2026, 4, 16), 10)):
        assert contact.get(str(url)).status_code == 404        # thirty days
        with app.app_context():
            assert files.unknown(keys) == [] and queries.purge(clock.today()) == 1
            assert files.unknown(keys) == keys                 # its bytes go with those that no file names


def test_every_working_day_and_at_the_end_of_a_month(app: Flask, enter: Enter) -> None:
    office = enter("office")
    assert wanted(office, rhythm="day") == wanted(office, rhythm="month_end", name="At the end") == 303
    page = office.get("/account/subscriptions").text
    assert "every working day" in page and "2026-03-11" in page and "on the last working day of each month" in page
    sent = {day: len(run(app, date(2026, 3, day))) for day in (10, 11, 12, 13, 14, 15, 16, 30, 31)}
    assert sent == {10: 0, 11: 1, 12: 1, 13: 1, 14: 0, 15: 0, 16: 1, 30: 1, 31: 2}


def test_paused_ended_and_lost(app: Flask, enter: Enter, acting: As, superuser: Superuser) -> None:
    office = enter("market")
    for page in ("/assignments", "/filings", "/issues", "/campaigns", "/meetings", "/bulletins", "/units", "/flows", "/board",
                 "/board/rows", "/cautions"):
        assert wanted(office, page=page, query="", name=page) == 303
    rows = superuser.execute("SELECT id, page FROM subscription ORDER BY page").fetchall()
    keys: dict[str, UUID] = {page: key for key, page in rows}
    assert office.post(f"/account/subscriptions/{keys['/units']}/pause").status_code == 303
    assert office.post(f"/account/subscriptions/{keys['/flows']}/end").status_code == 303
    assert enter("contact.tibet").post(f"/account/subscriptions/{keys['/issues']}/end").status_code in (403, 404)
    assert run(app, MONDAY) == [service.Outcome.SENT] * 9
    sizes = superuser.execute("SELECT name, size FROM delivery").fetchall()
    assert len(sizes) == 9 and all(size > 4_000 for _, size in sizes)
    superuser.execute("UPDATE appointment SET valid_until = '2026-03-20' WHERE id = %s", (people.appointment_key("market"),))
    superuser.execute(
        "INSERT INTO appointment (id, person_id, unit_id, role, line, deputy, valid_from, version)"
        " SELECT gen_random_uuid(), person_id, unit_id, 'hq_line_lead', 'it', false, '2026-03-20', 1"
        " FROM appointment WHERE id = %s",
        (people.appointment_key("market"),))
    assert run(app, date(2026, 3, 23)) == [service.Outcome.ENDED] * 9 and run(app, date(2026, 3, 30)) == []
    assert len(told(superuser, "is not sent any more")) == 9
    auditor = enter("auditor")
    assert wanted(auditor) == 403
