"""Running xaimed as a user does, in this process, on the smallest phantom that has every class in every fold."""

from __future__ import annotations

from pathlib import Path

from xaimed.cli.main import main

CONF = Path(__file__).parent / "conf"
SMALL = (
    "dataset.counts={Normal: 9, Scoliosis: 12, Spondylolisthesis: 9}",
    "dataset.size=32",
    "image.size=32",
    "loader.batch_size=8",
    "protocol.folds=2",
    "trainer.max_epochs=2",
    "audit=false",
)
TINY = ("--config-dir", str(CONF), "--allow", "support", "backbone=tiny", *SMALL)


def train(output: Path, *overrides: str, base: tuple[str, ...] = TINY) -> int:
    """``xaimed train`` on the tiny backbone; the exit status."""
    unjudged = () if any(text.startswith("evaluation=") for text in overrides) else ("evaluation=[]",)
    return main(["train", *base, *unjudged, "strategy=scratch", f"output={output}", *overrides])


def only_run(output: Path) -> Path:
    """The one run below ``output``."""
    (run,) = sorted((output / "runs").iterdir())
    return run


def contents(run: Path, fold: int) -> dict[str, bytes]:
    """The files of a fold whose bytes must not depend on interruptions."""
    folder = run / f"fold-{fold}"
    tables = ("predictions.csv", "history.csv", "split.csv", "quarantine.csv")
    kept = ["validation.csv"] if (folder / "validation.csv").is_file() else []  # not where the same rows are reported
    names = (*tables, *kept, "metrics.json", "normalization.json", "weights.pt")
    maps = sorted(folder.glob("explanations/*/*"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in [*(folder / name for name in names), *maps]}
