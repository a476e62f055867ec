"""The rules that a derivation may cite, each with its statement. How they are carried out is in the modules that apply them.

The statements hold for all sizes; A, B, X are matrices, u, v columns, f a differentiable scalar function applied entry by entry.
"""

from __future__ import annotations

from symrnn.calculus.records import Rule

_MAGNUS = "MN, ch. 8"
_TRACE = "MN, ch. 1"
_ENTRIES = "entry by entry"

CONSTANT = Rule("constant", r"\mathrm{d}A = 0 \quad\text{for constant } A", _MAGNUS)
SUM = Rule("sum", r"\mathrm{d}(A + B) = \mathrm{d}A + \mathrm{d}B", _MAGNUS)
MULTIPLE = Rule("scalar multiple", r"\mathrm{d}(c\,A) = c\,\mathrm{d}A", _MAGNUS)
QUANTITY = Rule(
    "multiple by a quantity",
    r"\mathrm{d}(s\,A) = (\mathrm{d}s)\,A + s\,\mathrm{d}A \quad\text{for } s \text{ of one row and column}",
    _MAGNUS,
)
PRODUCT = Rule("product rule", r"\mathrm{d}(A B) = (\mathrm{d}A)\,B + A\,\mathrm{d}B", _MAGNUS)
ENTRYWISE = Rule(
    "elementwise product rule", r"\mathrm{d}(A \circ B) = \mathrm{d}A \circ B + A \circ \mathrm{d}B", _MAGNUS
)
TRANSPOSE = Rule("transpose", r"\mathrm{d}(A^\top) = (\mathrm{d}A)^\top", _MAGNUS)
DIAGONAL = Rule("diagonal", r"\mathrm{d}\operatorname{diag}(v) = \operatorname{diag}(\mathrm{d}v)", _ENTRIES)
TRACE = Rule("trace", r"\mathrm{d}\operatorname{tr}(A) = \operatorname{tr}(\mathrm{d}A)", _MAGNUS)
STACK = Rule(
    "concatenation",
    r"\mathrm{d}\begin{bmatrix} A \\ B \end{bmatrix} = \begin{bmatrix} \mathrm{d}A \\ \mathrm{d}B \end{bmatrix}",
    "block by block",
)
ROWS = Rule("rows", r"\mathrm{d}(A_{[a:b]}) = (\mathrm{d}A)_{[a:b]}", "row by row")
QUOTIENT = Rule(
    "elementwise quotient rule",
    r"\mathrm{d}(A \oslash B) = \mathrm{d}A \oslash B - (A \circ \mathrm{d}B) \oslash (B \circ B)",
    _ENTRIES,
)
POWER = Rule("elementwise power", r"\mathrm{d}(A^{\circ k}) = k\,A^{\circ (k-1)} \circ \mathrm{d}A", _ENTRIES)
CHAIN = Rule("chain rule, entry by entry", r"\mathrm{d}f(A) = f'(A) \circ \mathrm{d}A", _MAGNUS)
SOFTMAX = Rule(
    "derivative of softmax",
    r"p = \operatorname{softmax}(z) \;\Rightarrow\; \mathrm{d}p = (\operatorname{diag}(p) - p\,p^\top)\,\mathrm{d}z",
    "Bridle 1990",
)
LOG_SOFTMAX = Rule(
    "derivative of log softmax",
    r"\mathrm{d}\log\operatorname{softmax}(z) = (I - \mathbf{1}\,\operatorname{softmax}(z)^\top)\,\mathrm{d}z",
    "that of softmax",
)
OUTPUT_FORM = Rule(
    "derivative in the output",
    r"y = f(z) \;\Rightarrow\; f'(z) \text{ is written as a function of } y",
    "its lemma",
)

IN_TRACE = Rule(
    "inner product as a trace",
    r"\mathrm{d}J = \operatorname{tr}\left(\frac{\partial J}{\partial X}\,\mathrm{d}X\right)",
    _TRACE,
)
TRACE_TRANSPOSE = Rule("trace of a transpose", r"\operatorname{tr}(A) = \operatorname{tr}(A^\top)", _TRACE)
TRACE_ROTATE = Rule("cyclic trace", r"\operatorname{tr}(A B) = \operatorname{tr}(B A)", _TRACE)
TRACE_ENTRYWISE = Rule(
    "elementwise factor under the trace",
    r"\operatorname{tr}(A\,(B \circ X)) = \operatorname{tr}((A \circ B^\top)\,X)",
    "MN, ch. 3",
)
TRACE_QUOTIENT = Rule(
    "elementwise divisor under the trace",
    r"\operatorname{tr}(A\,(X \oslash B)) = \operatorname{tr}((A \oslash B^\top)\,X)",
    "a factor 1 ⊘ B",
)
TRACE_MULTIPLE = Rule(
    "quantity in front under the trace",
    r"\operatorname{tr}(A\,(s\,X)) = \operatorname{tr}((s\,A)\,X) \quad\text{for } s \text{ of one row and column}",
    _TRACE,
)
TRACE_QUANTITY = Rule(
    "trace of a multiple",
    r"\operatorname{tr}(A\,(x\,B)) = \operatorname{tr}(A B)\,x \quad\text{for } x \text{ of one row and column}",
    _TRACE,
)
TRACE_INNER = Rule(
    "trace inside a trace",
    r"a\,\operatorname{tr}(X) = \operatorname{tr}((a\,I)\,X) \quad\text{for } a \text{ of one row and column}",
    _TRACE,
)
TRACE_DIAGONAL = Rule(
    "diagonal under the trace",
    r"\operatorname{tr}(A \operatorname{diag}(x)\,B) = \operatorname{tr}(\mathbf{1}^\top (A \circ B^\top)\,x)",
    "MN, ch. 3",
)
TRACE_STACK = Rule(
    "block under the trace",
    r"\operatorname{tr}\left(\begin{bmatrix} A_1 & A_2 \end{bmatrix} \begin{bmatrix} X \\ 0 \end{bmatrix}\right)"
    r" = \operatorname{tr}(A_1 X)",
    "block by block",
)
TRACE_ROWS = Rule(
    "rows under the trace",
    r"\operatorname{tr}(A\,X_{[a:b]}) = \operatorname{tr}\left(\begin{bmatrix} 0 & A & 0 \end{bmatrix} X\right)",
    "row by row",
)
DIAGONAL_FACTOR = Rule(
    "diagonal factor", r"a^\top \operatorname{diag}(v) = a^\top \circ v^\top \quad\text{for columns } a, v", _ENTRIES
)
COLLECT = Rule("like terms", r"c\,A + d\,A = (c + d)\,A", "distributive law")
INSERT = Rule("insert", r"\text{a quantity is replaced by what it was found to be}", "the named equation")
CANCEL = Rule(
    "cancel",
    r"(v \oslash p)^\top \operatorname{diag}(p) = v^\top, \quad (v \oslash p)^\top p = v^\top \mathbf{1}",
    _ENTRIES,
)
SUM_TO_ONE = Rule("targets sum to one", r"\mathbf{1}^\top y = 1 \quad\text{(declared)}", "declared")
LOG_OF_SOFTMAX = Rule(
    "logarithm of softmax",
    r"\log \operatorname{softmax}(z) = z - \mathbf{1}\,\log \textstyle\sum_k e^{z_k}",
    "definition",
)

ALL = tuple(value for value in globals().values() if isinstance(value, Rule))
