import pytest

from xaimed.errors import ConfigError, TrainingError
from xaimed.training.strategies import FeatureExtraction
from xaimed.training.unfreezing import GradualUnfreezing, StagedTransfer, TopTuning

FROM_TOP = ["body.layer4", "body.layer3", "body.layer2", "body.layer1"]


def thaws(strategy, network):
    return {part.name: part.thaw for part in strategy.parts(network)}


def test_gradual_unfreezing_goes_from_the_head_down_to_the_picture(network):
    assert thaws(GradualUnfreezing(every=2), network) == {
        "conv1": 10,
        "layer1": 8,
        "layer2": 6,
        "layer3": 4,
        "layer4": 2,
        "head": 0,
    }
    two = thaws(GradualUnfreezing(every=3, at_once=2), network)
    assert list(two.values()) == [9, 6, 6, 3, 3, 0]
    assert [part.rate for part in GradualUnfreezing(decay=0.5).parts(network)] == [
        1 / 32,
        1 / 16,
        1 / 8,
        1 / 4,
        1 / 2,
        1,
    ]


def test_only_what_is_unfrozen_moves_and_only_that_gets_a_state_in_the_optimizer(network, step, moved):
    strategy, optimizer = GradualUnfreezing(every=1), None
    seals = strategy.seal(network)
    assert set(seals) == {"conv1", "layer1", "layer2", "layer3", "layer4"}
    for epoch in range(3):
        strategy.assert_held(strategy.thawing(network, epoch), seals)
        before = {name: value.clone() for name, value in network.state_dict().items()}
        optimizer = step(network, strategy, epoch, optimizer)
        assert moved(network, before) == {"head", *FROM_TOP[:epoch]}
        with_state = {id(weight) for weight, state in optimizer.state.items() if state}
        assert with_state == {id(weight) for weight in network.parameters() if weight.requires_grad}
        assert not network.body.conv1.training
        assert not network.body.layer1.training
        assert network.body.layer4.training is (epoch > 0)
    assert [part.name for part in strategy.held(network, 3)] == ["conv1", "layer1", "layer2"]
    strategy.assert_held(strategy.held(network, 3), seals)
    assert [part.name for part in strategy.thawing(network, 3)] == ["layer2"]


def test_what_moved_before_its_time_is_found_when_its_time_comes(network):
    strategy = GradualUnfreezing(every=1)
    seals = strategy.seal(network)
    network.body.layer3[0].bn1.running_mean.add_(1)
    strategy.assert_held(strategy.thawing(network, 1), seals)
    with pytest.raises(TrainingError, match=r"in layer3\."):
        strategy.assert_held(strategy.thawing(network, 2), seals)


def test_staged_transfer_holds_the_whole_body_first(network, step, moved):
    strategy = StagedTransfer(frozen_epochs=1)
    assert strategy.pretrained
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = step(network, strategy)
    assert moved(network, before) == {"head"}
    assert not any(module.training for module in network.body.modules())
    step(network, strategy, 1, optimizer)
    assert moved(network, before) == {"head", *FROM_TOP, "body.conv1", "body.bn1"}
    assert strategy.held(network, 1) != []
    assert strategy.held(network, 2) == []
    assert set(thaws(StagedTransfer(), network).values()) == {0}


@pytest.mark.parametrize("top", [2, "layer3"])
def test_the_top_alone(network, step, moved, top):
    strategy = TopTuning(top)
    assert thaws(strategy, network) == {
        "conv1": None,
        "layer1": None,
        "layer2": None,
        "layer3": 0,
        "layer4": 0,
        "head": 0,
    }
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = step(network, strategy)
    assert moved(network, before) == {"head", "body.layer3", "body.layer4"}
    held = sum(weight.numel() for group in optimizer.param_groups for weight in group["params"])
    assert held == sum(weight.numel() for weight in network.parameters() if weight.requires_grad)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: GradualUnfreezing(every=0), "strategy.every"),
        (lambda: GradualUnfreezing(every=1.5), "1.5 is no whole number"),
        (lambda: GradualUnfreezing(at_once=0), "strategy.at_once"),
        (lambda: GradualUnfreezing(decay=1.2), "strategy.decay"),
        (lambda: StagedTransfer(-1), "strategy.frozen_epochs"),
        (lambda: TopTuning(0), "strategy.top"),
        (lambda: TopTuning(True), "strategy.top"),
    ],
)
def test_what_makes_no_sense_is_refused(make, said):
    with pytest.raises(ConfigError, match=said):
        make()


@pytest.mark.parametrize(("top", "said"), [("layer5", "'layer4'"), (6, "conv1, layer1, layer2, layer3, layer4")])
def test_a_stage_that_is_not_there_gets_those_that_are(network, top, said):
    with pytest.raises(ConfigError, match=said):
        TopTuning(top).parts(network)


def test_a_whole_frozen_body_is_in_evaluation_mode_containers_included(network):
    network.train()
    FeatureExtraction().hold(network)
    assert not any(module.training for module in network.body.modules())
    assert all(module.training for module in network.head.modules())
