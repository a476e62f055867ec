(* What a certificate imports, and how one is written.

   A certificate is data and four short statements about it; what they mean is said in Networks and nowhere else.

     From Coq Require Import Reals List ZArith String.
     From Symrnn Require Import Certificates.
     Import ListNotations.
     Open Scope string_scope.

     Definition net (n_I n_H : nat) : network := Network [...] [...] [...] [...].      the equations; n_I n_H are the sizes
     Definition adj (n_I n_H : nat) : adjoints := [...].                               the adjoint equations
     Definition conditions (n_I n_H : nat) : list condition := [...].                  where it is differentiable, [] everywhere
     Definition loss : objective := Functional.                                        or Total "J"

     Theorem gradient (n_I n_H : nat) : certified (net n_I n_H) (adj n_I n_H) loss (regular_at (net n_I n_H)).
     Proof. check. Qed.

     Theorem regular (n_I n_H : nat) : suffices (net n_I n_H) (under (net n_I n_H) (conditions n_I n_H)).
     Proof. settle. Qed.

     Theorem solved (n_I n_H : nat) : solvable (net n_I n_H) (adj n_I n_H).
     Proof. order. Qed.

     Theorem exact (n_I n_H : nat) :
       certified (net n_I n_H) (adj n_I n_H) loss (under (net n_I n_H) (conditions n_I n_H)).
     Proof. exact (certified_under _ _ _ _ (gradient n_I n_H) (regular n_I n_H)). Qed.

   Whoever checks a certificate appends

     Definition verdict : forall n_I n_H : nat, Symrnn.Networks.certified (net n_I n_H) (adj n_I n_H) loss
       (Symrnn.Networks.under (net n_I n_H) (conditions n_I n_H)) := exact.
     Definition about_something : forall n_I n_H : nat, Symrnn.Existence.solvable (net n_I n_H) (adj n_I n_H) := solved.
     Print Assumptions verdict.
     Print Assumptions about_something.

   so that a file cannot state less than it says, and refuses one with words that admit something. *)

From Symrnn Require Export Sums Calculus Expressions Networks Backpropagation Existence Unrolling Losses Checking.
