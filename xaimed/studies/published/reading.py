"""How does a study's ``published`` node become a paper? Part by part, and refused where it does not fit together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.studies.published.findings import Weight
from xaimed.studies.published.loose_ends import refuse_loose_ends, refuse_unknown
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Claim, Column, Matrix, Model, Samples, Table, Value
from xaimed.studies.published.printed import printed

PARTS = ("paper", "samples", "tables", "matrices", "models", "claims", "protocol")
HEADLINES = ("title", "abstract", "conclusion", "contribution")
Node = Mapping[str, Any]
Thing = TypeVar("Thing")


def paper_from(name: str, node: Node) -> Paper:
    """The paper that a ``published`` node describes.

    Raises:
        ConfigError: something in it is misspelt, refers to nothing, or has lost its printed decimals.
    """
    _only(node, PARTS, name)
    tables = _each(node, "tables", _table)
    values = {
        value.address: value for table in tables.values() for row in table.rows.values() for value in row.values()
    }
    paper = Paper(
        name=name,
        title=str(_part(node, "paper").get("title", name)),
        samples=_each(node, "samples", _samples),
        tables=tables,
        matrices=_each(node, "matrices", _matrix),
        models=_each(node, "models", _model),
        claims=_each(node, "claims", _claim),
        values=values,
        same_data=_same_data(_part(node, "protocol")),
    )
    refuse_loose_ends(paper)
    return paper


def _each(node: Node, part: str, read: Callable[[str, Node], Thing]) -> dict[str, Thing]:
    """Everything of one part, by name."""
    found = {}
    for name, own in _part(node, part).items():
        where = f"{part}.{name}"
        if not isinstance(own, Mapping):
            raise ConfigError("there is nothing in it", where=where)
        try:
            found[str(name)] = read(str(name), own)
        except KeyError as error:
            raise ConfigError(f"{error} is missing", where=where) from error
    return found


def _samples(name: str, node: Node) -> Samples:
    where = f"samples.{name}"
    _only(node, ("n", "classes", "folds", "runs", "positive", "parts"), where)
    classes = {str(label): int(size) for label, size in (node.get("classes") or {}).items()}
    positive, parts = _text_or_none(node.get("positive")), _texts(node.get("parts"))
    return Samples(name, int(node["n"]), classes, node.get("folds"), node.get("runs"), positive, parts)


def _table(name: str, node: Node) -> Table:
    where = f"tables.{name}"
    _only(node, ("place", "columns", "rows", "of", "over", "average", "relations", "report", "weight"), where)
    shared = {key: node[key] for key in ("of", "over", "average") if key in node}
    columns = {key: _column(key, {**shared, **(part or {})}, where) for key, part in node["columns"].items()}
    rows: dict[str, dict[str, Value]] = {}
    texts: dict[str, str] = {}
    for row, cells in node["rows"].items():
        label = str(cells.get("is", row))
        place = f"{node['place']}, {label}"
        _only(cells, ("is", "of", *columns), f"{where}.rows.{row}")
        rows[str(row)] = {}
        for key, cell in cells.items():
            address = f"{name}.{row}.{key}"
            if key in ("is", "of") or cell is None:
                continue
            column = columns[key]
            if column.metric == "text":
                texts[address] = str(cell)
                continue
            if "of" in cells:
                column = Column(**{**_as_dict(column), "of": str(cells["of"])})
            rows[str(row)][key] = Value(address, f"{place}, {key}", printed(cell, address), column)
    weight = _weight(node.get("weight"), Weight.RESULT)
    relations = tuple(map(str, node.get("relations", ())))
    return Table(name, str(node["place"]), weight, rows, texts, relations, str(node.get("report") or ""))


def _column(name: str, node: Node, where: str) -> Column:
    known = [field.name for field in fields(Column) if field.name != "name"]
    _only(node, ("class", *known), f"{where}.columns.{name}")
    given = {("label" if key == "class" else key): value for key, value in node.items()}
    given["parts"] = tuple(map(str, given.get("parts", ())))
    if given.get("metric") == "sensitivity":
        given["metric"] = "recall"
    return Column(name, **given)


def _as_dict(column: Column) -> dict[str, Any]:
    return {field.name: getattr(column, field.name) for field in fields(Column)}


def _matrix(name: str, node: Node) -> Matrix:
    where = f"matrices.{name}"
    _only(node, ("place", "of", "labels", "counts", "row"), where)
    counts = tuple(tuple(int(cell) for cell in line) for line in node["counts"])
    labels = tuple(map(str, node["labels"]))
    if any(len(line) != len(labels) for line in counts) or len(counts) != len(labels):
        raise ConfigError(f"a matrix of {len(labels)} classes has as many rows and columns", where=where)
    return Matrix(name, str(node["place"]), str(node["of"]), labels, counts, str(node.get("row") or ""))


def _model(name: str, node: Node) -> Model:
    where = f"models.{name}"
    _only(node, ("place", "backbone", "outputs", "size", "strategy", "values", "remark"), where)
    backbone = node["backbone"]
    overrides = (backbone,) if isinstance(backbone, str) else tuple(map(str, backbone))
    return Model(
        name,
        str(node["place"]),
        overrides,
        int(node["outputs"]),
        int(node["size"]),
        str(node.get("strategy", "finetune")),
        {str(key): str(address) for key, address in node["values"].items()},
        str(node.get("remark") or ""),
    )


def _claim(name: str, node: Node) -> Claim:
    where = f"claims.{name}"
    _only(node, ("place", "says", "weight", "check", "contradicts", "compares", "pools"), where)
    place = str(node["place"])
    heads = any(word in place.lower() for word in HEADLINES)
    return Claim(
        name,
        place,
        str(node["says"]),
        _weight(node.get("weight"), Weight.HEADLINE if heads else Weight.RESULT),
        _texts(node.get("check")),
        _texts(node.get("contradicts")),
        _texts(node.get("compares")),
        str(node.get("pools") or ""),
    )


def _same_data(node: Node) -> tuple[tuple[str, str, str], ...]:
    _only(node, ("place", "chosen_on", "reported_on"), "protocol")
    same = node.get("chosen_on") is not None and node.get("chosen_on") == node.get("reported_on")
    return ((str(node["place"]), str(node["chosen_on"]), str(node["reported_on"])),) if same else ()


def _only(node: Node, known: Any, where: str) -> None:
    for key in node:
        if key not in known:
            raise ConfigError(f"there is no '{key}' here", where=where, fix=near_miss(str(key), list(known)))


def _part(node: Node, name: str) -> Node:
    part = node.get(name) or {}
    if not isinstance(part, Mapping):
        raise ConfigError("it names nothing", where=name, fix="Give each of its entries a name.")
    return part


def _texts(node: Any) -> tuple[str, ...]:
    if node is None:
        return ()
    return (node,) if isinstance(node, str) else tuple(map(str, node))


def _text_or_none(node: Any) -> str | None:
    return None if node is None else str(node)


def _weight(name: Any, otherwise: Weight) -> Weight:
    if name is None:
        return otherwise
    known = {weight.name.lower(): weight for weight in Weight}
    refuse_unknown(str(name), known, "weight")
    return known[str(name)]
