"""Small tables of predictions for the tests of this room."""

import numpy as np

from xaimed.evaluation.predictions import prediction_table

ODD = ("plain", 'comma, "quote"', "line\nbreak\rand \u2028", "Wirbelgleiten — 脊椎")


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True)).astype(np.float32)


def table(n=40, classes=ODD, fold=0, seed=0, ids=None):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, len(classes))).astype(np.float32)
    return prediction_table(
        "multiclass",
        classes,
        sample_ids=ids or [f"{i:03d}" for i in range(n)],
        groups=[str(i // 2) for i in range(n)],
        fold=fold,
        targets=rng.integers(len(classes), size=n),
        logits=logits,
        probabilities=softmax(logits),
    )


def binary(logits, targets):
    positive = 1 / (1 + np.exp(-np.asarray(logits, dtype=np.float32)))
    return prediction_table(
        "binary",
        ("NORMAL", "PNEUMONIA"),
        sample_ids=[str(i) for i in range(len(logits))],
        groups=[str(i) for i in range(len(logits))],
        fold=1,
        targets=targets,
        logits=np.reshape(logits, (-1, 1)),
        probabilities=np.stack([1 - positive, positive], axis=1),
    )


def multilabel(targets, chance):
    chance = np.asarray(chance, dtype=np.float32)
    return prediction_table(
        "multilabel",
        ("Edema", "Mass, left", "Nodule")[: chance.shape[1]],
        sample_ids=[str(i) for i in range(len(chance))],
        groups=["a"] * len(chance),
        fold=0,
        targets=targets,
        logits=np.log(chance / (1 - chance)),
        probabilities=chance,
    )


def by_hand():
    """Eight samples of three classes; true down, predicted across: [[2,1,0],[0,2,1],[1,0,1]]."""
    truth = [0, 0, 0, 1, 1, 1, 2, 2]
    decided = [0, 0, 1, 1, 1, 2, 0, 2]
    chance = np.full((8, 3), 0.2, dtype=np.float32)
    chance[np.arange(8), decided] = 0.6
    return prediction_table(
        "multiclass",
        ("a", "b", "c"),
        sample_ids=[str(i) for i in range(8)],
        groups=["g"] * 8,
        fold=0,
        targets=truth,
        logits=np.log(chance),
        probabilities=chance,
    )
