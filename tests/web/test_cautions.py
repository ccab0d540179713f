"""The list of warnings from elsewhere: narrowed, paged, taken home, answered in place; and nobody sees another unit's."""
import io
import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from openpyxl import load_workbook

from tenants.db import uuid7
from tests.conftest import Superuser
from tests.factories import people, world
from tests.factories.exchange import campaign, unit
from tests.web.browsing import faults_beside
from tests.web.counting import statements
from tests.web.issue_pages import Signed, signed, words
from tests.web.test_assignments import count_of

__all__ = ["signed"]
TODAY = world.NOW.date()


def asked(superuser: Superuser, about: UUID, of: str = "guangdong", *, line: str = "market", due: int = 5,
          said: str = "Look at it.", affected: bool | None = None, answered: int = 0) -> UUID:
    """A warning as the background work writes it; where `affected` is told, answered that many hours ago."""
    key, told = uuid7(), affected is not None
    superuser.execute(
        "INSERT INTO caution (id, unit_id, line, campaign_id, batch, control_element, words, due, at, finding, affected,"
        " answered_at, by_id, version) VALUES (%s, %s, %s, %s, %s, 'rules', %s, %s, %s, %s, %s, %s, %s, 1)",
        (key, unit(superuser, of), line, about, uuid7(), said, TODAY + timedelta(days=due), world.NOW, "We looked." if told else "",
         affected, world.NOW - timedelta(hours=answered) if told else None, people.key("market.guangdong") if told else None))
    return key


@pytest.fixture
def about(superuser: Superuser) -> dict[str, UUID]:
    return {of: campaign(superuser, of, lands=["guangdong"], code=code) for of, code in (("guangdong", "G"), ("migu", "M"))}


@pytest.fixture
def several(superuser: Superuser, about: dict[str, UUID]) -> dict[str, UUID]:
    """Of Guangdong: one that waits, one that is late, one of another line, two answered; and one of Migu."""
    g = about["guangdong"]
    return {"waits": asked(superuser, g), "late": asked(superuser, g, due=-1),
            "network": asked(superuser, g, line="network", due=1), "affected": asked(superuser, g, affected=True, answered=2),
            "not": asked(superuser, g, affected=False, answered=30),
            "migu": asked(superuser, about["migu"], "migu", said="Migu alone reads this.")}


def keys(page: str) -> list[str]:
    return re.findall(r'id="c-([0-9a-f-]{36})"', page)


@pytest.mark.parametrize(("who", "query", "found"), [
    ("office", "", ["late", "network", "waits", "migu", "affected", "not"]),
    ("office", "?state=waiting", ["late", "network", "waits", "migu"]), ("office", "?state=late", ["late"]),
    ("office", "?state=answered", ["affected", "not"]), ("office", "?state=affected", ["affected"]),
    ("office", "?unit=migu", ["migu"]), ("office", "?unit=guangdong&line=network", ["network"]),
    ("office", "?state=odd", []), ("office", "?line=odd", []), ("office", "?unit=%00<b>", []),
    ("market.guangdong", "", ["late", "waits", "affected", "not"]),
    ("contact.guangdong", "", ["late", "network", "waits", "affected", "not"]),
    ("market.migu", "", ["migu"]), ("market", "?state=waiting", ["late", "waits", "migu"]), ("contact.tibet", "", []),
    ("market.guangdong", "?unit=migu", [])])
def test_who_finds_which(signed: Signed, several: dict[str, UUID], who: str, query: str, found: list[str]) -> None:
    """What waits comes first, the first due first; then the answered, the latest first. The workbook has the same rows."""
    page = signed(who).get(f"/cautions{query}").text
    assert keys(page) == [str(several[name]) for name in found] and count_of(page) == len(found)
    sheet = load_workbook(io.BytesIO(signed(who).get(f"/cautions.xlsx{query}").data)).worksheets[0]
    rows = [list(r) for r in sheet.iter_rows(min_row=3, values_only=True)]
    assert [r[4] for r in rows] == [{"late": "Answer overdue", "affected": "affected", "not": "not affected"}.get(
        name, "Waits for an answer") for name in found]
    if found == ["migu"]:
        assert rows[0][0] == "M" and rows[0][5] == "Migu alone reads this." and rows[0][9] is None
    if "migu" not in found:
        assert "Migu alone" not in page and not any("Migu alone" in str(cell) for r in rows for cell in r)
    assert ('aria-label="Filters that are set"' in page) is bool(query)
    assert ("No warning fits these filters" in page) is (bool(query) and not found)


def test_who_reads_none_is_refused(signed: Signed, several: dict[str, UUID]) -> None:
    for who in ("admin", "member.guangdong"):
        assert signed(who).get("/cautions").status_code == signed(who).get("/cautions.xlsx").status_code == 403
    stranger = signed("market.migu")
    before = words(stranger.get("/cautions").text)
    for key in (several["waits"], uuid7(), "x"):
        answer = stranger.post(f"/cautions/{key}?state=waiting&unit=guangdong", {"version": "1", "affected": "no", "finding": "x"})
        assert answer.status_code == 404
    assert words(stranger.get("/cautions").text) == before and "Look at it." not in before


