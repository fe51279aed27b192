import hashlib
import os
import pickle
import time
from urllib.error import URLError

import pytest
import torch
from torch import nn
from torchvision import models

from xaimed.errors import WeightsError
from xaimed.models import weights as module
from xaimed.models.weights import fit, pretrained_state, read_state, weight_identity


class Small(nn.Module):
    def __init__(self, width=4, classes=1000):
        super().__init__()
        self.conv, self.norm, self.fc = nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.Linear(width, classes)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "small.pth"
    torch.save(Small().state_dict(), path)
    return path


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize(
    "wrap",
    [
        dict,
        lambda state: {f"module.{key}": value for key, value in state.items()},
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"state_dict": {f"module.{key}": value for key, value in state.items()}},
    ],
)
def test_wrappers_are_taken_off(tmp_path, wrap):
    state = Small().state_dict()
    torch.save(wrap(state), tmp_path / "file.pth")
    assert same(read_state(tmp_path / "file.pth"), state)


def test_old_densenet_names_are_understood(tmp_path):
    state = models.densenet121(weights=None).state_dict()
    old = {
        key.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): value
        for key, value in state.items()
        if not key.endswith("num_batches_tracked")
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    torch.save(old, tmp_path / "old.pth")
    model = models.densenet121(weights=None)
    fit(model, read_state(tmp_path / "old.pth"), but="classifier", where="old.pth")
    assert torch.equal(
        model.features.denseblock1.denselayer2.conv2.weight, old["features.denseblock1.denselayer2.conv.2.weight"]
    )


def test_the_last_layer_is_left_out_whatever_its_size():
    source, model = Small(classes=7), Small(classes=3)
    kept = model.fc.weight.clone()
    fit(model, source.state_dict(), but="fc", where=None)
    assert torch.equal(model.conv.weight, source.conv.weight)
    assert torch.equal(model.fc.weight, kept)


def test_every_kind_of_misfit_is_named_and_nothing_is_loaded():
    model = Small(width=4)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    state = dict(Small(width=5).state_dict(), extra=torch.zeros(1))
    del state["norm.bias"]
    with pytest.raises(WeightsError) as caught:
        fit(model, state, but="fc", where="file.pth")
    told = str(caught.value)
    assert "1 missing: norm.bias" in told
    assert "1 unexpected: extra" in told
    assert "conv.weight [5, 3, 3, 3] instead of [4, 3, 3, 3]" in told
    assert "file.pth" in told
    assert same(model.state_dict(), before)


def test_long_lists_are_cut():
    with pytest.raises(WeightsError, match=r"6 missing: conv.weight, conv.bias, norm.weight, norm.bias, …"):
        fit(Small(), {}, but="fc", where=None)


@pytest.mark.parametrize("digits", [64, 12])
def test_a_right_checksum_whole_or_begun_is_accepted(saved, digits):
    assert same(pretrained_state("resnet18", str(saved), sha256(saved)[:digits].upper()), torch.load(saved))


@pytest.mark.parametrize("checksum", ["0" * 64, "00000000"])
def test_a_wrong_checksum_is_refused(saved, checksum):
    with pytest.raises(WeightsError, match=sha256(saved)[:16]):
        pretrained_state("resnet18", str(saved), checksum)
    with pytest.raises(WeightsError, match=checksum):
        weight_identity(str(saved), checksum)


@pytest.mark.parametrize("checksum", ["", "abc", "not-hexadecimal", 12345678])
def test_what_is_no_checksum_is_refused_and_not_ignored(saved, checksum):
    with pytest.raises(WeightsError, match="is no SHA-256"):
        pretrained_state("resnet18", str(saved), checksum)


def test_a_missing_file_is_told_with_its_neighbours(saved):
    with pytest.raises(WeightsError, match=r"no such weights file.*Did you mean 'small.pth'"):
        pretrained_state("resnet18", str(saved.with_name("smal.pth")))
    with pytest.raises(WeightsError, match="no folder"):
        pretrained_state("resnet18", str(saved.parent / "nowhere" / "small.pth"))


def test_no_weights_where_some_are_needed_says_what_to_set():
    with pytest.raises(WeightsError, match=r"backbone\.weights=imagenet"):
        pretrained_state("resnet18", None)


class Evil:
    def __reduce__(self):
        return os.system, ("touch was_here",)


