/* diagonal state space model, real, zero-order hold with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Gu, Gupta, Goel, Re, "On the parameterization and initialization of diagonal state space
 * models" (S4D), 2022, arXiv:2206.11893; many inputs as in Smith, Warrington, Linderman, 2022,
 * arXiv:2208.04933
 *
 *     (1)   a_A = exp(A_log)
 *     (2)   A = −a_A
 *     (3)   delta = exp(delta_log)
 *     (4)   z_A_bar = delta ∘ A
 *     (5)   A_bar = exp(z_A_bar)
 *     (6)   s_B_bar = (A_bar − 1) ⊘ A
 *     (7)   B_bar = diag(s_B_bar) B_in
 *     (8)   h[t] = A_bar ∘ h[t−1] + B_bar x[t]
 *     (9)   y[t] = C h[t] + D_skip x[t]
 *     (10)  z_y[t] = W_hy y[t] + b_y
 *     (11)  y_hat[t] = softmax(z_y[t])
 *     (12)  J[t] = −y2[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 0 a step, 4 a chunk of steps and 0 outside; backward 0 a step, 8 a chunk of steps and 0 outside.
 */
#ifndef SSM_DIAGONAL_F64_H
#define SSM_DIAGONAL_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T;  /* steps */
    size_t B;  /* sequences in the batch */
    size_t I;  /* entries of x */
    size_t N;  /* entries of h */
    size_t O;  /* entries of C */
    size_t O2; /* entries of y2 */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} ssm_diagonal_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;         /* (T, B, I) input: of every step */
    const double *h0;        /* (B, N) initial state: h before the first step */
    const double *y2;        /* (T, B, O2) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *C;         /* (O, N) parameter: trained */
    const double *A_log;     /* (N) parameter: trained */
    const double *delta_log; /* (N) parameter: trained */
    const double *B_in;      /* (N, I) parameter: trained */
    const double *D_skip;    /* (O, I) parameter: trained */
    const double *W_hy;      /* (O2, O) parameter: trained */
    const double *b_y;       /* (O2) parameter: trained */
} ssm_diagonal_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h;       /* (T + 1, B, N) output: state; the first is initial */
    double *y;       /* (T, B, O) output: of every step */
    double *y_hat;   /* (T, B, O2) output: of every step */
    double *a_A;     /* (N) saved: kept for the backward pass */
    double *A;       /* (N) saved: kept for the backward pass */
    double *delta;   /* (N) saved: kept for the backward pass */
    double *A_bar;   /* (N) saved: kept for the backward pass */
    double *s_B_bar; /* (N) saved: kept for the backward pass */
    double *B_bar;   /* (N, I) saved: kept for the backward pass */
    double *J;       /* () loss: summed over steps and sequences */
} ssm_diagonal_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dC;         /* (O, N) gradient: with respect to C */
    double *dA_log;     /* (N) gradient: with respect to A_log */
    double *ddelta_log; /* (N) gradient: with respect to delta_log */
    double *dB_in;      /* (N, I) gradient: with respect to B_in */
    double *dD_skip;    /* (O, I) gradient: with respect to D_skip */
    double *dW_hy;      /* (O2, O) gradient: with respect to W_hy */
    double *db_y;       /* (O2) gradient: with respect to b_y */
    double *dx;         /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;        /* (B, N) gradient: with respect to h0 */
} ssm_diagonal_f64_gradients;

typedef enum {
    SSM_DIAGONAL_F64_OK = 0,
    SSM_DIAGONAL_F64_ZERO_SIZE, /* a size is 0 */
    SSM_DIAGONAL_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    SSM_DIAGONAL_F64_NULL       /* a pointer that is read or written is NULL */
} ssm_diagonal_f64_status;

/* What a status means, in English; never NULL. */
const char *ssm_diagonal_f64_message(ssm_diagonal_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t ssm_diagonal_f64_workspace(const ssm_diagonal_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
ssm_diagonal_f64_status ssm_diagonal_f64_forward(const ssm_diagonal_f64_sizes *sizes,
                                                 const ssm_diagonal_f64_given *given,
                                                 const ssm_diagonal_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
ssm_diagonal_f64_status ssm_diagonal_f64_backward(const ssm_diagonal_f64_sizes *sizes,
                                                  const ssm_diagonal_f64_given *given,
                                                  const ssm_diagonal_f64_kept *kept,
                                                  const ssm_diagonal_f64_gradients *gradients, double *work);

/* Forward, then backward. */
ssm_diagonal_f64_status ssm_diagonal_f64_loss_and_gradient(const ssm_diagonal_f64_sizes *sizes,
                                                           const ssm_diagonal_f64_given *given,
                                                           const ssm_diagonal_f64_kept *kept,
                                                           const ssm_diagonal_f64_gradients *gradients,
                                                           double *work);

#ifdef __cplusplus
}
#endif

#endif
