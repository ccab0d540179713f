"""The one place where a request commits: the answer is rendered, nothing is sent yet. And what a request is read as."""
from functools import cached_property
from typing import Any, TypeVar

from flask import Flask, Request, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from tenants.db import db

T = TypeVar("T")
_NAMELESS: Any = None                                  # what Werkzeug calls such a part, though it says that names are texts
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class StorableRequest(Request):
    """Without the one character that PostgreSQL stores in no text and compares with none: NUL, in whatever field or parameter.
    And without parts of a form that have no name, which nobody can ask for (RFC 7578, section 4.2, wants one)."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        return _storable(super().args)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = _storable(_named(self.__dict__["form"]))
        self.__dict__["files"] = _named(self.__dict__["files"])


def _named(values: MultiDict[str, T]) -> MultiDict[str, T]:
    if _NAMELESS not in values:
        return values
    return ImmutableMultiDict([pair for pair in values.items(multi=True) if pair[0] is not _NAMELESS])


def _storable(values: MultiDict[str, str]) -> MultiDict[str, str]:
    if not any("\0" in value for _, value in values.items(multi=True)):
        return values
    return ImmutableMultiDict([(name, value.replace("\0", "")) for name, value in values.items(multi=True)])


class UnitOfWork(Flask):
    """Flask, with a transaction a request: safe methods and refusals roll back, everything else commits."""
    request_class = StorableRequest

    def dispatch_request(self) -> ResponseReturnValue:
        response: Response = self.make_response(super().dispatch_request())
        if db.session.registry.has():
            if request.method in SAFE or response.status_code >= 400:
                db.session.rollback()                # a GET writes nothing
            else:
                db.session.commit()                  # what fails here still reaches the error handlers
        return response
