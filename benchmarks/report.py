"""``python -m benchmarks.report [FILE…]``: how large is a report, and how soon is something to be seen of it?

Each file is opened by a fresh Chromium, five times; times are the shortest, in seconds, for other work on the machine
only adds: until something is painted, until the cards in sight of the gallery are drawn (the nearest one where it lies
further down), and until all 48 of its first page are. Without files pages are made whose pictures are noise over a
gradient and whose maps are as fine as any explainer's: more than any real study needs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from xaimed.reporting.html.controls import gallery_html
from xaimed.reporting.html.document import Section, document
from xaimed.reporting.html.gallery import Card, Shown, gallery_data

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.browser import Page, browser

ROUNDS = 5
CLASSES = ("Normal", "Scoliosis", "Spondylolisthesis")
FIRST_VIEW = "performance.getEntriesByName('first-contentful-paint')[0]"
IN_SIGHT, DRAWN = (f"performance.getEntriesByName('gallery {what}')[0]" for what in ("in sight", "drawn"))


def made(pictures: int, runs: int, explainers: int, side: int = 224) -> str:
    """A page with a gallery alone."""
    random = np.random.default_rng(0)
    names = [f"picture-{i:04}" for i in range(pictures)]
    ramp = np.linspace(40, 160, side)[None] + np.zeros((side, 1))
    shown = {name: np.clip(ramp + 12 * random.standard_normal((side, side)), 0, 255).astype(np.uint8) for name in names}
    maps = [Shown(*random.random((2, 64, 64))) for _ in range(20)]
    numbers = {"entropy": 0.5}
    cards = [
        Card(
            name,
            run,
            0,
            (CLASSES[i % 3],),
            (CLASSES[(i + run) % 3],),
            (i + run) % 3 == i % 3,
            numbers,
            {f"e{k}": maps[(i + k) % len(maps)] for k in range(explainers)},
        )
        for run in range(runs)
        for i, name in enumerate(names)
    ]
    data = gallery_data(
        cards,
        shown,
        runs=[f"run {run}" for run in range(runs)],
        classes=CLASSES,
        measures={"entropy": "Entropy"},
        explainers={f"e{k}": f"explainer {k}" for k in range(explainers)},
    )
    return document("Benchmark", [Section("gallery", "Pictures", gallery_html(data))], data={"gallery": data})


def opened(file: Path) -> tuple[float, ...]:
    """Seconds until each of these could be seen."""
    with browser() as page:
        page.open(file)
        return tuple(_when(page, what) for what in (FIRST_VIEW, IN_SIGHT, DRAWN))


def _when(page: Page, entry: str) -> float:
    page.until(f"!!{entry}")
    return float(page.run(f"{entry}.startTime")) / 1000  # type: ignore[arg-type]


def row(called: str, file: Path) -> str:
    """A line of the table."""
    times = [opened(file) for _ in range(ROUNDS)]
    shortest = (f"{min(each):.2f}" for each in zip(*times, strict=True))
    return f"| {called} | {file.stat().st_size / 1e6:.1f} | {' | '.join(shortest)} |"


def main(files: tuple[str, ...] = ()) -> None:
    """Print the table, row by row."""
    print("| page | MB | first view, s | cards in sight, s | 48 cards, s |\n|---|---|---|---|---|")
    for file in files:
        print(row(Path(file).name, Path(file)), flush=True)
    if files:
        return
    with tempfile.TemporaryDirectory() as folder:
        for pictures, runs, explainers, side in ((338, 1, 2, 224), (338, 6, 3, 224), (500, 12, 3, 512)):
            page = Path(folder) / "page.html"
            page.write_text(made(pictures, runs, explainers, side), encoding="utf-8")
            called = f"made up: {pictures} pictures of {side} px, runs × explainers {runs} × {explainers}"
            print(row(called, page), flush=True)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
