"""What a process of the portal does about the collector of cycles: at the beginning, which importing this is, and when all is
loaded."""
import gc

_ALLOCATIONS = 50_000               # more new objects than gone ones before the collector looks at the youngest


def begin() -> None:
    """Let the collector look less often: of what is being loaded nothing is gone, and requests leave few cycles."""
    gc.set_threshold(_ALLOCATIONS, 20, 50)


def settle() -> None:
    """Of a process that runs on: modules, models, templates and routes stay, and the collector does not walk them again, each
    time some 0.3 s in which nobody is answered. Costs a few MB of memory."""
    gc.collect()
    gc.freeze()


begin()
