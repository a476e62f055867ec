(* What follows from the theorem about networks, and unrolling step by step.

   Here: the gradient is the matrix of partial derivatives (`certified_partial`); truncation (`truncated_exact`: what is held
   constant in a window is an input that does not change); and, for steps that are put together by any functions between them,
   the two-step composition and the unrolling of any length (`two_steps_differentiable`, `unroll_differentiable`), which are
   the theorems of the same names in the Lean proof of the Elman cell, here for every step program.
   Not here: the theorem about networks (Backpropagation). *)

From Coq Require Import Reals Lra Lia List ZArith Bool String Arith.
From Coquelicot Require Import Coquelicot.
From Symrnn Require Import Sums Calculus Expressions Networks Backpropagation.
Import ListNotations.
Open Scope R_scope.

(* -- partial derivatives ------------------------------------------------------------------------------------------------- *)

(* One entry of one parameter, input or initial state changes, and nothing else that is free: then the derivative of the loss is
   that entry of B. *)
Theorem certified_partial net adj goal side :
  certified net adj goal side ->
  forall (len : nat -> Z) (E : R -> values) (s : R) (seed B : values) (L : R -> R) (p : quantity) (tp : Z) (ip jp : nat),
  (forall n, (0 <= len n)%Z) -> distinct (map name (quantities net)) = true ->
  In p (quantities net) -> lasts len p tp = true -> computed net len (name p) tp = false ->
  (ip < height p)%nat -> (jp < width p)%nat ->
  (forall x, trajectory net len (E x)) ->
  (forall u, known net u = false -> forall x t i j, E x u t i j = E s u t i j) ->
  (forall q, In q (quantities net) -> forall t, lasts len q t = true -> computed net len (name q) t = false ->
     forall i j, (i < height q)%nat -> (j < width q)%nat -> forall x,
     E x (name q) t i j =
       if (String.eqb (name q) (name p) && Z.eqb t tp && Nat.eqb i ip && Nat.eqb j jp)%bool then x else E s (name q) t i j) ->
  targets_sum_to_one net (E s) -> side len (E s) -> seeds_of goal seed -> solves net len adj (E s) seed B ->
  loss_of (U := R_NormedModule) net len goal E s seed L ->
  is_derive L s (B (name p) tp ip jp).
Proof.
  intros C len E s seed B L p tp ip jp Len N Ip Lp Cp Hip Hjp Traj Fix Free One Side Seed Sol Loss.
  set (hit q t i j := (String.eqb (name q) (name p) && Z.eqb t tp && Nat.eqb i ip && Nat.eqb j jp)%bool).
  assert (Dfree : forall q, In q (quantities net) -> forall t, lasts len q t = true -> computed net len (name q) t = false ->
     forall i j, (i < height q)%nat -> (j < width q)%nat ->
     D (U := R_NormedModule) (fun x => E x (name q) t i j) s (fun v => if hit q t i j then v else 0)).
  { intros q Iq t Lq Cq i j Hi Hj.
    apply D_ext with (f := fun x : R_NormedModule => if hit q t i j then x else E s (name q) t i j).
    - intros x. symmetry. apply Free; assumption.
    - destruct (hit q t i j); [exact (filterdiff_id (K := R_AbsRing) (V := R_NormedModule) (locally s))|apply D_const]. }
  assert (Main := C len R_NormedModule E s seed B L Len Traj Fix
    (fun q Iq t Lq Cq i j Hi Hj => ex_intro _ _ (Dfree q Iq t Lq Cq i j Hi Hj)) One Side Seed Sol Loss).
  unfold is_derive. apply filterdiff_ext_lin with (1 := Main). intros v. simpl.
  transitivity (lsum (quantities net) (fun q => if String.eqb (name p) (name q) then during len q (fun t =>
    if Z.eqb t tp then fsum (height q) (fun i => if Nat.eqb i ip
      then fsum (width q) (fun j => if Nat.eqb j jp then B (name q) t i j * v else 0) else 0) else 0) else 0)).
  - unfold free_change. apply lsum_ext. intros q Iq. unfold during.
    assert (G : forall t, (moment len (first q) <= t <= moment len (last q))%Z ->
      (if computed net len (name q) t then 0
       else inner (height q) (width q) (B (name q) t)
              (fun i j => directional (U := R_NormedModule) (fun x => E x (name q) t i j) s v))
      = fsum (height q) (fun i => fsum (width q) (fun j => if hit q t i j then B (name q) t i j * v else 0))).
    { intros t Ht. assert (Lq : lasts len q t = true) by (apply within_true, Ht).
      destruct (computed net len (name q) t) eqn:Cq.
      - symmetry. rewrite (fsum_ext _ _ (fun _ => 0)); [apply fsum_zero|]. intros i Hi.
        rewrite (fsum_ext _ _ (fun _ => 0)); [apply fsum_zero|]. intros j Hj. unfold hit.
        destruct (String.eqb_spec (name q) (name p)) as [e|]; [|reflexivity].
        destruct (Z.eqb_spec t tp) as [->|]; [|reflexivity]. congruence.
      - unfold inner. apply fsum_ext. intros i Hi. apply fsum_ext. intros j Hj.
        rewrite <- (D_directional _ _ _ (Dfree q Iq t Lq Cq i j Hi Hj)). destruct (hit q t i j); ring. }
    etransitivity; [apply (zsum_ext _ _ _ _ G)|]. rewrite String.eqb_sym. unfold hit.
    destruct (String.eqb (name q) (name p)); simpl.
    + apply zsum_ext. intros t _. destruct (Z.eqb t tp); simpl.
      * apply fsum_ext. intros i _. destruct (Nat.eqb i ip); simpl; [reflexivity|apply fsum_zero].
      * rewrite (fsum_ext _ _ (fun _ => 0)); [apply fsum_zero|]. intros. apply fsum_zero.
    + rewrite (zsum_ext _ _ _ (fun _ => 0)); [apply zsum_zero|]. intros t _.
      rewrite (fsum_ext _ _ (fun _ => 0)); [apply fsum_zero|]. intros. apply fsum_zero.
  - rewrite (lsum_named (quantities net) p _ N Ip). unfold during. rewrite zsum_delta. unfold lasts in Lp. rewrite Lp.
    rewrite fsum_delta. replace (Nat.ltb ip (height p)) with true by (symmetry; apply Nat.ltb_lt, Hip).
    rewrite fsum_delta. replace (Nat.ltb jp (width p)) with true by (symmetry; apply Nat.ltb_lt, Hjp).
    apply Rmult_comm.
