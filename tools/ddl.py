"""What the models declare, as SQL for a new migration: `.venv/bin/python tools/ddl.py tables|policies [table …]`.

A migration is text that never changes; models do. So a migration keeps what this prints on the day it is written, and
tests compare the migrated database with the models of today (tests/isolation/test_catalogue.py, tests/setup)."""
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from portal.models import METADATA
from tenants import rls


def tables(names: list[str]) -> Iterator[str]:
    """CREATE TABLE and CREATE INDEX, in an order in which foreign keys find what they name."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves dialects untyped
    for table in METADATA.sorted_tables:
        if not names or table.name in names:
            yield str(CreateTable(table).compile(dialect=dialect)).strip()
            for index in sorted(table.indexes, key=lambda i: str(i.name)):
                yield str(CreateIndex(index).compile(dialect=dialect)).strip()


def policies(names: list[str]) -> Iterator[str]:
    """Row-level security, policies and grants by each table's declared kind."""
    for table in METADATA.sorted_tables:
        if not names or table.name in names:
            yield from rls.ddl(table.name, table.info["rls"])


def main() -> None:
    what, *names = sys.argv[1:] or [""]
    if what not in ("tables", "policies"):
        raise SystemExit("usage: ddl.py tables|policies [table …]")
    statements = tables(names) if what == "tables" else policies(names)
    print(";\n".join("\n".join(line.rstrip() for line in s.replace("\t", "    ").splitlines()) for s in statements) + ";")


if __name__ == "__main__":
    main()
