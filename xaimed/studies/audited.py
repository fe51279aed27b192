"""What does the audit say about these data? Made once for the same files, labels, folds and seed, then remembered."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from xaimed.config.many import many
from xaimed.data.assignment import assignment, assignment_hash
from xaimed.data.audit import copies
from xaimed.data.audit.audit import audit
from xaimed.data.inspection import Inspection
from xaimed.data.manifest import Manifest
from xaimed.data.protocol import Split
from xaimed.errors import StoreError
from xaimed.reporting.audit_page import audit_page, findings
from xaimed.reporting.text import visible
from xaimed.store.cache import cache_root, publish_directory
from xaimed.store.lock import one_at_a_time
from xaimed.store.writing import read_json, write_json, write_text

VERSION = 2
"""Raised with every change of what the audit judges, says or shows."""
PAGE, FACTS = "audit.html", "audit.json"


@dataclass(frozen=True)
class Audited:
    """An audit as it was written down: a page for people, the same for programs.

    Attributes:
        page: the HTML page, which needs nothing else.
        facts: what ``Audit.facts`` says, with the findings in sentences.
    """

    page: str
    facts: dict[str, Any]

    @property
    def findings(self) -> list[tuple[bool, str]]:
        """The result in sentences, each with whether it is bad."""
        return [(bool(found["bad"]), str(found["said"])) for found in self.facts["findings"]]

    @property
    def bad(self) -> list[str]:
        """What must be known before training."""
        return [said for bad, said in self.findings if bad]

    def write(self, folder: Path) -> Path:
        """Put page and facts into a folder, and say where the page is."""
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / FACTS, self.facts)
        write_text(folder / PAGE, self.page)
        return folder / PAGE


def audited(
    manifest: Manifest,
    inspection: Inspection,
    splits: Sequence[Split],
    seed: int,
    stopped: str = "",
    unlike_published: Sequence[str] = (),
) -> Audited:
    """The audit of a dataset, from the cache when nothing has changed since.

    Args:
        manifest: all rows, as inspected.
        inspection: what was seen of them.
        splits: the protocol's folds, as row numbers of the rows that can be used.
        seed: for the cross-validation of the shortcuts.
        stopped: why there are no folds, if so.
        unlike_published: where its counts differ from the published ones.
    """

    def make(folder: Path) -> None:
        found = audit(manifest, inspection, splits, seed, stopped, unlike_published)
        samples = dict(zip(manifest.frame["sample_id"], inspection.thumbs, strict=True))
        said = [{"bad": bad, "said": sentence} for bad, sentence in findings(found)]
        Audited(audit_page(found, samples), found.facts() | {"findings": said}).write(folder)

    final = cache_root() / "audits" / _key(manifest, inspection, splits, seed, f"{stopped}{list(unlike_published)}")
    with one_at_a_time(final.parent / f".{final.name}.lock"):
        try:
            return _read(publish_directory(final, make))
        except StoreError:  # a cache that cannot be written costs time, nothing else
            with tempfile.TemporaryDirectory() as nowhere:
                make(Path(nowhere))
                return _read(Path(nowhere))
        except (ValueError, KeyError, FileNotFoundError):  # damaged
            shutil.rmtree(final, ignore_errors=True)
            return _read(publish_directory(final, make))


def print_audit(found: Audited, console: Console) -> None:
    """The findings, and how far each family of properties tells the class."""
    facts = found.facts
    console.print(Text(f"Audit of {visible(facts['dataset'])}: {many(facts['pictures'], 'picture')}", style="bold"))
    for bad, said in found.findings:
        finding = Text(f"  {'!' if bad else '✓'} {visible(said)}", style="yellow" if bad else "green")
        console.print(finding, soft_wrap=True)
    for one in facts["shortcuts"]:
        judged = "" if one["auc"] is None else f"AUC {one['auc']:.2f} ({one['low']:.2f} to {one['high']:.2f})  "
        line = f"  {one['family']:<12} {judged}{one['verdict']}"
        console.print(Text(visible(line), style="yellow" if one["alarming"] else ""), soft_wrap=True)


def _read(folder: Path) -> Audited:
    facts = dict(read_json(folder / FACTS))
    page = (folder / PAGE).read_text(encoding="utf-8")
    if "findings" not in facts or not page:
        raise ValueError(f"{folder} holds no audit")
    return Audited(page, facts)


def _key(manifest: Manifest, inspection: Inspection, splits: Sequence[Split], seed: int, said: str) -> str:
    """Changes with any file, label, patient or fold, and with what else is said."""
    readable = manifest.select(inspection.readable)
    folds = assignment_hash(assignment(list(splits), readable)) if splits else ""
    parts = (VERSION, copies.VERSION, inspection.key, manifest.name, manifest.fingerprint(), folds, said, seed)
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogateescape")).hexdigest()[:20]
