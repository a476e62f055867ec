(* The gradient of mgu, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   cf9eea9b8081718eeed7adb695083c5d5ad355060346262f42bcfef81833a6f5  equations
   ee4d415171deae50d3e96295f3d1dd5774a9f8aca2705dccfba339b6298dbecc  mgu.py
   6812d4e98845f73ad07ca8b6c8aa32caf57dd4fbb69003206ec86e298b4fdbb3  mgu_f64.c
   1fb428bcfa5638f41b9d60b918b692bc33a62c3d25900a73409678c864f47331  mgu_f64.h
   4412eff5afb5efa9cacf7d3a54dd3cfb578740f5c185f241639f19143a6d4210  mgu_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_f" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_f" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_f" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_h" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_h" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_f", (Add (Add (Mul (Var "W_f" always) (Var "x" now)) (Mul (Var "U_f" always) (Var "h" (Ago 1)))) (Var "b_f" always)))
    ; ("f", (Apply Sigmoid (Var "z_f" now)))
    ; ("s_n", (Had (Var "f" now) (Var "h" (Ago 1))))
    ; ("z_n", (Add (Add (Mul (Var "W_h" always) (Var "x" now)) (Mul (Var "U_h" always) (Var "s_n" now))) (Var "b_h" always)))
    ; ("n", (Apply Tanh (Var "z_n" now)))
    ; ("h", (Add (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now))) (Var "h" (Ago 1))) (Had (Var "f" now) (Var "n" now))))
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
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now))))
    ; Part 0 (Ago 1) (Had (Bar "s_n" now) (Var "f" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_f" always)) (Bar "z_f" now)) ])
  ; ("n",
    [ Part 0 now (Had (Bar "h" now) (Var "f" now)) ])
  ; ("z_n",
    [ Part 0 now (Had (Bar "n" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "n" now) 2)))) ])
  ; ("s_n",
    [ Part 0 now (Mul (Transpose (Var "U_h" always)) (Bar "z_n" now)) ])
  ; ("f",
    [ Part 0 now (Add (Scale (-1) (Had (Bar "h" now) (Var "h" (Ago 1)))) (Had (Bar "h" now) (Var "n" now)))
    ; Part 0 now (Had (Bar "s_n" now) (Var "h" (Ago 1))) ])
  ; ("z_f",
    [ Part 0 now (Had (Had (Bar "f" now) (Var "f" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("W_f",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "x" now))) ])
  ; ("U_f",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_f",
    [ Part 0 always (Bar "z_f" now) ])
  ; ("W_h",
    [ Part 0 always (Mul (Bar "z_n" now) (Transpose (Var "x" now))) ])
  ; ("U_h",
    [ Part 0 always (Mul (Bar "z_n" now) (Transpose (Var "s_n" now))) ])
  ; ("b_h",
    [ Part 0 always (Bar "z_n" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_h" always)) (Bar "z_n" now))
    ; Part 0 now (Mul (Transpose (Var "W_f" always)) (Bar "z_f" now)) ])
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
