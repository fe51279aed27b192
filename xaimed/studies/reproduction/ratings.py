"""What did raters answer? A row an answer, from the file that lies beside the study's page once somebody has rated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.config.nearmiss import near_miss
from xaimed.errors import StoreError
from xaimed.evaluation.statistics.agreement import Weighting, icc, lights_kappa
from xaimed.evaluation.statistics.bootstrap import Interval, interval
from xaimed.reporting.evaluations import NOTHING
from xaimed.reporting.tables import Cell, Estimate
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.simulated import SIMULATED, simulated_answers

FILE = "raters.csv"
COLUMNS = ("rater", "sample_id", "model", "explainer", "question", "answer", "simulated")
ITEM = ["sample_id", "model", "explainer"]
NOBODY = f"Nobody has rated yet: {FILE} beside the study's page fills the empty cells ({', '.join(COLUMNS)})."
TRUST = "trust"
"""The question that is answered by a human trust score."""
SCALE = (1, 5)

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """Answers to one question.

    Attributes:
        frame: ``COLUMNS``, of which ``simulated`` is true or false.
    """

    frame: pd.DataFrame

    def __len__(self) -> int:
        """How many there are."""
        return len(self.frame)

    @property
    def simulated(self) -> bool:
        """Whether any of them is of no human being."""
        return bool(self.frame["simulated"].any())

    @property
    def raters(self) -> list[str]:
        """Who answered."""
        return sorted(set(self.frame["rater"]))

    def to(self, question: str) -> Answers:
        """Those to one question."""
        return Answers(self.frame[self.frame["question"] == question])

    def about(self, rows: Iterable[RowResult], explainer: str = "") -> Answers:
        """Those about the models of these rows, whether named after the row or after the run; of one explainer."""
        names = {name for row in rows for name in _names(row)}
        told = self.frame["explainer"].str.rsplit("-", n=1).str[0]
        of = (self.frame["explainer"] == explainer) | (told == explainer) if explainer else True
        return Answers(self.frame[self.frame["model"].isin(names) & of])

    def scores(self, scale: tuple[int, int] = SCALE) -> pd.DataFrame:
        """A row for each thing that was rated, a column for each rater; NaN where one did not rate it."""
        numbers = pd.to_numeric(self.frame["answer"], errors="coerce")
        odd = self.frame[~numbers.between(*scale)]
        if len(odd):
            raise StoreError(
                f"'{odd['answer'].iloc[0]}' to '{odd['question'].iloc[0]}' is no number from {scale[0]} to {scale[1]}",
                where=f"{FILE}, rater {odd['rater'].iloc[0]}, sample {odd['sample_id'].iloc[0]}",
                fix="Correct the answer, or say which scale the question has.",
            )
        told = self.frame.assign(answer=numbers.astype(np.float64))
        return told.pivot(index=ITEM, columns="rater", values="answer").sort_index()


def answers_of(results: Results) -> Answers | None:
    """What lies beside the study's page, in a rehearsal without it what was invented; None while nobody has rated."""
    if results.folder is not None and (results.folder / FILE).is_file():
        return _of_this_study(read_answers(results.folder / FILE), results)
    if results.study.raters and results.there():
        return Answers(simulated_answers(results))
    return None


def _of_this_study(answers: Answers, results: Results) -> Answers:
    """The answers, if any of them is about a row; a misspelt model must not look as if nobody had rated."""
    known = [name for row in results.rows for name in _names(row)]
    named = answers.frame["model"].unique().tolist()
    if named and not set(named) & set(known):
        raise StoreError(
            f"no answer is about a run of this study, but about {', '.join(map(repr, named))}",
            where=results.folder / FILE if results.folder else FILE,
            fix=f"The column model names a row or the directory of its run. {near_miss(str(named[0]), known)}",
        )
    return answers


