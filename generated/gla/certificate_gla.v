(* The gradient of gla, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   4229fed3ddc8e415acd55a1970145e857f1756c5c811abdaa19efa9b0bfa8fe0  equations
   438d2ee37ac58907ce3044f5b9a288ccf206886af47411acd357a3b6b64b53a2  gla.py
   2854364c34a3806a368756b1b9801a7cf86da4121f55a1039cd06662088e3c13  gla_f64.c
   b4c6eed9d66290b1b012d476a627a659bc11186605a86a28d6b8e72268d893fd  gla_f64.h
   fd5d6fe9874b77b3175fd3e5c64b9f0fab71162412c9d8930e80d03725fe8d08  gla_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_K n_H n_R n_O : nat) : network := Network
  [ Quantity "W_Q" n_K n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_V" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_1" n_R n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_K" n_K n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_2" n_K n_R (Fixed 0) (Fixed 0)
  ; Quantity "b_alpha" n_K 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "v" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_alpha" n_R 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_alpha" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_alpha" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "z2_alpha" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "alpha" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "S" n_K n_H (Fixed 0) (Length 0 0)
  ; Quantity "y" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "tau" 1 1
  ; Constant "y2" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("q", (Mul (Var "W_Q" always) (Var "x" now)))
    ; ("k", (Mul (Var "W_K" always) (Var "x" now)))
    ; ("v", (Mul (Var "W_V" always) (Var "x" now)))
    ; ("u_alpha", (Mul (Var "W_1" always) (Var "x" now)))
    ; ("z_alpha", (Scale (-1) (Add (Mul (Var "W_2" always) (Var "u_alpha" now)) (Var "b_alpha" always))))
    ; ("a_alpha", (Apply Softplus (Var "z_alpha" now)))
    ; ("z2_alpha", (Quot (Scale (-1) (Var "a_alpha" now)) (Multiple (Var "tau" always) (Number 1 n_K 1))))
    ; ("alpha", (Apply Exp (Var "z2_alpha" now)))
    ; ("S", (Add (Mul (Diag (Var "alpha" now)) (Var "S" (Ago 1))) (Mul (Var "k" now) (Transpose (Var "v" now)))))
    ; ("y", (Mul (Transpose (Var "S" now)) (Var "q" now)))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_K n_H n_R n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("y",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("S",
    [ Part 0 now (Mul (Var "q" now) (Transpose (Bar "y" now)))
    ; Part 0 (Ago 1) (Mul (Diag (Var "alpha" now)) (Bar "S" now)) ])
  ; ("alpha",
    [ Part 0 now (Mul (Had (Bar "S" now) (Var "S" (Ago 1))) (Number 1 n_H 1)) ])
  ; ("z2_alpha",
    [ Part 0 now (Had (Bar "alpha" now) (Var "alpha" now)) ])
  ; ("a_alpha",
    [ Part 0 now (Scale (-1) (Quot (Bar "z2_alpha" now) (Multiple (Var "tau" always) (Number 1 n_K 1)))) ])
  ; ("z_alpha",
    [ Part 0 now (Had (Bar "a_alpha" now) (Add (Number 1 n_K 1) (Quot (Scale (-1) (Number 1 n_K 1)) (Apply Exp (Var "a_alpha" now))))) ])
  ; ("u_alpha",
    [ Part 0 now (Scale (-1) (Mul (Transpose (Var "W_2" always)) (Bar "z_alpha" now))) ])
  ; ("v",
    [ Part 0 now (Mul (Transpose (Bar "S" now)) (Var "k" now)) ])
  ; ("k",
    [ Part 0 now (Mul (Bar "S" now) (Var "v" now)) ])
  ; ("q",
    [ Part 0 now (Mul (Var "S" now) (Bar "y" now)) ])
  ; ("W_Q",
    [ Part 0 always (Mul (Bar "q" now) (Transpose (Var "x" now))) ])
  ; ("W_V",
    [ Part 0 always (Mul (Bar "v" now) (Transpose (Var "x" now))) ])
  ; ("W_1",
    [ Part 0 always (Mul (Bar "u_alpha" now) (Transpose (Var "x" now))) ])
  ; ("W_K",
    [ Part 0 always (Mul (Bar "k" now) (Transpose (Var "x" now))) ])
  ; ("W_2",
    [ Part 0 always (Scale (-1) (Mul (Bar "z_alpha" now) (Transpose (Var "u_alpha" now)))) ])
  ; ("b_alpha",
    [ Part 0 always (Scale (-1) (Bar "z_alpha" now)) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "y" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_1" always)) (Bar "u_alpha" now))
    ; Part 0 now (Mul (Transpose (Var "W_V" always)) (Bar "v" now))
    ; Part 0 now (Mul (Transpose (Var "W_K" always)) (Bar "k" now))
    ; Part 0 now (Mul (Transpose (Var "W_Q" always)) (Bar "q" now)) ])
  ].

Definition conditions (n_I n_K n_H n_R n_O : nat) : list condition :=
  [ Positive 0 (Var "tau" always) ].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_K n_H n_R n_O : nat) :
  certified (net n_I n_K n_H n_R n_O) (adj n_I n_K n_H n_R n_O) loss (regular_at (net n_I n_K n_H n_R n_O)).
Proof. check. Qed.

Theorem regular (n_I n_K n_H n_R n_O : nat) : suffices (net n_I n_K n_H n_R n_O) (under (net n_I n_K n_H n_R n_O) (conditions n_I n_K n_H n_R n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_K n_H n_R n_O : nat) : solvable (net n_I n_K n_H n_R n_O) (adj n_I n_K n_H n_R n_O).
Proof. order. Qed.

Theorem exact (n_I n_K n_H n_R n_O : nat) :
  certified (net n_I n_K n_H n_R n_O) (adj n_I n_K n_H n_R n_O) loss (under (net n_I n_K n_H n_R n_O) (conditions n_I n_K n_H n_R n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_K n_H n_R n_O) (regular n_I n_K n_H n_R n_O)). Qed.
