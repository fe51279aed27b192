"""Who answers when an ensemble is asked again? Its members, voting as one network, and an explainer that asks all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np
import torch
from torch import Tensor, nn

from xaimed.data.preparation import Preparation
from xaimed.data.task import Task
from xaimed.evaluation.voting import logits_of, together
from xaimed.explain.combined import weighted_sum
from xaimed.explain.contract import Explanation, asked_targets, predicted_class
from xaimed.explain.gradcam import GradCAM
from xaimed.explain.untouched import untouched
from xaimed.models.network import Network

NAME = "ensemble_gradcam"


class Members(nn.Module):
    """Networks of one task that vote on the same pictures, each normalised as it knows them.

    Args:
        members: the networks.
        preparations: of each, of one size and crop; pictures come as the first knows them.
        task: what is decided.
        vote: as in ``xaimed.evaluation.voting``.
        shares: how much each member counts.
    """

    def __init__(
        self,
        members: Sequence[Network],
        preparations: Sequence[Preparation],
        task: Task,
        vote: str,
        shares: Sequence[float],
    ) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.task, self.vote, self.shares = task, vote, np.asarray(shares, dtype=np.float64)
        self.channels = [(each.mean, each.std) for each in preparations]

    def asked(self, images: Tensor) -> Iterator[tuple[Network, Tensor]]:
        """Each member with the pictures as it knows them."""
        (mean, std), *_ = self.channels
        for member, own in zip(self.members, self.channels, strict=True):
            seen = images
            if own != (mean, std):
                plain = images * _channels(images, std) + _channels(images, mean)
                seen = (plain - _channels(images, own[0])) / _channels(images, own[1])
            yield cast(Network, member), seen

    def forward(self, images: Tensor) -> Tensor:
        """The logits ``[B, outputs]`` of what they decide together; no gradient flows through a vote."""
        each = [self.task.probabilities(member(seen).float()) for member, seen in self.asked(images)]
        chance = together(torch.stack(each).detach().cpu().numpy(), self.vote, self.shares, self.task.kind.value)
        return torch.from_numpy(logits_of(self.task.kind.value, chance)).float().to(images.device)


class VotingNetwork(Network):
    """An ensemble as a network: its logits are those of its stored predictions.

    What changes a picture and asks again may take it for any other network. It has no layer that could be explained and
    no stages that could forget: its members have.

    Args:
        members: the networks that vote.
    """

    def __init__(self, members: Members) -> None:
        first, *_ = members.members
        outputs, side = members.task.outputs, cast(Network, first).input_size
        super().__init__(members, nn.Sequential(), explained="", feature_width=outputs, input_size=side)


@dataclass(frozen=True)
class MembersGradCAM:
    """The Grad-CAM of every member for the class that they choose together, summed by their shares.

    Attributes:
        shares: how much each member counts.
    """

    shares: tuple[float, ...]
    name: ClassVar[str] = NAME

    def check(self, network: Network) -> None:
        """Every member must have a layer that can be explained."""
        for member in _members(network).members:
            GradCAM().check(cast(Network, member))

    def __call__(self, network: Network, images: Tensor, targets: Tensor | None = None) -> Explanation:
        """The sum of maps that have a mean of 1, and their spread over members."""
        with untouched(network):
            logits = network(images)
        classes = predicted_class(logits) if targets is None else asked_targets(targets, logits)
        maps = [GradCAM()(member, seen, classes).heatmap for member, seen in _members(network).asked(images)]
        mean, spread = weighted_sum(maps, self.shares)
        return Explanation(mean, classes, logits, spread, asked={"explainer": NAME, "members": len(maps)})


def _members(network: Network) -> Members:
    assert isinstance(network.body, Members)
    return network.body


def _channels(images: Tensor, values: Sequence[float]) -> Tensor:
    return images.new_tensor(values)[:, None, None]
