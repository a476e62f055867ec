(* The gradient of scrn, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   15f499a7513affcee833f02f05b8619e6ed605387aed320de3b3d12356ab06f4  equations
   3a37dea6185f12bf3f466f157b9746ed06d1580e651fd5ecb4145d40716a9bb3  scrn.py
   8b6bb03fb6fc3cd5ff7c647b2f480e045d0b9cef11411f473537074b29134210  scrn_f64.c
   64489129965df512195a52b477f95724ede2b66d6e45212c86e896ead0e5d6ec  scrn_f64.h
   f2d31aa68a1114c9d15d506cf60c1271c45243a735052ef93fa568c7889ee0df  scrn_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_P n_H n_O n_O2 : nat) : network := Network
  [ Quantity "A" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "B_x" n_P n_I (Fixed 0) (Fixed 0)
  ; Quantity "P_s" n_H n_P (Fixed 0) (Fixed 0)
  ; Quantity "R" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V" n_O n_P (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O2 n_O (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O2 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_s" n_P 1 (Fixed 1) (Length 0 0)
  ; Quantity "s" n_P 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O2 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O2 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "alpha" 1 1
  ; Constant "y2" n_O2 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("u_s", (Mul (Var "B_x" always) (Var "x" now)))
    ; ("s", (Add (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "alpha" always))) (Var "u_s" now)) (Multiple (Var "alpha" always) (Var "s" (Ago 1)))))
    ; ("z_h", (Add (Add (Mul (Var "P_s" always) (Var "s" now)) (Mul (Var "A" always) (Var "x" now))) (Mul (Var "R" always) (Var "h" (Ago 1)))))
    ; ("h", (Apply Sigmoid (Var "z_h" now)))
    ; ("y", (Add (Mul (Var "U" always) (Var "h" now)) (Mul (Var "V" always) (Var "s" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_P n_H n_O n_O2 : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("y",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("h",
    [ Part 0 now (Mul (Transpose (Var "U" always)) (Bar "y" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "R" always)) (Bar "z_h" now)) ])
  ; ("z_h",
    [ Part 0 now (Had (Had (Bar "h" now) (Var "h" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "h" now)))) ])
  ; ("s",
    [ Part 0 now (Mul (Transpose (Var "V" always)) (Bar "y" now))
    ; Part 0 now (Mul (Transpose (Var "P_s" always)) (Bar "z_h" now))
    ; Part 0 (Ago 1) (Multiple (Var "alpha" always) (Bar "s" now)) ])
  ; ("u_s",
    [ Part 0 now (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "alpha" always))) (Bar "s" now)) ])
  ; ("A",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("U",
    [ Part 0 always (Mul (Bar "y" now) (Transpose (Var "h" now))) ])
  ; ("B_x",
    [ Part 0 always (Mul (Bar "u_s" now) (Transpose (Var "x" now))) ])
  ; ("P_s",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "s" now))) ])
  ; ("R",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("V",
    [ Part 0 always (Mul (Bar "y" now) (Transpose (Var "s" now))) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "y" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "A" always)) (Bar "z_h" now))
    ; Part 0 now (Mul (Transpose (Var "B_x" always)) (Bar "u_s" now)) ])
  ].

Definition conditions (n_I n_P n_H n_O n_O2 : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_P n_H n_O n_O2 : nat) :
  certified (net n_I n_P n_H n_O n_O2) (adj n_I n_P n_H n_O n_O2) loss (regular_at (net n_I n_P n_H n_O n_O2)).
Proof. check. Qed.

Theorem regular (n_I n_P n_H n_O n_O2 : nat) : suffices (net n_I n_P n_H n_O n_O2) (under (net n_I n_P n_H n_O n_O2) (conditions n_I n_P n_H n_O n_O2)).
Proof. settle. Qed.

Theorem solved (n_I n_P n_H n_O n_O2 : nat) : solvable (net n_I n_P n_H n_O n_O2) (adj n_I n_P n_H n_O n_O2).
Proof. order. Qed.

Theorem exact (n_I n_P n_H n_O n_O2 : nat) :
  certified (net n_I n_P n_H n_O n_O2) (adj n_I n_P n_H n_O n_O2) loss (under (net n_I n_P n_H n_O n_O2) (conditions n_I n_P n_H n_O n_O2)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_P n_H n_O n_O2) (regular n_I n_P n_H n_O n_O2)). Qed.
