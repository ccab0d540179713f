"""Bytes in a folder and in a store that speaks S3, and what becomes of those that no file names."""
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import examination
from portal.attachments import queries, rules, service, storage
from portal.attachments.models import Attachment
from portal.config import Settings, SetupFault
from tenants.access import Identity
from tenants.db import db
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated
from tests.conftest import As, Superuser
from tests.factories.files import PDF
from tests.services import s3
from tests.web.test_assignments import keys


@pytest.fixture(params=["folder", "s3"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    if request.param == "folder":
        yield Settings.for_tests(storage_url=f"file://{tmp_path}/a%20b")
        return
    with s3.running() as bucket:
        yield Settings.for_tests(storage_url=bucket.url("files/here"))
        assert bucket.asked and all("Credential=KEY/" in a and "/cn-north-1/s3/" in a for a in bucket.asked)
        assert all(k.startswith("files/here/") for k in bucket.objects)


def test_put_get_list_remove(settings: Settings) -> None:
    place, key = storage.opened(settings), storage.fresh_key()
    place.put(key, b"x" * 700_000)
    assert b"".join(place.get(key)) == b"x" * 700_000
    place.put("probe/else", b"not ours")
    assert [k for page in place.older(timedelta(seconds=-5)) for k in page] == [key]
    place.remove(key)
    place.remove(key)                                              # gone already
    with pytest.raises(storage.Away):
        place.get(key)
    place.probe()
    place.remove("probe/else")
    assert examination._storage(settings).endswith("takes files and gives them back")


def test_a_storage_out_of_order_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_RETRY", {"max_retries": 0, "retry_timeout": timedelta(seconds=1)})
    with s3.running() as bucket:
        bucket.broken = True
        asked = Settings.for_tests(storage_url=bucket.url())
        acts: tuple[Callable[[storage.Storage], object], ...] = (
            lambda p: p.put("aa/bb", b"x"), lambda p: p.get("aa/bb"), lambda p: list(p.older(timedelta(0))))
        for act in acts:
            with pytest.raises(storage.Away):
                act(storage.opened(asked))
        with pytest.raises(examination.Failed, match="check STORAGE_URL"):
            examination._storage(asked)


def test_addresses() -> None:
    for wrong in ("ftp://a/b", "s3://", "/srv/files", "file://host/path", "s3:bucket"):
        with pytest.raises(SetupFault, match="STORAGE_URL"):
            Settings.from_environment({"STORAGE_URL": wrong})
    found = Settings.from_environment({"STORAGE_URL": "s3://KEY:SE%2FCRET@bucket/x?endpoint=https://s3.example"})
    assert "SE" not in found.shown()["STORAGE_URL"] and found.shown()["STORAGE_URL"].startswith("s3://KEY:***")
    assert found.shown(secret=True)["STORAGE_URL"] == found.storage_url


@pytest.fixture
def key(superuser: Superuser) -> str:
    return keys(superuser)[0]


def attach(actor: Identity, key: str, name: str = "证据.pdf", content: bytes = PDF, part: str = "") -> Attachment:
    return service.attach("assignment", UUID(key), BytesIO(content), name, actor=actor, part=part)


def test_who_reports_adds_and_who_does_not_read_finds_nothing(acting: As, key: str) -> None:
    with acting("market.guangdong") as actor:
        made = attach(actor, key, "/home/x/张三 13912345678.pdf")
        assert made.name == "张三 139xxxx5678.pdf" and made.size == len(PDF) and made.media_type == "application/pdf"
        assert b"".join(storage.current().get(made.key)) == PDF and made.key not in made.name
        found = made.id
        db.session.commit()
    for who, refusal in (("contact.tibet", NotVisible), ("network.guangdong", NotVisible), ("market.migu", NotVisible),
                         ("head.guangdong", NotPermitted), ("auditor", NotPermitted), ("market", NotPermitted)):
        with acting(who) as actor:
            with pytest.raises(refusal):
                attach(actor, key)
            if refusal is NotVisible:
                with pytest.raises(NotVisible):
                    queries.one(actor, found)
            else:
                assert queries.one(actor, found)[0].name == "张三 139xxxx5678.pdf"
                with pytest.raises(NotPermitted):
                    service.remove(queries.one(actor, found)[0], actor=actor)
            db.session.rollback()


def test_limits_states_and_kinds(acting: As, key: str, superuser: Superuser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_FILES", 2)
    with acting("market.guangdong") as actor:
        first = attach(actor, key)
        attach(actor, key)
        with pytest.raises(RuleViolated, match="2 files"):
            attach(actor, key)
        service.remove(first, actor=actor)
        attach(actor, key, "again.pdf")
        for content, part, field in ((b"MZ", "", "file"), (b"", "", "file"), (PDF, "else", "part")):
            with pytest.raises(Invalid) as caught:
                attach(actor, key, "a.pdf", content, part)
            assert list(caught.value.errors) == [field]
        with pytest.raises(NotVisible):
            service.attach("person", actor.person, BytesIO(PDF), "a.pdf", actor=actor)
        db.session.commit()
    superuser.execute("UPDATE assignment SET state = 'closed' WHERE id = %s", (key,))
    with acting("market.guangdong") as actor:
        with pytest.raises(RuleViolated):
            attach(actor, key)
        with pytest.raises(RuleViolated):
            service.remove(queries.one(actor, queries.of("assignment", UUID(key))[0].id)[0], actor=actor)


def test_bytes_that_no_file_names_are_swept(app: Flask, acting: As, key: str) -> None:
    with acting("market.guangdong") as actor:
        kept, gone = attach(actor, key), attach(actor, key, "gone.pdf")
        service.remove(gone, actor=actor)
        db.session.commit()
        kept_key, gone_key = kept.key, gone.key
        lost = attach(actor, key, "lost.pdf").key
        db.session.rollback()                                      # the row is not there, its bytes are
    with app.app_context():
        assert service.sweep() == 0                                # too young to tell
        assert service.sweep(timedelta(seconds=-5)) >= 2
    place = storage.current()
    assert b"".join(place.get(kept_key)) == PDF
    for swept in (gone_key, lost):
        with pytest.raises(storage.Away):
            place.get(swept)


def test_the_wall_below_holds_by_itself(acting: As, key: str) -> None:
    """Without asking the slice: another unit's scope sees no row, whatever it asks for."""
    with acting("market.guangdong") as actor:
        attach(actor, key)
        db.session.commit()
    with acting("contact.tibet"):
        assert db.session.scalar(select(func.count()).select_from(Attachment)) == 0
    with acting("office"):
        assert db.session.scalar(select(func.count()).select_from(Attachment)) == 1
