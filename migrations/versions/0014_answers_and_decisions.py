"""Answers of headquarters to reminders, decisions that are corrected: the text of `migrations/0014/`, which never changes."""
from pathlib import Path

from alembic import op

revision, down_revision = "0014", "0013"

TEXTS = Path(__file__).parents[1] / revision


def upgrade() -> None:
    for part in ("answers", "decisions"):
        op.get_bind().exec_driver_sql((TEXTS / f"{part}.sql").read_text())
