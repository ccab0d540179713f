"""Owners of the work on systems can be named anew: the text of `migrations/0021/`, which never changes."""
from pathlib import Path

from alembic import op

revision, down_revision = "0021", "0020"

TEXTS = Path(__file__).parents[1] / revision


def upgrade() -> None:
    op.get_bind().exec_driver_sql((TEXTS / "functions.sql").read_text())
