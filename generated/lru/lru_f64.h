/* linear recurrent unit, complex and diagonal, in real and imaginary parts with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Orvieto, Smith, Gu, Fernando, Gulcehre, Pascanu, De, "Resurrecting recurrent neural networks
 * for long sequences", 2023, arXiv:2303.06349
 *
 *     (1)   a_modulus = exp(nu_log)
 *     (2)   z_modulus = −a_modulus
 *     (3)   modulus = exp(z_modulus)
 *     (4)   phase = exp(theta_log)
 *     (5)   a_lambda_re = cos(phase)
 *     (6)   lambda_re = modulus ∘ a_lambda_re
 *     (7)   a_lambda_im = sin(phase)
 *     (8)   lambda_im = modulus ∘ a_lambda_im
 *     (9)   gamma = exp(gamma_log)
 *     (10)  u_h_re[t] = B_re x[t]
 *     (11)  h_re[t] = lambda_re ∘ h_re[t−1] − lambda_im ∘ h_im[t−1] + gamma ∘ u_h_re[t]
 *     (12)  u_h_im[t] = B_im x[t]
 *     (13)  h_im[t] = lambda_re ∘ h_im[t−1] + lambda_im ∘ h_re[t−1] + gamma ∘ u_h_im[t]
 *     (14)  y[t] = C_re h_re[t] − C_im h_im[t] + D_skip x[t]
 *     (15)  z_y[t] = W_hy y[t] + b_y
 *     (16)  y_hat[t] = softmax(z_y[t])
 *     (17)  J[t] = −y2[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 0 a step, 5 a chunk of steps and 0 outside; backward 0 a step, 9 a chunk of steps and 0 outside.
 */
#ifndef LRU_F64_H
#define LRU_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T;  /* steps */
    size_t B;  /* sequences in the batch */
    size_t I;  /* entries of x */
    size_t N;  /* entries of h_re */
    size_t O;  /* entries of C_re */
    size_t O2; /* entries of y2 */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} lru_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;         /* (T, B, I) input: of every step */
    const double *h_re0;     /* (B, N) initial state: h_re before the first step */
    const double *h_im0;     /* (B, N) initial state: h_im before the first step */
    const double *y2;        /* (T, B, O2) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *C_re;      /* (O, N) parameter: trained */
    const double *nu_log;    /* (N) parameter: trained */
    const double *theta_log; /* (N) parameter: trained */
    const double *gamma_log; /* (N) parameter: trained */
    const double *B_re;      /* (N, I) parameter: trained */
    const double *B_im;      /* (N, I) parameter: trained */
    const double *C_im;      /* (O, N) parameter: trained */
    const double *D_skip;    /* (O, I) parameter: trained */
    const double *W_hy;      /* (O2, O) parameter: trained */
    const double *b_y;       /* (O2) parameter: trained */
} lru_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h_re;        /* (T + 1, B, N) output: state; the first is initial */
    double *h_im;        /* (T + 1, B, N) output: state; the first is initial */
    double *y;           /* (T, B, O) output: of every step */
    double *y_hat;       /* (T, B, O2) output: of every step */
    double *a_modulus;   /* (N) saved: kept for the backward pass */
    double *modulus;     /* (N) saved: kept for the backward pass */
    double *phase;       /* (N) saved: kept for the backward pass */
    double *a_lambda_re; /* (N) saved: kept for the backward pass */
    double *lambda_re;   /* (N) saved: kept for the backward pass */
    double *a_lambda_im; /* (N) saved: kept for the backward pass */
    double *lambda_im;   /* (N) saved: kept for the backward pass */
    double *gamma;       /* (N) saved: kept for the backward pass */
    double *u_h_re_im;   /* (T, B, 2*N) saved: u_h_re, u_h_im, side by side */
    double *J;           /* () loss: summed over steps and sequences */
} lru_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dC_re;      /* (O, N) gradient: with respect to C_re */
    double *dnu_log;    /* (N) gradient: with respect to nu_log */
    double *dtheta_log; /* (N) gradient: with respect to theta_log */
    double *dgamma_log; /* (N) gradient: with respect to gamma_log */
    double *dB_re;      /* (N, I) gradient: with respect to B_re */
    double *dB_im;      /* (N, I) gradient: with respect to B_im */
    double *dC_im;      /* (O, N) gradient: with respect to C_im */
    double *dD_skip;    /* (O, I) gradient: with respect to D_skip */
    double *dW_hy;      /* (O2, O) gradient: with respect to W_hy */
    double *db_y;       /* (O2) gradient: with respect to b_y */
    double *dx;         /* (T, B, I) gradient: with respect to x[t] */
    double *dh_re0;     /* (B, N) gradient: with respect to h_re0 */
    double *dh_im0;     /* (B, N) gradient: with respect to h_im0 */
} lru_f64_gradients;

typedef enum {
    LRU_F64_OK = 0,
    LRU_F64_ZERO_SIZE, /* a size is 0 */
    LRU_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    LRU_F64_NULL       /* a pointer that is read or written is NULL */
} lru_f64_status;

/* What a status means, in English; never NULL. */
const char *lru_f64_message(lru_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t lru_f64_workspace(const lru_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
lru_f64_status lru_f64_forward(const lru_f64_sizes *sizes, const lru_f64_given *given,
                               const lru_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
lru_f64_status lru_f64_backward(const lru_f64_sizes *sizes, const lru_f64_given *given,
                                const lru_f64_kept *kept, const lru_f64_gradients *gradients, double *work);

/* Forward, then backward. */
lru_f64_status lru_f64_loss_and_gradient(const lru_f64_sizes *sizes, const lru_f64_given *given,
                                         const lru_f64_kept *kept, const lru_f64_gradients *gradients,
                                         double *work);

#ifdef __cplusplus
}
#endif

#endif
