"""What do the published numbers say of themselves? Every rule, what fails ranked, what holds counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from xaimed.studies.published.findings import Agreement, Finding, Outcome, ranked
from xaimed.studies.published.misprints import with_misprints
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.rules import (
    counts,
    differences,
    harmonic,
    matrix_metrics,
    means,
    models,
    protocol,
    reachable,
    reports,
    rest,
    several_classes,
    statements,
    two_classes,
)

RULES = (
    counts,
    matrix_metrics,
    reachable,
    harmonic,
    two_classes,
    several_classes,
    reports,
    means,
    rest,
    statements,
    protocol,
    differences,
)


@dataclass(frozen=True)
class Audited:
    """What came out.

    Attributes:
        paper: what was audited.
        findings: the gravest first.
        agreements: every check that holds, so that silence can be seen to be one.
    """

    paper: Paper
    findings: tuple[Finding, ...]
    agreements: tuple[Agreement, ...]

    def checked(self) -> dict[str, tuple[int, int]]:
        """By rule, how many checks hold and how many do not."""
        held = Counter(agreement.rule for agreement in self.agreements)
        failed = Counter(finding.rule for finding in self.findings)
        return {rule: (held[rule], failed[rule]) for rule in sorted({*held, *failed})}


def audit(paper: Paper) -> Audited:
    """Put every rule to every value, and build and measure every described model."""
    outcomes: list[Outcome] = [outcome for rule in RULES for outcome in rule.check(paper)]
    outcomes += models.check(paper) if paper.models else []
    findings = [_with_echoes(paper, outcome) for outcome in outcomes if isinstance(outcome, Finding)]
    agreements = tuple(outcome for outcome in outcomes if isinstance(outcome, Agreement))
    return Audited(paper, tuple(ranked(with_misprints(paper, findings))), agreements)


def _with_echoes(paper: Paper, finding: Finding) -> Finding:
    """With the places in the text that repeat a number which cannot stand as it is in a table."""
    if finding.rule == statements.RULE:
        return finding
    echoes = [claim.place for address in finding.about if address in paper.values for claim in paper.quoting(address)]
    return replace(finding, places=tuple(dict.fromkeys([*finding.places, *echoes])))
