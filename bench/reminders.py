"""How long the sweep of reminders takes over many open things of one unit, first and again: `python -m bench.reminders [1000000]`.

Servers of its own in a temporary folder; as the runtime role, in the unit's scope. A tenth of the things has a step due."""
import resource
import sys
import tempfile
import time
from pathlib import Path

from bench.pages import make
from portal import embedded
from portal.reminders import service
from tenants import clock
from tenants.context import Scope
from tenants.isolation import acting_as

ADD = """
INSERT INTO assignment (id, unit_id, programme_id, year, code, template_kind, line, milestone, milestone_due, title, title_zh,
  deliverable, deliverable_zh, evidence, evidence_zh, promised, measure, due, original_due, percent, state, chase_count, position,
  round, version)
SELECT gen_random_uuid(), a.unit_id, a.programme_id, a.year, 'B-' || n, 'task', a.line, a.milestone, a.milestone_due, a.title,
  a.title_zh,
  '', '', '', '', '', '', %(today)s::date + CASE WHEN n %% 10 = 0 THEN -40 ELSE 60 END, a.original_due, 0, 'open', 0, 0, 1, 1
  FROM (SELECT * FROM assignment WHERE template_kind = 'task' AND unit_id = %(unit)s LIMIT 1) a, generate_series(1, %(many)s) n
"""


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        app, _ = make(data)
        with embedded.start(data).connect("postgres", "portal", autocommit=True) as c:
            row = c.execute("SELECT id FROM unit WHERE code = 'guangdong'").fetchone()
            assert row is not None
            unit = int(row[0])
            c.execute(ADD, {"today": clock.today(), "unit": unit, "many": many})
            c.execute("ANALYZE")
        for name in ("first", "second"):
            began = time.perf_counter()
            with app.app_context(), acting_as(Scope(None, (unit,))):
                found = service.sweep(unit, seconds=3_600)
            print(f"{name} sweep: {time.perf_counter() - began:.1f} s, {found.seen} seen, {found.told} told; memory at most"
                  f" {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
        assert found.told == 0
        for server in (embedded.start(data), embedded.start_valkey(data)):
            embedded.stop(server)


if __name__ == "__main__":
    main()
