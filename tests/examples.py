"""On how many examples a property is tried: `make test` asks for all of them, `make check`, which has no other fixture, for few."""
from hypothesis import settings

settings.register_profile("whole", deadline=None)
settings.register_profile("few", deadline=None, max_examples=20)
settings.load_profile("whole")
