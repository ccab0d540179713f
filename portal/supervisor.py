"""What `portal up` does: servers, migrations, seed, then web, worker and scheduler until it is told to stop."""
import fcntl
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from portal import children, migrate, plugins, servers
from portal.children import Child
from portal.config import Settings, SetupFault
from portal.embedded.places import last_words

WEB = "portal.wsgi:app"
BACKGROUND = "tasks.celery"

_READY = 90.0                       # seconds for the web to say it is ready
_STEP = 0.25                        # seconds between two looks at the children


class Asked(BaseException):
    """SIGINT, SIGTERM or SIGHUP: the supervisor is to stop."""


class Signals:
    """Turns the stop signals into `Asked`, once, and not while it is held (a half-started server would be lost)."""

    def __init__(self) -> None:
        self._held, self._asked = False, False
        for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):       # explicitly: a shell's & has SIGINT ignored
            signal.signal(which, self._receive)

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        first, self._asked = not self._asked, True
        if first and not self._held:
            raise Asked

    def hold(self) -> None:
        self._held = True

    def release(self) -> None:
        self._held = False
        if self._asked:
            raise Asked


def say(text: str) -> None:
    click.echo(f"portal: {text}")
    sys.stdout.flush()


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is being done, and how long it took when that was worth a word."""
    say(text)
    began = time.monotonic()
    yield
    if (took := time.monotonic() - began) > 1:
        say(f"  … {took:.1f} s")


def up(settings: Settings, *, port: int, demo: bool, reload: bool) -> None:
    """Run until told to stop. Raises `SetupFault` with one line when it cannot start."""
    began, signals = time.monotonic(), Signals()
    running: list[Child] = []
    try:
        with ExitStack() as stack:
            _only_one(settings, stack)
            if left := children.end_leftovers(settings.data):
                say(f"ended {left} processes that an earlier portal left behind")
            listener = stack.enter_context(_listen(port, settings))
            settings = _prepared(settings, listener.getsockname()[1])
            signals.hold()
            with step("starting the embedded servers" if any(settings.embedded) else "looking for the servers"):
                settings, embedded = stack.enter_context(servers.running(settings))
            stack.callback(_stop, running, signals)
            signals.release()
            _database(settings)
            _seed(settings, demo)
            _start(settings, listener, reload, running)
            _welcome(settings, time.monotonic() - began, demo)
            _tend(settings, running, embedded)
    except Asked:
        say("stopped")


def _stop(running: list[Child], signals: Signals) -> None:
    signals.hold()                                     # a second Ctrl-C does not break the order
    if running:
        say("stopping")
        children.stop(running)


def _only_one(settings: Settings, stack: ExitStack) -> None:
    """One portal a data folder: the lock lives as long as the process."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        mark = stack.enter_context((settings.data / "portal.lock").open("a+"))
    except OSError as e:
        raise SetupFault(f"{settings.data} cannot be used ({e.strerror}): "
                         "set PORTAL_DATA to a folder of your own") from e
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        mark.seek(0)
        who = mark.read().strip() or "another portal"
        raise SetupFault(f"{who} runs already on {settings.data}: stop it first, "
                         "or set PORTAL_DATA to another folder") from None
    mark.truncate(0)
    mark.write(f"a portal (process {os.getpid()})")
    mark.flush()


