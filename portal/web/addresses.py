"""Where a form may send one back to: our own pages only."""
from urllib.parse import urlsplit


def local_path(value: str | None, default: str = "/") -> str:
    """`value` when it is a path on this site, else `default`.

    A browser reads `//host` and `/\\host` as another site, and drops tabs and newlines before it looks."""
    if not value or not value.startswith("/") or value.startswith(("//", "/\\")):
        return default
    if any(ord(c) < 33 or c == "\\" for c in value):
        return default
    parts = urlsplit(value)
    return default if parts.scheme or parts.netloc else value
