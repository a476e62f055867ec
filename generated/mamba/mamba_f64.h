/* selective state space step (S6), input matrix by Euler as in the released code with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Gu, Dao, "Mamba: linear-time sequence modeling with selective state spaces", 2023,
 * arXiv:2312.00752
 *
 *     (1)   a_A = exp(A_log)
 *     (2)   A = −a_A
 *     (3)   B_t[t] = W_B x[t]
 *     (4)   C_t[t] = W_C x[t]
 *     (5)   u_delta[t] = W_1 x[t]
 *     (6)   z_delta[t] = W_2 u_delta[t] + b_delta
 *     (7)   delta[t] = softplus(z_delta[t])
 *     (8)   z_h[t] = diag(delta[t]) A
 *     (9)   a_h[t] = exp(z_h[t])
 *     (10)  s_h[t] = delta[t] ∘ x[t]
 *     (11)  h[t] = a_h[t] ∘ h[t−1] + s_h[t] B_t[t]ᵀ
 *     (12)  y[t] = h[t] C_t[t] + D_skip ∘ x[t]
 *     (13)  z_y[t] = W_hy y[t] + b_y
 *     (14)  y_hat[t] = softmax(z_y[t])
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
 * Matrix products: forward 0 a step, 3 a chunk of steps and 0 outside; backward 0 a step, 8 a chunk of steps and 0 outside.
 */
#ifndef MAMBA_F64_H
#define MAMBA_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t I; /* entries of x */
    size_t N; /* entries of W_B */
    size_t R; /* entries of W_1 */
    size_t O; /* entries of y2 */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} mamba_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;       /* (T, B, I) input: of every step */
    const double *h0;      /* (B, I, N) initial state: h before the first step */
    const double *y2;      /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *A_log;   /* (I, N) parameter: trained */
    const double *W_1;     /* (R, I) parameter: trained */
    const double *W_B;     /* (N, I) parameter: trained */
    const double *W_C;     /* (N, I) parameter: trained */
    const double *W_2;     /* (I, R) parameter: trained */
    const double *b_delta; /* (I) parameter: trained */
    const double *D_skip;  /* (I) parameter: trained */
    const double *W_hy;    /* (O, I) parameter: trained */
    const double *b_y;     /* (O) parameter: trained */
} mamba_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h;               /* (T + 1, B, I, N) output: state; the first is initial */
    double *y;               /* (T, B, I) output: of every step */
    double *y_hat;           /* (T, B, O) output: of every step */
    double *a_A;             /* (I, N) saved: kept for the backward pass */
    double *A;               /* (I, N) saved: kept for the backward pass */
    double *B_t_C_t_u_delta; /* (T, B, 2*N + R) saved: B_t, C_t, u_delta, side by side */
    double *delta;           /* (T, B, I) saved: kept for the backward pass */
    double *a_h;             /* (T, B, I, N) saved: kept for the backward pass */
    double *J;               /* () loss: summed over steps and sequences */
} mamba_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dA_log;   /* (I, N) gradient: with respect to A_log */
    double *dW_1;     /* (R, I) gradient: with respect to W_1 */
    double *dW_B;     /* (N, I) gradient: with respect to W_B */
    double *dW_C;     /* (N, I) gradient: with respect to W_C */
    double *dW_2;     /* (I, R) gradient: with respect to W_2 */
    double *db_delta; /* (I) gradient: with respect to b_delta */
    double *dD_skip;  /* (I) gradient: with respect to D_skip */
    double *dW_hy;    /* (O, I) gradient: with respect to W_hy */
    double *db_y;     /* (O) gradient: with respect to b_y */
    double *dx;       /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;      /* (B, I, N) gradient: with respect to h0 */
} mamba_f64_gradients;

typedef enum {
    MAMBA_F64_OK = 0,
    MAMBA_F64_ZERO_SIZE, /* a size is 0 */
    MAMBA_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    MAMBA_F64_NULL       /* a pointer that is read or written is NULL */
} mamba_f64_status;

/* What a status means, in English; never NULL. */
const char *mamba_f64_message(mamba_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t mamba_f64_workspace(const mamba_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
mamba_f64_status mamba_f64_forward(const mamba_f64_sizes *sizes, const mamba_f64_given *given,
                                   const mamba_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
mamba_f64_status mamba_f64_backward(const mamba_f64_sizes *sizes, const mamba_f64_given *given,
                                    const mamba_f64_kept *kept, const mamba_f64_gradients *gradients,
                                    double *work);

/* Forward, then backward. */
mamba_f64_status mamba_f64_loss_and_gradient(const mamba_f64_sizes *sizes, const mamba_f64_given *given,
                                             const mamba_f64_kept *kept, const mamba_f64_gradients *gradients,
                                             double *work);

#ifdef __cplusplus
}
#endif

#endif
