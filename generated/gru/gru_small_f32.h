/* gated recurrent unit, reset after the product, z keeps the old state, as in PyTorch with softmax and cross-entropy:
 * forward, and gradients through time, in float, for the sizes below only. Emitted by symrnn; C11 without a library.
 *
 * Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014,
 * arXiv:1406.1078v1
 *
 *     (1)   z_r[t] = W_ir x[t] + b_ir + W_hr h[t−1] + b_hr
 *     (2)   r[t] = sigmoid(z_r[t])
 *     (3)   z_z[t] = W_iz x[t] + b_iz + W_hz h[t−1] + b_hz
 *     (4)   z[t] = sigmoid(z_z[t])
 *     (5)   u_n[t] = W_hn h[t−1] + b_hn
 *     (6)   z_n[t] = W_in x[t] + b_in + r[t] ∘ u_n[t]
 *     (7)   n[t] = tanh(z_n[t])
 *     (8)   h[t] = (1 − z[t]) ∘ n[t] + z[t] ∘ h[t−1]
 *     (9)   z_y[t] = W_hy h[t] + b_y
 *     (10)  y_hat[t] = softmax(z_y[t])
 *     (11)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All objects are
 * the caller's, and none overlaps; functions keep nothing between calls, call nothing but mathematics, and
 * nothing in them can fail. Infinity and NaN propagate.
 */
#ifndef GRU_SMALL_F32_HEADER
#define GRU_SMALL_F32_HEADER

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes. */
#define GRU_SMALL_F32_T 20 /* steps */
#define GRU_SMALL_F32_B 1  /* sequences in the batch */
#define GRU_SMALL_F32_I 6  /* entries of x */
#define GRU_SMALL_F32_H 16 /* entries of h */
#define GRU_SMALL_F32_O 4  /* entries of y */

/* Bytes of each object, which hold floats and nothing else. */
#define GRU_SMALL_F32_PARAMETERS_BYTES 4880
#define GRU_SMALL_F32_INPUTS_BYTES 864
#define GRU_SMALL_F32_KEPT_BYTES 6788
#define GRU_SMALL_F32_GRADIENTS_BYTES 5424
#define GRU_SMALL_F32_WORKSPACE_BYTES 2752

/* Read, never written: may lie in read-only memory. */
typedef struct {
    float W_ir[16 * 6];  /* (H, I) parameter: trained */
    float b_ir[16];      /* (H) parameter: trained */
    float W_hr[16 * 16]; /* (H, H) parameter: trained */
    float b_hr[16];      /* (H) parameter: trained */
    float W_iz[16 * 6];  /* (H, I) parameter: trained */
    float b_iz[16];      /* (H) parameter: trained */
    float W_hz[16 * 16]; /* (H, H) parameter: trained */
    float b_hz[16];      /* (H) parameter: trained */
    float W_in[16 * 6];  /* (H, I) parameter: trained */
    float b_in[16];      /* (H) parameter: trained */
    float W_hn[16 * 16]; /* (H, H) parameter: trained */
    float b_hn[16];      /* (H) parameter: trained */
    float W_hy[4 * 16];  /* (O, H) parameter: trained */
    float b_y[4];        /* (O) parameter: trained */
} gru_small_f32_parameters;

/* Read, never written. */
typedef struct {
    float x[20 * 1 * 6]; /* (T, B, I) input: of every step */
    float h0[1 * 16];    /* (B, H) initial state: h before the first step */
    float y[20 * 1 * 4]; /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
} gru_small_f32_inputs;

/* Written by forward, all of it, and read by backward. */
typedef struct {
    float h[21 * 1 * 16];    /* (T + 1, B, H) output: state; the first is initial */
    float y_hat[20 * 1 * 4]; /* (T, B, O) output: of every step */
    float r[20 * 1 * 16];    /* (T, B, H) saved: kept for the backward pass */
    float z[20 * 1 * 16];    /* (T, B, H) saved: kept for the backward pass */
    float u_n[20 * 1 * 16];  /* (T, B, H) saved: kept for the backward pass */
    float n[20 * 1 * 16];    /* (T, B, H) saved: kept for the backward pass */
    float J[1];              /* () loss: summed over steps and sequences */
} gru_small_f32_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    float dW_ir[16 * 6];  /* (H, I) gradient: with respect to W_ir */
    float db_ir[16];      /* (H) gradient: with respect to b_ir */
    float dW_hr[16 * 16]; /* (H, H) gradient: with respect to W_hr */
    float db_hr[16];      /* (H) gradient: with respect to b_hr */
    float dW_iz[16 * 6];  /* (H, I) gradient: with respect to W_iz */
    float db_iz[16];      /* (H) gradient: with respect to b_iz */
    float dW_hz[16 * 16]; /* (H, H) gradient: with respect to W_hz */
    float db_hz[16];      /* (H) gradient: with respect to b_hz */
    float dW_in[16 * 6];  /* (H, I) gradient: with respect to W_in */
    float db_in[16];      /* (H) gradient: with respect to b_in */
    float dW_hn[16 * 16]; /* (H, H) gradient: with respect to W_hn */
    float db_hn[16];      /* (H) gradient: with respect to b_hn */
    float dW_hy[4 * 16];  /* (O, H) gradient: with respect to W_hy */
    float db_y[4];        /* (O) gradient: with respect to b_y */
    float dx[20 * 1 * 6]; /* (T, B, I) gradient: with respect to x[t] */
    float dh0[1 * 16];    /* (B, H) gradient: with respect to h0 */
} gru_small_f32_gradients;

/* Holds nothing before or after a call: one for everything that does not run at the same time. */
typedef union {
    struct {
        float z_y[8 * 1 * 4];   /* (chunk, B, O) z_y[t] */
        float largest[8 * 1];   /* (chunk, B) scratch */
        float total[1];         /* (B) scratch */
        float log_total[8 * 1]; /* (chunk, B) scratch */
    } forward;
    struct {
        float carry_h[1 * 16];  /* (B, H) what later steps give to the adjoint of h */
        float dz_y[8 * 1 * 4];  /* (chunk, B, O) adjoint of z_y[t] */
        float dh[8 * 1 * 16];   /* (chunk, B, H) adjoint of h[t] */
        float dz_n[8 * 1 * 16]; /* (chunk, B, H) adjoint of z_n[t] */
        float du_n[8 * 1 * 16]; /* (chunk, B, H) adjoint of u_n[t] */
        float dz_z[8 * 1 * 16]; /* (chunk, B, H) adjoint of z_z[t] */
        float dz_r[8 * 1 * 16]; /* (chunk, B, H) adjoint of z_r[t] */
    } backward;
} gru_small_f32_workspace;

/* Compute everything in `kept`. */
void gru_small_f32_forward(const gru_small_f32_parameters *parameters, const gru_small_f32_inputs *inputs,
                           gru_small_f32_kept *kept, gru_small_f32_workspace *work);

/* Compute every gradient from what forward left in `kept`. */
void gru_small_f32_backward(const gru_small_f32_parameters *parameters, const gru_small_f32_inputs *inputs,
                            const gru_small_f32_kept *kept, gru_small_f32_gradients *gradients,
                            gru_small_f32_workspace *work);

/* Forward, then backward. */
void gru_small_f32_loss_and_gradient(const gru_small_f32_parameters *parameters,
                                     const gru_small_f32_inputs *inputs, gru_small_f32_kept *kept,
                                     gru_small_f32_gradients *gradients, gru_small_f32_workspace *work);

#ifdef __cplusplus
}
#endif

#endif