Qed.

(* -- truncation ---------------------------------------------------------------------------------------------------------- *)

(* Truncated back-propagation differentiates another loss: the sum over windows of the loss of each, in which the state before
   the window is an input that is held constant. A window is a network of its own, with its own lengths, values, seeds and
   adjoints; `held` are the names and steps of what is constant in it. *)
Definition window_change (net : network) (len : nat -> Z) (held : string -> Z -> bool) (B d : values) : R :=
  lsum (quantities net) (fun q => during len q (fun s =>
    if (computed net len (name q) s || held (name q) s)%bool then 0
    else inner (height q) (width q) (B (name q) s) (d (name q) s))).

Theorem truncated_exact net adj goal side :
  certified net adj goal side ->
  forall (U : NormedModule R_AbsRing) (s : U) (windows : nat) (len : nat -> nat -> Z) (E : nat -> U -> values)
    (held : nat -> string -> Z -> bool) (seed B : nat -> values) (L : nat -> U -> R),
  (forall k, (k < windows)%nat ->
     (forall n, (0 <= len k n)%Z)
     /\ (forall x, trajectory net (len k) (E k x))
     /\ (forall u, known net u = false -> forall x t i j, E k x u t i j = E k s u t i j)
     /\ (forall q, In q (quantities net) -> forall t, held k (name q) t = true -> forall x i j,
           E k x (name q) t i j = E k s (name q) t i j)
     /\ (forall q, In q (quantities net) -> forall t, lasts (len k) q t = true -> computed net (len k) (name q) t = false ->
           held k (name q) t = false -> forall i j, (i < height q)%nat -> (j < width q)%nat ->
           exists l, D (fun x => E k x (name q) t i j) s l)
     /\ targets_sum_to_one net (E k s) /\ side (len k) (E k s) /\ seeds_of goal (seed k)
     /\ solves net (len k) adj (E k s) (seed k) (B k) /\ loss_of net (len k) goal (E k) s (seed k) (L k)) ->
  D (fun x => fsum windows (fun k => L k x)) s (fun v => fsum windows (fun k =>
    window_change net (len k) (held k) (B k) (fun u t i j => directional (fun x => E k x u t i j) s v))).
Proof.
  intros C U s windows len E held seed B L H. apply D_fsum. intros k Hk.
  destruct (H k Hk) as (Len & Traj & Fix & Held & Free & One & Side & Seed & Sol & Loss).
  assert (Const : forall q, In q (quantities net) -> forall t, held k (name q) t = true -> forall i j,
    D (fun x => E k x (name q) t i j) s (fun _ => 0)).
  { intros q Iq t Ht i j. apply D_ext with (f := fun _ => E k s (name q) t i j); [|apply D_const].
    intros x. symmetry. apply Held; assumption. }
  eapply D_ext_lin.
  - apply (C (len k) U (E k) s (seed k) (B k) (L k) Len Traj Fix); try assumption.
    intros q Iq t Lq Cq i j Hi Hj. destruct (held k (name q) t) eqn:Ht; [|apply Free; assumption].
    exists (fun _ => 0). apply Const; assumption.
  - intros v. unfold free_change, window_change. apply lsum_ext. intros q Iq. apply zsum_ext. intros t _.
    destruct (computed net (len k) (name q) t); simpl; [reflexivity|]. destruct (held k (name q) t) eqn:Ht; [|reflexivity].
    etransitivity; [|apply (inner_zero_r (height q) (width q) (B k (name q) t))]. apply inner_ext; [reflexivity|].
    intros i j _ _. symmetry. apply (D_directional _ _ _ (Const q Iq t Ht i j) v).
