(* The gradient of lru, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   59bae04477f8e66b3e4910edcf9ab7a2d76cd363f5c7ed959984a86ee0c02efe  equations
   dea50f009fb167f1304c4d99b2a61f7bee8b310b787f2f20a6238242f2376279  lru.py
   92dcd1d9db50f0a130142bd34814e728a5c5c72998867fe242212720f9054ec0  lru_f64.c
   14217a5ca20f1a3b43abc9074502514bc09527a271d141974c60da52fbe33208  lru_f64.h
   1e2404e1fd1b663e8547e86517a380bf931edefea8c80b570ce6651cbffe7d8c  lru_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_N n_O n_O2 : nat) : network := Network
  [ Quantity "C_re" n_O n_N (Fixed 0) (Fixed 0)
  ; Quantity "nu_log" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "theta_log" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "gamma_log" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "B_re" n_N n_I (Fixed 0) (Fixed 0)
  ; Quantity "B_im" n_N n_I (Fixed 0) (Fixed 0)
  ; Quantity "C_im" n_O n_N (Fixed 0) (Fixed 0)
  ; Quantity "D_skip" n_O n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O2 n_O (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O2 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_modulus" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "z_modulus" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "modulus" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "phase" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "a_lambda_re" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "lambda_re" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "a_lambda_im" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "lambda_im" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "gamma" n_N 1 (Fixed 0) (Fixed 0)
  ; Quantity "u_h_re" n_N 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_re" n_N 1 (Fixed 0) (Length 0 0)
  ; Quantity "u_h_im" n_N 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_im" n_N 1 (Fixed 0) (Length 0 0)
  ; Quantity "y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O2 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O2 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y2" n_O2 1 ]
  [ Stage (Fixed 0) (Fixed 0) true
    [ ("a_modulus", (Apply Exp (Var "nu_log" always)))
    ; ("z_modulus", (Scale (-1) (Var "a_modulus" always)))
    ; ("modulus", (Apply Exp (Var "z_modulus" always)))
    ; ("phase", (Apply Exp (Var "theta_log" always)))
    ; ("a_lambda_re", (Apply Cos (Var "phase" always)))
    ; ("lambda_re", (Had (Var "modulus" always) (Var "a_lambda_re" always)))
    ; ("a_lambda_im", (Apply Sin (Var "phase" always)))
    ; ("lambda_im", (Had (Var "modulus" always) (Var "a_lambda_im" always)))
    ; ("gamma", (Apply Exp (Var "gamma_log" always))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("u_h_re", (Mul (Var "B_re" always) (Var "x" now)))
    ; ("h_re", (Add (Add (Had (Var "lambda_re" always) (Var "h_re" (Ago 1))) (Scale (-1) (Had (Var "lambda_im" always) (Var "h_im" (Ago 1))))) (Had (Var "gamma" always) (Var "u_h_re" now))))
    ; ("u_h_im", (Mul (Var "B_im" always) (Var "x" now)))
    ; ("h_im", (Add (Add (Had (Var "lambda_re" always) (Var "h_im" (Ago 1))) (Had (Var "lambda_im" always) (Var "h_re" (Ago 1)))) (Had (Var "gamma" always) (Var "u_h_im" now))))
    ; ("y", (Add (Add (Mul (Var "C_re" always) (Var "h_re" now)) (Scale (-1) (Mul (Var "C_im" always) (Var "h_im" now)))) (Mul (Var "D_skip" always) (Var "x" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_N n_O n_O2 : nat) : adjoints :=
  [ ("y_hat",
    [ Part 1 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 1 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("y",
    [ Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("h_im",
    [ Part 1 now (Scale (-1) (Mul (Transpose (Var "C_im" always)) (Bar "y" now)))
    ; Part 1 (Ago 1) (Had (Bar "h_im" now) (Var "lambda_re" always))
    ; Part 1 (Ago 1) (Scale (-1) (Had (Bar "h_re" now) (Var "lambda_im" always))) ])
  ; ("u_h_im",
    [ Part 1 now (Had (Bar "h_im" now) (Var "gamma" always)) ])
  ; ("h_re",
    [ Part 1 now (Mul (Transpose (Var "C_re" always)) (Bar "y" now))
    ; Part 1 (Ago 1) (Had (Bar "h_im" now) (Var "lambda_im" always))
    ; Part 1 (Ago 1) (Had (Bar "h_re" now) (Var "lambda_re" always)) ])
  ; ("u_h_re",
    [ Part 1 now (Had (Bar "h_re" now) (Var "gamma" always)) ])
  ; ("gamma",
    [ Part 1 always (Had (Bar "h_im" now) (Var "u_h_im" now))
    ; Part 1 always (Had (Bar "h_re" now) (Var "u_h_re" now)) ])
  ; ("lambda_im",
    [ Part 1 always (Had (Bar "h_im" now) (Var "h_re" (Ago 1)))
    ; Part 1 always (Scale (-1) (Had (Bar "h_re" now) (Var "h_im" (Ago 1)))) ])
  ; ("a_lambda_im",
    [ Part 0 always (Had (Bar "lambda_im" always) (Var "modulus" always)) ])
  ; ("lambda_re",
    [ Part 1 always (Had (Bar "h_im" now) (Var "h_im" (Ago 1)))
    ; Part 1 always (Had (Bar "h_re" now) (Var "h_re" (Ago 1))) ])
  ; ("a_lambda_re",
    [ Part 0 always (Had (Bar "lambda_re" always) (Var "modulus" always)) ])
  ; ("phase",
    [ Part 0 always (Had (Bar "a_lambda_im" always) (Apply Cos (Var "phase" always)))
    ; Part 0 always (Scale (-1) (Had (Bar "a_lambda_re" always) (Apply Sin (Var "phase" always)))) ])
  ; ("modulus",
    [ Part 0 always (Had (Bar "lambda_im" always) (Var "a_lambda_im" always))
    ; Part 0 always (Had (Bar "lambda_re" always) (Var "a_lambda_re" always)) ])
  ; ("z_modulus",
    [ Part 0 always (Had (Bar "modulus" always) (Var "modulus" always)) ])
  ; ("a_modulus",
    [ Part 0 always (Scale (-1) (Bar "z_modulus" always)) ])
  ; ("C_re",
    [ Part 1 always (Mul (Bar "y" now) (Transpose (Var "h_re" now))) ])
  ; ("nu_log",
    [ Part 0 always (Had (Bar "a_modulus" always) (Var "a_modulus" always)) ])
  ; ("theta_log",
    [ Part 0 always (Had (Bar "phase" always) (Var "phase" always)) ])
  ; ("gamma_log",
    [ Part 0 always (Had (Bar "gamma" always) (Var "gamma" always)) ])
  ; ("B_re",
    [ Part 1 always (Mul (Bar "u_h_re" now) (Transpose (Var "x" now))) ])
  ; ("B_im",
    [ Part 1 always (Mul (Bar "u_h_im" now) (Transpose (Var "x" now))) ])
  ; ("C_im",
    [ Part 1 always (Scale (-1) (Mul (Bar "y" now) (Transpose (Var "h_im" now)))) ])
  ; ("D_skip",
    [ Part 1 always (Mul (Bar "y" now) (Transpose (Var "x" now))) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "y" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 1 now (Mul (Transpose (Var "D_skip" always)) (Bar "y" now))
    ; Part 1 now (Mul (Transpose (Var "B_im" always)) (Bar "u_h_im" now))
    ; Part 1 now (Mul (Transpose (Var "B_re" always)) (Bar "u_h_re" now)) ])
  ].

Definition conditions (n_I n_N n_O n_O2 : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_N n_O n_O2 : nat) :
  certified (net n_I n_N n_O n_O2) (adj n_I n_N n_O n_O2) loss (regular_at (net n_I n_N n_O n_O2)).
Proof. check. Qed.

Theorem regular (n_I n_N n_O n_O2 : nat) : suffices (net n_I n_N n_O n_O2) (under (net n_I n_N n_O n_O2) (conditions n_I n_N n_O n_O2)).
Proof. settle. Qed.

Theorem solved (n_I n_N n_O n_O2 : nat) : solvable (net n_I n_N n_O n_O2) (adj n_I n_N n_O n_O2).
Proof. order. Qed.

Theorem exact (n_I n_N n_O n_O2 : nat) :
  certified (net n_I n_N n_O n_O2) (adj n_I n_N n_O n_O2) loss (under (net n_I n_N n_O n_O2) (conditions n_I n_N n_O n_O2)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_N n_O n_O2) (regular n_I n_N n_O n_O2)). Qed.
