/* 2 layers of long short-term memory with a forget gate, as in PyTorch with softmax and cross-entropy, many to one:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Gers, Schmidhuber, Cummins, "Learning to forget: continual prediction with LSTM", Neural
 * Computation 12 (2000) 2451-2471
 *
 *     (1)   z_i_1[t] = W_ii_1 x[t] + b_ii_1 + W_hi_1 h_1[t−1] + b_hi_1
 *     (2)   i_1[t] = sigmoid(z_i_1[t])
 *     (3)   z_f_1[t] = W_if_1 x[t] + b_if_1 + W_hf_1 h_1[t−1] + b_hf_1
 *     (4)   f_1[t] = sigmoid(z_f_1[t])
 *     (5)   z_g_1[t] = W_ig_1 x[t] + b_ig_1 + W_hg_1 h_1[t−1] + b_hg_1
 *     (6)   g_1[t] = tanh(z_g_1[t])
 *     (7)   z_o_1[t] = W_io_1 x[t] + b_io_1 + W_ho_1 h_1[t−1] + b_ho_1
 *     (8)   o_1[t] = sigmoid(z_o_1[t])
 *     (9)   c_1_new[t] = f_1[t] ∘ c_1[t−1] + i_1[t] ∘ g_1[t]
 *     (10)  a_h_1[t] = tanh(c_1_new[t])
 *     (11)  h_1_new[t] = o_1[t] ∘ a_h_1[t]
 *     (12)  h_1[t] = m[t] h_1_new[t] + (1 − m[t]) h_1[t−1]
 *     (13)  c_1[t] = m[t] c_1_new[t] + (1 − m[t]) c_1[t−1]
 *     (14)  z_i_2[t] = W_ii_2 h_1[t] + b_ii_2 + W_hi_2 h_2[t−1] + b_hi_2
 *     (15)  i_2[t] = sigmoid(z_i_2[t])
 *     (16)  z_f_2[t] = W_if_2 h_1[t] + b_if_2 + W_hf_2 h_2[t−1] + b_hf_2
 *     (17)  f_2[t] = sigmoid(z_f_2[t])
 *     (18)  z_g_2[t] = W_ig_2 h_1[t] + b_ig_2 + W_hg_2 h_2[t−1] + b_hg_2
 *     (19)  g_2[t] = tanh(z_g_2[t])
 *     (20)  z_o_2[t] = W_io_2 h_1[t] + b_io_2 + W_ho_2 h_2[t−1] + b_ho_2
 *     (21)  o_2[t] = sigmoid(z_o_2[t])
 *     (22)  c_2_new[t] = f_2[t] ∘ c_2[t−1] + i_2[t] ∘ g_2[t]
 *     (23)  a_h_2[t] = tanh(c_2_new[t])
 *     (24)  h_2_new[t] = o_2[t] ∘ a_h_2[t]
 *     (25)  h_2[t] = m[t] h_2_new[t] + (1 − m[t]) h_2[t−1]
 *     (26)  c_2[t] = m[t] c_2_new[t] + (1 − m[t]) c_2[t−1]
 *     (27)  z_y[T] = W_hy h_2[T] + b_y
 *     (28)  y_hat[T] = softmax(z_y[T])
 *     (29)  J[T] = −y[T]ᵀ log(y_hat[T])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 3 a step, 1 a chunk of steps and 1 outside; backward 4 a step, 17 a chunk of steps and 1 outside.
 */
