(* The gradient of mlstm, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   1a0b618273a0d5db0e08c158c68264a0de396c47151bf9f65fd2e998234dc0ac  equations
   bc9748fdb54a2f0340ebed29b8de1e44fcf267ea096c6cda55641ad83b3b6385  mlstm.py
   c41eecb210dd8e05a85fed3e62a52bf88adcbe830b7da1549a32495fe002574c  mlstm_f64.c
   2bcd3a58f6a1e263d4ef93db97b2e850d3f2740633cc7440dc1b11d751d505f5  mlstm_f64.h
   c75c3b639229e74b14d6780f4a6e25eab5f2c1268d6570d440f9a673175a3c21  mlstm_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_K n_O : nat) : network := Network
  [ Quantity "W_k" n_K n_I (Fixed 0) (Fixed 0)
  ; Quantity "w_i" n_I 1 (Fixed 0) (Fixed 0)
  ; Quantity "w_f" n_I 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_q" n_K n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_q" n_K 1 (Fixed 0) (Fixed 0)
  ; Quantity "b_k" n_K 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_v" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_v" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "b_i" 1 1 (Fixed 0) (Fixed 0)
  ; Quantity "b_f" 1 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_o" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_o" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_k" n_K 1 (Fixed 0) (Fixed 0)
  ; Quantity "a_k" n_K 1 (Fixed 0) (Fixed 0)
  ; Quantity "q" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "k" n_K 1 (Fixed 1) (Length 0 0)
  ; Quantity "v" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "i" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_C" n_H n_K (Fixed 1) (Length 0 0)
  ; Quantity "C" n_H n_K (Fixed 0) (Length 0 0)
  ; Quantity "n" n_K 1 (Fixed 0) (Length 0 0)
  ; Quantity "u_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "z2_h" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "a2_h" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 0) (Fixed 0) true
    [ ("z_k", (Scale (INR n_K) (Number 1 n_K 1)))
    ; ("a_k", (Apply Sqrt (Var "z_k" always))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("q", (Add (Mul (Var "W_q" always) (Var "x" now)) (Var "b_q" always)))
    ; ("u_k", (Mul (Var "W_k" always) (Var "x" now)))
    ; ("k", (Add (Quot (Var "u_k" now) (Var "a_k" always)) (Var "b_k" always)))
    ; ("v", (Add (Mul (Var "W_v" always) (Var "x" now)) (Var "b_v" always)))
    ; ("z_i", (Add (Mul (Transpose (Var "w_i" always)) (Var "x" now)) (Var "b_i" always)))
    ; ("i", (Apply Exp (Var "z_i" now)))
    ; ("z_f", (Add (Mul (Transpose (Var "w_f" always)) (Var "x" now)) (Var "b_f" always)))
    ; ("f", (Apply Sigmoid (Var "z_f" now)))
    ; ("z_o", (Add (Mul (Var "W_o" always) (Var "x" now)) (Var "b_o" always)))
    ; ("o", (Apply Sigmoid (Var "z_o" now)))
    ; ("u_C", (Mul (Var "v" now) (Transpose (Var "k" now))))
    ; ("C", (Add (Multiple (Var "f" now) (Var "C" (Ago 1))) (Multiple (Var "i" now) (Var "u_C" now))))
    ; ("n", (Add (Multiple (Var "f" now) (Var "n" (Ago 1))) (Multiple (Var "i" now) (Var "k" now))))
    ; ("u_h", (Mul (Var "C" now) (Var "q" now)))
    ; ("z_h", (Mul (Transpose (Var "n" now)) (Var "q" now)))
    ; ("a_h", (Apply Abs (Var "z_h" now)))
    ; ("z2_h", (Add (Var "a_h" now) (Scale (-1) (Number 1 1 1))))
    ; ("a2_h", (Apply Relu (Var "z2_h" now)))
    ; ("h", (Had (Var "o" now) (Quot (Var "u_h" now) (Multiple (Add (Number 1 1 1) (Var "a2_h" now)) (Number 1 n_H 1)))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_K n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 1 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 1 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("h",
    [ Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("a2_h",
    [ Part 1 now (Scale (-1) (Mul (Number 1 1 n_H) (Had (Quot (Had (Bar "h" now) (Var "o" now)) (Power (Multiple (Add (Number 1 1 1) (Var "a2_h" now)) (Number 1 n_H 1)) 2)) (Var "u_h" now)))) ])
  ; ("z2_h",
    [ Part 1 now (Had (Bar "a2_h" now) (Apply Step (Var "a2_h" now))) ])
  ; ("a_h",
    [ Part 1 now (Bar "z2_h" now) ])
  ; ("z_h",
    [ Part 1 now (Had (Bar "a_h" now) (Apply Sign (Var "z_h" now))) ])
  ; ("u_h",
    [ Part 1 now (Quot (Had (Bar "h" now) (Var "o" now)) (Multiple (Add (Number 1 1 1) (Var "a2_h" now)) (Number 1 n_H 1))) ])
  ; ("n",
    [ Part 1 now (Mul (Var "q" now) (Bar "z_h" now))
    ; Part 1 (Ago 1) (Multiple (Var "f" now) (Bar "n" now)) ])
  ; ("C",
    [ Part 1 now (Mul (Bar "u_h" now) (Transpose (Var "q" now)))
    ; Part 1 (Ago 1) (Multiple (Var "f" now) (Bar "C" now)) ])
  ; ("u_C",
    [ Part 1 now (Multiple (Var "i" now) (Bar "C" now)) ])
  ; ("o",
    [ Part 1 now (Had (Bar "h" now) (Quot (Var "u_h" now) (Multiple (Add (Number 1 1 1) (Var "a2_h" now)) (Number 1 n_H 1)))) ])
  ; ("z_o",
    [ Part 1 now (Had (Had (Bar "o" now) (Var "o" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "o" now)))) ])
  ; ("f",
    [ Part 1 now (Mul (Transpose (Var "n" (Ago 1))) (Bar "n" now))
    ; Part 1 now (Trace (Mul (Transpose (Bar "C" now)) (Var "C" (Ago 1)))) ])
  ; ("z_f",
    [ Part 1 now (Had (Had (Bar "f" now) (Var "f" now)) (Add (Number 1 1 1) (Scale (-1) (Var "f" now)))) ])
  ; ("i",
    [ Part 1 now (Mul (Transpose (Var "k" now)) (Bar "n" now))
    ; Part 1 now (Trace (Mul (Transpose (Bar "C" now)) (Var "u_C" now))) ])
  ; ("z_i",
    [ Part 1 now (Had (Bar "i" now) (Var "i" now)) ])
  ; ("v",
    [ Part 1 now (Mul (Bar "u_C" now) (Var "k" now)) ])
  ; ("k",
    [ Part 1 now (Multiple (Var "i" now) (Bar "n" now))
    ; Part 1 now (Mul (Transpose (Bar "u_C" now)) (Var "v" now)) ])
  ; ("u_k",
    [ Part 1 now (Quot (Bar "k" now) (Var "a_k" always)) ])
  ; ("q",
    [ Part 1 now (Mul (Var "n" now) (Bar "z_h" now))
    ; Part 1 now (Mul (Transpose (Var "C" now)) (Bar "u_h" now)) ])
  ; ("a_k",
    [ Part 1 always (Scale (-1) (Had (Quot (Bar "k" now) (Power (Var "a_k" always) 2)) (Var "u_k" now))) ])
  ; ("z_k",
    [ Part 0 always (Had (Bar "a_k" always) (Quot (Number 1 n_K 1) (Scale 2 (Var "a_k" always)))) ])
  ; ("W_k",
    [ Part 1 always (Mul (Bar "u_k" now) (Transpose (Var "x" now))) ])
  ; ("w_i",
    [ Part 1 always (Mul (Var "x" now) (Bar "z_i" now)) ])
  ; ("w_f",
    [ Part 1 always (Mul (Var "x" now) (Bar "z_f" now)) ])
  ; ("W_q",
    [ Part 1 always (Mul (Bar "q" now) (Transpose (Var "x" now))) ])
  ; ("b_q",
    [ Part 1 always (Bar "q" now) ])
  ; ("b_k",
    [ Part 1 always (Bar "k" now) ])
  ; ("W_v",
    [ Part 1 always (Mul (Bar "v" now) (Transpose (Var "x" now))) ])
  ; ("b_v",
    [ Part 1 always (Bar "v" now) ])
  ; ("b_i",
    [ Part 1 always (Bar "z_i" now) ])
  ; ("b_f",
    [ Part 1 always (Bar "z_f" now) ])
  ; ("W_o",
    [ Part 1 always (Mul (Bar "z_o" now) (Transpose (Var "x" now))) ])
  ; ("b_o",
    [ Part 1 always (Bar "z_o" now) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 1 now (Mul (Transpose (Var "W_o" always)) (Bar "z_o" now))
    ; Part 1 now (Mul (Var "w_f" always) (Bar "z_f" now))
    ; Part 1 now (Mul (Var "w_i" always) (Bar "z_i" now))
    ; Part 1 now (Mul (Transpose (Var "W_v" always)) (Bar "v" now))
    ; Part 1 now (Mul (Transpose (Var "W_k" always)) (Bar "u_k" now))
    ; Part 1 now (Mul (Transpose (Var "W_q" always)) (Bar "q" now)) ])
  ].

Definition conditions (n_I n_H n_K n_O : nat) : list condition :=
  [ Positive 0 (Var "z_k" always)
  ; Nonzero 1 (Var "a_k" always)
  ; Nonzero 1 (Var "z_h" now)
  ; Nonzero 1 (Var "z2_h" now) ].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_H n_K n_O : nat) :
  certified (net n_I n_H n_K n_O) (adj n_I n_H n_K n_O) loss (regular_at (net n_I n_H n_K n_O)).
Proof. check. Qed.

Theorem regular (n_I n_H n_K n_O : nat) : suffices (net n_I n_H n_K n_O) (under (net n_I n_H n_K n_O) (conditions n_I n_H n_K n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_H n_K n_O : nat) : solvable (net n_I n_H n_K n_O) (adj n_I n_H n_K n_O).
Proof. order. Qed.

Theorem exact (n_I n_H n_K n_O : nat) :
  certified (net n_I n_H n_K n_O) (adj n_I n_H n_K n_O) loss (under (net n_I n_H n_K n_O) (conditions n_I n_H n_K n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_H n_K n_O) (regular n_I n_H n_K n_O)). Qed.
