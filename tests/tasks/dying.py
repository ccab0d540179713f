"""Celery's own program, with a worker that kills itself without a word at one step of its work, a few times, or is watched.

`python -m tests.tasks.dying worker …`; DYING_AT names the step, DYING_MARK a file of which one line is written a death,
DYING_TIMES how many there are, DYING_WHOLE takes the worker's parent along. CONNECTIONS is a file of which one line is written
for each address that Python connects to; nothing beyond this machine is."""
import os
import signal
import sys
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from celery.__main__ import main

from portal import delivery, letters, webhooks
from portal.bulletins import service as bulletins
from portal.bulletins.service import planning
from portal.notices.service import delivering
from portal.notices.service import letters as written
from portal.outbox import queries, service
from portal.reminders import service as reminders
from portal.reminders.service import sweeping
from portal.subscriptions import exports
from portal.subscriptions import service as subscriptions
from tasks import outbox
from tenants.db import db

DEATHS = int(os.environ.get("DYING_TIMES", "3"))


def _die() -> None:
    mark = Path(os.environ["DYING_MARK"])
    with mark.open("a+") as f:
        f.seek(0)
        if len(f.readlines()) >= DEATHS:
            return
        f.write("x\n")
    if os.environ.get("DYING_WHOLE"):
        os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def _always(_: Any) -> bool:
    return True


def _after(place: Any, name: str, when: Callable[[Any], Any] = _always) -> None:
    """`when` judges what came of it."""
    before: Callable[..., Any] = getattr(place, name)

    def dying(*args: Any, **kw: Any) -> Any:
        result = before(*args, **kw)
        if when(result):
            _die()
        return result
    setattr(place, name, dying)


def _before(place: Any, name: str, when: Callable[[Any], Any] = _always) -> None:
    """`when` judges the first argument, where there is one."""
    behind: Callable[..., Any] = getattr(place, name)

    def dying(*args: Any, **kw: Any) -> Any:
        if when(args[0] if args else None):
            _die()
        return behind(*args, **kw)
    setattr(place, name, dying)


def _posted() -> None:
    """When a slice's messages are posted: the sweep's own, not those of a delivery."""
    real = sweeping.outbox.post_all

    def dying(parcels: Any) -> None:
        real(parcels)
        if parcels:
            _die()
    sweeping.outbox = SimpleNamespace(**{**vars(sweeping.outbox), "post_all": dying})


def _committed() -> None:
    """When a slice in which something was told is committed."""
    noted = sweeping._noted
    found: list[bool] = []

    def noting(*args: Any) -> Any:
        result = noted(*args)
        found[:] = [bool(result)]
        return result
    sweeping._noted = noting
    _before(db.session, "expunge_all", lambda _: found == [True])


def _heard() -> None:
    """When a hearer of an event has committed what it did, beside the drain, which has not."""
    for hearers in delivery.EVENTS.values():
        for name, handler in list(hearers.items()):
            holder = SimpleNamespace(handler=handler)
            _after(holder, "handler")
            hearers[name] = holder.handler


STEPS: dict[str, Callable[[], None]] = {
    "before it looks": lambda: _before(queries, "receivers_waiting"),
    "when it has handed out": lambda: _after(outbox.drain, "for_unit"),
    "with a message in hand": lambda: _after(queries, "claim_one", lambda found: found is not None),
    "with half of the receivers told": lambda: _after(delivering, "_by_letter"),
    "delivered and not committed": lambda: _after(service, "_deliver"),
    "before the mail server is asked": lambda: _before(letters, "send"),
    "the mail server has it": lambda: _after(letters, "send"),
    "the program has it": lambda: _after(webhooks, "say"),
    "committed and not acknowledged": lambda: _after(service, "drain"),
}
SWEEPING: dict[str, Callable[[], None]] = {
    "a slice is noted": lambda: _after(sweeping, "_noted", bool),
    "a slice is posted": _posted,
    "a slice is committed": _committed,
    "a unit is swept": lambda: _after(reminders, "sweep", lambda counts: counts.told),
}
DIGEST: dict[str, Callable[[], None]] = {
    "the letter of the day is to be written": lambda: _before(written, "write"),
    "the letter of the day is written": lambda: _after(written, "write"),
    "the letter of the day has gone": lambda: _after(letters, "send"),
}
EVENTS: dict[str, Callable[[], None]] = {
    "an event is handed to its hearers": lambda: _after(service, "_fan_out"),
    "a hearer has committed": _heard,
}
COMPOSING: dict[str, Callable[[], None]] = {
    "a draft is written": lambda: _after(planning, "written"),
    "a bulletin is issued": lambda: _after(planning, "issue"),
    "plans have run": lambda: _after(bulletins, "run_plans"),
}
SENDING: dict[str, Callable[[], None]] = {
    "a workbook is made": lambda: _after(exports, "workbook"),
    "a workbook is put away": lambda: _after(subscriptions, "_send"),
    "a workbook is sent": lambda: _after(subscriptions, "deliver"),
}


def _watched(event: str, args: tuple[Any, ...]) -> None:
    """Python's own report of each connection, before it is made. Raises OSError for what lies beyond this machine."""
    if event != "socket.connect":
        return
    address = args[1]
    host = "a socket of this machine" if isinstance(address, str | bytes) else str(address[0])
    with Path(os.environ["CONNECTIONS"]).open("a") as mark:
        mark.write(f"{host} {address[1] if isinstance(address, tuple) else ''}\n")
    if isinstance(address, tuple) and not ip_address(host).is_loopback:
        raise OSError(f"this test connects to nothing at {host}")


if __name__ == "__main__":
    if "DYING_AT" in os.environ:
        {**STEPS, **SWEEPING, **DIGEST, **EVENTS, **COMPOSING, **SENDING}[os.environ["DYING_AT"]]()
    if "CONNECTIONS" in os.environ:
        sys.addaudithook(_watched)
    sys.argv[0] = "celery"
    main()
