"""Time finished networks, in a process of its own: ``python -m xaimed.cli.cost ORDER PARENT [PACKAGE…]``."""

from __future__ import annotations

import sys
from pathlib import Path

from xaimed.cli.job import end_with
from xaimed.config.targets import allow
from xaimed.errors import XaimedError
from xaimed.store.run import Run
from xaimed.store.writing import read_json


def main(order: str, parent: str, *packages: str) -> int:
    """Time one run after the other; the exit status is 1 if any could not be timed."""
    end_with(int(parent))
    allow(packages)
    from xaimed.studies.reproduction.costing import measure_cost
    from xaimed.studies.reproduction.stopwatch import Stopwatch

    asked = read_json(Path(order))
    failed = False
    for each in asked["runs"]:
        try:
            measure_cost(Run(Path(each["run"])), each["explainers"], Stopwatch(**asked["stopwatch"]))
        except (XaimedError, RuntimeError) as error:  # a device without enough memory is no fault of the other runs
            print(f"xaimed: {each['run']} is not timed: {error}", file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
