"""Every option of every group, run through the command line, asserting on what it leaves on disk."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
from PIL import Image
from support.running import SMALL, TINY, only_run, train
from support.tiny import tiny_network
from torchvision import models

from xaimed.callbacks.explain import load_maps
from xaimed.cli.main import COMMANDS, main
from xaimed.config import targets
from xaimed.config.places import run_groups
from xaimed.data.assignment import read_assignment
from xaimed.data.randomness import seed_for
from xaimed.data.task import Kind, Task
from xaimed.evaluation.reading import read_predictions
from xaimed.training.monitors import measured
from xaimed.training.objectives import CrossEntropy

QUICK = ("protocol.fold=0", "trainer.max_epochs=1", "explainer=gradcam", "callbacks.explain.cases=0")
DRAWN = ("callbacks.explain.cases=1",)
LIGHT = {  # one of every family; the others have more of the same, up to a hundred million weights written four times
    "efficientnet_b0",
    "googlenet",
    "lumbar_cnn",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "resnet18",
    "squeezenet1_1",
    "timm",
}
HEAVY = {("backbone", name) for name in run_groups()["backbone"] if name not in LIGHT}
FEW = ["loader.batch_size=2", "+trainer.limit_train_batches=1"]
# What an option cannot do without, or what makes it small.
NEEDS = {
    ("backbone", "alexnet"): ["image.size=64"],
    ("backbone", "efficientnet_v2_s"): ["image.size=64"],
    ("backbone", "inception_v3"): ["image.size=75"],
    ("backbone", "resnet152"): FEW,
    ("backbone", "timm"): ["backbone.name=test_vit"],
    ("backbone", "vgg16"): FEW,
    ("backbone", "vgg16_involution"): FEW,
    ("backbone", "vit_b_16"): FEW,
    ("objective", "weighted"): ["objective.weights={Normal: 2, Scoliosis: 1, Spondylolisthesis: 1}"],
    ("explainer", "lime"): ["explainer.lime.samples=20", "explainer.lime.segments=6"],
    ("explainer", "mc_gradcam"): ["explainer.mc_gradcam.passes=3", *DRAWN],
    ("explainer", "shap_kernel"): ["explainer.shap_kernel.samples=20", "explainer.shap_kernel.segments=6"],
    ("explainer", "shap_partition"): ["explainer.shap_partition.max_evals=10"],
    ("experiment", "spine"): [
        "backbone=tiny",
        "backbone.dropout=0.2",
        "trainer.max_epochs=1",
        "dataset.counts={Normal: 15, Scoliosis: 15, Spondylolisthesis: 15}",
    ],
    ("experiment", "demo"): ["backbone=tiny", "trainer.max_epochs=1", *DRAWN],
}
PIXELS = ("gradient_shap", "integrated_gradients", "occlusion")
FAMILY = ("ablationcam", "eigencam", "gradcam_plusplus", "hirescam", "layercam", "scorecam", "xgradcam")
ELSEWHERE = {
    ("objective", "bce"),  # needs one logit or labels: tests/cli/test_objectives.py
    *(("explainer", name) for name in FAMILY),  # all in one run, below
    *(("explainer", name) for name in PIXELS),  # likewise
    ("explainer", "fusion"),  # of cheap parts, in the same run
}
EXTRAS = {"timm": ("timm", "xception"), "shap": ("shap_partition",)}
PLAIN = {
    *("strategy", "hybrid", "objective", "optimizer", "schedule"),
    *("trainer", "logger", "augmentation", "explainer", "backbone"),
}
OPTIONS = [
    pytest.param(group, option, marks=[pytest.mark.slow] if (group, option) in HEAVY else [])
    for group in sorted(PLAIN)
    for option in run_groups()[group]
    if (group, option) not in ELSEWHERE
]


def finished(output):
    """The folder of fold 0, checked for everything that a finished fold has."""
    fold = only_run(output) / "fold-0"
    names = {path.name for path in fold.iterdir()}
    assert {
        "config.yaml",
        "environment.json",
        "explanations",
        "fold.json",
        "history.csv",
        "metrics.json",
        "normalization.json",
        "predictions.csv",
        "quarantine.csv",
        "split.csv",
        "timings.json",
        "weights.pt",
    } <= names
    assert not {"resume.ckpt", "best.ckpt", "making.lock"} & names
    predictions = read_predictions(fold / "predictions.csv")
    for folder in (fold / "explanations").iterdir():
        if folder.name.startswith("panels"):
            if not any(folder.iterdir()):
                continue
            overview = Image.open(folder / "overview.png")
            assert min(overview.size) > 300
        else:
            maps = load_maps(folder)
            assert list(maps["sample_id"]) == list(predictions.frame["sample_id"])
            assert maps["heatmap"].dtype == "float32"
            assert (maps["heatmap"] >= 0).all()
    return fold


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=lambda part: part)
def test_every_option_runs(tmp_path, monkeypatch, group, option):
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    for extra, options in EXTRAS.items():
        if option in options:
            pytest.importorskip(extra)
    assert train(tmp_path, *QUICK, f"{group}={option}", *NEEDS.get((group, option), [])) == 0
    fold = finished(tmp_path)
    if group == "logger":
        expected = {
            "tensorboard": "tensorboard/events*",
            "csv": "csv/metrics.csv",
            "wandb": "wandb/offline-run*/*.wandb",
        }
        assert list(fold.glob(expected[option])) if option in expected else (tmp_path / "mlflow.db").stat().st_size
    if option == "mc_gradcam":
        (folder,) = (fold / "explanations").glob("mc_gradcam-*")
        assert load_maps(folder)["passes_logits"].shape[1] == 3


def test_the_cam_family_and_a_fusion_in_one_run(tmp_path, capfd):
    asked = f"explainer=[{','.join(FAMILY)},fusion]"
    parts = [
        "~explainer.fusion.parts.integrated_gradients",
        "~explainer.fusion.parts.lime",
        "+explainer.fusion.parts.layercam={_target_: xaimed.explain.fusion.Part, weight: 0.6}",
        "+explainer.fusion.parts.layercam.explainer={_target_: xaimed.explain.cam_family.LayerCAM}",
    ]
    assert train(tmp_path, *QUICK[:2], asked, *parts, *DRAWN) == 0
    assert "it/s" not in capfd.readouterr().err  # no bars of a library's own
    explained = finished(tmp_path) / "explanations"
    for name in FAMILY:
        (folder,) = explained.glob(f"{name}-*")
        maps = load_maps(folder)
        assert maps["heatmap"].shape[1:] == (8, 8)
        assert maps["heatmap"].max() > 0
        assert json.loads((folder / "asked.json").read_text())["explainer"] == name
    (folder,) = explained.glob("fusion-*")
    assert load_maps(folder)["heatmap"].shape[1:] == (32, 32)
    assert load_maps(folder)["part_layercam"].shape[1:] == (8, 8)


def test_attributions_of_pixels_in_one_run(tmp_path):
    few = [
        "explainer.integrated_gradients.steps=4",
        "explainer.gradient_shap.samples=3",
        "explainer.occlusion.stride=0.2",
    ]
    assert train(tmp_path, *QUICK, f"explainer=[{','.join(PIXELS)}]", *few, *DRAWN) == 0
    explained = finished(tmp_path) / "explanations"
    for name in PIXELS:
        (folder,) = explained.glob(f"{name}-*")
        maps = load_maps(folder)
        assert maps["heatmap"].shape[1:] == maps["signed"].shape[1:] == (32, 32)
        assert maps["heatmap"].max() > 0
        assert json.loads((folder / "asked.json").read_text())["explainer"] == name
        if name != "occlusion":
            assert maps["convergence"].shape == maps["targets"].shape
    assert list(explained.glob("panels-*/overview.png"))


@pytest.mark.parametrize(
    "overrides",
    [
        ["trainer.channels_last=true", "trainer.precision=bf16-mixed"],
        ["trainer.compile=aot_eager", "strategy=gradual_unfreezing", "strategy.every=1", "trainer.max_epochs=2"],
        ["trainer.gradient_clip_val=0.1", "trainer.gradient_clip_algorithm=value", "callbacks=[explain,ema]"],
        ["callbacks.early_stopping.monitor=val/auc", "callbacks.best_checkpoint.monitor=val/auc", *DRAWN],
    ],
    ids=["layout and precision", "compiled", "clipped and averaged", "by AUC"],
)
def test_training_can_be_done_otherwise_and_is_explained_all_the_same(tmp_path, capsys, overrides):
    quick = [text for text in QUICK if "callbacks" not in text or text.split(".")[0] not in " ".join(overrides)]
    assert train(tmp_path, *quick, *overrides) == 0
    fold = finished(tmp_path)
    weights = torch.load(fold / "weights.pt", weights_only=True)
    assert weights.keys() == tiny_network(3, pretrained=False).state_dict().keys()
    assert "what is trained" in capsys.readouterr().out
    (folder,) = (fold / "explanations").glob("gradcam-*")
    assert load_maps(folder)["heatmap"].shape[1:] == (8, 8)


def test_the_best_epoch_is_the_one_with_the_greatest_auc_where_that_is_watched(tmp_path):
    watch = ["callbacks=[best_checkpoint]", "callbacks.best_checkpoint.monitor=val/auc", "optimizer.lr=0.05"]
    assert train(tmp_path, "protocol.fold=0", "explainer=[]", "logger=[]", "trainer.max_epochs=5", *watch) == 0
    fold = only_run(tmp_path) / "fold-0"
    history = pd.read_csv(fold / "history.csv")
    assert set(history) == {"epoch", *measured(Task(Kind.MULTICLASS, ("a", "b", "c")), CrossEntropy())}
    best = json.loads((fold / "fold.json").read_text())["best_epoch"]
    assert best == history["val/auc"].idxmax() + 1 != history["val/loss"].idxmin() + 1


@pytest.mark.slow
def test_torchs_own_compiler(tmp_path):
    assert train(tmp_path, *QUICK, "trainer.compile=true") == 0
    finished(tmp_path)


@pytest.mark.parametrize("name", ["demo", "spine"])
def test_every_experiment_runs(tmp_path, name):
    """The recipe itself, with everything small."""
    small = [text for text in SMALL if not text.startswith(("loader", "protocol"))]
    command = [*TINY[:4], f"experiment={name}", *small, "protocol.fold=0", f"output={tmp_path}"]
    assert main(["train", *command, *NEEDS["experiment", name]]) == 0
    fold = finished(tmp_path)
    stamped = json.loads((fold / "fold.json").read_text())["stamps"]
    assert stamped == (["stand-in weights"] if name == "demo" else [])
    page = only_run(tmp_path) / "report.html"
    assert page.is_file() == (name == "demo")
    if name == "demo":
        assert "stand-in weights" in page.read_text(encoding="utf-8")


def folders(root, counts, size=32):
    """Class folders of noise."""
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for i in range(count):
            pixels = (
                torch.randint(0, 256, (size, size), generator=torch.Generator().manual_seed(seed_for(name, i)))
                .byte()
                .numpy()
            )
            Image.fromarray(pixels).save(root / name / f"{name}{i}.png")
    return root


def test_two_class_folders_are_a_binary_task_with_one_logit(tmp_path):
    root = folders(tmp_path / "data", {"healthy": 6, "ill": 6})
    base = tuple(text for text in TINY if not text.startswith("dataset"))
    assert train(tmp_path / "out", "dataset=folder", f"dataset.root={root}", *QUICK, base=base) == 0
    fold = finished(tmp_path / "out")
    predictions = read_predictions(fold / "predictions.csv")
    assert (predictions.kind, predictions.classes) == ("binary", ("healthy", "ill"))
    assert torch.load(fold / "weights.pt", weights_only=True)["head.1.weight"].shape[0] == 1


def test_folders_moved_elsewhere_are_the_same_run(tmp_path):
    base = tuple(text for text in TINY if not text.startswith("dataset"))
    root = folders(tmp_path / "data", {"healthy": 6, "ill": 6})
    assert train(tmp_path / "out", "dataset=folder", f"dataset.root={root}", *QUICK, base=base) == 0
    moved = root.rename(tmp_path / "moved")
    assert train(tmp_path / "out", "dataset=folder", f"dataset.root={moved}", *QUICK, base=base) == 0
    assert len(list((tmp_path / "out" / "runs").iterdir())) == 1
    (moved / "ill" / "ill0.png").unlink()
    assert train(tmp_path / "out", "dataset=folder", f"dataset.root={moved}", *QUICK, base=base) == 0
    assert len(list((tmp_path / "out" / "runs").iterdir())) == 2


def test_a_local_weights_file_starts_the_training(tmp_path):
    torch.manual_seed(1)
    state = models.mobilenet_v2(weights=None).state_dict()
    torch.save(state, tmp_path / "mine.pth")
    start = [f"backbone.weights={tmp_path / 'mine.pth'}", "backbone=mobilenet_v2", "strategy=feature_extraction"]
    assert train(tmp_path / "out", *QUICK, *start) == 0
    trained = torch.load(finished(tmp_path / "out") / "weights.pt", weights_only=True)
    body = {name: value for name, value in trained.items() if name.startswith("body.features")}
    assert body
    for name, value in body.items():  # frozen, BatchNorm statistics included
        assert torch.equal(value, state[name.removeprefix("body.")]), name


def test_what_the_network_costs_is_told_and_written(tmp_path, capsys):
    assert train(tmp_path, *QUICK, "strategy=feature_extraction") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "0.00 M trained · a picture of 32 px: " in told
    stored = json.loads((only_run(tmp_path) / "model.json").read_text())
    # Two convolutions with stride 2, BatchNorm, a dense layer: 3 → 8 → 16 channels, 3 classes.
    assert stored["parameters"] == (3 * 9 + 1) * 8 + 2 * 8 + (8 * 9 + 1) * 16 + 17 * 3
    assert stored["trainable"] == 17 * 3
    assert stored["multiply_adds"] == 16 * 16 * 8 * 27 + 8 * 8 * 16 * 72 + 16 * 3
    assert stored["flops"] == 2 * stored["multiply_adds"]
    assert stored["size"] == 32


def test_a_finished_fold_is_explained_anew_and_never_retrained(tmp_path):
    assert train(tmp_path, *QUICK) == 0
    fold = only_run(tmp_path) / "fold-0"
    before = {path: path.stat().st_mtime_ns for path in fold.iterdir() if path.is_file()}
    assert train(tmp_path, *QUICK, "explainer=[gradcam,mc_gradcam]", "explainer.mc_gradcam.passes=4") == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    names = sorted(path.name.rsplit("-", 1)[0] for path in (fold / "explanations").iterdir())
    assert names == ["gradcam", "mc_gradcam", "panels", "panels"]


def test_one_fold_alone_and_the_others_later(tmp_path, capsys):
    assert train(tmp_path, "protocol.fold=1", "callbacks=[early_stopping]") == 0
    assert "missing folds 0" in " ".join(capsys.readouterr().out.split())
    run = only_run(tmp_path)
    assert sorted(path.name for path in run.glob("fold-*")) == ["fold-1"]
    stored = read_assignment(run / "assignment.csv")
    assert sorted(stored["fold"].unique()) == [0, 1]
    ours = read_predictions(run / "fold-1" / "predictions.csv").frame["sample_id"]
    assert set(stored[(stored["fold"] == 1) & stored["role"].str.contains("report")]["sample_id"]) == set(ours)
    kept = (run / "fold-1" / "predictions.csv").stat().st_mtime_ns
    assert train(tmp_path, "callbacks=[early_stopping]") == 0
    assert only_run(tmp_path) == run
    assert sorted(path.name for path in run.glob("fold-*")) == ["fold-0", "fold-1"]
    assert (run / "fold-1" / "predictions.csv").stat().st_mtime_ns == kept


def test_the_composed_config_is_printed_and_nothing_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "backbone=vgg16", "--cfg", "job"]) == 0
    assert "name: vgg16" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)])
def test_help_imports_nothing_heavy(arguments):
    code = (
        "import sys; from xaimed.cli.main import main; main(sys.argv[1:]);"
        "heavy = {'torch', 'lightning', 'hydra', 'pandas', 'numpy', 'rich'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "xaimed" in done.stdout


def test_help_names_every_group_and_option(capsys):
    assert main(["train", "--help"]) == 0
    printed = capsys.readouterr().out.split()
    for group, options in run_groups().items():
        assert {group, *options} <= set(printed)


def test_help_lists_the_options_of_the_user_too(tmp_path, capsys):
    (tmp_path / "explainer").mkdir()
    (tmp_path / "explainer" / "mine.yaml").write_text("# How strongly a pixel counts.\nmine:\n  _target_: my.Own\n")
    for asked in (["--config-dir", str(tmp_path)], [f"--config-dir={tmp_path}"]):
        assert main(["train", *asked, "--help"]) == 0
        printed = capsys.readouterr().out
        assert f"those of {tmp_path}:\n  explainer\n    mine                 How strongly a pixel counts.\n" in printed
    assert main(["train", "--help", "--config-dir", str(tmp_path / "nowhere")]) == 2
    assert "there is no such directory" in capsys.readouterr().err


def test_a_file_beside_the_user_is_found_once_it_is_allowed_and_comes_last(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(targets, "_widened", [])
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place])
    before = list(sys.path)
    assert main(["train", "--help"]) == 0
    assert sys.path == before
    assert main(["train", "--help", "--allow", "lies_beside"]) == 0
    assert sys.path == [*before, str(tmp_path)]


def test_the_examples_in_the_help_compose(monkeypatch, tmp_path):
    from xaimed.cli.train import EXAMPLES
    from xaimed.config.compose import composed

    commands = [line.split("   ")[0].split() for line in EXAMPLES.splitlines()[1:]]
    assert len(commands) > 5
    for words in commands:
        overrides = [word for word in words[2:] if "=" in word and "mine" not in word]
        assert composed(overrides).backbone.name


def test_the_commands_in_the_readme_compose():
    from xaimed.config.compose import composed

    readme = (Path(__file__).parents[2] / "README.md").read_text()
    found = re.findall(r"(?:^|`)(xaimed train [^`\n]*)", readme, re.MULTILINE)
    commands = [shlex.split(line, comments=True) for line in found]
    assert len(commands) > 7
    known = [[word for word in words[2:] if "=" in word and not word.endswith(("=mine", "…"))] for words in commands]
    configs = [composed(asked) for asked in known]
    assert all(config.backbone.name for config in configs)
    assert r"^(p\d+)_" in [config.dataset.get("group_pattern") for config in configs]


def test_the_output_of_a_folder_outside_the_checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert train(Path("here"), *QUICK) == 0
    assert (tmp_path / "here" / "runs").is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here"]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("holdout", []),
        ("nested", ["protocol.folds=2"]),
        ("repeated_kfold", ["protocol.folds=2", "protocol.repeats=2"]),
    ],
)
def test_every_protocol_that_needs_nothing_more_runs(tmp_path, name, options):
    base = tuple(text for text in TINY if not text.startswith("protocol"))
    assert train(tmp_path, f"protocol={name}", *options, *QUICK, base=base) == 0
    finished(tmp_path)


def test_a_leaking_split_is_refused_grouped_or_ignored_on_request(tmp_path, capsys):
    root = folders(tmp_path / "data", {"healthy": 12, "ill": 12})
    for i in range(4):
        (root / "healthy" / f"copy{i}.png").write_bytes((root / "healthy" / f"healthy{i}.png").read_bytes())
    base = tuple(text for text in TINY if not text.startswith("dataset"))
    where = ["dataset=folder", f"dataset.root={root}", *QUICK]
    assert train(tmp_path / "refused", *where, base=base) == 2
    assert "the split leaks" in capsys.readouterr().err
    assert not (tmp_path / "refused").exists()
    assert train(tmp_path / "grouped", *where, "protocol.leakage=group", base=base) == 0
    assert "copies kept together" in " ".join(capsys.readouterr().out.split())
    assert train(tmp_path / "ignored", *where, "protocol.leakage=ignore", base=base) == 0
    assert "LEAKING SPLIT" in (only_run(tmp_path / "ignored") / "report.md").read_text()


def test_stored_folds_count_by_their_content_and_not_by_their_place(tmp_path):
    assert train(tmp_path / "first", *QUICK) == 0
    stored = only_run(tmp_path / "first") / "assignment.csv"
    base = tuple(text for text in TINY if not text.startswith("protocol"))
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(stored.read_bytes())
        again = ["protocol=from_file", f"protocol.file={tmp_path / name}", *QUICK]
        assert train(tmp_path / "again", *again, base=base) == 0
    fold = only_run(tmp_path / "again") / "fold-0"
    assert (fold / "split.csv").read_bytes() == (stored.parent / "fold-0" / "split.csv").read_bytes()
