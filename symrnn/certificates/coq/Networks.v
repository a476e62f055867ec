(* Recurrent networks as systems of equations over time, their adjoint equations, and the statement of a certificate.

   Here: the data of a network and of its adjoint equations, what it means that values satisfy them, the statement `certified`,
   and the conditions of order and size that make a network well formed. This file and Expressions are what an auditor reads.
   Not here: the proof (Backpropagation), that solutions exist (Existence), truncation and unrolling (Unrolling), the tactics by
   which one network is checked (Checking).

   The data types, for whoever writes them:

     Quantity name rows cols first last     something with a gradient: a parameter or anything computed before the first step
                                            (first = last = Fixed 0), an input (first step to last step), a computed quantity
                                            or a state (from its earliest initial step: for h[t-1] that is Fixed 0)
     Constant name rows cols                a constant, target or mask: no gradient
     Stage first last upwards equations     equations (name, expr), evaluated in this order at every step first .. last;
                                            equations evaluated once have the steps Fixed 0 .. Fixed 0
     Network quantities constants stages sums_to_one
                                            sums_to_one: the targets whose columns are declared to sum to one

     Part n w e     one part of an adjoint equation: what the equations of stage n (from 0), in which the quantity is read
                    at w, give to it; e is written at the step t of that stage at which it is given
                    (in a stage of one step, what is of this step is read `now`, in equations and in parts)
     (name, parts)  the adjoint equation of a quantity; one with no part has no entry

   So for rnn, h[t] = tanh(W_xh x[t] + W_hh h[t-1] + b_h) with z_h named, the adjoint equation of h has the part
   Part 0 (Ago 1) (Mul (Transpose (Var "W_hh" always)) (Bar "z_h" now)): h-bar[t] holds W_hh' z_h-bar[t+1] if t+1 is a step of
   the stage. The equation of W_hh has the part Part 0 always (Mul (Bar "z_h" now) (Transpose (Var "h" (Ago 1)))): as W_hh is
   read at every step, this is summed over all of them.

     Nonzero n e    no entry of e is zero at any step of stage n
     Positive n e   every entry of e is positive at every step of stage n

     Functional     any differentiable function of the values; its derivatives with respect to them (seeds) are given
     Total J        the sum over all steps of the quantity J, of one row and column *)

From Coq Require Import Reals Lra Lia List ZArith Bool String.
From Coquelicot Require Import Coquelicot.
From Symrnn Require Import Sums Calculus Expressions.
Import ListNotations.
Open Scope R_scope.

(* -- data ---------------------------------------------------------------------------------------------------------------- *)

Record quantity := Quantity { name : string; height : nat; width : nat; first : time; last : time }.

Record constant := Constant { constant_name : string; constant_height : nat; constant_width : nat }.

Record stage := Stage { from : time; upto : time; upwards : bool; equations : list (string * expr) }.

Record network := Network
  { quantities : list quantity; constants : list constant; stages : list stage; sums_to_one : list string }.

Record part := Part { of_stage : nat; reading : when; term : expr }.

Definition adjoints := list (string * list part).

Inductive objective :=
  | Functional
  | Total (J : string).

Inductive condition :=
  | Nonzero (n : nat) (e : expr)
  | Positive (n : nat) (e : expr).

(* The rows and columns of a name; of one that is not declared, none. *)
Definition size (net : network) (u : string) : nat * nat :=
  match find (fun q => String.eqb (name q) u) (quantities net) with
  | Some q => (height q, width q)
  | None => match find (fun c => String.eqb (constant_name c) u) (constants net) with
            | Some c => (constant_height c, constant_width c)
            | None => (0%nat, 0%nat)
            end
  end.

(* The adjoint equation of a quantity. *)
Definition parts (adj : adjoints) (u : string) : list part :=
  flat_map (fun a => if String.eqb (fst a) u then snd a else nil) adj.

(* Every equation, with its stage. *)
Definition nodes (net : network) : list (stage * (string * expr)) :=
  flat_map (fun st => map (fun p => (st, p)) (equations st)) (stages net).

Definition nowhere : stage := Stage (Fixed 1) (Fixed 0) true nil.

(* Whether every element of a list satisfies P, as one conjunction. *)
Fixpoint all {A : Type} (l : list A) (P : A -> Prop) : Prop :=
  match l with
  | nil => True
  | a :: rest => P a /\ all rest P
  end.

Lemma all_in {A} (l : list A) P : all l P <-> (forall a, In a l -> P a).
Proof.
  induction l as [|a l IH]; simpl; [split; [intros _ b []|auto]|]. rewrite IH. split.
  - intros [Pa Pl] b [<-|I]; auto.
  - intros H. split; auto.
Qed.

(* -- what the equations mean --------------------------------------------------------------------------------------------- *)

Section Meaning.
Variables (net : network) (len : nat -> Z).

Notation height_of u := (fst (size net u)).
Notation width_of u := (snd (size net u)).
Notation moment := (moment len).
Notation step_of := (step_of len).

