(* The gradient of ctrnn_rate, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   bda662a5ab54abaaebe86cd3dc61a43d2414f3638a9d5f099281212bb70a4a51  equations
   137afedaed4cd3c2748834cbc0d9532938ac20f46232e168f660f67fe7590cd3  ctrnn_rate.py
   e293ff1e0289cb858115a4007c12e59a1de91ac23390fe33e4834bb2550001aa  ctrnn_rate_f64.c
   6542e534da66e1ed4ca684eff71a933b967f7e5c455c0cd1c8476e8ee993212a  ctrnn_rate_f64.h
   abc0f1a2dd6e5919860c7cc6c25ecfaef1b9ea1d209887137f6dd281df2d2444  ctrnn_rate_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_rec" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_in" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "u" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "r" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "alpha" 1 1
  ; Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_r", (Add (Add (Mul (Var "W_rec" always) (Var "r" (Ago 1))) (Mul (Var "W_in" always) (Var "u" now))) (Var "b" always)))
    ; ("a_r", (Apply Softplus (Var "z_r" now)))
    ; ("r", (Add (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "alpha" always))) (Var "r" (Ago 1))) (Multiple (Var "alpha" always) (Var "a_r" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "r" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("r",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 0 (Ago 1) (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "alpha" always))) (Bar "r" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_rec" always)) (Bar "z_r" now)) ])
  ; ("a_r",
    [ Part 0 now (Multiple (Var "alpha" always) (Bar "r" now)) ])
  ; ("z_r",
    [ Part 0 now (Had (Bar "a_r" now) (Add (Number 1 n_H 1) (Quot (Scale (-1) (Number 1 n_H 1)) (Apply Exp (Var "a_r" now))))) ])
  ; ("W_rec",
    [ Part 0 always (Mul (Bar "z_r" now) (Transpose (Var "r" (Ago 1)))) ])
  ; ("W_in",
    [ Part 0 always (Mul (Bar "z_r" now) (Transpose (Var "u" now))) ])
  ; ("b",
    [ Part 0 always (Bar "z_r" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "r" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("u",
    [ Part 0 now (Mul (Transpose (Var "W_in" always)) (Bar "z_r" now)) ])
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
