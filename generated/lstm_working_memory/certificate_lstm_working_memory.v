(* The gradient of lstm_working_memory, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   88693994ee473e0959376cb542ba048e374aa93a73b3e0ee3b82eaf8363b21a3  equations
   c9e8a3b89da2f37bce2621fd3a3d4166b09666f7902af831cd1c433e5270574e  lstm_working_memory.py
   7dbdd3f8157f3a07fb67684dbcaf9bc9b60eadfce2bc7abf0cffd28784edc055  lstm_working_memory_f64.c
   25cb35e086564c8fb904e6bfc8b0cf7ae48aaafc6cf5cdfa235d6d61cec83825  lstm_working_memory_f64.h
   b48f289ae7281304a8cfddd49fdd4e7db1120022fb26d6807facd49d52f085db  lstm_working_memory_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_i" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_i" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V_i" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_i" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_f" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_f" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V_f" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_f" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_g" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_g" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_g" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_o" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_o" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V_o" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_o" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z2_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z2_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z2_o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_i", (Mul (Var "V_i" always) (Var "c" (Ago 1))))
    ; ("a_i", (Apply Tanh (Var "z_i" now)))
    ; ("z2_i", (Add (Add (Add (Mul (Var "W_i" always) (Var "x" now)) (Mul (Var "U_i" always) (Var "h" (Ago 1)))) (Var "a_i" now)) (Var "b_i" always)))
    ; ("i", (Apply Sigmoid (Var "z2_i" now)))
    ; ("z_f", (Mul (Var "V_f" always) (Var "c" (Ago 1))))
    ; ("a_f", (Apply Tanh (Var "z_f" now)))
    ; ("z2_f", (Add (Add (Add (Mul (Var "W_f" always) (Var "x" now)) (Mul (Var "U_f" always) (Var "h" (Ago 1)))) (Var "a_f" now)) (Var "b_f" always)))
    ; ("f", (Apply Sigmoid (Var "z2_f" now)))
    ; ("z_g", (Add (Add (Mul (Var "W_g" always) (Var "x" now)) (Mul (Var "U_g" always) (Var "h" (Ago 1)))) (Var "b_g" always)))
    ; ("g", (Apply Tanh (Var "z_g" now)))
    ; ("c", (Add (Had (Var "f" now) (Var "c" (Ago 1))) (Had (Var "i" now) (Var "g" now))))
    ; ("z_o", (Mul (Var "V_o" always) (Var "c" now)))
    ; ("a_o", (Apply Tanh (Var "z_o" now)))
    ; ("z2_o", (Add (Add (Add (Mul (Var "W_o" always) (Var "x" now)) (Mul (Var "U_o" always) (Var "h" (Ago 1)))) (Var "a_o" now)) (Var "b_o" always)))
    ; ("o", (Apply Sigmoid (Var "z2_o" now)))
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
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_o" always)) (Bar "z2_o" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_g" always)) (Bar "z_g" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_f" always)) (Bar "z2_f" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_i" always)) (Bar "z2_i" now)) ])
  ; ("a_h",
    [ Part 0 now (Had (Bar "h" now) (Var "o" now)) ])
  ; ("o",
    [ Part 0 now (Had (Bar "h" now) (Var "a_h" now)) ])
  ; ("z2_o",
    [ Part 0 now (Had (Had (Bar "o" now) (Var "o" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "o" now)))) ])
  ; ("a_o",
    [ Part 0 now (Bar "z2_o" now) ])
  ; ("z_o",
    [ Part 0 now (Had (Bar "a_o" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_o" now) 2)))) ])
  ; ("c",
    [ Part 0 now (Had (Bar "a_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_h" now) 2))))
    ; Part 0 now (Mul (Transpose (Var "V_o" always)) (Bar "z_o" now))
    ; Part 0 (Ago 1) (Had (Bar "c" now) (Var "f" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "V_f" always)) (Bar "z_f" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "V_i" always)) (Bar "z_i" now)) ])
  ; ("g",
    [ Part 0 now (Had (Bar "c" now) (Var "i" now)) ])
  ; ("z_g",
    [ Part 0 now (Had (Bar "g" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "g" now) 2)))) ])
  ; ("f",
    [ Part 0 now (Had (Bar "c" now) (Var "c" (Ago 1))) ])
  ; ("z2_f",
    [ Part 0 now (Had (Had (Bar "f" now) (Var "f" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("a_f",
    [ Part 0 now (Bar "z2_f" now) ])
  ; ("z_f",
    [ Part 0 now (Had (Bar "a_f" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_f" now) 2)))) ])
  ; ("i",
    [ Part 0 now (Had (Bar "c" now) (Var "g" now)) ])
  ; ("z2_i",
    [ Part 0 now (Had (Had (Bar "i" now) (Var "i" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "i" now)))) ])
  ; ("a_i",
    [ Part 0 now (Bar "z2_i" now) ])
  ; ("z_i",
    [ Part 0 now (Had (Bar "a_i" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_i" now) 2)))) ])
  ; ("W_i",
    [ Part 0 always (Mul (Bar "z2_i" now) (Transpose (Var "x" now))) ])
  ; ("U_i",
    [ Part 0 always (Mul (Bar "z2_i" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("V_i",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "c" (Ago 1)))) ])
  ; ("b_i",
    [ Part 0 always (Bar "z2_i" now) ])
  ; ("W_f",
    [ Part 0 always (Mul (Bar "z2_f" now) (Transpose (Var "x" now))) ])
  ; ("U_f",
    [ Part 0 always (Mul (Bar "z2_f" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("V_f",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "c" (Ago 1)))) ])
  ; ("b_f",
    [ Part 0 always (Bar "z2_f" now) ])
  ; ("W_g",
    [ Part 0 always (Mul (Bar "z_g" now) (Transpose (Var "x" now))) ])
  ; ("U_g",
    [ Part 0 always (Mul (Bar "z_g" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_g",
    [ Part 0 always (Bar "z_g" now) ])
  ; ("W_o",
    [ Part 0 always (Mul (Bar "z2_o" now) (Transpose (Var "x" now))) ])
  ; ("U_o",
    [ Part 0 always (Mul (Bar "z2_o" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("V_o",
    [ Part 0 always (Mul (Bar "z_o" now) (Transpose (Var "c" now))) ])
  ; ("b_o",
    [ Part 0 always (Bar "z2_o" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_o" always)) (Bar "z2_o" now))
    ; Part 0 now (Mul (Transpose (Var "W_g" always)) (Bar "z_g" now))
    ; Part 0 now (Mul (Transpose (Var "W_f" always)) (Bar "z2_f" now))
    ; Part 0 now (Mul (Transpose (Var "W_i" always)) (Bar "z2_i" now)) ])
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
