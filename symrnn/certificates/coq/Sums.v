(* Finite sums of real numbers, and the inner product of matrices.

   Here: sums over 0 .. n-1, over the integers lo .. hi (steps of time) and over lists, and the identities that adjoints need.
   A matrix is a function of two natural numbers; its size stands where it is used, and entries outside of it mean nothing.
   Not here: derivatives (Calculus), expressions (Expressions). *)

From Coq Require Import Reals Lra Lia List ZArith Bool.
Open Scope R_scope.

Definition matrix := nat -> nat -> R.

(* -- sums over 0 .. n-1 -------------------------------------------------------------------------------------------------- *)

Fixpoint fsum (n : nat) (f : nat -> R) : R :=
  match n with
  | O => 0
  | S k => fsum k f + f k
  end.

Lemma fsum_ext n f g : (forall k, (k < n)%nat -> f k = g k) -> fsum n f = fsum n g.
Proof.
  induction n as [|n IH]; intros H; simpl; [reflexivity|].
  rewrite IH by (intros; apply H; lia). rewrite H by lia. reflexivity.
Qed.

Lemma fsum_plus n f g : fsum n (fun k => f k + g k) = fsum n f + fsum n g.
Proof. induction n as [|n IH]; simpl; [lra|rewrite IH; lra]. Qed.

Lemma fsum_scal_l n c f : fsum n (fun k => c * f k) = c * fsum n f.
Proof. induction n as [|n IH]; simpl; [lra|rewrite IH; lra]. Qed.

Lemma fsum_scal_r n c f : fsum n (fun k => f k * c) = fsum n f * c.
Proof. induction n as [|n IH]; simpl; [lra|rewrite IH; lra]. Qed.

Lemma fsum_opp n f : fsum n (fun k => - f k) = - fsum n f.
Proof. induction n as [|n IH]; simpl; [lra|rewrite IH; lra]. Qed.

Lemma fsum_zero n : fsum n (fun _ => 0) = 0.
Proof. induction n as [|n IH]; simpl; [lra|rewrite IH; lra]. Qed.

Lemma fsum_one f : fsum 1 f = f 0%nat.
Proof. simpl. lra. Qed.

Lemma fsum_swap n m f : fsum n (fun i => fsum m (fun j => f i j)) = fsum m (fun j => fsum n (fun i => f i j)).
Proof.
  induction n as [|n IH]; simpl; [symmetry; apply fsum_zero|].
  rewrite IH, <- fsum_plus. reflexivity.
Qed.

Lemma fsum_delta n k f : fsum n (fun i => if Nat.eqb i k then f i else 0) = if Nat.ltb k n then f k else 0.
Proof.
  induction n as [|n IH]; simpl; [reflexivity|]. rewrite IH.
  destruct (Nat.eqb_spec n k), (Nat.ltb_spec k n), (Nat.ltb_spec k (S n)); try lia; subst; lra.
Qed.

Lemma fsum_split n m f : fsum (n + m) f = fsum n f + fsum m (fun k => f (n + k)%nat).
Proof.
  induction m as [|m IH]; [rewrite Nat.add_0_r; simpl; lra|].
  rewrite Nat.add_succ_r. simpl. rewrite IH. lra.
Qed.

(* The part of a sum that lies in first .. first+count-1. *)
Lemma fsum_part n first count f :
  (first + count <= n)%nat ->
  fsum n (fun i => if (Nat.leb first i && Nat.ltb i (first + count))%bool then f (i - first)%nat else 0) = fsum count f.
Proof.
  intros H. replace n with (first + (count + (n - first - count)))%nat by lia. rewrite !fsum_split.
  rewrite (fsum_ext first _ (fun _ => 0)), fsum_zero.
  2: { intros k Hk. destruct (Nat.leb_spec first k); [lia|reflexivity]. }
  rewrite (fsum_ext count _ f).
  2: { intros k Hk. destruct (Nat.leb_spec first (first + k)), (Nat.ltb_spec (first + k) (first + count)); try lia.
       simpl. f_equal. lia. }
  rewrite (fsum_ext (n - first - count) _ (fun _ => 0)), fsum_zero; [lra|].
  intros k Hk. destruct (Nat.ltb_spec (first + (count + k)) (first + count)); [lia|].
  rewrite andb_false_r. reflexivity.
Qed.

Lemma fsum_nonneg n f : (forall k, (k < n)%nat -> 0 <= f k) -> 0 <= fsum n f.
Proof.
  induction n as [|n IH]; intros H; simpl; [lra|].
  specialize (IH (fun k Hk => H k (Nat.lt_lt_succ_r _ _ Hk))). specialize (H n (Nat.lt_succ_diag_r n)). lra.
