"""People of several units act at random through the API, as the runtime role; after each step what each of them sees, issues
and their files, is what a simple model says; what one of them finds through the API in lists, searches, single answers and
histories is, too; and of what was told, everybody got what he sees and nothing else."""
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import CompoundSelect, literal, select, union_all
from werkzeug.test import TestResponse

from portal.accounts import service as accounts
from portal.attachments import queries as attachments
from portal.attachments.models import Attachment
from portal.issues import queries
from portal.issues.models import Issue
from tenants import context
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.isolation import acting_as
from tests.conftest import Superuser
from tests.factories import exchange, people, world
from tests.factories.files import PDF
from tests.services.delivering import deliver

STEPS, RUN = 10_000, 40              # in all
HQ, CS = "hq", "customer_service"
ACTORS = ["market", "network", "customer-service", "office", "contact.guangdong", "market.guangdong", "network.guangdong",
          "contact.tibet", "market.tibet", "contact.beijing", "market.beijing", "market.migu", "contact.migu", "market.terminal",
          "head.terminal", "contact.tietong"]
WATCHERS = [*ACTORS, "leader", "auditor", "enterprise", "head.guangdong", "member.guangdong", "member.tibet", "head.migu",
            "enterprise.guangdong", "admin"]
UNITS = ["hq", "guangdong", "tibet", "beijing", "migu", "terminal", "tietong"]
LINES = ["market", "network", CS]
LEAVING = ["contact.guangdong", "market.guangdong", "contact.beijing", "market.tibet"]      # their functions end now and then
TOLD_EVERY = 5                       # runs: what was told in one of so many is delivered and read


@dataclass(frozen=True)
class Launched:
    """A campaign as the model knows it; `lands` None is the whole network."""
    key: str
    launcher: str
    line: str
    lands: tuple[str, ...] | None
    product: str | None


@dataclass
class Item:
    """An issue as the model knows it: who has a part, each in a line."""
    key: str
    code: str
    raiser: str
    first: str
    ruling: str
    owner: tuple[str, str]
    desks: set[tuple[str, str]]
    campaign: Launched | None
    parent: "Item | None" = None
    past: list[tuple[str, str]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)

    def seen_by(self, name: str) -> bool:
        role, line = people.function(name)
        unit = name.partition(".")[2] or HQ
        if role in ("hq_office", "hq_leader", "auditor"):
            return True
        if role == "administrator":
            return False
        if role == "hq_line_lead":
            return line in (CS, self.ruling) or (HQ, line) in self.desks or self.first == name
        if role in ("unit_contact", "unit_head"):
            return unit in {u for u, _ in self.desks}
        return (unit, line) in self.desks or self.first == name


def parties(campaign: Launched | None, raiser: str) -> tuple[tuple[str, str], set[tuple[str, str]]]:
    """Owner and desks of a new issue, once more from the plan's table."""
    if campaign is None:
        return (HQ, CS), {(HQ, CS), (raiser, CS)}
    owner = (campaign.launcher, campaign.line)
    units = {campaign.launcher, raiser, HQ} | ({campaign.product} if campaign.product else set())
    return owner, {(u, campaign.line) for u in units}


