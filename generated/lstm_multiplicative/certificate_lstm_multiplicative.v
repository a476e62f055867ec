(* The gradient of lstm_multiplicative, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   434638f6ed5476b9d9690ccc126c2da0cae0b19c408f048bd22fe6079496cbef  equations
   9b5a2a3fbd7b0e7384b40ee360b09bf3805230c365881fd493499a59d4a4ddfc  lstm_multiplicative.py
   c8f65c64f2507bdc1f0b74e95c37ebcbeba26a372fb455df20c7269772428052  lstm_multiplicative_f64.c
   1c6cefd15d9cc471dfd79e09468dbbb7988290a44e8a5bf9b827aa97f8e99b7b  lstm_multiplicative_f64.h
   a3eabc68abd1cd8370df33fc200496a3534757e146a04e1725cba69687967103  lstm_multiplicative_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_M n_O : nat) : network := Network
  [ Quantity "W_mx" n_M n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_mh" n_M n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_hx" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hm" n_H n_M (Fixed 0) (Fixed 0)
  ; Quantity "b_h" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_ix" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_im" n_H n_M (Fixed 0) (Fixed 0)
  ; Quantity "b_i" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_fx" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_fm" n_H n_M (Fixed 0) (Fixed 0)
  ; Quantity "b_f" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_ox" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_om" n_H n_M (Fixed 0) (Fixed 0)
  ; Quantity "b_o" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_m" n_M 1 (Fixed 1) (Length 0 0)
  ; Quantity "u2_m" n_M 1 (Fixed 1) (Length 0 0)
  ; Quantity "m" n_M 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_hat" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_c" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("u_m", (Mul (Var "W_mx" always) (Var "x" now)))
    ; ("u2_m", (Mul (Var "W_mh" always) (Var "h" (Ago 1))))
    ; ("m", (Had (Var "u_m" now) (Var "u2_m" now)))
    ; ("h_hat", (Add (Add (Mul (Var "W_hx" always) (Var "x" now)) (Mul (Var "W_hm" always) (Var "m" now))) (Var "b_h" always)))
    ; ("z_i", (Add (Add (Mul (Var "W_ix" always) (Var "x" now)) (Mul (Var "W_im" always) (Var "m" now))) (Var "b_i" always)))
    ; ("i", (Apply Sigmoid (Var "z_i" now)))
    ; ("z_f", (Add (Add (Mul (Var "W_fx" always) (Var "x" now)) (Mul (Var "W_fm" always) (Var "m" now))) (Var "b_f" always)))
    ; ("f", (Apply Sigmoid (Var "z_f" now)))
    ; ("z_o", (Add (Add (Mul (Var "W_ox" always) (Var "x" now)) (Mul (Var "W_om" always) (Var "m" now))) (Var "b_o" always)))
    ; ("o", (Apply Sigmoid (Var "z_o" now)))
    ; ("a_c", (Apply Tanh (Var "h_hat" now)))
    ; ("c", (Add (Had (Var "f" now) (Var "c" (Ago 1))) (Had (Var "i" now) (Var "a_c" now))))
    ; ("a_h", (Apply Tanh (Var "c" now)))
    ; ("h", (Had (Var "o" now) (Var "a_h" now)))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_M n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 0 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 0 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("h",
    [ Part 0 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_mh" always)) (Bar "u2_m" now)) ])
  ; ("a_h",
    [ Part 0 now (Had (Bar "h" now) (Var "o" now)) ])
  ; ("c",
    [ Part 0 now (Had (Bar "a_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_h" now) 2))))
    ; Part 0 (Ago 1) (Had (Bar "c" now) (Var "f" now)) ])
  ; ("a_c",
    [ Part 0 now (Had (Bar "c" now) (Var "i" now)) ])
  ; ("o",
    [ Part 0 now (Had (Bar "h" now) (Var "a_h" now)) ])
  ; ("z_o",
    [ Part 0 now (Had (Had (Bar "o" now) (Var "o" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "o" now)))) ])
  ; ("f",
    [ Part 0 now (Had (Bar "c" now) (Var "c" (Ago 1))) ])
  ; ("z_f",
    [ Part 0 now (Had (Had (Bar "f" now) (Var "f" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("i",
    [ Part 0 now (Had (Bar "c" now) (Var "a_c" now)) ])
  ; ("z_i",
    [ Part 0 now (Had (Had (Bar "i" now) (Var "i" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "i" now)))) ])
  ; ("h_hat",
    [ Part 0 now (Had (Bar "a_c" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_c" now) 2)))) ])
  ; ("m",
    [ Part 0 now (Mul (Transpose (Var "W_om" always)) (Bar "z_o" now))
    ; Part 0 now (Mul (Transpose (Var "W_fm" always)) (Bar "z_f" now))
    ; Part 0 now (Mul (Transpose (Var "W_im" always)) (Bar "z_i" now))
    ; Part 0 now (Mul (Transpose (Var "W_hm" always)) (Bar "h_hat" now)) ])
  ; ("u2_m",
    [ Part 0 now (Had (Bar "m" now) (Var "u_m" now)) ])
  ; ("u_m",
    [ Part 0 now (Had (Bar "m" now) (Var "u2_m" now)) ])
  ; ("W_mx",
    [ Part 0 always (Mul (Bar "u_m" now) (Transpose (Var "x" now))) ])
  ; ("W_mh",
    [ Part 0 always (Mul (Bar "u2_m" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("W_hx",
    [ Part 0 always (Mul (Bar "h_hat" now) (Transpose (Var "x" now))) ])
  ; ("W_hm",
    [ Part 0 always (Mul (Bar "h_hat" now) (Transpose (Var "m" now))) ])
  ; ("b_h",
    [ Part 0 always (Bar "h_hat" now) ])
  ; ("W_ix",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "x" now))) ])
  ; ("W_im",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "m" now))) ])
  ; ("b_i",
    [ Part 0 always (Bar "z_i" now) ])
  ; ("W_fx",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "x" now))) ])
  ; ("W_fm",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "m" now))) ])
  ; ("b_f",
    [ Part 0 always (Bar "z_f" now) ])
  ; ("W_ox",
    [ Part 0 always (Mul (Bar "z_o" now) (Transpose (Var "x" now))) ])
  ; ("W_om",
    [ Part 0 always (Mul (Bar "z_o" now) (Transpose (Var "m" now))) ])
  ; ("b_o",
    [ Part 0 always (Bar "z_o" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_ox" always)) (Bar "z_o" now))
    ; Part 0 now (Mul (Transpose (Var "W_fx" always)) (Bar "z_f" now))
    ; Part 0 now (Mul (Transpose (Var "W_ix" always)) (Bar "z_i" now))
    ; Part 0 now (Mul (Transpose (Var "W_hx" always)) (Bar "h_hat" now))
    ; Part 0 now (Mul (Transpose (Var "W_mx" always)) (Bar "u_m" now)) ])
  ].

Definition conditions (n_I n_H n_M n_O : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_H n_M n_O : nat) :
  certified (net n_I n_H n_M n_O) (adj n_I n_H n_M n_O) loss (regular_at (net n_I n_H n_M n_O)).
Proof. check. Qed.

Theorem regular (n_I n_H n_M n_O : nat) : suffices (net n_I n_H n_M n_O) (under (net n_I n_H n_M n_O) (conditions n_I n_H n_M n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_H n_M n_O : nat) : solvable (net n_I n_H n_M n_O) (adj n_I n_H n_M n_O).
Proof. order. Qed.

Theorem exact (n_I n_H n_M n_O : nat) :
  certified (net n_I n_H n_M n_O) (adj n_I n_H n_M n_O) loss (under (net n_I n_H n_M n_O) (conditions n_I n_H n_M n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_H n_M n_O) (regular n_I n_H n_M n_O)). Qed.
