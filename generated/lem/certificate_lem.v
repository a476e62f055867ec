(* The gradient of lem, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   98566b51e4c6c866ad755a6de14c00de7cb5441bb0bf806c8dfffcd6d17d1af0  equations
   c73624d7d218ae2cf1cbd465346aea7c1efe3d6b449cef6aaf3e8a91a8a45c2d  lem.py
   55a28232d6edb7b0fba19035e1546836fb877f0b9035bb79cbbfc3c648e7560e  lem_f64.c
   aca9e54b60128d7c35a7cc64032842d1959f65dc23e233576801dac7ac7e5181  lem_f64.h
   88f16a9b8a157b8bb8e8e90a406e56defbaca217c52da38379a0ee3e5a9dbd32  lem_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_1" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V_1" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_1" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_2" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V_2" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_2" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_z" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V_z" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_z" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_y" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V_y" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b2_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "u" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_delta" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_delta" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "delta" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_delta_bar" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_delta_bar" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "delta_bar" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_y" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "y" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z2_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "dt" 1 1
  ; Constant "y2" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_delta", (Add (Add (Mul (Var "W_1" always) (Var "y" (Ago 1))) (Mul (Var "V_1" always) (Var "u" now))) (Var "b_1" always)))
    ; ("a_delta", (Apply Sigmoid (Var "z_delta" now)))
    ; ("delta", (Multiple (Var "dt" always) (Var "a_delta" now)))
    ; ("z_delta_bar", (Add (Add (Mul (Var "W_2" always) (Var "y" (Ago 1))) (Mul (Var "V_2" always) (Var "u" now))) (Var "b_2" always)))
    ; ("a_delta_bar", (Apply Sigmoid (Var "z_delta_bar" now)))
    ; ("delta_bar", (Multiple (Var "dt" always) (Var "a_delta_bar" now)))
    ; ("z_z", (Add (Add (Mul (Var "W_z" always) (Var "y" (Ago 1))) (Mul (Var "V_z" always) (Var "u" now))) (Var "b_z" always)))
    ; ("a_z", (Apply Tanh (Var "z_z" now)))
    ; ("z", (Add (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "delta" now))) (Var "z" (Ago 1))) (Had (Var "delta" now) (Var "a_z" now))))
    ; ("z_y", (Add (Add (Mul (Var "W_y" always) (Var "z" now)) (Mul (Var "V_y" always) (Var "u" now))) (Var "b_y" always)))
    ; ("a_y", (Apply Tanh (Var "z_y" now)))
    ; ("y", (Add (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "delta_bar" now))) (Var "y" (Ago 1))) (Had (Var "delta_bar" now) (Var "a_y" now))))
    ; ("z2_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b2_y" always)))
    ; ("y_hat", (Softmax (Var "z2_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z2_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("y",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z2_y" now))
    ; Part 0 (Ago 1) (Had (Bar "y" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "delta_bar" now))))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_z" always)) (Bar "z_z" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_2" always)) (Bar "z_delta_bar" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_1" always)) (Bar "z_delta" now)) ])
  ; ("a_y",
    [ Part 0 now (Had (Bar "y" now) (Var "delta_bar" now)) ])
  ; ("z_y",
    [ Part 0 now (Had (Bar "a_y" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_y" now) 2)))) ])
  ; ("z",
    [ Part 0 now (Mul (Transpose (Var "W_y" always)) (Bar "z_y" now))
    ; Part 0 (Ago 1) (Had (Bar "z" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "delta" now)))) ])
  ; ("a_z",
    [ Part 0 now (Had (Bar "z" now) (Var "delta" now)) ])
  ; ("z_z",
    [ Part 0 now (Had (Bar "a_z" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_z" now) 2)))) ])
  ; ("delta_bar",
    [ Part 0 now (Add (Scale (-1) (Had (Bar "y" now) (Var "y" (Ago 1)))) (Had (Bar "y" now) (Var "a_y" now))) ])
  ; ("a_delta_bar",
    [ Part 0 now (Multiple (Var "dt" always) (Bar "delta_bar" now)) ])
  ; ("z_delta_bar",
    [ Part 0 now (Had (Had (Bar "a_delta_bar" now) (Var "a_delta_bar" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "a_delta_bar" now)))) ])
  ; ("delta",
    [ Part 0 now (Add (Scale (-1) (Had (Bar "z" now) (Var "z" (Ago 1)))) (Had (Bar "z" now) (Var "a_z" now))) ])
  ; ("a_delta",
    [ Part 0 now (Multiple (Var "dt" always) (Bar "delta" now)) ])
  ; ("z_delta",
    [ Part 0 now (Had (Had (Bar "a_delta" now) (Var "a_delta" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "a_delta" now)))) ])
  ; ("W_1",
    [ Part 0 always (Mul (Bar "z_delta" now) (Transpose (Var "y" (Ago 1)))) ])
  ; ("V_1",
    [ Part 0 always (Mul (Bar "z_delta" now) (Transpose (Var "u" now))) ])
  ; ("b_1",
    [ Part 0 always (Bar "z_delta" now) ])
  ; ("W_2",
    [ Part 0 always (Mul (Bar "z_delta_bar" now) (Transpose (Var "y" (Ago 1)))) ])
  ; ("V_2",
    [ Part 0 always (Mul (Bar "z_delta_bar" now) (Transpose (Var "u" now))) ])
  ; ("b_2",
    [ Part 0 always (Bar "z_delta_bar" now) ])
  ; ("W_z",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "y" (Ago 1)))) ])
  ; ("V_z",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "u" now))) ])
  ; ("b_z",
    [ Part 0 always (Bar "z_z" now) ])
  ; ("W_y",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "z" now))) ])
  ; ("V_y",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "u" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z2_y" now) (Transpose (Var "y" now))) ])
  ; ("b2_y",
    [ Part 0 always (Bar "z2_y" now) ])
  ; ("u",
    [ Part 0 now (Mul (Transpose (Var "V_y" always)) (Bar "z_y" now))
    ; Part 0 now (Mul (Transpose (Var "V_z" always)) (Bar "z_z" now))
    ; Part 0 now (Mul (Transpose (Var "V_2" always)) (Bar "z_delta_bar" now))
    ; Part 0 now (Mul (Transpose (Var "V_1" always)) (Bar "z_delta" now)) ])
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
