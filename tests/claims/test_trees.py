"""Ways through formulas: parts and their paths, formulas with a part exchanged, and what is the same formula."""

import pytest

from symrnn.claims.trees import Numbering, every_part, flat, rebuilt, replaced, spots
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.plain import read_plain
from symrnn.language.formulas.write import as_plain

TEXTS = [
    r"W_{hh}^\top h_{t-1} + \sum_{k=1}^{T} \delta_k \odot (1 - h_k^2)",
    r"\frac{\partial J}{\partial h_t} = \operatorname{diag}(1 - h_t^2) W \begin{bmatrix} a & b \\ c & d \end{bmatrix}",
    r"\nabla_W L + \tanh'(z_t) x_t^\top",
]


@pytest.mark.parametrize("text", TEXTS)
def test_every_part_is_at_the_end_of_its_path(text):
    formula = read_latex(text)
    found = list(spots(formula))
    assert [part for _, part in found] == list(every_part(formula))
    assert len({path for path, _ in found}) == len(found) > 8
    mark = f.Letter("MARK")
    for path, part in found:
        changed = replaced(formula, path, mark)
        assert replaced(changed, path, part) == formula
        assert sum(one == mark for one in every_part(changed)) == 1


def test_scripts_are_left_out_on_demand():
    formula = read_latex(r"\sum_{k=1}^{T} h_{t-1}^\top")
    assert {as_plain(part) for _, part in spots(formula, scripts=False)} == {
        as_plain(formula),
        as_plain(formula.body),
        "h",
    }


@pytest.mark.parametrize("text", TEXTS)
def test_equal_formulas_have_one_number_and_others_another(text):
    numbering = Numbering()
    one, again = read_latex(text), read_latex(text)
    assert one is not again and numbering.of(one) == numbering.of(again)
    others = {numbering.of(replaced(one, path, f.Letter("MARK"))) for path, _ in spots(one)}
    assert len(others) == len(list(spots(one))) and numbering.of(one) not in others


def test_where_a_formula_stands_does_not_count():
    numbering = Numbering()
    assert numbering.of(f.Letter("h")) == numbering.of(f.Letter("h", (), "bf", f.Place(3, 4)))
    assert numbering.of(f.Letter("h")) != numbering.of(f.Letter("h", ("hat",)))


def test_a_formula_of_which_nothing_changes_is_the_same():
    formula = read_latex(TEXTS[0])
    assert rebuilt(formula, lambda part: part) is formula
    assert rebuilt(formula, lambda part: f.Letter("x")) is not formula


@pytest.mark.parametrize(
    ("nested", "wanted"),
    [
        (f.Product((f.Letter("a"), read_plain("b ⊙ c")), ("odot",)), "a ⊙ b ⊙ c"),
        (f.Product((read_plain("b ⊙ c"), f.Letter("a")), ("odot",)), "b ⊙ c ⊙ a"),
        (f.Product((f.Letter("a"), read_plain("b c")), ("",)), "a b c"),
        (f.Product((read_plain("b c"), f.Letter("a")), ("odot",)), "b c ⊙ a"),
        (f.Product((read_plain("b ⊙ c"), f.Letter("a")), ("",)), "(b ⊙ c) a"),
        (f.Product((f.Letter("a"), read_plain("(b ⊙ c)")), ("odot",)), "a ⊙ (b ⊙ c)"),
        (f.Product((f.Letter("a"), read_plain("b / c")), ("/",)), "a / (b / c)"),
    ],
)
def test_products_of_one_kind_are_one_product(nested, wanted):
    assert as_plain(flat(nested)).replace(" ", "") == wanted.replace(" ", "")
