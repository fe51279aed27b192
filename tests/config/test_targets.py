import functools
import os
import subprocess
import sys

import pytest
from omegaconf import OmegaConf
from torch import nn, optim

from xaimed.config import targets
from xaimed.config.targets import allow, check_targets, instantiate, locate
from xaimed.errors import ConfigError


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "builtins.eval",
        "builtins.exec",
        "torch.hub.load",
        "torch.load",
        "subprocess.Popen",
        "hydra.utils.get_method",
        "pickle.loads",
        "lightning.pytorch.callbacks.model_checkpoint.os.system",
        "torch.optim.adam.torch.hub.load",
        "torch.nn.modules.module.torch.load",
        "torchvision.transforms.v2.functional._utils.torch.hub.load",
        "xaimed.data.reading.Path.unlink",
        "xaimed.models.weights.urlopen",
        "xaimed.models.weights.torch.hub.load",
        "xaimed.config.targets.allow",
        "xaimed.store.writing.write_text",
        "xaimed.cli.main.main",
        "torch.optim.adam.__builtins__.eval",
        "torch.optim",
        "torch.optim.Adam.step.__globals__",
    ],
)
def test_nothing_foreign_can_be_reached(target):
    with pytest.raises(ConfigError):
        locate(target)


def test_what_a_config_builds_can_be_reached():
    assert locate("torch.optim.Adam") is optim.Adam
    assert locate("torch.nn.modules.linear.Linear") is nn.Linear


def test_a_foreign_target_is_refused_before_its_module_is_imported(tmp_path, monkeypatch):
    (tmp_path / "evil_module.py").write_text("import os; os.environ['EVIL'] = 'yes'")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match="--allow evil_module"):
        instantiate({"_target_": "evil_module.anything"})
    assert "EVIL" not in os.environ


def test_nested_targets_are_checked_after_interpolation():
    node = OmegaConf.create(
        {"hidden": "os.system", "x": {"_target_": "torch.optim.Adam", "lr": [{"_target_": "${hidden}"}]}}
    )
    with pytest.raises(ConfigError, match=r"os\.system"):
        instantiate(node.x)


def test_only_the_user_widens_the_list(monkeypatch):
    monkeypatch.setattr(targets, "_widened", [])
    with pytest.raises(ConfigError):
        locate("functools.partial")
    allow(["functools"])
    assert locate("functools.partial") is functools.partial
    with pytest.raises(ConfigError, match="package name"):
        allow(["os; rm"])


def test_the_environment_widens_it_when_the_process_starts_and_not_later(monkeypatch):
    monkeypatch.setenv("XAIMED_ALLOW", "functools")
    with pytest.raises(ConfigError):
        locate("functools.partial")
    code = "from xaimed.config.targets import locate; print(locate('functools.partial'))"
    environment = {**os.environ, "XAIMED_ALLOW": "functools"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "partial" in done.stdout


@pytest.mark.parametrize(
    ("node", "named"),
    [
        ({"_target_": "torch.optim.Adm", "lr": 1.0}, "'Adam'"),
        ({"_target_": "torch.optim.Adam", "_partial_": True, "lrr": 1.0}, "'lr'"),
        ({"_target_": "xaimed.training.strategies.Skratch"}, "'Scratch'"),
        ({"_target_": 3}, "dotted name"),
    ],
)
def test_a_misspelt_class_or_option_names_its_near_misses(node, named):
    with pytest.raises(ConfigError, match=named) as caught:
        instantiate(node)
    assert "\n" not in str(caught.value)


def test_an_error_of_the_thing_built_comes_through_unwrapped():
    with pytest.raises(ConfigError, match="passes have no spread"):
        instantiate({"_target_": "xaimed.explain.mc_gradcam.MCDropoutGradCAM", "passes": 1})
    with pytest.raises(ConfigError, match="cannot be built"):
        instantiate({"_target_": "torch.nn.modules.linear.Linear"})


def test_the_place_of_a_refused_target_is_named():
    with pytest.raises(ConfigError, match=r"callbacks\.mine\[1\]"):
        check_targets({"callbacks": {"mine": [1, {"_target_": "os.system"}]}})
