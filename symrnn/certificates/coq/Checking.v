(* How a certificate is checked: tactics that prove `derived` for one network, one entry of one adjoint equation at a time.

   Here: the facts that a check may use (equations v = f(z), by which derivatives are written in the output; the adjoint of the
   loss and of a softmax), and the tactics. Nothing here adds to what is proved: a wrong tactic can only fail.
   Not here: the statement (Networks) and its proof (Backpropagation). *)

From Coq Require Import Reals Lra Lia List ZArith Bool String Arith Setoid Morphisms.
From Symrnn Require Import Sums Calculus Expressions Networks Backpropagation Existence.
Import ListNotations.
Open Scope R_scope.

(* -- facts --------------------------------------------------------------------------------------------------------------- *)

Section Facts.
Variables (net : network) (adj : adjoints) (len : nat -> Z) (E seed B : values).

Definition is_function (e : expr) : bool := match e with Apply _ _ | Softmax _ => true | _ => false end.

(* The equations that are a function of something. *)
Lemma function_equations :
  trajectory net len E ->
  all (filter (fun n => is_function (snd (snd n))) (nodes net)) (fun n => let '(st, (v, e)) := n in
    forall t, holds_in len st t -> forall i j, (i < fst (size net v))%nat -> (j < snd (size net v))%nat ->
    E v t i j = eval (size net) len E no_adjoints t e i j).
Proof.
  intros T. apply all_in. intros [st [v e]] I. apply filter_In in I. destruct I as [I _].
  intros t H i j. apply (T st v e t I). apply in_stage_holds, H.
Qed.

Definition is_softmax (e : expr) : bool := match e with Softmax _ => true | _ => false end.

(* The adjoint of the loss and of every softmax, if it is given by equations of its own step alone. *)
Lemma adjoints_now (loss : string) :
  solves net len adj E seed B -> well_formed net len ->
  all (combine (seq 0 (List.length (stages net))) (stages net)) (fun ns =>
    all (filter (fun p => (is_softmax (snd p) || String.eqb (fst p) loss)%bool) (equations (snd ns))) (fun p =>
      if forallb (fun a => (same_number (of_stage a) (fst ns) && same_when (reading a) now)%bool) (parts adj (fst p))
      then forall t, holds_in len (snd ns) t ->
           forall i j, (i < fst (size net (fst p)))%nat -> (j < snd (size net (fst p)))%nat ->
           B (fst p) t i j
           = seed (fst p) t i j + lsum (parts adj (fst p)) (fun a => eval (size net) len E B t (term a) i j)
      else True)).
Proof.
  intros Sol F. apply all_in. intros [n st] I. apply all_in. intros [v e] J. simpl. apply filter_In in J. destruct J as [J _].
  destruct (forallb _ _) eqn:X; [|constructor]. intros t H i j Hi Hj.
  assert (Nth : nth n (stages net) nowhere = st /\ In st (stages net)).
  { clear - I. revert I. assert (G : forall l k, In (n, st) (combine (seq k (List.length l)) l) ->
      nth (n - k) l nowhere = st /\ (k <= n)%nat /\ In st l).
    { induction l as [|a l IH]; simpl; intros k I; [destruct I|]. destruct I as [I|I].
      - inversion I; subst. rewrite Nat.sub_diag. auto.
      - destruct (IH _ I) as (N & L & K). split; [|split; [lia|auto]].
        replace (n - k)%nat with (S (n - S k)) by lia. exact N. }
    intros I. destruct (G _ _ I) as (N & _ & K). rewrite Nat.sub_0_r in N. auto. }
  destruct Nth as [Nth K].
  assert (Nd : In (st, (v, e)) (nodes net)).
  { unfold nodes. apply in_flat_map. exists st. split; [exact K|]. apply in_map, J. }
  destruct (node_sized net len F st v e Nd) as (_ & _ & _ & q & Iq & <- & L).
  rewrite (size_of net len F q Iq) in Hi, Hj. simpl in Hi, Hj.
  rewrite (Sol q Iq t (L t (proj2 (in_stage_holds len st t) H)) i j Hi Hj). f_equal.
  apply lsum_ext. intros a Ia. rewrite forallb_forall in X. specialize (X a Ia). apply andb_true_iff in X.
  destruct X as [Xn Xw]. rewrite same_number_eqb in Xn. apply Nat.eqb_eq in Xn. apply same_when_spec in Xw.
  rewrite Xn, Xw, Nth. unfold handed, now. rewrite Z.add_0_r.
  rewrite (proj2 (in_stage_holds len st t) H). reflexivity.
