(* The gradient of mamba, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   5fe8a8ac21cebc38bbebb37652e38d5f98f0f8e3f60cebcfe946979c9632d567  equations
   9c059c436671b743cd0fd27538e082fd10684cce816dcee2e6d56d976fea7898  mamba.py
   1829b5c90a8c7728ce2d9406825aabfcb45de0fd0f1e08dc3baae827ce299aae  mamba_f64.c
   a10b47a91442917ca2ab53eb1b29edc26c6077c9f6824badbd679b062b19fcb2  mamba_f64.h
   2d6aa75c9e35fc897d50e98e89a70500db22365ecbab66ef161f93f92255a436  mamba_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_N n_R n_O : nat) : network := Network
  [ Quantity "A_log" n_I n_N (Fixed 0) (Fixed 0)
  ; Quantity "W_1" n_R n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_B" n_N n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_C" n_N n_I (Fixed 0) (Fixed 0)
  ; Quantity "W_2" n_I n_R (Fixed 0) (Fixed 0)
  ; Quantity "b_delta" n_I 1 (Fixed 0) (Fixed 0)
  ; Quantity "D_skip" n_I 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_A" n_I n_N (Fixed 0) (Fixed 0)
  ; Quantity "A" n_I n_N (Fixed 0) (Fixed 0)
  ; Quantity "B_t" n_N 1 (Fixed 1) (Length 0 0)
  ; Quantity "C_t" n_N 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_delta" n_R 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_delta" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "delta" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" n_I n_N (Fixed 1) (Length 0 0)
  ; Quantity "a_h" n_I n_N (Fixed 1) (Length 0 0)
  ; Quantity "s_h" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_I n_N (Fixed 0) (Length 0 0)
  ; Quantity "y" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y2" n_O 1 ]
  [ Stage (Fixed 0) (Fixed 0) true
    [ ("a_A", (Apply Exp (Var "A_log" always)))
    ; ("A", (Scale (-1) (Var "a_A" always))) ]
  ; Stage (Fixed 1) (Length 0 0) true
    [ ("B_t", (Mul (Var "W_B" always) (Var "x" now)))
    ; ("C_t", (Mul (Var "W_C" always) (Var "x" now)))
    ; ("u_delta", (Mul (Var "W_1" always) (Var "x" now)))
    ; ("z_delta", (Add (Mul (Var "W_2" always) (Var "u_delta" now)) (Var "b_delta" always)))
    ; ("delta", (Apply Softplus (Var "z_delta" now)))
    ; ("z_h", (Mul (Diag (Var "delta" now)) (Var "A" always)))
    ; ("a_h", (Apply Exp (Var "z_h" now)))
    ; ("s_h", (Had (Var "delta" now) (Var "x" now)))
    ; ("h", (Add (Had (Var "a_h" now) (Var "h" (Ago 1))) (Mul (Var "s_h" now) (Transpose (Var "B_t" now)))))
    ; ("y", (Add (Mul (Var "h" now) (Var "C_t" now)) (Had (Var "D_skip" always) (Var "x" now))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "y" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y2" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y2" ].

Definition adj (n_I n_N n_R n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 1 now (Scale (-1) (Quot (Var "y2" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 1 now (Add (Var "y_hat" now) (Scale (-1) (Var "y2" now))) ])
  ; ("y",
    [ Part 1 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now)) ])
  ; ("h",
    [ Part 1 now (Mul (Bar "y" now) (Transpose (Var "C_t" now)))
    ; Part 1 (Ago 1) (Had (Bar "h" now) (Var "a_h" now)) ])
  ; ("s_h",
    [ Part 1 now (Mul (Bar "h" now) (Var "B_t" now)) ])
  ; ("a_h",
    [ Part 1 now (Had (Bar "h" now) (Var "h" (Ago 1))) ])
  ; ("z_h",
    [ Part 1 now (Had (Bar "a_h" now) (Var "a_h" now)) ])
  ; ("delta",
    [ Part 1 now (Had (Bar "s_h" now) (Var "x" now))
    ; Part 1 now (Mul (Had (Bar "z_h" now) (Var "A" always)) (Number 1 n_N 1)) ])
  ; ("z_delta",
    [ Part 1 now (Had (Bar "delta" now) (Add (Number 1 n_I 1) (Quot (Scale (-1) (Number 1 n_I 1)) (Apply Exp (Var "delta" now))))) ])
  ; ("u_delta",
    [ Part 1 now (Mul (Transpose (Var "W_2" always)) (Bar "z_delta" now)) ])
  ; ("C_t",
    [ Part 1 now (Mul (Transpose (Var "h" now)) (Bar "y" now)) ])
  ; ("B_t",
    [ Part 1 now (Mul (Transpose (Bar "h" now)) (Var "s_h" now)) ])
  ; ("A",
    [ Part 1 always (Mul (Diag (Var "delta" now)) (Bar "z_h" now)) ])
  ; ("a_A",
    [ Part 0 always (Scale (-1) (Bar "A" always)) ])
  ; ("A_log",
    [ Part 0 always (Had (Bar "a_A" always) (Var "a_A" always)) ])
  ; ("W_1",
    [ Part 1 always (Mul (Bar "u_delta" now) (Transpose (Var "x" now))) ])
  ; ("W_B",
    [ Part 1 always (Mul (Bar "B_t" now) (Transpose (Var "x" now))) ])
  ; ("W_C",
    [ Part 1 always (Mul (Bar "C_t" now) (Transpose (Var "x" now))) ])
  ; ("W_2",
    [ Part 1 always (Mul (Bar "z_delta" now) (Transpose (Var "u_delta" now))) ])
  ; ("b_delta",
    [ Part 1 always (Bar "z_delta" now) ])
  ; ("D_skip",
    [ Part 1 always (Had (Bar "y" now) (Var "x" now)) ])
  ; ("W_hy",
    [ Part 1 always (Mul (Bar "z_y" now) (Transpose (Var "y" now))) ])
  ; ("b_y",
    [ Part 1 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 1 now (Had (Bar "y" now) (Var "D_skip" always))
    ; Part 1 now (Had (Bar "s_h" now) (Var "delta" now))
    ; Part 1 now (Mul (Transpose (Var "W_1" always)) (Bar "u_delta" now))
    ; Part 1 now (Mul (Transpose (Var "W_C" always)) (Bar "C_t" now))
    ; Part 1 now (Mul (Transpose (Var "W_B" always)) (Bar "B_t" now)) ])
  ].

Definition conditions (n_I n_N n_R n_O : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_N n_R n_O : nat) :
  certified (net n_I n_N n_R n_O) (adj n_I n_N n_R n_O) loss (regular_at (net n_I n_N n_R n_O)).
Proof. check. Qed.

Theorem regular (n_I n_N n_R n_O : nat) : suffices (net n_I n_N n_R n_O) (under (net n_I n_N n_R n_O) (conditions n_I n_N n_R n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_N n_R n_O : nat) : solvable (net n_I n_N n_R n_O) (adj n_I n_N n_R n_O).
Proof. order. Qed.

Theorem exact (n_I n_N n_R n_O : nat) :
  certified (net n_I n_N n_R n_O) (adj n_I n_N n_R n_O) loss (under (net n_I n_N n_R n_O) (conditions n_I n_N n_R n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_N n_R n_O) (regular n_I n_N n_R n_O)). Qed.
