from __future__ import annotations

from xaimed.callbacks.cases import Chosen


def case(name):
    return Chosen("s", 0, name, name, 0.9, True, 0)


def test_classes_that_look_alike_in_a_file_name_have_different_ones():
    names = ["Cobb <10", "Cobb >10", "Cobb_10", "a" * 80, "a" * 81]
    assert len({case(name).file for name in names}) == len({case(name).tag for name in names}) == len(names)
    assert case("Normal").file == "Normal-correct-0.png"
