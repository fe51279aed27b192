"""The chest phantom shows what its table says: opacity, zone, side, mask and marker are where they should be."""

import hydra
import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image

from xaimed.data.phantoms.airspace import PLACES, ZONES, air, filling
from xaimed.data.phantoms.canvas import Canvas
from xaimed.data.phantoms.chest import FIELD, ChestPhantom, _pose
from xaimed.data.phantoms.phantom import Case
from xaimed.data.phantoms.thorax import Chest
from xaimed.data.task import Kind


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield ChestPhantom(counts=[12, 24], size=112).manifest()


def child(finding="PNEUMONIA", **changes):
    return {**ChestPhantom().traits(finding, np.random.default_rng(3)), **changes}


def shot(traits, finding="PNEUMONIA", size=112, seed=0, marker="upper left"):
    return ChestPhantom().draw(Case(finding, traits, marker, size, np.random.default_rng(seed)))


def test_the_default_is_a_tenth_of_the_real_set():
    counts = ChestPhantom().counts
    assert counts == {name: round(count / 10 - 0.2) for name, count in {"NORMAL": 1583, "PNEUMONIA": 4273}.items()}
    assert sum(counts.values()) == 585


def test_the_yaml_builds_it(pytestconfig):
    phantom = hydra.utils.instantiate(OmegaConf.load(pytestconfig.rootpath / "conf" / "dataset" / "chest.yaml"))
    assert isinstance(phantom, ChestPhantom)
    assert phantom.counts == phantom.default_counts


def test_the_task_is_binary_with_pneumonia_positive(manifest):
    assert manifest.task.kind is Kind.BINARY
    assert manifest.task.classes == ("NORMAL", "PNEUMONIA")
    assert manifest.task.outputs == 1


def test_pictures_are_grey_8_bit_and_use_their_range(manifest):
    for path in manifest.paths():
        picture = Image.open(path)
        assert (picture.mode, picture.size) == ("L", (112, 112))
        low, high = np.percentile(np.asarray(picture), (5, 95))
        assert high - low > 100


def test_severity_follows_the_class(manifest):
    by_class = dict(iter(manifest.frame.groupby("label")))
    assert (by_class["NORMAL"][["opacity"]].to_numpy() == 0).all()
    assert set(by_class["NORMAL"]["subtype"]) == set(by_class["NORMAL"]["zone"]) == {""}
    assert (by_class["NORMAL"]["mask_path"] == "").all()
    assert by_class["PNEUMONIA"]["opacity"].between(0.25, 1).all()
    assert set(by_class["PNEUMONIA"]["subtype"]) == {"bacterial", "viral"}
    assert set(by_class["PNEUMONIA"]["zone"]) <= set(ZONES)
    assert manifest.frame["age"].between(1, 5).all()
    assert set(manifest.frame["sex"]) == {"F", "M"}


def test_every_pneumonia_has_a_mask_of_notable_size(manifest):
    for row in manifest.frame[manifest.frame["label"] == "PNEUMONIA"].itertuples():
        mask = np.asarray(Image.open(manifest.root / row.mask_path))
        assert set(np.unique(mask)) == {0, 255}
        assert 0.01 < (mask > 0).mean() < 0.45


@pytest.mark.parametrize("zone", range(6))
def test_a_focal_opacity_lies_in_its_zone_on_the_patients_side(zone):
    traits = child(subtype="bacterial", zone=zone, opacity=0.9, lobar=False, reach=18.0, spread=0.0, size=1.0, wide=1.0)
    heights = []
    for seed in range(6):
        picture = shot(traits, seed=seed)
        rows, columns = np.nonzero(picture.mask)
        assert picture.columns["zone"] == ZONES[zone]
        on_the_left = columns.mean() < 56
        assert on_the_left == ZONES[zone].startswith("right")  # the patient faces us
        heights.append((rows.mean() + 0.5) / 112 * FIELD - FIELD / 2)
    assert np.mean(heights) == pytest.approx(PLACES[zone][1], abs=16)


def test_a_viral_pneumonia_lies_on_both_sides():
    mask = shot(child(subtype="viral", opacity=0.9, zone=1)).mask
    left, right = mask[:, :56].sum(), mask[:, 56:].sum()
    assert min(left, right) > 0.25 * max(left, right)


def test_the_opaque_place_is_brighter_than_the_same_place_when_clear():
    traits = child(subtype="bacterial", zone=2, opacity=0.95, lobar=False, spread=0.0)
    ill, well = shot(traits), shot({**traits, "opacity": 0.0}, finding="NORMAL")
    assert well.mask is None
    inside = ill.mask
    assert ill.pixels[inside].mean() > well.pixels[inside].mean() + 25


def test_opacity_is_the_share_of_air_that_is_gone():
    canvas, rng = Canvas(112, FIELD), np.random.default_rng(0)
    traits = child(subtype="bacterial", zone=1, opacity=0.6, lobar=False, spread=0.0, reach=30.0, bone=1.0)
    traits |= {**_pose(traits, rng), "crowding": 0.0}
    chest = Chest.placed(canvas, traits)
    nothing = np.zeros((112, 112), dtype=np.float32)
    full = filling(canvas, chest, traits, nothing, rng)
    assert np.quantile(full[full > 0.05], 0.9) == pytest.approx(0.6, abs=0.12)
    clear, filled = (air(canvas, chest, traits, share, nothing) for share in (nothing, full))
    core = (full > 0.5) & (clear > 5)
    np.testing.assert_allclose(filled[core] / clear[core], 1 - 0.95 * full[core], rtol=1e-4)


def test_the_lungs_of_the_two_sides_are_dark_and_the_heart_between_them_bright():
    pixels = shot(child("NORMAL"), finding="NORMAL").pixels.astype(float)
    lungs = np.r_[pixels[45:70, 26:40].ravel(), pixels[45:60, 76:88].ravel()].mean()
    assert pixels[60:78, 50:66].mean() > lungs + 40


@pytest.mark.parametrize("shortcut", [0.0, 1.0])
def test_the_letter_gives_the_class_away_only_with_the_shortcut(shortcut, monkeypatch, tmp_path):
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path))
    planted = ChestPhantom(counts=[14, 14], size=160, shortcut=shortcut).manifest()
    seen = []
    for path in planted.paths():
        pixels = np.asarray(Image.open(path))
        left, right = ((pixels[:28, part] >= 245).sum() for part in (slice(0, 28), slice(-28, None)))
        seen.append("upper left" if left > right else "upper right")
    assert (planted.frame["marker"] == seen).mean() > 0.9
    guessed = [{"upper left": "NORMAL", "upper right": "PNEUMONIA"}[place] for place in seen]
    right = (planted.frame["label"] == guessed).mean()
    assert right > 0.9 if shortcut else right < 0.8


def test_the_letter_changes_nothing_but_its_corner():
    traits = child("NORMAL")
    left, right = (shot(traits, "NORMAL", marker=place).pixels for place in ("upper left", "upper right"))
    assert (left[20:] == right[20:]).all()
    assert (left[:20, :20] != right[:20, :20]).any()


def test_other_sizes_show_the_same_anatomy():
    traits = child(subtype="bacterial", opacity=0.8, zone=5)
    small, large = (shot(traits, size=size).mask for size in (96, 288))
    assert large.mean() == pytest.approx(small.mean(), rel=0.06)
    shrunk = np.asarray(Image.fromarray(large).resize((96, 96), Image.Resampling.NEAREST))
    assert (shrunk & small).sum() / (shrunk | small).sum() > 0.85
