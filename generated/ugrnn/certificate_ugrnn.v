(* The gradient of ugrnn, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   ac69a6455b85070c1b58ffb3488fcad61a0b17277664321cd790523f5ec6a991  equations
   ef5571272e708ca1012189d4eb5792647f33eb455ecf89f01c0a88d77f13bff7  ugrnn.py
   4015f280a0474c3776e8c920a3ebf67a7ccf7a1fa136a0e50b48eb22bbb8c0e2  ugrnn_f64.c
   d34170c37f55ea1b706a4d78422bb315c07d0e904163df3a94a7fb347a1222a5  ugrnn_f64.h
   30ffa36d23230c43367fe61badf579a109574cf42529f771bc5c3040ba4e0d63  ugrnn_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_cx" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_ch" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_c" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_gx" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_gh" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_g" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_c" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_c", (Add (Add (Mul (Var "W_cx" always) (Var "x" now)) (Mul (Var "W_ch" always) (Var "h" (Ago 1)))) (Var "b_c" always)))
    ; ("c", (Apply Tanh (Var "z_c" now)))
    ; ("z_g", (Add (Add (Mul (Var "W_gx" always) (Var "x" now)) (Mul (Var "W_gh" always) (Var "h" (Ago 1)))) (Var "b_g" always)))
    ; ("g", (Apply Sigmoid (Var "z_g" now)))
    ; ("h", (Add (Had (Var "g" now) (Var "h" (Ago 1))) (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "g" now))) (Var "c" now))))
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
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Var "g" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_gh" always)) (Bar "z_g" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_ch" always)) (Bar "z_c" now)) ])
  ; ("g",
    [ Part 0 now (Add (Had (Bar "h" now) (Var "h" (Ago 1))) (Scale (-1) (Had (Bar "h" now) (Var "c" now)))) ])
  ; ("z_g",
    [ Part 0 now (Had (Had (Bar "g" now) (Var "g" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "g" now)))) ])
  ; ("c",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "g" now)))) ])
  ; ("z_c",
    [ Part 0 now (Had (Bar "c" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "c" now) 2)))) ])
  ; ("W_cx",
    [ Part 0 always (Mul (Bar "z_c" now) (Transpose (Var "x" now))) ])
  ; ("W_ch",
    [ Part 0 always (Mul (Bar "z_c" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_c",
    [ Part 0 always (Bar "z_c" now) ])
  ; ("W_gx",
    [ Part 0 always (Mul (Bar "z_g" now) (Transpose (Var "x" now))) ])
  ; ("W_gh",
    [ Part 0 always (Mul (Bar "z_g" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_g",
    [ Part 0 always (Bar "z_g" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_gx" always)) (Bar "z_g" now))
    ; Part 0 now (Mul (Transpose (Var "W_cx" always)) (Bar "z_c" now)) ])
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
