"""Small networks of every shape that explainers meet."""

from collections import OrderedDict

import pytest
import torch
from torch import nn

from xaimed.models.network import Network


def _body(*, batchnorm=True, deep=None, side=2):
    parts = OrderedDict(conv1=nn.Conv2d(3, 6, 3, stride=2, padding=1))
    if batchnorm:
        parts["norm"] = nn.BatchNorm2d(6)
    if deep == "before":
        parts["deep"] = nn.Dropout2d(0.3)
    parts["conv2"] = nn.Conv2d(6, 8, 3, padding=1)
    parts["relu"] = nn.ReLU(inplace=True)
    if deep == "after":
        parts["deep"] = nn.Dropout(0.3)
    parts["maxpool"] = nn.MaxPool2d(2)
    parts["avgpool"] = nn.AdaptiveAvgPool2d(side)
    parts["flatten"] = nn.Flatten()
    return nn.Sequential(parts), 8 * side**2


def _heads(width, outputs):
    return {
        "linear": lambda: [nn.Dropout(0.4), nn.Linear(width, outputs)],
        "bare": lambda: [nn.Linear(width, outputs)],
        "vgg": lambda: [
            nn.Linear(width, 16),
            nn.ReLU(True),
            nn.Dropout(0.5),
            nn.Linear(16, 12),
            nn.ReLU(True),
            nn.Dropout(0.25),
            nn.Linear(12, outputs),
        ],
        "nested": lambda: [nn.Linear(width, 16), nn.Sequential(nn.ReLU(True), nn.Dropout(0.5)), nn.Linear(16, outputs)],
    }


def build(head="linear", outputs=3, seed=0, explained="relu", **body_options):
    torch.manual_seed(seed)
    body, width = _body(**body_options)
    for module in body.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    head = nn.Sequential(*_heads(width, outputs)[head]())
    with torch.no_grad():  # maps must be large beside the tolerances of the tests
        for module in [body.conv2, *head.modules()]:
            if isinstance(module, nn.Conv2d | nn.Linear):
                module.weight.mul_(4)
    return Network(body, head, explained=explained, feature_width=width, input_size=16).eval()


@pytest.fixture(name="build")
def build_fixture():
    return build


@pytest.fixture
def images():
    return torch.randn(5, 3, 16, 16, generator=torch.Generator().manual_seed(1))
