(* The gradient of gru_encoder_decoder, for all sizes and all numbers of steps.
   What is stated is `certified` in Networks.v; what is assumed is `conditions`, below.

   SHA-256 of the equations as text, and of the files emitted from them:
   b9c9c4344c1691dc1c17c866eadb3fb6689e01a098f35cf49e3a5b54aeb00872  equations
   f238f807aa72b29d37274339fd76319be9d8871108e6864c636c20ba0ecbe85a  gru_encoder_decoder.py
   122bf0122584863b8443c0a3cb67badd222133573310e191fc56e845d5fd6299  gru_encoder_decoder_f64.c
   965100d682118084a5636af7abd7df3cc4928e5a95dfaf827c76865bc3ca4458  gru_encoder_decoder_f64.h
   1e7ced2b46d010d53533a709583d68b4eda217863a8614f3508dd5d2eeafd650  gru_encoder_decoder_f64_test.c
*)

From Coq Require Import Reals List ZArith String.
From Symrnn Require Import Certificates.
Import ListNotations.
Open Scope string_scope.

Definition net (n_I n_I_d n_H_e n_O : nat) : network := Network
  [ Quantity "W_ir_e" n_H_e n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_ir_e" n_H_e 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hr_e" n_H_e n_H_e (Fixed 0) (Fixed 0)
  ; Quantity "b_hr_e" n_H_e 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_iz_e" n_H_e n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_iz_e" n_H_e 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hz_e" n_H_e n_H_e (Fixed 0) (Fixed 0)
  ; Quantity "b_hz_e" n_H_e 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_in_e" n_H_e n_I (Fixed 0) (Fixed 0)
  ; Quantity "b_in_e" n_H_e 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hn_e" n_H_e n_H_e (Fixed 0) (Fixed 0)
  ; Quantity "b_hn_e" n_H_e 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_ir_d" n_H_e (n_H_e + n_I_d) (Fixed 0) (Fixed 0)
  ; Quantity "b_ir_d" n_H_e 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hr_d" n_H_e n_H_e (Fixed 0) (Fixed 0)
  ; Quantity "b_hr_d" n_H_e 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_iz_d" n_H_e (n_H_e + n_I_d) (Fixed 0) (Fixed 0)
  ; Quantity "b_iz_d" n_H_e 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hz_d" n_H_e n_H_e (Fixed 0) (Fixed 0)
  ; Quantity "b_hz_d" n_H_e 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_in_d" n_H_e (n_H_e + n_I_d) (Fixed 0) (Fixed 0)
  ; Quantity "b_in_d" n_H_e 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hn_d" n_H_e n_H_e (Fixed 0) (Fixed 0)
  ; Quantity "b_hn_d" n_H_e 1 (Fixed 0) (Fixed 0)
  ; Quantity "W_hy" n_O n_H_e (Fixed 0) (Fixed 0)
  ; Quantity "b_y" n_O 1 (Fixed 0) (Fixed 0)
  ; Quantity "x" n_I 1 (Fixed 1) (Length 0 0)
  ; Quantity "x_d" n_I_d 1 (Fixed 1) (Length 1 0)
  ; Quantity "z_r_e" n_H_e 1 (Fixed 1) (Length 0 0)
  ; Quantity "r_e" n_H_e 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_z_e" n_H_e 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_e" n_H_e 1 (Fixed 1) (Length 0 0)
  ; Quantity "u_n_e" n_H_e 1 (Fixed 1) (Length 0 0)
  ; Quantity "z_n_e" n_H_e 1 (Fixed 1) (Length 0 0)
  ; Quantity "n_e" n_H_e 1 (Fixed 1) (Length 0 0)
  ; Quantity "h_e" n_H_e 1 (Fixed 0) (Length 0 0)
  ; Quantity "c_e" n_H_e 1 (Length 0 0) (Length 0 0)
  ; Quantity "h_d" n_H_e 1 (Fixed 0) (Length 1 0)
  ; Quantity "u_d" (n_H_e + n_I_d) 1 (Fixed 1) (Length 1 0)
  ; Quantity "z_r_d" n_H_e 1 (Fixed 1) (Length 1 0)
  ; Quantity "r_d" n_H_e 1 (Fixed 1) (Length 1 0)
  ; Quantity "z_z_d" n_H_e 1 (Fixed 1) (Length 1 0)
  ; Quantity "z_d" n_H_e 1 (Fixed 1) (Length 1 0)
  ; Quantity "u_n_d" n_H_e 1 (Fixed 1) (Length 1 0)
  ; Quantity "z_n_d" n_H_e 1 (Fixed 1) (Length 1 0)
  ; Quantity "n_d" n_H_e 1 (Fixed 1) (Length 1 0)
  ; Quantity "z_y" n_O 1 (Fixed 1) (Length 1 0)
  ; Quantity "y_hat" n_O 1 (Fixed 1) (Length 1 0)
  ; Quantity "J" 1 1 (Fixed 1) (Length 1 0) ]
  [ Constant "y" n_O 1 ]
  [ Stage (Fixed 1) (Length 0 0) true
    [ ("z_r_e", (Add (Add (Add (Mul (Var "W_ir_e" always) (Var "x" now)) (Var "b_ir_e" always)) (Mul (Var "W_hr_e" always) (Var "h_e" (Ago 1)))) (Var "b_hr_e" always)))
    ; ("r_e", (Apply Sigmoid (Var "z_r_e" now)))
    ; ("z_z_e", (Add (Add (Add (Mul (Var "W_iz_e" always) (Var "x" now)) (Var "b_iz_e" always)) (Mul (Var "W_hz_e" always) (Var "h_e" (Ago 1)))) (Var "b_hz_e" always)))
    ; ("z_e", (Apply Sigmoid (Var "z_z_e" now)))
    ; ("u_n_e", (Add (Mul (Var "W_hn_e" always) (Var "h_e" (Ago 1))) (Var "b_hn_e" always)))
    ; ("z_n_e", (Add (Add (Mul (Var "W_in_e" always) (Var "x" now)) (Var "b_in_e" always)) (Had (Var "r_e" now) (Var "u_n_e" now))))
    ; ("n_e", (Apply Tanh (Var "z_n_e" now)))
    ; ("h_e", (Add (Had (Add (Number 1 n_H_e 1) (Scale (-1) (Var "z_e" now))) (Var "n_e" now)) (Had (Var "z_e" now) (Var "h_e" (Ago 1))))) ]
  ; Stage (Length 0 0) (Length 0 0) true
    [ ("c_e", (Var "h_e" now)) ]
  ; Stage (Fixed 0) (Fixed 0) true
    [ ("h_d", (Var "h_e" (At (Length 0 0)))) ]
  ; Stage (Fixed 1) (Length 1 0) true
    [ ("u_d", (Concat (Var "x_d" now) (Var "c_e" (At (Length 0 0)))))
    ; ("z_r_d", (Add (Add (Add (Mul (Var "W_ir_d" always) (Var "u_d" now)) (Var "b_ir_d" always)) (Mul (Var "W_hr_d" always) (Var "h_d" (Ago 1)))) (Var "b_hr_d" always)))
    ; ("r_d", (Apply Sigmoid (Var "z_r_d" now)))
    ; ("z_z_d", (Add (Add (Add (Mul (Var "W_iz_d" always) (Var "u_d" now)) (Var "b_iz_d" always)) (Mul (Var "W_hz_d" always) (Var "h_d" (Ago 1)))) (Var "b_hz_d" always)))
    ; ("z_d", (Apply Sigmoid (Var "z_z_d" now)))
    ; ("u_n_d", (Add (Mul (Var "W_hn_d" always) (Var "h_d" (Ago 1))) (Var "b_hn_d" always)))
    ; ("z_n_d", (Add (Add (Mul (Var "W_in_d" always) (Var "u_d" now)) (Var "b_in_d" always)) (Had (Var "r_d" now) (Var "u_n_d" now))))
    ; ("n_d", (Apply Tanh (Var "z_n_d" now)))
    ; ("h_d", (Add (Had (Add (Number 1 n_H_e 1) (Scale (-1) (Var "z_d" now))) (Var "n_d" now)) (Had (Var "z_d" now) (Var "h_d" (Ago 1)))))
    ; ("z_y", (Add (Mul (Var "W_hy" always) (Var "h_d" now)) (Var "b_y" always)))
    ; ("y_hat", (Softmax (Var "z_y" now)))
    ; ("J", (Scale (-1) (Mul (Transpose (Var "y" now)) (Apply Log (Var "y_hat" now))))) ]
  ]
  [ "y" ].

