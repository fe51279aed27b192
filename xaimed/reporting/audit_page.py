"""How does a person see an audit? One HTML page that needs nothing else: tables, verdicts, contact sheets."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from xaimed.config.many import many
from xaimed.data.audit.audit import Audit
from xaimed.data.audit.shortcuts import Shortcut
from xaimed.reporting.text import visible

Thumbs = Mapping[str, npt.NDArray[np.uint8]]

SEAM = re.compile(r"([/_])")
MOST_ROWS, MOST_SETS, MOST_NAMED = 40, 12, 3
HEADINGS = {"why": "what", "shared": "whose", "group": "patient", "cluster": "copies"}
"""What columns are called where their own name says too little."""
STYLE = """
:root { color-scheme: light }
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem }
h1 { font-size: 1.7rem; margin-bottom: .2rem } h2 { font-size: 1.25rem; margin-top: 2.2rem } h3 { font-size: 1rem }
table { border-collapse: collapse; width: 100%; margin: .6rem 0; font-size: .9rem }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ccc; vertical-align: top }
thead th { border-bottom: 2px solid #1a1a1a; vertical-align: bottom }
.n { text-align: right; font-variant-numeric: tabular-nums } .whole { white-space: nowrap }
.scroll { overflow-x: auto }
.quiet { color: #555 } .bad, .good { display: inline-block;
  padding: .15rem .5rem; border-radius: .2rem; font-weight: 600 }
.bad { background: #ffe08a } .good { background: #d9efe6 }
.short { list-style: none; padding: 0; display: grid; gap: .4rem; justify-items: start }
.sheet { display: flex; flex-wrap: wrap; gap: .6rem; margin: .4rem 0 1rem }
.pairs { display: flex; flex-wrap: wrap; gap: .4rem 2rem } .pairs p { margin: .4rem 0 0; font-size: .8rem }
figure { margin: 0; width: 7.5rem; break-inside: avoid }
figure img { width: 7.5rem; height: 7.5rem; background: #000; display: block }
figcaption { font-size: .75rem; line-height: 1.3; overflow-wrap: break-word; margin-top: .2rem }
@media (max-width: 36rem) { table { font-size: .8rem } th, td { padding: .3rem .35rem } }
@media print { body { margin: 0; max-width: none; font-size: 11px } h2, h3 { break-after: avoid }
  .bad, .good { border: 1px solid #1a1a1a } .scroll { overflow: visible } }
"""


def audit_page(audit: Audit, thumbs: Thumbs) -> str:
    """The page.

    Args:
        audit: what was found.
        thumbs: small grey pictures by ``sample_id``; a picture without one is shown by name only.
    """
    name = _text(audit.manifest.name)
    counted = f"{many(len(audit.manifest), 'picture')} of {many(len(np.unique(audit.manifest.groups)), 'patient')}"
    parts = [
        f"<h1>Audit of {name}</h1><p class=quiet>{counted}</p>",
        "<h2>In short</h2><ul class=short>"
        + "".join(f"<li>{_badge(bad, said)}</li>" for bad, said in findings(audit))
        + "</ul>",
        "<h2>Pictures and patients</h2>" + _table(audit.counts),
        _optional("Unreadable files", audit.unreadable.drop(columns="sample_id")),
        _copies(audit, thumbs),
        _optional("On both sides of the published split", _by_set(audit.published)),
        _optional("On both sides of the protocol's folds", _by_set(audit.leaking)),
        _shortcuts(audit.shortcuts, thumbs),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Audit of {name}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def findings(audit: Audit) -> list[tuple[bool, str]]:
    """The result in sentences, each with whether it is bad."""
    kinds = audit.copies.pairs["kind"].value_counts()
    exact, near = int(kinds.get("exact", 0)), int(kinds.get("near", 0))
    alarms = [shortcut.family for shortcut in audit.shortcuts if shortcut.alarming]
    plain = ", ".join(family.name for family in alarms if not family.anatomy)
    mixed = ", ".join(family.name for family in alarms if family.anatomy)
    found = [
        (len(audit.unreadable) > 0, many(len(audit.unreadable), "unreadable file")),
        (exact > 0, many(exact, "exact copy")),
        (near > 0, f"{many(near, 'confirmed near copy')} ({many(audit.copies.proposed, 'pair')} hashed alike)"),
        (len(audit.disagreements) > 0, f"{many(len(audit.disagreements), 'copy')} whose labels disagree"),
        *_published(audit),
        (bool(audit.stopped), audit.stopped)
        if audit.stopped
        else (len(audit.leaking) > 0, _said_of_leaks("protocol's folds", audit.leaking)),
        _told(audit, plain),
    ]
    if mixed:
        found.append((True, f"it can be told from properties in which anatomy shows too: {mixed}"))
    return [*found, *((True, said) for said in audit.unlike_published)]


def _published(audit: Audit) -> list[tuple[bool, str]]:
    """What to say of the split that came with the data, where one came."""
    came = bool((audit.manifest.frame["split"].fillna("").astype(str) != "").any())
    return [(len(audit.published) > 0, _said_of_leaks("published split", audit.published))] if came else []


def _told(audit: Audit, plain: str) -> tuple[bool, str]:
    """Whether the class can be told from the families in which no anatomy shows."""
    if plain:
        return True, f"the class can be told from what is not anatomy: {plain}"
    if any(math.isnan(shortcut.auc) for shortcut in audit.shortcuts):
        return True, "whether the class can be told from what is not anatomy was not judged: too few patients"
    return False, "no sign that the class can be told from what is not anatomy"


def _said_of_leaks(what: str, leaking: pd.DataFrame) -> str:
    sets = leaking.drop_duplicates(["why", "shared"])["why"].value_counts()
    return (
        f"{what}: {many(int(sets.get('patient', 0)), 'patient')} and {many(int(sets.get('copy', 0)), 'set')} of "
        f"copies on both sides ({many(leaking['sample_id'].nunique(), 'picture')})"
    )


def _by_set(leaking: pd.DataFrame) -> pd.DataFrame:
    """One row for each patient or set of copies, its pictures by part."""
    rows = []
    for (fold, why, shared), part in leaking.groupby(["fold", "why", "shared"], sort=False):
        sides = {str(side): own["path"].tolist() for side, own in part.groupby("part", sort=False)}
        named = [
            f"{side}: {', '.join(paths[:MOST_NAMED])}"
            + (f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else "")
            for side, paths in sides.items()
        ]
        rows.append({"fold": fold, "why": why, "shared": shared, "pictures": " · ".join(named)})
    table = pd.DataFrame(rows, columns=["fold", "why", "shared", "pictures"])
    return table.drop(columns="fold") if (table["fold"] == "").all() else table


def _copies(audit: Audit, thumbs: Thumbs) -> str:
    pairs = audit.copies.pairs
    if pairs.empty:
        return ""
    said = (
        f"<p>Hashes alike within {audit.copies.bits} of 63 bits propose only ({many(audit.copies.proposed, 'pair')}): "
        "a pair counts as a copy when its fine detail agrees after shift, scale and brightness were fitted.</p>"
    )
    sheets = [
        f"<div><p class=quiet>{_text(pair.kind)} copy, agreement {pair.agreement:.3f}</p>"
        f"{_figures((str(pair.sample_id), str(pair.twin)), thumbs)}</div>"
        for pair in pairs.sort_values("agreement").head(MOST_SETS).itertuples()
    ]
    shown = (
        f"<p class=quiet>The {len(sheets)} pairs of {len(pairs)} that agree least:</p>"
        if len(pairs) > MOST_SETS
        else ""
    )
    disagreeing = _optional("Copies whose labels disagree", audit.disagreements.drop(columns="sample_id"))
    return f"<h2>Copies</h2>{said}{shown}<div class=pairs>{''.join(sheets)}</div>{disagreeing}"


def _shortcuts(found: Sequence[Shortcut], thumbs: Thumbs) -> str:
    rows = []
    for one in found:
        known = bool(one.telling) and not math.isnan(one.auc)
        auc = f"{one.auc:.2f}<br><span class=quiet>{one.low:.2f} to {one.high:.2f}</span>" if known else "–"
        told = ", ".join(f"{name} {auc:.2f}" for name, auc in one.telling)
        caveat = f"<br><span class=quiet>but: {_text(one.family.anatomy)}</span>" if one.family.anatomy else ""
        rows.append(
            f"<tr><th scope=row>{_text(one.family.name)}</th><td>{_text(one.family.what)}{caveat}</td>"
            f'<td class="n whole">{auc}</td>'
            f"<td>{_badge(one.alarming, one.verdict)}</td><td>{_text(told)}</td></tr>"
        )
    sheets = []
    for one in found:
        if one.alarming:
            sheets.append(f"<h3>Most telling by {_text(one.family.name)}</h3>")
            for name, ids in one.cases:
                sheets.append(f"<p>{_text(name)}</p>{_figures(ids, thumbs)}")
    return (
        "<h2>Can the class be told from what is not anatomy?</h2><p>Each family of properties alone, by gradient "
        "boosting, cross-validated by patient; AUC with 95 % interval from resampled patients (0.5 is chance). "
        f"{len(found)} families were tried.</p><div class=scroll><table><thead><tr><th scope=col>family"
        "<th scope=col>what is measured<th scope=col class=n>AUC<th scope=col>verdict"
        "<th scope=col>most telling, AUC alone</tr></thead><tbody>"
        f"{''.join(rows)}</tbody></table></div>{''.join(sheets)}"
    )


def _optional(title: str, table: pd.DataFrame) -> str:
    if table.empty:
        return ""
    rest = (
        f"<p class=quiet>The first {MOST_ROWS} of {len(table)}; all are in audit.json.</p>"
        if len(table) > MOST_ROWS
        else ""
    )
    return f"<h2>{_text(title)}</h2>{rest}{_table(table.head(MOST_ROWS))}"


def _table(table: pd.DataFrame) -> str:
    numeric = {column for column in table.columns if pd.api.types.is_numeric_dtype(table[column])}
    align = {column: " class=n" if column in numeric else "" for column in table.columns}
    head = "".join(
        f"<th scope=col{align[column]}>{_text(HEADINGS.get(str(column), column))}</th>" for column in table.columns
    )
    rows = "".join(
        "<tr>" + "".join(f"<td{align[column]}>{_breakable(row[column])}</td>" for column in table.columns) + "</tr>"
        for row in table.to_dict("records")
    )
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"


def _figures(samples: Iterable[str], thumbs: Thumbs) -> str:
    shown = []
    for sample in samples:
        picture = f'<img alt="{_text(sample)}" src="{_embedded(thumbs[sample])}">' if sample in thumbs else ""
        shown.append(f"<figure>{picture}<figcaption>{_breakable(sample)}</figcaption></figure>")
    return f"<div class=sheet>{''.join(shown)}</div>"


def _embedded(pixels: npt.NDArray[np.uint8]) -> str:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()


def _badge(bad: bool, said: str) -> str:
    return f"<span class={'bad' if bad else 'good'}>{'!' if bad else '✓'} {_text(said)}</span>"


def _text(value: object) -> str:
    """Data as text: never markup."""
    return escape(visible(value), quote=True)


def _breakable(value: object) -> str:
    """Data as text that may go on in the next line where a path or a name has a seam."""
    return SEAM.sub(r"\1<wbr>", _text(value))
