import pandas as pd
import pytest

from xaimed.data.phantoms.spine import SpinePhantom
from xaimed.errors import StoreError
from xaimed.evaluation.samples import SAMPLES, read_samples, write_samples


def test_free_columns_come_back_and_nothing_else(tmp_path):
    manifest = SpinePhantom(counts=[2, 2, 2], size=32, seed=1).manifest()
    write_samples(tmp_path / SAMPLES, manifest)
    found = read_samples(tmp_path)
    assert found.index.tolist() == manifest.frame["sample_id"].tolist()
    assert {"group", "sex", "age", "view"} <= set(found.columns)
    assert not {"path", "label", "mask_path", "split"} & set(found.columns)
    pd.testing.assert_series_equal(
        found["age"].reset_index(drop=True), manifest.frame["age"], check_dtype=False, check_names=False
    )


def test_an_old_run_has_none_and_a_foreign_file_is_refused(tmp_path):
    assert read_samples(tmp_path) is None
    (tmp_path / SAMPLES).write_text("a,b\n1,2\n")
    with pytest.raises(StoreError, match=r"cannot be read.*samples\.csv"):
        read_samples(tmp_path)
