/* FastGRNN, one pair of matrices for gate and candidate with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Kusupati, Singh, Bhatia, Kumar, Jain, Varma, "FastGRNN: a fast, accurate, stable and tiny
 * kilobyte sized gated recurrent neural network", 2018, arXiv:1901.02358
 *
 *     (1)   zeta = sigmoid(zeta_raw)
 *     (2)   nu = sigmoid(nu_raw)
 *     (3)   p[t] = W x[t] + U h[t−1]
 *     (4)   z_z[t] = p[t] + b_z
 *     (5)   z[t] = sigmoid(z_z[t])
 *     (6)   z_h_hat[t] = p[t] + b_h
 *     (7)   h_hat[t] = tanh(z_h_hat[t])
 *     (8)   h[t] = (zeta (1 − z[t]) + nu 1) ∘ h_hat[t] + z[t] ∘ h[t−1]
 *     (9)   z_y[t] = W_hy h[t] + b_y
 *     (10)  y_hat[t] = softmax(z_y[t])
 *     (11)  J[t] = −y[t]ᵀ log(y_hat[t])
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
#ifndef FASTGRNN_F64_H
#define FASTGRNN_F64_H

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
} fastgrnn_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;        /* (T, B, I) input: of every step */
    const double *h0;       /* (B, H) initial state: h before the first step */
    const double *y;        /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *zeta_raw; /* () parameter: trained */
    const double *nu_raw;   /* () parameter: trained */
    const double *W;        /* (H, I) parameter: trained */
    const double *U;        /* (H, H) parameter: trained */
    const double *b_z;      /* (H) parameter: trained */
    const double *b_h;      /* (H) parameter: trained */
    const double *W_hy;     /* (O, H) parameter: trained */
    const double *b_y;      /* (O) parameter: trained */
} fastgrnn_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h;     /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *zeta;  /* () saved: kept for the backward pass */
    double *nu;    /* () saved: kept for the backward pass */
    double *z;     /* (T, B, H) saved: kept for the backward pass */
    double *h_hat; /* (T, B, H) saved: kept for the backward pass */
    double *J;     /* () loss: summed over steps and sequences */
} fastgrnn_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dzeta_raw; /* () gradient: with respect to zeta_raw */
    double *dnu_raw;   /* () gradient: with respect to nu_raw */
    double *dW;        /* (H, I) gradient: with respect to W */
    double *dU;        /* (H, H) gradient: with respect to U */
    double *db_z;      /* (H) gradient: with respect to b_z */
    double *db_h;      /* (H) gradient: with respect to b_h */
    double *dW_hy;     /* (O, H) gradient: with respect to W_hy */
    double *db_y;      /* (O) gradient: with respect to b_y */
    double *dx;        /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;       /* (B, H) gradient: with respect to h0 */
} fastgrnn_f64_gradients;

typedef enum {
    FASTGRNN_F64_OK = 0,
    FASTGRNN_F64_ZERO_SIZE, /* a size is 0 */
    FASTGRNN_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    FASTGRNN_F64_NULL       /* a pointer that is read or written is NULL */
} fastgrnn_f64_status;

/* What a status means, in English; never NULL. */
const char *fastgrnn_f64_message(fastgrnn_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t fastgrnn_f64_workspace(const fastgrnn_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
fastgrnn_f64_status fastgrnn_f64_forward(const fastgrnn_f64_sizes *sizes, const fastgrnn_f64_given *given,
                                         const fastgrnn_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
fastgrnn_f64_status fastgrnn_f64_backward(const fastgrnn_f64_sizes *sizes, const fastgrnn_f64_given *given,
                                          const fastgrnn_f64_kept *kept,
                                          const fastgrnn_f64_gradients *gradients, double *work);

/* Forward, then backward. */
fastgrnn_f64_status fastgrnn_f64_loss_and_gradient(const fastgrnn_f64_sizes *sizes,
                                                   const fastgrnn_f64_given *given,
                                                   const fastgrnn_f64_kept *kept,
                                                   const fastgrnn_f64_gradients *gradients, double *work);

#ifdef __cplusplus
}
#endif

#endif
