(* The gradient of lstm_2_many_to_one, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   1640a34966ad532bbcd271136f086664c43cd744a27215a46471201939ec2d20  equations
   f6b9d1d33728b5f615af00f80ec995284e229bf6a401985899ecb5415a13251f  lstm_2_many_to_one.py
   3511853b97219a967c44af34e86de33856b0a90b7c0b23e1a5c0ddf785589362  lstm_2_many_to_one_f64.c
   3aa63e9ef708923bbe9f031093acc60a1f46c78a67731fd71a30240a09a67b09  lstm_2_many_to_one_f64.h
   09402e0401aa0b9d4c77c042c1fea7646fb9f639d65673b928ee53164f257d76  lstm_2_many_to_one_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H_1 n_H_2 n_O : nat) : network := Network
  [ Quantity "W_ii_1" n_H_1 n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_ii_1" n_H_1 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hi_1" n_H_1 n_H_1 (Fixed 0) (Fixed 0)
  ; Quantity "b_hi_1" n_H_1 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_if_1" n_H_1 n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_if_1" n_H_1 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hf_1" n_H_1 n_H_1 (Fixed 0) (Fixed 0)
  ; Quantity "b_hf_1" n_H_1 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_ig_1" n_H_1 n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_ig_1" n_H_1 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hg_1" n_H_1 n_H_1 (Fixed 0) (Fixed 0)
  ; Quantity "b_hg_1" n_H_1 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_io_1" n_H_1 n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_io_1" n_H_1 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_ho_1" n_H_1 n_H_1 (Fixed 0) (Fixed 0)
  ; Quantity "b_ho_1" n_H_1 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_ii_2" n_H_2 n_H_1 (Fixed 0) (Fixed 0)
  ; Quantity "b_ii_2" n_H_2 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hi_2" n_H_2 n_H_2 (Fixed 0) (Fixed 0)
  ; Quantity "b_hi_2" n_H_2 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_if_2" n_H_2 n_H_1 (Fixed 0) (Fixed 0)
  ; Quantity "b_if_2" n_H_2 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hf_2" n_H_2 n_H_2 (Fixed 0) (Fixed 0)
  ; Quantity "b_hf_2" n_H_2 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_ig_2" n_H_2 n_H_1 (Fixed 0) (Fixed 0)
  ; Quantity "b_ig_2" n_H_2 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hg_2" n_H_2 n_H_2 (Fixed 0) (Fixed 0)
  ; Quantity "b_hg_2" n_H_2 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_io_2" n_H_2 n_H_1 (Fixed 0) (Fixed 0)
  ; Quantity "b_io_2" n_H_2 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_ho_2" n_H_2 n_H_2 (Fixed 0) (Fixed 0)
  ; Quantity "b_ho_2" n_H_2 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H_2 (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i_1" n_H_1 1 (Fixed 1) (Length 0 0)
  ; Quantity "i_1" n_H_1 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f_1" n_H_1 1 (Fixed 1) (Length 0 0)
  ; Quantity "f_1" n_H_1 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_g_1" n_H_1 1 (Fixed 1) (Length 0 0)
  ; Quantity "g_1" n_H_1 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_o_1" n_H_1 1 (Fixed 1) (Length 0 0)
  ; Quantity "o_1" n_H_1 1 (Fixed 1) (Length 0 0)
  ; Quantity "c_1_new" n_H_1 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h_1" n_H_1 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_1_new" n_H_1 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_1" n_H_1 1 (Fixed 0) (Length 0 0)
  ; Quantity "c_1" n_H_1 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_i_2" n_H_2 1 (Fixed 1) (Length 0 0)
  ; Quantity "i_2" n_H_2 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f_2" n_H_2 1 (Fixed 1) (Length 0 0)
  ; Quantity "f_2" n_H_2 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_g_2" n_H_2 1 (Fixed 1) (Length 0 0)
  ; Quantity "g_2" n_H_2 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_o_2" n_H_2 1 (Fixed 1) (Length 0 0)
  ; Quantity "o_2" n_H_2 1 (Fixed 1) (Length 0 0)
  ; Quantity "c_2_new" n_H_2 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h_2" n_H_2 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_2_new" n_H_2 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_2" n_H_2 1 (Fixed 0) (Length 0 0)
  ; Quantity "c_2" n_H_2 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Length 0 0) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Length 0 0) (Length 0 0)
  ; Quantity "J" 1 1 (Length 0 0) (Length 0 0) ]
  [ Constant "y" n_O 1
  ; Constant "m" 1 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_i_1", (Add (Add (Add (Mul (Var "W_ii_1" always) (Var "x" now)) (Var "b_ii_1" always)) (Mul (Var "W_hi_1" always) (Var "h_1" (Ago 1)))) (Var "b_hi_1" always)))
    ; ("i_1", (Apply Sigmoid (Var "z_i_1" now)))
    ; ("z_f_1", (Add (Add (Add (Mul (Var "W_if_1" always) (Var "x" now)) (Var "b_if_1" always)) (Mul (Var "W_hf_1" always) (Var "h_1" (Ago 1)))) (Var "b_hf_1" always)))
    ; ("f_1", (Apply Sigmoid (Var "z_f_1" now)))
    ; ("z_g_1", (Add (Add (Add (Mul (Var "W_ig_1" always) (Var "x" now)) (Var "b_ig_1" always)) (Mul (Var "W_hg_1" always) (Var "h_1" (Ago 1)))) (Var "b_hg_1" always)))
    ; ("g_1", (Apply Tanh (Var "z_g_1" now)))
    ; ("z_o_1", (Add (Add (Add (Mul (Var "W_io_1" always) (Var "x" now)) (Var "b_io_1" always)) (Mul (Var "W_ho_1" always) (Var "h_1" (Ago 1)))) (Var "b_ho_1" always)))
    ; ("o_1", (Apply Sigmoid (Var "z_o_1" now)))
    ; ("c_1_new", (Add (Had (Var "f_1" now) (Var "c_1" (Ago 1))) (Had (Var "i_1" now) (Var "g_1" now))))
    ; ("a_h_1", (Apply Tanh (Var "c_1_new" now)))
    ; ("h_1_new", (Had (Var "o_1" now) (Var "a_h_1" now)))
    ; ("h_1", (Add (Multiple (Var "m" now) (Var "h_1_new" now)) (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "m" now))) (Var "h_1" (Ago 1)))))
    ; ("c_1", (Add (Multiple (Var "m" now) (Var "c_1_new" now)) (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "m" now))) (Var "c_1" (Ago 1)))))
    ; ("z_i_2", (Add (Add (Add (Mul (Var "W_ii_2" always) (Var "h_1" now)) (Var "b_ii_2" always)) (Mul (Var "W_hi_2" always) (Var "h_2" (Ago 1)))) (Var "b_hi_2" always)))
    ; ("i_2", (Apply Sigmoid (Var "z_i_2" now)))
    ; ("z_f_2", (Add (Add (Add (Mul (Var "W_if_2" always) (Var "h_1" now)) (Var "b_if_2" always)) (Mul (Var "W_hf_2" always) (Var "h_2" (Ago 1)))) (Var "b_hf_2" always)))
    ; ("f_2", (Apply Sigmoid (Var "z_f_2" now)))
    ; ("z_g_2", (Add (Add (Add (Mul (Var "W_ig_2" always) (Var "h_1" now)) (Var "b_ig_2" always)) (Mul (Var "W_hg_2" always) (Var "h_2" (Ago 1)))) (Var "b_hg_2" always)))
    ; ("g_2", (Apply Tanh (Var "z_g_2" now)))
    ; ("z_o_2", (Add (Add (Add (Mul (Var "W_io_2" always) (Var "h_1" now)) (Var "b_io_2" always)) (Mul (Var "W_ho_2" always) (Var "h_2" (Ago 1)))) (Var "b_ho_2" always)))
    ; ("o_2", (Apply Sigmoid (Var "z_o_2" now)))
    ; ("c_2_new", (Add (Had (Var "f_2" now) (Var "c_2" (Ago 1))) (Had (Var "i_2" now) (Var "g_2" now))))
    ; ("a_h_2", (Apply Tanh (Var "c_2_new" now)))
    ; ("h_2_new", (Had (Var "o_2" now) (Var "a_h_2" now)))
    ; ("h_2", (Add (Multiple (Var "m" now) (Var "h_2_new" now)) (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "m" now))) (Var "h_2" (Ago 1)))))
    ; ("c_2", (Add (Multiple (Var "m" now) (Var "c_2_new" now)) (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "m" now))) (Var "c_2" (Ago 1))))) ]
  ; Stage (Length 0 0) (Length 0 0) true
    [ ("z_y", (Add (Mul (Var "W_hy" always) (Var "h_2" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H_1 n_H_2 n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 1 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 1 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("c_2",
    [ Part 0 (Ago 1) (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "m" now))) (Bar "c_2" now))
    ; Part 0 (Ago 1) (Had (Bar "c_2_new" now) (Var "f_2" now)) ])
  ; ("h_2",
    [ Part 0 (Ago 1) (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "m" now))) (Bar "h_2" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_ho_2" always)) (Bar "z_o_2" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hg_2" always)) (Bar "z_g_2" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hf_2" always)) (Bar "z_f_2" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hi_2" always)) (Bar "z_i_2" now))
    ; Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("h_2_new",
    [ Part 0 now (Multiple (Var "m" now) (Bar "h_2" now)) ])
  ; ("a_h_2",
    [ Part 0 now (Had (Bar "h_2_new" now) (Var "o_2" now)) ])
  ; ("c_2_new",
    [ Part 0 now (Multiple (Var "m" now) (Bar "c_2" now))
    ; Part 0 now (Had (Bar "a_h_2" now) (Add (Number 1 n_H_2 1) (Scale (-1) (Power (Var "a_h_2" now) 2)))) ])
  ; ("o_2",
    [ Part 0 now (Had (Bar "h_2_new" now) (Var "a_h_2" now)) ])
  ; ("z_o_2",
    [ Part 0 now (Had (Had (Bar "o_2" now) (Var "o_2" now)) (Add (Number 1 n_H_2 1) (Scale (-1) (Var "o_2" now)))) ])
  ; ("g_2",
    [ Part 0 now (Had (Bar "c_2_new" now) (Var "i_2" now)) ])
  ; ("z_g_2",
    [ Part 0 now (Had (Bar "g_2" now) (Add (Number 1 n_H_2 1) (Scale (-1) (Power (Var "g_2" now) 2)))) ])
  ; ("f_2",
    [ Part 0 now (Had (Bar "c_2_new" now) (Var "c_2" (Ago 1))) ])
  ; ("z_f_2",
    [ Part 0 now (Had (Had (Bar "f_2" now) (Var "f_2" now)) (Add (Number 1 n_H_2 1) (Scale (-1) (Var "f_2" now)))) ])
  ; ("i_2",
    [ Part 0 now (Had (Bar "c_2_new" now) (Var "g_2" now)) ])
  ; ("z_i_2",
    [ Part 0 now (Had (Had (Bar "i_2" now) (Var "i_2" now)) (Add (Number 1 n_H_2 1) (Scale (-1) (Var "i_2" now)))) ])
  ; ("c_1",
    [ Part 0 (Ago 1) (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "m" now))) (Bar "c_1" now))
    ; Part 0 (Ago 1) (Had (Bar "c_1_new" now) (Var "f_1" now)) ])
  ; ("h_1",
    [ Part 0 now (Mul (Transpose (Var "W_io_2" always)) (Bar "z_o_2" now))
    ; Part 0 now (Mul (Transpose (Var "W_ig_2" always)) (Bar "z_g_2" now))
    ; Part 0 now (Mul (Transpose (Var "W_if_2" always)) (Bar "z_f_2" now))
    ; Part 0 now (Mul (Transpose (Var "W_ii_2" always)) (Bar "z_i_2" now))
    ; Part 0 (Ago 1) (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "m" now))) (Bar "h_1" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_ho_1" always)) (Bar "z_o_1" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hg_1" always)) (Bar "z_g_1" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hf_1" always)) (Bar "z_f_1" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hi_1" always)) (Bar "z_i_1" now)) ])
  ; ("h_1_new",
    [ Part 0 now (Multiple (Var "m" now) (Bar "h_1" now)) ])
  ; ("a_h_1",
    [ Part 0 now (Had (Bar "h_1_new" now) (Var "o_1" now)) ])
  ; ("c_1_new",
    [ Part 0 now (Multiple (Var "m" now) (Bar "c_1" now))
    ; Part 0 now (Had (Bar "a_h_1" now) (Add (Number 1 n_H_1 1) (Scale (-1) (Power (Var "a_h_1" now) 2)))) ])
  ; ("o_1",
    [ Part 0 now (Had (Bar "h_1_new" now) (Var "a_h_1" now)) ])
  ; ("z_o_1",
    [ Part 0 now (Had (Had (Bar "o_1" now) (Var "o_1" now)) (Add (Number 1 n_H_1 1) (Scale (-1) (Var "o_1" now)))) ])
  ; ("g_1",
    [ Part 0 now (Had (Bar "c_1_new" now) (Var "i_1" now)) ])
  ; ("z_g_1",
    [ Part 0 now (Had (Bar "g_1" now) (Add (Number 1 n_H_1 1) (Scale (-1) (Power (Var "g_1" now) 2)))) ])
  ; ("f_1",
    [ Part 0 now (Had (Bar "c_1_new" now) (Var "c_1" (Ago 1))) ])
  ; ("z_f_1",
    [ Part 0 now (Had (Had (Bar "f_1" now) (Var "f_1" now)) (Add (Number 1 n_H_1 1) (Scale (-1) (Var "f_1" now)))) ])
  ; ("i_1",
    [ Part 0 now (Had (Bar "c_1_new" now) (Var "g_1" now)) ])
  ; ("z_i_1",
    [ Part 0 now (Had (Had (Bar "i_1" now) (Var "i_1" now)) (Add (Number 1 n_H_1 1) (Scale (-1) (Var "i_1" now)))) ])
  ; ("W_ii_1",
    [ Part 0 always (Mul (Bar "z_i_1" now) (Transpose (Var "x" now))) ])
  ; ("b_ii_1",
    [ Part 0 always (Bar "z_i_1" now) ])
  ; ("W_hi_1",
    [ Part 0 always (Mul (Bar "z_i_1" now) (Transpose (Var "h_1" (Ago 1)))) ])
  ; ("b_hi_1",
    [ Part 0 always (Bar "z_i_1" now) ])
  ; ("W_if_1",
    [ Part 0 always (Mul (Bar "z_f_1" now) (Transpose (Var "x" now))) ])
  ; ("b_if_1",
    [ Part 0 always (Bar "z_f_1" now) ])
  ; ("W_hf_1",
    [ Part 0 always (Mul (Bar "z_f_1" now) (Transpose (Var "h_1" (Ago 1)))) ])
  ; ("b_hf_1",
    [ Part 0 always (Bar "z_f_1" now) ])
  ; ("W_ig_1",
    [ Part 0 always (Mul (Bar "z_g_1" now) (Transpose (Var "x" now))) ])
  ; ("b_ig_1",
    [ Part 0 always (Bar "z_g_1" now) ])
  ; ("W_hg_1",
    [ Part 0 always (Mul (Bar "z_g_1" now) (Transpose (Var "h_1" (Ago 1)))) ])
  ; ("b_hg_1",
    [ Part 0 always (Bar "z_g_1" now) ])
  ; ("W_io_1",
    [ Part 0 always (Mul (Bar "z_o_1" now) (Transpose (Var "x" now))) ])
  ; ("b_io_1",
    [ Part 0 always (Bar "z_o_1" now) ])
  ; ("W_ho_1",
    [ Part 0 always (Mul (Bar "z_o_1" now) (Transpose (Var "h_1" (Ago 1)))) ])
  ; ("b_ho_1",
    [ Part 0 always (Bar "z_o_1" now) ])
  ; ("W_ii_2",
    [ Part 0 always (Mul (Bar "z_i_2" now) (Transpose (Var "h_1" now))) ])
  ; ("b_ii_2",
    [ Part 0 always (Bar "z_i_2" now) ])
  ; ("W_hi_2",
    [ Part 0 always (Mul (Bar "z_i_2" now) (Transpose (Var "h_2" (Ago 1)))) ])
  ; ("b_hi_2",
    [ Part 0 always (Bar "z_i_2" now) ])
  ; ("W_if_2",
    [ Part 0 always (Mul (Bar "z_f_2" now) (Transpose (Var "h_1" now))) ])
  ; ("b_if_2",
    [ Part 0 always (Bar "z_f_2" now) ])
  ; ("W_hf_2",
    [ Part 0 always (Mul (Bar "z_f_2" now) (Transpose (Var "h_2" (Ago 1)))) ])
  ; ("b_hf_2",
    [ Part 0 always (Bar "z_f_2" now) ])
  ; ("W_ig_2",
    [ Part 0 always (Mul (Bar "z_g_2" now) (Transpose (Var "h_1" now))) ])
  ; ("b_ig_2",
    [ Part 0 always (Bar "z_g_2" now) ])
  ; ("W_hg_2",
    [ Part 0 always (Mul (Bar "z_g_2" now) (Transpose (Var "h_2" (Ago 1)))) ])
  ; ("b_hg_2",
    [ Part 0 always (Bar "z_g_2" now) ])
  ; ("W_io_2",
    [ Part 0 always (Mul (Bar "z_o_2" now) (Transpose (Var "h_1" now))) ])
  ; ("b_io_2",
    [ Part 0 always (Bar "z_o_2" now) ])
  ; ("W_ho_2",
    [ Part 0 always (Mul (Bar "z_o_2" now) (Transpose (Var "h_2" (Ago 1)))) ])
  ; ("b_ho_2",
    [ Part 0 always (Bar "z_o_2" now) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "h_2" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_io_1" always)) (Bar "z_o_1" now))
    ; Part 0 now (Mul (Transpose (Var "W_ig_1" always)) (Bar "z_g_1" now))
    ; Part 0 now (Mul (Transpose (Var "W_if_1" always)) (Bar "z_f_1" now))
    ; Part 0 now (Mul (Transpose (Var "W_ii_1" always)) (Bar "z_i_1" now)) ])
  ].

Definition conditions (n_I n_H_1 n_H_2 n_O : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_H_1 n_H_2 n_O : nat) :
  certified (net n_I n_H_1 n_H_2 n_O) (adj n_I n_H_1 n_H_2 n_O) loss (regular_at (net n_I n_H_1 n_H_2 n_O)).
Proof. check. Qed.

Theorem regular (n_I n_H_1 n_H_2 n_O : nat) : suffices (net n_I n_H_1 n_H_2 n_O) (under (net n_I n_H_1 n_H_2 n_O) (conditions n_I n_H_1 n_H_2 n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_H_1 n_H_2 n_O : nat) : solvable (net n_I n_H_1 n_H_2 n_O) (adj n_I n_H_1 n_H_2 n_O).
Proof. order. Qed.

Theorem exact (n_I n_H_1 n_H_2 n_O : nat) :
  certified (net n_I n_H_1 n_H_2 n_O) (adj n_I n_H_1 n_H_2 n_O) loss (under (net n_I n_H_1 n_H_2 n_O) (conditions n_I n_H_1 n_H_2 n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_H_1 n_H_2 n_O) (regular n_I n_H_1 n_H_2 n_O)). Qed.
