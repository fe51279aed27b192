import numpy as np
import pandas as pd
import pytest
from scipy import stats

from xaimed.errors import StoreError
from xaimed.evaluation.contract import Measure, row_table
from xaimed.reporting.tables import Estimate, to_markdown
from xaimed.reporting.zones import zones_table

MEASURES = {
    "activation:right_upper": Measure("Activation, right upper (image left)"),
    "activation:left_upper": Measure("Activation, left upper (image right)"),
    "uncertainty:left_upper": Measure("Uncertainty, left upper (image right)"),
}


def made(classes, each=8):
    rng = np.random.default_rng(0)
    ids = [f"{label}-{i}" for label in classes for i in range(each)]
    labels = {name: name.split("-")[0] for name in ids}
    shift = {label: 0.3 * i for i, label in enumerate(classes)}
    upper = rng.random(len(ids)) * 0.5
    lower = upper[::-1] + [shift[labels[name]] for name in ids]
    rows = [
        row_table(ids, "gradcam-1", "activation:right_upper", upper),
        row_table(ids, "gradcam-1", "activation:left_upper", lower),
        row_table(ids, "other", "activation:left_upper", lower + 5),
    ]
    return pd.concat(rows, ignore_index=True), labels


def values(rows, measure, label, labels):
    own = rows[(rows["explainer"] == "gradcam-1") & (rows["measure"] == measure)]
    return own[own["sample_id"].map(labels) == label]["value"].to_numpy()


def test_two_classes_are_compared_zone_by_zone_as_scipy_does():
    rows, labels = made(["NORMAL", "PNEUMONIA"])
    table = zones_table(rows, labels, MEASURES, explainer="gradcam-1")
    assert table.columns == (
        "Zone", "NORMAL (n = 8)", "PNEUMONIA (n = 8)", "PNEUMONIA − NORMAL", "Cliff's δ", "p", "p (Holm)"
    )  # fmt: skip
    assert [row[0] for row in table.rows] == ["right upper (image left)", "left upper (image right)"]
    tested = []
    for row, zone in zip(table.rows, MEASURES, strict=False):
        healthy, ill = (values(rows, zone, label, labels) for label in ("NORMAL", "PNEUMONIA"))
        assert row[1] == Estimate(pytest.approx(healthy.mean()), pytest.approx(healthy.std(ddof=1)), 3)
        assert row[3] == Estimate(pytest.approx(ill.mean() - healthy.mean()), None, 3)
        test = stats.mannwhitneyu(ill, healthy)
        assert row[4] == Estimate(pytest.approx(2 * test.statistic / 64 - 1))
        assert float(row[5]) == pytest.approx(test.pvalue, rel=0.05, abs=5e-4)
        tested.append(test.pvalue)
    low = min(tested)
    assert [float(row[6]) for row in table.rows] == pytest.approx(
        [2 * p if p == low else max(p, 2 * low) for p in tested], rel=0.05, abs=5e-4
    )
    assert "correction for 2 zones" in to_markdown(table)


def test_more_classes_are_compared_over_all():
    rows, labels = made(["A", "B", "C"])
    table = zones_table(rows, labels, MEASURES, explainer="gradcam-1", classes=["C", "A", "B"])
    assert table.columns[1:6] == ("C (n = 8)", "A (n = 8)", "B (n = 8)", "Range of means", "ε²")
    groups = [values(rows, "activation:left_upper", label, labels) for label in "ABC"]
    test = stats.kruskal(*groups)
    assert table.rows[1][5] == Estimate(pytest.approx(test.statistic / 23))
    assert float(table.rows[1][6]) == pytest.approx(test.pvalue, rel=0.05, abs=5e-4)


def test_pictures_of_a_patient_and_repeated_rows_count_once():
    rows, labels = made(["NORMAL", "PNEUMONIA"], each=6)
    twice = pd.concat([rows, rows.assign(value=rows["value"] + 0.2)])
    once = rows.assign(value=rows["value"] + 0.1)
    tables = [to_markdown(zones_table(of, labels, MEASURES, explainer="gradcam-1")) for of in (twice, once)]
    assert tables[0] == tables[1]
    patients = {name: f"{name.split('-')[0]}{int(name.split('-')[1]) // 2}" for name in labels}
    table = zones_table(rows, labels, MEASURES, explainer="gradcam-1", patients=patients)
    assert table.columns[1] == "NORMAL (n = 3)"
    assert "over patients" in table.notes[0]


def test_unknown_values_and_a_class_without_any_are_dashes_not_numbers():
    rows, labels = made(["NORMAL", "PNEUMONIA"])
    rows.loc[rows["sample_id"].isin(["NORMAL-0", "NORMAL-1"]), "value"] = np.nan
    assert zones_table(rows, labels, MEASURES, explainer="gradcam-1").columns[1] == "NORMAL (n = 6)"
    rows.loc[rows["sample_id"].str.startswith("NORMAL"), "value"] = np.nan
    table = zones_table(rows, labels, MEASURES, explainer="gradcam-1", classes=["NORMAL", "PNEUMONIA"])
    assert [str(cell) for cell in table.rows[0]][1:2] + [str(cell) for cell in table.rows[0]][3:] == ["–"] * 5
    with pytest.raises(StoreError, match="no uncertainty"):
        zones_table(rows, labels, MEASURES, explainer="gradcam-1", kind="uncertainty")