def _listen(port: int, settings: Settings) -> socket.socket:
    """The web's socket, taken before anything is started and handed down: nobody can take the port meanwhile."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as e:
        listener.close()
        raise SetupFault(f"port {port} cannot be used ({e.strerror}): stop what uses it, or choose another, "
                         f"make run PORT={port + 1 if port < 65535 else 8000}") from e
    return listener


def _prepared(settings: Settings, port: int) -> Settings:
    """With what is known at the start only: the address, and the instant from which PORTAL_CLOCK runs."""
    if "PORTAL_BASE_URL" not in os.environ:
        settings = replace(settings, base_url=f"http://127.0.0.1:{port}")
    if settings.clock_start and not settings.clock_since:
        settings = replace(settings, clock_since=datetime.fromtimestamp(time.time(), UTC))
    return settings


def _database(settings: Settings) -> None:
    servers.need_owner(settings)
    servers.need_database(settings)
    if (fault := servers.broker_fault(settings)) is not None:
        say(f"warning: {fault}; pages will answer 503 until it is back")
    if migrate.present(settings.database_owner_url) != migrate.newest():
        with step("migrating the database"):
            migrate.upgrade(settings.database_owner_url)


def _seed(settings: Settings, demo: bool) -> None:
    """What the data must hold from the start; both commands change nothing the second time."""
    os.environ.update(settings.environment())
    shown = demo and not settings.production
    with step("loading the plan"):
        plugins.invoke("seed", ["plan", "--reference-only"] if shown else ["plan"])
    if shown:
        with step("loading the demonstration year"):
            plugins.invoke("seed", ["demo"])


def _start(settings: Settings, listener: socket.socket, reload: bool, running: list[Child]) -> None:
    """The web first, then what works behind it: all of them load at once only what one processor can load."""
    env = {**os.environ, **settings.environment(), "PYTHONUNBUFFERED": "1"}
    bin_ = [sys.executable, "-m"]
    background = {**env, "BROKER_URL": settings.celery_broker}        # its own program reads this variable, too
    celery = [*bin_, "celery", "-A", BACKGROUND]
    web = [*bin_, "gunicorn", WEB, "--bind", f"fd://{listener.fileno()}", "--worker-class", "gthread",
           "--workers", "2", "--threads", "8", "--timeout", "60", "--graceful-timeout", "3", "--no-control-socket",
           "--access-logfile", "-", *(["--reload"] if reload else [])]
    say("starting web, worker and scheduler")
    _begin(running, Child("web", web, settings.data, {**env, "PROMETHEUS_MULTIPROC_DIR": _fresh_folder(settings.data / "metrics")},
                          (listener.fileno(),)))
    _wait(settings, running, listener.getsockname()[1])
    _begin(running, Child("worker", [*celery, "worker", "--concurrency", "4", "--loglevel", "INFO", "--without-gossip",
                                     "--without-mingle"], settings.data, background))
    _begin(running, Child("beat", [*celery, "beat", "--loglevel", "INFO", "--pidfile=",
                                   "--schedule", str(settings.data / "beat-schedule")], settings.data, background))


def _begin(running: list[Child], child: Child) -> None:
    running.append(child)                              # so that it is ended also where this is interrupted here
    child.start()


def _fresh_folder(path: Path) -> str:
    """Where the web's processes keep their figures for /metrics; a start begins at nought."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return str(path)


def _wait(settings: Settings, running: list[Child], port: int) -> None:
    """Until the web says it is ready; a web that dies, or never gets ready, ends the start with its own words."""
    web, deadline, address = running[0], time.monotonic() + _READY, f"http://127.0.0.1:{port}"
    answers = "/readyz" if servers.broker_fault(settings) is None else "/healthz"
    while (said := _answer(address + answers)) != 200:
        if web.ended() is not None:
            raise SetupFault(f"the web server ended at once ({last_words(web.log, 0)}): see {web.log}")
        if time.monotonic() > deadline:
            raise SetupFault(f"the portal was not ready after {_READY:.0f} s ({answers}: {said}): see {web.log}")
        time.sleep(0.25)


def _answer(address: str) -> int | str:
    """The status of a GET, or why there is none; never by way of a proxy."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as e:
        return e.code
    except OSError as e:
        return str(e)


def _welcome(settings: Settings, took: float, demo: bool) -> None:
    say(f"ready after {took:.1f} s at {settings.base_url}")
    if demo and not settings.production:
        click.echo(f"""\
  sign in as  office@hq.example (programme office), leader@hq.example, market@hq.example (a line's lead; also
              customer-service, enterprise, it, network), contact@guangdong.example, head@guangdong.example,
              market@guangdong.example (a line's owner), the same for every unit, auditor@hq.example, admin@hq.example
  password    {settings.demo_password}   (kept in {_short(settings.data / "demo-password")})""")
    else:
        click.echo("  first administrator: portal user create --email E --name N; "
                   "portal appoint --email E --role administrator --unit hq")
    click.echo(f"  logs        {_short(settings.data / 'log')}\n  stop        Ctrl-C")
    sys.stdout.flush()


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _tend(settings: Settings, running: list[Child], embedded: servers.Servers,
          pause: Callable[[float], None] = time.sleep) -> NoReturn:
    """Look after children and servers until `Asked`."""
    next_try = 0.0
    while True:
        for child in running:
            if (news := child.tend()) is not None:
                say(news)
        if time.monotonic() >= next_try:
            try:
                for name in embedded.revive(settings):
                    say(f"{name} had ended and was started again")
            except SetupFault as e:
                say(f"{str(e).removeprefix('portal: ')}; trying again in 10 s")
                next_try = time.monotonic() + 10
        pause(_STEP)
