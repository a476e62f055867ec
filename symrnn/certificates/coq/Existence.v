(* A certificate speaks of something: values that satisfy the equations exist, and adjoints that satisfy the adjoint equations.

   Here: `trajectory_exists`, by repeating all equations until they settle; `adjoints_exist`, by recursion in the reverse order
   of evaluation, for adjoint equations that read the adjoints of later quantities only, `adjoints_ordered`;
   `solvable` says both of a certificate.
   Not here: what such values and adjoints satisfy (Networks, Backpropagation). *)

From Coq Require Import Reals Lra Lia List ZArith Bool String Arith FunctionalExtensionality Wellfounded.
From Coquelicot Require Import Coquelicot.
From Symrnn Require Import Sums Calculus Expressions Networks Backpropagation.
Import ListNotations.
Open Scope R_scope.

(* -- trajectories exist -------------------------------------------------------------------------------------------------- *)

Section Existence.
Variables (net : network) (len : nat -> Z).
Hypothesis formed : well_formed net len.
Variable given : values.  (* constants, parameters, inputs, initial states *)

Definition computing (u : string) (t : Z) (n : stage * (string * expr)) : bool :=
  (String.eqb (fst (snd n)) u && in_stage len (fst n) t)%bool.

Lemma apart_find l n u t : apart len l -> In n l -> computing u t n = true -> find (computing u t) l = Some n.
Proof.
  induction l as [|a l IH]; simpl; intros A I C; [destruct I|]. destruct A as [Aa Al].
  destruct (computing u t a) eqn:X.
  - destruct I as [->|I]; [reflexivity|]. exfalso. rewrite all_in in Aa. specialize (Aa n I).
    unfold computing in X, C. apply andb_true_iff in X, C. destruct X as [Xn Xt], C as [Cn Ct].
    apply String.eqb_eq in Xn, Cn. rewrite Xn, Cn, String.eqb_refl in Aa.
    apply (Aa t); apply in_stage_holds; assumption.
  - destruct I as [->|I]; [congruence|]. apply IH; assumption.
Qed.

(* All equations once, from the values before. *)
Definition improved (E : values) : values := fun u t =>
  match find (computing u t) (nodes net) with
  | Some n => eval (size net) len E no_adjoints t (snd (snd n))
  | None => given u t
  end.

Fixpoint iterate (k : nat) : values :=
  match k with
  | O => given
  | S k => improved (iterate k)
  end.