class Portal:
    """Everybody's way in, and how much was done."""

    def __init__(self, app: Flask, superuser: Superuser) -> None:
        self.app, self.superuser, self.client = app, superuser, app.test_client()
        with app.app_context(), acting_as(Scope(None, (), Lane.SIGN_IN)):
            self.tokens = {name: accounts.make_token(people.key(name), 1) for name in WATCHERS}
            db.session.commit()
        made = [("hq", "market", None, "migu"), ("guangdong", "market", ("guangdong",), "terminal"),
                ("tibet", "network", ("tibet",), None), ("migu", "market", ("guangdong", "tibet"), None),
                ("terminal", "market", None, "tietong")]
        self.campaigns = [Launched(str(exchange.campaign(superuser, who, line=line, lands=lands, product=product, code=f"C-{n}")),
                                   who, line, lands, product) for n, (who, line, lands, product) in enumerate(made)]
        self.steps = self.checks = self.runs = self.told = 0
        self.gone: set[str] = set()
        self.known: dict[str, tuple[Scope, CompoundSelect[str, UUID]]] = {}

    def call(self, name: str, method: str, path: str, body: dict[str, Any] | None = None) -> TestResponse:
        self.app.extensions["portal.limiter"].reset()
        key = {"Authorization": f"Bearer {self.tokens[name]}"}
        return self.client.open("/api/v1" + path, method=method, json=body, headers=key)

    def attach(self, name: str, key: str) -> TestResponse:
        self.app.extensions["portal.limiter"].reset()
        return self.client.post(f"/api/v1/issues/{key}/files", headers={"Authorization": f"Bearer {self.tokens[name]}"},
                                data={"file": (BytesIO(PDF), "a.pdf")})

    def sights(self, names: Sequence[str]) -> Iterator[tuple[str, set[str], set[str]]]:
        """Each with the keys of issues and of files that the person reads, as the database gives them in that person's scope."""
        with self.app.app_context(), db.engine.connect() as connection:
            for name in names:
                if name not in self.known:
                    who = world.identity(name)
                    self.known[name] = who.scope(writing=False), union_all(
                        select(literal("issue"), Issue.id).where(queries.readable(who)),
                        select(literal("file"), Attachment.id).where(Attachment.removed_at.is_(None), attachments.in_sight(who)))
                scope, statement = self.known[name]
                with context.bound(scope), connection.begin():
                    found = connection.execute(statement).all()
                yield name, *({str(k) for kind, k in found if kind == wanted} for wanted in ("issue", "file"))

    def leave(self, name: str) -> None:
        self.superuser.execute("UPDATE appointment SET valid_until = '2026-03-09' WHERE person_id = %s", (people.key(name),))
        self.gone.add(name)
        self.known.pop(name, None)

    def forget(self) -> None:
        """Back to no issue at all, and everybody there."""
        for name in self.gone:
            self.superuser.execute("UPDATE appointment SET valid_until = NULL WHERE person_id = %s", (people.key(name),))
            self.known.pop(name, None)
        self.gone.clear()
        for table in ("issue_party", "issue_turn", "issue_wait", "issue_comment", "issue_link", "issue", "outbox_message", "notice",
                      "stored_answer", "attachment", "caution", "caution_origin"):
            self.superuser.execute(f"DELETE FROM {table}")