def test_a_long_list_pages_and_costs_the_same(app: Flask, signed: Signed, superuser: Superuser, about: dict[str, UUID],
                                              several: dict[str, UUID]) -> None:
    own = signed("contact.guangdong")
    own.get("/cautions")
    with statements(app) as few:
        own.get("/cautions")
    for n in range(60):
        asked(superuser, about["guangdong"], due=n % 7, affected=bool(n % 2) if n >= 45 else None, answered=n % 3)
    with statements(app) as many:
        page = own.get("/cautions").text
    assert len(many) == len(few) <= 12, "\n".join(many)
    seen, places, pages = list[str](), set[str](), 0
    while True:
        seen, pages = seen + keys(page), pages + 1
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            break
        places.add(following[1])
        page = own.get(unescape(following[1])).text
    assert pages == 2 and len(seen) == len(set(seen)) == 65
    waiting = own.get("/cautions?state=waiting").text
    assert count_of(waiting) == 48 and keys(waiting) == seen[:48]                  # no answered one hides one that waits
    assert set(seen[48:]) == set(keys(own.get("/cautions?state=answered").text))
    for made_up in ("x", "2026-03-10", "2026-03-10_x", "%00_%00", "9999-99-99_" + str(uuid7())):
        answer = own.get(f"/cautions?cursor={made_up}")
        assert answer.status_code == 200 and keys(answer.text) == seen[:50]
    behind = own.get(f"/cautions?cursor={world.NOW.isoformat().replace('+', '%2B')}_{UUID(int=0)}").text
    assert keys(behind) == seen[48:]       # among the answered, too, it goes on where it was


@pytest.mark.parametrize("query", ["", "?state=waiting", "?state=answered", "?state=late&line=network"])
def test_what_was_typed_stays_whatever_the_list_is_narrowed_to(signed: Signed, superuser: Superuser, several: dict[str, UUID],
                                                               query: str) -> None:
    own, key = signed("market.guangdong"), str(several["waits"])
    own.get(f"/cautions{query}")
    address = f"/cautions/{key}{query}"
    typed = "Both notices were read; <b>neither</b> names the price."
    answer = own.post(address, {"version": "1", "affected": "", "finding": typed})
    assert answer.status_code == 422 and keys(answer.text).count(key) == 1
    form = answer.text.split(f'id="c-{key}"')[1].split("</form>")[0]
    assert typed in unescape(form) and "<b>neither" not in form and "Choose: affected, or not." in form
    assert f'action="{address.replace("&", "&amp;")}"' in form and f'href="#affected-{key}"' in answer.text
    opened = re.findall(r'<details class="more" open><summary>Answer.*?id="c-([0-9a-f-]{36})"', answer.text, re.S)
    assert key in opened
    answer = own.post(address, {"version": "1", "affected": "yes", "finding": ""})
    assert answer.status_code == 422 and faults_beside(answer, f"finding-{key}") and 'value="yes" required checked' in answer.text
    answer = own.post(address, {"version": "9", "affected": "yes", "finding": typed})
    assert answer.status_code == 412 and key in keys(answer.text) and typed in unescape(answer.text)
    other = signed("contact.guangdong")
    other.get("/cautions")
    assert other.post(f"/cautions/{key}", {"version": "1", "affected": "no", "finding": "The rules name it."}).status_code == 303
    answer = own.post(address, {"version": "2", "affected": "yes", "finding": typed})
    assert answer.status_code == 409 and typed in unescape(answer.text)
    row = answer.text.split(f'id="c-{key}"')[1].split("</tr>")[0]
    assert "The rules name it." in row and "<form" not in row
    assert count_of(answer.text) == count_of(own.get(f"/cautions{query}").text)     # what stands apart is not counted


def test_an_answer_leads_back_to_the_list_as_it_was(signed: Signed, several: dict[str, UUID]) -> None:
    own = signed("contact.guangdong")
    own.get("/cautions?state=waiting&line=market")
    answer = own.post(f"/cautions/{several['late']}?line=market&state=waiting&else=x&cursor=y",
                      {"version": "1", "affected": "no", "finding": "Nothing of the kind."})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cautions?state=waiting&line=market")
    page = own.get(answer.headers["Location"]).text
    assert keys(page) == [str(several["waits"])] and '<details class="more" open>' in page       # the only one: nothing to choose
    signed("head.guangdong").get("/cautions")
    assert 'action="/cautions/' not in signed("head.guangdong").get("/cautions").text


def test_the_desk_leads_to_the_row_and_lists_lead_here(signed: Signed, superuser: Superuser, about: dict[str, UUID],
                                                       several: dict[str, UUID]) -> None:
    """However many wait elsewhere or in other lines."""
    for n in range(60):
        asked(superuser, about["migu"], "migu", due=-n)
    own = signed("contact.guangdong")
    hrefs = [unescape(x) for x in re.findall(r'href="(/cautions\?[^"]+)"', own.get("/desk").text)]
    leads = {x.split("#c-")[1]: x for x in hrefs}
    assert set(leads) == {str(several[name]) for name in ("waits", "late", "network")}
    for key, href in leads.items():
        assert key in keys(own.get(href.split("#")[0]).text)
    page = own.get("/cautions?state=waiting").text
    assert "/account/subscriptions/new?page=%2Fcautions&amp;query=state%3Dwaiting" in page
    assert 'href="/cautions"' in own.get("/campaigns").text
    kept = own.post("/saved", {"page": "/cautions", "query": "state=waiting", "name": "To answer"})
    assert kept.headers["Location"] == "/cautions?state=waiting" and "To answer" in own.get("/cautions").text
    assert "/cautions" not in re.findall(r'href="([^"]+)"', signed("member.guangdong").get("/campaigns").text)
