"""A run that starts where another ended: fold from fold, refused when its weights have seen whom it reports."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from support.running import SMALL, TINY, only_run, train

from xaimed.store.run import Run
from xaimed.studies.staged import identity_of

QUICK = ("trainer.max_epochs=1", "explainer=[]", "callbacks=[]", "logger=[]")
OTHER = tuple(text for text in TINY if not text.startswith("dataset"))


@pytest.fixture(scope="module")
def donor(tmp_path_factory):
    """A finished run on the spine phantom."""
    output = tmp_path_factory.mktemp("donor")
    assert train(output, *QUICK) == 0
    return only_run(output)


def staged(output, donor, *overrides, **more):
    return train(output, *QUICK, "strategy=feature_extraction", f"backbone.weights={donor}", *overrides, **more)


def body(fold):
    state = torch.load(fold / "weights.pt", weights_only=True)
    return {key: value for key, value in state.items() if key.startswith("body.")}


def refused(capsys, *arguments, **more):
    assert staged(*arguments, **more) == 2
    return " ".join(capsys.readouterr().err.split())


def noise(root):
    """Another dataset: two classes of noise."""
    for name in ("healthy", "ill"):
        (root / name).mkdir(parents=True)
        for i in range(8):
            pixels = np.random.default_rng([i, len(name)]).integers(0, 256, (32, 32), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{name}{i}.png")
    return ["dataset=folder", f"dataset.root={root}"]


def test_every_fold_starts_from_the_same_fold_of_the_same_dataset(tmp_path, donor, capsys):
    assert staged(tmp_path, donor) == 0
    run = only_run(tmp_path)
    for index in range(2):
        start, end = body(donor / f"fold-{index}"), body(run / f"fold-{index}")
        assert all(torch.equal(start[key], end[key]) for key in start)
    assert not torch.equal(body(donor / "fold-0")["body.first.weight"], body(donor / "fold-1")["body.first.weight"])
    facts = json.loads((run / "run.json").read_text())
    assert facts["stamps"] == []
    assert facts["started_from"] == {str(fold): str(donor / f"fold-{fold}") for fold in range(2)}
    assert f"starts from {donor.name}, trained on" in " ".join(capsys.readouterr().out.split())


def test_the_run_is_named_by_the_weights_and_not_by_their_place(tmp_path, donor):
    moved = tmp_path / "moved" / donor.name
    shutil.copytree(donor, moved)
    for place in (donor, moved):
        assert staged(tmp_path, place, "protocol.fold=0") == 0
    only_run(tmp_path)
    first, second = (Run(donor).fold(index) for index in range(2))
    assert identity_of([first, second]) == identity_of([Run(moved).fold(index) for index in range(2)])
    assert len({identity_of(folds) for folds in ([first, second], [second, first], [first, first])}) == 3


def test_weights_that_have_seen_reported_patients_are_refused_or_stamped(tmp_path, donor, capsys):
    other_folds = "seed=7"
    said = refused(capsys, tmp_path, donor, other_folds)
    assert "patients whom its starting weights have seen" in said
    assert "assignment.csv" in said
    assert not (tmp_path / "runs").exists()
    assert staged(tmp_path, donor, other_folds, "protocol.leakage=ignore") == 0
    run = only_run(tmp_path)
    assert json.loads((run / "run.json").read_text())["stamps"] == ["starting weights that have seen reported patients"]
    assert "have seen reported patients" in (run / "report.md").read_text()


def test_the_advice_of_the_refusal_helps(tmp_path, donor):
    stored = f"protocol.file={donor / 'assignment.csv'}"
    base = tuple(text for text in TINY if not text.startswith("protocol"))
    assert staged(tmp_path, donor, "protocol=from_file", stored, "seed=7", base=base) == 0


def test_one_named_fold_has_seen_what_the_others_report(tmp_path, donor, capsys):
    assert "fold 1 reports" in refused(capsys, tmp_path, donor / "fold-0")


def test_another_dataset_starts_from_the_first_fold_and_remembers_it(tmp_path, donor, capsys):
    data = noise(tmp_path / "data")
    assert staged(tmp_path / "b", donor, *data, base=OTHER) == 0
    middle = only_run(tmp_path / "b")
    assert torch.equal(body(middle / "fold-1")["body.first.weight"], body(donor / "fold-0")["body.first.weight"])
    assert "under other names cannot be told" in " ".join(capsys.readouterr().out.split())
    # Back on the first dataset: the patients that the first stage was trained on are still known.
    assert "whom its starting weights have seen" in refused(capsys, tmp_path / "c", middle)
    facts = json.loads((middle / "run.json").read_text())
    facts["started_from"]["0"] = str(tmp_path / "nowhere" / "fold-0")
    (middle / "run.json").write_text(json.dumps(facts))
    assert "cannot be told whom the starting weights have seen" in refused(capsys, tmp_path / "c", middle)


def test_stamps_are_handed_on(tmp_path, donor):
    stamped = tmp_path / donor.name
    shutil.copytree(donor, stamped)
    facts = json.loads((stamped / "run.json").read_text())
    (stamped / "run.json").write_text(json.dumps({**facts, "stamps": ["stand-in weights"]}))
    assert staged(tmp_path / "b", stamped, "protocol.fold=0") == 0
    facts = json.loads((only_run(tmp_path / "b") / "run.json").read_text())
    assert facts["stamps"] == ["stand-in weights"]


def test_what_cannot_start_a_run_is_told(tmp_path, donor, capsys):
    assert "neither a run nor a finished fold" in refused(capsys, tmp_path, donor.parent.parent)
    assert "do not fit" in refused(capsys, tmp_path, donor, "backbone.width=4")
    foreign = [f"backbone.weights={donor}", "backbone=mobilenet_v3_small", "strategy=finetune"]
    assert train(tmp_path, *QUICK, *foreign, base=SMALL) == 2
    said = capsys.readouterr().err
    assert "missing: body.features.0.0.weight" in said
    assert "unexpected: body.first.weight" in said
    assert train(tmp_path, *QUICK, *foreign, "backbone.checksum='00000000'", base=SMALL) == 2
    assert "a checksum is for a file" in capsys.readouterr().err


def test_a_fold_that_is_missing_or_changed_is_refused(tmp_path, donor, capsys):
    broken = tmp_path / donor.name
    shutil.copytree(donor, broken)
    with (broken / "fold-1" / "weights.pt").open("ab") as file:
        file.write(b"x")
    assert "changed after the fold was finished" in refused(capsys, tmp_path, broken)
    shutil.rmtree(broken / "fold-1")
    assert "fold 1 would start from fold 1 of this run, which is not finished" in refused(capsys, tmp_path, broken)
    shutil.rmtree(broken / "fold-0")
    assert "no finished fold" in refused(capsys, tmp_path, broken)