#ifndef LSTM_2_MANY_TO_ONE_F64_H
#define LSTM_2_MANY_TO_ONE_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T;   /* steps */
    size_t B;   /* sequences in the batch */
    size_t I;   /* entries of x */
    size_t H_1; /* entries of h_1 */
    size_t H_2; /* entries of h_2 */
    size_t O;   /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} lstm_2_many_to_one_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;      /* (T, B, I) input: of every step */
    const double *h_10;   /* (B, H_1) initial state: h_1 before the first step */
    const double *c_10;   /* (B, H_1) initial state: c_1 before the first step */
    const double *h_20;   /* (B, H_2) initial state: h_2 before the first step */
    const double *c_20;   /* (B, H_2) initial state: c_2 before the first step */
    const double *y;      /* (B, O) target: of one step; each row sums to 1, or the gradients are not those of the loss */
    const double *m;      /* (T, B, 1) target: 0 or 1 at every step */
    const double *W_ii_1; /* (H_1, I) parameter: trained */
    const double *b_ii_1; /* (H_1) parameter: trained */
    const double *W_hi_1; /* (H_1, H_1) parameter: trained */
    const double *b_hi_1; /* (H_1) parameter: trained */
    const double *W_if_1; /* (H_1, I) parameter: trained */
    const double *b_if_1; /* (H_1) parameter: trained */
    const double *W_hf_1; /* (H_1, H_1) parameter: trained */
    const double *b_hf_1; /* (H_1) parameter: trained */
    const double *W_ig_1; /* (H_1, I) parameter: trained */
    const double *b_ig_1; /* (H_1) parameter: trained */
    const double *W_hg_1; /* (H_1, H_1) parameter: trained */
    const double *b_hg_1; /* (H_1) parameter: trained */
    const double *W_io_1; /* (H_1, I) parameter: trained */
    const double *b_io_1; /* (H_1) parameter: trained */
    const double *W_ho_1; /* (H_1, H_1) parameter: trained */
    const double *b_ho_1; /* (H_1) parameter: trained */
    const double *W_ii_2; /* (H_2, H_1) parameter: trained */
    const double *b_ii_2; /* (H_2) parameter: trained */
    const double *W_hi_2; /* (H_2, H_2) parameter: trained */
    const double *b_hi_2; /* (H_2) parameter: trained */
    const double *W_if_2; /* (H_2, H_1) parameter: trained */
    const double *b_if_2; /* (H_2) parameter: trained */
    const double *W_hf_2; /* (H_2, H_2) parameter: trained */
    const double *b_hf_2; /* (H_2) parameter: trained */
    const double *W_ig_2; /* (H_2, H_1) parameter: trained */
    const double *b_ig_2; /* (H_2) parameter: trained */
    const double *W_hg_2; /* (H_2, H_2) parameter: trained */
    const double *b_hg_2; /* (H_2) parameter: trained */
    const double *W_io_2; /* (H_2, H_1) parameter: trained */
    const double *b_io_2; /* (H_2) parameter: trained */
    const double *W_ho_2; /* (H_2, H_2) parameter: trained */
    const double *b_ho_2; /* (H_2) parameter: trained */
    const double *W_hy;   /* (O, H_2) parameter: trained */
    const double *b_y;    /* (O) parameter: trained */
} lstm_2_many_to_one_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h_1;             /* (T + 1, B, H_1) output: state; the first is initial */
    double *c_1;             /* (T + 1, B, H_1) output: state; the first is initial */
    double *h_2;             /* (T + 1, B, H_2) output: state; the first is initial */
    double *c_2;             /* (T + 1, B, H_2) output: state; the first is initial */
    double *y_hat;           /* (B, O) output: of one step */
    double *i_1_f_1_g_1_o_1; /* (T, B, 4*H_1) saved: i_1, f_1, g_1, o_1, side by side */
    double *a_h_1;           /* (T, B, H_1) saved: kept for the backward pass */
    double *i_2_f_2_g_2_o_2; /* (T, B, 4*H_2) saved: i_2, f_2, g_2, o_2, side by side */
    double *a_h_2;           /* (T, B, H_2) saved: kept for the backward pass */
    double *J;               /* () loss: summed over steps and sequences */
} lstm_2_many_to_one_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_ii_1; /* (H_1, I) gradient: with respect to W_ii_1 */
    double *db_ii_1; /* (H_1) gradient: with respect to b_ii_1 */
    double *dW_hi_1; /* (H_1, H_1) gradient: with respect to W_hi_1 */
    double *db_hi_1; /* (H_1) gradient: with respect to b_hi_1 */
    double *dW_if_1; /* (H_1, I) gradient: with respect to W_if_1 */
    double *db_if_1; /* (H_1) gradient: with respect to b_if_1 */
    double *dW_hf_1; /* (H_1, H_1) gradient: with respect to W_hf_1 */
    double *db_hf_1; /* (H_1) gradient: with respect to b_hf_1 */
    double *dW_ig_1; /* (H_1, I) gradient: with respect to W_ig_1 */
    double *db_ig_1; /* (H_1) gradient: with respect to b_ig_1 */
    double *dW_hg_1; /* (H_1, H_1) gradient: with respect to W_hg_1 */
    double *db_hg_1; /* (H_1) gradient: with respect to b_hg_1 */
    double *dW_io_1; /* (H_1, I) gradient: with respect to W_io_1 */
    double *db_io_1; /* (H_1) gradient: with respect to b_io_1 */
    double *dW_ho_1; /* (H_1, H_1) gradient: with respect to W_ho_1 */
    double *db_ho_1; /* (H_1) gradient: with respect to b_ho_1 */
    double *dW_ii_2; /* (H_2, H_1) gradient: with respect to W_ii_2 */
    double *db_ii_2; /* (H_2) gradient: with respect to b_ii_2 */
    double *dW_hi_2; /* (H_2, H_2) gradient: with respect to W_hi_2 */
    double *db_hi_2; /* (H_2) gradient: with respect to b_hi_2 */
    double *dW_if_2; /* (H_2, H_1) gradient: with respect to W_if_2 */
    double *db_if_2; /* (H_2) gradient: with respect to b_if_2 */
    double *dW_hf_2; /* (H_2, H_2) gradient: with respect to W_hf_2 */
    double *db_hf_2; /* (H_2) gradient: with respect to b_hf_2 */
    double *dW_ig_2; /* (H_2, H_1) gradient: with respect to W_ig_2 */
    double *db_ig_2; /* (H_2) gradient: with respect to b_ig_2 */
    double *dW_hg_2; /* (H_2, H_2) gradient: with respect to W_hg_2 */
    double *db_hg_2; /* (H_2) gradient: with respect to b_hg_2 */
    double *dW_io_2; /* (H_2, H_1) gradient: with respect to W_io_2 */
    double *db_io_2; /* (H_2) gradient: with respect to b_io_2 */
    double *dW_ho_2; /* (H_2, H_2) gradient: with respect to W_ho_2 */
    double *db_ho_2; /* (H_2) gradient: with respect to b_ho_2 */
    double *dW_hy;   /* (O, H_2) gradient: with respect to W_hy */
    double *db_y;    /* (O) gradient: with respect to b_y */
    double *dx;      /* (T, B, I) gradient: with respect to x[t] */
    double *dh_10;   /* (B, H_1) gradient: with respect to h_10 */
    double *dc_10;   /* (B, H_1) gradient: with respect to c_10 */
    double *dh_20;   /* (B, H_2) gradient: with respect to h_20 */
    double *dc_20;   /* (B, H_2) gradient: with respect to c_20 */
} lstm_2_many_to_one_f64_gradients;

