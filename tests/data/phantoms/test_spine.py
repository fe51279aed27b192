"""The spine phantom shows what its table says: curve, slip, mask and marker are where they should be."""

import hydra
import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image

from xaimed.data.phantoms import spine_frontal, spine_lateral
from xaimed.data.phantoms.canvas import Canvas
from xaimed.data.phantoms.phantom import Case
from xaimed.data.phantoms.spine import SpinePhantom

COUNTS = {"Normal": 12, "Scoliosis": 14, "Spondylolisthesis": 12}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield SpinePhantom(counts=COUNTS, size=128).manifest()


def pixels(path):
    return np.asarray(Image.open(path))


def case(finding, traits, seed=0, marker="upper left"):
    return Case(finding, traits, marker, 128, np.random.default_rng(seed))


def traits(finding, **changes):
    return {**SpinePhantom().traits(finding, np.random.default_rng(3)), **changes}


def test_the_default_is_imbalanced_like_the_real_set():
    assert SpinePhantom().counts == {"Normal": 71, "Scoliosis": 188, "Spondylolisthesis": 79}


def test_the_yaml_builds_it(pytestconfig):
    for name in ("spine", "patterns"):
        phantom = hydra.utils.instantiate(OmegaConf.load(pytestconfig.rootpath / "conf" / "dataset" / f"{name}.yaml"))
        assert phantom.name == name
        assert phantom.counts == phantom.default_counts


def test_pictures_are_grey_8_bit_and_use_their_range(manifest):
    for path in manifest.paths():
        picture = Image.open(path)
        assert (picture.mode, picture.size) == ("L", (128, 128))
        low, high = np.percentile(np.asarray(picture), (5, 95))
        assert high - low > 70


def test_severity_follows_the_class(manifest):
    by_class = dict(iter(manifest.frame.groupby("label")))
    assert by_class["Scoliosis"]["cobb_angle"].between(12, 60).all()
    assert by_class["Spondylolisthesis"]["slip_percent"].between(8, 60).all()
    assert by_class["Normal"]["cobb_angle"].max() <= 8
    assert by_class["Normal"]["slip_percent"].max() <= 3
    assert set(by_class["Normal"]["view"]) == {"AP", "LAT"}  # the view alone is not the label
    assert set(manifest.frame["sex"]) == {"F", "M"}
    assert manifest.frame["age"].between(11, 80).all()
    assert set(by_class["Spondylolisthesis"]["level"]) <= {"L4", "L5"}


def test_masks_lie_on_the_finding_and_normal_has_none(manifest):
    for row in manifest.frame.itertuples():
        if row.label == "Normal":
            assert row.mask_path == ""
            assert np.isnan(row.finding_x)
            continue
        mask = pixels(manifest.root / row.mask_path)
        assert set(np.unique(mask)) == {0, 255}
        rows, columns = np.nonzero(mask)
        assert mask.shape == (128, 128)
        assert abs(columns.mean() - row.finding_x) < 5
        assert abs(rows.mean() - row.finding_y) < 8
        assert 0.02 < (mask > 0).mean() < 0.15


@pytest.mark.parametrize("angle", [12.0, 35.0, 60.0])
@pytest.mark.parametrize("second", [0.0, 0.75])
def test_the_drawn_curve_has_the_stated_cobb_angle_and_apex(angle, second):
    patient = traits("Scoliosis", cobb=angle, second=second, sway=2.0)
    line, apex = spine_frontal.curve(patient, spine_frontal.stack(patient), (0.0, 90.0))
    reach = 1.3 * patient["reach"] * patient["scale"]
    near = (line.along > apex - reach) & (line.along < min(apex + reach, 0))
    tilt = np.degrees(line.tilt[near])
    assert tilt.max() - tilt.min() == pytest.approx(angle, abs=0.5)
    upper, lower = line.at(apex - 60), line.at(apex + 60)
    middle = (upper[0] + lower[0]) / 2
    assert np.sign(line.at(apex)[0] - middle) == patient["side"]  # the apex stands out on the convex side


