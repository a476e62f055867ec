/* long short-term memory with a recurrent projection, as in PyTorch (proj_size) with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Sak, Senior, Beaufays, "Long short-term memory based recurrent neural network architectures
 * for large vocabulary speech recognition", 2014, arXiv:1402.1128
 *
 *     (1)   z_i[t] = W_ii x[t] + b_ii + W_hi h[t−1] + b_hi
 *     (2)   i[t] = sigmoid(z_i[t])
 *     (3)   z_f[t] = W_if x[t] + b_if + W_hf h[t−1] + b_hf
 *     (4)   f[t] = sigmoid(z_f[t])
 *     (5)   z_g[t] = W_ig x[t] + b_ig + W_hg h[t−1] + b_hg
 *     (6)   g[t] = tanh(z_g[t])
 *     (7)   z_o[t] = W_io x[t] + b_io + W_ho h[t−1] + b_ho
 *     (8)   o[t] = sigmoid(z_o[t])
 *     (9)   c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]
 *     (10)  a_h[t] = tanh(c[t])
 *     (11)  s_h[t] = o[t] ∘ a_h[t]
 *     (12)  h[t] = W_hr s_h[t]
 *     (13)  z_y[t] = W_hy h[t] + b_y
 *     (14)  y_hat[t] = softmax(z_y[t])
 *     (15)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 2 a step, 2 a chunk of steps and 0 outside; backward 2 a step, 12 a chunk of steps and 0 outside.
 */
#ifndef LSTM_PROJECTION_F64_H
#define LSTM_PROJECTION_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t I; /* entries of x */
    size_t P; /* entries of h */
    size_t H; /* entries of c */
    size_t O; /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} lstm_projection_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *h0;   /* (B, P) initial state: h before the first step */
    const double *c0;   /* (B, H) initial state: c before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_ii; /* (H, I) parameter: trained */
    const double *b_ii; /* (H) parameter: trained */
    const double *W_hi; /* (H, P) parameter: trained */
    const double *b_hi; /* (H) parameter: trained */
    const double *W_if; /* (H, I) parameter: trained */
    const double *b_if; /* (H) parameter: trained */
    const double *W_hf; /* (H, P) parameter: trained */
    const double *b_hf; /* (H) parameter: trained */
    const double *W_ig; /* (H, I) parameter: trained */
    const double *b_ig; /* (H) parameter: trained */
    const double *W_hg; /* (H, P) parameter: trained */
    const double *b_hg; /* (H) parameter: trained */
    const double *W_io; /* (H, I) parameter: trained */
    const double *b_io; /* (H) parameter: trained */
    const double *W_ho; /* (H, P) parameter: trained */
    const double *b_ho; /* (H) parameter: trained */
    const double *W_hr; /* (P, H) parameter: trained */
    const double *W_hy; /* (O, P) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} lstm_projection_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *c;       /* (T + 1, B, H) output: state; the first is initial */
    double *h;       /* (T + 1, B, P) output: state; the first is initial */
    double *y_hat;   /* (T, B, O) output: of every step */
    double *i_f_g_o; /* (T, B, 4*H) saved: i, f, g, o, side by side */
    double *a_h;     /* (T, B, H) saved: kept for the backward pass */
    double *J;       /* () loss: summed over steps and sequences */
} lstm_projection_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_ii; /* (H, I) gradient: with respect to W_ii */
    double *db_ii; /* (H) gradient: with respect to b_ii */
    double *dW_hi; /* (H, P) gradient: with respect to W_hi */
    double *db_hi; /* (H) gradient: with respect to b_hi */
    double *dW_if; /* (H, I) gradient: with respect to W_if */
    double *db_if; /* (H) gradient: with respect to b_if */
    double *dW_hf; /* (H, P) gradient: with respect to W_hf */
    double *db_hf; /* (H) gradient: with respect to b_hf */
    double *dW_ig; /* (H, I) gradient: with respect to W_ig */
    double *db_ig; /* (H) gradient: with respect to b_ig */
    double *dW_hg; /* (H, P) gradient: with respect to W_hg */
    double *db_hg; /* (H) gradient: with respect to b_hg */
    double *dW_io; /* (H, I) gradient: with respect to W_io */
    double *db_io; /* (H) gradient: with respect to b_io */
    double *dW_ho; /* (H, P) gradient: with respect to W_ho */
    double *db_ho; /* (H) gradient: with respect to b_ho */
    double *dW_hr; /* (P, H) gradient: with respect to W_hr */
    double *dW_hy; /* (O, P) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;   /* (B, P) gradient: with respect to h0 */
    double *dc0;   /* (B, H) gradient: with respect to c0 */
} lstm_projection_f64_gradients;

typedef enum {
    LSTM_PROJECTION_F64_OK = 0,
    LSTM_PROJECTION_F64_ZERO_SIZE, /* a size is 0 */
    LSTM_PROJECTION_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    LSTM_PROJECTION_F64_NULL       /* a pointer that is read or written is NULL */
} lstm_projection_f64_status;

/* What a status means, in English; never NULL. */
const char *lstm_projection_f64_message(lstm_projection_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t lstm_projection_f64_workspace(const lstm_projection_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
lstm_projection_f64_status lstm_projection_f64_forward(const lstm_projection_f64_sizes *sizes,
                                                       const lstm_projection_f64_given *given,
                                                       const lstm_projection_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
lstm_projection_f64_status lstm_projection_f64_backward(const lstm_projection_f64_sizes *sizes,
                                                        const lstm_projection_f64_given *given,
                                                        const lstm_projection_f64_kept *kept,
                                                        const lstm_projection_f64_gradients *gradients,
                                                        double *work);

/* Forward, then backward. */
lstm_projection_f64_status lstm_projection_f64_loss_and_gradient(const lstm_projection_f64_sizes *sizes,
                                                                 const lstm_projection_f64_given *given,
                                                                 const lstm_projection_f64_kept *kept,
                                                                 const lstm_projection_f64_gradients *gradients,
                                                                 double *work);

#ifdef __cplusplus
}
#endif

#endif
