"""Celery's own program, with a worker that kills itself without a word at one step of delivery, a few times.

`python -m tests.tasks.dying worker …`; DYING_AT names the step, DYING_MARK a file of which one line is written a death,
DYING_WHOLE takes the worker's parent along."""
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery.__main__ import main

from portal import letters, webhooks
from portal.notices.service import delivering
from portal.outbox import queries, service
from tasks import outbox

DEATHS = 3


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


def _after(place: Any, name: str) -> None:
    before: Callable[..., Any] = getattr(place, name)

    def dying(*args: Any, **kw: Any) -> Any:
        result = before(*args, **kw)
        if result is not None or name not in ("claim_one",):
            _die()
        return result
    setattr(place, name, dying)


def _before(place: Any, name: str) -> None:
    behind: Callable[..., Any] = getattr(place, name)

    def dying(*args: Any, **kw: Any) -> Any:
        _die()
        return behind(*args, **kw)
    setattr(place, name, dying)


STEPS: dict[str, Callable[[], None]] = {
    "before it looks": lambda: _before(queries, "receivers_waiting"),
    "when it has handed out": lambda: _after(outbox.drain, "for_unit"),
    "with a message in hand": lambda: _after(queries, "claim_one"),
    "with half of the receivers told": lambda: _after(delivering, "_by_letter"),
    "delivered and not committed": lambda: _after(service, "_deliver"),
    "before the mail server is asked": lambda: _before(letters, "send"),
    "the mail server has it": lambda: _after(letters, "send"),
    "the program has it": lambda: _after(webhooks, "say"),
    "committed and not acknowledged": lambda: _after(service, "drain"),
}

if __name__ == "__main__":
    STEPS[os.environ["DYING_AT"]]()
    sys.argv[0] = "celery"
    main()
