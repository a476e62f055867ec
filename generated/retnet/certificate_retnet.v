(* The gradient of retnet, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   6ed5916b46c95a31db645a4ddff2bcb76a2e5234b22b460f3fe99a845ae533d6  equations
   97ad9ecda97a93233791fa988104ce16289f89d34a7df75c1e5fbde48df95681  retnet.py
   9e7d14f29090d49077e423174e95971c955e69c40325d3603a7b3278ed589e5b  retnet_f64.c
   b025257e000f4a0b8924d3b5856bc53f0286c67c3a00691eff3c86b193071e7c  retnet_f64.h
   d0b1ec3948af81932372bec6757cfb8853a0b30e980bd07aa75e3dd6859a2a04  retnet_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_K n_H n_O : nat) : network := Network
  [ Quantity "W_Q" n_K n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_V" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_K" n_K n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "v" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "S" n_K n_H (Fixed 0) (Length 0 0)
  ; Quantity "y" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "gamma" 1 1
  ; Constant "y2" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("q", (Mul (Var "W_Q" always) (Var "x" now)))
    ; ("k", (Mul (Var "W_K" always) (Var "x" now)))
    ; ("v", (Mul (Var "W_V" always) (Var "x" now)))
    ; ("S", (Add (Multiple (Var "gamma" always) (Var "S" (Ago 1))) (Mul (Var "k" now) (Transpose (Var "v" now)))))
    ; ("y", (Mul (Transpose (Var "S" now)) (Var "q" now)))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_K n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("y",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("S",
    [ Part 0 now (Mul (Var "q" now) (Transpose (Bar "y" now)))
    ; Part 0 (Ago 1) (Multiple (Var "gamma" always) (Bar "S" now)) ])
  ; ("v",
    [ Part 0 now (Mul (Transpose (Bar "S" now)) (Var "k" now)) ])
  ; ("k",
    [ Part 0 now (Mul (Bar "S" now) (Var "v" now)) ])
  ; ("q",
    [ Part 0 now (Mul (Var "S" now) (Bar "y" now)) ])
  ; ("W_Q",
    [ Part 0 always (Mul (Bar "q" now) (Transpose (Var "x" now))) ])
  ; ("W_V",
    [ Part 0 always (Mul (Bar "v" now) (Transpose (Var "x" now))) ])
  ; ("W_K",
    [ Part 0 always (Mul (Bar "k" now) (Transpose (Var "x" now))) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "y" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_V" always)) (Bar "v" now))
    ; Part 0 now (Mul (Transpose (Var "W_K" always)) (Bar "k" now))
    ; Part 0 now (Mul (Transpose (Var "W_Q" always)) (Bar "q" now)) ])
  ].

Definition conditions (n_I n_K n_H n_O : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_K n_H n_O : nat) :
  certified (net n_I n_K n_H n_O) (adj n_I n_K n_H n_O) loss (regular_at (net n_I n_K n_H n_O)).
Proof. check. Qed.

Theorem regular (n_I n_K n_H n_O : nat) : suffices (net n_I n_K n_H n_O) (under (net n_I n_K n_H n_O) (conditions n_I n_K n_H n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_K n_H n_O : nat) : solvable (net n_I n_K n_H n_O) (adj n_I n_K n_H n_O).
Proof. order. Qed.

Theorem exact (n_I n_K n_H n_O : nat) :
  certified (net n_I n_K n_H n_O) (adj n_I n_K n_H n_O) loss (under (net n_I n_K n_H n_O) (conditions n_I n_K n_H n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_K n_H n_O) (regular n_I n_K n_H n_O)). Qed.
