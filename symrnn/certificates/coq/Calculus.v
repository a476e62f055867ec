(* The Frechet derivative of one real entry, and the table of scalar functions.

   Here: D f s l, "f : U -> R has the Frechet derivative l at s", for any normed space U (Coquelicot's filterdiff), with its
   rules; it is unique; the functions that a cell may apply, each with its derivative and the arguments at which it has one.
   Not here: matrices (Expressions). *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Symrnn Require Import Sums.
Open Scope R_scope.

Definition D {U : NormedModule R_AbsRing} (f : U -> R) (s : U) (l : U -> R) : Prop :=
  filterdiff (V := R_NormedModule) f (locally s) l.

Section Rules.
Context {U : NormedModule R_AbsRing}.
Implicit Types (f g l m : U -> R) (s v : U).

Lemma D_ext f g s l : (forall w, f w = g w) -> D f s l -> D g s l.
Proof. intros H Df. exact (filterdiff_ext f g l H Df). Qed.

Lemma D_ext_lin f s l m : D f s l -> (forall v, l v = m v) -> D f s m.
Proof. intros Df H. exact (filterdiff_ext_lin f l m Df H). Qed.

Lemma D_const c s : D (fun _ => c) s (fun _ => 0).
Proof. exact (filterdiff_const (V := R_NormedModule) c). Qed.

Lemma D_plus f g s l m : D f s l -> D g s m -> D (fun w => f w + g w) s (fun v => l v + m v).
Proof. intros Df Dg. exact (filterdiff_plus_fct (V := R_NormedModule) f g l m Df Dg). Qed.

(* The chain rule with a function of one real variable outside. *)
Lemma D_comp (h : R -> R) f s l h' : is_derive h (f s) h' -> D f s l -> D (fun w => h (f w)) s (fun v => h' * l v).
Proof.
  intros Dh Df. unfold D.
  apply filterdiff_ext_lin with (l1 := fun v => scal (l v) h').
  - apply (filterdiff_comp' (V := R_NormedModule) (W := R_NormedModule) f h s l (fun y => scal y h') Df Dh).
  - intros v. apply Rmult_comm.
Qed.

Lemma D_mult f g s l m : D f s l -> D g s m -> D (fun w => f w * g w) s (fun v => l v * g s + f s * m v).
Proof.
  intros Df Dg. unfold D.
  apply filterdiff_ext_lin with (l1 := fun v => plus (scal (l v) (g s)) (scal (f s) (m v))).
  - exact (filterdiff_scal_fct s f g l m Rmult_comm Df Dg).
  - intros v. reflexivity.
Qed.

Lemma D_scal c f s l : D f s l -> D (fun w => c * f w) s (fun v => c * l v).
Proof.
  intros Df. apply D_ext_lin with (l := fun v => 0 * f s + c * l v); [|intros; ring].
  apply (D_mult (fun _ => c) f); [apply D_const|exact Df].
Qed.

Lemma D_fsum n (F : nat -> U -> R) (L : nat -> U -> R) s :
  (forall k, (k < n)%nat -> D (F k) s (L k)) -> D (fun w => fsum n (fun k => F k w)) s (fun v => fsum n (fun k => L k v)).
Proof.
  induction n as [|n IH]; intros H; simpl; [apply D_const|].
  apply D_plus; [apply IH; intros; apply H; lia|apply H; lia].
Qed.

Lemma D_zsum lo hi (F : Z -> U -> R) (L : Z -> U -> R) s :
  (forall t, (lo <= t <= hi)%Z -> D (F t) s (L t)) ->
  D (fun w => zsum lo hi (fun t => F t w)) s (fun v => zsum lo hi (fun t => L t v)).
Proof. intros H. apply D_fsum. intros k Hk. apply H. lia. Qed.

Lemma D_div f g s l m :
  g s <> 0 -> D f s l -> D g s m -> D (fun w => f w / g w) s (fun v => l v / g s - f s * m v / (g s * g s)).
Proof.
  intros N Df Dg.
  apply D_ext_lin with (l := fun v => l v * / g s + f s * (- 1 / (g s * g s) * m v)).
  - apply (D_mult f (fun w => / g w)); [exact Df|]. apply (D_comp Rinv g); [|exact Dg].
    evar_last; [apply (is_derive_inv (fun x => x) (g s) 1); [apply (is_derive_id (K := R_AbsRing))|exact N]|].
    field. exact N.
  - intros v. field. exact N.
Qed.

(* The derivative in one direction, by its definition: it picks out the derivative wherever there is one. *)
Definition directional f s v : R := Derive (fun x : R => f (plus s (scal x v))) 0.

Lemma D_directional f s l : D f s l -> forall v, l v = directional f s v.
Proof.
  intros Df v. symmetry. apply is_derive_unique.
  assert (L : filterdiff (V := U) (fun x : R => plus s (scal x v)) (locally 0) (fun x => scal x v)).
  { apply filterdiff_ext_lin with (l1 := fun x => plus zero (scal x v)); [|intros; apply plus_zero_l].
    apply (filterdiff_plus_fct (fun _ : R => s) (fun x => scal x v) (fun _ => zero) (fun x => scal x v)).
    - apply filterdiff_const.
    - apply filterdiff_linear. apply (is_linear_scal_l v). }
  assert (P : plus s (scal (0 : R) v) = s).
  { rewrite (scal_zero_l (V := U) v : scal (0 : R) v = zero). apply plus_zero_r. }
  unfold is_derive.
  apply filterdiff_ext_lin with (l1 := fun x : R => l (scal x v)).
  - apply (filterdiff_comp' (W := R_NormedModule) (fun x : R => plus s (scal x v)) f 0 (fun x => scal x v) l L).
    rewrite P. exact Df.
  - intros x. exact (linear_scal l (proj1 Df) x v).
Qed.

Lemma D_unique f s l m : D f s l -> D f s m -> forall v, l v = m v.
Proof. intros Dl Dm v. rewrite (D_directional f s l Dl), (D_directional f s m Dm). reflexivity. Qed.

End Rules.

(* -- the functions ------------------------------------------------------------------------------------------------------- *)

Inductive function :=
  | Identity | Tanh | Sigmoid | Relu | Step | Exp | Log | Softplus | Sqrt | Abs | Sign | Sin | Cos.

Definition sigmoid (x : R) : R := / (1 + exp (- x)).
Definition relu (x : R) : R := Rmax x 0.
Definition step (x : R) : R := if Rlt_dec 0 x then 1 else 0.
Definition softplus (x : R) : R := ln (1 + exp x).
Definition sgn (x : R) : R := if Rlt_dec 0 x then 1 else if Rlt_dec x 0 then - 1 else 0.

Definition value (f : function) : R -> R :=
  match f with
  | Identity => fun x => x
  | Tanh => tanh
  | Sigmoid => sigmoid
  | Relu => relu
  | Step => step
  | Exp => exp
  | Log => ln
  | Softplus => softplus
  | Sqrt => sqrt
  | Abs => Rabs
  | Sign => sgn
  | Sin => sin
  | Cos => cos
  end.

(* The derivative, where there is one. At a kink these are the subgradients that symrnn declares; nothing is claimed there. *)
Definition slope (f : function) : R -> R :=
  match f with
  | Identity => fun _ => 1
  | Tanh => fun x => 1 - tanh x * tanh x
  | Sigmoid => fun x => sigmoid x * (1 - sigmoid x)
  | Relu => step
  | Step => fun _ => 0
  | Exp => exp
  | Log => fun x => / x
  | Softplus => sigmoid
  | Sqrt => fun x => / (2 * sqrt x)
  | Abs => sgn
  | Sign => fun _ => 0
  | Sin => cos
  | Cos => fun x => - sin x
  end.

(* Where the function is differentiable: everywhere, off its kink, or for a positive argument. *)
Definition regular (f : function) (x : R) : Prop :=
  match f with
  | Relu | Step | Abs | Sign => x <> 0
  | Log | Sqrt => 0 < x
  | _ => True
  end.

Lemma exp_plus_one_pos x : 0 < 1 + exp x.
Proof. generalize (exp_pos x). lra. Qed.

Lemma cosh_pos x : 0 < cosh x.
Proof. unfold cosh. generalize (exp_pos x), (exp_pos (- x)). lra. Qed.

Lemma is_derive_tanh x : is_derive tanh x (1 - tanh x * tanh x).
Proof.
  unfold tanh, sinh, cosh. generalize (exp_pos x), (exp_pos (- x)). intros A B.
  auto_derive; [lra|]. field. lra.
Qed.

Lemma is_derive_sigmoid x : is_derive sigmoid x (sigmoid x * (1 - sigmoid x)).
Proof.
  unfold sigmoid. generalize (exp_pos (- x)). intros A.
  auto_derive; [lra|]. field. lra.
Qed.

Lemma is_derive_softplus x : is_derive softplus x (sigmoid x).
Proof.
  unfold softplus, sigmoid. generalize (exp_pos x), (exp_pos (- x)). intros A B.
  auto_derive; [lra|]. rewrite exp_Ropp in *. field. lra.
Qed.

(* Around a point other than zero, relu, step, abs and sign are linear or constant. *)
Lemma is_derive_right (f g : R -> R) (x l : R) : 0 < x -> (forall y, 0 < y -> g y = f y) -> is_derive g x l -> is_derive f x l.
Proof.
  intros P E. apply is_derive_ext_loc. exists (mkposreal x P). intros y By.
  apply E. unfold ball in By; simpl in By; unfold AbsRing_ball, abs, minus, plus, opp in By; simpl in By.
  apply Rabs_def2 in By. lra.
Qed.

Lemma is_derive_left (f g : R -> R) (x l : R) : x < 0 -> (forall y, y < 0 -> g y = f y) -> is_derive g x l -> is_derive f x l.
Proof.
  intros N E. apply is_derive_ext_loc. assert (P : 0 < - x) by lra. exists (mkposreal (- x) P). intros y By.
  apply E. unfold ball in By; simpl in By; unfold AbsRing_ball, abs, minus, plus, opp in By; simpl in By.
  apply Rabs_def2 in By. lra.
Qed.

Ltac signs := unfold relu, step, sgn, Rmax;
  repeat match goal with
    | |- context [Rlt_dec ?a ?b] => destruct (Rlt_dec a b); try lra
    | |- context [Rle_dec ?a ?b] => destruct (Rle_dec a b); try lra
    end.

Lemma slope_exact f x : regular f x -> is_derive (value f) x (slope f x).
Proof.
  destruct f; simpl; intros H.
  - apply (is_derive_id (K := R_AbsRing)).
  - apply is_derive_tanh.
  - apply is_derive_sigmoid.
  - destruct (Rdichotomy x 0 H) as [N|P].
    + apply (is_derive_left _ (fun _ => 0)); [exact N|intros; signs|].
      replace (step x) with 0 by signs. apply (is_derive_const (K := R_AbsRing) (V := R_NormedModule)).
    + apply (is_derive_right _ (fun y => y)); [exact P|intros; signs|].
      replace (step x) with 1 by signs. apply (is_derive_id (K := R_AbsRing)).
  - destruct (Rdichotomy x 0 H) as [N|P].
    + apply (is_derive_left _ (fun _ => 0)); [exact N|intros; signs|].
      apply (is_derive_const (K := R_AbsRing) (V := R_NormedModule)).
    + apply (is_derive_right _ (fun _ => 1)); [exact P|intros; signs|].
      apply (is_derive_const (K := R_AbsRing) (V := R_NormedModule)).
  - apply is_derive_Reals, derivable_pt_lim_exp.
  - apply is_derive_Reals, derivable_pt_lim_ln, H.
  - apply is_derive_softplus.
  - apply is_derive_Reals, derivable_pt_lim_sqrt, H.
  - destruct (Rdichotomy x 0 H) as [N|P].
    + apply (is_derive_left _ (fun y => - y)); [exact N|intros; rewrite Rabs_left; lra|].
      replace (sgn x) with (- 1) by signs. auto_derive; [exact I|ring].
    + apply (is_derive_right _ (fun y => y)); [exact P|intros; rewrite Rabs_right; lra|].
      replace (sgn x) with 1 by signs. apply (is_derive_id (K := R_AbsRing)).
  - destruct (Rdichotomy x 0 H) as [N|P].
    + apply (is_derive_left _ (fun _ => - 1)); [exact N|intros; signs|].
      apply (is_derive_const (K := R_AbsRing) (V := R_NormedModule)).
    + apply (is_derive_right _ (fun _ => 1)); [exact P|intros; signs|].
      apply (is_derive_const (K := R_AbsRing) (V := R_NormedModule)).
  - apply is_derive_Reals, derivable_pt_lim_sin.
  - apply is_derive_Reals, derivable_pt_lim_cos.
Qed.

Lemma is_derive_opp_id (x : R) : is_derive (fun y : R => - y) x (- 1).
Proof. auto_derive; [exact I|ring]. Qed.

Lemma is_derive_power n x : is_derive (fun y => y ^ n) x (INR n * x ^ pred n).
Proof. apply is_derive_Reals. apply derivable_pt_lim_pow. Qed.

(* -- derivatives written in the output ----------------------------------------------------------------------------------- *)

Lemma step_relu x : step (relu x) = step x.
Proof. unfold relu, Rmax. destruct (Rle_dec x 0); signs; reflexivity. Qed.

Lemma softplus_output x : / exp (softplus x) = 1 - sigmoid x.
Proof.
  unfold softplus, sigmoid. rewrite exp_ln by apply exp_plus_one_pos.
  generalize (exp_pos x), (exp_pos (- x)). rewrite exp_Ropp. intros. field. lra.
Qed.

Lemma sigmoid_pos x : 0 < sigmoid x.
Proof. unfold sigmoid. apply Rinv_0_lt_compat, exp_plus_one_pos. Qed.

Lemma softplus_pos x : 0 < softplus x.
Proof. unfold softplus. rewrite <- ln_1. apply ln_increasing; generalize (exp_pos x); lra. Qed.
