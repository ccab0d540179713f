"""The transition engine itself: what it allows, refuses and offers."""
import pytest

from portal.workflow import Machine, Transition
from tenants.errors import RuleViolated
from tenants.messages import N_
from tenants.permissions import Permission

HAND_IN = Transition("open", "hand_in", "handed_in", Permission.ASSIGNMENT_HAND_IN, ("notify",))
CLOSE = Transition("handed_in", "close", "closed", Permission.ASSIGNMENT_VERIFY)
RETURN = Transition("handed_in", "return", "open", Permission.ASSIGNMENT_VERIFY)
MACHINE = Machine(HAND_IN, CLOSE, RETURN, names={"close": N_("close"), "open": N_("open")})


def test_a_step_gives_the_whole_transition() -> None:
    assert MACHINE.step("open", "hand_in") is HAND_IN
    assert MACHINE.step("handed_in", "return").target == "open"


@pytest.mark.parametrize(("state", "action"),
                         [("open", "close"), ("closed", "close"), ("nowhere", "hand_in"), ("open", "")])
def test_what_is_not_in_the_table_is_refused(state: str, action: str) -> None:
    with pytest.raises(RuleViolated):
        MACHINE.step(state, action)


def test_a_refusal_names_action_and_state_in_words_to_be_translated() -> None:
    with pytest.raises(RuleViolated) as refusal:
        MACHINE.step("open", "close")
    assert str(refusal.value.message) == "“close” is not possible in the state “open”."
    assert refusal.value.message.params["action"] == N_("close")


def test_offers_come_in_the_order_of_the_table() -> None:
    assert MACHINE.actions("handed_in") == (CLOSE, RETURN)
    assert MACHINE.actions("closed") == ()


def test_an_ambiguous_table_is_refused() -> None:
    with pytest.raises(ValueError, match="two transitions"):
        Machine(CLOSE, Transition("handed_in", "close", "open", Permission.ASSIGNMENT_VERIFY))
