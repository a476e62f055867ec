(* The gradient of antisymmetric_gated, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   5506060c0f800a1eea3ca8fa1f4a82ad234ee7d38b92d02c96702a17fc6f0cd9  equations
   c89530dd6c64764fcd39265728cee26bb7675e56e3ddb19705b20e3e6507302e  antisymmetric_gated.py
   02bf80e598fbd7d29bd6eaf956a2fe20bd35aaa0b384c3182d463ad6229b7380  antisymmetric_gated_f64.c
   debb8c0aabbe8bff1dc3c8e3ab2f3cfa0686ffe7392b163e41001b808b56eb5a  antisymmetric_gated_f64.h
   f6dce954539c5d66b1dff8e85092ebcb74d0030f266d550cacbaea4b7618973a  antisymmetric_gated_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_h" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V_z" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_z" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "V_h" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "A" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "a" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "epsilon" 1 1
  ; Constant "gamma" 1 1
  ; Constant "y" n_O 1 ]
  [ Stage (Fixed 0) (Fixed 0) true
    [ ("A", (Add (Var "W_h" always) (Scale (-1) (Transpose (Var "W_h" always))))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("a", (Add (Mul (Var "A" always) (Var "h" (Ago 1))) (Scale (-1) (Multiple (Var "gamma" always) (Var "h" (Ago 1))))))
    ; ("z_z", (Add (Add (Var "a" now) (Mul (Var "V_z" always) (Var "x" now))) (Var "b_z" always)))
    ; ("z", (Apply Sigmoid (Var "z_z" now)))
    ; ("z_h", (Add (Add (Var "a" now) (Mul (Var "V_h" always) (Var "x" now))) (Var "b_h" always)))
    ; ("a_h", (Apply Tanh (Var "z_h" now)))
    ; ("h", (Add (Var "h" (Ago 1)) (Had (Multiple (Var "epsilon" always) (Var "z" now)) (Var "a_h" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 1 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 1 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("h",
    [ Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 1 (Ago 1) (Bar "h" now)
    ; Part 1 (Ago 1) (Add (Mul (Transpose (Var "A" always)) (Bar "a" now)) (Scale (-1) (Multiple (Var "gamma" always) (Bar "a" now)))) ])
  ; ("a_h",
    [ Part 1 now (Had (Bar "h" now) (Multiple (Var "epsilon" always) (Var "z" now))) ])
  ; ("z_h",
    [ Part 1 now (Had (Bar "a_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_h" now) 2)))) ])
  ; ("z",
    [ Part 1 now (Multiple (Var "epsilon" always) (Had (Bar "h" now) (Var "a_h" now))) ])
  ; ("z_z",
    [ Part 1 now (Had (Had (Bar "z" now) (Var "z" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) ])
  ; ("a",
    [ Part 1 now (Bar "z_h" now)
    ; Part 1 now (Bar "z_z" now) ])
  ; ("A",
    [ Part 1 always (Mul (Bar "a" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("W_h",
    [ Part 0 always (Add (Bar "A" always) (Scale (-1) (Transpose (Bar "A" always)))) ])
  ; ("V_z",
    [ Part 1 always (Mul (Bar "z_z" now) (Transpose (Var "x" now))) ])
  ; ("b_z",
    [ Part 1 always (Bar "z_z" now) ])
  ; ("V_h",
    [ Part 1 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("b_h",
    [ Part 1 always (Bar "z_h" now) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 1 now (Mul (Transpose (Var "V_h" always)) (Bar "z_h" now))
    ; Part 1 now (Mul (Transpose (Var "V_z" always)) (Bar "z_z" now)) ])
  ].

Definition conditions (n_I n_H n_O : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_H n_O : nat) :
  certified (net n_I n_H n_O) (adj n_I n_H n_O) loss (regular_at (net n_I n_H n_O)).
Proof. check. Qed.

Theorem regular (n_I n_H n_O : nat) : suffices (net n_I n_H n_O) (under (net n_I n_H n_O) (conditions n_I n_H n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_H n_O : nat) : solvable (net n_I n_H n_O) (adj n_I n_H n_O).
Proof. order. Qed.

Theorem exact (n_I n_H n_O : nat) :
  certified (net n_I n_H n_O) (adj n_I n_H n_O) loss (under (net n_I n_H n_O) (conditions n_I n_H n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_H n_O) (regular n_I n_H n_O)). Qed.
