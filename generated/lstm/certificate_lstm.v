(* The gradient of lstm, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   196cc7b06036db7ccf6b0d367f1442b08a322fa12eb1491819ffeddafce20ef9  equations
   0a1ee3343dbda443a2af773f62c5ace6b33c7718574eb1421732d0c077858603  lstm.py
   48e3c987f0b3f04f1da2321683250066c4a9067642559a057dfd8757c20053f4  lstm_f64.c
   224000b2629c2673f8d4e72a23719e948f9feefe239c2949d9158031ffad920d  lstm_f64.h
   ce6d22073baf4e0d8f335aaec897157224d908bf69df8028fdb49abd99450012  lstm_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_ii" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_ii" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hi" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_hi" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_if" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_if" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hf" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_hf" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_ig" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_ig" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hg" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_hg" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_io" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_io" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_ho" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_ho" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" n_H 1 (Fixed 1) (Length 0 0)
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
    [ ("z_i", (Add (Add (Add (Mul (Var "W_ii" always) (Var "x" now)) (Var "b_ii" always)) (Mul (Var "W_hi" always) (Var "h" (Ago 1)))) (Var "b_hi" always)))
    ; ("i", (Apply Sigmoid (Var "z_i" now)))
    ; ("z_f", (Add (Add (Add (Mul (Var "W_if" always) (Var "x" now)) (Var "b_if" always)) (Mul (Var "W_hf" always) (Var "h" (Ago 1)))) (Var "b_hf" always)))
    ; ("f", (Apply Sigmoid (Var "z_f" now)))
    ; ("z_g", (Add (Add (Add (Mul (Var "W_ig" always) (Var "x" now)) (Var "b_ig" always)) (Mul (Var "W_hg" always) (Var "h" (Ago 1)))) (Var "b_hg" always)))
    ; ("g", (Apply Tanh (Var "z_g" now)))
    ; ("z_o", (Add (Add (Add (Mul (Var "W_io" always) (Var "x" now)) (Var "b_io" always)) (Mul (Var "W_ho" always) (Var "h" (Ago 1)))) (Var "b_ho" always)))
    ; ("o", (Apply Sigmoid (Var "z_o" now)))
    ; ("c", (Add (Had (Var "f" now) (Var "c" (Ago 1))) (Had (Var "i" now) (Var "g" now))))
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
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_ho" always)) (Bar "z_o" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hg" always)) (Bar "z_g" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hf" always)) (Bar "z_f" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hi" always)) (Bar "z_i" now)) ])
  ; ("a_h",
    [ Part 0 now (Had (Bar "h" now) (Var "o" now)) ])
  ; ("c",
    [ Part 0 now (Had (Bar "a_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_h" now) 2))))
    ; Part 0 (Ago 1) (Had (Bar "c" now) (Var "f" now)) ])
  ; ("o",
    [ Part 0 now (Had (Bar "h" now) (Var "a_h" now)) ])
  ; ("z_o",
    [ Part 0 now (Had (Had (Bar "o" now) (Var "o" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "o" now)))) ])
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
  ; ("W_ii",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "x" now))) ])
  ; ("b_ii",
    [ Part 0 always (Bar "z_i" now) ])
  ; ("W_hi",
    [ Part 0 always (Mul (Bar "z_i" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_hi",
    [ Part 0 always (Bar "z_i" now) ])
  ; ("W_if",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "x" now))) ])
  ; ("b_if",
    [ Part 0 always (Bar "z_f" now) ])
  ; ("W_hf",
    [ Part 0 always (Mul (Bar "z_f" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_hf",
    [ Part 0 always (Bar "z_f" now) ])
  ; ("W_ig",
    [ Part 0 always (Mul (Bar "z_g" now) (Transpose (Var "x" now))) ])
  ; ("b_ig",
    [ Part 0 always (Bar "z_g" now) ])
  ; ("W_hg",
    [ Part 0 always (Mul (Bar "z_g" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_hg",
    [ Part 0 always (Bar "z_g" now) ])
  ; ("W_io",
    [ Part 0 always (Mul (Bar "z_o" now) (Transpose (Var "x" now))) ])
  ; ("b_io",
    [ Part 0 always (Bar "z_o" now) ])
  ; ("W_ho",
    [ Part 0 always (Mul (Bar "z_o" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b_ho",
    [ Part 0 always (Bar "z_o" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_io" always)) (Bar "z_o" now))
    ; Part 0 now (Mul (Transpose (Var "W_ig" always)) (Bar "z_g" now))
    ; Part 0 now (Mul (Transpose (Var "W_if" always)) (Bar "z_f" now))
    ; Part 0 now (Mul (Transpose (Var "W_ii" always)) (Bar "z_i" now)) ])
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
