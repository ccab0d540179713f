"""What people type, made fit to store and compare."""
import unicodedata

SHORT, MEDIUM, LONG = 200, 2_000, 20_000               # characters: a name, a cell of a table, a chapter

_KEPT = {"\n", "\t"}


def clean(text: str | None) -> str:
    """Unix newlines, composed characters (NFC), no control or format-breaking characters, no white space at the ends.

    NUL cannot be stored by PostgreSQL; surrogates cannot be encoded. Emoji stay."""
    if not text:
        return ""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in composed if c in _KEPT or unicodedata.category(c) not in ("Cc", "Cs")).strip()
