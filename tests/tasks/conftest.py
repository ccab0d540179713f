"""A broker of the tests' own: nobody else's worker takes their messages."""
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis

from portal import embedded
from tasks import celery as background
from tests.conftest import As, Superuser
from tests.tasks.hook import listening
from tests.tasks.mailbox import mailbox
from tests.tasks.staging import Stage


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a Valkey that nothing else uses."""
    server = embedded.start_valkey(tmp_path_factory.mktemp("broker"))
    yield server.socket
    os.kill(server.pid, signal.SIGTERM)


@pytest.fixture
def bound(app: Flask, broker: Path) -> Iterator[None]:
    """Tasks run in the test's portal, and are sent to the test's broker."""
    background.bind(app)
    conf = background.celery.conf
    before = conf.broker_url
    conf.broker_url = f"redis+socket://{broker}"
    background.celery._after_fork()                        # forget connections to another broker
    yield
    background.celery.control.purge()
    conf.broker_url = before
    background._made.clear()


@pytest.fixture
def eager(bound: None) -> Iterator[None]:
    """A task runs where it is sent from."""
    background.celery.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    background.celery.conf.update(task_always_eager=False, task_eager_propagates=False)


@pytest.fixture
def stage(server: embedded.Server, database: str, broker: Path, acting: As, superuser: Superuser,
          tmp_path: Path) -> Iterator[Stage]:
    """With nothing waiting, and a mail server and a program of the test's own."""
    with Redis(unix_socket_path=str(broker)) as forgetting:                   # what a killed worker of another test had in hand
        forgetting.flushall()
    superuser.execute("DELETE FROM outbox_message; DELETE FROM notice; DELETE FROM mail; DELETE FROM channel")
    with mailbox() as box, listening() as hook:
        yield Stage(server, database, tmp_path, acting, superuser, box, hook, f"redis+socket://{broker}")
