"""A unit's own colours and words for the lights: kept under administration, spoken on the unit's pages, never where units
are compared."""
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, g

from portal import legends
from portal.admin import service
from portal.filings import service as filings
from portal.legends import Legend, Sign
from portal.supervision import service as orders
from portal.supervision.rules import AboutKind, Ref
from portal.web import lights
from tenants import directory
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, RuleViolated, Stale
from tenants.models import Setting, Unit
from tests.conftest import As, Superuser
from tests.factories import people, standing, supervision
from tests.factories.plans import draft
from tests.rules.test_legends import OURS
from tests.web.browsing import Browser, faults_beside
from tests.web.counting import statements

SignedIn = Callable[[str], Browser]
GUANGDONG = "guangdong"


@pytest.fixture(autouse=True)
def half_done(superuser: Superuser) -> Iterator[None]:
    standing.shuffle(superuser, 3)
    with standing.late_in_the_year():
        yield


@pytest.fixture
def signed_in(app: Flask) -> SignedIn:
    def made(name: str) -> Browser:
        app.extensions["portal.limiter"].reset()
        browser = Browser(app)
        browser.enter(name)
        return browser
    return made


def unit(code: str = GUANGDONG) -> Unit:
    return next(u for u in directory.units() if u.code == code)


def keep(acting: As, legend: Legend = OURS, version: int = 0, name: str = "admin", code: str = GUANGDONG) -> None:
    with acting(name) as actor:
        service.set_legend(unit(code), legend, version=version, actor=actor)
        db.session.commit()


def kept(superuser: Superuser) -> list[tuple[object, ...]]:
    return superuser.execute("SELECT name, value->'red'->>'name_zh', version FROM setting WHERE name LIKE 'lights:%'").fetchall()


def shown(page: str) -> set[tuple[str, str]]:
    """(classes, word) of every light on a page, links and plain ones."""
    return {(classes, re.sub(r"<.*", "", words, flags=re.S).strip())
            for classes, words in re.findall(r'class="light ([\w -]+)"[^>]*>(.*?)</', page, re.S)}


# --- the service -----------------------------------------------------------------------------------------------------

def test_it_is_kept_recorded_and_given_up(acting: As, superuser: Superuser) -> None:
    keep(acting)
    key = superuser.execute("SELECT id FROM unit WHERE code = 'guangdong'").fetchone()
    assert key and kept(superuser) == [(f"lights:{key[0]}", "拖期", 1)]
    keep(acting, {**OURS, "red": Sign("red", " Late ", "拖期")}, 1)
    keep(acting, legends.NONE, 2)
    assert kept(superuser) == [(f"lights:{key[0]}", None, 3)]
    trail = superuser.execute("SELECT action, changes, by FROM audit_entry WHERE subject_kind = 'setting' ORDER BY seq").fetchall()
    assert [t[0] for t in trail] == ["create", "change", "change"] and {t[2] for t in trail} == {people.key("admin")}
    assert trail[1][1] == {"unit": GUANGDONG, "red.tone": ["violet", "red"]}
    assert trail[2][1]["red.word_zh"] == ["拖期", None]


def test_what_is_not_changed_is_not_recorded(acting: As, superuser: Superuser) -> None:
    keep(acting)
    keep(acting, OURS, 1)
    assert kept(superuser)[0][2] == 1
    assert superuser.execute("SELECT count(*) FROM audit_entry WHERE subject_kind = 'setting'").fetchone() == (1,)


def test_who_may_not_and_who_comes_too_late(acting: As, superuser: Superuser) -> None:
    for name in ("office", "contact.guangdong", "auditor"):
        with pytest.raises(NotPermitted):
            keep(acting, name=name)
    keep(acting)
    for version in (0, 2, -1):
        with pytest.raises(Stale):
            keep(acting, {**OURS, "grey": Sign("grey", "x", "y")}, version)
    with pytest.raises(RuleViolated):
        keep(acting, code="hq")
    with pytest.raises(Invalid):
        keep(acting, {**OURS, "red": Sign("red", "\0 ", "拖期")}, 1)
    assert len(kept(superuser)) == 1


# --- what pages say --------------------------------------------------------------------------------------------------

