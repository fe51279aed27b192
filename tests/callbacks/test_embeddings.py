"""The projector's files: features by the kept weights, in the order of their labels and small pictures."""

import csv

import numpy as np
import pytest
import torch
from PIL import Image
from support.running import only_run, train
from support.tiny import tiny_network

from xaimed.callbacks.embeddings import Embeddings, predicted_in_words, true_in_words
from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError
from xaimed.evaluation.reading import read_predictions

QUICK = ("explainer=[]", "protocol.fold=0", "trainer.max_epochs=1")
ASKED = "callbacks=[early_stopping,best_checkpoint,embeddings]"


def test_a_finished_fold_gets_its_features_later_by_the_weights_that_predict(tmp_path):
    assert train(tmp_path, "callbacks=[early_stopping,best_checkpoint]", *QUICK) == 0
    fold = only_run(tmp_path) / "fold-0"
    weights = (fold / "weights.pt").read_bytes()
    assert train(tmp_path, ASKED, "callbacks.embeddings.most=13", *QUICK) == 0
    assert (fold / "weights.pt").read_bytes() == weights
    network = tiny_network(3, pretrained=False).eval()
    network.load_state_dict(torch.load(fold / "weights.pt", weights_only=True))
    folder = fold / "embeddings/00000/features"
    features = np.loadtxt(folder / "tensors.tsv", delimiter="\t")
    lines = list(csv.DictReader((folder / "metadata.tsv").open(encoding="utf-8"), delimiter="\t"))
    assert features.shape == (13, 16)
    assert len(lines) == 13
    # the fold reports the rows that it selects by, so what it predicted is stored
    stored = read_predictions(fold / "predictions.csv").frame.set_index("sample_id")
    with torch.no_grad():
        logits = network.head(torch.tensor(features, dtype=torch.float32)).numpy()
    for line, row in zip(lines, logits, strict=True):
        own = stored.loc[line["sample"]]
        assert (line["true"], line["predicted"]) == (own["label"], own["predicted"])
        expected = [own[f"logit:{name}"] for name in ("Normal", "Scoliosis", "Spondylolisthesis")]
        np.testing.assert_allclose(row, expected, atol=1e-5)
    with Image.open(folder / "sprite.png") as sheet:
        assert sheet.size == (4 * 32, 4 * 32)
        assert np.asarray(sheet).max() > 200
    assert Embeddings().is_done(fold)


def test_several_labels_and_two_classes_are_put_into_words():
    both = Task(Kind.MULTILABEL, ("a", "b"))
    assert predicted_in_words(torch.tensor([[1.0, 2.0], [-1.0, -2.0]]), both) == ["a + b", "none"]
    assert true_in_words(np.array([-1, 1]), both) == "b"
    two = Task(Kind.BINARY, ("no", "yes"))
    assert predicted_in_words(torch.tensor([[0.5], [-0.5]]), two) == ["yes", "no"]
    assert true_in_words(np.array(1), two) == "yes"


@pytest.mark.parametrize("wrong", [{"most": 0}, {"side": 0}, {"most": 70_000}])
def test_what_fits_no_sheet_is_refused(wrong):
    with pytest.raises(ConfigError, match=r"callbacks\.embeddings"):
        Embeddings(**wrong)
