/* bistable recurrent cell with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Vecoven, Ernst, Drion, "A bio-inspired bistable recurrent cell allows for long-lasting
 * memory", PLoS ONE 16 (2021) e0252676, arXiv:2006.05252
 *
 *     (1)   z_a[t] = U_a x[t] + w_a ∘ h[t−1]
 *     (2)   a_a[t] = tanh(z_a[t])
 *     (3)   a[t] = 1 + a_a[t]
 *     (4)   z_c[t] = U_c x[t] + w_c ∘ h[t−1]
 *     (5)   c[t] = sigmoid(z_c[t])
 *     (6)   z_h[t] = U x[t] + a[t] ∘ h[t−1]
 *     (7)   a_h[t] = tanh(z_h[t])
 *     (8)   h[t] = c[t] ∘ h[t−1] + (1 − c[t]) ∘ a_h[t]
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
 * Matrix products: forward 0 a step, 2 a chunk of steps and 0 outside; backward 0 a step, 6 a chunk of steps and 0 outside.
 */
#ifndef BRC_F64_H
#define BRC_F64_H

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
} brc_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *h0;   /* (B, H) initial state: h before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *U_a;  /* (H, I) parameter: trained */
    const double *w_a;  /* (H) parameter: trained */
    const double *U_c;  /* (H, I) parameter: trained */
    const double *w_c;  /* (H) parameter: trained */
    const double *U;    /* (H, I) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} brc_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h;         /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat;     /* (T, B, O) output: of every step */
    double *a_a_c_a_h; /* (T, B, 3*H) saved: a_a, c, a_h, side by side */
    double *J;         /* () loss: summed over steps and sequences */
} brc_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dU_a;  /* (H, I) gradient: with respect to U_a */
    double *dw_a;  /* (H) gradient: with respect to w_a */
    double *dU_c;  /* (H, I) gradient: with respect to U_c */
    double *dw_c;  /* (H) gradient: with respect to w_c */
    double *dU;    /* (H, I) gradient: with respect to U */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
} brc_f64_gradients;

typedef enum {
    BRC_F64_OK = 0,
    BRC_F64_ZERO_SIZE, /* a size is 0 */
    BRC_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    BRC_F64_NULL       /* a pointer that is read or written is NULL */
} brc_f64_status;

/* What a status means, in English; never NULL. */
const char *brc_f64_message(brc_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t brc_f64_workspace(const brc_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
brc_f64_status brc_f64_forward(const brc_f64_sizes *sizes, const brc_f64_given *given,
                               const brc_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
brc_f64_status brc_f64_backward(const brc_f64_sizes *sizes, const brc_f64_given *given,
                                const brc_f64_kept *kept, const brc_f64_gradients *gradients, double *work);

/* Forward, then backward. */
brc_f64_status brc_f64_loss_and_gradient(const brc_f64_sizes *sizes, const brc_f64_given *given,
                                         const brc_f64_kept *kept, const brc_f64_gradients *gradients,
                                         double *work);

#ifdef __cplusplus
}
#endif

#endif
