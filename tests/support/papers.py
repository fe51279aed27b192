"""A paper that is consistent: its tables were reckoned from predictions, fold by fold, by another program."""

import copy

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from xaimed.studies.published.audit import audit
from xaimed.studies.published.reading import paper_from

CLASSES = {"a": 10, "b": 20, "c": 10}
FOLDS = (  # two folds: true classes in rows, predicted ones in columns
    ((4, 1, 0), (0, 9, 1), (0, 0, 5)),
    ((5, 0, 0), (1, 8, 1), (0, 1, 4)),
)


def _predictions(matrix):
    true = [i for i, line in enumerate(matrix) for count in line for _ in range(count)]
    predicted = [j for line in matrix for j, count in enumerate(line) for _ in range(count)]
    return true, predicted


def _of(metric, **options):
    each = [100 * metric(*_predictions(fold), **options) for fold in FOLDS]
    return f"{np.mean(each):.2f} ± {np.std(each):.2f}"


def consistent():
    """The ``published`` node of that paper."""
    pooled = np.sum(FOLDS, axis=0).tolist()
    row = {
        "accuracy": _of(accuracy_score),
        "recall": _of(recall_score, average="macro"),
        "precision": _of(precision_score, average="macro"),
        "f1": _of(f1_score, average="macro"),
    }
    columns = {name: {"metric": name, "unit": "%"} for name in row}
    return {
        "samples": {"images": {"n": 40, "classes": dict(CLASSES), "folds": 2}},
        "tables": {
            "t": {
                "place": "Table 1",
                "of": "images",
                "over": "folds",
                "average": "macro",
                "columns": columns,
                "rows": {"net": {"is": "Net", **row}},
            },
            "u": {
                "place": "Table 2",
                "columns": {"total": {}, "female": {}, "male": {}},
                "relations": ["female + male == total"],
                "rows": {"a": {"total": 10, "female": 4, "male": 6}},
            },
        },
        "matrices": {
            "m": {"place": "Table 3", "of": "images", "labels": ["a", "b", "c"], "counts": pooled, "row": "t.net"}
        },
        "claims": {
            "quoted": {"place": "Abstract", "says": "it is right in 87.5", "check": "t.net.accuracy == 87.5"},
            "errors": {"place": "Section 1", "says": "it errs five times", "check": "errors(m) == 5"},
            "mixed": {"place": "Section 2", "says": "one a is called b", "check": "m['a', 'b'] == 1"},
        },
    }


def changed(**parts):
    """The consistent paper with other parts; a part may be a function of what was there."""
    node = copy.deepcopy(consistent())
    for name, part in parts.items():
        node[name] = part(node[name]) if callable(part) else part
    return node


def findings(node):
    """What an audit finds in it."""
    return audit(paper_from("small", node)).findings
