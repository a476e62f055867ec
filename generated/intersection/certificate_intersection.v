(* The gradient of intersection, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   55ced4dd4632a07a3dbad9bddb53de15ca8e8f0c194d7ba086b4572bd36a9b20  equations
   cac02768d32a397caada6998b17e74a82d828444202c1dab541f141f06acee0c  intersection.py
   2c11cae69c80ba56c6f8332158d3aa5b8ecb64ccac1c25b27fa1c8730e19d84c  intersection_f64.c
   398fe4bcd0ce792d8873516f251c65eb19d8cc2e3afb0cce16ecd25dcf61539b  intersection_f64.h
   3121a0b3ef2adb8045fb9f1521b9650ddeecea8f99331c9c09460ca0a6d5643f  intersection_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_H n_O : nat) : network := Network
  [ Quantity "W_yx" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_yh" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hx" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_hh" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_gyx" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_gyh" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_gy" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_ghx" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_ghh" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_gh" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b2_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y_in" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_in" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h_in" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_in" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_g_y" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "g_y" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_g_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "g_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "y" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y2" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_y_in", (Add (Add (Mul (Var "W_yx" always) (Var "x" now)) (Mul (Var "W_yh" always) (Var "h" (Ago 1)))) (Var "b_y" always)))
    ; ("y_in", (Apply Relu (Var "z_y_in" now)))
    ; ("z_h_in", (Add (Add (Mul (Var "W_hx" always) (Var "x" now)) (Mul (Var "W_hh" always) (Var "h" (Ago 1)))) (Var "b_h" always)))
    ; ("h_in", (Apply Tanh (Var "z_h_in" now)))
    ; ("z_g_y", (Add (Add (Mul (Var "W_gyx" always) (Var "x" now)) (Mul (Var "W_gyh" always) (Var "h" (Ago 1)))) (Var "b_gy" always)))
    ; ("g_y", (Apply Sigmoid (Var "z_g_y" now)))
    ; ("z_g_h", (Add (Add (Mul (Var "W_ghx" always) (Var "x" now)) (Mul (Var "W_ghh" always) (Var "h" (Ago 1)))) (Var "b_gh" always)))
    ; ("g_h", (Apply Sigmoid (Var "z_g_h" now)))
    ; ("y", (Add (Had (Var "g_y" now) (Var "x" now)) (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "g_y" now))) (Var "y_in" now))))
    ; ("h", (Add (Had (Var "g_h" now) (Var "h" (Ago 1))) (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "g_h" now))) (Var "h_in" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b2_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("h",
    [ Part 0 (Ago 1) (Had (Bar "h" now) (Var "g_h" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_ghh" always)) (Bar "z_g_h" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_gyh" always)) (Bar "z_g_y" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hh" always)) (Bar "z_h_in" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_yh" always)) (Bar "z_y_in" now)) ])
  ; ("y",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("g_h",
    [ Part 0 now (Add (Had (Bar "h" now) (Var "h" (Ago 1))) (Scale (-1) (Had (Bar "h" now) (Var "h_in" now)))) ])
  ; ("z_g_h",
    [ Part 0 now (Had (Had (Bar "g_h" now) (Var "g_h" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "g_h" now)))) ])
  ; ("g_y",
    [ Part 0 now (Add (Had (Bar "y" now) (Var "x" now)) (Scale (-1) (Had (Bar "y" now) (Var "y_in" now)))) ])
  ; ("z_g_y",
    [ Part 0 now (Had (Had (Bar "g_y" now) (Var "g_y" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "g_y" now)))) ])
  ; ("h_in",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "g_h" now)))) ])
  ; ("z_h_in",
    [ Part 0 now (Had (Bar "h_in" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h_in" now) 2)))) ])
  ; ("y_in",
    [ Part 0 now (Had (Bar "y" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "g_y" now)))) ])
  ; ("z_y_in",
    [ Part 0 now (Had (Bar "y_in" now) (Apply Step (Var "y_in" now))) ])
  ; ("W_yx",
    [ Part 0 always (Mul (Bar "z_y_in" now) (Transpose (Var "x" now))) ])
  ; ("W_yh",
    [ Part 0 always (Mul (Bar "z_y_in" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y_in" now) ])
  ; ("W_hx",
    [ Part 0 always (Mul (Bar "z_h_in" now) (Transpose (Var "x" now))) ])
  ; ("W_hh",
    [ Part 0 always (Mul (Bar "z_h_in" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_h",
    [ Part 0 always (Bar "z_h_in" now) ])
  ; ("W_gyx",
    [ Part 0 always (Mul (Bar "z_g_y" now) (Transpose (Var "x" now))) ])
  ; ("W_gyh",
    [ Part 0 always (Mul (Bar "z_g_y" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_gy",
    [ Part 0 always (Bar "z_g_y" now) ])
  ; ("W_ghx",
    [ Part 0 always (Mul (Bar "z_g_h" now) (Transpose (Var "x" now))) ])
  ; ("W_ghh",
    [ Part 0 always (Mul (Bar "z_g_h" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_gh",
    [ Part 0 always (Bar "z_g_h" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "y" now))) ])
  ; ("b2_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Had (Bar "y" now) (Var "g_y" now))
    ; Part 0 now (Mul (Transpose (Var "W_ghx" always)) (Bar "z_g_h" now))
    ; Part 0 now (Mul (Transpose (Var "W_gyx" always)) (Bar "z_g_y" now))
    ; Part 0 now (Mul (Transpose (Var "W_hx" always)) (Bar "z_h_in" now))
    ; Part 0 now (Mul (Transpose (Var "W_yx" always)) (Bar "z_y_in" now)) ])
  ].

Definition conditions (n_H n_O : nat) : list condition :=
  [ Nonzero 0 (Var "z_y_in" now) ].

Definition loss : objective := Total "J".

Theorem gradient (n_H n_O : nat) :
  certified (net n_H n_O) (adj n_H n_O) loss (regular_at (net n_H n_O)).
Proof. check. Qed.

Theorem regular (n_H n_O : nat) : suffices (net n_H n_O) (under (net n_H n_O) (conditions n_H n_O)).
Proof. settle. Qed.

Theorem solved (n_H n_O : nat) : solvable (net n_H n_O) (adj n_H n_O).
Proof. order. Qed.

Theorem exact (n_H n_O : nat) :
  certified (net n_H n_O) (adj n_H n_O) loss (under (net n_H n_O) (conditions n_H n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_H n_O) (regular n_H n_O)). Qed.
