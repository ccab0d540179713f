"""One search over everything: what one may read, some of each kind, the whole count, and never more."""
import re
from html import unescape

from flask import Flask

from tests.conftest import As, Superuser
from tests.factories.exchange import campaign, raised
from tests.web.browsing import Browser
from tests.web.counting import statements
from tests.web.test_assignments import signed_in


def found(app: Flask, name: str, q: str) -> tuple[set[str], str]:
    """Which things, by the first part of their address; and what the page says."""
    page = signed_in(app, name, "/desk").get(f"/search?q={q}").text.partition("<main")[2]
    words = unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))
    return set(re.findall(r'<a class="title" href="/([a-z]+)/', page)), words


def test_each_finds_what_may_be_read(app: Flask, acting: As, superuser: Superuser) -> None:
    about = campaign(superuser, "migu", lands=["guangdong"], code="ZEBRA-1")
    issue = raised(acting, "contact.guangdong", about)
    superuser.execute("UPDATE issue SET title = 'ZEBRA crossing' WHERE id = %s", (issue,))
    superuser.execute("UPDATE assignment SET title = 'Zebra list', title_zh = 'Zebra list' WHERE id = (SELECT a.id"
                      " FROM assignment a JOIN unit u ON u.id = a.unit_id WHERE u.code = 'guangdong' AND line = 'market' LIMIT 1)")
    everything = {"assignments", "campaigns", "issues"}
    wanted = {"contact.guangdong": everything, "market.guangdong": everything, "office": everything,
              "market.migu": {"campaigns", "issues"}, "contact.tibet": set(),
              "network.guangdong": {"campaigns"}, "market.beijing": set()}
    for name, kinds in wanted.items():
        assert found(app, name, "zebra")[0] == kinds, name
    assert found(app, "contact.tibet", "guangdong")[0] == {"units"}                       # the directory is everybody's
    assert "没有找到" in found(app, "contact.tibet", "zebra")[1] and "请至少输入两个字符" in found(app, "contact.tibet", "z")[1]
    assert found(app, "office", "%25%25")[0] == set() == found(app, "office", "' OR 1=1")[0]


def test_what_no_text_can_hold_is_not_looked_for(app: Flask) -> None:
    """NUL, which PostgreSQL neither stores nor compares: as if it had not been typed, in every list and form."""
    browser = Browser(app)
    browser.enter("contact.guangdong")
    for path in ("/search?q=ab%00cd", "/assignments?q=ab%00cd", "/assignments?state=%00", "/issues?q=%00%00", "/units?q=a%00b",
                 "/campaigns?q=a%00b&unit=%00", "/meetings?q=a%00b", "/supervision?q=a%00b"):
        assert browser.get(path).status_code == 200, path


def test_a_few_of_each_the_whole_count_and_always_as_many_statements(app: Flask, superuser: Superuser) -> None:
    browser = signed_in(app, "office", "/desk")
    with statements(app) as many:
        browser.get("/search?q=2026")
    with statements(app) as none:
        browser.get("/search?q=nothing-at-all")
    with statements(app) as common:
        page = browser.get("/search?q=梳理").text
    assert max(len(many), len(none), len(common)) <= 24
    count = re.search(r'/assignments\?q=[^"]+">[^<0-9]*(\d+)', page)
    assert count and int(count[1]) > 6
