/* continuous-time network in currents, Euler steps, without noise with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Song, Yang, Wang, "Training excitatory-inhibitory recurrent neural networks for cognitive
 * tasks", PLoS Computational Biology 12 (2016) e1004792
 *
 *     (1)  s_x[t] = relu(x[t−1])
 *     (2)  u_x[t] = W_rec s_x[t] + W_in u[t] + b
 *     (3)  x[t] = (1 − alpha) x[t−1] + alpha u_x[t]
 *     (4)  r[t] = relu(x[t])
 *     (5)  z_y[t] = W_hy r[t] + b_y
 *     (6)  y_hat[t] = softmax(z_y[t])
 *     (7)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 2 a step, 1 a chunk of steps and 0 outside; backward 1 a step, 5 a chunk of steps and 0 outside.
 */
#ifndef CTRNN_CURRENT_F64_H
#define CTRNN_CURRENT_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t I; /* entries of u */
    size_t H; /* entries of x */
    size_t O; /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} ctrnn_current_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *u;     /* (T, B, I) input: of every step */
    const double *x0;    /* (B, H) initial state: x before the first step */
    const double *y;     /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_rec; /* (H, H) parameter: trained */
    const double *W_in;  /* (H, I) parameter: trained */
    const double *b;     /* (H) parameter: trained */
    const double *W_hy;  /* (O, H) parameter: trained */
    const double *b_y;   /* (O) parameter: trained */
    const double *alpha; /* () parameter: constant: it has no gradient; usually 0.2 */
} ctrnn_current_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *x;     /* (T + 1, B, H) output: state; the first is initial */
    double *r;     /* (T, B, H) output: of every step */
    double *y_hat; /* (T, B, O) output: of every step */
    double *J;     /* () loss: summed over steps and sequences */
} ctrnn_current_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_rec; /* (H, H) gradient: with respect to W_rec */
    double *dW_in;  /* (H, I) gradient: with respect to W_in */
    double *db;     /* (H) gradient: with respect to b */
    double *dW_hy;  /* (O, H) gradient: with respect to W_hy */
    double *db_y;   /* (O) gradient: with respect to b_y */
    double *du;     /* (T, B, I) gradient: with respect to u[t] */
    double *dx0;    /* (B, H) gradient: with respect to x0 */
} ctrnn_current_f64_gradients;

typedef enum {
    CTRNN_CURRENT_F64_OK = 0,
    CTRNN_CURRENT_F64_ZERO_SIZE, /* a size is 0 */
    CTRNN_CURRENT_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    CTRNN_CURRENT_F64_NULL       /* a pointer that is read or written is NULL */
} ctrnn_current_f64_status;

/* What a status means, in English; never NULL. */
const char *ctrnn_current_f64_message(ctrnn_current_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t ctrnn_current_f64_workspace(const ctrnn_current_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
ctrnn_current_f64_status ctrnn_current_f64_forward(const ctrnn_current_f64_sizes *sizes,
                                                   const ctrnn_current_f64_given *given,
                                                   const ctrnn_current_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
ctrnn_current_f64_status ctrnn_current_f64_backward(const ctrnn_current_f64_sizes *sizes,
                                                    const ctrnn_current_f64_given *given,
                                                    const ctrnn_current_f64_kept *kept,
                                                    const ctrnn_current_f64_gradients *gradients, double *work);

/* Forward, then backward. */
ctrnn_current_f64_status ctrnn_current_f64_loss_and_gradient(const ctrnn_current_f64_sizes *sizes,
                                                             const ctrnn_current_f64_given *given,
                                                             const ctrnn_current_f64_kept *kept,
                                                             const ctrnn_current_f64_gradients *gradients,
                                                             double *work);

#ifdef __cplusplus
}
#endif

#endif
