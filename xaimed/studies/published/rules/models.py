"""Are the printed sizes and costs those of the described networks? Each is built and measured, in both conventions."""

from __future__ import annotations

from collections.abc import Iterator

from xaimed.studies.published.findings import Agreement, Finding, Outcome
from xaimed.studies.published.measuring import IMAGENET, described
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Model, Value
from xaimed.studies.published.printed import shown

RULE = "described models, built and measured"
CONVENTIONS = {"flops": ("multiply_adds", "flops"), "multiply_adds": ("multiply_adds",)}
WORDS = {"multiply_adds": "multiply-adds", "flops": "FLOPs, two for each multiply-add", "trainable": "trained weights"}


def check(paper: Paper) -> Iterator[Outcome]:
    """Everything that is printed of every model."""
    for model in paper.models.values():
        for quantity, address in model.values.items():
            yield _held(paper, model, quantity, paper.values[address])


def _held(paper: Paper, model: Model, quantity: str, value: Value) -> Outcome:
    ways = CONVENTIONS.get(quantity, (quantity,))
    found = {way: described(model, way) for way in ways}
    for way in ways:
        if value.printed.rounded.holds(found[way]):
            told = f"as {_word(way)}" if len(ways) > 1 else ""
            return Agreement(RULE, f"{value.place}: {value.printed.text}", told)
    lines = [f"{_word(way)} of the described network, {model.outputs} outputs: {found[way]:,}" for way in ways]
    original = {way: described(model, way, IMAGENET) for way in ways}
    told = f"The printed {_name(quantity)} are not those of the network that is described."
    for way in ways:
        if value.printed.rounded.holds(original[way]):
            lines.append(f"with the {IMAGENET} outputs of ImageNet: {original[way]:,}, which is what is printed")
            told = f"The printed {_name(quantity)} are of the network for {IMAGENET} classes, not of the one described."
    lines += [model.remark] if model.remark and quantity in CONVENTIONS else []
    nearest = min((found[way] for way in ways), key=lambda count: abs(count - value.printed.value))
    gap = abs(float(nearest / value.printed.value) - 1)
    lines.append(f"{value.printed.text} is printed; the nearest is {shown(100 * gap, 3)} % off")
    return Finding(RULE, paper.weight_of(value), (value.place, model.place), told, tuple(lines), gap, (value.address,))


def _name(quantity: str) -> str:
    return {"flops": "FLOPs"}.get(quantity, quantity.replace("_", " "))


def _word(way: str) -> str:
    return WORDS.get(way, way)
