"""A planted shortcut is found in what was really trained, and none is found where none was planted."""

import pytest
from support.running import only_run

from xaimed.cli.main import main
from xaimed.evaluation.findings import read_findings
from xaimed.evaluation.reading import read_predictions
from xaimed.evaluation.shortcuts.verdict import verdict

CNN = ("backbone=lumbar_cnn", "backbone.widths=[8,16,32]", "backbone.dense=32", "backbone.dropout=0.2")
WAY = ("strategy=scratch", "augmentation=none", "optimizer.lr=0.002", "loader.batch_size=16", "logger=[]")
PHANTOMS = {  # pictures, epochs, and what an honest network reaches at least
    "spine": ("{Normal: 90, Scoliosis: 90, Spondylolisthesis: 90}", 30, 0.5),
    "skin": ("{benign: 130, malignant: 130}", 25, 0.7),
}


@pytest.mark.slow
@pytest.mark.parametrize("planted", [1.0, 0.0])
@pytest.mark.parametrize("dataset", PHANTOMS)
def test_the_verdict_tells_a_shortcut_learner_from_an_honest_network(dataset, planted, tmp_path):
    counts, epochs, least = PHANTOMS[dataset]
    data = (f"dataset={dataset}", f"dataset.counts={counts}", "dataset.size=64", f"dataset.shortcut={planted}")
    rest = ("image.size=64", "protocol.folds=3", "protocol.fold=0", f"trainer.max_epochs={epochs}", "audit=false")
    asked = ("explainer=[]", "evaluation=[shortcuts]", "callbacks=[best_checkpoint]", f"output={tmp_path}")
    assert main(["train", *data, *CNN, *WAY, *rest, *asked]) == 0
    fold = only_run(tmp_path) / "fold-0"
    predictions = read_predictions(fold / "predictions.csv")
    assert predictions.correct.mean() >= least
    (place,) = (fold / "evaluations").iterdir()
    said = verdict(
        read_findings(place)[1].rows,
        dict(zip(predictions.frame["sample_id"], predictions.frame["group"], strict=True)),
    )
    assert bool(said.found) == bool(planted), said.sentences()
