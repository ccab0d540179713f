"""Chat rooms and programs: told once, never by a way round, and never in the way of anybody else."""
import socket
from typing import Any
from uuid import UUID

import pytest
import requests
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from urllib3.util import connection as connecting

from portal import webhooks
from portal.assignments import queries as assignments
from portal.notices import queries, service
from portal.notices.service import ChannelFacts
from portal.outbox.rules import Group
from portal.webhooks import Allowed, Refused, Silent
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, Stale
from tenants.messages import N_
from tenants.vocabulary import Line, Role
from tests.conftest import As, Superuser
from tests.factories import world
from tests.services.delivering import deliver
from tests.tasks.hook import Hook, listening

GD, HERE = "contact.guangdong", "127.0.0.1"
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx"


@pytest.fixture(autouse=True)
def empty(superuser: Superuser) -> None:
    superuser.execute("DELETE FROM outbox_message; DELETE FROM channel")


def channel(acting: As, hook: Hook, name: str = GD, **more: Any) -> UUID:
    with acting(name) as contact:
        facts = ChannelFacts(f"room {hook.port}", hook.url, **{"language": "en", **more})
        key = service.add_channel(contact.appointments[0].unit, "webhook", facts, Allowed(HERE), actor=contact)
        db.session.commit()
    return key


def tell(acting: As, url: str = "/desk", line: Line | None = None) -> None:
    with acting(GD) as contact:
        service.tell(contact.appointments[0].unit, N_("A plain sentence."), url, roles=[Role.UNIT_CONTACT], line=line)
        db.session.commit()


def tried(app: Flask) -> int:
    deliver(app)
    return deliver(app, group=Group.CHAT, webhook_hosts=HERE)


def waiting(superuser: Superuser) -> list[tuple[Any, ...]]:
    return superuser.execute("SELECT attempts, error FROM outbox_message WHERE done_at IS NULL").fetchall()


def test_told_once_and_without_the_words(app: Flask, acting: As, superuser: Superuser) -> None:
    with listening() as hook:
        channel(acting, hook)
        tell(acting)
        assert tried(app) == 1
        superuser.execute("UPDATE outbox_message SET done_at = NULL WHERE topic = 'notice'")
        assert tried(app) == 0
    [said] = hook.taken
    assert said["message"] == "A notice for Guangdong: Everything else.\nhttp://portal.example/desk"
    assert hook.paths == ["/hook?room=7"]
    assert (said["unit"], said["kind"], said["url"]) == ("guangdong", "general", "http://portal.example/desk")
    with acting(GD):
        [room] = queries.rooms()
    assert room.said_at == world.NOW and room.fault is None


def test_with_the_words_of_the_kinds_and_lines_that_are_wanted(app: Flask, acting: As) -> None:
    with listening() as hook:
        channel(acting, hook, words=True, kinds=("filing",), lines=("market",))
        tell(acting)
        tell(acting, "/filings", Line.IT)
        tell(acting, "/filings", Line.MARKET)
        assert tried(app) == 1
    assert [s["message"] for s in hook.taken] == ["A plain sentence.\nhttp://portal.example/filings"]


def test_a_room_is_told_nothing_that_the_units_contacts_may_not_see(app: Flask, acting: As, superuser: Superuser) -> None:
    with acting("contact.tibet") as tibetan:
        found = assignments.of_unit(world.programme(tibetan).id, tibetan.appointments[0].unit)[0].id
    with listening() as hook:
        channel(acting, hook)
        tell(acting, f"/assignments/{found}")
        tried(app)
        assert hook.taken == [] and waiting(superuser) == []


@pytest.mark.parametrize(("how", "words"), [
    ({"status": 302, "location": "http://127.0.0.1:1/"}, "127.0.0.1 wants to lead elsewhere (302): not followed"),
    ({"status": 307, "location": "http://169.254.169.254/"}, "127.0.0.1 wants to lead elsewhere (307): not followed"),
    ({"status": 500}, "127.0.0.1 answers 500"), ({"status": 404}, "127.0.0.1 answers 404"),
    ({"body": '{"errcode": 93000, "errmsg": "invalid webhook url"}'}, "127.0.0.1 does not take it (code 93000)"),
    ({"silent": True}, "127.0.0.1 does not answer in time")])
