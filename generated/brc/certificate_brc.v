(* The gradient of brc, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   4f859c413f627b9fa059392655a82f9a65bd12062eedff0253517849a63e04fb  equations
   ab36ae6da82aded0e3e9dcea5cfef83df9a66299336f13d8ce13220f9215b78b  brc.py
   a56dfbbba08b69ea7d6265a5c718f3adb38a8d173a38f6e2094bab59eb64a891  brc_f64.c
   e098d4d0c6894b494d24b4722ca8c94369543dde422e0394fe2a62d72167437f  brc_f64.h
   64bd44a506d18119074c0b0c7e88e3e4f456e11c370e6c2970397e919c959243  brc_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "U_a" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "w_a" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "U_c" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "w_c" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "U" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_a" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_a" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_c" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_a", (Add (Mul (Var "U_a" always) (Var "x" now)) (Had (Var "w_a" always) (Var "h" (Ago 1)))))
    ; ("a_a", (Apply Tanh (Var "z_a" now)))
    ; ("a", (Add (Number 1 n_H 1) (Var "a_a" now)))
    ; ("z_c", (Add (Mul (Var "U_c" always) (Var "x" now)) (Had (Var "w_c" always) (Var "h" (Ago 1)))))
    ; ("c", (Apply Sigmoid (Var "z_c" now)))
    ; ("z_h", (Add (Mul (Var "U" always) (Var "x" now)) (Had (Var "a" now) (Var "h" (Ago 1)))))
    ; ("a_h", (Apply Tanh (Var "z_h" now)))
    ; ("h", (Add (Had (Var "c" now) (Var "h" (Ago 1))) (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "c" now))) (Var "a_h" now))))
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
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Var "c" now))
    ; Part 0 (Ago 1) (Had (Bar "z_h" now) (Var "a" now))
    ; Part 0 (Ago 1) (Had (Bar "z_c" now) (Var "w_c" always))
    ; Part 0 (Ago 1) (Had (Bar "z_a" now) (Var "w_a" always)) ])
  ; ("a_h",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "c" now)))) ])
  ; ("z_h",
    [ Part 0 now (Had (Bar "a_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_h" now) 2)))) ])
  ; ("c",
    [ Part 0 now (Add (Had (Bar "h" now) (Var "h" (Ago 1))) (Scale (-1) (Had (Bar "h" now) (Var "a_h" now)))) ])
  ; ("z_c",
    [ Part 0 now (Had (Had (Bar "c" now) (Var "c" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "c" now)))) ])
  ; ("a",
    [ Part 0 now (Had (Bar "z_h" now) (Var "h" (Ago 1))) ])
  ; ("a_a",
    [ Part 0 now (Bar "a" now) ])
  ; ("z_a",
    [ Part 0 now (Had (Bar "a_a" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_a" now) 2)))) ])
  ; ("U_a",
    [ Part 0 always (Mul (Bar "z_a" now) (Transpose (Var "x" now))) ])
  ; ("w_a",
    [ Part 0 always (Had (Bar "z_a" now) (Var "h" (Ago 1))) ])
  ; ("U_c",
    [ Part 0 always (Mul (Bar "z_c" now) (Transpose (Var "x" now))) ])
  ; ("w_c",
    [ Part 0 always (Had (Bar "z_c" now) (Var "h" (Ago 1))) ])
  ; ("U",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "U" always)) (Bar "z_h" now))
    ; Part 0 now (Mul (Transpose (Var "U_c" always)) (Bar "z_c" now))
    ; Part 0 now (Mul (Transpose (Var "U_a" always)) (Bar "z_a" now)) ])
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
