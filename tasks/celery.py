"""The Celery app, and the two kinds of task: one enters a unit's scope or fails, the other has none.

`celery -A tasks.celery worker` and `… beat` find it. It reads the configuration when it is first used, and each worker
process makes its own portal at its first task: connections are not shared over a fork."""
import logging
import threading
from typing import Any

from celery import Celery, Task
from celery.signals import after_setup_logger
from flask import Flask
from sqlalchemy.exc import OperationalError

from portal import servers
from portal.app import create_app
from portal.config import Settings
from tasks.schedule import SCHEDULE
from tenants.context import Scope
from tenants.errors import NoScope
from tenants.isolation import acting_as

SOFT_LIMIT, HARD_LIMIT = 90, 120       # seconds; outbox.service.BUDGET ends a drain long before
VISIBILITY = 300                       # seconds after which a lost worker's message comes back; above the hard limit


class PortalTask(Task):
    """Both kinds: a database that was away for a moment is tried again, a few times, further and further apart."""
    abstract = True
    autoretry_for = (OperationalError,)
    max_retries = 3
    retry_backoff = 2                  # seconds, doubled each time
    retry_backoff_max = 60
    retry_jitter = True


class ScopedTask(PortalTask):
    """Sent by for_unit(): runs in an application context of its own, in that unit's scope, never in headquarters'."""
    abstract = True

    def for_unit(self, unit: int, *args: Any, **kw: Any) -> Any:
        return self.apply_async(args, kw, headers={"unit": unit})     # a header: Celery checks run()'s own arguments

    def __call__(self, *args: Any, **kw: Any) -> Any:
        unit = (self.request.headers or {}).get("unit")
        if unit is None:
            raise NoScope(f"{self.name} was sent without a unit")
        with flask_app().app_context(), acting_as(Scope(None, (unit,))):
            return self.run(*args, **kw)


class PlainTask(PortalTask):
    """Unscoped: may call the SECURITY DEFINER functions and send scoped tasks, nothing else."""
    abstract = True

    def __call__(self, *args: Any, **kw: Any) -> Any:
        with flask_app().app_context():
            return self.run(*args, **kw)


_made: dict[str, Flask] = {}
_making = threading.Lock()


def flask_app() -> Flask:
    """This process's portal, made when it is first needed."""
    with _making:
        if "portal" not in _made:
            _made["portal"] = create_app(_settings())
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
        "task_acks_late": True, "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "task_serializer": "json", "accept_content": ["json"], "task_ignore_result": True,
        "task_soft_time_limit": SOFT_LIMIT, "task_time_limit": HARD_LIMIT,
        "timezone": settings.timezone, "beat_schedule": SCHEDULE,
        "beat_schedule_filename": str(settings.data / "beat-schedule")}


celery = Celery("portal", include=["tasks.outbox", "tasks.upkeep"])
celery.add_defaults(_configuration)    # read when something is first asked of it


@after_setup_logger.connect
def _quiet(**_: Any) -> None:
    """What runs every two seconds says something only when something is wrong."""
    for name in ("celery.app.trace", "celery.worker.strategy", "celery.beat"):
        logging.getLogger(name).setLevel(logging.WARNING)
