(* The gradient of rnn_relu, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   a67b54644309caff2ebeb303943a5a664fe05b0826be89e07ff7e73e785cbb5f  equations
   ae2d63597acca8418ea20d0fc1a134de1ada2bab568668c3f4e1e5f41b49318b  rnn_relu.py
   3356b1952bcbac0587cc88215186a17c038133880c08eefb60ca7fafa3a243a7  rnn_relu_f64.c
   3602174a24bd9bc165ed06a51c6eb60263cf2f46656c608fa6202c774b0d0561  rnn_relu_f64.h
   da9b4ebeddb108cb58a21bc3ced13f81f52029a2e06582e9e80711800354824a  rnn_relu_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_ih" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_ih" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hh" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_hh" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_h", (Add (Add (Add (Mul (Var "W_ih" always) (Var "x" now)) (Var "b_ih" always)) (Mul (Var "W_hh" always) (Var "h" (Ago 1)))) (Var "b_hh" always)))
    ; ("h", (Apply Relu (Var "z_h" now)))
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
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hh" always)) (Bar "z_h" now)) ])
  ; ("z_h",
    [ Part 0 now (Had (Bar "h" now) (Apply Step (Var "h" now))) ])
  ; ("W_ih",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("b_ih",
    [ Part 0 always (Bar "z_h" now) ])
  ; ("W_hh",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_hh",
    [ Part 0 always (Bar "z_h" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_ih" always)) (Bar "z_h" now)) ])
  ].

Definition conditions (n_I n_H n_O : nat) : list condition :=
  [ Nonzero 0 (Var "z_h" now) ].

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
