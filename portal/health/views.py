"""What machines ask: does it live, can it work, how does it do? No session, no person."""
import os
import time
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import prometheus_client as prometheus
from flask import Flask, Response, current_app, g, jsonify, request, request_finished, request_started
from flask.typing import ResponseReturnValue
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import NotFound

from portal.health import queries
from portal.operations import queries as operations
from portal.outbox import queries as outbox
from portal.web.access import Route
from tenants.permissions import PUBLIC

NAME, PREFIX = "health", ""
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")

REQUESTS = prometheus.Counter("portal_requests", "Requests answered.", ("endpoint", "method", "status"))
SECONDS = prometheus.Histogram("portal_request_seconds", "From the request's arrival to its answer.", ("endpoint", "method"),
                               buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10))


def healthz() -> ResponseReturnValue:
    """The process lives and answers."""
    return Response("ok\n", mimetype="text/plain")


def readyz() -> ResponseReturnValue:
    """200 once migrated, seeded and connected; else 503, and what is missing."""
    found = queries.conditions(current_app.config["PORTAL"])
    ready = all(found.values())
    return jsonify(ready=ready, **found), 200 if ready else 503


def metrics() -> ResponseReturnValue:
    """Prometheus text, for the addresses that PORTAL_METRICS_ALLOW names; others find nothing here."""
    if not _allowed():
        raise NotFound
    registry = prometheus.CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:           # several web processes share their figures in files there
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's signature has no types
    else:
        registry.register(_Own())
    registry.register(_Outbox())
    registry.register(_Tasks())
    return Response(prometheus.generate_latest(registry), content_type=prometheus.CONTENT_TYPE_LATEST)


def _allowed() -> bool:
    """Whether the caller itself, not a proxy in front of the portal, has an allowed address."""
    if any(name in request.headers for name in _FORWARDED) or not request.remote_addr:
        return False
    address = ip_address(request.remote_addr)
    networks = (ip_network(n.strip()) for n in current_app.config["PORTAL"].metrics_allow.split(",") if n.strip())
    return any(address.version == n.version and address in n for n in networks)


class _Own(Collector):
    """This process's figures."""

    def collect(self) -> Iterator[Metric]:
        yield from REQUESTS.collect()
        yield from SECONDS.collect()


class _Outbox(Collector):
    """Read when asked for: the same from every process."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("portal_database_up", "Whether the database answers.")
        waiting = GaugeMetricFamily("portal_outbox_waiting", "Messages not delivered yet.", labels=("topic",))
        parked = GaugeMetricFamily("portal_outbox_parked", "Messages given up after too many attempts.", labels=("topic",))
        oldest = GaugeMetricFamily("portal_outbox_oldest_seconds", "Age of what waits longest.", labels=("topic",))
        try:
            for state in outbox.state():
                for gauge, value in ((waiting, state.waiting), (parked, state.parked), (oldest, state.oldest)):
                    gauge.add_metric((state.topic,), value)
            up.add_metric((), 1)
        except SQLAlchemyError:
            up.add_metric((), 0)
        yield from (up, waiting, parked, oldest)


class _Tasks(Collector):
    """The last run of each task of the background; read when asked for."""

    def collect(self) -> Iterator[Metric]:
        age = GaugeMetricFamily("portal_task_age_seconds", "Since the last run of a task.", labels=("task",))
        took = GaugeMetricFamily("portal_task_seconds", "How long the last run of a task took.", labels=("task",))
        failed = GaugeMetricFamily("portal_task_failed", "Whether the last run of a task failed.", labels=("task",))
        try:
            for task in operations.figures():
                for gauge, value in ((age, task.age), (took, task.seconds), (failed, float(task.failed))):
                    gauge.add_metric((task.task,), value)
        except SQLAlchemyError:
            pass                                       # portal_database_up says so
        yield from (age, took, failed)


def _began(_sender: Flask, **_: Any) -> None:
    g.began = time.perf_counter()


def _ended(_sender: Flask, response: Response, **_: Any) -> None:
    endpoint = request.endpoint or "none"
    REQUESTS.labels(endpoint, request.method if request.url_rule else "any", str(response.status_code)).inc()
    if "began" in g:
        SECONDS.labels(endpoint, request.method if request.url_rule else "any").observe(time.perf_counter() - g.began)


def init_app(app: Flask) -> None:
    """Count and time every answer, refusals and faults included."""
    request_started.connect(_began, app)
    request_finished.connect(_ended, app)


ROUTES: tuple[Route, ...] = (
    ("GET", "/healthz", healthz, PUBLIC),
    ("GET", "/readyz", readyz, PUBLIC),
    ("GET", "/metrics", metrics, PUBLIC),
)
