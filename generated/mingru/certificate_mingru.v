(* The gradient of mingru, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   1d11df2fc20d0b2a0fe3b4876b6452c50aed7c04b52fbb98de5a77a784e519c5  equations
   79a2b1431d689a58650c6c7239cbf2c0ccd62e1a6b73d72437abfecac5066aea  mingru.py
   c0a74bc2be2505298f5a8e7c998d5d27ad4418f6e6cfa3f0b6c742c5dba2b7e0  mingru_f64.c
   0d0491104672f8ac667aeb966ef018efcfd498647613aef3ab9f730b7e2169fe  mingru_f64.h
   db175935b0bfe4905c257d256c872bc4d0b05a0731d928046f3a39039295e451  mingru_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_z" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_z" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_h" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_z", (Add (Mul (Var "W_z" always) (Var "x" now)) (Var "b_z" always)))
    ; ("z", (Apply Sigmoid (Var "z_z" now)))
    ; ("n", (Add (Mul (Var "W_h" always) (Var "x" now)) (Var "b_h" always)))
    ; ("h", (Add (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now))) (Var "h" (Ago 1))) (Had (Var "z" now) (Var "n" now))))
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
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) ])
  ; ("n",
    [ Part 0 now (Had (Bar "h" now) (Var "z" now)) ])
  ; ("z",
    [ Part 0 now (Add (Scale (-1) (Had (Bar "h" now) (Var "h" (Ago 1)))) (Had (Bar "h" now) (Var "n" now))) ])
  ; ("z_z",
    [ Part 0 now (Had (Had (Bar "z" now) (Var "z" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) ])
  ; ("W_z",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "x" now))) ])
  ; ("b_z",
    [ Part 0 always (Bar "z_z" now) ])
  ; ("W_h",
    [ Part 0 always (Mul (Bar "n" now) (Transpose (Var "x" now))) ])
  ; ("b_h",
    [ Part 0 always (Bar "n" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_h" always)) (Bar "n" now))
    ; Part 0 now (Mul (Transpose (Var "W_z" always)) (Bar "z_z" now)) ])
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
