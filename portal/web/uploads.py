"""Requests that carry files may be larger than the others; a page's only once it is known who sends it."""
from flask import Flask, request
from flask_login import current_user

MOST = 64 * 1024 * 1024                                # bytes of a request
ENDINGS = ("/files", "/import", "/issues/new")                        # of the rules that take files


def _allow() -> None:
    """Before anything reads the form."""
    rule = request.url_rule
    if request.method != "POST" or rule is None or not rule.rule.endswith(ENDINGS):
        return
    if request.blueprint == "api" or current_user.is_authenticated:
        request.max_content_length = MOST


def init_app(app: Flask) -> None:
    app.before_request(_allow)
