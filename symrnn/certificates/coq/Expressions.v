(* Matrix expressions as data: what they mean, their differential, and what they give back to each quantity that they read.

   Here: the syntax of the right-hand sides of a cell's equations and of its adjoint equations (one constructor for each node of
   symrnn/algebra/nodes.py), sizes, values, the differential `tangent`, the reverse pass `given`, and the two theorems about one
   expression: `tangent_exact` (calculus) and `given_exact` (the reverse pass is the adjoint of the differential).
   Not here: equations and time (Networks).

   The data types, for whoever writes them:

     time      Fixed k           the step k                                      k : Z
               Length n k        the step len n + k, where len n is the n-th symbolic number of steps (T is Length 0 0)
               Lengths n m k     the step len n + len m + k, for what follows something of another length
     when      Ago k             k steps before the current step t, t - k        k : Z, negative for a later step
               At tau            one step                                        tau : time
               `now` is Ago 0; `always` is At (Fixed 0), the time of what does not change: parameters, constants

     Var u w        the quantity called u (a string) at w: Var "h" (Ago 1) is h[t-1], Var "W_hh" always is W_hh
     Bar u w        the adjoint of the quantity u at w; only in adjoint equations
     Number c n m   the n x m matrix with c : R everywhere: ones, zeros, a number
     Eye n          the identity matrix
     Add a b        a + b
     Scale c a      c a for a real number c : R (it may depend on sizes: 1 / INR (4 * H))
     Multiple s a   s a for s of one row and one column
     Mul a b        the matrix product
     Transpose a
     Diag a         the diagonal matrix of a column
     Had a b        the elementwise product
     Quot a b       the elementwise quotient
     Power a n      the elementwise power, n : nat
     Apply f a      f of every entry, f one of Calculus.function
     Softmax a, LogSoftmax a          column by column
     Concat a b     a above b
     Slice a first count              the rows first .. first+count-1
     Trace a        as a matrix of one row and column

   Sizes are Gallina terms of type nat, in which the sizes of the cell are variables. *)

From Coq Require Import Reals Lra Lia List ZArith Bool String.
From Coquelicot Require Import Coquelicot.
From Symrnn Require Import Sums Calculus.
Open Scope R_scope.

(* -- syntax -------------------------------------------------------------------------------------------------------------- *)

Inductive time :=
  | Fixed (k : Z)
  | Length (n : nat) (k : Z)
  | Lengths (n m : nat) (k : Z).

Inductive when :=
  | Ago (k : Z)
  | At (tau : time).

Definition now : when := Ago 0.
Definition always : when := At (Fixed 0).

Inductive expr :=
  | Var (u : string) (w : when)
  | Bar (u : string) (w : when)
  | Number (c : R) (n m : nat)
  | Eye (n : nat)
  | Add (a b : expr)
  | Scale (c : R) (a : expr)
  | Multiple (s a : expr)
  | Mul (a b : expr)
  | Transpose (a : expr)
  | Diag (a : expr)
  | Had (a b : expr)
  | Quot (a b : expr)
  | Power (a : expr) (n : nat)
  | Apply (f : function) (a : expr)
  | Softmax (a : expr)
  | LogSoftmax (a : expr)
  | Concat (a b : expr)
  | Slice (a : expr) (first count : nat)
  | Trace (a : expr).

(* Equality of two numbers; a copy of Nat.eqb, so that names can be computed without touching the indices of entries. *)
Fixpoint same_number (n m : nat) : bool :=
  match n, m with
  | O, O => true
  | S n, S m => same_number n m
  | _, _ => false
  end.

Lemma same_number_eqb n m : same_number n m = Nat.eqb n m.
Proof. revert m. induction n as [|n IH]; destruct m as [|m]; simpl; auto. Qed.

Definition same_time (a b : time) : bool :=
  match a, b with
  | Fixed k, Fixed l => Z.eqb k l
  | Length n k, Length m l => (same_number n m && Z.eqb k l)%bool
  | Lengths n m k, Lengths n' m' l => (same_number n n' && same_number m m' && Z.eqb k l)%bool
  | _, _ => false
  end.

Definition same_when (a b : when) : bool :=
  match a, b with
  | Ago k, Ago l => Z.eqb k l
  | At a, At b => same_time a b
  | _, _ => false
  end.

