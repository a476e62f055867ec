/* coupled oscillatory network, damping of the old velocity (explicit) with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Rusch, Mishra, "Coupled oscillatory recurrent neural network (coRNN)", 2020,
 * arXiv:2010.00951
 *
 *     (1)  z_z[t] = W y[t−1] + W_z z[t−1] + V u[t] + b
 *     (2)  a_z[t] = tanh(z_z[t])
 *     (3)  z[t] = z[t−1] + dt (a_z[t] − gamma y[t−1] − epsilon z[t−1])
 *     (4)  y[t] = y[t−1] + dt z[t]
 *     (5)  z_y[t] = W_hy y[t] + b_y
 *     (6)  y_hat[t] = softmax(z_y[t])
 *     (7)  J[t] = −y2[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 3 a step, 1 a chunk of steps and 0 outside; backward 2 a step, 6 a chunk of steps and 0 outside.
 */
#ifndef CORNN_EXPLICIT_F64_H
#define CORNN_EXPLICIT_F64_H

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
} cornn_explicit_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *u;       /* (T, B, I) input: of every step */
    const double *y0;      /* (B, H) initial state: y before the first step */
    const double *z0;      /* (B, H) initial state: z before the first step */
    const double *y2;      /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W;       /* (H, H) parameter: trained */
    const double *W_z;     /* (H, H) parameter: trained */
    const double *V;       /* (H, I) parameter: trained */
    const double *b;       /* (H) parameter: trained */
    const double *W_hy;    /* (O, H) parameter: trained */
    const double *b_y;     /* (O) parameter: trained */
    const double *dt;      /* () parameter: constant: it has no gradient; usually 0.01 */
    const double *gamma;   /* () parameter: constant: it has no gradient; usually 1 */
    const double *epsilon; /* () parameter: constant: it has no gradient; usually 1 */
} cornn_explicit_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *z;     /* (T + 1, B, H) output: state; the first is initial */
    double *y;     /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *a_z;   /* (T, B, H) saved: kept for the backward pass */
    double *J;     /* () loss: summed over steps and sequences */
} cornn_explicit_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW;    /* (H, H) gradient: with respect to W */
    double *dW_z;  /* (H, H) gradient: with respect to W_z */
    double *dV;    /* (H, I) gradient: with respect to V */
    double *db;    /* (H) gradient: with respect to b */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *du;    /* (T, B, I) gradient: with respect to u[t] */
    double *dy0;   /* (B, H) gradient: with respect to y0 */
    double *dz0;   /* (B, H) gradient: with respect to z0 */
} cornn_explicit_f64_gradients;

typedef enum {
    CORNN_EXPLICIT_F64_OK = 0,
    CORNN_EXPLICIT_F64_ZERO_SIZE, /* a size is 0 */
    CORNN_EXPLICIT_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    CORNN_EXPLICIT_F64_NULL       /* a pointer that is read or written is NULL */
} cornn_explicit_f64_status;

/* What a status means, in English; never NULL. */
const char *cornn_explicit_f64_message(cornn_explicit_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t cornn_explicit_f64_workspace(const cornn_explicit_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
cornn_explicit_f64_status cornn_explicit_f64_forward(const cornn_explicit_f64_sizes *sizes,
                                                     const cornn_explicit_f64_given *given,
                                                     const cornn_explicit_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
cornn_explicit_f64_status cornn_explicit_f64_backward(const cornn_explicit_f64_sizes *sizes,
                                                      const cornn_explicit_f64_given *given,
                                                      const cornn_explicit_f64_kept *kept,
                                                      const cornn_explicit_f64_gradients *gradients,
                                                      double *work);

/* Forward, then backward. */
cornn_explicit_f64_status cornn_explicit_f64_loss_and_gradient(const cornn_explicit_f64_sizes *sizes,
                                                               const cornn_explicit_f64_given *given,
                                                               const cornn_explicit_f64_kept *kept,
                                                               const cornn_explicit_f64_gradients *gradients,
                                                               double *work);

#ifdef __cplusplus
}
#endif

#endif
