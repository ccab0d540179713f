"""What a long-running process of the portal does once, when all is loaded."""
import gc

_ALLOCATIONS = 50_000               # more new objects than gone ones before the collector looks at the youngest


def settle() -> None:
    """Modules, models, templates and routes stay: the collector of cycles does not walk them again, each time some 0.3 s in
    which nobody is answered, and looks at what is new less often. Costs a few MB of memory."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 20, 50)
