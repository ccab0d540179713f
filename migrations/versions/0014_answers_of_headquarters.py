"""Answers of headquarters to reminders: the text of `migrations/0014/`, which never changes."""
from pathlib import Path

from alembic import op

revision, down_revision = "0014", "0017"

TEXTS = Path(__file__).parents[1] / revision


def upgrade() -> None:
    op.get_bind().exec_driver_sql((TEXTS / "functions.sql").read_text())
