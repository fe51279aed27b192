"""What do finished networks say of a few new pictures, how sure are they together, and where did they look?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from xaimed.data.preparation import Preparation, square
from xaimed.data.reading import read_picture
from xaimed.data.task import Kind
from xaimed.errors import ExplainError, UnreadableImageError
from xaimed.explain.branches import contributions
from xaimed.explain.combined import weighted_sum
from xaimed.explain.contract import Explainer, Explanation
from xaimed.explain.predictive import entropy
from xaimed.explain.untouched import untouched
from xaimed.models.hybrid.network import HybridNetwork
from xaimed.models.network import Network
from xaimed.studies.jury import Bench, Jury

FOLDS, PASSES = "over the networks that vote", "over dropout passes"
PE, MI = "predictive_entropy", "mutual_information"


@dataclass(frozen=True)
class Seen:
    """Pictures that could be read, at every size that a network wants, and why the others could not."""

    files: list[Path]
    at_size: dict[int, list[Tensor]]
    unreadable: list[tuple[Path, str]]


@dataclass(frozen=True)
class Look:
    """Where the networks looked, by one explainer.

    Attributes:
        name: the explainer's.
        heatmap: ``[n, h, w]``: a single network's raw map, or the weighted mean of those of several.
        uncertainty: ``[n, h, w]``: the spread over networks; of a single one, what its explainer gives, if anything.
        asked: what its explainer says that it was asked.
    """

    name: str
    heatmap: Tensor
    uncertainty: Tensor | None
    asked: dict[str, str | int | float]

    def relative_uncertainty(self) -> list[float]:
        """Of every picture, the mean uncertainty over the mean size of the map; NaN where either is not there."""
        if self.uncertainty is None:
            return [math.nan] * len(self.heatmap)
        size, spread = self.heatmap.abs().mean((1, 2)), self.uncertainty.mean((1, 2))
        return torch.where(size > 0, spread / size, torch.nan).tolist()


@dataclass(frozen=True)
class Opinion:
    """What was said of n pictures.

    Attributes:
        probabilities: ``[n, classes]`` of all networks together.
        explained: ``[n]``, the class whose evidence the maps show: the most probable one.
        entropy: ``[n]``, in nats: how unsure all together are.
        information: ``[n]``, how much of that is disagreement; None where there is a single network and a single pass.
        disagreement: between what that is measured.
        looks: by the name under which the explainer was asked for.
        handcrafted: of a hybrid, the share ``[n]`` of the decision that has no map.
    """

    probabilities: Tensor
    explained: Tensor
    entropy: Tensor
    information: Tensor | None
    disagreement: str
    looks: dict[str, Look]
    handcrafted: Tensor | None


def see(files: Sequence[Path], sizes: Sequence[int]) -> Seen:
    """Read pictures once, as squares of these sizes."""
    seen = Seen([], {size: [] for size in sizes}, [])
    for file in files:
        try:
            picture = read_picture(file)
        except UnreadableImageError as error:
            seen.unreadable.append((file, error.what))
        except (OSError, RuntimeError, ValueError) as error:  # a ring of links, a name with a zero byte
            seen.unreadable.append((file, f"it cannot be reached: {error}"))
        else:
            seen.files.append(file)
            for size in sizes:
                seen.at_size[size].append(square(picture, size))
    return seen


def opinion_on(seen: Seen, bench: Bench, explainers: Mapping[str, Explainer], at_once: int) -> Opinion:
    """Ask every network, let them vote, and ask each of them about the class that they chose together.

    Args:
        seen: at least one picture.
        bench: the networks.
        explainers: by the name under which they were asked for.
        at_once: pictures that a network sees together at most.
    """
    jury, exclusive = bench.jury, bench.jury.task.kind is not Kind.MULTILABEL
    each = torch.stack([_probabilities(jury, network, batches) for network, batches in _asked(bench, seen, at_once)])
    if not torch.isfinite(each).all():
        bad = int((~torch.isfinite(each)).any(-1).any(0).nonzero()[0])
        raise ExplainError("a network gave NaN or infinity for this picture", where=seen.files[bad])
    together = jury.decided(each)
    explained = together.argmax(1)
    found: dict[str, list[Explanation]] = {name: [] for name in explainers}
    shares: list[Tensor] = []
    for network, batches in _asked(bench, seen, at_once):
        for name, explainer in explainers.items():
            found[name].append(_explained(network, explainer, batches, explained))
        if isinstance(network, HybridNetwork):
            shares.append(_handcrafted(network, batches, explained))
    counted = torch.tensor(jury.shares, dtype=torch.float64)
    mean = torch.einsum("v,vnc->nc", counted, each.double())
    unsure, information, disagreement = entropy(mean, exclusive), None, "nothing: one network, one pass"
    sampled = next((parts[0].extra for parts in found.values() if MI in parts[0].extra), None)
    if jury.several:
        disagreement = FOLDS
        information = (unsure - torch.einsum("v,vn->n", counted, entropy(each.double(), exclusive))).clamp_min(0)
    elif sampled is not None:
        unsure, information, disagreement = sampled[PE], sampled[MI], PASSES
    looks = {name: _look(explainers[name].name, parts, jury) for name, parts in found.items()}
    handcrafted = torch.einsum("v,vn->n", counted, torch.stack(shares)) if len(shares) == len(jury.voters) else None
    return Opinion(together, explained, unsure, information, disagreement, looks, handcrafted)


@dataclass(frozen=True)
class _Batches:
    """The pictures as one network sees them, a few at a time."""

    pictures: Sequence[Tensor]
    preparation: Preparation
    at_once: int
    device: torch.device

    def __iter__(self) -> Iterator[tuple[slice, Tensor]]:
        for start in range(0, len(self.pictures), self.at_once):
            own = slice(start, start + self.at_once)
            yield own, torch.stack([self.preparation(picture) for picture in self.pictures[own]]).to(self.device)


def _asked(bench: Bench, seen: Seen, at_once: int) -> Iterator[tuple[Network, _Batches]]:
    for voter, network in bench.networks():
        preparation, device = voter.preparation(), next(network.parameters()).device
        yield network, _Batches(seen.at_size[preparation.resized], preparation, at_once, device)


def _probabilities(jury: Jury, network: Network, batches: _Batches) -> Tensor:
    with untouched(network):
        return torch.cat([jury.task.probabilities(network(images)).cpu() for _, images in batches])


def _explained(network: Network, explainer: Explainer, batches: _Batches, targets: Tensor) -> Explanation:
    """Raw maps of all pictures, and with them whether the passes of this network agree."""
    parts = [explainer(network, images, targets[own].to(images.device)) for own, images in batches]
    spreads = [part.uncertainty for part in parts if part.uncertainty is not None]
    told = {name: torch.cat([part.extra[name] for part in parts]).cpu() for name in (PE, MI) if name in parts[0].extra}
    return Explanation(
        heatmap=torch.cat([part.heatmap for part in parts]).cpu(),
        targets=targets,
        logits=torch.cat([part.logits for part in parts]).cpu(),
        uncertainty=torch.cat(spreads).cpu() if spreads else None,
        extra=told,
        asked=parts[0].asked,
    )


def _look(name: str, parts: Sequence[Explanation], jury: Jury) -> Look:
    if not jury.several:
        return Look(name, parts[0].heatmap, parts[0].uncertainty, parts[0].asked)
    return Look(name, *weighted_sum([part.heatmap for part in parts], jury.shares), asked=parts[0].asked)


def _handcrafted(network: HybridNetwork, batches: _Batches, targets: Tensor) -> Tensor:
    with untouched(network):
        found = [
            contributions(network, network.body(images), targets[own].to(images.device)).handcrafted_share.cpu()
            for own, images in batches
        ]
    return torch.cat(found).double()
