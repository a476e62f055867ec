/* linear attention as a recurrence with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Katharopoulos, Vyas, Pappas, Fleuret, "Transformers are RNNs: fast autoregressive
 * transformers with linear attention", 2020, arXiv:2006.16236
 *
 *     (1)   a_q[t] = W_Q x[t]
 *     (2)   a_k[t] = W_K x[t]
 *     (3)   a2_q[t] = relu(a_q[t])
 *     (4)   z_q[t] = −a_q[t]
 *     (5)   a3_q[t] = relu(z_q[t])
 *     (6)   z2_q[t] = −a3_q[t]
 *     (7)   a4_q[t] = exp(z2_q[t])
 *     (8)   q[t] = a2_q[t] + a4_q[t]
 *     (9)   a2_k[t] = relu(a_k[t])
 *     (10)  z_k[t] = −a_k[t]
 *     (11)  a3_k[t] = relu(z_k[t])
 *     (12)  z2_k[t] = −a3_k[t]
 *     (13)  a4_k[t] = exp(z2_k[t])
 *     (14)  k[t] = a2_k[t] + a4_k[t]
 *     (15)  v[t] = W_V x[t]
 *     (16)  S[t] = S[t−1] + k[t] v[t]ᵀ
 *     (17)  z[t] = z[t−1] + k[t]
 *     (18)  u_y[t] = S[t]ᵀ q[t]
 *     (19)  u2_y[t] = z[t]ᵀ q[t]
 *     (20)  y[t] = u_y[t] ⊘ (u2_y[t] 1)
 *     (21)  z_y[t] = W_hy y[t] + b_y
 *     (22)  y_hat[t] = softmax(z_y[t])
 *     (23)  J[t] = −y2[t]ᵀ log(y_hat[t])
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
#ifndef LINEAR_ATTENTION_F64_H
#define LINEAR_ATTENTION_F64_H

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
} linear_attention_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *y2;   /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_Q;  /* (K, I) parameter: trained */
    const double *W_V;  /* (H, I) parameter: trained */
    const double *W_K;  /* (K, I) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} linear_attention_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *S;           /* (T + 1, B, K, H) output: state; the first is initial */
    double *z;           /* (T + 1, B, K) output: state; the first is initial */
    double *y;           /* (T, B, H) output: of every step */
    double *y_hat;       /* (T, B, O) output: of every step */
    double *a2_q;        /* (T, B, K) saved: kept for the backward pass */
    double *a3_q_a3_k_v; /* (T, B, 2*K + H) saved: a3_q, a3_k, v, side by side */
    double *a4_q;        /* (T, B, K) saved: kept for the backward pass */
    double *a2_k;        /* (T, B, K) saved: kept for the backward pass */
    double *a4_k;        /* (T, B, K) saved: kept for the backward pass */
    double *u_y;         /* (T, B, H) saved: kept for the backward pass */
    double *u2_y;        /* (T, B, 1) saved: kept for the backward pass */
    double *J;           /* () loss: summed over steps and sequences */
} linear_attention_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_Q;  /* (K, I) gradient: with respect to W_Q */
    double *dW_V;  /* (H, I) gradient: with respect to W_V */
    double *dW_K;  /* (K, I) gradient: with respect to W_K */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
} linear_attention_f64_gradients;

typedef enum {
    LINEAR_ATTENTION_F64_OK = 0,
    LINEAR_ATTENTION_F64_ZERO_SIZE, /* a size is 0 */
    LINEAR_ATTENTION_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    LINEAR_ATTENTION_F64_NULL       /* a pointer that is read or written is NULL */
} linear_attention_f64_status;

/* What a status means, in English; never NULL. */
const char *linear_attention_f64_message(linear_attention_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t linear_attention_f64_workspace(const linear_attention_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
linear_attention_f64_status linear_attention_f64_forward(const linear_attention_f64_sizes *sizes,
                                                         const linear_attention_f64_given *given,
                                                         const linear_attention_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
linear_attention_f64_status linear_attention_f64_backward(const linear_attention_f64_sizes *sizes,
                                                          const linear_attention_f64_given *given,
                                                          const linear_attention_f64_kept *kept,
                                                          const linear_attention_f64_gradients *gradients,
                                                          double *work);

/* Forward, then backward. */
linear_attention_f64_status linear_attention_f64_loss_and_gradient(const linear_attention_f64_sizes *sizes,
                                                                   const linear_attention_f64_given *given,
                                                                   const linear_attention_f64_kept *kept,
                                                                   const linear_attention_f64_gradients *gradients,
                                                                   double *work);

#ifdef __cplusplus
}
#endif

#endif
