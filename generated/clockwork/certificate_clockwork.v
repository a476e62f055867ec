(* The gradient of clockwork, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   fc9d4fed9acf692b7257445c702213c7b0aec3764c5fef71711be5d306030f91  equations
   bf475777943b5c8211e20940a94b5058084fd8b6e46b960bbc7ae2d4c905e558  clockwork.py
   84d0c1e0dd06ae9b6c2a561e8e37630fbf3098af45f45e4aef964b1e3a81d4a7  clockwork_f64.c
   e734569d9e1558609bdf0b17c368987039582f66615c315621192497879507b2  clockwork_f64.h
   9164ac884cde92b88f98e2f01f7148e89cd580e6535e02326bc04da43c4d7c84  clockwork_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "U" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "V" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "M" n_H n_H
  ; Constant "m" n_H 1
  ; Constant "y" n_O 1 ]
  [ Stage (Fixed 0) (Fixed 0) true
    [ ("V", (Had (Var "M" always) (Var "U" always))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("z_h", (Add (Add (Mul (Var "W" always) (Var "x" now)) (Mul (Var "V" always) (Var "h" (Ago 1)))) (Var "b" always)))
    ; ("a_h", (Apply Tanh (Var "z_h" now)))
    ; ("h", (Add (Had (Var "m" now) (Var "a_h" now)) (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "m" now))) (Var "h" (Ago 1)))))
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
    ; Part 1 (Ago 1) (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "m" now))))
    ; Part 1 (Ago 1) (Mul (Transpose (Var "V" always)) (Bar "z_h" now)) ])
  ; ("a_h",
    [ Part 1 now (Had (Bar "h" now) (Var "m" now)) ])
  ; ("z_h",
    [ Part 1 now (Had (Bar "a_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_h" now) 2)))) ])
  ; ("V",
    [ Part 1 always (Mul (Bar "z_h" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("U",
    [ Part 0 always (Had (Bar "V" always) (Var "M" always)) ])
  ; ("W",
    [ Part 1 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("b",
    [ Part 1 always (Bar "z_h" now) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 1 now (Mul (Transpose (Var "W" always)) (Bar "z_h" now)) ])
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
