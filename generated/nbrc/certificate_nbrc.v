(* The gradient of nbrc, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   dfaa1e78693adfd812f089448cab128d97dcad6962ea190fd91b2f07d3a1fd7c  equations
   42071c3333030cc776258ddaa2e3ae73277849f3f7683622c067b7654e27fb4e  nbrc.py
   fc0663ffec8705321b964db963c5f5c3c6fda8da3676793282beeed710fedd5f  nbrc_f64.c
   b07eb31985c69f37d7acd99cb4906279dfebc00099a0c06d0a8997067afd9fcf  nbrc_f64.h
   d43d2e679fcba124a3fc2130d49332e1e97ed3953c7fbbdabb8e592f597a831f  nbrc_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "U_a" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_a" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "U_c" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_c" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "U" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_a" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_a" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_c" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_a", (Add (Mul (Var "U_a" always) (Var "x" now)) (Mul (Var "W_a" always) (Var "h" (Ago 1)))))
    ; ("a_a", (Apply Tanh (Var "z_a" now)))
    ; ("a", (Add (Number 1 n_H 1) (Var "a_a" now)))
    ; ("z_c", (Add (Mul (Var "U_c" always) (Var "x" now)) (Mul (Var "W_c" always) (Var "h" (Ago 1)))))
    ; ("c", (Apply Sigmoid (Var "z_c" now)))
    ; ("z_h", (Add (Mul (Var "U" always) (Var "x" now)) (Had (Var "a" now) (Var "h" (Ago 1)))))
    ; ("a_h", (Apply Tanh (Var "z_h" now)))
    ; ("h", (Add (Had (Var "c" now) (Var "h" (Ago 1))) (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "c" now))) (Var "a_h" now))))
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
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Var "c" now))
    ; Part 0 (Ago 1) (Had (Bar "z_h" now) (Var "a" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_c" always)) (Bar "z_c" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_a" always)) (Bar "z_a" now)) ])
  ; ("a_h",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "c" now)))) ])
  ; ("z_h",
    [ Part 0 now (Had (Bar "a_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_h" now) 2)))) ])
  ; ("c",
    [ Part 0 now (Add (Had (Bar "h" now) (Var "h" (Ago 1))) (Scale (-1) (Had (Bar "h" now) (Var "a_h" now)))) ])
  ; ("z_c",
    [ Part 0 now (Had (Had (Bar "c" now) (Var "c" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "c" now)))) ])
  ; ("a",
    [ Part 0 now (Had (Bar "z_h" now) (Var "h" (Ago 1))) ])
  ; ("a_a",
    [ Part 0 now (Bar "a" now) ])
  ; ("z_a",
    [ Part 0 now (Had (Bar "a_a" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_a" now) 2)))) ])
  ; ("U_a",
    [ Part 0 always (Mul (Bar "z_a" now) (Transpose (Var "x" now))) ])
  ; ("W_a",
    [ Part 0 always (Mul (Bar "z_a" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("U_c",
    [ Part 0 always (Mul (Bar "z_c" now) (Transpose (Var "x" now))) ])
  ; ("W_c",
    [ Part 0 always (Mul (Bar "z_c" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("U",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "U" always)) (Bar "z_h" now))
    ; Part 0 now (Mul (Transpose (Var "U_c" always)) (Bar "z_c" now))
    ; Part 0 now (Mul (Transpose (Var "U_a" always)) (Bar "z_a" now)) ])
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
