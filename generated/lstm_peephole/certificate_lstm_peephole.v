(* The gradient of lstm_peephole, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   4793af45d146ebbd93ea91a14ad4a8364e8ff5de033e9ef679ae6af6a99e92de  equations
   8e5287c1c221680fdfe528a5a7922e123940890fdf7637913021a04dccf78c4d  lstm_peephole.py
   506aa6671e7e238d7dfd48b6b2128ba500b26a74c647ee9cf618f0ca0af00030  lstm_peephole_f64.c
   7ba2339cbbfcb4eb3a0d8092358989dd34b5ac7a3dc05a831e0c0b4b14ea1027  lstm_peephole_f64.h
   6c93a4672d1419df675925a6d5185d86944d1421beb66e65099f99bf3ac44f0c  lstm_peephole_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_i" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_i" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "p_i" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "b_i" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_f" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_f" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "p_f" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "b_f" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_g" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_g" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_g" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_o" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U_o" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "p_o" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "b_o" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_i", (Add (Add (Add (Mul (Var "W_i" always) (Var "x" now)) (Mul (Var "U_i" always) (Var "h" (Ago 1)))) (Had (Var "p_i" always) (Var "c" (Ago 1)))) (Var "b_i" always)))
    ; ("i", (Apply Sigmoid (Var "z_i" now)))
    ; ("z_f", (Add (Add (Add (Mul (Var "W_f" always) (Var "x" now)) (Mul (Var "U_f" always) (Var "h" (Ago 1)))) (Had (Var "p_f" always) (Var "c" (Ago 1)))) (Var "b_f" always)))
    ; ("f", (Apply Sigmoid (Var "z_f" now)))
    ; ("z_g", (Add (Add (Mul (Var "W_g" always) (Var "x" now)) (Mul (Var "U_g" always) (Var "h" (Ago 1)))) (Var "b_g" always)))
    ; ("g", (Apply Tanh (Var "z_g" now)))
    ; ("c", (Add (Had (Var "f" now) (Var "c" (Ago 1))) (Had (Var "i" now) (Var "g" now))))
    ; ("z_o", (Add (Add (Add (Mul (Var "W_o" always) (Var "x" now)) (Mul (Var "U_o" always) (Var "h" (Ago 1)))) (Had (Var "p_o" always) (Var "c" now))) (Var "b_o" always)))
    ; ("o", (Apply Sigmoid (Var "z_o" now)))
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
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_f" always)) (Bar "z_f" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_i" always)) (Bar "z_i" now)) ])
  ; ("a_h",
    [ Part 0 now (Had (Bar "h" now) (Var "o" now)) ])
  ; ("o",
    [ Part 0 now (Had (Bar "h" now) (Var "a_h" now)) ])
  ; ("z_o",
    [ Part 0 now (Had (Had (Bar "o" now) (Var "o" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "o" now)))) ])
  ; ("c",
    [ Part 0 now (Had (Bar "a_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_h" now) 2))))
    ; Part 0 now (Had (Bar "z_o" now) (Var "p_o" always))
    ; Part 0 (Ago 1) (Had (Bar "c" now) (Var "f" now))
    ; Part 0 (Ago 1) (Had (Bar "z_f" now) (Var "p_f" always))
    ; Part 0 (Ago 1) (Had (Bar "z_i" now) (Var "p_i" always)) ])
  ; ("g",
    [ Part 0 now (Had (Bar "c" now) (Var "i" now)) ])
  ; ("z_g",
    [ Part 0 now (Had (Bar "g" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "g" now) 2)))) ])
  ; ("f",
    [ Part 0 now (Had (Bar "c" now) (Var "c" (Ago 1))) ])
  ; ("z_f",
    [ Part 0 now (Had (Had (Bar "f" now) (Var "f" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("i",
    [ Part 0 now (Had (Bar "c" now) (Var "g" now)) ])
  ; ("z_i",
    [ Part 0 now (Had (Had (Bar "i" now) (Var "i" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "i" now)))) ])
  ; ("W_i",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "x" now))) ])
  ; ("U_i",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("p_i",
    [ Part 0 always (Had (Bar "z_i" now) (Var "c" (Ago 1))) ])
  ; ("b_i",
    [ Part 0 always (Bar "z_i" now) ])
  ; ("W_f",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "x" now))) ])
  ; ("U_f",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("p_f",
    [ Part 0 always (Had (Bar "z_f" now) (Var "c" (Ago 1))) ])
  ; ("b_f",
    [ Part 0 always (Bar "z_f" now) ])
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
  ; ("p_o",
    [ Part 0 always (Had (Bar "z_o" now) (Var "c" now)) ])
  ; ("b_o",
    [ Part 0 always (Bar "z_o" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_o" always)) (Bar "z_o" now))
    ; Part 0 now (Mul (Transpose (Var "W_g" always)) (Bar "z_g" now))
    ; Part 0 now (Mul (Transpose (Var "W_f" always)) (Bar "z_f" now))
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
