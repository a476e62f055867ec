/* real-gated linear recurrent unit (RG-LRU) with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: De et al., "Griffin: mixing gated linear recurrences with local attention for efficient
 * language models", 2024, arXiv:2402.19427
 *
 *     (1)   z_a = −Lambda
 *     (2)   a_a = softplus(z_a)
 *     (3)   z_r[t] = W_a x[t] + b_a
 *     (4)   r[t] = sigmoid(z_r[t])
 *     (5)   z_i[t] = W_x x[t] + b_x
 *     (6)   i[t] = sigmoid(z_i[t])
 *     (7)   z2_a[t] = −(c a_a) ∘ r[t]
 *     (8)   a[t] = exp(z2_a[t])
 *     (9)   z_h[t] = 1 − a[t]²
 *     (10)  a_h[t] = sqrt(z_h[t])
 *     (11)  h[t] = a[t] ∘ h[t−1] + a_h[t] ∘ i[t] ∘ x[t]
 *     (12)  z_y[t] = W_hy h[t] + b_y
 *     (13)  y_hat[t] = softmax(z_y[t])
 *     (14)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 0 a step, 2 a chunk of steps and 0 outside; backward 0 a step, 5 a chunk of steps and 0 outside.
 */
#ifndef RGLRU_F64_H
#define RGLRU_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t H; /* entries of x */
    size_t O; /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} rglru_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;      /* (T, B, H) input: of every step */
    const double *h0;     /* (B, H) initial state: h before the first step */
    const double *y;      /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_a;    /* (H, H) parameter: trained */
    const double *b_a;    /* (H) parameter: trained */
    const double *W_x;    /* (H, H) parameter: trained */
    const double *b_x;    /* (H) parameter: trained */
    const double *Lambda; /* (H) parameter: trained */
    const double *W_hy;   /* (O, H) parameter: trained */
    const double *b_y;    /* (O) parameter: trained */
    const double *c;      /* () parameter: constant: it has no gradient; usually 8 */
} rglru_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h;     /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *a_a;   /* (H) saved: kept for the backward pass */
    double *r_i;   /* (T, B, 2*H) saved: r, i, side by side */
    double *a;     /* (T, B, H) saved: kept for the backward pass */
    double *a_h;   /* (T, B, H) saved: kept for the backward pass */
    double *J;     /* () loss: summed over steps and sequences */
} rglru_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_a;    /* (H, H) gradient: with respect to W_a */
    double *db_a;    /* (H) gradient: with respect to b_a */
    double *dW_x;    /* (H, H) gradient: with respect to W_x */
    double *db_x;    /* (H) gradient: with respect to b_x */
    double *dLambda; /* (H) gradient: with respect to Lambda */
    double *dW_hy;   /* (O, H) gradient: with respect to W_hy */
    double *db_y;    /* (O) gradient: with respect to b_y */
    double *dx;      /* (T, B, H) gradient: with respect to x[t] */
    double *dh0;     /* (B, H) gradient: with respect to h0 */
} rglru_f64_gradients;

typedef enum {
    RGLRU_F64_OK = 0,
    RGLRU_F64_ZERO_SIZE, /* a size is 0 */
    RGLRU_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    RGLRU_F64_NULL       /* a pointer that is read or written is NULL */
} rglru_f64_status;

/* What a status means, in English; never NULL. */
const char *rglru_f64_message(rglru_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t rglru_f64_workspace(const rglru_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
rglru_f64_status rglru_f64_forward(const rglru_f64_sizes *sizes, const rglru_f64_given *given,
                                   const rglru_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
rglru_f64_status rglru_f64_backward(const rglru_f64_sizes *sizes, const rglru_f64_given *given,
                                    const rglru_f64_kept *kept, const rglru_f64_gradients *gradients,
                                    double *work);

/* Forward, then backward. */
rglru_f64_status rglru_f64_loss_and_gradient(const rglru_f64_sizes *sizes, const rglru_f64_given *given,
                                             const rglru_f64_kept *kept, const rglru_f64_gradients *gradients,
                                             double *work);

#ifdef __cplusplus
}
#endif

#endif
