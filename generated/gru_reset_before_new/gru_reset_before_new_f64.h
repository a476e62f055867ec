/* gated recurrent unit, reset before the product, z takes the new state with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Chung, Gulcehre, Cho, Bengio, "Empirical evaluation of gated recurrent neural networks on
 * sequence modeling", 2014, arXiv:1412.3555
 *
 *     (1)   z_r[t] = W_r x[t] + U_r h[t−1] + b_r
 *     (2)   r[t] = sigmoid(z_r[t])
 *     (3)   z_z[t] = W_z x[t] + U_z h[t−1] + b_z
 *     (4)   z[t] = sigmoid(z_z[t])
 *     (5)   s_n[t] = r[t] ∘ h[t−1]
 *     (6)   z_n[t] = W x[t] + U s_n[t] + b
 *     (7)   n[t] = tanh(z_n[t])
 *     (8)   h[t] = (1 − z[t]) ∘ h[t−1] + z[t] ∘ n[t]
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
 * Matrix products: forward 2 a step, 2 a chunk of steps and 0 outside; backward 2 a step, 9 a chunk of steps and 0 outside.
 */
#ifndef GRU_RESET_BEFORE_NEW_F64_H
#define GRU_RESET_BEFORE_NEW_F64_H

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
} gru_reset_before_new_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *h0;   /* (B, H) initial state: h before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_r;  /* (H, I) parameter: trained */
    const double *U_r;  /* (H, H) parameter: trained */
    const double *b_r;  /* (H) parameter: trained */
    const double *W_z;  /* (H, I) parameter: trained */
    const double *U_z;  /* (H, H) parameter: trained */
    const double *b_z;  /* (H) parameter: trained */
    const double *W;    /* (H, I) parameter: trained */
    const double *U;    /* (H, H) parameter: trained */
    const double *b;    /* (H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} gru_reset_before_new_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h;     /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *r_z_n; /* (T, B, 3*H) saved: r, z, n, side by side */
    double *J;     /* () loss: summed over steps and sequences */
} gru_reset_before_new_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_r;  /* (H, I) gradient: with respect to W_r */
    double *dU_r;  /* (H, H) gradient: with respect to U_r */
    double *db_r;  /* (H) gradient: with respect to b_r */
    double *dW_z;  /* (H, I) gradient: with respect to W_z */
    double *dU_z;  /* (H, H) gradient: with respect to U_z */
    double *db_z;  /* (H) gradient: with respect to b_z */
    double *dW;    /* (H, I) gradient: with respect to W */
    double *dU;    /* (H, H) gradient: with respect to U */
    double *db;    /* (H) gradient: with respect to b */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
} gru_reset_before_new_f64_gradients;

typedef enum {
    GRU_RESET_BEFORE_NEW_F64_OK = 0,
    GRU_RESET_BEFORE_NEW_F64_ZERO_SIZE, /* a size is 0 */
    GRU_RESET_BEFORE_NEW_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    GRU_RESET_BEFORE_NEW_F64_NULL       /* a pointer that is read or written is NULL */
} gru_reset_before_new_f64_status;

/* What a status means, in English; never NULL. */
const char *gru_reset_before_new_f64_message(gru_reset_before_new_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t gru_reset_before_new_f64_workspace(const gru_reset_before_new_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
gru_reset_before_new_f64_status gru_reset_before_new_f64_forward(const gru_reset_before_new_f64_sizes *sizes,
                                                                 const gru_reset_before_new_f64_given *given,
                                                                 const gru_reset_before_new_f64_kept *kept,
                                                                 double *work);

/* Compute every gradient from what forward left in `kept`. */
gru_reset_before_new_f64_status gru_reset_before_new_f64_backward(const gru_reset_before_new_f64_sizes *sizes,
                                                                  const gru_reset_before_new_f64_given *given,
                                                                  const gru_reset_before_new_f64_kept *kept,
                                                                  const gru_reset_before_new_f64_gradients *gradients,
                                                                  double *work);

/* Forward, then backward. */
gru_reset_before_new_f64_status gru_reset_before_new_f64_loss_and_gradient(
                                                                           const gru_reset_before_new_f64_sizes *sizes,
                                                                           const gru_reset_before_new_f64_given *given,
                                                                           const gru_reset_before_new_f64_kept *kept,
                                                                           const gru_reset_before_new_f64_gradients *gradients,
                                                                           double *work);

#ifdef __cplusplus
}
#endif

#endif
