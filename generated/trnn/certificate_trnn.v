(* The gradient of trnn, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   f0d3c0b4fecc7d4aeb2b8cb0e0707401477d28ebe064c9583221202a58572e00  equations
   da05faede8f208d2d9de26ab80f08792abd7ff64433d44ae39f723489267e555  trnn.py
   0b54eea3e72592adacd7bb09b4677962eab5491c64ded04a456ad7ae7e9ab153  trnn_f64.c
   1b55eed44a63dfecf2a94edd2675dcf9ba9d21d3b0203bd7be3eb988b8ff189e  trnn_f64.h
   db6075006efc766f23f7e701dac4bea842a300c901a0a5c3d3a9dd5379aba03f  trnn_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "V" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z", (Mul (Var "W" always) (Var "x" now)))
    ; ("z_f", (Add (Mul (Var "V" always) (Var "x" now)) (Var "b" always)))
    ; ("f", (Apply Sigmoid (Var "z_f" now)))
    ; ("h", (Add (Had (Var "f" now) (Var "h" (Ago 1))) (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now))) (Var "z" now))))
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
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Var "f" now)) ])
  ; ("f",
    [ Part 0 now (Add (Had (Bar "h" now) (Var "h" (Ago 1))) (Scale (-1) (Had (Bar "h" now) (Var "z" now)))) ])
  ; ("z_f",
    [ Part 0 now (Had (Had (Bar "f" now) (Var "f" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("z",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("W",
    [ Part 0 always (Mul (Bar "z" now) (Transpose (Var "x" now))) ])
  ; ("V",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "x" now))) ])
  ; ("b",
    [ Part 0 always (Bar "z_f" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "V" always)) (Bar "z_f" now))
    ; Part 0 now (Mul (Transpose (Var "W" always)) (Bar "z" now)) ])
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
