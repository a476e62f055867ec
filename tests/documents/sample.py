"""A document by hand that uses every block: the vanilla recurrent network with a softmax head, as on paper."""
# ruff: noqa: E501

from __future__ import annotations

from symrnn.documents.document import (
    Box,
    Display,
    Document,
    Figure,
    Items,
    Line,
    Listing,
    Paragraph,
    Section,
    Statement,
    Steps,
    Table,
    plain,
)

CELL = """\
cell Vanilla
  source: Elman 1990 — "Finding structure in time"
  input x: I
  state h: H
  z = W_hh @ h[t-1] + W_hx @ x + b_h        # 100 % of the state, no gates
  h = tanh(z)
"""

ZA = r"\mathbf{z}^{(t)}"
ZY = r"\mathbf{z}_{y}^{(t)}"
H = r"\mathbf{h}^{(t)}"
BEFORE = r"\mathbf{h}^{(t-1)}"
X = r"\mathbf{x}^{(t)}"
WHH, WHX, WYH = r"\mathbf{W}_{hh}", r"\mathbf{W}_{hx}", r"\mathbf{W}_{yh}"
D = r"\mathrm{d}"


def trace(inside: str) -> str:
    return rf"\operatorname{{tr}}\left( {inside} \right)"


def bar(name: str) -> str:
    head, _, rest = name.partition("}")
    return rf"\bar{{{head}}}}}{rest}"


def flipped(name: str) -> str:
    return f"{name[:-1]}\\top}}" if name.endswith(")}") else f"{name}^{{\\top}}"


def partial(name: str) -> str:
    return rf"\frac{{\partial J}}{{\partial {name}}}"


FORWARD = Display(
    (
        Line(ZA, "=", rf"{WHH} {BEFORE} + {WHX} {X} + \mathbf{{b}}_{{h}}", "", "z", "1"),
        Line(H, "=", rf"\tanh\left( {ZA} \right)", "", "h", "2"),
        Line(ZY, "=", rf"{WYH} {H} + \mathbf{{b}}_{{y}}", "", "z_y", "3"),
        Line(r"\hat{\mathbf{y}}^{(t)}", "=", rf"\operatorname{{softmax}}\left( {ZY} \right)", "", "y_hat", "4"),
        Line("J", "=", r"-\sum_{t=1}^{T} \mathbf{y}^{(t)\top} \log \hat{\mathbf{y}}^{(t)}", "cross-entropy", "J", "5"),
    )
)

SHAPES = Table(
    ("Name", "Shape", "What it is"),
    (
        (rf"${X}$", "$I$", r"the input at step $t$"),
        (rf"${H}$", "$H$", r"the state; $\mathbf{h}^{(0)}$ is given"),
        (rf"${WHX}$", r"$H \times I$", "weights from the input"),
        (rf"${WHH}$", r"$H \times H$", "weights from the state before"),
        (rf"${WYH}$, $\mathbf{{b}}_{{y}}$", r"$O \times H$, $O$", "the head"),
    ),
    r"Names and shapes. Sizes stay symbols: nothing below depends on their values, nor on $T$.",
)

HEAD_STEPS = Steps(
    rf"From $J$ to ${bar(ZY)}$ through softmax and cross-entropy",
    (
        Line(
            rf"{D}J",
            "=",
            rf"-\mathbf{{y}}^{{(t)\top}} {D}\log\hat{{\mathbf{{y}}}}^{{(t)}}",
            "the other steps do not hold it",
        ),
        Line(
            "",
            "=",
            rf"-\mathbf{{y}}^{{(t)\top}} \left( {D}{ZY} - \mathbf{{1}}\,\hat{{\mathbf{{y}}}}^{{(t)\top}} {D}{ZY} \right)",
            r"$\log\operatorname{softmax}(\mathbf{z}) = \mathbf{z} - \mathbf{1}\log\mathbf{1}^{\top}e^{\mathbf{z}}$",
        ),
        Line(
            "",
            "=",
            rf"\left( \left( \mathbf{{1}}^{{\top}}\mathbf{{y}}^{{(t)}} \right) \hat{{\mathbf{{y}}}}^{{(t)}} - \mathbf{{y}}^{{(t)}} \right)^{{\top}} {D}{ZY}",
            "collect",
        ),
        Line(
            rf"{bar(ZY)}",
            "=",
            r"\hat{\mathbf{y}}^{(t)} - \mathbf{y}^{(t)}",
            r"the target sums to one, @(sums)",
            "z_y_bar",
            "6",
        ),
    ),
    False,
)