Qed.

Lemma targets_one :
  targets_sum_to_one net E ->
  all (sums_to_one net) (fun y => forall t j, (j < snd (size net y))%nat -> fsum (fst (size net y)) (fun i => E y t i j) = 1).
Proof. intros H. apply all_in. exact H. Qed.

Lemma all_equations :
  trajectory net len E ->
  all (nodes net) (fun n => let '(st, (v, e)) := n in
    forall t, holds_in len st t -> forall i j, (i < fst (size net v))%nat -> (j < snd (size net v))%nat ->
    E v t i j = eval (size net) len E no_adjoints t e i j).
Proof.
  intros T. apply all_in. intros [st [v e]] I t H i j. apply (T st v e t I). apply in_stage_holds, H.
Qed.

(* Conditions, one by one. *)
Lemma spelt_out conditions :
  under net conditions len E ->
  all conditions (fun c => match c with
    | Nonzero n e => forall t, holds_in len (nth n (stages net) nowhere) t ->
        forall i j, (i < rows (size net) e)%nat -> (j < cols (size net) e)%nat ->
        eval (size net) len E no_adjoints t e i j <> 0
    | Positive n e => forall t, holds_in len (nth n (stages net) nowhere) t ->
        forall i j, (i < rows (size net) e)%nat -> (j < cols (size net) e)%nat ->
        0 < eval (size net) len E no_adjoints t e i j
    end).
Proof.
  unfold under. rewrite !all_in. intros H c I. specialize (H c I).
  destruct c as [n e|n e]; intros t Ht; apply H; apply in_stage_holds, Ht.
Qed.

(* Where every equation is differentiable, equation by equation. *)
Lemma regular_everywhere :
  all (nodes net) (fun n => let '(st, (v, e)) := n in
    forall t, holds_in len st t -> domain (size net) len E no_adjoints t e) ->
  regular_at net len E.
Proof.
  intros H st v e t I Hs. rewrite all_in in H. specialize (H _ I). simpl in H. apply H, in_stage_holds, Hs.
Qed.

End Facts.

(* A softmax with c times the cross-entropy: c (p - y), for targets that sum to one. *)
Lemma softmax_closed n (z b y : matrix) c i j :
  (i < n)%nat -> (forall k, (k < n)%nat -> b k j = - (y k j * c / softmax n z k j)) -> fsum n (fun k => y k j) = 1 ->
  softmax n z i j * (b i j - fsum n (fun k => softmax n z k j * b k j)) = c * (softmax n z i j - y i j).
Proof.
  intros Hi Hb One.
  assert (P : forall k, (k < n)%nat -> softmax n z k j <> 0).
  { intros k Hk. unfold softmax. apply Rgt_not_eq, Rdiv_lt_0_compat; [apply exp_pos|apply (exp_sum_pos n z k j Hk)]. }
  rewrite (fsum_ext n _ (fun k => - c * y k j)).
  - rewrite fsum_scal_l, One, Hb by exact Hi. field. apply P, Hi.
  - intros k Hk. rewrite Hb by exact Hk. field. apply P, Hk.
Qed.

(* The reverse pass of a softmax, written in its output. *)
Lemma softmax_open n (z p : matrix) i j g h :
  (i < n)%nat -> (forall k, (k < n)%nat -> p k j = softmax n z k j) ->
  softmax n z i j * (g - fsum n (fun k => softmax n z k j * h k)) = p i j * g - p i j * fsum n (fun k => p k j * h k).
Proof.
  intros Hi Hp. rewrite <- (Hp i Hi). rewrite (fsum_ext n (fun k => softmax n z k j * h k) (fun k => p k j * h k)); [ring|].
  intros k Hk. rewrite (Hp k Hk). reflexivity.
Qed.

(* The Jacobian of a softmax, diag(p) - p p', times a column; and I - p 1'. *)
Lemma fsum_diagonal_minus n i (a : R) (b g : nat -> R) :
  (i < n)%nat ->
  fsum n (fun k => ((if Nat.eqb i k then a else 0) + -1 * b k) * g k) = a * g i - fsum n (fun k => b k * g k).
