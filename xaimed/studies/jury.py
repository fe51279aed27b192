"""Who decides about pictures that no fold has held out? Finished networks, each built from its own files alone.

A run can be asked long after its data have moved away: ``run.json`` says what the network is and what its classes are,
the fold's own files hold its weights, the numbers that its pictures were normalised by, and the SVM of a hybrid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaimed.config.targets import instantiate
from xaimed.data.preparation import FOLD, Preparation
from xaimed.data.randomness import seeded
from xaimed.data.task import Task
from xaimed.errors import ConfigError, StoreError, WeightsError
from xaimed.evaluation.voting import SOFT, together
from xaimed.models.hybrid.chain import Chain
from xaimed.models.hybrid.network import HybridNetwork
from xaimed.models.network import Network
from xaimed.models.weights import misfit, read_state
from xaimed.store.fold import NORMALIZATION, SVM
from xaimed.store.writing import sha256_of
from xaimed.studies.normalization import normalized_as_written
from xaimed.studies.plan import HYBRID, preparation_of

OF_MODULE = "network."
"""What a checkpoint of ours writes before every name."""
KEPT = 2**30
"""Bytes of weights that stay in memory between two groups of pictures."""


@dataclass(frozen=True)
class Voter:
    """One finished network.

    Attributes:
        name: how it is called in what is written.
        fold: its number; members of an ensemble vote fold by fold.
        config: the configuration that it was trained with.
        task: its classes.
        weights: its file of weights.
        folder: where the fold's numbers of normalization and a hybrid's SVM lie.
        share: how much it counts in its fold.
    """

    name: str
    fold: int
    config: dict[str, Any]
    task: Task
    weights: Path
    folder: Path
    share: float = 1.0

    def network(self) -> Network:
        """The network as it decides, in evaluation mode; nothing is downloaded, for its own weights go over it."""
        with seeded("untrained"):
            network: Network = instantiate(self.config["backbone"], outputs=self.task.outputs, pretrained=False)
        if not isinstance(network, Network):
            raise ConfigError(f"the backbone gave a {type(network).__name__}, not a Network", where="backbone._target_")
        state = read_state(self.weights)
        if any(name.startswith(OF_MODULE) for name in state):
            state = {name.removeprefix(OF_MODULE): v for name, v in state.items() if name.startswith(OF_MODULE)}
        if told := misfit(network.state_dict(), state):
            raise WeightsError(
                f"these weights are not those of this run's network ({told})",
                where=self.weights,
                fix="Name the run that they belong to: --run outputs/runs/<run>.",
            )
        network.load_state_dict(state, strict=False)
        if self.config.get(HYBRID):
            network = HybridNetwork(network, Chain.read(self._companion(SVM)))
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return network.eval().to(device)

    def preparation(self) -> Preparation:
        """How pictures were made ready for it in training."""
        preparation = preparation_of(self.config)
        if preparation.normalization != FOLD:
            return preparation
        return normalized_as_written(preparation, self._companion(NORMALIZATION))

    def checksums(self) -> dict[str, str]:
        """SHA-256 of every file that decides what it says."""
        files = [self.weights, *(self.folder / name for name in (NORMALIZATION, SVM))]
        return {file.name: sha256_of(file) for file in files if file.is_file()}

    def _companion(self, name: str) -> Path:
        file = self.folder / name
        if not file.is_file():
            raise StoreError(
                f"these weights cannot be used without the {name} of their fold",
                where=file,
                fix="Put it beside the weights, or name the fold that they belong to with --fold N.",
            )
        return file


@dataclass(frozen=True)
class Jury:
    """Networks that decide together.

    Attributes:
        name: of the run.
        identity: of the run.
        task: what is decided.
        stamps: what must be said of everything that they say.
        voters: at least one.
        vote: how the members of an ensemble vote within a fold; folds always vote softly.
    """

    name: str
    identity: str
    task: Task
    stamps: tuple[str, ...]
    voters: tuple[Voter, ...]
    vote: str = SOFT

    @property
    def config(self) -> dict[str, Any]:
        """The configuration of the first one's run."""
        return self.voters[0].config

    @property
    def folds(self) -> list[int]:
        """The folds that vote."""
        return sorted({voter.fold for voter in self.voters})

    @property
    def shares(self) -> list[float]:
        """How much of the whole each voter counts."""
        return [voter.share / len(self.folds) for voter in self.voters]

    @property
    def several(self) -> bool:
        """Whether more than one network decides."""
        return len(self.voters) > 1

    def told(self) -> str:
        """Who they are, for people."""
        if not self.several:
            return self.voters[0].name
        return f"{len(self.voters)} {'folds' if len(self.folds) == len(self.voters) else 'networks'}"

    def decided(self, each: Tensor) -> Tensor:
        """The probabilities ``[n, classes]`` of all together, from those of each, ``[voters, n, classes]``."""
        found = each.double().numpy()
        folds = []
        for fold in self.folds:
            own = [place for place, voter in enumerate(self.voters) if voter.fold == fold]
            share = np.array([self.voters[place].share for place in own])
            folds.append(together(found[own], self.vote, share, self.task.kind.value))
        return torch.from_numpy(np.mean(folds, axis=0))

    def check_crops(self) -> None:
        """Refuse networks whose maps cannot be laid over one another."""
        if len({voter.config["image"].get("crop") for voter in self.voters}) > 1:
            raise ConfigError(
                "these members look at different parts of a picture, so their maps cannot be summed",
                where="image.crop",
                fix="Explain with one of them.",
            )

    def checksums(self) -> dict[str, dict[str, Any]]:
        """Of every voter, how much it counts, and the SHA-256 of what decides what it says."""
        counted = zip(self.voters, self.shares, strict=True)
        return {voter.name: {"share": share, "sha256": voter.checksums()} for voter, share in counted}


@dataclass
class Bench:
    """Where the networks of a jury wait: loaded when they are needed, and kept while all of them fit into memory."""

    jury: Jury
    _kept: dict[str, Network] = field(default_factory=dict)

    def networks(self) -> Iterator[tuple[Voter, Network]]:
        """One after the other."""
        fit = sum(voter.weights.stat().st_size for voter in self.jury.voters) <= KEPT or not self.jury.several
        for voter in self.jury.voters:
            network = self._kept.get(voter.name) or voter.network()
            if fit:
                self._kept[voter.name] = network
            yield voter, network
