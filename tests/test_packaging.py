"""xaimed works from a wheel and from any working directory, with its configuration inside."""

import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder]
    run(*pip, ROOT)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_with_its_configuration_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"xaimed", f"{wheel.name.split('-py3')[0]}.dist-info"}
    shipped = {name.removeprefix("xaimed/conf/") for name in names if name.startswith("xaimed/conf/")}
    assert shipped == {str(path.relative_to(ROOT / "conf")) for path in (ROOT / "conf").rglob("*.yaml")}
    assert "xaimed/py.typed" in names


def test_an_unpacked_wheel_works_from_another_directory(wheel, tmp_path, session_cache):
    site, here = tmp_path / "site", tmp_path / "elsewhere"
    zipfile.ZipFile(wheel).extractall(site)
    here.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(site), "XAIMED_CACHE": str(session_cache)}
    place = run(sys.executable, "-c", "import xaimed; print(xaimed.__file__)", cwd=here, env=environment)
    assert place.startswith(str(site))
    assert "mobilenet_v2" in run(sys.executable, "-m", "xaimed", "train", "--help", cwd=here, env=environment)
    composed = run(sys.executable, "-m", "xaimed", "train", "backbone=vgg16", "--cfg", "job", cwd=here, env=environment)
    assert "name: vgg16" in composed
    small = ["dataset.counts={Normal: 9, Scoliosis: 12, Spondylolisthesis: 9}", "dataset.size=32", "image.size=32"]
    quick = ["protocol.folds=2", "protocol.fold=0", "trainer.max_epochs=1", "strategy=scratch", "explainer=gradcam"]
    run(sys.executable, "-m", "xaimed", "train", *small, *quick, "logger=[]", cwd=here, env=environment)
    assert list(here.glob("outputs/runs/spine-resnet18-scratch-*/fold-0/fold.json"))


@pytest.mark.slow
def test_a_clean_environment_with_only_the_wheel(wheel, tmp_path):
    """Needs the package index: the wheel's own requirements, at the tested versions."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", wheel)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    printed = run(tmp_path / "venv" / "bin" / "xaimed", "train", "--cfg", "job", cwd=tmp_path, env=environment)
    assert "name: resnet18" in printed


def test_every_constraint_lies_in_the_supported_range():
    from packaging.requirements import Requirement
    from packaging.version import Version

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    pinned = {name.lower().replace("_", "-"): Version(version) for name, version in lines}
    own = project["optional-dependencies"]
    # Ray's launcher wants an older cloudpickle than everything else here, so it cannot be pinned beside it.
    extras = [text for name, texts in own.items() if name != "ray" for text in texts]
    for requirement in map(Requirement, [*project["dependencies"], *extras]):
        if requirement.name != "xaimed":
            name = requirement.name.lower().replace("_", "-")
            assert name in pinned, f"{name} is not pinned"
            assert pinned[name] in requirement.specifier, f"{name} is pinned outside its range"
