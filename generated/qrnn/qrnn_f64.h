/* quasi-recurrent network, width 2, fo-pooling with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Bradbury, Merity, Xiong, Socher, "Quasi-recurrent neural networks", 2016, arXiv:1611.01576
 *
 *     (1)   z_z[t] = W_z1 p[t−1] + W_z2 x[t]
 *     (2)   z[t] = tanh(z_z[t])
 *     (3)   z_f[t] = W_f1 p[t−1] + W_f2 x[t]
 *     (4)   f[t] = sigmoid(z_f[t])
 *     (5)   z_o[t] = W_o1 p[t−1] + W_o2 x[t]
 *     (6)   o[t] = sigmoid(z_o[t])
 *     (7)   c[t] = f[t] ∘ c[t−1] + (1 − f[t]) ∘ z[t]
 *     (8)   h[t] = o[t] ∘ c[t]
 *     (9)   p[t] = x[t]
 *     (10)  z_y[t] = W_hy h[t] + b_y
 *     (11)  y_hat[t] = softmax(z_y[t])
 *     (12)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 0 a step, 3 a chunk of steps and 0 outside; backward 1 a step, 9 a chunk of steps and 0 outside.
 */
#ifndef QRNN_F64_H
#define QRNN_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t I; /* entries of x */
    size_t H; /* entries of c */
    size_t O; /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} qrnn_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *c0;   /* (B, H) initial state: c before the first step */
    const double *p0;   /* (B, I) initial state: p before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_z1; /* (H, I) parameter: trained */
    const double *W_z2; /* (H, I) parameter: trained */
    const double *W_f1; /* (H, I) parameter: trained */
    const double *W_f2; /* (H, I) parameter: trained */
    const double *W_o1; /* (H, I) parameter: trained */
    const double *W_o2; /* (H, I) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} qrnn_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *c;     /* (T + 1, B, H) output: state; the first is initial */
    double *h;     /* (T, B, H) output: of every step */
    double *p;     /* (T + 1, B, I) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *z_f_o; /* (T, B, 3*H) saved: z, f, o, side by side */
    double *J;     /* () loss: summed over steps and sequences */
} qrnn_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_z1; /* (H, I) gradient: with respect to W_z1 */
    double *dW_z2; /* (H, I) gradient: with respect to W_z2 */
    double *dW_f1; /* (H, I) gradient: with respect to W_f1 */
    double *dW_f2; /* (H, I) gradient: with respect to W_f2 */
    double *dW_o1; /* (H, I) gradient: with respect to W_o1 */
    double *dW_o2; /* (H, I) gradient: with respect to W_o2 */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dc0;   /* (B, H) gradient: with respect to c0 */
    double *dp0;   /* (B, I) gradient: with respect to p0 */
} qrnn_f64_gradients;

typedef enum {
    QRNN_F64_OK = 0,
    QRNN_F64_ZERO_SIZE, /* a size is 0 */
    QRNN_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    QRNN_F64_NULL       /* a pointer that is read or written is NULL */
} qrnn_f64_status;

/* What a status means, in English; never NULL. */
const char *qrnn_f64_message(qrnn_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t qrnn_f64_workspace(const qrnn_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
qrnn_f64_status qrnn_f64_forward(const qrnn_f64_sizes *sizes, const qrnn_f64_given *given,
                                 const qrnn_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
qrnn_f64_status qrnn_f64_backward(const qrnn_f64_sizes *sizes, const qrnn_f64_given *given,
                                  const qrnn_f64_kept *kept, const qrnn_f64_gradients *gradients, double *work);

/* Forward, then backward. */
qrnn_f64_status qrnn_f64_loss_and_gradient(const qrnn_f64_sizes *sizes, const qrnn_f64_given *given,
                                           const qrnn_f64_kept *kept, const qrnn_f64_gradients *gradients,
                                           double *work);

#ifdef __cplusplus
}
#endif

#endif
