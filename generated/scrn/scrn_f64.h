/* structurally constrained recurrent network with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Mikolov, Joulin, Chopra, Mathieu, Ranzato, "Learning longer memory in recurrent neural
 * networks", 2014, arXiv:1412.7753
 *
 *     (1)  u_s[t] = B_x x[t]
 *     (2)  s[t] = (1 − alpha) u_s[t] + alpha s[t−1]
 *     (3)  z_h[t] = P_s s[t] + A x[t] + R h[t−1]
 *     (4)  h[t] = sigmoid(z_h[t])
 *     (5)  y[t] = U h[t] + V s[t]
 *     (6)  z_y[t] = W_hy y[t] + b_y
 *     (7)  y_hat[t] = softmax(z_y[t])
 *     (8)  J[t] = −y2[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 3 a step, 4 a chunk of steps and 0 outside; backward 2 a step, 10 a chunk of steps and 0 outside.
 */
#ifndef SCRN_F64_H
#define SCRN_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T;  /* steps */
    size_t B;  /* sequences in the batch */
    size_t I;  /* entries of x */
    size_t P;  /* entries of s */
    size_t H;  /* entries of h */
    size_t O;  /* entries of U */
    size_t O2; /* entries of y2 */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} scrn_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;     /* (T, B, I) input: of every step */
    const double *s0;    /* (B, P) initial state: s before the first step */
    const double *h0;    /* (B, H) initial state: h before the first step */
    const double *y2;    /* (T, B, O2) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *A;     /* (H, I) parameter: trained */
    const double *U;     /* (O, H) parameter: trained */
    const double *B_x;   /* (P, I) parameter: trained */
    const double *P_s;   /* (H, P) parameter: trained */
    const double *R;     /* (H, H) parameter: trained */
    const double *V;     /* (O, P) parameter: trained */
    const double *W_hy;  /* (O2, O) parameter: trained */
    const double *b_y;   /* (O2) parameter: trained */
    const double *alpha; /* () parameter: constant: it has no gradient; usually 0.95 */
} scrn_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *s;     /* (T + 1, B, P) output: state; the first is initial */
    double *h;     /* (T + 1, B, H) output: state; the first is initial */
    double *y;     /* (T, B, O) output: of every step */
    double *y_hat; /* (T, B, O2) output: of every step */
    double *J;     /* () loss: summed over steps and sequences */
} scrn_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dA;    /* (H, I) gradient: with respect to A */
    double *dU;    /* (O, H) gradient: with respect to U */
    double *dB_x;  /* (P, I) gradient: with respect to B_x */
    double *dP_s;  /* (H, P) gradient: with respect to P_s */
    double *dR;    /* (H, H) gradient: with respect to R */
    double *dV;    /* (O, P) gradient: with respect to V */
    double *dW_hy; /* (O2, O) gradient: with respect to W_hy */
    double *db_y;  /* (O2) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *ds0;   /* (B, P) gradient: with respect to s0 */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
} scrn_f64_gradients;

typedef enum {
    SCRN_F64_OK = 0,
    SCRN_F64_ZERO_SIZE, /* a size is 0 */
    SCRN_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    SCRN_F64_NULL       /* a pointer that is read or written is NULL */
} scrn_f64_status;

/* What a status means, in English; never NULL. */
const char *scrn_f64_message(scrn_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t scrn_f64_workspace(const scrn_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
scrn_f64_status scrn_f64_forward(const scrn_f64_sizes *sizes, const scrn_f64_given *given,
                                 const scrn_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
scrn_f64_status scrn_f64_backward(const scrn_f64_sizes *sizes, const scrn_f64_given *given,
                                  const scrn_f64_kept *kept, const scrn_f64_gradients *gradients, double *work);

/* Forward, then backward. */
scrn_f64_status scrn_f64_loss_and_gradient(const scrn_f64_sizes *sizes, const scrn_f64_given *given,
                                           const scrn_f64_kept *kept, const scrn_f64_gradients *gradients,
                                           double *work);

#ifdef __cplusplus
}
#endif

#endif
