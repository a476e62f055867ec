(* The gradient of linear_attention, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   91d7391cb499cc54c3a242f577afffb90087f0cc36a871eb4fa83772dc8c3240  equations
   2416354dbf4411051efe345748ae57f50a7113ad345b81003eb5c5c38de6c9af  linear_attention.py
   c998ede3a0739e8f604bff70dee9d43d7499ebcb388b278c99edc18d023d8c14  linear_attention_f64.c
   bfe143ecc1b8916cda3137671763d53ed306b156a35bfc5f0d0af07302a3db16  linear_attention_f64.h
   967ef3ba176c4e89ca793b6c0e79e692f1b5aa09c054d0335a916bf9c78fa309  linear_attention_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_K n_H n_O : nat) : network := Network
  [ Quantity "W_Q" n_K n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_V" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_K" n_K n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "a2_q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "a3_q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "z2_q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "a4_q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "a2_k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "a3_k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "z2_k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "a4_k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "v" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "S" n_K n_H (Fixed 0) (Length 0 0)
  ; Quantity "z" n_K 1 (Fixed 0) (Length 0 0)
  ; Quantity "u_y" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "u2_y" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "y" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y2" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("a_q", (Mul (Var "W_Q" always) (Var "x" now)))
    ; ("a_k", (Mul (Var "W_K" always) (Var "x" now)))
    ; ("a2_q", (Apply Relu (Var "a_q" now)))
    ; ("z_q", (Scale (-1) (Var "a_q" now)))
    ; ("a3_q", (Apply Relu (Var "z_q" now)))
    ; ("z2_q", (Scale (-1) (Var "a3_q" now)))
    ; ("a4_q", (Apply Exp (Var "z2_q" now)))
    ; ("q", (Add (Var "a2_q" now) (Var "a4_q" now)))
    ; ("a2_k", (Apply Relu (Var "a_k" now)))
    ; ("z_k", (Scale (-1) (Var "a_k" now)))
    ; ("a3_k", (Apply Relu (Var "z_k" now)))
    ; ("z2_k", (Scale (-1) (Var "a3_k" now)))
    ; ("a4_k", (Apply Exp (Var "z2_k" now)))
    ; ("k", (Add (Var "a2_k" now) (Var "a4_k" now)))
    ; ("v", (Mul (Var "W_V" always) (Var "x" now)))
    ; ("S", (Add (Var "S" (Ago 1)) (Mul (Var "k" now) (Transpose (Var "v" now)))))
    ; ("z", (Add (Var "z" (Ago 1)) (Var "k" now)))
    ; ("u_y", (Mul (Transpose (Var "S" now)) (Var "q" now)))
    ; ("u2_y", (Mul (Transpose (Var "z" now)) (Var "q" now)))
    ; ("y", (Quot (Var "u_y" now) (Multiple (Var "u2_y" now) (Number 1 n_H 1))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_K n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("y",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("u2_y",
    [ Part 0 now (Scale (-1) (Mul (Number 1 1 n_H) (Had (Quot (Bar "y" now) (Power (Multiple (Var "u2_y" now) (Number 1 n_H 1)) 2)) (Var "u_y" now)))) ])
  ; ("u_y",
    [ Part 0 now (Quot (Bar "y" now) (Multiple (Var "u2_y" now) (Number 1 n_H 1))) ])
  ; ("z",
    [ Part 0 now (Mul (Var "q" now) (Bar "u2_y" now))
    ; Part 0 (Ago 1) (Bar "z" now) ])
  ; ("S",
    [ Part 0 now (Mul (Var "q" now) (Transpose (Bar "u_y" now)))
    ; Part 0 (Ago 1) (Bar "S" now) ])
  ; ("v",
    [ Part 0 now (Mul (Transpose (Bar "S" now)) (Var "k" now)) ])
  ; ("k",
    [ Part 0 now (Bar "z" now)
    ; Part 0 now (Mul (Bar "S" now) (Var "v" now)) ])
  ; ("a4_k",
    [ Part 0 now (Bar "k" now) ])
  ; ("z2_k",
    [ Part 0 now (Had (Bar "a4_k" now) (Var "a4_k" now)) ])
  ; ("a3_k",
    [ Part 0 now (Scale (-1) (Bar "z2_k" now)) ])
  ; ("z_k",
    [ Part 0 now (Had (Bar "a3_k" now) (Apply Step (Var "a3_k" now))) ])
  ; ("a2_k",
    [ Part 0 now (Bar "k" now) ])
  ; ("q",
    [ Part 0 now (Mul (Var "z" now) (Bar "u2_y" now))
    ; Part 0 now (Mul (Var "S" now) (Bar "u_y" now)) ])
  ; ("a4_q",
    [ Part 0 now (Bar "q" now) ])
  ; ("z2_q",
    [ Part 0 now (Had (Bar "a4_q" now) (Var "a4_q" now)) ])
  ; ("a3_q",
    [ Part 0 now (Scale (-1) (Bar "z2_q" now)) ])
  ; ("z_q",
    [ Part 0 now (Had (Bar "a3_q" now) (Apply Step (Var "a3_q" now))) ])
  ; ("a2_q",
    [ Part 0 now (Bar "q" now) ])
  ; ("a_k",
    [ Part 0 now (Scale (-1) (Bar "z_k" now))
    ; Part 0 now (Had (Bar "a2_k" now) (Apply Step (Var "a2_k" now))) ])
  ; ("a_q",
    [ Part 0 now (Scale (-1) (Bar "z_q" now))
    ; Part 0 now (Had (Bar "a2_q" now) (Apply Step (Var "a2_q" now))) ])
  ; ("W_Q",
    [ Part 0 always (Mul (Bar "a_q" now) (Transpose (Var "x" now))) ])
  ; ("W_V",
    [ Part 0 always (Mul (Bar "v" now) (Transpose (Var "x" now))) ])
  ; ("W_K",
    [ Part 0 always (Mul (Bar "a_k" now) (Transpose (Var "x" now))) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "y" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_V" always)) (Bar "v" now))
    ; Part 0 now (Mul (Transpose (Var "W_K" always)) (Bar "a_k" now))
    ; Part 0 now (Mul (Transpose (Var "W_Q" always)) (Bar "a_q" now)) ])
  ].

Definition conditions (n_I n_K n_H n_O : nat) : list condition :=
  [ Nonzero 0 (Var "a_q" now)
  ; Nonzero 0 (Var "z_q" now)
  ; Nonzero 0 (Var "a_k" now)
  ; Nonzero 0 (Var "z_k" now)
  ; Nonzero 0 (Multiple (Var "u2_y" now) (Number 1 n_H 1)) ].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_K n_H n_O : nat) :
  certified (net n_I n_K n_H n_O) (adj n_I n_K n_H n_O) loss (regular_at (net n_I n_K n_H n_O)).
Proof. check. Qed.

Theorem regular (n_I n_K n_H n_O : nat) : suffices (net n_I n_K n_H n_O) (under (net n_I n_K n_H n_O) (conditions n_I n_K n_H n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_K n_H n_O : nat) : solvable (net n_I n_K n_H n_O) (adj n_I n_K n_H n_O).
Proof. order. Qed.

Theorem exact (n_I n_K n_H n_O : nat) :
  certified (net n_I n_K n_H n_O) (adj n_I n_K n_H n_O) loss (under (net n_I n_K n_H n_O) (conditions n_I n_K n_H n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_K n_H n_O) (regular n_I n_K n_H n_O)). Qed.
