(* The gradient of cfn, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   369c81db8c142e0ff7a963398bde305f5230c0a6d1440e9436f0fc69900d1ba7  equations
   db766aa773b55540ca84339606a68a8de5751f0ba60410bf7f8eebb7b830c9d6  cfn.py
   04615272ea6db8189c5b8432a9bc2a6efeb1903b75e3f4996b7af104543851de  cfn_f64.c
   014b6b0f0a4c65a8c2c2cbfc7bfe00475dee8b93b0a855b7bd88cae92f718136  cfn_f64.h
   230aa41db727e03727827dc88dfa966ab82c0e23c1ffd5a082cc758164e6dd0e  cfn_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "U_theta" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V_theta" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_theta" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "U_eta" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "V_eta" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_eta" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_theta" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "theta" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_eta" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "eta" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a2_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_theta", (Add (Add (Mul (Var "U_theta" always) (Var "h" (Ago 1))) (Mul (Var "V_theta" always) (Var "x" now))) (Var "b_theta" always)))
    ; ("theta", (Apply Sigmoid (Var "z_theta" now)))
    ; ("z_eta", (Add (Add (Mul (Var "U_eta" always) (Var "h" (Ago 1))) (Mul (Var "V_eta" always) (Var "x" now))) (Var "b_eta" always)))
    ; ("eta", (Apply Sigmoid (Var "z_eta" now)))
    ; ("a_h", (Apply Tanh (Var "h" (Ago 1))))
    ; ("z_h", (Mul (Var "W" always) (Var "x" now)))
    ; ("a2_h", (Apply Tanh (Var "z_h" now)))
    ; ("h", (Add (Had (Var "theta" now) (Var "a_h" now)) (Had (Var "eta" now) (Var "a2_h" now))))
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
    ; Part 0 (Ago 1) (Had (Bar "a_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a_h" now) 2))))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_eta" always)) (Bar "z_eta" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U_theta" always)) (Bar "z_theta" now)) ])
  ; ("a2_h",
    [ Part 0 now (Had (Bar "h" now) (Var "eta" now)) ])
  ; ("z_h",
    [ Part 0 now (Had (Bar "a2_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a2_h" now) 2)))) ])
  ; ("a_h",
    [ Part 0 now (Had (Bar "h" now) (Var "theta" now)) ])
  ; ("eta",
    [ Part 0 now (Had (Bar "h" now) (Var "a2_h" now)) ])
  ; ("z_eta",
    [ Part 0 now (Had (Had (Bar "eta" now) (Var "eta" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "eta" now)))) ])
  ; ("theta",
    [ Part 0 now (Had (Bar "h" now) (Var "a_h" now)) ])
  ; ("z_theta",
    [ Part 0 now (Had (Had (Bar "theta" now) (Var "theta" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "theta" now)))) ])
  ; ("U_theta",
    [ Part 0 always (Mul (Bar "z_theta" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("V_theta",
    [ Part 0 always (Mul (Bar "z_theta" now) (Transpose (Var "x" now))) ])
  ; ("b_theta",
    [ Part 0 always (Bar "z_theta" now) ])
  ; ("U_eta",
    [ Part 0 always (Mul (Bar "z_eta" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("V_eta",
    [ Part 0 always (Mul (Bar "z_eta" now) (Transpose (Var "x" now))) ])
  ; ("b_eta",
    [ Part 0 always (Bar "z_eta" now) ])
  ; ("W",
    [ Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "x" now))) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W" always)) (Bar "z_h" now))
    ; Part 0 now (Mul (Transpose (Var "V_eta" always)) (Bar "z_eta" now))
    ; Part 0 now (Mul (Transpose (Var "V_theta" always)) (Bar "z_theta" now)) ])
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
