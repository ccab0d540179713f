"""What templates have at hand; the macros built on it stand in templates/components."""
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from flask import Flask, current_app, flash, g, has_request_context, request, url_for
from flask_babel import format_decimal, get_locale, gettext
from jinja2 import Environment, FileSystemBytecodeCache
from jinja2.bccache import Bucket
from markupsafe import Markup
from werkzeug.exceptions import RequestEntityTooLarge

from portal.web import frame, times
from portal.web.access import may
from portal.web.labels import LIGHTS, STATES, element
from portal.web.lights import common_words, light_class, light_means, own, own_of_all, word
from portal.web.lights import light_words as light_words
from portal.web.locale import LANGUAGES, THEMES, language, theme
from portal.web.names import VOCABULARIES, person_name, term, unit_code, unit_name, unit_short
from tenants import clock
from tenants.messages import Message
from tenants.vocabulary import IssuePart, IssueState, Severity, Stage

DIST = Path(__file__).parent / "static" / "dist"


# Codes whose words are the interface's own.
_CODES: Mapping[type, str] = {IssueState: "issue", Severity: "severity", Stage: "stage", IssuePart: "issue_part"}


def translate(message: Message | str) -> str:
    """A text from below the interface in the reader's language; dates, codes and texts among its parameters too."""
    if isinstance(message, str):
        return message
    words = str(gettext(message.msgid))
    return words % {k: _shown(v) for k, v in message.params.items()} if message.params else words


def _shown(value: object) -> str:
    if isinstance(value, Message):
        return translate(value)
    if isinstance(value, Mapping):                     # a name from data, in both languages
        return str(value.get(language()) or value.get("en") or "")
    if type(value) in VOCABULARIES:
        return term(VOCABULARIES[type(value)], str(value))
    if type(value) in _CODES:
        return state_words(_CODES[type(value)], str(value))[0]
    if isinstance(value, datetime):
        return times.moment(value)
    if isinstance(value, date):
        return times.day(value)
    if isinstance(value, list | tuple):
        return str(gettext(", ")).join(map(_shown, value))
    return str(value)


def _printed(value: Any) -> Any:
    """Texts print translated, None prints as nothing."""
    if isinstance(value, Message):
        return translate(value)
    return "" if value is None else value


def asset(name: str) -> str:
    """The address of a built file by its plain name; `make run` builds them."""
    found: dict[str, str] | None = g.get("assets")      # looked up once a page: one has a hundred icons
    if found is None:
        found = g.assets = {}
    if name not in found:
        found[name] = url_for("static", filename=f"dist/{_manifest().get(name, name)}")
    return found[name]


def _manifest() -> Mapping[str, str]:
    """Read again where it was built anew under a running server."""
    path = DIST / "manifest.json"
    built = path.stat().st_mtime_ns if path.exists() else 0
    known: tuple[int, Mapping[str, str]] | None = current_app.extensions.get("portal.assets")
    if known is None or known[0] != built:
        known = current_app.extensions["portal.assets"] = (built, json.loads(path.read_text()) if built else {})
    return known[1]


def icon(name: str, label: str = "") -> Markup:
    """A drawing of the sprite; without a label it is decoration."""
    return _drawn(asset("icons.svg"), name, label)


@lru_cache(maxsize=1000)                                # a page has some thirty, most of them those of the page before
def _drawn(sprite: str, name: str, label: str) -> Markup:
    told = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="i" {}><use href="{}#{}"></use></svg>').format(told, sprite, name)


def light_meaning(code: str) -> str:
    return translate(LIGHTS[code][1]) if code in LIGHTS else ""


def state_words(kind: str, code: str) -> tuple[str, str]:
    """Word and tone of a state; an unknown one shows its code."""
    word, tone = STATES.get((kind, code), (Message(code), "grey"))
    return translate(word), tone


def element_words(code: str | None) -> str:
    """A control element in the reader's language, or as somebody called it."""
    return translate(element(code or ""))


def number(value: float | int | None) -> str:
    return "" if value is None else str(format_decimal(value))


def here() -> str:
    """The present page with its filters, for forms that return to it; after a POST the page that held the form."""
    if not has_request_context():
        return "/"
    if request.method in ("GET", "HEAD"):
        return request.full_path.rstrip("?")
    try:
        return str(request.form.get("next") or request.path)
    except RequestEntityTooLarge:                      # the page that says so stands in the same frame
        return request.path


def with_query(**changes: Any) -> str:
    """The present address with some filters changed; None takes one away. The place in the list starts anew."""
    query: dict[str, list[Any]] = {k: list(v) for k, v in request.args.lists() if k != "cursor"}
    for name, value in changes.items():
        values = value if isinstance(value, list | tuple) else [value]
        query[name] = [v for v in values if v is not None and v != ""]
    pairs = [(k, v) for k, values in query.items() for v in values]

    return f"{request.path}?{urlencode(pairs)}" if pairs else request.path


def without(name: str, value: Any = None) -> str:
    """The present address without a filter, or without one value of it."""
    left = [v for v in request.args.getlist(name) if value is not None and v != str(value)]
    return with_query(**{name: left})


def done(message: Message | str, *, undo: str | None = None, fields: Mapping[str, Any] | None = None,
         fault: bool = False) -> None:
    """Tell on the next page what was done; `undo` is the address that a POST with `fields` takes it back with."""
    flash({"text": translate(message), "undo": undo, "fields": dict(fields or {})}, "fault" if fault else "done")  # type: ignore[arg-type]  # any JSON value


def _context() -> dict[str, Any]:
    return {"nav": frame.nav, "functions": frame.functions, "unread": frame.unread, "me": g.get("identity"),
            "lang": "zh-CN" if language() == "zh" else language(), "demonstration": not current_app.config["PORTAL"].production}


class _Compiled(FileSystemBytecodeCache):
    """Where nothing can be read or written (no disk space, a folder that is gone, another account's, a file that was cut off),
    each process compiles for itself; the library's own would fail the page."""

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:                              # a damaged pickle raises whatever it says
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def keep_compiled(env: Environment, folder: Path) -> None:
    """What one process has compiled the others and the next start read: else the first pages take a second longer, in each."""
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    escapes = getattr(env.autoescape, "__name__", env.autoescape)
    compiles = repr((env.trim_blocks, env.lstrip_blocks, sorted(env.extensions), escapes))
    mark = f"{version('portal')}-{version('jinja2')}-{crc32(compiles.encode()):x}"     # what compiles otherwise keeps its own
    env.bytecode_cache = _Compiled(str(folder), f"{mark}-%s")


def init_app(app: Flask) -> None:
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.finalize = _printed
    env.add_extension("jinja2.ext.do")
    keep_compiled(env, app.config["PORTAL"].data / "templates")
    app.context_processor(_context)
    env.globals.update(
        asset=asset, icon=icon, term=term, unit_name=unit_name, unit_short=unit_short, unit_code=unit_code,
        person_name=person_name, light_words=light_words, light_meaning=light_meaning, light_class=light_class,
        light_means=light_means, common_words=common_words, sign_word=word, own_legend=own, own_legends=own_of_all,
        state_words=state_words, element_words=element_words, LIGHTS=LIGHTS,
        LANGUAGES=LANGUAGES, THEMES=THEMES, language=language, theme=theme, here=here, with_query=with_query, without=without,
        may=may, distance=times.distance, today=clock.today, now=clock.now, get_locale=get_locale)
    env.filters.update(
        translate=translate, day=times.day, short_day=times.short_day, hour=times.hour, moment=times.moment, ago=times.ago,
        number=number, unit_name=unit_name, unit_short=unit_short, person_name=person_name)
