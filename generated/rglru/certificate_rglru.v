(* The gradient of rglru, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   6c496364da72bf7203fa50751a99665738889d63e6ea6d30405f5eb5d2d3d4d4  equations
   3504d6b57f678f76af01b9b38191853ca15283d9c973d8096172b99314c30794  rglru.py
   e4760e593b7029eb0b7c3b3c32bb949106d6a8ffe70b7543060c273d50ac9d42  rglru_f64.c
   3c372c7374049a88c939601be0088ea7bbdf312ededdf5de6be78bd9d8116f5c  rglru_f64.h
   740f47b699cbd1d9f821523cd2661b43501248bdc84919809ce6f30af4fff5b4  rglru_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_H n_O : nat) : network := Network
  [ Quantity "W_a" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_a" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_x" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_x" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "Lambda" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_a" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "a_a" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "z_r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z2_a" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "c" 1 1
  ; Constant "y" n_O 1 ]
  [ Stage (Fixed 0) (Fixed 0) true
    [ ("z_a", (Scale (-1) (Var "Lambda" always)))
    ; ("a_a", (Apply Softplus (Var "z_a" always))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("z_r", (Add (Mul (Var "W_a" always) (Var "x" now)) (Var "b_a" always)))
    ; ("r", (Apply Sigmoid (Var "z_r" now)))
    ; ("z_i", (Add (Mul (Var "W_x" always) (Var "x" now)) (Var "b_x" always)))
    ; ("i", (Apply Sigmoid (Var "z_i" now)))
    ; ("z2_a", (Scale (-1) (Had (Multiple (Var "c" always) (Var "a_a" always)) (Var "r" now))))
    ; ("a", (Apply Exp (Var "z2_a" now)))
    ; ("z_h", (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a" now) 2))))
    ; ("a_h", (Apply Sqrt (Var "z_h" now)))
    ; ("h", (Add (Had (Var "a" now) (Var "h" (Ago 1))) (Had (Had (Var "a_h" now) (Var "i" now)) (Var "x" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 1 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 1 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("h",
    [ Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 1 (Ago 1) (Had (Bar "h" now) (Var "a" now)) ])
  ; ("a_h",
    [ Part 1 now (Had (Had (Bar "h" now) (Var "i" now)) (Var "x" now)) ])
  ; ("z_h",
    [ Part 1 now (Had (Bar "a_h" now) (Quot (Number 1 n_H 1) (Scale 2 (Var "a_h" now)))) ])
  ; ("a",
    [ Part 1 now (Had (Bar "h" now) (Var "h" (Ago 1)))
    ; Part 1 now (Scale (-2) (Had (Bar "z_h" now) (Var "a" now))) ])
  ; ("z2_a",
    [ Part 1 now (Had (Bar "a" now) (Var "a" now)) ])
  ; ("i",
    [ Part 1 now (Had (Had (Bar "h" now) (Var "a_h" now)) (Var "x" now)) ])
  ; ("z_i",
    [ Part 1 now (Had (Had (Bar "i" now) (Var "i" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "i" now)))) ])
  ; ("r",
    [ Part 1 now (Scale (-1) (Had (Bar "z2_a" now) (Multiple (Var "c" always) (Var "a_a" always)))) ])
  ; ("z_r",
    [ Part 1 now (Had (Had (Bar "r" now) (Var "r" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "r" now)))) ])
  ; ("a_a",
    [ Part 1 always (Scale (-1) (Multiple (Var "c" always) (Had (Bar "z2_a" now) (Var "r" now)))) ])
  ; ("z_a",
    [ Part 0 always (Had (Bar "a_a" always) (Add (Number 1 n_H 1) (Quot (Scale (-1) (Number 1 n_H 1)) (Apply Exp (Var "a_a" always))))) ])
  ; ("W_a",
    [ Part 1 always (Mul (Bar "z_r" now) (Transpose (Var "x" now))) ])
  ; ("b_a",
    [ Part 1 always (Bar "z_r" now) ])
  ; ("W_x",
    [ Part 1 always (Mul (Bar "z_i" now) (Transpose (Var "x" now))) ])
  ; ("b_x",
    [ Part 1 always (Bar "z_i" now) ])
  ; ("Lambda",
    [ Part 0 always (Scale (-1) (Bar "z_a" always)) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 1 now (Had (Had (Bar "h" now) (Var "a_h" now)) (Var "i" now))
    ; Part 1 now (Mul (Transpose (Var "W_x" always)) (Bar "z_i" now))
    ; Part 1 now (Mul (Transpose (Var "W_a" always)) (Bar "z_r" now)) ])
  ].

Definition conditions (n_H n_O : nat) : list condition :=
  [ Positive 1 (Var "z_h" now) ].

Definition loss : objective := Total "J".

Theorem gradient (n_H n_O : nat) :
  certified (net n_H n_O) (adj n_H n_O) loss (regular_at (net n_H n_O)).
Proof. check. Qed.

Theorem regular (n_H n_O : nat) : suffices (net n_H n_O) (under (net n_H n_O) (conditions n_H n_O)).
Proof. settle. Qed.

Theorem solved (n_H n_O : nat) : solvable (net n_H n_O) (adj n_H n_O).
Proof. order. Qed.

Theorem exact (n_H n_O : nat) :
  certified (net n_H n_O) (adj n_H n_O) loss (under (net n_H n_O) (conditions n_H n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_H n_O) (regular n_H n_O)). Qed.
