"""For pages: people's browsers."""
import pytest
from flask import Flask

from tests.web.browsing import Browser, Enter


@pytest.fixture
def enter(app: Flask) -> Enter:
    """`enter("contact.guangdong")` gives a browser of its own in which that person reads English."""
    def made(name: str) -> Browser:
        browser = Browser(app)
        browser.enter(name)
        browser.client.set_cookie("language", "en")
        return browser
    return made
