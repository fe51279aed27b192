import pytest
import torch
from support.running import only_run, train

from xaimed.training.accumulation import Windows

BARE = ("explainer=[]", "callbacks=[best_checkpoint]", "logger=[]", "protocol.fold=0", "trainer.max_epochs=2")


def test_factors_by_hand():
    """Seven batches of four from 26 samples, three a step: 12, 12, and 2 alone."""
    windows = Windows(window=3, batches=7, size=4, samples=26)
    assert [windows.batch_size(i) for i in range(7)] == [4, 4, 4, 4, 4, 4, 2]
    assert [windows.step_size(i) for i in range(7)] == [12] * 6 + [2]
    assert [windows.factor(i) for i in range(7)] == [1, 1, 1, 1, 1, 1, 3]
    assert Windows(2, 4, 4, 15).factor(3) == pytest.approx(2 * 3 / 7)
    assert Windows(1, 4, 4, 15).factor(3) == 1
    assert windows.said() == "12 samples a step (3 batches of 4), 2 in the last; 3 steps an epoch"
    assert Windows(1, 2, 8, 16).said() == "8 samples a step; 2 steps an epoch"


def test_accumulated_batches_train_like_one_large_batch_the_last_incomplete_one_included(tmp_path, capsys):
    """15 samples in steps of 9 and 6, or of 3 + 3 + 3 and 3 + 3; the body stands still, BatchNorm with it."""
    alike = (*BARE, "strategy=feature_extraction", "backbone.dropout=0", "optimizer=sgd", "optimizer.lr=0.5")
    ends = []
    for name, sizes in {
        "large": ("loader.batch_size=8",),
        "small": ("loader.batch_size=3", "trainer.accumulate_grad_batches=3"),
        "large of nine": ("loader.batch_size=9",),
    }.items():
        assert train(tmp_path / name, *alike, *sizes) == 0
        ends.append(torch.load(only_run(tmp_path / name) / "fold-0" / "weights.pt", weights_only=True))
    other, small, large = ends
    assert "9 samples a step (3 batches of 3), 6 in the last; 2 steps an epoch" in capsys.readouterr().out
    torch.testing.assert_close(small, large, rtol=1e-5, atol=1e-7)
    assert not torch.allclose(other["head.1.weight"], large["head.1.weight"], rtol=1e-5, atol=1e-7)
