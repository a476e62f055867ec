/* Legendre memory unit with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Voelker, Kajic, Eliasmith, "Legendre memory units: continuous-time representation in
 * recurrent neural networks", NeurIPS 2019
 *
 *     (1)  u[t] = e_xᵀ x[t] + e_hᵀ h[t−1] + e_mᵀ m[t−1]
 *     (2)  m[t] = A_bar m[t−1] + B_bar u[t]
 *     (3)  z_h[t] = W_x x[t] + W_h h[t−1] + W_m m[t]
 *     (4)  h[t] = tanh(z_h[t])
 *     (5)  z_y[t] = W_hy h[t] + b_y
 *     (6)  y_hat[t] = softmax(z_y[t])
 *     (7)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 3 a step, 2 a chunk of steps and 0 outside; backward 3 a step, 6 a chunk of steps and 0 outside.
 */
#ifndef LMU_F64_H
#define LMU_F64_H

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
    size_t N; /* entries of m */
    size_t O; /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} lmu_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;     /* (T, B, I) input: of every step */
    const double *h0;    /* (B, H) initial state: h before the first step */
    const double *m0;    /* (B, N) initial state: m before the first step */
    const double *y;     /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *e_x;   /* (I) parameter: trained */
    const double *e_h;   /* (H) parameter: trained */
    const double *e_m;   /* (N) parameter: trained */
    const double *W_x;   /* (H, I) parameter: trained */
    const double *W_h;   /* (H, H) parameter: trained */
    const double *W_m;   /* (H, N) parameter: trained */
    const double *W_hy;  /* (O, H) parameter: trained */
    const double *b_y;   /* (O) parameter: trained */
    const double *A_bar; /* (N, N) parameter: constant: it has no gradient */
    const double *B_bar; /* (N) parameter: constant: it has no gradient */
} lmu_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *m;     /* (T + 1, B, N) output: state; the first is initial */
    double *h;     /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *J;     /* () loss: summed over steps and sequences */
} lmu_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *de_x;  /* (I) gradient: with respect to e_x */
    double *de_h;  /* (H) gradient: with respect to e_h */
    double *de_m;  /* (N) gradient: with respect to e_m */
    double *dW_x;  /* (H, I) gradient: with respect to W_x */
    double *dW_h;  /* (H, H) gradient: with respect to W_h */
    double *dW_m;  /* (H, N) gradient: with respect to W_m */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
    double *dm0;   /* (B, N) gradient: with respect to m0 */
} lmu_f64_gradients;

typedef enum {
    LMU_F64_OK = 0,
    LMU_F64_ZERO_SIZE, /* a size is 0 */
    LMU_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    LMU_F64_NULL       /* a pointer that is read or written is NULL */
} lmu_f64_status;

/* What a status means, in English; never NULL. */
const char *lmu_f64_message(lmu_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t lmu_f64_workspace(const lmu_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
lmu_f64_status lmu_f64_forward(const lmu_f64_sizes *sizes, const lmu_f64_given *given,
                               const lmu_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
lmu_f64_status lmu_f64_backward(const lmu_f64_sizes *sizes, const lmu_f64_given *given,
                                const lmu_f64_kept *kept, const lmu_f64_gradients *gradients, double *work);

/* Forward, then backward. */
lmu_f64_status lmu_f64_loss_and_gradient(const lmu_f64_sizes *sizes, const lmu_f64_given *given,
                                         const lmu_f64_kept *kept, const lmu_f64_gradients *gradients,
                                         double *work);

#ifdef __cplusplus
}
#endif

#endif
