"""How is the SVM of a hybrid found? Fitted by scikit-learn on what the trained CNN sees, on training rows only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from xaimed.config.nearmiss import near_miss
from xaimed.data.preparation import Preparation
from xaimed.data.randomness import seed_for
from xaimed.data.stratify import distribute
from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError, TrainingError
from xaimed.models.hybrid.chain import KERNELS, Chain
from xaimed.models.hybrid.handcrafted import Handcrafted
from xaimed.models.hybrid.network import deep_layers
from xaimed.models.network import Network

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Text = npt.NDArray[np.str_]


@dataclass(frozen=True)
class SVM:
    """The recipe: standardise, optionally project (PCA), one SVM for each class against the rest, Platt's sigmoids.

    The sigmoids are fitted on decision values of inner folds that keep patients together; each inner fold repeats the
    whole chain, standardisation and projection included. The SVMs themselves are fitted on all training rows.

    Args:
        handcrafted: what is measured beside the CNN's features.
        kernel: ``linear`` or ``rbf``.
        C: the price of a margin's violation.
        gamma: of the RBF kernel; ``scale`` is 1 / (entries · variance), scikit-learn's own default.
        balanced: whether errors on rare classes cost more, in inverse proportion.
        pca: null for none, a share of the variance below 1, or a number of components.
        inner_folds: for the sigmoids; fewer where a class has fewer patients.
    """

    handcrafted: Handcrafted = field(default_factory=Handcrafted)
    kernel: str = "rbf"
    C: float = 1.0
    gamma: float | str = "scale"
    balanced: bool = True
    pca: float | int | None = None
    inner_folds: int = 5

    def __post_init__(self) -> None:
        """Refuse what scikit-learn would refuse only after the CNN has been trained."""
        if self.kernel not in KERNELS:
            raise ConfigError(
                f"there is no kernel '{self.kernel}'", where="hybrid.kernel", fix=near_miss(self.kernel, KERNELS)
            )
        if self.C <= 0 or (self.gamma != "scale" and not (isinstance(self.gamma, float | int) and self.gamma > 0)):
            raise ConfigError(
                f"C={self.C}, gamma={self.gamma}: both must be above 0, gamma may be 'scale'", where="hybrid"
            )
        if self.pca is not None and (self.pca <= 0 or (self.pca > 1 and self.pca != int(self.pca))):
            raise ConfigError(f"a PCA of {self.pca} is neither a share nor a number of components", where="hybrid.pca")
        if self.inner_folds < 2:
            raise ConfigError(f"{self.inner_folds} inner folds calibrate nothing", where="hybrid.inner_folds")

    def check(self, cnn: Network, task: Task, groups: Text, targets: Ints) -> None:
        """Refuse, before the CNN is trained, what could not be fitted on it."""
        if task.kind is Kind.MULTILABEL:
            raise ConfigError(
                "an SVM decides for one class a picture; this dataset has several labels",
                where="hybrid",
                fix="hybrid=null.",
            )
        seen = deep_layers(cnn)[1] + self.handcrafted.width
        inner = self.inner_parts(groups, targets, len(task.classes), seed=0)
        fewest = min(int((inner != part).sum()) for part in np.unique(inner))
        if self.pca is not None and self.pca >= 1 and self.pca > min(seen, fewest):
            raise ConfigError(
                f"{self.pca} components cannot be found in {fewest} pictures of {seen} entries", where="hybrid.pca"
            )

    def fit(
        self, seen: Floats, targets: Ints, groups: Text, *, task: Task, preparation: Preparation, seed: int
    ) -> Chain:
        """The chain fitted on training rows.

        Args:
            seen: what the chain sees of every row, ``[n, deep + handcrafted]``.
            targets: class indices ``[n]``.
            groups: the patient of every row.
            task: how many classes.
            preparation: with what pictures were normalised.
            seed: of the inner folds.
        """
        inner = self.inner_parts(groups, targets, len(task.classes), seed)
        folds = [(np.flatnonzero(inner != part), np.flatnonzero(inner == part)) for part in np.unique(inner)]
        # Without an ensemble there is one chain, fitted on all rows, which can be written down.
        calibrated = CalibratedClassifierCV(self.pipeline(), method="sigmoid", cv=folds, ensemble=False)
        try:
            calibrated.fit(seen, targets)
        except ValueError as error:
            raise TrainingError(f"the SVM cannot be fitted: {' '.join(str(error).split())}", where="hybrid") from error
        (fitted,) = calibrated.calibrated_classifiers_
        slope = np.array([sigmoid.a_ for sigmoid in fitted.calibrators], dtype=np.float64)
        offset = np.array([sigmoid.b_ for sigmoid in fitted.calibrators], dtype=np.float64)
        for one in np.flatnonzero(slope >= 0):
            slope[one], offset[one] = self._own_sigmoid(fitted.estimator, seen, targets, int(one), len(task.classes))
        sigmoids = {"calibration.slope": slope, "calibration.offset": offset}
        return Chain(
            kernel=self.kernel,
            deep_width=seen.shape[1] - self.handcrafted.width,
            handcrafted=self.handcrafted,
            pixel_mean=tuple(preparation.mean),
            pixel_std=tuple(preparation.std),
            arrays={**self._arrays(fitted.estimator, seen), **sigmoids},
        )

    @staticmethod
    def _own_sigmoid(machine: Pipeline, seen: Floats, targets: Ints, one: int, classes: int) -> tuple[float, float]:
        """Slope and offset from the machine's decisions on its own training rows.

        Few patients can make the inner folds contradict the machine, and a sigmoid fitted on them would turn every
        decision round. Fitted on its own rows it is too sure of itself, but the right way up.
        """
        decisions = np.asarray(machine.decision_function(seen), dtype=np.float64).reshape(len(seen), -1)[:, one]
        truth = targets == (1 if classes == 2 else one)
        line = LogisticRegression().fit(decisions[:, None], truth)
        return -float(line.coef_[0, 0]), -float(line.intercept_[0])

    def pipeline(self) -> Pipeline:
        """The chain before calibration, unfitted."""
        weight = "balanced" if self.balanced else None
        machine = SVC(kernel=self.kernel, C=self.C, gamma=self.gamma, class_weight=weight)
        whole = isinstance(self.pca, float) and self.pca >= 1
        project = [] if self.pca is None else [PCA(int(self.pca) if whole else self.pca, svd_solver="full")]
        steps: Sequence[Any] = [StandardScaler(), *project, OneVsRestClassifier(machine)]
        return Pipeline([(type(step).__name__, step) for step in steps])

    def inner_parts(self, groups: Text, targets: Ints, classes: int, seed: int) -> Ints:
        """The inner fold of every row, patients kept together, every class in each."""
        patients = [len(np.unique(groups[targets == c])) for c in range(classes)]
        if min(patients) < 2:
            raise TrainingError(
                f"class number {patients.index(min(patients)) + 1} has too few patients to train with in a fold: "
                f"{min(patients)}, and calibrating an SVM takes 2",
                where="hybrid",
                fix="Ask for fewer folds, add patients, or leave the class out.",
            )
        parts = min(self.inner_folds, *patients)
        return distribute(
            groups, np.eye(classes, dtype=np.int64)[targets], [1 / parts] * parts, seed_for(seed, "inner")
        )

    def _arrays(self, fitted: Pipeline, seen: Floats) -> dict[str, Floats]:
        """The fitted chain's numbers, by the names that ``Chain`` gives them."""
        arrays: dict[str, Floats] = {"mean": fitted[0].mean_, "scale": fitted[0].scale_}
        if self.pca is not None:
            arrays |= {"projection.mean": fitted[1].mean_, "projection.components": fitted[1].components_}
        machines: list[SVC] = fitted[-1].estimators_
        arrays["svm.intercept"] = np.concatenate([machine.intercept_ for machine in machines])
        if self.kernel == "linear":
            return arrays | {"svm.weights": np.concatenate([machine.coef_ for machine in machines])}
        projected: Floats = fitted[:-1].transform(seen)
        # The machines share their vectors: every row that supports one of them, with a dual of 0 for the others.
        rows = np.unique(np.concatenate([machine.support_ for machine in machines]))
        dual = np.zeros((len(machines), len(rows)))
        for own, machine in zip(dual, machines, strict=True):
            own[np.searchsorted(rows, machine.support_)] = machine.dual_coef_[0]
        gamma = self.gamma if self.gamma != "scale" else 1 / (projected.shape[1] * projected.var())
        return arrays | {
            "svm.vectors": projected[rows],
            "svm.dual": dual,
            "svm.gamma": np.array(gamma, dtype=np.float64),
        }
