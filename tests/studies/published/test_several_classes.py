"""What a row says of single classes, against all confusion matrices of so few samples, written down one by one."""

from itertools import product

import pytest
from support.papers import findings

from xaimed.studies.published.audit import audit
from xaimed.studies.published.reading import paper_from

RULE = "one matrix for all metrics of a row"
SIZES = {"a": 2, "b": 2, "c": 1}


def every_line(size):
    return [line for line in product(range(size + 1), repeat=3) if sum(line) == size]


def said_of(matrix):
    """Accuracy, recall of a, precision of a, recall of b."""
    taken = sum(line[0] for line in matrix)
    precision = matrix[0][0] / taken if taken else 0.0
    return (sum(matrix[i][i] for i in range(3)) / 5, matrix[0][0] / 2, precision, matrix[1][1] / 2)


EVERY = [said_of(matrix) for matrix in product(*map(every_line, SIZES.values()))]


def paper(row, columns, sizes):
    samples = {"few": {"n": sum(sizes.values()), "classes": sizes}}
    table = {"place": "Table 9", "of": "few", "columns": columns, "rows": {"net": row}}
    return {"samples": samples, "tables": {"x": table}}


def small(values):
    columns = {
        "accuracy": {"metric": "accuracy"},
        "recall_a": {"metric": "recall", "class": "a"},
        "precision_a": {"metric": "precision", "class": "a"},
        "recall_b": {"metric": "recall", "class": "b"},
    }
    return paper({name: f"{value:.3f}" for name, value in zip(columns, values, strict=True)}, columns, SIZES)


def test_all_that_some_matrix_gives_is_accepted_and_nothing_else():
    reached = {tuple(round(value, 3) for value in values) for values in EVERY}
    each = [sorted({values[i] for values in reached}) for i in range(4)]
    refused = 0
    for values in product(*each):
        outcome = [finding for finding in findings(small(values)) if finding.rule == RULE]
        assert bool(outcome) == (values not in reached), values
        refused += bool(outcome)
    assert refused > 100


def test_the_finding_names_what_does_not_fit():
    """One of five wrong, but both a missed."""
    (finding,) = findings(small((0.8, 0.0, 0.0, 1.0)))
    assert finding.told == (
        "No predictions of 2 a, 2 b, 1 c have the printed accuracy, recall_a, precision_a, recall_b all at once."
    )
    assert "without accuracy, the others agree with one another" in finding.arithmetic


@pytest.mark.parametrize(
    ("row", "left"),
    [
        ({"accuracy": "0.89", "precision": "0.67", "recall": "0.67"}, "it could only be 1"),
        ({"accuracy": "1.00", "recall": "0.67"}, "beside accuracy 1.00 it could only be 1"),
        ({"accuracy": "0.84", "recall": "0.67"}, ""),  # 1/4, 2/4, 3/4 or 4/4: too much to say
        ({"recall": "0.67"}, ""),
    ],
)
def test_an_impossible_share_is_told_with_what_the_rest_of_its_row_leaves(row, left):
    columns = {name: {"metric": name, **({} if name == "accuracy" else {"class": "disk"})} for name in row}
    (finding,) = findings(paper(row, columns, {"healthy": 4, "disk": 4, "canal": 8, "bone": 3}))
    assert finding.told == "0.67 is no share of 4 samples."
    assert any("could only be" in line for line in finding.arithmetic) == bool(left)
    assert any(line.endswith(left) for line in finding.arithmetic)


def test_rows_of_folds_of_too_many_samples_or_with_a_known_matrix_are_left_to_others():
    columns = {"accuracy": {"metric": "accuracy"}, "recall": {"metric": "recall", "class": "a"}}
    row = {"accuracy": "0.80", "recall": "0.50"}
    for node in (
        paper(row, {**columns, "recall": {**columns["recall"], "over": "folds"}}, SIZES),
        paper(row, columns, {"a": 2000, "b": 2000, "c": 1000}),
        {
            **paper(row, columns, SIZES),
            "matrices": {
                "m": {
                    "place": "Table 8",
                    "of": "few",
                    "labels": list(SIZES),
                    "counts": [[1, 1, 0], [0, 2, 0], [0, 0, 1]],
                    "row": "x.net",
                }
            },
        },
    ):
        assert RULE not in audit(paper_from("small", node)).checked()
