/* vanilla recurrent network with transposed weights with softmax and cross-entropy with transposed weights:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Harsha Vardhan, "vanilla Recurrent Neural-Network: back-propagation derivation", 2022
 *
 *     (1)  z_a[t] = W_aaᵀ a[t−1] + W_axᵀ x[t] + b_a
 *     (2)  a[t] = tanh(z_a[t])
 *     (3)  z_y[t] = W_yaᵀ a[t] + b_y
 *     (4)  y_hat[t] = softmax(z_y[t])
 *     (5)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 2 a step, 1 a chunk of steps and 0 outside; backward 1 a step, 5 a chunk of steps and 0 outside.
 */
#ifndef RNN_TRANSPOSED_F64_H
#define RNN_TRANSPOSED_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T;   /* steps */
    size_t B;   /* sequences in the batch */
    size_t n_x; /* entries of x */
    size_t n_a; /* entries of a */
    size_t n_y; /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} rnn_transposed_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, n_x) input: of every step */
    const double *a0;   /* (B, n_a) initial state: a before the first step */
    const double *y;    /* (T, B, n_y) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_aa; /* (n_a, n_a) parameter: trained */
    const double *W_ax; /* (n_x, n_a) parameter: trained */
    const double *b_a;  /* (n_a) parameter: trained */
    const double *W_ya; /* (n_a, n_y) parameter: trained */
    const double *b_y;  /* (n_y) parameter: trained */
} rnn_transposed_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *a;     /* (T + 1, B, n_a) output: state; the first is initial */
    double *y_hat; /* (T, B, n_y) output: of every step */
    double *J;     /* () loss: summed over steps and sequences */
} rnn_transposed_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_aa; /* (n_a, n_a) gradient: with respect to W_aa */
    double *dW_ax; /* (n_x, n_a) gradient: with respect to W_ax */
    double *db_a;  /* (n_a) gradient: with respect to b_a */
    double *dW_ya; /* (n_a, n_y) gradient: with respect to W_ya */
    double *db_y;  /* (n_y) gradient: with respect to b_y */
    double *dx;    /* (T, B, n_x) gradient: with respect to x[t] */
    double *da0;   /* (B, n_a) gradient: with respect to a0 */
} rnn_transposed_f64_gradients;

typedef enum {
    RNN_TRANSPOSED_F64_OK = 0,
    RNN_TRANSPOSED_F64_ZERO_SIZE, /* a size is 0 */
    RNN_TRANSPOSED_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    RNN_TRANSPOSED_F64_NULL       /* a pointer that is read or written is NULL */
} rnn_transposed_f64_status;

/* What a status means, in English; never NULL. */
const char *rnn_transposed_f64_message(rnn_transposed_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t rnn_transposed_f64_workspace(const rnn_transposed_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
rnn_transposed_f64_status rnn_transposed_f64_forward(const rnn_transposed_f64_sizes *sizes,
                                                     const rnn_transposed_f64_given *given,
                                                     const rnn_transposed_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
rnn_transposed_f64_status rnn_transposed_f64_backward(const rnn_transposed_f64_sizes *sizes,
                                                      const rnn_transposed_f64_given *given,
                                                      const rnn_transposed_f64_kept *kept,
                                                      const rnn_transposed_f64_gradients *gradients,
                                                      double *work);

/* Forward, then backward. */
rnn_transposed_f64_status rnn_transposed_f64_loss_and_gradient(const rnn_transposed_f64_sizes *sizes,
                                                               const rnn_transposed_f64_given *given,
                                                               const rnn_transposed_f64_kept *kept,
                                                               const rnn_transposed_f64_gradients *gradients,
                                                               double *work);

#ifdef __cplusplus
}
#endif

#endif
