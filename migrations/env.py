"""Runs as the owner role, on an engine without the scope hook. The address comes from the caller, not from a file."""
from alembic import context

from portal import models
from tenants.db import Base

assert models                       # imported for its tables
with context.config.attributes["engine"].connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
