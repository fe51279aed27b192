"""What can be watched, and is more of it better? Known before training starts, so that a misspelt name is too."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from xaimed.config.nearmiss import near_miss
from xaimed.data.task import UNKNOWN, Kind, Task
from xaimed.errors import ConfigError
from xaimed.training.curves import curve_metrics


def measured(task: Task, objective: object) -> list[str]:
    """Every name that an epoch logs.

    Args:
        task: decides which metrics there are.
        objective: one that gives ``Value.terms`` to be watched lists their names as its attribute ``terms``.
    """
    terms = ["loss", *getattr(objective, "terms", ())]
    after = {"train": curve_metrics(task, with_auc=False), "val": curve_metrics(task)}
    return [*(f"{name}/{value}" for name, metrics in after.items() for value in (*terms, *metrics)), "lr"]


def check_monitor(monitor: str, names: list[str], where: str) -> None:
    """Refuse a name that no epoch will log."""
    if monitor not in names:
        raise ConfigError(
            f"'{monitor}' is not measured, but {', '.join(names)}", where=where, fix=near_miss(monitor, names)
        )


def auc_is_defined(task: Task, labels: npt.NDArray[np.int64]) -> bool:
    """Whether any class or label has both samples that are it and samples that are not among ``labels``."""
    if task.kind is Kind.MULTILABEL:
        return any(len(set(column[column != UNKNOWN].tolist())) > 1 for column in labels.T)
    return len(np.unique(labels)) > 1
