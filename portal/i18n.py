"""Texts in a given language, without a request: mails and exports. The web's own locale is `portal/web/locale.py`."""
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from gettext import NullTranslations, translation
from pathlib import Path

from tenants.messages import Message

_CATALOGUES = Path(__file__).parent / "translations"


@lru_cache
def _catalogue(language: str) -> NullTranslations:
    return translation("messages", str(_CATALOGUES), [language], fallback=True)


def localised(value: object, language: str) -> object:
    """A parameter as it is shown: a text in both languages ({"en", "zh"}) gives one, a Message is translated."""
    if isinstance(value, Message):
        return translate(value, language)
    if isinstance(value, Mapping):
        return value.get(language) or value.get("en") or ""
    if isinstance(value, date):
        return value.isoformat()
    return value


def translate(message: Message, language: str) -> str:
    """The sentence in a language ("zh", "en"), its parameters filled in; English where no translation exists."""
    text = _catalogue(language).gettext(message.msgid)
    return text % {k: localised(v, language) for k, v in message.params.items()} if message.params else text


def both(message: Message) -> dict[str, str]:
    """The sentence in both languages, as a parameter of another."""
    return {language: translate(message, language) for language in ("en", "zh")}