Definition adj (n_I n_I_d n_H_e n_O : nat) : adjoints :=
  [ ("y_hat",
    [ Part 3 now (Scale (-1) (Quot (Var "y" now) (Var "y_hat" now))) ])
  ; ("z_y",
    [ Part 3 now (Add (Var "y_hat" now) (Scale (-1) (Var "y" now))) ])
  ; ("h_d",
    [ Part 3 now (Mul (Transpose (Var "W_hy" always)) (Bar "z_y" now))
    ; Part 3 (Ago 1) (Had (Bar "h_d" now) (Var "z_d" now))
    ; Part 3 (Ago 1) (Mul (Transpose (Var "W_hn_d" always)) (Bar "u_n_d" now))
    ; Part 3 (Ago 1) (Mul (Transpose (Var "W_hz_d" always)) (Bar "z_z_d" now))
    ; Part 3 (Ago 1) (Mul (Transpose (Var "W_hr_d" always)) (Bar "z_r_d" now)) ])
  ; ("n_d",
    [ Part 3 now (Had (Bar "h_d" now) (Add (Number 1 n_H_e 1) (Scale (-1) (Var "z_d" now)))) ])
  ; ("z_n_d",
    [ Part 3 now (Had (Bar "n_d" now) (Add (Number 1 n_H_e 1) (Scale (-1) (Power (Var "n_d" now) 2)))) ])
  ; ("u_n_d",
    [ Part 3 now (Had (Bar "z_n_d" now) (Var "r_d" now)) ])
  ; ("z_d",
    [ Part 3 now (Add (Scale (-1) (Had (Bar "h_d" now) (Var "n_d" now))) (Had (Bar "h_d" now) (Var "h_d" (Ago 1)))) ])
  ; ("z_z_d",
    [ Part 3 now (Had (Had (Bar "z_d" now) (Var "z_d" now)) (Add (Number 1 n_H_e 1) (Scale (-1) (Var "z_d" now)))) ])
  ; ("r_d",
    [ Part 3 now (Had (Bar "z_n_d" now) (Var "u_n_d" now)) ])
  ; ("z_r_d",
    [ Part 3 now (Had (Had (Bar "r_d" now) (Var "r_d" now)) (Add (Number 1 n_H_e 1) (Scale (-1) (Var "r_d" now)))) ])
  ; ("u_d",
    [ Part 3 now (Mul (Transpose (Var "W_in_d" always)) (Bar "z_n_d" now))
    ; Part 3 now (Mul (Transpose (Var "W_iz_d" always)) (Bar "z_z_d" now))
    ; Part 3 now (Mul (Transpose (Var "W_ir_d" always)) (Bar "z_r_d" now)) ])
  ; ("c_e",
    [ Part 3 (At (Length 0 0)) (Slice (Bar "u_d" now) n_I_d n_H_e) ])
  ; ("h_e",
    [ Part 0 (Ago 1) (Had (Bar "h_e" now) (Var "z_e" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hn_e" always)) (Bar "u_n_e" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hz_e" always)) (Bar "z_z_e" now))
    ; Part 0 (Ago 1) (Mul (Transpose (Var "W_hr_e" always)) (Bar "z_r_e" now))
    ; Part 2 (At (Length 0 0)) (Bar "h_d" now)
    ; Part 1 now (Bar "c_e" now) ])
  ; ("n_e",
    [ Part 0 now (Had (Bar "h_e" now) (Add (Number 1 n_H_e 1) (Scale (-1) (Var "z_e" now)))) ])
  ; ("z_n_e",
    [ Part 0 now (Had (Bar "n_e" now) (Add (Number 1 n_H_e 1) (Scale (-1) (Power (Var "n_e" now) 2)))) ])
  ; ("u_n_e",
    [ Part 0 now (Had (Bar "z_n_e" now) (Var "r_e" now)) ])
  ; ("z_e",
    [ Part 0 now (Add (Scale (-1) (Had (Bar "h_e" now) (Var "n_e" now))) (Had (Bar "h_e" now) (Var "h_e" (Ago 1)))) ])
  ; ("z_z_e",
    [ Part 0 now (Had (Had (Bar "z_e" now) (Var "z_e" now)) (Add (Number 1 n_H_e 1) (Scale (-1) (Var "z_e" now)))) ])
  ; ("r_e",
    [ Part 0 now (Had (Bar "z_n_e" now) (Var "u_n_e" now)) ])
  ; ("z_r_e",
    [ Part 0 now (Had (Had (Bar "r_e" now) (Var "r_e" now)) (Add (Number 1 n_H_e 1) (Scale (-1) (Var "r_e" now)))) ])
  ; ("W_ir_e",
    [ Part 0 always (Mul (Bar "z_r_e" now) (Transpose (Var "x" now))) ])
  ; ("b_ir_e",
    [ Part 0 always (Bar "z_r_e" now) ])
  ; ("W_hr_e",
    [ Part 0 always (Mul (Bar "z_r_e" now) (Transpose (Var "h_e" (Ago 1)))) ])
  ; ("b_hr_e",
    [ Part 0 always (Bar "z_r_e" now) ])
  ; ("W_iz_e",
    [ Part 0 always (Mul (Bar "z_z_e" now) (Transpose (Var "x" now))) ])
  ; ("b_iz_e",
    [ Part 0 always (Bar "z_z_e" now) ])
  ; ("W_hz_e",
    [ Part 0 always (Mul (Bar "z_z_e" now) (Transpose (Var "h_e" (Ago 1)))) ])
  ; ("b_hz_e",
    [ Part 0 always (Bar "z_z_e" now) ])
  ; ("W_in_e",
    [ Part 0 always (Mul (Bar "z_n_e" now) (Transpose (Var "x" now))) ])
  ; ("b_in_e",
    [ Part 0 always (Bar "z_n_e" now) ])
  ; ("W_hn_e",
    [ Part 0 always (Mul (Bar "u_n_e" now) (Transpose (Var "h_e" (Ago 1)))) ])
  ; ("b_hn_e",
    [ Part 0 always (Bar "u_n_e" now) ])
  ; ("W_ir_d",
    [ Part 3 always (Mul (Bar "z_r_d" now) (Transpose (Var "u_d" now))) ])
  ; ("b_ir_d",
    [ Part 3 always (Bar "z_r_d" now) ])
  ; ("W_hr_d",
    [ Part 3 always (Mul (Bar "z_r_d" now) (Transpose (Var "h_d" (Ago 1)))) ])
  ; ("b_hr_d",
    [ Part 3 always (Bar "z_r_d" now) ])
  ; ("W_iz_d",
    [ Part 3 always (Mul (Bar "z_z_d" now) (Transpose (Var "u_d" now))) ])
  ; ("b_iz_d",
    [ Part 3 always (Bar "z_z_d" now) ])
  ; ("W_hz_d",
    [ Part 3 always (Mul (Bar "z_z_d" now) (Transpose (Var "h_d" (Ago 1)))) ])
  ; ("b_hz_d",
    [ Part 3 always (Bar "z_z_d" now) ])
  ; ("W_in_d",
    [ Part 3 always (Mul (Bar "z_n_d" now) (Transpose (Var "u_d" now))) ])
  ; ("b_in_d",
    [ Part 3 always (Bar "z_n_d" now) ])
  ; ("W_hn_d",
    [ Part 3 always (Mul (Bar "u_n_d" now) (Transpose (Var "h_d" (Ago 1)))) ])
  ; ("b_hn_d",
    [ Part 3 always (Bar "u_n_d" now) ])
  ; ("W_hy",
    [ Part 3 always (Mul (Bar "z_y" now) (Transpose (Var "h_d" now))) ])
  ; ("b_y",
    [ Part 3 always (Bar "z_y" now) ])
  ; ("x",
    [ Part 0 now (Mul (Transpose (Var "W_in_e" always)) (Bar "z_n_e" now))
    ; Part 0 now (Mul (Transpose (Var "W_iz_e" always)) (Bar "z_z_e" now))
    ; Part 0 now (Mul (Transpose (Var "W_ir_e" always)) (Bar "z_r_e" now)) ])
  ; ("x_d",
    [ Part 3 now (Slice (Bar "u_d" now) 0 n_I_d) ])
  ].

