"""`portal up`: real servers and processes, with a stand-in for the application."""
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from portal import servers
from portal.config import Settings
from tests.crossings import few
from tests.setup.processes import ROOT, environment, free_port, of, until

UP = ROOT / "tests" / "setup" / "standin" / "up.py"


class Portal:
    """One `portal up` of the test's own, what it says collected in a file."""

    def __init__(self, data: Path) -> None:
        self.data, self.port, self.said = data, free_port(), data.parent / "said"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, ignore_interrupt: bool = False, **env: str) -> "subprocess.Popen[bytes]":
        def before() -> None:
            if ignore_interrupt:                       # as a shell does for what it starts with &
                signal.signal(signal.SIGINT, signal.SIG_IGN)
        with self.said.open("wb") as said:
            self.process = subprocess.Popen([sys.executable, str(UP), str(self.port)], env=environment(self.data, **env),
                                            stdin=subprocess.DEVNULL, stdout=said, stderr=said, preexec_fn=before)
        return self.process

    def ready(self) -> bool:
        assert self.process is not None
        return until(lambda: "ready after" in self.words() or self.process.poll() is not None, 45) \
            and self.process.poll() is None

    def words(self) -> str:
        return self.said.read_text()

    def get(self, path: str = "/") -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def stop(self, which: signal.Signals = signal.SIGTERM) -> float:
        """Ask it to stop; how many seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(which)
        self.process.wait(timeout=15)
        return time.monotonic() - began


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    made = Portal(tmp_path / "data")
    yield made
    if made.process and made.process.poll() is None:
        made.process.kill()
        made.process.wait()
    if of(made.data):                                  # servers that a killed portal left: who leaves last stops them
        with servers.running(Settings.for_tests(data=made.data, broker_url="")):
            pass


@pytest.mark.parametrize("which", few(1, [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]))
def test_a_signal_stops_everything_within_ten_seconds(portal: Portal, which: signal.Signals) -> None:
    portal.start(ignore_interrupt=True)
    assert portal.ready(), portal.words()
    names = " ".join(of(portal.data))
    assert all(part in names for part in ("gunicorn", "worker", "beat", "postgres", "valkey-server"))
    assert portal.stop(which) < 10
    assert portal.process is not None and portal.process.returncode == 0
    assert of(portal.data) == []


def test_what_it_prints(portal: Portal) -> None:
    portal.start()
    assert portal.ready() and until(lambda: "office@hq.example" in portal.words(), 20), portal.words()
    said = portal.words()
    assert f"http://127.0.0.1:{portal.port}" in said and "office@hq.example" in said
    assert (portal.data / "demo-password").read_text().strip() in said
    assert said.index("seed plan") < said.index("seed demo") < said.index("ready after")
    password = (portal.data / "demo-password").read_text()
    portal.stop()
    began = time.monotonic()
    portal.start()
    assert portal.ready() and time.monotonic() - began < 10
    assert (portal.data / "demo-password").read_text() == password


def test_after_a_kill_the_next_one_takes_over(portal: Portal) -> None:
    first = portal.start()
    assert portal.ready(), portal.words()
    servers = {name: (portal.data / name) for name in ("postgres", "valkey")}
    postgres = (servers["postgres"] / "postmaster.pid").read_text().split()[0]
    first.kill()
    first.wait()
    portal.start()                                     # at once: the children of the first are still ending
    assert portal.ready(), portal.words()
    assert (servers["postgres"] / "postmaster.pid").read_text().split()[0] == postgres
    assert portal.get().isdigit()
    assert portal.stop() < 10
    assert of(portal.data) == []


def test_children_end_with_a_killed_portal(portal: Portal) -> None:
    first = portal.start()
    assert portal.ready(), portal.words()
    first.kill()
    first.wait()

    def left() -> list[str]:
        return [w for w in of(portal.data) if "gunicorn" in w or "celery" in w]
    assert until(lambda: not left(), 20), left()


def test_what_dies_is_started_again(portal: Portal) -> None:
    portal.start()
    assert portal.ready(), portal.words()
    before = int(portal.get())
    os.kill(before, signal.SIGKILL)
    postgres = int((portal.data / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(postgres, signal.SIGKILL)

    def back() -> bool:
        with suppress(OSError):
            return int(portal.get("/readyz")) != before
        return False
    assert until(back, 15), portal.words()
    assert until(lambda: "PostgreSQL had ended and was started again" in portal.words(), 10)
    assert "web ended" in portal.words()
    assert portal.stop() < 10
    assert of(portal.data) == []


def test_a_second_portal_on_the_same_data_is_refused(portal: Portal) -> None:
    portal.start()
    assert portal.ready(), portal.words()
    second = Portal(portal.data)
    second.said = portal.said.with_name("second")
    assert second.start().wait(timeout=20) == 1
    assert re.fullmatch(r"portal: a portal \(process \d+\) runs already on .*: stop it first, or .*\n", second.words())
    assert portal.get().isdigit()


def test_an_occupied_port_is_one_line(portal: Portal) -> None:
    with socket.create_server(("127.0.0.1", portal.port)):
        assert portal.start().wait(timeout=20) == 1
    assert re.fullmatch(r"portal: port \d+ cannot be used \(.*\): .* make run PORT=\d+\n", portal.words())
    assert not (portal.data / "postgres").exists()


def test_a_web_that_cannot_start_says_why(portal: Portal) -> None:
    assert portal.start(STANDIN_WEB="no_such_module:app").wait(timeout=40) == 1
    assert "the web server ended at once" in portal.words() and "web.log" in portal.words()
    assert of(portal.data) == []


@pytest.mark.parametrize("delay", few(1, [0.7, 0.3, 1.2, 2.0]))
def test_stopped_while_it_starts(portal: Portal, delay: float) -> None:
    portal.start()
    time.sleep(delay)
    assert portal.stop() < 10
    assert of(portal.data) == []
