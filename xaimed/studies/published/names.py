"""What does a name in a statement's check stand for? A printed value, a count of samples, a cell of a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.studies.published.measuring import described
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Matrix, Samples
from xaimed.studies.published.printed import Printed, count, shown
from xaimed.studies.published.quantity import Quantity

Words = tuple[str, ...]
ENDS = ("sd", "low", "high")
OF_MATRIX = ("correct", "errors", "total", "accuracy")
FUNCTIONS = (*OF_MATRIX, "measured", "every", "rows", "cells", "sum", "mean", "min", "max", "abs")


@dataclass(frozen=True)
class Names:
    """The names of a paper; those of one row first where a relation of a table is checked."""

    paper: Paper
    row: str = ""

    def number(self, words: Words, where: str) -> Quantity:
        """What the name stands for."""
        return Quantity.of(self._printed(words, where))

    def told(self, words: Words, where: str) -> str:
        """The number, as printed; of a cell or a class, which it is."""
        number = _bare(self._printed(words, where))
        if words[0] in self.paper.matrices and words[0] not in self.paper.tables:
            return f"{number} {words[1]} predicted as {words[2]}"
        if words[0] in self.paper.samples and words[-1] in self.paper.samples[words[0]].classes:
            return f"{number} {words[-1]}"
        return number

    def called(self, function: str, arguments: list[Words], where: str) -> list[Quantity]:
        """What a function of matrices, or of many values, gives."""
        if function == "every":
            return [Quantity.of(number) for number in self._every(arguments, where)]
        if function == "rows":
            return [Quantity.exactly(self._rows(arguments))]
        if function == "cells":
            return [Quantity.exactly(self._cells(arguments, where))]
        if function == "measured":
            return [Quantity.exactly(self._measured(arguments, where))]
        if function in OF_MATRIX:
            return [_of_matrix(function, self._matrix(arguments[0], where))]
        raise ConfigError(f"there is no function '{function}'", where=where, fix=near_miss(function, FUNCTIONS))

    def told_call(self, function: str, arguments: list[Words], where: str) -> str:
        """A function's values, written out."""
        if function == "every":
            return ", ".join(_bare(number) for number in self._every(arguments, where))
        if function in OF_MATRIX:
            matrix = self._matrix(arguments[0], where)
            correct, total = matrix.correct, matrix.total
            return {
                "correct": f"{correct} correct",
                "errors": f"{total} − {correct} errors",
                "total": f"{total} in all",
                "accuracy": f"100 × {correct} / {total}",
            }[function]
        if function == "measured":
            return f"{arguments[1][0]} of the described {arguments[0][0]}"
        return shown(self.called(function, arguments, where)[0].value)

    def _printed(self, words: Words, where: str) -> Printed:
        address, end = ".".join(words), ""
        if self.row and f"{self.row}.{words[0]}" in self.paper.values:
            address = f"{self.row}.{address}"
        if words[-1] in ENDS and address not in self.paper.values:
            address, end = address.rpartition(".")[0], words[-1]
        if address in self.paper.values:
            value = self.paper.values[address].printed
            found = {"": value, "low": value, "sd": value.sd, "high": value.upper}[end]
            if found is None:
                raise ConfigError(f"'{address}' is printed without {end}", where=where)
            return found
        if words[0] in self.paper.samples:
            return count(_of_samples(self.paper.samples[words[0]], words[1:], where))
        if words[0] in self.paper.matrices:
            return count(_cell(self.paper.matrices[words[0]], words[1:], where))
        known = [*self.paper.values, *self.paper.samples, *self.paper.matrices]
        raise ConfigError(f"there is no '{'.'.join(words)}'", where=where, fix=near_miss(address, known))

    def _matrix(self, words: Words, where: str) -> Matrix:
        if words[0] not in self.paper.matrices:
            raise ConfigError(f"no matrix '{words[0]}'", where=where, fix=near_miss(words[0], self.paper.matrices))
        return self.paper.matrices[words[0]]

    def _every(self, arguments: list[Words], where: str) -> list[Printed]:
        numbers = []
        for words in arguments:
            pattern = ".".join(words)
            end = pattern.rpartition(".")[2] if pattern.rpartition(".")[2] in ENDS else ""
            for value in self.paper.matching(pattern.removesuffix(f".{end}") if end else pattern, where):
                one = {"sd": value.printed.sd, "high": value.printed.upper}.get(end, value.printed)
                numbers += [one] if one is not None else []
        return numbers

    def _measured(self, arguments: list[Words], where: str) -> int:
        """What a described model has of a quantity (second) when it is built."""
        name = arguments[0][0]
        if name not in self.paper.models:
            raise ConfigError(f"no model '{name}'", where=where, fix=near_miss(name, self.paper.models))
        return described(self.paper.models[name], arguments[1][0])

    def _rows(self, arguments: list[Words]) -> int:
        """How many texts of a column (first) say this (second)."""
        table, _, column = arguments[0][0].partition(".")
        texts = self.paper.tables[table].texts
        return sum(text == arguments[1][0] for key, text in texts.items() if key.endswith(f".{column}"))

    def _cells(self, arguments: list[Words], where: str) -> int:
        """How many samples of a matrix were predicted as a class, right or wrong."""
        matrix = self._matrix(arguments[0], where)
        place = _index(matrix, arguments[1][0], where)
        return sum(line[place] for line in matrix.counts)


def _of_matrix(function: str, matrix: Matrix) -> Quantity:
    correct, total = matrix.correct, matrix.total
    accuracy = Fraction(100 * correct, total)
    found = {"correct": Fraction(correct), "errors": Fraction(total - correct), "total": Fraction(total)}
    return Quantity.exactly(found.get(function, accuracy))


def _of_samples(samples: Samples, words: Words, where: str) -> int:
    if words == ("n",):
        return samples.n
    if words == ("folds",) and samples.folds:
        return samples.folds
    if len(words) == 1 and words[0] in samples.classes:
        return samples.classes[words[0]]
    raise ConfigError(
        f"'{samples.name}' has no '{'.'.join(words)}'", where=where, fix=near_miss(words[-1], ["n", *samples.classes])
    )


def _cell(matrix: Matrix, words: Words, where: str) -> int:
    if len(words) != 2:
        raise ConfigError(f"a cell of '{matrix.name}' has a true and a predicted class", where=where)
    true, predicted = (_index(matrix, word, where) for word in words)
    return matrix.counts[true][predicted]


def _index(matrix: Matrix, label: str, where: str) -> int:
    if label not in matrix.labels:
        raise ConfigError(f"'{matrix.name}' has no class '{label}'", where=where, fix=near_miss(label, matrix.labels))
    return matrix.labels.index(label)


def _bare(number: Printed) -> str:
    return number.text.partition("±")[0].strip(" (")
