(* Losses in the forms in which they are evaluated: equal to those of the equations, for any shift.

   Here: the logarithm of a softmax is z - log sum exp z; softmax and log-sum-exp do not change under a shift M (so that the
   greatest entry may be subtracted, and needs no derivative); softplus without overflow; log sigmoid and the two forms of the
   cross-entropy of independent labels; the gradients of the three losses, entry by entry, as textbooks state them.
   Not here: gradients through a network (a certificate holds them). *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Symrnn Require Import Sums Calculus Expressions.
Open Scope R_scope.

Section Columns.
Variables (n : nat) (z : matrix) (j : nat).
Hypothesis entries : (0 < n)%nat.

Lemma sum_pos : 0 < fsum n (fun k => exp (z k j)).
Proof. apply (exp_sum_pos n z 0 j entries). Qed.

(* log softmax z = z - log sum exp z. *)
Theorem log_of_softmax i : ln (softmax n z i j) = z i j - ln (fsum n (fun k => exp (z k j))).
Proof.
  unfold softmax. generalize sum_pos. intros P. rewrite ln_div; [|apply exp_pos|exact P]. rewrite ln_exp. reflexivity.
Qed.

Lemma exp_sum_shift (M : R) : fsum n (fun k => exp (z k j)) = exp M * fsum n (fun k => exp (z k j - M)).
Proof. rewrite <- fsum_scal_l. apply fsum_ext. intros k _. rewrite <- exp_plus. f_equal. ring. Qed.

Theorem softmax_shift (M : R) i : softmax n z i j = softmax n (fun k l => z k l - M) i j.
Proof.
  unfold softmax. generalize sum_pos. rewrite (exp_sum_shift M). intros P.
  replace (exp (z i j)) with (exp M * exp (z i j - M)) by (rewrite <- exp_plus; f_equal; ring).
  assert (E : 0 < exp M) by apply exp_pos. field. split; [|lra]. intros Z. rewrite Z in P. lra.
Qed.

Theorem log_sum_exp_shift (M : R) :
  ln (fsum n (fun k => exp (z k j))) = M + ln (fsum n (fun k => exp (z k j - M))).
Proof.
  generalize sum_pos. rewrite (exp_sum_shift M). intros P. assert (E : 0 < exp M) by apply exp_pos.
  rewrite ln_mult; [rewrite ln_exp; reflexivity|exact E|].
  apply (Rmult_lt_reg_l (exp M)); [exact E|]. rewrite Rmult_0_r. exact P.
Qed.

Theorem softmax_sums_to_one : fsum n (fun i => softmax n z i j) = 1.
Proof. unfold softmax, Rdiv. rewrite fsum_scal_r. generalize sum_pos. intros. field. lra. Qed.

End Columns.

(* log (1 + exp x) = max(x, 0) + log (1 + exp (-|x|)): no exponential exceeds one. *)
Theorem softplus_stable x : softplus x = relu x + ln (1 + exp (- Rabs x)).
Proof.
  unfold softplus, relu, Rmax. destruct (Rle_dec x 0) as [N|P].
  - rewrite Rabs_left1 by exact N. rewrite Ropp_involutive. ring.
  - rewrite Rabs_right by lra. replace (1 + exp x) with (exp x * (1 + exp (- x))).
    + rewrite ln_mult; [rewrite ln_exp; reflexivity|apply exp_pos|apply exp_plus_one_pos].
    + rewrite Rmult_plus_distr_l, <- exp_plus. replace (x + - x) with 0 by ring. rewrite exp_0. ring.
Qed.

Theorem log_of_sigmoid x : ln (sigmoid x) = - softplus (- x).
Proof. unfold sigmoid, softplus. apply ln_Rinv, exp_plus_one_pos. Qed.

Lemma sigmoid_opposite x : 1 - sigmoid x = sigmoid (- x).
Proof.
  unfold sigmoid. rewrite Ropp_involutive. generalize (exp_pos x), (exp_pos (- x)). rewrite exp_Ropp. intros. field. lra.
Qed.

(* - (y log p + (1 - y) log (1 - p)) = softplus z - y z, with p = sigmoid z. *)
Theorem sigmoid_cross_entropy y z :
  - (y * ln (sigmoid z) + (1 - y) * ln (1 - sigmoid z)) = softplus z - y * z.
Proof.
  rewrite sigmoid_opposite, !log_of_sigmoid, Ropp_involutive.
  assert (H : softplus z = z + softplus (- z)).
  { unfold softplus. replace (1 + exp z) with (exp z * (1 + exp (- z))).
    - rewrite ln_mult; [rewrite ln_exp; reflexivity|apply exp_pos|apply exp_plus_one_pos].
    - rewrite Rmult_plus_distr_l, <- exp_plus. replace (z + - z) with 0 by ring. rewrite exp_0. ring. }
  rewrite H. ring.
Qed.

(* -- the gradients, for any differentiable column z ------------------------------------------------------------------------ *)

Section Gradients.
Context {U : NormedModule R_AbsRing}.
Variables (n : nat) (z dz : U -> matrix) (y : matrix) (s : U) (j : nat).
Hypothesis differentiable : forall k, (k < n)%nat -> D (fun x => z x k j) s (fun v => dz v k j).

(* softmax and cross-entropy: (sum y) softmax z - y, for any targets; for targets that sum to one, softmax z - y. *)
Theorem softmax_cross_entropy_gradient :
  D (fun x => - fsum n (fun k => y k j * ln (softmax n (z x) k j))) s
    (fun v => fsum n (fun k => (fsum n (fun l => y l j) * softmax n (z s) k j - y k j) * dz v k j)).
Proof.
  destruct (Nat.eq_dec n 0) as [Z|N].
  - rewrite Z. simpl. apply D_ext with (f := fun _ => - 0); [reflexivity|apply D_const].
  - assert (P : (0 < n)%nat) by lia.
    apply D_ext with (f := fun x => fsum n (fun k => - y k j * (z x k j - ln (fsum n (fun l => exp (z x l j)))))).
    + intros x. rewrite <- fsum_opp. apply fsum_ext. intros k _. rewrite (log_of_softmax n (z x) j P). ring.
    + eapply D_ext_lin.
      * apply D_fsum. intros k Hk. apply D_scal. apply (D_log_softmax n z dz s k j Hk differentiable).
      * intros v. simpl. set (c := fsum n (fun k => softmax n (z s) k j * dz v k j)).
        rewrite (fsum_ext n _ (fun k => - (y k j * dz v k j) + c * y k j)) by (intros; ring).
        rewrite fsum_plus, fsum_opp, fsum_scal_l.
        rewrite (fsum_ext n (fun k => (fsum n (fun l => y l j) * softmax n (z s) k j - y k j) * dz v k j)
                   (fun k => fsum n (fun l => y l j) * (softmax n (z s) k j * dz v k j) + - (y k j * dz v k j)))
          by (intros; ring).
        rewrite fsum_plus, fsum_scal_l, fsum_opp. unfold c. ring.
Qed.

Theorem squared_error_gradient :
  D (fun x => / 2 * fsum n (fun k => (z x k j - y k j) * (z x k j - y k j))) s
    (fun v => fsum n (fun k => (z s k j - y k j) * dz v k j)).
Proof.
  eapply D_ext_lin.
  - apply D_scal, D_fsum. intros k Hk.
    assert (H : D (fun x => z x k j - y k j) s (fun v => dz v k j)).
    { eapply D_ext_lin; [apply (D_plus (fun x => z x k j) (fun _ => - y k j)); [apply differentiable, Hk|apply D_const]|].
      intros v. simpl. ring. }
    apply (D_mult _ _ _ _ _ H H).
  - intros v. simpl. rewrite <- fsum_scal_l. apply fsum_ext. intros. field.
Qed.

Theorem sigmoid_cross_entropy_gradient :
  D (fun x => fsum n (fun k => softplus (z x k j) - y k j * z x k j)) s
    (fun v => fsum n (fun k => (sigmoid (z s k j) - y k j) * dz v k j)).
Proof.
  eapply D_ext_lin.
  - apply D_fsum. intros k Hk.
    apply (D_plus (fun x => softplus (z x k j)) (fun x => - (y k j * z x k j))).
    + apply (D_comp softplus); [apply is_derive_softplus|apply differentiable, Hk].
    + apply (D_comp (fun r => - (y k j * r))); [|apply differentiable, Hk]. auto_derive; [exact I|reflexivity].
  - intros v. simpl. apply fsum_ext. intros. ring.
Qed.

End Gradients.