typedef enum {
    LSTM_2_MANY_TO_ONE_F64_OK = 0,
    LSTM_2_MANY_TO_ONE_F64_ZERO_SIZE, /* a size is 0 */
    LSTM_2_MANY_TO_ONE_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    LSTM_2_MANY_TO_ONE_F64_NULL       /* a pointer that is read or written is NULL */
} lstm_2_many_to_one_f64_status;

/* What a status means, in English; never NULL. */
const char *lstm_2_many_to_one_f64_message(lstm_2_many_to_one_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t lstm_2_many_to_one_f64_workspace(const lstm_2_many_to_one_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
lstm_2_many_to_one_f64_status lstm_2_many_to_one_f64_forward(const lstm_2_many_to_one_f64_sizes *sizes,
                                                             const lstm_2_many_to_one_f64_given *given,
                                                             const lstm_2_many_to_one_f64_kept *kept,
                                                             double *work);

/* Compute every gradient from what forward left in `kept`. */
lstm_2_many_to_one_f64_status lstm_2_many_to_one_f64_backward(const lstm_2_many_to_one_f64_sizes *sizes,
                                                              const lstm_2_many_to_one_f64_given *given,
                                                              const lstm_2_many_to_one_f64_kept *kept,
                                                              const lstm_2_many_to_one_f64_gradients *gradients,
                                                              double *work);

/* Forward, then backward. */
lstm_2_many_to_one_f64_status lstm_2_many_to_one_f64_loss_and_gradient(
                                                                       const lstm_2_many_to_one_f64_sizes *sizes,
                                                                       const lstm_2_many_to_one_f64_given *given,
                                                                       const lstm_2_many_to_one_f64_kept *kept,
                                                                       const lstm_2_many_to_one_f64_gradients *gradients,
                                                                       double *work);

#ifdef __cplusplus
}
#endif

#endif
