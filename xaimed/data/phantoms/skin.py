"""Is the mole a melanoma? Dermoscopic pictures drawn from a seed, with asymmetry, border and colours known."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from xaimed.data.phantoms.canvas import Canvas
from xaimed.data.phantoms.phantom import Case, Phantom, Picture
from xaimed.data.phantoms.skin_lesion import EXTRA, Lesion, painted
from xaimed.data.phantoms.skin_surface import BLOOD, MELANIN, hairs, pigments, scale, shown, tinted
from xaimed.data.task import Kind

BENIGN = {"nevus": 0.64, "seborrheic keratosis": 0.2, "lentigo": 0.16}


class SkinPhantom(Phantom):
    """Dermoscopic pictures of pigmented lesions, in colour.

    ============  ==================================================================================================
    Classes       benign (nevus, seborrheic keratosis, lentigo) and malignant (melanoma); binary, the latter positive
    Pictures      420 and 60 by default, of patients with one to three pictures of the same lesion
    Mask          the atypical parts of a melanoma: patches of extra colours, broad irregular network; the whole lesion
                  where it is benign
    Free columns  ``sex``, ``age``, ``diagnosis``, and the lesion's ``asymmetry`` (0 to 1), ``border`` (irregularity,
                  0 to 8 as in the ABCD rule), ``colours`` (1 to 6) and ``diameter_mm``
    ============  ==================================================================================================

    In the real set 1.8 % are malignant. At that share 480 pictures would have nine, in about five patients: fewer than
    folds can share out. One in eight keeps the imbalance and leaves every fold a dozen. Some nevi are irregular and
    some melanomas early, and those two look alike.
    """

    name: ClassVar[str] = "skin"
    version: ClassVar[int] = 1
    kind: ClassVar[Kind] = Kind.BINARY
    default_counts: ClassVar[dict[str, int]] = {"benign": 420, "malignant": 60}

    def traits(self, finding: str, rng: np.random.Generator) -> dict[str, Any]:
        """One patient and its lesion."""
        malignant = finding == "malignant"
        diagnosis = "melanoma" if malignant else str(rng.choice(list(BENIGN), p=list(BENIGN.values())))
        asymmetry, border, colours = _abc(diagnosis, rng)
        nevus, keratosis = diagnosis == "nevus", diagnosis == "seborrheic keratosis"
        patches = []
        extra = EXTRA if malignant or nevus else ("black", "white")
        for name in rng.permutation(extra)[: max(colours - 2, 0)]:
            angle, out = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.6)
            patches.append((str(name), (out * np.cos(angle), out * np.sin(angle), rng.uniform(0.28, 0.5))))
        sector, out = rng.uniform(-np.pi, np.pi), rng.uniform(0.3, 0.6)
        return {
            "sex": "F" if rng.random() < 0.48 else "M",
            "age": int(np.clip(rng.normal(58 if malignant or keratosis else 46, 14), 15, 90)),
            "diagnosis": diagnosis,
            "malignant": malignant,
            "asymmetry": asymmetry,
            "border": border,
            "colours": colours,
            "radius": rng.uniform(2.4, 4.6) if malignant else rng.uniform(1.7, 4.2),
            "oval": rng.uniform(0.0, 0.2),
            "waves": [(rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 1.0)) for _ in range(9)],
            "fade": rng.uniform(0.06, 0.12) if keratosis else rng.uniform(0.12, 0.45),
            "pigment": {"lentigo": 0.42, "melanoma": 0.85}.get(diagnosis, 0.62) * float(np.exp(rng.normal(0, 0.28))),
            "centre": rng.uniform(-0.1, 0.45),
            "network": rng.uniform(0.1, 0.5) if nevus or malignant else 0.12 * (diagnosis == "lentigo"),
            "mesh": rng.uniform(0.28, 0.42) * (1.25 if malignant else 1.0),
            "globules": rng.uniform(0.2, 0.6) if (nevus or malignant) and rng.random() < 0.4 else 0.0,
            "comedones": float(keratosis) * rng.uniform(0.2, 1),
            "cysts": float(keratosis) * rng.uniform(0.3, 1),
            "streaks": int(rng.integers(7, 20)) if malignant and rng.random() < 0.45 else 0,
            "sector": sector,
            "odd": (out * np.cos(sector), out * np.sin(sector), rng.uniform(0.3, 0.5)),
            "patches": patches,
            "tan": float(np.clip(rng.normal(0.16, 0.09), 0.03, 0.5)),
            "blush": rng.uniform(0.06, 0.26),
            "hairs": float(rng.choice((0, 0, 2, 7, 18))),
            "thick": rng.uniform(0.07, 0.17),
        }

    def draw(self, case: Case) -> Picture:
        """One picture: the lesion as the dermatoscope lay on it this time."""
        rng = case.rng
        canvas = Canvas(case.size, rng.uniform(11.0, 14.5))
        turn, shift = rng.uniform(-np.pi, np.pi), (rng.normal(0, 0.6), rng.normal(0, 0.6))
        traits = {**case.traits, "turn": turn, "shift": shift}
        melanin, blood = pigments(canvas, traits, rng)
        bare = np.array((0.97, 0.86, 0.80), dtype=np.float32)[:, None, None]
        skin = tinted(tinted(bare, melanin, MELANIN), blood, BLOOD)
        lesion = Lesion.placed(canvas, traits, turn, shift)
        colour, odd = painted(canvas, lesion, traits, skin, rng)
        marks = scale(canvas, case.marker, rng)
        colour = shown(canvas, colour, hairs(canvas, traits, rng), marks, rng)
        columns = {
            "sex": traits["sex"],
            "age": traits["age"],
            "diagnosis": traits["diagnosis"],
            "asymmetry": round(traits["asymmetry"], 2),
            "border": traits["border"],
            "colours": traits["colours"],
            "diameter_mm": round(2 * traits["radius"], 1),
        }
        pixels = np.rint(np.clip(colour, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
        return Picture(pixels, odd > 0.4 if traits["malignant"] else lesion.edge < 0, columns)


def _abc(diagnosis: str, rng: np.random.Generator) -> tuple[float, int, int]:
    """Asymmetry, border and colours of a lesion; irregular nevi and early melanomas overlap."""
    if diagnosis == "melanoma":
        early = rng.random() < 0.3
        asymmetry = rng.uniform(0.25, 0.5) if early else rng.uniform(0.45, 1.0)
        return (
            asymmetry,
            int(rng.integers(2, 5) if early else rng.integers(4, 9)),
            int(rng.integers(2, 4) if early else rng.integers(3, 7)),
        )
    if diagnosis == "nevus" and rng.random() < 0.16:
        return rng.uniform(0.25, 0.55), int(rng.integers(2, 5)), int(rng.integers(2, 5))
    smooth = 0.35 * float(rng.beta(1.3, 2.5))
    if diagnosis == "seborrheic keratosis":
        return smooth + 0.15, int(rng.integers(1, 5)), int(rng.integers(1, 4))
    return smooth, int(rng.integers(0, 3)), int(rng.integers(1, 3))
