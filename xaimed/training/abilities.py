"""What else may an objective be told? The task before anything is trained, and every epoch when it begins.

Both are optional: an objective that has no such method is simply not told. An objective that wraps another hands on.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from xaimed.data.task import Task
from xaimed.training.objectives import Objective


@runtime_checkable
class Particular(Protocol):
    """An objective that does not suit every task, or whose options name classes."""

    def check(self, task: Task) -> None:
        """Raise ``ConfigError`` if it cannot be used for ``task``."""
        ...


@runtime_checkable
class Changing(Protocol):
    """An objective that changes over the epochs."""

    def at(self, epoch: int) -> None:
        """Be as in ``epoch``, counted from 0; what ran before makes no difference."""
        ...


def check_objective(objective: Objective, task: Task) -> None:
    """Let ``objective`` refuse ``task``."""
    if isinstance(objective, Particular):
        objective.check(task)


def tell_epoch(objective: Objective, epoch: int) -> None:
    """Let ``objective`` know that ``epoch`` begins."""
    if isinstance(objective, Changing):
        objective.at(epoch)
