(* The gradient of minimalrnn, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   b3bdbcf39915f406adc605a5f5fc45ca83fa30e0907232775c9fd4b49369311c  equations
   5a44322c25f0e30aa81dd5c204c54b9ba2fd0607dc988357837a0ae01b5c7bb1  minimalrnn.py
   86e004350fd538fb22167418e7af74d0588cba26f2d326b693975249da81b9c5  minimalrnn_f64.c
   45c446c4c119b9ec15d9167e4803d6ca02ae1b331d2b8c4bd8927d3c7d9ed40b  minimalrnn_f64.h
   f14ca2526aa4846b5538b7951d236a60667d97f0ec793e542bf76015ca86439d  minimalrnn_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_x" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_z" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "U_h" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "U_z" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_u" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_u" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "u" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_z", (Add (Mul (Var "W_x" always) (Var "x" now)) (Var "b_z" always)))
    ; ("z", (Apply Tanh (Var "z_z" now)))
    ; ("z_u", (Add (Add (Mul (Var "U_h" always) (Var "h" (Ago 1))) (Mul (Var "U_z" always) (Var "z" now))) (Var "b_u" always)))
    ; ("u", (Apply Sigmoid (Var "z_u" now)))
    ; ("h", (Add (Had (Var "u" now) (Var "h" (Ago 1))) (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "u" now))) (Var "z" now))))
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
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Var "u" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_h" always)) (Bar "z_u" now)) ])
  ; ("u",
    [ Part 0 now (Add (Had (Bar "h" now) (Var "h" (Ago 1))) (Scale (-1) (Had (Bar "h" now) (Var "z" now)))) ])
  ; ("z_u",
    [ Part 0 now (Had (Had (Bar "u" now) (Var "u" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "u" now)))) ])
  ; ("z",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "u" now))))
    ; Part 0 now (Mul (Transpose (Var "U_z" always)) (Bar "z_u" now)) ])
  ; ("z_z",
    [ Part 0 now (Had (Bar "z" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "z" now) 2)))) ])
  ; ("W_x",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "x" now))) ])
  ; ("b_z",
    [ Part 0 always (Bar "z_z" now) ])
  ; ("U_h",
    [ Part 0 always (Mul (Bar "z_u" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("U_z",
    [ Part 0 always (Mul (Bar "z_u" now) (Transpose (Var "z" now))) ])
  ; ("b_u",
    [ Part 0 always (Bar "z_u" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_x" always)) (Bar "z_z" now)) ])
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
