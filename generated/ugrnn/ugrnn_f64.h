/* update gate recurrent network with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Collins, Sohl-Dickstein, Sussillo, "Capacity and trainability in recurrent neural networks",
 * 2016, arXiv:1611.09913
 *
 *     (1)  z_c[t] = W_cx x[t] + W_ch h[t−1] + b_c
 *     (2)  c[t] = tanh(z_c[t])
 *     (3)  z_g[t] = W_gx x[t] + W_gh h[t−1] + b_g
 *     (4)  g[t] = sigmoid(z_g[t])
 *     (5)  h[t] = g[t] ∘ h[t−1] + (1 − g[t]) ∘ c[t]
 *     (6)  z_y[t] = W_hy h[t] + b_y
 *     (7)  y_hat[t] = softmax(z_y[t])
 *     (8)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 1 a step, 2 a chunk of steps and 0 outside; backward 1 a step, 7 a chunk of steps and 0 outside.
 */
#ifndef UGRNN_F64_H
#define UGRNN_F64_H

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
} ugrnn_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *h0;   /* (B, H) initial state: h before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_cx; /* (H, I) parameter: trained */
    const double *W_ch; /* (H, H) parameter: trained */
    const double *b_c;  /* (H) parameter: trained */
    const double *W_gx; /* (H, I) parameter: trained */
    const double *W_gh; /* (H, H) parameter: trained */
    const double *b_g;  /* (H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} ugrnn_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h;     /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *c_g;   /* (T, B, 2*H) saved: c, g, side by side */
    double *J;     /* () loss: summed over steps and sequences */
} ugrnn_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_cx; /* (H, I) gradient: with respect to W_cx */
    double *dW_ch; /* (H, H) gradient: with respect to W_ch */
    double *db_c;  /* (H) gradient: with respect to b_c */
    double *dW_gx; /* (H, I) gradient: with respect to W_gx */
    double *dW_gh; /* (H, H) gradient: with respect to W_gh */
    double *db_g;  /* (H) gradient: with respect to b_g */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
} ugrnn_f64_gradients;

typedef enum {
    UGRNN_F64_OK = 0,
    UGRNN_F64_ZERO_SIZE, /* a size is 0 */
    UGRNN_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    UGRNN_F64_NULL       /* a pointer that is read or written is NULL */
} ugrnn_f64_status;

/* What a status means, in English; never NULL. */
const char *ugrnn_f64_message(ugrnn_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t ugrnn_f64_workspace(const ugrnn_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
ugrnn_f64_status ugrnn_f64_forward(const ugrnn_f64_sizes *sizes, const ugrnn_f64_given *given,
                                   const ugrnn_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
ugrnn_f64_status ugrnn_f64_backward(const ugrnn_f64_sizes *sizes, const ugrnn_f64_given *given,
                                    const ugrnn_f64_kept *kept, const ugrnn_f64_gradients *gradients,
                                    double *work);

/* Forward, then backward. */
ugrnn_f64_status ugrnn_f64_loss_and_gradient(const ugrnn_f64_sizes *sizes, const ugrnn_f64_given *given,
                                             const ugrnn_f64_kept *kept, const ugrnn_f64_gradients *gradients,
                                             double *work);

#ifdef __cplusplus
}
#endif

#endif
