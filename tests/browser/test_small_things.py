"""What a browser shows of pages in narrow windows and without scripts."""
from datetime import date

import pytest

from portal.meetings import queries, service
from portal.meetings.rules import Decided
from tenants import directory
from tenants.db import db
from tenants.vocabulary import Line
from tests.browser.conftest import Enter
from tests.browser.looking import faults
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.meetings import meeting

pytestmark = pytest.mark.browser
FIELD = "input[data-search-key]:focus"


@pytest.mark.parametrize("width", [1440, 1280, 375])
def test_a_slash_leads_to_the_search_wherever_its_box_is(enter: Enter, width: int) -> None:
    page = enter("office", width=width)
    page.goto("/desk")
    page.keyboard.press("/")
    assert page.locator(FIELD).is_visible()
    page.keyboard.type("/2026")
    assert page.input_value(FIELD) == "/2026"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_long_words_and_wide_tables_stay_within_a_phone(enter: Enter, acting: As, superuser: Superuser, language: str) -> None:
    superuser.execute("INSERT INTO mail VALUES (gen_random_uuid(), 1, %s, gen_random_uuid(), %s, %s, %s, 'words')",
                      (people.key("office"), world.NOW, people.email("office"), "unbroken" * 20))
    key = meeting(acting, "office", "guangdong")
    with acting("office") as office:
        units = {u.code: u.id for u in directory.units()}
        decided = Decided(unit=units["guangdong"], line=Line.CUSTOMER_SERVICE, title="Responsibilities reconsidered",
                          deliverable="Recommendations", due=date(2026, 6, 30), owner=people.email("contact.guangdong"))
        service.decide(queries.one(office, key), decided, actor=office)
        db.session.commit()
    page = enter("office", width=375, language=language)
    assert [found for path in ("/mail", f"/meetings/{key}") for found in faults(page, path)] == []


def test_what_only_a_script_could_do_is_offered_only_where_scripts_run(enter: Enter, superuser: Superuser) -> None:
    superuser.execute("INSERT INTO progress_report (id, unit_id, assignment_id, percent, text, at) SELECT gen_random_uuid(),"
                      " unit_id, id, 5, 'said before', '2026-03-01' FROM assignment WHERE unit_id = 20 AND line = 'market'")
    controls = ".js-only, input[type=range], [data-dialog], [data-print], [data-put], [data-fill], [data-pick-all]"
    for script in (True, False):
        page = enter("market.guangdong", script=script)
        for path in ("/assignments/progress", "/units", "/desk"):
            page.goto(path)
            for summary in page.locator("main details > summary").all()[:3]:
                summary.click()
            shown = [one.is_visible() for one in page.locator(controls).all()]
            assert any(shown) is script, (path, script)
