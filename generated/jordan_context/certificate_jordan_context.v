(* The gradient of jordan_context, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   a7f2b31f366021c7ab5308ee6036dff2401a83acb906c7a5b5f51378f611177e  equations
   fb254f98e32f539bde93901286139617a068343103fa94ccfd18c48a96c07040  jordan_context.py
   5fb3e9a0799985ed78ceb1f6e46542dfb78b0a4fb8b194a0822ef6e162c2c1b8  jordan_context_f64.c
   c18c600910295c43e4dd713856f4c29f6311f189521df9d9f79cfb6fc2f79720  jordan_context_f64.h
   c7aabef44d4801f05201e78943dea41e86a10e1bba5ee80a3327efea686c9b71  jordan_context_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_O n_H n_O2 : nat) : network := Network
  [ Quantity "W" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U" n_H n_O (Fixed 0) (Fixed 0)
  ; Quantity "b" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "V" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "c" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O2 n_O (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O2 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "s" n_O 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y" n_O 1 (Fixed 0) (Length 0 0)
  ; Quantity "z2_y" n_O2 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O2 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "mu" 1 1
  ; Constant "y2" n_O2 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("s", (Add (Multiple (Var "mu" always) (Var "s" (Ago 1))) (Var "y" (Ago 1))))
    ; ("z_h", (Add (Add (Mul (Var "W" always) (Var "x" now)) (Mul (Var "U" always) (Var "s" now))) (Var "b" always)))
    ; ("h", (Apply Tanh (Var "z_h" now)))
    ; ("z_y", (Add (Mul (Var "V" always) (Var "h" now)) (Var "c" always)))
    ; ("y", (Apply Sigmoid (Var "z_y" now)))
    ; ("z2_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z2_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_O n_H n_O2 : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z2_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("y",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z2_y" now))
    ; Part 0 (Ago 1) (Bar "s" now) ])
  ; ("z_y",
    [ Part 0 now (Had (Had (Bar "y" now) (Var "y" now)) (Add (Number 1 n_O 1) (Scale (-1) (Var "y" now)))) ])
  ; ("h",
    [ Part 0 now (Mul (Transpose (Var "V" always)) (Bar "z_y" now)) ])
  ; ("z_h",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h" now) 2)))) ])
  ; ("s",
    [ Part 0 now (Mul (Transpose (Var "U" always)) (Bar "z_h" now))
    ; Part 0 (Ago 1) (Multiple (Var "mu" always) (Bar "s" now)) ])
  ; ("W",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("U",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "s" now))) ])
  ; ("b",
    [ Part 0 always (Bar "z_h" now) ])
  ; ("V",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("c",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z2_y" now) (Transpose (Var "y" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z2_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W" always)) (Bar "z_h" now)) ])
  ].

Definition conditions (n_I n_O n_H n_O2 : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_O n_H n_O2 : nat) :
  certified (net n_I n_O n_H n_O2) (adj n_I n_O n_H n_O2) loss (regular_at (net n_I n_O n_H n_O2)).
Proof. check. Qed.

Theorem regular (n_I n_O n_H n_O2 : nat) : suffices (net n_I n_O n_H n_O2) (under (net n_I n_O n_H n_O2) (conditions n_I n_O n_H n_O2)).
Proof. settle. Qed.

Theorem solved (n_I n_O n_H n_O2 : nat) : solvable (net n_I n_O n_H n_O2) (adj n_I n_O n_H n_O2).
Proof. order. Qed.

Theorem exact (n_I n_O n_H n_O2 : nat) :
  certified (net n_I n_O n_H n_O2) (adj n_I n_O n_H n_O2) loss (under (net n_I n_O n_H n_O2) (conditions n_I n_O n_H n_O2)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_O n_H n_O2) (regular n_I n_O n_H n_O2)). Qed.
