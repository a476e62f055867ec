"""Short names for writing trees by hand, and formulas of the literature in our own typing."""

from symrnn.language.formulas.nodes import (
    Big,
    Call,
    Chain,
    Derivative,
    Group,
    Letter,
    Number,
    Product,
    Scripted,
    Total,
    Word,
)

TOP = Word("top")


def L(name, *marks):
    return Letter(name, marks)


def N(text):
    return Number(str(text))


def row(*factors, sign=""):
    """Factors with the same sign between all of them."""
    return Product(factors, (sign,) * (len(factors) - 1))


def letters(text):
    return L(text) if len(text) == 1 else row(*map(L, text))


def sub(base, script):
    base = L(base) if isinstance(base, str) else base
    return Scripted(base, sub=letters(script) if isinstance(script, str) else script)


def at(name, when="t"):
    """h^{(t)}."""
    return Scripted(
        L(name) if isinstance(name, str) else name, sup=Group(letters(when) if isinstance(when, str) else when)
    )


def top(base):
    return Scripted(base, sup=TOP)


def plus(*terms):
    return Total(terms, ("+",) * len(terms))


def minus(first, second):
    return Total((first, second), ("+", "-"))


def equal(*parts):
    return Chain(parts, ("=",) * (len(parts) - 1))


def paren(body):
    return Group(body)


def call(name, *arguments, **more):
    return Call(name, arguments, **more)


def partial(of, by):
    return Derivative(of, by)


def total_over(index, low, high, body, kind="sum"):
    return Big(kind, index, low, high, body)


t, one = L("t"), N(1)
before = minus(t, one)
after = plus(t, one)

