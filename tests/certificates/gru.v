(* The gated recurrent unit with half the squared error at every step. *)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_ir" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_ir" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hr" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_hr" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_iz" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_iz" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hz" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_hz" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_in" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_in" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hn" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_hn" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "e" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_r", (Add (Add (Add (Mul (Var "W_ir" always) (Var "x" now)) (Var "b_ir" always)) (Mul (Var "W_hr" always) (Var "h" (Ago 1)))) (Var "b_hr" always)))
    ; ("r", (Apply Sigmoid (Var "z_r" now)))
    ; ("z_z", (Add (Add (Add (Mul (Var "W_iz" always) (Var "x" now)) (Var "b_iz" always)) (Mul (Var "W_hz" always) (Var "h" (Ago 1)))) (Var "b_hz" always)))
    ; ("z", (Apply Sigmoid (Var "z_z" now)))
    ; ("u_n", (Add (Mul (Var "W_hn" always) (Var "h" (Ago 1))) (Var "b_hn" always)))
    ; ("z_n", (Add (Add (Mul (Var "W_in" always) (Var "x" now)) (Var "b_in" always)) (Had (Var "r" now) (Var "u_n" now))))
    ; ("n", (Apply Tanh (Var "z_n" now)))
    ; ("h", (Add (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now))) (Var "n" now)) (Had (Var "z" now) (Var "h" (Ago 1)))))
    ; ("y_hat", (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)))
    ; ("e", (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))))
    ; ("J", (Scale (1 / 2) (Mul (Transpose (Var "e" now)) (Var "e" now)))) ] ]
  [].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("e", [ Part 0 now (Var "e" now) ])
  ; ("y_hat", [ Part 0 now (Bar "e" now) ])
  ; ("W_hy", [ Part 0 always (Mul (Bar "y_hat" now) (Transpose (Var "h" now))) ])
  ; ("b_y", [ Part 0 always (Bar "y_hat" now) ])
  ; ("h", [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "y_hat" now))
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Var "z" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hn" always)) (Bar "u_n" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hz" always)) (Bar "z_z" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hr" always)) (Bar "z_r" now)) ])
  ; ("z", [ Part 0 now (Add (Scale (-1) (Had (Bar "h" now) (Var "n" now))) (Had (Bar "h" now) (Var "h" (Ago 1)))) ])
  ; ("n", [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) ])
  ; ("z_n", [ Part 0 now (Had (Bar "n" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "n" now) 2)))) ])
  ; ("W_in", [ Part 0 always (Mul (Bar "z_n" now) (Transpose (Var "x" now))) ])
  ; ("b_in", [ Part 0 always (Bar "z_n" now) ])
  ; ("x", [ Part 0 now (Mul (Transpose (Var "W_in" always)) (Bar "z_n" now))
    ; Part 0 now (Mul (Transpose (Var "W_iz" always)) (Bar "z_z" now))
    ; Part 0 now (Mul (Transpose (Var "W_ir" always)) (Bar "z_r" now)) ])
  ; ("r", [ Part 0 now (Had (Bar "z_n" now) (Var "u_n" now)) ])
  ; ("u_n", [ Part 0 now (Had (Bar "z_n" now) (Var "r" now)) ])
  ; ("W_hn", [ Part 0 always (Mul (Bar "u_n" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_hn", [ Part 0 always (Bar "u_n" now) ])
  ; ("z_z", [ Part 0 now (Had (Had (Bar "z" now) (Var "z" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) ])
  ; ("W_iz", [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "x" now))) ])
  ; ("b_iz", [ Part 0 always (Bar "z_z" now) ])
  ; ("W_hz", [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_hz", [ Part 0 always (Bar "z_z" now) ])
  ; ("z_r", [ Part 0 now (Had (Had (Bar "r" now) (Var "r" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "r" now)))) ])
  ; ("W_ir", [ Part 0 always (Mul (Bar "z_r" now) (Transpose (Var "x" now))) ])
  ; ("b_ir", [ Part 0 always (Bar "z_r" now) ])
  ; ("W_hr", [ Part 0 always (Mul (Bar "z_r" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_hr", [ Part 0 always (Bar "z_r" now) ]) ].

Definition conditions (n_I n_H n_O : nat) : list condition := [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_H n_O : nat) : certified (net n_I n_H n_O) (adj n_I n_H n_O) loss (regular_at (net n_I n_H n_O)).
Proof. check. Qed.

Theorem regular (n_I n_H n_O : nat) : suffices (net n_I n_H n_O) (under (net n_I n_H n_O) (conditions n_I n_H n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_H n_O : nat) : solvable (net n_I n_H n_O) (adj n_I n_H n_O).
Proof. order. Qed.

Theorem exact (n_I n_H n_O : nat) : certified (net n_I n_H n_O) (adj n_I n_H n_O) loss (under (net n_I n_H n_O) (conditions n_I n_H n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_H n_O) (regular n_I n_H n_O)). Qed.
