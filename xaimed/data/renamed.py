"""Does a network decide between these classes? A dataset's labels in the words and the order of another task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xaimed.config.nearmiss import near_miss
from xaimed.data.manifest import Manifest
from xaimed.data.task import UNKNOWN, Kind, Task
from xaimed.errors import DataError


def in_classes_of(manifest: Manifest, task: Task, named: Mapping[str, str]) -> Manifest:
    """The manifest with the classes of ``task``, of which it may lack some.

    Whether a dataset with some of several classes calls itself binary does not matter: its labels are names. What
    matters is that no name is foreign, and that pictures with any number of labels are not mistaken for others.

    Args:
        manifest: of another dataset.
        task: what a network decides.
        named: what classes are called there, and what they are called here, where names differ.
    """
    theirs, ours = manifest.task.classes, task.classes
    if absent := [name for name in named if name not in theirs]:
        raise DataError(f"the dataset has no class '{absent[0]}'", where="--classes", fix=near_miss(absent[0], theirs))
    if absent := [name for name in named.values() if name not in ours]:
        raise DataError(f"the run has no class '{absent[0]}'", where="--classes", fix=near_miss(absent[0], ours))
    called = {name: named.get(name, name) for name in theirs}
    both = f"{manifest.task.kind} of {list(theirs)} there, {task.kind} of {list(ours)} here"
    if (manifest.task.kind is Kind.MULTILABEL) != (task.kind is Kind.MULTILABEL):
        raise DataError(f"the labels are of another kind: {both}", where=manifest.name)
    if foreign := [name for name in theirs if called[name] not in ours]:
        raise DataError(
            f"'{foreign[0]}' is no class that this run decides between: {both}",
            where=manifest.name,
            fix=f"{near_miss(foreign[0], ours)} Say --classes '{foreign[0]}=…' where only the name differs.",
        )
    if task.kind is Kind.MULTILABEL:
        if len(set(called.values())) < len(called):
            raise DataError("two labels cannot become one, for a picture may have both", where="--classes")
        frame = manifest.frame.rename(columns=called)
        frame = frame.assign(**{name: UNKNOWN for name in ours if name not in called.values()})
    else:
        frame = manifest.frame.assign(label=manifest.frame["label"].map(called))
    return replace(manifest, task=task, frame=frame)
