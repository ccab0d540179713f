"""Folders, locks and process facts that both embedded servers need. Nothing outside `PORTAL_DATA` is ever changed."""
import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from portal.config import SetupFault

_MAX_SOCKET = 107                   # sun_path, minus the terminating zero
_LEAST_FREE = 200 * 2**20           # bytes: a cluster is 40 MB, its write-ahead log grows beside it
_LOG_KEPT = 5 * 2**20               # bytes, then the log starts anew and the old one is kept once


@contextmanager
def locked(data: Path) -> Iterator[Path]:
    """The data folder, made when missing, for one starter at a time: the second takes over what the first started."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        (data / "log").mkdir(exist_ok=True)
        with (data / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield data.resolve()
    except PermissionError as e:
        raise SetupFault(f"{e.filename or data} belongs to another account: start the portal as that account, "
                         "or set PORTAL_DATA to a folder of your own") from e


def need_space(data: Path) -> None:
    """Refuse to begin what a full disk would break half-way."""
    free = shutil.disk_usage(data).free
    if free < _LEAST_FREE:
        raise SetupFault(f"no disk space: {free // 2**20} MB free at {data}, {_LEAST_FREE // 2**20} MB needed; "
                         "free some or set PORTAL_DATA to another disk")


def private_folder(folder: Path, owner: "tuple[int, int] | None" = None) -> Path:
    """The folder with mode 0700, handed to `owner` (uid, gid) when given; parents stay as they are."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    ours = {os.geteuid(), 0} | ({owner[0]} if owner else set())
    if not stat.S_ISDIR(found.st_mode) or (os.geteuid() != 0 and found.st_uid not in ours):
        raise SetupFault(f"{folder} is not the portal's own folder: remove it or set PORTAL_DATA to another folder")
    folder.chmod(0o700)
    if owner and (found.st_uid, found.st_gid) != owner:
        os.chown(folder, *owner)
    return folder


def socket_folder(wanted: Path, file_name: str) -> Path:
    """`wanted`, or a short one under /tmp when the socket's path would be longer than the system allows."""
    if len(os.fsencode(wanted)) + 1 + len(file_name) <= _MAX_SOCKET:
        return wanted
    return Path("/tmp") / f"portal-{hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]}"


def log_file(data: Path, name: str) -> Path:
    """Where a server's own words go; a long log is set aside first."""
    path = data / "log" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LOG_KEPT:
        path.replace(path.with_suffix(".log.1"))
    return path


def spawn(argv: list[str], log: Path, **how: Any) -> "subprocess.Popen[bytes]":
    """Start a server in a session of its own (a Ctrl-C in the terminal is not for it), its words appended to `log`."""
    with log.open("ab") as words:
        child: subprocess.Popen[bytes] = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=words, stderr=words, cwd="/", start_new_session=True, **how)
    return child


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not collected by its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not is_zombie(pid)


def is_zombie(pid: int) -> bool:
    """Ended but not collected: in containers without an init such a process stays for good."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def reap(pid: int) -> None:
    """Collect the process if it is our own child and has ended."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def last_words(log: Path, since: int) -> str:
    """The most telling line that was written to `log` after byte `since`."""
    with log.open("rb") as f:
        f.seek(since)
        lines = [line.strip() for line in f.read().decode(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if any(w in line for w in ("FATAL", "PANIC", "rror:", "No space", "# "))]
    return (telling or lines or ["it wrote nothing"])[-1]
