"""The servers that the portal stands on: those that are configured, or the embedded ones.

Several processes may use them at once: each holds a shared lock on `PORTAL_DATA/users`; who leaves last stops them."""
import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TextIO

import psycopg
import redis

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
        """Valkey first: it is quick, and nothing else needs it. At most 6 s, then by force: both recover at the next start."""
        for server in (self.valkey, self.postgres):
            if server and not embedded.stop(server, timeout=3):
                with suppress(ProcessLookupError):
                    os.kill(server.pid, signal.SIGQUIT if server is self.postgres else signal.SIGKILL)


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
    if not settings.storage_url:
        settings = replace(settings, storage_url=f"file://{settings.data / 'storage'}")
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


def need_database(settings: Settings) -> None:
    """Raises `SetupFault` unless the runtime role can connect."""
    _need("DATABASE_URL", settings.database_url)


def need_owner(settings: Settings) -> None:
    """Raises `SetupFault` unless the role that migrates can connect."""
    if not settings.database_owner_url:
        raise SetupFault("DATABASE_OWNER_URL is not set: migrations run as the owner role, see portal db roles")
    _need("DATABASE_OWNER_URL", settings.database_owner_url)


def _need(name: str, url: str) -> None:
    if (fault := database_fault(url)) is not None:
        raise SetupFault(f"the database does not answer ({fault}): check {name} and that PostgreSQL runs there")


def libpq(url: str) -> str:
    """The address as PostgreSQL's own programs write it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def database_fault(url: str) -> str | None:
    """Why one cannot connect, in the driver's words without the address; None when one can."""
    try:
        psycopg.connect(libpq(url), connect_timeout=5).close()
    except psycopg.Error as e:
        return " ".join(str(e).strip().splitlines()[-1:])
    return None


def broker_fault(settings: Settings) -> str | None:
    """Why the broker cannot be used; None when it answers."""
    try:
        with redis.Redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
    except (redis.RedisError, ValueError, OSError) as e:
        return f"the broker does not answer ({e})"
    return None
