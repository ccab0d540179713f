"""The OpenAPI 3.1 document, from the route tables and the models, so that it cannot differ from what is served."""
import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from openapi_pydantic import OpenAPI
from openapi_pydantic.util import construct_open_api_with_schema_class
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from portal.api.answers import JSON, PREFIX
from portal.api.idempotency import HEADER, LONGEST
from portal.api.problems import DOCS, MEDIA_TYPE, SORTS
from portal.api.routes import Mounted
from tenants.permissions import PUBLIC

VERSION = "1.0.0"
ABOUT = f"""\
Headquarters issues a yearly programme; units file their plans; lines review them; progress is reported and verified.

A token has exactly its person's rights; what one may not see is answered like what does not exist. Ids are opaque.
Times are RFC 3339 with offset, dates `YYYY-MM-DD`. Lists are cut into pages: follow `next` as `?cursor=`.
Refusals are RFC 9457 problems, checked in this order: 401, 404, 403, 428 and 412, 409, 422. Read-only fields in a body
are ignored; answers may carry more fields in the future. For people: {DOCS}"""

Json = dict[str, Any]
Refs = dict[type[BaseModel], Json]


class Problem(BaseModel):
    """A refusal (RFC 9457)."""
    type: str = Field(examples=[f"{DOCS}#invalid"])
    title: str = Field(examples=[SORTS[422].title])
    status: int = Field(examples=[422])
    detail: str = Field(examples=[SORTS[422].detail])
    errors: dict[str, list[str]] = Field({}, description="With 422: sentences by field.",
                                         examples=[{"items.0.due": ["This is required."]}])


def document(routes: Iterable[Mounted]) -> Json:
    """The document as plain data, paths in the order of the tables. Raises ValidationError where it would be none."""
    routes = list(routes)
    models = _models(routes)
    refs = _refs(models)
    paths: dict[str, Json] = {}
    for route in routes:
        path = re.sub(r"<(\w+)>", r"{\1}", route.rule)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, refs)
    frame = OpenAPI.model_validate({
        "openapi": "3.1.1", "info": {"title": "Task portal", "version": VERSION, "description": ABOUT},
        "servers": [{"url": PREFIX}], "tags": [{"name": name} for name in dict.fromkeys(r.tag for r in routes)],
        "paths": paths, "components": {"securitySchemes": {"token": {
            "type": "http", "scheme": "bearer", "description": "A personal access token: `portal token create`."}}}})
    made = construct_open_api_with_schema_class(frame, models, scan_for_pydantic_schema_reference=False)
    content: Json = made.model_dump(mode="json", by_alias=True, exclude_none=True)
    return content


def _models(routes: Iterable[Mounted]) -> list[type[BaseModel]]:
    named = {model for r in routes for model in (r.spec.answer, r.spec.body) if model is not None}
    return [Problem, *named]


def _refs(models: list[type[BaseModel]]) -> Refs:
    """Where each model's schema will stand; pydantic chooses the names, also where two would be alike."""
    found, _ = models_json_schema([(m, "validation") for m in models], ref_template="#/components/schemas/{model}")
    return {cast(type[BaseModel], model): dict(schema) for (model, _), schema in found.items()}


def _operation(route: Mounted, refs: Refs) -> Json:
    public = route.declared is PUBLIC
    declared = "" if public else f"\n\nPermission: `{getattr(route.declared, 'value', '')}`."
    operation: Json = {
        "operationId": route.name, "tags": [route.tag], "summary": route.spec.summary,
        "parameters": list(_parameters(route)), "responses": dict(_responses(route, refs)),
        "security": [] if public else [{"token": []}]}
    if about := (route.spec.about + declared).strip():
        operation["description"] = about
    if body := route.spec.body:
        operation["requestBody"] = {
            "required": any(field.is_required() for field in body.model_fields.values()),
            "content": {JSON: {"schema": refs[body]}}}
    if route.spec.upload:
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": {
            "type": "object", "required": ["file"], "properties": {
                "file": {"type": "string", "format": "binary"}, "part": {"type": "string"}}}}}}
    return operation


