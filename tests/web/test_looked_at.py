"""Every page of the route map is in a list of pages that the accessibility rules are held against, or says why it is in none."""
import re
from uuid import uuid4

from flask import Flask

from tests.browser import test_campaign_pages, test_further_pages, test_pages
from tests.browser.looking import STATUSES

LISTS = (test_pages.PAGES, test_further_pages.PAGES, test_campaign_pages.PAGES)
APART = {"/login", "/api/v1/docs"}                     # each has a test of its own
NO_PAGE = {
    "/": "leads to the desk", "/static/<path:filename>": "files", "/files/<uuid:key>": "a file", "/healthz": "for machines",
    "/readyz": "for machines", "/metrics": "for machines", "/calendar/<secret>.ics": "for calendars",
    "/bulletins/<key>/document.docx": "a file", "/account/subscriptions/files/<uuid:key>": "a file",
    "/reminders/<uuid:key>/do": "leads to the page of what is due",
    "/assignments/chase": "leads back to the list that refused to chase",
}
NOT_THERE = ("details", "new", "edit")                 # what an administrator's table does not offer answers 404


def looked_at(app: Flask) -> set[str]:
    adapter, found = app.url_map.bind("portal.example"), set(APART)
    for paths in (p for pages in LISTS for p in pages.values()):
        for path in paths:
            bare = re.sub(r"<\w+>", lambda _: str(uuid4()), path.partition("?")[0])
            if path not in STATUSES:
                found.add(str(adapter.match(bare, return_rule=True)[0]))
    return found


def test_every_page_is_looked_at_or_says_why_not(app: Flask) -> None:
    pages = {str(r) for r in app.url_map.iter_rules() if "GET" in (r.methods or ())
             and not str(r).endswith(".xlsx") and (not str(r).startswith("/api/") or str(r) == "/api/v1/docs")}
    missing = pages - looked_at(app) - set(NO_PAGE)
    assert {path for path in missing if not _unoffered(app, path)} == set()
    assert set(NO_PAGE) <= pages


def _unoffered(app: Flask, path: str) -> bool:
    """A page that every table of administration has an address for, and this one does not offer."""
    found = re.fullmatch(r"/admin/(\w+)/(\w+)/", path)
    if found is None or found[2] not in NOT_THERE:
        return False
    admin = app.extensions["admin"][0]
    view = next(v for v in admin._views if v.url == f"/admin/{found[1]}")
    offers = {"details": "can_view_details", "new": "can_create", "edit": "can_edit"}
    return not getattr(view, offers[found[2]])
