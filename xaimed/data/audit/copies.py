"""Which pictures are copies of one another? Those with equal pixels, or whose fine detail agrees once aligned."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from io import StringIO

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from xaimed.data.audit.alignment import agreements
from xaimed.data.audit.hashing import proposals
from xaimed.data.audit.shortlist import promising
from xaimed.data.inspection import Inspection
from xaimed.data.manifest import Manifest
from xaimed.store.cache import cache_root
from xaimed.store.writing import read_json, write_json

VERSION = 2
CONFIRMED = 0.93
"""Agreement from which two pictures are one.

On the half of the patients of a real set of chest radiographs on which nothing was chosen (2,989 pictures), no pair of
two patients that hashed alike came above 0.85. Of 200 copies each, all were found that were compressed again (quality
50 to 90), resized, made brighter or flatter, cut by 2 or 5 % on every side, or turned by 1°; three quarters of those
with an equalised histogram; none that was turned by 3° or mirrored. ``python -m benchmarks.copies`` reckons it anew."""
EXACT, NEAR = "exact", "near"


@dataclass(frozen=True, eq=False)
class Copies:
    """What was found.

    Attributes:
        pairs: ``sample_id, twin, kind, agreement``: each exact copy with the first of its kind, near copies pairwise.
        proposed: how many pairs hashed alike.
        bits: how many of 63 bits were allowed to differ.
    """

    pairs: pd.DataFrame
    proposed: int
    bits: int

    def clusters(self, manifest: Manifest) -> npt.NDArray[np.int64]:
        """For every row a number that copies share; -1 for a picture of which there is no copy."""
        position = pd.Series(np.arange(len(manifest)), index=manifest.frame["sample_id"])
        ends = self.pairs[["sample_id", "twin"]].map(position.get).dropna().to_numpy(dtype=np.int64)
        return _components(ends, len(manifest))


def find_copies(manifest: Manifest, inspection: Inspection) -> Copies:
    """The copies among the rows that can be used; remembered until a file changes.

    Args:
        manifest: the whole manifest that was inspected, before anything was sorted out.
        inspection: what was seen of it.
    """
    remembered = cache_root() / "copies" / f"{inspection.key}-{VERSION}.json"
    names = manifest.frame["sample_id"].to_numpy()
    rows: pd.DataFrame | None = None
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        saved = read_json(remembered)
        rows = pd.read_csv(StringIO(saved["pairs"]), float_precision="round_trip")
        found = Copies(rows, int(saved["proposed"]), int(saved["bits"]))
        return replace(found, pairs=rows.assign(sample_id=names[rows["sample_id"]], twin=names[rows["twin"]]))
    found = _found(inspection)
    with suppress(OSError):  # a cache that cannot be written costs time, nothing else
        remembered.parent.mkdir(parents=True, exist_ok=True)
        write_json(
            remembered,
            {"pairs": found.pairs.to_csv(index=False), "proposed": found.proposed, "bits": found.bits},
        )
    rows = found.pairs
    return replace(found, pairs=rows.assign(sample_id=names[rows["sample_id"]], twin=names[rows["twin"]]))


def merged_groups(manifest: Manifest, copies: Copies) -> Manifest:
    """The manifest in which patients who share a copy are one group, named after the first of them."""
    clusters, groups = copies.clusters(manifest), manifest.groups
    patients, person = np.unique(groups, return_inverse=True)
    copied = np.flatnonzero(clusters >= 0)
    ends = np.stack([person[copied], len(patients) + clusters[copied]], axis=1)
    joined = _components(ends, len(patients) + int(clusters.max(initial=-1)) + 1)[person]
    first = pd.Series(groups).groupby(joined).transform("first").to_numpy(dtype=str)
    return replace(manifest, frame=manifest.frame.assign(group=np.where(joined >= 0, first, groups)))


def disagreements(manifest: Manifest, copies: Copies) -> pd.DataFrame:
    """Copies whose labels differ: ``cluster, sample_id, path, group, label``, cluster by cluster."""
    clusters = copies.clusters(manifest)
    labels = label_texts(manifest)
    table = manifest.frame[["sample_id", "path", "group"]].assign(label=labels)
    table.insert(0, "cluster", clusters)
    table = table[clusters >= 0]
    differ = table.groupby("cluster")["label"].transform("nunique") > 1
    return table[differ.to_numpy(dtype=bool)].sort_values("cluster", kind="stable").reset_index(drop=True)


def label_texts(manifest: Manifest) -> npt.NDArray[np.str_]:
    """The label of every row in words; of several, those that are there."""
    if "label" in manifest.frame.columns:
        return manifest.frame["label"].astype(str).to_numpy(dtype=str)
    classes = np.array(manifest.task.classes)
    return np.array([", ".join(classes[row == 1]) or "none" for row in manifest.labels])


def _found(inspection: Inspection) -> Copies:
    """As row numbers."""
    rows = np.flatnonzero(inspection.readable)
    _, first, kind = np.unique(inspection.digests[rows], axis=0, return_index=True, return_inverse=True)
    original = rows[first[kind.ravel()]]
    copied = rows != original
    proposed, bits = proposals(inspection.thumbs, np.sort(rows[first]))
    short = proposed[promising(inspection.thumbs, proposed)]
    values = agreements(inspection.thumbs, short)
    near = values >= CONFIRMED
    pairs = pd.DataFrame(
        {
            "sample_id": np.concatenate([original[copied], short[near, 0]]),
            "twin": np.concatenate([rows[copied], short[near, 1]]),
            "kind": [EXACT] * int(copied.sum()) + [NEAR] * int(near.sum()),
            "agreement": np.concatenate([np.ones(int(copied.sum())), values[near].round(4)]),
        }
    )
    return Copies(pairs, len(proposed), bits)


def _components(ends: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """Numbers of the connected parts of a graph; -1 for a node without an edge."""
    parts = np.full(count, -1, dtype=np.int64)
    if len(ends):
        graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
        linked = np.unique(ends)
        parts[linked] = np.unique(connected_components(graph, directed=False)[1][linked], return_inverse=True)[1]
    return parts
