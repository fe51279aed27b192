"""Shares of high uncertainty among false and true positives, counted by hand."""

import numpy as np
import pytest
from support.studied import binary, found, lines, printed, stored_run, studied

from xaimed.evaluation.uncertainty import CRITICAL, ENTROPY, MEASURES
from xaimed.studies.reproduction.tables.shares import Shares

# Four false positives, then six true positives, then two true negatives.
TRUTH = [0] * 4 + [1] * 6 + [0] * 2
PREDICTIONS = binary([0.9] * 10 + [0.1] * 2, TRUTH)
CRITICALLY = np.array([0.9, 0.8, 0.7, 0.1, 0.6, 0.2, 0.2, 0.2, 0.2, 0.2, 0.3, 0.3])
VALUES = {("mc_gradcam-aaaaaa", CRITICAL): CRITICALLY, ("", ENTROPY): np.arange(12) / 12}
TABLE = Shares(
    "Uncertain",
    threshold=0.5,
    beside="uncertainty",
    column="uncertain",
    outcomes={"false positives": "false_alarms", "true positives": "found"},
)


def wilson(share, n, z=1.959964):
    """By its formula."""
    middle, reach = (share + z**2 / (2 * n)), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - reach) / (1 + z**2 / n), (middle + reach) / (1 + z**2 / n)


@pytest.fixture
def results(tmp_path):
    run = stored_run(tmp_path, "ours", PREDICTIONS, [found("uncertainty", MEASURES, VALUES)])
    return studied({"ours": run}, paper=printed("pneumonia"))


def test_shares_with_their_intervals_and_how_many_there_are(results):
    table, _ = TABLE(results)
    assert table.columns[-2:] == ("High: false positives (%)", "High: true positives (%)")
    critical, entropy = lines(table)
    low, high = (100 * end for end in wilson(3 / 4, 4))
    assert critical[:2] == ["Uncertainty in critical regions, mc_gradcam", "4 of 12"]
    assert critical[4] == f"75.0 ({low:.1f} to {high:.1f}), n = 4"
    low, high = (100 * end for end in wilson(1 / 6, 6))
    assert critical[5] == f"16.7 ({low:.1f} to {high:.1f}), n = 6"
    assert entropy[0] == "Entropy of the prediction, network"


def test_the_area_counts_pairs_of_an_error_and_what_is_right(results):
    table, _ = TABLE(results)
    wrong, right = CRITICALLY[:4], CRITICALLY[4:]
    pairs = np.mean([(a > b) + 0.5 * (a == b) for a in wrong for b in right])
    assert table.rows[0][2].mean == pytest.approx(pairs)


def test_the_printed_shares_have_wilsons_interval_of_their_n(results):
    _, beside = TABLE(results)
    false, true = lines(beside)
    assert (false[0], false[2]) == ("Ours, false positives", "83%")
    assert false[5] == "inside"
    assert float(false[4].split()[0]) == pytest.approx(75 - 83)
    assert true[2] == "12%"
    apart = beside.rows[0][4]
    below = np.hypot(75 - 100 * wilson(0.75, 4)[0], 100 * wilson(7 / 8, 8)[1] - 83)  # 83 % of 8 is nearest to 7 of 8
    assert apart.low == pytest.approx(-8 - below, abs=0.01)


def test_above_a_percentile_and_of_chosen_measures_only(results):
    table, _ = Shares("U", measures=(CRITICAL,), percentile=50, beside="uncertainty", column="uncertain",
                      outcomes={"false positives": "false_alarms"})(results)  # fmt: skip
    (line,) = lines(table)
    assert line[3] == "0.2"
    assert "the 50th percentile of the pictures that are right" in table.notes[0]


def test_where_nothing_is_wrong_or_evaluated_it_says_so(tmp_path):
    right = binary([0.9, 0.1, 0.8, 0.2], [1, 0, 1, 0])
    values = {("mc_gradcam-aaaaaa", CRITICAL): CRITICALLY[:4]}
    run = stored_run(tmp_path, "right", right, [found("uncertainty", MEASURES, values)])
    (table,) = TABLE(studied({"right": run}))
    assert lines(table)[0][2] == "–"
    assert lines(table)[0][4] == "–"  # there is no false positive
    assert lines(table)[0][5].endswith("n = 2")
    assert any("no doubt can find the errors" in note for note in table.notes)
    assert TABLE(studied({"none": stored_run(tmp_path, "none", right)})) == []