def test_the_units_own_people_read_its_words(acting: As, signed_in: SignedIn) -> None:
    keep(acting)
    contact = signed_in("contact.guangdong")
    for path in ("/desk", "/board", "/board/rows", "/assignments", "/help"):
        found = shown(contact.get(path).text)
        assert found, path
        assert {w for _, w in found} <= {s.name_zh for s in OURS.values()}, (path, found)
        assert {c for c, _ in found if c.startswith("red")} <= {"red tone-violet"}, path
        assert {c for c, _ in found if c.startswith("amber")} <= {"amber"}, path        # the common tone needs no class of its own
    assert 'title="逾期' in contact.get("/board").text                                  # beside it what headquarters calls it
    contact.client.set_cookie("language", "en")
    assert {"Late", "With headquarters"} & {w for _, w in shown(contact.get("/assignments").text)}


def test_others_read_the_common_legend(acting: As, signed_in: SignedIn) -> None:
    keep(acting)
    for name in ("office", "market", "auditor", "contact.migu"):
        for path in ("/board", "/assignments", "/board/rows?unit=guangdong"):
            page = signed_in(name).get(path)
            if page.status_code == 200:
                assert "tone-" not in page.text and "拖期" not in page.text, (name, path)


def test_headquarters_is_told_who_speaks_otherwise(acting: As, signed_in: SignedIn) -> None:
    office = signed_in("office")
    assert 'href="/units/guangdong#lights"' not in office.get("/board").text
    keep(acting)
    assert 'href="/units/guangdong#lights"' in office.get("/board").text
    page = office.get("/units/guangdong").text
    assert ("red tone-violet", "拖期") in shown(page) and "逾期" in page
    assert 'id="lights"' not in office.get("/units/migu").text
    assert 'href="/units/guangdong#lights"' not in signed_in("contact.guangdong").get("/board").text


def test_a_page_about_one_unit_speaks_as_the_unit_does(app: Flask, acting: As) -> None:
    keep(acting)
    with app.test_request_context(), acting("office") as office:
        g.identity = office
        assert said() == ("逾期", "red", "")
        for about in (unit(), unit().id, GUANGDONG):
            lights.speak_for(about)
            assert said() == ("拖期", "red tone-violet", "逾期")
        lights.speak_for("nowhere")
        assert said() == ("逾期", "red", "")


def test_headquarters_reads_a_units_words_on_its_pages_alone(acting: As, signed_in: SignedIn, superuser: Superuser) -> None:
    keep(acting)
    task = superuser.execute("SELECT id FROM assignment WHERE unit_id = %s AND state = 'open' AND due < %s LIMIT 1",
                             (standing.GUANGDONG, standing.TODAY)).fetchall()[0][0]
    order = supervision.order(acting, "office", GUANGDONG, term=standing.TODAY)
    office = signed_in("office")
    page = office.get(f"/assignments/{task}").text
    assert ("red tone-violet", "拖期") in shown(page) and ("red", "逾期") not in shown(page)
    assert re.search(r'class="light red tone-violet" title="逾期', page)                 # beside it what headquarters calls it
    refused = office.post(f"/assignments/{task}/cancel", {"version": "0", "reason": ""}).text
    assert ("red tone-violet", "拖期") in shown(refused)
    assert {w for _, w in shown(office.get(f"/supervision/{order}").text)} <= {s.name_zh for s in OURS.values()}
    for path in ("/board", "/board/rows?unit=guangdong", "/assignments?unit=guangdong", "/supervision"):
        found = shown(office.get(path).text)
        assert found and not [w for _, w in found if w in {s.name_zh for s in OURS.values()}], path
    elsewhere = superuser.execute("SELECT id FROM assignment WHERE unit_id <> %s AND state = 'open' AND due < %s LIMIT 1",
                                  (standing.GUANGDONG, standing.TODAY)).fetchall()[0][0]
    assert ("red", "逾期") in shown(office.get(f"/assignments/{elsewhere}").text)


def test_the_pages_of_a_plan_speak_as_its_unit_does(acting: As, signed_in: SignedIn) -> None:
    keep(acting)
    with acting("contact.guangdong") as contact:
        filing = draft(contact)
        filings.submit(filing, actor=contact)
        db.session.commit()
        key = filing.id
    with acting("office") as office:
        made = orders.issue(supervision.wanted(GUANGDONG, term=standing.TODAY, about=(Ref(AboutKind.FILING, key),)), actor=office)
        assert made
        db.session.commit()
    found = shown(signed_in("office").get(f"/filings/{key}").text)
    assert found and {w for _, w in found} <= {s.name_zh for s in OURS.values()}


def said() -> tuple[str, str, str]:
    return lights.light_words("red"), lights.light_class("red"), lights.light_means("red")


