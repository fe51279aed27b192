"""How does a drawing become a dataset? Patients, seeds, labels and files are made here; a phantom draws one picture."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from xaimed.data.manifest import Manifest
from xaimed.data.memory import keep_freed_memory
from xaimed.data.phantoms.markers import PLACES
from xaimed.data.randomness import seed_for
from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError, DataError
from xaimed.store.cache import cache_root, publish_directory

TABLE = "table.csv"
SMALLEST = 32
WORTH_A_PROCESS = 24
"""So many pictures take longer than starting a process."""


@dataclass(frozen=True)
class Case:
    """One picture to draw: what it must show, of whom, and with which chance."""

    finding: str
    traits: Mapping[str, Any]
    marker: str
    size: int
    rng: np.random.Generator


@dataclass(frozen=True)
class Picture:
    """One picture drawn: 8-bit pixels ``[H, W]`` or ``[H, W, 3]``, where its finding is, and its free columns."""

    pixels: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_] | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)


class Phantom(ABC):
    """A dataset that is drawn rather than downloaded, the same to the byte wherever it is drawn.

    Every patient has one finding and one to three pictures, and depends on the seed, the finding and its own number
    alone: asking for more of one class changes no picture of another. The files lie in the cache, in a folder named
    after the parameters.

    A subclass sets ``name``, ``version`` (raised with every change of the drawing), ``default_counts`` (pictures by
    class) and, where it is not multiclass, ``kind``; it defines ``traits`` and ``draw``.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    kind: ClassVar[Kind] = Kind.MULTICLASS
    default_counts: ClassVar[Mapping[str, int]]

    def __init__(
        self,
        counts: Mapping[str, int] | Sequence[int] | None = None,
        size: int = 224,
        seed: int = 0,
        shortcut: float = 0.0,
        label_noise: float = 0.0,
    ) -> None:
        """Check the parameters; nothing is drawn before ``manifest`` is called.

        Args:
            counts: pictures by class name, or in the order of the classes; a class without pictures is left out.
            size: side of the square pictures in pixels.
            seed: where all chance comes from.
            shortcut: strength of the planted shortcut, from 0 (the lead marker says nothing) to 1 (it gives the class
                away).
            label_noise: probability that a patient is filed under a wrong class.
        """
        self.counts = self._counts(counts)
        self.size, self.seed = int(size), int(seed)
        self.shortcut, self.label_noise = float(shortcut), float(label_noise)
        if self.size < SMALLEST:
            raise ConfigError(f"a phantom of {size} pixels shows nothing", where="dataset.size", fix="Use 64 or more.")
        for key in ("shortcut", "label_noise"):
            if not 0 <= getattr(self, key) <= 1:
                raise ConfigError(f"{key} is {getattr(self, key)}", where=f"dataset.{key}", fix="Use 0 to 1.")

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of which there are pictures."""
        return tuple(finding for finding, count in self.counts.items() if count)

    @property
    def folder(self) -> Path:
        """Where the pictures lie, or will lie."""
        parameters = [self.version, self.counts, self.size, self.seed, self.shortcut, self.label_noise]
        digest = hashlib.sha256(json.dumps(parameters).encode()).hexdigest()[:16]
        return cache_root() / "phantoms" / f"{self.name}-{digest}"

    @abstractmethod
    def traits(self, finding: str, rng: np.random.Generator) -> dict[str, Any]:
        """What all pictures of one patient share: sex, age, build, severity."""

    @abstractmethod
    def draw(self, case: Case) -> Picture:
        """One picture."""

    def manifest(self) -> Manifest:
        """The table of this phantom, whose pictures are drawn if they are not there."""
        root = publish_directory(self.folder, self._write)
        try:
            table = pd.read_csv(root / TABLE, keep_default_na=False, na_values=["nan"])
        except FileNotFoundError as error:
            raise self._damaged(TABLE) from error
        files = [name for name in (*table["path"], *table["mask_path"]) if name]
        lost = [name for name in files if not (root / name).is_file()]
        if lost:
            raise self._damaged(lost[0])
        return Manifest(self.name, root, Task(self.kind, self.classes), table)

    def _counts(self, counts: Mapping[str, int] | Sequence[int] | None) -> dict[str, int]:
        """Pictures by class, in the order of the classes."""
        known = list(self.default_counts)
        if counts is None:
            counts = self.default_counts
        if not isinstance(counts, Mapping):
            if len(counts) != len(known):
                raise ConfigError(f"{len(counts)} counts for the classes {known}", where="dataset.counts")
            counts = dict(zip(known, counts, strict=True))
        foreign = [name for name in counts if name not in known]
        if foreign or any(count < 0 for count in counts.values()) or not any(counts.values()):
            raise ConfigError(
                f"counts {dict(counts)} do not suit the phantom '{self.name}'",
                where="dataset.counts",
                fix=f"Give numbers of pictures for {known}.",
            )
        return {name: int(counts.get(name, 0)) for name in known}

    def _damaged(self, name: str) -> DataError:
        return DataError(
            f"'{name}' is gone from the drawn phantom", where=self.folder, fix="Delete this folder to draw it anew."
        )

    def _rng(self, *parts: int | str) -> np.random.Generator:
        return np.random.default_rng(seed_for(self.seed, self.name, *parts))

    def _patients(self) -> Iterator[tuple[str, str, int]]:
        """Patient, finding and number of pictures, until every class has its count."""
        for finding, count in self.counts.items():
            number = 0
            while count:
                patient = f"{finding}-{number:04d}".lower()
                pictures = min(count, int(self._rng(patient, "pictures").integers(1, 4)))
                yield patient, finding, pictures
                count, number = count - pictures, number + 1

    def _label(self, patient: str, finding: str) -> str:
        """The class that the patient is filed under."""
        rng = self._rng(patient, "label")
        others = [name for name in self.classes if name != finding]
        return str(rng.choice(others)) if others and rng.random() < self.label_noise else finding

    def _marker(self, patient: str, index: int, finding: str) -> str:
        """Where the lead marker lies: at its class's own place as often as the shortcut is strong, else anywhere."""
        rng = self._rng(patient, index, "marker")
        places = PLACES[: len(self.default_counts)]
        anywhere = places[int(rng.integers(len(places)))]
        return places[list(self.default_counts).index(finding)] if rng.random() < self.shortcut else anywhere

    def _write(self, root: Path) -> None:
        """Draw everything into an empty folder."""
        for folder in (*self.classes, "masks"):
            (root / folder).mkdir()
        jobs = [(root, patient, index) for patient in self._patients() for index in range(patient[2])]
        workers = _workers(len(jobs))
        keep_freed_memory()
        if workers > 1:
            with multiprocessing.get_context("fork").Pool(workers) as pool:
                rows = pool.starmap(self._row, jobs, chunksize=4)
        else:
            rows = [self._row(*job) for job in jobs]
        pd.DataFrame(rows).to_csv(root / TABLE, index=False, na_rep="nan")

    def _row(self, root: Path, person: tuple[str, str, int], index: int) -> dict[str, Any]:
        """Draw one picture of a patient, write it, and return its row."""
        patient, finding, _ = person
        marker, label = self._marker(patient, index, finding), self._label(patient, finding)
        traits = self.traits(finding, self._rng(patient))
        picture = self.draw(Case(finding, traits, marker, self.size, self._rng(patient, index)))
        name = f"{patient}-{index}"
        return {
            "sample_id": name,
            "path": _save(picture.pixels, root, f"{label}/{name}.png"),
            "label": label,
            "group": patient,
            "split": "",
            "mask_path": "" if picture.mask is None else _save(picture.mask, root, f"masks/{name}.png"),
            "finding": finding,
            "marker": marker,
            **picture.columns,
        }


def _workers(pictures: int) -> int:
    """How many processes to draw with: one where forking might not be safe, or would not pay."""
    unsafe = "fork" not in multiprocessing.get_all_start_methods() or not hasattr(os, "sched_getaffinity")
    if unsafe or threading.active_count() > 1 or multiprocessing.current_process().daemon:
        return 1
    return min(len(os.sched_getaffinity(0)), pictures // WORTH_A_PROCESS)


def _save(pixels: npt.NDArray[np.uint8] | npt.NDArray[np.bool_], root: Path, name: str) -> str:
    """Write a PNG and return its name."""
    grey = pixels.astype(np.uint8) * 255 if pixels.dtype == np.bool_ else pixels
    Image.fromarray(grey).save(root / name, compress_level=1)
    return name
