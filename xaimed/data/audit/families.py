"""What is measured of a picture that is not anatomy? Families of properties that acquisition leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP")
CORNERS = ("upper left", "upper right", "lower left", "lower right")
MIDDLES = ("upper edge", "lower edge", "left edge", "right edge")
SIDES = ("top", "bottom", "left", "right")
PERCENTILES = (1, 5, 25, 50, 75, 95, 99)


@dataclass(frozen=True)
class Family:
    """Properties that are judged together.

    Attributes:
        name: short, for tables.
        what: what they are, in words.
        columns: their names.
        anatomy: what of the patient may show in them all the same; empty when nothing does.
        there_from: above 0, only whether a property exceeds this is judged: how far it does depends on the anatomy
            behind it.
    """

    name: str
    what: str
    columns: tuple[str, ...]
    anatomy: str = ""
    there_from: float = 0.0


FAMILIES = (
    Family(
        "file",
        "format, stored depth and channels, embedded tags, quantisation tables and chroma subsampling",
        (
            *(f"is {name}" for name in FORMATS),
            "bits stored",
            "channels stored",
            "is progressive",
            "has EXIF",
            "has colour profile",
            "dots per inch",
            "luma quantisation",
            "chroma quantisation",
            "chroma subsampling",
        ),
    ),
    Family(
        "bytes",
        "size on disk, absolute and per pixel",
        ("log bytes", "bits per pixel"),
        "a picture with more structure compresses less",
    ),
    Family("dimensions", "width, height and aspect ratio in pixels", ("width", "height", "aspect ratio")),
    Family(
        "framing",
        "black and white margins, and brightness of the outermost three per cent on each side",
        (
            *(f"black margin {side}" for side in SIDES),
            *(f"white margin {side}" for side in SIDES),
            *(f"border mean {side}" for side in SIDES),
            *(f"border spread {side}" for side in SIDES),
        ),
        "the body reaches the border where the field is narrow, and views differ in how",
    ),
    Family(
        "markers",
        "in which corner the one small bright thing lies, such as a lead letter or burnt-in text",
        tuple(f"marker in {place}" for place in CORNERS),
        there_from=0.2,
    ),
    Family(
        "edges",
        "small bright things in corners and at the middles of the edges",
        tuple(f"bright mark {place}" for place in (*CORNERS, *MIDDLES)),
        "limbs and organs that reach the edge leave small bright things there",
    ),
    Family(
        "intensity",
        "mean, spread and percentiles of all grey values, share of pure black and pure white",
        ("mean", "spread", *(f"percentile {p}" for p in PERCENTILES), "pure black", "pure white"),
        "a dense lung is a brighter lung",
    ),
    Family(
        "colour",
        "whether there is colour, its tint and how saturated it is",
        ("has colour", "red minus green", "blue minus green", "saturation", "saturation spread"),
        "in skin and tissue colour is part of the finding",
    ),
    Family(
        "compression",
        "seams of 8-pixel blocks, noise in the flattest patches, fine detail, gaps in the histogram",
        ("block seams across", "block seams down", "noise floor", "fine detail", "grey levels used", "histogram gaps"),
        "fine detail and noise follow exposure and body thickness",
    ),
)

COLUMNS = tuple(column for family in FAMILIES for column in family.columns)
