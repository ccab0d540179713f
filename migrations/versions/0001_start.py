"""Schema, tables, policies with their grants, functions: the text of `migrations/0001/`, which never changes."""
from pathlib import Path

from alembic import op

revision, down_revision = "0001", None

TEXTS = Path(__file__).parents[1] / revision


def upgrade() -> None:
    for part in ("scope", "tables", "policies", "functions"):
        op.get_bind().exec_driver_sql((TEXTS / f"{part}.sql").read_text())
