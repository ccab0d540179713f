"""Generated calls against the document: whatever is sent, good or bad, the answer is one that the document announces."""
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.api.conftest import token_of
from tests.conftest import Superuser

PERSONAS = ("office", "market", "contact.guangdong", "market.guangdong", "auditor", "admin")
EXAMPLES = (1, pytest.param(10, marks=pytest.mark.long))      # for each operation and each way of generating
load_all_checks()
CHECKED = [CHECKS.get_one(name) for name in (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance")]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("examples", EXAMPLES)
def test_generated_calls_are_answered_as_announced(app: Flask, superuser: Superuser, subtests: Any, examples: int) -> None:
    tokens = [token_of(superuser, who) for who in PERSONAS]
    app.testing = False                                       # a fault is an answer 500, not a traceback of ours
    try:
        for result in schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app).get_all_operations():
            operation = result.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                with subtests.test(f"{operation.label} {mode.value}"):
                    try_out(operation, mode, tokens, examples)
    finally:
        app.testing = True


def try_out(operation: Any, mode: GenerationMode, tokens: list[str], examples: int) -> None:
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.headers):
        return                                                # nothing that could be wrong

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode), token=st.sampled_from(tokens))
    def run(case: Any, token: str) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKED)
    run()
