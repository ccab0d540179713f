"""The servers that the portal stands on: those that are configured, or the embedded ones, used by several processes at once.

Whoever uses the embedded servers holds a shared lock on `PORTAL_DATA/users`; the last one to leave stops them."""
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TextIO

from portal import embedded
from portal.config import Settings, SetupFault


@dataclass(slots=True)
class Servers:
    """What `running` has started or taken over; None where an address is configured."""
    postgres: embedded.Server | None = None
    valkey: embedded.Valkey | None = None

    def revive(self, settings: Settings) -> list[str]:
        """Start again what has ended unasked; the names of what was started."""
        revived = []
        if self.postgres and not embedded.alive(self.postgres.pid):
            self.postgres = embedded.start(settings.data)
            revived.append("PostgreSQL")
        if self.valkey and not embedded.alive(self.valkey.pid):
            self.valkey = embedded.start_valkey(settings.data)
            revived.append("Valkey")
        return revived

    def stop(self) -> None:
        """Valkey first: it is quick, and nothing else needs it."""
        for server in (self.valkey, self.postgres):
            if server and not embedded.stop(server):
                os.kill(server.pid, 9)             # recovers from its log at the next start


def addressed(settings: Settings) -> Settings:
    """The settings with the embedded addresses and the kept secrets filled in; nothing is started."""
    without_database, without_broker = settings.embedded
    if without_database:
        server = embedded.address(settings.data)
        settings = replace(settings, database_url=server.dsn("portal_app"),
                           database_owner_url=server.dsn("portal_owner"))
    if without_broker:
        settings = replace(settings, broker_url=f"unix://{embedded.socket_path(settings.data)}")
    if not settings.secret_key and not settings.production:
        settings = replace(settings, secret_key=settings.kept_secret("secret-key"))
    return settings


@contextmanager
def running(settings: Settings) -> Iterator[tuple[Settings, Servers]]:
    """The settings with every address filled in, while the embedded servers (if any are used) run."""
    without_database, without_broker = settings.embedded
    servers = Servers()
    if not (without_database or without_broker):
        yield addressed(settings), servers
        return
    settings.data.mkdir(parents=True, exist_ok=True)
    with _open(settings) as users:
        fcntl.flock(users, fcntl.LOCK_SH)          # waits for one who is stopping them
        try:
            if without_database:
                servers.postgres = embedded.start(settings.data)
            if without_broker:
                servers.valkey = embedded.start_valkey(settings.data)
            yield addressed(settings), servers
        finally:
            if _last(users):
                servers.stop()


def _open(settings: Settings) -> TextIO:
    try:
        return (settings.data / "users").open("a")
    except PermissionError as e:
        raise SetupFault(f"{e.filename} belongs to another account: start the portal as that account, "
                         "or set PORTAL_DATA to a folder of your own") from e


def _last(users: TextIO) -> bool:
    """Whether nobody else uses the servers; if so, who comes now waits until they have stopped."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
