"""What do the predictions say of one class? The same rows as a binary table: that class, or not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaimed.evaluation.predictions import TEXT, UNKNOWN, Predictions


def of_class(predictions: Predictions, name: str) -> Predictions:
    """A binary table whose positive class is this one; what was decided stays decided.

    Of several labels that can stand together, the rows in which nobody knows this one are left out. The logit of a
    class among several is not that of a binary task, so it is the log odds of the probability.
    """
    index, frame = predictions.classes.index(name), predictions.frame
    truth, decided = predictions.targets, predictions.predicted
    if predictions.kind == "multilabel":
        known, is_it, said = truth[:, index] != UNKNOWN, truth[:, index] == 1, decided[:, index] == 1
    else:
        known, is_it, said = np.ones(len(frame), dtype=bool), truth == index, decided == index
    chance = predictions.probabilities[:, index].astype(np.float64)
    other = f"not {name}"
    with np.errstate(divide="ignore"):
        logit = np.log(chance) - np.log1p(-chance)
    columns = {
        **{key: frame[key] for key in (*TEXT, "fold")},
        "label": pd.Series(np.where(is_it, name, other), index=frame.index, dtype="object"),
        "predicted": pd.Series(np.where(said, name, other), index=frame.index, dtype="object"),
        f"logit:{name}": logit.astype(np.float32),
        f"p:{other}": (1 - chance).astype(np.float32),
        f"p:{name}": chance.astype(np.float32),
    }
    return Predictions("binary", (other, name), pd.DataFrame(columns)[known].reset_index(drop=True))