Lemma same_number_spec n m : same_number n m = true <-> n = m.
Proof. rewrite same_number_eqb. apply Nat.eqb_eq. Qed.

Lemma same_time_spec a b : same_time a b = true <-> a = b.
Proof.
  destruct a, b; simpl; rewrite ?andb_true_iff, ?same_number_spec, ?Z.eqb_eq; split; intros H;
    try discriminate; try (inversion H; auto; fail); f_equal; tauto.
Qed.

Lemma same_when_spec a b : same_when a b = true <-> a = b.
Proof.
  destruct a, b; simpl; rewrite ?Z.eqb_eq, ?same_time_spec; split; intros H; try discriminate; congruence.
Qed.

(* The readings of an expression, from left to right. *)
Fixpoint reads (e : expr) : list (string * when) :=
  match e with
  | Var u w => (u, w) :: nil
  | Bar _ _ | Number _ _ _ | Eye _ => nil
  | Add a b | Multiple a b | Mul a b | Had a b | Quot a b | Concat a b => reads a ++ reads b
  | Scale _ a | Transpose a | Diag a | Power a _ | Apply _ a | Softmax a | LogSoftmax a | Slice a _ _ | Trace a => reads a
  end.

(* -- two adjoints of columns ---------------------------------------------------------------------------------------------- *)

Lemma softmax_adjoint n m (p g d : matrix) :
  inner n m g (fun i j => p i j * (d i j - fsum n (fun k => p k j * d k j)))
  = inner n m (fun i j => p i j * (g i j - fsum n (fun k => p k j * g k j))) d.
Proof.
  unfold inner. rewrite fsum_swap. rewrite (fsum_swap n m). apply fsum_ext. intros j _.
  rewrite (fsum_ext n _ (fun i => g i j * p i j * d i j + - (fsum n (fun k => p k j * d k j)) * (p i j * g i j)))
    by (intros; ring).
  rewrite (fsum_ext n (fun i => p i j * (g i j - fsum n (fun k => p k j * g k j)) * d i j)
             (fun i => g i j * p i j * d i j + - (fsum n (fun k => p k j * g k j)) * (p i j * d i j))) by (intros; ring).
  rewrite !fsum_plus, !fsum_scal_l. ring.
Qed.

Lemma log_softmax_adjoint n m (p g d : matrix) :
  inner n m g (fun i j => d i j - fsum n (fun k => p k j * d k j))
  = inner n m (fun i j => g i j - p i j * fsum n (fun k => g k j)) d.
Proof.
  unfold inner. rewrite fsum_swap. rewrite (fsum_swap n m). apply fsum_ext. intros j _.
  rewrite (fsum_ext n _ (fun i => g i j * d i j + - (fsum n (fun k => p k j * d k j)) * g i j)) by (intros; ring).
  rewrite (fsum_ext n (fun i => (g i j - p i j * fsum n (fun k => g k j)) * d i j)
             (fun i => g i j * d i j + - (fsum n (fun k => g k j)) * (p i j * d i j))) by (intros; ring).
  rewrite !fsum_plus, !fsum_scal_l. ring.
Qed.

(* -- and their derivatives ------------------------------------------------------------------------------------------------ *)

(* The softmax of the columns of a matrix of n rows. *)
Definition softmax (n : nat) (z : matrix) : matrix := fun i j => exp (z i j) / fsum n (fun k => exp (z k j)).

Lemma exp_sum_pos n (z : matrix) i j : (i < n)%nat -> 0 < fsum n (fun k => exp (z k j)).
Proof. intros H. apply fsum_pos; [lia|]. intros. apply exp_pos. Qed.

Lemma softmax_sum n (p d : matrix) (c : R) j :
  fsum n (fun k => p k j / c * d k j) = fsum n (fun k => p k j * d k j) / c.
Proof. unfold Rdiv. rewrite <- fsum_scal_r. apply fsum_ext. intros. ring. Qed.

Lemma D_exp_sum {U : NormedModule R_AbsRing} n (z dz : U -> matrix) (s : U) j :
  (forall k, (k < n)%nat -> D (fun x => z x k j) s (fun v => dz v k j)) ->
  D (fun x => fsum n (fun k => exp (z x k j))) s (fun v => fsum n (fun k => exp (z s k j) * dz v k j)).
