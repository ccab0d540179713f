"""A unit names the owner of an assignment in force: the text of `migrations/0016/`, which never changes."""
from pathlib import Path

from alembic import op

revision, down_revision = "0016", "0015"

TEXTS = Path(__file__).parents[1] / revision


def upgrade() -> None:
    op.get_bind().exec_driver_sql((TEXTS / "functions.sql").read_text())
