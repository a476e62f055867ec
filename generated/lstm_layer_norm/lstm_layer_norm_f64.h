/* long short-term memory with layer normalisation with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Ba, Kiros, Hinton, "Layer normalization", 2016, arXiv:1607.06450
 *
 *     (1)   a[t] = W_h h[t−1]
 *     (2)   u_d_a[t] = 1ᵀ a[t]
 *     (3)   d_a[t] = a[t] − 1/(4*H) u_d_a[t] 1
 *     (4)   s[t] = W_x x[t]
 *     (5)   u_d_s[t] = 1ᵀ s[t]
 *     (6)   d_s[t] = s[t] − 1/(4*H) u_d_s[t] 1
 *     (7)   s_z[t] = d_a[t] ∘ d_a[t]
 *     (8)   z_z[t] = 1/(4*H) 1ᵀ s_z[t] + epsilon
 *     (9)   a_z[t] = sqrt(z_z[t])
 *     (10)  s2_z[t] = d_s[t] ∘ d_s[t]
 *     (11)  z2_z[t] = 1/(4*H) 1ᵀ s2_z[t] + epsilon
 *     (12)  a2_z[t] = sqrt(z2_z[t])
 *     (13)  z[t] = (alpha_1 ∘ d_a[t]) ⊘ (a_z[t] 1) + (alpha_2 ∘ d_s[t]) ⊘ (a2_z[t] 1) + b
 *     (14)  z_f[t] = z[t]⟨0 : H⟩
 *     (15)  f[t] = sigmoid(z_f[t])
 *     (16)  z_i[t] = z[t]⟨H : 2*H⟩
 *     (17)  i[t] = sigmoid(z_i[t])
 *     (18)  z_o[t] = z[t]⟨2*H : 3*H⟩
 *     (19)  o[t] = sigmoid(z_o[t])
 *     (20)  z_g[t] = z[t]⟨3*H : 4*H⟩
 *     (21)  g[t] = tanh(z_g[t])
 *     (22)  c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]
 *     (23)  u_d_c[t] = 1ᵀ c[t]
 *     (24)  d_c[t] = c[t] − 1/H u_d_c[t] 1
 *     (25)  s_h[t] = d_c[t] ∘ d_c[t]
 *     (26)  z_h[t] = 1/H 1ᵀ s_h[t] + epsilon
 *     (27)  a_h[t] = sqrt(z_h[t])
 *     (28)  z2_h[t] = (alpha_3 ∘ d_c[t]) ⊘ (a_h[t] 1) + beta_3
 *     (29)  a2_h[t] = tanh(z2_h[t])
 *     (30)  h[t] = o[t] ∘ a2_h[t]
 *     (31)  z_y[t] = W_hy h[t] + b_y
 *     (32)  y_hat[t] = softmax(z_y[t])
 *     (33)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 1 a step, 2 a chunk of steps and 0 outside; backward 1 a step, 5 a chunk of steps and 0 outside.
 */
#ifndef LSTM_LAYER_NORM_F64_H
#define LSTM_LAYER_NORM_F64_H

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
} lstm_layer_norm_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;       /* (T, B, I) input: of every step */
    const double *h0;      /* (B, H) initial state: h before the first step */
    const double *c0;      /* (B, H) initial state: c before the first step */
    const double *y;       /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_h;     /* (4*H, H) parameter: trained */
    const double *W_x;     /* (4*H, I) parameter: trained */
    const double *alpha_1; /* (4*H) parameter: trained */
    const double *alpha_2; /* (4*H) parameter: trained */
    const double *b;       /* (4*H) parameter: trained */
    const double *alpha_3; /* (H) parameter: trained */
    const double *beta_3;  /* (H) parameter: trained */
    const double *W_hy;    /* (O, H) parameter: trained */
    const double *b_y;     /* (O) parameter: trained */
    const double *epsilon; /* () parameter: constant: it has no gradient; usually 1e-05 */
} lstm_layer_norm_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *c;     /* (T + 1, B, H) output: state; the first is initial */
    double *h;     /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat; /* (T, B, O) output: of every step */
    double *d_a;   /* (T, B, 4*H) saved: kept for the backward pass */
    double *d_s;   /* (T, B, 4*H) saved: kept for the backward pass */
    double *a_z;   /* (T, B, 1) saved: kept for the backward pass */
    double *a2_z;  /* (T, B, 1) saved: kept for the backward pass */
    double *f;     /* (T, B, H) saved: kept for the backward pass */
    double *i;     /* (T, B, H) saved: kept for the backward pass */
    double *o;     /* (T, B, H) saved: kept for the backward pass */
    double *g;     /* (T, B, H) saved: kept for the backward pass */
    double *d_c;   /* (T, B, H) saved: kept for the backward pass */
    double *a_h;   /* (T, B, 1) saved: kept for the backward pass */
    double *a2_h;  /* (T, B, H) saved: kept for the backward pass */
    double *J;     /* () loss: summed over steps and sequences */
} lstm_layer_norm_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_h;     /* (4*H, H) gradient: with respect to W_h */
    double *dW_x;     /* (4*H, I) gradient: with respect to W_x */
    double *dalpha_1; /* (4*H) gradient: with respect to alpha_1 */
    double *dalpha_2; /* (4*H) gradient: with respect to alpha_2 */
    double *db;       /* (4*H) gradient: with respect to b */
    double *dalpha_3; /* (H) gradient: with respect to alpha_3 */
    double *dbeta_3;  /* (H) gradient: with respect to beta_3 */
    double *dW_hy;    /* (O, H) gradient: with respect to W_hy */
    double *db_y;     /* (O) gradient: with respect to b_y */
    double *dx;       /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;      /* (B, H) gradient: with respect to h0 */
    double *dc0;      /* (B, H) gradient: with respect to c0 */
} lstm_layer_norm_f64_gradients;

typedef enum {
    LSTM_LAYER_NORM_F64_OK = 0,
    LSTM_LAYER_NORM_F64_ZERO_SIZE, /* a size is 0 */
    LSTM_LAYER_NORM_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    LSTM_LAYER_NORM_F64_NULL       /* a pointer that is read or written is NULL */
} lstm_layer_norm_f64_status;

/* What a status means, in English; never NULL. */
const char *lstm_layer_norm_f64_message(lstm_layer_norm_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t lstm_layer_norm_f64_workspace(const lstm_layer_norm_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
lstm_layer_norm_f64_status lstm_layer_norm_f64_forward(const lstm_layer_norm_f64_sizes *sizes,
                                                       const lstm_layer_norm_f64_given *given,
                                                       const lstm_layer_norm_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
lstm_layer_norm_f64_status lstm_layer_norm_f64_backward(const lstm_layer_norm_f64_sizes *sizes,
                                                        const lstm_layer_norm_f64_given *given,
                                                        const lstm_layer_norm_f64_kept *kept,
                                                        const lstm_layer_norm_f64_gradients *gradients,
                                                        double *work);

/* Forward, then backward. */
lstm_layer_norm_f64_status lstm_layer_norm_f64_loss_and_gradient(const lstm_layer_norm_f64_sizes *sizes,
                                                                 const lstm_layer_norm_f64_given *given,
                                                                 const lstm_layer_norm_f64_kept *kept,
                                                                 const lstm_layer_norm_f64_gradients *gradients,
                                                                 double *work);

#ifdef __cplusplus
}
#endif

#endif
