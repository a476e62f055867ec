(* The gradient of janet, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   fd4f780abfc45b48ec3fc95ec5e50b2258dfef89b17f173069ce137fa17fb364  equations
   7a222090a4f750b7c50d742cafeadd601b8ac77b1205e0451c4e609c60c9d155  janet.py
   25ab60e70336f64613b108aba0dff264b7be621c96aee9d8a35163218f524592  janet_f64.c
   6f50403e7bd58b4483065cf4316af98a9791e7880ff65bc8160631096bcaf000  janet_f64.h
   f369889ecb7684914c121dc520ec260bce4c1055e15874c48f05c9700d453e05  janet_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "U_f" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_f" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_f" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "U_c" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_c" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_c" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "s" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a2_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "beta" 1 1
  ; Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("s", (Add (Add (Mul (Var "U_f" always) (Var "h" (Ago 1))) (Mul (Var "W_f" always) (Var "x" now))) (Var "b_f" always)))
    ; ("z_g", (Add (Add (Mul (Var "U_c" always) (Var "h" (Ago 1))) (Mul (Var "W_c" always) (Var "x" now))) (Var "b_c" always)))
    ; ("g", (Apply Tanh (Var "z_g" now)))
    ; ("a_h", (Apply Sigmoid (Var "s" now)))
    ; ("z_h", (Add (Var "s" now) (Scale (-1) (Multiple (Var "beta" always) (Number 1 n_H 1)))))
    ; ("a2_h", (Apply Sigmoid (Var "z_h" now)))
    ; ("h", (Add (Had (Var "a_h" now) (Var "h" (Ago 1))) (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "a2_h" now))) (Var "g" now))))
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
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Var "a_h" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_c" always)) (Bar "z_g" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_f" always)) (Bar "s" now)) ])
  ; ("a2_h",
    [ Part 0 now (Scale (-1) (Had (Bar "h" now) (Var "g" now))) ])
  ; ("z_h",
    [ Part 0 now (Had (Had (Bar "a2_h" now) (Var "a2_h" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "a2_h" now)))) ])
  ; ("a_h",
    [ Part 0 now (Had (Bar "h" now) (Var "h" (Ago 1))) ])
  ; ("g",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "a2_h" now)))) ])
  ; ("z_g",
    [ Part 0 now (Had (Bar "g" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "g" now) 2)))) ])
  ; ("s",
    [ Part 0 now (Bar "z_h" now)
    ; Part 0 now (Had (Had (Bar "a_h" now) (Var "a_h" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "a_h" now)))) ])
  ; ("U_f",
    [ Part 0 always (Mul (Bar "s" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("W_f",
    [ Part 0 always (Mul (Bar "s" now) (Transpose (Var "x" now))) ])
  ; ("b_f",
    [ Part 0 always (Bar "s" now) ])
  ; ("U_c",
    [ Part 0 always (Mul (Bar "z_g" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("W_c",
    [ Part 0 always (Mul (Bar "z_g" now) (Transpose (Var "x" now))) ])
  ; ("b_c",
    [ Part 0 always (Bar "z_g" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_c" always)) (Bar "z_g" now))
    ; Part 0 now (Mul (Transpose (Var "W_f" always)) (Bar "s" now)) ])
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
