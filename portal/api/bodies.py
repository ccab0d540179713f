"""What a client sends: JSON bodies, query strings and keys in addresses, checked and cleaned."""
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar, get_origin
from uuid import UUID

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from portal.texts import LONG, MEDIUM, SHORT, clean
from tenants.errors import Invalid, NotVisible
from tenants.messages import N_, Message


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


# Texts lose control characters and white space at their ends before their length (in characters) is judged.
Phrase = Annotated[str, BeforeValidator(_cleaned), StringConstraints(max_length=SHORT)]
Paragraph = Annotated[str, BeforeValidator(_cleaned), StringConstraints(max_length=MEDIUM)]
Text = Annotated[str, BeforeValidator(_cleaned), StringConstraints(max_length=LONG)]


class Body(BaseModel):
    """A request's content. Fields that are unknown or only read are ignored; JSON types are not converted."""
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Query(BaseModel):
    """The parameters of a query string; an empty one counts as not given."""
    model_config = ConfigDict(extra="ignore", frozen=True)


M = TypeVar("M", bound=BaseModel)


def body(model: type[M]) -> M:
    """The JSON body; nothing at all is the empty object. Raises Invalid, 415 for another type, 413 for too much."""
    raw = request.get_data()
    if raw.strip() and not request.is_json:
        raise UnsupportedMediaType
    try:
        return model.model_validate_json(raw if raw.strip() else b"{}")
    except ValidationError as error:
        raise Invalid(_by_field(error, "body")) from None


def query(model: type[M]) -> M:
    """The query string; a parameter given twice counts once, unless its field is a list. Raises Invalid."""
    given: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        values = [v for v in map(clean, request.args.getlist(name)) if v]
        if values:
            given[name] = values if get_origin(field.annotation) in (list, tuple) else values[0]
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise Invalid(_by_field(error, "query")) from None


def key(text: str) -> UUID:
    """The key in an address. A malformed one is answered like an unknown one: raises NotVisible."""
    try:
        value = UUID(text)
    except ValueError:
        raise NotVisible from None
    if str(value) != text:
        raise NotVisible
    return value


def _by_field(error: ValidationError, whole: str) -> dict[str, Sequence[Message]]:
    """Sentences by the dotted path of the field; `whole` names what concerns no single one."""
    found: dict[str, list[Message]] = {}
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        path = ".".join(map(str, fault["loc"])) or whole
        found.setdefault(path, []).append(_sentence(fault["type"], fault["msg"]))
    return dict(found)


def _sentence(kind: str, words: str) -> Message:
    if kind == "json_invalid":
        return N_("This is not JSON.")
    if kind == "missing":
        return N_("This is required.")
    return Message(words.removeprefix("Value error, ") + ".")