Proof. intros H. apply D_fsum. intros k Hk. apply (D_comp exp); [apply (slope_exact Exp); exact I|apply H, Hk]. Qed.

Lemma D_softmax {U : NormedModule R_AbsRing} n (z dz : U -> matrix) (s : U) i j :
  (i < n)%nat -> (forall k, (k < n)%nat -> D (fun x => z x k j) s (fun v => dz v k j)) ->
  D (fun x => exp (z x i j) / fsum n (fun k => exp (z x k j))) s
    (fun v => softmax n (z s) i j * (dz v i j - fsum n (fun k => softmax n (z s) k j * dz v k j))).
Proof.
  intros Hi H. assert (P := exp_sum_pos n (z s) i j Hi). unfold softmax.
  eapply D_ext_lin.
  - apply (D_div (fun x => exp (z x i j))); [apply Rgt_not_eq, P| |apply D_exp_sum, H].
    apply (D_comp exp); [apply (slope_exact Exp); exact I|apply H, Hi].
  - intros v. simpl. rewrite (softmax_sum n (fun k j => exp (z s k j))). field. apply Rgt_not_eq, P.
Qed.

Lemma D_log_softmax {U : NormedModule R_AbsRing} n (z dz : U -> matrix) (s : U) i j :
  (i < n)%nat -> (forall k, (k < n)%nat -> D (fun x => z x k j) s (fun v => dz v k j)) ->
  D (fun x => z x i j - ln (fsum n (fun k => exp (z x k j)))) s
    (fun v => dz v i j - fsum n (fun k => softmax n (z s) k j * dz v k j)).
Proof.
  intros Hi H. assert (P := exp_sum_pos n (z s) i j Hi). unfold softmax.
  eapply D_ext; [intros x; unfold Rminus; reflexivity|].
  eapply D_ext_lin.
  - apply D_plus; [apply H, Hi|]. apply (D_comp (fun y => - y)); [apply is_derive_opp_id|].
    apply (D_comp ln); [apply (slope_exact Log), P|apply D_exp_sum, H].
  - intros v. simpl. rewrite (softmax_sum n (fun k j => exp (z s k j))). field. apply Rgt_not_eq, P.
Qed.

(* -- sizes --------------------------------------------------------------------------------------------------------------- *)

Section Sizes.
Variable size : string -> nat * nat.  (* the rows and columns of every quantity *)

Fixpoint shape (e : expr) : nat * nat :=
  match e with
  | Var u _ | Bar u _ => size u
  | Number _ n m => (n, m)
  | Eye n => (n, n)
  | Add a _ | Scale _ a | Multiple _ a | Had a _ | Quot a _ | Power a _ | Apply _ a | Softmax a | LogSoftmax a => shape a
  | Mul a b => (fst (shape a), snd (shape b))
  | Transpose a => (snd (shape a), fst (shape a))
  | Diag a => (fst (shape a), fst (shape a))
  | Concat a b => ((fst (shape a) + fst (shape b))%nat, snd (shape a))
  | Slice a _ count => (count, snd (shape a))
  | Trace _ => (1%nat, 1%nat)
  end.

Definition rows (e : expr) : nat := fst (shape e).
Definition cols (e : expr) : nat := snd (shape e).

Definition same_shape (a b : expr) : Prop := rows a = rows b /\ cols a = cols b.

(* Every operation is applied to matrices of sizes that fit. *)
Fixpoint fits (e : expr) : Prop :=
  match e with
  | Var _ _ | Bar _ _ | Number _ _ _ | Eye _ => True
  | Add a b | Had a b | Quot a b => fits a /\ fits b /\ same_shape a b
  | Scale _ a | Transpose a | Power a _ | Apply _ a | Softmax a | LogSoftmax a => fits a
  | Multiple s a => fits s /\ fits a /\ rows s = 1%nat /\ cols s = 1%nat
  | Mul a b => fits a /\ fits b /\ cols a = rows b
  | Diag a => fits a /\ cols a = 1%nat
  | Concat a b => fits a /\ fits b /\ cols a = cols b
  | Slice a first count => fits a /\ (first + count <= rows a)%nat
  | Trace a => fits a /\ rows a = cols a
  end.

