(* The gradient of cornn_explicit, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   4313e4a6fcc069402a26ce8b12fa86ed70a05d8fc88f75fb5c49ff25dd3a5a92  equations
   05bff220d929af20872c65a01575e119f161ebbe76f458823e498b5359945a1d  cornn_explicit.py
   70d2490e3176f18a45397e0f2b4fa4f98e6d61794ea3cb8e941c79871f0f24cc  cornn_explicit_f64.c
   658c7bebeceae16ca99e6a7fd3dec39e23cd5e013442a90c6a293e3eaec6e189  cornn_explicit_f64.h
   7af45df5b23633417a2d1fe230c9bd2ca6095e8f1aa9bd025207a6f308048ed5  cornn_explicit_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_z" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "u" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "y" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "dt" 1 1
  ; Constant "gamma" 1 1
  ; Constant "epsilon" 1 1
  ; Constant "y2" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_z", (Add (Add (Add (Mul (Var "W" always) (Var "y" (Ago 1))) (Mul (Var "W_z" always) (Var "z" (Ago 1)))) (Mul (Var "V" always) (Var "u" now))) (Var "b" always)))
    ; ("a_z", (Apply Tanh (Var "z_z" now)))
    ; ("z", (Add (Var "z" (Ago 1)) (Multiple (Var "dt" always) (Add (Add (Var "a_z" now) (Scale (-1) (Multiple (Var "gamma" always) (Var "y" (Ago 1))))) (Scale (-1) (Multiple (Var "epsilon" always) (Var "z" (Ago 1))))))))
    ; ("y", (Add (Var "y" (Ago 1)) (Multiple (Var "dt" always) (Var "z" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("y",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 0 (Ago 1) (Bar "y" now)
    ; Part 0 (Ago 1) (Scale (-1) (Multiple (Var "gamma" always) (Multiple (Var "dt" always) (Bar "z" now))))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W" always)) (Bar "z_z" now)) ])
  ; ("z",
    [ Part 0 now (Multiple (Var "dt" always) (Bar "y" now))
    ; Part 0 (Ago 1) (Add (Bar "z" now) (Scale (-1) (Multiple (Var "epsilon" always) (Multiple (Var "dt" always) (Bar "z" now)))))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_z" always)) (Bar "z_z" now)) ])
  ; ("a_z",
    [ Part 0 now (Multiple (Var "dt" always) (Bar "z" now)) ])
  ; ("z_z",
    [ Part 0 now (Had (Bar "a_z" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_z" now) 2)))) ])
  ; ("W",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "y" (Ago 1)))) ])
  ; ("W_z",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "z" (Ago 1)))) ])
  ; ("V",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "u" now))) ])
  ; ("b",
    [ Part 0 always (Bar "z_z" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "y" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("u",
    [ Part 0 now (Mul (Transpose (Var "V" always)) (Bar "z_z" now)) ])
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
