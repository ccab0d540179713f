"""The command `portal`. Its own commands are here; slices and higher floors add theirs by entry point (portal.plugins).

What one command alone needs is imported within it: most of a short command's time was the loading of what it does not use."""
import os
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from portal import migrate, plugins, process, roles, servers
from portal.config import Settings

if TYPE_CHECKING:
    from flask import Flask

_WITHOUT_SERVERS = frozenset({"openapi"})
_ATTACHED = "attached_to_servers"


class Portal(click.Group):
    """The group `portal`, with the added commands; those find servers that run and their addresses in the environment."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *plugins.names()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        added = plugins.load(cmd_name)
        return _with_servers(added) if added and cmd_name not in _WITHOUT_SERVERS else added


def _with_servers(command: click.Command) -> click.Command:
    """The command, run while the servers do; asking for its help starts nothing."""
    if isinstance(command, click.Group):
        for part in command.commands.values():
            _with_servers(part)
    elif command.callback is not None and not hasattr(command.callback, _ATTACHED):
        command.callback = _attached(command.callback)
    return command


def _attached(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def run(*args: object, **kwargs: object) -> object:
        with servers.running(Settings.from_environment()) as (settings, _servers):
            servers.need_database(settings)
            os.environ.update(settings.environment())
            return callback(*args, **kwargs)
    setattr(run, _ATTACHED, True)
    return run


@click.group(cls=Portal, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def cli(ctx: click.Context) -> None:
    """The portal's commands. Configuration is by environment: see docs/operations.md."""
    ctx.obj = _create_app


def _create_app(settings: Settings) -> "Flask":
    """What added commands of lower rooms find as their context's object; imported when one of them asks for it."""
    from portal.app import create_app
    return create_app(settings)


@cli.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
              help="On 127.0.0.1; 0: any free one.")
@click.option("--no-demo", is_flag=True, help="Without the demonstration year.")
@click.option("--reload", is_flag=True, help="Restart the web when code changes.")
def up(port: int, no_demo: bool, reload: bool) -> None:
    """Start everything, in the foreground, until Ctrl-C."""
    from portal import supervisor
    supervisor.up(Settings.from_environment(), port=port, demo=not no_demo, reload=reload)


@cli.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest revision, as the owner role."""
    with servers.running(Settings.from_environment()) as (settings, _servers):
        servers.need_owner(settings)
        before = migrate.present(settings.database_owner_url)
        migrate.upgrade(settings.database_owner_url)
        after = migrate.present(settings.database_owner_url)
    click.echo(f"portal: the database is at {after}" + ("" if before != after else ", as before"))


@db.command("roles")
@click.option("--database", default="portal", show_default=True, help="The database's name.")
def db_roles(database: str) -> None:
    """Print the SQL by which a database administrator makes the roles."""
    click.echo(roles.script(database), nl=False)


@cli.command()
@click.option("--secrets", is_flag=True, help="Do not mask passwords and keys.")
def env(secrets: bool) -> None:
    """Print the configuration in force, embedded addresses included."""
    for name, value in servers.addressed(Settings.from_environment()).shown(secret=secrets).items():
        click.echo(f"{name}={value}")


@cli.command()
def check() -> None:
    """Examine the running configuration; status 1 if anything fails."""
    from portal import examination
    failed = False
    with servers.running(Settings.from_environment()) as (settings, _servers):
        for finding in examination.examine(settings):
            click.echo(str(finding))
            failed |= not finding.ok
    sys.exit(1 if failed else 0)


@cli.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup_(file: Path) -> None:
    """Write the database and the attachments to FILE; the portal may go on."""
    from portal import backup
    with servers.running(Settings.from_environment()) as (settings, _servers):
        servers.need_owner(settings)
        backup.save(settings, file, _say)


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Bring back what FILE holds, into an empty installation."""
    from portal import backup
    with servers.running(Settings.from_environment()) as (settings, _servers):
        servers.need_owner(settings)
        backup.restore(settings, file, _say)


def _say(line: str) -> None:
    click.echo(f"portal: {line}")


def main() -> None:
    """The console script: whatever goes wrong is one line; the whole story is kept in PORTAL_DATA/log/portal.log."""
    process.begin()
    try:
        cli()
    except OSError as e:
        sys.exit(f"portal: {_disk(e)}")
    except Exception as e:
        kept = _keep(traceback.format_exc())
        sys.exit(f"portal: {type(e).__name__}: {' '.join(str(e).split())[:300]}{kept}")


def _disk(e: OSError) -> str:
    _keep(traceback.format_exc())
    if e.errno == 28:
        return "no disk space: free some, or set PORTAL_DATA to another disk"
    return f"{e.strerror or e}: {e.filename or 'no file named'}; check PORTAL_DATA and the rights on it"


def _keep(story: str) -> str:
    """Append to the log; where it is, in words, or nothing when it cannot be written."""
    try:
        path = Settings.from_environment().data / "log" / "portal.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as log:
            log.write(story)
    except (OSError, SystemExit):
        return ""
    return f" (see {path})"


if __name__ == "__main__":
    main()
