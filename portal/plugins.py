"""Commands that slices and higher floors add to `portal …`: found by name in the entry point group `portal.commands`.

So `portal seed` exists without `portal` importing `seed`."""
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

import click

_GROUP = "portal.commands"


def _found() -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group=_GROUP)}


def names() -> list[str]:
    return sorted(_found())


def load(name: str) -> click.Command | None:
    """The command of that name; None when nobody offers it, or its package is not installed."""
    entry = _found().get(name)
    if entry is None or not _exists(entry.module):
        return None
    command = entry.load()
    if not isinstance(command, click.Command):
        raise TypeError(f"{entry.value} is no click command")
    return command


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:                        # not even its package
        return False


def invoke(name: str, arguments: Sequence[str]) -> bool:
    """Run `portal NAME ARGUMENTS…` in this process; False when there is no such command, or no such part of it."""
    command = load(name)
    if command is None:
        return False
    if isinstance(command, click.Group) and arguments and arguments[0] not in command.commands:
        return False
    command.main(list(arguments), prog_name=f"portal {name}", standalone_mode=False)
    return True
