"""Office files (docx, xlsx, pptx) looked into before anything reads them: what they are, and that they are no trap.

Such a file is a ZIP of XML parts; `[Content_Types].xml` says which of the three it is, whatever its name."""
import lzma
import re
import zlib
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from tenants.messages import N_, Message

MIB = 1024 * 1024
MOST_UNPACKED = 200 * MIB                              # bytes of all parts together, as the file declares them
_MOST_PARTS = 5_000
_MOST_RATIO, _FREE = 200, MIB                          # unpacked to packed, of parts larger than this
_MOST_PROLOG = 64 * 1024                               # bytes of a part before its first element
_SKIPPED = re.compile(r"\ufeff?(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.S)
_ELEMENT = re.compile(r"<[^\W\d]")
_DECLARED = re.compile(r"""\ufeff?<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)""")
_ENCODINGS = frozenset({"utf-8", "utf-16"})            # the standard knows no other
_UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}   # by how a part begins
_TYPES = "[Content_Types].xml"
_MAIN = {
    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": "docx",
    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": "xlsx",
    b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": "pptx",
    b"application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml": "pptx",
}
_PROGRAMS = re.compile(rb"macroenabled|vbaproject|macrosheet|activex", re.I)
_DAMAGED = N_("The file is damaged: it cannot be opened.")


class Unfit(Exception):
    """A file that is not taken; the message says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def examine(stream: BinaryIO, most: int = MOST_UNPACKED) -> str:
    """Which of docx, xlsx and pptx it is. `most` bounds the unpacked size in bytes. Raises Unfit."""
    stream.seek(0)
    if stream.read(4) != b"PK\x03\x04":
        raise Unfit(N_("This is no Office file of today's kind (docx, xlsx, pptx)."))
    size = stream.seek(0, 2)
    try:
        with ZipFile(stream) as whole:
            _measure(whole.infolist(), size, most)
            kind = _kind(whole)
            for part in whole.infolist():
                _without_entities(whole, part)
    except (BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as fault:
        raise Unfit(_DAMAGED) from fault
    return kind


def _measure(parts: list[ZipInfo], size: int, most: int) -> None:
    """By what is declared: reading stops where a part is longer than that."""
    packed, unpacked = sum(p.compress_size for p in parts), sum(p.file_size for p in parts)
    swollen = any(p.file_size > _FREE and p.file_size > _MOST_RATIO * p.compress_size for p in parts)
    if len(parts) > _MOST_PARTS or unpacked > most or packed > size or swollen:
        raise Unfit(N_("The file would grow far beyond its size when opened. It is not taken."))
    if len({p.filename.lower() for p in parts}) < len(parts):
        raise Unfit(_DAMAGED)
    if any(p.flag_bits & 1 for p in parts):
        raise Unfit(N_("The file is protected by a password, so that nobody could check or read it."))
    if any(_PROGRAMS.search(p.filename.encode()) for p in parts):
        raise Unfit(_MACROS)


_MACROS = N_("The file contains macros or other programs. Save it without them.")


def _kind(whole: ZipFile) -> str:
    if _TYPES not in whole.namelist() or whole.getinfo(_TYPES).file_size > MIB:
        raise Unfit(N_("This is no Office file of today's kind (docx, xlsx, pptx)."))
    declared = whole.read(_TYPES)
    if _PROGRAMS.search(declared.replace(b"\x00", b"")):
        raise Unfit(_MACROS)
    kinds = {kind for main, kind in _MAIN.items() if main in declared}
    if len(kinds) != 1:
        raise Unfit(N_("This is no Office file of today's kind (docx, xlsx, pptx)."))
    return kinds.pop()


def _without_entities(whole: ZipFile, part: ZipInfo) -> None:
    """Office files never have a document type; one there is the way to entities. It would stand before the first element, behind
    comments and instructions."""
    if not part.filename.lower().endswith((".xml", ".rels", ".vml")):
        return
    with whole.open(part) as content:
        head = content.read(_MOST_PROLOG)
    text = head.decode(_UTF_16.get(head[:2], "utf-8"), "replace")
    skipped, declared = _SKIPPED.match(text), _DECLARED.match(text)
    rest = text[skipped.end() if skipped else 0:]
    if rest.startswith("<!DOCTYPE"):
        raise Unfit(N_("The file declares XML entities. It is not taken."))
    if not _ELEMENT.match(rest) or (declared and declared[1].lower() not in _ENCODINGS):
        raise Unfit(_DAMAGED)
