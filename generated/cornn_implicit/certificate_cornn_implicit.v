(* The gradient of cornn_implicit, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   a758d1eb720ccca643d217e2d0e2047f49c9c0394844cab3e0bc7e361377583d  equations
   c6d36a394fd283bed952f1222e71069e4e13cb255e67279663e93642f82677ba  cornn_implicit.py
   8298277b2b4e66f95c3ebf96bb074f91aee48b3cc3b6eb328bf8adc9d4ad0c16  cornn_implicit_f64.c
   53d3df069f68bd65fcb19fe9037f4a06e44c6559b73b731803667737050f3894  cornn_implicit_f64.h
   636964d32a36ff1ca60c3c3fc09946165ac49403b90790e770839bc69f99f771  cornn_implicit_f64_test.c
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
    ; ("z", (Quot (Add (Var "z" (Ago 1)) (Multiple (Var "dt" always) (Add (Var "a_z" now) (Scale (-1) (Multiple (Var "gamma" always) (Var "y" (Ago 1))))))) (Multiple (Add (Number 1 1 1) (Had (Var "dt" always) (Var "epsilon" always))) (Number 1 n_H 1))))
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
    ; Part 0 (Ago 1) (Scale (-1) (Multiple (Var "gamma" always) (Multiple (Var "dt" always) (Quot (Bar "z" now) (Multiple (Add (Number 1 1 1) (Had (Var "dt" always) (Var "epsilon" always))) (Number 1 n_H 1))))))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W" always)) (Bar "z_z" now)) ])
  ; ("z",
    [ Part 0 now (Multiple (Var "dt" always) (Bar "y" now))
    ; Part 0 (Ago 1) (Quot (Bar "z" now) (Multiple (Add (Number 1 1 1) (Had (Var "dt" always) (Var "epsilon" always))) (Number 1 n_H 1)))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_z" always)) (Bar "z_z" now)) ])
  ; ("a_z",
    [ Part 0 now (Multiple (Var "dt" always) (Quot (Bar "z" now) (Multiple (Add (Number 1 1 1) (Had (Var "dt" always) (Var "epsilon" always))) (Number 1 n_H 1)))) ])
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
  [ Positive 0 (Var "dt" always)
  ; Positive 0 (Var "epsilon" always) ].

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