def test_what_is_stored_amiss_breaks_no_page(superuser: Superuser, signed_in: SignedIn) -> None:
    for name, value in (("lights:20", '{"red": 5, "green": {"tone": "pink"}}'), ("lights:x", "{}"), ("lights:21", "[]")):
        superuser.execute("INSERT INTO setting (id, name, value, version) VALUES (gen_random_uuid(), %s, %s, 1)", (name, value))
    assert ("red", "逾期") in shown(signed_in("office").get("/board").text)


def test_no_page_sends_more_statements(app: Flask, acting: As, signed_in: SignedIn) -> None:
    sent: dict[str, list[int]] = {path: [] for path in ("/desk", "/board", "/assignments")}
    for legend in (legends.NONE, OURS):
        keep(acting, legend)
        browser = signed_in("contact.guangdong")
        for path, counts in sent.items():
            browser.get(path)
            with statements(app) as found:
                browser.get(path)
            counts.append(len(found))
    assert all(before == after for before, after in sent.values()), sent


# --- administration --------------------------------------------------------------------------------------------------

@pytest.fixture
def admin(signed_in: SignedIn) -> Browser:
    browser = signed_in("admin")
    browser.get("/admin/legends/")
    return browser


def fields(legend: Legend = OURS, version: int = 0) -> dict[str, str]:
    found = {f"{code}_{part}": getattr(sign, part) for code, sign in legend.items() for part in ("tone", "name", "name_zh")}
    return {**found, "version": str(version), "do": "save"}


def test_an_administrator_gives_a_unit_its_legend(admin: Browser, superuser: Superuser) -> None:
    edit = f"/admin/legends/edit/?id={superuser.execute('SELECT id FROM unit WHERE code = %s', (GUANGDONG,)).fetchall()[0][0]}"
    page = admin.get(edit).text
    assert 'value="逾期"' in page and 'value="Overdue"' in page                          # it begins as the common one
    preview = admin.post(edit, {**fields(), "do": "preview"})
    assert preview.status_code == 200 and ("red tone-violet", "拖期") in shown(preview.text) and kept(superuser) == []
    assert admin.post(edit, fields()).status_code == 303
    assert kept(superuser)[0][1:] == ("拖期", 1)
    listed = admin.get("/admin/legends/?legend=own").text
    assert listed.count("row-link") == 1 and "逾期" in listed
    assert admin.get("/admin/legends/?legend=common").text.count("row-link") == 37
    late = admin.post(edit, {**fields(), "grey_name_zh": "其他"})
    assert late.status_code == 412 and "拖期" in late.text and 'name="version" value="1"' in late.text
    assert "示例 admin" in admin.get(edit).text                                          # its history
    assert admin.post(edit, {"do": "reset", "version": "0"}).status_code == 412
    assert admin.post(edit, {"do": "reset", "version": "1"}).status_code == 303
    assert kept(superuser)[0][1:] == (None, 2)
    common = {code: Sign(legends.COMMON[code], en, zh) for code, en, zh in superuser.execute(
        "SELECT code, name, name_zh FROM term WHERE vocabulary = 'light'").fetchall()}
    assert admin.post(edit, fields(version=2)).status_code == 303
    assert admin.post(edit, fields(common, 3)).status_code == 303                        # it is the common one
    assert kept(superuser)[0][1:] == (None, 4)


@pytest.mark.parametrize(("field", "value"), [
    ("red_tone", "pink"), ("red_tone", ""), ("green_tone", "violet"), ("blue_name", ""), ("blue_name_zh", "\0"),
    ("blue_name_zh", "长" * 10_000), ("grey_name", "<script>alert(1)</script>"), ("grey_name", "LATE")])
@pytest.mark.parametrize("do", ["save", "preview"])
def test_faults_stand_beside_their_fields(admin: Browser, superuser: Superuser, field: str, value: str, do: str) -> None:
    answer = admin.post("/admin/legends/edit/?id=20", {**fields(), field: value, "do": do})
    assert answer.status_code == 422 and faults_beside(answer, field), answer.text[:2_000]
    assert "<script>alert" not in answer.text and kept(superuser) == []


def test_headquarters_keeps_the_common_legend(admin: Browser) -> None:
    assert admin.get("/admin/legends/edit/?id=1").status_code == 404
    assert 'edit/?id=1"' not in admin.get("/admin/legends/").text


def test_two_first_legends_at_once(acting: As, superuser: Superuser) -> None:
    """Who comes second, after both saw none, is told."""
    with acting("admin"):
        found = unit()
        superuser.execute("INSERT INTO setting (id, name, value, version) VALUES (gen_random_uuid(), %s, '{}', 1)",
                          (legends.setting_of(found.id),))
        with pytest.raises(Stale):
            service._keep(Setting(name=legends.setting_of(found.id), value={}))
