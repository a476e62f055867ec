(* With relu, whose kink is a condition of the statement. *)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H : nat) : network := Network
  [ Quantity "W_ih" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_ih" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hh" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_hh" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0) ]
  []
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_h", (Add (Add (Add (Mul (Var "W_ih" always) (Var "x" now)) (Var "b_ih" always)) (Mul (Var "W_hh" always) (Var "h" (Ago 1)))) (Var "b_hh" always)))
    ; ("h", (Apply Relu (Var "z_h" now))) ] ]
  [].

Definition adj (n_I n_H : nat) : adjoints :=
  [ ("z_h", [ Part 0 now (Had (Bar "h" now) (Apply Step (Var "h" now))) ])
  ; ("W_ih", [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("b_ih", [ Part 0 always (Bar "z_h" now) ])
  ; ("W_hh", [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_hh", [ Part 0 always (Bar "z_h" now) ])
  ; ("x", [ Part 0 now (Mul (Transpose (Var "W_ih" always)) (Bar "z_h" now)) ])
  ; ("h", [ Part 0 (Ago 1) (Mul (Transpose (Var "W_hh" always)) (Bar "z_h" now)) ]) ].

Definition conditions (n_I n_H : nat) : list condition := [ Nonzero 0 (Var "z_h" now) ].

Definition loss : objective := Functional.

Theorem gradient (n_I n_H : nat) : certified (net n_I n_H) (adj n_I n_H) loss (regular_at (net n_I n_H)).
Proof. check. Qed.

Theorem regular (n_I n_H : nat) : suffices (net n_I n_H) (under (net n_I n_H) (conditions n_I n_H)).
Proof. settle. Qed.

Theorem solved (n_I n_H : nat) : solvable (net n_I n_H) (adj n_I n_H).
Proof. order. Qed.

Theorem exact (n_I n_H : nat) : certified (net n_I n_H) (adj n_I n_H) loss (under (net n_I n_H) (conditions n_I n_H)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_H) (regular n_I n_H)). Qed.
