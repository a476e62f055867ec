/* gated recurrent unit, reset after the product, z keeps the old state, as in PyTorch with gated recurrent unit, reset after the product, z keeps the old state, as in PyTorch with softmax and cross-entropy, encoder decoder:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014,
 * arXiv:1406.1078v1
 *
 *     (1)   z_r_e[t] = W_ir_e x[t] + b_ir_e + W_hr_e h_e[t−1] + b_hr_e
 *     (2)   r_e[t] = sigmoid(z_r_e[t])
 *     (3)   z_z_e[t] = W_iz_e x[t] + b_iz_e + W_hz_e h_e[t−1] + b_hz_e
 *     (4)   z_e[t] = sigmoid(z_z_e[t])
 *     (5)   u_n_e[t] = W_hn_e h_e[t−1] + b_hn_e
 *     (6)   z_n_e[t] = W_in_e x[t] + b_in_e + r_e[t] ∘ u_n_e[t]
 *     (7)   n_e[t] = tanh(z_n_e[t])
 *     (8)   h_e[t] = (1 − z_e[t]) ∘ n_e[t] + z_e[t] ∘ h_e[t−1]
 *     (9)   c_e[T] = h_e[T]
 *     (10)  h_d[0] = h_e[T]
 *     (11)  u_d[t] = [x_d[t]; c_e[T]]
 *     (12)  z_r_d[t] = W_ir_d u_d[t] + b_ir_d + W_hr_d h_d[t−1] + b_hr_d
 *     (13)  r_d[t] = sigmoid(z_r_d[t])
 *     (14)  z_z_d[t] = W_iz_d u_d[t] + b_iz_d + W_hz_d h_d[t−1] + b_hz_d
 *     (15)  z_d[t] = sigmoid(z_z_d[t])
 *     (16)  u_n_d[t] = W_hn_d h_d[t−1] + b_hn_d
 *     (17)  z_n_d[t] = W_in_d u_d[t] + b_in_d + r_d[t] ∘ u_n_d[t]
 *     (18)  n_d[t] = tanh(z_n_d[t])
 *     (19)  h_d[t] = (1 − z_d[t]) ∘ n_d[t] + z_d[t] ∘ h_d[t−1]
 *     (20)  z_y[t] = W_hy h_d[t] + b_y
 *     (21)  y_hat[t] = softmax(z_y[t])
 *     (22)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 2 a step of T, 3 a step of S, 5 a chunk of steps and 0 outside; backward 3 a step of T, 1 a step of S, 18 a chunk of steps and 0 outside.
 */
