"""`portal user …`, `portal appoint`, `portal token …`: the first administrator, and whoever needs no page for it.

The group `portal` hands down how the application is made, which lies above the slices."""
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from uuid import UUID

import click
from flask import Flask

from portal.accounts import queries, rules, service
from portal.config import Settings
from tenants import directory
from tenants.access import HEADQUARTERS
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.errors import Invalid
from tenants.isolation import acting_as
from tenants.models import Person
from tenants.vocabulary import Line, Role

Make = Callable[[Settings], Flask]
_DAYS = 90


def _in_app(command: Callable[..., None]) -> Callable[..., None]:
    """Run it with the application; what the services refuse is one line for each fault."""
    @click.pass_obj
    @wraps(command)
    def run(make: Make, *args: Any, **kwargs: Any) -> None:
        with make(Settings.from_environment()).app_context():
            try:
                command(*args, **kwargs)
            except Invalid as refused:
                raise click.ClickException("; ".join(f"{field}: {' '.join(map(str, texts))}"
                                                     for field, texts in refused.errors.items())) from None
    return run


@contextmanager
def _lane(lane: Lane) -> Iterator[None]:
    """One transaction of the portal itself, committed at the end; nobody is named in the record."""
    with acting_as(Scope(None, (HEADQUARTERS,), lane)):
        yield
        db.session.commit()


def _person(email: str) -> Person:
    found = queries.person_by_email(email)
    if found is None:
        raise click.ClickException(f"nobody has the address {rules.address(email)}: portal user create makes a person")
    return found


def _person_key(email: str) -> UUID:
    with _lane(Lane.SIGN_IN):
        return _person(email).id


@click.group()
def user() -> None:
    """People and their accounts."""


@user.command("create")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else one is made and printed.")
@_in_app
def user_create(email: str, name: str, password_stdin: bool) -> None:
    """Create a person with an account. A person who exists already gets the account, and the new password."""
    given = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    password = given if given is not None else service.one_time_password()
    if faults := rules.weaknesses(rules.secret(password), (email, name)):
        raise Invalid({"password": faults})            # before anything is written
    with _lane(Lane.ADMINISTRATOR):
        person = queries.person_by_email(email) or service.create_person(email, name)
        key, address = person.id, person.email
    with _lane(Lane.SIGN_IN):
        service.set_password(key, address, password, one_time=given is None)
    click.echo(f"{address} may sign in.", err=True)
    if given is None:
        click.echo("The password, told this once; it is to be changed at the first sign-in:", err=True)
        click.echo(password)


@click.command()
@click.option("--email", required=True)
@click.option("--role", required=True, type=click.Choice([r.value for r in Role]))
@click.option("--unit", "code", required=True, help="A unit's code, such as hq or guangdong.")
@click.option("--line", type=click.Choice([line.value for line in Line]))
@click.option("--deputy", is_flag=True, help="Second to another who holds the same role.")
@_in_app
def appoint(email: str, role: str, code: str, line: str | None, deputy: bool) -> None:
    """Give a person a role in a unit, from today on."""
    with _lane(Lane.ADMINISTRATOR):
        person, unit = _person(email), directory.unit_by_code(code)
        if unit is None:
            raise click.ClickException(f"there is no unit {code}")
        service.appoint(person, unit, Role(role), Line(line) if line else None, deputy, under=None)
        told = f"{person.email} is {role} of {code}" + (f", {line}" if line else "")
    click.echo(f"{told}.", err=True)


@click.group()
def token() -> None:
    """Personal access tokens of the REST interface."""


@token.command("create")
@click.option("--email", required=True)
@click.option("--days", type=click.IntRange(1, rules.LONGEST_TOKEN), default=_DAYS, show_default=True, help="How long it is valid.")
@_in_app
def token_create(email: str, days: int) -> None:
    """Print a new token, and nothing else, on standard output. It is told this once."""
    person = _person_key(email)
    with _lane(Lane.SIGN_IN):
        made = service.make_token(person, days)
    click.echo(made)


@token.command("revoke")
@click.option("--email", required=True)
@click.option("--token-stdin", is_flag=True, help="Only the token on standard input; else all of the person's.")
@_in_app
def token_revoke(email: str, token_stdin: bool) -> None:
    """End a person's tokens."""
    only = sys.stdin.readline().strip() if token_stdin else None
    person = _person_key(email)
    with _lane(Lane.SIGN_IN):
        ended = service.revoke_tokens(person, only)
    click.echo(f"{ended} ended.", err=True)
