"""Wrong certificates: each is a good one with one thing changed. Data only."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """A file of this folder, the text to replace (once), and what with. `what` names the mistake."""

    file: str
    what: str
    old: str
    new: str


MUTANTS = (
    Mutant("rnn", "sign_of_the_derivative", "Scale (-1) (Power", "Scale 1 (Power"),
    Mutant("rnn", "derivative_of_another_function", '(Power (Var "h" now) 2)', '(Power (Var "h" now) 3)'),
    Mutant("rnn", "derivative_at_the_step_before", '(Power (Var "h" now) 2)', '(Power (Var "h" (Ago 1)) 2)'),
    Mutant("rnn", "carry_without_transpose", '(Transpose (Var "W_hh" always))', '(Var "W_hh" always)'),
    Mutant("rnn", "carry_to_two_steps_before", "Part 0 (Ago 1) (Mul (Tr", "Part 0 (Ago 2) (Mul (Tr"),
    Mutant("rnn", "carry_in_the_same_step", "Part 0 (Ago 1) (Mul (Tr", "Part 0 now (Mul (Tr"),
    Mutant(
        "rnn",
        "carry_dropped",
        '\n  ; ("h", [ Part 0 (Ago 1) (Mul (Transpose (Var "W_hh" always)) (Bar "z_h" now)) ])',
        "",
    ),
    Mutant("rnn", "state_of_the_wrong_step", '(Transpose (Var "h" (Ago 1)))', '(Transpose (Var "h" now))'),
    Mutant("rnn", "gradient_of_one_step_only", 'Part 0 always (Bar "z_h" now)', 'Part 0 now (Bar "z_h" now)'),
    Mutant("rnn", "gradient_twice", 'Part 0 always (Bar "z_h" now)', 'Part 0 always (Scale 2 (Bar "z_h" now))'),
    Mutant("rnn", "adjoint_of_another_quantity", 'Part 0 always (Bar "z_h" now)', 'Part 0 always (Bar "h" now)'),
    Mutant("rnn", "weight_of_another_input", '(Transpose (Var "W_xh" always))', '(Transpose (Var "W_hh" always))'),
    Mutant("rnn", "forward_function", "Apply Tanh", "Apply Sigmoid"),
    Mutant(
        "rnn",
        "forward_sign",
        '(Mul (Var "W_hh" always) (Var "h" (Ago 1)))',
        '(Scale (-1) (Mul (Var "W_hh" always) (Var "h" (Ago 1))))',
    ),
    Mutant("rnn", "forward_path", '(Var "b_h" always)))', '(Had (Var "b_h" always) (Var "h" (Ago 1)))))'),
    Mutant(
        "rnn",
        "forward_from_the_future",
        '(Mul (Var "W_hh" always) (Var "h" (Ago 1)))',
        '(Mul (Var "W_hh" always) (Var "h" (Ago (-1))))',
    ),
    Mutant(
        "rnn",
        "forward_in_a_circle",
        '(Mul (Var "W_hh" always) (Var "h" (Ago 1)))',
        '(Mul (Var "W_hh" always) (Var "h" now))',
    ),
    Mutant("rnn", "no_initial_state", 'Quantity "h" n_H 1 (Fixed 0)', 'Quantity "h" n_H 1 (Fixed 1)'),
    Mutant("rnn", "sizes_that_do_not_fit", 'Quantity "W_xh" n_H n_I', 'Quantity "W_xh" n_I n_H'),
    Mutant(
        "rnn", "declared_twice", '[ Quantity "W_xh"', '[ Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)\n  ; Quantity "W_xh"'
    ),
    Mutant("rnn_relu", "condition_removed", '[ Nonzero 0 (Var "z_h" now) ]', "[]"),
    Mutant("rnn_relu", "condition_on_another_quantity", 'Nonzero 0 (Var "z_h" now)', 'Nonzero 0 (Var "x" now)'),
    Mutant("rnn_relu", "step_of_another_quantity", '(Apply Step (Var "h" now))', '(Apply Step (Bar "h" now))'),
    Mutant("gru", "loss_not_halved", "Scale (1 / 2)", "Scale 1"),
    Mutant("gru", "target_with_the_error", '[ Part 0 now (Var "e" now) ]', '[ Part 0 now (Var "y" now) ]'),
    Mutant(
        "gru",
        "update_gate_exchanged",
        '(Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now))))',
        '(Had (Bar "h" now) (Var "z" now))',
    ),
    Mutant(
        "gru",
        "reset_gate_of_the_input",
        '("u_n", [ Part 0 now (Had (Bar "z_n" now) (Var "r" now))',
        '("u_n", [ Part 0 now (Had (Bar "z_n" now) (Var "z" now))',
    ),
    Mutant(
        "gru", "one_of_four_carries", '\n    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hz" always)) (Bar "z_z" now))', ""
    ),
    Mutant("bidirectional", "carry_in_the_other_direction", "Part 1 (Ago (-1)) (Mul", "Part 1 (Ago 1) (Mul"),
    Mutant("bidirectional", "targets_not_declared_to_sum_to_one", '[ "y" ].', "[]."),
    Mutant(
        "bidirectional",
        "softmax_and_cross_entropy_sign",
        '(Add (Var "y_hat" now) (Scale (-1) (Var "y" now)))',
        '(Add (Var "y" now) (Scale (-1) (Var "y_hat" now)))',
    ),
    Mutant("bidirectional", "halves_exchanged", '(Slice (Bar "h" now) 0 n_H_f)', '(Slice (Bar "h" now) n_H_b n_H_f)'),
    Mutant(
        "bidirectional",
        "one_direction_dropped",
        '\n    ; Part 0 now (Mul (Transpose (Var "W_xh_f" always)) (Bar "z_h_f" now))',
        "",
    ),
    Mutant("truncated", "losses_before_the_block", "Part 0 (Ago 1) (Mul (Tr", "Part 0 now (Mul (Tr"),
    Mutant(
        "truncated",
        "no_carry_out_of_the_block",
        'Part 1 (Ago 1) (Mul (Transpose (Var "W_hh" always)) (Bar "z_h" now))\n    ; ',
        "",
    ),
    Mutant(
        "truncated",
        "carry_through_the_state_before",
        "(Fixed 1) (Length 0 0) true step",
        "(Fixed 0) (Length 0 0) true step",
    ),
    Mutant(
        "truncated", "overlapping_stages", "Stage (Length 0 1) (Lengths 0 1 0)", "Stage (Length 0 0) (Lengths 0 1 0)"
    ),
    Mutant("truncated", "parameters_of_the_block_only", '; Part 0 always (Bar "z_h" now) ]', "]"),
    Mutant(
        "rnn_relu", "weaker_condition", 'Nonzero 0 (Var "z_h" now)', 'Nonzero 0 (Add (Var "z_h" now) (Number 1 n_H 1))'
    ),
    Mutant("rnn_relu", "slope_everywhere_one", '(Apply Step (Var "h" now))', "(Number 1 n_H 1)"),
)

# What a file could do instead of proving what it says; the last line of a certificate is written by whoever checks it.
EVASIONS = (
    ("admitted", "Proof. check. Qed.", "Proof. Admitted."),
    ("an_axiom", "Theorem gradient", "Axiom anything : False.\nTheorem gradient"),
    ("another_statement", "(adj n_I n_H) loss (under", '(adj n_I n_H) (Total "J") (under'),
    (
        "another_meaning",
        "Definition net ",
        "Definition certified {A : Type} (n : network) (a : adjoints) (g : objective) (s : A) := True.\nDefinition net ",
    ),
    ("more_conditions", "loss (under (net n_I n_H) (conditions n_I n_H))", "loss (fun _ _ => False)"),
)