Qed.

Lemma fsum_pos n f : (0 < n)%nat -> (forall k, (k < n)%nat -> 0 < f k) -> 0 < fsum n f.
Proof.
  destruct n as [|n]; intros Hn H; [lia|]. simpl.
  assert (0 <= fsum n f) by (apply fsum_nonneg; intros; left; apply H; lia).
  specialize (H n (Nat.lt_succ_diag_r n)). lra.
Qed.

(* -- sums over the integers lo .. hi ------------------------------------------------------------------------------------- *)

Definition zsum (lo hi : Z) (f : Z -> R) : R := fsum (Z.to_nat (hi - lo + 1)) (fun k => f (lo + Z.of_nat k)%Z).

Definition within (lo hi t : Z) : bool := (Z.leb lo t && Z.leb t hi)%bool.

Lemma within_true lo hi t : within lo hi t = true <-> (lo <= t <= hi)%Z.
Proof. unfold within. rewrite andb_true_iff, !Z.leb_le. reflexivity. Qed.

Lemma zsum_ext lo hi f g : (forall t, (lo <= t <= hi)%Z -> f t = g t) -> zsum lo hi f = zsum lo hi g.
Proof. intros H. apply fsum_ext. intros k Hk. apply H. lia. Qed.

Lemma zsum_plus lo hi f g : zsum lo hi (fun t => f t + g t) = zsum lo hi f + zsum lo hi g.
Proof. apply fsum_plus. Qed.

Lemma zsum_scal_l lo hi c f : zsum lo hi (fun t => c * f t) = c * zsum lo hi f.
Proof. apply fsum_scal_l. Qed.

Lemma zsum_zero lo hi : zsum lo hi (fun _ => 0) = 0.
Proof. apply fsum_zero. Qed.

Lemma zsum_swap lo hi lo' hi' f :
  zsum lo hi (fun s => zsum lo' hi' (fun t => f s t)) = zsum lo' hi' (fun t => zsum lo hi (fun s => f s t)).
Proof. unfold zsum. apply fsum_swap. Qed.

Lemma zsum_fsum lo hi n f : zsum lo hi (fun t => fsum n (fun k => f t k)) = fsum n (fun k => zsum lo hi (fun t => f t k)).
Proof. unfold zsum. apply fsum_swap. Qed.

Lemma zsum_delta lo hi s f : zsum lo hi (fun t => if Z.eqb t s then f t else 0) = if within lo hi s then f s else 0.
Proof.
  unfold zsum. destruct (within lo hi s) eqn:W.
  - apply within_true in W.
    rewrite (fsum_ext _ _ (fun k => if Nat.eqb k (Z.to_nat (s - lo)) then f (lo + Z.of_nat k)%Z else 0)).
    + rewrite fsum_delta. destruct (Nat.ltb_spec (Z.to_nat (s - lo)) (Z.to_nat (hi - lo + 1))); [|lia].
      f_equal. lia.
    + intros k Hk. destruct (Z.eqb_spec (lo + Z.of_nat k) s), (Nat.eqb_spec k (Z.to_nat (s - lo))); try lia; reflexivity.
  - rewrite (fsum_ext _ _ (fun _ => 0)); [apply fsum_zero|]. intros k Hk.
    destruct (Z.eqb_spec (lo + Z.of_nat k) s) as [e|]; [|reflexivity].
    assert (within lo hi s = true) by (apply within_true; lia). congruence.
Qed.

(* A sum over the steps that lie in a smaller span. *)
Lemma zsum_within lo hi a b f :
  (a <= b -> lo <= a /\ b <= hi)%Z ->
  zsum lo hi (fun t => if within a b t then f t else 0) = zsum a b f.
Proof.
  intros H.
  rewrite (zsum_ext lo hi _ (fun t => zsum a b (fun s => if Z.eqb s t then f s else 0)))
    by (intros; symmetry; apply zsum_delta).
  rewrite zsum_swap. apply zsum_ext. intros s Hs.
  rewrite (zsum_ext _ _ _ (fun t => if Z.eqb t s then f s else 0)).
  - rewrite (zsum_delta lo hi s (fun _ => f s)). destruct (within lo hi s) eqn:W; [reflexivity|].
    assert (within lo hi s = true) by (apply within_true; lia). congruence.
  - intros t _. destruct (Z.eqb_spec s t), (Z.eqb_spec t s); try lia; reflexivity.
Qed.

(* -- sums over lists ----------------------------------------------------------------------------------------------------- *)