class Exchange(RuleBasedStateMachine):
    portal: Portal

    def __init__(self) -> None:
        super().__init__()
        self.portal.forget()
        self.items: list[Item] = []

    def _do(self, name: str, item: Item, action: str, body: dict[str, Any] | None = None) -> TestResponse:
        """Whoever does not see the issue gets 404, whatever it is about; whoever does never does."""
        answer = self.portal.call(name, "POST", f"/issues/{item.key}/{action}", body or {})
        assert answer.status_code in (200, 201, 403, 404, 409, 422), (answer.status_code, answer.data)
        assert (answer.status_code == 404) is not item.seen_by(name), (name, action, answer.status_code)
        return answer

    def _watch(self, name: str) -> None:
        """What one person sees is what the model says: the list, one issue in one of its views, now and then a search."""
        self.portal.checks += 1
        if name in self.portal.gone:
            return
        wanted = {i.key for i in self.items if i.seen_by(name)}
        answer = self.portal.call(name, "GET", "/issues?limit=200")
        if name == "admin":
            assert answer.status_code == 403
            return
        assert {i["id"] for i in answer.json["items"]} == wanted, name
        if not self.items:
            return
        chance = random.Random(self.portal.steps)
        item = chance.choice(self.items)
        path = chance.choice(["", "/history", "/comments", "/related"])
        assert self.portal.call(name, "GET", f"/issues/{item.key}{path}").status_code == (200 if item.seen_by(name) else 404), path
        if chance.random() < 0.2:
            found = self.portal.call(name, "GET", f"/issues?q={item.code}").json["items"]
            assert [i["id"] for i in found] == ([item.key] if item.seen_by(name) else []), (name, item.code)

    def _after(self, actor: str, seed: int) -> None:
        self.portal.steps += 1
        for name, issues, files in self.portal.sights(WATCHERS[:-1]):      # the last one's lane has no issues at all
            self.portal.checks += 1
            seen = [i for i in self.items if name not in self.portal.gone and i.seen_by(name)]
            assert (issues, files) == ({i.key for i in seen}, {f for i in seen for f in i.files}), name
        self._watch(random.Random(seed).choice([actor, *WATCHERS]))

    def _owned(self, item: Item, desk: tuple[str, str]) -> None:
        item.owner = desk
        item.desks.add(desk)
        if desk[0] != HQ:
            item.desks.add((HQ, item.ruling))
        for part in self.items:
            if part.parent is item and self._state(part) in ("routed", "accepted", "resolved"):
                part.desks.add(desk)

    def _state(self, item: Item) -> str:
        return str(self.portal.call("office", "GET", f"/issues/{item.key}").json["state"])

    @rule(name=st.sampled_from(ACTORS), which=st.integers(0, 5), seed=st.integers(0, 999))
    def raises(self, name: str, which: int, seed: int) -> None:
        if name in self.portal.gone:
            return
        campaign = self.portal.campaigns[which] if which < 5 else None
        unit = name.partition(".")[2] or HQ
        body = {"campaign": campaign.key if campaign else None, "campaign_words": "the pack in the shop window", "raised_by": unit,
                "title": f"Fault {seed}", "description": "It does not work.", "severity": "high", "complaint_count": seed}
        answer = self.portal.call(name, "POST", "/issues", body)
        may = people.function(name)[0] in ("unit_contact", "line_owner", "hq_office", "hq_line_lead")
        sees = campaign is None or unit in {HQ, campaign.launcher, campaign.product, *(campaign.lands or ())} or (
            campaign.lands is None and (campaign.launcher == HQ or unit in ("guangdong", "tibet", "beijing")))
        assert answer.status_code == (201 if may and sees else 422 if may else 403), (name, which, answer.data)
        if answer.status_code == 201:
            owner, desks = parties(campaign, unit)
            self.items.append(Item(answer.json["id"], answer.json["code"], unit, name, campaign.line if campaign else CS, owner,
                                   desks, campaign))
        self._after(name, seed)

    @precondition(lambda self: self.items)
    @rule(name=st.sampled_from(ACTORS), at=st.integers(0, 9), other=st.integers(0, 9), seed=st.integers(0, 999))
    def links(self, name: str, at: int, other: int, seed: int) -> None:
        """Nobody links what he does not see."""
        item, to = self.items[-1 - at % len(self.items)], self.items[-1 - other % len(self.items)]
        if name not in self.portal.gone:
            answer = self._do(name, item, "links", {"issue": to.key})
            assert answer.status_code != 200 or to.seen_by(name), name
            self._after(name, seed)

    @precondition(lambda self: self.items)
    @rule(name=st.sampled_from(ACTORS), at=st.integers(0, 9), seed=st.integers(0, 999))
    def attaches(self, name: str, at: int, seed: int) -> None:
        item = self.items[-1 - at % len(self.items)]
        name = self._able(item, "comments") if seed % 2 else name
        if name not in self.portal.tokens or name in self.portal.gone:
            return
        answer = self.portal.attach(name, item.key)
        assert (answer.status_code == 404) is not item.seen_by(name), (name, answer.status_code)
        if answer.status_code == 201:
            item.files.add(answer.json["id"])
        self._after(name, seed)

    @precondition(lambda self: len(self.items) > 3 and not self.portal.gone)
    @rule(name=st.sampled_from(LEAVING), seed=st.integers(0, 999))
    def leaves(self, name: str, seed: int) -> None:
        """A function ends: with it all sight is gone."""
        self.portal.leave(name)
        self._after("office", seed)

    @precondition(lambda self: any(i.first in self.portal.gone for i in self.items))
    @rule(name=st.sampled_from(["head.guangdong", "contact.guangdong", "contact.tibet", "contact.beijing"]),
          seed=st.integers(0, 99))
    def takes_over(self, name: str, seed: int) -> None:
        item = next(i for i in self.items if i.first in self.portal.gone)
        if name not in self.portal.gone:
            if self._do(name, item, "take-over").status_code == 200:
                item.first = name
            self._after(name, seed)

    def teardown(self) -> None:
        """What was told reaches those who see what it is about, and nobody else."""
        self.portal.runs += 1
        if self.portal.runs % TOLD_EVERY != 1:
            return
        deliver(self.portal.app)
        names, items = {people.key(n): n for n in people.everybody()}, {i.key: i for i in self.items}
        for person, url in self.portal.superuser.execute("SELECT person_id, url FROM notice WHERE url LIKE '/issues/%'").fetchall():
            item, name = items[str(url)[8:44]], names[UUID(str(person))]
            assert name not in self.portal.gone and item.seen_by(name), (name, url)
            self.portal.told += 1

    @precondition(lambda self: self.items)
    @rule(name=st.sampled_from(ACTORS), at=st.integers(0, 9), seed=st.integers(0, 999),
          action=st.sampled_from(["accept", "accept", "resolve", "confirm", "reopen", "withdraw", "comments", "chase", "ask",
                                  "answer", "warn"]))
    def stays(self, name: str, at: int, seed: int, action: str) -> None:
        """Steps that draw nobody in; every other time by somebody who may."""
        item = self.items[-1 - at % len(self.items)]
        name = self._able(item, action) if seed % 3 else name
        if name not in self.portal.tokens or name in self.portal.gone:
            return
        self._do(name, item, action, {"reason": "since it must", "text": "words", "root_cause": "a rule", "solution": "mended",
                                    "words": "look at yours", "due": "2026-03-30"})
        self._after(name, seed)

    def _able(self, item: Item, action: str) -> str:
        """Who has that to do, where the desk's own line owner or the contact is among us."""
        if action in ("confirm", "reopen", "withdraw", "answer"):
            return item.first
        unit, line = item.owner
        found = line.replace("_", "-") if unit == HQ else f"{line.replace('_', '-')}.{unit}"
        return found if found in self.portal.tokens else f"contact.{unit}"

    @precondition(lambda self: self.items)
    @rule(name=st.sampled_from(ACTORS), at=st.integers(0, 9), unit=st.sampled_from(UNITS), line=st.sampled_from(LINES),
          seed=st.integers(0, 999), action=st.sampled_from(["hand-over", "hand-over", "decline", "rule", "parties", "split"]))
    def draws_in(self, name: str, at: int, unit: str, line: str, seed: int, action: str) -> None:
        item = self.items[-1 - at % len(self.items)]
        if seed % 4:
            name = self._able(item, action) if action != "rule" else item.ruling.replace("_", "-")
        if name not in self.portal.tokens or name in self.portal.gone:
            return
        body = {"to": {"unit": unit, "line": line}, "unit": unit, "line": line, "reason": "the cause lies there", "title": "A part",
                "description": "of the whole"}
        answer = self._do(name, item, action, body)
        if answer.status_code in (200, 201):
            self._drawn_in(name, item, action, (unit, line), answer)
        self._after(name, seed)

    def _drawn_in(self, name: str, item: Item, action: str, desk: tuple[str, str], answer: TestResponse) -> None:
        if action == "parties":
            item.desks.add(desk)
        elif action == "split":
            desks = {desk, item.owner} | ({(HQ, item.ruling)} if desk[0] != HQ else set())
            self.items.append(Item(answer.json["id"], answer.json["code"], item.owner[0], name, item.ruling, desk, desks,
                                   item.campaign, item))
        elif action == "decline":
            self._owned(item, item.past.pop())
        else:
            item.past.append(item.owner)
            self._owned(item, desk)

    @precondition(lambda self: len(self.items) > 1)
    @rule(at=st.integers(0, 9), other=st.integers(0, 9), seed=st.integers(0, 999))
    def merges(self, at: int, other: int, seed: int) -> None:
        item, into = self.items[-1 - at % len(self.items)], self.items[-1 - other % len(self.items)]
        name = self._able(item, "merge")
        if name not in self.portal.tokens or name in self.portal.gone:
            return
        if self._do(name, item, "merge", {"into": into.key}).status_code == 200:
            into.desks.add((item.raiser, item.ruling))
        self._after(name, seed)

    @precondition(lambda self: self.items)
    @rule(at=st.integers(0, 9), who=st.sampled_from(ACTORS), seed=st.integers(0, 999))
    def passes_on(self, at: int, who: str, seed: int) -> None:
        item = self.items[-1 - at % len(self.items)]
        name = item.first
        if name in self.portal.gone or who in self.portal.gone:
            return
        if self._do(name, item, "pass-on", {"person": people.email(who)}).status_code == 200:
            item.first = who
        self._after(name, seed)

    @precondition(lambda self: any(i.campaign is None for i in self.items))
    @rule(which=st.integers(0, 4), name=st.sampled_from(["customer-service", "customer-service", "market", "contact.tibet"]),
          seed=st.integers(0, 999))
    def identifies(self, which: int, name: str, seed: int) -> None:
        item = next(i for i in self.items if i.campaign is None)
        if name in self.portal.gone:
            return
        campaign = self.portal.campaigns[which]
        if self._do(name, item, "identify", {"campaign": campaign.key}).status_code == 200:
            item.campaign, item.ruling = campaign, campaign.line
            owner, desks = parties(campaign, item.raiser)
            item.desks |= desks
            item.past.append(item.owner)
            self._owned(item, owner)
        self._after(name, seed)


@pytest.fixture
def portal(app: Flask, superuser: Superuser) -> Iterator[Portal]:
    yield Portal(app, superuser)


def play(portal: Portal, steps: int, rounds: Iterator[int], runs: int = 5) -> None:
    """Runs of random steps, the same ones every time: each has the number of its round for a seed."""
    while portal.steps < steps:
        machine = seed(next(rounds))(type("Playing", (Exchange,), {"portal": portal}))
        run_state_machine_as_test(machine, settings=settings(
            max_examples=runs, stateful_step_count=RUN, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck)))
        print(f"{portal.steps} steps, {portal.checks} views and {portal.told} notices compared", flush=True)


def test_some_steps(portal: Portal) -> None:
    play(portal, 30, itertools.count(), runs=1)


@pytest.mark.long
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize("half", [0, 1])
def test_many_steps(portal: Portal, half: int) -> None:
    """Halves, so that two processors share them."""
    play(portal, STEPS // 2, itertools.count(half, 2))
    assert portal.steps >= STEPS // 2 and portal.checks >= STEPS // 2
