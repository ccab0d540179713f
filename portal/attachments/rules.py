"""Which files are taken: judged by what is in them, and by their name only where that agrees."""
import re
import struct
import unicodedata
from collections.abc import Callable, Mapping
from io import BytesIO

from portal.office import MIB, Unfit, examine
from tenants.messages import N_, Message

MOST_BYTES = 20 * MIB                                  # of one file
MOST_FILES = 20                                        # of one issue, campaign or assignment
LONGEST_NAME = 120                                     # characters

_OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES: Mapping[str, str] = {
    "pdf": "application/pdf", "docx": f"{_OFFICE}wordprocessingml.document", "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "pptx": f"{_OFFICE}presentationml.presentation", "doc": "application/msword", "xls": "application/vnd.ms-excel",
    "txt": "text/plain", "csv": "text/csv", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}
ACCEPT = ",".join(f".{e}" for e in TYPES)

_DISAGREES = N_("What is in the file is not what its name says.")
_SCRIPTS = N_("The file contains scripts or HTML. It is not taken.")
_PROGRAM = N_("This is a program. It is not taken, whatever its name.")
_DAMAGED = N_("The file is damaged: it cannot be opened.")
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!", b"\x00asm",
             b"L\x00\x00\x00\x01\x14\x02\x00", b"dex\n")
_ACTIVE = re.compile(rb"<\s*(?:!doctype|html|head|body|script|svg|iframe|object|embed|meta|link|\?php|%)", re.I)
# Whole names only: every action of a script says one of these, while three letters such as /JS stand by chance in large pictures.
_ACTIVE_PDF = re.compile(rb"/(?:JavaScript|Rendition|Launch|EmbeddedFile|RichMedia)\b")
_PDF_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")         # within a name: /J#61vaScript is /JavaScript (ISO 32000-1, 7.3.5)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.I)
_UNFIT_IN_NAMES = re.compile(r'[<>:"|?*]')


def name_of(given: str | None) -> str:
    """A name that is a name everywhere: no path, no marks that turn the direction or hide, not too long, its ending kept."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given or ""))[-1]
    visible = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    bare = re.sub(r"\s+", " ", _UNFIT_IN_NAMES.sub("_", visible)).strip(" .")
    stem, dot, ending = bare.rpartition(".")
    if not dot:
        stem, ending = bare, ""
    stem = stem.strip(" .") or "file"
    stem = f"_{stem}" if _RESERVED.fullmatch(stem) else stem
    ending = ending[:16]
    return f"{stem[:LONGEST_NAME - len(ending) - 1]}.{ending}" if ending else stem[:LONGEST_NAME]


def media_type(name: str, content: bytes) -> str:
    """What the file is, for its answer's Content-Type. Raises Unfit with the reason for not taking it."""
    if not content:
        raise Unfit(N_("The file is empty."))
    if len(content) > MOST_BYTES:
        raise Unfit(too_large())
    if content.startswith(_PROGRAMS):
        raise Unfit(_PROGRAM)
    ending = name.rpartition(".")[2].lower()
    if ending not in TYPES:
        raise Unfit(N_("Files of this kind are not taken. These are: %(kinds)s.", kinds=", ".join(TYPES)))
    _JUDGES[ending](content, ending)
    return TYPES[ending]


def too_large() -> Message:
    return N_("A file has at most %(most)s MB.", most=MOST_BYTES // MIB)


def _pdf(content: bytes, _: str) -> None:
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-4_096:]:
        raise Unfit(_DISAGREES)
    if _ACTIVE_PDF.search(_PDF_ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), content)):
        raise Unfit(N_("The PDF contains scripts or further files. Print it into a new PDF."))


def _office(content: bytes, ending: str) -> None:
    if not content.startswith(b"PK\x03\x04") or examine(BytesIO(content)) != ending:
        raise Unfit(_DISAGREES)


def _old_office(content: bytes, ending: str) -> None:
    """Names of the parts of an OLE file stand in it as UTF-16."""
    def has(*parts: str) -> bool:
        return any(p.encode("utf-16-le") + b"\x00\x00" in content for p in parts)
    if not content.startswith(_OLE) or not has(*{"doc": ("WordDocument",), "xls": ("Workbook", "Book")}[ending]):
        raise Unfit(_DISAGREES)
    if has("EncryptedPackage"):
        raise Unfit(N_("The file is protected by a password, so that nobody could check or read it."))
    if has("_VBA_PROJECT", "_VBA_PROJECT_CUR", "\x01Ole10Native"):
        raise Unfit(N_("The file contains macros or other programs. Save it without them."))


def _text(content: bytes, _: str) -> None:
    """UTF-8 or GB18030, and nothing that a browser would run."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Unfit(N_("The text is neither UTF-8 nor GB18030."))
    if any(unicodedata.category(c) == "Cc" and c not in "\t\n\r\f" for c in set(text)):
        raise Unfit(_DISAGREES)
    if _ACTIVE.search(content[:8_192]):
        raise Unfit(_SCRIPTS)


def _png(content: bytes, _: str) -> None:
    """Chunk after chunk to the end, and nothing behind it."""
    at, last = 8, b""
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or content[12:16] != b"IHDR":
        raise Unfit(_DISAGREES)
    while at + 12 <= len(content) and last != b"IEND":
        size, last = struct.unpack(">I4s", content[at:at + 8])
        at += 12 + size
    _whole(last == b"IEND" and at == len(content), content)


def _jpeg(content: bytes, _: str) -> None:
    """Segment after segment to the picture itself; cameras write more behind it."""
    at = 2
    if not content.startswith(b"\xff\xd8\xff"):
        raise Unfit(_DISAGREES)
    while content[at:at + 1] == b"\xff" and content[at + 1:at + 2] != b"\xda" and at + 4 <= len(content):
        at += 1 if content[at + 1] == 0xFF else 2 + int.from_bytes(content[at + 2:at + 4], "big")
    _whole(content[at:at + 2] == b"\xff\xda" and b"\xff\xd9" in content[at:], content)


def _gif(content: bytes, _: str) -> None:
    """Block after block to the trailer, which is the last byte: text behind a picture's first letters is no picture."""
    if content[:6] not in (b"GIF87a", b"GIF89a") or len(content) < 14:
        raise Unfit(_DISAGREES)
    at, pictures = 13 + _colours(content[10]), 0
    while at < len(content) and content[at] in (0x21, 0x2C):
        if content[at] == 0x2C:
            pictures += 1
            at += 11 + (_colours(content[at + 9]) if at + 9 < len(content) else 0)
        else:
            at += 2
        while at < len(content) and content[at]:
            at += content[at] + 1
        at += 1
    _whole(pictures > 0 and content[at:at + 1] == b"\x3b" and at == len(content) - 1, content)


def _colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _whole(whole: bool, content: bytes) -> None:
    if _ACTIVE.search(content[:4_096]) or _ACTIVE.search(content[-4_096:]):
        raise Unfit(_SCRIPTS)
    if not whole:
        raise Unfit(_DAMAGED)


_JUDGES: Mapping[str, Callable[[bytes, str], None]] = {
    "pdf": _pdf, "docx": _office, "xlsx": _office, "pptx": _office, "doc": _old_office, "xls": _old_office, "txt": _text,
    "csv": _text, "png": _png, "jpg": _jpeg, "jpeg": _jpeg, "gif": _gif}
