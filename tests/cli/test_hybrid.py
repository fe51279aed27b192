"""The CNN-SVM hybrid through the command line: what it leaves on disk, and that it is made once."""

import json
import re

import numpy as np
import pytest
import torch
from support.running import TINY, contents, only_run, train
from support.tiny import tiny_network

import xaimed.callbacks.panels
from xaimed.callbacks.explain import load_maps
from xaimed.callbacks.predictions import WritePredictions
from xaimed.cli.main import main
from xaimed.data.dataset import ManifestDataset
from xaimed.data.phantoms.spine import SpinePhantom
from xaimed.data.preparation import Preparation
from xaimed.evaluation.branches import read_branches
from xaimed.evaluation.reading import read_predictions
from xaimed.models.hybrid.chain import Chain
from xaimed.models.hybrid.network import HybridNetwork
from xaimed.training.classifier import Classifier
from xaimed.training.svm import SVM

QUICK = ("protocol.fold=0", "explainer=gradcam", "logger=[]", "callbacks.explain.cases=0")
HYBRID = ("hybrid=svm", "hybrid.handcrafted.size=64", "hybrid.handcrafted.families=[lbp,intensity]")


@pytest.fixture(scope="module")
def fitted(tmp_path_factory, session_cache):
    """Fold 0 of a hybrid, what went into its fit, and the cases that were drawn."""
    calls, drawn = [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        whole = SVM.fit
        patch.setattr(SVM, "fit", lambda *args, **more: calls.append(args) or whole(*args, **more))
        module, draw = xaimed.callbacks.panels, xaimed.callbacks.panels.draw_panel
        patch.setattr(module, "draw_panel", lambda case, **more: drawn.append(case) or draw(case, **more))
        output = tmp_path_factory.mktemp("hybrid")
        assert train(output, *QUICK, *HYBRID, "callbacks.explain.cases=1") == 0
    (call,) = calls
    return only_run(output), call, drawn


def hybrid_files(run):
    return contents(run, 0) | {name: (run / "fold-0" / name).read_bytes() for name in ("svm.npz", "branches.csv")}


def test_everything_of_the_fold_comes_from_the_hybrid(fitted):
    run, _, _ = fitted
    fold = run / "fold-0"
    assert run.name.startswith("spine-tiny-scratch-hybrid-")
    cnn = tiny_network(3, False)
    cnn.load_state_dict(torch.load(fold / "weights.pt", weights_only=True))
    network = HybridNetwork(cnn, Chain.read(fold / "svm.npz")).eval()
    predictions = read_predictions(fold / "predictions.csv")
    maps = load_maps(next((fold / "explanations").glob("gradcam-*")))
    images = seen_again(run)
    with torch.no_grad():
        logits = network(images)
    np.testing.assert_allclose(predictions.logits, logits.numpy(), atol=1e-5)
    np.testing.assert_allclose(predictions.probabilities, logits.softmax(1).numpy(), atol=1e-5)
    assert (maps["targets"] == predictions.predicted).all()
    branches = read_branches(fold / "branches.csv")
    assert list(branches["sample_id"]) == list(predictions.frame["sample_id"])
    assert list(branches["explained"]) == list(predictions.frame["predicted"])
    assert branches["handcrafted_share"].between(0, 1).all()
    decided = network.decisions(network.seen(network.body(images)))
    typical = network.decisions(network.typical()[None])
    told = (decided - typical)[torch.arange(len(decided)), torch.from_numpy(predictions.predicted)]
    np.testing.assert_allclose(branches["deep"] + branches["handcrafted"], told.detach().numpy(), atol=1e-5)


def seen_again(run):
    """The reported pictures as the network gets them, in order."""
    config = json.loads((run / "run.json").read_text())["config"]
    manifest = SpinePhantom(**{k: v for k, v in config["dataset"].items() if k != "_target_"}).manifest()
    asked = list(read_predictions(run / "fold-0" / "predictions.csv").frame["sample_id"])
    ids = list(manifest.frame["sample_id"])
    rows = np.array([ids.index(name) for name in asked])
    dataset = ManifestDataset(manifest, rows, Preparation(32, "imagenet"), seed=42, fold=0)
    return torch.stack([dataset[i]["image"] for i in range(len(dataset))])


def test_it_is_fitted_on_training_rows_only_and_by_patient(fitted):
    run, (_, seen, targets, groups), _ = fitted
    split = [line.split(",") for line in (run / "fold-0" / "split.csv").read_text().splitlines()[1:]]
    training = [(name, group) for name, group, role in split if role == "train"]
    assert list(groups) == [group for _, group in training]
    assert not {group for _, group in training} & {group for _, group, role in split if "report" in role}
    assert len(seen) == len(targets) == len(training)
    chain = Chain.read(run / "fold-0" / "svm.npz")
    np.testing.assert_allclose(chain.arrays["mean"], seen.mean(0), atol=1e-12)


def test_the_share_is_on_the_panels_and_in_the_report(fitted):
    run, _, drawn = fitted
    report = (run / "report.md").read_text()
    assert "Share of the decision that has no map" in report
    branches = read_branches(run / "fold-0" / "branches.csv")
    assert f"{100 * branches['handcrafted_share'].mean():.1f} ±" in report
    shares = dict(zip(branches["sample_id"], branches["handcrafted_share"], strict=True))
    assert drawn
    for case in drawn:
        name, share = re.match(r"sample (\S+) · fold 0 · (\d+)\xa0% of the decision", case.subline).groups()
        assert int(share) == round(100 * shares[name])


def test_another_explainer_is_added_and_nothing_is_fitted_again(fitted, monkeypatch):
    run, _, _ = fitted
    monkeypatch.setattr(SVM, "fit", None)
    before = hybrid_files(run)
    more = ["explainer=[gradcam,mc_gradcam]", "explainer.mc_gradcam.passes=3"]
    assert train(run.parents[1], *QUICK, *HYBRID, *more) == 0
    (folder,) = (run / "fold-0" / "explanations").glob("mc_gradcam-*")
    predictions = read_predictions(run / "fold-0" / "predictions.csv")
    assert load_maps(folder)["passes_logits"].shape == (len(predictions), 3, 3)
    after = hybrid_files(run)
    assert {name: after[name] for name in before} == before


def test_the_cnn_of_a_finished_run_is_taken_and_gives_the_same_hybrid(fitted, tmp_path, monkeypatch, capsys):
    run, _, _ = fitted
    assert train(tmp_path, *QUICK) == 0
    plain = only_run(tmp_path)
    monkeypatch.setattr(Classifier, "training_step", None)
    assert train(tmp_path, *QUICK, *HYBRID) == 0
    (made,) = (tmp_path / "runs").glob("*-hybrid-*")
    assert f"its CNN was trained in {plain.name}" in capsys.readouterr().out
    ours, theirs = hybrid_files(made), hybrid_files(run)
    common = [name for name in ours if "panels" not in name and "mc_gradcam" not in name]
    assert {"svm.npz", "predictions.csv", "weights.pt", "history.csv", "branches.csv"} < set(common)
    assert [name for name in common if ours[name] != theirs[name]] == []
    assert ours["weights.pt"] == (plain / "fold-0" / "weights.pt").read_bytes()
    assert ours["predictions.csv"] != (plain / "fold-0" / "predictions.csv").read_bytes()
    assert json.loads((made / "fold-0" / "timings.json").read_text())["cnn_trained_in"] == plain.name


def test_a_fold_cut_off_after_the_fit_ends_with_the_same_bytes(fitted, tmp_path, monkeypatch):
    run, _, _ = fitted

    def killed(*args):
        raise SystemError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(WritePredictions, "on_predict_end", killed)
        with pytest.raises(SystemError, match="killed"):
            train(tmp_path, *QUICK, *HYBRID)
    (partial,) = only_run(tmp_path).glob("fold-0.partial")
    fitted_then = (partial / "svm.npz").read_bytes()
    monkeypatch.setattr(SVM, "fit", None)
    assert train(tmp_path, *QUICK, *HYBRID) == 0
    found, expected = hybrid_files(only_run(tmp_path)), hybrid_files(run)
    assert found["svm.npz"] == fitted_then
    assert [name for name in found if "panels" not in name and found[name] != expected[name]] == []


def test_a_changed_svm_is_refused(fitted, tmp_path, capsys):
    run, _, _ = fitted
    file = run / "fold-0" / "svm.npz"
    whole = file.read_bytes()
    try:
        file.write_bytes(whole + b" ")
        assert train(run.parents[1], *QUICK, *HYBRID) == 2
        assert "changed after the fold was finished" in capsys.readouterr().err
    finally:
        file.write_bytes(whole)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["hybrid.kernel=rfb"], "there is no kernel 'rfb'"),
        (["hybrid.pca=999"], "999 components cannot be found"),
        (["hybrid.handcrafted.families=[hug]"], "there are no features 'hug'"),
        (["hybrid.handcrafted.sise=64"], "no option"),
    ],
)
def test_a_hybrid_that_cannot_be_is_refused_before_anything_is_written(tmp_path, capsys, options, said):
    assert main(["train", *TINY, "strategy=scratch", f"output={tmp_path}", *QUICK, *HYBRID, *options]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
