"""The lumbar phantom shows what its table says: disc, canal, spurs and masks are where and as large as stated."""

import hydra
import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image

from xaimed.data.phantoms.canvas import Canvas
from xaimed.data.phantoms.lumbar import NAMES, LumbarPhantom
from xaimed.data.phantoms.lumbar_anatomy import FLUID, LAST, Plane, canal, signal, stack
from xaimed.data.phantoms.midline import LEVELS
from xaimed.data.phantoms.phantom import Case
from xaimed.data.phantoms.spine_lateral import curve

CLASSES = ("Healthy", "Herniated Disk", "Spinal Stenosis", "Spondylosis")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield LumbarPhantom(counts=[10, 10, 12, 10], size=112).manifest()


def patient(finding, seed=3, **changes):
    return {**LumbarPhantom().traits(finding, np.random.default_rng(seed)), **changes}


def shot(finding, traits, size=112, marker="upper left"):
    return LumbarPhantom().draw(Case(finding, traits, marker, size, np.random.default_rng(0)))


def placed(traits, size=256, width=250.0):
    """A patient's plane and its undisturbed signal."""
    canvas, bones = Canvas(size, width), stack(traits)
    traits |= {"sway": 0.0, "tight_at": -400.0}
    traits["line"] = curve(traits, bones, (0.0, 55.0))
    plane = Plane.placed(canvas, traits, bones, traits["line"])
    return plane, signal(canvas, traits, bones, plane, np.random.default_rng(0))


def test_the_default_is_ten_times_the_test_tenth_of_the_study():
    assert LumbarPhantom().counts == dict(zip(CLASSES, (40, 40, 80, 30), strict=True))


def test_the_yaml_builds_it(pytestconfig):
    phantom = hydra.utils.instantiate(OmegaConf.load(pytestconfig.rootpath / "conf" / "dataset" / "lumbar.yaml"))
    assert isinstance(phantom, LumbarPhantom)
    assert phantom.counts == phantom.default_counts


def test_pictures_are_grey_8_bit_and_use_their_range(manifest):
    assert manifest.task.classes == CLASSES
    for path in manifest.paths():
        picture = Image.open(path)
        assert (picture.mode, picture.size) == ("L", (112, 112))
        low, high = np.percentile(np.asarray(picture), (5, 99))
        assert high - low > 110


def test_severity_follows_the_class(manifest):
    healthy, herniated, narrow, worn = (manifest.frame[manifest.frame["label"] == name] for name in CLASSES)
    assert herniated["herniation_mm"].between(3, 11).all()
    assert (manifest.frame.drop(herniated.index)["herniation_mm"] == 0).all()
    assert narrow["canal_mm"].between(3.4, 9.1).all()
    assert healthy["canal_mm"].min() > narrow["canal_mm"].max()
    assert worn["spur_mm"].between(1.8, 6.8).all()
    assert healthy["spur_mm"].max() < worn["spur_mm"].min()
    assert (healthy["mask_path"] == "").all()
    assert set(healthy["level"]) == {""}
    assert set(herniated["level"]) <= {"L3-L4", "L4-L5", "L5-S1"}
    assert set(manifest.frame["level"]) <= {"", *NAMES}
    assert manifest.frame["age"].between(19, 84).all()


def test_masks_lie_where_a_reader_looks(manifest):
    for row in manifest.frame[manifest.frame["label"] != "Healthy"].itertuples():
        mask = np.asarray(Image.open(manifest.root / row.mask_path))
        assert set(np.unique(mask)) == {0, 255}
        assert 0.002 < (mask > 0).mean() < 0.12


@pytest.mark.parametrize("level", [LAST - 1, LAST])
@pytest.mark.parametrize("size_mm", [4.0, 8.0])
def test_the_disc_stands_out_into_the_fluid_by_the_stated_millimetres(level, size_mm):
    nothing, hernia = np.zeros(len(LEVELS)), np.zeros(len(LEVELS))
    hernia[level] = size_mm
    still = {"bulge": nothing, "flavum": nothing, "sunk": 0.0, "canal": 17.0}
    plane, whole = placed(patient("Healthy", **still, hernia=nothing))
    _, burst = placed(patient("Healthy", **still, hernia=hernia))
    strip = (np.abs(plane.w) < 0.8) & (plane.disc == level) & (np.abs(plane.t) < 45)
    depth = [front_of_fluid(plane, picture, strip) for picture in (whole, burst)]
    assert depth[1] - depth[0] == pytest.approx(size_mm, abs=1.4)


def front_of_fluid(plane, picture, strip):
    """How far behind the bodies the fluid begins."""
    return np.quantile((plane.t - plane.wall)[strip & (picture > 0.55 * FLUID) & (plane.t > plane.wall)], 0.02)


def test_the_canal_is_as_narrow_as_stated():
    traits = patient("Spinal Stenosis")
    plane, _ = placed(traits)
    front, back = canal(plane, traits)
    room = (back - front)[(plane.disc == traits["level"]) & (np.abs(plane.w) < 0.7)]
    stated = traits["canal"] - traits["bulge"][traits["level"]] - traits["flavum"][traits["level"]]
    assert room.min() == pytest.approx(stated, abs=1.0)
    assert shot("Spinal Stenosis", traits).columns["canal_mm"] == pytest.approx(stated, abs=0.06)


def test_a_worn_disc_is_dark_and_a_young_one_bright():
    wear = np.zeros(len(LEVELS))
    wear[LAST - 1] = 0.95
    plane, picture = placed(patient("Healthy", wear=wear))
    core = (np.abs(plane.w) < 2) & (np.abs(plane.t) < 8)
    worn, young = (picture[core & (plane.disc == level)].mean() for level in (LAST - 1, LAST - 2))
    assert young > worn + 0.3


def test_the_cord_ends_above_and_the_fluid_is_the_brightest_in_the_canal():
    plane, picture = placed(patient("Healthy", conus=45.0))
    inside = (plane.t > plane.wall + 8) & (plane.t < plane.wall + 13)
    above = picture[inside & (plane.body == LEVELS.index("L1"))]
    below = picture[inside & (plane.body == LEVELS.index("L4"))]
    assert np.median(above) < 0.6 < np.median(below)


def test_the_finding_lies_in_its_mask_and_nowhere_else():
    traits = patient("Herniated Disk", seed=5)
    gone = {**traits, "hernia": np.zeros(len(LEVELS))}
    plane, burst = placed(traits)
    _, whole = placed(gone)
    changed = np.abs(burst - whole) > 0.2
    at_level = (plane.disc == traits["level"]) & (np.abs(plane.w) < 14) & (plane.t > plane.wall - 9)
    assert changed.sum() > 20
    assert (changed & at_level).sum() > 0.95 * changed.sum()


def test_the_letter_changes_nothing_but_its_corner():
    traits = patient("Healthy")
    left, right = (shot("Healthy", traits, marker=place).pixels for place in ("upper left", "lower right"))
    assert (left[20:-20] == right[20:-20]).all()
    assert (left[:20, :20] != right[:20, :20]).any()
    assert (left[-20:, -20:] != right[-20:, -20:]).any()


def test_other_sizes_show_the_same_anatomy():
    traits = patient("Spondylosis")
    small, large = (shot("Spondylosis", traits, size=size).mask for size in (96, 288))
    assert large.mean() == pytest.approx(small.mean(), rel=0.06)
    shrunk = np.asarray(Image.fromarray(large).resize((96, 96), Image.Resampling.NEAREST))
    assert (shrunk & small).sum() / (shrunk | small).sum() > 0.85
