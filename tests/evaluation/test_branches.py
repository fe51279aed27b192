import numpy as np
import pandas as pd

from xaimed.evaluation.branches import COLUMNS, read_branches, write_branches
from xaimed.reporting.branches import branches_table


def made():
    values = [("a,1", 0, "NA", 0.1, -0.3, 0.75), ("NA", 0, "b", 1 / 3, 0.0, 0.0), ("c\udce4", 1, "b", 0.0, 0.0, np.nan)]
    columns = zip(COLUMNS, zip(*values, strict=True), strict=True)
    return pd.DataFrame({name: pd.Series(list(told), dtype=object) for name, told in columns})


def test_what_is_written_comes_back_also_odd_names_and_an_undefined_share(tmp_path):
    write_branches(tmp_path / "branches.csv", made())
    again = read_branches(tmp_path / "branches.csv")
    assert list(again["sample_id"]) == ["a,1", "NA", "c\udce4"]
    assert list(again["explained"]) == ["NA", "b", "b"]
    for name in COLUMNS[3:]:
        np.testing.assert_array_equal(again[name].to_numpy(float), made()[name].to_numpy(float))


def test_the_table_gives_mean_and_spread_by_predicted_class():
    rows = pd.DataFrame({"explained": ["b", "a", "b"], "handcrafted_share": [0.2, 0.5, 0.4]})
    table = branches_table(rows)
    assert [(row[0], row[1], str(row[2])) for row in table.rows] == [
        ("a", 1, "50.0"),
        ("b", 2, "30.0 ± 14.1"),
        ("all", 3, "36.7 ± 15.3"),
    ]
