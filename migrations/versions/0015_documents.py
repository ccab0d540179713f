"""What issued bulletins keep, in which rhythms lists come, what a run is for: `migrations/0015/`, which never changes."""
from pathlib import Path

from alembic import op

revision, down_revision = "0015", "0014"

TEXTS = Path(__file__).parents[1] / revision


def upgrade() -> None:
    for part in ("tables", "policies", "functions", "rhythms", "runs"):
        op.get_bind().exec_driver_sql((TEXTS / f"{part}.sql").read_text())
