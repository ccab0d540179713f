"""What people type, made fit to store and compare."""
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from portal import masking

SHORT, MEDIUM, LONG = 200, 2_000, 20_000               # characters: a name, a cell of a table, a chapter

# Control characters but line feed and tab; surrogates; what changes the direction of what follows.
_DROPPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def clean(text: str | None) -> str:
    """Unix newlines, composed characters (NFC), no control or format-breaking characters, no white space at the ends.

    NUL cannot be stored by PostgreSQL; surrogates cannot be encoded; marks that turn the direction of writing make a line
    read otherwise than it is, beyond the words that they stand in. Emoji stay."""
    if not text:
        return ""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _DROPPED.sub("", composed).strip()


_noted: ContextVar[dict[str, masking.Kind] | None] = ContextVar("masked numbers", default=None)


def prose(text: str | None, most: int = LONG) -> str:
    """Free text as it is stored: clean, and without the numbers of people (telephones, identity and bank cards).

    Longer than `most` it is not looked through, which takes its time: whoever asks refuses it for its length. Not for what is
    meant to be such a number: the telephones of contacts, passwords, or words to search by."""
    cleaned = clean(text)
    if len(cleaned) > most:
        return cleaned
    found = masking.mask(cleaned)
    noted = _noted.get()
    if noted is not None:
        noted.update(found.numbers)
    return found.text


@contextmanager
def noting() -> Iterator[dict[str, masking.Kind]]:
    """What `prose` masks meanwhile: each number once, and its kind; for the writer to be told."""
    noted: dict[str, masking.Kind] = {}
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)
