"""``python -m benchmarks.trust [phantoms…]``: does the trust table tell an honest network from a shortcut learner?

For each phantom one network is trained on pictures whose marker says nothing and one on pictures whose marker gives the
class away; both are judged by what xaimed says of them on pictures like those that they have learned from.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from xaimed.store.run import find_runs
from xaimed.studies.result import result_of

PHANTOMS = ("spine", "chest", "lumbar", "skin")
OUTPUT = Path("outputs/benchmarks/trust")
RECIPE = (
    *("experiment=demo", "protocol.folds=2", "protocol.fold=0", "trainer.max_epochs=8", "audit=false"),
    *("explainer=[gradcam]", "evaluation=[localisation,shortcuts,sanity]", "evaluation.shortcuts.samples=32"),
)
# With its usual 190 pictures a network learns neither the lumbar findings nor the small letter in so few epochs.
MORE = {
    "lumbar": (
        "dataset.counts={Healthy: 100, Herniated Disk: 100, Spinal Stenosis: 100, Spondylosis: 100}",
        *("image.size=112", "trainer.max_epochs=9"),
    )
}
SHOWN = ("Accuracy", "Mass inside ÷ chance", "Largest excess drop", "Likeness when all is forgotten")


def trained(phantom: str, shortcut: float) -> Path:
    """The run of one network, made unless it is there."""
    place = OUTPUT / f"{phantom}-{shortcut:g}"
    command = [sys.executable, "-m", "xaimed", "train", f"dataset={phantom}", f"dataset.shortcut={shortcut}", *RECIPE]
    more = [*MORE.get(phantom, ()), f"output={place}"]
    subprocess.run([*command, *more], check=True, stdout=subprocess.DEVNULL)
    return place


def row(phantom: str, shortcut: float) -> str:
    """What the trust table says of it."""
    (run,) = find_runs([trained(phantom, shortcut)])
    trust = result_of(run).trust()
    found = {entry.measure.title: entry for entry in trust.entries}

    def told(title: str) -> str:
        entry = found.get(title)
        if entry is None:
            return "–"
        scale = 100 if entry.measure.percent else 1
        low, value, high = (scale * part for part in (entry.value.low, entry.value.value, entry.value.high))
        return f"{value:.2f} ({low:.2f} to {high:.2f})"

    warnings = [warning for warning in trust.warnings if warning != "stand-in weights"]
    planted = "planted" if shortcut else "none"
    return f"| {phantom} | {planted} | {' | '.join(map(told, SHOWN))} | {'; '.join(warnings) or 'none'} |"


def main(phantoms: tuple[str, ...] = PHANTOMS) -> None:
    """Print the table, row by row."""
    print(f"| phantom | shortcut | {' | '.join(SHOWN)} | warning |")
    print("|---|---|" + "---|" * (len(SHOWN) + 1))
    for phantom in phantoms:
        for shortcut in (0.0, 1.0):
            print(row(phantom, shortcut), flush=True)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or PHANTOMS)
