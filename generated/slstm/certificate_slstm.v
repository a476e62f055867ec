(* The gradient of slstm, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   21d0e4c56eb782bb0ec0568d77cd81b6ccf327f2540f80956f7f75f8bbb44f0e  equations
   cba3708c93948786759a5428c5d491cf7afd6226b08133bd5e7b9c02a7fa4b3b  slstm.py
   51cb468a4b0bf934c668a66d4460809ce3bffa6542b7f4833df7cc769a968d3d  slstm_f64.c
   d0dd82e87f83ada274459e08bb009bd39aee529a592eb32e14d1f6957feb8a9b  slstm_f64.h
   0a4eb028389205945b027e67a5e777ff3559dafce8b98522c7203b55967f78ce  slstm_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_i" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "R_i" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_i" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_f" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "R_f" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_f" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_z" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "R_z" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_z" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_o" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "R_o" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_o" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "n" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_i", (Add (Add (Mul (Var "W_i" always) (Var "x" now)) (Mul (Var "R_i" always) (Var "h" (Ago 1)))) (Var "b_i" always)))
    ; ("i", (Apply Exp (Var "z_i" now)))
    ; ("z_f", (Add (Add (Mul (Var "W_f" always) (Var "x" now)) (Mul (Var "R_f" always) (Var "h" (Ago 1)))) (Var "b_f" always)))
    ; ("f", (Apply Sigmoid (Var "z_f" now)))
    ; ("z_z", (Add (Add (Mul (Var "W_z" always) (Var "x" now)) (Mul (Var "R_z" always) (Var "h" (Ago 1)))) (Var "b_z" always)))
    ; ("z", (Apply Tanh (Var "z_z" now)))
    ; ("z_o", (Add (Add (Mul (Var "W_o" always) (Var "x" now)) (Mul (Var "R_o" always) (Var "h" (Ago 1)))) (Var "b_o" always)))
    ; ("o", (Apply Sigmoid (Var "z_o" now)))
    ; ("c", (Add (Had (Var "f" now) (Var "c" (Ago 1))) (Had (Var "i" now) (Var "z" now))))
    ; ("n", (Add (Had (Var "f" now) (Var "n" (Ago 1))) (Var "i" now)))
    ; ("h", (Had (Var "o" now) (Quot (Var "c" now) (Var "n" now))))
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
    ; Part 0 (Ago 1) (Mul (Transpose (Var "R_o" always)) (Bar "z_o" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "R_z" always)) (Bar "z_z" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "R_f" always)) (Bar "z_f" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "R_i" always)) (Bar "z_i" now)) ])
  ; ("n",
    [ Part 0 now (Scale (-1) (Had (Quot (Had (Bar "h" now) (Var "o" now)) (Power (Var "n" now) 2)) (Var "c" now)))
    ; Part 0 (Ago 1) (Had (Bar "n" now) (Var "f" now)) ])
  ; ("c",
    [ Part 0 now (Quot (Had (Bar "h" now) (Var "o" now)) (Var "n" now))
    ; Part 0 (Ago 1) (Had (Bar "c" now) (Var "f" now)) ])
  ; ("o",
    [ Part 0 now (Had (Bar "h" now) (Quot (Var "c" now) (Var "n" now))) ])
  ; ("z_o",
    [ Part 0 now (Had (Had (Bar "o" now) (Var "o" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "o" now)))) ])
  ; ("z",
    [ Part 0 now (Had (Bar "c" now) (Var "i" now)) ])
  ; ("z_z",
    [ Part 0 now (Had (Bar "z" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "z" now) 2)))) ])
  ; ("f",
    [ Part 0 now (Had (Bar "n" now) (Var "n" (Ago 1)))
    ; Part 0 now (Had (Bar "c" now) (Var "c" (Ago 1))) ])
  ; ("z_f",
    [ Part 0 now (Had (Had (Bar "f" now) (Var "f" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("i",
    [ Part 0 now (Bar "n" now)
    ; Part 0 now (Had (Bar "c" now) (Var "z" now)) ])
  ; ("z_i",
    [ Part 0 now (Had (Bar "i" now) (Var "i" now)) ])
  ; ("W_i",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "x" now))) ])
  ; ("R_i",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_i",
    [ Part 0 always (Bar "z_i" now) ])
  ; ("W_f",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "x" now))) ])
  ; ("R_f",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_f",
    [ Part 0 always (Bar "z_f" now) ])
  ; ("W_z",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "x" now))) ])
  ; ("R_z",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_z",
    [ Part 0 always (Bar "z_z" now) ])
  ; ("W_o",
    [ Part 0 always (Mul (Bar "z_o" now) (Transpose (Var "x" now))) ])
  ; ("R_o",
    [ Part 0 always (Mul (Bar "z_o" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_o",
    [ Part 0 always (Bar "z_o" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_o" always)) (Bar "z_o" now))
    ; Part 0 now (Mul (Transpose (Var "W_z" always)) (Bar "z_z" now))
    ; Part 0 now (Mul (Transpose (Var "W_f" always)) (Bar "z_f" now))
    ; Part 0 now (Mul (Transpose (Var "W_i" always)) (Bar "z_i" now)) ])
  ].

Definition conditions (n_I n_H n_O : nat) : list condition :=
  [ Nonzero 0 (Var "n" now) ].

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