Definition conditions (n_I n_I_d n_H_e n_O : nat) : list condition :=
  [].

Definition loss : objective := Total "J".

Theorem gradient (n_I n_I_d n_H_e n_O : nat) :
  certified (net n_I n_I_d n_H_e n_O) (adj n_I n_I_d n_H_e n_O) loss (regular_at (net n_I n_I_d n_H_e n_O)).
Proof. check. Qed.

Theorem regular (n_I n_I_d n_H_e n_O : nat) : suffices (net n_I n_I_d n_H_e n_O) (under (net n_I n_I_d n_H_e n_O) (conditions n_I n_I_d n_H_e n_O)).
Proof. settle. Qed.

Theorem solved (n_I n_I_d n_H_e n_O : nat) : solvable (net n_I n_I_d n_H_e n_O) (adj n_I n_I_d n_H_e n_O).
Proof. order. Qed.

Theorem exact (n_I n_I_d n_H_e n_O : nat) :
  certified (net n_I n_I_d n_H_e n_O) (adj n_I n_I_d n_H_e n_O) loss (under (net n_I n_I_d n_H_e n_O) (conditions n_I n_I_d n_H_e n_O)).
Proof. exact (certified_under _ _ _ _ (gradient n_I n_I_d n_H_e n_O) (regular n_I n_I_d n_H_e n_O)). Qed.
