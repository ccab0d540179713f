"""Answers to reminders: the text of `migrations/0007/`, which never changes."""
from pathlib import Path

from alembic import op

revision, down_revision = "0007", "0006"

TEXTS = Path(__file__).parents[1] / revision


def upgrade() -> None:
    for part in ("tables", "policies", "functions"):
        op.get_bind().exec_driver_sql((TEXTS / f"{part}.sql").read_text())
