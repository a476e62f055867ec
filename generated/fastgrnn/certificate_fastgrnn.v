(* The gradient of fastgrnn, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   86cdb52cb01d5e9987fabbc91b42aa017c77cb7a234465dd5715f00e47d0d6d4  equations
   a3fc4f666345b4201261f04da31f87d968e3d2ee5f0d2c63e778edd743698695  fastgrnn.py
   f2e99b7cda282f298964547c35dce24248468bce6868285d4d1a881544087c81  fastgrnn_f64.c
   9e5d04caa56d9ef1b88e28ae8630624865634c4884e35c39b2d7aaa010d878f9  fastgrnn_f64.h
   01bdb3eab35438de329108be323761ca4f2c12e2072dca0ef8ef608a620a8ed5  fastgrnn_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "zeta_raw" 1 1 (Fixed 0) (Fixed 0)
  ; Quantity "nu_raw" 1 1 (Fixed 0) (Fixed 0)
  ; Quantity "W" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_z" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "zeta" 1 1 (Fixed 0) (Fixed 0)
  ; Quantity "nu" 1 1 (Fixed 0) (Fixed 0)
  ; Quantity "p" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h_hat" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_hat" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 0) (Fixed 0) true
    [ ("zeta", (Apply Sigmoid (Var "zeta_raw" always)))
    ; ("nu", (Apply Sigmoid (Var "nu_raw" always))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("p", (Add (Mul (Var "W" always) (Var "x" now)) (Mul (Var "U" always) (Var "h" (Ago 1)))))
    ; ("z_z", (Add (Var "p" now) (Var "b_z" always)))
    ; ("z", (Apply Sigmoid (Var "z_z" now)))
    ; ("z_h_hat", (Add (Var "p" now) (Var "b_h" always)))
    ; ("h_hat", (Apply Tanh (Var "z_h_hat" now)))
    ; ("h", (Add (Had (Add (Multiple (Var "zeta" always) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) (Multiple (Var "nu" always) (Number 1 n_H 1))) (Var "h_hat" now)) (Had (Var "z" now) (Var "h" (Ago 1)))))
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
    ; Part 1 (Ago 1) (Had (Bar "h" now) (Var "z" now))
    ; Part 1 (Ago 1) (Mul (Transpose (Var "U" always)) (Bar "p" now)) ])
  ; ("h_hat",
    [ Part 1 now (Had (Bar "h" now) (Add (Multiple (Var "zeta" always) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) (Multiple (Var "nu" always) (Number 1 n_H 1)))) ])
  ; ("z_h_hat",
    [ Part 1 now (Had (Bar "h_hat" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h_hat" now) 2)))) ])
  ; ("z",
    [ Part 1 now (Add (Scale (-1) (Multiple (Var "zeta" always) (Had (Bar "h" now) (Var "h_hat" now)))) (Had (Bar "h" now) (Var "h" (Ago 1)))) ])
  ; ("z_z",
    [ Part 1 now (Had (Had (Bar "z" now) (Var "z" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) ])
  ; ("p",
    [ Part 1 now (Bar "z_h_hat" now)
    ; Part 1 now (Bar "z_z" now) ])
  ; ("nu",
    [ Part 1 always (Mul (Number 1 1 n_H) (Had (Bar "h" now) (Var "h_hat" now))) ])
  ; ("zeta",
    [ Part 1 always (Mul (Transpose (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) (Had (Bar "h" now) (Var "h_hat" now))) ])
  ; ("zeta_raw",
    [ Part 0 always (Had (Had (Bar "zeta" always) (Var "zeta" always)) (Add (Number 1 1 1) (Scale (-1) (Var "zeta" always)))) ])
  ; ("nu_raw",
    [ Part 0 always (Had (Had (Bar "nu" always) (Var "nu" always)) (Add (Number 1 1 1) (Scale (-1) (Var "nu" always)))) ])
  ; ("W",
    [ Part 1 always (Mul (Bar "p" now) (Transpose (Var "x" now))) ])
  ; ("U",
    [ Part 1 always (Mul (Bar "p" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_z",
    [ Part 1 always (Bar "z_z" now) ])
  ; ("b_h",
    [ Part 1 always (Bar "z_h_hat" now) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 1 now (Mul (Transpose (Var "W" always)) (Bar "p" now)) ])
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
