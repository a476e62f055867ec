/* NARX network, two earlier inputs and three earlier outputs, one hidden layer with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Lin, Horne, Tino, Giles, "Learning long-term dependencies in NARX recurrent neural
 * networks", IEEE Transactions on Neural Networks 7 (1996) 1329-1338
 *
 *     (1)  z_h[t] = W_0 u[t] + W_1 p[t−1] + W_2 p[t−2] + V_1 y[t−1] + V_2 y[t−2] + V_3 y[t−3] + b
 *     (2)  h[t] = tanh(z_h[t])
 *     (3)  y[t] = W_y h[t] + b_y
 *     (4)  p[t] = u[t]
 *     (5)  z_y[t] = W_hy y[t] + b2_y
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
 * Matrix products: forward 4 a step, 4 a chunk of steps and 0 outside; backward 6 a step, 10 a chunk of steps and 0 outside.
 */
#ifndef NARX_F64_H
#define NARX_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T;  /* steps */
    size_t B;  /* sequences in the batch */
    size_t I;  /* entries of u */
    size_t O;  /* entries of y */
    size_t H;  /* entries of W_0 */
    size_t O2; /* entries of y2 */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} narx_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *u;    /* (T, B, I) input: of every step */
    const double *y0;   /* (3, B, O) initial state: y before the first step */
    const double *p0;   /* (2, B, I) initial state: p before the first step */
    const double *y2;   /* (T, B, O2) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_0;  /* (H, I) parameter: trained */
    const double *W_1;  /* (H, I) parameter: trained */
    const double *W_2;  /* (H, I) parameter: trained */
    const double *V_1;  /* (H, O) parameter: trained */
    const double *V_2;  /* (H, O) parameter: trained */
    const double *V_3;  /* (H, O) parameter: trained */
    const double *b;    /* (H) parameter: trained */
    const double *W_y;  /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
    const double *W_hy; /* (O2, O) parameter: trained */
    const double *b2_y; /* (O2) parameter: trained */
} narx_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *y;     /* (T + 3, B, O) output: state; the first 3 are initial */
    double *p;     /* (T + 2, B, I) output: state; the first 2 are initial */
    double *y_hat; /* (T, B, O2) output: of every step */
    double *h;     /* (T, B, H) saved: kept for the backward pass */
    double *J;     /* () loss: summed over steps and sequences */
} narx_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_0;  /* (H, I) gradient: with respect to W_0 */
    double *dW_1;  /* (H, I) gradient: with respect to W_1 */
    double *dW_2;  /* (H, I) gradient: with respect to W_2 */
    double *dV_1;  /* (H, O) gradient: with respect to V_1 */
    double *dV_2;  /* (H, O) gradient: with respect to V_2 */
    double *dV_3;  /* (H, O) gradient: with respect to V_3 */
    double *db;    /* (H) gradient: with respect to b */
    double *dW_y;  /* (O, H) gradient: with respect to W_y */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dW_hy; /* (O2, O) gradient: with respect to W_hy */
    double *db2_y; /* (O2) gradient: with respect to b2_y */
    double *du;    /* (T, B, I) gradient: with respect to u[t] */
    double *dy0;   /* (3, B, O) gradient: with respect to y0 */
    double *dp0;   /* (2, B, I) gradient: with respect to p0 */
} narx_f64_gradients;

typedef enum {
    NARX_F64_OK = 0,
    NARX_F64_ZERO_SIZE, /* a size is 0 */
    NARX_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    NARX_F64_NULL       /* a pointer that is read or written is NULL */
} narx_f64_status;

/* What a status means, in English; never NULL. */
const char *narx_f64_message(narx_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t narx_f64_workspace(const narx_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
narx_f64_status narx_f64_forward(const narx_f64_sizes *sizes, const narx_f64_given *given,
                                 const narx_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
narx_f64_status narx_f64_backward(const narx_f64_sizes *sizes, const narx_f64_given *given,
                                  const narx_f64_kept *kept, const narx_f64_gradients *gradients, double *work);

/* Forward, then backward. */
narx_f64_status narx_f64_loss_and_gradient(const narx_f64_sizes *sizes, const narx_f64_given *given,
                                           const narx_f64_kept *kept, const narx_f64_gradients *gradients,
                                           double *work);

#ifdef __cplusplus
}
#endif

#endif
