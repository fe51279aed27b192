"""Can every run of a study be begun, and on the data of the paper? Asked before anything is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, TypeVar

from xaimed.config.identity import identity_hash
from xaimed.config.targets import instantiate
from xaimed.data.manifest import Manifest, Source
from xaimed.data.phantoms.phantom import Phantom
from xaimed.data.published import differences
from xaimed.errors import XaimedError
from xaimed.models.weights import imagenet_place
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Samples
from xaimed.studies.reproduction.standing import Standing
from xaimed.studies.reproduction.study import Study
from xaimed.studies.staged import donor_at
from xaimed.studies.stand_in import STAND_IN
from xaimed.training.strategies import Strategy

Found = TypeVar("Found")
TORCHVISION = "xaimed.models.torchvision_backbones.torchvision_network"


@dataclass(frozen=True)
class Data:
    """A dataset of a study, looked at once for all its runs.

    Attributes:
        source: what makes its manifest; None where it cannot be built.
        manifest: of all its pictures; None for a phantom, which is drawn when it is needed, and where there is none.
        problem: why nothing can be trained on it.
    """

    source: Source | None = None
    manifest: Manifest | None = None
    problem: str = ""

    @property
    def pictures(self) -> int:
        """How many it holds, as far as that is known."""
        if isinstance(self.source, Phantom):
            return sum(self.source.counts.values())
        return 0 if self.manifest is None else len(self.manifest)

    @cached_property
    def fingerprint(self) -> str:
        """What its manifest is; empty where there is none."""
        return "" if self.manifest is None else self.manifest.fingerprint()


@dataclass(frozen=True)
class Looked:
    """The runs of a study after a look at their data and weights.

    Attributes:
        standings: with every problem that was found.
        remarks: what is unlike the paper, or will be fetched; the runs can be begun all the same.
        data: by the name of a run, what it is trained on.
    """

    standings: tuple[Standing, ...]
    remarks: tuple[str, ...]
    data: Mapping[str, Data]


def look_beforehand(study: Study, before: Sequence[Standing], fetch: bool = True) -> Looked:
    """Look at the datasets and weights of the runs that can be begun, at each once.

    Args:
        study: whose runs.
        before: how far they are.
        fetch: whether weights that are not here may be downloaded, as training would do; with False they are named.
    """
    seen: dict[str, Data] = {}
    started: dict[str, tuple[str, str]] = {}
    after, data, remarks = [], {}, []
    for each in before:
        if each.config is None:
            after.append(each)
            continue
        node = each.config["dataset"]
        looked = _once(seen, node, data_of)
        data[each.member.name] = looked
        problem, remark = looked.problem, ""
        if not problem and not each.complete:
            start = {key: each.config[key] for key in ("backbone", "strategy")}
            problem, remark = _once(started, start, partial(weights_of, fetch=fetch))
        after.append(replace(each, problem=problem, data=looked.fingerprint))
        remarks += [remark] if remark else []
    for looked in seen.values():
        remarks += unlike_published(looked, None if study.stamp else study.paper)
    return Looked(tuple(after), tuple(dict.fromkeys(remarks)), data)


def data_of(node: Mapping[str, Any]) -> Data:
    """A dataset, or why there is none."""
    source: Source | None = None
    try:
        source = instantiate(node)
        return Data(source, None if isinstance(source, Phantom) or source is None else source.manifest())
    except XaimedError as error:
        return Data(source, None, str(error))


def weights_of(config: Mapping[str, Any], fetch: bool) -> tuple[str, str]:
    """Why a network cannot start from the weights that are asked for, and what must be fetched for it."""
    try:
        strategy: Strategy = instantiate(config["strategy"])
        backbone = config["backbone"]
        weights = backbone.get("weights")
        if not strategy.pretrained or weights == STAND_IN or (weights and donor_at(str(weights))):
            return "", ""
        if not fetch and weights == "imagenet":
            place = imagenet_place(str(backbone["name"])) if backbone["_target_"] == TORCHVISION else None
            told = f"the ImageNet weights {place.name} are not here; training would fetch them" if place else ""
            return "", told if place and not place.is_file() else ""
        instantiate(backbone, outputs=2, pretrained=True)
    except XaimedError as error:
        return str(error), ""
    return "", ""


def unlike_published(data: Data, paper: Paper | None) -> list[str]:
    """What a dataset counts otherwise than its publication, or than the paper; nothing of a phantom."""
    if data.source is None or data.manifest is None:
        return []
    name = data.manifest.name
    said = differences(data.source, data.manifest)
    if not said and paper:
        said = _unlike_paper(data.manifest, paper)
    return [f"{name}: {line}" for line in said]


def _unlike_paper(manifest: Manifest, paper: Paper) -> list[str]:
    """What none of the paper's sets of samples with these classes counts as this dataset does."""
    have = [{_plain(name): count for name, count in part.class_counts().items()} for part in _parts(manifest)]
    alike = [samples for samples in paper.samples.values() if _shares_classes(samples, have[0])]
    if not alike or any(_counted(samples) in have for samples in alike):
        return []
    largest = max(alike, key=lambda samples: samples.n)
    return [
        f"no picture of '{label}', where the paper counts {count}"
        if not have[0].get(_plain(label))
        else f"{have[0][_plain(label)]} pictures of '{label}', where the paper counts {count}"
        for label, count in largest.classes.items()
        if have[0].get(_plain(label)) != count
    ]


def _parts(manifest: Manifest) -> list[Manifest]:
    splits = [name for name in manifest.frame["split"].unique() if name] if "split" in manifest.frame else []
    return [manifest, *(manifest.select((manifest.frame["split"] == name).to_numpy()) for name in splits)]


def _shares_classes(samples: Samples, have: Mapping[str, int]) -> bool:
    return len(set(_counted(samples)) & set(have)) > 1


def _counted(samples: Samples) -> dict[str, int]:
    return {_plain(name): count for name, count in samples.classes.items()}


def _plain(name: str) -> str:
    """Class names differ between a paper and its data in case, blanks and underscores."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _once(found: dict[str, Found], node: Mapping[str, Any], look: Callable[[Mapping[str, Any]], Found]) -> Found:
    key = identity_hash(node)
    if key not in found:
        found[key] = look(node)
    return found[key]