Qed.

(* -- steps put together by any functions between them --------------------------------------------------------------------- *)

Section Unroll.
Variables (size : string -> nat * nat) (len : nat -> Z) (t : Z).
Context {U : NormedModule R_AbsRing}.
Variable s : U.

(* The values after the equations of one step, in order: a context in, a trace out. *)
Definition assign (E : values) (v : string) (M : matrix) : values :=
  fun u r i j => if (String.eqb u v && Z.eqb r t)%bool then M i j else E u r i j.

Fixpoint run (l : list (string * expr)) (E : values) : values :=
  match l with
  | nil => E
  | (v, e) :: rest => run rest (assign E v (eval size len E no_adjoints t e))
  end.

(* The sizes fit. *)
Fixpoint fitting (l : list (string * expr)) : Prop :=
  match l with
  | nil => True
  | (v, e) :: rest => fits size e /\ rows size e = fst (size v) /\ cols size e = snd (size v) /\ fitting rest
  end.

(* Every equation is differentiable at the values that it meets. *)
Fixpoint regular_run (l : list (string * expr)) (E : values) : Prop :=
  match l with
  | nil => True
  | (v, e) :: rest => domain size len E no_adjoints t e /\ regular_run rest (assign E v (eval size len E no_adjoints t e))
  end.

(* Values that depend differentiably on a point, at s. *)
Definition differentiable (F : U -> values) : Prop :=
  forall u r i j, (i < fst (size u))%nat -> (j < snd (size u))%nat -> exists l, D (fun x => F x u r i j) s l.

Theorem run_differentiable l :
  fitting l -> forall F, differentiable F -> regular_run l (F s) -> differentiable (fun x => run l (F x)).
Proof.
  induction l as [|[v e] l IH]; intros Fit F DF Reg; [exact DF|]. simpl in *.
  destruct Fit as (Fe & Er & Ec & Fl), Reg as (De & Rl). apply IH; [exact Fl| |exact Rl].
  intros u r i j Hi Hj. unfold assign. destruct (String.eqb_spec u v) as [->|]; simpl; [|apply DF; assumption].
  destruct (Z.eqb r t); [|apply DF; assumption].
  exists (fun x => tangent size len (F s) no_adjoints (fun u t i j => directional (fun y => F y u t i j) s x) t e i j).
  apply tangent_exact; [exact Fe|exact De| |lia|lia]. intros w when_ _ a b Ha Hb.
  destruct (DF w (step_of len t when_) a b Ha Hb) as (m & Dm).
  apply (D_ext_lin _ _ m); [exact Dm|]. apply (D_directional _ _ _ Dm).
Qed.

(* A function from an outer point and the trace of a step to the context of the next, differentiable at the trace that is
   reached: along with every family of traces through it. *)
Definition transition := U -> values -> values.

Definition differentiable_at (g : transition) (E : values) : Prop :=
  forall F, F s = E -> differentiable F -> differentiable (fun x => g x (F x)).

(* Two-step composition: if the first context is differentiable, and so is the second as a function of the outer point and of
   the trace of the first step, then the two steps together are. *)
Theorem two_steps_differentiable l (first_context : U -> values) (second_context : transition) :
  fitting l -> differentiable first_context -> regular_run l (first_context s) ->
  differentiable_at second_context (run l (first_context s)) ->
  regular_run l (second_context s (run l (first_context s))) ->
  differentiable (fun x => run l (second_context x (run l (first_context x)))).
Proof.
  intros Fit D1 R1 D2 R2. apply run_differentiable; [exact Fit| |exact R2].
  apply (D2 (fun x => run l (first_context x))); [reflexivity|]. apply run_differentiable; assumption.
Qed.

(* The trace of a step, and of as many more as there are transitions. *)
Fixpoint unroll (l : list (string * expr)) (E : values) (transitions : list transition) (x : U) : values :=
  match transitions with
  | nil => run l E
  | g :: rest => unroll l (g x (run l E)) rest x
  end.

(* What has to hold of each transition and of each step, at the trace that is actually reached. *)
Fixpoint obligations (l : list (string * expr)) (E : values) (transitions : list transition) : Prop :=
  regular_run l E
  /\ match transitions with
     | nil => True
     | g :: rest => differentiable_at g (run l E) /\ obligations l (g s (run l E)) rest
     end.

(* Unrolling of any length: if every transition is differentiable at the trace that is reached, so is the whole. *)
Theorem unroll_differentiable l transitions :
  fitting l -> forall first_context : U -> values, differentiable first_context ->
  obligations l (first_context s) transitions ->
  differentiable (fun x => unroll l (first_context x) transitions x).
Proof.
  intros Fit. induction transitions as [|g rest IH]; intros F DF O; simpl in *.
  - apply run_differentiable; tauto.
  - destruct O as (R & Dg & O). apply (IH (fun x => g x (run l (F x)))); [|exact O].
    apply (Dg (fun x => run l (F x))); [reflexivity|]. apply run_differentiable; assumption.
Qed.

End Unroll.