Proof.
  intros Hi.
  rewrite (fsum_ext n _ (fun k => (if Nat.eqb k i then a * g k else 0) + -1 * (b k * g k))).
  - rewrite fsum_plus, fsum_scal_l, fsum_delta. destruct (Nat.ltb_spec i n); [ring|lia].
  - intros k _. destruct (Nat.eqb_spec i k), (Nat.eqb_spec k i); try lia; ring.
Qed.

#[export] Instance fsum_proper : Proper (eq ==> pointwise_relation nat eq ==> eq) fsum.
Proof. intros n m <- f g H. apply fsum_ext. intros. apply H. Qed.

(* -- computing with names ------------------------------------------------------------------------------------------------ *)

(* Unfolds the data and everything that is decided by names and times; leaves entries, sums and sizes alone. *)
Declare Reduction names := lazy beta iota zeta delta
  [all nub existsb forallb filter find flat_map map fst snd app combine seq nth skipn List.length negb andb orb
   String.eqb Ascii.eqb Bool.eqb Z.eqb Pos.eqb Init.Nat.pred same_number same_when same_time
   quantities constants stages sums_to_one name height width first last constant_name constant_height constant_width
   from upto upwards equations of_stage reading term nodes nowhere size parts lsum
   fits rows cols shape reads same_shape given eval domain look moment step_of now always value slope regular
   in_stage holds_in unit_seed no_adjoints
   distinct well_formed well_sized well_read apart ordered step_ordered earlier not_later defines
   goal_formed adjoints_fit adjoints_ordered bars names_before readings agrees printed swept gifts is_function is_softmax].

Ltac compute_in H := let T := type of H in let T' := eval names in T in change_no_check T' in H.

Ltac compute_goal := match goal with |- ?T => let T' := eval names in T in change_no_check T' end.

Ltac reveal x := (* unfolds the name at the head *)
  match x with
  | ?f _ => reveal f
  | _ => try unfold x
  end.

Ltac parts_of_goal := repeat match goal with |- _ /\ _ => split | |- True => exact I end.

(* Opens a computed conjunction of facts. *)
Ltac open H :=
  match type of H with
  | _ /\ _ => let A := fresh "fact" in let R := fresh in destruct H as [A R]; open A; open R
  | True => clear H
  | _ => idtac
  end.

(* -- sizes, times and order ---------------------------------------------------------------------------------------------- *)

Ltac lengths :=
  repeat match goal with
    | Len : forall n, (0 <= ?len n)%Z |- context [?len ?k] =>
        lazymatch goal with P : (0 <= len k)%Z |- _ => fail | _ => assert ((0 <= len k)%Z) by apply Len end
    end.

Ltac sizes := compute_goal; parts_of_goal; try reflexivity; intros; lengths; try lia.

(* -- one entry ----------------------------------------------------------------------------------------------------------- *)

Ltac column :=
  repeat match goal with
    | H : (?k < 1)%nat |- _ => is_var k; assert (k = 0%nat) by lia; subst k
    end.

(* The only step of a stage that is carried out once. *)
Ltac only_step :=
  repeat match goal with
    | H : (?a <= ?t <= ?b)%Z |- _ => is_var t; let e := fresh in assert (e : t = a) by lia; subst t
    end.

Ltac one_terms := repeat (setoid_rewrite fsum_one).

(* Divisions as products with inverses, numbers of times as numbers, so that `ring` decides. *)
Ltac inverses := unfold Rdiv; repeat (rewrite Rinv_mult || rewrite <- pow_inv); cbn [INR].

Ltac plain := first [reflexivity | ring | progress inverses; ring].

(* Blocks and diagonals, by cases. *)
Ltac cases :=
  repeat match goal with
    | |- context [Nat.eqb ?a ?b] => destruct (Nat.eqb_spec a b); try (exfalso; lia); try subst
    | |- context [Nat.ltb ?a ?b] => destruct (Nat.ltb_spec a b); try (exfalso; lia)
    | |- context [Nat.leb ?a ?b] => destruct (Nat.leb_spec a b); try (exfalso; lia)
    end;
  cbv iota; rewrite ?Nat.sub_0_r.

