/* long short-term memory of 1997, without a forget gate with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Hochreiter, Schmidhuber, "Long short-term memory", Neural Computation 9 (1997) 1735-1780
 *
 *     (1)   z_i[t] = W_i x[t] + U_i h[t−1] + b_i
 *     (2)   i[t] = sigmoid(z_i[t])
 *     (3)   z_o[t] = W_o x[t] + U_o h[t−1] + b_o
 *     (4)   o[t] = sigmoid(z_o[t])
 *     (5)   z_g[t] = W_c x[t] + U_c h[t−1] + b_c
 *     (6)   a_g[t] = sigmoid(z_g[t])
 *     (7)   g[t] = 4 a_g[t] − 2
 *     (8)   c[t] = c[t−1] + i[t] ∘ g[t]
 *     (9)   a_h[t] = sigmoid(c[t])
 *     (10)  h[t] = o[t] ∘ (2 a_h[t] − 1)
 *     (11)  z_y[t] = W_hy h[t] + b_y
 *     (12)  y_hat[t] = softmax(z_y[t])
 *     (13)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 1 a step, 2 a chunk of steps and 0 outside; backward 1 a step, 9 a chunk of steps and 0 outside.
 */
#ifndef LSTM_1997_F64_H
#define LSTM_1997_F64_H

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
} lstm_1997_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *h0;   /* (B, H) initial state: h before the first step */
    const double *c0;   /* (B, H) initial state: c before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_i;  /* (H, I) parameter: trained */
    const double *U_i;  /* (H, H) parameter: trained */
    const double *b_i;  /* (H) parameter: trained */
    const double *W_o;  /* (H, I) parameter: trained */
    const double *U_o;  /* (H, H) parameter: trained */
    const double *b_o;  /* (H) parameter: trained */
    const double *W_c;  /* (H, I) parameter: trained */
    const double *U_c;  /* (H, H) parameter: trained */
    const double *b_c;  /* (H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} lstm_1997_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *c;       /* (T + 1, B, H) output: state; the first is initial */
    double *h;       /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat;   /* (T, B, O) output: of every step */
    double *i_o_a_g; /* (T, B, 3*H) saved: i, o, a_g, side by side */
    double *a_h;     /* (T, B, H) saved: kept for the backward pass */
    double *J;       /* () loss: summed over steps and sequences */
} lstm_1997_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_i;  /* (H, I) gradient: with respect to W_i */
    double *dU_i;  /* (H, H) gradient: with respect to U_i */
    double *db_i;  /* (H) gradient: with respect to b_i */
    double *dW_o;  /* (H, I) gradient: with respect to W_o */
    double *dU_o;  /* (H, H) gradient: with respect to U_o */
    double *db_o;  /* (H) gradient: with respect to b_o */
    double *dW_c;  /* (H, I) gradient: with respect to W_c */
    double *dU_c;  /* (H, H) gradient: with respect to U_c */
    double *db_c;  /* (H) gradient: with respect to b_c */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;   /* (B, H) gradient: with respect to h0 */
    double *dc0;   /* (B, H) gradient: with respect to c0 */
} lstm_1997_f64_gradients;

typedef enum {
    LSTM_1997_F64_OK = 0,
    LSTM_1997_F64_ZERO_SIZE, /* a size is 0 */
    LSTM_1997_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    LSTM_1997_F64_NULL       /* a pointer that is read or written is NULL */
} lstm_1997_f64_status;

/* What a status means, in English; never NULL. */
const char *lstm_1997_f64_message(lstm_1997_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t lstm_1997_f64_workspace(const lstm_1997_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
lstm_1997_f64_status lstm_1997_f64_forward(const lstm_1997_f64_sizes *sizes, const lstm_1997_f64_given *given,
                                           const lstm_1997_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
lstm_1997_f64_status lstm_1997_f64_backward(const lstm_1997_f64_sizes *sizes, const lstm_1997_f64_given *given,
                                            const lstm_1997_f64_kept *kept,
                                            const lstm_1997_f64_gradients *gradients, double *work);

/* Forward, then backward. */
lstm_1997_f64_status lstm_1997_f64_loss_and_gradient(const lstm_1997_f64_sizes *sizes,
                                                     const lstm_1997_f64_given *given,
                                                     const lstm_1997_f64_kept *kept,
                                                     const lstm_1997_f64_gradients *gradients, double *work);

#ifdef __cplusplus
}
#endif

#endif
