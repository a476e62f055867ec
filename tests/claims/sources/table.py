"""Every transcription as calls: each section with the recurrence that its source is about, the way a reader would give it."""

from __future__ import annotations

from calls import FOLDER, Call, equations, part

MISTAKES = "mistakes.tex"

PASCANU = """cell Pascanu
  input u: m
  state x: n
  x = W_rec @ sigmoid(x[t-1]) + W_in @ u + b
"""
LINEAR_OF_TANH = """cell Notes
  input x: I
  state h: H
  h = W @ tanh(h[t-1]) + W_x @ x
"""
ONE_UNIT = """cell OneUnit
  input x: 1
  state h: 1
  z = W_hh * h[t-1] + W_xh * x + b_h
  h = tanh(z)
"""

VANILLA = equations(r"h_t &= \tanh(W h_{t-1} + U x_t + b)")
GATES = (r"r_t &= \sigma(W_r x_t + U_r h_{t-1})", r"z_t &= \sigma(W_z x_t + U_z h_{t-1})")
CANDIDATE = r"\tilde{h}_t &= \tanh(W x_t + r_t \odot (U h_{t-1}))"
STATE = r"h_t &= z_t \odot h_{t-1} + (1 - z_t) \odot \tilde{h}_t"
LSTM = equations(
    r"i_t &= \sigma(W_i x_t + U_i h_{t-1})",
    r"f_t &= \sigma(W_f x_t + U_f h_{t-1})",
    r"o_t &= \sigma(W_o x_t + U_o h_{t-1})",
    r"g_t &= \tanh(W_g x_t + U_g h_{t-1})",
    r"c_t &= f_t \odot c_{t-1} + i_t \odot g_t",
    r"h_t &= o_t \odot \tanh(c_t)",
)
KARPATHY = equations(
    r"a_t &= W_{xh} x_t + W_{hh} h_{t-1} + b_h",
    r"h_t &= \tanh(a_t)",
    r"y_t &= W_{hy} h_t + b_y",
    r"p_t &= \text{softmax}(y_t)",
    r"L_t &= -e_t^\top \log p_t",
)
BRITZ = equations(
    r"s_t &= \tanh(U x_t + W s_{t-1})",
    r"\hat{y}_t &= \text{softmax}(V s_t)",
    r"E_t &= -y_t^\top \log \hat{y}_t",
)
CHEN = equations(
    r"h_t &= \tanh(W_{hh} h_{t-1} + W_{xh} x_t + b_h)",
    r"\alpha_t &= W_{hz} h_t + b_z",
    r"z_t &= \text{softmax}(\alpha_t)",
    r"\mathcal{L}_t &= -y_t^\top \log z_t",
)
DIVE = equations(
    r"h_t &= W_{hx} x_t + W_{hh} h_{t-1}",
    r"o_t &= W_{qh} h_t",
    r"L_t &= (o_t - y_t)^\top (o_t - y_t)",
)
ANY_TARGETS = equations(
    r"h_t &= \tanh(W h_{t-1} + U x_t + b)",
    r"z_t &= V h_t",
    r"\hat{y}_t &= \text{softmax}(z_t)",
    r"L_t &= -y_t^\top \log \hat{y}_t",
)
ROWS = equations(
    r"h_t &= \tanh(x_t W_{xh} + h_{t-1} W_{hh} + b_h)",
    r"\hat{y}_t &= h_t W_{hy} + b_y",
    r"L_t &= (\hat{y}_t - y_t)^2",
)
STEP_IN_ROWS = equations(
    r"z_t &= x_t W_{xh} + h_{t-1} W_{hh} + b_h",
    r"h_t &= \tanh(z_t)",
    r"\hat{y}_t &= h_t W_{hy} + b_y",
)
CODE = (  # what the names of the code stand for
    r"g = \frac{\partial L}{\partial \hat{y}_t}",
    r"p = h_{t-1}",
    r"n = h_t",
    r"\delta = \frac{\partial L}{\partial z_t}",
)
COLUMNS = equations(
    r"h_t &= \tanh(W_{xh} x_t + W_{hh} h_{t-1} + b_h)",
    r"\hat{y}_t &= W_{hy} h_t + b_y",
    r"L_t &= (\hat{y}_t - y_t)^\top (\hat{y}_t - y_t)",
)
LIST_OF_FIVE = (
    r"\(h_1, h_2, h_3, h_4, h_5\) = \((\S+), (\S+), (\S+), (\S+), (\S+)\)",
    r"h_1 = [\1]\nh_2 = [\2]\nh_3 = [\3]\nh_4 = [\4]\nh_5 = [\5]",
)
INPUTS = (r"x_t = t for t = 1, ..., 5", "x = [1, 2, 3, 4, 5]")

