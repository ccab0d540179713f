"""A real browser against a running portal: the same process, the same still clock, a port of its own."""
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from werkzeug.serving import make_server

from tests.web.browsing import Browser as Client

AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-first-run", "--js-flags=--no-opt,--no-maglev"]      # a page lives for a second: its scripts are not worth optimising
Enter = Callable[..., Page]


def executable() -> str | None:
    """The browser that `make test` found; None: the one that Playwright brought."""
    named = (os.environ.get("PORTAL_BROWSER"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in named if name and (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the portal answers while the test runs."""
    app.extensions["portal.limiter"].reset()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)


@pytest.fixture
def enter(chromium: Browser, app: Flask, address: str) -> Iterator[Enter]:
    """`enter("contact.guangdong")` gives a page of a fresh browser with that person's session, nothing opened yet. Whatever the
    console says against us (a breach of the content security policy, a script's error) fails the test."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            said.append(f"{message.type}: {message.text}")

    def made(name: str, *, width: int = 1440, dark: bool = False, language: str = "zh", script: bool = True) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light",
                                       java_script_enabled=script, base_url=address)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: said.append(f"script: {error}"))
        stranger = Client(app)
        stranger.enter(name)
        cookies = {"portal": stranger.cookie() or "", **({"language": language} if language != "zh" else {})}
        context.add_cookies([{"name": cookie, "value": value, "url": address} for cookie, value in cookies.items()])
        return page
    yield made
    for context in contexts:
        context.close()
    assert said == []
