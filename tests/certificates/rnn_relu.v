(* With relu, whose kink is a condition of the statement. *)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Section Network.
Variables n_I n_H : nat.

Definition net : network := Network
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

Definition adj : adjoints :=
  [ ("z_h", [ Part 0 now (Had (Bar "h" now) (Apply Step (Var "h" now))) ])
  ; ("W_ih", [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("b_ih", [ Part 0 always (Bar "z_h" now) ])
  ; ("W_hh", [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_hh", [ Part 0 always (Bar "z_h" now) ])
  ; ("x", [ Part 0 now (Mul (Transpose (Var "W_ih" always)) (Bar "z_h" now)) ])
  ; ("h", [ Part 0 (Ago 1) (Mul (Transpose (Var "W_hh" always)) (Bar "z_h" now)) ]) ].

Theorem gradient : certified net adj Functional (regular_at net).
Proof. check. Qed.

Definition conditions : list condition := [ Nonzero 0 (Var "z_h" now) ].

Theorem regular : suffices net (under net conditions).
Proof. settle. Qed.

Theorem exact : certified net adj Functional (under net conditions).
Proof. exact (certified_under net adj Functional _ gradient regular). Qed.

End Network.
