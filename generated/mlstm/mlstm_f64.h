/* mLSTM, a matrix memory with exponential input gate, not stabilised with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Beck et al., "xLSTM: extended long short-term memory", 2024, arXiv:2405.04517
 *
 *     (1)   z_k = K
 *     (2)   a_k = sqrt(z_k)
 *     (3)   q[t] = W_q x[t] + b_q
 *     (4)   u_k[t] = W_k x[t]
 *     (5)   k[t] = u_k[t] ⊘ a_k + b_k
 *     (6)   v[t] = W_v x[t] + b_v
 *     (7)   z_i[t] = w_iᵀ x[t] + b_i
 *     (8)   i[t] = exp(z_i[t])
 *     (9)   z_f[t] = w_fᵀ x[t] + b_f
 *     (10)  f[t] = sigmoid(z_f[t])
 *     (11)  z_o[t] = W_o x[t] + b_o
 *     (12)  o[t] = sigmoid(z_o[t])
 *     (13)  u_C[t] = v[t] k[t]ᵀ
 *     (14)  C[t] = f[t] C[t−1] + i[t] u_C[t]
 *     (15)  n[t] = f[t] n[t−1] + i[t] k[t]
 *     (16)  u_h[t] = C[t] q[t]
 *     (17)  z_h[t] = n[t]ᵀ q[t]
 *     (18)  a_h[t] = abs(z_h[t])
 *     (19)  z2_h[t] = a_h[t] − 1
 *     (20)  a2_h[t] = relu(z2_h[t])
 *     (21)  h[t] = o[t] ∘ (u_h[t] ⊘ ((1 + a2_h[t]) 1))
 *     (22)  z_y[t] = W_hy h[t] + b_y
 *     (23)  y_hat[t] = softmax(z_y[t])
 *     (24)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 0 a step, 2 a chunk of steps and 0 outside; backward 0 a step, 7 a chunk of steps and 0 outside.
 */
#ifndef MLSTM_F64_H
#define MLSTM_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t I; /* entries of x */
    size_t H; /* entries of C */
    size_t K; /* entries of n */
    size_t O; /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} mlstm_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_k;  /* (K, I) parameter: trained */
    const double *w_i;  /* (I) parameter: trained */
    const double *w_f;  /* (I) parameter: trained */
    const double *W_q;  /* (K, I) parameter: trained */
    const double *b_q;  /* (K) parameter: trained */
    const double *b_k;  /* (K) parameter: trained */
    const double *W_v;  /* (H, I) parameter: trained */
    const double *b_v;  /* (H) parameter: trained */
    const double *b_i;  /* () parameter: trained */
    const double *b_f;  /* () parameter: trained */
    const double *W_o;  /* (H, I) parameter: trained */
    const double *b_o;  /* (H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} mlstm_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *C;       /* (T + 1, B, H, K) output: state; the first is initial */
    double *n;       /* (T + 1, B, K) output: state; the first is initial */
    double *h;       /* (T, B, H) output: of every step */
    double *y_hat;   /* (T, B, O) output: of every step */
    double *a_k;     /* (K) saved: kept for the backward pass */
    double *q_k_v_o; /* (T, B, 2*K + 2*H) saved: q, k, v, o, side by side */
    double *i;       /* (T, B, 1) saved: kept for the backward pass */
    double *f;       /* (T, B, 1) saved: kept for the backward pass */
    double *u_h;     /* (T, B, H) saved: kept for the backward pass */
    double *z_h;     /* (T, B, 1) saved: kept for the backward pass */
    double *a2_h;    /* (T, B, 1) saved: kept for the backward pass */
    double *J;       /* () loss: summed over steps and sequences */
} mlstm_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_k;  /* (K, I) gradient: with respect to W_k */
    double *dw_i;  /* (I) gradient: with respect to w_i */
    double *dw_f;  /* (I) gradient: with respect to w_f */
    double *dW_q;  /* (K, I) gradient: with respect to W_q */
    double *db_q;  /* (K) gradient: with respect to b_q */
    double *db_k;  /* (K) gradient: with respect to b_k */
    double *dW_v;  /* (H, I) gradient: with respect to W_v */
    double *db_v;  /* (H) gradient: with respect to b_v */
    double *db_i;  /* () gradient: with respect to b_i */
    double *db_f;  /* () gradient: with respect to b_f */
    double *dW_o;  /* (H, I) gradient: with respect to W_o */
    double *db_o;  /* (H) gradient: with respect to b_o */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
} mlstm_f64_gradients;

typedef enum {
    MLSTM_F64_OK = 0,
    MLSTM_F64_ZERO_SIZE, /* a size is 0 */
    MLSTM_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    MLSTM_F64_NULL       /* a pointer that is read or written is NULL */
} mlstm_f64_status;

/* What a status means, in English; never NULL. */
const char *mlstm_f64_message(mlstm_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t mlstm_f64_workspace(const mlstm_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
mlstm_f64_status mlstm_f64_forward(const mlstm_f64_sizes *sizes, const mlstm_f64_given *given,
                                   const mlstm_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
mlstm_f64_status mlstm_f64_backward(const mlstm_f64_sizes *sizes, const mlstm_f64_given *given,
                                    const mlstm_f64_kept *kept, const mlstm_f64_gradients *gradients,
                                    double *work);

/* Forward, then backward. */
mlstm_f64_status mlstm_f64_loss_and_gradient(const mlstm_f64_sizes *sizes, const mlstm_f64_given *given,
                                             const mlstm_f64_kept *kept, const mlstm_f64_gradients *gradients,
                                             double *work);

#ifdef __cplusplus
}
#endif

#endif
