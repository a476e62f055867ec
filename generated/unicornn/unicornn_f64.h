/* undamped independent controlled oscillatory network, one layer with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Rusch, Mishra, "UnICORNN: a recurrent model for learning very long time dependencies", 2021,
 * arXiv:2103.05487
 *
 *     (1)  a_delta = sigmoid(c)
 *     (2)  delta = dt a_delta
 *     (3)  z_z[t] = w ∘ y[t−1] + V u[t] + b
 *     (4)  a_z[t] = tanh(z_z[t])
 *     (5)  z[t] = z[t−1] − delta ∘ (a_z[t] + alpha y[t−1])
 *     (6)  y[t] = y[t−1] + delta ∘ z[t]
 *     (7)  z_y[t] = W_hy y[t] + b_y
 *     (8)  y_hat[t] = softmax(z_y[t])
 *     (9)  J[t] = −y2[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 0 a step, 2 a chunk of steps and 0 outside; backward 0 a step, 4 a chunk of steps and 0 outside.
 */
#ifndef UNICORNN_F64_H
#define UNICORNN_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t I; /* entries of u */
    size_t H; /* entries of y */
    size_t O; /* entries of y2 */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} unicornn_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *u;     /* (T, B, I) input: of every step */
    const double *y0;    /* (B, H) initial state: y before the first step */
    const double *z0;    /* (B, H) initial state: z before the first step */
    const double *y2;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *c;     /* (H) parameter: trained */
    const double *w;     /* (H) parameter: trained */
    const double *V;     /* (H, I) parameter: trained */
    const double *b;     /* (H) parameter: trained */
    const double *W_hy;  /* (O, H) parameter: trained */
    const double *b_y;   /* (O) parameter: trained */
    const double *dt;    /* () parameter: constant: it has no gradient; usually 0.1 */
    const double *alpha; /* () parameter: constant: it has no gradient; usually 1 */
} unicornn_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *z;       /* (T + 1, B, H) output: state; the first is initial */
    double *y;       /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat;   /* (T, B, O) output: of every step */
    double *a_delta; /* (H) saved: kept for the backward pass */
    double *delta;   /* (H) saved: kept for the backward pass */
    double *a_z;     /* (T, B, H) saved: kept for the backward pass */
    double *J;       /* () loss: summed over steps and sequences */
} unicornn_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dc;    /* (H) gradient: with respect to c */
    double *dw;    /* (H) gradient: with respect to w */
    double *dV;    /* (H, I) gradient: with respect to V */
    double *db;    /* (H) gradient: with respect to b */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *du;    /* (T, B, I) gradient: with respect to u[t] */
    double *dy0;   /* (B, H) gradient: with respect to y0 */
    double *dz0;   /* (B, H) gradient: with respect to z0 */
} unicornn_f64_gradients;

typedef enum {
    UNICORNN_F64_OK = 0,
    UNICORNN_F64_ZERO_SIZE, /* a size is 0 */
    UNICORNN_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    UNICORNN_F64_NULL       /* a pointer that is read or written is NULL */
} unicornn_f64_status;

/* What a status means, in English; never NULL. */
const char *unicornn_f64_message(unicornn_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t unicornn_f64_workspace(const unicornn_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
unicornn_f64_status unicornn_f64_forward(const unicornn_f64_sizes *sizes, const unicornn_f64_given *given,
                                         const unicornn_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
unicornn_f64_status unicornn_f64_backward(const unicornn_f64_sizes *sizes, const unicornn_f64_given *given,
                                          const unicornn_f64_kept *kept,
                                          const unicornn_f64_gradients *gradients, double *work);

/* Forward, then backward. */
unicornn_f64_status unicornn_f64_loss_and_gradient(const unicornn_f64_sizes *sizes,
                                                   const unicornn_f64_given *given,
                                                   const unicornn_f64_kept *kept,
                                                   const unicornn_f64_gradients *gradients, double *work);

#ifdef __cplusplus
}
#endif

#endif
