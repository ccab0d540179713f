"""Texts that arise below the interface: an English sentence with its parameters, translated where it is shown."""
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Message:
    """`msgid` is the English text and the catalogue's key; `params` fill its `%(name)s` places."""
    msgid: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.msgid % {k: _plain(v) for k, v in self.params.items()} if self.params else self.msgid


def _plain(value: object) -> str:
    """Lists in a row; a name from data in English."""
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    return str(value.get("en", "")) if isinstance(value, Mapping) else str(value)


def N_(msgid: str, **params: object) -> Message:
    """Mark a text for the catalogue where no locale is known yet."""
    return Message(msgid, params)
