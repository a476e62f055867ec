(* The gradient of deltanet, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   665bb09071e476a1a9b12586f41afca6d37bc87b11f4a1fb9f6d7e13fe49a40b  equations
   3ce76e1d7419990d3482a330500a36eec58955a7120bcf21374fbffaa526e49e  deltanet.py
   c26c48d2203ba81baa29ed0bc0b387a972e5181e24514c757c0befebf202fb0d  deltanet_f64.c
   11d1682ffc7de965d538d3f8f1219f42a815e9d1fdd94725847feeec53f80c42  deltanet_f64.h
   ecf4952261fd3dfefdb4936016156a124dd0a2fed85ea1244982f78bd455a610  deltanet_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_K n_O : nat) : network := Network
  [ Quantity "W_Q" n_K n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_V" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "w_beta" n_I 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_K" n_K n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_s_q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_s_k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_q" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "a2_q" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_k" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "a2_k" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "v" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_beta" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "beta" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "e" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_S" n_H n_K (Fixed 1) (Length 0 0)
  ; Quantity "S" n_H n_K (Fixed 0) (Length 0 0)
  ; Quantity "y" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y2" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("a_q", (Mul (Var "W_Q" always) (Var "x" now)))
    ; ("a_k", (Mul (Var "W_K" always) (Var "x" now)))
    ; ("a_s_q", (Apply Sigmoid (Var "a_q" now)))
    ; ("s_q", (Had (Var "a_q" now) (Var "a_s_q" now)))
    ; ("a_s_k", (Apply Sigmoid (Var "a_k" now)))
    ; ("s_k", (Had (Var "a_k" now) (Var "a_s_k" now)))
    ; ("z_q", (Mul (Transpose (Var "s_q" now)) (Var "s_q" now)))
    ; ("a2_q", (Apply Sqrt (Var "z_q" now)))
    ; ("q", (Quot (Var "s_q" now) (Multiple (Var "a2_q" now) (Number 1 n_K 1))))
    ; ("z_k", (Mul (Transpose (Var "s_k" now)) (Var "s_k" now)))
    ; ("a2_k", (Apply Sqrt (Var "z_k" now)))
    ; ("k", (Quot (Var "s_k" now) (Multiple (Var "a2_k" now) (Number 1 n_K 1))))
    ; ("v", (Mul (Var "W_V" always) (Var "x" now)))
    ; ("z_beta", (Mul (Transpose (Var "w_beta" always)) (Var "x" now)))
    ; ("beta", (Apply Sigmoid (Var "z_beta" now)))
    ; ("e", (Add (Var "v" now) (Scale (-1) (Mul (Var "S" (Ago 1)) (Var "k" now)))))
    ; ("u_S", (Mul (Var "e" now) (Transpose (Var "k" now))))
    ; ("S", (Add (Var "S" (Ago 1)) (Multiple (Var "beta" now) (Var "u_S" now))))
    ; ("y", (Mul (Var "S" now) (Var "q" now)))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_H n_K n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("y",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("S",
    [ Part 0 now (Mul (Bar "y" now) (Transpose (Var "q" now)))
    ; Part 0 (Ago 1) (Bar "S" now)
    ; Part 0 (Ago 1) (Scale (-1) (Mul (Bar "e" now) (Transpose (Var "k" now)))) ])
  ; ("u_S",
    [ Part 0 now (Multiple (Var "beta" now) (Bar "S" now)) ])
  ; ("e",
    [ Part 0 now (Mul (Bar "u_S" now) (Var "k" now)) ])
  ; ("beta",
    [ Part 0 now (Trace (Mul (Transpose (Bar "S" now)) (Var "u_S" now))) ])
  ; ("z_beta",
    [ Part 0 now (Had (Had (Bar "beta" now) (Var "beta" now)) (Add (Number 1 1 1) (Scale (-1) (Var "beta" now)))) ])
  ; ("v",
    [ Part 0 now (Bar "e" now) ])
  ; ("k",
    [ Part 0 now (Mul (Transpose (Bar "u_S" now)) (Var "e" now))
    ; Part 0 now (Scale (-1) (Mul (Transpose (Var "S" (Ago 1))) (Bar "e" now))) ])
  ; ("a2_k",
    [ Part 0 now (Scale (-1) (Mul (Number 1 1 n_K) (Had (Quot (Bar "k" now) (Power (Multiple (Var "a2_k" now) (Number 1 n_K 1)) 2)) (Var "s_k" now)))) ])
  ; ("z_k",
    [ Part 0 now (Had (Bar "a2_k" now) (Quot (Number 1 1 1) (Scale 2 (Var "a2_k" now)))) ])
  ; ("q",
    [ Part 0 now (Mul (Transpose (Var "S" now)) (Bar "y" now)) ])
  ; ("a2_q",
    [ Part 0 now (Scale (-1) (Mul (Number 1 1 n_K) (Had (Quot (Bar "q" now) (Power (Multiple (Var "a2_q" now) (Number 1 n_K 1)) 2)) (Var "s_q" now)))) ])
  ; ("z_q",
    [ Part 0 now (Had (Bar "a2_q" now) (Quot (Number 1 1 1) (Scale 2 (Var "a2_q" now)))) ])
  ; ("s_k",
    [ Part 0 now (Quot (Bar "k" now) (Multiple (Var "a2_k" now) (Number 1 n_K 1)))
    ; Part 0 now (Scale 2 (Mul (Var "s_k" now) (Bar "z_k" now))) ])
  ; ("a_s_k",
    [ Part 0 now (Had (Bar "s_k" now) (Var "a_k" now)) ])
  ; ("s_q",
    [ Part 0 now (Quot (Bar "q" now) (Multiple (Var "a2_q" now) (Number 1 n_K 1)))
    ; Part 0 now (Scale 2 (Mul (Var "s_q" now) (Bar "z_q" now))) ])
  ; ("a_s_q",
    [ Part 0 now (Had (Bar "s_q" now) (Var "a_q" now)) ])
  ; ("a_k",
    [ Part 0 now (Had (Bar "s_k" now) (Var "a_s_k" now))
    ; Part 0 now (Had (Had (Bar "a_s_k" now) (Var "a_s_k" now)) (Add (Number 1 n_K 1) (Scale (-1) (Var "a_s_k" now)))) ])
  ; ("a_q",
    [ Part 0 now (Had (Bar "s_q" now) (Var "a_s_q" now))
    ; Part 0 now (Had (Had (Bar "a_s_q" now) (Var "a_s_q" now)) (Add (Number 1 n_K 1) (Scale (-1) (Var "a_s_q" now)))) ])
  ; ("W_Q",
    [ Part 0 always (Mul (Bar "a_q" now) (Transpose (Var "x" now))) ])
  ; ("W_V",
    [ Part 0 always (Mul (Bar "v" now) (Transpose (Var "x" now))) ])
  ; ("w_beta",
    [ Part 0 always (Mul (Var "x" now) (Bar "z_beta" now)) ])
  ; ("W_K",
    [ Part 0 always (Mul (Bar "a_k" now) (Transpose (Var "x" now))) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "y" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Var "w_beta" always) (Bar "z_beta" now))
    ; Part 0 now (Mul (Transpose (Var "W_V" always)) (Bar "v" now))
    ; Part 0 now (Mul (Transpose (Var "W_K" always)) (Bar "a_k" now))
    ; Part 0 now (Mul (Transpose (Var "W_Q" always)) (Bar "a_q" now)) ])
  ].

Definition conditions (n_I n_H n_K n_O : nat) : list condition :=
  [ Positive 0 (Var "z_q" now)
  ; Positive 0 (Var "z_k" now) ].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_H n_K n_O : nat) :
  certified (net n_I n_H n_K n_O) (adj n_I n_H n_K n_O) loss (regular_at (net n_I n_H n_K n_O)).
Proof. check. Qed.

Theorem regular (n_I n_H n_K n_O : nat) : suffices (net n_I n_H n_K n_O) (under (net n_I n_H n_K n_O) (conditions n_I n_H n_K n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_H n_K n_O : nat) : solvable (net n_I n_H n_K n_O) (adj n_I n_H n_K n_O).
Proof. order. Qed.

Theorem exact (n_I n_H n_K n_O : nat) :
  certified (net n_I n_H n_K n_O) (adj n_I n_H n_K n_O) loss (under (net n_I n_H n_K n_O) (conditions n_I n_H n_K n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_H n_K n_O) (regular n_I n_H n_K n_O)). Qed.
