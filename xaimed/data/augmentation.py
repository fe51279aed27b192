"""How is a training picture varied? As each paper's recipe says, in torchvision's own transforms.

A recipe is a function that makes a ``v2.Transform``, which takes a picture, or a picture and its mask: what moves
pixels then moves both alike, what changes their brightness leaves the mask alone. It gives back the size it was given.
"""

from __future__ import annotations

from torchvision.transforms import InterpolationMode, v2

from xaimed.data.window import RandomWindow


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


def pneumonia_augmentation(
    flip: float = 0.5, rotation: float = 10.0, brightness: float = 0.2, contrast: float = 0.2, saturation: float = 0.0
) -> v2.Transform:
    """The ``pneumonia`` paper as its Section V-A and Appendix A tell it: flip, rotation, colour jitter.

    The centre crop that follows belongs to every picture, not only to training ones: it is ``image.crop``. The paper
    prints no strength for the jitter; mild ones stand here.

    Args:
        flip: probability of a left-right flip.
        rotation: at most so many degrees either way.
        brightness: strength of the jitter.
        contrast: strength of the jitter.
        saturation: strength of the jitter; nothing on a grey picture.
    """
    return v2.Compose(
        [
            v2.RandomHorizontalFlip(flip),
            v2.RandomRotation(rotation, interpolation=InterpolationMode.BILINEAR),
            v2.ColorJitter(brightness, contrast, saturation),
        ]
    )


def pneumonia_crop_augmentation(
    flip: float = 0.5,
    rotation: float = 10.0,
    smallest: float = 0.8,
    largest: float = 1.0,
    ratio: float = 4 / 3,
    brightness: float = 0.2,
    contrast: float = 0.2,
    saturation: float = 0.2,
    noise: float = 0.02,
    noisy: float = 0.5,
) -> v2.Transform:
    """The ``pneumonia`` paper as its Section IV-B tells it: flip, rotation, random resized crop, jitter, noise.

    Args:
        flip: probability of a left-right flip.
        rotation: at most so many degrees either way.
        smallest: smallest share of the area that a crop covers.
        largest: largest share of the area that a crop covers.
        ratio: the crop's width over height lies between 1/ratio and ratio.
        brightness: strength of the jitter.
        contrast: strength of the jitter.
        saturation: strength of the jitter; nothing on a grey picture.
        noise: standard deviation of the Gaussian noise, white being 1.
        noisy: probability of noise.
    """
    return v2.Compose(
        [
            v2.RandomHorizontalFlip(flip),
            v2.RandomRotation(rotation, interpolation=InterpolationMode.BILINEAR),
            RandomWindow(smallest, largest, ratio),
            v2.ColorJitter(brightness, contrast, saturation),
            v2.RandomApply([v2.GaussianNoise(0.0, noise)], noisy),
        ]
    )


def lumbar_augmentation(
    magnification: float = 1.2, rotation: float = 10.0, flip: float = 0.5, contrast: float = 0.3
) -> v2.Transform:
    """The recipe of the ``lumbar`` paper: magnification, rotation, horizontal flip, contrast enhancement.

    The paper prints no strength of any of them; ours stand here.

    Args:
        magnification: largest scale, the smallest being 1.
        rotation: at most so many degrees either way.
        flip: probability of a left-right flip.
        contrast: enhanced by at most this share, never lowered.
    """
    if magnification < 1 or contrast < 0:
        raise ValueError(f"neither a magnification of {magnification:g} nor a contrast of {contrast:g} may shrink")
    return v2.Compose(
        [
            v2.RandomAffine(0, scale=(1.0, magnification), interpolation=InterpolationMode.BILINEAR),
            v2.RandomRotation(rotation, interpolation=InterpolationMode.BILINEAR),
            v2.RandomHorizontalFlip(flip),
            v2.ColorJitter(contrast=(1.0, 1.0 + contrast)),
        ]
    )


def hybrid_augmentation(
    rotation: float = 15.0,
    flip: float = 0.5,
    upside_down: float = 0.5,
    brightness: float = 0.2,
    contrast: float = 0.2,
    crop: float = 0.1,
) -> v2.Transform:
    """The recipe of the ``hybrid`` paper: rotation, both flips, brightness and contrast, a random crop.

    Args:
        rotation: at most so many degrees either way.
        flip: probability of a left-right flip.
        upside_down: probability of a flip from top to bottom.
        brightness: at most this share up or down.
        contrast: at most this share up or down.
        crop: share of each side that a random crop leaves out; the rest is enlarged to the whole.
    """
    kept = (1 - crop) ** 2
    return v2.Compose(
        [
            v2.RandomRotation(rotation, interpolation=InterpolationMode.BILINEAR),
            v2.RandomHorizontalFlip(flip),
            v2.RandomVerticalFlip(upside_down),
            v2.ColorJitter(brightness, contrast),
            RandomWindow(kept, kept),
        ]
    )


def no_augmentation() -> v2.Transform:
    """Every picture as it is."""
    return v2.Identity()
