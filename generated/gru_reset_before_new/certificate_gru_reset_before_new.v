(* The gradient of gru_reset_before_new, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   38274101e22f0268716c44442f173817caccf1a89bb02228c2ec3af0ab0f9b80  equations
   d64bbbd2d6d0c9c9157b8cbb8108ad601c8a7bc59a7a276cb27d15f1c00b8c29  gru_reset_before_new.py
   ddea20ce4e63cc33e3447bd26d25b4a669605a2b6d1108b170f8dd2a7164ece4  gru_reset_before_new_f64.c
   7742596e231796942b84b6973c3c1a5998d485debce60e25610e1493cc4be54a  gru_reset_before_new_f64.h
   c7c2f5cbf506beeecefcbc9c7651abf37a9ec6881b98aa3671e530287ff01cb3  gru_reset_before_new_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_r" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_r" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_r" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_z" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_z" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_z" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_r", (Add (Add (Mul (Var "W_r" always) (Var "x" now)) (Mul (Var "U_r" always) (Var "h" (Ago 1)))) (Var "b_r" always)))
    ; ("r", (Apply Sigmoid (Var "z_r" now)))
    ; ("z_z", (Add (Add (Mul (Var "W_z" always) (Var "x" now)) (Mul (Var "U_z" always) (Var "h" (Ago 1)))) (Var "b_z" always)))
    ; ("z", (Apply Sigmoid (Var "z_z" now)))
    ; ("s_n", (Had (Var "r" now) (Var "h" (Ago 1))))
    ; ("z_n", (Add (Add (Mul (Var "W" always) (Var "x" now)) (Mul (Var "U" always) (Var "s_n" now))) (Var "b" always)))
    ; ("n", (Apply Tanh (Var "z_n" now)))
    ; ("h", (Add (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now))) (Var "h" (Ago 1))) (Had (Var "z" now) (Var "n" now))))
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
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now))))
    ; Part 0 (Ago 1) (Had (Bar "s_n" now) (Var "r" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_z" always)) (Bar "z_z" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_r" always)) (Bar "z_r" now)) ])
  ; ("n",
    [ Part 0 now (Had (Bar "h" now) (Var "z" now)) ])
  ; ("z_n",
    [ Part 0 now (Had (Bar "n" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "n" now) 2)))) ])
  ; ("s_n",
    [ Part 0 now (Mul (Transpose (Var "U" always)) (Bar "z_n" now)) ])
  ; ("z",
    [ Part 0 now (Add (Scale (-1) (Had (Bar "h" now) (Var "h" (Ago 1)))) (Had (Bar "h" now) (Var "n" now))) ])
  ; ("z_z",
    [ Part 0 now (Had (Had (Bar "z" now) (Var "z" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) ])
  ; ("r",
    [ Part 0 now (Had (Bar "s_n" now) (Var "h" (Ago 1))) ])
  ; ("z_r",
    [ Part 0 now (Had (Had (Bar "r" now) (Var "r" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "r" now)))) ])
  ; ("W_r",
    [ Part 0 always (Mul (Bar "z_r" now) (Transpose (Var "x" now))) ])
  ; ("U_r",
    [ Part 0 always (Mul (Bar "z_r" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_r",
    [ Part 0 always (Bar "z_r" now) ])
  ; ("W_z",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "x" now))) ])
  ; ("U_z",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_z",
    [ Part 0 always (Bar "z_z" now) ])
  ; ("W",
    [ Part 0 always (Mul (Bar "z_n" now) (Transpose (Var "x" now))) ])
  ; ("U",
    [ Part 0 always (Mul (Bar "z_n" now) (Transpose (Var "s_n" now))) ])
  ; ("b",
    [ Part 0 always (Bar "z_n" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W" always)) (Bar "z_n" now))
    ; Part 0 now (Mul (Transpose (Var "W_z" always)) (Bar "z_z" now))
    ; Part 0 now (Mul (Transpose (Var "W_r" always)) (Bar "z_r" now)) ])
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