def test_what_fails_is_kept_with_its_reason(app: Flask, acting: As, superuser: Superuser, monkeypatch: pytest.MonkeyPatch,
                                            how: dict[str, Any], words: str) -> None:
    monkeypatch.setattr(webhooks, "READING", 0.3)
    with listening(**how) as hook:
        channel(acting, hook)
        tell(acting)
        assert tried(app) == 0
    [(attempts, error)] = waiting(superuser)
    assert attempts == 1 and error.endswith(words) and len(hook.paths) == (0 if how.get("silent") else 1)
    with acting(GD):
        assert queries.rooms()[0].fault == words


@pytest.mark.parametrize(("host", "words"), [
    ("nobody.invalid", "nobody.invalid: no such name was found"), ("127.0.0.1", "127.0.0.1 refuses the connection")])
def test_who_cannot_be_reached_is_told_in_words(host: str, words: str) -> None:
    with pytest.raises(Silent) as refused:
        webhooks.say("webhook", f"http://{host}:1/x", "words", {}, Allowed(host))
    assert str(refused.value) == words


def test_one_that_hangs_holds_up_neither_its_own_nor_the_others(app: Flask, acting: As, superuser: Superuser,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "READING", 0.3)
    asked: list[str] = []
    posted = webhooks._Door.request

    def counting(door: Any, method: str, url: str, **given: Any) -> Any:
        asked.append(url)
        return posted(door, method, url, **given)
    monkeypatch.setattr(webhooks._Door, "request", counting)
    with listening(silent=True) as hanging, listening() as well:
        channel(acting, hanging)
        channel(acting, well)
        for _ in range(5):
            tell(acting)
        assert tried(app) == 5 and len(well.taken) == 5
    assert asked.count(hanging.url.partition("?")[0]) == 1 and len(waiting(superuser)) == 5
    assert superuser.execute("SELECT count(*) FROM notice WHERE text = 'A plain sentence.'").fetchone() == (10,)


def test_a_trial_is_made_once_and_says_how_it_went(app: Flask, acting: As, superuser: Superuser) -> None:
    with listening(status=403) as hook:
        key = channel(acting, hook)
        with acting(GD) as contact:
            service.try_channel(queries.room(key), actor=contact)
            db.session.commit()
        tried(app)
        assert hook.paths and waiting(superuser) == []
    with acting(GD):
        assert queries.room(key).fault == "127.0.0.1 answers 403"


@pytest.mark.parametrize(("host", "found", "named", "told"), [
    ("hooks.example", "10.2.3.4", "hooks.example", True), ("hooks.example", "10.2.3.4", "", False),
    ("a.hooks.example", "10.2.3.4", ".hooks.example", True), ("evilhooks.example", "10.2.3.4", ".hooks.example", False),
    ("hooks.example", "127.0.0.1", "hooks.example", False), ("hooks.example", "127.0.0.1", "hooks.example,127.0.0.1", True),
    ("hooks.example", "169.254.169.254", "hooks.example", False), ("hooks.example", "100.100.100.200", "hooks.example", False),
    ("hooks.example", "::1", "hooks.example", False), ("hooks.example", "::ffff:127.0.0.1", "hooks.example", False),
    ("hooks.example", "fe80::1", "hooks.example", False), ("hooks.example", "fd00:ec2::254", "hooks.example", False),
    ("hooks.example", "0.0.0.0", "hooks.example", False), ("hooks.example", "2002:7f00:1::", "hooks.example", False),
    ("10.9.9.9", "10.9.9.9", "10.9.0.0/16", True),
    ("10.8.9.9", "10.8.9.9", "10.9.0.0/16", False),
    ("open.feishu.cn", "1.2.3.4", "", True), ("open.feishu.cn", "127.0.0.1", "", False),
    ("open.feishu.cn", "10.0.0.7", "", False), ("oapi.dingtalk.com", "192.168.1.7", "", False),
    ("qyapi.weixin.qq.com", "fd12::7", "", False), ("open.feishu.cn", "100.64.0.7", "", False),
    ("open.feishu.cn", "10.0.0.7", "open.feishu.cn", True), ("open.feishu.cn", "10.0.0.7", ".feishu.cn", True),
    ("open.feishu.cn", "10.0.0.7", "10.0.0.0/24", True), ("hooks.example", "10.0.0.7", "hooks.example", True)])
def test_where_messages_may_go(monkeypatch: pytest.MonkeyPatch, host: str, found: str, named: str, told: bool) -> None:
    """The address that was looked up is judged, and that very one is connected to."""
    connected: list[str] = []

    def look_up(name: str, port: int, **_: Any) -> list[Any]:
        assert name == host and not connected, "looked up once"
        return [(0, 0, 0, "", (found, port))]

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(connecting, "create_connection", connect)
    with pytest.raises(Silent if told else Refused) as refused:
        webhooks.say("webhook", f"http://{host}:8080/x", "words", {}, Allowed(named))
    assert connected == ([found] if told else []) and isinstance(refused.value, Silent) is told


