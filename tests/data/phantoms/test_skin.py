"""The skin phantom shows what its table says: outline, colours, mask and scale are where and as they should be."""

import hydra
import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image

from xaimed.data.phantoms.canvas import Canvas
from xaimed.data.phantoms.phantom import Case
from xaimed.data.phantoms.skin import BENIGN, SkinPhantom
from xaimed.data.phantoms.skin_lesion import Lesion, dots, network, radii
from xaimed.data.phantoms.skin_surface import scale
from xaimed.data.task import Kind


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield SkinPhantom(counts=[24, 16], size=112).manifest()


def patient(finding="malignant", seed=3, **changes):
    return {**SkinPhantom().traits(finding, np.random.default_rng(seed)), **changes}


def shot(traits, finding="malignant", size=112, marker="upper left", seed=0):
    return SkinPhantom().draw(Case(finding, traits, marker, size, np.random.default_rng(seed)))


def test_the_default_is_imbalanced_and_leaves_every_fold_some():
    counts = SkinPhantom().counts
    assert counts == {"benign": 420, "malignant": 60}


def test_the_yaml_builds_it(pytestconfig):
    phantom = hydra.utils.instantiate(OmegaConf.load(pytestconfig.rootpath / "conf" / "dataset" / "skin.yaml"))
    assert isinstance(phantom, SkinPhantom)
    assert phantom.counts == phantom.default_counts


def test_the_task_is_binary_and_the_pictures_are_in_colour(manifest):
    assert manifest.task.kind is Kind.BINARY
    assert manifest.task.classes == ("benign", "malignant")
    for path in manifest.paths():
        picture = Image.open(path)
        assert (picture.mode, picture.size) == ("RGB", (112, 112))
        red, _, blue = np.asarray(picture).reshape(-1, 3).mean(axis=0)
        assert red > blue + 10  # skin


def test_severity_follows_the_diagnosis(manifest):
    benign, malignant = (manifest.frame[manifest.frame["label"] == name] for name in manifest.task.classes)
    assert set(malignant["diagnosis"]) == {"melanoma"}
    assert set(benign["diagnosis"]) <= set(BENIGN)
    for column, low, high in (("asymmetry", 0, 1), ("border", 0, 8), ("colours", 1, 6)):
        assert manifest.frame[column].between(low, high).all()
        assert malignant[column].mean() > benign[column].mean()
    assert manifest.frame["age"].between(15, 90).all()


def test_irregular_nevi_and_early_melanomas_overlap():
    drawn = {name: [patient(name, seed) for seed in range(150)] for name in ("benign", "malignant")}
    for key in ("asymmetry", "border", "colours"):
        benign, malignant = (np.array([traits[key] for traits in drawn[name]]) for name in drawn)
        reached = (benign >= np.quantile(malignant, 0.1)).mean()
        assert 0.02 < reached < 0.65


def test_a_mask_is_the_benign_lesion_or_the_atypical_part_of_a_malignant_one(manifest):
    for row in manifest.frame.itertuples():
        mask = np.asarray(Image.open(manifest.root / row.mask_path)) > 0
        assert 0.003 < mask.mean() < 0.7
    traits = patient("benign", asymmetry=0.0, border=0, oval=0.0, radius=3.0, hairs=0.0)
    traits["patches"] = []
    picture = shot(traits, "benign", size=128, seed=1)
    grey = picture.pixels.astype(float).mean(axis=2)
    middle = np.hypot(*(np.mgrid[:128, :128] - 63.5)) < 58
    assert grey[picture.mask].mean() < grey[~picture.mask & middle].mean() - 15
    width = np.random.default_rng(1).uniform(11.0, 14.5)
    assert picture.mask.mean() == pytest.approx(np.pi * 9 / width**2, rel=0.03)


