(* The gradient of rnn_bidirectional, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   21924dc40dc2eeadc767978698f1d6308e714472942bfc76670505381b360676  equations
   51bb1b100ff59bf2016a44ad56c8cf105fe6c9ce1bde94a21fbbcc516e051989  rnn_bidirectional.py
   05e8f26a5b8a53f36593f8a515f5ca09da3321da232a8caa301b14f846b10fd0  rnn_bidirectional_f64.c
   b382cbfd445dfe0697812ff33f7232228c0f6a0144c52779f70692b27a32f28c  rnn_bidirectional_f64.h
   628ed5db524c4ba35d035e7f5ff06c539a2e2e01ce276c51ae2112f4a3154dd4  rnn_bidirectional_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H_f n_H_b n_O : nat) : network := Network
  [ Quantity "W_xh_f" n_H_f n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hh_f" n_H_f n_H_f (Fixed 0) (Fixed 0)
  ; Quantity "b_h_f" n_H_f 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_xh_b" n_H_b n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hh_b" n_H_b n_H_b (Fixed 0) (Fixed 0)
  ; Quantity "b_h_b" n_H_b 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O (n_H_b + n_H_f) (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h_f" n_H_f 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_f" n_H_f 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_h_b" n_H_b 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_b" n_H_b 1 (Fixed 1) (Length 0 1)
  ; Quantity "h" (n_H_b + n_H_f) 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_h_f", (Add (Add (Mul (Var "W_xh_f" always) (Var "x" now)) (Mul (Var "W_hh_f" always) (Var "h_f" (Ago 1)))) (Var "b_h_f" always)))
    ; ("h_f", (Apply Tanh (Var "z_h_f" now))) ]
  ; Stage (Fixed 1) (Length 0 0) false
    [ ("z_h_b", (Add (Add (Mul (Var "W_xh_b" always) (Var "x" now)) (Mul (Var "W_hh_b" always) (Var "h_b" (Ago (-1))))) (Var "b_h_b" always)))
    ; ("h_b", (Apply Tanh (Var "z_h_b" now))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("h", (Concat (Var "h_f" now) (Var "h_b" now)))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H_f n_H_b n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 2 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 2 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("h",
    [ Part 2 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("h_b",
    [ Part 2 now (Slice (Bar "h" now) n_H_f n_H_b)
    ; Part 1 (Ago (-1)) (Mul (Transpose (Var "W_hh_b" always)) (Bar "z_h_b" now)) ])
  ; ("z_h_b",
    [ Part 1 now (Had (Bar "h_b" now) (Add (Number 1 n_H_b 1) (Scale (-1) (Power (Var "h_b" now) 2)))) ])
  ; ("h_f",
    [ Part 2 now (Slice (Bar "h" now) 0 n_H_f)
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hh_f" always)) (Bar "z_h_f" now)) ])
  ; ("z_h_f",
    [ Part 0 now (Had (Bar "h_f" now) (Add (Number 1 n_H_f 1) (Scale (-1) (Power (Var "h_f" now) 2)))) ])
  ; ("W_xh_f",
    [ Part 0 always (Mul (Bar "z_h_f" now) (Transpose (Var "x" now))) ])
  ; ("W_hh_f",
    [ Part 0 always (Mul (Bar "z_h_f" now) (Transpose (Var "h_f" (Ago 1)))) ])
  ; ("b_h_f",
    [ Part 0 always (Bar "z_h_f" now) ])
  ; ("W_xh_b",
    [ Part 1 always (Mul (Bar "z_h_b" now) (Transpose (Var "x" now))) ])
  ; ("W_hh_b",
    [ Part 1 always (Mul (Bar "z_h_b" now) (Transpose (Var "h_b" (Ago (-1))))) ])
  ; ("b_h_b",
    [ Part 1 always (Bar "z_h_b" now) ])
  ; ("W_hy",
    [ Part 2 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 2 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 1 now (Mul (Transpose (Var "W_xh_b" always)) (Bar "z_h_b" now))
    ; Part 0 now (Mul (Transpose (Var "W_xh_f" always)) (Bar "z_h_f" now)) ])
  ].

Definition conditions (n_I n_H_f n_H_b n_O : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_H_f n_H_b n_O : nat) :
  certified (net n_I n_H_f n_H_b n_O) (adj n_I n_H_f n_H_b n_O) loss (regular_at (net n_I n_H_f n_H_b n_O)).
Proof. check. Qed.

Theorem regular (n_I n_H_f n_H_b n_O : nat) : suffices (net n_I n_H_f n_H_b n_O) (under (net n_I n_H_f n_H_b n_O) (conditions n_I n_H_f n_H_b n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_H_f n_H_b n_O : nat) : solvable (net n_I n_H_f n_H_b n_O) (adj n_I n_H_f n_H_b n_O).
Proof. order. Qed.

Theorem exact (n_I n_H_f n_H_b n_O : nat) :
  certified (net n_I n_H_f n_H_b n_O) (adj n_I n_H_f n_H_b n_O) loss (under (net n_I n_H_f n_H_b n_O) (conditions n_I n_H_f n_H_b n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_H_f n_H_b n_O) (regular n_I n_H_f n_H_b n_O)). Qed.