# Formulas that people write, for reading and for writing back.
LATEX = (
    # Goodfellow, Bengio, Courville 2016, chapter 10, restated
    r"\boldsymbol{a}^{(t)} = \boldsymbol{b} + \boldsymbol{W}\boldsymbol{h}^{(t-1)} + \boldsymbol{U}\boldsymbol{x}^{(t)}",
    r"\boldsymbol{h}^{(t)} = \tanh(\boldsymbol{a}^{(t)})",
    r"\hat{\boldsymbol{y}}^{(t)} = \operatorname{softmax}(\boldsymbol{o}^{(t)})",
    r"(\nabla_{\boldsymbol{o}^{(t)}} L)_i = \frac{\partial L}{\partial o_i^{(t)}} = \hat{y}_i^{(t)} - \mathbf{1}_{i=y^{(t)}}",
    r"\nabla_{\boldsymbol{h}^{(\tau)}} L = \boldsymbol{V}^\top \nabla_{\boldsymbol{o}^{(\tau)}} L",
    r"\nabla_{\boldsymbol{h}^{(t)}}L = \boldsymbol{W}^\top \text{diag}\left(1-\left(\boldsymbol{h}^{(t+1)}\right)^2\right)"
    r"(\nabla_{\boldsymbol{h}^{(t+1)}}L) + \boldsymbol{V}^\top (\nabla_{\boldsymbol{o}^{(t)}}L)",
    r"\nabla_{\boldsymbol{W}} L = \sum_t \sum_i "
    r"\left(\frac{\partial L}{\partial h_i^{(t)}}\right) \nabla_{\boldsymbol{W}^{(t)}} h_i^{(t)}",
    # Pascanu, Mikolov, Bengio 2013
    r"\frac{\partial \mathcal{E}}{\partial \theta} = \sum_{1 \leq t \leq T} \frac{\partial \mathcal{E}_t}{\partial \theta}",
    r"\frac{\partial \mathcal{E}_t}{\partial \theta} = \sum_{1 \le k \le t} \left( \frac{\partial \mathcal{E}_t}{\partial x_t} "
    r"\frac{\partial x_t}{\partial x_k} \frac{\partial^+ x_k}{\partial \theta} \right)",
    r"\frac{\partial x_t}{\partial x_k} = \prod_{t \geq i > k} \frac{\partial x_i}{\partial x_{i-1}} = "
    r"\prod_{t \geq i > k} W_{rec}^T diag(\sigma'(x_{i-1}))",
    # Greff et al. 2015, backward pass
    r"\delta y^t = \Delta^t + R_z^T \delta z^{t+1} + R_i^T \delta i^{t+1} + R_f^T \delta f^{t+1} + R_o^T \delta o^{t+1}",
    r"\bar{\delta o}^t = \delta y^t \odot h(c^t) \odot \sigma'(\bar{o}^t)".replace(
        r"\bar{\delta o}", r"\delta \bar{o}"
    ),
    r"\delta c^t = \delta y^t \odot o^t \odot h'(c^t) + p_o \odot \delta \bar{o}^t + \delta c^{t+1} \odot f^{t+1}",
    r"\delta W_{\star} = \sum_{t=0}^{T} \langle \delta \star^t, x^t \rangle".replace(r"\star", "z"),
    # PyTorch, GRU
    r"r_t = \sigma(W_{ir} x_t + b_{ir} + W_{hr} h_{(t-1)} + b_{hr})",
    r"n_t = \tanh(W_{in} x_t + b_{in} + r_t \odot (W_{hn} h_{(t-1)}+ b_{hn}))",
    r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{(t-1)}",
    # Ng's indices
    r"a^{\langle t \rangle} = g(W_{aa} a^{<t-1>} + W_{ax} x^{\langle t\rangle} + b_a)",
    r"\left\| \frac{\partial h_t}{\partial h_1} \right\|_2 \le \|W\|^{T-1} \cdot \max_i |z_i| < 1",
    r"z^{\odot 2} + A^{-\top} B^{-1} + \sqrt{x} + \tfrac12 \|x\|_2^2",
    r"dJ = \mathrm{tr}\bigl(\bar{h}^\top \mathrm{d}h\bigr) := \frac{\mathrm{d}J}{\mathrm{d}h}",
    r"\frac{\partial}{\partial W} \sum_{t=1}^{T} \ell_t = \sum_{k \le t} \prod_{j=k+1}^{t} J_j",
    r"W_f \cdot [h_{t-1}, x_t] + [x; h] = \begin{pmatrix} 1 & -2 \\ a_{11} & \dots \end{pmatrix}",
    r"J(\theta) \approx \underbrace{a + b}_{\text{direct}} + \delta_{ij} x_{1:T}, \quad t = 1, \dots, T",
)
PLAIN = (
    # the Unicode text of a course on recurrent networks, with its signs mended
    "h_t = tanh(W_hh · h_{t-1} + W_xh · x_t + b_h)",
    "y_t = W_hy · h_t + b_y",
    "L = Σ_{t=1}^T L_t(y_t, target_t)",
    "δ_t = ∂L/∂h_t",
    "δ_t = (∂L_t/∂h_t) + (∂h_{t+1}/∂h_t)ᵀ · δ_{t+1}",
    "∂L_t/∂h_t = W_hyᵀ · ∂L_t/∂y_t",
    "∂h_{t+1}/∂h_t = diag(tanh'(z_{t+1})) · W_hh",
    "z_{t+1} = W_hh · h_t + W_xh · x_{t+1} + b_h",
    "δ_t = W_hyᵀ · ∂L_t/∂y_t + W_hhᵀ · diag(tanh'(z_{t+1})) · δ_{t+1}",
    "δ₁ = Σ_{k=1}^T (∏_{j=k}^{2} W_hhᵀ · diag(tanh'(z_j))) · W_hyᵀ · ∂L_k/∂y_k",
    "∂L/∂W_hh = Σ_{t=1}^T ∂L_t/∂W_hh",
    "∂L_t/∂W_hh = Σ_{k=1}^t (∂L_t/∂h_t · ∂h_t/∂h_k) · (∂h_k/∂W_hh)",
    "∂h_t/∂h₁ = ∏_{i=2}^t diag(tanh'(z_i)) · W_hh",
    "||∂h_t/∂h₁|| ≤ ∏_{i=2}^t ||diag(tanh'(z_i))|| · ||W_hh|| ≤ (||W_hh|| · max |tanh'|)^(t-1) ≤ (||W_hh|| · 1)^(t-1)",
    "0.99^100 ≈ 0.37",
    "W_hh = [[0.5, 0.1],[0.1, 0.5]], W_xh = [[0.2],[0.3]], b_h = [0,0], W_hy = [1, 1], b_y = 0",
    "h₁ = tanh(W_hh·h₀ + W_xh·1 + b_h) = tanh([0.2, 0.3]ᵀ) = [tanh(0.2), tanh(0.3)] = [0.1974, 0.2913]",
    "∂h₁/∂W_xh[0,0] = tanh'(z₁₁) · x₁ · [1,0]ᵀ",
    "tanh'(0.2) = 1 − tanh²(0.2) = 1 − 0.0390 = 0.9610",
    "∂y₂/∂h₂ = W_hy = [1, 1]",
    "∂h_100/∂h₁ = ∏_{i=2}^{100} tanh'(z_i) · W_hh ≈ (0.8 · 0.5)^99 = (0.4)^99 ≈ 10^(−39)",
    "||∂h_50/∂h₁|| ≈ 1.2^49 ≈ 7.5×10³",
    # as notes and code say it
    "dW_hh = sum_t ((1 - h_t^2) * dL/dh_t) h_{t-1}^T",
    "delta_t = dL_t/dh_t + (dh_{t+1}/dh_t)^T delta_{t+1}",
    "dh[t] = W_hy.T @ dy[t] + dh_next",
    "dW_hh += np.tanh(z)**2 * dh @ h[t-1].T / T",
    "sum(k=1..T) d L / d h_k = ∇_W L",
    "ŷ_t = softmax(o_t), J = -y^T log(ŷ)",
)
