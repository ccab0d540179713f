"""What every list of the portal says of its filters: the address of a page, and the chips that take one filter away."""
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlencode

Say = Callable[[str, str], str]        # a filter's name and value, in words


def address(path: str, args: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(args)}" if args else path


def chips(path: str, filters: Mapping[str, str], say: Say) -> list[tuple[str, str]]:
    """(what is set in words, the address without it)."""
    return [(say(name, value), address(path, {k: v for k, v in filters.items() if k != name})) for name, value in filters.items()]


def offered(options: Mapping[str, Iterable[tuple[str, str]]]) -> Say:
    """The words with which the filters offer their values; what none of them offers is quoted."""
    words = {name: dict(pairs) for name, pairs in options.items()}
    return lambda name, value: words.get(name, {}).get(value, f"“{value[:60]}”")
