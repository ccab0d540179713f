"""`portal backup` and `portal restore`, as typed in a shell: everything comes back, and nothing that is not whole does."""
import hashlib
import io
import re
import stat
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from portal import backup, servers
from portal.attachments import storage
from portal.config import Settings, SetupFault
from tests.setup.processes import of, run, run_each

KEYS = [storage.fresh_key() for _ in range(3)]
Counts = Mapping[str, int]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An installation with the plan, an account and three files."""
    data = tmp_path_factory.mktemp("backup") / "data"
    with servers.running(settings_of(data)):               # the commands attach to it
        run_each(data, ("db", "upgrade"), ("seed", "plan", "--year", "2026"),
                 ("user", "create", "--email", "first@hq.example", "--name", "First"))
        place = storage.opened(settings_of(data))
        for n, key in enumerate(KEYS):
            place.put(key, b"x" * n * 300_000)
        yield data


@pytest.fixture(scope="module")
def kept(made: Path) -> Path:
    target = made.parent / "one.backup"
    said = run(made, "backup", str(target))
    assert said.returncode == 0, said.stderr
    assert f"{target}: the database at" in said.stdout and "3 files of 0.9 MB" in said.stdout
    assert stat.S_IMODE(target.stat().st_mode) == 0o600 and not target.with_name("one.backup.part").exists()
    return target


def settings_of(data: Path) -> Settings:
    return Settings.for_tests(data=data, broker_url="", storage_url=f"file://{data}/storage")


def counts(data: Path) -> Counts:
    with servers.running(settings_of(data)) as (_, held):
        assert held.postgres is not None
        with held.postgres.connect("postgres") as c:
            names = [n for (n,) in c.execute("SELECT relname FROM pg_class"
                                             " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")]
            each = sql.SQL(" UNION ALL ").join(
                sql.SQL("SELECT {}, count(*) FROM {}").format(sql.Literal(n), sql.Identifier(n)) for n in names)
            return dict(c.execute(each).fetchall()) if names else {}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An installation before its first migration, its server running."""
    with servers.running(settings_of(tmp_path_factory.mktemp("empty") / "data")) as (settings, _):
        yield settings


def test_everything_comes_back(made: Path, kept: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    with servers.running(settings_of(new)):
        said = run(new, "restore", str(kept))
        assert said.returncode == 0, said.stderr
        before, after = counts(made), counts(new)
        assert before == after and before["person"] >= 1 and before["unit"] == 39 and before["audit_entry"] > 0
        again = storage.opened(settings_of(new))
        assert [b"".join(again.get(key)) for key in KEYS] == [b"x" * n * 300_000 for n in range(3)]
        said = run(new, "check")
        assert said.returncode == 0 and [line[:4] for line in said.stdout.splitlines()] == ["ok  "] * 7, said.stdout
        said = run(new, "restore", str(kept))
        assert (said.returncode, said.stderr.count("\n")) == (1, 1) and "the database is not empty" in said.stderr
    assert of(new) == []


def cut(content: bytes) -> bytes:
    return content[:len(content) // 2]


def changed(content: bytes) -> bytes:
    at = content.index(b"xxxxxxxx")
    return content[:at] + b"y" + content[at + 1:]


def other(_: bytes) -> bytes:
    return b"no archive at all" * 100


def added(content: bytes) -> bytes:
    return rewritten(content, lambda members: {**members, "../../outside": b"?"})


def fewer(content: bytes) -> bytes:
    return rewritten(content, lambda members: {n: m for n, m in members.items() if not n.startswith("files/")})


def newer(content: bytes) -> bytes:
    """Of a revision that this program does not know, and honest about its parts."""
    def change(members: dict[str, bytes]) -> dict[str, bytes]:
        members["portal.json"] = b'{"format": 1, "portal": "9.0", "revision": "9999_later"}'
        del members["SHA256SUMS"]
        sums = "".join(f"{hashlib.sha256(m).hexdigest()}  {n}\n" for n, m in members.items())
        return {**members, "SHA256SUMS": sums.encode()}
    return rewritten(content, change)


def rewritten(content: bytes, change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        members = {m.name: found.read() for m in tar.getmembers() if (found := tar.extractfile(m))}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, part in change(members).items():
            entry = tarfile.TarInfo(name)
            entry.size = len(part)
            tar.addfile(entry, io.BytesIO(part))
    return out.getvalue()


@pytest.mark.parametrize(("damage", "says"), [
    (cut, "damaged"), (changed, "is not as it was written"), (other, "is no backup"), (added, "not those that it lists"),
    (fewer, "not those that it lists"), (newer, "is of a newer portal (9.0, 9999_later)")])
def test_what_is_not_whole_leaves_nothing(kept: Path, empty: Settings, tmp_path: Path, damage: Callable[[bytes], bytes],
                                          says: str) -> None:
    file = tmp_path / "damaged"
    file.write_bytes(damage(kept.read_bytes()))
    with pytest.raises(SetupFault, match=re.escape(says)) as refused:
        backup.restore(empty, file, lambda _: None)
    assert str(refused.value).count("\n") == 0
    assert not counts(empty.data) and not any(p.is_file() for p in (empty.data / "storage").rglob("*"))
    assert not (tmp_path / "outside").exists() and not (empty.data / "outside").exists()


def test_a_file_that_is_there_stays_as_it_is(made: Path, kept: Path) -> None:
    before = kept.read_bytes()
    said = run(made, "backup", str(kept))
    assert (said.returncode, said.stderr.count("\n")) == (1, 1) and "is there already" in said.stderr
    assert kept.read_bytes() == before


def test_an_empty_installation_has_nothing_to_back_up(empty: Settings, tmp_path: Path) -> None:
    with pytest.raises(SetupFault, match="nothing to back up"):
        backup.save(empty, tmp_path / "two", lambda _: None)
    assert not any(tmp_path.iterdir())


def test_passwords_are_not_in_it(made: Path, kept: Path) -> None:
    with servers.running(settings_of(made)) as (_, held):
        assert held.postgres is not None
        content = kept.read_bytes()
        assert not any(p.encode() in content for p in held.postgres.passwords.values())
        with psycopg.connect(host=str(held.postgres.socket), user="portal_app", password=held.postgres.passwords["portal_app"],
                             dbname="portal") as c:
            assert c.execute("SELECT count(*) FROM assignment").fetchone() == (0,)       # no scope, no row: the walls stand
