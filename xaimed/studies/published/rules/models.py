"""Are the printed sizes and costs those of the described networks? Each is built and measured, in both conventions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from xaimed.studies.published.findings import Agreement, Finding, Outcome
from xaimed.studies.published.measuring import IMAGENET, PARAMETERS, counts_of, described, shape_of
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Model, Value
from xaimed.studies.published.printed import shown

RULE = "described models, built and measured"
CONVENTIONS = {"flops": ("multiply_adds", "flops"), "multiply_adds": ("multiply_adds",)}
WORDS = {"multiply_adds": "multiply-adds", "flops": "FLOPs, two for each multiply-add", "trainable": "trained weights"}


def check(paper: Paper) -> Iterator[Outcome]:
    """Everything that is printed of every model; it must fit one of the models that name it, its readings."""
    readings: dict[str, list[tuple[Model, str]]] = {}
    for model in paper.models.values():
        for quantity, address in model.values.items():
            readings.setdefault(address, []).append((model, quantity))
    for address, read in readings.items():
        yield _nearest([_held(paper, model, quantity, paper.values[address]) for model, quantity in read])


def _nearest(outcomes: list[Outcome]) -> Outcome:
    """Agreement if one reading agrees; else the nearest reading, with what the others give."""
    findings = [outcome for outcome in outcomes if isinstance(outcome, Finding)]
    if len(findings) < len(outcomes):
        return next(outcome for outcome in outcomes if isinstance(outcome, Agreement))
    nearest = min(findings, key=lambda finding: finding.gap)
    others = [finding for finding in findings if finding is not nearest]
    places = dict.fromkeys(place for finding in (nearest, *others) for place in finding.places)
    lines = [f"read as {finding.places[1]}: {line}" for finding in others for line in finding.arithmetic[:-1]]
    return replace(nearest, places=tuple(places)).also(*lines)


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
    lines += _elsewhere(model, quantity, value)
    lines += [model.remark] if model.remark and quantity in CONVENTIONS else []
    nearest = min((found[way] for way in ways), key=lambda count: abs(count - value.printed.value))
    gap = abs(float(nearest / value.printed.value) - 1)
    lines.append(f"{value.printed.text} is printed; the nearest is {shown(100 * gap, 3)} % off")
    return Finding(RULE, paper.weight_of(value), (value.place, model.place), told, tuple(lines), gap, (value.address,))


def _elsewhere(model: Model, quantity: str, value: Value) -> list[str]:
    """The outermost other parts of the network that have as many parameters as are printed of this part."""
    if not quantity.startswith(f"{PARAMETERS}:"):
        return []
    counts = {name: count for name, count in counts_of(model).items() if value.printed.rounded.holds(count)}
    fewest = min((name.count(".") for name in counts), default=0)
    return [
        f"{_word(name)} alone: {count:,}, which is what is printed{_giving(model, name)}"
        for name, count in counts.items()
        if name.count(".") == fewest
    ]


def _giving(model: Model, name: str) -> str:
    shape = shape_of(model, name.removeprefix(f"{PARAMETERS}:"))
    return f" (it gives {shape})" if shape else ""


def _name(quantity: str) -> str:
    return {"flops": "FLOPs"}.get(quantity, _word(quantity).replace("_", " "))


def _word(way: str) -> str:
    return WORDS.get(way, way.replace(":", " of "))