Definition same (E E' : values) (u : string) (t : Z) : Prop :=
  forall i j, (i < fst (size net u))%nat -> (j < snd (size net u))%nat -> E u t i j = E' u t i j.

Definition settles (u : string) (t : Z) : Prop := exists k, forall m, (k <= m)%nat -> same (iterate m) (iterate k) u t.

Lemma all_settle (l : list (string * when)) t :
  (forall u w, In (u, w) l -> settles u (step_of len t w)) ->
  exists k, forall m, (k <= m)%nat -> forall u w, In (u, w) l -> same (iterate m) (iterate k) u (step_of len t w).
Proof.
  induction l as [|[u w] l IH]; intros H; [exists 0%nat; intros m _ u w []|].
  destruct IH as (k & Hk); [intros; apply H; right; assumption|].
  destruct (H u w (or_introl eq_refl)) as (k' & Hk'). exists (Nat.max k k'). intros m Hm u' w' [X|I] i j Hi Hj.
  - inversion X; subst. rewrite (Hk' m), (Hk' (Nat.max k k')); auto; lia.
  - rewrite (Hk m), (Hk (Nat.max k k')); auto; lia.
Qed.

Lemma equation_settles st v e t k :
  In (st, (v, e)) (nodes net) -> in_stage len st t = true ->
  (forall m, (k <= m)%nat -> forall u w, In (u, w) (reads e) -> same (iterate m) (iterate k) u (step_of len t w)) ->
  forall m, (k <= m)%nat -> same (iterate (S m)) (fun u t => eval (size net) len (iterate k) no_adjoints t e) v t.
Proof.
  intros I H K m Hm i j Hi Hj. destruct (node_sized net len formed _ _ _ I) as (F & Er & Ec & _).
  simpl. unfold improved. rewrite (apart_find (nodes net) (st, (v, e)) v t); [|apply formed|exact I|].
  - simpl. apply eval_reads; [exact F| |lia|lia]. intros u w J a b Ha Hb. apply (K m Hm u w J a b Ha Hb).
  - unfold computing. simpl. rewrite String.eqb_refl. exact H.
Qed.

Lemma fixed_by_iteration m u t : find (computing u t) (nodes net) = None -> iterate m u t = given u t.
Proof. intros H. destruct m; simpl; [reflexivity|]. unfold improved. rewrite H. reflexivity. Qed.

Lemma not_computed u t : computed net len u t = false -> find (computing u t) (nodes net) = None.
Proof.
  intros H. destruct (find _ _) as [n|] eqn:X; [|reflexivity]. apply find_some in X. destruct X as [I X].
  assert (computed net len u t = true); [|congruence]. apply existsb_exists. exists n. auto.
Qed.

Lemma unknown_not_computed u t : known net u = false -> computed net len u t = false.
Proof.
  intros K. destruct (computed net len u t) eqn:X; [|reflexivity]. apply existsb_exists in X.
  destruct X as ([st [v e]] & I & X). apply andb_true_iff in X. destruct X as [X _].
  apply String.eqb_eq in X. simpl in X. subst v.
  destruct (node_sized net len formed _ _ _ I) as (_ & _ & _ & q & Iq & Eq & _).
  assert (known net u = true); [|congruence]. apply existsb_exists. exists q. split; [exact Iq|]. apply String.eqb_eq, Eq.
Qed.

Lemma settles_free u t : computed net len u t = false -> settles u t.
Proof. intros C. exists 0%nat. intros m _ i j _ _. rewrite !fixed_by_iteration by (apply not_computed, C). reflexivity. Qed.

Lemma everything_settles q t : In q (quantities net) -> lasts len q t = true -> settles (name q) t.
Proof.
  apply (evaluation_induction net len formed settles).
  - intros u s K. apply settles_free, unknown_not_computed, K.
  - intros r s _ _ C. apply settles_free, C.
  - intros st v e s I H R. destruct (all_settle (reads e) s R) as (k & K). exists (S k). intros m Hm i j Hi Hj.
    destruct m as [|m]; [lia|].
    rewrite (equation_settles st v e s k I H K m), (equation_settles st v e s k I H K k); auto; lia.
Qed.

(* What the iteration settles at. *)
Definition settled_values : values := fun u t i j => real (Lim_seq (fun m => iterate m u t i j)).

Lemma settled_value u t k : (forall m, (k <= m)%nat -> same (iterate m) (iterate k) u t) -> same settled_values (iterate k) u t.
Proof.
  intros H i j Hi Hj. unfold settled_values.
  rewrite (Lim_seq_ext_loc _ (fun _ => iterate k u t i j)); [rewrite Lim_seq_const; reflexivity|].
  exists k. intros m Hm. apply H; assumption.
Qed.

Theorem settled_values_solve :
  trajectory net len settled_values
  /\ (forall u, known net u = false -> forall t i j, settled_values u t i j = given u t i j)
  /\ (forall q t, In q (quantities net) -> computed net len (name q) t = false ->
        forall i j, settled_values (name q) t i j = given (name q) t i j).
Proof.
  assert (Free : forall u t, computed net len u t = false -> forall i j, settled_values u t i j = given u t i j).
  { intros u t C i j. unfold settled_values.
    rewrite (Lim_seq_ext _ (fun _ => given u t i j)); [rewrite Lim_seq_const; reflexivity|].
    intros m. rewrite fixed_by_iteration by (apply not_computed, C). reflexivity. }
  split; [|split].
  - intros st v e t I H i j Hi Hj. destruct (node_sized net len formed _ _ _ I) as (F & Er & Ec & _).
    assert (R : forall u w, In (u, w) (reads e) -> settles u (step_of len t w)).
    { intros u w J. destruct (node_read net len formed _ _ _ u w I J) as [K|(q & Iq & <- & Lq)].
      - apply settles_free, unknown_not_computed, K.
      - apply everything_settles; [exact Iq|]. apply Lq, H. }
    destruct (all_settle (reads e) t R) as (k & K).
    rewrite (settled_value v t (S k)); [|intros [|m] Hm a b Ha Hb; [lia|]|exact Hi|exact Hj].
    + rewrite (equation_settles st v e t k I H K k); auto. apply eval_reads; [exact F| |lia|lia].
      intros u w J a b Ha Hb. symmetry. apply settled_value; [|exact Ha|exact Hb]. intros m Hm. apply K; assumption.
    + rewrite (equation_settles st v e t k I H K m), (equation_settles st v e t k I H K k); auto; lia.
  - intros u K t i j. apply Free, unknown_not_computed, K.
  - intros q t _ C i j. apply Free, C.
Qed.

End Existence.

(* There are values that satisfy all equations, as a function of parameters, inputs and initial states. *)
Theorem trajectory_exists net len :
  well_formed net len ->
  exists F : values -> values, forall given,
    trajectory net len (F given)
    /\ (forall u, known net u = false -> forall t i j, F given u t i j = given u t i j)
    /\ (forall q t, In q (quantities net) -> computed net len (name q) t = false ->
          forall i j, F given (name q) t i j = given (name q) t i j).
Proof. intros H. exists (settled_values net len). intros given. apply settled_values_solve, H. Qed.

(* -- adjoints exist ------------------------------------------------------------------------------------------------------ *)

(* The adjoints that an expression reads. *)
Fixpoint bars (e : expr) : list (string * when) :=
  match e with
  | Bar u w => (u, w) :: nil
  | Var _ _ | Number _ _ _ | Eye _ => nil
  | Add a b | Multiple a b | Mul a b | Had a b | Quot a b | Concat a b => bars a ++ bars b
  | Scale _ a | Transpose a | Diag a | Power a _ | Apply _ a | Softmax a | LogSoftmax a | Slice a _ _ | Trace a => bars a
  end.

Lemma eval_bars size len E B B' t e :
  (forall v w, In (v, w) (bars e) -> B v (step_of len t w) = B' v (step_of len t w)) ->
  eval size len E B t e = eval size len E B' t e.
Proof.
  induction e; simpl; intros H;
    try rewrite IHe by auto; try (rewrite IHe1, IHe2 by (intros; apply H; apply in_or_app; auto)); auto.
  rewrite !look_eq. apply H. left. reflexivity.
Qed.

Fixpoint names_before (v : string) (l : list (string * expr)) : list string :=
  match l with
  | nil => nil
  | (u, _) :: rest => if String.eqb u v then nil else u :: names_before v rest
  end.

Lemma names_before_in u v l :
  In u (names_before v l) -> exists k e, (k < List.length (names_before v l))%nat /\ nth_error l k = Some (u, e).
Proof.
  induction l as [|[a e] l IH]; simpl; [intros []|]. destruct (String.eqb a v); [intros []|]. intros [<-|I].
  - exists 0%nat, e. simpl. split; [lia|reflexivity].
  - destruct (IH I) as (k & f & L & N). exists (S k), f. simpl. split; [lia|exact N].
Qed.

Lemma names_before_at v l :
  existsb (fun p => String.eqb (fst p) v) l = true -> exists e, nth_error l (List.length (names_before v l)) = Some (v, e).
Proof.
  induction l as [|[a e] l IH]; simpl; [discriminate|]. destruct (String.eqb_spec a v) as [->|]; simpl; [|exact IH].
  intros _. exists e. reflexivity.
Qed.

(* Every adjoint that a part reads belongs to this step of its stage, and is that of a quantity computed after the one that
   the part is given to. *)
Definition adjoints_ordered (net : network) (adj : adjoints) (len : nat -> Z) : Prop :=
  all adj (fun a => all (snd a) (fun p =>
    let st := nth (of_stage p) (stages net) nowhere in
    all (bars (term p)) (fun r =>
      (forall t, holds_in len st t -> step_of len t (snd r) = t) /\ defines st (fst r) = true
      /\ earlier len st (names_before (fst r) (equations st)) (fst a) (reading p)
      /\ not_later len st (skipn (S (of_stage p)) (stages net)) (fst a) (reading p)))).

Lemma numbered_in {A} (l : list A) n x : In (n, x) (combine (seq 0 (List.length l)) l) <-> nth_error l n = Some x.
Proof.
  assert (G : forall k, In (n, x) (combine (seq k (List.length l)) l) <-> (k <= n)%nat /\ nth_error l (n - k) = Some x).
  { induction l as [|a l IH]; intros k; simpl.
    - split; [intros []|]. intros [_ H]. destruct (n - k)%nat; discriminate.
    - rewrite IH. split.
      + intros [e|[L N]]; [inversion e; subst; rewrite Nat.sub_diag; auto|].
        split; [lia|]. replace (n - k)%nat with (S (n - S k)) by lia. exact N.
      + intros [L N]. destruct (Nat.eq_dec n k) as [->|Ne].
        * rewrite Nat.sub_diag in N. simpl in N. left. congruence.
        * right. split; [lia|]. replace (n - k)%nat with (S (n - S k)) in N by lia. exact N. }
  rewrite G, Nat.sub_0_r. split; [tauto|]. intros. split; [lia|assumption].
Qed.

Lemma in_skipn {A} (l : list A) n m x : (n < m)%nat -> nth_error l m = Some x -> In x (skipn (S n) l).
Proof.
  revert n m. induction l as [|a l IH]; intros n m L N; [destruct m; discriminate|].
  destruct m as [|m]; [lia|]. destruct n as [|n]; simpl; [apply (nth_error_In l m), N|].
  apply (IH n m); [lia|exact N].
Qed.

(* Triples of numbers, in the order of a dictionary. *)
Definition below (x y : nat * nat * nat) : bool :=
  let '(a, b, c) := x in let '(a', b', c') := y in
  (Nat.ltb a a' || (Nat.eqb a a' && (Nat.ltb b b' || (Nat.eqb b b' && Nat.ltb c c'))))%bool.

Lemma below_spec a b c a' b' c' :
  below (a, b, c) (a', b', c') = true <-> (a < a' \/ (a = a' /\ (b < b' \/ (b = b' /\ c < c'))))%nat.
Proof. simpl. rewrite !orb_true_iff, !andb_true_iff, !orb_true_iff, !andb_true_iff, !Nat.ltb_lt, !Nat.eqb_eq. reflexivity. Qed.

Lemma below_wf : well_founded (fun x y => below x y = true).
Proof.
  intros [[a b] c]. revert b c. induction a as [a IHa] using lt_wf_ind. intros b.
  induction b as [b IHb] using lt_wf_ind. intros c. induction c as [c IHc] using lt_wf_ind.
  constructor. intros [[a' b'] c'] H. apply below_spec in H. destruct H as [H|(-> & [H|(-> & H)])]; auto.
Qed.

Section Adjoints.
Variables (net : network) (adj : adjoints) (len : nat -> Z).
Hypothesis formed : well_formed net len.
Hypothesis ordered_adjoints : adjoints_ordered net adj len.
Variables (E seed : values).

(* Every equation with the numbers of its stage and of its place in it. *)
Definition place := ((nat * stage) * (nat * (string * expr)))%type.

Definition places : list place :=
  flat_map (fun ns => map (fun kp => (ns, kp)) (combine (seq 0 (List.length (equations (snd ns)))) (equations (snd ns))))
    (combine (seq 0 (List.length (stages net))) (stages net)).

Definition node_at (p : place) : stage * (string * expr) := (snd (fst p), snd (snd p)).

Lemma places_in n st k p :
  In ((n, st), (k, p)) places <-> nth_error (stages net) n = Some st /\ nth_error (equations st) k = Some p.
Proof.
  unfold places. rewrite in_flat_map. split.
  - intros (ns & I & J). apply in_map_iff in J. destruct J as (kp & e & J). inversion e; subst. simpl in J.
    apply numbered_in in I. apply numbered_in in J. auto.
  - intros (I & J). exists (n, st). split; [apply numbered_in, I|]. apply in_map_iff. exists (k, p).
    split; [reflexivity|]. apply numbered_in, J.
Qed.

Lemma map_places : map node_at places = nodes net.
Proof.
  assert (C : forall A (l : list A) k, map snd (combine (seq k (List.length l)) l) = l).
  { intros A l. induction l as [|a l IH]; intros k; simpl; [reflexivity|]. rewrite IH. reflexivity. }
  assert (G : forall l : list (nat * stage),
    map node_at (flat_map (fun ns =>
      map (fun kp => (ns, kp)) (combine (seq 0 (List.length (equations (snd ns)))) (equations (snd ns)))) l)
    = flat_map (fun st => map (fun p => (st, p)) (equations st)) (map snd l)).
  { induction l as [|[n st] l IH]; simpl; [reflexivity|]. rewrite map_app. f_equal; [|exact IH]. rewrite map_map.
    transitivity (map (fun p => (st, p)) (map snd (combine (seq 0 (List.length (equations st))) (equations st)))).
    - rewrite map_map. reflexivity.
    - rewrite C. reflexivity. }
  unfold places, nodes. rewrite G, C. reflexivity.
Qed.

Lemma apart_find_place (l : list place) p u t :
  apart len (map node_at l) -> In p l -> computing len u t (node_at p) = true ->
  find (fun p => computing len u t (node_at p)) l = Some p.
Proof.
  induction l as [|a l IH]; simpl; intros A I C; [destruct I|]. destruct A as [Aa Al].
  destruct (computing len u t (node_at a)) eqn:X.
  - destruct I as [->|I]; [reflexivity|]. exfalso. rewrite all_in in Aa. specialize (Aa (node_at p) (in_map _ _ _ I)).
    unfold computing, node_at in X, C. unfold node_at in Aa. simpl in X, C, Aa.
    apply andb_true_iff in X, C. destruct X as [Xn Xt], C as [Cn Ct].
    apply String.eqb_eq in Xn, Cn. rewrite Xn, Cn, String.eqb_refl in Aa.
    apply (Aa t); apply in_stage_holds; assumption.
  - destruct I as [->|I]; [congruence|]. apply IH; assumption.
Qed.

Definition locate (u : string) (s : Z) : option place := find (fun p => computing len u s (node_at p)) places.

Lemma locate_place n st k u e s :
  nth_error (stages net) n = Some st -> nth_error (equations st) k = Some (u, e) -> in_stage len st s = true ->
  locate u s = Some ((n, st), (k, (u, e))).
Proof.
  intros I J H. apply apart_find_place; [rewrite map_places; apply formed|apply places_in; auto|].
  unfold computing. simpl. rewrite String.eqb_refl. exact H.
Qed.

(* The order of the backward pass: what is computed last comes first, and what no equation computes comes last. *)
Definition rank (u : string) (s : Z) : nat * nat * nat :=
  match locate u s with
  | Some ((n, st), (k, _)) =>
      ((List.length (stages net) - n)%nat,
       Z.to_nat (if upwards st then moment len (upto st) - s else s - moment len (from st)),
       (List.length (equations st) - k)%nat)
  | None => (S (List.length (stages net)), 0%nat, 0%nat)
  end.

Lemma parts_in p u : In p (parts adj u) -> exists a, In a adj /\ fst a = u /\ In p (snd a).
Proof.
  intros I. apply in_flat_map in I. destruct I as (a & I & J). destruct (String.eqb_spec (fst a) u); [|destruct J].
  exists a. auto.
Qed.

Lemma rank_decreases p u t v w :
  In p (parts adj u) -> in_stage len (nth (of_stage p) (stages net) nowhere) t = true -> In (v, w) (bars (term p)) ->
  below (rank v (step_of len t w)) (rank u (step_of len t (reading p))) = true.
Proof.
  intros I H J. destruct (parts_in p u I) as (a & Ia & <- & Ip).
  assert (O := ordered_adjoints). unfold adjoints_ordered in O. rewrite all_in in O. specialize (O a Ia).
  rewrite all_in in O. specialize (O p Ip). simpl in O. rewrite all_in in O. specialize (O (v, w) J). simpl in O.
  set (n := of_stage p) in *. set (s := step_of len t (reading p)) in *.
  destruct (nth_error (stages net) n) as [st|] eqn:N.
  2: { rewrite (nth_overflow (stages net) nowhere) in H by (apply nth_error_None, N).
       apply in_stage_holds in H. unfold holds_in in H. simpl in H. lia. }
  rewrite (nth_error_nth (stages net) n nowhere N) in O, H. destruct O as (Now & Def & Early & Late).
  rewrite (Now t (proj1 (in_stage_holds len st t) H)).
  assert (Ln : (n < List.length (stages net))%nat) by (apply nth_error_Some; congruence).
  destruct (names_before_at v (equations st) Def) as (e & K).
  assert (Lk : (List.length (names_before v (equations st)) < List.length (equations st))%nat)
    by (apply nth_error_Some; congruence).
  unfold rank at 1. rewrite (locate_place n st _ v e t N K H).
  unfold rank. destruct (locate (fst a) s) as [[[n' st'] [k' [u' e']]]|] eqn:X; [|apply below_spec; left; lia].
  assert (X' := X). apply find_some in X'. destruct X' as [In' C]. apply places_in in In'. destruct In' as [N' K'].
  unfold computing in C. simpl in C. apply andb_true_iff in C. destruct C as [C Hs]. apply String.eqb_eq in C. subst u'.
  assert (D' : defines st' (fst a) = true).
  { apply existsb_exists. exists (fst a, e'). split; [apply (nth_error_In _ _ K')|apply String.eqb_refl]. }
  assert (Ln' : (n' < List.length (stages net))%nat) by (apply nth_error_Some; congruence).
  assert (Lk' : (k' < List.length (equations st'))%nat) by (apply nth_error_Some; congruence).
  destruct (lt_eq_lt_dec n' n) as [[Lt|Eq]|Gt].
  - apply below_spec. left. lia.
  - subst n'. assert (st' = st) by congruence. subst st'. unfold earlier in Early. rewrite D' in Early.
    assert (Ht := proj1 (in_stage_holds len st t) H). assert (Hs' := proj1 (in_stage_holds len st s) Hs).
    specialize (Early t Ht Hs'). fold s in Early. unfold holds_in in Ht, Hs'.
    apply below_spec. right. split; [reflexivity|].
    destruct (Z.eq_dec s t) as [e0|Ne].
    + right. split; [rewrite e0; reflexivity|].
      destruct (existsb (String.eqb (fst a)) (names_before v (equations st))) eqn:Y; [|destruct (upwards st); lia].
      apply existsb_exists in Y. destruct Y as (u0 & I0 & Y). apply String.eqb_eq in Y. subst u0.
      destruct (names_before_in _ _ _ I0) as (k & f & Lk0 & K0).
      rewrite (locate_place n st k (fst a) f s N K0 Hs) in X. injection X. intros. lia.
    + left. destruct (existsb _ _), (upwards st); lia.
  - exfalso. unfold not_later in Late. rewrite all_in in Late.
    specialize (Late st' (in_skipn (stages net) n n' st' Gt N')). rewrite D' in Late.
    apply (Late t); apply in_stage_holds; assumption.
Qed.

Definition address := (string * Z)%type.

Definition after (b a : address) : Prop := below (rank (fst b) (snd b)) (rank (fst a) (snd a)) = true.

Lemma after_wf : well_founded after.
Proof. exact (wf_inverse_image address _ _ (fun a => rank (fst a) (snd a)) below_wf). Qed.

(* One adjoint equation, in which adjoints that are not after it count as zero. *)
Definition equation (a : address) (known_after : forall b, after b a -> matrix) : matrix := fun i j =>
  seed (fst a) (snd a) i j
  + lsum (parts adj (fst a)) (fun p =>
      handed len (nth (of_stage p) (stages net) nowhere) (reading p) (fun t =>
        eval (size net) len E (fun v r =>
          match bool_dec (below (rank v r) (rank (fst a) (snd a))) true with
          | left H => known_after (v, r) H
          | right _ => fun _ _ => 0
          end) t (term p) i j) (snd a)).

Definition solution : values := fun u s => Fix after_wf (fun _ => matrix) equation (u, s).

(* There are adjoints that satisfy the adjoint equations, for any values and any seeds. *)
Theorem adjoints_exist : exists B, solves net len adj E seed B.
Proof.
  exists solution. intros q Iq s Ls i j Hi Hj. unfold solution at 1. rewrite Fix_eq.
  2: { intros a f g H. assert (f = g) as ->; [|reflexivity].
       apply functional_extensionality_dep. intros b. apply functional_extensionality_dep. intros H'. apply H. }
  unfold equation at 1. simpl. f_equal. apply lsum_ext. intros p Ip. rewrite !handed_sum. apply zsum_ext. intros t Ht.
  destruct (Z.eqb_spec (step_of len t (reading p)) s) as [e|]; [|reflexivity].
  apply (f_equal (fun M : matrix => M i j)). apply eval_bars. intros v w J.
  assert (Hs : in_stage len (nth (of_stage p) (stages net) nowhere) t = true) by (apply in_stage_holds; exact Ht).
  assert (R := rank_decreases p (name q) t v w Ip Hs J). rewrite e in R.
  destruct (bool_dec _ true) as [_|N]; [reflexivity|contradiction].
Qed.

End Adjoints.

(* There are values that satisfy the equations, as a function of parameters, inputs and initial states, and for all values and
   seeds adjoints that satisfy the adjoint equations: what `certified` says is about something. *)
Definition solvable (net : network) (adj : adjoints) : Prop :=
  forall len, (forall n, (0 <= len n)%Z) ->
  (exists F : values -> values, forall given,
     trajectory net len (F given)
     /\ (forall u, known net u = false -> forall t i j, F given u t i j = given u t i j)
     /\ (forall q t, In q (quantities net) -> computed net len (name q) t = false ->
           forall i j, F given (name q) t i j = given (name q) t i j))
  /\ (forall E seed, exists B, solves net len adj E seed B).

Theorem ordered_solvable net adj :
  (forall len, (forall n, (0 <= len n)%Z) -> well_formed net len /\ adjoints_ordered net adj len) -> solvable net adj.
Proof.
  intros H len Len. destruct (H len Len) as (Formed & Ordered). split.
  - apply trajectory_exists, Formed.
  - intros E seed. apply adjoints_exist; assumption.
Qed.