def test_the_outline_is_as_lopsided_and_notched_as_asymmetry_and_border_say():
    round_ = radii(patient(asymmetry=0.0, border=0, oval=0.0))
    assert np.ptp(round_) == 0
    waves = patient()["waves"]
    lopsided, notched = (
        radii(patient(asymmetry=a, border=b, oval=0.0, waves=waves, radius=3.0)) for a, b in ((1.0, 0), (0.0, 8))
    )
    opposite = np.roll(lopsided[:-1], 180)
    assert np.abs(lopsided[:-1] - opposite).mean() > 0.2
    turns = [np.sum(np.diff(np.sign(np.diff(line))) != 0) for line in (lopsided, notched)]
    assert turns[1] > turns[0]


@pytest.mark.parametrize(("name", "test"), [
    ("black", lambda rgb: rgb.max() < 90),
    ("blue", lambda rgb: rgb[2] > rgb[0] - 25),
    ("red", lambda rgb: rgb[0] > 1.6 * rgb[1]),
    ("white", lambda rgb: rgb.min() > 110),
])  # fmt: skip
def test_a_patch_has_its_colour_and_is_in_the_mask(name, test):
    clean = {"streaks": 0, "hairs": 0.0, "globules": 0.0, "network": 0.0, "odd": (9.0, 9.0, 0.3), "pigment": 0.6}
    traits = patient(radius=4.0, tan=0.1, blush=0.1, **clean, patches=[(name, (0.0, 0.0, 0.5))])
    picture = shot(traits, size=128)
    rows, columns = np.nonzero(picture.mask)
    core = picture.pixels[
        int(rows.mean()) - 4 : int(rows.mean()) + 4, int(columns.mean()) - 4 : int(columns.mean()) + 4
    ]
    assert test(core.reshape(-1, 3).mean(axis=0))


def test_the_network_has_the_stated_mesh():
    canvas = Canvas(256, 12.8)
    lesion = Lesion.placed(canvas, patient(), 0.0, (0.0, 0.0))
    lines = network(canvas, lesion, 0.8, np.random.default_rng(0))
    spectrum = np.abs(np.fft.fft2(lines - lines.mean()))
    fy, fx = (np.fft.fftfreq(256, 0.05)[index] for index in np.unravel_index(spectrum.argmax(), spectrum.shape))
    assert np.hypot(fx, fy) == pytest.approx(1 / 0.8, rel=0.15)


def test_dots_are_as_many_and_as_large_as_asked():
    canvas, pitch, radius = Canvas(400, 20.0), 1.0, 0.3
    every = dots(canvas, np.random.default_rng(0), pitch, (radius, radius), 1.0)
    assert every.mean() == pytest.approx(np.pi * radius**2, rel=0.03)
    assert dots(canvas, np.random.default_rng(0), pitch, (radius, radius), 0.4).mean() == pytest.approx(
        0.4 * np.pi * radius**2, rel=0.15
    )
    assert not dots(canvas, np.random.default_rng(0), pitch, (radius, radius), 0.0).any()


@pytest.mark.parametrize("place", ["upper left", "upper right", "lower left", "lower right"])
def test_the_scale_lies_in_the_corner_named(place):
    marks = scale(Canvas(200, 12.0), place, np.random.default_rng(0))
    rows, columns = np.nonzero(marks > 0.3)
    assert (rows.mean() < 100) == place.startswith("upper")
    assert (columns.mean() < 100) == place.endswith("left")
    assert rows.max() - rows.min() < 30


@pytest.mark.parametrize("shortcut", [0.0, 1.0])
def test_the_scale_gives_the_class_away_only_with_the_shortcut(shortcut, monkeypatch, tmp_path):
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path))
    planted = SkinPhantom(counts=[14, 14], size=64, shortcut=shortcut).manifest().frame
    expected = planted["label"].map({"benign": "upper left", "malignant": "upper right"})
    agrees = (planted["marker"] == expected).mean()
    assert agrees == 1 if shortcut else agrees < 0.85


def test_the_scale_changes_nothing_but_its_edge():
    traits = patient("benign")
    left, right = (shot(traits, "benign", marker=place).pixels for place in ("upper left", "upper right"))
    assert (left[16:] == right[16:]).all()
    assert (left[:16] != right[:16]).any()


def test_other_sizes_show_the_same_lesion():
    small, large = (shot(patient("benign"), "benign", size=size).mask for size in (96, 288))
    assert large.mean() == pytest.approx(small.mean(), rel=0.05)
