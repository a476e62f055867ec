r"""What single signs, macros and words of a formula stand for: tables of both spellings, nothing else.

A value is (type, text): the terminal of `formula.lark` and what it says. Functions and relations have one name, however spelt.
"""

# ruff: noqa: RUF001 - signs that look like letters are what this is about

from __future__ import annotations

GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ϵ": "epsilon",
    "ζ": "zeta",
    "η": "eta",
    "θ": "theta",
    "ι": "iota",
    "κ": "kappa",
    "λ": "lambda",
    "μ": "mu",
    "ν": "nu",
    "ξ": "xi",
    "π": "pi",
    "ρ": "rho",
    "σ": "sigma",
    "τ": "tau",
    "υ": "upsilon",
    "φ": "phi",
    "χ": "chi",
    "ψ": "psi",
    "ω": "omega",
    "Γ": "Gamma",
    "Δ": "Delta",
    "Θ": "Theta",
    "Λ": "Lambda",
    "Ξ": "Xi",
    "Π": "Pi",
    "Σ": "Sigma",
    "Φ": "Phi",
    "Ψ": "Psi",
    "Ω": "Omega",
    "ϑ": "vartheta",
    "ϱ": "varrho",
    "ς": "varsigma",
    "ϖ": "varpi",
    "ℓ": "ell",
}
GREEK_NAMES = {name: char for char, name in GREEK.items()}
LETTERS = {  # characters that are letters and their other looks: name and style
    **{char: (name, "") for char, name in GREEK.items()},
    "ε": ("epsilon", ""),
    "ϕ": ("phi", ""),
    "µ": ("mu", ""),
    "ℒ": ("L", "cal"),
    "ℝ": ("R", "bb"),
    "𝟙": ("1", "bb"),
}
VARIANTS = {"varepsilon": "epsilon", "varphi": "phi"}

SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₊₋₌₍₎", "0123456789aehijklmnoprstuvx+-=()", strict=True))
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹ⁱʲᵏⁿᵗ⁺⁻⁽⁾", "0123456789ijknt+-()", strict=True))
TRANSPOSES = "ᵀ⊤"

MARKS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "dot": "\u0307", "ddot": "\u0308", "vec": "\u20d7"}
COMBINING = {char: name for name, char in MARKS.items()} | {"\u0305": "bar"}

FUNCTIONS = {
    **{name: name for name in ("tanh", "sigma", "sigmoid", "softmax", "relu", "exp", "log", "diag", "tr", "sech")},
    **{
        name: name for name in ("sinh", "cosh", "sin", "cos", "tan", "sqrt", "max", "min", "sign", "softplus", "concat")
    },
    **{
        name: name for name in ("vec", "rank", "det", "sum", "sgn", "arctanh", "logit", "silu", "elu", "gelu", "argmax")
    },
    "Tr": "tr",
    "trace": "tr",
    "Trace": "tr",
    "ln": "log",
    "ReLU": "relu",
    "Diag": "diag",
    "Softmax": "softmax",
    "RELU": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "SoftMax": "softmax",
    "SiLU": "silu",
}
NEED_BRACKETS = frozenset({"sigma", "sum", "vec"})  # a letter or a word unless an argument in brackets follows
LATEX_FUNCTIONS = frozenset({"tanh", "sigma", "exp", "log", "sinh", "cosh", "sin", "cos", "tan", "max", "min", "det"})

RELATIONS = {
    "=": "=",
    ":=": ":=",
    "<": "<",
    ">": ">",
    "<=": "<=",
    ">=": ">=",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "~": "~",
    "≠": "!=",
    "!=": "!=",
    "∈": "in",
    "⇒": "=>",
    "=>": "=>",
    "→": "->",
    "->": "->",
    "←": ":=",
    "∝": "propto",
    "≡": ":=",
    "==": "=",
    "+=": "+=",
    "-=": "-=",
    "⩽": "<=",
    "⩾": ">=",
    "≜": ":=",
    "≔": ":=",
    "≃": "~",
    "⟹": "=>",
    "⟶": "->",
    "<-": ":=",
    "∼": "~",
}
RELATION_MACROS = {
    "le": "<=",
    "leq": "<=",
    "leqslant": "<=",
    "ge": ">=",
    "geq": ">=",
    "geqslant": ">=",
    "lt": "<",
    "gt": ">",
    "approx": "~",
    "simeq": "~",
    "sim": "~",
    "neq": "!=",
    "ne": "!=",
    "in": "in",
    "propto": "propto",
    "equiv": ":=",
    "triangleq": ":=",
    "coloneqq": ":=",
    "coloneq": ":=",
    "gets": ":=",
    "leftarrow": ":=",
    "Rightarrow": "=>",
    "implies": "=>",
    "Longrightarrow": "=>",
    "rightarrow": "->",
    "to": "->",
    "longrightarrow": "->",
    "iff": "=>",
    "Leftrightarrow": "=>",
    "mapsto": "->",
}
RELATION_TEX = {
    "<=": r"\le",
    ">=": r"\ge",
    "~": r"\approx",
    "!=": r"\ne",
    "in": r"\in",
    "propto": r"\propto",
    "=>": r"\Rightarrow",
    "->": r"\to",
}
RELATION_PLAIN = {"<=": "≤", ">=": "≥", "~": "≈", "!=": "≠", "in": "∈", "propto": "∝", "=>": "⇒", "->": "→"}

