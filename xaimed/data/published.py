"""Is this the dataset that was published? Its counts beside those of the table, and every difference in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from xaimed.config.many import many
from xaimed.data.manifest import Manifest, Source

PICTURES, PATIENTS = "pictures", "patients"
"""What else can be counted beside the classes."""

WHOLE = ""
"""In place of the name of a split: counts of the dataset as a whole."""

Counts = Mapping[str, Mapping[str, int]]
"""By split (or ``WHOLE``), then by class, ``PICTURES`` or ``PATIENTS``."""


@runtime_checkable
class PublishedSource(Protocol):
    """A source that knows what its dataset should hold."""

    def manifest(self) -> Manifest:
        """The table of this dataset."""
        ...

    def published(self) -> Counts:
        """What its publication counts."""
        ...


def differences(source: Source, manifest: Manifest) -> list[str]:
    """One sentence for each published count that the table does not meet; none for a source that knows no counts.

    Args:
        source: what made the table.
        manifest: the table as it was made, before bad pictures are taken out of it.
    """
    if not isinstance(source, PublishedSource):
        return []
    found = []
    for split, counts in source.published().items():
        part = manifest if split == WHOLE else manifest.select((manifest.frame["split"] == split).to_numpy())
        have = {PICTURES: len(part), PATIENTS: part.frame["group"].nunique(), **part.class_counts()}
        place = f"{split}: " if split else ""
        found += [
            f"{place}{_counted(have.get(name, 0), name)}, where {count} {'was' if count == 1 else 'were'} published"
            for name, count in counts.items()
            if have.get(name, 0) != count
        ]
    return found


def _counted(count: int, name: str) -> str:
    of = "" if name in {PICTURES, PATIENTS} else f" of '{name}'"
    return f"{many(count, 'patient' if name == PATIENTS else 'picture')}{of}"
