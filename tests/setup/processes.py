"""Processes of the portal for tests: how to start them, as whom, and how to wait for them."""
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def python(program: str) -> list[str]:
    """A command line that runs `program` with the portal importable."""
    return [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{program}"]


def as_nobody() -> list[str]:
    """A prefix for root: run as `nobody`, who may read (this checkout, wherever it lies) but not write what is not his."""
    caps = "+dac_read_search"
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", f"--inh-caps={caps}",
            f"--ambient-caps={caps}", "--"]


def environment(data: Path, **more: str) -> dict[str, str]:
    """The environment of a portal of the test's own: nothing of the developer's settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PORTAL_", "DATABASE_", "BROKER_", "SECRET_"))}
    return {**kept, "PORTAL_DATA": str(data), "PYTHONPATH": str(ROOT), **more}


def portal(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "portal.cli", *arguments]


def run(data: Path, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """One `portal` command, to its end."""
    return subprocess.run(portal(*arguments), env=environment(data, **more), capture_output=True, text=True, timeout=90)


def run_each(data: Path, *commands: tuple[str, ...], **more: str) -> None:
    """Several commands after each other, where what they leave is the beginning and not the matter: loaded once."""
    program = f"from portal.cli import cli\nfor words in {commands!r}: cli.main(words, standalone_mode=False)"
    ran = subprocess.run(python(program), env=environment(data, **more), capture_output=True, text=True, timeout=90)
    assert ran.returncode == 0, ran.stderr


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def until(true: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def of(data: Path) -> list[str]:
    """The command lines of every process that belongs to this data folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            marked = f"PORTAL_SUPERVISED={data}".encode() in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if words and (marked or (str(data) in words and int(folder.name) != os.getpid())):
            found.append(words)
    return found
