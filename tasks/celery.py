"""The Celery app, and the two kinds of task: one enters a unit's scope or fails, the other has none. Each run is noted, with
what it counted or why it failed, for the page of operations.

`celery -A tasks.celery worker` and `… beat` find it. It reads the configuration when it is first used, and each worker
process makes its own portal at its first task: connections are not shared over a fork."""
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from celery import Celery, Task
from celery.exceptions import Retry, SoftTimeLimitExceeded
from celery.signals import after_setup_logger
from celery.utils.time import get_exponential_backoff_interval
from flask import Flask
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from portal import process, servers
from portal.app import create_app
from portal.config import Settings
from portal.operations import service as operations
from tasks.schedule import SCHEDULE
from tenants import clock
from tenants.context import Scope
from tenants.errors import NoScope
from tenants.isolation import acting_as

SOFT_LIMIT, HARD_LIMIT = 90, 120       # seconds; outbox.service.BUDGET ends a drain long before
VISIBILITY = 300                       # seconds after which a lost worker's message comes back; above the hard limit
Counts = dict[str, int]                # what a task returns: figures for the page of operations
_log = logging.getLogger(__name__)


class PortalTask(Task):
    """Both kinds: a database that was away for a moment is tried again, a few times, further and further apart."""
    abstract = True
    autoretry_for = (OperationalError,)
    max_retries = 3
    retry_backoff = 2                  # seconds, doubled each time
    retry_backoff_max = 60
    retry_jitter = True

    def surely(self, ask: Callable[[], Any]) -> Any:
        """What is asked of the database before a run begins. Celery itself tries again only what fails within."""
        try:
            return ask()
        except OperationalError as away:
            wait = get_exponential_backoff_interval(self.retry_backoff, self.request.retries, self.retry_backoff_max, True)
            raise self.retry(exc=away, countdown=wait) from away

    def noted(self, run: Callable[[], Any], about: str | None) -> Any:
        """Run it, and note how that went. Without the database, in which notes are kept, nothing could run."""
        begun, since = clock.now(), time.monotonic()
        key = self.surely(lambda: operations.begin(self.name, about))
        if key is None:
            _log.error("%s %s has killed its worker three times within an hour: it is left alone", self.name, about or "")
            return None
        counts: Counts = {}
        error: str | None = "it was stopped"
        try:
            result = run()
            counts, error = result if isinstance(result, dict) else {}, None
            return result
        except Exception as fault:
            error = _reason(fault)
            raise
        finally:
            if error or any(counts.values()) or self.name not in QUIET:
                _note(key, self.name, begun, time.monotonic() - since, counts, error)


class ScopedTask(PortalTask):
    """Sent by for_unit(): runs in an application context of its own, in that unit's scope, never in headquarters'."""
    abstract = True

    def for_unit(self, unit: int, *args: Any, **kw: Any) -> Any:
        return self.apply_async(args, kw, headers={"unit": unit})     # a header: Celery checks run()'s own arguments

    def __call__(self, *args: Any, **kw: Any) -> Any:
        unit = (self.request.headers or {}).get("unit")
        if unit is None:
            raise NoScope(f"{self.name} was sent without a unit")
        def run() -> Any:
            with acting_as(Scope(None, (unit,))):
                return self.run(*args, **kw)
        with flask_app().app_context():
            return self.noted(run, str(unit))


class PlainTask(PortalTask):
    """Unscoped: may call the SECURITY DEFINER functions and send scoped tasks, nothing else."""
    abstract = True

    def again(self) -> bool:
        """Whether this run was begun before: tried again, or come back from a worker that was lost."""
        return bool(self.request.retries or (self.request.delivery_info or {}).get("redelivered"))

    def __call__(self, *args: Any, **kw: Any) -> Any:
        with flask_app().app_context():
            request = (self.request.headers or {}).get("request")
            if request is not None and not self.again() and not self.surely(lambda: operations.take(UUID(request))):
                return None                            # another worker has it
            return self.noted(lambda: self.run(*args, **kw), " ".join(map(str, args)) or None)


QUIET = frozenset({"tasks.outbox.drain", "tasks.outbox.drain_mail", "tasks.outbox.drain_chat",     # no note of having done nothing
                   "tasks.reminders.sweep_pressing"})


def _note(run: UUID, task: str, begun: datetime, seconds: float, counts: Counts, error: str | None) -> None:
    try:
        operations.end(run, task, begun, seconds, counts, error)
    except SQLAlchemyError:                            # what was done is done
        _log.warning("a run of %s could not be noted", task, exc_info=True)


def _reason(fault: Exception) -> str:
    """The class; its words may quote data."""
    if isinstance(fault, Retry):
        return f"{type(fault.exc).__name__}, tried again"
    return f"longer than {SOFT_LIMIT} s" if isinstance(fault, SoftTimeLimitExceeded) else type(fault).__name__


_made: dict[str, Flask] = {}
_making = threading.Lock()


def flask_app() -> Flask:
    """This process's portal, made when it is first needed."""
    with _making:
        if "portal" not in _made:
            _made["portal"] = create_app(_settings())
            process.settle()
        return _made["portal"]


def bind(app: Flask) -> None:
    """Use this portal: for tests."""
    _made["portal"] = app


def _settings() -> Settings:
    return servers.addressed(Settings.from_environment())


def _configuration() -> dict[str, Any]:
    settings = _settings()
    return {
        "broker_url": settings.celery_broker,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,         # a broker that is away is waited for
        "broker_transport_options": {"visibility_timeout": VISIBILITY, "unacked_restore_interval": 10,
                                     "unacked_restore_throttle": 1},
        "task_acks_late": True, "task_reject_on_worker_lost": True, "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "task_serializer": "json", "accept_content": ["json"], "task_ignore_result": True,
        "task_soft_time_limit": SOFT_LIMIT, "task_time_limit": HARD_LIMIT,
        "timezone": settings.timezone, "beat_schedule": SCHEDULE,
        "beat_schedule_filename": str(settings.data / "beat-schedule")}


celery = Celery("portal", include=["tasks.bulletins", "tasks.outbox", "tasks.reminders", "tasks.subscriptions",
                                     "tasks.upkeep"])
celery.add_defaults(_configuration)    # read when something is first asked of it


@after_setup_logger.connect
def _quiet(**_: Any) -> None:
    """What runs every two seconds says something only when something is wrong."""
    for name in ("celery.app.trace", "celery.worker.strategy", "celery.beat"):
        logging.getLogger(name).setLevel(logging.WARNING)
