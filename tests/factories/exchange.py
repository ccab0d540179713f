"""Campaigns as somebody has launched them, and issues about them, for tests of what comes after."""
from collections.abc import Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from portal.issues import queries, service
from portal.issues.models import Issue
from tenants.db import db, uuid7
from tests.conftest import As, Superuser
from tests.factories import people, world

LAUNCHERS = {"hq": "market", "guangdong": "market.guangdong", "migu": "market.migu", "tibet": "market.tibet"}


def unit(superuser: Superuser, code: str) -> int:
    row = superuser.execute("SELECT id FROM unit WHERE code = %s", (code,)).fetchone()
    assert row, code
    return int(row[0])


def campaign(superuser: Superuser, launcher: str = "guangdong", *, lands: Sequence[str] | None = None, product: str | None = None,
             line: str = "market", state: str = "live", code: str = "C-1", name: str = "Spring data pack") -> UUID:
    """`lands` are unit codes; None is the whole network, which headquarters' campaign opens to everybody and a company's to
    all provinces."""
    of, key = unit(superuser, launcher), uuid7()
    landing = sorted(unit(superuser, c) for c in lands or ())
    owner = unit(superuser, product) if product else None
    parties = {of, *landing, *([owner] if owner else [])}
    if lands is None and launcher != "hq":
        parties |= {int(r[0]) for r in superuser.execute("SELECT id FROM unit WHERE kind = 'province'").fetchall()}
    superuser.execute(
        "INSERT INTO campaign (id, unit_id, line, code, name, product, product_owner_id, network, lands_in, starts, ends,"
        " segment, brand, business, rules_text, notice_text, configured_network, configured_in, state, registered_by_id,"
        " registered_at,"
        " parties, desks, everyone, version) VALUES (%s, %s, %s, %s, %s, 'cloud gaming', %s, %s, %s, %s, %s, 'C', '', 'new', '',"
        " '', false, '{}', %s, %s, %s, %s, %s, %s, 1)",
        (key, of, line, code, name, owner, lands is None, landing, date(world.YEAR, 1, 5), date(world.YEAR, 12, 31), state,
         people.key(LAUNCHERS.get(launcher, "market")), world.NOW, sorted(parties), [f"{p}:{line}" for p in sorted(parties)],
         lands is None and launcher == "hq"))
    return key


def draft(raised_by: int, about: UUID | None, **more: object) -> service.Draft:
    """What a raiser says."""
    said: dict[str, object] = {"title": "The pack cannot be cancelled", "description": "Customers press cancel; nothing happens.",
                               "severity": "high", "stage": "ordering", "complaint_count": 3, **more}
    return service.Draft(about, raised_by, **said)


def raised(acting: As, who: str, about: UUID | None, **more: object) -> UUID:
    """Raised and committed by that person, for the unit of the person's first function."""
    with acting(who) as actor:
        issue = service.raise_issue(draft(actor.appointments[0].unit, about, **more), actor=actor)
        db.session.commit()
        return issue.id


class Step(Protocol):
    """One act on an issue that is found by whoever acts."""

    def __call__(self, who: str, action: str, *words: object, **more: object) -> Issue: ...


def steps(acting: As, key: UUID) -> Step:
    """`step("market.guangdong", "accept")`: find it, do it, commit."""
    def step(who: str, action: str, *words: object, **more: object) -> Issue:
        with acting(who) as actor:
            issue = queries.one(actor, key)
            getattr(service, action)(issue, *words, actor=actor, **more)
            db.session.commit()
            db.session.refresh(issue)
            db.session.expunge(issue)
            return issue
    return step
