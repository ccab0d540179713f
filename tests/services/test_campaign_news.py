"""Whom a change of a running campaign reaches: who belongs to it now, and whoever it drops."""
from typing import Any

import pytest

from portal.campaigns import queries, service
from tenants.db import db
from tests.conftest import As
from tests.factories.campaigns import content, live, units


def informed(acting: As, launcher: str, who: str, before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The units that hear of the change and are to acknowledge it."""
    with acting(who) as actor:
        campaign = live(actor, content(launcher, **before))
        known = units()
        service.change(campaign, content(launcher, **{**before, **after}), "It lands elsewhere.", actor=actor)
        news = next(s.id for s in queries.syncs(campaign) if s.event == "change")
        codes = {key: code for code, key in known.items()}
        return {codes[r.unit_id] for r in queries.receipts(campaign) if r.sync_id == news}


def test_a_company_whose_product_is_replaced_hears_of_it(acting: As) -> None:
    assert informed(acting, "guangdong", "market.guangdong", {"product_owner": "terminal"}, {"product_owner": "migu"}) == {
        "terminal", "migu"}
    assert informed(acting, "guangdong", "contact.guangdong", {"product_owner": "terminal", "code": "C-2"},
                    {"product_owner": None}) == {"terminal"}


@pytest.mark.parametrize(("launcher", "who"), [("hq", "market"), ("terminal", "market.terminal")])
def test_everybody_hears_that_a_campaign_of_the_whole_network_is_one_of_some_units(acting: As, launcher: str, who: str) -> None:
    """Of headquarters' campaign every unit, of a company's every province; they still see it, as they may have issues on it."""
    told = informed(acting, launcher, who, {"lands_in": "network"}, {"lands_in": ["tibet"]})
    assert {"tibet", "guangdong", "beijing", "hebei"} < told and launcher not in told and "hq" not in told
    assert ("migu" in told) is (launcher == "hq")


def test_a_former_launcher_hears_of_it(acting: As) -> None:
    with acting("market.terminal") as actor:
        key = live(actor, content("terminal", lands_in=["tibet"])).id
        db.session.commit()
    with acting("market") as lead:
        campaign, known = queries.one(lead, key), units()
        service.move(campaign, known["migu"], "Migu carries it on.", actor=lead)
        news = next(s.id for s in queries.syncs(campaign) if s.event == "change")
        assert {r.unit_id for r in queries.receipts(campaign) if r.sync_id == news} == {known["terminal"], known["tibet"]}
