(* The gradient of mut1, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   4596158b3ec85af4632ca06b65175aa67dd5ebb76cda0076082a32c849546b7c  equations
   0836ae987e47ba012ca06decdb81bfff78f1569058a8083a594d82987bdf23aa  mut1.py
   dc05b98ad3cd2573af2cc255badad3e226834facf20fe567e3469606f5cfc2cd  mut1_f64.c
   84bed9e5a901812c1107cddcd6bf9ef10c2b3ac86b1c21e34ae6dd8bcd0f7310  mut1_f64.h
   da50d7e4e339ad06e967bb4f46341e4448e0deea09e8c6b4548ddd61b2ae6c12  mut1_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_H n_O : nat) : network := Network
  [ Quantity "W_xz" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_z" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_xr" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_hr" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_r" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hh" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a2_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_z", (Add (Mul (Var "W_xz" always) (Var "x" now)) (Var "b_z" always)))
    ; ("z", (Apply Sigmoid (Var "z_z" now)))
    ; ("z_r", (Add (Add (Mul (Var "W_xr" always) (Var "x" now)) (Mul (Var "W_hr" always) (Var "h" (Ago 1)))) (Var "b_r" always)))
    ; ("r", (Apply Sigmoid (Var "z_r" now)))
    ; ("s_h", (Had (Var "r" now) (Var "h" (Ago 1))))
    ; ("a_h", (Apply Tanh (Var "x" now)))
    ; ("z_h", (Add (Add (Mul (Var "W_hh" always) (Var "s_h" now)) (Var "a_h" now)) (Var "b_h" always)))
    ; ("a2_h", (Apply Tanh (Var "z_h" now)))
    ; ("h", (Add (Had (Var "a2_h" now) (Var "z" now)) (Had (Var "h" (Ago 1)) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now))))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("h",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now))))
    ; Part 0 (Ago 1) (Had (Bar "s_h" now) (Var "r" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hr" always)) (Bar "z_r" now)) ])
  ; ("a2_h",
    [ Part 0 now (Had (Bar "h" now) (Var "z" now)) ])
  ; ("z_h",
    [ Part 0 now (Had (Bar "a2_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a2_h" now) 2)))) ])
  ; ("a_h",
    [ Part 0 now (Bar "z_h" now) ])
  ; ("s_h",
    [ Part 0 now (Mul (Transpose (Var "W_hh" always)) (Bar "z_h" now)) ])
  ; ("r",
    [ Part 0 now (Had (Bar "s_h" now) (Var "h" (Ago 1))) ])
  ; ("z_r",
    [ Part 0 now (Had (Had (Bar "r" now) (Var "r" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "r" now)))) ])
  ; ("z",
    [ Part 0 now (Add (Had (Bar "h" now) (Var "a2_h" now)) (Scale (-1) (Had (Bar "h" now) (Var "h" (Ago 1))))) ])
  ; ("z_z",
    [ Part 0 now (Had (Had (Bar "z" now) (Var "z" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) ])
  ; ("W_xz",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "x" now))) ])
  ; ("b_z",
    [ Part 0 always (Bar "z_z" now) ])
  ; ("W_xr",
    [ Part 0 always (Mul (Bar "z_r" now) (Transpose (Var "x" now))) ])
  ; ("W_hr",
    [ Part 0 always (Mul (Bar "z_r" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_r",
    [ Part 0 always (Bar "z_r" now) ])
  ; ("W_hh",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "s_h" now))) ])
  ; ("b_h",
    [ Part 0 always (Bar "z_h" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Had (Bar "a_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_h" now) 2))))
    ; Part 0 now (Mul (Transpose (Var "W_xr" always)) (Bar "z_r" now))
    ; Part 0 now (Mul (Transpose (Var "W_xz" always)) (Bar "z_z" now)) ])
  ].

Definition conditions (n_H n_O : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_H n_O : nat) :
  certified (net n_H n_O) (adj n_H n_O) loss (regular_at (net n_H n_O)).
Proof. check. Qed.

Theorem regular (n_H n_O : nat) : suffices (net n_H n_O) (under (net n_H n_O) (conditions n_H n_O)).
Proof. settle. Qed.

Theorem solved (n_H n_O : nat) : solvable (net n_H n_O) (adj n_H n_O).
Proof. order. Qed.

Theorem exact (n_H n_O : nat) :
  certified (net n_H n_O) (adj n_H n_O) loss (under (net n_H n_O) (conditions n_H n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_H n_O) (regular n_H n_O)). Qed.
