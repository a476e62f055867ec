"""Sizes are found by unification, and a conflict tells both sides of the story."""

from itertools import pairwise

import pytest
from sympy import Integer

from symrnn.algebra.sizes import Reason, Sizes, is_count, is_known, is_never_negative, size, size_text, unknown
from symrnn.errors import ShapeError

I, H, O = size("I"), size("H"), size("O")  # noqa: E741 - the names of the sizes


def because(text: str, line: int = 0) -> Reason:
    return Reason(text, line)


def test_a_size_is_its_name() -> None:
    assert size("H") == H
    assert H != I
    assert H.is_positive
    assert H.is_integer


def test_unknowns_are_all_different() -> None:
    assert unknown("rows of W") != unknown("rows of W")


def test_equal_sizes_are_found_through_a_chain() -> None:
    sizes = Sizes()
    a, b, c, d = (unknown(f"rows of {name}") for name in "abcd")
    sizes.equate(a, b, because("first"))
    sizes.equate(c, d, because("second"))
    sizes.equate(b, c, because("third"))
    assert not is_known(sizes.value(a))
    sizes.equate(d, H, because("fourth"))
    assert [sizes.value(u) for u in (a, b, c, d)] == [H, H, H, H]


def test_a_part_of_a_sum_is_found() -> None:
    sizes = Sizes()
    rows, part = unknown("rows of W"), unknown("rows of b")
    sizes.equate(rows, I + part, because("concat"))
    sizes.equate(rows, I + H, because("declared"))
    assert sizes.value(part) == H


def test_two_unknowns_in_a_sum_wait_for_each_other() -> None:
    sizes = Sizes()
    a, b = unknown("a"), unknown("b")
    sizes.equate(a + b, I + H, because("together"))
    sizes.equate(a, I, because("alone"))
    assert (sizes.value(a), sizes.value(b)) == (I, H)


def test_a_multiple_is_divided() -> None:
    sizes = Sizes()
    a = unknown("a")
    sizes.equate(2 * a, 4 * H, because("twice"))
    assert sizes.value(a) == 2 * H


def test_a_size_that_is_no_count_is_told_apart() -> None:
    sizes = Sizes()
    a = unknown("a")
    sizes.equate(a + I, H, because("less"))
    assert sizes.value(a) == H - I
    assert not is_count(sizes.value(a))


@pytest.mark.parametrize(
    ("left", "right"),
    [(H, I), (H, Integer(1)), (Integer(2), Integer(3)), (I + H, H), (2 * H, H), (H + 1, H)],
)
def test_different_sizes_conflict(left: object, right: object) -> None:
    with pytest.raises(ShapeError):
        Sizes().equate(left, right, because("here"))


def test_a_size_is_not_longer_than_itself() -> None:
    a = unknown("a")
    with pytest.raises(ShapeError):
        Sizes().equate(a, a + I, because("concat"))


def test_a_conflict_names_both_places() -> None:
    sizes = Sizes()
    z, h, x = unknown("rows of z"), unknown("rows of h"), unknown("rows of x")
    sizes.equate(h, H, because("`state h: H`", 3))
    sizes.equate(x, I, because("`input x: I`", 2))
    sizes.equate(z, x, because("`z * x`", 7))
    with pytest.raises(ShapeError) as caught:
        sizes.equate(z, h, because("`z + h`", 8))
    assert str(caught.value) == (
        "rows of z: I (line 7: `z * x`; line 2: `input x: I`)\nrows of h: H (line 3: `state h: H`)"
    )


def test_a_refused_equality_leaves_no_trace() -> None:
    sizes = Sizes()
    a = unknown("a")
    sizes.equate(a, H, because("first"))
    with pytest.raises(ShapeError):
        sizes.equate(a, I, because("second"))
    assert sizes.value(a) == H
    assert sizes.reasons(a) == (because("first"),)


def test_reasons_are_the_shortest_chain() -> None:
    sizes = Sizes()
    a, b, c = unknown("a"), unknown("b"), unknown("c")
    sizes.equate(a, b, because("a is b"))
    sizes.equate(b, c, because("b is c"))
    sizes.equate(c, H, because("c is H"))
    assert [reason.text for reason in sizes.reasons(a)] == ["a is b", "b is c", "c is H"]
    sizes.equate(a, H, because("a is H"))
    assert [reason.text for reason in sizes.reasons(a)] == ["a is H"]
    assert sizes.reasons(H) == ()


def test_long_chains_are_no_deep_recursion() -> None:
    sizes = Sizes()
    chain = [unknown(str(index)) for index in range(2_000)]
    for left, right in pairwise(chain):
        sizes.equate(left, right, because("next"))
    sizes.equate(chain[-1], H, because("end"))
    assert sizes.value(chain[0]) == H
    assert len(sizes.reasons(chain[0])) == len(chain)


def test_counts() -> None:
    assert all(map(is_count, (H, I + 2 * H, Integer(0), Integer(3), H + 1)))
    assert not any(map(is_count, (H - I, H / 2, Integer(-1), H - 1, unknown("a"))))
    assert all(map(is_never_negative, (Integer(0), H - 1, H, I + H - 2)))
    assert not any(map(is_never_negative, (H - I, H - 2, Integer(-1), unknown("a"))))


def test_sizes_in_words() -> None:
    assert size_text(H + I) == "H + I"
    assert size_text(2 * H) == "2*H"
    assert size_text(unknown("a")) == "?"
    assert str(Reason("`state h: H`", 3, 4)) == "line 3: `state h: H`"
    assert str(Reason("the loss is a scalar")) == "the loss is a scalar"
