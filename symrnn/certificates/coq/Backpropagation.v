(* Back-propagation through time is exact: the theorems about networks.

   Here: `trajectory_differentiable` (every quantity at every step has a Frechet derivative, by `evaluation_induction` over
   stages, steps and equations), `adjoint_identity` (the universal adjoint theorem: whatever satisfies the adjoint equations is
   the gradient, by counting every gift twice; no order of evaluation is used), and `derived_certified`: a network is certified
   when what its printed adjoint equations say at one step is what the reverse pass of Expressions gives there, `derived`.
   Not here: the statement itself (Networks), how `derived` is decided for one network (Checking). *)

From Coq Require Import Reals Lra Lia List ZArith Bool String Arith.
From Coquelicot Require Import Coquelicot.
From Symrnn Require Import Sums Calculus Expressions Networks.
Import ListNotations.
Open Scope R_scope.

(* -- names --------------------------------------------------------------------------------------------------------------- *)

Lemma distinct_absent a l : existsb (String.eqb a) l = false -> ~ In a l.
Proof.
  intros H I. assert (existsb (String.eqb a) l = true); [|congruence].
  apply existsb_exists. exists a. split; [exact I|apply String.eqb_refl].
Qed.

Lemma lsum_named (l : list quantity) q (f : quantity -> R) :
  distinct (map name l) = true -> In q l -> lsum l (fun r => if String.eqb (name q) (name r) then f r else 0) = f q.
Proof.
  induction l as [|a l IH]; simpl; intros N I; [destruct I|].
  apply andb_true_iff in N. destruct N as [Na Nl]. apply negb_true_iff, distinct_absent in Na.
  destruct I as [->|I].
  - rewrite String.eqb_refl, lsum_absent; [ring|]. intros r Ir. apply String.eqb_neq. intros e. apply Na. rewrite e.
    apply in_map, Ir.
  - rewrite IH by assumption. destruct (String.eqb_spec (name q) (name a)) as [e|]; [|ring].
    exfalso. apply Na. rewrite <- e. apply in_map, I.
Qed.

Lemma find_named (l : list quantity) q :
  distinct (map name l) = true -> In q l -> find (fun r => String.eqb (name r) (name q)) l = Some q.
Proof.
  induction l as [|a l IH]; simpl; intros N I; [destruct I|].
  apply andb_true_iff in N. destruct N as [Na Nl]. apply negb_true_iff, distinct_absent in Na.
  destruct I as [->|I]; [rewrite String.eqb_refl; reflexivity|].
  destruct (String.eqb_spec (name a) (name q)) as [e|]; [|auto].
  exfalso. apply Na. rewrite e. apply in_map, I.
Qed.

Lemma find_sound (l : list quantity) u q : find (fun r => String.eqb (name r) u) l = Some q -> In q l /\ name q = u.
Proof. intros H. apply find_some in H. destruct H as [I e]. apply String.eqb_eq in e. auto. Qed.

Section Theorems.
Variables (net : network) (len : nat -> Z).
Hypothesis formed : well_formed net len.

Notation "'szr' u" := (fst (size net u)) (at level 9).
Notation "'szc' u" := (snd (size net u)) (at level 9).

Lemma names_distinct : distinct (map name (quantities net)) = true.
Proof. apply formed. Qed.

Lemma size_of q : In q (quantities net) -> size net (name q) = (height q, width q).
Proof. intros I. unfold size. rewrite (find_named _ _ names_distinct I). reflexivity. Qed.

Lemma known_false u : find (fun q => String.eqb (name q) u) (quantities net) = None -> known net u = false.
Proof.
  intros H. unfold known. destruct (existsb _ _) eqn:X; [|reflexivity]. apply existsb_exists in X.
  destruct X as (q & I & e). rewrite (find_none _ _ H q I) in e. discriminate.
Qed.

Lemma in_stage_holds st t : in_stage len st t = true <-> holds_in len st t.
Proof. apply within_true. Qed.

Lemma node_sized st v e :
  In (st, (v, e)) (nodes net) ->
  fits (size net) e /\ rows (size net) e = szr v /\ cols (size net) e = szc v
  /\ exists q, In q (quantities net) /\ name q = v
     /\ forall t, in_stage len st t = true -> lasts len q t = true.
Proof.
  intros I. destruct formed as (_ & Z & _). unfold well_sized in Z. rewrite all_in in Z.
  specialize (Z _ I). simpl in Z. destruct Z as (F & Er & Ec & Q). repeat (split; [assumption|]).
  destruct (find _ _) as [q|] eqn:X; [|destruct Q]. apply find_sound in X. exists q. repeat (split; [apply X|]).
  intros t H. apply in_stage_holds in H. apply within_true, Q, H.
Qed.

Lemma node_read st v e u w :
  In (st, (v, e)) (nodes net) -> In (u, w) (reads e) ->
  known net u = false
  \/ exists q, In q (quantities net) /\ name q = u
     /\ forall t, in_stage len st t = true -> lasts len q (step_of len t w) = true.
Proof.
  intros I J. destruct formed as (_ & _ & W & _). unfold well_read in W. rewrite all_in in W.
  specialize (W _ I). simpl in W. rewrite all_in in W. specialize (W _ J). simpl in W.
  destruct (find _ _) as [q|] eqn:X; [right|left; apply known_false, X].
  apply find_sound in X. exists q. repeat (split; [apply X|]).
  intros t H. apply in_stage_holds in H. apply within_true, W, H.
Qed.

(* -- induction in the order of evaluation -------------------------------------------------------------------------------- *)

Lemma defines_node st u : In st (stages net) -> defines st u = true -> exists e, In (st, (u, e)) (nodes net).
Proof.
  intros I H. apply existsb_exists in H. destruct H as ([v e] & J & X). apply String.eqb_eq in X. simpl in X. subst v.
  exists e. apply in_flat_map. exists st. split; [exact I|]. apply in_map, J.
