(* The gradient of ctrnn_current, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   aeaebaaabeb323c445ba55362fb93aeb9bea3ffab2c8ab456157ae3046f7a013  equations
   70dfbbff2872878f9f84929513cf3fd3b9d3773225be73fbfb4cfbbd09e6cf7a  ctrnn_current.py
   575e025e1c43d92aa690349700c781257f05743469763e6e91f716c6562351de  ctrnn_current_f64.c
   438e7e51fe800beb7683130e34a46b51c432dc1421a2aab3f1b4bb2810d519d3  ctrnn_current_f64.h
   418b1fb17c2ae7f29d8738f22594417a6202ffe7ee9bf604e2e689deb5d6cf0e  ctrnn_current_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_rec" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_in" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "u" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_x" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_x" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "x" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "alpha" 1 1
  ; Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("s_x", (Apply Relu (Var "x" (Ago 1))))
    ; ("u_x", (Add (Add (Mul (Var "W_rec" always) (Var "s_x" now)) (Mul (Var "W_in" always) (Var "u" now))) (Var "b" always)))
    ; ("x", (Add (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "alpha" always))) (Var "x" (Ago 1))) (Multiple (Var "alpha" always) (Var "u_x" now))))
    ; ("r", (Apply Relu (Var "x" now)))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "r" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("r",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("x",
    [ Part 0 now (Had (Bar "r" now) (Apply Step (Var "r" now)))
    ; Part 0 (Ago 1) (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "alpha" always))) (Bar "x" now))
    ; Part 0 (Ago 1) (Had (Bar "s_x" now) (Apply Step (Var "s_x" now))) ])
  ; ("u_x",
    [ Part 0 now (Multiple (Var "alpha" always) (Bar "x" now)) ])
  ; ("s_x",
    [ Part 0 now (Mul (Transpose (Var "W_rec" always)) (Bar "u_x" now)) ])
  ; ("W_rec",
    [ Part 0 always (Mul (Bar "u_x" now) (Transpose (Var "s_x" now))) ])
  ; ("W_in",
    [ Part 0 always (Mul (Bar "u_x" now) (Transpose (Var "u" now))) ])
  ; ("b",
    [ Part 0 always (Bar "u_x" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "r" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("u",
    [ Part 0 now (Mul (Transpose (Var "W_in" always)) (Bar "u_x" now)) ])
  ].

Definition conditions (n_I n_H n_O : nat) : list condition :=
  [ Nonzero 0 (Var "x" (Ago 1))
  ; Nonzero 0 (Var "x" now) ].

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
