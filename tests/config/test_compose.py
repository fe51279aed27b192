import pytest
from hydra.errors import MissingConfigException
from omegaconf import DictConfig, OmegaConf, open_dict

from xaimed.config.compose import composed, outlives_the_command, plain, refuse_foreign_reach, said_in_one_line
from xaimed.config.places import groups, summary_of
from xaimed.errors import ConfigError

GROUPS = {
    "augmentation",
    "backbone",
    "callbacks",
    "dataset",
    "evaluation",
    "experiment",
    "explainer",
    "hybrid",
    "imbalance",
    "logger",
    "objective",
    "optimizer",
    "protocol",
    "schedule",
    "strategy",
    "study",
    "trainer",
}


def refused(*overrides, config_dir=None):
    with pytest.raises(Exception) as caught:  # noqa: PT011, PT012
        config = composed(overrides, config_dir=config_dir)
        refuse_foreign_reach(config)
        del config.hydra
        config.name = "named"
        plain(config)
    line = str(said_in_one_line(caught.value))
    assert "\n" not in line
    return line


def test_every_group_is_there_and_every_option_says_what_it_is():
    assert set(groups()) == GROUPS
    for group, options in groups().items():
        assert options
        for option in options:
            assert len(summary_of(group, option)) > 10, f"{group}/{option}"


@pytest.mark.parametrize(
    ("override", "near"),
    [
        ("backbone=resnt18", "there is no backbone 'resnt18'. Did you mean 'resnet18'"),
        ("backbon=resnet18", "there is no option 'backbon'. Did you mean 'backbone'"),
        ("optimizer.lrr=1", "there is no option 'optimizer.lrr'. Did you mean 'lr'"),
        ("+backbones=resnet18", "'backbone'"),
        ("explainer=[gradcam,grdcam]", "'gradcam'"),
        ("experiment=dmo", "'demo'"),
        ("dataset=folder", "dataset.root must be given. Add dataset.root="),
        ("a", "missing EQUAL"),
        ("seed=${sed}", "sed"),
        ("+study=spine", "there is no option 'study'"),
    ],
)
def test_a_misspelt_name_gets_one_line_with_the_near_misses(override, near):
    assert near in refused(override)


def test_variables_of_ones_own_have_a_place():
    config = composed(["+user.rate=0.5", "optimizer.lr=${user.rate}"])
    assert config.optimizer.lr == 0.5


@pytest.mark.parametrize(
    "content",
    [
        "hydra: {callbacks: {evil: {_target_: os.system, command: id}}}",
        "hydra: {job: {env_set: {LD_PRELOAD: evil.so}}}",
        "hydra: {job_logging: {handlers: {evil: {class: subprocess.Popen, args: id}}}}",
        "hydra: {hydra_logging: {handlers: {evil: {'()': os.system, command: id}}}}",
        "hydra: {job_logging: {handlers: {evil: {class: logging.StreamHandler, stream: 'ext://os.system'}}}}",
        "hydra: {job_logging: {handlers: {evil: {class: logging.os.system}}}}",
    ],
)
def test_a_config_file_cannot_reach_through_hydra_itself(tmp_path, content):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "evil.yaml").write_text(f"# @package _global_\n{content}\n")
    config = composed(["experiment=evil"], config_dir=str(tmp_path))
    assert OmegaConf.is_config(config)
    with pytest.raises(ConfigError):
        refuse_foreign_reach(config)


def test_the_shipped_configuration_passes():
    refuse_foreign_reach(composed(["experiment=demo"]))


SLURM = "hydra_plugins.hydra_submitit_launcher.submitit_launcher.SlurmLauncher"
RAY = "hydra_plugins.hydra_ray_launcher.ray_launcher.RayLauncher"


@pytest.mark.parametrize(
    "launcher",
    [
        {"_target_": "hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher"},
        {"_target_": "hydra_plugins.hydra_ray_launcher.ray_aws_launcher.RayAWSLauncher"},
        {"_target_": "os.system"},
        {"_target_": SLURM, "setup": ["curl evil"]},
        {"_target_": SLURM, "partition": "fast\ncurl evil"},
        {"_target_": SLURM, "additional_parameters": {"mail": "a\ncurl evil"}},
        {"_target_": SLURM, "additional_parameters": {"inner": {"_target_": "os.system"}}},
        {"_target_": RAY, "ray": {"init": {"runtime_env": {"pip": ["evil"]}}}},
        {"_target_": RAY, "ray": {"remote": {"runtime_env": {"worker_process_setup_hook": "evil.run"}}}},
    ],
)
def test_a_config_file_cannot_reach_through_a_launcher(launcher):
    config = composed([])
    with open_dict(config.hydra):
        config.hydra.launcher = DictConfig(launcher)
    with pytest.raises(ConfigError):
        refuse_foreign_reach(config)


@pytest.mark.parametrize("launcher", ["basic", "submitit_local", "submitit_slurm"])
def test_the_launchers_of_the_extras_pass(launcher):
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    config = composed([f"hydra/launcher={launcher}"])
    refuse_foreign_reach(config)
    assert outlives_the_command(config) == (launcher == "submitit_slurm")


def test_an_extra_that_is_not_installed_is_named():
    error = MissingConfigException("", "hydra/launcher/ray", [])
    assert "pip install 'xaimed[ray]'" in str(said_in_one_line(error))