TIGHT = frozenset({"", "cdot", "times", "/"})  # bind like factors side by side
LOOSE = frozenset({"odot", "circ", "*", "@"})  # stand between whole products
BY_ENTRIES = ("odot", "circ", "*")  # elementwise, between equal shapes
OF_MATRICES = ("", "cdot", "@", "times")
RANGED = frozenset({":", ";", "..", "|"})
SIGNS = {
    "·": "cdot",
    "⋅": "cdot",
    "∙": "cdot",
    "•": "cdot",
    "⊙": "odot",
    "∘": "circ",
    "○": "circ",
    "×": "times",
    "*": "*",
    "∗": "*",
    "⋆": "*",
    "@": "@",
    "/": "/",
    "∕": "/",
    "⁄": "/",
    "⊘": "/",
}
SIGN_TEX = {"cdot": r"\cdot", "odot": r"\odot", "circ": r"\circ", "times": r"\times"}
SIGN_PLAIN = {"cdot": "·", "odot": "⊙", "circ": "∘", "times": "×"}

WORDS = {"top": "top", "intercal": "top", "infty": "infty", "prime": "prime", "dagger": "dagger", "odot": "odot"}
DOTS = frozenset({"dots", "cdots", "ldots", "vdots", "ddots", "dotsc", "dotsb", "dotsm", "dotso", "hdots"})
BIG = {"sum": "sum", "prod": "prod", "∑": "sum", "Σ": "sum", "∏": "prod", "Π": "prod"}

FONTS = {
    "mathbf": "bf",
    "boldsymbol": "bf",
    "bm": "bf",
    "pmb": "bf",
    "vec": "bf",
    "mathbfit": "bf",
    "symbf": "bf",
    "mathrm": "rm",
    "text": "rm",
    "operatorname": "rm",
    "operatorname*": "rm",
    "mathsf": "rm",
    "mathtt": "rm",
    "mathit": "",
    "textit": "rm",
    "textrm": "rm",
    "textbf": "bf",
    "mbox": "rm",
    "texttt": "rm",
    "textsf": "rm",
    "mathcal": "cal",
    "mathscr": "cal",
    "mathfrak": "cal",
    "mathbb": "bb",
    "mathds": "bb",
    "mathbbm": "bb",
}
MARK_MACROS = {"hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "bar", "overline": "bar"}
MARK_MACROS |= {"dot": "dot", "ddot": "ddot", "overrightarrow": "vec"}

SPACES = frozenset(
    [
        "quad",
        "qquad",
        ",",
        ";",
        ":",
        "!",
        ">",
        "displaystyle",
        "textstyle",
        "scriptstyle",
        "scriptscriptstyle",
        "limits",
        "nolimits",
        "nonumber",
        "notag",
        "hfill",
        "left",
        "right",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "biggl",
        "biggr",
        "Biggl",
        "Biggr",
        "bigm",
        "Bigm",
        "middle",
        "mathrel",
        "mathbin",
        "mathop",
        "mathord",
        "mathopen",
        "mathclose",
        "allowbreak",
        "nobreak",
        "smallskip",
        "medskip",
        "thinspace",
        "negthinspace",
        "medspace",
        "thickspace",
        "enspace",
        "space",
        "centering",
        "noindent",
        "protect",
        "relax",
    ]
)
REMARKS = frozenset(
    [
        "where",
        "with",
        "for",
        "if",
        "and",
        "or",
        "otherwise",
        "since",
        "when",
        "as",
        "so",
        "then",
        "thus",
        "hence",
        "because",
        "let",
        "else",
        "while",
        "given",
        "from",
        "by",
        "all",
    ]
)
MATRICES = frozenset(
    {"matrix", "bmatrix", "pmatrix", "smallmatrix", "bsmallmatrix", "psmallmatrix", "Bmatrix", "array"}
)

REFUSED = {  # macros that are known and not read, with what would help
    **dict.fromkeys(
        ("input", "include", "write", "openin", "openout", "read", "usepackage", "import"), "no file is read"
    ),
    **dict.fromkeys(
        ("catcode", "csname", "expandafter", "def", "let", "edef", "gdef", "newcommand"), "not in a formula"
    ),
    **dict.fromkeys(("underset", "overset", "stackrel"), "write the part that counts without it"),
    **dict.fromkeys(("cases", "substack"), "write one formula for each case"),
    **dict.fromkeys(("cancel", "phantom", "vphantom", "hphantom", "sout"), "leave it out"),
    **dict.fromkeys(("binom", "int", "oint", "bigotimes", "bigoplus", "lim"), "it has no meaning here"),
    **dict.fromkeys(("pm", "mp"), "write two formulas, one with + and one with -"),
    **dict.fromkeys(("otimes",), r"write a b^\top for an outer product, or \odot for an elementwise one"),
}
