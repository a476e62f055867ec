/* long expressive memory with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Rusch, Mishra, Erichson, Mahoney, "Long expressive memory for sequence modeling", 2021,
 * arXiv:2110.04744
 *
 *     (1)   z_delta[t] = W_1 y[t−1] + V_1 u[t] + b_1
 *     (2)   a_delta[t] = sigmoid(z_delta[t])
 *     (3)   delta[t] = dt a_delta[t]
 *     (4)   z_delta_bar[t] = W_2 y[t−1] + V_2 u[t] + b_2
 *     (5)   a_delta_bar[t] = sigmoid(z_delta_bar[t])
 *     (6)   delta_bar[t] = dt a_delta_bar[t]
 *     (7)   z_z[t] = W_z y[t−1] + V_z u[t] + b_z
 *     (8)   a_z[t] = tanh(z_z[t])
 *     (9)   z[t] = (1 − delta[t]) ∘ z[t−1] + delta[t] ∘ a_z[t]
 *     (10)  z_y[t] = W_y z[t] + V_y u[t] + b_y
 *     (11)  a_y[t] = tanh(z_y[t])
 *     (12)  y[t] = (1 − delta_bar[t]) ∘ y[t−1] + delta_bar[t] ∘ a_y[t]
 *     (13)  z2_y[t] = W_hy y[t] + b2_y
 *     (14)  y_hat[t] = softmax(z2_y[t])
 *     (15)  J[t] = −y2[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 6 a step, 1 a chunk of steps and 0 outside; backward 2 a step, 11 a chunk of steps and 0 outside.
 */
#ifndef LEM_F64_H
#define LEM_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t I; /* entries of u */
    size_t H; /* entries of y */
    size_t O; /* entries of y2 */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} lem_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *u;    /* (T, B, I) input: of every step */
    const double *y0;   /* (B, H) initial state: y before the first step */
    const double *z0;   /* (B, H) initial state: z before the first step */
    const double *y2;   /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_1;  /* (H, H) parameter: trained */
    const double *V_1;  /* (H, I) parameter: trained */
    const double *b_1;  /* (H) parameter: trained */
    const double *W_2;  /* (H, H) parameter: trained */
    const double *V_2;  /* (H, I) parameter: trained */
    const double *b_2;  /* (H) parameter: trained */
    const double *W_z;  /* (H, H) parameter: trained */
    const double *V_z;  /* (H, I) parameter: trained */
    const double *b_z;  /* (H) parameter: trained */
    const double *W_y;  /* (H, H) parameter: trained */
    const double *V_y;  /* (H, I) parameter: trained */
    const double *b_y;  /* (H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b2_y; /* (O) parameter: trained */
    const double *dt;   /* () parameter: constant: it has no gradient; usually 1 */
} lem_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *z;                   /* (T + 1, B, H) output: state; the first is initial */
    double *y;                   /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat;               /* (T, B, O) output: of every step */
    double *a_delta_delta_bar_z; /* (T, B, 3*H) saved: a_delta, a_delta_bar, a_z, side by side */
    double *a_y;                 /* (T, B, H) saved: kept for the backward pass */
    double *J;                   /* () loss: summed over steps and sequences */
} lem_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_1;  /* (H, H) gradient: with respect to W_1 */
    double *dV_1;  /* (H, I) gradient: with respect to V_1 */
    double *db_1;  /* (H) gradient: with respect to b_1 */
    double *dW_2;  /* (H, H) gradient: with respect to W_2 */
    double *dV_2;  /* (H, I) gradient: with respect to V_2 */
    double *db_2;  /* (H) gradient: with respect to b_2 */
    double *dW_z;  /* (H, H) gradient: with respect to W_z */
    double *dV_z;  /* (H, I) gradient: with respect to V_z */
    double *db_z;  /* (H) gradient: with respect to b_z */
    double *dW_y;  /* (H, H) gradient: with respect to W_y */
    double *dV_y;  /* (H, I) gradient: with respect to V_y */
    double *db_y;  /* (H) gradient: with respect to b_y */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db2_y; /* (O) gradient: with respect to b2_y */
    double *du;    /* (T, B, I) gradient: with respect to u[t] */
    double *dy0;   /* (B, H) gradient: with respect to y0 */
    double *dz0;   /* (B, H) gradient: with respect to z0 */
} lem_f64_gradients;

typedef enum {
    LEM_F64_OK = 0,
    LEM_F64_ZERO_SIZE, /* a size is 0 */
    LEM_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    LEM_F64_NULL       /* a pointer that is read or written is NULL */
} lem_f64_status;

/* What a status means, in English; never NULL. */
const char *lem_f64_message(lem_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t lem_f64_workspace(const lem_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
lem_f64_status lem_f64_forward(const lem_f64_sizes *sizes, const lem_f64_given *given,
                               const lem_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
lem_f64_status lem_f64_backward(const lem_f64_sizes *sizes, const lem_f64_given *given,
                                const lem_f64_kept *kept, const lem_f64_gradients *gradients, double *work);

/* Forward, then backward. */
lem_f64_status lem_f64_loss_and_gradient(const lem_f64_sizes *sizes, const lem_f64_given *given,
                                         const lem_f64_kept *kept, const lem_f64_gradients *gradients,
                                         double *work);

#ifdef __cplusplus
}
#endif

#endif