(* The same sum in two forms, for as many sums as there are. *)
Ltac same_sums close :=
  rewrite <- ?fsum_scal_l, <- ?fsum_scal_r;
  repeat match goal with
    | |- context [fsum ?n ?f] =>
        match goal with
        | |- context [fsum n ?g] =>
            lazymatch g with f => fail | _ => idtac end;
            let e := fresh in assert (e : fsum n g = fsum n f) by (apply fsum_ext; intros; close); rewrite e; clear e
        end
    end.

Ltac use_facts :=
  repeat match goal with F : forall t : Z, _ |- _ => rewrite F by (assumption || lia) end.

(* A softmax whose adjoint is given back, and with a cross-entropy in closed form. *)
Ltac closed_softmax_times c :=
  match goal with
  | One : forall t j, _ -> fsum ?n (fun i => ?E ?y t i j) = 1
    |- context [softmax ?n ?z ?i ?j * (?B ?v ?t ?i ?j - fsum ?n (fun k => softmax ?n ?z k ?j * ?B ?v ?t k ?j))] =>
      rewrite (softmax_closed n z (B v t) (E y t) c i j);
        [ | assumption | intros; use_facts; one_terms; plain | apply One; assumption ]
  end.

Ltac closed_softmax :=
  first [ closed_softmax_times 1
        | match goal with |- context [?B ?l ?t 0%nat 0%nat] => closed_softmax_times (B l t 0%nat 0%nat) end ].

Ltac open_softmax :=
  match goal with
  | F : forall r : Z, _ -> forall a b : nat, _ -> _ -> ?E ?p r a b = softmax ?n (?E ?z r) a b
    |- context [softmax ?n (?E ?z ?t) ?i ?j * (?g - fsum ?n (fun k => softmax ?n (?E ?z ?t) k ?j * @?h k))] =>
      rewrite (softmax_open n (E z t) (E p t) i j g h); [ | assumption | intros; apply F; first [assumption | lia] ]
  end.

Ltac jacobians :=
  repeat match goal with
    | |- context [fsum ?n (fun k => ((if Nat.eqb ?i k then ?a else 0) + -1 * @?b k) * @?g k)] =>
        rewrite (fsum_diagonal_minus n i a b g) by assumption; cbv beta
    end.

Ltac outputs := use_facts; rewrite ?step_relu; unfold Rdiv; rewrite ?softplus_output.

Ltac body := first
  [ plain
  | progress cases; plain
  | progress (same_sums body); plain
  | progress outputs; plain
  | progress outputs; lra
  ].

Ltac decided := intros; only_step; column; one_terms; jacobians;
  first [body | closed_softmax; outputs; plain | open_softmax; body].

(* What `check` does with one entry; redefined where it is asked which of them are open. *)
Ltac entry := decided.

(* -- a certificate ------------------------------------------------------------------------------------------------------- *)

(* What may be used for one entry; the rest of the context is cleared, so that it stays small. *)
Ltac facts aim Traj One Reg Seed Sol Formed :=
  apply function_equations in Traj;
  let J := lazymatch aim with Total ?J => J | _ => constr:(EmptyString) end in
  let Now := fresh in
  pose proof (adjoints_now _ _ _ _ _ _ J Sol Formed) as Now;
  apply targets_one in One;
  clear Sol Formed Reg;
  lazymatch aim with
  | Total _ => simpl in Seed; subst
  | _ => clear Seed
  end;
  compute_in Now; compute_in Traj; compute_in One; open Traj; open One; open Now.

(* Proves `certified net adj goal (regular_at net)`. *)
Ltac check :=
  apply derived_certified;
  match goal with |- derived ?n ?a ?g => reveal n; reveal a; reveal g end;
  match goal with |- derived ?net _ ?aim =>
    split; [sizes|]; split; [sizes|];
    let len := fresh "len" in let Len := fresh "Len" in let Formed := fresh "Formed" in
    intros len Len; assert (Formed : well_formed net len) by sizes; split; [exact Formed|];
    let E := fresh "E" in let B := fresh "B" in let seed := fresh "seed" in
    let Traj := fresh "Traj" in let One := fresh "One" in let Reg := fresh "Reg" in
    let Seed := fresh "Seed" in let Sol := fresh "Sol" in
    intros E seed B Traj One Reg Seed Sol; facts aim Traj One Reg Seed Sol Formed; compute_goal; parts_of_goal; entry
  end.

