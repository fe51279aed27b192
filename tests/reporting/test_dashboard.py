"""The charts of the custom layout: which there are, and which scalars each of them takes."""

import re

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2

from xaimed.reporting.dashboard import add_layout

TAGS = ["train/loss", "train/accuracy", "val/loss", "val/inconsistency", "val/accuracy", "val/auc", "val/ece", "lr"]


def layout_of(folder, tags):
    """What TensorBoard's own reader finds, as titles of charts and the scalars among ``tags`` that they take."""
    add_layout(folder, tags)
    events = EventAccumulator(str(folder))
    events.Reload()
    (event,) = events.Tensors("custom_scalars__config__")
    layout = layout_pb2.Layout.FromString(event.tensor_proto.string_val[0])
    return {
        section.title: {
            chart.title: [tag for tag in (*tags, "lr/head", "lrate") if re.match(chart.multiline.tag[0], tag)]
            for chart in section.chart
        }
        for section in layout.category
    }


def test_what_is_measured_has_a_chart_of_its_own(tmp_path):
    assert layout_of(tmp_path, TAGS) == {
        "Loss": {"validation loss": ["val/loss"], "training loss": ["train/loss"]},
        "Accuracy and AUC": {
            "validation accuracy": ["val/accuracy"],
            "training accuracy": ["train/accuracy"],
            "validation AUC": ["val/auc"],
        },
        "Calibration": {"validation calibration error (ECE)": ["val/ece"]},
        "Learning rate": {"learning rate": ["lr", "lr/head"]},
        "Terms of the objective": {"validation inconsistency": ["val/inconsistency"]},
    }


def test_there_are_no_empty_charts_and_one_file(tmp_path):
    layout_of(tmp_path, TAGS)
    found = layout_of(tmp_path, ["val/loss", "explain/evidence_mass"])
    assert list(found) == ["Loss", "Explanations"]
    assert found["Explanations"] == {"map mass inside the evidence mask (share)": ["explain/evidence_mass"]}
    assert len(list(tmp_path.iterdir())) == 1
