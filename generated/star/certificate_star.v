(* The gradient of star, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   cdf2ce6beba39aab7a45567e97c926ff9ff1a424ce105cdb8c02745e0b1c871c  equations
   49089045b2502d1c8458e39ae20eefba430e0f212a3fc27a002b2f74ee5ba6bb  star.py
   d7ef3a44e4ea21cb83c4a4d93cbbce0de8e90a9aaa66d7b2b5be4c5d22abddcb  star_f64.c
   b2ab8c5ec4365b40b9a66e945bcb7bd98e1a9ee5ad5c81f96612ccb584c33c7d  star_f64.h
   7ae73112cb211d82e2ad734fb36a6512f06b06421c4bc2e25ac6e907046f9fbc  star_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_z" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_z" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_x" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_h" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_k" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_k" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "k" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_z", (Add (Mul (Var "W_z" always) (Var "x" now)) (Var "b_z" always)))
    ; ("z", (Apply Tanh (Var "z_z" now)))
    ; ("z_k", (Add (Add (Mul (Var "W_x" always) (Var "x" now)) (Mul (Var "W_h" always) (Var "h" (Ago 1)))) (Var "b_k" always)))
    ; ("k", (Apply Sigmoid (Var "z_k" now)))
    ; ("z_h", (Add (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "k" now))) (Var "h" (Ago 1))) (Had (Var "k" now) (Var "z" now))))
    ; ("h", (Apply Tanh (Var "z_h" now)))
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
    ; Part 0 (Ago 1) (Had (Bar "z_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "k" now))))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_h" always)) (Bar "z_k" now)) ])
  ; ("z_h",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h" now) 2)))) ])
  ; ("k",
    [ Part 0 now (Add (Scale (-1) (Had (Bar "z_h" now) (Var "h" (Ago 1)))) (Had (Bar "z_h" now) (Var "z" now))) ])
  ; ("z_k",
    [ Part 0 now (Had (Had (Bar "k" now) (Var "k" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "k" now)))) ])
  ; ("z",
    [ Part 0 now (Had (Bar "z_h" now) (Var "k" now)) ])
  ; ("z_z",
    [ Part 0 now (Had (Bar "z" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "z" now) 2)))) ])
  ; ("W_z",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "x" now))) ])
  ; ("b_z",
    [ Part 0 always (Bar "z_z" now) ])
  ; ("W_x",
    [ Part 0 always (Mul (Bar "z_k" now) (Transpose (Var "x" now))) ])
  ; ("W_h",
    [ Part 0 always (Mul (Bar "z_k" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_k",
    [ Part 0 always (Bar "z_k" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_x" always)) (Bar "z_k" now))
    ; Part 0 now (Mul (Transpose (Var "W_z" always)) (Bar "z_z" now)) ])
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
