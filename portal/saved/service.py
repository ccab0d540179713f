"""Keeping and forgetting filters. They are the person's own: nobody grants them, and no trail is kept of them."""
from urllib.parse import parse_qsl, urlencode

from portal import texts
from portal.saved import queries, rules
from portal.saved.models import SavedFilter
from tenants import clock
from tenants.access import Identity
from tenants.db import db
from tenants.errors import Invalid, RuleViolated
from tenants.messages import N_


def save(page: str, name: str, query: str, *, actor: Identity) -> SavedFilter:
    """Keep the filters of a list under a name; one kept under that name already is replaced. Raises Invalid, and
    RuleViolated beyond `rules.MOST`."""
    named, kept = texts.prose(name, texts.SHORT), rules.filters(_masked(query))
    if page not in rules.PAGES or len(kept) > rules.LONGEST:
        raise Invalid({"query": [N_("These filters cannot be kept.")]})
    if not kept:
        raise Invalid({"query": [N_("No filter is set: there is nothing to keep.")]})
    if not named or len(named) > texts.SHORT:
        raise Invalid({"name": [N_("Give the filter a name of at most %(n)s characters.", n=texts.SHORT)]})
    every = queries.listed(actor, page)
    found = next((f for f in every if f.name == named), None)
    if found is not None:
        found.query = kept
    elif len(every) >= rules.MOST:
        raise RuleViolated(N_("You keep %(n)s filters of this list already. Remove one first.", n=rules.MOST))
    else:
        found = SavedFilter(person_id=actor.person, page=page, name=named, query=kept, at=clock.now())
        db.session.add(found)
    db.session.flush()
    return found


def _masked(query: str) -> str:
    """Each value by itself: in an address as it is sent, what stands before a number hides where it begins."""
    return urlencode([(k, texts.prose(v, rules.LONGEST)) for k, v in parse_qsl(texts.clean(query).lstrip("?"))])


def remove(kept: SavedFilter) -> None:
    """Forget one of one's own."""
    db.session.delete(kept)
    db.session.flush()