(* -- values -------------------------------------------------------------------------------------------------------------- *)

Variable len : nat -> Z.  (* the symbolic numbers of steps *)

Definition moment (tau : time) : Z :=
  match tau with
  | Fixed k => k
  | Length n k => (len n + k)%Z
  | Lengths n m k => (len n + len m + k)%Z
  end.

Definition step_of (t : Z) (w : when) : Z :=
  match w with
  | Ago k => (t - k)%Z
  | At tau => moment tau
  end.

(* All quantities at all steps; what does not change is at step 0. *)
Definition values := string -> Z -> matrix.

(* A quantity at w, with Ago 0 written as t itself. *)
Definition look (E : values) (u : string) (w : when) (t : Z) : matrix :=
  match w with
  | Ago 0 => E u t
  | _ => E u (step_of t w)
  end.

Lemma look_eq E u w t : look E u w t = E u (step_of t w).
Proof. destruct w as [[|k|k]|tau]; simpl; try reflexivity. rewrite Z.sub_0_r. reflexivity. Qed.

Fixpoint eval (E B : values) (t : Z) (e : expr) : matrix :=
  match e with
  | Var u w => look E u w t
  | Bar u w => look B u w t
  | Number c _ _ => fun _ _ => c
  | Eye _ => fun i j => if Nat.eqb i j then 1 else 0
  | Add a b => fun i j => eval E B t a i j + eval E B t b i j
  | Scale c a => fun i j => c * eval E B t a i j
  | Multiple s a => fun i j => eval E B t s 0%nat 0%nat * eval E B t a i j
  | Mul a b => fun i j => fsum (cols a) (fun k => eval E B t a i k * eval E B t b k j)
  | Transpose a => fun i j => eval E B t a j i
  | Diag a => fun i j => if Nat.eqb i j then eval E B t a i 0%nat else 0
  | Had a b => fun i j => eval E B t a i j * eval E B t b i j
  | Quot a b => fun i j => eval E B t a i j / eval E B t b i j
  | Power a n => fun i j => eval E B t a i j ^ n
  | Apply f a => fun i j => value f (eval E B t a i j)
  | Softmax a => softmax (rows a) (eval E B t a)
  | LogSoftmax a => fun i j => eval E B t a i j - ln (fsum (rows a) (fun k => exp (eval E B t a k j)))
  | Concat a b => fun i j => if Nat.ltb i (rows a) then eval E B t a i j else eval E B t b (i - rows a)%nat j
  | Slice a first _ => fun i j => eval E B t a (first + i)%nat j
  | Trace a => fun _ _ => fsum (cols a) (fun k => eval E B t a k k)
  end.

(* The numbers at which the expression is differentiable: off kinks, inside domains, with denominators other than zero. *)
Fixpoint domain (E B : values) (t : Z) (e : expr) : Prop :=
  match e with
  | Var _ _ | Bar _ _ | Number _ _ _ | Eye _ => True
  | Add a b | Multiple a b | Mul a b | Had a b | Concat a b => domain E B t a /\ domain E B t b
  | Scale _ a | Transpose a | Diag a | Power a _ | Slice a _ _ | Trace a | Softmax a | LogSoftmax a => domain E B t a
  | Quot a b =>
      domain E B t a /\ domain E B t b
      /\ (forall i j, (i < rows b)%nat -> (j < cols b)%nat -> eval E B t b i j <> 0)
  | Apply f a =>
      domain E B t a /\ (forall i j, (i < rows a)%nat -> (j < cols a)%nat -> regular f (eval E B t a i j))
  end.

(* -- the differential ---------------------------------------------------------------------------------------------------- *)

