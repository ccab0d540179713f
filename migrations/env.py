"""Runs as the owner role, on an engine without the scope hook. The address comes from the caller, not from a file."""
from alembic import context

from portal.models import METADATA

with context.config.attributes["engine"].connect() as connection:
    context.configure(connection=connection, target_metadata=METADATA, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