#ifndef GRU_ENCODER_DECODER_F64_H
#define GRU_ENCODER_DECODER_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T;   /* steps */
    size_t S;   /* steps of the decoder */
    size_t B;   /* sequences in the batch */
    size_t I;   /* entries of x */
    size_t I_d; /* entries of x_d */
    size_t H_e; /* entries of h_e */
    size_t O;   /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} gru_encoder_decoder_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;      /* (T, B, I) input: of every step */
    const double *x_d;    /* (S, B, I_d) input: of every step */
    const double *h_e0;   /* (B, H_e) initial state: h_e before the first step */
    const double *y;      /* (S, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_ir_e; /* (H_e, I) parameter: trained */
    const double *b_ir_e; /* (H_e) parameter: trained */
    const double *W_hr_e; /* (H_e, H_e) parameter: trained */
    const double *b_hr_e; /* (H_e) parameter: trained */
    const double *W_iz_e; /* (H_e, I) parameter: trained */
    const double *b_iz_e; /* (H_e) parameter: trained */
    const double *W_hz_e; /* (H_e, H_e) parameter: trained */
    const double *b_hz_e; /* (H_e) parameter: trained */
    const double *W_in_e; /* (H_e, I) parameter: trained */
    const double *b_in_e; /* (H_e) parameter: trained */
    const double *W_hn_e; /* (H_e, H_e) parameter: trained */
    const double *b_hn_e; /* (H_e) parameter: trained */
    const double *W_ir_d; /* (H_e, H_e + I_d) parameter: trained */
    const double *b_ir_d; /* (H_e) parameter: trained */
    const double *W_hr_d; /* (H_e, H_e) parameter: trained */
    const double *b_hr_d; /* (H_e) parameter: trained */
    const double *W_iz_d; /* (H_e, H_e + I_d) parameter: trained */
    const double *b_iz_d; /* (H_e) parameter: trained */
    const double *W_hz_d; /* (H_e, H_e) parameter: trained */
    const double *b_hz_d; /* (H_e) parameter: trained */
    const double *W_in_d; /* (H_e, H_e + I_d) parameter: trained */
    const double *b_in_d; /* (H_e) parameter: trained */
    const double *W_hn_d; /* (H_e, H_e) parameter: trained */
    const double *b_hn_d; /* (H_e) parameter: trained */
    const double *W_hy;   /* (O, H_e) parameter: trained */
    const double *b_y;    /* (O) parameter: trained */
} gru_encoder_decoder_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h_e;         /* (T + 1, B, H_e) output: state; the first is initial */
    double *h_d;         /* (S + 1, B, H_e) output: state; the first is initial */
    double *y_hat;       /* (S, B, O) output: of every step */
    double *r_e_z_e_n_e; /* (T, B, 3*H_e) saved: r_e, z_e, n_e, side by side */
    double *u_n_e;       /* (T, B, H_e) saved: kept for the backward pass */
    double *u_d;         /* (S, B, H_e + I_d) saved: kept for the backward pass */
    double *r_d_z_d_n_d; /* (S, B, 3*H_e) saved: r_d, z_d, n_d, side by side */
    double *u_n_d;       /* (S, B, H_e) saved: kept for the backward pass */
    double *J;           /* () loss: summed over steps and sequences */
} gru_encoder_decoder_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_ir_e; /* (H_e, I) gradient: with respect to W_ir_e */
    double *db_ir_e; /* (H_e) gradient: with respect to b_ir_e */
    double *dW_hr_e; /* (H_e, H_e) gradient: with respect to W_hr_e */
    double *db_hr_e; /* (H_e) gradient: with respect to b_hr_e */
    double *dW_iz_e; /* (H_e, I) gradient: with respect to W_iz_e */
    double *db_iz_e; /* (H_e) gradient: with respect to b_iz_e */
    double *dW_hz_e; /* (H_e, H_e) gradient: with respect to W_hz_e */
    double *db_hz_e; /* (H_e) gradient: with respect to b_hz_e */
    double *dW_in_e; /* (H_e, I) gradient: with respect to W_in_e */
    double *db_in_e; /* (H_e) gradient: with respect to b_in_e */
    double *dW_hn_e; /* (H_e, H_e) gradient: with respect to W_hn_e */
    double *db_hn_e; /* (H_e) gradient: with respect to b_hn_e */
    double *dW_ir_d; /* (H_e, H_e + I_d) gradient: with respect to W_ir_d */
    double *db_ir_d; /* (H_e) gradient: with respect to b_ir_d */
    double *dW_hr_d; /* (H_e, H_e) gradient: with respect to W_hr_d */
    double *db_hr_d; /* (H_e) gradient: with respect to b_hr_d */
    double *dW_iz_d; /* (H_e, H_e + I_d) gradient: with respect to W_iz_d */
    double *db_iz_d; /* (H_e) gradient: with respect to b_iz_d */
    double *dW_hz_d; /* (H_e, H_e) gradient: with respect to W_hz_d */
    double *db_hz_d; /* (H_e) gradient: with respect to b_hz_d */
    double *dW_in_d; /* (H_e, H_e + I_d) gradient: with respect to W_in_d */
    double *db_in_d; /* (H_e) gradient: with respect to b_in_d */
    double *dW_hn_d; /* (H_e, H_e) gradient: with respect to W_hn_d */
    double *db_hn_d; /* (H_e) gradient: with respect to b_hn_d */
    double *dW_hy;   /* (O, H_e) gradient: with respect to W_hy */
    double *db_y;    /* (O) gradient: with respect to b_y */
    double *dx;      /* (T, B, I) gradient: with respect to x[t] */
    double *dx_d;    /* (S, B, I_d) gradient: with respect to x_d[t] */
    double *dh_e0;   /* (B, H_e) gradient: with respect to h_e0 */
} gru_encoder_decoder_f64_gradients;

typedef enum {
    GRU_ENCODER_DECODER_F64_OK = 0,
    GRU_ENCODER_DECODER_F64_ZERO_SIZE, /* a size is 0 */
    GRU_ENCODER_DECODER_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    GRU_ENCODER_DECODER_F64_NULL       /* a pointer that is read or written is NULL */
} gru_encoder_decoder_f64_status;

/* What a status means, in English; never NULL. */
const char *gru_encoder_decoder_f64_message(gru_encoder_decoder_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t gru_encoder_decoder_f64_workspace(const gru_encoder_decoder_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
gru_encoder_decoder_f64_status gru_encoder_decoder_f64_forward(const gru_encoder_decoder_f64_sizes *sizes,
                                                               const gru_encoder_decoder_f64_given *given,
                                                               const gru_encoder_decoder_f64_kept *kept,
                                                               double *work);

/* Compute every gradient from what forward left in `kept`. */
gru_encoder_decoder_f64_status gru_encoder_decoder_f64_backward(const gru_encoder_decoder_f64_sizes *sizes,
                                                                const gru_encoder_decoder_f64_given *given,
                                                                const gru_encoder_decoder_f64_kept *kept,
                                                                const gru_encoder_decoder_f64_gradients *gradients,
                                                                double *work);

/* Forward, then backward. */
gru_encoder_decoder_f64_status gru_encoder_decoder_f64_loss_and_gradient(
                                                                         const gru_encoder_decoder_f64_sizes *sizes,
                                                                         const gru_encoder_decoder_f64_given *given,
                                                                         const gru_encoder_decoder_f64_kept *kept,
                                                                         const gru_encoder_decoder_f64_gradients *gradients,
                                                                         double *work);

#ifdef __cplusplus
}
#endif

#endif