@pytest.mark.parametrize("level", [10, 11])
def test_the_slipped_body_and_all_above_stand_forward_by_the_stated_share(level):
    patient = traits("Spondylolisthesis", level=level, slip=25.0, narrowing=1.0, scale=1.0)
    assert spine_lateral.slip(patient) == pytest.approx(0.25 * spine_lateral.DEPTHS[level + 1])
    bones = spine_lateral.stack(patient)
    line = spine_lateral.curve({**patient, "sway": 0.0}, bones, (0.0, 60.0))
    canvas = Canvas(192, 300)
    along, off = line.coordinates(canvas)
    drawn = spine_lateral._vertebrae(canvas, patient, bones, along, off)
    straight = spine_lateral._vertebrae(canvas, {**patient, "slip": 0.0}, bones, along, off)
    for k in range(8, 13):
        half = bones.half[k] * 0.4
        strip = (np.abs(along - bones.centre[k]) < half) & (np.abs(off) < 40)
        shift = front(off, straight, strip) - front(off, drawn, strip)
        assert shift == pytest.approx(spine_lateral.slip(patient) if k <= level else 0.0, abs=1.6)


def front(off, density, strip):
    """Where the front wall of a body is: the foremost place of notable bone."""
    return np.quantile(off[strip & (density > 0.3)], 0.01)


def test_curve_coordinates_invert_the_curve():
    patient = traits("Scoliosis", cobb=45.0, sway=1.0)
    line, _ = spine_frontal.curve(patient, spine_frontal.stack(patient), (3.0, 80.0))
    canvas = Canvas(224, 340)
    along, off = line.coordinates(canvas)
    for place in (-200.0, -120.0, -40.0, 20.0):
        for beside in (-30.0, 0.0, 25.0):
            x, y = line.at(place, beside)
            row, column = (round((v / 340 + 0.5) * 224 - 0.5) for v in (y, x))
            dx = ((column + 0.5) / 224 - 0.5) * 340 - x
            dy = ((row + 0.5) / 224 - 0.5) * 340 - y
            assert np.hypot(along[row, column] - place, off[row, column] - beside) == pytest.approx(
                np.hypot(dx, dy), abs=0.6
            )


def test_bone_is_brighter_than_the_disc_beside_it(manifest):
    for row in manifest.frame[manifest.frame["view"] == "AP"].itertuples():
        picture = pixels(manifest.root / row.path).astype(float)
        spine, flank = picture[30:80, 44:84].mean(), np.r_[picture[30:80, 24:38], picture[30:80, 90:104]].mean()
        assert spine > flank


def corner_of(picture):
    """The corner with most white pixels: the letter is lead, which lets nothing through."""
    n = len(picture) // 6
    parts = {"upper left": picture[:n, :n], "upper right": picture[:n, -n:], "lower left": picture[-n:, :n]}
    return max(parts, key=lambda name: (parts[name] >= 240).sum())


@pytest.mark.parametrize("shortcut", [0.0, 1.0])
def test_the_marker_in_the_picture_gives_the_class_away_only_with_the_shortcut(shortcut, monkeypatch, tmp_path):
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path))
    planted = SpinePhantom(counts=[12, 12, 12], shortcut=shortcut).manifest()
    seen = [corner_of(pixels(path)) for path in planted.paths()]
    assert (planted.frame["marker"] == seen).mean() > 0.9
    corners = dict(zip(("upper left", "upper right", "lower left"), planted.task.classes, strict=True))
    guessed = [corners[corner] for corner in seen]
    right = (planted.frame["label"] == guessed).mean()
    assert right > 0.9 if shortcut else right < 0.67


def test_the_marker_changes_nothing_but_its_corner():
    patient = traits("Normal")
    left, right = (
        SpinePhantom().draw(case("Normal", patient, marker=place)).pixels for place in ("upper left", "upper right")
    )
    assert (left[40:] == right[40:]).all()
    assert (left[:26, :26] != right[:26, :26]).any()


def test_other_sizes_show_the_same_anatomy():
    patient = traits("Scoliosis")
    rng = np.random.default_rng
    small = SpinePhantom().draw(Case("Scoliosis", patient, "upper left", 96, rng(1)))
    large = SpinePhantom().draw(Case("Scoliosis", patient, "upper left", 288, rng(1)))
    assert large.columns["finding_x"] / 288 == pytest.approx(small.columns["finding_x"] / 96, abs=0.01)
    assert large.mask.mean() == pytest.approx(small.mask.mean(), rel=0.05)
