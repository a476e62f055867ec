(* The gradient of rnn, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   53641b79fd5c2a2bb26838d2ba825defb8e4195b6051e9a0a807ee76fc2f5ca7  equations
   0c0f9804997b84bbfca504a04a485d01a1f5dea11127092033db70e3e335042e  rnn.py
   04be5119da3fc4e056a9a152500743f89ad942e18fe2baed93500c214e0b36f7  rnn_f64.c
   bc96f13feaece7468f596b16058b00cc503e60b14f7e458aaba78542337c4c86  rnn_f64.h
   9eba66bb6e5489b76cac97849ec37735de7984f5a5b492ab54f9326c7441822a  rnn_f64_test.c
   Of one window, before which the state is held constant; see truncated_exact in Unrolling.v. Length 0 counts its
   older steps, whose losses do not count, Length 1 the others.
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_xh" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hh" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Lengths 0 1 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Lengths 0 1 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Lengths 0 1 0)
  ; Quantity "z_y" n_O 1 (Length 0 1) (Lengths 0 1 0)
  ; Quantity "y_hat" n_O 1 (Length 0 1) (Lengths 0 1 0)
  ; Quantity "J" 1 1 (Length 0 1) (Lengths 0 1 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_h", (Add (Add (Mul (Var "W_xh" always) (Var "x" now)) (Mul (Var "W_hh" always) (Var "h" (Ago 1)))) (Var "b_h" always)))
    ; ("h", (Apply Tanh (Var "z_h" now))) ]
  ; Stage (Length 0 1) (Lengths 0 1 0) true
    [ ("z_h", (Add (Add (Mul (Var "W_xh" always) (Var "x" now)) (Mul (Var "W_hh" always) (Var "h" (Ago 1)))) (Var "b_h" always)))
    ; ("h", (Apply Tanh (Var "z_h" now)))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 1 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 1 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("h",
    [ Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 1 (Ago 1) (Mul (Transpose (Var "W_hh" always)) (Bar "z_h" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hh" always)) (Bar "z_h" now)) ])
  ; ("z_h",
    [ Part 1 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h" now) 2))))
    ; Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h" now) 2)))) ])
  ; ("W_xh",
    [ Part 1 always (Mul (Bar "z_h" now) (Transpose (Var "x" now)))
    ; Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("W_hh",
    [ Part 1 always (Mul (Bar "z_h" now) (Transpose (Var "h" (Ago 1))))
    ; Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_h",
    [ Part 1 always (Bar "z_h" now)
    ; Part 0 always (Bar "z_h" now) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 1 now (Mul (Transpose (Var "W_xh" always)) (Bar "z_h" now))
    ; Part 0 now (Mul (Transpose (Var "W_xh" always)) (Bar "z_h" now)) ])
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
