(* The gradient of ssm_diagonal, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   be2e8156fa73fe45c589b05e62550edf8cd5b6fedfcdd8fcf19f2435637376fb  equations
   ac95546fc8f2af4217a3df8a7b6999a2a4ab87bc0d83e21e10c56923596849e9  ssm_diagonal.py
   0916e1dbe6a048ec81e00d024058a3a9c922baeed345be1e88a00b75e7d5024c  ssm_diagonal_f64.c
   88ee34249e40d4a8840a589693e0ced1a61bf20efe6ecdd4e719c6ffd76b670f  ssm_diagonal_f64.h
   8185d79e5bf0835459da2844efb9877017f62a7adfaa3488df1e74c7fce1df5b  ssm_diagonal_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_N n_O n_O2 : nat) : network := Network
  [ Quantity "C" n_O n_N (Fixed 0) (Fixed 0)
  ; Quantity "A_log" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "delta_log" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "B_in" n_N n_I (Fixed 0) (Fixed 0)
  ; Quantity "D_skip" n_O n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O2 n_O (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O2 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_A" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "A" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "delta" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "z_A_bar" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "A_bar" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "s_B_bar" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "B_bar" n_N n_I (Fixed 0) (Fixed 0)
  ; Quantity "h" n_N 1 (Fixed 0) (Length 0 0)
  ; Quantity "y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O2 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O2 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y2" n_O2 1 ]
  [ Stage (Fixed 0) (Fixed 0) true
    [ ("a_A", (Apply Exp (Var "A_log" always)))
    ; ("A", (Scale (-1) (Var "a_A" always)))
    ; ("delta", (Apply Exp (Var "delta_log" always)))
    ; ("z_A_bar", (Had (Var "delta" always) (Var "A" always)))
    ; ("A_bar", (Apply Exp (Var "z_A_bar" always)))
    ; ("s_B_bar", (Quot (Add (Var "A_bar" always) (Scale (-1) (Number 1 n_N 1))) (Var "A" always)))
    ; ("B_bar", (Mul (Diag (Var "s_B_bar" always)) (Var "B_in" always))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("h", (Add (Had (Var "A_bar" always) (Var "h" (Ago 1))) (Mul (Var "B_bar" always) (Var "x" now))))
    ; ("y", (Add (Mul (Var "C" always) (Var "h" now)) (Mul (Var "D_skip" always) (Var "x" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_N n_O n_O2 : nat) : adjoints :=
  [ ("y_hat",
    [ Part 1 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 1 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("y",
    [ Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("h",
    [ Part 1 now (Mul (Transpose (Var "C" always)) (Bar "y" now))
    ; Part 1 (Ago 1) (Had (Bar "h" now) (Var "A_bar" always)) ])
  ; ("B_bar",
    [ Part 1 always (Mul (Bar "h" now) (Transpose (Var "x" now))) ])
  ; ("s_B_bar",
    [ Part 0 always (Mul (Had (Bar "B_bar" always) (Var "B_in" always)) (Number 1 n_I 1)) ])
  ; ("A_bar",
    [ Part 0 always (Quot (Bar "s_B_bar" always) (Var "A" always))
    ; Part 1 always (Had (Bar "h" now) (Var "h" (Ago 1))) ])
  ; ("z_A_bar",
    [ Part 0 always (Had (Bar "A_bar" always) (Var "A_bar" always)) ])
  ; ("delta",
    [ Part 0 always (Had (Bar "z_A_bar" always) (Var "A" always)) ])
  ; ("A",
    [ Part 0 always (Scale (-1) (Had (Quot (Bar "s_B_bar" always) (Power (Var "A" always) 2)) (Add (Var "A_bar" always) (Scale (-1) (Number 1 n_N 1)))))
    ; Part 0 always (Had (Bar "z_A_bar" always) (Var "delta" always)) ])
  ; ("a_A",
    [ Part 0 always (Scale (-1) (Bar "A" always)) ])
  ; ("C",
    [ Part 1 always (Mul (Bar "y" now) (Transpose (Var "h" now))) ])
  ; ("A_log",
    [ Part 0 always (Had (Bar "a_A" always) (Var "a_A" always)) ])
  ; ("delta_log",
    [ Part 0 always (Had (Bar "delta" always) (Var "delta" always)) ])
  ; ("B_in",
    [ Part 0 always (Mul (Diag (Var "s_B_bar" always)) (Bar "B_bar" always)) ])
  ; ("D_skip",
    [ Part 1 always (Mul (Bar "y" now) (Transpose (Var "x" now))) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "y" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 1 now (Mul (Transpose (Var "D_skip" always)) (Bar "y" now))
    ; Part 1 now (Mul (Transpose (Var "B_bar" always)) (Bar "h" now)) ])
  ].

Definition conditions (n_I n_N n_O n_O2 : nat) : list condition :=
  [ Nonzero 0 (Var "A" always) ].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_N n_O n_O2 : nat) :
  certified (net n_I n_N n_O n_O2) (adj n_I n_N n_O n_O2) loss (regular_at (net n_I n_N n_O n_O2)).
Proof. check. Qed.

Theorem regular (n_I n_N n_O n_O2 : nat) : suffices (net n_I n_N n_O n_O2) (under (net n_I n_N n_O n_O2) (conditions n_I n_N n_O n_O2)).
Proof. settle. Qed.

Theorem solved (n_I n_N n_O n_O2 : nat) : solvable (net n_I n_N n_O n_O2) (adj n_I n_N n_O n_O2).
Proof. order. Qed.

Theorem exact (n_I n_N n_O n_O2 : nat) :
  certified (net n_I n_N n_O n_O2) (adj n_I n_N n_O n_O2) loss (under (net n_I n_N n_O n_O2) (conditions n_I n_N n_O n_O2)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_N n_O n_O2) (regular n_I n_N n_O n_O2)). Qed.
