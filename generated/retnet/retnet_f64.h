/* retention as a recurrence, one head, without rotation with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Sun et al., "Retentive network: a successor to transformer for large language models", 2023,
 * arXiv:2307.08621
 *
 *     (1)  q[t] = W_Q x[t]
 *     (2)  k[t] = W_K x[t]
 *     (3)  v[t] = W_V x[t]
 *     (4)  S[t] = gamma S[t−1] + k[t] v[t]ᵀ
 *     (5)  y[t] = S[t]ᵀ q[t]
 *     (6)  z_y[t] = W_hy y[t] + b_y
 *     (7)  y_hat[t] = softmax(z_y[t])
 *     (8)  J[t] = −y2[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 0 a step, 2 a chunk of steps and 0 outside; backward 0 a step, 6 a chunk of steps and 0 outside.
 */
#ifndef RETNET_F64_H
#define RETNET_F64_H

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
    size_t O; /* entries of y2 */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} retnet_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;     /* (T, B, I) input: of every step */
    const double *S0;    /* (B, K, H) initial state: S before the first step */
    const double *y2;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_Q;   /* (K, I) parameter: trained */
    const double *W_V;   /* (H, I) parameter: trained */
    const double *W_K;   /* (K, I) parameter: trained */
    const double *W_hy;  /* (O, H) parameter: trained */
    const double *b_y;   /* (O) parameter: trained */
    const double *gamma; /* () parameter: constant: it has no gradient; usually 0.96875 */
} retnet_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *S;     /* (T + 1, B, K, H) output: state; the first is initial */
    double *y;     /* (T, B, H) output: of every step */
    double *y_hat; /* (T, B, O) output: of every step */
    double *q_k_v; /* (T, B, 2*K + H) saved: q, k, v, side by side */
    double *J;     /* () loss: summed over steps and sequences */
} retnet_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_Q;  /* (K, I) gradient: with respect to W_Q */
    double *dW_V;  /* (H, I) gradient: with respect to W_V */
    double *dW_K;  /* (K, I) gradient: with respect to W_K */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dS0;   /* (B, K, H) gradient: with respect to S0 */
} retnet_f64_gradients;

typedef enum {
    RETNET_F64_OK = 0,
    RETNET_F64_ZERO_SIZE, /* a size is 0 */
    RETNET_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    RETNET_F64_NULL       /* a pointer that is read or written is NULL */
} retnet_f64_status;

/* What a status means, in English; never NULL. */
const char *retnet_f64_message(retnet_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t retnet_f64_workspace(const retnet_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
retnet_f64_status retnet_f64_forward(const retnet_f64_sizes *sizes, const retnet_f64_given *given,
                                     const retnet_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
retnet_f64_status retnet_f64_backward(const retnet_f64_sizes *sizes, const retnet_f64_given *given,
                                      const retnet_f64_kept *kept, const retnet_f64_gradients *gradients,
                                      double *work);

/* Forward, then backward. */
retnet_f64_status retnet_f64_loss_and_gradient(const retnet_f64_sizes *sizes, const retnet_f64_given *given,
                                               const retnet_f64_kept *kept,
                                               const retnet_f64_gradients *gradients, double *work);

#ifdef __cplusplus
}
#endif

#endif
