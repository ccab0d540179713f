"""What the ladder of reminders needs to know and to say: the text of `migrations/0013/`, which never changes."""
from pathlib import Path

from alembic import op

revision, down_revision = "0013", "0012"

TEXTS = Path(__file__).parents[1] / revision


def upgrade() -> None:
    for part in ("tables", "policies"):
        op.get_bind().exec_driver_sql((TEXTS / f"{part}.sql").read_text())