Definition in_stage (st : stage) (t : Z) : bool := within (moment (from st)) (moment (upto st)) t.
Definition over (st : stage) (f : Z -> R) : R := zsum (moment (from st)) (moment (upto st)) f.
Definition lasts (q : quantity) (t : Z) : bool := within (moment (first q)) (moment (last q)) t.
Definition during (q : quantity) (f : Z -> R) : R := zsum (moment (first q)) (moment (last q)) f.

Definition no_adjoints : values := fun _ _ _ _ => 0.

(* Values of all quantities that satisfy every equation at every step of its stage. *)
Definition trajectory (E : values) : Prop :=
  forall st v e t, In (st, (v, e)) (nodes net) -> in_stage st t = true ->
  forall i j, (i < height_of v)%nat -> (j < width_of v)%nat ->
  E v t i j = eval (size net) len E no_adjoints t e i j.

(* Where every equation is differentiable. *)
Definition regular_at (E : values) : Prop :=
  forall st v e t, In (st, (v, e)) (nodes net) -> in_stage st t = true -> domain (size net) len E no_adjoints t e.

(* Whether an equation computes the quantity u at step t. What none computes is free: parameters, inputs, initial states. *)
Definition computed (u : string) (t : Z) : bool :=
  existsb (fun n => (String.eqb (fst (snd n)) u && in_stage (fst n) t)%bool) (nodes net).

Definition known (u : string) : bool := existsb (fun q => String.eqb (name q) u) (quantities net).

Definition targets_sum_to_one (E : values) : Prop :=
  forall y, In y (sums_to_one net) -> forall t j, (j < width_of y)%nat -> fsum (height_of y) (fun i => E y t i j) = 1.

(* What one part hands to the adjoint of its quantity at step s: at one step t of its stage if the quantity was read at a
   distance, the sum over all its steps if the quantity of one step was read at each of them. *)
Definition handed (st : stage) (w : when) (f : Z -> R) (s : Z) : R :=
  match w with
  | Ago k => if in_stage st (s + k) then f (s + k)%Z else 0
  | At tau => if Z.eqb s (moment tau) then over st f else 0
  end.

(* Adjoints that satisfy the adjoint equations: the seed, and what every part hands on. *)
Definition solves (adj : adjoints) (E seed B : values) : Prop :=
  forall q, In q (quantities net) -> forall s, lasts q s = true ->
  forall i j, (i < height q)%nat -> (j < width q)%nat ->
  B (name q) s i j =
    seed (name q) s i j
    + lsum (parts adj (name q)) (fun p =>
        handed (nth (of_stage p) (stages net) nowhere) (reading p) (fun t => eval (size net) len E B t (term p) i j) s).

(* The inner product of adjoints with differentials, over everything that no equation computes. *)
Definition free_change (B d : values) : R :=
  lsum (quantities net) (fun q => during q (fun s =>
    if computed (name q) s then 0 else inner (height q) (width q) (B (name q) s) (d (name q) s))).

(* The same over everything. *)
Definition whole_change (B d : values) : R :=
  lsum (quantities net) (fun q => during q (fun s => inner (height q) (width q) (B (name q) s) (d (name q) s))).

Definition unit_seed (J : string) : values := fun u _ _ _ => if String.eqb u J then 1 else 0.

Definition seeds_of (goal : objective) (seed : values) : Prop :=
  match goal with
  | Functional => True
  | Total J => seed = unit_seed J
  end.

Definition total (J : string) (E : values) : R :=
  lsum (quantities net) (fun q => if String.eqb (name q) J then during q (fun s => E J s 0%nat 0%nat) else 0).

(* -- the statement ------------------------------------------------------------------------------------------------------- *)

(* L has seeds as its derivatives with respect to the values of the trajectory E, through which it depends on U. *)
Definition loss_of {U : NormedModule R_AbsRing} (goal : objective) (E : U -> values) (s : U) (seed : values) (L : U -> R)
  : Prop :=
  match goal with
  | Functional => D L s (fun v => whole_change seed (fun u t i j => directional (fun x => E x u t i j) s v))
  | Total J => forall x, L x = total J (E x)
  end.

End Meaning.

(* Conditions on the values of a network, spelt out. *)
Definition under (net : network) (conditions : list condition) (len : nat -> Z) (E : values) : Prop :=
  let at_stage n e (P : R -> Prop) :=
    forall t, in_stage len (nth n (stages net) nowhere) t = true ->
    forall i j, (i < rows (size net) e)%nat -> (j < cols (size net) e)%nat ->
    P (eval (size net) len E no_adjoints t e i j) in
  all conditions (fun c =>
    match c with
    | Nonzero n e => at_stage n e (fun x => x <> 0)
    | Positive n e => at_stage n e (fun x => 0 < x)
    end).

