"""What came out of a check? Agreement, counted; or a finding, with its places, its arithmetic and its weight."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum


class Weight(IntEnum):
    """How much of the paper's message hangs on a value or a statement; the smaller the more."""

    HEADLINE = 1
    RESULT = 2
    METHOD = 3
    DETAIL = 4
    WORDING = 5


TOLD = {
    Weight.HEADLINE: "touches what the abstract or the conclusion says",
    Weight.RESULT: "changes a result",
    Weight.METHOD: "leaves open how the numbers were made",
    Weight.DETAIL: "a detail",
    Weight.WORDING: "a matter of wording",
}


@dataclass(frozen=True)
class Finding:
    """Two things that are printed and cannot both be true, or one that cannot be true at all.

    Attributes:
        rule: the rule that found it.
        weight: how much of the paper's message hangs on it.
        places: where to look.
        told: in words, one sentence.
        arithmetic: the numbers, step by step.
        gap: how far apart what should be equal is, as a share of it; ranks findings of one weight.
        about: addresses of the values that cannot stand as they are.
    """

    rule: str
    weight: Weight
    places: tuple[str, ...]
    told: str
    arithmetic: tuple[str, ...] = ()
    gap: float = 0.0
    about: tuple[str, ...] = ()

    def also(self, *lines: str) -> Finding:
        """With further lines of arithmetic."""
        return replace(self, arithmetic=(*self.arithmetic, *lines))


@dataclass(frozen=True)
class Agreement:
    """A check that was made and holds.

    Attributes:
        rule: the rule.
        about: what was checked.
        told: what makes it hold where that is not plain, such as numbers cut off instead of rounded.
    """

    rule: str
    about: str
    told: str = ""


Outcome = Finding | Agreement


def ranked(findings: list[Finding]) -> list[Finding]:
    """The gravest first."""
    return sorted(findings, key=lambda finding: (finding.weight, -finding.gap, finding.places, finding.told))
