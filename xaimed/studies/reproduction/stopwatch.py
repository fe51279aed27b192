"""How long does a call take? Warmed up, taken in turns with the others, often enough to show how far it varies."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from xaimed.errors import ConfigError

Call = Callable[[], object]
LEAST = 3
"""Even a call that outlasts its time is measured so often."""


def _nothing() -> None:
    """On a processor there is nothing to wait for."""


@dataclass(frozen=True)
class Stopwatch:
    """Times calls in rounds, so that whatever else the machine does meanwhile befalls all of them alike.

    Attributes:
        warm_ups: calls before it counts.
        repetitions: rounds that count.
        seconds: a call that has taken as long as this is left out of the rounds that remain.
    """

    warm_ups: int = 3
    repetitions: int = 20
    seconds: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what measures nothing."""
        if self.warm_ups < 0 or self.repetitions < 1:
            raise ConfigError(
                f"{self.warm_ups} calls to warm up and {self.repetitions} that count time nothing",
                where="repetitions",
                fix="Such as 3 and 20.",
            )

    def times(self, calls: Mapping[str, Call], settle: Call = _nothing) -> dict[str, list[float]]:
        """The seconds of every counted call by name; those of one round stand at the same place.

        Args:
            calls: what is timed.
            settle: waits until the device has done what it was told; a processor has done it anyway.
        """
        for call in calls.values():
            self._warm_up(call, settle)
        found: dict[str, list[float]] = {name: [] for name in calls}
        for turn in range(self.repetitions):
            for name, call in calls.items():
                if turn < LEAST or sum(found[name]) < self.seconds:
                    found[name].append(_taken(call, settle))
        return found

    def _warm_up(self, call: Call, settle: Call) -> None:
        spent = 0.0
        for _ in range(self.warm_ups):
            if spent < self.seconds:
                spent += _taken(call, settle)


def _taken(call: Call, settle: Call) -> float:
    settle()
    began = time.perf_counter()
    call()
    settle()
    return time.perf_counter() - began
