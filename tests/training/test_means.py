import pytest
import torch

from xaimed.training.means import SampleMean, TermMeans


def test_terms_are_averaged_over_samples_and_begin_anew():
    means = TermMeans()
    means.add({"a": torch.tensor(1.0), "b": torch.tensor(5.0)}, 3)
    means.add({"a": torch.tensor(5.0)}, 1)
    assert {name: float(value) for name, value in means.taken().items()} == {"a": 2.0, "b": 5.0}
    means.add({"a": torch.tensor(7.0), "b": torch.tensor(0.0)}, 2)
    assert {name: float(value) for name, value in means.taken().items()} == {"a": 7.0, "b": 0.0}
    assert not means.state_dict()  # nothing of it stands in a checkpoint


def test_a_small_batch_counts_little_and_nan_stays():
    mean = SampleMean()
    mean.update(torch.tensor(1.0), 32)
    mean.update(torch.tensor(9.0), 2)
    assert float(mean.compute()) == pytest.approx(50 / 34)
    mean.update(torch.tensor(torch.nan), 1)
    assert mean.compute().isnan()
    mean.reset()
    mean.update(torch.tensor(3.0), 1)
    assert float(mean.compute()) == 3
