(* The gradient of lstm_layer_norm, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   1de08587fd51de5734ecf64615e2359167d23193215ed7d39ccda399536acb2d  equations
   ce20af086abc6547146f154214501748d7d9b705c149ca18280960b11bf6698c  lstm_layer_norm.py
   f91122259632ff4d00c2a6f247b667d7004ac71a465d44b3cbd56b1197f2689d  lstm_layer_norm_f64.c
   c9efefb880807fac7365d16370f4e6b3dde2611f1347a4e7f68152795b2899b6  lstm_layer_norm_f64.h
   d712cbc86423d249b79f259fc9110e070831b508111402a4ad236228c3b56bb3  lstm_layer_norm_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_H n_O : nat) : network := Network
  [ Quantity "W_h" (4 * n_H) n_H (Fixed 0) (Fixed 0)
  ; Quantity "W_x" (4 * n_H) n_I (Fixed 0) (Fixed 0)
  ; Quantity "alpha_1" (4 * n_H) 1 (Fixed 0) (Fixed 0)
  ; Quantity "alpha_2" (4 * n_H) 1 (Fixed 0) (Fixed 0)
  ; Quantity "b" (4 * n_H) 1 (Fixed 0) (Fixed 0)
  ; Quantity "alpha_3" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "beta_3" n_H 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "a" (4 * n_H) 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_d_a" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "d_a" (4 * n_H) 1 (Fixed 1) (Length 0 0)
  ; Quantity "s" (4 * n_H) 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_d_s" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "d_s" (4 * n_H) 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_z" (4 * n_H) 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_z" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "s2_z" (4 * n_H) 1 (Fixed 1) (Length 0 0)
  ; Quantity "z2_z" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "a2_z" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "z" (4 * n_H) 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "f" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "i" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "o" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "g" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "c" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "u_d_c" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "d_c" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "s_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_h" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "a_h" 1 1 (Fixed 1) (Length 0 0)
  ; Quantity "z2_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "a2_h" n_H 1 (Fixed 1) (Length 0 0)
  ; Quantity "h" n_H 1 (Fixed 0) (Length 0 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 0 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 0 0) ]
  [ Constant "epsilon" 1 1
  ; Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("a", (Mul (Var "W_h" always) (Var "h" (Ago 1))))
    ; ("u_d_a", (Mul (Transpose (Number 1 (4 * n_H) 1)) (Var "a" now)))
    ; ("d_a", (Add (Var "a" now) (Scale ((-1 / 4) * (/ (INR n_H))) (Multiple (Var "u_d_a" now) (Number 1 (4 * n_H) 1)))))
    ; ("s", (Mul (Var "W_x" always) (Var "x" now)))
    ; ("u_d_s", (Mul (Transpose (Number 1 (4 * n_H) 1)) (Var "s" now)))
    ; ("d_s", (Add (Var "s" now) (Scale ((-1 / 4) * (/ (INR n_H))) (Multiple (Var "u_d_s" now) (Number 1 (4 * n_H) 1)))))
    ; ("s_z", (Had (Var "d_a" now) (Var "d_a" now)))
    ; ("z_z", (Add (Scale ((1 / 4) * (/ (INR n_H))) (Mul (Transpose (Number 1 (4 * n_H) 1)) (Var "s_z" now))) (Var "epsilon" always)))
    ; ("a_z", (Apply Sqrt (Var "z_z" now)))
    ; ("s2_z", (Had (Var "d_s" now) (Var "d_s" now)))
    ; ("z2_z", (Add (Scale ((1 / 4) * (/ (INR n_H))) (Mul (Transpose (Number 1 (4 * n_H) 1)) (Var "s2_z" now))) (Var "epsilon" always)))
    ; ("a2_z", (Apply Sqrt (Var "z2_z" now)))
    ; ("z", (Add (Add (Quot (Had (Var "alpha_1" always) (Var "d_a" now)) (Multiple (Var "a_z" now) (Number 1 (4 * n_H) 1))) (Quot (Had (Var "alpha_2" always) (Var "d_s" now)) (Multiple (Var "a2_z" now) (Number 1 (4 * n_H) 1)))) (Var "b" always)))
    ; ("z_f", (Slice (Var "z" now) 0 n_H))
    ; ("f", (Apply Sigmoid (Var "z_f" now)))
    ; ("z_i", (Slice (Var "z" now) n_H n_H))
    ; ("i", (Apply Sigmoid (Var "z_i" now)))
    ; ("z_o", (Slice (Var "z" now) (2 * n_H) n_H))
    ; ("o", (Apply Sigmoid (Var "z_o" now)))
    ; ("z_g", (Slice (Var "z" now) (3 * n_H) n_H))
    ; ("g", (Apply Tanh (Var "z_g" now)))
    ; ("c", (Add (Had (Var "f" now) (Var "c" (Ago 1))) (Had (Var "i" now) (Var "g" now))))
    ; ("u_d_c", (Mul (Transpose (Number 1 n_H 1)) (Var "c" now)))
    ; ("d_c", (Add (Var "c" now) (Scale ((-1) * (/ (INR n_H))) (Multiple (Var "u_d_c" now) (Number 1 n_H 1)))))
    ; ("s_h", (Had (Var "d_c" now) (Var "d_c" now)))
    ; ("z_h", (Add (Scale (/ (INR n_H)) (Mul (Transpose (Number 1 n_H 1)) (Var "s_h" now))) (Var "epsilon" always)))
    ; ("a_h", (Apply Sqrt (Var "z_h" now)))
    ; ("z2_h", (Add (Quot (Had (Var "alpha_3" always) (Var "d_c" now)) (Multiple (Var "a_h" now) (Number 1 n_H 1))) (Var "beta_3" always)))
    ; ("a2_h", (Apply Tanh (Var "z2_h" now)))
    ; ("h", (Had (Var "o" now) (Var "a2_h" now)))
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
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_h" always)) (Bar "a" now)) ])
  ; ("a2_h",
    [ Part 0 now (Had (Bar "h" now) (Var "o" now)) ])
  ; ("z2_h",
    [ Part 0 now (Had (Bar "a2_h" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "a2_h" now) 2)))) ])
  ; ("a_h",
    [ Part 0 now (Scale (-1) (Mul (Number 1 1 n_H) (Had (Had (Quot (Bar "z2_h" now) (Power (Multiple (Var "a_h" now) (Number 1 n_H 1)) 2)) (Var "alpha_3" always)) (Var "d_c" now)))) ])
  ; ("z_h",
    [ Part 0 now (Had (Bar "a_h" now) (Quot (Number 1 1 1) (Scale 2 (Var "a_h" now)))) ])
  ; ("s_h",
    [ Part 0 now (Scale (/ (INR n_H)) (Mul (Number 1 n_H 1) (Bar "z_h" now))) ])
  ; ("d_c",
    [ Part 0 now (Had (Quot (Bar "z2_h" now) (Multiple (Var "a_h" now) (Number 1 n_H 1))) (Var "alpha_3" always))
    ; Part 0 now (Scale 2 (Had (Bar "s_h" now) (Var "d_c" now))) ])
  ; ("u_d_c",
    [ Part 0 now (Scale ((-1) * (/ (INR n_H))) (Mul (Number 1 1 n_H) (Bar "d_c" now))) ])
  ; ("c",
    [ Part 0 now (Bar "d_c" now)
    ; Part 0 now (Mul (Number 1 n_H 1) (Bar "u_d_c" now))
    ; Part 0 (Ago 1) (Had (Bar "c" now) (Var "f" now)) ])
  ; ("g",
    [ Part 0 now (Had (Bar "c" now) (Var "i" now)) ])
  ; ("z_g",
    [ Part 0 now (Had (Bar "g" now) (Add (Number 1 n_H 1) (Scale (-1) (Power (Var "g" now) 2)))) ])
  ; ("o",
    [ Part 0 now (Had (Bar "h" now) (Var "a2_h" now)) ])
  ; ("z_o",
    [ Part 0 now (Had (Had (Bar "o" now) (Var "o" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "o" now)))) ])
  ; ("i",
    [ Part 0 now (Had (Bar "c" now) (Var "g" now)) ])
  ; ("z_i",
    [ Part 0 now (Had (Had (Bar "i" now) (Var "i" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "i" now)))) ])
  ; ("f",
    [ Part 0 now (Had (Bar "c" now) (Var "c" (Ago 1))) ])
  ; ("z_f",
    [ Part 0 now (Had (Had (Bar "f" now) (Var "f" now)) (Add (Number 1 n_H 1) (Scale (-1) (Var "f" now)))) ])
  ; ("z",
    [ Part 0 now (Concat (Number 0 (3 * n_H) 1) (Bar "z_g" now))
    ; Part 0 now (Concat (Number 0 (2 * n_H) 1) (Concat (Bar "z_o" now) (Number 0 n_H 1)))
    ; Part 0 now (Concat (Number 0 n_H 1) (Concat (Bar "z_i" now) (Number 0 (2 * n_H) 1)))
    ; Part 0 now (Concat (Bar "z_f" now) (Number 0 (3 * n_H) 1)) ])
  ; ("a2_z",
    [ Part 0 now (Scale (-1) (Mul (Number 1 1 (4 * n_H)) (Had (Had (Quot (Bar "z" now) (Power (Multiple (Var "a2_z" now) (Number 1 (4 * n_H) 1)) 2)) (Var "alpha_2" always)) (Var "d_s" now)))) ])
  ; ("z2_z",
    [ Part 0 now (Had (Bar "a2_z" now) (Quot (Number 1 1 1) (Scale 2 (Var "a2_z" now)))) ])
  ; ("s2_z",
    [ Part 0 now (Scale ((1 / 4) * (/ (INR n_H))) (Mul (Number 1 (4 * n_H) 1) (Bar "z2_z" now))) ])
  ; ("a_z",
    [ Part 0 now (Scale (-1) (Mul (Number 1 1 (4 * n_H)) (Had (Had (Quot (Bar "z" now) (Power (Multiple (Var "a_z" now) (Number 1 (4 * n_H) 1)) 2)) (Var "alpha_1" always)) (Var "d_a" now)))) ])
  ; ("z_z",
    [ Part 0 now (Had (Bar "a_z" now) (Quot (Number 1 1 1) (Scale 2 (Var "a_z" now)))) ])
  ; ("s_z",
    [ Part 0 now (Scale ((1 / 4) * (/ (INR n_H))) (Mul (Number 1 (4 * n_H) 1) (Bar "z_z" now))) ])
  ; ("d_s",
    [ Part 0 now (Had (Quot (Bar "z" now) (Multiple (Var "a2_z" now) (Number 1 (4 * n_H) 1))) (Var "alpha_2" always))
    ; Part 0 now (Scale 2 (Had (Bar "s2_z" now) (Var "d_s" now))) ])
  ; ("u_d_s",
    [ Part 0 now (Scale ((-1 / 4) * (/ (INR n_H))) (Mul (Number 1 1 (4 * n_H)) (Bar "d_s" now))) ])
  ; ("s",
    [ Part 0 now (Bar "d_s" now)
    ; Part 0 now (Mul (Number 1 (4 * n_H) 1) (Bar "u_d_s" now)) ])
  ; ("d_a",
    [ Part 0 now (Had (Quot (Bar "z" now) (Multiple (Var "a_z" now) (Number 1 (4 * n_H) 1))) (Var "alpha_1" always))
    ; Part 0 now (Scale 2 (Had (Bar "s_z" now) (Var "d_a" now))) ])
  ; ("u_d_a",
    [ Part 0 now (Scale ((-1 / 4) * (/ (INR n_H))) (Mul (Number 1 1 (4 * n_H)) (Bar "d_a" now))) ])
  ; ("a",
    [ Part 0 now (Bar "d_a" now)
    ; Part 0 now (Mul (Number 1 (4 * n_H) 1) (Bar "u_d_a" now)) ])
  ; ("W_h",
    [ Part 0 always (Mul (Bar "a" now) (Transpose (Var "h" (Ago 1)))) ])
  ; ("W_x",
    [ Part 0 always (Mul (Bar "s" now) (Transpose (Var "x" now))) ])
  ; ("alpha_1",
    [ Part 0 always (Had (Quot (Bar "z" now) (Multiple (Var "a_z" now) (Number 1 (4 * n_H) 1))) (Var "d_a" now)) ])
  ; ("alpha_2",
    [ Part 0 always (Had (Quot (Bar "z" now) (Multiple (Var "a2_z" now) (Number 1 (4 * n_H) 1))) (Var "d_s" now)) ])
  ; ("b",
    [ Part 0 always (Bar "z" now) ])
  ; ("alpha_3",
    [ Part 0 always (Had (Quot (Bar "z2_h" now) (Multiple (Var "a_h" now) (Number 1 n_H 1))) (Var "d_c" now)) ])
  ; ("beta_3",
    [ Part 0 always (Bar "z2_h" now) ])
  ; ("W_hy",
    [ Part 0 always (Mul (Bar "z_y" now) (Transpose (Var "h" now))) ])
  ; ("b_y",
    [ Part 0 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_x" always)) (Bar "s" now)) ])
  ].

Definition conditions (n_I n_H n_O : nat) : list condition :=
  [ Positive 0 (Var "epsilon" always) ].

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
