(* What a certificate imports. *)

From Symrnn Require Export Sums Calculus Expressions Networks Backpropagation Checking.
