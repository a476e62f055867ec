(* The gradient of ran, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   8ce1197d211dfaed5b297996f53618085dcd82b48bce3cb764b16b9b3fa28f7b  equations
   878a9c9b6275d55fb31d5eced8495f85097012a15f2f7c2c5b43336edea976e6  ran.py
   c6ab05fbc8d74ac724675ca02b01f52683144cc95008c9fc27a1034f76c2b7ed  ran_f64.c
   85554394f581bb4021b7e7a09e3a8ba9dc65f91eec6cec9ee2af7071802ebe20  ran_f64.h
   745716cd62d4a8c30e0723724445ac51d7912aa393d77f3ebfd361f6b3714ff6  ran_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_cx" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_ih" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_ix" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_i" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_fh" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_fx" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_f" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "c_hat" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("c_hat", (Mul (Var "W_cx" always) (Var "x" now)))
    ; ("z_i", (Add (Add (Mul (Var "W_ih" always) (Var "h" (Ago 1))) (Mul (Var "W_ix" always) (Var "x" now))) (Var "b_i" always)))
    ; ("i", (Apply Sigmoid (Var "z_i" now)))
    ; ("z_f", (Add (Add (Mul (Var "W_fh" always) (Var "h" (Ago 1))) (Mul (Var "W_fx" always) (Var "x" now))) (Var "b_f" always)))
    ; ("f", (Apply Sigmoid (Var "z_f" now)))
    ; ("c", (Add (Had (Var "i" now) (Var "c_hat" now)) (Had (Var "f" now) (Var "c" (Ago 1)))))
    ; ("h", (Apply Tanh (Var "c" now)))
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
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_fh" always)) (Bar "z_f" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_ih" always)) (Bar "z_i" now)) ])
  ; ("c",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h" now) 2))))
    ; Part 0 (Ago 1) (Had (Bar "c" now) (Var "f" now)) ])
  ; ("f",
    [ Part 0 now (Had (Bar "c" now) (Var "c" (Ago 1))) ])
  ; ("z_f",
    [ Part 0 now (Had (Had (Bar "f" now) (Var "f" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("i",
    [ Part 0 now (Had (Bar "c" now) (Var "c_hat" now)) ])
  ; ("z_i",
    [ Part 0 now (Had (Had (Bar "i" now) (Var "i" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "i" now)))) ])
  ; ("c_hat",
    [ Part 0 now (Had (Bar "c" now) (Var "i" now)) ])
  ; ("W_cx",
    [ Part 0 always (Mul (Bar "c_hat" now) (Transpose (Var "x" now))) ])
  ; ("W_ih",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("W_ix",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "x" now))) ])
  ; ("b_i",
    [ Part 0 always (Bar "z_i" now) ])
  ; ("W_fh",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("W_fx",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "x" now))) ])
  ; ("b_f",
    [ Part 0 always (Bar "z_f" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_fx" always)) (Bar "z_f" now))
    ; Part 0 now (Mul (Transpose (Var "W_ix" always)) (Bar "z_i" now))
    ; Part 0 now (Mul (Transpose (Var "W_cx" always)) (Bar "c_hat" now)) ])
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
