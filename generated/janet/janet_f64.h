/* JANET, just another network: a forget gate and nothing else with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: van der Westhuizen, Lasenby, "The unreasonable effectiveness of the forget gate", 2018,
 * arXiv:1804.04849
 *
 *     (1)   s[t] = U_f h[t−1] + W_f x[t] + b_f
 *     (2)   z_g[t] = U_c h[t−1] + W_c x[t] + b_c
 *     (3)   g[t] = tanh(z_g[t])
 *     (4)   a_h[t] = sigmoid(s[t])
 *     (5)   z_h[t] = s[t] − beta 1
 *     (6)   a2_h[t] = sigmoid(z_h[t])
 *     (7)   h[t] = a_h[t] ∘ h[t−1] + (1 − a2_h[t]) ∘ g[t]
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
 * Matrix products: forward 2 a step, 1 a chunk of steps and 0 outside; backward 1 a step, 7 a chunk of steps and 0 outside.
 */
#ifndef JANET_F64_H
#define JANET_F64_H

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
} janet_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *h0;   /* (B, H) initial state: h before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *U_f;  /* (H, H) parameter: trained */
    const double *W_f;  /* (H, I) parameter: trained */
    const double *b_f;  /* (H) parameter: trained */
    const double *U_c;  /* (H, H) parameter: trained */
    const double *W_c;  /* (H, I) parameter: trained */
    const double *b_c;  /* (H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
    const double *beta; /* () parameter: constant: it has no gradient; usually 1 */
} janet_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h;      /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat;  /* (T, B, O) output: of every step */
    double *a2_h_g; /* (T, B, 2*H) saved: a2_h, g, side by side */
    double *a_h;    /* (T, B, H) saved: kept for the backward pass */
    double *J;      /* () loss: summed over steps and sequences */
} janet_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dU_f;  /* (H, H) gradient: with respect to U_f */
    double *dW_f;  /* (H, I) gradient: with respect to W_f */
    double *db_f;  /* (H) gradient: with respect to b_f */
    double *dU_c;  /* (H, H) gradient: with respect to U_c */
    double *dW_c;  /* (H, I) gradient: with respect to W_c */
    double *db_c;  /* (H) gradient: with respect to b_c */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
} janet_f64_gradients;

typedef enum {
    JANET_F64_OK = 0,
    JANET_F64_ZERO_SIZE, /* a size is 0 */
    JANET_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    JANET_F64_NULL       /* a pointer that is read or written is NULL */
} janet_f64_status;

/* What a status means, in English; never NULL. */
const char *janet_f64_message(janet_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t janet_f64_workspace(const janet_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
janet_f64_status janet_f64_forward(const janet_f64_sizes *sizes, const janet_f64_given *given,
                                   const janet_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
janet_f64_status janet_f64_backward(const janet_f64_sizes *sizes, const janet_f64_given *given,
                                    const janet_f64_kept *kept, const janet_f64_gradients *gradients,
                                    double *work);

/* Forward, then backward. */
janet_f64_status janet_f64_loss_and_gradient(const janet_f64_sizes *sizes, const janet_f64_given *given,
                                             const janet_f64_kept *kept, const janet_f64_gradients *gradients,
                                             double *work);

#ifdef __cplusplus
}
#endif

#endif
