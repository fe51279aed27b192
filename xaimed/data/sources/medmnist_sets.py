"""Which sets does MedMNIST publish? The two-dimensional ones of version 3, with their classes and counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedSet:
    """One set: its classes in the order of the label numbers, and its pictures in train, val and test."""

    classes: tuple[str, ...]
    train: int
    val: int
    test: int
    multilabel: bool = False


_ORGANS = (
    "bladder",
    "femur-left",
    "femur-right",
    "heart",
    "kidney-left",
    "kidney-right",
    "liver",
    "lung-left",
    "lung-right",
    "pancreas",
    "spleen",
)

SETS = {
    "pathmnist": PublishedSet(
        (
            "adipose",
            "background",
            "debris",
            "lymphocytes",
            "mucus",
            "smooth muscle",
            "normal colon mucosa",
            "cancer-associated stroma",
            "colorectal adenocarcinoma epithelium",
        ),
        89996,
        10004,
        7180,
    ),
    "chestmnist": PublishedSet(
        (
            "atelectasis",
            "cardiomegaly",
            "effusion",
            "infiltration",
            "mass",
            "nodule",
            "pneumonia",
            "pneumothorax",
            "consolidation",
            "edema",
            "emphysema",
            "fibrosis",
            "pleural",
            "hernia",
        ),
        78468,
        11219,
        22433,
        multilabel=True,
    ),
    "dermamnist": PublishedSet(
        (
            "actinic keratoses and intraepithelial carcinoma",
            "basal cell carcinoma",
            "benign keratosis-like lesions",
            "dermatofibroma",
            "melanoma",
            "melanocytic nevi",
            "vascular lesions",
        ),
        7007,
        1003,
        2005,
    ),
    "octmnist": PublishedSet(
        ("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"), 97477, 10832, 1000
    ),
    "pneumoniamnist": PublishedSet(("normal", "pneumonia"), 4708, 524, 624),
    "retinamnist": PublishedSet(("grade 0", "grade 1", "grade 2", "grade 3", "grade 4"), 1080, 120, 400),
    "breastmnist": PublishedSet(("malignant", "normal or benign"), 546, 78, 156),
    "bloodmnist": PublishedSet(
        (
            "basophil",
            "eosinophil",
            "erythroblast",
            "immature granulocytes",
            "lymphocyte",
            "monocyte",
            "neutrophil",
            "platelet",
        ),
        11959,
        1712,
        3421,
    ),
    "tissuemnist": PublishedSet(
        (
            "collecting duct or connecting tubule",
            "distal convoluted tubule",
            "glomerular endothelial cells",
            "interstitial endothelial cells",
            "leukocytes",
            "podocytes",
            "proximal tubule segments",
            "thick ascending limb",
        ),
        165466,
        23640,
        47280,
    ),
    "organamnist": PublishedSet(_ORGANS, 34561, 6491, 17778),
    "organcmnist": PublishedSet(_ORGANS, 12975, 2392, 8216),
    "organsmnist": PublishedSet(_ORGANS, 13932, 2452, 8827),
}
