"""Names of codes: kept by a process, and those of this moment all the same."""
from flask import Flask

from portal.embedded import Server
from tests.conftest import Superuser
from tests.web.browsing import Browser


def test_names_are_those_of_now_in_whatever_order_they_were_written(
        app: Flask, superuser: Superuser, server: Server, database: str) -> None:
    """A process keeps names as long as none changes; one that is written first may be committed last, or never."""
    browser = Browser(app)
    browser.enter("office")

    def rename(c: Superuser, line: str, name: str) -> None:
        c.execute("UPDATE term SET name_zh = %s WHERE vocabulary = 'line' AND code = %s", (name, line))

    def said() -> set[str]:
        return {name for name in ("市场经营", "网络运行") if name in browser.get("/responsibilities").text}
    assert said() == set()
    with server.connect("postgres", database) as first:
        rename(first, "market", "市场经营")
        rename(superuser, "network", "网络运行")
        assert said() == {"网络运行"}
        first.commit()
        assert said() == {"市场经营", "网络运行"}
        rename(first, "market", "市场")
        first.rollback()
        assert said() == {"市场经营", "网络运行"}
    rename(superuser, "market", "市场")
    assert said() == {"网络运行"}
