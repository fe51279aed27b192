"""Which configurations are compared? Rows of the study, each alone or with one of its explainers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.studies.reproduction.explained import Measured, measured_of
from xaimed.studies.reproduction.results import Results, RowResult

KEYS = ("row", "explainer", "is")


@dataclass(frozen=True)
class Variant:
    """One configuration.

    Attributes:
        key: the row of the published table.
        label: how a reader knows it.
        row: whose predictions it has.
        explainer: with which it is shown; empty for none.
        keys: the measures that are asked of the explainer.
    """

    key: str
    label: str
    row: RowResult
    explainer: str = ""
    keys: tuple[str, ...] = ()

    @cached_property
    def measured(self) -> dict[str, Measured]:
        """What was measured of its explainer, by the key of the measure."""
        if not self.explainer:
            return {}
        found = {key: measured_of(self.row.findings, self.explainer, key) for key in self.keys}
        return {key: one for key, one in found.items() if one is not None}


def variants_of(results: Results, rows: Mapping[str, Any], keys: tuple[str, ...], where: str) -> list[Variant]:
    """Those that have predictions, in order.

    Args:
        results: what there is.
        rows: by key, a row of the study, or ``{row, explainer, is}``.
        keys: the measures that are asked of explainers.
        where: it is said so, for what is misspelt.
    """
    known, found = {row.row.name: row for row in results.rows}, []
    for key, node in rows.items():
        told: Mapping[str, Any] = {"row": node} if isinstance(node, str) else node
        for name in told:
            if name not in KEYS:
                raise ConfigError(f"there is no '{name}' here", where=f"{where}.{key}", fix=near_miss(str(name), KEYS))
        name, explainer = str(told.get("row", key)), str(told.get("explainer") or "")
        row = known.get(name)
        if row is not None and row.predictions is not None:
            shown = row.row.label + (f", {explainer.replace('_', ' ')}" if explainer else "")
            found.append(Variant(str(key), str(told.get("is") or shown), row, explainer, keys))
    return found
