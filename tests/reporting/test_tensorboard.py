"""What was written is read back by TensorBoard's own reader, and its HParams table is made from it."""

import io
import time

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

from tests.reporting.fakes import case
from xaimed.reporting.canvas import pixels
from xaimed.reporting.panels import draw_panel
from xaimed.reporting.tensorboard import add_figure_image, add_hparams, add_pictures, flatten_params


def read(directory):
    events = EventAccumulator(str(directory), size_guidance={"images": 0, "scalars": 0})
    events.Reload()
    return events


def test_a_figure_arrives_pixel_by_pixel(tmp_path):
    from torch.utils.tensorboard import SummaryWriter

    figure = draw_panel(case(1))
    with SummaryWriter(tmp_path) as writer:
        add_figure_image(writer, "panels/Normal/correct", figure, 7)
    (image,) = read(tmp_path).Images("panels/Normal/correct")
    assert image.step == 7
    arrived = plt.imread(io.BytesIO(image.encoded_image_string), format="png")
    np.testing.assert_array_equal((arrived[..., :3] * 255).round().astype(np.uint8), pixels(figure))
    assert plt.get_fignums() == []


def test_saved_pictures_replace_those_before_and_leave_the_curves(tmp_path):
    from torch.utils.tensorboard import SummaryWriter

    across = np.linspace(0, 255, 1200).astype(np.uint8)
    Image.fromarray(np.broadcast_to(across, (300, 1200))).save(tmp_path / "grey.png")
    with SummaryWriter(tmp_path / "fold") as writer:
        writer.add_scalar("val/loss", 0.5, 1)
    for tag in ("panels/a", "panels/b"):
        add_pictures(tmp_path / "fold", {tag: tmp_path / "grey.png"})
    events = read(tmp_path / "fold")
    assert events.Tags()["images"] == ["panels/b"]
    assert events.Tags()["scalars"] == ["val/loss"]
    (image,) = events.Images("panels/b")
    assert (image.step, image.width, image.height) == (0, 900, 225)
    assert abs(image.wall_time - time.time()) < 3600  # TensorBoard shows when it was written
    arrived = np.asarray(Image.open(io.BytesIO(image.encoded_image_string)).convert("L"), dtype=float)
    np.testing.assert_allclose(arrived[100], np.linspace(0, 255, 900), atol=3)


def test_hparams_and_final_metrics_are_registered(tmp_path):
    params = {"backbone": "resnet18", "optimizer.lr": 1e-3, "pretrained": True, "folds": 5}
    add_hparams(tmp_path, params, {"final/accuracy": 0.9, "final/auc": float("nan")}, name="run a")
    events = read(tmp_path)
    assert events.Tags()["scalars"] == ["final/accuracy"]
    assert events.Scalars("final/accuracy")[0].value == pytest.approx(0.9)
    content = events.SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    started = metadata.parse_session_start_info_plugin_data(content)
    assert started.group_name == "run a"
    assert started.hparams["backbone"].string_value == "resnet18"
    assert started.hparams["optimizer.lr"].number_value == 1e-3
    assert started.hparams["pretrained"].bool_value is True
    assert started.hparams["folds"].number_value == 5
    ended = events.SummaryMetadata(metadata.SESSION_END_INFO_TAG).plugin_data.content
    assert metadata.parse_session_end_info_plugin_data(ended).status == 1


def test_tensorboards_table_has_every_run_parameter_and_metric(tmp_path):
    add_hparams(tmp_path / "a", {"backbone": "resnet18"}, {"final/accuracy": 0.8}, name="a")
    add_hparams(tmp_path / "b", {"backbone": "vgg16", "head.dropout": 0.5}, {"final/accuracy": 0.9}, name="b")
    columns, rows = hparams_table(tmp_path)
    assert columns == ({"backbone", "head.dropout"}, {"final/accuracy"})
    assert rows == {"a": pytest.approx(0.8), "b": pytest.approx(0.9)}


def hparams_table(directory):
    """The table as TensorBoard's own plugin computes it for the browser."""
    from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
    from tensorboard.context import RequestContext
    from tensorboard.plugins.base_plugin import TBContext
    from tensorboard.plugins.hparams import api_pb2
    from tensorboard.plugins.hparams.backend_context import Context
    from tensorboard.plugins.hparams.list_session_groups import Handler

    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(directory))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(directory))
    context, request = Context(TBContext(data_provider=provider, logdir=str(directory))), RequestContext()
    contents = context.hparams_metadata(request, "")
    experiment = context.experiment_from_metadata(request, "", True, contents, [])
    columns = {info.name for info in experiment.hparam_infos}, {info.name.tag for info in experiment.metric_infos}
    asked = api_pb2.ListSessionGroupsRequest(start_index=0, slice_size=9, include_metrics=True)
    asked.allowed_statuses.extend([api_pb2.STATUS_SUCCESS, api_pb2.STATUS_UNKNOWN, api_pb2.STATUS_RUNNING])
    answer = Handler(request, context, "", asked).run()
    return columns, {group.name: group.metric_values[0].value for group in answer.session_groups}


def test_writing_again_replaces_the_row(tmp_path):
    for accuracy in (0.1, 0.7):
        add_hparams(tmp_path / "r", {"a": 1}, {"final/accuracy": accuracy}, name="r")
    assert len(list((tmp_path / "r").iterdir())) == 1
    assert hparams_table(tmp_path)[1] == {"r": pytest.approx(0.7)}


def test_a_configuration_becomes_short_values():
    config = {
        "_target_": "xaimed.studies.run",
        "optimizer": {"_target_": "torch.optim.AdamW", "_partial_": True, "lr": 1e-3, "betas": [0.9, 0.999]},
        "callbacks": [{"_target_": "a.b.Stop", "patience": 3}],
        "seed": 0,
        "name": None,
        "path": "x" * 300,
        "deterministic": True,
    }
    flat = flatten_params(config)
    assert len(flat.pop("path")) == 80
    assert flat == {
        "optimizer": "AdamW",
        "optimizer.lr": 1e-3,
        "optimizer.betas": "0.9, 0.999",
        "callbacks.0": "Stop",
        "callbacks.0.patience": 3,
        "seed": 0,
        "deterministic": True,
    }
