"""The processes that `portal up` keeps running: each in its own group, with its own log, started again when it dies.

They end when the supervisor does, however it ends: the kernel signals them (Linux), and what is left
all the same is found by a mark in its environment and ended at the next start."""
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from portal.embedded.places import log_file

MARK = "PORTAL_SUPERVISED"          # = PORTAL_DATA, in the environment of every child
_LONGEST_PAUSE = 30.0               # seconds between two starts of a child that keeps dying
_HEALTHY = 60.0                     # a child that lived as long has recovered: its pause starts anew
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)           # loaded here: between fork and exec nothing may be imported


def _follow_parent() -> None:
    """In the child, before exec: be told to end when the supervisor ends, even if it is killed."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_DFL)      # a shell's & makes it ignored


@dataclass(slots=True)
class Child:
    """One program to keep running. `env` is its whole environment; `files` are descriptors that it inherits."""
    name: str
    argv: Sequence[str]
    data: Path
    env: Mapping[str, str]
    files: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    pause: float = 0.5
    next_start: float = 0.0
    started: float = field(default=0.0)

    @property
    def log(self) -> Path:
        return self.data / "log" / f"{self.name}.log"

    def start(self) -> None:
        with log_file(self.data, self.name).open("ab") as words:
            self.process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=words, stderr=words, pass_fds=self.files,
                env={**self.env, MARK: str(self.data)}, start_new_session=True, preexec_fn=_follow_parent)
        self.started = time.monotonic()

    def ended(self) -> int | None:
        """The exit code if it is not running."""
        return None if self.process is None else self.process.poll()

    def tend(self) -> str | None:
        """Start it again when it has ended, after a pause that doubles; what happened, in words."""
        now = time.monotonic()
        code = self.ended()
        if self.process is not None and code is None:
            return None
        if self.process is not None:
            self.process = None
            self.pause = 1.0 if now - self.started > _HEALTHY else min(self.pause * 2, _LONGEST_PAUSE)
            self.next_start = now + self.pause
            return f"{self.name} ended (status {code}); starting it again in {self.pause:.0f} s, see {self.log}"
        if now >= self.next_start:
            self.start()
        return None

    def signal_group(self, which: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, which)


def stop(children: Iterable[Child], patience: float = 4.0) -> None:
    """Ask all to end at once, wait, then end what is left of their groups."""
    running = [child for child in children if child.process is not None]
    for child in running:
        if child.process is not None and child.process.poll() is None:
            child.process.terminate()                 # the first process alone: it ends its workers in good order
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and any(child.ended() is None for child in running):
        time.sleep(0.05)
    for child in running:
        child.signal_group(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()


def end_leftovers(data: Path) -> int:
    """End children of a supervisor of this data folder that was killed; how many there were."""
    mark, ended = os.fsencode(f"{MARK}={data}"), 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int(folder.name) != os.getpid() and mark in (folder / "environ").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)
                ended += 1
    return ended
