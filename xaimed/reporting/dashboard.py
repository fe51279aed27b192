"""On what does TensorBoard open? Charts chosen by us, each with the curves of all folds, and of all runs, together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from xaimed.reporting.tensorboard import replace_events

if TYPE_CHECKING:
    from tensorboard.plugins.custom_scalar.layout_pb2 import Chart

TITLES = {
    "loss": "loss",
    "accuracy": "accuracy",
    "auc": "AUC",
    "ece": "calibration error (ECE)",
    "lr": "learning rate",
    "evidence_mass": "map mass inside the evidence mask (share)",
    "map_likeness": "likeness to the maps looked at before (Spearman)",
}
SECTIONS = {
    "Loss": ("loss",),
    "Accuracy and AUC": ("accuracy", "auc"),
    "Calibration": ("ece",),
    "Learning rate": ("lr",),
    "Explanations": ("evidence_mass", "map_likeness"),
}
REST = "Terms of the objective"
LAYOUT = ".layout"
"""How the name of its file ends."""
ROLES = {"val": "validation", "train": "training"}


def add_layout(directory: Path, tags: Sequence[str]) -> None:
    """Write what the tab *Custom Scalars* shows of a run, once; TensorBoard joins the layouts of all runs into one.

    Args:
        directory: where it lies. Beside the run's row of the HParams table it is no further name in the list of runs.
        tags: every scalar that is written after an epoch, such as ``val/loss``.
    """
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.plugins.custom_scalar import layout_pb2, metadata

    sections = [
        layout_pb2.Category(title=title, chart=list(_charts(tags, names))) for title, names in _sections(tags).items()
    ]
    layout = layout_pb2.Layout(category=[section for section in sections if section.chart])
    # The plugin's own way to write this needs TensorFlow.
    content = TensorProto(dtype="DT_STRING", string_val=[layout.SerializeToString()], tensor_shape=TensorShapeProto())
    described = metadata.create_summary_metadata()
    value = Summary.Value(tag=metadata.CONFIG_SUMMARY_TAG, metadata=described, tensor=content)
    replace_events(directory, Summary(value=[value]), LAYOUT)


def _sections(tags: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The names of scalars by the section that they are shown in; what nobody has named comes last."""
    known = {name for names in SECTIONS.values() for name in names}
    others = dict.fromkeys(name for name in map(_name, tags) if name not in known)
    return {**SECTIONS, REST: tuple(others)}


def _charts(tags: Sequence[str], names: Iterable[str]) -> Iterator[Chart]:
    """A chart for each scalar and role: one line a fold, so that four lines of two folds are not told apart by hue."""
    from tensorboard.plugins.custom_scalar.layout_pb2 import Chart, MultilineChartContent

    for name in names:
        for tag in sorted((tag for tag in tags if _name(tag) == name), key=lambda tag: not tag.startswith("val/")):
            role = ROLES.get(tag.partition("/")[0], "")
            title = f"{role} {TITLES.get(name, name)}".strip()
            # the learning rate of parts that learn at their own pace is lr/1, lr/2, …
            yield Chart(title=title, multiline=MultilineChartContent(tag=[f"^{re.escape(tag)}(/|$)"]))


def _name(tag: str) -> str:
    return tag.rpartition("/")[2]
