"""The document is valid, whole, and says what is served."""
import json
import re
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from portal.api import openapi
from portal.api.commands import openapi as command
from portal.api.routes import mounted
from portal.web.security import POLICY
from tenants.permissions import PUBLIC, Permission
from tests.api.conftest import Call


@pytest.fixture(scope="module")
def document(app: Flask) -> dict[str, Any]:
    content: dict[str, Any] = app.test_client().get("/api/v1/openapi.json").get_json()
    return content


def test_it_is_served_without_a_token_as_a_valid_document(app: Flask, document: dict[str, Any]) -> None:
    from openapi_pydantic import OpenAPI
    assert document["openapi"].startswith("3.1")
    OpenAPI.model_validate(document)
    operations = [o for item in document["paths"].values() for o in item.values()]
    names = [o["operationId"] for o in operations]
    assert len(names) == len(set(names)) and all(o["summary"] for o in operations)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    refs = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(document)))
    assert refs <= set(document["components"]["schemas"])


def test_the_models_of_all_slices_have_names_of_their_own(app: Flask) -> None:
    models = {m for r in mounted(app) for m in (r.spec.answer, r.spec.body) if m is not None}
    assert len({m.__name__ for m in models}) == len(models)
    assert not [name for name in openapi.document(mounted(app))["components"]["schemas"] if "__" in name]


def test_every_route_below_api_is_in_it_and_declares_a_permission(app: Flask, document: dict[str, Any]) -> None:
    served = {(re.sub(r"<(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")), method.lower())
              for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")
              for method in (rule.methods or set()) - {"HEAD"}}
    assert served == {(path, method) for path, item in document["paths"].items() for method in item}
    declared = app.extensions["portal.declared"]
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api."):
            assert isinstance(declared[rule.endpoint], Permission) or declared[rule.endpoint] is PUBLIC, rule


def test_every_operation_tells_how_it_refuses(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if operation["security"]:
                assert {"401", "403", "429"} <= set(operation["responses"]), path
            if "{" in path:
                assert "404" in operation["responses"], path
            if method == "patch":
                assert {"412", "428"} <= set(operation["responses"]), path
                assert "If-Match" in {p["name"] for p in operation["parameters"]}
            if method == "post":
                assert "Idempotency-Key" in {p["name"] for p in operation["parameters"]}
            assert all(p["schema"] for p in operation["parameters"])


def test_the_readable_documentation_needs_no_sign_in_and_keeps_the_policy(app: Flask, document: dict[str, Any]) -> None:
    answer = app.test_client().get("/api/v1/docs")
    assert answer.status_code == 200 and answer.mimetype == "text/html"
    assert answer.headers["Content-Security-Policy"] == POLICY and "Set-Cookie" not in answer.headers
    text = answer.get_data(as_text=True)
    for path, item in document["paths"].items():
        for method in item:
            assert f"{method.upper()} {path}" in text
    assert "<script>" not in text and " style=" not in text and 'src="http' not in text


def test_a_refusals_type_leads_to_its_explanation(app: Flask, call: Call) -> None:
    problem = call(None, "GET", "/me").get_json()
    page, _, anchor = problem["type"].partition("#")
    assert f'id="{anchor}"' in app.test_client().get(page).get_data(as_text=True)


def test_the_command_prints_the_same_document(app: Flask, document: dict[str, Any]) -> None:
    printed = CliRunner().invoke(command, [], obj=lambda settings: app)
    assert printed.exit_code == 0, printed.output
    assert json.loads(printed.output) == document
