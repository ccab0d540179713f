"""The catalogue of interface texts: `python tools/messages.py extract | update | compile`.

extract   every text in the sources, as build/messages.pot
update    the Chinese catalogue brought up to the sources: new texts are added empty, texts no longer used go;
          what is untranslated is printed, and the command fails
compile   the binary form that the portal reads (not committed); does nothing when it is newer than its source"""
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages import Catalog, Message, extract
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import TemplateSyntaxError

ROOT = Path(__file__).resolve().parent.parent
POT = ROOT / "build" / "messages.pot"
CATALOGUE = ROOT / "portal" / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
SOURCES = ("tenants", "portal", "tasks", "seed")
KEYWORDS = {**extract.DEFAULT_KEYWORDS, "N_": None, "_l": None, "lazy_gettext": None}
WIDTH = 120

Translation = str | tuple[str, ...]


def source() -> Catalog:
    """Every text that the sources name, with the files that name it."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel's own, without types
    catalog = Catalog(project="portal", fuzzy=False)
    reading = ""

    def at(name: str, method: str, options: object) -> None:
        nonlocal reading
        reading = name
    try:
        for folder in SOURCES:
            for name, _, message, comments, context in extract.extract_from_dir(
                    str(ROOT / folder), methods, options, keywords=KEYWORDS, comment_tags=("i18n:",), callback=at,
                    strip_comment_tags=True):
                catalog.add(message, None, [(f"{folder}/{name}", 0)], auto_comments=comments, context=context)
    except SyntaxError as fault:
        raise SystemExit(f"messages: {reading} cannot be read: {fault}") from fault
    except TemplateSyntaxError as fault:
        raise SystemExit(f"messages: {reading}, line {fault.lineno}, cannot be read: {fault.message}") from fault
    return catalog


def chinese() -> Catalog:
    """The committed catalogue; an empty one to begin with."""
    if not CATALOGUE.exists():
        return Catalog(locale="zh", project="portal", fuzzy=False)
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh", abort_invalid=True)


def key(message: Message) -> str:
    """The English text; of a plural its singular."""
    return message.id if isinstance(message.id, str) else message.id[0]


def texts(catalog: Catalog) -> Iterator[Message]:
    return (m for m in catalog if m.id)


def translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def merged(old: Catalog, found: Catalog, further: Mapping[str, Translation]) -> Catalog:
    """The source's texts with the translations of `old`, overruled by `further`; Chinese has one form of the plural."""
    known: dict[str, Translation] = {key(m): tuple(m.string) if isinstance(m.string, tuple | list) else str(m.string)
                                     for m in texts(old) if translated(m)}
    known.update(further)
    new = Catalog(locale="zh", project="portal", version="1", fuzzy=False, header_comment="# Chinese of the portal's texts.",
                  msgid_bugs_address="", last_translator="", language_team="zh")
    for m in texts(found):
        given = known.get(key(m), "")
        first = given if isinstance(given, str) else given[0]
        places = sorted({place for place, _ in m.locations})
        new.add(m.id, (first,) if m.pluralizable else first, [(p, 0) for p in places], flags=m.flags,
                auto_comments=m.auto_comments, context=m.context)
    return new


def write(catalog: Catalog) -> None:
    """Only when a text has changed, so that the dates in the head alone make no difference."""
    def told(c: Catalog) -> list[tuple[object, object]]:
        return sorted(((m.id, m.string) for m in texts(c)), key=str)
    if CATALOGUE.exists() and told(chinese()) == told(catalog):
        return
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, catalog, width=WIDTH, sort_output=True, omit_header=False, include_lineno=False, include_previous=False)


def update(further: Mapping[str, Translation] | None = None) -> list[str]:
    """Writes and compiles the catalogue; returns what is still untranslated."""
    catalog = merged(chinese(), source(), further or {})
    write(catalog)
    compile_()
    return [key(m) for m in texts(catalog) if not translated(m)]


def compile_() -> None:
    binary = CATALOGUE.with_suffix(".mo")
    if not CATALOGUE.exists() or (binary.exists() and binary.stat().st_mtime_ns > CATALOGUE.stat().st_mtime_ns):
        return
    fresh = binary.with_suffix(".mo.new")
    with fresh.open("wb") as file:
        write_mo(file, chinese())
    fresh.replace(binary)


def main() -> None:
    match sys.argv[1:]:
        case ["extract"]:
            POT.parent.mkdir(exist_ok=True)
            with POT.open("wb") as file:
                write_po(file, source(), width=WIDTH, sort_output=True, include_lineno=False)
        case ["update"]:
            if missing := update():
                print("\n".join(missing))
                raise SystemExit(f"messages: {len(missing)} texts are untranslated in {CATALOGUE.relative_to(ROOT)}")
        case ["compile"]:
            compile_()
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
