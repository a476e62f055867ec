/* bidirectional vanilla recurrent network with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Elman, "Finding structure in time", Cognitive Science 14 (1990) 179-211
 *
 *     (1)  z_h_f[t] = W_xh_f x[t] + W_hh_f h_f[t−1] + b_h_f
 *     (2)  h_f[t] = tanh(z_h_f[t])
 *     (3)  z_h_b[t] = W_xh_b x[t] + W_hh_b h_b[t+1] + b_h_b
 *     (4)  h_b[t] = tanh(z_h_b[t])
 *     (5)  h[t] = [h_f[t]; h_b[t]]
 *     (6)  z_y[t] = W_hy h[t] + b_y
 *     (7)  y_hat[t] = softmax(z_y[t])
 *     (8)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 2 a step, 3 a chunk of steps and 0 outside; backward 2 a step, 8 a chunk of steps and 0 outside.
 */
#ifndef RNN_BIDIRECTIONAL_F64_H
#define RNN_BIDIRECTIONAL_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T;   /* steps */
    size_t B;   /* sequences in the batch */
    size_t I;   /* entries of x */
    size_t H_f; /* entries of h_f */
    size_t H_b; /* entries of h_b */
    size_t O;   /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} rnn_bidirectional_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;      /* (T, B, I) input: of every step */
    const double *h_f0;   /* (B, H_f) initial state: h_f before the first step */
    const double *h_b0;   /* (B, H_b) initial state: h_b behind the last step */
    const double *y;      /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_xh_f; /* (H_f, I) parameter: trained */
    const double *W_hh_f; /* (H_f, H_f) parameter: trained */
    const double *b_h_f;  /* (H_f) parameter: trained */
    const double *W_xh_b; /* (H_b, I) parameter: trained */
    const double *W_hh_b; /* (H_b, H_b) parameter: trained */
    const double *b_h_b;  /* (H_b) parameter: trained */
    const double *W_hy;   /* (O, H_b + H_f) parameter: trained */
    const double *b_y;    /* (O) parameter: trained */
} rnn_bidirectional_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h_f;   /* (T + 1, B, H_f) output: state; the first is initial */
    double *h_b;   /* (T + 1, B, H_b) output: state; the last is initial */
    double *h;     /* (T, B, H_b + H_f) output: of every step */
    double *y_hat; /* (T, B, O) output: of every step */
    double *J;     /* () loss: summed over steps and sequences */
} rnn_bidirectional_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_xh_f; /* (H_f, I) gradient: with respect to W_xh_f */
    double *dW_hh_f; /* (H_f, H_f) gradient: with respect to W_hh_f */
    double *db_h_f;  /* (H_f) gradient: with respect to b_h_f */
    double *dW_xh_b; /* (H_b, I) gradient: with respect to W_xh_b */
    double *dW_hh_b; /* (H_b, H_b) gradient: with respect to W_hh_b */
    double *db_h_b;  /* (H_b) gradient: with respect to b_h_b */
    double *dW_hy;   /* (O, H_b + H_f) gradient: with respect to W_hy */
    double *db_y;    /* (O) gradient: with respect to b_y */
    double *dx;      /* (T, B, I) gradient: with respect to x[t] */
    double *dh_f0;   /* (B, H_f) gradient: with respect to h_f0 */
    double *dh_b0;   /* (B, H_b) gradient: with respect to h_b0 */
} rnn_bidirectional_f64_gradients;

typedef enum {
    RNN_BIDIRECTIONAL_F64_OK = 0,
    RNN_BIDIRECTIONAL_F64_ZERO_SIZE, /* a size is 0 */
    RNN_BIDIRECTIONAL_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    RNN_BIDIRECTIONAL_F64_NULL       /* a pointer that is read or written is NULL */
} rnn_bidirectional_f64_status;

/* What a status means, in English; never NULL. */
const char *rnn_bidirectional_f64_message(rnn_bidirectional_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t rnn_bidirectional_f64_workspace(const rnn_bidirectional_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
rnn_bidirectional_f64_status rnn_bidirectional_f64_forward(const rnn_bidirectional_f64_sizes *sizes,
                                                           const rnn_bidirectional_f64_given *given,
                                                           const rnn_bidirectional_f64_kept *kept,
                                                           double *work);

/* Compute every gradient from what forward left in `kept`. */
rnn_bidirectional_f64_status rnn_bidirectional_f64_backward(const rnn_bidirectional_f64_sizes *sizes,
                                                            const rnn_bidirectional_f64_given *given,
                                                            const rnn_bidirectional_f64_kept *kept,
                                                            const rnn_bidirectional_f64_gradients *gradients,
                                                            double *work);

/* Forward, then backward. */
rnn_bidirectional_f64_status rnn_bidirectional_f64_loss_and_gradient(const rnn_bidirectional_f64_sizes *sizes,
                                                                     const rnn_bidirectional_f64_given *given,
                                                                     const rnn_bidirectional_f64_kept *kept,
                                                                     const rnn_bidirectional_f64_gradients *gradients,
                                                                     double *work);

#ifdef __cplusplus
}
#endif

#endif
