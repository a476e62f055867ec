(* The gradient of elman, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   c7075a283450ff3ae3e3172c33bb46e64093630c5829134a66a3e6ecbd01071c  equations
   fcb750b15992cef82f74ec5d66ed39708c96bfd7adc3f776d5212391a5bb133c  elman.py
   602a33b68d09eaef05afdf552ef99673005ca053e2a14f61caba9b6f60b055fd  elman_f64.c
   e412e825afae5cc0c0b2f2fd95ed78754d893e6c33c35ab0da685ebb27b2b441  elman_f64.h
   18d704183bbdf77f79a65f44c425768499141af986da5e0e090d6246e0afc519  elman_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W" n_H (n_H + n_I) (Fixed 0) (Fixed 0)
  ; Quantity "b" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_h" (n_H + n_I) 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("s_h", (Concat (Var "x" now) (Var "h" (Ago 1))))
    ; ("z_h", (Add (Mul (Var "W" always) (Var "s_h" now)) (Var "b" always)))
    ; ("h", (Apply Tanh (Var "z_h" now)))
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
    ; Part 0 (Ago 1) (Slice (Bar "s_h" now) n_I n_H) ])
  ; ("z_h",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h" now) 2)))) ])
  ; ("s_h",
    [ Part 0 now (Mul (Transpose (Var "W" always)) (Bar "z_h" now)) ])
  ; ("W",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "s_h" now))) ])
  ; ("b",
    [ Part 0 always (Bar "z_h" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Slice (Bar "s_h" now) 0 n_I) ])
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
