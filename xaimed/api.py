"""xaimed from Python: train a run or open a finished one, and take its tables and figures.

from xaimed.api import compare, open_run

run = open_run("outputs/runs/…")
run.metrics()                              # a pandas DataFrame
run.roc_figure().savefig("roc.pdf")        # a matplotlib Figure
compare({"A": run, "B": open_run("…")}).differences()
"""

from __future__ import annotations

from xaimed.errors import XaimedError
from xaimed.studies.opened.comparison import Comparison, compare
from xaimed.studies.opened.run import OpenRun, open_run, open_runs
from xaimed.studies.opened.training import train

__all__ = ["Comparison", "OpenRun", "XaimedError", "compare", "open_run", "open_runs", "train"]
