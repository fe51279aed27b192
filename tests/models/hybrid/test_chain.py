import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from support.hybrids import fitted
from support.tiny import tiny_network

from xaimed.errors import ConfigError, WeightsError
from xaimed.models.hybrid.chain import FACTS, Chain
from xaimed.models.hybrid.network import HybridNetwork


@pytest.fixture(scope="module")
def made():
    return fitted(3, pca=4)


@pytest.fixture
def stored(made, tmp_path):
    made.chain.save(tmp_path / "svm.npz")
    return tmp_path / "svm.npz"


def edited(path, **changes):
    """The stored arrays with some of them replaced, or left out where the value is None."""
    with np.load(path) as content:
        arrays = {name: content[name] for name in content.files}
    for name, value in changes.items():
        name = name.replace("__", ".")
        arrays.pop(name) if value is None else arrays.update({name: value})
    np.savez(path, **arrays)


def test_what_is_saved_comes_back_and_decides_the_same(made, stored):
    again = Chain.read(stored)
    assert again.arrays.keys() == made.chain.arrays.keys()
    for name, array in made.chain.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name])
    assert again.handcrafted == made.recipe.handcrafted
    with torch.no_grad():
        assert torch.equal(HybridNetwork(made.cnn, again)(made.images), made.network(made.images))


def test_equal_chains_are_equal_bytes_without_a_pickle(made, stored):
    before = stored.read_bytes()
    made.chain.save(stored)
    assert stored.read_bytes() == before
    with np.load(stored, allow_pickle=False) as content:
        assert {content[name].dtype.kind for name in content.files} == {"f", "U"}


def test_a_pickle_is_refused_and_not_run(stored, tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "was here"), "w"))

    edited(stored, mean=np.array(Evil(), dtype=object))
    with pytest.raises(WeightsError, match="no fitted SVM"):
        Chain.read(stored)
    assert not (tmp_path / "was here").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scale": None}, "the arrays are"),
        ({"more": np.zeros(3)}, "the arrays are"),
        ({"mean": np.zeros(3)}, "'mean' is no finite float64 of shape"),
        ({"svm__dual": np.zeros((2, 2))}, "'svm.dual' is no finite"),
        ({"svm__intercept": np.array([0, np.nan, 0])}, "'svm.intercept' is no finite"),
        ({"svm__gamma": np.array(1, dtype=np.float32)}, "'svm.gamma' is no finite float64"),
        ({FACTS: None}, "facts"),
        ({FACTS: np.array("{}")}, "version"),
        ({FACTS: np.array(json.dumps({"version": 2}))}, "another version"),
        ({FACTS: np.array("no JSON")}, "Expecting value"),
    ],
)
def test_a_damaged_file_is_refused_with_its_reason(stored, changes, said):
    edited(stored, **changes)
    with pytest.raises(WeightsError, match=f"this is no fitted SVM of xaimed .*{said}"):
        Chain.read(stored)


@pytest.mark.parametrize("content", [b"", b"hello", None])
def test_another_file_or_none_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "svm.npz").write_bytes(content)
    with pytest.raises(WeightsError, match="no fitted SVM"):
        Chain.read(tmp_path / "svm.npz")


def test_wrong_facts_are_refused(made):
    with pytest.raises(WeightsError, match="no kernel 'poly'"):
        replace(made.chain, kernel="poly")
    with pytest.raises(WeightsError, match="'mean' is no finite"):
        replace(made.chain, deep_width=3)
    with pytest.raises(ConfigError, match="fitted on 16 deep features; this network gives 10"):
        HybridNetwork(tiny_network(3, False, width=5), made.chain)
