(* The gradient of atr, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   b6d1074404fa645bc3a50dc9e8fc98a4b9499c8ee3fcb6b396723fb35496bbe0  equations
   0aaa0d8b71088340af71b415fe5f88a114ad1914e4f5f0c8fb174e2c19d61292  atr.py
   f25b834b3a3095ed8effbbd20530a1346984327494632562a838bb811541e41b  atr_f64.c
   c7836864760d3013f00a867334ee2db4c6ba07460c952c618f2a2e1a538fcb92  atr_f64.h
   d98aa0040122d1014a1f8f896511c038fd48d9dab1b0c9e00a74e3667d3ecfb7  atr_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W" n_H n_I (Fixed 0) (Fixed 0)
  ; Quantity "U" n_H n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "p" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "q" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("p", (Mul (Var "W" always) (Var "x" now)))
    ; ("q", (Mul (Var "U" always) (Var "h" (Ago 1))))
    ; ("z_i", (Add (Var "p" now) (Var "q" now)))
    ; ("i", (Apply Sigmoid (Var "z_i" now)))
    ; ("z_f", (Add (Var "p" now) (Scale (-1) (Var "q" now))))
    ; ("f", (Apply Sigmoid (Var "z_f" now)))
    ; ("h", (Add (Had (Var "i" now) (Var "p" now)) (Had (Var "f" now) (Var "h" (Ago 1)))))
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
    ; Part 0 (Ago 1) (Had (Bar "h" now) (Var "f" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "U" always)) (Bar "q" now)) ])
  ; ("f",
    [ Part 0 now (Had (Bar "h" now) (Var "h" (Ago 1))) ])
  ; ("z_f",
    [ Part 0 now (Had (Had (Bar "f" now) (Var "f" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("i",
    [ Part 0 now (Had (Bar "h" now) (Var "p" now)) ])
  ; ("z_i",
    [ Part 0 now (Had (Had (Bar "i" now) (Var "i" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "i" now)))) ])
  ; ("q",
    [ Part 0 now (Scale (-1) (Bar "z_f" now))
    ; Part 0 now (Bar "z_i" now) ])
  ; ("p",
    [ Part 0 now (Had (Bar "h" now) (Var "i" now))
    ; Part 0 now (Bar "z_f" now)
    ; Part 0 now (Bar "z_i" now) ])
  ; ("W",
    [ Part 0 always (Mul (Bar "p" now) (Transpose (Var "x" now))) ])
  ; ("U",
    [ Part 0 always (Mul (Bar "q" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W" always)) (Bar "p" now)) ])
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
