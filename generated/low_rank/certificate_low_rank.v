(* The gradient of low_rank, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   472bd45992d30263cb54977a84fbb71090c7418b5cf5b0f9e232c3314a2ea52a  equations
   ba84c9882ef75b4efb0afb3c5a8d088e0964379e92b4a2554f3ae7629e794c20  low_rank.py
   178c1be8c980d052fb35afc687051c4f94f8c7f67b199d644c90b41565fe5852  low_rank_f64.c
   baa49b7539df56f988cdf6d8e196820f33ed41f2d942cd9c631a935fd57917f1  low_rank_f64.h
   222a5984395ec321e7f4391e85931268db63e1c494b8b02b5ee23383c540b5c6  low_rank_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_R n_O : nat) : network := Network
  [ Quantity "M" n_H n_R (Fixed 0) (Fixed 0)
  ; Quantity "N" n_H n_R (Fixed 0) (Fixed 0)
  ; Quantity "W_in" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "u" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_kappa" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "kappa" n_R 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_x" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "x" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "alpha" 1 1
  ; Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("s_kappa", (Apply Tanh (Var "x" (Ago 1))))
    ; ("kappa", (Scale (/ (INR n_H)) (Mul (Transpose (Var "N" always)) (Var "s_kappa" now))))
    ; ("u_x", (Add (Mul (Var "M" always) (Var "kappa" now)) (Mul (Var "W_in" always) (Var "u" now))))
    ; ("x", (Add (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "alpha" always))) (Var "x" (Ago 1))) (Multiple (Var "alpha" always) (Var "u_x" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "x" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_R n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 0 (Ago 1) (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "alpha" always))) (Bar "x" now))
    ; Part 0 (Ago 1) (Had (Bar "s_kappa" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "s_kappa" now) 2)))) ])
  ; ("u_x",
    [ Part 0 now (Multiple (Var "alpha" always) (Bar "x" now)) ])
  ; ("kappa",
    [ Part 0 now (Mul (Transpose (Var "M" always)) (Bar "u_x" now)) ])
  ; ("s_kappa",
    [ Part 0 now (Scale (/ (INR n_H)) (Mul (Var "N" always) (Bar "kappa" now))) ])
  ; ("M",
    [ Part 0 always (Mul (Bar "u_x" now) (Transpose (Var "kappa" now))) ])
  ; ("N",
    [ Part 0 always (Scale (/ (INR n_H)) (Mul (Var "s_kappa" now) (Transpose (Bar "kappa" now)))) ])
  ; ("W_in",
    [ Part 0 always (Mul (Bar "u_x" now) (Transpose (Var "u" now))) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "x" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("u",
    [ Part 0 now (Mul (Transpose (Var "W_in" always)) (Bar "u_x" now)) ])
  ].

Definition conditions (n_I n_H n_R n_O : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_H n_R n_O : nat) :
  certified (net n_I n_H n_R n_O) (adj n_I n_H n_R n_O) loss (regular_at (net n_I n_H n_R n_O)).
Proof. check. Qed.

Theorem regular (n_I n_H n_R n_O : nat) : suffices (net n_I n_H n_R n_O) (under (net n_I n_H n_R n_O) (conditions n_I n_H n_R n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_H n_R n_O : nat) : solvable (net n_I n_H n_R n_O) (adj n_I n_H n_R n_O).
Proof. order. Qed.

Theorem exact (n_I n_H n_R n_O : nat) :
  certified (net n_I n_H n_R n_O) (adj n_I n_H n_R n_O) loss (under (net n_I n_H n_R n_O) (conditions n_I n_H n_R n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_H n_R n_O) (regular n_I n_H n_R n_O)). Qed.
