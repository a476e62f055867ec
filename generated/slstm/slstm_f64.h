/* sLSTM with exponential input gate, not stabilised with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Beck et al., "xLSTM: extended long short-term memory", 2024, arXiv:2405.04517
 *
 *     (1)   z_i[t] = W_i x[t] + R_i h[t−1] + b_i
 *     (2)   i[t] = exp(z_i[t])
 *     (3)   z_f[t] = W_f x[t] + R_f h[t−1] + b_f
 *     (4)   f[t] = sigmoid(z_f[t])
 *     (5)   z_z[t] = W_z x[t] + R_z h[t−1] + b_z
 *     (6)   z[t] = tanh(z_z[t])
 *     (7)   z_o[t] = W_o x[t] + R_o h[t−1] + b_o
 *     (8)   o[t] = sigmoid(z_o[t])
 *     (9)   c[t] = f[t] ∘ c[t−1] + i[t] ∘ z[t]
 *     (10)  n[t] = f[t] ∘ n[t−1] + i[t]
 *     (11)  h[t] = o[t] ∘ (c[t] ⊘ n[t])
 *     (12)  z_y[t] = W_hy h[t] + b_y
 *     (13)  y_hat[t] = softmax(z_y[t])
 *     (14)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 1 a step, 2 a chunk of steps and 0 outside; backward 1 a step, 11 a chunk of steps and 0 outside.
 */
#ifndef SLSTM_F64_H
#define SLSTM_F64_H

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
} slstm_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *h0;   /* (B, H) initial state: h before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_i;  /* (H, I) parameter: trained */
    const double *R_i;  /* (H, H) parameter: trained */
    const double *b_i;  /* (H) parameter: trained */
    const double *W_f;  /* (H, I) parameter: trained */
    const double *R_f;  /* (H, H) parameter: trained */
    const double *b_f;  /* (H) parameter: trained */
    const double *W_z;  /* (H, I) parameter: trained */
    const double *R_z;  /* (H, H) parameter: trained */
    const double *b_z;  /* (H) parameter: trained */
    const double *W_o;  /* (H, I) parameter: trained */
    const double *R_o;  /* (H, H) parameter: trained */
    const double *b_o;  /* (H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} slstm_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *c;       /* (T + 1, B, H) output: state; the first is initial */
    double *n;       /* (T + 1, B, H) output: state; the first is initial */
    double *h;       /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat;   /* (T, B, O) output: of every step */
    double *i_f_z_o; /* (T, B, 4*H) saved: i, f, z, o, side by side */
    double *J;       /* () loss: summed over steps and sequences */
} slstm_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_i;  /* (H, I) gradient: with respect to W_i */
    double *dR_i;  /* (H, H) gradient: with respect to R_i */
    double *db_i;  /* (H) gradient: with respect to b_i */
    double *dW_f;  /* (H, I) gradient: with respect to W_f */
    double *dR_f;  /* (H, H) gradient: with respect to R_f */
    double *db_f;  /* (H) gradient: with respect to b_f */
    double *dW_z;  /* (H, I) gradient: with respect to W_z */
    double *dR_z;  /* (H, H) gradient: with respect to R_z */
    double *db_z;  /* (H) gradient: with respect to b_z */
    double *dW_o;  /* (H, I) gradient: with respect to W_o */
    double *dR_o;  /* (H, H) gradient: with respect to R_o */
    double *db_o;  /* (H) gradient: with respect to b_o */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
} slstm_f64_gradients;

typedef enum {
    SLSTM_F64_OK = 0,
    SLSTM_F64_ZERO_SIZE, /* a size is 0 */
    SLSTM_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    SLSTM_F64_NULL       /* a pointer that is read or written is NULL */
} slstm_f64_status;

/* What a status means, in English; never NULL. */
const char *slstm_f64_message(slstm_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t slstm_f64_workspace(const slstm_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
slstm_f64_status slstm_f64_forward(const slstm_f64_sizes *sizes, const slstm_f64_given *given,
                                   const slstm_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
slstm_f64_status slstm_f64_backward(const slstm_f64_sizes *sizes, const slstm_f64_given *given,
                                    const slstm_f64_kept *kept, const slstm_f64_gradients *gradients,
                                    double *work);

/* Forward, then backward. */
slstm_f64_status slstm_f64_loss_and_gradient(const slstm_f64_sizes *sizes, const slstm_f64_given *given,
                                             const slstm_f64_kept *kept, const slstm_f64_gradients *gradients,
                                             double *work);

#ifdef __cplusplus
}
#endif

#endif
