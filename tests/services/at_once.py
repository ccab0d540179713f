"""Several do something at the same moment, each in a thread of its own."""
import threading
from collections.abc import Callable, Sequence
from typing import Any


def at_once(things: Sequence[Any], do: Callable[[Any, Callable[[], object]], None]) -> list[Exception]:
    """`do(thing, meet)` for each; whoever has got as far as calling `meet` waits there for the others. What failed."""
    meet, faults = threading.Barrier(len(things)), list[Exception]()

    def go(thing: Any) -> None:
        try:
            do(thing, lambda: meet.wait(10))
        except Exception as fault:
            faults.append(fault)
    threads = [threading.Thread(target=go, args=(thing,)) for thing in things]
    for t in threads:
        t.start()
    for t in threads:
        t.join(20)
    return faults
