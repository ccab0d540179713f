"""A unit's plan in turns: written, judged by the lines, alone and at once. Fixtures and the turns themselves."""
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from threading import Barrier
from uuid import UUID

import pytest

from portal.filings import queries, service
from portal.filings.models import Filing
from portal.filings.rules import Content
from tenants.access import Identity
from tenants.db import db
from tenants.errors import PortalError
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories.plans import draft

GD = "guangdong"
CONTACT = f"contact.{GD}"
Opened = Callable[[str], AbstractContextManager[tuple[Filing, Identity]]]


def lead(line: Line) -> str:
    return line.value.replace("_", "-")


@pytest.fixture
def key(acting: As) -> UUID:
    """A draft without a fault."""
    with acting(CONTACT) as contact:
        made = draft(contact).id
        db.session.commit()
        return made


@pytest.fixture
def opened(acting: As, key: UUID) -> Opened:
    """`with opened("market") as (filing, actor):` the plan as that person reads it; committed at the end."""
    @contextmanager
    def made(name: str) -> Iterator[tuple[Filing, Identity]]:
        with acting(name) as actor:
            yield queries.one(actor, key), actor
            db.session.commit()
    return made


def judge(opened: Opened, line: Line, verdict: str = "approve", remark: str = "", said: dict[UUID, str] | None = None,
          who: str = "", seen: int | None = None) -> None:
    with opened(who or lead(line)) as (filing, actor):
        service.review(filing, line, verdict, remark, said, actor=actor, seen=seen)


def submit(opened: Opened, change: Callable[[Content], Content] = lambda c: c) -> None:
    with opened(CONTACT) as (filing, actor):
        service.save(filing, change(queries.content(filing)), actor=actor)
        service.submit(filing, actor=actor)


def rows(superuser: Superuser, statement: str) -> list[tuple[object, ...]]:
    return superuser.execute(statement).fetchall()


def verdicts(superuser: Superuser) -> dict[str, set[object]]:
    found: dict[str, set[object]] = {}
    for line, verdict in rows(superuser, "SELECT line, verdict FROM filing_item"):
        found.setdefault(str(line), set()).add(verdict)
    found["general"] = {r[0] for r in rows(superuser, "SELECT general_verdict FROM filing")}
    return found


def state(superuser: Superuser) -> object:
    return rows(superuser, "SELECT state FROM filing")[0][0]


def at_once(opened: Opened, names: list[str], act: Callable[[Filing, Identity], object]) -> list[str]:
    """What becomes of each, when all have read the same plan before one acts."""
    ready = Barrier(len(names))

    def one(name: str) -> str:
        try:
            with opened(name) as (filing, actor):
                ready.wait(20)
                act(filing, actor)
        except PortalError as refused:
            return type(refused).__name__
        return "done"
    with ThreadPoolExecutor(len(names)) as threads:
        return sorted(threads.map(one, names))
