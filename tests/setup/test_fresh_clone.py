"""The two commands as a new user types them: `make run` in a fresh clone, stopped, started again."""
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.setup.processes import ROOT, environment, free_port, of, until

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    made = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(made)], check=True)
    yield made
    for process in list(of(made / "var")):
        print("left:", process)


def make_run(clone: Path, port: int, said: Path) -> "subprocess.Popen[bytes]":
    env = {k: v for k, v in environment(clone).items() if k not in ("PORTAL_DATA", "PYTHONPATH", "VIRTUAL_ENV", "MAKEFLAGS")}
    with said.open("wb") as words:
        return subprocess.Popen(["make", "run", f"PORT={port}"], cwd=clone, env=env, stdin=subprocess.DEVNULL,
                                stdout=words, stderr=words, start_new_session=True)


def test_make_run_in_a_fresh_clone(clone: Path, tmp_path: Path) -> None:
    port, said, took = free_port(), tmp_path / "said", []
    for limit in (600, 60):              # seconds by the clock are `bench/start.py`'s: a machine may be busy
        began = time.monotonic()
        process = make_run(clone, port, said)
        try:
            ready = until(lambda p=process: "ready after" in said.read_text() or p.poll() is not None, limit)
            took.append(time.monotonic() - began)
            assert ready and process.poll() is None, said.read_text()[-3000:]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
                assert answer.status == 200
            assert (clone / "var" / "demo-password").read_text().strip() in said.read_text()
        finally:
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
        assert time.monotonic() - began < 10
        assert of(clone / "var") == []
    print(f"cold {took[0]:.1f} s, warm {took[1]:.1f} s")
    left = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True).stdout
    assert left == "", "what the set-up makes is ignored by git"
    assert os.stat(clone / "var" / "demo-password").st_mode & 0o777 == 0o600