PASCANU_CALLS = (Call(MISTAKES, 1, 8, cell=PASCANU, head="none", names=(("theta", "W_rec"),)),)
GATED_CALLS = (
    Call(MISTAKES, 9, 10, before=equations(*GATES)),
    Call(MISTAKES, 11, 12, before=equations(*GATES, STATE)),
    Call(MISTAKES, 13, 14, before=equations(*GATES, CANDIDATE)),
    Call(
        MISTAKES,
        15,
        37,
        put=((r"\b([gh])('?)\(", r"\\tanh\2("),),
        lets=(r"\Delta^t = \frac{\partial L_t}{\partial y^t}",),
    ),
    Call(
        MISTAKES,
        38,
        42,
        put=(
            (r"\\sigma", r"\\tanh"),
            (r"\\hat\{\\tanh\}", r"\\sigma"),
            (r"\\overline\{\\Delta t\}_n", r"\\bar{d}_n"),
            (r"\\Delta t_n", "d_n"),
            (r"\\Delta t \\,", r"\\Delta "),
        ),
        cell="lem",
        head="none",
        names=(("d", "delta"), ("d_bar", "delta_bar"), ("Delta", "dt")),
    ),
)
TEXTBOOK_CALLS = (
    Call(MISTAKES, 43, 56),
    Call(
        MISTAKES,
        57,
        63,
        before=KARPATHY,
        put=((r"dhraw", r"\\mathrm{dhraw}"), (r"e_\{k_t\}", "e_t")),
        lets=(r"\mathrm{dhraw}_t = \frac{\partial L}{\partial a_t}",),
        sums=("e",),
    ),
    Call(MISTAKES, 64, 66, before=BRITZ, put=((r"\\otimes s_3", r"s_3^\\top"),), sums=("y",)),
    Call(MISTAKES, 67, 68, before=CHEN, put=((r"\\mathcal\{L\}\(t\+1\)", r"\\mathcal{L}_{t+1}"),)),
    Call(MISTAKES, 69, 69, put=((r"f'", r"\\tanh'"),), cell=LINEAR_OF_TANH, head="none"),
    Call(MISTAKES, 70, 70, before=equations(r"h_t &= \tanh(W_{hh} h_{t-1} + W_{xh} x_t)")),
    Call(MISTAKES, 71, 73, before=VANILLA),
    Call(MISTAKES, 74, 80, before=DIVE),
    Call(MISTAKES, 81, 81, before=VANILLA),
    Call(MISTAKES, 82, 82, before=VANILLA),
    Call(MISTAKES, 83, 87, cell="lstm_peephole", head="none"),
    Call(
        MISTAKES,
        88,
        88,
        before=ANY_TARGETS,
        put=(
            (r"\\frac\{\\partial\}\{\\partial z\} .*? &=", r"\\frac{\\partial L_t}{\\partial z_t} &="),
            (r"\\hat\{y\} - y", r"\\hat{y}_t - y_t"),
        ),
    ),
    Call(MISTAKES, 89, 89, before=LSTM),
    Call(MISTAKES, 90, 90, before=equations(r"z_t &= W h_{t-1} + U x_t + b", r"h_t &= \tanh(z_t)")),
    Call(MISTAKES, 91, 91, before=equations(r"z_t &= W s_{t-1} + U x_t + b", r"s_t &= \sigma(z_t)")),
    Call(MISTAKES, 92, 92, before=VANILLA),
    Call(MISTAKES, 93, 93, before=equations(*GATES, CANDIDATE, STATE)),
    Call(MISTAKES, 94, 95, before=VANILLA),
)
SOURCE_CALLS = (
    Call("000.md", 1, 9),
    Call("001.tex", 1, 4, before=COLUMNS),
    *(
        Call("001.tex", first, last, before=STEP_IN_ROWS, put=((r"dtanh", r"\\delta "),), lets=CODE)
        for first, last in ((5, 5), (7, 10), (12, 12))
    ),
    *(Call("001.tex", number, number, before=ROWS) for number in (6, 11)),
    Call("001.tex", 13, 14, before=COLUMNS, lets=(r"g = \frac{\partial L}{\partial \hat{y}_t}",)),
    Call("001.tex", 15, 16, before=COLUMNS, names=(("W", "W_hh"),)),
    Call("001.tex", 17, 19, before=ROWS),
    Call("002.tex", 1, 37, sums=("y",)),
    Call("002_words.tex", 1, 3, before=part("002.tex", 1, 5).replace("% (", "% "), sums=("y",)),
    Call("003.txt", 1, 48),
    Call("003.txt", 49, 49, cell=ONE_UNIT, head="none"),
    Call("003.txt", 50, 56, before=part("003.txt", 1, 8).replace("# (", "# ")),
    Call("004.tex", 1, 20),
    *(Call("004_numbers.txt", number, number, put=(INPUTS, LIST_OF_FIVE)) for number in range(1, 8)),
)

CALLS = (*SOURCE_CALLS, *PASCANU_CALLS, *GATED_CALLS, *TEXTBOOK_CALLS)

__all__ = ["CALLS", "FOLDER"]
