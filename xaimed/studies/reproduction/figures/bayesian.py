"""How sure are the heatmaps? Grad-CAM, the mean of dropout passes weighted by certainty, and where these disagree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from xaimed.callbacks.cases import Chosen, choose_cases
from xaimed.reporting.cases import Case, PanelMap, caption
from xaimed.reporting.overview import draw_overview
from xaimed.studies.reproduction.figures.explained import Explained
from xaimed.studies.reproduction.figures.pictures import Pictures
from xaimed.studies.reproduction.figures.said import even, remarks_on, stamp_of
from xaimed.studies.reproduction.results import Results, RowResult

TALL = 6
"""Cases of a page."""


@dataclass(frozen=True)
class BayesianMaps:
    """A line for each case: the picture, Grad-CAM, the certainty-weighted mean map and the uncertainty map.

    Attributes:
        title: what it shows.
        rows: which rows of the study; all that have such maps without.
        each: cases of every class, recognised and not recognised apart.
    """

    title: str
    rows: tuple[str, ...] = ()
    each: int = 1

    def __call__(self, results: Results) -> list[Figure]:
        """Pages of up to six cases for each row; none while nothing is explained by Monte-Carlo dropout."""
        return [page for row in results.there(self.rows) for page in self._pages(results, row)]

    def _pages(self, results: Results, row: RowResult) -> list[Figure]:
        plain, sampled = Explained(row.there[0], "gradcam"), Explained(row.there[0], "mc_gradcam")
        at = {name: place for place, name in enumerate(sampled.ids) if sampled.explained[place] >= 0}
        if not at:
            return []
        pictures = Pictures()
        chosen = [case for case in choose_cases(sampled.predictions, self.each) if case.sample_id in at]
        cases = [_case(case, at[case.sample_id], plain, sampled, pictures) for case in chosen]
        lacking = [*remarks_on(results, [row]), *sampled.damaged, *pictures.problems]
        pages = [cases[part] for part in even(len(cases), TALL)]
        told = f"{self.title}: {row.row.label}"
        return [
            draw_overview(
                [*page, *(lacking if page is pages[-1] else [])],
                title=told if len(pages) == 1 else f"{told} ({number} of {len(pages)})",
                stamp=stamp_of(results, [row]),
            )
            for number, page in enumerate(pages, 1)
        ]


def _case(chosen: Chosen, place: int, plain: Explained, sampled: Explained, pictures: Pictures) -> Case:
    label = None if sampled.predictions.kind == "multilabel" else chosen.true
    picture = pictures.of(sampled.result, chosen.sample_id, label)
    classes = sampled.predictions.classes
    weighted, spread, entropy = sampled.maps(place, "certainty_weighted", "uncertainty", "predictive_entropy")
    parts = [
        PanelMap("Mean, weighted by certainty", weighted),
        PanelMap("Uncertainty (SD over passes)", spread, "uncertainty"),
    ]
    if plain.explained[place] >= 0:
        parts.insert(0, PanelMap("Grad-CAM", plain.maps(place, "heatmap")[0]))
    header, subline = caption(
        true=chosen.true,
        predicted=chosen.predicted,
        correct=chosen.correct,
        probability=chosen.probability,
        fold=chosen.fold,
        sample_id=chosen.sample_id,
    )
    told = [subline, f"entropy {float(entropy):.2f} nats"]
    if classes[int(sampled.explained[place])] != chosen.predicted:
        told.append(f"mean and uncertainty: for {classes[int(sampled.explained[place])]}")
    if picture is None:
        return Case(np.full((64, 64), 0.5), tuple(parts), header, " · ".join([*told, "picture not here"]))
    return Case(picture.pixels, tuple(parts), header, " · ".join(told), picture.mask)
