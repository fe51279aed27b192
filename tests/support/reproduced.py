"""Results of a study without a run: rows of the tests' own predictions."""

from functools import lru_cache

import numpy as np

from xaimed.evaluation.predictions import pool, prediction_table
from xaimed.store.run import Run
from xaimed.studies.published.reading import paper_from
from xaimed.studies.published.study import paper_of
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.study import Member, Row, Study
from xaimed.studies.result import RunResult


def predictions_of(matrices, classes, kind="multiclass", sure=0.8):
    """One fold for every confusion matrix: as many samples as it counts, decided as it says, each a patient."""
    folds, taken = [], 0
    for fold, matrix in enumerate(matrices):
        pairs = [(i, j) for i, line in enumerate(matrix) for j, count in enumerate(line) for _ in range(count)]
        true, said = (np.array(side, dtype=int) for side in zip(*pairs, strict=True))
        chance = np.full((len(pairs), len(classes)), (1 - sure) / (len(classes) - 1))
        chance[np.arange(len(pairs)), said] = sure
        names = [f"s{taken + i}" for i in range(len(pairs))]
        taken += len(pairs)
        logits = np.log(chance[:, 1:] / chance[:, :1]) if kind == "binary" else np.log(chance)
        folds.append(
            prediction_table(
                kind,
                classes,
                sample_ids=names,
                groups=names,
                fold=fold,
                targets=true,
                logits=logits,
                probabilities=chance,
            )
        )
    return pool(folds)


def labels_of(truth, chance, classes, fold=0):
    """A multi-label fold."""
    names = [f"f{fold}s{i}" for i in range(len(truth))]
    return prediction_table(
        "multilabel",
        classes,
        sample_ids=names,
        groups=names,
        fold=fold,
        targets=truth,
        logits=np.log(np.asarray(chance) / (1 - np.asarray(chance))),
        probabilities=chance,
    )


def result(predictions, missing=(), stamps=(), path="run"):
    """A run that gave these predictions."""
    return RunResult(Run(path), {"stamps": list(stamps)}, predictions, list(missing), {}, {})


def row_result(name, *predictions, place=None, **facts):
    """A row with a run for each table of predictions."""
    members = tuple(Member(f"{name}{i}", name, place=place or {}) for i in range(max(len(predictions), 1)))
    return RowResult(Row(name, name.replace("_", " "), members), tuple(result(each, **facts) for each in predictions))


def results_of_rows(*rows, published=None, stamp="", axes=None, changed=()):
    """A study of these rows, beside the paper of a ``published`` node."""
    paper = paper_from("small", published) if published else None
    study = Study(
        "small", "Small", "", tuple(row.row for row in rows), axes or {}, {}, {}, {}, stamp, tuple(changed), paper
    )
    return Results(study, tuple(rows))


@lru_cache
def printed_in(study):
    """What the paper of one of the studies prints."""
    return paper_of(study)
