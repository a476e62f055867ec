/* multiplicative LSTM with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Krause, Lu, Murray, Renals, "Multiplicative LSTM for sequence modelling", 2016,
 * arXiv:1609.07959
 *
 *     (1)   u_m[t] = W_mx x[t]
 *     (2)   u2_m[t] = W_mh h[t−1]
 *     (3)   m[t] = u_m[t] ∘ u2_m[t]
 *     (4)   h_hat[t] = W_hx x[t] + W_hm m[t] + b_h
 *     (5)   z_i[t] = W_ix x[t] + W_im m[t] + b_i
 *     (6)   i[t] = sigmoid(z_i[t])
 *     (7)   z_f[t] = W_fx x[t] + W_fm m[t] + b_f
 *     (8)   f[t] = sigmoid(z_f[t])
 *     (9)   z_o[t] = W_ox x[t] + W_om m[t] + b_o
 *     (10)  o[t] = sigmoid(z_o[t])
 *     (11)  a_c[t] = tanh(h_hat[t])
 *     (12)  c[t] = f[t] ∘ c[t−1] + i[t] ∘ a_c[t]
 *     (13)  a_h[t] = tanh(c[t])
 *     (14)  h[t] = o[t] ∘ a_h[t]
 *     (15)  z_y[t] = W_hy h[t] + b_y
 *     (16)  y_hat[t] = softmax(z_y[t])
 *     (17)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 2 a step, 2 a chunk of steps and 0 outside; backward 2 a step, 13 a chunk of steps and 0 outside.
 */
#ifndef LSTM_MULTIPLICATIVE_F64_H
#define LSTM_MULTIPLICATIVE_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t I; /* entries of x */
    size_t H; /* entries of h */
    size_t M; /* entries of W_mx */
    size_t O; /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} lstm_multiplicative_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *h0;   /* (B, H) initial state: h before the first step */
    const double *c0;   /* (B, H) initial state: c before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_mx; /* (M, I) parameter: trained */
    const double *W_mh; /* (M, H) parameter: trained */
    const double *W_hx; /* (H, I) parameter: trained */
    const double *W_hm; /* (H, M) parameter: trained */
    const double *b_h;  /* (H) parameter: trained */
    const double *W_ix; /* (H, I) parameter: trained */
    const double *W_im; /* (H, M) parameter: trained */
    const double *b_i;  /* (H) parameter: trained */
    const double *W_fx; /* (H, I) parameter: trained */
    const double *W_fm; /* (H, M) parameter: trained */
    const double *b_f;  /* (H) parameter: trained */
    const double *W_ox; /* (H, I) parameter: trained */
    const double *W_om; /* (H, M) parameter: trained */
    const double *b_o;  /* (H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} lstm_multiplicative_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *c;             /* (T + 1, B, H) output: state; the first is initial */
    double *h;             /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat;         /* (T, B, O) output: of every step */
    double *u_m_a_c_i_f_o; /* (T, B, M + 4*H) saved: u_m, a_c, i, f, o, side by side */
    double *u2_m;          /* (T, B, M) saved: kept for the backward pass */
    double *a_h;           /* (T, B, H) saved: kept for the backward pass */
    double *J;             /* () loss: summed over steps and sequences */
} lstm_multiplicative_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_mx; /* (M, I) gradient: with respect to W_mx */
    double *dW_mh; /* (M, H) gradient: with respect to W_mh */
    double *dW_hx; /* (H, I) gradient: with respect to W_hx */
    double *dW_hm; /* (H, M) gradient: with respect to W_hm */
    double *db_h;  /* (H) gradient: with respect to b_h */
    double *dW_ix; /* (H, I) gradient: with respect to W_ix */
    double *dW_im; /* (H, M) gradient: with respect to W_im */
    double *db_i;  /* (H) gradient: with respect to b_i */
    double *dW_fx; /* (H, I) gradient: with respect to W_fx */
    double *dW_fm; /* (H, M) gradient: with respect to W_fm */
    double *db_f;  /* (H) gradient: with respect to b_f */
    double *dW_ox; /* (H, I) gradient: with respect to W_ox */
    double *dW_om; /* (H, M) gradient: with respect to W_om */
    double *db_o;  /* (H) gradient: with respect to b_o */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
    double *dc0;   /* (B, H) gradient: with respect to c0 */
} lstm_multiplicative_f64_gradients;

typedef enum {
    LSTM_MULTIPLICATIVE_F64_OK = 0,
    LSTM_MULTIPLICATIVE_F64_ZERO_SIZE, /* a size is 0 */
    LSTM_MULTIPLICATIVE_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    LSTM_MULTIPLICATIVE_F64_NULL       /* a pointer that is read or written is NULL */
} lstm_multiplicative_f64_status;

/* What a status means, in English; never NULL. */
const char *lstm_multiplicative_f64_message(lstm_multiplicative_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t lstm_multiplicative_f64_workspace(const lstm_multiplicative_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
lstm_multiplicative_f64_status lstm_multiplicative_f64_forward(const lstm_multiplicative_f64_sizes *sizes,
                                                               const lstm_multiplicative_f64_given *given,
                                                               const lstm_multiplicative_f64_kept *kept,
                                                               double *work);

/* Compute every gradient from what forward left in `kept`. */
lstm_multiplicative_f64_status lstm_multiplicative_f64_backward(const lstm_multiplicative_f64_sizes *sizes,
                                                                const lstm_multiplicative_f64_given *given,
                                                                const lstm_multiplicative_f64_kept *kept,
                                                                const lstm_multiplicative_f64_gradients *gradients,
                                                                double *work);

/* Forward, then backward. */
lstm_multiplicative_f64_status lstm_multiplicative_f64_loss_and_gradient(
                                                                         const lstm_multiplicative_f64_sizes *sizes,
                                                                         const lstm_multiplicative_f64_given *given,
                                                                         const lstm_multiplicative_f64_kept *kept,
                                                                         const lstm_multiplicative_f64_gradients *gradients,
                                                                         double *work);

#ifdef __cplusplus
}
#endif

#endif
