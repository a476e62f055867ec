(* The gradient of rnn_transposed, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   46d45787a4899a0fc1bfc2db943f4cef5cac2f9ed97069a418cd454e684ec388  equations
   73e802b9267da6c000311db49df6dce378facbb6ff9afc3a42a84228ba4cf5e5  rnn_transposed.py
   2a59590357c0d382ed671483ecd22f4404790787e00f01d111e8e2ea56518766  rnn_transposed_f64.c
   1d0a4ea48a76e6d6aa021641c328874d7f4e2b00b072a39effbc859d44cf877e  rnn_transposed_f64.h
   3c44cf5640a6d02b5e8bc831b1d170a535f00f305dc18c93ee90d5c317e783d7  rnn_transposed_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_n_x n_n_a n_n_y : nat) : network := Network
  [ Quantity "W_aa" n_n_a n_n_a (Fixed 0) (Fixed 0)
  ; Quantity "W_ax" n_n_x n_n_a (Fixed 0) (Fixed 0)
  ; Quantity "b_a" n_n_a 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_ya" n_n_a n_n_y (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_n_y 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_n_x 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_a" n_n_a 1 (Fixed 1) (Length 0 0)
  ; Quantity "a" n_n_a 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_n_y 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_n_y 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_n_y 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_a", (Add (Add (Mul (Transpose (Var "W_aa" always)) (Var "a" (Ago 1))) (Mul (Transpose (Var "W_ax" always)) (Var "x" now))) (Var "b_a" always)))
    ; ("a", (Apply Tanh (Var "z_a" now)))
    ; ("z_y", (Add (Mul (Transpose (Var "W_ya" always)) (Var "a" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_n_x n_n_a n_n_y : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("a",
    [ Part 0 now (Mul (Var "W_ya" always) (Bar "z_y" now))
    ; Part 0 (Ago 1) (Mul (Var "W_aa" always) (Bar "z_a" now)) ])
  ; ("z_a",
    [ Part 0 now (Had (Bar "a" now) (Add (Number 1 n_n_a 1) (Scale (-1) (Power (Var "a" now) 2)))) ])
  ; ("W_aa",
    [ Part 0 always (Mul (Var "a" (Ago 1)) (Transpose (Bar "z_a" now))) ])
  ; ("W_ax",
    [ Part 0 always (Mul (Var "x" now) (Transpose (Bar "z_a" now))) ])
  ; ("b_a",
    [ Part 0 always (Bar "z_a" now) ])
  ; ("W_ya",
    [ Part 0 always (Mul (Var "a" now) (Transpose (Bar "z_y" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Var "W_ax" always) (Bar "z_a" now)) ])
  ].

Definition conditions (n_n_x n_n_a n_n_y : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_n_x n_n_a n_n_y : nat) :
  certified (net n_n_x n_n_a n_n_y) (adj n_n_x n_n_a n_n_y) loss (regular_at (net n_n_x n_n_a n_n_y)).
Proof. check. Qed.

Theorem regular (n_n_x n_n_a n_n_y : nat) : suffices (net n_n_x n_n_a n_n_y) (under (net n_n_x n_n_a n_n_y) (conditions n_n_x n_n_a n_n_y)).
Proof. settle. Qed.

Theorem solved (n_n_x n_n_a n_n_y : nat) : solvable (net n_n_x n_n_a n_n_y) (adj n_n_x n_n_a n_n_y).
Proof. order. Qed.

Theorem exact (n_n_x n_n_a n_n_y : nat) :
  certified (net n_n_x n_n_a n_n_y) (adj n_n_x n_n_a n_n_y) loss (under (net n_n_x n_n_a n_n_y) (conditions n_n_x n_n_a n_n_y)).
Proof. exact (certified_under _ _ _ _ (gradient n_n_x n_n_a n_n_y) (regular n_n_x n_n_a n_n_y)). Qed.
