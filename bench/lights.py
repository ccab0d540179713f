"""How long the lights of a whole board take, without a database: 1,300 assignments, the best of five."""
from datetime import date
from time import perf_counter

from portal.assignments.rules import LightFacts, light

COUNT = 1_300
TODAY = date(2026, 9, 15)


def main() -> None:
    board = [LightFacts("open", n % 100, date(2026, 5, 1), date(2026, 10, 31), date(2026, 6, 1)) for n in range(COUNT)]
    print(f"{COUNT:,} lights in {min(_seconds(board) for _ in range(5)) * 1000:.0f} ms")


def _seconds(board: list[LightFacts]) -> float:
    begun = perf_counter()
    for each in board:
        light(each, TODAY)
    return perf_counter() - begun


if __name__ == "__main__":
    main()