WEIGHT_STEPS = Steps(
    rf"The part of ${WYH}$",
    (
        Line(rf"{D}J", "=", trace(rf"{flipped(bar(ZY))} {D}{WYH}\, {H}"), rf"only ${D}{WYH}$ is not zero"),
        Line("", "=", trace(rf"{H} {flipped(bar(ZY))} {D}{WYH}"), "cyclic: a factor goes round the trace"),
        Line(
            "",
            "=",
            trace(rf"\left( {bar(ZY)} {flipped(H)} \right)^{{\top}} {D}{WYH}"),
            r"$(\mathbf{A}\mathbf{B})^{\top} = \mathbf{B}^{\top}\mathbf{A}^{\top}$",
        ),
        Line(partial(WYH), r"=", rf"{H} {flipped(bar(ZY))}", "read off: the Jacobian, numerator layout"),
        Line(rf"\nabla_{{{WYH}}}^{{(t)}} J", "=", rf"{bar(ZY)} {flipped(H)}", "its transpose", "W_yh_bar", "7"),
    ),
)

STATE = Display(
    (
        Line(
            bar(H),
            "=",
            rf"{flipped(WYH)} {bar(ZY)} \linebreakhere + {flipped(WHH)} \bar{{\mathbf{{z}}}}^{{(t+1)}}",
            r"two routes meet: the head, and step $t+1$",
            "h_bar",
            "8",
        ),
        Line(bar(ZA), "=", rf"{bar(H)} \circ \left( \mathbf{{1}} - {H} \circ {H} \right)", "from @(h)", "z_bar", "9"),
    )
)

LONG = Display(
    (
        Line(
            bar(H),
            "=",
            rf"{flipped(WYH)} {bar(ZY)} "
            rf"\linebreakhere + {flipped(WHH)} \operatorname{{diag}}\left( \mathbf{{1}} - \mathbf{{h}}^{{(t+1)}} \circ \mathbf{{h}}^{{(t+1)}} \right)"
            rf" {flipped(WYH)} \bar{{\mathbf{{z}}}}_{{y}}^{{(t+1)}} \linebreakhere + {flipped(WHH)} \operatorname{{diag}}\left( \mathbf{{1}} - \mathbf{{h}}^{{(t+1)}}"
            rf" \circ \mathbf{{h}}^{{(t+1)}} \right) {flipped(WHH)} \operatorname{{diag}}\left( \mathbf{{1}} - \mathbf{{h}}^{{(t+2)}} \circ \mathbf{{h}}^{{(t+2)}}"
            rf" \right) \bar{{\mathbf{{h}}}}^{{(t+2)}}",
            "@(h_bar) and @(z_bar), put in twice",
        ),
        Line(
            "",
            "=",
            r"\sum_{s=t}^{T} \left( \prod_{k=t+1}^{s} \mathbf{A}^{(k)} \right) \mathbf{W}_{yh}^{\top} \bar{\mathbf{z}}_{y}^{(s)}",
            "by @(closed-form)",
            "closed",
            "10",
        ),
    )
)

PROOF = Statement(
    "Proof",
    "",
    (
        Paragraph(
            r"By induction on $t$, downwards. At $t = T$ the sum has one term and the product is empty, so @(closed) is "
            r"@(h_bar) with $\bar{\mathbf{z}}^{(T+1)} = \mathbf{0}$. Let it hold at $t+1$; then"
        ),
        Display(
            (
                Line(
                    bar(H),
                    "=",
                    rf"{flipped(WYH)} {bar(ZY)} + \mathbf{{A}}^{{(t+1)}} \bar{{\mathbf{{h}}}}^{{(t+1)}}",
                    "@(h_bar), @(z_bar)",
                ),
                Line(
                    "",
                    "=",
                    rf"{flipped(WYH)} {bar(ZY)} \linebreakhere + \mathbf{{A}}^{{(t+1)}} \sum_{{s=t+1}}^{{T}} \left( \prod_{{k=t+2}}^{{s}} \mathbf{{A}}^{{(k)}} \right)"
                    r" \mathbf{W}_{yh}^{\top} \bar{\mathbf{z}}_{y}^{(s)}",
                    "the statement at $t+1$",
                ),
                Line(
                    "",
                    "=",
                    r"\sum_{s=t}^{T} \left( \prod_{k=t+1}^{s} \mathbf{A}^{(k)} \right) \mathbf{W}_{yh}^{\top} \bar{\mathbf{z}}_{y}^{(s)}",
                    r"$s = t$ gives the first term",
                ),
            )
        ),
        Paragraph("which is the statement at $t$."),
    ),
)

