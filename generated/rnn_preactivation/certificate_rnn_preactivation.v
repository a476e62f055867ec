(* The gradient of rnn_preactivation, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   3fa1ff65df554dec8a3d926e59aaa6bbed07a241cda9e1979d8a56439e3961a1  equations
   0ece6bb0effbcf231984c3db038a9a0642c6031600c89d839e610076fcaf8dda  rnn_preactivation.py
   c04f2ff9732a3bb7b120dd1a065ce9428fbe3e3dcacecb3cb3194a6ae4ef795d  rnn_preactivation_f64.c
   6c94cbe345a9053fda3e985ddc1b4e567b733c08946c815ce4e54f4d6912cd42  rnn_preactivation_f64.h
   375d8d107601f5c61b4f1ec279bafa3a5b680c861c85529d97919768d75cbf37  rnn_preactivation_f64_test.c
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
  ; Quantity "x" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("s_x", (Apply Tanh (Var "x" (Ago 1))))
    ; ("x", (Add (Add (Mul (Var "W_rec" always) (Var "s_x" now)) (Mul (Var "W_in" always) (Var "u" now))) (Var "b" always)))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "x" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 0 (Ago 1) (Had (Bar "s_x" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "s_x" now) 2)))) ])
  ; ("s_x",
    [ Part 0 now (Mul (Transpose (Var "W_rec" always)) (Bar "x" now)) ])
  ; ("W_rec",
    [ Part 0 always (Mul (Bar "x" now) (Transpose (Var "s_x" now))) ])
  ; ("W_in",
    [ Part 0 always (Mul (Bar "x" now) (Transpose (Var "u" now))) ])
  ; ("b",
    [ Part 0 always (Bar "x" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "x" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("u",
    [ Part 0 now (Mul (Transpose (Var "W_in" always)) (Bar "x" now)) ])
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