(* Proves `solvable net adj`. *)
Ltac order :=
  match goal with |- solvable ?n ?a => reveal n; reveal a end;
  apply ordered_solvable; let Len := fresh "Len" in intros ? Len; split; sizes.

(* -- where it is differentiable ------------------------------------------------------------------------------------------ *)

Lemma softmax_pos n z i j : (i < n)%nat -> 0 < softmax n z i j.
Proof. intros H. unfold softmax. apply Rdiv_lt_0_compat; [apply exp_pos|apply (exp_sum_pos n z i j H)]. Qed.

Lemma square_nonneg x : 0 <= x * x.
Proof. apply Rle_0_sqr. Qed.

Lemma inverse_nonneg x : 0 <= x -> 0 <= / x.
Proof. intros [H|<-]; [left; apply Rinv_0_lt_compat, H|rewrite Rinv_0; lra]. Qed.

Lemma relu_nonneg x : 0 <= relu x.
Proof. apply Rmax_r. Qed.

(* A number is positive, not negative, or not zero: by a condition, by its form, or by the equation that defines it. *)
Ltac by_condition := match goal with F : forall t : Z, _ |- _ => eapply F; first [eassumption | lia] end.

Ltac by_equation E v t i j :=
  match goal with F : forall t : Z, _ -> forall i j, _ -> _ -> E v t i j = _ |- _ => rewrite (F t) by (assumption || lia) end.

Ltac positive := first
  [ by_condition
  | lazymatch goal with
    | |- 0 < _ + _ => first [apply Rplus_le_lt_0_compat; [nonnegative|positive]
                            | apply Rplus_lt_le_0_compat; [positive|nonnegative]]
    | |- 0 < _ * _ => apply Rmult_lt_0_compat; positive
    | |- 0 < _ / _ => apply Rdiv_lt_0_compat; positive
    | |- 0 < / _ => apply Rinv_0_lt_compat; positive
    | |- 0 < exp _ => apply exp_pos
    | |- 0 < sigmoid _ => apply sigmoid_pos
    | |- 0 < softplus _ => apply softplus_pos
    | |- 0 < softmax _ _ _ _ => apply softmax_pos; assumption
    | |- 0 < sqrt _ => apply sqrt_lt_R0; positive
    | |- 0 < fsum 1 _ => rewrite fsum_one; positive
    | |- 0 < ?E ?v ?t ?i ?j => by_equation E v t i j; positive
    | |- _ => lra
    end
  ]
with nonnegative :=
  lazymatch goal with
  | |- 0 <= ?x * ?x => apply square_nonneg
  | |- 0 <= relu _ => apply relu_nonneg
  | |- 0 <= Rabs _ => apply Rabs_pos
  | |- 0 <= INR _ => apply pos_INR
  | |- 0 <= _ + _ => apply Rplus_le_le_0_compat; nonnegative
  | |- 0 <= _ * _ => apply Rmult_le_pos; nonnegative
  | |- 0 <= _ / _ => apply Rmult_le_pos; nonnegative
  | |- 0 <= / _ => apply inverse_nonneg; nonnegative
  | |- 0 <= fsum _ _ => apply fsum_nonneg; intros; nonnegative
  | |- 0 <= ?E ?v ?t ?i ?j => first [left; by_condition | by_equation E v t i j; nonnegative]
  | |- _ => first [lra | left; positive]
  end.

Ltac nonzero := first
  [ by_condition
  | lazymatch goal with |- ?E ?v ?t ?i ?j <> 0 => by_equation E v t i j; nonzero end
  | apply Rgt_not_eq, Rlt_gt; positive ].

(* Proves `suffices net (under net conditions)`. *)
Ltac settle :=
  match goal with |- suffices ?n (under _ ?c) => reveal n; reveal c end;
  let len := fresh "len" in let E := fresh "E" in let Len := fresh "Len" in
  let Traj := fresh "Traj" in let One := fresh "One" in let Side := fresh "Side" in
  intros len E Len Traj One Side; apply regular_everywhere;
  apply all_equations in Traj; compute_in Traj; open Traj;
  apply spelt_out in Side; compute_in Side; open Side; clear One;
  compute_goal;
  repeat match goal with |- _ /\ _ => split | |- True => exact I | |- forall _, _ => intro end;
  only_step; column;
  lazymatch goal with
  | |- _ <> _ => nonzero
  | |- _ => positive
  end.
