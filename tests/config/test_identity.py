import pytest

from xaimed.config.identity import identity, identity_hash

CONFIG = {
    "name": "a",
    "output": "outputs",
    "seed": 0,
    "dataset": {"_target_": "x", "root": "/a", "task": "auto"},
    "backbone": {"name": "resnet18", "weights": "imagenet", "dropout": 0.2},
    "protocol": {"folds": 5, "fold": None},
    "explainer": {"gradcam": {}},
    "callbacks": {"explain": {"cases": 2}, "early_stopping": {"patience": 10}},
    "image": {"size": 224, "normalization": "imagenet"},
    "loader": {"batch_size": 32, "workers": 0},
}


def changed(path, value):
    copy = {key: dict(node) if isinstance(node, dict) else node for key, node in CONFIG.items()}
    *parents, last = path.split(".")
    node = copy
    for parent in parents:
        node = node[parent]
    node[last] = value
    return identity_hash(identity(copy, manifest="m", weights="w"))


BASE = identity_hash(identity(CONFIG, manifest="m", weights="w"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "b"),
        ("output", "elsewhere"),
        ("dataset.root", "/b"),
        ("dataset.file", "/b/table.csv"),
        ("dataset.boxes_file", "/b/boxes.csv"),
        ("backbone.weights", "/same/content.pth"),
        ("protocol.fold", 2),
        ("explainer", {}),
        ("callbacks.explain", {"cases": 9}),
        ("callbacks.explanation_metrics", {"every": 2}),
        ("callbacks.embeddings", {"most": 9}),
        ("loader.workers", 8),
        ("image.crop", None),
        ("labels", "as_given"),
    ],
)
def test_what_only_places_or_draws_does_not_name_a_run(path, value):
    assert changed(path, value) == BASE


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seed", 1),
        ("protocol.folds", 10),
        ("backbone.dropout", 0.5),
        ("callbacks.early_stopping", {"patience": 3}),
        ("loader.batch_size", 16),
        ("image.crop", 0.875),
        ("image.normalization", None),
        ("labels", "shuffled"),
    ],
)
def test_what_decides_the_training_does(path, value):
    assert changed(path, value) != BASE


def test_content_outside_the_config_counts():
    assert identity_hash(identity(CONFIG, manifest="other", weights="w")) != BASE
    assert identity_hash(identity(CONFIG, manifest="m", weights="other")) != BASE
