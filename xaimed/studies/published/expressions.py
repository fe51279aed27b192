"""Does a statement hold? A line such as ``t4.vgg.accuracy - t4.resnet.accuracy == 8.0``, reckoned over printed numbers.

An equality holds when some values behind the rounded numbers make it true; ``<`` and ``>`` likewise. A whole number in
an equality is rounded too ("about four times"), in an order it is a limit. Nothing of Python is called.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xaimed.errors import ConfigError
from xaimed.studies.published.interval import Interval
from xaimed.studies.published.names import Names
from xaimed.studies.published.printed import printed
from xaimed.studies.published.quantity import Quantity, largest, least, mean, total

_SYMBOLS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARED = {ast.Eq: "==", ast.Lt: "<", ast.Gt: ">", ast.LtE: "<=", ast.GtE: ">="}
_SAID = {"==": "", "<": "less than ", ">": "more than ", "<=": "at most ", ">=": "at least "}
_GATHERED: dict[str, Callable[[Sequence[Quantity]], Quantity]] = {
    "sum": total,
    "mean": mean,
    "min": least,
    "max": largest,
}


@dataclass(frozen=True)
class Verdict:
    """Whether a line holds.

    Attributes:
        holds: whether it can be true.
        cut: whether only numbers that were cut off, not rounded, make it true.
        told: the reckoning in numbers.
        gap: how far it is from being true, as a share of what it is compared with.
    """

    holds: bool
    cut: bool
    told: str
    gap: float


def judge(line: str, names: Names, where: str) -> Verdict:
    """Reckon one line.

    Raises:
        ConfigError: it is no comparison, or names nothing that is printed.
    """
    try:
        tree = ast.parse(line, mode="eval").body
    except SyntaxError as error:
        raise ConfigError(f"'{line}' cannot be read", where=where, fix="Such as 'a.b.c - d.e.f == 8.0'.") from error
    if not isinstance(tree, ast.Compare):
        raise ConfigError(f"'{line}' compares nothing", where=where, fix="Write == or < or > between two sides.")
    reading = _Reading(line, names, where)
    sides = [tree.left, *tree.comparators]
    verdicts = [
        reading.compared(left, _COMPARED.get(type(sign), ""), right)
        for left, sign, right in zip(sides, tree.ops, sides[1:], strict=False)
    ]
    wrong = [verdict for verdict in verdicts if not verdict.holds]
    told = "; ".join(verdict.told for verdict in wrong or verdicts)
    return Verdict(not wrong, any(v.cut for v in verdicts), told, max(v.gap for v in verdicts))


@dataclass(frozen=True)
class _Reading:
    line: str
    names: Names
    where: str

    def compared(self, left: ast.expr, sign: str, right: ast.expr) -> Verdict:
        if not sign:
            raise self.refusal("only ==, <, >, <= and >= compare")
        ordered = sign != "=="
        pairs = [(one, other) for one in self.side(left, limit=ordered) for other in self.side(right, limit=ordered)]
        rounded = all(_true(one.rounded, sign, other.rounded) for one, other in pairs)
        either = all(_true(one.either, sign, other.either) for one, other in pairs)
        told = f"{self.told(left)} {sign if ordered else '='} {self.told(right)}"
        if not either:
            told = f"{self.told(left)}, not {_SAID[sign]}{self.told(right)}"
        gap = max(_gap(one, other) for one, other in pairs)
        return Verdict(either, either and not rounded, told, 0.0 if either else gap)

    def side(self, node: ast.expr, *, limit: bool = False) -> list[Quantity]:
        """Its values: several only where all of them are meant."""
        if isinstance(node, ast.Constant) and not isinstance(node.value, str | bool):
            text = ast.get_source_segment(self.line, node) or ""
            whole = "." not in text
            return [Quantity.exactly(int(text)) if limit and whole else self.literal(text, limit=limit)]
        return self.gathered(node)

    def literal(self, text: str, *, limit: bool = False) -> Quantity:
        number = Quantity.of(printed(text, self.where))
        return Quantity.exactly(number.value) if limit else number

    def gathered(self, node: ast.expr) -> list[Quantity]:
        if isinstance(node, ast.Call):
            return self.called(".".join(_parts(node.func, self.refusal)), node.args)
        return [self.number(node)]

    def number(self, node: ast.expr) -> Quantity:
        if isinstance(node, ast.BinOp) and type(node.op) in _SYMBOLS:
            try:
                return self.number(node.left).joined(_SYMBOLS[type(node.op)], self.number(node.right))
            except ZeroDivisionError as error:
                raise self.refusal("it divides by what may be zero") from error
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return Quantity.exactly(0).joined("-", self.number(node.operand))
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return Quantity.exactly(node.value)
        if isinstance(node, ast.Constant):
            return self.literal(ast.get_source_segment(self.line, node) or "")
        if isinstance(node, ast.Call):
            (only,) = self.gathered(node)
            return only
        return self.names.number(_parts(node, self.refusal), self.where)

    def called(self, name: str, arguments: list[ast.expr]) -> list[Quantity]:
        if name in _GATHERED:
            return [_GATHERED[name]([number for each in arguments for number in self.gathered(each)])]
        if name == "abs":
            return [self.number(arguments[0]).size()]
        words = [_parts(each, self.refusal) for each in arguments]
        return self.names.called(name, words, self.where)

    def told(self, node: ast.expr) -> str:
        """The side in numbers, and what it comes to where there is something to reckon."""
        if isinstance(node, ast.Constant):
            return ast.get_source_segment(self.line, node) or ""
        values = self.gathered(node)
        if isinstance(node, ast.BinOp | ast.UnaryOp) or (isinstance(node, ast.Call) and len(values) == 1):
            written, told = self.written(node), values[0].told()
            counted = isinstance(node, ast.Call) and written.startswith(f"{told} ")  # such as: 19 correct
            return written if written == told or counted else f"{written} = {told}"
        return self.written(node)

    def written(self, node: ast.expr) -> str:
        if isinstance(node, ast.BinOp):
            sign = {"-": "−", "*": "×"}.get(_SYMBOLS[type(node.op)], _SYMBOLS[type(node.op)])
            return f"{self.bracketed(node.left)} {sign} {self.bracketed(node.right)}"
        if isinstance(node, ast.UnaryOp):
            return f"−{self.written(node.operand)}"
        if isinstance(node, ast.Constant):
            return ast.get_source_segment(self.line, node) or ""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in (*_GATHERED, "abs"):
                return f"{node.func.id}({', '.join(map(self.written, node.args))})"
            words = [_parts(each, self.refusal) for each in node.args]
            return self.names.told_call(node.func.id, words, self.where)
        return self.names.told(_parts(node, self.refusal), self.where)

    def bracketed(self, node: ast.expr) -> str:
        return f"({self.written(node)})" if isinstance(node, ast.BinOp) else self.written(node)

    def refusal(self, why: str) -> ConfigError:
        return ConfigError(f"'{self.line}' cannot be checked: {why}", where=self.where)


def _parts(node: ast.expr, refusal: Callable[[str], ConfigError]) -> tuple[str, ...]:
    """A dotted name, what stands in brackets behind it, or a text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (*_parts(node.value, refusal), node.attr)
    if isinstance(node, ast.Subscript):
        keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return (*_parts(node.value, refusal), *(word for key in keys for word in _parts(key, refusal)))
    raise refusal(f"'{ast.unparse(node)}' is neither a number nor a name")


def _true(left: Interval, sign: str, right: Interval) -> bool:
    if sign == "==":
        return left.meets(right)
    if sign == "<":
        return left.low < right.high
    if sign == ">":
        return left.high > right.low
    return left.low <= right.high if sign == "<=" else left.high >= right.low


def _gap(left: Quantity, right: Quantity) -> float:
    size = max(abs(left.value), abs(right.value))
    return float(left.rounded.apart(right.rounded) / size) if size else 0.0