def read_answers(file: Path) -> Answers:
    """The answers in a file.

    Raises:
        StoreError: a column is missing, somebody answered twice, or it is not said who is simulated.
    """
    try:
        frame: pd.DataFrame = pd.read_csv(file, dtype=object, keep_default_na=False, index_col=False)
    except (OSError, ValueError) as error:  # of which pandas' own are, and what is no UTF-8
        why = " ".join(str(error).split()).removesuffix(".")
        raise StoreError(f"no table can be read: {why}", where=file, fix="Save it as CSV, in UTF-8.") from error
    for name in COLUMNS:
        if name not in frame:
            raise StoreError(f"there is no column '{name}'", where=file, fix=f"It needs {', '.join(COLUMNS)}.")
    frame = frame[frame["answer"] != ""].reset_index(drop=True)
    told = frame["simulated"].str.lower().map({"true": True, "false": False})
    if told.isna().any():
        odd = frame.loc[told.isna(), "simulated"].iloc[0]
        raise StoreError(f"simulated is '{odd}'", where=file, fix="Write true or false for every answer.")
    keys = ["rater", *ITEM, "question"]
    if (again := frame[frame.duplicated(keys)]).size:
        who = ", ".join(f"{key} {again[key].iloc[0]}" for key in keys)
        raise StoreError(f"answered twice: {who}", where=file, fix="Keep one of the answers.")
    return Answers(frame[list(COLUMNS)].assign(simulated=told.astype(bool)))


@dataclass(frozen=True)
class Rated:
    """A mean rating.

    Attributes:
        mean: of what each rater gave in the mean, with its interval by drawing the rated samples again.
        sd: over raters, divisor n − 1; NaN for a single one.
        by_rater: what each gave in the mean.
        simulated: whether any of them is no human being.
    """

    mean: Interval
    sd: float
    by_rater: dict[str, float]
    simulated: bool

    @property
    def cell(self) -> Cell:
        """Such as ``4.33 ± 0.15``; what no human being said is stamped."""
        return stamped(Estimate(self.mean.value, self.sd, 2), self.simulated)


def rated(answers: Answers, scale: tuple[int, int] = SCALE) -> Rated | None:
    """The mean rating; None without any."""
    if not len(answers):
        return None
    scores = answers.scores(scale)
    table, samples = scores.to_numpy(dtype=np.float64), scores.index.get_level_values("sample_id")
    own = _means(table)
    mean = interval(lambda rows: float(np.nanmean(_means(table[rows]))), samples.to_numpy(dtype=str))
    sd = float(own.std(ddof=1)) if len(own) > 1 else float("nan")
    return Rated(mean, sd, dict(zip(map(str, scores.columns), map(float, own), strict=True)), answers.simulated)


def stamped(cell: Cell, simulated: bool) -> Cell:
    """What is simulated never stands without that word."""
    return f"{cell} ({SIMULATED})" if simulated and cell != NOTHING else cell


def why_unlike(results: Results, simulated: bool) -> str:
    """Why ratings cannot be held against those of a paper."""
    return ", ".join(filter(None, [f"{SIMULATED} raters" if simulated else "", results.unlike]))


def kappa_of(scores: pd.DataFrame, weights: Weighting, scale: tuple[int, int] = SCALE) -> Interval:
    """Cohen's kappa of two raters, of several the mean over pairs; the rated samples are drawn again.

    Undefined for scores between two whole numbers, which are no classes.

    Args:
        scores: what ``Answers.scores`` gives.
        weights: how a disagreement counts.
        scale: the least and the highest score.
    """
    codes = scores.to_numpy(dtype=np.float64) - scale[0]
    whole = codes if not (codes[~np.isnan(codes)] % 1).any() else np.full_like(codes, np.nan)
    samples = scores.index.get_level_values("sample_id").to_numpy(dtype=str)
    return lights_kappa(whole, scale[1] - scale[0] + 1, weights, samples)


def icc_of(scores: pd.DataFrame) -> Interval | None:
    """ICC(2,1) over what every rater rated; None where that is too little."""
    whole = scores.dropna()
    return icc(whole.to_numpy(dtype=np.float64)) if len(whole) > 1 and scores.shape[1] > 1 else None


def _means(table: Values) -> Values:
    """The mean of each rater; NaN for one without any rating here."""
    known = ~np.isnan(table)
    count = known.sum(axis=0)
    total = np.where(known, table, 0.0).sum(axis=0)
    means: Values = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return means


def _names(row: RowResult) -> list[str]:
    return [row.row.name, *(member.name for member in row.row.members), *(result.name for result in row.results)]
