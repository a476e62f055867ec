(* The gradient of lmu, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   542270d1be2fc00964da42adc9c8a9d2f6f2bfa64d13cea95c238547bfb55e6a  equations
   42d2ccbf159d8d66778f06724f072a6afe3abda61afa5fd04b93851c4a4d189e  lmu.py
   e052f072d62b0fb84debdba2a4c3010cafef5bbeb165ee1c2b3ce223e0ffe086  lmu_f64.c
   e690a7d9b1239f6afdc70762120a2fc1207215e2cc0048687437d693f00b447d  lmu_f64.h
   d3c5bd11b6b8e065588d51f054dab764d9c13e62968bf8d8983c9164e5cb7f75  lmu_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_N n_O : nat) : network := Network
  [ Quantity "e_x" n_I 1 (Fixed 0) (Fixed 0)
  ; Quantity "e_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "e_m" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_x" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_h" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_m" n_H n_N (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "u" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "m" n_N 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "A_bar" n_N n_N
  ; Constant "B_bar" n_N 1
  ; Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("u", (Add (Add (Mul (Transpose (Var "e_x" always)) (Var "x" now)) (Mul (Transpose (Var "e_h" always)) (Var "h" (Ago 1)))) (Mul (Transpose (Var "e_m" always)) (Var "m" (Ago 1)))))
    ; ("m", (Add (Mul (Var "A_bar" always) (Var "m" (Ago 1))) (Mul (Var "B_bar" always) (Var "u" now))))
    ; ("z_h", (Add (Add (Mul (Var "W_x" always) (Var "x" now)) (Mul (Var "W_h" always) (Var "h" (Ago 1)))) (Mul (Var "W_m" always) (Var "m" now))))
    ; ("h", (Apply Tanh (Var "z_h" now)))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_N n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("h",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_h" always)) (Bar "z_h" now))
    ; Part 0 (Ago 1) (Mul (Var "e_h" always) (Bar "u" now)) ])
  ; ("z_h",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h" now) 2)))) ])
  ; ("m",
    [ Part 0 now (Mul (Transpose (Var "W_m" always)) (Bar "z_h" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "A_bar" always)) (Bar "m" now))
    ; Part 0 (Ago 1) (Mul (Var "e_m" always) (Bar "u" now)) ])
  ; ("u",
    [ Part 0 now (Mul (Transpose (Var "B_bar" always)) (Bar "m" now)) ])
  ; ("e_x",
    [ Part 0 always (Mul (Var "x" now) (Bar "u" now)) ])
  ; ("e_h",
    [ Part 0 always (Mul (Var "h" (Ago 1)) (Bar "u" now)) ])
  ; ("e_m",
    [ Part 0 always (Mul (Var "m" (Ago 1)) (Bar "u" now)) ])
  ; ("W_x",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("W_h",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("W_m",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "m" now))) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_x" always)) (Bar "z_h" now))
    ; Part 0 now (Mul (Var "e_x" always) (Bar "u" now)) ])
  ].

Definition conditions (n_I n_H n_N n_O : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_H n_N n_O : nat) :
  certified (net n_I n_H n_N n_O) (adj n_I n_H n_N n_O) loss (regular_at (net n_I n_H n_N n_O)).
Proof. check. Qed.

Theorem regular (n_I n_H n_N n_O : nat) : suffices (net n_I n_H n_N n_O) (under (net n_I n_H n_N n_O) (conditions n_I n_H n_N n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_H n_N n_O : nat) : solvable (net n_I n_H n_N n_O) (adj n_I n_H n_N n_O).
Proof. order. Qed.

Theorem exact (n_I n_H n_N n_O : nat) :
  certified (net n_I n_H n_N n_O) (adj n_I n_H n_N n_O) loss (under (net n_I n_H n_N n_O) (conditions n_I n_H n_N n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_H n_N n_O) (regular n_I n_H n_N n_O)). Qed.
