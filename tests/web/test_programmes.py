"""The programme's pages as a browser without script sees them: drafted, edited, previewed, issued, added to, ended."""
import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask

from tests.conftest import Superuser
from tests.factories import world
from tests.web.browsing import Browser, faults_beside
from tests.web.counting import statements

SignedIn = Callable[[str], Browser]
NASTY = "<script>alert(1)</script> “” & 🙂"
TASK: dict[str, str | list[str]] = {
    "code": "31-M", "line": "market", "process": "", "milestone": "sorting", "due": "", "title": "A new task",
    "title_zh": "新任务", "deliverable": "A list", "deliverable_zh": "清单", "evidence": "", "evidence_zh": "",
    "targets": ["kind:province", "unit:migu"]}


@pytest.fixture
def signed_in(app: Flask) -> SignedIn:
    def made(name: str) -> Browser:
        app.extensions["portal.limiter"].reset()
        browser = Browser(app)
        browser.enter(name)
        browser.client.set_cookie("language", "en")
        browser.get("/programmes")
        return browser
    return made


@pytest.fixture
def office(signed_in: SignedIn) -> Browser:
    return signed_in("office")


@pytest.fixture
def draft(office: Browser) -> str:
    answer = office.post("/programmes", {"year": "2027"})
    assert answer.status_code == 303
    return str(answer.location)


def issued(superuser: Superuser) -> str:
    row = superuser.execute("SELECT id FROM programme WHERE year = %s", (world.YEAR,)).fetchone()
    assert row is not None
    return f"/programmes/{row[0]}"


