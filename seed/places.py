"""YAML that remembers where each value stands, so that a fault can be reported with its place."""
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Any

import yaml

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong where; `path` names the field from the file's top, empty for the file as a whole."""
    file: str
    line: int
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {f'{self.path}: ' if self.path else ''}{self.what}"


class PlanFaults(Exception):
    """The seed's data cannot be used; `faults` are all that were found, in the order of file and line."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(slots=True)
class Source:
    """One file's plain data, the line of each value, and the faults of its form."""
    name: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: Path, what: str) -> Fault:
        """A fault at `path`, or at the nearest thing around it that stands in the file."""
        known = next((path[:n] for n in range(len(path), -1, -1) if path[:n] in self.lines), ())
        return Fault(self.name, self.lines.get(known, 1), dotted(path), what)


# The one written in C, where the library was built with it: same values and places, ten times as fast.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def dotted(path: Path) -> str:
    """("provinces", 3, "code") as `provinces[3].code`; places in a list count from 0."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def read(file: Traversable) -> Source:
    """Read one file. What is wrong with its form is among the source's faults, never raised."""
    source = Source(file.name)
    try:
        loader = _Loader(file.read_text("utf-8"))
        node = loader.get_single_node()
        if node is not None:
            source.data = _value(loader, node, (), source)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        source.faults.append(Fault(source.name, mark.line + 1 if mark else 1, "", f"not YAML: {fault.problem}"))
    except yaml.reader.ReaderError as fault:
        source.faults.append(Fault(source.name, 1, "", f"not text: {fault.reason}"))
    except (OSError, UnicodeDecodeError) as fault:
        source.faults.append(Fault(source.name, 1, "", f"cannot be read: {fault}"))
    except RecursionError:
        source.faults.append(Fault(source.name, 1, "", "nested too deeply, or contains itself"))
    return source


def _value(loader: yaml.SafeLoader, node: yaml.Node, path: Path, source: Source) -> Any:
    source.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return dict(_fields(loader, node, path, source))
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, each, (*path, n), source) for n, each in enumerate(node.value)]
    return loader.construct_object(node)


def _fields(loader: yaml.SafeLoader, node: yaml.MappingNode, path: Path, source: Source) -> Iterator[tuple[str, Any]]:
    seen = set()
    for key_node, value_node in node.value:
        key = str(key_node.value)
        here = (*path, key)
        if key in seen:
            source.faults.append(Fault(source.name, key_node.start_mark.line + 1, dotted(here), "stands here twice"))
            continue
        seen.add(key)
        source.lines[here] = key_node.start_mark.line + 1
        yield key, _value(loader, value_node, here, source)
