(* The gradient of qrnn, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   386635f9dd8877e1bad84e34b901de31c9489a9efb3f2d71ca720578ae9a2260  equations
   faba3c9116a03c035d03ab07951d4c7cabc3bfa875915437801dfa871f0f6464  qrnn.py
   13b2c3269a89746a4cf6f5c44c8451514990ebb78902c8cbfb6e210ff82c4c79  qrnn_f64.c
   6fe27444f57d87a27b00de8a5b31df105110a460c25a7855c3dbed620eb6a624  qrnn_f64.h
   eee9518d2b4d9cffc0845e0136ff53ebba7b832145f31bb35b65e90e81ac24c7  qrnn_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_z1" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_z2" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_f1" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_f2" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_o1" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_o2" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "p" n_I 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_z", (Add (Mul (Var "W_z1" always) (Var "p" (Ago 1))) (Mul (Var "W_z2" always) (Var "x" now))))
    ; ("z", (Apply Tanh (Var "z_z" now)))
    ; ("z_f", (Add (Mul (Var "W_f1" always) (Var "p" (Ago 1))) (Mul (Var "W_f2" always) (Var "x" now))))
    ; ("f", (Apply Sigmoid (Var "z_f" now)))
    ; ("z_o", (Add (Mul (Var "W_o1" always) (Var "p" (Ago 1))) (Mul (Var "W_o2" always) (Var "x" now))))
    ; ("o", (Apply Sigmoid (Var "z_o" now)))
    ; ("c", (Add (Had (Var "f" now) (Var "c" (Ago 1))) (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now))) (Var "z" now))))
    ; ("h", (Had (Var "o" now) (Var "c" now)))
    ; ("p", (Var "x" now))
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
  ; ("p",
    [ Part 0 (Ago 1) (Mul (Transpose (Var "W_o1" always)) (Bar "z_o" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_f1" always)) (Bar "z_f" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_z1" always)) (Bar "z_z" now)) ])
  ; ("h",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("c",
    [ Part 0 now (Had (Bar "h" now) (Var "o" now))
    ; Part 0 (Ago 1) (Had (Bar "c" now) (Var "f" now)) ])
  ; ("o",
    [ Part 0 now (Had (Bar "h" now) (Var "c" now)) ])
  ; ("z_o",
    [ Part 0 now (Had (Had (Bar "o" now) (Var "o" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "o" now)))) ])
  ; ("f",
    [ Part 0 now (Add (Had (Bar "c" now) (Var "c" (Ago 1))) (Scale (-1) (Had (Bar "c" now) (Var "z" now)))) ])
  ; ("z_f",
    [ Part 0 now (Had (Had (Bar "f" now) (Var "f" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("z",
    [ Part 0 now (Had (Bar "c" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("z_z",
    [ Part 0 now (Had (Bar "z" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "z" now) 2)))) ])
  ; ("W_z1",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "p" (Ago 1)))) ])
  ; ("W_z2",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "x" now))) ])
  ; ("W_f1",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "p" (Ago 1)))) ])
  ; ("W_f2",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "x" now))) ])
  ; ("W_o1",
    [ Part 0 always (Mul (Bar "z_o" now) (Transpose (Var "p" (Ago 1)))) ])
  ; ("W_o2",
    [ Part 0 always (Mul (Bar "z_o" now) (Transpose (Var "x" now))) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Bar "p" now)
    ; Part 0 now (Mul (Transpose (Var "W_o2" always)) (Bar "z_o" now))
    ; Part 0 now (Mul (Transpose (Var "W_f2" always)) (Bar "z_f" now))
    ; Part 0 now (Mul (Transpose (Var "W_z2" always)) (Bar "z_z" now)) ])
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