def test_a_file_with_code_in_it_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"conv.weight": torch.zeros(1), "bad": Evil()}, "evil.pth")
    with pytest.raises(WeightsError, match="contains more than tensors; refused"):
        pretrained_state("resnet18", "evil.pth")
    assert not (tmp_path / "was_here").exists()


def test_a_whole_pickled_model_is_refused(tmp_path):
    torch.save(Small(), tmp_path / "model.pth")
    with pytest.raises(WeightsError, match="contains more than tensors; refused"):
        read_state(tmp_path / "model.pth")


@pytest.mark.parametrize(
    "content", [b"", b"<html>not found</html>", b"PK\x03\x04 half a zip file", b"hello", pickle.dumps({"a": 1})]
)
def test_a_damaged_file_is_told_as_such(tmp_path, content):
    (tmp_path / "bad.pth").write_bytes(content)
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        read_state(tmp_path / "bad.pth")


@pytest.mark.parametrize("content", [torch.zeros(3), {}, {"epoch": 3}, [1, 2]])
def test_what_is_no_state_dict_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="no state dict"):
        read_state(tmp_path / "other.pth")


def test_identity_follows_content_not_place(saved, tmp_path):
    elsewhere = tmp_path / "moved.pth"
    elsewhere.write_bytes(saved.read_bytes())
    assert weight_identity(str(saved)) == weight_identity(str(elsewhere)) == sha256(saved)
    assert weight_identity("imagenet") == "imagenet"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Torch.hub's folder, empty, and a net that must not be reached."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(module, "urlopen", lambda url, timeout: pytest.fail("went to the net"))
    return tmp_path / "hub" / "checkpoints"


def named_by_hash(monkeypatch, digest):
    """Let torchvision's ImageNet file for resnet18 be one whose name ends in ``digest``."""

    class Entry:
        url = f"https://example.invalid/models/resnet18-{digest[:8]}.pth"

    monkeypatch.setattr(models, "get_model_weights", lambda name: {"IMAGENET1K_V1": Entry})
    return f"resnet18-{digest[:8]}.pth"


def test_a_cached_imagenet_file_is_used(cache, saved, monkeypatch):
    name = named_by_hash(monkeypatch, sha256(saved))
    cache.mkdir(parents=True)
    (cache / name).write_bytes(saved.read_bytes())
    assert same(pretrained_state("resnet18", "imagenet"), torch.load(saved))


def test_a_damaged_cached_file_is_refused(cache, saved, monkeypatch):
    name = named_by_hash(monkeypatch, "f" * 64)
    cache.mkdir(parents=True)
    (cache / name).write_bytes(saved.read_bytes())
    with pytest.raises(WeightsError, match=r"not ffffffff.*damaged"):
        pretrained_state("resnet18", "imagenet")


def test_a_download_is_kept_for_the_next_time(cache, saved, monkeypatch):
    name = named_by_hash(monkeypatch, sha256(saved))
    asked = []

    def answer(url, timeout):
        asked.append(url)
        return saved.open("rb")

    monkeypatch.setattr(module, "urlopen", answer)
    for _ in range(2):
        assert same(pretrained_state("resnet18", "imagenet"), torch.load(saved))
    assert len(asked) == 1
    assert [path.name for path in cache.iterdir()] == [name]


def refuse(url, timeout):
    raise URLError("Name or service not known")


def hang(url, timeout):
    time.sleep(3)


@pytest.mark.parametrize("net", [refuse, hang])
def test_offline_says_what_to_put_where_and_soon(cache, monkeypatch, net):
    monkeypatch.setattr(module, "urlopen", net)
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    start = time.monotonic()
    with pytest.raises(WeightsError) as caught:
        pretrained_state("mobilenet_v2", "imagenet")
    assert time.monotonic() - start < 2
    told = str(caught.value)
    assert "mobilenet_v2-b0353104.pth" in told
    assert str(cache) in told
    assert "backbone.weights=/path/file.pth" in told
    assert "\n" not in told


def test_a_wrong_download_is_not_kept(cache, saved, monkeypatch):
    named_by_hash(monkeypatch, "f" * 64)
    monkeypatch.setattr(module, "urlopen", lambda url, timeout: saved.open("rb"))
    with pytest.raises(WeightsError, match="what arrived is not the file"):
        pretrained_state("resnet18", "imagenet")
    assert not cache.exists()
