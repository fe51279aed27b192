"""Which labels is a run trained on? Its own, or, to control another run, the same ones in other places.

Only training rows are shuffled. The rows that choose the checkpoint and those that are reported keep their labels: what
the control still reaches above chance is what choosing a checkpoint gains, above all where it is chosen on the reported
rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError

LABELS, AS_GIVEN, SHUFFLED = "labels", "as_given", "shuffled"
STAMP, CONTROL_OF = "labels shuffled", "control_of"


def labels_are_shuffled(config: Mapping[str, Any]) -> bool:
    """Whether this run is a control; anything but the two choices is refused."""
    asked = str(config.get(LABELS, AS_GIVEN))
    if asked not in (AS_GIVEN, SHUFFLED):
        raise ConfigError(f"there is no choice '{asked}'", where=LABELS, fix=near_miss(asked, (AS_GIVEN, SHUFFLED)))
    return asked == SHUFFLED


def stamps_of_labels(config: Mapping[str, Any]) -> tuple[str, ...]:
    """What must be said on everything made from the run."""
    return (STAMP,) if labels_are_shuffled(config) else ()


def remarks_on_labels(config: Mapping[str, Any], started_from: Mapping[str, str]) -> list[str]:
    """What a user should know of the control before it is trained."""
    told = "the run that it starts from was trained on labels as they are, so that this control may know something"
    return [told] if labels_are_shuffled(config) and started_from else []
