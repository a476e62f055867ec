/* MUT1, the first mutation of the architecture search with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Jozefowicz, Zaremba, Sutskever, "An empirical exploration of recurrent network
 * architectures", ICML 2015
 *
 *     (1)   z_z[t] = W_xz x[t] + b_z
 *     (2)   z[t] = sigmoid(z_z[t])
 *     (3)   z_r[t] = W_xr x[t] + W_hr h[t−1] + b_r
 *     (4)   r[t] = sigmoid(z_r[t])
 *     (5)   s_h[t] = r[t] ∘ h[t−1]
 *     (6)   a_h[t] = tanh(x[t])
 *     (7)   z_h[t] = W_hh s_h[t] + a_h[t] + b_h
 *     (8)   a2_h[t] = tanh(z_h[t])
 *     (9)   h[t] = a2_h[t] ∘ z[t] + h[t−1] ∘ (1 − z[t])
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
 * Matrix products: forward 2 a step, 2 a chunk of steps and 0 outside; backward 2 a step, 7 a chunk of steps and 0 outside.
 */
#ifndef MUT1_F64_H
#define MUT1_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t H; /* entries of x */
    size_t O; /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} mut1_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, H) input: of every step */
    const double *h0;   /* (B, H) initial state: h before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_xz; /* (H, H) parameter: trained */
    const double *b_z;  /* (H) parameter: trained */
    const double *W_xr; /* (H, H) parameter: trained */
    const double *W_hr; /* (H, H) parameter: trained */
    const double *b_r;  /* (H) parameter: trained */
    const double *W_hh; /* (H, H) parameter: trained */
    const double *b_h;  /* (H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} mut1_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h;     /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *z_r;   /* (T, B, 2*H) saved: z, r, side by side */
    double *a_h;   /* (T, B, H) saved: kept for the backward pass */
    double *a2_h;  /* (T, B, H) saved: kept for the backward pass */
    double *J;     /* () loss: summed over steps and sequences */
} mut1_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_xz; /* (H, H) gradient: with respect to W_xz */
    double *db_z;  /* (H) gradient: with respect to b_z */
    double *dW_xr; /* (H, H) gradient: with respect to W_xr */
    double *dW_hr; /* (H, H) gradient: with respect to W_hr */
    double *db_r;  /* (H) gradient: with respect to b_r */
    double *dW_hh; /* (H, H) gradient: with respect to W_hh */
    double *db_h;  /* (H) gradient: with respect to b_h */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, H) gradient: with respect to x[t] */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
} mut1_f64_gradients;

typedef enum {
    MUT1_F64_OK = 0,
    MUT1_F64_ZERO_SIZE, /* a size is 0 */
    MUT1_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    MUT1_F64_NULL       /* a pointer that is read or written is NULL */
} mut1_f64_status;

/* What a status means, in English; never NULL. */
const char *mut1_f64_message(mut1_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t mut1_f64_workspace(const mut1_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
mut1_f64_status mut1_f64_forward(const mut1_f64_sizes *sizes, const mut1_f64_given *given,
                                 const mut1_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
mut1_f64_status mut1_f64_backward(const mut1_f64_sizes *sizes, const mut1_f64_given *given,
                                  const mut1_f64_kept *kept, const mut1_f64_gradients *gradients, double *work);

/* Forward, then backward. */
mut1_f64_status mut1_f64_loss_and_gradient(const mut1_f64_sizes *sizes, const mut1_f64_given *given,
                                           const mut1_f64_kept *kept, const mut1_f64_gradients *gradients,
                                           double *work);

#ifdef __cplusplus
}
#endif

#endif
