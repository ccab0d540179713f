"""An invented, reproducible year of work, made through the portal's services: same seed and day, same year.

Everything in it is invented: people, plans, reports, remarks. It is made once, in a portal in which nobody works yet."""
from seed.demo.year import YEARS, Refused, make

__all__ = ["YEARS", "Refused", "make"]
