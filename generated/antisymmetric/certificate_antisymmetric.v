(* The gradient of antisymmetric, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   3271c16b04cda630f0119abc6fe63530b7ca466d71ae376794ae0a763551bc01  equations
   ff4d052a3a9b052bb76f98fd4d94fb8c166ab246646eca792a44c712e3e16360  antisymmetric.py
   a52b8fe65819f43a8a4b2d69cdab504c11bba6052caca0518a938cfe58a381d6  antisymmetric_f64.c
   f2ce287cbe251fcd573c2e9d8631267d1bd0e9776379d04681b4e94dcb6481e6  antisymmetric_f64.h
   ee5470750b104f6dbc153e834f99ea6a260860a64d0ad073ca551a57520deaf4  antisymmetric_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_h" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V_h" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "A" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "epsilon" 1 1
  ; Constant "gamma" 1 1
  ; Constant "y" n_O 1 ]
  [ Stage (Fixed 0) (Fixed 0) true
    [ ("A", (Add (Var "W_h" always) (Scale (-1) (Transpose (Var "W_h" always))))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("z_h", (Add (Add (Add (Mul (Var "A" always) (Var "h" (Ago 1))) (Scale (-1) (Multiple (Var "gamma" always) (Var "h" (Ago 1))))) (Mul (Var "V_h" always) (Var "x" now))) (Var "b_h" always)))
    ; ("a_h", (Apply Tanh (Var "z_h" now)))
    ; ("h", (Add (Var "h" (Ago 1)) (Multiple (Var "epsilon" always) (Var "a_h" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 1 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 1 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("h",
    [ Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 1 (Ago 1) (Bar "h" now)
    ; Part 1 (Ago 1) (Add (Mul (Transpose (Var "A" always)) (Bar "z_h" now)) (Scale (-1) (Multiple (Var "gamma" always) (Bar "z_h" now)))) ])
  ; ("a_h",
    [ Part 1 now (Multiple (Var "epsilon" always) (Bar "h" now)) ])
  ; ("z_h",
    [ Part 1 now (Had (Bar "a_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_h" now) 2)))) ])
  ; ("A",
    [ Part 1 always (Mul (Bar "z_h" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("W_h",
    [ Part 0 always (Add (Bar "A" always) (Scale (-1) (Transpose (Bar "A" always)))) ])
  ; ("V_h",
    [ Part 1 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("b_h",
    [ Part 1 always (Bar "z_h" now) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 1 now (Mul (Transpose (Var "V_h" always)) (Bar "z_h" now)) ])
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
