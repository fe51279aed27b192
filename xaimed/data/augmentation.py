"""How is a training picture varied? As each paper's recipe says, in torchvision's own transforms."""

from __future__ import annotations

from torchvision.transforms import InterpolationMode, v2


def spine_augmentation(
    flip: float = 0.5,
    rotation: float = 15.0,
    translation: float = 0.1,
    smallest: float = 0.8,
    largest: float = 1.2,
    shear: float = 10.0,
    brightness: float = 0.2,
    contrast: float = 0.2,
    saturation: float = 0.2,
    hue: float = 0.02,
) -> v2.Transform:
    """The recipe of the ``spine`` paper: flip, then rotation, then an affine map without rotation, then colour jitter.

    The paper gives no strength for the colour jitter; a mild one stands here.

    Args:
        flip: probability of a left-right flip.
        rotation: at most so many degrees either way.
        translation: at most this share of width and height.
        smallest: smallest scale.
        largest: largest scale.
        shear: at most so many degrees either way.
        brightness: strength of the jitter.
        contrast: strength of the jitter.
        saturation: strength of the jitter; nothing on a grey picture.
        hue: strength of the jitter; nothing on a grey picture.
    """
    return v2.Compose(
        [
            v2.RandomHorizontalFlip(flip),
            v2.RandomRotation(rotation, interpolation=InterpolationMode.BILINEAR),
            v2.RandomAffine(
                degrees=0,
                translate=(translation, translation),
                scale=(smallest, largest),
                shear=shear,
                interpolation=InterpolationMode.BILINEAR,
            ),
            v2.ColorJitter(brightness, contrast, saturation, hue),
        ]
    )


def no_augmentation() -> v2.Transform:
    """Every picture as it is."""
    return v2.Identity()
