/* Jordan network with a decaying context of past outputs with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Jordan, "Serial order: a parallel distributed processing approach", ICS report 8604, UC San
 * Diego, 1986
 *
 *     (1)  s[t] = mu s[t−1] + y[t−1]
 *     (2)  z_h[t] = W x[t] + U s[t] + b
 *     (3)  h[t] = tanh(z_h[t])
 *     (4)  z_y[t] = V h[t] + c
 *     (5)  y[t] = sigmoid(z_y[t])
 *     (6)  z2_y[t] = W_hy y[t] + b_y
 *     (7)  y_hat[t] = softmax(z2_y[t])
 *     (8)  J[t] = −y2[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 2 a step, 2 a chunk of steps and 0 outside; backward 2 a step, 6 a chunk of steps and 0 outside.
 */
#ifndef JORDAN_CONTEXT_F64_H
#define JORDAN_CONTEXT_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T;  /* steps */
    size_t B;  /* sequences in the batch */
    size_t I;  /* entries of x */
    size_t O;  /* entries of s */
    size_t H;  /* entries of W */
    size_t O2; /* entries of y2 */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} jordan_context_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *s0;   /* (B, O) initial state: s before the first step */
    const double *y0;   /* (B, O) initial state: y before the first step */
    const double *y2;   /* (T, B, O2) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W;    /* (H, I) parameter: trained */
    const double *U;    /* (H, O) parameter: trained */
    const double *b;    /* (H) parameter: trained */
    const double *V;    /* (O, H) parameter: trained */
    const double *c;    /* (O) parameter: trained */
    const double *W_hy; /* (O2, O) parameter: trained */
    const double *b_y;  /* (O2) parameter: trained */
    const double *mu;   /* () parameter: constant: it has no gradient; usually 0.5 */
} jordan_context_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *s;     /* (T + 1, B, O) output: state; the first is initial */
    double *y;     /* (T + 1, B, O) output: state; the first is initial */
    double *y_hat; /* (T, B, O2) output: of every step */
    double *h;     /* (T, B, H) saved: kept for the backward pass */
    double *J;     /* () loss: summed over steps and sequences */
} jordan_context_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW;    /* (H, I) gradient: with respect to W */
    double *dU;    /* (H, O) gradient: with respect to U */
    double *db;    /* (H) gradient: with respect to b */
    double *dV;    /* (O, H) gradient: with respect to V */
    double *dc;    /* (O) gradient: with respect to c */
    double *dW_hy; /* (O2, O) gradient: with respect to W_hy */
    double *db_y;  /* (O2) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *ds0;   /* (B, O) gradient: with respect to s0 */
    double *dy0;   /* (B, O) gradient: with respect to y0 */
} jordan_context_f64_gradients;

typedef enum {
    JORDAN_CONTEXT_F64_OK = 0,
    JORDAN_CONTEXT_F64_ZERO_SIZE, /* a size is 0 */
    JORDAN_CONTEXT_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    JORDAN_CONTEXT_F64_NULL       /* a pointer that is read or written is NULL */
} jordan_context_f64_status;

/* What a status means, in English; never NULL. */
const char *jordan_context_f64_message(jordan_context_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t jordan_context_f64_workspace(const jordan_context_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
jordan_context_f64_status jordan_context_f64_forward(const jordan_context_f64_sizes *sizes,
                                                     const jordan_context_f64_given *given,
                                                     const jordan_context_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
jordan_context_f64_status jordan_context_f64_backward(const jordan_context_f64_sizes *sizes,
                                                      const jordan_context_f64_given *given,
                                                      const jordan_context_f64_kept *kept,
                                                      const jordan_context_f64_gradients *gradients,
                                                      double *work);

/* Forward, then backward. */
jordan_context_f64_status jordan_context_f64_loss_and_gradient(const jordan_context_f64_sizes *sizes,
                                                               const jordan_context_f64_given *given,
                                                               const jordan_context_f64_kept *kept,
                                                               const jordan_context_f64_gradients *gradients,
                                                               double *work);

#ifdef __cplusplus
}
#endif

#endif
