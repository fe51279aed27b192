"""Labels of another dataset in the words of a network, or a refusal."""

from pathlib import Path

import pandas as pd
import pytest

from xaimed.data.manifest import Manifest
from xaimed.data.renamed import in_classes_of
from xaimed.data.task import Kind, Task
from xaimed.errors import DataError

OURS = Task(Kind.MULTICLASS, ("Normal", "Viral", "Bacterial"))


def manifest(kind, classes, **columns):
    count = len(next(iter(columns.values())))
    ids = [str(i) for i in range(count)]
    frame = pd.DataFrame({"sample_id": ids, "path": ids, "group": ids, "split": "", "mask_path": "", **columns})
    return Manifest("theirs", Path("/"), Task(kind, classes), frame)


def test_several_of_their_classes_may_be_one_of_ours():
    theirs = manifest(Kind.MULTICLASS, ("COVID", "flu", "ok"), label=["flu", "ok", "COVID"])
    binary = Task(Kind.BINARY, ("Normal", "Pneumonia"))
    found = in_classes_of(theirs, binary, {"COVID": "Pneumonia", "flu": "Pneumonia", "ok": "Normal"})
    assert found.labels.tolist() == [1, 0, 1]
    assert found.task == binary


def test_labels_that_nobody_gave_are_unknown():
    task = Task(Kind.MULTILABEL, ("edema", "mass", "nodule"))
    theirs = manifest(Kind.MULTILABEL, ("Nodule", "edema"), Nodule=[1, 0], edema=[-1, 1])
    found = in_classes_of(theirs, task, {"Nodule": "nodule"})
    assert found.labels.tolist() == [[-1, -1, 1], [1, -1, 0]]


@pytest.mark.parametrize(
    ("theirs", "named", "said"),
    [
        (manifest(Kind.BINARY, ("Normal", "Pneumonia"), label=["Normal"]), {}, "'Pneumonia' is no class"),
        (manifest(Kind.MULTILABEL, ("Normal", "Viral"), Normal=[1], Viral=[1]), {}, "of another kind: multilabel of"),
        (manifest(Kind.BINARY, ("Normal", "Flu"), label=["Flu"]), {"flu": "Viral"}, "no class 'flu'"),
        (manifest(Kind.BINARY, ("Normal", "Flu"), label=["Flu"]), {"Flu": "viral"}, "the run has no class 'viral'"),
    ],
)
def test_foreign_classes_are_refused_with_both_lists_or_the_nearest(theirs, named, said):
    with pytest.raises(DataError, match=said) as refusal:
        in_classes_of(theirs, OURS, named)
    if not named:
        assert str(list(OURS.classes)) in str(refusal.value)
        assert str(list(theirs.task.classes)) in str(refusal.value)


def test_two_labels_do_not_become_one():
    task = Task(Kind.MULTILABEL, ("edema", "mass"))
    theirs = manifest(Kind.MULTILABEL, ("edema", "oedema"), edema=[1], oedema=[0])
    with pytest.raises(DataError, match="two labels cannot become one"):
        in_classes_of(theirs, task, {"oedema": "edema"})