Qed.

Lemma node_stage st v e : In (st, (v, e)) (nodes net) <-> In st (stages net) /\ In (v, e) (equations st).
Proof.
  unfold nodes. rewrite in_flat_map. split.
  - intros (st' & I & J). apply in_map_iff in J. destruct J as (p & X & K). inversion X; subst. auto.
  - intros (I & J). exists st. split; [exact I|]. apply in_map, J.
Qed.

Section Induction.
Variable P : string -> Z -> Prop.

Hypothesis by_constant : forall u t, known net u = false -> P u t.
Hypothesis by_free : forall q t, In q (quantities net) -> lasts len q t = true -> computed net len (name q) t = false ->
  P (name q) t.
Hypothesis by_equation : forall st v e t, In (st, (v, e)) (nodes net) -> in_stage len st t = true ->
  (forall u w, In (u, w) (reads e) -> P u (step_of len t w)) -> P v t.

Definition settled (rest : list stage) : Prop :=
  forall q t, In q (quantities net) -> lasts len q t = true ->
  (forall st, In st rest -> defines st (name q) = true -> in_stage len st t = false) -> P (name q) t.

(* One step of a stage: P holds before it, and for what was computed earlier in the step. *)
Lemma holds_step st rest t :
  In st (stages net) -> in_stage len st t = true -> settled (st :: rest) ->
  (forall u t', defines st u = true -> in_stage len st t' = true ->
     (if upwards st then (t' < t)%Z else (t < t')%Z) -> P u t') ->
  forall before l, step_ordered len st rest before l ->
  (forall v e, In (v, e) l -> In (v, e) (equations st)) ->
  (forall u, In u before -> P u t) -> forall v e, In (v, e) l -> P v t.
Proof.
  intros Ist Ht known_before earlier_steps before l. revert before.
  induction l as [|[v e] l IH]; intros before O sub B v' e' I'; [destruct I'|].
  simpl in O. destruct O as [Oe Ol]. rewrite all_in in Oe.
  assert (N : In (st, (v, e)) (nodes net)) by (apply node_stage; split; [exact Ist|apply sub; left; reflexivity]).
  assert (Sv : P v t).
  { apply (by_equation st v e t N Ht). intros u w J.
    destruct (node_read st v e u w N J) as [K|(q & Iq & Eq & Lq)]; [apply by_constant, K|].
    specialize (Lq t Ht). specialize (Oe (u, w) J). simpl in Oe. destruct Oe as [Early Late].
    unfold not_later in Late. rewrite all_in in Late. unfold earlier in Early.
    destruct (in_stage len st (step_of len t w)) eqn:Hw.
    - destruct (defines st u) eqn:Du.
      + specialize (Early t (proj1 (in_stage_holds st t) Ht) (proj1 (in_stage_holds st _) Hw)).
        destruct (existsb (String.eqb u) before) eqn:Xb.
        * destruct (Z.eq_dec (step_of len t w) t) as [->|Other].
          -- apply existsb_exists in Xb. destruct Xb as (u' & Ib & X). apply String.eqb_eq in X. subst u'. apply B, Ib.
          -- apply earlier_steps; [exact Du|exact Hw|]. destruct (upwards st); lia.
        * apply earlier_steps; [exact Du|exact Hw|exact Early].
      + rewrite <- Eq. apply known_before; [exact Iq|exact Lq|]. rewrite Eq. intros st' [<-|I] Dst; [congruence|].
        specialize (Late st' I). rewrite Dst in Late. destruct (in_stage len st' (step_of len t w)) eqn:X; [|reflexivity].
        exfalso. apply (Late t); apply in_stage_holds; assumption.
    - rewrite <- Eq. apply known_before; [exact Iq|exact Lq|]. rewrite Eq. intros st' [<-|I] Dst; [exact Hw|].
      specialize (Late st' I). rewrite Dst in Late. destruct (in_stage len st' (step_of len t w)) eqn:X; [|reflexivity].
      exfalso. apply (Late t); apply in_stage_holds; assumption. }
  destruct I' as [X|I'].
  - inversion X; subst. exact Sv.
  - apply (IH (v :: before) Ol) with (e := e'); [intros; apply sub; right; assumption| |exact I'].
    intros u [<-|I]; [exact Sv|apply B, I].
Qed.

Lemma holds_stage st rest :
  In st (stages net) -> settled (st :: rest) -> step_ordered len st rest nil (equations st) ->
  forall u t, defines st u = true -> in_stage len st t = true -> P u t.
Proof.
  intros Ist K O.
  assert (step_done : forall t, in_stage len st t = true ->
    (forall u t', defines st u = true -> in_stage len st t' = true ->
       (if upwards st then (t' < t)%Z else (t < t')%Z) -> P u t') ->
    forall u, defines st u = true -> P u t).
  { intros t Ht before u Du. destruct (defines_node st u Ist Du) as (e & N). apply node_stage in N.
    apply (holds_step st rest t Ist Ht K before nil (equations st) O) with (e := e); [auto|intros ? []|apply N]. }
  destruct (upwards st) eqn:Up.
  - assert (G : forall n u t, (t < moment len (from st) + Z.of_nat n)%Z -> defines st u = true -> in_stage len st t = true ->
      P u t).
    { induction n as [|n IH]; intros u t Lt Du Ht.
      - exfalso. apply in_stage_holds in Ht. unfold holds_in in Ht. lia.
      - apply step_done; [exact Ht| |exact Du]. intros u' t' Du' Ht' X. apply IH; [lia|exact Du'|exact Ht']. }
    intros u t Du Ht. apply (G (Z.to_nat (t - moment len (from st) + 1))); [|exact Du|exact Ht].
    apply in_stage_holds in Ht. unfold holds_in in Ht. lia.
  - assert (G : forall n u t, (moment len (upto st) - Z.of_nat n < t)%Z -> defines st u = true -> in_stage len st t = true ->
      P u t).
    { induction n as [|n IH]; intros u t Lt Du Ht.
      - exfalso. apply in_stage_holds in Ht. unfold holds_in in Ht. lia.
      - apply step_done; [exact Ht| |exact Du]. intros u' t' Du' Ht' X. apply IH; [lia|exact Du'|exact Ht']. }
    intros u t Du Ht. apply (G (Z.to_nat (moment len (upto st) - t + 1))); [|exact Du|exact Ht].
    apply in_stage_holds in Ht. unfold holds_in in Ht. lia.
Qed.

Lemma settled_stages l :
  (forall st, In st l -> In st (stages net)) -> ordered len l -> settled l -> settled nil.
Proof.
  induction l as [|st l IH]; intros sub O K; [exact K|]. destruct O as [Ost Ol].
  apply IH; [intros; apply sub; right; assumption|exact Ol|].
  intros q t Iq Lq A. destruct (defines st (name q)) eqn:Dst.
  - destruct (in_stage len st t) eqn:Ht.
    + apply (holds_stage st l); auto. apply sub. left. reflexivity.
    + apply K; auto. intros st' [<-|I] Dst'; auto.
  - apply K; auto. intros st' [<-|I] Dst'; [congruence|auto].
Qed.

(* What holds for constants and for what is free, and passes from what an equation reads to what it computes, holds for every
   quantity at every step: by induction over stages, steps and equations. *)
Theorem evaluation_induction q t : In q (quantities net) -> lasts len q t = true -> P (name q) t.
Proof.
  intros Iq Lq. apply (settled_stages (stages net)); [auto|apply formed| |exact Iq|exact Lq|intros ? []].
  clear q t Iq Lq. intros q t Iq Lq A. apply by_free; [exact Iq|exact Lq|].
  unfold computed. destruct (existsb _ _) eqn:X; [|reflexivity]. apply existsb_exists in X.
  destruct X as ([st [v e]] & I & X). simpl in X. apply andb_true_iff in X. destruct X as [X Y].
  apply String.eqb_eq in X. subst v. apply node_stage in I. destruct I as [I J].
  rewrite <- Y. apply A; [exact I|]. apply existsb_exists. exists (name q, e).
  split; [exact J|]. apply String.eqb_refl.
Qed.

End Induction.

(* -- every quantity is differentiable ------------------------------------------------------------------------------------ *)

Section Differentiable.
Context {U : NormedModule R_AbsRing}.
Variables (E : U -> values) (s : U).

(* The differential of the trajectory in the direction v. *)
Definition differential (v : U) : values := fun u t i j => directional (fun x => E x u t i j) s v.

Definition smooth (u : string) (t : Z) : Prop :=
  forall i j, (i < szr u)%nat -> (j < szc u)%nat -> D (fun x => E x u t i j) s (fun v => differential v u t i j).

Hypothesis solved : forall x, trajectory net len (E x).
Hypothesis fixed : forall u, known net u = false -> forall x t i j, E x u t i j = E s u t i j.
Hypothesis free : forall q, In q (quantities net) -> forall t, lasts len q t = true -> computed net len (name q) t = false ->
  forall i j, (i < height q)%nat -> (j < width q)%nat -> exists l, D (fun x => E x (name q) t i j) s l.
Hypothesis regular : regular_at net len (E s).

Lemma smooth_of f l : D f s l -> D f s (fun v => directional f s v).
Proof. intros H. apply (D_ext_lin f s l); [exact H|]. apply D_directional, H. Qed.

Lemma smooth_fixed u t : known net u = false -> smooth u t.
Proof.
  intros K i j _ _. apply smooth_of with (l := fun _ => 0). apply D_ext with (f := fun _ => E s u t i j); [|apply D_const].
  intros x. symmetry. apply fixed, K.
Qed.

(* An equation at one step, all of whose readings are differentiable. *)
Lemma smooth_equation st v e t :
  In (st, (v, e)) (nodes net) -> in_stage len st t = true ->
  (forall u w, In (u, w) (reads e) -> smooth u (step_of len t w)) ->
  smooth v t
  /\ forall x i j, (i < szr v)%nat -> (j < szc v)%nat ->
     differential x v t i j = tangent (size net) len (E s) no_adjoints (differential x) t e i j.
Proof.
  intros I H R. destruct (node_sized _ _ _ I) as (F & Er & Ec & _).
  assert (T : forall i j, (i < szr v)%nat -> (j < szc v)%nat ->
    D (fun x => E x v t i j) s (fun x => tangent (size net) len (E s) no_adjoints (differential x) t e i j)).
  { intros i j Hi Hj. apply D_ext with (f := fun x => eval (size net) len (E x) no_adjoints t e i j).
    - intros x. symmetry. apply (solved x st); assumption.
    - apply tangent_exact; [exact F|apply (regular st v); assumption| |lia|lia].
      intros u w J a b Ha Hb. apply (R u w J a b Ha Hb). }
  split.
  - intros i j Hi Hj. apply (smooth_of _ _ (T i j Hi Hj)).
  - intros x i j Hi Hj. symmetry. apply (D_directional _ _ _ (T i j Hi Hj)).
Qed.

(* Every quantity of a network is differentiable at every step at which it is anything. *)
Theorem trajectory_differentiable q t : In q (quantities net) -> lasts len q t = true -> smooth (name q) t.
Proof.
  apply (evaluation_induction smooth).
  - exact smooth_fixed.
  - clear q t. intros q t Iq Lq C i j Hi Hj. rewrite (size_of q Iq) in Hi, Hj.
    destruct (free q Iq t Lq C i j Hi Hj) as (l & Dl). apply (smooth_of _ _ Dl).
  - intros st v e u I H R. apply (smooth_equation st v e u I H R).
Qed.

(* The tangent equations: the differentials satisfy the differential of every equation. *)
Theorem tangent_equations st v e t x :
  In (st, (v, e)) (nodes net) -> in_stage len st t = true ->
  forall i j, (i < szr v)%nat -> (j < szc v)%nat ->
  differential x v t i j = tangent (size net) len (E s) no_adjoints (differential x) t e i j.
Proof.
  intros I H. apply (smooth_equation st v e t I H). intros u w J.
  destruct (node_read st v e u w I J) as [K|(q & Iq & Eq & Lq)]; [apply smooth_fixed, K|].
  rewrite <- Eq. apply trajectory_differentiable; [exact Iq|]. apply Lq, H.
Qed.

Lemma differential_fixed x u t i j : known net u = false -> differential x u t i j = 0.
Proof.
  intros K. symmetry. apply (D_directional (fun y => E y u t i j) s (fun _ => 0)).
  apply D_ext with (f := fun _ => E s u t i j); [|apply D_const]. intros y. symmetry. apply fixed, K.
Qed.

End Differentiable.

(* -- the universal adjoint theorem --------------------------------------------------------------------------------------- *)

(* The adjoint equations as the reverse pass gives them: the seed, and every gift to this quantity at this step, from every
   equation at every step. *)
Definition balances (E seed B : values) : Prop :=
  forall q, In q (quantities net) -> forall s, lasts len q s = true ->
  forall i j, (i < height q)%nat -> (j < width q)%nat ->
  B (name q) s i j =
    seed (name q) s i j
    + lsum (nodes net) (fun n => over len (fst n) (fun t =>
        lsum (given (size net) len E no_adjoints t (snd (snd n)) (B (fst (snd n)) t)) (fun x =>
          let '(u, w, G) := x in if (String.eqb u (name q) && Z.eqb (step_of len t w) s)%bool then G i j else 0))).

Lemma apart_once l u t :
  apart len l ->
  (if existsb (fun n => (String.eqb (fst (snd n)) u && in_stage len (fst n) t)%bool) l then 1 else 0)
  = lsum l (fun n => if (String.eqb (fst (snd n)) u && in_stage len (fst n) t)%bool then 1 else 0).
Proof.
  induction l as [|a l IH]; simpl; [reflexivity|]. intros (A & P).
  destruct (String.eqb (fst (snd a)) u && in_stage len (fst a) t)%bool eqn:X; simpl; [|rewrite <- IH by exact P; ring].
  rewrite lsum_absent; [ring|]. intros b Ib. rewrite all_in in A. specialize (A b Ib).
  apply andb_true_iff in X. destruct X as [X Y]. apply String.eqb_eq in X. rewrite X in A.
  rewrite String.eqb_sym. destruct (String.eqb u (fst (snd b))); [|reflexivity]. simpl.
  destruct (in_stage len (fst b) t) eqn:W; [|reflexivity].
  exfalso. apply (A t); apply in_stage_holds; assumption.
Qed.

(* A sum over everything that is computed, counted by quantities and by equations. *)
Lemma computed_sum (X : string -> Z -> R) :
  lsum (quantities net) (fun q => during len q (fun s => if computed net len (name q) s then X (name q) s else 0))
  = lsum (nodes net) (fun n => over len (fst n) (fun t => X (fst (snd n)) t)).
Proof.
  rewrite (lsum_ext (nodes net) _ (fun n =>
    lsum (quantities net) (fun q => if String.eqb (name q) (fst (snd n)) then over len (fst n) (X (name q)) else 0))).
  2: { intros [st [v e]] I. simpl. destruct (node_sized _ _ _ I) as (_ & _ & _ & q & Iq & <- & _).
       etransitivity;
         [symmetry; apply (lsum_named (quantities net) q (fun r => over len st (X (name r))) names_distinct Iq)|].
       apply lsum_ext. intros r _. rewrite String.eqb_sym. reflexivity. }
  rewrite lsum_swap. apply lsum_ext. intros q Iq.
  rewrite (lsum_ext (nodes net) _ (fun n => during len q (fun s =>
    (if (String.eqb (fst (snd n)) (name q) && in_stage len (fst n) s)%bool then 1 else 0) * X (name q) s))).
  - unfold during. rewrite lsum_zsum. apply zsum_ext. intros s _.
    rewrite (lsum_ext _ _ (fun n => X (name q) s *
      (if (String.eqb (fst (snd n)) (name q) && in_stage len (fst n) s)%bool then 1 else 0))) by (intros; ring).
    rewrite lsum_scal_l, <- apart_once by apply formed. fold (computed net len (name q) s).
    destruct (computed net len (name q) s); ring.
  - intros [st [v e]] I. simpl. rewrite (String.eqb_sym v). destruct (String.eqb_spec (name q) v) as [<-|]; simpl.
    + unfold over, during. rewrite <- (zsum_within (moment len (first q)) (moment len (last q))).
      * apply zsum_ext. intros s _. unfold in_stage. destruct (within _ _ s); ring.
      * intros Le. destruct (node_sized _ _ _ I) as (_ & _ & _ & r & Ir & Er & Lr).
        assert (r = q).
        { assert (F := find_named _ r names_distinct Ir). rewrite Er, (find_named _ q names_distinct Iq) in F. congruence. }
        subst r. assert (Lf := Lr (moment len (from st))). assert (Lu := Lr (moment len (upto st))).
        rewrite in_stage_holds in Lf, Lu. unfold holds_in in *. unfold lasts in *. rewrite within_true in Lf, Lu. lia.
    + unfold during. rewrite (zsum_ext _ _ _ (fun _ => 0)) by (intros; ring). symmetry. apply zsum_zero.
Qed.

(* Whatever a gift changes is counted once among the quantities. *)
Lemma gift_counted (d : values) u w (G : matrix) t :
  (forall t i j, known net u = false -> d u t i j = 0) ->
  (known net u = false \/ exists q, In q (quantities net) /\ name q = u /\ lasts len q (step_of len t w) = true) ->
  lsum (quantities net) (fun q => during len q (fun s =>
    if (String.eqb u (name q) && Z.eqb (step_of len t w) s)%bool then inner (height q) (width q) G (d (name q) s) else 0))
  = inner (szr u) (szc u) G (d u (step_of len t w)).
Proof.
  intros Z0 [K|(q & Iq & <- & Lq)].
  - rewrite (inner_ext _ _ G G _ (fun _ _ => 0)); [|reflexivity|intros; apply Z0, K]. rewrite inner_zero_r.
    rewrite (lsum_ext _ _ (fun _ => 0)); [apply lsum_zero|]. intros q Iq.
    destruct (String.eqb_spec u (name q)) as [->|]; simpl; [|apply zsum_zero].
    exfalso. unfold known in K. assert (existsb (fun r => String.eqb (name r) (name q)) (quantities net) = true); [|congruence].
    apply existsb_exists. exists q. split; [exact Iq|apply String.eqb_refl].
  - rewrite (size_of q Iq). simpl.
    rewrite (lsum_ext _ _ (fun r => if String.eqb (name q) (name r)
      then inner (height r) (width r) G (d (name r) (step_of len t w)) else 0)).
    + rewrite (lsum_named _ q (fun r => inner (height r) (width r) G (d (name r) (step_of len t w))) names_distinct Iq).
      reflexivity.
    + intros r Ir. destruct (String.eqb_spec (name q) (name r)) as [e|]; simpl; [|apply zsum_zero].
      assert (r = q).
      { assert (F := find_named _ r names_distinct Ir). rewrite <- e, (find_named _ q names_distinct Iq) in F. congruence. }
      subst r. unfold during.
      rewrite (zsum_ext _ _ _ (fun s => if Z.eqb s (step_of len t w) then inner (height q) (width q) G (d (name q) s) else 0)).
      * rewrite zsum_delta. unfold lasts in Lq. rewrite Lq. reflexivity.
      * intros s _. rewrite Z.eqb_sym. reflexivity.
Qed.

(* If the differentials d satisfy the tangent equations and B the adjoint equations, then what the seeds change over all values
   is what B changes over everything that is free: B are the gradients with respect to parameters, inputs and initial states. *)
Theorem adjoint_identity (E seed B d : values) :
  (forall u t i j, known net u = false -> d u t i j = 0) ->
  (forall st v e t, In (st, (v, e)) (nodes net) -> in_stage len st t = true ->
     forall i j, (i < szr v)%nat -> (j < szc v)%nat -> d v t i j = tangent (size net) len E no_adjoints d t e i j) ->
  balances E seed B ->
  whole_change net len seed d = free_change net len B d.
Proof.
  intros Z0 T Bal.
  assert (All : whole_change net len B d
    = whole_change net len seed d
      + lsum (nodes net) (fun n => over len (fst n) (fun t => inner (szr (fst (snd n))) (szc (fst (snd n)))
          (B (fst (snd n)) t) (d (fst (snd n)) t)))).
  { unfold whole_change. rewrite (lsum_ext (quantities net) _ (fun q =>
      during len q (fun s => inner (height q) (width q) (seed (name q) s) (d (name q) s))
      + lsum (nodes net) (fun n => over len (fst n) (fun t =>
          lsum (given (size net) len E no_adjoints t (snd (snd n)) (B (fst (snd n)) t)) (fun x =>
            let '(u, w, G) := x in during len q (fun s =>
              if (String.eqb u (name q) && Z.eqb (step_of len t w) s)%bool
              then inner (height q) (width q) G (d (name q) s) else 0)))))).
    - rewrite lsum_plus. f_equal. rewrite lsum_swap. apply lsum_ext. intros [st [v e]] I. simpl.
      unfold over. rewrite lsum_zsum. apply zsum_ext. intros t Ht. rewrite lsum_swap.
      assert (Hs : in_stage len st t = true) by (apply in_stage_holds; exact Ht).
      destruct (node_sized _ _ _ I) as (F & Er & Ec & _).
      rewrite (inner_ext _ _ (B v t) (B v t) (d v t) (tangent (size net) len E no_adjoints d t e));
        [|reflexivity|intros i j Hi Hj; apply (T st); assumption].
      rewrite <- Er, <- Ec, given_exact by exact F. apply lsum_ext. intros [[u w] G] J.
      apply gift_counted; [intros; apply Z0; assumption|].
      assert (R : In (u, w) (reads e)).
      { rewrite <- (given_reads (size net) len E no_adjoints t e (B v t)). apply (in_map fst) in J. exact J. }
      destruct (node_read _ _ _ _ _ I R) as [K|(q & Iq & Eq & Lq)]; [left; exact K|right; exists q; auto].
    - intros q Iq. unfold during, over.
      rewrite (zsum_ext _ _ (fun s => inner (height q) (width q) (B (name q) s) (d (name q) s)) (fun s =>
        inner (height q) (width q) (seed (name q) s) (d (name q) s)
        + lsum (nodes net) (fun n => zsum (moment len (from (fst n))) (moment len (upto (fst n))) (fun t =>
            lsum (given (size net) len E no_adjoints t (snd (snd n)) (B (fst (snd n)) t)) (fun x =>
              let '(u, w, G) := x in
                if (String.eqb u (name q) && Z.eqb (step_of len t w) s)%bool
                then inner (height q) (width q) G (d (name q) s) else 0))))).
      + rewrite zsum_plus. f_equal. rewrite <- lsum_zsum. apply lsum_ext. intros n _.
        rewrite zsum_swap. apply zsum_ext. intros t _. rewrite <- lsum_zsum. apply lsum_ext. intros [[u w] G] _. reflexivity.
      + intros s Hs.
        rewrite (inner_ext _ _ (B (name q) s) _ (d (name q) s) (d (name q) s)
                   (fun i j Hi Hj => Bal q Iq s (proj2 (within_true _ _ _) Hs) i j Hi Hj) (fun _ _ _ _ => eq_refl)).
        rewrite (inner_plus_l _ _ (seed (name q) s)). f_equal.
        rewrite (inner_lsum_l _ _ (nodes net) (fun n i j => over len (fst n) (fun t =>
          lsum (given (size net) len E no_adjoints t (snd (snd n)) (B (fst (snd n)) t)) (fun x =>
            let '(u, w, G) := x in if (String.eqb u (name q) && Z.eqb (step_of len t w) s)%bool then G i j else 0)))).
        apply lsum_ext. intros n _. unfold over.
        rewrite (inner_zsum_l _ _ _ _ (fun t i j =>
          lsum (given (size net) len E no_adjoints t (snd (snd n)) (B (fst (snd n)) t)) (fun x =>
            let '(u, w, G) := x in if (String.eqb u (name q) && Z.eqb (step_of len t w) s)%bool then G i j else 0))).
        apply zsum_ext. intros t _.
        rewrite (inner_lsum_l _ _ (given (size net) len E no_adjoints t (snd (snd n)) (B (fst (snd n)) t)) (fun x i j =>
          let '(u, w, G) := x in if (String.eqb u (name q) && Z.eqb (step_of len t w) s)%bool then G i j else 0)).
        apply lsum_ext. intros [[u w] G] _. destruct (_ && _)%bool; [reflexivity|apply inner_zero_l]. }
  assert (Split : whole_change net len B d
    = free_change net len B d
      + lsum (nodes net) (fun n => over len (fst n) (fun t => inner (szr (fst (snd n))) (szc (fst (snd n)))
          (B (fst (snd n)) t) (d (fst (snd n)) t)))).
  { rewrite <- (computed_sum (fun v t => inner (szr v) (szc v) (B v t) (d v t))). unfold whole_change, free_change.
    rewrite <- lsum_plus. apply lsum_ext. intros q Iq. unfold during. rewrite <- zsum_plus. apply zsum_ext. intros s _.
    rewrite (size_of q Iq). simpl. destruct (computed net len (name q) s); ring. }
  lra.
Qed.

(* -- from the printed adjoint equations to those of the reverse pass ----------------------------------------------------- *)

Lemma handed_sum st w f s :
  handed len st w f s = over len st (fun t => if Z.eqb (step_of len t w) s then f t else 0).
Proof.
  unfold handed, over. destruct w as [k|tau]; simpl.
  - rewrite (zsum_ext _ _ _ (fun t => if Z.eqb t (s + k) then f t else 0)).
    + rewrite zsum_delta. reflexivity.
    + intros t _. destruct (Z.eqb_spec (t - k) s), (Z.eqb_spec t (s + k)); try lia; reflexivity.
  - rewrite (Z.eqb_sym s). destruct (Z.eqb (moment len tau) s); [reflexivity|]. symmetry. apply zsum_zero.
Qed.

End Theorems.

Fixpoint nub (l : list when) : list when :=
  match l with
  | nil => nil
  | w :: rest => if existsb (same_when w) rest then nub rest else w :: nub rest
  end.

Lemma nub_in l w : In w (nub l) <-> In w l.
Proof.
  induction l as [|a l IH]; simpl; [reflexivity|]. destruct (existsb (same_when a) l) eqn:X; simpl; rewrite IH; [|reflexivity].
  split; [auto|]. intros [<-|I]; [|exact I]. apply existsb_exists in X. destruct X as (b & I & e).
  apply same_when_spec in e. subst. exact I.
Qed.

Lemma nub_distinct l : NoDup (nub l).
Proof.
  induction l as [|a l IH]; simpl; [constructor|]. destruct (existsb (same_when a) l) eqn:X; [exact IH|].
  constructor; [|exact IH]. rewrite nub_in. intros I.
  assert (existsb (same_when a) l = true); [|congruence].
  apply existsb_exists. exists a. split; [exact I|]. apply same_when_spec. reflexivity.
Qed.

(* Two lists that agree for every key agree for every choice of keys. *)
Lemma lsum_by_key {A B} (key : A -> when) (x : A -> R) (l : list A) (key' : B -> when) (y : B -> R) (m : list B)
  (keys : list when) (chosen : when -> bool) :
  NoDup keys -> (forall a, In a l -> In (key a) keys) -> (forall b, In b m -> In (key' b) keys) ->
  (forall w, In w keys ->
     lsum (filter (fun a => same_when (key a) w) l) x = lsum (filter (fun b => same_when (key' b) w) m) y) ->
  lsum l (fun a => if chosen (key a) then x a else 0) = lsum m (fun b => if chosen (key' b) then y b else 0).
Proof.
  intros N Ka Kb H.
  assert (G : forall (C : Type) (k : C -> when) (z : C -> R) (n : list C), (forall c, In c n -> In (k c) keys) ->
    lsum n (fun c => if chosen (k c) then z c else 0)
    = lsum keys (fun w => if chosen w then lsum (filter (fun c => same_when (k c) w) n) z else 0)).
  { intros C k z n K.
    rewrite (lsum_ext n _ (fun c =>
      lsum keys (fun w => if same_when w (k c) then (if chosen w then z c else 0) else 0))).
    - rewrite lsum_swap. apply lsum_ext. intros w _. destruct (chosen w).
      + rewrite lsum_filter. apply lsum_ext. intros c _.
        destruct (same_when w (k c)) eqn:X, (same_when (k c) w) eqn:Y; try reflexivity.
        * apply same_when_spec in X. rewrite X in Y.
          assert (same_when (k c) (k c) = true) by (apply same_when_spec; reflexivity).
          congruence.
        * apply same_when_spec in Y. rewrite Y in X. assert (same_when w w = true) by (apply same_when_spec; reflexivity).
          congruence.
      + rewrite (lsum_ext n _ (fun _ => 0)); [apply lsum_zero|]. intros c _. destruct (same_when w (k c)); reflexivity.
    - intros c I. symmetry. apply (lsum_delta same_when keys (k c) (fun w => if chosen w then z c else 0) same_when_spec N).
      apply K, I. }
  rewrite (G A key x l Ka), (G B key' y m Kb). apply lsum_ext. intros w I. rewrite (H w I). reflexivity.
Qed.

Section Checks.
Variables (net : network) (adj : adjoints) (len : nat -> Z).

(* At which times the equations of a stage read a quantity, by them or by the adjoint equations. *)
Definition readings (n : nat) (st : stage) (u : string) : list when :=
  nub (map reading (filter (fun p => same_number (of_stage p) n) (parts adj u))
       ++ map snd (filter (fun r => String.eqb (fst r) u) (flat_map (fun p => reads (snd p)) (equations st)))).

(* What the adjoint equation of u says that one step of a stage gives to it, for one way of reading it. *)
Definition printed (E B : values) (n : nat) (t : Z) (u : string) (w : when) (i j : nat) : R :=
  lsum (filter (fun p => (same_number (of_stage p) n && same_when (reading p) w)%bool) (parts adj u))
    (fun p => eval (size net) len E B t (term p) i j).

(* The same by the reverse pass. *)
Definition gifts (E B : values) (t : Z) (st : stage) : list gift :=
  flat_map (fun p => given (size net) len E no_adjoints t (snd p) (B (fst p) t)) (equations st).

Definition swept (E B : values) (st : stage) (t : Z) (u : string) (w : when) (i j : nat) : R :=
  lsum (filter (fun x => (String.eqb (fst (fst x)) u && same_when (snd (fst x)) w)%bool) (gifts E B t st))
    (fun x => snd x i j).

Definition agrees (E B : values) : Prop :=
  all (combine (seq 0 (List.length (stages net))) (stages net)) (fun ns =>
    all (quantities net) (fun q =>
      all (readings (fst ns) (snd ns) (name q)) (fun w =>
        forall t, holds_in len (snd ns) t -> forall i j, (i < height q)%nat -> (j < width q)%nat ->
        printed E B (fst ns) t (name q) w i j = swept E B (snd ns) t (name q) w i j))).

(* The terms of the adjoint equations have operands that fit, and the size of their quantity. *)
Definition adjoints_fit : Prop :=
  all adj (fun a => all (snd a) (fun p =>
    fits (size net) (term p) /\ rows (size net) (term p) = fst (size net (fst a))
    /\ cols (size net) (term p) = snd (size net (fst a)))).

Lemma stage_parts (X : part -> stage -> R) (u : string) :
  (forall p, X p nowhere = 0) ->
  lsum (parts adj u) (fun p => X p (nth (of_stage p) (stages net) nowhere))
  = lsum (combine (seq 0 (List.length (stages net))) (stages net)) (fun ns =>
      lsum (filter (fun p => same_number (of_stage p) (fst ns)) (parts adj u)) (fun p => X p (snd ns))).
Proof.
  intros X0.
  rewrite (lsum_ext (combine _ _) _ (fun ns =>
    lsum (parts adj u) (fun p => if same_number (of_stage p) (fst ns) then X p (snd ns) else 0)))
    by (intros; apply lsum_filter).
  rewrite lsum_swap. apply lsum_ext. intros p _.
  assert (G : forall l k, lsum (combine (seq k (List.length l)) l)
      (fun ns => if same_number (of_stage p) (fst ns) then X p (snd ns) else 0)
    = if Nat.ltb (of_stage p) k then 0 else X p (nth (of_stage p - k) l nowhere)).
  { induction l as [|st l IH]; intros k; simpl.
    - destruct (Nat.ltb (of_stage p) k); [reflexivity|]. destruct (of_stage p - k)%nat; symmetry; apply X0.
    - rewrite IH, same_number_eqb. destruct (Nat.eqb_spec (of_stage p) k) as [e|N].
      + rewrite e, Nat.sub_diag. destruct (Nat.ltb_spec k (S k)), (Nat.ltb_spec k k); try lia. ring.
      + destruct (Nat.ltb_spec (of_stage p) (S k)), (Nat.ltb_spec (of_stage p) k); try lia; [ring|].
        replace (of_stage p - k)%nat with (S (of_stage p - S k)) by lia. ring. }
  rewrite G. simpl. rewrite Nat.sub_0_r. reflexivity.
Qed.

Lemma solves_balances (E seed B : values) : agrees E B -> solves net len adj E seed B -> balances net len E seed B.
Proof.
  intros A Sol q Iq s Ls i j Hi Hj. rewrite (Sol q Iq s Ls i j Hi Hj). f_equal.
  rewrite (stage_parts (fun p st => handed len st (reading p) (fun t => eval (size net) len E B t (term p) i j) s)).
  2: { intros p. rewrite handed_sum. reflexivity. }
  unfold nodes. rewrite lsum_flat_map.
  assert (C : forall l k, lsum l (fun st : stage => k st) = lsum (combine (seq 0 (List.length l)) l) (fun ns => k (snd ns))).
  { intros l k. generalize 0%nat. induction l as [|st l IH]; intros n; simpl; [reflexivity|]. rewrite <- IH. reflexivity. }
  rewrite C. apply lsum_ext. intros [n st] I. simpl.
  unfold agrees in A. rewrite all_in in A. specialize (A _ I). simpl in A. rewrite all_in in A. specialize (A q Iq).
  rewrite all_in in A.
  rewrite (lsum_ext (filter _ _) _ (fun p => over len st (fun t =>
    if Z.eqb (step_of len t (reading p)) s then eval (size net) len E B t (term p) i j else 0)))
    by (intros; apply handed_sum).
  rewrite lsum_map. unfold over. simpl. rewrite !lsum_zsum. apply zsum_ext. intros t Ht.
  transitivity (lsum (filter (fun x => String.eqb (fst (fst x)) (name q)) (gifts E B t st))
    (fun x => if Z.eqb (step_of len t (snd (fst x))) s then snd x i j else 0)).
  - apply (lsum_by_key reading (fun p => eval (size net) len E B t (term p) i j) _ (fun x : gift => snd (fst x))
      (fun x => snd x i j) _ (readings n st (name q)) (fun w => Z.eqb (step_of len t w) s)).
    + apply nub_distinct.
    + intros p Ip. apply nub_in, in_or_app. left. apply in_map, Ip.
    + intros x Ix. apply nub_in, in_or_app. right. apply filter_In in Ix. destruct Ix as [Ix Ex].
      apply in_map_iff. exists (fst x). split; [reflexivity|]. apply filter_In. split; [|exact Ex].
      apply in_flat_map in Ix. destruct Ix as (p & Ip & Ix). apply in_flat_map. exists p. split; [exact Ip|].
      rewrite <- (given_reads (size net) len E no_adjoints t (snd p) (B (fst p) t)). apply in_map, Ix.
    + intros w Iw. specialize (A w Iw t Ht i j Hi Hj). unfold printed, swept in A.
      rewrite !lsum_filter in A. rewrite !lsum_filter.
      etransitivity; [|etransitivity; [exact A|]]; apply lsum_ext; intros x _.
      * destruct (same_number (of_stage x) n), (same_when (reading x) w); reflexivity.
      * destruct (String.eqb (fst (fst x)) (name q)), (same_when (snd (fst x)) w); reflexivity.
  - rewrite lsum_filter. unfold gifts. rewrite lsum_flat_map. apply lsum_ext. intros p _. apply lsum_ext.
    intros [[u w] G] _. simpl. destruct (String.eqb u (name q)); reflexivity.
Qed.

End Checks.

Definition goal_formed (net : network) (goal : objective) : Prop :=
  match goal with
  | Functional => True
  | Total J => match find (fun q => String.eqb (name q) J) (quantities net) with
               | Some q => height q = 1%nat /\ width q = 1%nat
               | None => False
               end
  end.

(* What is to be checked for one network: it is well formed, and the adjoint equations say at every step what the reverse pass
   gives, for values that satisfy all equations. *)
Definition derived (net : network) (adj : adjoints) (goal : objective) : Prop :=
  goal_formed net goal /\ adjoints_fit net adj
  /\ forall len, (forall n, (0 <= len n)%Z) ->
     well_formed net len
     /\ forall E seed B, trajectory net len E -> targets_sum_to_one net E -> regular_at net len E ->
        seeds_of goal seed -> solves net len adj E seed B -> agrees net adj len E B.

Theorem derived_certified net adj goal : derived net adj goal -> certified net adj goal (regular_at net).
Proof.
  intros (Goal & _ & H) len U E s seed B L Len Sol Fix Free One Reg Seed Bal Loss.
  destruct (H len Len) as (Formed & Agree).
  specialize (Agree (E s) seed B (Sol s) One Reg Seed Bal).
  assert (Id : forall v, whole_change net len seed (differential E s v) = free_change net len B (differential E s v)).
  { intros v. apply (adjoint_identity net len Formed (E s)).
    - intros. apply (differential_fixed net E s Fix). assumption.
    - intros. apply (tangent_equations net len Formed E s Sol Fix Free Reg st v0 e t v); assumption.
    - apply (solves_balances net adj); assumption. }
  apply D_ext_lin with (l := fun v => whole_change net len seed (differential E s v)); [|exact Id].
  destruct goal as [|J]; simpl in *; [exact Loss|].
  apply D_ext with (f := fun x => total net len J (E x)); [intros; symmetry; apply Loss|].
  destruct (find _ _) as [q|] eqn:X; [|destruct Goal]. destruct Goal as (Hh & Hw).
  apply find_sound in X. destruct X as (Iq & Eq).
  assert (N := names_distinct net len Formed).
  apply D_ext with (f := fun x => during len q (fun t => E x J t 0%nat 0%nat)).
  { intros x. unfold total. rewrite (lsum_ext _ _ (fun r => if String.eqb (name q) (name r)
      then during len r (fun t => E x J t 0%nat 0%nat) else 0)).
    - symmetry. apply (lsum_named _ q (fun r => during len r (fun t => E x J t 0%nat 0%nat)) N Iq).
    - intros r _. rewrite <- Eq, String.eqb_sym. reflexivity. }
  apply D_ext_lin with (l := fun v => during len q (fun t => differential E s v J t 0%nat 0%nat)).
  - apply D_zsum. intros t Ht. rewrite <- Eq.
    apply (trajectory_differentiable net len Formed E s Sol Fix Free Reg q t Iq); [apply within_true, Ht| |];
      rewrite (size_of net len Formed q Iq); simpl; lia.
  - intros v. subst seed. unfold whole_change. symmetry.
    rewrite (lsum_ext _ _ (fun r => if String.eqb (name q) (name r)
      then during len r (fun t => inner (height r) (width r) (fun _ _ => 1) (differential E s v (name r) t)) else 0)).
    + rewrite (lsum_named _ q (fun r =>
        during len r (fun t => inner (height r) (width r) (fun _ _ => 1) (differential E s v (name r) t))) N Iq).
      apply zsum_ext. intros t _. unfold inner. rewrite Hh, Hw, !fsum_one, Eq. ring.
    + intros r _. unfold unit_seed. rewrite <- Eq, String.eqb_sym. destruct (String.eqb (name q) (name r)); [reflexivity|].
      unfold during. rewrite (zsum_ext _ _ _ (fun _ => 0)); [apply zsum_zero|]. intros t _. apply inner_zero_l.
Qed.

(* With conditions that are spelt out. *)
Theorem certified_under net adj goal side :
  certified net adj goal (regular_at net) -> suffices net side -> certified net adj goal side.
Proof.
  intros C H len U E s seed B L Len Sol Fix Free One Side. apply C; try assumption. apply H; auto.
Qed.
