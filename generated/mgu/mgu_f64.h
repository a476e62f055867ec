/* minimal gated unit with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Zhou, Wu, Zhang, Zhou, "Minimal gated unit for recurrent neural networks", 2016,
 * arXiv:1603.09420
 *
 *     (1)  z_f[t] = W_f x[t] + U_f h[t−1] + b_f
 *     (2)  f[t] = sigmoid(z_f[t])
 *     (3)  s_n[t] = f[t] ∘ h[t−1]
 *     (4)  z_n[t] = W_h x[t] + U_h s_n[t] + b_h
 *     (5)  n[t] = tanh(z_n[t])
 *     (6)  h[t] = (1 − f[t]) ∘ h[t−1] + f[t] ∘ n[t]
 *     (7)  z_y[t] = W_hy h[t] + b_y
 *     (8)  y_hat[t] = softmax(z_y[t])
 *     (9)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 2 a step, 2 a chunk of steps and 0 outside; backward 2 a step, 7 a chunk of steps and 0 outside.
 */
#ifndef MGU_F64_H
#define MGU_F64_H

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
} mgu_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *h0;   /* (B, H) initial state: h before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_f;  /* (H, I) parameter: trained */
    const double *U_f;  /* (H, H) parameter: trained */
    const double *b_f;  /* (H) parameter: trained */
    const double *W_h;  /* (H, I) parameter: trained */
    const double *U_h;  /* (H, H) parameter: trained */
    const double *b_h;  /* (H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} mgu_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h;     /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *f_n;   /* (T, B, 2*H) saved: f, n, side by side */
    double *J;     /* () loss: summed over steps and sequences */
} mgu_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_f;  /* (H, I) gradient: with respect to W_f */
    double *dU_f;  /* (H, H) gradient: with respect to U_f */
    double *db_f;  /* (H) gradient: with respect to b_f */
    double *dW_h;  /* (H, I) gradient: with respect to W_h */
    double *dU_h;  /* (H, H) gradient: with respect to U_h */
    double *db_h;  /* (H) gradient: with respect to b_h */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
} mgu_f64_gradients;

typedef enum {
    MGU_F64_OK = 0,
    MGU_F64_ZERO_SIZE, /* a size is 0 */
    MGU_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    MGU_F64_NULL       /* a pointer that is read or written is NULL */
} mgu_f64_status;

/* What a status means, in English; never NULL. */
const char *mgu_f64_message(mgu_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t mgu_f64_workspace(const mgu_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
mgu_f64_status mgu_f64_forward(const mgu_f64_sizes *sizes, const mgu_f64_given *given,
                               const mgu_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
mgu_f64_status mgu_f64_backward(const mgu_f64_sizes *sizes, const mgu_f64_given *given,
                                const mgu_f64_kept *kept, const mgu_f64_gradients *gradients, double *work);

/* Forward, then backward. */
mgu_f64_status mgu_f64_loss_and_gradient(const mgu_f64_sizes *sizes, const mgu_f64_given *given,
                                         const mgu_f64_kept *kept, const mgu_f64_gradients *gradients,
                                         double *work);

#ifdef __cplusplus
}
#endif

#endif
