(* Functions that no cell of the catalogue has: a softmax and its logarithm inside of a step, sine and cosine, a cube. *)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_H : nat) : network := Network
  [ Quantity "W" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "U" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "u" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_p" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "p" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_q" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "q" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_k" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "k" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a2_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a3_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0) ]
  []
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_p", (Add (Mul (Var "W" always) (Var "x" now)) (Mul (Var "U" always) (Var "h" (Ago 1)))))
    ; ("p", (Softmax (Var "z_p" now)))
    ; ("z_q", (Add (Number 1 n_H 1) (Had (Var "p" now) (Var "p" now))))
    ; ("q", (Apply Log (Var "z_q" now)))
    ; ("z_k", (Mul (Var "V" always) (Var "h" (Ago 1))))
    ; ("k", (LogSoftmax (Var "z_k" now)))
    ; ("a_h", (Apply Sin (Var "q" now)))
    ; ("a2_h", (Apply Cos (Var "p" now)))
    ; ("a3_h", (Softmax (Var "q" now)))
    ; ("h", (Add (Add (Add (Had (Var "p" now) (Var "u" always)) (Had (Var "a_h" now) (Power (Var "k" now) 3))) (Quot (Var "x" now) (Add (Scale 2 (Number 1 n_H 1)) (Var "a2_h" now)))) (Var "a3_h" now))) ] ]
  [].

Definition adj (n_H : nat) : adjoints :=
  [ ("u", [ Part 0 always (Had (Bar "h" now) (Var "p" now)) ])
  ; ("p", [ Part 0 now (Had (Bar "h" now) (Var "u" always))
    ; Part 0 now (Scale (-1) (Had (Bar "a2_h" now) (Apply Sin (Var "p" now))))
    ; Part 0 now (Scale 2 (Had (Bar "z_q" now) (Var "p" now))) ])
  ; ("a_h", [ Part 0 now (Had (Bar "h" now) (Power (Var "k" now) 3)) ])
  ; ("k", [ Part 0 now (Scale 3 (Had (Had (Bar "h" now) (Var "a_h" now)) (Power (Var "k" now) 2))) ])
  ; ("x", [ Part 0 now (Quot (Bar "h" now) (Add (Scale 2 (Number 1 n_H 1)) (Var "a2_h" now)))
    ; Part 0 now (Mul (Transpose (Var "W" always)) (Bar "z_p" now)) ])
  ; ("a2_h", [ Part 0 now (Scale (-1) (Had (Quot (Bar "h" now) (Power (Add (Scale 2 (Number 1 n_H 1)) (Var "a2_h" now)) 2)) (Var "x" now))) ])
  ; ("a3_h", [ Part 0 now (Bar "h" now) ])
  ; ("q", [ Part 0 now (Mul (Add (Diag (Var "a3_h" now)) (Scale (-1) (Mul (Var "a3_h" now) (Transpose (Var "a3_h" now))))) (Bar "a3_h" now))
    ; Part 0 now (Had (Bar "a_h" now) (Apply Cos (Var "q" now))) ])
  ; ("z_k", [ Part 0 now (Mul (Add (Eye n_H) (Scale (-1) (Mul (Softmax (Var "z_k" now)) (Number 1 1 n_H)))) (Bar "k" now)) ])
  ; ("V", [ Part 0 always (Mul (Bar "z_k" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("h", [ Part 0 (Ago 1) (Mul (Transpose (Var "V" always)) (Bar "z_k" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U" always)) (Bar "z_p" now)) ])
  ; ("z_q", [ Part 0 now (Quot (Bar "q" now) (Var "z_q" now)) ])
  ; ("z_p", [ Part 0 now (Mul (Add (Diag (Var "p" now)) (Scale (-1) (Mul (Var "p" now) (Transpose (Var "p" now))))) (Bar "p" now)) ])
  ; ("W", [ Part 0 always (Mul (Bar "z_p" now) (Transpose (Var "x" now))) ])
  ; ("U", [ Part 0 always (Mul (Bar "z_p" now) (Transpose (Var "h" (Ago 1)))) ]) ].

Definition conditions (n_H : nat) : list condition := [ Positive 0 (Var "z_q" now); Nonzero 0 (Add (Scale 2 (Number 1 n_H 1)) (Var "a2_h" now)) ].

Definition loss : objective := Functional.

Theorem gradient (n_H : nat) : certified (net n_H) (adj n_H) loss (regular_at (net n_H)).
Proof. check. Qed.

Theorem regular (n_H : nat) : suffices (net n_H) (under (net n_H) (conditions n_H)).
Proof. settle. Qed.

Theorem solved (n_H : nat) : solvable (net n_H) (adj n_H).
Proof. order. Qed.

Theorem exact (n_H : nat) : certified (net n_H) (adj n_H) loss (under (net n_H) (conditions n_H)).
Proof. exact (certified_under _ _ _ _ (gradient n_H) (regular n_H)). Qed.