RESULT = Box(
    "The gradients",
    (
        Line(
            rf"\nabla_{{{WHH}}} J",
            "=",
            rf"\sum_{{t=1}}^{{T}} {bar(ZA)} {flipped(BEFORE)}",
            r"$H \times H$",
            "W_hh",
            "11",
        ),
        Line(rf"\nabla_{{{WHX}}} J", "=", rf"\sum_{{t=1}}^{{T}} {bar(ZA)} {flipped(X)}", r"$H \times I$", "W_hx", "12"),
        Line(r"\nabla_{\mathbf{b}_{h}} J", "=", rf"\sum_{{t=1}}^{{T}} {bar(ZA)}", "$H$", "b_h", "13"),
        Line(rf"\nabla_{{{WYH}}} J", "=", rf"\sum_{{t=1}}^{{T}} {bar(ZY)} {flipped(H)}", r"$O \times H$", "W_yh", "14"),
        Line(r"\nabla_{\mathbf{b}_{y}} J", "=", rf"\sum_{{t=1}}^{{T}} {bar(ZY)}", "$O$", "b_y", "15"),
        Line(r"\nabla_{\mathbf{h}^{(0)}} J", "=", rf"{flipped(WHH)} \bar{{\mathbf{{z}}}}^{{(1)}}", "$H$", "h_0", "16"),
    ),
)


FORWARD_SECTION = Section(
    "Forward",
    (
        Paragraph(rf"Given ${BEFORE}$, step $t$ computes"),
        FORWARD,
        Paragraph(r"where $\circ$ below is the elementwise product. The target enters only through @(J)."),
        SHAPES,
        Statement(
            "Assumption",
            "targets",
            (Paragraph(r"$\mathbf{1}^{\top} \mathbf{y}^{(t)} = 1$ at every step."),),
            "sums",
        ),
    ),
    "forward",
)

OUTPUT = Section(
    rf"The head: ${bar(ZY)}$, ${WYH}$ and ${H}$",
    (
        Paragraph(
            rf"Write ${bar(ZY)}$ for the *adjoint* $(\partial J / \partial {ZY})^{{\top}}$, a column like ${ZY}$."
        ),
        HEAD_STEPS,
        WEIGHT_STEPS,
        Paragraph(rf"The state ${H}$ is read twice, by @(z_y) at step $t$ and by @(z) at step $t+1$:"),
        STATE,
    ),
    "head",
)

THROUGH = Section(
    "Through time",
    (
        Statement(
            "Theorem",
            "closed form",
            (
                Paragraph(
                    r"Let $\mathbf{A}^{(k)} = \mathbf{W}_{hh}^{\top} \operatorname{diag}\left( \mathbf{1} - \mathbf{h}^{(k)} \circ \mathbf{h}^{(k)} \right)$,"
                    r" products in increasing order of $k$, the empty one $\mathbf{I}$. Then for every $T \ge 1$ and $1 \le t \le T$"
                ),
                LONG,
            ),
            "closed-form",
        ),
        PROOF,
        Statement(
            "Remark",
            "",
            (
                Paragraph(
                    "The norms of these products decide whether the gradient *vanishes* or *explodes* as $s - t$ grows."
                ),
            ),
        ),
    ),
    "through",
)

RULES = Section(
    "The rules used",
    (
        Items(
            (
                r"*Product*: $\mathrm{d}(\mathbf{A}\mathbf{B}) = (\mathrm{d}\mathbf{A})\,\mathbf{B} + \mathbf{A}\,\mathrm{d}\mathbf{B}$.",
                r"*Cyclic trace*: $\operatorname{tr}(\mathbf{A}\mathbf{B}) = \operatorname{tr}(\mathbf{B}\mathbf{A})$.",
                r"*Elementwise*: $\mathrm{d}\tanh(\mathbf{z}) = (\mathbf{1} - \tanh(\mathbf{z}) \circ \tanh(\mathbf{z})) \circ \mathrm{d}\mathbf{z}$, "
                "written in the output, so that `h` is kept and `z` is not.",
            )
        ),
    ),
    "rules",
    folded=True,
)


def sections(figures: tuple[Figure, ...]) -> tuple[Section, ...]:
    """The parts of the sample, with these figures after the cell."""
    return (
        Section("The cell", (Listing(CELL, "symrnn"), *figures), "cell"),
        FORWARD_SECTION,
        Section("Backward", (Paragraph("In reverse order of @(forward)."),), "backward", (OUTPUT, THROUGH)),
        Section("The result", (Paragraph("Summed over the steps, as gradients, not Jacobians:"), RESULT), "result"),
        RULES,
    )


def sample(figures: tuple[Figure, ...] = ()) -> Document:
    """The sample document."""
    return Document(
        "The vanilla recurrent network",
        r"Every gradient of " + plain("h_t = tanh(W_hh·h_{t-1} + …)") + ", step by step",
        r"Gradients of $J$ with respect to every parameter, input and initial state, by differentials under a trace, for any "
        r"number of steps $T$. Equation numbers are those in the emitted code.",
        sections(figures),
        "vanilla",
    )
