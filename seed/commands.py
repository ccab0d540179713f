"""`portal seed …`: what is there from the start. Run again, each command changes nothing."""
import click

from portal import process
from portal.app import create_app
from portal.config import Settings
from portal.programmes.rules import FIRST_YEAR, LAST_YEAR
from seed import demo, plan
from seed.places import PlanFaults
from tenants import clock
from tenants.access import HEADQUARTERS
from tenants.context import Lane, Scope
from tenants.db import db
from tenants.errors import RuleViolated
from tenants.isolation import acting_as


@click.group()
def seed() -> None:
    """Load the plan's data."""


@seed.command("plan")
@click.option("--year", type=click.IntRange(FIRST_YEAR, LAST_YEAR), help="Year of the programme; default: this one.")
@click.option("--reference-only", is_flag=True, help="Draft nothing: the demonstration's office drafts its own programme.")
def plan_command(year: int | None, reference_only: bool) -> None:
    """Add missing reference data, and draft the programme of a year unless that year has one."""
    with create_app(Settings.from_environment()).app_context():
        try:
            added = add_reference()
        except PlanFaults as faults:
            raise click.ClickException(f"the plan's data cannot be used, nothing was written:\n{faults}") from None
        click.echo("Reference data added: " + ", ".join(f"{count} {table}" for table, count in added.items()) + ".")
        if not reference_only:
            click.echo(draft(year or clock.today().year))


@seed.command("demo")
@click.option("--scale", type=click.Choice(list(demo.YEARS)), default="small", show_default=True,
              help="small: this year; large: the two years before, too.")
@click.option("--random-seed", type=int, default=1, show_default=True, help="Another number, another invented year.")
def demo_command(scale: str, random_seed: int) -> None:
    """Make an invented year of work, once, in a portal where nobody works yet; people sign in with the password kept in
    PORTAL_DATA/demo-password."""
    settings = Settings.from_environment()
    if settings.production:
        raise click.ClickException("the demonstration year is not made in production mode: everybody in it has one password")
    with create_app(settings).app_context():
        process.settle()
        try:
            made = demo.make(settings.demo_password, settings.base_url, click.echo, scale=scale, random_seed=random_seed)
        except demo.Refused as refusal:
            click.echo(str(refusal))
            return
    if not made:
        click.echo("The demonstration year is there already; nothing was changed.")


def add_reference() -> dict[str, int]:
    """Commit what is missing of the reference data; how many rows were added, by table. Raises PlanFaults."""
    with acting_as(Scope(None, (HEADQUARTERS,), Lane.ADMINISTRATOR)):
        added = plan.load_reference()
        db.session.commit()
    return added


def draft(year: int) -> str:
    """Commit a draft for the year; a sentence that says what happened."""
    with acting_as(Scope(None, (HEADQUARTERS,), Lane.OVERSIGHT)):
        try:
            name = plan.draft_programme(year).name
        except RuleViolated as refusal:
            return str(refusal.message)
        db.session.commit()
    return f"Drafted: {name}."
