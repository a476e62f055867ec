(* The gradient of unicornn, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   a9b6bc78cc507cdc5853b8ec6268bcad0b70e708d0f2a74343dbe1d05b01db61  equations
   99196794b7a9fb7b83fb59d1fc39d55a7dd5c56d5522e1b406de30032030fe8a  unicornn.py
   3769be7c6cbdfce6b035de7166c1762a11dd1b1955abfb2ae0a1038641fa2f74  unicornn_f64.c
   682ddac56f3f6a8f8d16f720ed14c722d18f04971bfd348fc14093f73dad4f63  unicornn_f64.h
   6c3b5f5565183222d8c65ec7fa516cd05959dbe36adb62f219213c3879b4c94f  unicornn_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "c" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "w" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "V" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "u" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_delta" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "delta" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "y" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "dt" 1 1
  ; Constant "alpha" 1 1
  ; Constant "y2" n_O 1 ]
  [ Stage (Fixed 0) (Fixed 0) true
    [ ("a_delta", (Apply Sigmoid (Var "c" always)))
    ; ("delta", (Multiple (Var "dt" always) (Var "a_delta" always))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("z_z", (Add (Add (Had (Var "w" always) (Var "y" (Ago 1))) (Mul (Var "V" always) (Var "u" now))) (Var "b" always)))
    ; ("a_z", (Apply Tanh (Var "z_z" now)))
    ; ("z", (Add (Var "z" (Ago 1)) (Scale (-1) (Had (Var "delta" always) (Add (Var "a_z" now) (Multiple (Var "alpha" always) (Var "y" (Ago 1))))))))
    ; ("y", (Add (Var "y" (Ago 1)) (Had (Var "delta" always) (Var "z" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 1 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 1 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("y",
    [ Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 1 (Ago 1) (Bar "y" now)
    ; Part 1 (Ago 1) (Scale (-1) (Multiple (Var "alpha" always) (Had (Bar "z" now) (Var "delta" always))))
    ; Part 1 (Ago 1) (Had (Bar "z_z" now) (Var "w" always)) ])
  ; ("z",
    [ Part 1 now (Had (Bar "y" now) (Var "delta" always))
    ; Part 1 (Ago 1) (Bar "z" now) ])
  ; ("a_z",
    [ Part 1 now (Scale (-1) (Had (Bar "z" now) (Var "delta" always))) ])
  ; ("z_z",
    [ Part 1 now (Had (Bar "a_z" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_z" now) 2)))) ])
  ; ("delta",
    [ Part 1 always (Had (Bar "y" now) (Var "z" now))
    ; Part 1 always (Scale (-1) (Had (Bar "z" now) (Add (Var "a_z" now) (Multiple (Var "alpha" always) (Var "y" (Ago 1)))))) ])
  ; ("a_delta",
    [ Part 0 always (Multiple (Var "dt" always) (Bar "delta" always)) ])
  ; ("c",
    [ Part 0 always (Had (Had (Bar "a_delta" always) (Var "a_delta" always)) (Add (Number 1 n_H 1) (Scale (-1) (Var "a_delta" always)))) ])
  ; ("w",
    [ Part 1 always (Had (Bar "z_z" now) (Var "y" (Ago 1))) ])
  ; ("V",
    [ Part 1 always (Mul (Bar "z_z" now) (Transpose (Var "u" now))) ])
  ; ("b",
    [ Part 1 always (Bar "z_z" now) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "y" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("u",
    [ Part 1 now (Mul (Transpose (Var "V" always)) (Bar "z_z" now)) ])
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
