(* The gradient of fastrnn, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   24edbe8161e636ddc6c5f648c9aef81b630b722a00376bae6a3fe6eda29e71d7  equations
   b7c622065f645bcd11b06d0034babade77b16f56fa032961cbfec0b230cc79f4  fastrnn.py
   b3f0352d4359a13c264bbb0c35d6acf2f8b6a352528d703d4698ac389d858a2f  fastrnn_f64.c
   827448931f49527d69b3240db664e95663613948dd69e0fbdae56706dcabed5a  fastrnn_f64.h
   fa88e88fb869f3b1ed957e38bb9a7caad1b2801793c7a6b61fad23a80e880326  fastrnn_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "a" 1 1 (Fixed 0) (Fixed 0)
  ; Quantity "c" 1 1 (Fixed 0) (Fixed 0)
  ; Quantity "W" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "b" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "alpha" 1 1 (Fixed 0) (Fixed 0)
  ; Quantity "beta" 1 1 (Fixed 0) (Fixed 0)
  ; Quantity "z_h_hat" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_hat" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 0) (Fixed 0) true
    [ ("alpha", (Apply Sigmoid (Var "a" always)))
    ; ("beta", (Apply Sigmoid (Var "c" always))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("z_h_hat", (Add (Add (Mul (Var "W" always) (Var "x" now)) (Mul (Var "U" always) (Var "h" (Ago 1)))) (Var "b" always)))
    ; ("h_hat", (Apply Tanh (Var "z_h_hat" now)))
    ; ("h", (Add (Multiple (Var "alpha" always) (Var "h_hat" now)) (Multiple (Var "beta" always) (Var "h" (Ago 1)))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "h" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_H n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 1 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 1 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("h",
    [ Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 1 (Ago 1) (Multiple (Var "beta" always) (Bar "h" now))
    ; Part 1 (Ago 1) (Mul (Transpose (Var "U" always)) (Bar "z_h_hat" now)) ])
  ; ("h_hat",
    [ Part 1 now (Multiple (Var "alpha" always) (Bar "h" now)) ])
  ; ("z_h_hat",
    [ Part 1 now (Had (Bar "h_hat" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "h_hat" now) 2)))) ])
  ; ("beta",
    [ Part 1 always (Mul (Transpose (Var "h" (Ago 1))) (Bar "h" now)) ])
  ; ("alpha",
    [ Part 1 always (Mul (Transpose (Var "h_hat" now)) (Bar "h" now)) ])
  ; ("a",
    [ Part 0 always (Had (Had (Bar "alpha" always) (Var "alpha" always)) (Add (Number 1 1 1) (Scale (-1) (Var "alpha" always)))) ])
  ; ("c",
    [ Part 0 always (Had (Had (Bar "beta" always) (Var "beta" always)) (Add (Number 1 1 1) (Scale (-1) (Var "beta" always)))) ])
  ; ("W",
    [ Part 1 always (Mul (Bar "z_h_hat" now) (Transpose (Var "x" now))) ])
  ; ("U",
    [ Part 1 always (Mul (Bar "z_h_hat" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("b",
    [ Part 1 always (Bar "z_h_hat" now) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 1 now (Mul (Transpose (Var "W" always)) (Bar "z_h_hat" now)) ])
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
