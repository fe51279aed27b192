"""What a run with averaged weights judges and keeps, against an average taken by hand beside it."""

import lightning.pytorch as pl
import pytest
import torch
from support.running import only_run, train
from torch.nn import functional

from xaimed.callbacks.ema import EMA
from xaimed.errors import ConfigError
from xaimed.evaluation.reading import read_predictions
from xaimed.training.classifier import Classifier

ALL = "callbacks=[best_checkpoint,ema]"
SMALL = ("explainer=[]", "logger=[]", "protocol.fold=0", "trainer.max_epochs=3", "optimizer.lr=0.05")


def test_the_average_is_what_is_validated_kept_and_predicted_with(tmp_path, monkeypatch):
    decay, ends = 0.6, []
    averages, own = {}, []
    begin, end = Classifier.on_train_start, pl.LightningModule.on_train_batch_end

    def start(self):
        begin(self)
        averages.update({name: value.clone() for name, value in self.network.state_dict().items()})

    def by_hand(self, outputs, batch, batch_idx):
        end(self, outputs, batch, batch_idx)
        step = self.trainer.global_step - 1
        kept = min(decay, (1 + step) / (10 + step))
        for name, value in self.network.state_dict().items():
            averages[name] = kept * averages[name] + (1 - kept) * value if value.is_floating_point() else value.clone()
        ends.append({name: value.clone() for name, value in averages.items()})
        own.append(self.network.state_dict()["head.1.weight"].clone())

    monkeypatch.setattr(Classifier, "on_train_start", start)
    monkeypatch.setattr(Classifier, "on_train_batch_end", by_hand)
    assert train(tmp_path, ALL, *SMALL, f"callbacks.ema.decay={decay}") == 0
    fold = only_run(tmp_path) / "fold-0"
    weights = torch.load(fold / "weights.pt", weights_only=True)
    rows = (fold / "history.csv").read_text().splitlines()
    losses = [float(row.split(",")[rows[0].split(",").index("val/loss")]) for row in rows[1:]]
    best = losses.index(min(losses))
    assert len(ends) == 6
    torch.testing.assert_close(weights, ends[2 * best + 1], rtol=1e-5, atol=1e-6)
    assert not torch.allclose(weights["head.1.weight"], own[2 * best + 1], rtol=1e-3, atol=1e-4)
    # the fold reports the samples it selects by, so its predictions give the validation loss again
    predictions = read_predictions(fold / "predictions.csv")
    loss = functional.nll_loss(torch.tensor(predictions.probabilities).log(), torch.tensor(predictions.targets))
    assert float(loss) == pytest.approx(min(losses), rel=1e-5)


@pytest.mark.parametrize("decay", [0, 1, 1.5])
def test_a_decay_that_is_no_share_is_refused(decay):
    with pytest.raises(ConfigError, match=r"callbacks\.ema\.decay"):
        EMA(decay)
