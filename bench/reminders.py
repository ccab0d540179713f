"""How long the sweep of reminders takes over many open things of one unit, first and again, and whether its memory grows with their
number: `python -m bench.reminders [1000000]`. Fails above 60 s, or when ten times as many things need more than 64 MB beyond.

Servers of its own in a temporary folder; as the runtime role, in the unit's scope. A tenth of the things has its first step due."""
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from flask import Flask
from psycopg import Connection

from bench.pages import make
from portal import embedded
from portal.reminders import service
from portal.reminders.service import Counts
from tenants import clock
from tenants.context import Scope
from tenants.isolation import acting_as

SECONDS, MEGABYTES = 60.0, 64
ADD = """
INSERT INTO assignment (id, unit_id, programme_id, year, code, template_kind, line, milestone, milestone_due, title, title_zh,
  deliverable, deliverable_zh, evidence, evidence_zh, promised, measure, due, original_due, percent, state, chase_count, position,
  round, version)
SELECT gen_random_uuid(), a.unit_id, a.programme_id, a.year, 'B-' || n, 'task', a.line, a.milestone, a.milestone_due, a.title,
  a.title_zh,
  '', '', '', '', '', '', %(today)s::date + CASE WHEN n %% 10 = 0 THEN 10 ELSE 60 END, a.original_due, 0, 'open', 0, 0, 1, 1
  FROM (SELECT * FROM assignment WHERE template_kind = 'task' AND unit_id = %(unit)s LIMIT 1) a,
       generate_series(%(first)s::int, %(last)s::int) n
"""


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        app, _ = make(data)
        try:
            with embedded.start(data).connect("postgres", "portal", autocommit=True) as c:
                peaks = measured(app, c, many)
        finally:
            for server in (embedded.start(data), embedded.start_valkey(data)):
                embedded.stop(server)
    if peaks[-1] - peaks[0] > MEGABYTES:
        raise SystemExit(f"ten times as many things take {peaks[-1] - peaks[0]} MB more")


def measured(app: Flask, c: Connection[Any], many: int) -> list[int]:
    """The peaks of memory in MB: with a tenth, with all."""
    peaks: list[int] = []
    row = c.execute("SELECT id FROM unit WHERE code = 'guangdong'").fetchone()
    assert row is not None
    unit = int(row[0])
    for first, last in ((1, many // 10), (many // 10 + 1, many)):
        c.execute(ADD, {"today": clock.today(), "unit": unit, "first": first, "last": last})
        for prepared in ("DELETE FROM reminder_answer", "DELETE FROM reminder", "DELETE FROM outbox_message", "ANALYZE"):
            c.execute(prepared)
        told = [swept(app, unit, f"{last:,} things, {name} sweep") for name in ("first", "second")]
        assert told[0].told >= last // 10 and told[1].told == 0
        peaks.append(peak())
    return peaks


def swept(app: Flask, unit: int, name: str) -> Counts:
    before, began = peak(), time.perf_counter()
    with app.app_context(), acting_as(Scope(None, (unit,))):
        found = service.sweep(unit, seconds=3_600)
    took = time.perf_counter() - began
    print(f"{name}: {took:.1f} s, {found.seen} seen, {found.told} told; memory at most {peak()} MB, {before} MB before", flush=True)
    if took > SECONDS:
        raise SystemExit(f"{name} took {took:.1f} s, more than {SECONDS:.0f} s")
    return found


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
