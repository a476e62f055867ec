(* The gradient of sru, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   bc6d3bd54a92cd841c065b1d56430070b6edae1d31bc2a20a8cdef5dc303f498  equations
   7431541917013bc99c1a2b86ebf29e274d1d5bac1191ce02ef3dad5d9bd65c4d  sru.py
   9fadbd3d75e420d7b69b80edf89c7cb65d5ab27a8eecc6cdc8d6d8e92a8e9eaf  sru_f64.c
   608f7a9c6b1958eb809c4bf09fd19a84eb3515ea173cca2acf2001ff8818146f  sru_f64.h
   4c01e885c92675352d9188b04b030b23cc04e728c766d16cf074d758c98f1248  sru_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_H n_O : nat) : network := Network
  [ Quantity "W_f" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "v_f" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "b_f" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_r" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "v_r" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "b_r" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_c" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_f", (Add (Add (Mul (Var "W_f" always) (Var "x" now)) (Had (Var "v_f" always) (Var "c" (Ago 1)))) (Var "b_f" always)))
    ; ("f", (Apply Sigmoid (Var "z_f" now)))
    ; ("z_r", (Add (Add (Mul (Var "W_r" always) (Var "x" now)) (Had (Var "v_r" always) (Var "c" (Ago 1)))) (Var "b_r" always)))
    ; ("r", (Apply Sigmoid (Var "z_r" now)))
    ; ("u_c", (Mul (Var "W" always) (Var "x" now)))
    ; ("c", (Add (Had (Var "f" now) (Var "c" (Ago 1))) (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now))) (Var "u_c" now))))
    ; ("h", (Add (Had (Var "r" now) (Var "c" now)) (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "r" now))) (Var "x" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("h",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("c",
    [ Part 0 now (Had (Bar "h" now) (Var "r" now))
    ; Part 0 (Ago 1) (Had (Bar "c" now) (Var "f" now))
    ; Part 0 (Ago 1) (Had (Bar "z_r" now) (Var "v_r" always))
    ; Part 0 (Ago 1) (Had (Bar "z_f" now) (Var "v_f" always)) ])
  ; ("u_c",
    [ Part 0 now (Had (Bar "c" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("r",
    [ Part 0 now (Add (Had (Bar "h" now) (Var "c" now)) (Scale (-1) (Had (Bar "h" now) (Var "x" now)))) ])
  ; ("z_r",
    [ Part 0 now (Had (Had (Bar "r" now) (Var "r" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "r" now)))) ])
  ; ("f",
    [ Part 0 now (Add (Had (Bar "c" now) (Var "c" (Ago 1))) (Scale (-1) (Had (Bar "c" now) (Var "u_c" now)))) ])
  ; ("z_f",
    [ Part 0 now (Had (Had (Bar "f" now) (Var "f" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("W_f",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "x" now))) ])
  ; ("v_f",
    [ Part 0 always (Had (Bar "z_f" now) (Var "c" (Ago 1))) ])
  ; ("b_f",
    [ Part 0 always (Bar "z_f" now) ])
  ; ("W_r",
    [ Part 0 always (Mul (Bar "z_r" now) (Transpose (Var "x" now))) ])
  ; ("v_r",
    [ Part 0 always (Had (Bar "z_r" now) (Var "c" (Ago 1))) ])
  ; ("b_r",
    [ Part 0 always (Bar "z_r" now) ])
  ; ("W",
    [ Part 0 always (Mul (Bar "u_c" now) (Transpose (Var "x" now))) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "r" now))))
    ; Part 0 now (Mul (Transpose (Var "W" always)) (Bar "u_c" now))
    ; Part 0 now (Mul (Transpose (Var "W_r" always)) (Bar "z_r" now))
    ; Part 0 now (Mul (Transpose (Var "W_f" always)) (Bar "z_f" now)) ])
  ].

Definition conditions (n_H n_O : nat) : list condition :=
  [].

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
