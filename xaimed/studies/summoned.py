"""Who is meant by this run, fold, ensemble or file of weights? The networks that decide, whole and unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from xaimed.config.nearmiss import near_miss
from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError, StoreError, WeightsError
from xaimed.evaluation.voting import SOFT
from xaimed.models.weights import read_state
from xaimed.store.fold import WEIGHTS, Fold
from xaimed.store.run import Run
from xaimed.store.writing import sha256_of
from xaimed.studies.ensemble import SHARES
from xaimed.studies.jury import Jury, Voter
from xaimed.studies.staged import donor_at

STAMP = "weights from outside the run"
ACCEPTED = (
    "Accepted are a run, a fold or an ensemble of xaimed, its weights.pt, or a checkpoint that holds nothing but "
    "tensors and numbers: torch.save(network.state_dict(), path)."
)
OF_A_NETWORK = ("backbone", "image", "loader")
NEEDED = ("identity", "kind", "classes", "stamps", "config")


def jury_at(place: Path, run: Path | None = None, fold: int | None = None) -> Jury:
    """The networks behind what was named.

    Args:
        place: the directory of a run, of a fold or of an ensemble, or a file of weights.
        run: for a file of weights, the run that says what network they belong to.
        fold: the only fold that decides; all finished ones when it is None.
    """
    if not place.exists():
        known = [entry.name for entry in place.parent.iterdir()] if place.parent.is_dir() else []
        raise StoreError("there is no such run or file of weights", where=place, fix=near_miss(place.name, known))
    if place.is_file() and not _is_sealed(place, run):
        return _jury_of_file(place, _run_of(place, run), fold)
    if run is not None and place.is_dir():
        raise ConfigError("--run is for a file of weights, and this is a directory", where=place, fix="Leave it out.")
    donor = donor_at(str(place.parent if place.is_file() else place))
    assert donor is not None
    if donor.named is not None and fold not in (None, donor.named):
        raise ConfigError(f"fold {donor.named} and --fold {fold} contradict each other", where=place)
    return jury_of(donor.run, fold if donor.named is None else donor.named)


def jury_of(run: Run, fold: int | None = None) -> Jury:
    """All finished folds of a run or of an ensemble, or the one named."""
    facts = _facts(run)
    folds = _finished(run, fold)
    for one in folds:
        one.verify(facts["identity"])
    places = facts["config"].get("members")
    if places is None:
        voters = [_voter(run, facts, one.index, f"fold {one.index}") for one in folds]
        return _jury(run, facts, voters)
    voters = []
    for one in folds:
        shares = pd.read_csv(one.path / SHARES, dtype={"member": str})["share"]
        for place, share in zip(places, shares, strict=True):
            member = member_at(Path(place), run)
            said = _facts(member)
            _finished(member, one.index)[0].verify(said["identity"])
            voters.append(_voter(member, said, one.index, f"{member.path.name}, fold {one.index}", float(share)))
    return _jury(run, facts, voters, str(facts["config"]["ensemble"]["vote"]))


def _jury(run: Run, facts: dict[str, Any], voters: list[Voter], vote: str = SOFT) -> Jury:
    return Jury(run.path.name, str(facts["identity"]), _task(facts), tuple(facts["stamps"]), tuple(voters), vote)


def _voter(run: Run, facts: dict[str, Any], index: int, name: str, share: float = 1.0) -> Voter:
    folder = run.fold(index).path
    _check_config(run, facts)
    return Voter(name, index, facts["config"], _task(facts), folder / WEIGHTS, folder, share)


def _jury_of_file(file: Path, run: Run, fold: int | None) -> Jury:
    """A single network with these weights; what else it needs lies beside them, or in the fold they are those of."""
    facts = _facts(run)
    if "members" in facts["config"]:
        raise WeightsError("an ensemble has no weights of its own", where=file, fix="Name one of its members as --run.")
    try:
        read_state(file)
    except WeightsError as error:
        raise WeightsError(error.what, where=error.where, fix=ACCEPTED) from error
    checksum = sha256_of(file)
    weights = {one.path: one.path / WEIGHTS for one in run.finished()}
    same = [folder for folder, other in weights.items() if other.is_file() and sha256_of(other) == checksum]
    folder = _finished(run, fold)[0].path if fold is not None else same[0] if same else file.parent
    stamps = tuple(facts["stamps"]) if same else (*facts["stamps"], STAMP)
    _check_config(run, facts)
    voter = Voter(file.name, 0, facts["config"], _task(facts), file, folder)
    return Jury(f"{run.path.name}-{file.stem}", str(facts["identity"]), _task(facts), stamps, (voter,))


def _is_sealed(file: Path, run: Path | None) -> bool:
    """Whether this is the very file of a finished fold, which stands for the fold."""
    fold = file.parent
    own = file.name == WEIGHTS and (fold / "fold.json").is_file() and (fold.parent / "run.json").is_file()
    return own and (run is None or run.resolve() == fold.parent.resolve())


def _run_of(file: Path, run: Path | None) -> Run:
    """The run that says what network a file of weights belongs to."""
    for place in [run] if run is not None else [file.parent, file.parent.parent]:
        if (place / "run.json").is_file():
            return Run(place.absolute())
    raise WeightsError(
        "weights alone do not say what network they belong to, what its classes are and how pictures are made ready",
        where=run or file,
        fix="Name the directory in which their run.json lies: --run DIR.",
    )


def _facts(run: Run) -> dict[str, Any]:
    facts = run.facts()
    for key in NEEDED:
        if key not in facts:
            raise StoreError(f"run.json does not say '{key}'; this is not a run that xaimed began", where=run.path)
    return facts


def _check_config(run: Run, facts: dict[str, Any]) -> None:
    if missing := [key for key in OF_A_NETWORK if key not in facts["config"]]:
        raise StoreError(f"run.json does not say what the {missing[0]} of this run was", where=run.path)


def _task(facts: dict[str, Any]) -> Task:
    try:
        return Task(Kind(facts["kind"]), tuple(map(str, facts["classes"])))
    except (ValueError, TypeError) as error:
        raise StoreError(f"run.json names no classes that could be decided between ({error})") from error


def _finished(run: Run, fold: int | None) -> list[Fold]:
    """The finished folds, or the one named if it is finished."""
    finished = run.finished()
    if not finished:
        raise StoreError("this run has no finished fold", where=run.path, fix="Train it to the end first.")
    wanted = [one for one in finished if fold in (None, one.index)]
    if not wanted:
        there = ", ".join(str(one.index) for one in finished)
        raise StoreError(f"fold {fold} of this run is not finished", where=run.path, fix=f"Finished are: {there}.")
    return wanted


def member_at(place: Path, ensemble: Run) -> Run:
    """A member of an ensemble: where it was, or beside the ensemble if all were moved together."""
    for run in (Run(place), Run(ensemble.path.parent / place.name)):
        if (run.path / "run.json").is_file():
            return run
    raise StoreError(
        "a member of this ensemble is not where it was when they voted",
        where=place,
        fix=f"Bring it back, or put it beside {ensemble.path.name}.",
    )