(* d are the differentials of all quantities, in one direction. *)
Fixpoint tangent (E B d : values) (t : Z) (e : expr) : matrix :=
  match e with
  | Var u w => look d u w t
  | Bar _ _ | Number _ _ _ | Eye _ => fun _ _ => 0
  | Add a b => fun i j => tangent E B d t a i j + tangent E B d t b i j
  | Scale c a => fun i j => c * tangent E B d t a i j
  | Multiple s a => fun i j =>
      tangent E B d t s 0%nat 0%nat * eval E B t a i j + eval E B t s 0%nat 0%nat * tangent E B d t a i j
  | Mul a b => fun i j =>
      fsum (cols a) (fun k => tangent E B d t a i k * eval E B t b k j + eval E B t a i k * tangent E B d t b k j)
  | Transpose a => fun i j => tangent E B d t a j i
  | Diag a => fun i j => if Nat.eqb i j then tangent E B d t a i 0%nat else 0
  | Had a b => fun i j => tangent E B d t a i j * eval E B t b i j + eval E B t a i j * tangent E B d t b i j
  | Quot a b => fun i j =>
      tangent E B d t a i j / eval E B t b i j
      - eval E B t a i j * tangent E B d t b i j / (eval E B t b i j * eval E B t b i j)
  | Power a n => fun i j => INR n * eval E B t a i j ^ pred n * tangent E B d t a i j
  | Apply f a => fun i j => slope f (eval E B t a i j) * tangent E B d t a i j
  | Softmax a => fun i j =>
      softmax (rows a) (eval E B t a) i j
      * (tangent E B d t a i j - fsum (rows a) (fun k => softmax (rows a) (eval E B t a) k j * tangent E B d t a k j))
  | LogSoftmax a => fun i j =>
      tangent E B d t a i j - fsum (rows a) (fun k => softmax (rows a) (eval E B t a) k j * tangent E B d t a k j)
  | Concat a b => fun i j => if Nat.ltb i (rows a) then tangent E B d t a i j else tangent E B d t b (i - rows a)%nat j
  | Slice a first _ => fun i j => tangent E B d t a (first + i)%nat j
  | Trace a => fun _ _ => fsum (cols a) (fun k => tangent E B d t a k k)
  end.

(* -- the reverse pass ---------------------------------------------------------------------------------------------------- *)

(* What is given to one reading of a quantity: its name, when it is read, and the matrix. *)
Definition gift := (string * when * matrix)%type.

(* What an expression with the adjoint g gives to everything that it reads, from left to right. *)
Fixpoint given (E B : values) (t : Z) (e : expr) (g : matrix) : list gift :=
  match e with
  | Var u w => ((u, w), g) :: nil
  | Bar _ _ | Number _ _ _ | Eye _ => nil
  | Add a b => given E B t a g ++ given E B t b g
  | Scale c a => given E B t a (fun i j => c * g i j)
  | Multiple s a =>
      given E B t s (fun _ _ => fsum (cols a) (fun j => fsum (rows a) (fun i => g i j * eval E B t a i j)))
      ++ given E B t a (fun i j => eval E B t s 0%nat 0%nat * g i j)
  | Mul a b =>
      given E B t a (fun i k => fsum (cols b) (fun j => g i j * eval E B t b k j))
      ++ given E B t b (fun k j => fsum (rows a) (fun i => eval E B t a i k * g i j))
  | Transpose a => given E B t a (fun i j => g j i)
  | Diag a => given E B t a (fun i _ => g i i)
  | Had a b =>
      given E B t a (fun i j => g i j * eval E B t b i j) ++ given E B t b (fun i j => g i j * eval E B t a i j)
  | Quot a b =>
      given E B t a (fun i j => g i j / eval E B t b i j)
      ++ given E B t b (fun i j => - (g i j * eval E B t a i j / (eval E B t b i j * eval E B t b i j)))
  | Power a n => given E B t a (fun i j => g i j * (INR n * eval E B t a i j ^ pred n))
  | Apply f a => given E B t a (fun i j => g i j * slope f (eval E B t a i j))
  | Softmax a =>
      given E B t a (fun i j =>
        softmax (rows a) (eval E B t a) i j
        * (g i j - fsum (rows a) (fun k => softmax (rows a) (eval E B t a) k j * g k j)))
  | LogSoftmax a =>
      given E B t a (fun i j => g i j - softmax (rows a) (eval E B t a) i j * fsum (rows a) (fun k => g k j))
  | Concat a b => given E B t a g ++ given E B t b (fun i j => g (rows a + i)%nat j)
  | Slice a first count =>
      given E B t a (fun i j =>
        if (Nat.leb first i && Nat.ltb i (first + count))%bool then g (i - first)%nat j else 0)
  | Trace a => given E B t a (fun i j => if Nat.eqb i j then g 0%nat 0%nat else 0)
  end.

