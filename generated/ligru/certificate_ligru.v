(* The gradient of ligru, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   372f75e17afb6a43b0664791509e4248ea5eeedacade56320f7c2de46838b64e  equations
   82ef68b6efeefeafcb9658ceacb0113e2ff65255b9c96d52631bff162ceb42a7  ligru.py
   3b8b39b28967feabbcecc4ab096096896aed3d4af2c652eeb0163e54d8fbd3ad  ligru_f64.c
   bc70a4a2867c137548b5b2d50c892c9f804dd243195bb92c16360b98b3c35af8  ligru_f64.h
   7e6faa042ab36efe85222bd2eedcd6357c37bae4501fe04da165fc9c5b8a95e4  ligru_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_z" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_z" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_z" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_h" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_h" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_z", (Add (Add (Mul (Var "W_z" always) (Var "x" now)) (Mul (Var "U_z" always) (Var "h" (Ago 1)))) (Var "b_z" always)))
    ; ("z", (Apply Sigmoid (Var "z_z" now)))
    ; ("z_n", (Add (Add (Mul (Var "W_h" always) (Var "x" now)) (Mul (Var "U_h" always) (Var "h" (Ago 1)))) (Var "b_h" always)))
    ; ("n", (Apply Relu (Var "z_n" now)))
    ; ("h", (Add (Had (Var "z" now) (Var "h" (Ago 1))) (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now))) (Var "n" now))))
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
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Var "z" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_h" always)) (Bar "z_n" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_z" always)) (Bar "z_z" now)) ])
  ; ("n",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) ])
  ; ("z_n",
    [ Part 0 now (Had (Bar "n" now) (Apply Step (Var "n" now))) ])
  ; ("z",
    [ Part 0 now (Add (Had (Bar "h" now) (Var "h" (Ago 1))) (Scale (-1) (Had (Bar "h" now) (Var "n" now)))) ])
  ; ("z_z",
    [ Part 0 now (Had (Had (Bar "z" now) (Var "z" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) ])
  ; ("W_z",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "x" now))) ])
  ; ("U_z",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_z",
    [ Part 0 always (Bar "z_z" now) ])
  ; ("W_h",
    [ Part 0 always (Mul (Bar "z_n" now) (Transpose (Var "x" now))) ])
  ; ("U_h",
    [ Part 0 always (Mul (Bar "z_n" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_h",
    [ Part 0 always (Bar "z_n" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_h" always)) (Bar "z_n" now))
    ; Part 0 now (Mul (Transpose (Var "W_z" always)) (Bar "z_z" now)) ])
  ].

Definition conditions (n_I n_H n_O : nat) : list condition :=
  [ Nonzero 0 (Var "z_n" now) ].

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
