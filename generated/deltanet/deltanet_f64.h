/* DeltaNet, keys normalised to length one with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Yang, Wang, Zhang, Shen, Kim, "Parallelizing linear transformers with the delta rule over
 * sequence length", 2024, arXiv:2406.06484; Schlag, Irie, Schmidhuber, 2021, arXiv:2102.11174
 *
 *     (1)   a_q[t] = W_Q x[t]
 *     (2)   a_k[t] = W_K x[t]
 *     (3)   a_s_q[t] = sigmoid(a_q[t])
 *     (4)   s_q[t] = a_q[t] ∘ a_s_q[t]
 *     (5)   a_s_k[t] = sigmoid(a_k[t])
 *     (6)   s_k[t] = a_k[t] ∘ a_s_k[t]
 *     (7)   z_q[t] = s_q[t]ᵀ s_q[t]
 *     (8)   a2_q[t] = sqrt(z_q[t])
 *     (9)   q[t] = s_q[t] ⊘ (a2_q[t] 1)
 *     (10)  z_k[t] = s_k[t]ᵀ s_k[t]
 *     (11)  a2_k[t] = sqrt(z_k[t])
 *     (12)  k[t] = s_k[t] ⊘ (a2_k[t] 1)
 *     (13)  v[t] = W_V x[t]
 *     (14)  z_beta[t] = w_betaᵀ x[t]
 *     (15)  beta[t] = sigmoid(z_beta[t])
 *     (16)  e[t] = v[t] − S[t−1] k[t]
 *     (17)  u_S[t] = e[t] k[t]ᵀ
 *     (18)  S[t] = S[t−1] + beta[t] u_S[t]
 *     (19)  y[t] = S[t] q[t]
 *     (20)  z_y[t] = W_hy y[t] + b_y
 *     (21)  y_hat[t] = softmax(z_y[t])
 *     (22)  J[t] = −y2[t]ᵀ log(y_hat[t])
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
#ifndef DELTANET_F64_H
#define DELTANET_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t I; /* entries of x */
    size_t H; /* entries of S */
    size_t K; /* entries of W_Q */
    size_t O; /* entries of y2 */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} deltanet_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;      /* (T, B, I) input: of every step */
    const double *S0;     /* (B, H, K) initial state: S before the first step */
    const double *y2;     /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_Q;    /* (K, I) parameter: trained */
    const double *W_V;    /* (H, I) parameter: trained */
    const double *w_beta; /* (I) parameter: trained */
    const double *W_K;    /* (K, I) parameter: trained */
    const double *W_hy;   /* (O, H) parameter: trained */
    const double *b_y;    /* (O) parameter: trained */
} deltanet_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *S;         /* (T + 1, B, H, K) output: state; the first is initial */
    double *y;         /* (T, B, H) output: of every step */
    double *y_hat;     /* (T, B, O) output: of every step */
    double *a_q_a_k_e; /* (T, B, 2*K + H) saved: a_q, a_k, e, side by side */
    double *a_s_q;     /* (T, B, K) saved: kept for the backward pass */
    double *a_s_k;     /* (T, B, K) saved: kept for the backward pass */
    double *a2_q;      /* (T, B, 1) saved: kept for the backward pass */
    double *a2_k;      /* (T, B, 1) saved: kept for the backward pass */
    double *beta;      /* (T, B, 1) saved: kept for the backward pass */
    double *J;         /* () loss: summed over steps and sequences */
} deltanet_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_Q;    /* (K, I) gradient: with respect to W_Q */
    double *dW_V;    /* (H, I) gradient: with respect to W_V */
    double *dw_beta; /* (I) gradient: with respect to w_beta */
    double *dW_K;    /* (K, I) gradient: with respect to W_K */
    double *dW_hy;   /* (O, H) gradient: with respect to W_hy */
    double *db_y;    /* (O) gradient: with respect to b_y */
    double *dx;      /* (T, B, I) gradient: with respect to x[t] */
    double *dS0;     /* (B, H, K) gradient: with respect to S0 */
} deltanet_f64_gradients;

typedef enum {
    DELTANET_F64_OK = 0,
    DELTANET_F64_ZERO_SIZE, /* a size is 0 */
    DELTANET_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    DELTANET_F64_NULL       /* a pointer that is read or written is NULL */
} deltanet_f64_status;

/* What a status means, in English; never NULL. */
const char *deltanet_f64_message(deltanet_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t deltanet_f64_workspace(const deltanet_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
deltanet_f64_status deltanet_f64_forward(const deltanet_f64_sizes *sizes, const deltanet_f64_given *given,
                                         const deltanet_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
deltanet_f64_status deltanet_f64_backward(const deltanet_f64_sizes *sizes, const deltanet_f64_given *given,
                                          const deltanet_f64_kept *kept,
                                          const deltanet_f64_gradients *gradients, double *work);

/* Forward, then backward. */
deltanet_f64_status deltanet_f64_loss_and_gradient(const deltanet_f64_sizes *sizes,
                                                   const deltanet_f64_given *given,
                                                   const deltanet_f64_kept *kept,
                                                   const deltanet_f64_gradients *gradients, double *work);

#ifdef __cplusplus
}
#endif

#endif
