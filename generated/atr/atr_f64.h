/* addition-subtraction twin-gated network with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Zhang, Xiong, Su, Lin, Zhang, "Simplifying neural machine translation with addition-
 * subtraction twin-gated recurrent networks", 2018, arXiv:1810.12546
 *
 *     (1)   p[t] = W x[t]
 *     (2)   q[t] = U h[t−1]
 *     (3)   z_i[t] = p[t] + q[t]
 *     (4)   i[t] = sigmoid(z_i[t])
 *     (5)   z_f[t] = p[t] − q[t]
 *     (6)   f[t] = sigmoid(z_f[t])
 *     (7)   h[t] = i[t] ∘ p[t] + f[t] ∘ h[t−1]
 *     (8)   z_y[t] = W_hy h[t] + b_y
 *     (9)   y_hat[t] = softmax(z_y[t])
 *     (10)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 1 a step, 2 a chunk of steps and 0 outside; backward 1 a step, 5 a chunk of steps and 0 outside.
 */
#ifndef ATR_F64_H
#define ATR_F64_H

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
    size_t O; /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} atr_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *h0;   /* (B, H) initial state: h before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W;    /* (H, I) parameter: trained */
    const double *U;    /* (H, H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} atr_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h;     /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *p;     /* (T, B, H) saved: kept for the backward pass */
    double *i;     /* (T, B, H) saved: kept for the backward pass */
    double *f;     /* (T, B, H) saved: kept for the backward pass */
    double *J;     /* () loss: summed over steps and sequences */
} atr_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW;    /* (H, I) gradient: with respect to W */
    double *dU;    /* (H, H) gradient: with respect to U */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
} atr_f64_gradients;

typedef enum {
    ATR_F64_OK = 0,
    ATR_F64_ZERO_SIZE, /* a size is 0 */
    ATR_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    ATR_F64_NULL       /* a pointer that is read or written is NULL */
} atr_f64_status;

/* What a status means, in English; never NULL. */
const char *atr_f64_message(atr_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t atr_f64_workspace(const atr_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
atr_f64_status atr_f64_forward(const atr_f64_sizes *sizes, const atr_f64_given *given,
                               const atr_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
atr_f64_status atr_f64_backward(const atr_f64_sizes *sizes, const atr_f64_given *given,
                                const atr_f64_kept *kept, const atr_f64_gradients *gradients, double *work);

/* Forward, then backward. */
atr_f64_status atr_f64_loss_and_gradient(const atr_f64_sizes *sizes, const atr_f64_given *given,
                                         const atr_f64_kept *kept, const atr_f64_gradients *gradients,
                                         double *work);

#ifdef __cplusplus
}
#endif

#endif
