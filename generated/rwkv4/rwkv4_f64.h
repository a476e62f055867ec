/* RWKV-4 time mixing, not stabilised with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Peng et al., "RWKV: reinventing RNNs for the transformer era", 2023, arXiv:2305.13048
 *
 *     (1)   z_a = −w
 *     (2)   a_a = exp(z_a)
 *     (3)   s_r[t] = mu_r ∘ x[t] + (1 − mu_r) ∘ p[t−1]
 *     (4)   r[t] = W_r s_r[t]
 *     (5)   s_k[t] = mu_k ∘ x[t] + (1 − mu_k) ∘ p[t−1]
 *     (6)   k[t] = W_k s_k[t]
 *     (7)   s_v[t] = mu_v ∘ x[t] + (1 − mu_v) ∘ p[t−1]
 *     (8)   v[t] = W_v s_v[t]
 *     (9)   z_wkv[t] = u + k[t]
 *     (10)  a_wkv[t] = exp(z_wkv[t])
 *     (11)  wkv[t] = (a[t−1] + a_wkv[t] ∘ v[t]) ⊘ (b[t−1] + a_wkv[t])
 *     (12)  a2_a[t] = exp(k[t])
 *     (13)  a[t] = a_a ∘ a[t−1] + a2_a[t] ∘ v[t]
 *     (14)  b[t] = a_a ∘ b[t−1] + a2_a[t]
 *     (15)  a_y[t] = sigmoid(r[t])
 *     (16)  s_y[t] = a_y[t] ∘ wkv[t]
 *     (17)  y[t] = W_o s_y[t]
 *     (18)  p[t] = x[t]
 *     (19)  z_y[t] = W_hy y[t] + b_y
 *     (20)  y_hat[t] = softmax(z_y[t])
 *     (21)  J[t] = −y2[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 0 a step, 5 a chunk of steps and 0 outside; backward 2 a step, 8 a chunk of steps and 0 outside.
 */
#ifndef RWKV4_F64_H
#define RWKV4_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t I; /* entries of x */
    size_t H; /* entries of a */
    size_t O; /* entries of y2 */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} rwkv4_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *p0;   /* (B, I) initial state: p before the first step */
    const double *y2;   /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_r;  /* (H, I) parameter: trained */
    const double *W_o;  /* (I, H) parameter: trained */
    const double *mu_r; /* (I) parameter: trained */
    const double *W_k;  /* (H, I) parameter: trained */
    const double *mu_k; /* (I) parameter: trained */
    const double *W_v;  /* (H, I) parameter: trained */
    const double *mu_v; /* (I) parameter: trained */
    const double *u;    /* (H) parameter: trained */
    const double *w;    /* (H) parameter: trained */
    const double *W_hy; /* (O, I) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} rwkv4_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *a;     /* (T + 1, B, H) output: state; the first is initial */
    double *b;     /* (T + 1, B, H) output: state; the first is initial */
    double *y;     /* (T, B, I) output: of every step */
    double *p;     /* (T + 1, B, I) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *a_a;   /* (H) saved: kept for the backward pass */
    double *v;     /* (T, B, H) saved: kept for the backward pass */
    double *a_wkv; /* (T, B, H) saved: kept for the backward pass */
    double *wkv;   /* (T, B, H) saved: kept for the backward pass */
    double *a2_a;  /* (T, B, H) saved: kept for the backward pass */
    double *a_y;   /* (T, B, H) saved: kept for the backward pass */
    double *J;     /* () loss: summed over steps and sequences */
} rwkv4_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_r;  /* (H, I) gradient: with respect to W_r */
    double *dW_o;  /* (I, H) gradient: with respect to W_o */
    double *dmu_r; /* (I) gradient: with respect to mu_r */
    double *dW_k;  /* (H, I) gradient: with respect to W_k */
    double *dmu_k; /* (I) gradient: with respect to mu_k */
    double *dW_v;  /* (H, I) gradient: with respect to W_v */
    double *dmu_v; /* (I) gradient: with respect to mu_v */
    double *du;    /* (H) gradient: with respect to u */
    double *dw;    /* (H) gradient: with respect to w */
    double *dW_hy; /* (O, I) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dp0;   /* (B, I) gradient: with respect to p0 */
} rwkv4_f64_gradients;

typedef enum {
    RWKV4_F64_OK = 0,
    RWKV4_F64_ZERO_SIZE, /* a size is 0 */
    RWKV4_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    RWKV4_F64_NULL       /* a pointer that is read or written is NULL */
} rwkv4_f64_status;

/* What a status means, in English; never NULL. */
const char *rwkv4_f64_message(rwkv4_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t rwkv4_f64_workspace(const rwkv4_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
rwkv4_f64_status rwkv4_f64_forward(const rwkv4_f64_sizes *sizes, const rwkv4_f64_given *given,
                                   const rwkv4_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
rwkv4_f64_status rwkv4_f64_backward(const rwkv4_f64_sizes *sizes, const rwkv4_f64_given *given,
                                    const rwkv4_f64_kept *kept, const rwkv4_f64_gradients *gradients,
                                    double *work);

/* Forward, then backward. */
rwkv4_f64_status rwkv4_f64_loss_and_gradient(const rwkv4_f64_sizes *sizes, const rwkv4_f64_given *given,
                                             const rwkv4_f64_kept *kept, const rwkv4_f64_gradients *gradients,
                                             double *work);

#ifdef __cplusplus
}
#endif

#endif