(* Let parameters, inputs and initial states be any differentiable functions of a point of a normed space (so: of themselves),
   and let the values satisfy the network's equations. At a point where `side` holds (`regular_at net`: every equation is
   differentiable there; or `under net conditions`, the same spelt out), let B satisfy the adjoint equations. Then the loss has
   a Frechet derivative there, and it is the inner product of B with the differentials of parameters, inputs and initial
   states: B are the gradients. For all sizes (the network is a function of them), for all numbers of steps. *)
Definition certified (net : network) (adj : adjoints) (goal : objective)
    (side : (nat -> Z) -> values -> Prop) : Prop :=
  forall (len : nat -> Z) (U : NormedModule R_AbsRing) (E : U -> values)
    (s : U) (seed B : values) (L : U -> R),
  (forall n, (0 <= len n)%Z) ->
  (forall x, trajectory net len (E x)) ->
  (forall u, known net u = false ->
     forall x t i j, E x u t i j = E s u t i j) ->
  (forall q, In q (quantities net) ->
     forall t, lasts len q t = true -> computed net len (name q) t = false ->
     forall i j, (i < height q)%nat -> (j < width q)%nat ->
     exists l, D (fun x => E x (name q) t i j) s l) ->
  targets_sum_to_one net (E s) ->
  side len (E s) ->
  seeds_of goal seed ->
  solves net len adj (E s) seed B ->
  loss_of net len goal E s seed L ->
  D L s (fun v => free_change net len B
    (fun u t i j => directional (fun x => E x u t i j) s v)).

(* Conditions that are enough for every equation to be differentiable. *)
Definition suffices (net : network) (side : (nat -> Z) -> values -> Prop) : Prop :=
  forall len E, (forall n, (0 <= len n)%Z) -> trajectory net len E -> targets_sum_to_one net E -> side len E ->
  regular_at net len E.

(* -- local conditions ---------------------------------------------------------------------------------------------------- *)

Section Conditions.
Variables (net : network) (len : nat -> Z).

Definition holds_in (st : stage) (t : Z) : Prop := (moment len (from st) <= t <= moment len (upto st))%Z.

(* No name is declared twice. *)
Fixpoint distinct (l : list string) : bool :=
  match l with
  | nil => true
  | a :: rest => (negb (existsb (String.eqb a) rest) && distinct rest)%bool
  end.

(* Every equation has operands that fit, and its quantity has its size and lasts as long as its stage. *)
Definition well_sized : Prop :=
  all (nodes net) (fun n => let '(st, (v, e)) := n in
    fits (size net) e /\ rows (size net) e = fst (size net v) /\ cols (size net) e = snd (size net v)
    /\ match find (fun q => String.eqb (name q) v) (quantities net) with
       | Some q => forall t, holds_in st t -> (moment len (first q) <= t <= moment len (last q))%Z
       | None => False
       end).

(* What is read lasts. *)
Definition well_read : Prop :=
  all (nodes net) (fun n => let '(st, (v, e)) := n in
    all (reads e) (fun r => let '(u, w) := r in
      match find (fun q => String.eqb (name q) u) (quantities net) with
      | Some q => forall t, holds_in st t -> (moment len (first q) <= step_of len t w <= moment len (last q))%Z
      | None => True
      end)).

(* No quantity is computed twice at the same step. *)
Fixpoint apart (l : list (stage * (string * expr))) : Prop :=
  match l with
  | nil => True
  | a :: rest =>
      all rest (fun b =>
        if String.eqb (fst (snd a)) (fst (snd b)) then forall t, holds_in (fst a) t -> holds_in (fst b) t -> False else True)
      /\ apart rest
  end.

(* Everything is computed before it is read: in an earlier stage, at an earlier step, or earlier in the step. *)
Definition defines (st : stage) (u : string) : bool := existsb (fun p => String.eqb (fst p) u) (equations st).

Definition earlier (st : stage) (before : list string) (u : string) (w : when) : Prop :=
  if defines st u
  then forall t, holds_in st t -> holds_in st (step_of len t w) ->
       if existsb (String.eqb u) before
       then if upwards st then (step_of len t w <= t)%Z else (t <= step_of len t w)%Z
       else if upwards st then (step_of len t w < t)%Z else (t < step_of len t w)%Z
  else True.

Definition not_later (st : stage) (rest : list stage) (u : string) (w : when) : Prop :=
  all rest (fun st' => if defines st' u then forall t, holds_in st t -> holds_in st' (step_of len t w) -> False else True).

Fixpoint step_ordered (st : stage) (rest : list stage) (before : list string) (l : list (string * expr)) : Prop :=
  match l with
  | nil => True
  | (v, e) :: more =>
      all (reads e) (fun r => earlier st before (fst r) (snd r) /\ not_later st rest (fst r) (snd r))
      /\ step_ordered st rest (v :: before) more
  end.

Fixpoint ordered (l : list stage) : Prop :=
  match l with
  | nil => True
  | st :: rest => step_ordered st rest nil (equations st) /\ ordered rest
  end.

Definition well_formed : Prop :=
  distinct (map name (quantities net)) = true /\ well_sized /\ well_read /\ apart (nodes net) /\ ordered (stages net).

End Conditions.
