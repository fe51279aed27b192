"""What is done about rare classes in a fold, and what comes of it? Settled before training, and said beforehand."""

from __future__ import annotations

from torchvision.transforms import v2

from xaimed.config.identity import identity_hash
from xaimed.config.targets import instantiate
from xaimed.data.imbalance.balance import Balance
from xaimed.data.imbalance.effect import ClassEffect, effect_of, remarks_on
from xaimed.data.imbalance.imbalance import AUGMENTED, NONE, Imbalance
from xaimed.data.imbalance.making import Recipe
from xaimed.data.protocol import Split
from xaimed.data.task import Kind
from xaimed.errors import ConfigError
from xaimed.reporting.tables import Cell, Estimate, Table
from xaimed.studies.plan import Plan
from xaimed.training.feature_smote import FeatureSmote, check_feature_smote
from xaimed.training.objectives import Objective, weigh

COLUMNS = ("class", "pictures", "with copies", "draws %", "loss weight", "effective %")


def imbalance_of(plan: Plan) -> Imbalance:
    """The measures that the run takes."""
    imbalance: Imbalance = instantiate(plan.config["imbalance"])
    return imbalance


def balance_of(plan: Plan, split: Split) -> Balance:
    """The same in numbers for one fold."""
    return Balance(imbalance_of(plan), plan.manifest, split)


def recipe_of(plan: Plan) -> Recipe | None:
    """What varies augmented copies: a recipe of their own, else the run's augmentation."""
    imbalance = imbalance_of(plan)
    if imbalance.copies != AUGMENTED:
        return None
    node = plan.config["imbalance"].get("recipe") or plan.config["augmentation"]
    vary = imbalance.recipe or instantiate(node)
    if isinstance(vary, v2.Identity):
        raise ConfigError(
            "without augmentation the copies are the pictures themselves",
            where="imbalance.recipe",
            fix="Give it a recipe, use an augmentation, or use imbalance=weighted_sampler.",
        )
    return Recipe(vary, identity_hash(node))


def objective_of(plan: Plan, split: Split) -> Objective:
    """What is minimised in a fold, its classes weighted where that is asked for."""
    return weigh(instantiate(plan.config["objective"]), balance_of(plan, split).loss_weights())


def synthetic_of(plan: Plan, split: Split) -> FeatureSmote | None:
    """What adds synthetic features in a fold, if that is asked for."""
    balance = balance_of(plan, split)
    if not balance.imbalance.smote_features:
        return None
    per_row = balance.synthetic_per_row()
    return FeatureSmote(int(plan.config["seed"]), split.fold, per_row, balance.imbalance.neighbours)


def check_imbalance(plan: Plan) -> None:
    """Refuse, for any fold that is wanted, what cannot be done."""
    recipe_of(plan)
    for split in plan.wanted:
        objective = objective_of(plan, split)
    if imbalance_of(plan).smote_features:
        check_feature_smote(plan.strategy, plan.start.network(plan.wanted[0].fold), objective)


def imbalance_table(plan: Plan, split: Split) -> Table | None:
    """What the measures do to the classes of a fold; nothing where there are none."""
    balance = balance_of(plan, split)
    if not balance.imbalance.active:
        return None
    effects = effect_of(balance)
    return Table(
        f"Imbalance, training rows of fold {split.fold}",
        COLUMNS,
        tuple(_row(effect) for effect in effects),
        (*_notes(balance), *remarks_on(balance, effects)),
    )


def _row(effect: ClassEffect) -> tuple[Cell, ...]:
    draws, share = (Estimate(part * 100, decimals=1) for part in (effect.draws, effect.share))
    return effect.name, effect.pictures, effect.rows, draws, Estimate(effect.weight), share


def _notes(balance: Balance) -> list[str]:
    """What the columns mean here."""
    imbalance = balance.imbalance
    notes = ["draws %: of what an epoch sees; effective %: draws times loss weight, the share of the loss"]
    if balance.manifest.task.kind is Kind.MULTILABEL:
        notes = [
            "draws %: pictures of an epoch that have the label; loss weight: of the label where it is there; "
            "effective %: the share of the label's loss that comes from where it is there"
        ]
    if imbalance.copies != NONE:
        added = int(balance.original.missing.sum())
        notes.append(f"{added} copies ({imbalance.copies}) are drawn into the cache once, for training alone")
    if imbalance.smote_features:
        notes.append("draws include synthetic feature vectors, which are added to every batch")
    if imbalance.copies != NONE and (imbalance.weights, imbalance.sampler) != (NONE, NONE):
        notes.append(f"weights and draws are computed from the {imbalance.frequencies} frequencies")
    return notes
