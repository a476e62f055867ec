/* intersection recurrent network (+RNN), relu in depth and tanh in time with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Collins, Sohl-Dickstein, Sussillo, "Capacity and trainability in recurrent neural networks",
 * 2016, arXiv:1611.09913
 *
 *     (1)   z_y_in[t] = W_yx x[t] + W_yh h[t−1] + b_y
 *     (2)   y_in[t] = relu(z_y_in[t])
 *     (3)   z_h_in[t] = W_hx x[t] + W_hh h[t−1] + b_h
 *     (4)   h_in[t] = tanh(z_h_in[t])
 *     (5)   z_g_y[t] = W_gyx x[t] + W_gyh h[t−1] + b_gy
 *     (6)   g_y[t] = sigmoid(z_g_y[t])
 *     (7)   z_g_h[t] = W_ghx x[t] + W_ghh h[t−1] + b_gh
 *     (8)   g_h[t] = sigmoid(z_g_h[t])
 *     (9)   y[t] = g_y[t] ∘ x[t] + (1 − g_y[t]) ∘ y_in[t]
 *     (10)  h[t] = g_h[t] ∘ h[t−1] + (1 − g_h[t]) ∘ h_in[t]
 *     (11)  z_y[t] = W_hy y[t] + b2_y
 *     (12)  y_hat[t] = softmax(z_y[t])
 *     (13)  J[t] = −y2[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 1 a step, 2 a chunk of steps and 0 outside; backward 1 a step, 11 a chunk of steps and 0 outside.
 */
#ifndef INTERSECTION_F64_H
#define INTERSECTION_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t H; /* entries of x */
    size_t O; /* entries of y2 */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} intersection_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;     /* (T, B, H) input: of every step */
    const double *h0;    /* (B, H) initial state: h before the first step */
    const double *y2;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_yx;  /* (H, H) parameter: trained */
    const double *W_yh;  /* (H, H) parameter: trained */
    const double *b_y;   /* (H) parameter: trained */
    const double *W_hx;  /* (H, H) parameter: trained */
    const double *W_hh;  /* (H, H) parameter: trained */
    const double *b_h;   /* (H) parameter: trained */
    const double *W_gyx; /* (H, H) parameter: trained */
    const double *W_gyh; /* (H, H) parameter: trained */
    const double *b_gy;  /* (H) parameter: trained */
    const double *W_ghx; /* (H, H) parameter: trained */
    const double *W_ghh; /* (H, H) parameter: trained */
    const double *b_gh;  /* (H) parameter: trained */
    const double *W_hy;  /* (O, H) parameter: trained */
    const double *b2_y;  /* (O) parameter: trained */
} intersection_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *y;                 /* (T, B, H) output: of every step */
    double *h;                 /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat;             /* (T, B, O) output: of every step */
    double *y_in_h_in_g_y_g_h; /* (T, B, 4*H) saved: y_in, h_in, g_y, g_h, side by side */
    double *J;                 /* () loss: summed over steps and sequences */
} intersection_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_yx;  /* (H, H) gradient: with respect to W_yx */
    double *dW_yh;  /* (H, H) gradient: with respect to W_yh */
    double *db_y;   /* (H) gradient: with respect to b_y */
    double *dW_hx;  /* (H, H) gradient: with respect to W_hx */
    double *dW_hh;  /* (H, H) gradient: with respect to W_hh */
    double *db_h;   /* (H) gradient: with respect to b_h */
    double *dW_gyx; /* (H, H) gradient: with respect to W_gyx */
    double *dW_gyh; /* (H, H) gradient: with respect to W_gyh */
    double *db_gy;  /* (H) gradient: with respect to b_gy */
    double *dW_ghx; /* (H, H) gradient: with respect to W_ghx */
    double *dW_ghh; /* (H, H) gradient: with respect to W_ghh */
    double *db_gh;  /* (H) gradient: with respect to b_gh */
    double *dW_hy;  /* (O, H) gradient: with respect to W_hy */
    double *db2_y;  /* (O) gradient: with respect to b2_y */
    double *dx;     /* (T, B, H) gradient: with respect to x[t] */
    double *dh0;    /* (B, H) gradient: with respect to h0 */
} intersection_f64_gradients;

typedef enum {
    INTERSECTION_F64_OK = 0,
    INTERSECTION_F64_ZERO_SIZE, /* a size is 0 */
    INTERSECTION_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    INTERSECTION_F64_NULL       /* a pointer that is read or written is NULL */
} intersection_f64_status;

/* What a status means, in English; never NULL. */
const char *intersection_f64_message(intersection_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t intersection_f64_workspace(const intersection_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
intersection_f64_status intersection_f64_forward(const intersection_f64_sizes *sizes,
                                                 const intersection_f64_given *given,
                                                 const intersection_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
intersection_f64_status intersection_f64_backward(const intersection_f64_sizes *sizes,
                                                  const intersection_f64_given *given,
                                                  const intersection_f64_kept *kept,
                                                  const intersection_f64_gradients *gradients, double *work);

/* Forward, then backward. */
intersection_f64_status intersection_f64_loss_and_gradient(const intersection_f64_sizes *sizes,
                                                           const intersection_f64_given *given,
                                                           const intersection_f64_kept *kept,
                                                           const intersection_f64_gradients *gradients,
                                                           double *work);

#ifdef __cplusplus
}
#endif

#endif
