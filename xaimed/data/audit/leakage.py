"""Is a patient, or a copy of a picture, on both sides of a split? Then the result would be too good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.config.many import many
from xaimed.config.nearmiss import near_miss
from xaimed.data.audit.copies import Copies, merged_groups
from xaimed.data.manifest import Manifest
from xaimed.data.protocol import Protocol, Split
from xaimed.errors import ConfigError, DataError

Leakage = Literal["refuse", "group", "ignore"]
POLICIES = ("refuse", "group", "ignore")
COLUMNS = ("fold", "why", "shared", "sample_id", "path", "part")
PARTS = ("train", "select", "report")
PATIENT, COPY = "patient", "copy"


def leaks(manifest: Manifest, splits: Sequence[Split], copies: Copies | None = None) -> pd.DataFrame:
    """Every row of a patient, or of a set of copies, that is on both sides of a split.

    A row that plays two roles (chosen and reported on, as in the papers) is in one part; only parts without a row in
    common are two sides.

    Returns:
        ``fold, why, shared, sample_id, path, part``: why is ``patient`` or ``copy``, shared names the patient or set.
    """
    clusters = None if copies is None else copies.clusters(manifest)
    tables = []
    for split in splits:
        roles = np.zeros(len(manifest), dtype=np.int64)
        for bit, rows in enumerate((split.train, split.select, split.report)):
            roles[rows] |= 1 << bit
        names = np.array(["+".join(part for bit, part in enumerate(PARTS) if role >> bit & 1) for role in range(8)])
        tables.append(_shared(manifest, roles, names[roles], clusters).assign(fold=split.fold))
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)] if tables else pd.DataFrame(columns=list(COLUMNS))


def published_leaks(manifest: Manifest, copies: Copies | None = None) -> pd.DataFrame:
    """The same for the split that came with the dataset (the column ``split``); its fold is empty."""
    parts = manifest.frame["split"].fillna("").astype(str).to_numpy(dtype=str)
    roles = np.array([0 if not part else 1 << (1 + i) for i, part in enumerate(["", *np.unique(parts[parts != ""])])])
    index = {part: i for i, part in enumerate(["", *np.unique(parts[parts != ""])])}
    codes = roles[[index[part] for part in parts]]
    clusters = None if copies is None else copies.clusters(manifest)
    return _shared(manifest, codes, parts, clusters).assign(fold="")[list(COLUMNS)]


def settle_leakage(
    manifest: Manifest, copies: Copies, protocol: Protocol, seed: int, leakage: str = "refuse"
) -> tuple[Manifest, list[Split], str]:
    """The splits that may be used.

    Args:
        manifest: the samples that can be used.
        copies: what ``find_copies`` has found.
        protocol: cuts the manifest into folds.
        seed: the seed of the run.
        leakage: ``refuse`` a split that leaks; ``group``: patients who share a copy are kept together; ``ignore``: use
            the split all the same.

    Returns:
        The manifest (with merged groups if so asked), the splits, and what every table made from them must say.

    Raises:
        DataError: naming the rows that leak.
    """
    if leakage not in POLICIES:
        raise ConfigError(
            f"there is no way '{leakage}' to treat leakage", where="protocol.leakage", fix=near_miss(leakage, POLICIES)
        )
    settled = merged_groups(manifest, copies) if leakage == "group" else manifest
    splits = protocol.splits(settled, seed)
    leaking = leaks(settled, splits, copies)
    if leaking.empty:
        merged = int((settled.groups != manifest.groups).sum())
        return (
            settled,
            splits,
            f"copies kept together: {many(merged, 'picture')} joined another patient's group" if merged else "",
        )
    rows, sets = leaking["sample_id"].nunique(), leaking.groupby("why")["shared"].nunique()
    what = " and ".join(
        f"{many(int(sets[why]), name)}{of}"
        for why, name, of in ((PATIENT, "patient", ""), (COPY, "set", " of copies"))
        if why in sets
    )
    if leakage == "ignore":
        return settled, splits, f"LEAKING SPLIT: {what} on both sides ({many(rows, 'picture')}), ignored on request"
    raise DataError(
        f"the split leaks: {what} on both sides ({many(rows, 'picture')}): {_examples(leaking)}",
        where=manifest.root,
        fix="Use protocol.leakage=group to keep copies together, see xaimed audit for all rows, or ask for "
        "protocol.leakage=ignore."
        if leakage == "refuse"
        else "This protocol does not follow groups: take the rows out, or ask for protocol.leakage=ignore.",
    )


def _shared(
    manifest: Manifest,
    roles: npt.NDArray[np.int64],
    parts: npt.NDArray[np.str_],
    clusters: npt.NDArray[np.int64] | None,
) -> pd.DataFrame:
    groups = manifest.groups
    ways = [(PATIENT, groups, np.ones(len(groups), dtype=bool))]
    if clusters is not None:
        names = np.array([f"copies {number + 1}" for number in range(int(clusters.max(initial=-1)) + 1)] or [""])
        ways.append((COPY, names[clusters], clusters >= 0))
    tables = []
    for why, shared, counts in ways:
        taking_part = counts & (roles > 0)
        table = manifest.frame.loc[taking_part, ["sample_id", "path"]].assign(
            why=why, shared=shared[taking_part], part=parts[taking_part]
        )
        own = pd.Series(roles[taking_part], index=table.index)
        by_set = own.groupby(table["shared"])
        # Two rows are on two sides when they have no role in common. Of the roles that occur (train, select, report,
        # select+report) that is so exactly when the roles that all rows share are none.
        common = by_set.transform(lambda values: int(np.bitwise_and.reduce(values.to_numpy())))
        tables.append(table[(common == 0).to_numpy(dtype=bool)].sort_values("shared", kind="stable"))
    return pd.concat(tables, ignore_index=True)


def _examples(leaking: pd.DataFrame) -> str:
    """The first two sets that leak, in words."""
    first = leaking.drop_duplicates(["fold", "why", "shared"]).head(2)
    said = []
    for row in first.itertuples():
        same = leaking[(leaking["fold"] == row.fold) & (leaking["why"] == row.why) & (leaking["shared"] == row.shared)]
        rows = same.drop_duplicates("part").head(3)
        said.append(", ".join(f"{path} ({part})" for path, part in zip(rows["path"], rows["part"], strict=True)))
    return "; ".join(said)
