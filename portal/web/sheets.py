"""What was typed into a form, kept as it was typed, with what is wrong with it."""
from dataclasses import dataclass, field
from typing import Self

from tenants.errors import Invalid
from tenants.messages import Message


@dataclass(slots=True)
class Sheet:
    """A form's values as typed, or as stored. `errors` is what could not be read or was refused."""
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[Message]] = field(default_factory=dict, kw_only=True)

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def fault(self, name: str, message: Message) -> None:
        self.errors.setdefault(name, []).append(message)

    def refused(self, fault: Invalid) -> Self:
        """With what is refused; what could not be read is said of a field first."""
        for name, said in fault.errors.items():
            self.errors.setdefault(name, list(said))
        return self
