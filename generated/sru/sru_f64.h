/* simple recurrent unit, second version with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Lei, Zhang, Wang, Dai, Artzi, "Simple recurrent units for highly parallelizable recurrence",
 * 2017, arXiv:1709.02755v5
 *
 *     (1)   z_f[t] = W_f x[t] + v_f ∘ c[t−1] + b_f
 *     (2)   f[t] = sigmoid(z_f[t])
 *     (3)   z_r[t] = W_r x[t] + v_r ∘ c[t−1] + b_r
 *     (4)   r[t] = sigmoid(z_r[t])
 *     (5)   u_c[t] = W x[t]
 *     (6)   c[t] = f[t] ∘ c[t−1] + (1 − f[t]) ∘ u_c[t]
 *     (7)   h[t] = r[t] ∘ c[t] + (1 − r[t]) ∘ x[t]
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
 * Matrix products: forward 0 a step, 2 a chunk of steps and 0 outside; backward 0 a step, 6 a chunk of steps and 0 outside.
 */
#ifndef SRU_F64_H
#define SRU_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t H; /* entries of x */
    size_t O; /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} sru_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, H) input: of every step */
    const double *c0;   /* (B, H) initial state: c before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_f;  /* (H, H) parameter: trained */
    const double *v_f;  /* (H) parameter: trained */
    const double *b_f;  /* (H) parameter: trained */
    const double *W_r;  /* (H, H) parameter: trained */
    const double *v_r;  /* (H) parameter: trained */
    const double *b_r;  /* (H) parameter: trained */
    const double *W;    /* (H, H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} sru_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *c;       /* (T + 1, B, H) output: state; the first is initial */
    double *h;       /* (T, B, H) output: of every step */
    double *y_hat;   /* (T, B, O) output: of every step */
    double *f_r_u_c; /* (T, B, 3*H) saved: f, r, u_c, side by side */
    double *J;       /* () loss: summed over steps and sequences */
} sru_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_f;  /* (H, H) gradient: with respect to W_f */
    double *dv_f;  /* (H) gradient: with respect to v_f */
    double *db_f;  /* (H) gradient: with respect to b_f */
    double *dW_r;  /* (H, H) gradient: with respect to W_r */
    double *dv_r;  /* (H) gradient: with respect to v_r */
    double *db_r;  /* (H) gradient: with respect to b_r */
    double *dW;    /* (H, H) gradient: with respect to W */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, H) gradient: with respect to x[t] */
    double *dc0;   /* (B, H) gradient: with respect to c0 */
} sru_f64_gradients;

typedef enum {
    SRU_F64_OK = 0,
    SRU_F64_ZERO_SIZE, /* a size is 0 */
    SRU_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    SRU_F64_NULL       /* a pointer that is read or written is NULL */
} sru_f64_status;

/* What a status means, in English; never NULL. */
const char *sru_f64_message(sru_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t sru_f64_workspace(const sru_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
sru_f64_status sru_f64_forward(const sru_f64_sizes *sizes, const sru_f64_given *given,
                               const sru_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
sru_f64_status sru_f64_backward(const sru_f64_sizes *sizes, const sru_f64_given *given,
                                const sru_f64_kept *kept, const sru_f64_gradients *gradients, double *work);

/* Forward, then backward. */
sru_f64_status sru_f64_loss_and_gradient(const sru_f64_sizes *sizes, const sru_f64_given *given,
                                         const sru_f64_kept *kept, const sru_f64_gradients *gradients,
                                         double *work);

#ifdef __cplusplus
}
#endif

#endif
