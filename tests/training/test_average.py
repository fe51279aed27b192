import pytest
import torch
from torch import nn

from xaimed.training.average import WeightAverage


def test_a_moving_average_by_hand():
    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, 0.0)
    average = WeightAverage(layer, decay=0.15)
    expected, found = [], []
    for weight, kept in ((1.0, 0.1), (2.0, 0.15), (3.0, 0.15)):  # 1/10, then 2/11 and 3/12 are above the decay
        nn.init.constant_(layer.weight, weight)
        average.update(layer)
        expected.append(kept * (expected[-1] if expected else 0.0) + (1 - kept) * weight)
        found.append(float(average.state_dict()["weight"]))
    assert expected[0] == 0.9
    assert found == pytest.approx(expected)
    assert average.steps == 3


def test_batchnorm_is_averaged_its_counter_copied_and_what_stands_still_keeps_every_bit():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    average = WeightAverage(model, decay=0.7)
    first = {name: value.clone() for name, value in model.state_dict().items()}
    for _ in range(20):
        model(torch.randn(8, 3, 5, 5))
        average.update(model)
    kept, last = average.state_dict(), model.state_dict()
    assert torch.equal(kept["0.weight"], first["0.weight"])
    assert torch.equal(kept["1.weight"], first["1.weight"])
    assert int(kept["1.num_batches_tracked"]) == 20
    assert not torch.equal(kept["1.running_mean"], last["1.running_mean"])
    torch.testing.assert_close(kept["1.running_mean"], last["1.running_mean"], atol=0.1, rtol=0)


def test_it_is_lent_and_taken_back_also_after_an_error():
    layer = nn.Linear(2, 2)
    average = WeightAverage(layer, decay=0.5)
    before = layer.weight.detach().clone()
    nn.init.ones_(layer.weight)

    def use():
        with average.applied(layer):
            assert torch.equal(layer.weight, before)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        use()
    assert torch.equal(layer.weight, torch.ones(2, 2))
