"""What does TensorBoard get? Pictures, one row of the HParams table for each run, and files that replace their like."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from PIL import Image

from xaimed.reporting.canvas import pixels
from xaimed.reporting.text import shortened

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import Summary

Value = bool | int | float | str

LONGEST = 80
HPARAMS = ".hparams"
QUALITY, WIDEST = 85, 900
"""As it is saved a panel takes several times as much, and TensorBoard keeps every picture of every run in memory."""


class PictureWriter(Protocol):
    """What is used of ``torch.utils.tensorboard.SummaryWriter``."""

    def add_image(
        self, tag: str, img_tensor: npt.NDArray[np.uint8], global_step: int | None = ..., *, dataformats: str = ...
    ) -> None:
        """Write one picture."""
        ...


def add_figure_image(writer: PictureWriter, tag: str, figure: Figure, step: int) -> None:
    """Show a figure as it is saved; nothing stays behind in pyplot."""
    writer.add_image(tag, pixels(figure), step, dataformats="HWC")


def add_pictures(directory: Path, files: Mapping[str, Path]) -> None:
    """Show saved pictures at step 0, in place of those that were shown before.

    Args:
        directory: where the curves of a fold lie.
        files: pictures by their tag.
    """
    from tensorboard.compat.proto.summary_pb2 import Summary

    values = []
    for tag, file in files.items():
        content = io.BytesIO()
        with Image.open(file) as picture:
            seen = picture.convert("RGB")
        seen.thumbnail((WIDEST, seen.height))
        seen.save(content, "JPEG", quality=QUALITY, subsampling=0)
        shown = Summary.Image(
            height=seen.height, width=seen.width, colorspace=3, encoded_image_string=content.getvalue()
        )
        values.append(Summary.Value(tag=tag, image=shown))
    replace_events(directory, Summary(value=values), ".pictures")


def replace_events(directory: Path, summary: Summary, suffix: str) -> None:
    """Write one event file at step 0, in place of a former one with the same end of its name."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    for former in directory.glob(f"events.out.tfevents.*{suffix}") if directory.is_dir() else ():
        former.unlink()
    writer = EventFileWriter(str(directory), filename_suffix=suffix)
    try:
        writer.add_event(Event(step=0, wall_time=time.time(), summary=summary))
    finally:
        writer.close()


def flatten_params(config: Mapping[str, Any]) -> dict[str, Value]:
    """A nested configuration as one short value for each dotted key.

    A ``_target_`` becomes the value of the node that it builds, by its last name; other keys with underscores around
    them say how to build, not what, and are left out, as is what is null.
    """
    return dict(_leaves(config, ""))


def add_hparams(directory: Path, params: Mapping[str, Value], metrics: Mapping[str, float], *, name: str) -> None:
    """Write the row of one run in the HParams table, replacing an earlier one.

    The directory should hold no other scalar: TensorBoard takes every one for a final metric. No list of columns is
    written, so that TensorBoard makes it from all runs and runs with different parameters fit one table.

    Args:
        directory: where this row lies, for instance ``hparams`` below the run.
        params: from ``flatten_params``.
        metrics: final metrics by their shown name, such as ``final/accuracy``; what is not finite is left out.
        name: the run, as the table calls it.
    """
    # TensorBoard takes a noticeable time to import, and tables are printed without it.
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import api_pb2, metadata
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo

    started = SessionStartInfo(group_name=name)
    for key, value in params.items():
        # A bool is an int too, so it comes first.
        kind = "bool_value" if isinstance(value, bool) else "string_value" if isinstance(value, str) else "number_value"
        setattr(started.hparams[key], kind, value)
    session = {
        metadata.SESSION_START_INFO_TAG: HParamsPluginData(session_start_info=started),
        metadata.SESSION_END_INFO_TAG: HParamsPluginData(
            session_end_info=SessionEndInfo(status=api_pb2.STATUS_SUCCESS)
        ),
    }
    values = [Summary.Value(tag=tag, metadata=metadata.create_summary_metadata(row)) for tag, row in session.items()]
    values += [Summary.Value(tag=tag, simple_value=value) for tag, value in metrics.items() if math.isfinite(value)]
    replace_events(directory, Summary(value=values), HPARAMS)


def _leaves(node: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Value]]:
    for key, value in node.items():
        path = f"{prefix}.{key}" if prefix else str(key)
        if key == "_target_":
            if prefix:
                yield prefix, str(value).rsplit(".", 1)[-1]
        elif str(key).startswith("_") and str(key).endswith("_"):
            continue
        elif isinstance(value, Mapping):
            yield from _leaves(value, path)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield from _items(value, path)
        elif value is not None:
            yield path, value if isinstance(value, bool | int | float) else shortened(value, LONGEST)


def _items(values: Sequence[Any], path: str) -> Iterator[tuple[str, Value]]:
    if any(isinstance(value, Mapping) for value in values):
        yield from _leaves({str(i): value for i, value in enumerate(values)}, path)
    else:
        yield path, shortened(", ".join(map(str, values)), LONGEST)
