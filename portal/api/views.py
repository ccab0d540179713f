"""The documentation of the interface: for programs and for people, without signing in."""
import json
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, render_template

from portal.api import openapi
from portal.api.problems import SORTS
from portal.api.routes import ApiRoute, Spec, mounted
from portal.api.tokens import A_MINUTE
from tenants.permissions import PUBLIC

NAME = "about"


def _document() -> dict[str, Any]:
    """Written once: what is mounted stays as it is, and whoever asks is not signed in."""
    kept: dict[str, Any] | None = current_app.extensions.get("portal.api.document")
    if kept is None:
        kept = current_app.extensions["portal.api.document"] = openapi.document(mounted(current_app))
    return kept


def document() -> Response:
    content = _document()
    return Response(json.dumps(content, ensure_ascii=False), mimetype="application/json")


def docs() -> Response:
    content = _document()
    return Response(render_template("api/docs.html", document=content, chapters=_chapters(content), sorts=SORTS,
                                    example=_shown(content), limit=A_MINUTE))


def _chapters(content: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    """(method, path, operation) by tag, in the order of the tables."""
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {tag["name"]: [] for tag in content["tags"]}
    for path, item in content["paths"].items():
        for method in ("get", "post", "put", "patch", "delete"):
            if method in item:
                found[item[method]["tags"][0]].append((method.upper(), path, item[method]))
    return {name: operations for name, operations in found.items() if operations}


def _shown(content: dict[str, Any]) -> Callable[[dict[str, Any]], str]:
    """How an example of a schema is printed."""
    def shown(schema: dict[str, Any]) -> str:
        return json.dumps(_example(schema, content["components"]["schemas"]), ensure_ascii=False, indent=2)
    return shown


def _example(schema: dict[str, Any], schemas: dict[str, Any], depth: int = 0) -> Any:
    """A value that fits a schema, from its examples where it has some; for reading, not for sending."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema or schema.get("enum"):
        return schema.get("const", (schema.get("enum") or [None])[0])
    if schema.get("anyOf"):
        return _example(schema["anyOf"][0], schemas, depth)
    match schema.get("type"):
        case "object" if schema.get("properties") and depth < 6:
            return {name: _example(part, schemas, depth + 1) for name, part in schema["properties"].items()}
        case "array":
            return [_example(schema.get("items", {}), schemas, depth + 1)]
        case kind:
            return _PLAIN.get(schema.get("format", kind), {})


_PLAIN: dict[Any, Any] = {
    "string": "text", "integer": 1, "number": 1.0, "boolean": True, "null": None, "date": "2026-06-30",
    "date-time": "2026-06-30T10:00:00+08:00", "uuid": "01890a5d-ac96-774b-bcce-b302099a8057", "email": "name@unit.example"}

ROUTES: tuple[ApiRoute, ...] = (
    ("GET", "/openapi.json", document, PUBLIC, Spec(summary="This interface as an OpenAPI 3.1 document", answer=None)),
    ("GET", "/docs", docs, PUBLIC, Spec(summary="This interface for people to read", answer=None, media_type="text/html")),
)
