(* The gradient of rhn, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   080d7d7c4b7a1fce70d01162e6e52de62e34727f3096127ee7ee6d4d32cef113  equations
   dbd35d1fccc6380d56139446f9a6a00cb8d6eefd3ddbb4099b061ba76101c8e3  rhn.py
   d398164aab4a4b86a2a10edfddf8060d9163bbc782595f40f1081a8544009e76  rhn_f64.c
   da61b361931dc12f04188efaf5271c8dd25169cb560af915598d690e94b61ec3  rhn_f64.h
   a7de65f54004d47e0c68f4add90725d5a280a3ad5b04a0a3b9265d7bd1599111  rhn_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_H" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "R_H1" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_H1" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_T" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "R_T1" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_T1" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_C" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "R_C1" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_C1" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "R_H2" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_H2" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "R_T2" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_T2" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "R_C2" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_C2" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "R_H3" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_H3" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "R_T3" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_T3" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "R_C3" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_C3" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h_1" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_1" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_t_1" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "t_1" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_c_1" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c_1" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_1" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h_2" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_2" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_t_2" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "t_2" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_c_2" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c_2" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_2" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h_3" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_3" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_t_3" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "t_3" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_c_3" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c_3" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "s" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_h_1", (Add (Add (Mul (Var "W_H" always) (Var "x" now)) (Mul (Var "R_H1" always) (Var "s" (Ago 1)))) (Var "b_H1" always)))
    ; ("h_1", (Apply Tanh (Var "z_h_1" now)))
    ; ("z_t_1", (Add (Add (Mul (Var "W_T" always) (Var "x" now)) (Mul (Var "R_T1" always) (Var "s" (Ago 1)))) (Var "b_T1" always)))
    ; ("t_1", (Apply Sigmoid (Var "z_t_1" now)))
    ; ("z_c_1", (Add (Add (Mul (Var "W_C" always) (Var "x" now)) (Mul (Var "R_C1" always) (Var "s" (Ago 1)))) (Var "b_C1" always)))
    ; ("c_1", (Apply Sigmoid (Var "z_c_1" now)))
    ; ("s_1", (Add (Had (Var "h_1" now) (Var "t_1" now)) (Had (Var "s" (Ago 1)) (Var "c_1" now))))
    ; ("z_h_2", (Add (Mul (Var "R_H2" always) (Var "s_1" now)) (Var "b_H2" always)))
    ; ("h_2", (Apply Tanh (Var "z_h_2" now)))
    ; ("z_t_2", (Add (Mul (Var "R_T2" always) (Var "s_1" now)) (Var "b_T2" always)))
    ; ("t_2", (Apply Sigmoid (Var "z_t_2" now)))
    ; ("z_c_2", (Add (Mul (Var "R_C2" always) (Var "s_1" now)) (Var "b_C2" always)))
    ; ("c_2", (Apply Sigmoid (Var "z_c_2" now)))
    ; ("s_2", (Add (Had (Var "h_2" now) (Var "t_2" now)) (Had (Var "s_1" now) (Var "c_2" now))))
    ; ("z_h_3", (Add (Mul (Var "R_H3" always) (Var "s_2" now)) (Var "b_H3" always)))
    ; ("h_3", (Apply Tanh (Var "z_h_3" now)))
    ; ("z_t_3", (Add (Mul (Var "R_T3" always) (Var "s_2" now)) (Var "b_T3" always)))
    ; ("t_3", (Apply Sigmoid (Var "z_t_3" now)))
    ; ("z_c_3", (Add (Mul (Var "R_C3" always) (Var "s_2" now)) (Var "b_C3" always)))
    ; ("c_3", (Apply Sigmoid (Var "z_c_3" now)))
    ; ("s", (Add (Had (Var "h_3" now) (Var "t_3" now)) (Had (Var "s_2" now) (Var "c_3" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "s" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("s",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 0 (Ago 1) (Had (Bar "s_1" now) (Var "c_1" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "R_C1" always)) (Bar "z_c_1" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "R_T1" always)) (Bar "z_t_1" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "R_H1" always)) (Bar "z_h_1" now)) ])
  ; ("c_3",
    [ Part 0 now (Had (Bar "s" now) (Var "s_2" now)) ])
  ; ("z_c_3",
    [ Part 0 now (Had (Had (Bar "c_3" now) (Var "c_3" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "c_3" now)))) ])
  ; ("t_3",
    [ Part 0 now (Had (Bar "s" now) (Var "h_3" now)) ])
  ; ("z_t_3",
    [ Part 0 now (Had (Had (Bar "t_3" now) (Var "t_3" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "t_3" now)))) ])
  ; ("h_3",
    [ Part 0 now (Had (Bar "s" now) (Var "t_3" now)) ])
  ; ("z_h_3",
    [ Part 0 now (Had (Bar "h_3" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h_3" now) 2)))) ])
  ; ("s_2",
    [ Part 0 now (Had (Bar "s" now) (Var "c_3" now))
    ; Part 0 now (Mul (Transpose (Var "R_C3" always)) (Bar "z_c_3" now))
    ; Part 0 now (Mul (Transpose (Var "R_T3" always)) (Bar "z_t_3" now))
    ; Part 0 now (Mul (Transpose (Var "R_H3" always)) (Bar "z_h_3" now)) ])
  ; ("c_2",
    [ Part 0 now (Had (Bar "s_2" now) (Var "s_1" now)) ])
  ; ("z_c_2",
    [ Part 0 now (Had (Had (Bar "c_2" now) (Var "c_2" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "c_2" now)))) ])
  ; ("t_2",
    [ Part 0 now (Had (Bar "s_2" now) (Var "h_2" now)) ])
  ; ("z_t_2",
    [ Part 0 now (Had (Had (Bar "t_2" now) (Var "t_2" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "t_2" now)))) ])
  ; ("h_2",
    [ Part 0 now (Had (Bar "s_2" now) (Var "t_2" now)) ])
  ; ("z_h_2",
    [ Part 0 now (Had (Bar "h_2" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h_2" now) 2)))) ])
  ; ("s_1",
    [ Part 0 now (Had (Bar "s_2" now) (Var "c_2" now))
    ; Part 0 now (Mul (Transpose (Var "R_C2" always)) (Bar "z_c_2" now))
    ; Part 0 now (Mul (Transpose (Var "R_T2" always)) (Bar "z_t_2" now))
    ; Part 0 now (Mul (Transpose (Var "R_H2" always)) (Bar "z_h_2" now)) ])
  ; ("c_1",
    [ Part 0 now (Had (Bar "s_1" now) (Var "s" (Ago 1))) ])
  ; ("z_c_1",
    [ Part 0 now (Had (Had (Bar "c_1" now) (Var "c_1" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "c_1" now)))) ])
  ; ("t_1",
    [ Part 0 now (Had (Bar "s_1" now) (Var "h_1" now)) ])
  ; ("z_t_1",
    [ Part 0 now (Had (Had (Bar "t_1" now) (Var "t_1" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "t_1" now)))) ])
  ; ("h_1",
    [ Part 0 now (Had (Bar "s_1" now) (Var "t_1" now)) ])
  ; ("z_h_1",
    [ Part 0 now (Had (Bar "h_1" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h_1" now) 2)))) ])
  ; ("W_H",
    [ Part 0 always (Mul (Bar "z_h_1" now) (Transpose (Var "x" now))) ])
  ; ("R_H1",
    [ Part 0 always (Mul (Bar "z_h_1" now) (Transpose (Var "s" (Ago 1)))) ])
  ; ("b_H1",
    [ Part 0 always (Bar "z_h_1" now) ])
  ; ("W_T",
    [ Part 0 always (Mul (Bar "z_t_1" now) (Transpose (Var "x" now))) ])
  ; ("R_T1",
    [ Part 0 always (Mul (Bar "z_t_1" now) (Transpose (Var "s" (Ago 1)))) ])
  ; ("b_T1",
    [ Part 0 always (Bar "z_t_1" now) ])
  ; ("W_C",
    [ Part 0 always (Mul (Bar "z_c_1" now) (Transpose (Var "x" now))) ])
  ; ("R_C1",
    [ Part 0 always (Mul (Bar "z_c_1" now) (Transpose (Var "s" (Ago 1)))) ])
  ; ("b_C1",
    [ Part 0 always (Bar "z_c_1" now) ])
  ; ("R_H2",
    [ Part 0 always (Mul (Bar "z_h_2" now) (Transpose (Var "s_1" now))) ])
  ; ("b_H2",
    [ Part 0 always (Bar "z_h_2" now) ])
  ; ("R_T2",
    [ Part 0 always (Mul (Bar "z_t_2" now) (Transpose (Var "s_1" now))) ])
  ; ("b_T2",
    [ Part 0 always (Bar "z_t_2" now) ])
  ; ("R_C2",
    [ Part 0 always (Mul (Bar "z_c_2" now) (Transpose (Var "s_1" now))) ])
  ; ("b_C2",
    [ Part 0 always (Bar "z_c_2" now) ])
  ; ("R_H3",
    [ Part 0 always (Mul (Bar "z_h_3" now) (Transpose (Var "s_2" now))) ])
  ; ("b_H3",
    [ Part 0 always (Bar "z_h_3" now) ])
  ; ("R_T3",
    [ Part 0 always (Mul (Bar "z_t_3" now) (Transpose (Var "s_2" now))) ])
  ; ("b_T3",
    [ Part 0 always (Bar "z_t_3" now) ])
  ; ("R_C3",
    [ Part 0 always (Mul (Bar "z_c_3" now) (Transpose (Var "s_2" now))) ])
  ; ("b_C3",
    [ Part 0 always (Bar "z_c_3" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "s" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_C" always)) (Bar "z_c_1" now))
    ; Part 0 now (Mul (Transpose (Var "W_T" always)) (Bar "z_t_1" now))
    ; Part 0 now (Mul (Transpose (Var "W_H" always)) (Bar "z_h_1" now)) ])
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
