(* The gradient of lstm_1997, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   eafddf9600c27f7fae8c1fd119c2884f18813691dfc309088161450bdad9a576  equations
   877b373259375545f617305f9c9156920c5c3be8e0a0bd14cae2034abef68d29  lstm_1997.py
   58423a0e1b963372572a05bed603f34c6a1eaabe9b4061b0ee5c60287ccb249f  lstm_1997_f64.c
   cfc0050c398e744f5ccd4f936e11a205e789e1b99e6e8070fa2cf846035cd20f  lstm_1997_f64.h
   8f6f533811f7c6aafbefd82cda2ca5e0d2f806893c35def87d94f49aa8a3a45a  lstm_1997_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_i" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_i" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_i" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_o" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_o" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_o" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_c" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_c" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_c" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_i", (Add (Add (Mul (Var "W_i" always) (Var "x" now)) (Mul (Var "U_i" always) (Var "h" (Ago 1)))) (Var "b_i" always)))
    ; ("i", (Apply Sigmoid (Var "z_i" now)))
    ; ("z_o", (Add (Add (Mul (Var "W_o" always) (Var "x" now)) (Mul (Var "U_o" always) (Var "h" (Ago 1)))) (Var "b_o" always)))
    ; ("o", (Apply Sigmoid (Var "z_o" now)))
    ; ("z_g", (Add (Add (Mul (Var "W_c" always) (Var "x" now)) (Mul (Var "U_c" always) (Var "h" (Ago 1)))) (Var "b_c" always)))
    ; ("a_g", (Apply Sigmoid (Var "z_g" now)))
    ; ("g", (Add (Scale 4 (Var "a_g" now)) (Scale (-2) (Number 1 n_H 1))))
    ; ("c", (Add (Var "c" (Ago 1)) (Had (Var "i" now) (Var "g" now))))
    ; ("a_h", (Apply Sigmoid (Var "c" now)))
    ; ("h", (Had (Var "o" now) (Add (Scale 2 (Var "a_h" now)) (Scale (-1) (Number 1 n_H 1)))))
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
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_c" always)) (Bar "z_g" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_o" always)) (Bar "z_o" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_i" always)) (Bar "z_i" now)) ])
  ; ("a_h",
    [ Part 0 now (Scale 2 (Had (Bar "h" now) (Var "o" now))) ])
  ; ("c",
    [ Part 0 now (Had (Had (Bar "a_h" now) (Var "a_h" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "a_h" now))))
    ; Part 0 (Ago 1) (Bar "c" now) ])
  ; ("g",
    [ Part 0 now (Had (Bar "c" now) (Var "i" now)) ])
  ; ("a_g",
    [ Part 0 now (Scale 4 (Bar "g" now)) ])
  ; ("z_g",
    [ Part 0 now (Had (Had (Bar "a_g" now) (Var "a_g" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "a_g" now)))) ])
  ; ("o",
    [ Part 0 now (Had (Bar "h" now) (Add (Scale 2 (Var "a_h" now)) (Scale (-1) (Number 1 n_H 1)))) ])
  ; ("z_o",
    [ Part 0 now (Had (Had (Bar "o" now) (Var "o" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "o" now)))) ])
  ; ("i",
    [ Part 0 now (Had (Bar "c" now) (Var "g" now)) ])
  ; ("z_i",
    [ Part 0 now (Had (Had (Bar "i" now) (Var "i" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "i" now)))) ])
  ; ("W_i",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "x" now))) ])
  ; ("U_i",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_i",
    [ Part 0 always (Bar "z_i" now) ])
  ; ("W_o",
    [ Part 0 always (Mul (Bar "z_o" now) (Transpose (Var "x" now))) ])
  ; ("U_o",
    [ Part 0 always (Mul (Bar "z_o" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_o",
    [ Part 0 always (Bar "z_o" now) ])
  ; ("W_c",
    [ Part 0 always (Mul (Bar "z_g" now) (Transpose (Var "x" now))) ])
  ; ("U_c",
    [ Part 0 always (Mul (Bar "z_g" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_c",
    [ Part 0 always (Bar "z_g" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_c" always)) (Bar "z_g" now))
    ; Part 0 now (Mul (Transpose (Var "W_o" always)) (Bar "z_o" now))
    ; Part 0 now (Mul (Transpose (Var "W_i" always)) (Bar "z_i" now)) ])
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