Fixpoint lsum {A : Type} (l : list A) (f : A -> R) : R :=
  match l with
  | nil => 0
  | cons a rest => f a + lsum rest f
  end.

Lemma lsum_ext {A} (l : list A) f g : (forall a, In a l -> f a = g a) -> lsum l f = lsum l g.
Proof.
  induction l as [|a l IH]; intros H; simpl; [reflexivity|].
  rewrite IH by (intros; apply H; right; assumption). rewrite H by (left; reflexivity). reflexivity.
Qed.

Lemma lsum_app {A} (l m : list A) f : lsum (l ++ m) f = lsum l f + lsum m f.
Proof. induction l as [|a l IH]; simpl; [lra|rewrite IH; lra]. Qed.

Lemma lsum_plus {A} (l : list A) f g : lsum l (fun a => f a + g a) = lsum l f + lsum l g.
Proof. induction l as [|a l IH]; simpl; [lra|rewrite IH; lra]. Qed.

Lemma lsum_scal_l {A} (l : list A) c f : lsum l (fun a => c * f a) = c * lsum l f.
Proof. induction l as [|a l IH]; simpl; [lra|rewrite IH; lra]. Qed.

Lemma lsum_zero {A} (l : list A) : lsum l (fun _ => 0) = 0.
Proof. induction l as [|a l IH]; simpl; [lra|rewrite IH; lra]. Qed.

Lemma lsum_swap {A B} (l : list A) (m : list B) f :
  lsum l (fun a => lsum m (fun b => f a b)) = lsum m (fun b => lsum l (fun a => f a b)).
Proof. induction l as [|a l IH]; simpl; [symmetry; apply lsum_zero|]. rewrite IH, <- lsum_plus. reflexivity. Qed.

Lemma lsum_zsum {A} (l : list A) lo hi f : lsum l (fun a => zsum lo hi (f a)) = zsum lo hi (fun t => lsum l (fun a => f a t)).
Proof. induction l as [|a l IH]; simpl; [symmetry; apply zsum_zero|]. rewrite IH, <- zsum_plus. reflexivity. Qed.

Lemma lsum_fsum {A} (l : list A) n f : lsum l (fun a => fsum n (f a)) = fsum n (fun k => lsum l (fun a => f a k)).
Proof. induction l as [|a l IH]; simpl; [symmetry; apply fsum_zero|]. rewrite IH, <- fsum_plus. reflexivity. Qed.

Lemma lsum_filter {A} (p : A -> bool) (l : list A) f : lsum (filter p l) f = lsum l (fun a => if p a then f a else 0).
Proof. induction l as [|a l IH]; simpl; [reflexivity|]. destruct (p a); simpl; rewrite IH; lra. Qed.

Lemma lsum_flat_map {A B} (l : list A) (h : A -> list B) f : lsum (flat_map h l) f = lsum l (fun a => lsum (h a) f).
Proof. induction l as [|a l IH]; simpl; [reflexivity|]. rewrite lsum_app, IH. reflexivity. Qed.

Lemma lsum_map {A B} (l : list A) (h : A -> B) f : lsum (map h l) f = lsum l (fun a => f (h a)).
Proof. induction l as [|a l IH]; simpl; [reflexivity|]. rewrite IH. reflexivity. Qed.

(* Of a list without repetitions, the one element that is meant. *)
Lemma lsum_delta {A} (same : A -> A -> bool) (l : list A) a f :
  (forall x y, same x y = true <-> x = y) -> NoDup l -> In a l -> lsum l (fun x => if same x a then f x else 0) = f a.
Proof.
  intros E. induction l as [|x l IH]; intros N I; simpl; [destruct I|].
  inversion N as [|x' l' Nx Nl]; subst. destruct I as [->|I].
  - replace (same a a) with true by (symmetry; apply E; reflexivity).
    rewrite (lsum_ext l _ (fun _ => 0)), lsum_zero; [lra|].
    intros y Hy. destruct (same y a) eqn:S; [|reflexivity]. apply E in S. subst. contradiction.
  - rewrite IH by assumption. destruct (same x a) eqn:S; [|lra]. apply E in S. subst. contradiction.
Qed.

Lemma lsum_absent {A} (p : A -> bool) (l : list A) f :
  (forall a, In a l -> p a = false) -> lsum l (fun a => if p a then f a else 0) = 0.
Proof. intros H. rewrite (lsum_ext l _ (fun _ => 0)); [apply lsum_zero|]. intros a I. rewrite (H a I). reflexivity. Qed.

(* -- the inner product of two matrices of n rows and m columns ----------------------------------------------------------- *)

Definition inner (n m : nat) (A B : matrix) : R := fsum n (fun i => fsum m (fun j => A i j * B i j)).

