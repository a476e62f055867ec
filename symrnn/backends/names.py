"""Names and text from outside, before they are put into source code."""

from __future__ import annotations

import keyword

from symrnn.backends.c_functions import ORDER
from symrnn.errors import IRError
from symrnn.ir.buffers import OWN
from symrnn.ir.nodes import FUNCTIONS, Program
from symrnn.ir.rename import rename


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_C_KEYWORDS = _words(
    """
    alignas alignof and asm auto bool break case catch char class const constexpr const_cast continue decltype
    default delete do double dynamic_cast else enum explicit export extern false float for friend goto if
    inline int long mutable namespace new noexcept not nullptr operator or private protected public register
    reinterpret_cast restrict return short signed sizeof static static_assert static_cast struct switch
    template this thread_local throw true try typedef typeid typename typeof typeof_unqual union unsigned
    using virtual void volatile wchar_t while xor
    """
)
_LIBRARY = _words(
    """
    exp log tanh sin cos sqrt fabs copysign pow size_t ptrdiff_t NULL EOF SIZE_MAX PTRDIFF_MAX
    INFINITY NAN HUGE_VAL HUGE_VALF HUGE_VALL MATH_ERRNO MATH_ERREXCEPT math_errhandling
    FP_INFINITE FP_NAN FP_NORMAL FP_SUBNORMAL FP_ZERO FP_ILOGB0 FP_ILOGBNAN
    """
)
_EMITTED = _words(
    """
    t begin end number first min max page row col at running real status
    sizes given seeds kept gradients work times plus LIMIT dtype reversed
    pack product product_once panels_size product_once_scratch rearranged chunk longest steps chunk_steps
    larger larger_size lanes lane LANES_OF_SUMS CALLED sum_of largest_of rounded
    first_vector next check most lengths sum ALIGNMENT INDEPENDENT
    thread threads team meet own own_rows call of rearranging multiplications sequences worthwhile threads_of carry_out helper help
    THREADS NO_THREADS MOST_THREADS LOOKS STARTING
    blas_orientation blas_stride
    VECTOR_PRODUCTS VECTOR_BYTES TILE_ROWS UNROLLED KEEP_IN_REGISTER VECTOR_TURNS FIRST_HALVES SECOND_HALVES
    parameters inputs HEADER LANES EVEN_LANES ODD_LANES product_columns product_transposed product_transposed_columns
    loaded store pair_sums vector loose_vector PARAMETERS_BYTES INPUTS_BYTES SEEDS_BYTES KEPT_BYTES GRADIENTS_BYTES
    WORKSPACE_BYTES np numpy range zip list run into bind_forward bind_backward forward backward gradient loss_and_gradient
    Kept Gradients NamedTuple annotations linux unix
    """
)

_OF_SIZES = _words("data before failures expect fill compare objective normalise main DISTANCE TOLERANCE")

RESERVED = (
    frozenset(keyword.kwlist)
    | _C_KEYWORDS
    | _EMITTED
    | _LIBRARY
    | frozenset(f"{name}f" for name in _LIBRARY)
    | frozenset(FUNCTIONS)
    | frozenset(ORDER)
)
"""Names that the emitted code gives its own meaning: no size, buffer or program may have one of them."""


def spelled(program: Program) -> Program:
    """Return the program with names that can stand in NumPy and in C.

    The emitted code keeps for itself the names in RESERVED, names that begin or end with an underscore, and names with
    a double underscore. Workspace with such a name gets an underscore behind it: the adjoint of a gate `o` is `do_`.
    What the caller sees keeps its name, or is refused.

    Raises:
        IRError: a name is not a plain ASCII identifier, is a keyword, or is one that the emitted code needs.
    """
    sizes = [("size", name) for name, _ in program.sizes]
    buffers = [("buffer", buffer.name) for buffer in program.buffers if buffer.role not in OWN]
    work = [buffer.name for buffer in program.having(*OWN)]
    for kind, name in [("program", program.name), *sizes, *buffers, *(("workspace", name) for name in work)]:
        if kind == "workspace" and name in RESERVED:
            continue
        reason = _objection(name)
        if kind == "size" and name in _OF_SIZES:
            reason = "has its own meaning in the self-test"
        if reason:
            raise IRError(f"{program.name}: {kind} name {name!r} {reason}: rename it.")
    return rename(program, {name: f"{name}_" for name in work if name in RESERVED})


def _objection(name: str) -> str:
    if not (name.isascii() and name.isidentifier()):
        return "is not made of ASCII letters, digits and underscores"
    if name in keyword.kwlist or name in _C_KEYWORDS:
        return "is a keyword of Python, C or C++"
    if name in RESERVED:
        return "has its own meaning in emitted code"
    if name.startswith("_") or name.endswith("_") or "__" in name:
        return "has an underscore first, last or doubled, as only the emitted code's own names do"
    return ""


def plain(words: str) -> str:
    """Return text as one line that cannot end the comment or docstring it is put in."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
    for mark, harmless in (("*/", "* /"), ("/*", "/ *"), ('"""', "'''"), ("??", "? ?"), ("\\", "")):
        line = line.replace(mark, harmless)
    return line
