(* The gradient of ctrnn_dale, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   e66702acbf45c1c737cd08b758c8ff72a282abc1888cde1c6c15038686e713b2  equations
   f878bb7151beda64bce555e845ea2df04fa088704e3557d058d94e979cc4c181  ctrnn_dale.py
   5d04b609d87296dc3d20afa803508c8416a251672d4f36274443b4228cf66524  ctrnn_dale_f64.c
   41634afcc89766c21019c4c96559ab23187da8c4a29deabe46f088fcd055079f  ctrnn_dale_f64.h
   baaf9bfd958fa9a932c2c30c270d10d1c468bda8b3ffd1df1bd5950ba69eb572  ctrnn_dale_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_in" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "u" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_W_rec" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_rec" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "s_x" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_x" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "x" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "alpha" 1 1
  ; Constant "d" n_H 1
  ; Constant "y" n_O 1 ]
  [ Stage (Fixed 0) (Fixed 0) true
    [ ("s_W_rec", (Apply Abs (Var "W" always)))
    ; ("W_rec", (Mul (Var "s_W_rec" always) (Diag (Var "d" always)))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("s_x", (Apply Relu (Var "x" (Ago 1))))
    ; ("u_x", (Add (Add (Mul (Var "W_rec" always) (Var "s_x" now)) (Mul (Var "W_in" always) (Var "u" now))) (Var "b" always)))
    ; ("x", (Add (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "alpha" always))) (Var "x" (Ago 1))) (Multiple (Var "alpha" always) (Var "u_x" now))))
    ; ("r", (Apply Relu (Var "x" now)))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "r" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 1 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 1 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("r",
    [ Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("x",
    [ Part 1 now (Had (Bar "r" now) (Apply Step (Var "r" now)))
    ; Part 1 (Ago 1) (Multiple (Add (Number 1 1 1) (Scale (-1) (Var "alpha" always))) (Bar "x" now))
    ; Part 1 (Ago 1) (Had (Bar "s_x" now) (Apply Step (Var "s_x" now))) ])
  ; ("u_x",
    [ Part 1 now (Multiple (Var "alpha" always) (Bar "x" now)) ])
  ; ("s_x",
    [ Part 1 now (Mul (Transpose (Var "W_rec" always)) (Bar "u_x" now)) ])
  ; ("W_rec",
    [ Part 1 always (Mul (Bar "u_x" now) (Transpose (Var "s_x" now))) ])
  ; ("s_W_rec",
    [ Part 0 always (Mul (Bar "W_rec" always) (Diag (Var "d" always))) ])
  ; ("W",
    [ Part 0 always (Had (Bar "s_W_rec" always) (Apply Sign (Var "W" always))) ])
  ; ("W_in",
    [ Part 1 always (Mul (Bar "u_x" now) (Transpose (Var "u" now))) ])
  ; ("b",
    [ Part 1 always (Bar "u_x" now) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "r" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("u",
    [ Part 1 now (Mul (Transpose (Var "W_in" always)) (Bar "u_x" now)) ])
  ].

Definition conditions (n_I n_H n_O : nat) : list condition :=
  [ Nonzero 0 (Var "W" always)
  ; Nonzero 1 (Var "x" (Ago 1))
  ; Nonzero 1 (Var "x" now) ].

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
