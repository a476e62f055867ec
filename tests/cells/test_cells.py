"""The catalogue: every file reads, says where it comes from, and is found by name or by path."""

from pathlib import Path

import pytest

from symrnn import cells
from symrnn.algebra.sizes import size
from symrnn.backends.names import RESERVED
from symrnn.errors import LanguageError, OutputError, SymrnnError
from symrnn.language.read import read_cell
from symrnn.language.write import cell_text, without_notes
from symrnn.model.equations import FAMILIES
from symrnn.model.naming import name_intermediates

FOLDER = Path(cells.__file__).parent
TEXT = "cell mine\ninput x: I\nstate h: H\nh = tanh(W @ x + U @ h[t-1])\n"


def test_what_is_built_in() -> None:
    assert set(cells.names()) >= {
        "rnn",
        "rnn_transposed",
        "elman",
        "irnn",
        "lstm",
        "gru",
        "mlstm",
        "clockwork",
        "mamba",
    }
    assert len(cells.names()) >= 60
    assert set(cells.heads()) >= {
        "linear",
        "logistic",
        "sigmoid_cross_entropy",
        "softmax_cross_entropy",
        "softmax_cross_entropy_transposed",
        "squared_error",
    }
    assert list(cells.names()) == sorted(path.stem for path in FOLDER.glob("*.cell"))
    assert list(cells.heads()) == sorted(path.stem for path in FOLDER.glob("*.head"))


@pytest.mark.parametrize("name", cells.names())
def test_a_cell_is_named_like_its_file_and_cites_its_source(name: str) -> None:
    cell = cells.load(name)
    assert (cell.name, cell.kind) == (name, "cell")
    assert cell.title != name
    assert any(char.isdigit() for char in cell.source)  # a year at least
    assert cell.year >= 1986
    assert cell.family in FAMILIES
    assert 20 <= len(cell.about) <= 120
    assert all(equation.note.startswith(f"{name}.cell:") for equation in cell.equations)


@pytest.mark.parametrize("name", cells.names())
def test_a_cell_survives_its_text_and_its_naming(name: str) -> None:
    cell = cells.load(name)
    named = name_intermediates(cell)
    assert without_notes(read_cell(cell_text(cell))) == without_notes(cell)
    assert name_intermediates(named) == named


@pytest.mark.parametrize("name", cells.names())
def test_names_of_a_cell_are_free_in_emitted_code(name: str) -> None:
    cell = name_intermediates(cells.load(name))
    states = (state.leaf for state in cell.states)
    leaves = (*cell.inputs, *cell.params, *cell.constants, *cell.targets, *cell.outputs, *states)
    assert not {*(leaf.name for leaf in leaves), *map(str, cell.sizes)} & RESERVED


def test_the_catalogue_is_sorted_by_family_and_year() -> None:
    found = cells.catalogue()
    assert sorted(cell.name for cell in found) == list(cells.names())
    places = [(FAMILIES.index(cell.family), cell.year, cell.name) for cell in found]
    assert places == sorted(places)
    assert {cell.family for cell in found} == set(FAMILIES)


def test_the_four_conventions_of_the_gru() -> None:
    last = {name: str(cells.load(name).equations[-1].expr) for name in cells.names() if name.startswith("gru")}
    old, new = "(1 − z[t]) ∘ n[t] + z[t] ∘ h[t−1]", "(1 − z[t]) ∘ h[t−1] + z[t] ∘ n[t]"
    assert last["gru"] == old
    assert last["gru_reset_before"] == "z[t] ∘ h[t−1] + (1 − z[t]) ∘ n[t]"
    assert last["gru_reset_after_new"] == last["gru_reset_before_new"] == new
    reset = {name: "r[t] ∘ h[t−1]" in str(cells.load(name).equations[2].expr) for name in last}
    assert [name for name, before in reset.items() if before] == ["gru_reset_before", "gru_reset_before_new"]


@pytest.mark.parametrize("name", cells.heads())
def test_a_head_is_named_like_its_file(name: str) -> None:
    head = cells.load_head(name)
    assert (head.name, head.kind) == (name, "head")
    assert head.loss is not None or head.outputs


@pytest.mark.parametrize("name", cells.names())
def test_the_usual_head_of_a_cell_is_there_and_fits(name: str) -> None:
    cell = cells.load(name)
    if cell.head:
        head = cells.load_head(cell.head)
        assert {leaf.name for leaf in head.inputs} <= {leaf.name for leaf in cell.outputs}


def test_the_conventions_of_the_sources() -> None:
    rows, transposed = cells.load("rnn"), cells.load("rnn_transposed")
    assert [leaf.name for leaf in rows.params] == ["W_xh", "W_hh", "b_h"]
    assert [leaf.name for leaf in transposed.params] == ["W_aa", "W_ax", "b_a"]
    assert transposed.params[1].shape == (size("n_x"), size("n_a"))
    assert transposed.head == "softmax_cross_entropy_transposed"
    assert cells.load("elman").params[0].shape == (size("H"), size("I") + size("H"))


def test_loading_twice_gives_one_cell() -> None:
    assert cells.load("rnn") is cells.load("rnn")


@pytest.mark.parametrize(
    ("load", "name", "message"),
    [
        (cells.load, "rn", "no cell is called rn; did you mean rnn?"),
        (cells.load, "linear", "no cell is called linear"),
        (cells.load_head, "linaer", "did you mean linear?"),
        (cells.find, "irn", "did you mean irnn?"),
        (cells.find, "", "no cell is called"),
    ],
)
def test_an_unknown_name_is_refused(load: object, name: str, message: str) -> None:
    with pytest.raises(LanguageError) as caught:
        load(name)  # type: ignore[operator]
    assert message in str(caught.value)


def test_find_reads_names_and_paths(tmp_path: Path) -> None:
    path = tmp_path / "mine.cell"
    path.write_text(TEXT, encoding="utf-8")
    assert cells.find("rnn") is cells.load("rnn")
    assert cells.find(path) == cells.find(str(path)) == read_cell(TEXT, "mine.cell")


@pytest.mark.parametrize("data", [TEXT.encode("utf-8-sig"), TEXT.replace("\n", "\r\n").encode()])
def test_marks_and_line_ends_of_files(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "mine.cell"
    path.write_bytes(data)
    assert cells.find(path) == read_cell(TEXT, "mine.cell")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be read: No such file"):
        cells.find(tmp_path / "nothing.cell")
    with pytest.raises(OutputError, match="is a directory"):
        cells.find(tmp_path)
    with pytest.raises(OutputError):
        cells.find("a\0b/c.cell")
    with pytest.raises(OutputError):
        cells.find("x" * 5_000 + ".cell")


def test_files_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "mine.cell"
    path.write_bytes(b"cell a\n# caf\xe9\n")
    with pytest.raises(LanguageError) as caught:
        cells.find(path)
    assert str(caught.value) == f"{path}:2:6: byte 12 is not UTF-8; save the file as UTF-8"
    path.write_bytes(b"\x00" * 10)
    with pytest.raises(LanguageError, match="which cannot be seen"):
        cells.find(path)
    path.write_bytes(b"#" * 10_000_000)
    with pytest.raises(LanguageError, match="at most 20000 are read"):
        cells.find(path)


def test_errors_of_a_file_name_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.cell"
    path.write_text(TEXT.replace("tanh", "tanhh"), encoding="utf-8")
    with pytest.raises(SymrnnError) as caught:
        cells.find(path)
    assert str(caught.value).startswith(f"{path}:4:5: unknown function tanhh")
