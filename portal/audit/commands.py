"""`portal audit …`: whether the trail is whole."""
import sys

import click
import psycopg

from portal import servers
from portal.config import Settings


@click.group()
def audit() -> None:
    """The audit trail."""


@audit.command()
def verify() -> None:
    """Recompute the chains; name the first broken entry, with status 1, if one does not hold."""
    with psycopg.connect(servers.libpq(Settings.from_environment().database_url), connect_timeout=5, autocommit=True) as c:
        broken = [str(row[0]) for row in c.execute("SELECT entry FROM app.audit_broken()").fetchall()]
    if not broken:
        click.echo("portal: the audit trail is whole")
        return
    click.echo(f"portal: the audit trail is broken at {broken[0]}"
               + (f"; {len(broken)} faults in all" if len(broken) > 1 else ""), err=True)
    sys.exit(1)
