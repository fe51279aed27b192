"""What does the network say of the rows that chose it? Kept beside the reported ones, so that it can be calibrated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from xaimed.callbacks.predictions import WritePredictions
from xaimed.config.targets import instantiate
from xaimed.data.protocol import Split
from xaimed.store.fold import VALIDATION
from xaimed.studies.parts import Parts, data_of
from xaimed.studies.plan import Plan


def predict_selection(plan: Plan, split: Split, parts: Parts, folder: Path) -> None:
    """Write the table of predictions of the selection rows, unless any of them is reported too.

    Args:
        plan: of the run.
        split: the fold.
        parts: with the finished network.
        folder: where the fold is being made.
    """
    if np.isin(split.select, split.report).any():
        return
    data = data_of(plan, replace(split, report=split.select), parts.data.preparation)
    trainer = instantiate(plan.config["trainer"], folder=folder, callbacks=[WritePredictions(VALIDATION)], loggers=[])
    trainer.predict(parts.module, datamodule=data, return_predictions=False)
