(* The gradient of narx, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   a1baede61a7851f675aa308966a467fa5c044ba56f2ad84a9fbc338c2051ae63  equations
   ebf609f9cc6399f084791c9bd5948ba48bbd93a712efec5cf523edfa720af545  narx.py
   be06b853a1ba97f37773addf49327c9dba7f369b1404e796889bf4d8c1344414  narx_f64.c
   8be85c49378dc71987fb4632129baf818b97431528e54936b3fe46efea223296  narx_f64.h
   b8e95eff14904c4ccc6165ba45193aa1f54b5dc2ef5d5717a48d5361ba444a77  narx_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_O n_H n_O2 : nat) : network := Network
  [ Quantity "W_0" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_1" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_2" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "V_1" n_H n_O (Fixed 0) (Fixed 0)
  ; Quantity "V_2" n_H n_O (Fixed 0) (Fixed 0)
  ; Quantity "V_3" n_H n_O (Fixed 0) (Fixed 0)
  ; Quantity "b" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_y" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O2 n_O (Fixed 0) (Fixed 0)
  ; Quantity "b2_y" n_O2 1 (Fixed 0) (Fixed 0)
  ; Quantity "u" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "y" n_O 1 (Fixed (-2)) (Length 0 0)
  ; Quantity "p" n_I 1 (Fixed (-1)) (Length 0 0)
  ; Quantity "z_y" n_O2 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O2 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y2" n_O2 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_h", (Add (Add (Add (Add (Add (Add (Mul (Var "W_0" always) (Var "u" now)) (Mul (Var "W_1" always) (Var "p" (Ago 1)))) (Mul (Var "W_2" always) (Var "p" (Ago 2)))) (Mul (Var "V_1" always) (Var "y" (Ago 1)))) (Mul (Var "V_2" always) (Var "y" (Ago 2)))) (Mul (Var "V_3" always) (Var "y" (Ago 3)))) (Var "b" always)))
    ; ("h", (Apply Tanh (Var "z_h" now)))
    ; ("y", (Add (Mul (Var "W_y" always) (Var "h" now)) (Var "b_y" always)))
    ; ("p", (Var "u" now))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b2_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_O n_H n_O2 : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("p",
    [ Part 0 (Ago 1) (Mul (Transpose (Var "W_1" always)) (Bar "z_h" now))
    ; Part 0 (Ago 2) (Mul (Transpose (Var "W_2" always)) (Bar "z_h" now)) ])
  ; ("y",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "V_1" always)) (Bar "z_h" now))
    ; Part 0 (Ago 2) (Mul (Transpose (Var "V_2" always)) (Bar "z_h" now))
    ; Part 0 (Ago 3) (Mul (Transpose (Var "V_3" always)) (Bar "z_h" now)) ])
  ; ("h",
    [ Part 0 now (Mul (Transpose (Var "W_y" always)) (Bar "y" now)) ])
  ; ("z_h",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h" now) 2)))) ])
  ; ("W_0",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "u" now))) ])
  ; ("W_1",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "p" (Ago 1)))) ])
  ; ("W_2",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "p" (Ago 2)))) ])
  ; ("V_1",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "y" (Ago 1)))) ])
  ; ("V_2",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "y" (Ago 2)))) ])
  ; ("V_3",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "y" (Ago 3)))) ])
  ; ("b",
    [ Part 0 always (Bar "z_h" now) ])
  ; ("W_y",
    [ Part 0 always (Mul (Bar "y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "y" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "y" now))) ])
  ; ("b2_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("u",
    [ Part 0 now (Bar "p" now)
    ; Part 0 now (Mul (Transpose (Var "W_0" always)) (Bar "z_h" now)) ])
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
