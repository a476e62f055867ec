/* independently recurrent network with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Li, Li, Cook, Zhu, Gao, "Independently recurrent neural network (IndRNN)", 2018,
 * arXiv:1803.04831
 *
 *     (1)  z_h[t] = W x[t] + u ∘ h[t−1] + b
 *     (2)  h[t] = relu(z_h[t])
 *     (3)  z_y[t] = W_hy h[t] + b_y
 *     (4)  y_hat[t] = softmax(z_y[t])
 *     (5)  J[t] = −y[t]ᵀ log(y_hat[t])
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
#ifndef INDRNN_F64_H
#define INDRNN_F64_H

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
} indrnn_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *h0;   /* (B, H) initial state: h before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W;    /* (H, I) parameter: trained */
    const double *u;    /* (H) parameter: trained */
    const double *b;    /* (H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} indrnn_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h;     /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *J;     /* () loss: summed over steps and sequences */
} indrnn_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW;    /* (H, I) gradient: with respect to W */
    double *du;    /* (H) gradient: with respect to u */
    double *db;    /* (H) gradient: with respect to b */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
} indrnn_f64_gradients;

typedef enum {
    INDRNN_F64_OK = 0,
    INDRNN_F64_ZERO_SIZE, /* a size is 0 */
    INDRNN_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    INDRNN_F64_NULL       /* a pointer that is read or written is NULL */
} indrnn_f64_status;

/* What a status means, in English; never NULL. */
const char *indrnn_f64_message(indrnn_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t indrnn_f64_workspace(const indrnn_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
indrnn_f64_status indrnn_f64_forward(const indrnn_f64_sizes *sizes, const indrnn_f64_given *given,
                                     const indrnn_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
indrnn_f64_status indrnn_f64_backward(const indrnn_f64_sizes *sizes, const indrnn_f64_given *given,
                                      const indrnn_f64_kept *kept, const indrnn_f64_gradients *gradients,
                                      double *work);

/* Forward, then backward. */
indrnn_f64_status indrnn_f64_loss_and_gradient(const indrnn_f64_sizes *sizes, const indrnn_f64_given *given,
                                               const indrnn_f64_kept *kept,
                                               const indrnn_f64_gradients *gradients, double *work);

#ifdef __cplusplus
}
#endif

#endif
