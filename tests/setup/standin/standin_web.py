"""Answers with the number of its process; ready once the database and the broker answer."""
import os
from collections.abc import Callable, Iterable

from portal import servers
from portal.config import Settings


def app(environ: dict[str, str], start_response: Callable[..., object]) -> Iterable[bytes]:
    settings = Settings.from_environment()
    ready = servers.database_fault(settings.database_url) is None and servers.broker_fault(settings) is None
    start_response("200 OK" if ready else "503 Service Unavailable", [("Content-Type", "text/plain")])
    return [str(os.getppid()).encode()]


def broken(environ: dict[str, str], start_response: Callable[..., object]) -> Iterable[bytes]:
    raise RuntimeError("as the test wants it")
