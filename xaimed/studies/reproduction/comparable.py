"""May ours be held against a printed value? Not where it was made otherwise, is incomplete, or is of other pictures."""

from __future__ import annotations

import numpy as np

from xaimed.evaluation.predictions import Predictions
from xaimed.studies.published.parts import Samples, Value
from xaimed.studies.reproduction.addresses import plain
from xaimed.studies.reproduction.results import Results, RowResult


def unlike(results: Results, row: RowResult, value: Value) -> str:
    """Why not; empty where it may."""
    assert results.paper is not None
    assert row.predictions is not None
    if results.unlike:
        return results.unlike
    if value.printed.upper is not None:
        return "a range is printed"
    if row.missing:
        return f"missing: {row.missing}"
    samples = results.paper.samples_of(value)
    return other_pictures(row.predictions, samples) if samples else ""


def other_pictures(predictions: Predictions, samples: Samples) -> str:
    """How ours and the published samples differ, as far as counts tell; empty where they do not."""
    if predictions.samples != samples.n:
        return f"{predictions.samples} pictures, published {samples.n}"
    if predictions.kind == "multilabel" or not samples.classes:
        return ""
    once = predictions.frame.drop_duplicates("sample_id")["label"]
    ours = {plain(name): int(np.sum(once == name)) for name in predictions.classes}
    theirs = {plain(name): count for name, count in samples.classes.items()}
    if ours.keys() != theirs.keys():
        return "other classes than published"
    return "" if ours == theirs else "classes of other sizes than published"
