import numpy as np
import pytest

from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError
from xaimed.training.direction import direction
from xaimed.training.monitors import auc_is_defined, check_monitor, measured

TASK = Task(Kind.MULTICLASS, ("a", "b", "c"))


@pytest.mark.parametrize(
    ("monitor", "mode", "expected"),
    [
        ("val/loss", "auto", "min"),
        ("val/auc", "auto", "max"),
        ("val/ece", "auto", "min"),
        ("val/accuracy", "auto", "max"),
        ("val/auc", "min", "min"),
        ("val/oddness", "max", "max"),
    ],
)
def test_what_is_better(monitor, mode, expected):
    assert direction(monitor, mode) == expected


def test_what_cannot_be_told_is_asked_for():
    with pytest.raises(ConfigError, match="mode=min or mode=max"):
        direction("val/oddness")
    with pytest.raises(ConfigError, match="'max'"):
        direction("val/auc", "maxx")


def test_a_misspelt_monitor_gets_its_near_miss_and_all_there_are():
    class WithTerms:
        terms = ("inconsistency",)

    names = measured(TASK, WithTerms())
    assert set(names) == {
        "lr",
        *(f"train/{name}" for name in ("loss", "inconsistency", "accuracy")),
        *(f"val/{name}" for name in ("loss", "inconsistency", "accuracy", "auc", "ece")),
    }
    check_monitor("val/inconsistency", names, "here")
    with pytest.raises(ConfigError, match=r"val/accuracy, .* \[here\]\. Did you mean 'val/auc'"):
        check_monitor("val/auroc", names, "here")


@pytest.mark.parametrize(
    ("kind", "labels", "defined"),
    [
        (Kind.MULTICLASS, [0, 0, 2], True),
        (Kind.MULTICLASS, [2, 2], False),
        (Kind.BINARY, [1, 0], True),
        (Kind.BINARY, [0, 0], False),
        (Kind.MULTILABEL, [[1, 0], [1, -1]], False),
        (Kind.MULTILABEL, [[1, 0], [1, 1]], True),
    ],
)
def test_where_there_is_an_auc(kind, labels, defined):
    classes = ("a", "b") if kind is not Kind.MULTICLASS else ("a", "b", "c")
    assert auc_is_defined(Task(kind, classes), np.array(labels)) is defined
