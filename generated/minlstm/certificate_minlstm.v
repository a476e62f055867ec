(* The gradient of minlstm, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   611d85ab0245d6235d1640095c3a58b56541e27e104f178f5fae47eff00e6e4c  equations
   d628f0ca4409ac272a01618ef9f32eb4eb4000c42485ca73d97b085fce6ce1cc  minlstm.py
   1465b63be48f559fb50caa316f5b06aa6ad3e11751b76b67fb740646ad776140  minlstm_f64.c
   dd1d8e12c13a42a579fd458901421631500ba00fbe4c8ec51b2dd63a1a990b86  minlstm_f64.h
   69d40bc9da1c477bd302c184582747d4057cbb9f96855e7c457e56816b2651b9  minlstm_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_f" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_f" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_i" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_i" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_h" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_hat" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_f", (Add (Mul (Var "W_f" always) (Var "x" now)) (Var "b_f" always)))
    ; ("f", (Apply Sigmoid (Var "z_f" now)))
    ; ("z_i", (Add (Mul (Var "W_i" always) (Var "x" now)) (Var "b_i" always)))
    ; ("i", (Apply Sigmoid (Var "z_i" now)))
    ; ("h_hat", (Add (Mul (Var "W_h" always) (Var "x" now)) (Var "b_h" always)))
    ; ("h", (Add (Had (Quot (Var "f" now) (Add (Var "f" now) (Var "i" now))) (Var "h" (Ago 1))) (Had (Quot (Var "i" now) (Add (Var "f" now) (Var "i" now))) (Var "h_hat" now))))
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
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Quot (Var "f" now) (Add (Var "f" now) (Var "i" now)))) ])
  ; ("h_hat",
    [ Part 0 now (Had (Bar "h" now) (Quot (Var "i" now) (Add (Var "f" now) (Var "i" now)))) ])
  ; ("i",
    [ Part 0 now (Add (Add (Scale (-1) (Had (Quot (Had (Bar "h" now) (Var "h" (Ago 1))) (Power (Add (Var "f" now) (Var "i" now)) 2)) (Var "f" now))) (Quot (Had (Bar "h" now) (Var "h_hat" now)) (Add (Var "f" now) (Var "i" now)))) (Scale (-1) (Had (Quot (Had (Bar "h" now) (Var "h_hat" now)) (Power (Add (Var "f" now) (Var "i" now)) 2)) (Var "i" now)))) ])
  ; ("z_i",
    [ Part 0 now (Had (Had (Bar "i" now) (Var "i" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "i" now)))) ])
  ; ("f",
    [ Part 0 now (Add (Add (Quot (Had (Bar "h" now) (Var "h" (Ago 1))) (Add (Var "f" now) (Var "i" now))) (Scale (-1) (Had (Quot (Had (Bar "h" now) (Var "h" (Ago 1))) (Power (Add (Var "f" now) (Var "i" now)) 2)) (Var "f" now)))) (Scale (-1) (Had (Quot (Had (Bar "h" now) (Var "h_hat" now)) (Power (Add (Var "f" now) (Var "i" now)) 2)) (Var "i" now)))) ])
  ; ("z_f",
    [ Part 0 now (Had (Had (Bar "f" now) (Var "f" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("W_f",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "x" now))) ])
  ; ("b_f",
    [ Part 0 always (Bar "z_f" now) ])
  ; ("W_i",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "x" now))) ])
  ; ("b_i",
    [ Part 0 always (Bar "z_i" now) ])
  ; ("W_h",
    [ Part 0 always (Mul (Bar "h_hat" now) (Transpose (Var "x" now))) ])
  ; ("b_h",
    [ Part 0 always (Bar "h_hat" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_h" always)) (Bar "h_hat" now))
    ; Part 0 now (Mul (Transpose (Var "W_i" always)) (Bar "z_i" now))
    ; Part 0 now (Mul (Transpose (Var "W_f" always)) (Bar "z_f" now)) ])
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
