(* The gradient of irnn, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   fc5807c4c16e741171a8c242c5c8db361df251cdca5bc832facdf4f5f6f3a808  equations
   fcdcc8f78ac680e13fd5fb7fa279bb71c049a57ecec96174e4b08922e1774324  irnn.py
   e2ae3353d1613856069a2b9da33bf4f86b3e4e7af7915c3e4f3b3dc2b64853b3  irnn_f64.c
   03c41dc1edd79ed9d9e19624c1a2ecd4a58fb83c82fe8046e86d58027746f357  irnn_f64.h
   ad8d0c7f7fb4b727164faa4b4c691435254c8b5e18d370df1ff802541de95e7a  irnn_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_xh" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hh" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_h", (Add (Add (Mul (Var "W_xh" always) (Var "x" now)) (Mul (Var "W_hh" always) (Var "h" (Ago 1)))) (Var "b_h" always)))
    ; ("h", (Apply Relu (Var "z_h" now)))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("h",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hh" always)) (Bar "z_h" now)) ])
  ; ("z_h",
    [ Part 0 now (Had (Bar "h" now) (Apply Step (Var "h" now))) ])
  ; ("W_xh",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("W_hh",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_h",
    [ Part 0 always (Bar "z_h" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_xh" always)) (Bar "z_h" now)) ])
  ].

Definition conditions (n_I n_H n_O : nat) : list condition :=
  [ Nonzero 0 (Var "z_h" now) ].

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
