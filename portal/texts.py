"""What people type, made fit to store and compare."""
import unicodedata

SHORT, MEDIUM, LONG = 200, 2_000, 20_000               # characters: a name, a cell of a table, a chapter

_KEPT = {"\n", "\t"}
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")     # change the direction of what follows


def clean(text: str | None) -> str:
    """Unix newlines, composed characters (NFC), no control or format-breaking characters, no white space at the ends.

    NUL cannot be stored by PostgreSQL; surrogates cannot be encoded; marks that turn the direction of writing make a line
    read otherwise than it is, beyond the words that they stand in. Emoji stay."""
    if not text:
        return ""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in composed if c in _KEPT or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _TURNING)).strip()
