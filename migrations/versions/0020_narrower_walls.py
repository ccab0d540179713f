"""What the database itself refuses to whom it lets in: the text of `migrations/0020/`, which never changes."""
from pathlib import Path

from alembic import op

revision, down_revision = "0020", "0019"

TEXTS = Path(__file__).parents[1] / revision


def upgrade() -> None:
    for part in ("columns", "functions", "guards"):
        op.get_bind().exec_driver_sql((TEXTS / f"{part}.sql").read_text())
