import pytest
import torch
from rich.console import Console

from xaimed.models.torchvision_backbones import torchvision_network
from xaimed.reporting.terminal import TerminalTable
from xaimed.reporting.trained_parts import trained_parts_table
from xaimed.training.discriminative import Discriminative
from xaimed.training.optimizers import adamw_sparing, optimizer_for
from xaimed.training.strategies import FeatureExtraction, FineTuning
from xaimed.training.unfreezing import GradualUnfreezing

TOTAL, HEAD = 11_178_051, 1_539
"""Of a ResNet-18 (11 689 512 by torchvision) without its last layer's 513 000, and with one of 512 × 3 + 3."""


@pytest.fixture(scope="module")
def network():
    return torchvision_network("resnet18", outputs=3, pretrained=False)


def table_of(network, strategy, make=lambda p: torch.optim.Adam(p, lr=1e-4), epochs=50):
    strategy.prepare(network)
    return trained_parts_table(network, strategy, optimizer_for(strategy, network, make), epochs)


def test_what_is_alike_shares_a_row(network):
    table = table_of(network, FeatureExtraction())
    assert table.rows == (
        ("conv1 … layer4", 40, f"{TOTAL - HEAD:,}", "frozen", "–"),
        ("head", 1, "1,539", "yes", "0.0001"),
    )
    assert table.notes == ("1,539 of 11,178,051 weights trained in the first epoch",)
    assert [row[3:] for row in table_of(network, FineTuning()).rows] == [("yes", "0.0001")] * 2


def test_what_is_unfrozen_later_says_when_and_whether_it_will_be(network):
    table = table_of(network, GradualUnfreezing(every=2), epochs=7)
    assert [(row[0], row[3]) for row in table.rows] == [
        ("conv1 … layer1", "never (7 epochs)"),
        ("layer2", "from epoch 7"),
        ("layer3", "from epoch 5"),
        ("layer4", "from epoch 3"),
        ("head", "yes"),
    ]
    assert table.notes == (f"1,539 of {TOTAL:,} weights trained in the first epoch, {TOTAL:,} later",)


@pytest.mark.parametrize(
    "make", [lambda p: torch.optim.Adam(p, lr=1e-4), lambda p: adamw_sparing(p, lr=1e-4, weight_decay=0.1)]
)
def test_rates_are_those_of_the_optimizers_groups(network, make):
    rows = table_of(network, Discriminative(0.5), make).rows
    assert [row[4] for row in rows] == ["3.13e-06", "6.25e-06", "1.25e-05", "2.5e-05", "5e-05", "0.0001"]


def test_it_is_read_from_what_happened_and_not_from_what_was_announced(network):
    strategy = FineTuning()
    strategy.prepare(network)
    network.body.layer1.requires_grad_(False)
    own = [weight for weight in network.parameters() if weight.requires_grad]
    rows = trained_parts_table(network, strategy, torch.optim.SGD(own, lr=0.5), 5).rows
    assert [(row[0], *row[3:]) for row in rows] == [
        ("conv1", "yes", "0.5"),
        ("layer1", "frozen", "–"),
        ("layer2 … layer4", "yes", "0.5"),
        ("head", "yes", "0.5"),
    ]


def test_it_fits_eighty_columns_where_there_is_no_terminal(network):
    console = Console(width=80, force_terminal=False, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(TerminalTable(table_of(network, GradualUnfreezing(decay=0.3))))
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("from epoch" in line for line in lines) == 5
