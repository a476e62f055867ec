/* gated linear attention, one head with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Yang, Wang, Shen, Panda, Kim, "Gated linear attention transformers with hardware-efficient
 * training", 2023, arXiv:2312.06635
 *
 *     (1)   q[t] = W_Q x[t]
 *     (2)   k[t] = W_K x[t]
 *     (3)   v[t] = W_V x[t]
 *     (4)   u_alpha[t] = W_1 x[t]
 *     (5)   z_alpha[t] = −(W_2 u_alpha[t] + b_alpha)
 *     (6)   a_alpha[t] = softplus(z_alpha[t])
 *     (7)   z2_alpha[t] = (−a_alpha[t]) ⊘ (tau 1)
 *     (8)   alpha[t] = exp(z2_alpha[t])
 *     (9)   S[t] = diag(alpha[t]) S[t−1] + k[t] v[t]ᵀ
 *     (10)  y[t] = S[t]ᵀ q[t]
 *     (11)  z_y[t] = W_hy y[t] + b_y
 *     (12)  y_hat[t] = softmax(z_y[t])
 *     (13)  J[t] = −y2[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 0 a step, 3 a chunk of steps and 0 outside; backward 0 a step, 9 a chunk of steps and 0 outside.
 */
#ifndef GLA_F64_H
#define GLA_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t I; /* entries of x */
    size_t K; /* entries of S */
    size_t H; /* entries of W_V */
    size_t R; /* entries of W_1 */
    size_t O; /* entries of y2 */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} gla_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;       /* (T, B, I) input: of every step */
    const double *S0;      /* (B, K, H) initial state: S before the first step */
    const double *y2;      /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_Q;     /* (K, I) parameter: trained */
    const double *W_V;     /* (H, I) parameter: trained */
    const double *W_1;     /* (R, I) parameter: trained */
    const double *W_K;     /* (K, I) parameter: trained */
    const double *W_2;     /* (K, R) parameter: trained */
    const double *b_alpha; /* (K) parameter: trained */
    const double *W_hy;    /* (O, H) parameter: trained */
    const double *b_y;     /* (O) parameter: trained */
    const double *tau;     /* () parameter: constant: it has no gradient; usually 16 */
} gla_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *S;             /* (T + 1, B, K, H) output: state; the first is initial */
    double *y;             /* (T, B, H) output: of every step */
    double *y_hat;         /* (T, B, O) output: of every step */
    double *q_k_v_u_alpha; /* (T, B, 2*K + H + R) saved: q, k, v, u_alpha, side by side */
    double *a_alpha;       /* (T, B, K) saved: kept for the backward pass */
    double *alpha;         /* (T, B, K) saved: kept for the backward pass */
    double *J;             /* () loss: summed over steps and sequences */
} gla_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_Q;     /* (K, I) gradient: with respect to W_Q */
    double *dW_V;     /* (H, I) gradient: with respect to W_V */
    double *dW_1;     /* (R, I) gradient: with respect to W_1 */
    double *dW_K;     /* (K, I) gradient: with respect to W_K */
    double *dW_2;     /* (K, R) gradient: with respect to W_2 */
    double *db_alpha; /* (K) gradient: with respect to b_alpha */
    double *dW_hy;    /* (O, H) gradient: with respect to W_hy */
    double *db_y;     /* (O) gradient: with respect to b_y */
    double *dx;       /* (T, B, I) gradient: with respect to x[t] */
    double *dS0;      /* (B, K, H) gradient: with respect to S0 */
} gla_f64_gradients;

typedef enum {
    GLA_F64_OK = 0,
    GLA_F64_ZERO_SIZE, /* a size is 0 */
    GLA_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    GLA_F64_NULL       /* a pointer that is read or written is NULL */
} gla_f64_status;

/* What a status means, in English; never NULL. */
const char *gla_f64_message(gla_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t gla_f64_workspace(const gla_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
gla_f64_status gla_f64_forward(const gla_f64_sizes *sizes, const gla_f64_given *given,
                               const gla_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
gla_f64_status gla_f64_backward(const gla_f64_sizes *sizes, const gla_f64_given *given,
                                const gla_f64_kept *kept, const gla_f64_gradients *gradients, double *work);

/* Forward, then backward. */
gla_f64_status gla_f64_loss_and_gradient(const gla_f64_sizes *sizes, const gla_f64_given *given,
                                         const gla_f64_kept *kept, const gla_f64_gradients *gradients,
                                         double *work);

#ifdef __cplusplus
}
#endif

#endif