@pytest.mark.parametrize(("kind", "address"), [
    ("wecom", WECOM), ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=" + "a1" * 20),
    ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=a1b2&secret=SECabc"),
    ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/4d1a-9c"), ("webhook", "https://hooks.example/a?b=c"),
    ("webhook", "http://[fd00::7]:8080/")])
def test_addresses_as_the_services_show_them(monkeypatch: pytest.MonkeyPatch, kind: str, address: str) -> None:
    """What is posted goes to the service's own host, and holds the words."""
    posted: list[tuple[str, str]] = []

    def post(_: Any, method: str, url: str, **given: Any) -> Any:
        data = given["data"]
        posted.append((url, data if isinstance(data, str) else data.decode()))
        raise requests.ConnectionError
    monkeypatch.setattr(webhooks._Door, "request", post)
    host = webhooks.readable(kind, address)
    with pytest.raises(Refused):
        webhooks.say(kind, address, "Guten Tag", {"id": "7"}, Allowed())
    [(url, sent)] = posted
    assert host is not None and host in url and "Guten Tag" in sent


@pytest.mark.parametrize(("kind", "address"), [
    ("wecom", "https://hooks.example/x"), ("wecom", WECOM.replace("https", "http")), ("wecom", WECOM.replace("key=", "k=")),
    ("feishu", "https://open.feishu.cn@evil.example/open-apis/bot/v2/hook/1"), ("dingtalk", "https://oapi.dingtalk.com/robot/send"),
    ("webhook", "ftp://hooks.example"), ("webhook", "file:///etc/passwd"), ("webhook", "json://hooks.example"), ("webhook", "http://"),
    ("webhook", "https://user:word@hooks.example"), ("webhook", "http://hooks.example:99999"), ("webhook", "words")])
def test_what_is_no_address(kind: str, address: str) -> None:
    assert webhooks.readable(kind, address) is None


def test_who_keeps_channels(acting: As, superuser: Superuser) -> None:
    with listening() as hook:
        key = channel(acting, hook)
    facts = ChannelFacts("other", "")
    for name in ("head.guangdong", "market.guangdong"):
        with acting(name) as other, pytest.raises(NotPermitted):
            service.change_channel(queries.room(key), facts, Allowed(HERE), version=1, actor=other)
    for name, wall in (("contact.tibet", NotVisible), ("office", ProgrammingError), ("auditor", ProgrammingError)):
        with acting(name), pytest.raises(wall):
            queries.room(key)
    with acting("contact.tibet") as tibetan, pytest.raises(NotPermitted):
        service.add_channel(20, "webhook", ChannelFacts("x", hook.url), Allowed(HERE), actor=tibetan)
    with acting(GD) as contact:
        service.change_channel(queries.room(key), facts, Allowed(HERE), version=1, actor=contact)
        with pytest.raises(Stale):
            service.change_channel(queries.room(key), facts, Allowed(HERE), version=1, actor=contact)
        db.session.commit()
    with acting("admin") as admin:
        assert [r.name for r in queries.rooms()] == ["other"]
        service.remove_channel(queries.room(key), actor=admin)
        db.session.commit()
    assert superuser.execute("SELECT count(*) FROM channel").fetchone() == (0,)
    trail = superuser.execute("SELECT action, changes::text FROM audit_entry WHERE subject_kind = 'channel'").fetchall()
    assert sorted(a for a, _ in trail) == ["change", "create", "remove"] and not any("room=7" in words for _, words in trail)


def test_the_address_is_given_to_delivery_alone(acting: As, superuser: Superuser) -> None:
    with listening() as hook:
        key = channel(acting, hook)
    for name in (GD, "contact.tibet"):
        with acting(name):
            assert db.session.execute(text("SELECT app.channel_address(:k)"), {"k": key}).scalar() is None


@pytest.mark.parametrize(("address", "field"), [("", "address"), ("http://elsewhere.example/", "address"), ("x" * 2000, "address")])
def test_what_is_no_channel(acting: As, address: str, field: str) -> None:
    with acting(GD) as contact, pytest.raises(Invalid) as refused:
        service.add_channel(contact.appointments[0].unit, "webhook", ChannelFacts("x", address), Allowed(HERE), actor=contact)
    assert set(refused.value.errors) == {field}
