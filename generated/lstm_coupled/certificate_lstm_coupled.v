(* The gradient of lstm_coupled, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   6b1bdec403215610cc7be1321de0d91e780a11e0a7e90abfecfc9757955a6fd2  equations
   41f01c56cd38c8e4fc76daaaa5bef8a4ee6ddee5782407ed4c3b2fa0fac39681  lstm_coupled.py
   ced47c244fcac639809d43a56990b5104a89bce7a421dd81c08366a9c95b6e33  lstm_coupled_f64.c
   3361d69e0772b67a6be64ace459a9d1e3dca0d6afe27698c8ae4f853c659df98  lstm_coupled_f64.h
   baac9afd587549259c54fcbf4c6387e7cad31e69f39c52f59f0a2cd35958bba6  lstm_coupled_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_i" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_i" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_i" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_g" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_g" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_g" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_o" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_o" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_o" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_i", (Add (Add (Mul (Var "W_i" always) (Var "x" now)) (Mul (Var "U_i" always) (Var "h" (Ago 1)))) (Var "b_i" always)))
    ; ("i", (Apply Sigmoid (Var "z_i" now)))
    ; ("z_g", (Add (Add (Mul (Var "W_g" always) (Var "x" now)) (Mul (Var "U_g" always) (Var "h" (Ago 1)))) (Var "b_g" always)))
    ; ("g", (Apply Tanh (Var "z_g" now)))
    ; ("z_o", (Add (Add (Mul (Var "W_o" always) (Var "x" now)) (Mul (Var "U_o" always) (Var "h" (Ago 1)))) (Var "b_o" always)))
    ; ("o", (Apply Sigmoid (Var "z_o" now)))
    ; ("c", (Add (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "i" now))) (Var "c" (Ago 1))) (Had (Var "i" now) (Var "g" now))))
    ; ("a_h", (Apply Tanh (Var "c" now)))
    ; ("h", (Had (Var "o" now) (Var "a_h" now)))
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
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_o" always)) (Bar "z_o" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_g" always)) (Bar "z_g" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_i" always)) (Bar "z_i" now)) ])
  ; ("a_h",
    [ Part 0 now (Had (Bar "h" now) (Var "o" now)) ])
  ; ("c",
    [ Part 0 now (Had (Bar "a_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_h" now) 2))))
    ; Part 0 (Ago 1) (Had (Bar "c" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "i" now)))) ])
  ; ("o",
    [ Part 0 now (Had (Bar "h" now) (Var "a_h" now)) ])
  ; ("z_o",
    [ Part 0 now (Had (Had (Bar "o" now) (Var "o" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "o" now)))) ])
  ; ("g",
    [ Part 0 now (Had (Bar "c" now) (Var "i" now)) ])
  ; ("z_g",
    [ Part 0 now (Had (Bar "g" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "g" now) 2)))) ])
  ; ("i",
    [ Part 0 now (Add (Scale (-1) (Had (Bar "c" now) (Var "c" (Ago 1)))) (Had (Bar "c" now) (Var "g" now))) ])
  ; ("z_i",
    [ Part 0 now (Had (Had (Bar "i" now) (Var "i" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "i" now)))) ])
  ; ("W_i",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "x" now))) ])
  ; ("U_i",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_i",
    [ Part 0 always (Bar "z_i" now) ])
  ; ("W_g",
    [ Part 0 always (Mul (Bar "z_g" now) (Transpose (Var "x" now))) ])
  ; ("U_g",
    [ Part 0 always (Mul (Bar "z_g" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_g",
    [ Part 0 always (Bar "z_g" now) ])
  ; ("W_o",
    [ Part 0 always (Mul (Bar "z_o" now) (Transpose (Var "x" now))) ])
  ; ("U_o",
    [ Part 0 always (Mul (Bar "z_o" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_o",
    [ Part 0 always (Bar "z_o" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_o" always)) (Bar "z_o" now))
    ; Part 0 now (Mul (Transpose (Var "W_g" always)) (Bar "z_g" now))
    ; Part 0 now (Mul (Transpose (Var "W_i" always)) (Bar "z_i" now)) ])
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