def _parameters(route: Mounted) -> Iterator[Json]:
    words = dict(route.spec.keys)
    for name in re.findall(r"<(\w+)>", route.rule):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"},
               "description": words.get(name, "An id as the interface gave it.")}
    if route.spec.query:
        yield from _query(route.spec.query)
    if route.declared is PUBLIC:
        return
    if route.method == "POST":
        yield {"name": HEADER, "in": "header",
               "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
               "description": "Any text of yours. Repeated within 24 hours with the same body it gives the same answer, "
                              "and nothing happens twice."}
    if route.method == "PATCH":
        yield {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"},
               "description": "The ETag of what you have read, or `*`.", "example": "*"}


def _query(model: type[BaseModel]) -> Iterator[Json]:
    """A parameter a field; an optional one just has the schema of its value."""
    whole = model.model_json_schema()
    for name, schema in whole["properties"].items():
        value = next((s for s in schema.get("anyOf", [schema]) if s.get("type") != "null"), schema)
        value = whole["$defs"][value["$ref"].rsplit("/", 1)[1]] if "$ref" in value else value
        parameter = {"name": name, "in": "query", "required": name in whole.get("required", ()),
                     "schema": {k: v for k, v in value.items() if k not in ("title", "description")}}
        if about := schema.get("description"):
            parameter["description"] = about
        yield parameter


def _responses(route: Mounted, refs: Refs) -> Iterator[tuple[str, Json]]:
    spec = route.spec
    headers: Json = {}
    if spec.answer and not spec.lists:
        headers["ETag"] = _header("Changes with the resource and its parts.")
    if spec.body or spec.upload:
        headers["Masked"] = _header("Of what kinds the numbers of people are that were masked in the texts sent: `phone`, "
                                    "`identity_card`, `bank_card`. Left out where there were none.")
    if spec.status == 201:
        headers["Location"] = _header("The address of what was made.")
    yield str(spec.status), {
        "description": _GOOD.get(spec.status, "Done."), "headers": headers,
        "content": {spec.media_type: {"schema": refs[spec.answer]} if spec.answer else {}}}
    if route.method == "GET" and headers:
        yield "304", {"description": "Not changed since the ETag sent as `If-None-Match`."}
    for status in sorted(refusals(route)):
        yield str(status), _refusal(status, refs, spec.conflicts if status == 409 else "")


_GOOD = {200: "As asked for.", 201: "Made."}
_HEADERS: dict[int, tuple[str, str]] = {
    401: ("WWW-Authenticate", "Which sort of token is asked for."), 429: ("Retry-After", "Seconds to wait.")}


def _header(about: str) -> Json:
    return {"description": about, "schema": {"type": "string"}}


def _refusal(status: int, refs: Refs, about: str) -> Json:
    said: Json = {"description": about or f"{SORTS[status].title}. {SORTS[status].detail}",
                  "content": {MEDIA_TYPE: {"schema": refs[Problem]}}}
    if status in _HEADERS:
        name, words = _HEADERS[status]
        said["headers"] = {name: _header(words)}
    return said


def refusals(route: Mounted) -> set[int]:
    """The statuses that a route may refuse with, as its table entry implies them."""
    if route.declared is PUBLIC:
        return set()
    implied = {
        "any": {401, 403, 429}, "key": {404} if "<" in route.rule else set(), "query": {422} if route.spec.query else set(),
        "body": {413, 415, 422} if route.spec.body else set(), "conflicts": {409} if route.spec.conflicts else set(),
        "post": {409, 413, 422} if route.method == "POST" else set(),
        "patch": {409, 412, 428} if route.method == "PATCH" else set()}
    return set().union(*implied.values())
