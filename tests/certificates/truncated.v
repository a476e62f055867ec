(* A window of truncated back-propagation: Length 0 0 steps whose losses do not count, then Length 1 0 steps of a block whose
   losses do. The state before the window, h[0], is an input; truncated_exact holds it constant. *)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition step : list (string * expr) :=
  [ ("z_h", (Add (Add (Mul (Var "W_xh" always) (Var "x" now)) (Mul (Var "W_hh" always) (Var "h" (Ago 1)))) (Var "b_h" always)))
  ; ("h", (Apply Tanh (Var "z_h" now))) ].

Definition readout : list (string * expr) :=
  [ ("e", (Add (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)) (Scale (-1) (Var "y" now))))
  ; ("J", (Scale (1 / 2) (Mul (Transpose (Var "e" now)) (Var "e" now)))) ].

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_xh" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hh" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Lengths 0 1 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Lengths 0 1 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Lengths 0 1 0)
  ; Quantity "e" n_O 1 (Length 0 1) (Lengths 0 1 0)
  ; Quantity "J" 1 1 (Length 0 1) (Lengths 0 1 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true step
  ; Stage (Length 0 1) (Lengths 0 1 0) true (step ++ readout) ]
  [].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("e", [ Part 1 now (Var "e" now) ])
  ; ("h", [ Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "e" now))
    ; Part 1 (Ago 1) (Mul (Transpose (Var "W_hh" always)) (Bar "z_h" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hh" always)) (Bar "z_h" now)) ])
  ; ("z_h", [ Part 1 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h" now) 2))))
    ; Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h" now) 2)))) ])
  ; ("W_hy", [ Part 1 always (Mul (Bar "e" now) (Transpose (Var "h" now))) ])
  ; ("b_y", [ Part 1 always (Bar "e" now) ])
  ; ("W_xh", [ Part 1 always (Mul (Bar "z_h" now) (Transpose (Var "x" now)))
    ; Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("W_hh", [ Part 1 always (Mul (Bar "z_h" now) (Transpose (Var "h" (Ago 1))))
    ; Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_h", [ Part 1 always (Bar "z_h" now); Part 0 always (Bar "z_h" now) ])
  ; ("x", [ Part 1 now (Mul (Transpose (Var "W_xh" always)) (Bar "z_h" now))
    ; Part 0 now (Mul (Transpose (Var "W_xh" always)) (Bar "z_h" now)) ]) ].

Definition conditions (n_I n_H n_O : nat) : list condition := [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_H n_O : nat) : certified (net n_I n_H n_O) (adj n_I n_H n_O) loss (regular_at (net n_I n_H n_O)).
Proof. unfold net, step, readout. check. Qed.

Theorem regular (n_I n_H n_O : nat) : suffices (net n_I n_H n_O) (under (net n_I n_H n_O) (conditions n_I n_H n_O)).
Proof. unfold net, step, readout. settle. Qed.

Theorem solved (n_I n_H n_O : nat) : solvable (net n_I n_H n_O) (adj n_I n_H n_O).
Proof. unfold net, step, readout. order. Qed.

Theorem exact (n_I n_H n_O : nat) : certified (net n_I n_H n_O) (adj n_I n_H n_O) loss (under (net n_I n_H n_O) (conditions n_I n_H n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_H n_O) (regular n_I n_H n_O)). Qed.

(* All windows together. *)
Definition windows (n_I n_H n_O : nat) := truncated_exact _ _ _ _ (exact n_I n_H n_O).