(* What a list of gifts changes to first order. *)
Definition change (d : values) (t : Z) (l : list gift) : R :=
  lsum l (fun x => let '(u, w, G) := x in inner (fst (size u)) (snd (size u)) G (d u (step_of t w))).

Lemma change_app d t l m : change d t (l ++ m) = change d t l + change d t m.
Proof. apply lsum_app. Qed.

(* The reverse pass is the adjoint of the differential: for every g, <g, de> is what the gifts change. *)
Theorem given_exact E B d t e :
  fits e -> forall g, inner (rows e) (cols e) g (tangent E B d t e) = change d t (given E B t e g).
Proof.
  induction e as [u w|u w|c n m|n|a IHa b IHb|c a IHa|s IHs a IHa|a IHa b IHb|a IHa|a IHa|a IHa b IHb|a IHa b IHb|a IHa n
                 |f a IHa|a IHa|a IHa|a IHa b IHb|a IHa first count|a IHa]; simpl fits; intros F g; simpl given;
    unfold rows, cols in *; simpl shape; simpl fst; simpl snd; simpl tangent.
  - unfold change. simpl. rewrite look_eq. ring.
  - apply inner_zero_r.
  - apply inner_zero_r.
  - apply inner_zero_r.
  - destruct F as (Fa & Fb & Er & Ec). unfold rows, cols in *. rewrite change_app, <- IHa, <- IHb by assumption.
    rewrite <- Er, <- Ec. apply inner_plus_r.
  - rewrite <- IHa by assumption. apply fsum_ext. intros. apply fsum_ext. intros. ring.
  - destruct F as (Fs & Fa & Er & Ec). rewrite change_app, <- IHs, <- IHa by assumption. rewrite Er, Ec.
    rewrite inner_plus_r. f_equal.
    + unfold inner. rewrite !fsum_one, <- fsum_scal_r, fsum_swap. apply fsum_ext. intros. rewrite <- fsum_scal_r.
      apply fsum_ext. intros. ring.
    + apply fsum_ext. intros. apply fsum_ext. intros. ring.
  - destruct F as (Fa & Fb & Ec). rewrite change_app, <- IHa, <- IHb by assumption. rewrite <- Ec.
    rewrite <- inner_product_left, <- inner_product_right, <- inner_plus_r.
    apply inner_ext; intros; [reflexivity|]. apply fsum_plus.
  - rewrite <- IHa by assumption. rewrite inner_transpose. apply inner_ext; reflexivity.
  - destruct F as (Fa & Ec). rewrite <- IHa by assumption. rewrite Ec. apply fsum_ext. intros i Hi.
    rewrite fsum_one. rewrite (fsum_ext _ _ (fun j => if Nat.eqb j i then g i j * tangent E B d t a i 0%nat else 0)).
    + rewrite fsum_delta. destruct (Nat.ltb_spec i (fst (shape a))); [reflexivity|lia].
    + intros j _. destruct (Nat.eqb_spec i j), (Nat.eqb_spec j i); try lia; ring.
  - destruct F as (Fa & Fb & Er & Ec). unfold rows, cols in *. rewrite change_app, <- IHa, <- IHb by assumption.
    rewrite <- Er, <- Ec. rewrite inner_plus_r.
    f_equal; apply fsum_ext; intros; apply fsum_ext; intros; ring.
  - destruct F as (Fa & Fb & Er & Ec). unfold rows, cols in *. rewrite change_app, <- IHa, <- IHb by assumption.
    rewrite <- Er, <- Ec. unfold Rminus. rewrite inner_plus_r.
    f_equal; apply fsum_ext; intros; apply fsum_ext; intros; unfold Rdiv; ring.
  - rewrite <- IHa by assumption. apply fsum_ext. intros. apply fsum_ext. intros. ring.
  - rewrite <- IHa by assumption. apply fsum_ext. intros. apply fsum_ext. intros. ring.
  - rewrite <- IHa by assumption. apply softmax_adjoint.
  - rewrite <- IHa by assumption. apply log_softmax_adjoint.
  - destruct F as (Fa & Fb & Ec). unfold rows, cols in *. rewrite change_app, <- IHa, <- IHb by assumption. rewrite <- Ec.
    unfold inner. rewrite fsum_split. f_equal.
    + apply fsum_ext. intros i Hi. apply fsum_ext. intros j _. destruct (Nat.ltb_spec i (fst (shape a))); [reflexivity|lia].
    + apply fsum_ext. intros i Hi. apply fsum_ext. intros j _.
      destruct (Nat.ltb_spec (fst (shape a) + i) (fst (shape a))); [lia|]. do 2 f_equal. lia.
  - destruct F as (Fa & L). unfold rows in *. rewrite <- IHa by assumption. unfold inner.
    rewrite <- (fsum_part (fst (shape a)) first count) by exact L. apply fsum_ext. intros i _.
    destruct (Nat.leb_spec first i), (Nat.ltb_spec i (first + count)); simpl;
      try (symmetry; rewrite (fsum_ext _ _ (fun _ => 0)); [apply fsum_zero|intros; ring]).
    apply fsum_ext. intros j _. do 2 f_equal. lia.
  - destruct F as (Fa & Eq). unfold rows, cols in *. rewrite <- IHa by assumption. unfold inner.
    rewrite !fsum_one, <- fsum_scal_l, Eq. apply fsum_ext. intros i Hi.
    rewrite (fsum_ext _ _ (fun j => if Nat.eqb j i then g 0%nat 0%nat * tangent E B d t a i j else 0)).
    + rewrite fsum_delta. destruct (Nat.ltb_spec i (snd (shape a))); [reflexivity|lia].
    + intros j _. destruct (Nat.eqb_spec i j), (Nat.eqb_spec j i); try lia; ring.
Qed.

(* Every entry of an expression is differentiable inside its domain, and its derivative is the tangent. *)
Theorem tangent_exact {U : NormedModule R_AbsRing} (E : U -> values) (B : values) (d : U -> values) (s : U) t e :
  fits e -> domain (E s) B t e ->
  (forall u w, In (u, w) (reads e) -> forall i j, (i < fst (size u))%nat -> (j < snd (size u))%nat ->
     D (fun x => E x u (step_of t w) i j) s (fun v => d v u (step_of t w) i j)) ->
  forall i j, (i < rows e)%nat -> (j < cols e)%nat ->
  D (fun x => eval (E x) B t e i j) s (fun v => tangent (E s) B (d v) t e i j).
Proof.
  Local Ltac part R :=
    first [assumption | unfold rows, cols in *; lia | intros; apply R; auto using in_or_app; fail].
  induction e as [u w|u w|c n m|n|a IHa b IHb|c a IHa|r IHr a IHa|a IHa b IHb|a IHa|a IHa|a IHa b IHb|a IHa b IHb|a IHa n
                 |f a IHa|a IHa|a IHa|a IHa b IHb|a IHa first count|a IHa]; simpl fits; simpl domain; simpl reads;
    intros F Dom R i j; unfold rows, cols in *; simpl shape; simpl fst; simpl snd; intros Hi Hj; simpl eval; simpl tangent.
  - eapply D_ext; [intros x; rewrite look_eq; reflexivity|].
    eapply D_ext_lin; [apply (R u w); [left; reflexivity|exact Hi|exact Hj]|]. intros v. simpl. rewrite look_eq. reflexivity.
  - apply D_const.
  - apply D_const.
  - apply D_const.
  - destruct F as (Fa & Fb & Er & Ec), Dom as (Da & Db). unfold rows, cols in *.
    apply D_plus; [apply IHa|apply IHb]; part R.
  - apply D_scal, IHa; part R.
  - destruct F as (Fr & Fa & Er & Ec), Dom as (Dr & Da).
    apply (D_mult (fun x => eval (E x) B t r 0%nat 0%nat)); [apply IHr|apply IHa]; part R.
  - destruct F as (Fa & Fb & Ec), Dom as (Da & Db). apply D_fsum. intros k Hk.
    apply (D_mult (fun x => eval (E x) B t a i k)); [apply IHa|apply IHb]; part R.
  - apply IHa; part R.
  - destruct F as (Fa & Ec). destruct (Nat.eqb i j); [|apply D_const]. apply IHa; part R.
  - destruct F as (Fa & Fb & Er & Ec), Dom as (Da & Db). unfold rows, cols in *.
    apply (D_mult (fun x => eval (E x) B t a i j)); [apply IHa|apply IHb]; part R.
  - destruct F as (Fa & Fb & Er & Ec), Dom as (Da & Db & N). unfold rows, cols in *.
    apply (D_div (fun x => eval (E x) B t a i j)); [apply N; congruence|apply IHa|apply IHb]; part R.
  - apply (D_comp (fun y => y ^ n) (fun x => eval (E x) B t a i j)); [apply is_derive_power|apply IHa; part R].
  - destruct Dom as (Da & Reg).
    apply (D_comp (value f) (fun x => eval (E x) B t a i j)); [apply slope_exact, Reg; assumption|apply IHa; part R].
  - apply (D_softmax (rows a) (fun x => eval (E x) B t a) (fun v => tangent (E s) B (d v) t a)); [exact Hi|].
    intros k Hk. apply IHa; part R.
  - apply (D_log_softmax (rows a) (fun x => eval (E x) B t a) (fun v => tangent (E s) B (d v) t a)); [exact Hi|].
    intros k Hk. apply IHa; part R.
  - destruct F as (Fa & Fb & Ec), Dom as (Da & Db). destruct (Nat.ltb_spec i (rows a)).
    + apply IHa; part R.
    + apply IHb; part R.
  - destruct F as (Fa & L). apply IHa; part R.
  - destruct F as (Fa & Eq). apply D_fsum. intros k Hk. apply IHa; part R.
Qed.

(* The value of an expression depends on what it reads. *)
Theorem eval_reads E E' B t e :
  fits e ->
  (forall u w, In (u, w) (reads e) -> forall i j, (i < fst (size u))%nat -> (j < snd (size u))%nat ->
     E u (step_of t w) i j = E' u (step_of t w) i j) ->
  forall i j, (i < rows e)%nat -> (j < cols e)%nat -> eval E B t e i j = eval E' B t e i j.
Proof.
  Local Ltac same R := first [assumption | unfold rows, cols in *; lia | intros; apply R; auto using in_or_app; fail].
  induction e as [u w|u w|c n m|n|a IHa b IHb|c a IHa|r IHr a IHa|a IHa b IHb|a IHa|a IHa|a IHa b IHb|a IHa b IHb|a IHa n
                 |f a IHa|a IHa|a IHa|a IHa b IHb|a IHa first count|a IHa]; simpl fits; simpl reads;
    intros F R i j; unfold rows, cols in *; simpl shape; simpl fst; simpl snd; intros Hi Hj; simpl eval; unfold same_shape in *;
    try destruct F as (Fa & F); try destruct F as (Fb & F); try reflexivity.
  - rewrite !look_eq. apply R; [left; reflexivity|exact Hi|exact Hj].
  - f_equal; [apply IHa|apply IHb]; same R.
  - f_equal. apply IHa; same R.
  - f_equal; [apply IHr|apply IHa]; same R.
  - apply fsum_ext. intros k Hk. f_equal; [apply IHa|apply IHb]; same R.
  - apply IHa; same R.
  - destruct (Nat.eqb i j); [|reflexivity]. apply IHa; same R.
  - f_equal; [apply IHa|apply IHb]; same R.
  - f_equal; [apply IHa|apply IHb]; same R.
  - f_equal. apply IHa; same R.
  - f_equal. apply IHa; same R.
  - unfold softmax. f_equal; [f_equal; apply IHa; same R|]. apply fsum_ext. intros k Hk. f_equal. apply IHa; same R.
  - f_equal; [apply IHa; same R|]. f_equal. apply fsum_ext. intros k Hk. f_equal. apply IHa; same R.
  - destruct (Nat.ltb_spec i (rows a)); [apply IHa|apply IHb]; same R.
  - apply IHa; same R.
  - apply fsum_ext. intros k Hk. apply IHa; same R.
Qed.

(* What is given, is given to what is read. *)
Lemma given_reads E B t e : forall g, map fst (given E B t e g) = reads e.
Proof. induction e; intros g; simpl; rewrite ?map_app; try reflexivity; rewrite ?IHe, ?IHe1, ?IHe2; reflexivity. Qed.

End Sizes.
