(* The gradient of rwkv4, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   7f3558b800c03b7f69977296e680672cc2a8ea5cbcd6fb8fb63a9e43cb22ef56  equations
   b5e3c4bbe553bc7a410f3e88cfaed680a46c0d9f652daa568b842b830c9362e8  rwkv4.py
   21837aab01466f7b7af8bc659832e7fa1eb62b15710cc27939726fa514065491  rwkv4_f64.c
   4f016be947809bc1588c65e613f727e2675bd77689d30aa3dbc446c56f897b3d  rwkv4_f64.h
   e24f549b43a873318455b0e0cf2dbcc6f81e84c7342c1b3df61496baf5a72038  rwkv4_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_r" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_o" n_I n_H (Fixed 0) (Fixed 0)
  ; Quantity "mu_r" n_I 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_k" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "mu_k" n_I 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_v" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "mu_v" n_I 1 (Fixed 0) (Fixed 0)
  ; Quantity "u" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "w" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_a" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "a_a" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "s_r" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_k" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "k" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_v" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "v" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_wkv" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_wkv" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "wkv" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a2_a" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "b" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "a_y" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_y" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "y" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "p" n_I 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y2" n_O 1 ]
  [ Stage (Fixed 0) (Fixed 0) true
    [ ("z_a", (Scale (-1) (Var "w" always)))
    ; ("a_a", (Apply Exp (Var "z_a" always))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("s_r", (Add (Had (Var "mu_r" always) (Var "x" now)) (Had (Add (Number 1 n_I 1) (Scale (-1) (Var "mu_r" always))) (Var "p" (Ago 1)))))
    ; ("r", (Mul (Var "W_r" always) (Var "s_r" now)))
    ; ("s_k", (Add (Had (Var "mu_k" always) (Var "x" now)) (Had (Add (Number 1 n_I 1) (Scale (-1) (Var "mu_k" always))) (Var "p" (Ago 1)))))
    ; ("k", (Mul (Var "W_k" always) (Var "s_k" now)))
    ; ("s_v", (Add (Had (Var "mu_v" always) (Var "x" now)) (Had (Add (Number 1 n_I 1) (Scale (-1) (Var "mu_v" always))) (Var "p" (Ago 1)))))
    ; ("v", (Mul (Var "W_v" always) (Var "s_v" now)))
    ; ("z_wkv", (Add (Var "u" always) (Var "k" now)))
    ; ("a_wkv", (Apply Exp (Var "z_wkv" now)))
    ; ("wkv", (Quot (Add (Var "a" (Ago 1)) (Had (Var "a_wkv" now) (Var "v" now))) (Add (Var "b" (Ago 1)) (Var "a_wkv" now))))
    ; ("a2_a", (Apply Exp (Var "k" now)))
    ; ("a", (Add (Had (Var "a_a" always) (Var "a" (Ago 1))) (Had (Var "a2_a" now) (Var "v" now))))
    ; ("b", (Add (Had (Var "a_a" always) (Var "b" (Ago 1))) (Var "a2_a" now)))
    ; ("a_y", (Apply Sigmoid (Var "r" now)))
    ; ("s_y", (Had (Var "a_y" now) (Var "wkv" now)))
    ; ("y", (Mul (Var "W_o" always) (Var "s_y" now)))
    ; ("p", (Var "x" now))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 1 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 1 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("p",
    [ Part 1 (Ago 1) (Had (Bar "s_v" now) (Add (Number 1 n_I 1) (Scale (-1) (Var "mu_v" always))))
    ; Part 1 (Ago 1) (Had (Bar "s_k" now) (Add (Number 1 n_I 1) (Scale (-1) (Var "mu_k" always))))
    ; Part 1 (Ago 1) (Had (Bar "s_r" now) (Add (Number 1 n_I 1) (Scale (-1) (Var "mu_r" always)))) ])
  ; ("y",
    [ Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("s_y",
    [ Part 1 now (Mul (Transpose (Var "W_o" always)) (Bar "y" now)) ])
  ; ("a_y",
    [ Part 1 now (Had (Bar "s_y" now) (Var "wkv" now)) ])
  ; ("b",
    [ Part 1 (Ago 1) (Had (Bar "b" now) (Var "a_a" always))
    ; Part 1 (Ago 1) (Scale (-1) (Had (Quot (Bar "wkv" now) (Power (Add (Var "b" (Ago 1)) (Var "a_wkv" now)) 2)) (Add (Var "a" (Ago 1)) (Had (Var "a_wkv" now) (Var "v" now))))) ])
  ; ("a",
    [ Part 1 (Ago 1) (Had (Bar "a" now) (Var "a_a" always))
    ; Part 1 (Ago 1) (Quot (Bar "wkv" now) (Add (Var "b" (Ago 1)) (Var "a_wkv" now))) ])
  ; ("a2_a",
    [ Part 1 now (Bar "b" now)
    ; Part 1 now (Had (Bar "a" now) (Var "v" now)) ])
  ; ("wkv",
    [ Part 1 now (Had (Bar "s_y" now) (Var "a_y" now)) ])
  ; ("a_wkv",
    [ Part 1 now (Add (Had (Quot (Bar "wkv" now) (Add (Var "b" (Ago 1)) (Var "a_wkv" now))) (Var "v" now)) (Scale (-1) (Had (Quot (Bar "wkv" now) (Power (Add (Var "b" (Ago 1)) (Var "a_wkv" now)) 2)) (Add (Var "a" (Ago 1)) (Had (Var "a_wkv" now) (Var "v" now)))))) ])
  ; ("z_wkv",
    [ Part 1 now (Had (Bar "a_wkv" now) (Var "a_wkv" now)) ])
  ; ("v",
    [ Part 1 now (Had (Bar "a" now) (Var "a2_a" now))
    ; Part 1 now (Had (Quot (Bar "wkv" now) (Add (Var "b" (Ago 1)) (Var "a_wkv" now))) (Var "a_wkv" now)) ])
  ; ("s_v",
    [ Part 1 now (Mul (Transpose (Var "W_v" always)) (Bar "v" now)) ])
  ; ("k",
    [ Part 1 now (Had (Bar "a2_a" now) (Var "a2_a" now))
    ; Part 1 now (Bar "z_wkv" now) ])
  ; ("s_k",
    [ Part 1 now (Mul (Transpose (Var "W_k" always)) (Bar "k" now)) ])
  ; ("r",
    [ Part 1 now (Had (Had (Bar "a_y" now) (Var "a_y" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "a_y" now)))) ])
  ; ("s_r",
    [ Part 1 now (Mul (Transpose (Var "W_r" always)) (Bar "r" now)) ])
  ; ("a_a",
    [ Part 1 always (Had (Bar "b" now) (Var "b" (Ago 1)))
    ; Part 1 always (Had (Bar "a" now) (Var "a" (Ago 1))) ])
  ; ("z_a",
    [ Part 0 always (Had (Bar "a_a" always) (Var "a_a" always)) ])
  ; ("W_r",
    [ Part 1 always (Mul (Bar "r" now) (Transpose (Var "s_r" now))) ])
  ; ("W_o",
    [ Part 1 always (Mul (Bar "y" now) (Transpose (Var "s_y" now))) ])
  ; ("mu_r",
    [ Part 1 always (Add (Had (Bar "s_r" now) (Var "x" now)) (Scale (-1) (Had (Bar "s_r" now) (Var "p" (Ago 1))))) ])
  ; ("W_k",
    [ Part 1 always (Mul (Bar "k" now) (Transpose (Var "s_k" now))) ])
  ; ("mu_k",
    [ Part 1 always (Add (Had (Bar "s_k" now) (Var "x" now)) (Scale (-1) (Had (Bar "s_k" now) (Var "p" (Ago 1))))) ])
  ; ("W_v",
    [ Part 1 always (Mul (Bar "v" now) (Transpose (Var "s_v" now))) ])
  ; ("mu_v",
    [ Part 1 always (Add (Had (Bar "s_v" now) (Var "x" now)) (Scale (-1) (Had (Bar "s_v" now) (Var "p" (Ago 1))))) ])
  ; ("u",
    [ Part 1 always (Bar "z_wkv" now) ])
  ; ("w",
    [ Part 0 always (Scale (-1) (Bar "z_a" always)) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "y" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 1 now (Bar "p" now)
    ; Part 1 now (Had (Bar "s_v" now) (Var "mu_v" always))
    ; Part 1 now (Had (Bar "s_k" now) (Var "mu_k" always))
    ; Part 1 now (Had (Bar "s_r" now) (Var "mu_r" always)) ])
  ].

Definition conditions (n_I n_H n_O : nat) : list condition :=
  [ Nonzero 1 (Add (Var "b" (Ago 1)) (Var "a_wkv" now)) ].

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
