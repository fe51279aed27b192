"""One of a thing and several of it."""

import pytest

from xaimed.config.many import many


@pytest.mark.parametrize(
    ("count", "thing", "said"),
    [
        (1, "patient", "1 patient"),
        (0, "patient", "0 patients"),
        (2, "copy", "2 copies"),
        (1, "copy", "1 copy"),
        (3, "day", "3 days"),
        (2, "different sample", "2 different samples"),
    ],
)
def test_the_plural_is_for_all_but_one(count, thing, said):
    assert many(count, thing) == said