def version(browser: Browser, path: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', browser.get(path).text)
    assert found is not None
    return found[1]


def part(browser: Browser, draft: str, code: str) -> str:
    """The address of a draft's template."""
    found = re.search(rf'href="({draft}/templates/[^"]+)" aria-label="Change the task {code}"', browser.get(draft).text)
    assert found is not None, code
    return found[1]


def count(superuser: Superuser, year: int, code: str) -> int:
    row = superuser.execute("SELECT count(*) FROM assignment WHERE year = %s AND code = %s", (year, code)).fetchone()
    assert row is not None
    return int(row[0])


# --- drafting ---------------------------------------------------------------------------------------------------------

def test_a_draft_shows_the_plan_grouped_by_milestone_with_whom_it_reaches(office: Browser, draft: str) -> None:
    page = office.get(draft).text
    assert "2027 Service process quality programme" in page and "Build strength" in page
    order = [page.index(f'<tbody id="{code}">') for code in ("kick_off", "sorting", "improvement", "assessment")]
    assert order == sorted(order)
    assert "province; Tietong" in page and "2027-04-30" in page


@pytest.mark.parametrize("year", ["1999", "2101", "soon", "", "２０２７", "-5", "99999999999999999999"])
def test_a_year_that_is_none_is_told_beside_the_field_and_kept(office: Browser, year: str) -> None:
    answer = office.post("/programmes", {"year": year})
    assert answer.status_code == 422
    assert "2000" in faults_beside(answer, "year")


def test_a_second_one_of_a_year_is_told_beside_the_field(office: Browser) -> None:
    answer = office.post("/programmes", {"year": str(world.YEAR)})
    assert answer.status_code == 409 and str(world.YEAR) in faults_beside(answer, "year")


def test_nobody_but_the_office_sees_or_touches_a_draft(signed_in: SignedIn, draft: str) -> None:
    for name in ("contact.guangdong", "market", "leader", "auditor"):
        browser = signed_in(name)
        assert browser.get(draft).status_code == 404
        assert "2027" not in browser.get("/programmes").text.replace("2027-12-31", "")
        for path in ("words", "days", "templates/new", "preview"):
            assert browser.get(f"{draft}/{path}").status_code == 403
        for path in ("words", "days", "templates/new", "issue", "end"):
            assert browser.post(f"{draft}/{path}").status_code == 403
        assert browser.post("/programmes", {"year": "2030"}).status_code == 403


# --- editing a draft --------------------------------------------------------------------------------------------------

def test_words_are_changed_and_shown_as_text(office: Browser, draft: str) -> None:
    sent = {"name": NASTY, "name_zh": "名称", "theme": "", "theme_zh": "", "goals": "one\ntwo", "goals_zh": "",
            "version": version(office, f"{draft}/words")}
    assert office.post(f"{draft}/words", sent).status_code == 303
    page = office.get(draft).text
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page and "<li>two</li>" in page


def test_faults_of_the_words_stand_at_their_fields_and_nothing_is_lost(office: Browser, draft: str) -> None:
    sent = {"name": "", "name_zh": "名" * 201, "goals": "kept " * 500, "version": version(office, f"{draft}/words")}
    nameless = office.post(f"{draft}/words", {**sent, "name": "English", "name_zh": " "})
    assert nameless.status_code == 422 and faults_beside(nameless, "name_zh") and not faults_beside(nameless, "name")
    answer = office.post(f"{draft}/words", sent)
    assert answer.status_code == 422
    assert "200" in faults_beside(answer, "name_zh") and "2000" in faults_beside(answer, "goals")
    assert "kept kept" in answer.text and "名" * 201 in answer.text


def test_who_comes_second_sees_what_the_first_stored_and_keeps_what_was_typed(office: Browser, draft: str) -> None:
    seen = version(office, f"{draft}/words")
    sent = {"name": "first", "name_zh": "甲", "theme": "", "theme_zh": "", "goals": "", "goals_zh": ""}
    assert office.post(f"{draft}/words", {**sent, "version": seen}).status_code == 303
    late = office.post(f"{draft}/words", {**sent, "name": "second", "version": seen})
    assert late.status_code == 412
    assert "Somebody else has changed this programme" in late.text
    assert 'value="second"' in late.text and '<dd class="text">first</dd>' in late.text
    again = re.search(r'name="version" value="(\d+)"', late.text)
    assert again is not None
    assert office.post(f"{draft}/words", {**sent, "name": "second", "version": again[1]}).status_code == 303
    assert "second" in office.get(draft).text


def test_a_milestone_takes_its_tasks_along(office: Browser, draft: str) -> None:
    days = {"kick_off": "2027-05-15", "sorting": "2027-06-30", "improvement": "2027-10-31", "assessment": "2027-12-31",
            "systems_converted": "2027-12-31", "systems_built": "2028-12-31", "version": version(office, f"{draft}/days")}
    assert office.post(f"{draft}/days", days).status_code == 303
    assert 'value="2027-05-15"' in office.get(part(office, draft, "03")).text


def test_days_that_are_none_or_out_of_range(office: Browser, draft: str) -> None:
    seen = version(office, f"{draft}/days")
    answer = office.post(f"{draft}/days", {"kick_off": "30 April", "sorting": "", "version": seen})
    assert answer.status_code == 422
    assert faults_beside(answer, "kick_off") and faults_beside(answer, "sorting") and "30 April" in answer.text
    days = dict.fromkeys(("kick_off", "sorting", "improvement", "assessment", "systems_converted", "systems_built"), "2029-01-01")
    assert office.post(f"{draft}/days", {**days, "version": seen}).status_code == 422


def test_a_milestone_does_not_come_before_the_one_it_builds_on(office: Browser, draft: str) -> None:
    days = {"kick_off": "2027-04-30", "sorting": "2027-06-30", "improvement": "2027-05-31", "assessment": "2027-12-31",
            "systems_converted": "2027-03-31", "systems_built": "2028-12-31", "version": version(office, f"{draft}/days")}
    answer = office.post(f"{draft}/days", days)
    assert answer.status_code == 422 and "2027-05-31" in answer.text
    assert "2027-06-30" in str(faults_beside(answer, "improvement"))
    assert not faults_beside(answer, "assessment") and not faults_beside(answer, "systems_converted")


def test_a_task_is_added_changed_and_removed(office: Browser, draft: str) -> None:
    new = f"{draft}/templates/new"
    assert office.post(new, {**TASK, "version": version(office, new)}).status_code == 303
    at = part(office, draft, "31-M")
    assert 'value="2027-06-30"' in office.get(at).text                     # the milestone's day, since none was given
    changed = {**TASK, "title": "Another", "targets": ["category:product_support"], "version": version(office, at)}
    assert office.post(at, changed).status_code == 303
    page = office.get(draft).text
    assert "<strong>Another</strong>" in page and "<strong>A new task</strong>" not in page
    assert office.post(f"{at}/remove").status_code == 303
    assert "<strong>Another</strong>" not in office.get(draft).text
    assert office.get(at).status_code == 404 == office.post(f"{at}/remove").status_code


def test_every_fault_of_a_task_is_told_at_once_at_its_field(office: Browser, draft: str) -> None:
    new = f"{draft}/templates/new"
    sent = {**TASK, "code": "01", "line": "castle", "milestone": "", "due": "tomorrow", "title": "x" * 201, "title_zh": "字" * 201,
            "targets": ["planet:mars"], "version": version(office, new)}
    answer = office.post(new, sent)
    assert answer.status_code == 422
    for field in ("code", "line", "milestone", "due", "title", "title_zh", "targets"):
        assert faults_beside(answer, field), field
    assert "字" * 201 in answer.text and 'value="tomorrow"' in answer.text
    late = office.post(new, {**TASK, "due": "2027-07-01", "version": version(office, new)})
    assert late.status_code == 422 and "2027-06-30" in faults_beside(late, "due")
    for targets, said in (([], "no unit"), (["unit:nowhere", "unit:migu"], "no such unit")):
        nobody = office.post(new, {**TASK, "targets": targets, "version": version(office, new)})
        assert nobody.status_code == 422 and said in faults_beside(nobody, "targets")


def test_what_is_left_empty_in_english_is_the_chinese_and_follows_it(office: Browser, draft: str, superuser: Superuser) -> None:
    def texts(table: str, columns: str, code: str = "") -> object:
        return superuser.execute(f"SELECT {columns} FROM {table} WHERE " + ("code = '31-M'" if code else "year = 2027")).fetchone()

    new = f"{draft}/templates/new"
    nameless = office.post(new, {**TASK, "title_zh": "", "version": version(office, new)})
    assert nameless.status_code == 422 and faults_beside(nameless, "title_zh") and not faults_beside(nameless, "title")
    chinese = {**TASK, "title": "", "deliverable": " "}
    assert office.post(new, {**chinese, "version": version(office, new)}).status_code == 303
    assert texts("template", "title, deliverable", "31-M") == ("新任务", "清单")
    at = part(office, draft, "31-M")
    assert re.search(r'value=""[^>]* name="title"', office.get(at).text)
    assert office.post(at, {**chinese, "title_zh": "改名", "version": version(office, at)}).status_code == 303
    assert texts("template", "title, title_zh", "31-M") == ("改名", "改名")
    sent = {"name_zh": "名称", "name": "", "theme_zh": "主题", "version": version(office, f"{draft}/words")}
    assert office.post(f"{draft}/words", sent).status_code == 303
    assert texts("programme", "name, theme") == ("名称", "主题")


@pytest.mark.parametrize("code", ["28-BS-B", "28-PD-C"])
def test_codes_of_the_work_on_systems_are_kept_for_it(office: Browser, draft: str, superuser: Superuser, code: str) -> None:
    """They come to be when plans are approved: a task of that code would stand in the way of the unit's approval."""
    new, add = f"{draft}/templates/new", f"{issued(superuser)}/add"
    for at, sent in ((new, {**TASK, "code": code, "version": version(office, new)}),
                     (add, {**TASK, "code": code, "milestone": "assessment", "due": f"{world.YEAR}-12-20"})):
        answer = office.post(at, sent)
        assert answer.status_code == 422 and "kept for the work on systems" in faults_beside(answer, "code")
        assert f'value="{code}"' in answer.text
    at = part(office, draft, "28")
    assert office.post(new, {**TASK, "code": code.replace("28", "61"), "version": version(office, new)}).status_code == 303
    renamed = office.post(at, {**TASK, "code": "61", "milestone": "systems_converted", "version": version(office, at)})
    assert renamed.status_code == 422 and code.replace("28", "61") in faults_beside(renamed, "code")


def test_the_work_on_systems_has_the_days_of_its_milestones(office: Browser, draft: str, superuser: Superuser) -> None:
    at = part(office, draft, "28")
    page = office.get(at).text
    assert 'name="due"' not in page and '<input type="hidden" name="milestone" value="systems_converted">' in page
    sent = {**TASK, "code": "28", "milestone": "sorting", "due": "2027-03-01", "version": version(office, at)}
    assert office.post(at, sent).status_code == 303
    assert superuser.execute("SELECT milestone, due::text FROM template WHERE code = '28' AND programme_id::text = %s",
                             (draft.rpartition("/")[2],)).fetchone() == ("systems_converted", "2027-12-31")


def test_the_filing_of_the_plan_stays(office: Browser, draft: str) -> None:
    at = part(office, draft, "03")
    assert "/remove" not in office.get(at).text
    assert office.post(f"{at}/remove").status_code == 409


def test_a_task_of_another_programme_is_not_there(office: Browser, draft: str, superuser: Superuser) -> None:
    row = superuser.execute("SELECT id FROM template WHERE programme_id::text = %s LIMIT 1",
                            (issued(superuser).rpartition("/")[2],)).fetchone()
    assert row is not None
    for key in (row[0], "nothing", "01890a5d-ac96-774b-bcce-b302099a8057"):
        assert office.get(f"{draft}/templates/{key}").status_code == 404


# --- issuing ----------------------------------------------------------------------------------------------------------

def test_preview_says_what_issuing_then_makes_once(office: Browser, draft: str, superuser: Superuser) -> None:
    page = unescape(office.get(f"{draft}/preview").text)
    found = re.search(r"This makes (\d+) assignments for 39 units\.", page)
    assert found is not None
    assert "is not counted here" in page                                   # the work on systems
    assert office.post(f"{draft}/issue").status_code == 303
    assert superuser.execute("SELECT count(*) FROM assignment WHERE year = 2027").fetchone() == (int(found[1]),)
    assert office.post(f"{draft}/issue").status_code == 409
    for path in ("preview", "words", "days", "templates/new"):
        assert office.get(f"{draft}/{path}").status_code == 409


def test_only_what_was_previewed_is_issued(office: Browser, draft: str, superuser: Superuser) -> None:
    seen = version(office, f"{draft}/preview")
    assert office.post(f"{part(office, draft, '05-M')}/remove").status_code == 303
    late = office.post(f"{draft}/issue", {"version": seen})
    assert late.status_code == 412 and "Nothing was issued" in late.text and "Somebody else has changed" in late.text
    assert superuser.execute("SELECT count(*) FROM assignment WHERE year = 2027").fetchone() == (0,)
    now = re.search(r'name="version" value="(\d+)"', late.text)
    assert now and office.post(f"{draft}/issue", {"version": now[1]}).status_code == 303
    assert count(superuser, 2027, "05-E") and not count(superuser, 2027, "05-M")


def test_the_preview_names_what_reaches_nobody_and_days_gone_by(office: Browser, draft: str) -> None:
    new = f"{draft}/templates/new"
    office.post(new, {**TASK, "targets": ["kind:province+category:market_expansion"], "version": version(office, new)})
    page = unescape(office.get(f"{draft}/preview").text)
    assert "1 task reaches nobody" in page and "31-M" in page
    past = office.post("/programmes", {"year": "2025"}).location
    assert "Days that have passed already" in office.get(f"{past}/preview").text


def test_a_unit_sees_what_is_asked_of_it_marked_and_changes_nothing(signed_in: SignedIn, superuser: Superuser) -> None:
    at = issued(superuser)
    contact = signed_in("contact.migu")
    page = contact.get(at).text
    mine = superuser.execute("SELECT count(*) FROM assignment a JOIN unit u ON u.id = unit_id WHERE u.code = 'migu'").fetchone()
    assert mine is not None
    assert page.count('class="ours"') == mine[0] + 1                       # and the work on systems, which arises later
    assert len(re.findall(r'href="/assignments/[0-9a-f-]{36}"', page)) == mine[0]
    assert "/templates/" not in page and "/preview" not in page and "/add" not in page
    only = contact.get(f"{at}?ours=1").text
    assert only.count('<span class="code">') == mine[0] + 1


def test_a_figure_of_an_issued_task_opens_the_rows_it_counts(office: Browser, superuser: Superuser) -> None:
    found = re.search(r'href="(/board/rows\?[^"]+code=04-M)"[^>]*>(\d+)<', unescape(office.get(issued(superuser)).text))
    assert found is not None
    assert f'>{found[2]}</span>' in office.get(found[1]).text and int(found[2]) == count(superuser, world.YEAR, "04-M")


# --- in mid-year ------------------------------------------------------------------------------------------------------

def test_an_assignment_is_added_for_the_units_addressed_and_their_contacts_are_told(office: Browser, superuser: Superuser) -> None:
    at = issued(superuser)
    assert office.get(f"{at}/add").status_code == 200
    answer = office.post(f"{at}/add", {**TASK, "code": "90", "targets": ["category:market_expansion", "unit:tibet"]})
    assert answer.status_code == 303 and count(superuser, world.YEAR, "90") == 3
    assert superuser.execute("SELECT count(*) FROM outbox_message WHERE payload::text LIKE '%A new assignment%'").fetchone() == (3,)
    leads = superuser.execute("SELECT DISTINCT a.unit_id FROM outbox_message m JOIN assignment a ON a.unit_id = m.unit_id"
                              " WHERE a.code = '90' AND m.payload->>'url' = '/assignments/' || a.id").fetchall()
    assert len(leads) == 3                                             # each to its own
    assert office.post(f"{at}/add", {**TASK, "code": "90"}).status_code == 422     # the code is taken


def test_what_is_added_cannot_be_due_in_the_past_or_for_nobody(office: Browser, superuser: Superuser) -> None:
    at = issued(superuser)
    past = office.post(f"{at}/add", {**TASK, "code": "91", "due": "2026-03-09"})
    assert past.status_code == 422 and "passed" in faults_beside(past, "due") and 'value="91"' in past.text
    nobody = office.post(f"{at}/add", {**TASK, "code": "92", "targets": ["kind:province+category:market_expansion"]})
    assert nobody.status_code == 422 and faults_beside(nobody, "targets")
    assert count(superuser, world.YEAR, "91") == count(superuser, world.YEAR, "92") == 0
    assert superuser.execute("SELECT count(*) FROM template WHERE code IN ('91', '92')").fetchone() == (0,)


def test_only_the_office_adds_and_ends(signed_in: SignedIn, superuser: Superuser) -> None:
    at = issued(superuser)
    for name in ("market", "leader", "contact.guangdong", "auditor"):
        browser = signed_in(name)
        assert browser.get(f"{at}/add").status_code == 403
        assert browser.post(f"{at}/add", TASK).status_code == browser.post(f"{at}/end").status_code == 403


def test_after_the_end_nothing_is_added(office: Browser, superuser: Superuser) -> None:
    at = issued(superuser)
    assert office.post(f"{at}/end").status_code == 303
    assert office.post(f"{at}/end").status_code == 409 == office.post(f"{at}/add", TASK).status_code
    assert "Ended" in office.get(at).text


def test_the_page_of_a_programme_takes_few_statements(app: Flask, office: Browser, signed_in: SignedIn,
                                                      superuser: Superuser) -> None:
    at, contact = issued(superuser), signed_in("contact.guangdong")
    for browser in (office, contact):
        with statements(app) as sent:
            assert browser.get(at).status_code == 200
        assert len(sent) <= 16, "\n".join(sent)
