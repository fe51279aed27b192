import numpy as np
import pytest
import torch
from scipy import stats
from skimage import feature

from xaimed.errors import ConfigError
from xaimed.models.hybrid.handcrafted import Handcrafted, intensity

GREY = np.random.default_rng(0).integers(0, 256, (32, 32)).astype(np.uint8)
SMALL = {"size": 32, "hog_cell": 8}


def only(family, **options):
    return Handcrafted(**{"families": [family], **SMALL, **options})


def test_hog_is_scikit_images():
    expected = feature.hog(GREY / 255, 6, (8, 8), (2, 2), block_norm="L2-Hys")
    assert len(expected) == 3 * 3 * 4 * 6
    np.testing.assert_array_equal(only("hog", hog_orientations=6).vector(GREY), expected)


def test_lbp_is_scikit_images_and_by_hand():
    patterns = feature.local_binary_pattern(GREY, 16, 2, method="uniform")
    expected = [(patterns == value).mean() for value in range(18)]
    np.testing.assert_allclose(only("lbp", lbp_radii=[2]).vector(GREY), expected)
    # A bright point on black: of its 8 neighbours each sees one bright point or, itself, none; the rest sees equals.
    point = np.zeros((32, 32), dtype=np.uint8)
    point[10, 10] = 255
    counts = only("lbp", lbp_radii=[1]).vector(point) * 32 * 32
    assert counts.sum() == pytest.approx(1024)
    assert counts[0] == pytest.approx(1)


def test_glcm_is_scikit_images_and_by_hand():
    levels = (GREY // 8).astype(np.uint8)
    matrix = feature.graycomatrix(levels, [1, 3], [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4], 32, True, True)
    names = ["contrast", "dissimilarity", "homogeneity", "energy", "correlation"]
    expected = [feature.graycoprops(matrix, name)[i].mean() for name in names for i in range(2)]
    np.testing.assert_allclose(only("glcm", glcm_distances=[1, 3]).vector(GREY), expected)
    # Vertical stripes of levels 0 and 3 out of 4: side by side always different by 3, above each other always equal.
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (32, 16))
    contrast, dissimilarity, homogeneity, energy, _ = only("glcm", glcm_levels=4, glcm_distances=[1]).vector(stripes)
    assert contrast == pytest.approx((9 + 9 + 0 + 9) / 4)
    assert dissimilarity == pytest.approx((3 + 3 + 0 + 3) / 4)
    assert homogeneity == pytest.approx((0.1 * 3 + 1) / 4)
    assert energy == pytest.approx(np.sqrt(0.5), abs=1e-3)


def test_intensity_is_scipys():
    values = GREY.ravel() / 255
    counts = np.bincount(GREY.ravel(), minlength=256)
    expected = [
        values.mean(),
        values.std(),
        stats.skew(values),
        stats.kurtosis(values),
        stats.entropy(counts, base=2),
        *(np.percentile(values, share) for share in (5, 25, 50, 75, 95)),
    ]
    np.testing.assert_allclose(intensity(GREY), expected)
    np.testing.assert_allclose(
        intensity(np.full((4, 4), 51, dtype=np.uint8)), [0.2, 0, 0, 0, 0, *[0.2] * 5], atol=1e-12
    )


def test_every_entry_has_a_name_and_families_stand_in_the_order_asked():
    whole = Handcrafted(**SMALL)
    names = [family for family, _ in whole.entries]
    assert list(dict.fromkeys(names)) == ["hog", "lbp", "glcm", "intensity"]
    assert [names.count(family) for family in ("hog", "lbp", "glcm", "intensity")] == [324, 28, 15, 10]
    assert whole.entries[324] == ("lbp", 0)
    assert whole.width == len(whole.vector(GREY)) == 377
    two = Handcrafted(families=["intensity", "lbp"], **SMALL)
    np.testing.assert_array_equal(
        two.vector(GREY), np.concatenate([whole.vector(GREY)[-10:], whole.vector(GREY)[324:352]])
    )


def test_pictures_are_taken_as_8_bit_grey_whatever_rounding_they_went_through():
    pictures = torch.from_numpy(GREY / 255).float()[None, None].expand(2, 3, 32, 32)
    measures = Handcrafted(**SMALL)
    expected = torch.from_numpy(measures.vector(GREY)).float()
    for noise in (0.0, 1e-6, -1e-6):
        found = measures((pictures + noise).requires_grad_())
        assert found.dtype is torch.float32
        assert not found.requires_grad
        assert torch.equal(found, expected.expand(2, -1))
    colour = torch.zeros(1, 3, 32, 32)
    colour[:, 1] = 1.0  # green is bright
    assert only("intensity")(colour)[0, 0] == pytest.approx(round(0.7154 * 255) / 255)
    assert measures(torch.rand(0, 3, 32, 32)).shape == (0, 377)


def test_another_size_of_picture_is_measured_at_the_stated_size():
    large = torch.from_numpy(np.kron(GREY, np.ones((4, 4)))).float()[None, None].expand(1, 3, 128, 128) / 255
    assert Handcrafted(**SMALL)(large).shape == (1, 377)
    assert only("intensity")(large)[0, 0] == pytest.approx(GREY.mean() / 255, abs=0.01)


def test_options_make_the_same_again():
    measures = Handcrafted(families=["lbp", "hog"], lbp_radii=[3], **SMALL)
    assert Handcrafted(**measures.options()) == measures


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"families": ["hogg"]}, r"no features 'hogg'.*hog"),
        ({"families": []}, "at least one"),
        ({"families": ["lbp", "lbp"]}, "each once"),
        ({"size": 32}, "32 pixels a side are too few"),
        ({"glcm_levels": 1}, "counted from 1"),
        ({"lbp_radii": [0]}, "counted from 1"),
    ],
)
def test_what_cannot_be_measured_is_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        Handcrafted(**options)
