"""Pure transition tables: state × action → next state, who may, effects. Pages and API derive offers from them."""
from collections.abc import Mapping
from dataclasses import dataclass

from tenants.errors import RuleViolated
from tenants.messages import N_, Message
from tenants.permissions import Permission


@dataclass(frozen=True, slots=True)
class Transition:
    """One permitted step; `effects` name what the service does beside changing the state."""
    source: str
    action: str
    target: str
    who: Permission
    effects: tuple[str, ...] = ()


class Machine:
    """A thing's transitions, looked up by state and action. `names` are the words for states and actions in refusals.

    Raises ValueError for two transitions of one state and action."""

    def __init__(self, *transitions: Transition, names: Mapping[str, Message] | None = None) -> None:
        self.transitions = transitions
        self._names = dict(names or {})
        self._table = {(t.source, t.action): t for t in transitions}
        if len(self._table) != len(transitions):
            raise ValueError("two transitions leave one state by one action")

    def step(self, state: str, action: str) -> Transition:
        """The transition that `action` takes from `state`; raises RuleViolated where there is none."""
        found = self._table.get((state, action))
        if found is None:
            raise RuleViolated(N_("“%(action)s” is not possible in the state “%(state)s”.",
                                  action=self._names.get(action, action), state=self._names.get(state, state)))
        return found

    def actions(self, state: str) -> tuple[Transition, ...]:
        """What may be done in `state`, in the order of the table."""
        return tuple(t for t in self.transitions if t.source == state)
