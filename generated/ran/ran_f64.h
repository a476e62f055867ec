/* recurrent additive network with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Lee, Levy, Zettlemoyer, "Recurrent additive networks", 2017, arXiv:1705.07393
 *
 *     (1)   c_hat[t] = W_cx x[t]
 *     (2)   z_i[t] = W_ih h[t−1] + W_ix x[t] + b_i
 *     (3)   i[t] = sigmoid(z_i[t])
 *     (4)   z_f[t] = W_fh h[t−1] + W_fx x[t] + b_f
 *     (5)   f[t] = sigmoid(z_f[t])
 *     (6)   c[t] = i[t] ∘ c_hat[t] + f[t] ∘ c[t−1]
 *     (7)   h[t] = tanh(c[t])
 *     (8)   z_y[t] = W_hy h[t] + b_y
 *     (9)   y_hat[t] = softmax(z_y[t])
 *     (10)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 2 a step, 2 a chunk of steps and 0 outside; backward 1 a step, 8 a chunk of steps and 0 outside.
 */
#ifndef RAN_F64_H
#define RAN_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t I; /* entries of x */
    size_t H; /* entries of c */
    size_t O; /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} ran_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *c0;   /* (B, H) initial state: c before the first step */
    const double *h0;   /* (B, H) initial state: h before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_cx; /* (H, I) parameter: trained */
    const double *W_ih; /* (H, H) parameter: trained */
    const double *W_ix; /* (H, I) parameter: trained */
    const double *b_i;  /* (H) parameter: trained */
    const double *W_fh; /* (H, H) parameter: trained */
    const double *W_fx; /* (H, I) parameter: trained */
    const double *b_f;  /* (H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} ran_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *c;     /* (T + 1, B, H) output: state; the first is initial */
    double *h;     /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *c_hat; /* (T, B, H) saved: kept for the backward pass */
    double *i_f;   /* (T, B, 2*H) saved: i, f, side by side */
    double *J;     /* () loss: summed over steps and sequences */
} ran_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_cx; /* (H, I) gradient: with respect to W_cx */
    double *dW_ih; /* (H, H) gradient: with respect to W_ih */
    double *dW_ix; /* (H, I) gradient: with respect to W_ix */
    double *db_i;  /* (H) gradient: with respect to b_i */
    double *dW_fh; /* (H, H) gradient: with respect to W_fh */
    double *dW_fx; /* (H, I) gradient: with respect to W_fx */
    double *db_f;  /* (H) gradient: with respect to b_f */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dc0;   /* (B, H) gradient: with respect to c0 */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
} ran_f64_gradients;

typedef enum {
    RAN_F64_OK = 0,
    RAN_F64_ZERO_SIZE, /* a size is 0 */
    RAN_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    RAN_F64_NULL       /* a pointer that is read or written is NULL */
} ran_f64_status;

/* What a status means, in English; never NULL. */
const char *ran_f64_message(ran_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t ran_f64_workspace(const ran_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
ran_f64_status ran_f64_forward(const ran_f64_sizes *sizes, const ran_f64_given *given,
                               const ran_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
ran_f64_status ran_f64_backward(const ran_f64_sizes *sizes, const ran_f64_given *given,
                                const ran_f64_kept *kept, const ran_f64_gradients *gradients, double *work);

/* Forward, then backward. */
ran_f64_status ran_f64_loss_and_gradient(const ran_f64_sizes *sizes, const ran_f64_given *given,
                                         const ran_f64_kept *kept, const ran_f64_gradients *gradients,
                                         double *work);

#ifdef __cplusplus
}
#endif

#endif