Lemma inner_ext n m A A' B B' :
  (forall i j, (i < n)%nat -> (j < m)%nat -> A i j = A' i j) ->
  (forall i j, (i < n)%nat -> (j < m)%nat -> B i j = B' i j) -> inner n m A B = inner n m A' B'.
Proof. intros HA HB. apply fsum_ext. intros. apply fsum_ext. intros. rewrite HA, HB by assumption. reflexivity. Qed.

Lemma inner_plus_l n m A A' B : inner n m (fun i j => A i j + A' i j) B = inner n m A B + inner n m A' B.
Proof.
  unfold inner. rewrite <- fsum_plus. apply fsum_ext. intros. rewrite <- fsum_plus. apply fsum_ext. intros. ring.
Qed.

Lemma inner_plus_r n m A B B' : inner n m A (fun i j => B i j + B' i j) = inner n m A B + inner n m A B'.
Proof.
  unfold inner. rewrite <- fsum_plus. apply fsum_ext. intros. rewrite <- fsum_plus. apply fsum_ext. intros. ring.
Qed.

Lemma inner_scal_l n m c A B : inner n m (fun i j => c * A i j) B = c * inner n m A B.
Proof.
  unfold inner. rewrite <- fsum_scal_l. apply fsum_ext. intros. rewrite <- fsum_scal_l. apply fsum_ext. intros. ring.
Qed.

Lemma inner_zero_l n m B : inner n m (fun _ _ => 0) B = 0.
Proof.
  unfold inner. rewrite (fsum_ext n _ (fun _ => 0)); [apply fsum_zero|]. intros.
  rewrite (fsum_ext m _ (fun _ => 0)); [apply fsum_zero|]. intros. ring.
Qed.

Lemma inner_zero_r n m A : inner n m A (fun _ _ => 0) = 0.
Proof.
  unfold inner. rewrite (fsum_ext n _ (fun _ => 0)); [apply fsum_zero|]. intros.
  rewrite (fsum_ext m _ (fun _ => 0)); [apply fsum_zero|]. intros. ring.
Qed.

Lemma inner_lsum_l {A} n m (l : list A) (f : A -> matrix) B :
  inner n m (fun i j => lsum l (fun a => f a i j)) B = lsum l (fun a => inner n m (f a) B).
Proof.
  induction l as [|a l IH]; simpl; [apply inner_zero_l|]. rewrite <- IH. apply (inner_plus_l n m (f a)).
Qed.

Lemma inner_zsum_l n m lo hi (f : Z -> matrix) B :
  inner n m (fun i j => zsum lo hi (fun t => f t i j)) B = zsum lo hi (fun t => inner n m (f t) B).
Proof.
  unfold inner. rewrite zsum_fsum. apply fsum_ext. intros i _. rewrite zsum_fsum. apply fsum_ext. intros j _.
  rewrite Rmult_comm, <- zsum_scal_l. apply zsum_ext. intros. ring.
Qed.

Lemma inner_transpose n m A B : inner n m A (fun i j => B j i) = inner m n (fun i j => A j i) B.
Proof. unfold inner. apply fsum_swap. Qed.

(* <G, dA B> = <G B', dA>, and <G, A dB> = <A' G, dB>: the two adjoints of a product. *)
Lemma inner_product_left n p m G dA B :
  inner n m G (fun i j => fsum p (fun k => dA i k * B k j)) = inner n p (fun i k => fsum m (fun j => G i j * B k j)) dA.
Proof.
  unfold inner. apply fsum_ext. intros i _.
  rewrite (fsum_ext m _ (fun j => fsum p (fun k => G i j * B k j * dA i k))).
  2: { intros j _. rewrite <- fsum_scal_l. apply fsum_ext. intros. ring. }
  rewrite fsum_swap. apply fsum_ext. intros k _. rewrite <- fsum_scal_r. reflexivity.
Qed.

Lemma inner_product_right n p m G A dB :
  inner n m G (fun i j => fsum p (fun k => A i k * dB k j)) = inner p m (fun k j => fsum n (fun i => A i k * G i j)) dB.
Proof.
  unfold inner.
  rewrite (fsum_ext n _ (fun i => fsum p (fun k => fsum m (fun j => A i k * G i j * dB k j)))).
  2: { intros i _. rewrite fsum_swap. apply fsum_ext. intros j _. rewrite <- fsum_scal_l. apply fsum_ext. intros. ring. }
  rewrite fsum_swap. apply fsum_ext. intros k _. rewrite fsum_swap. apply fsum_ext. intros j _.
  rewrite <- fsum_scal_r. reflexivity.
Qed.
