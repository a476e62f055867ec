(* The gradient of gru, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   9069e52efc0cc0302e2526a55646001f173de50f514bba0eec89e72737c38eac  equations
   939d5183c6aec4df31ef82ff286d01bb646a57a8cbbb08058f8c31abb9a084b5  gru.py
   d0c2ddc72ea645d4fce757c402dcea840009c38c7277487a668b863c955e5c03  gru_f64.c
   6ac767524784a9617252d120b96b6a78481ccb7e17c1817570e67a140decd663  gru_f64.h
   339b07a6ffd532f50ad3670953f3fdef26d0518f452b1333d05fbd208f045820  gru_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_ir" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_ir" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hr" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_hr" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_iz" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_iz" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hz" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_hz" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_in" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_in" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hn" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_hn" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "r" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "n" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_r", (Add (Add (Add (Mul (Var "W_ir" always) (Var "x" now)) (Var "b_ir" always)) (Mul (Var "W_hr" always) (Var "h" (Ago 1)))) (Var "b_hr" always)))
    ; ("r", (Apply Sigmoid (Var "z_r" now)))
    ; ("z_z", (Add (Add (Add (Mul (Var "W_iz" always) (Var "x" now)) (Var "b_iz" always)) (Mul (Var "W_hz" always) (Var "h" (Ago 1)))) (Var "b_hz" always)))
    ; ("z", (Apply Sigmoid (Var "z_z" now)))
    ; ("u_n", (Add (Mul (Var "W_hn" always) (Var "h" (Ago 1))) (Var "b_hn" always)))
    ; ("z_n", (Add (Add (Mul (Var "W_in" always) (Var "x" now)) (Var "b_in" always)) (Had (Var "r" now) (Var "u_n" now))))
    ; ("n", (Apply Tanh (Var "z_n" now)))
    ; ("h", (Add (Had (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now))) (Var "n" now)) (Had (Var "z" now) (Var "h" (Ago 1)))))
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
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Var "z" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hn" always)) (Bar "u_n" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hz" always)) (Bar "z_z" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hr" always)) (Bar "z_r" now)) ])
  ; ("n",
    [ Part 0 now (Had (Bar "h" now) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) ])
  ; ("z_n",
    [ Part 0 now (Had (Bar "n" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "n" now) 2)))) ])
  ; ("u_n",
    [ Part 0 now (Had (Bar "z_n" now) (Var "r" now)) ])
  ; ("z",
    [ Part 0 now (Add (Scale (-1) (Had (Bar "h" now) (Var "n" now))) (Had (Bar "h" now) (Var "h" (Ago 1)))) ])
  ; ("z_z",
    [ Part 0 now (Had (Had (Bar "z" now) (Var "z" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "z" now)))) ])
  ; ("r",
    [ Part 0 now (Had (Bar "z_n" now) (Var "u_n" now)) ])
  ; ("z_r",
    [ Part 0 now (Had (Had (Bar "r" now) (Var "r" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "r" now)))) ])
  ; ("W_ir",
    [ Part 0 always (Mul (Bar "z_r" now) (Transpose (Var "x" now))) ])
  ; ("b_ir",
    [ Part 0 always (Bar "z_r" now) ])
  ; ("W_hr",
    [ Part 0 always (Mul (Bar "z_r" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_hr",
    [ Part 0 always (Bar "z_r" now) ])
  ; ("W_iz",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "x" now))) ])
  ; ("b_iz",
    [ Part 0 always (Bar "z_z" now) ])
  ; ("W_hz",
    [ Part 0 always (Mul (Bar "z_z" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_hz",
    [ Part 0 always (Bar "z_z" now) ])
  ; ("W_in",
    [ Part 0 always (Mul (Bar "z_n" now) (Transpose (Var "x" now))) ])
  ; ("b_in",
    [ Part 0 always (Bar "z_n" now) ])
  ; ("W_hn",
    [ Part 0 always (Mul (Bar "u_n" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_hn",
    [ Part 0 always (Bar "u_n" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_in" always)) (Bar "z_n" now))
    ; Part 0 now (Mul (Transpose (Var "W_iz" always)) (Bar "z_z" now))
    ; Part 0 now (Mul (Transpose (Var "W_ir" always)) (Bar "z_r" now)) ])
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
