/* recurrent highway network of depth 3, with its own carry gates with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Zilly, Srivastava, Koutnik, Schmidhuber, "Recurrent highway networks", 2016,
 * arXiv:1607.03474
 *
 *     (1)   z_h_1[t] = W_H x[t] + R_H1 s[t−1] + b_H1
 *     (2)   h_1[t] = tanh(z_h_1[t])
 *     (3)   z_t_1[t] = W_T x[t] + R_T1 s[t−1] + b_T1
 *     (4)   t_1[t] = sigmoid(z_t_1[t])
 *     (5)   z_c_1[t] = W_C x[t] + R_C1 s[t−1] + b_C1
 *     (6)   c_1[t] = sigmoid(z_c_1[t])
 *     (7)   s_1[t] = h_1[t] ∘ t_1[t] + s[t−1] ∘ c_1[t]
 *     (8)   z_h_2[t] = R_H2 s_1[t] + b_H2
 *     (9)   h_2[t] = tanh(z_h_2[t])
 *     (10)  z_t_2[t] = R_T2 s_1[t] + b_T2
 *     (11)  t_2[t] = sigmoid(z_t_2[t])
 *     (12)  z_c_2[t] = R_C2 s_1[t] + b_C2
 *     (13)  c_2[t] = sigmoid(z_c_2[t])
 *     (14)  s_2[t] = h_2[t] ∘ t_2[t] + s_1[t] ∘ c_2[t]
 *     (15)  z_h_3[t] = R_H3 s_2[t] + b_H3
 *     (16)  h_3[t] = tanh(z_h_3[t])
 *     (17)  z_t_3[t] = R_T3 s_2[t] + b_T3
 *     (18)  t_3[t] = sigmoid(z_t_3[t])
 *     (19)  z_c_3[t] = R_C3 s_2[t] + b_C3
 *     (20)  c_3[t] = sigmoid(z_c_3[t])
 *     (21)  s[t] = h_3[t] ∘ t_3[t] + s_2[t] ∘ c_3[t]
 *     (22)  z_y[t] = W_hy s[t] + b_y
 *     (23)  y_hat[t] = softmax(z_y[t])
 *     (24)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 3 a step, 2 a chunk of steps and 0 outside; backward 3 a step, 15 a chunk of steps and 0 outside.
 */
#ifndef RHN_F64_H
#define RHN_F64_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes; each is at least 1, but for the last. */
typedef struct {
    size_t T; /* steps */
    size_t B; /* sequences in the batch */
    size_t I; /* entries of x */
    size_t H; /* entries of s */
    size_t O; /* entries of y */
    size_t threads; /* at most so many threads carry out a call; 0 and 1 mean that none is started */
} rhn_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;    /* (T, B, I) input: of every step */
    const double *s0;   /* (B, H) initial state: s before the first step */
    const double *y;    /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *W_H;  /* (H, I) parameter: trained */
    const double *R_H1; /* (H, H) parameter: trained */
    const double *b_H1; /* (H) parameter: trained */
    const double *W_T;  /* (H, I) parameter: trained */
    const double *R_T1; /* (H, H) parameter: trained */
    const double *b_T1; /* (H) parameter: trained */
    const double *W_C;  /* (H, I) parameter: trained */
    const double *R_C1; /* (H, H) parameter: trained */
    const double *b_C1; /* (H) parameter: trained */
    const double *R_H2; /* (H, H) parameter: trained */
    const double *b_H2; /* (H) parameter: trained */
    const double *R_T2; /* (H, H) parameter: trained */
    const double *b_T2; /* (H) parameter: trained */
    const double *R_C2; /* (H, H) parameter: trained */
    const double *b_C2; /* (H) parameter: trained */
    const double *R_H3; /* (H, H) parameter: trained */
    const double *b_H3; /* (H) parameter: trained */
    const double *R_T3; /* (H, H) parameter: trained */
    const double *b_T3; /* (H) parameter: trained */
    const double *R_C3; /* (H, H) parameter: trained */
    const double *b_C3; /* (H) parameter: trained */
    const double *W_hy; /* (O, H) parameter: trained */
    const double *b_y;  /* (O) parameter: trained */
} rhn_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *s;           /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat;       /* (T, B, O) output: of every step */
    double *h_1_t_1_c_1; /* (T, B, 3*H) saved: h_1, t_1, c_1, side by side */
    double *s_1;         /* (T, B, H) saved: kept for the backward pass */
    double *h_2_t_2_c_2; /* (T, B, 3*H) saved: h_2, t_2, c_2, side by side */
    double *h_3_t_3_c_3; /* (T, B, 3*H) saved: h_3, t_3, c_3, side by side */
    double *J;           /* () loss: summed over steps and sequences */
} rhn_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dW_H;  /* (H, I) gradient: with respect to W_H */
    double *dR_H1; /* (H, H) gradient: with respect to R_H1 */
    double *db_H1; /* (H) gradient: with respect to b_H1 */
    double *dW_T;  /* (H, I) gradient: with respect to W_T */
    double *dR_T1; /* (H, H) gradient: with respect to R_T1 */
    double *db_T1; /* (H) gradient: with respect to b_T1 */
    double *dW_C;  /* (H, I) gradient: with respect to W_C */
    double *dR_C1; /* (H, H) gradient: with respect to R_C1 */
    double *db_C1; /* (H) gradient: with respect to b_C1 */
    double *dR_H2; /* (H, H) gradient: with respect to R_H2 */
    double *db_H2; /* (H) gradient: with respect to b_H2 */
    double *dR_T2; /* (H, H) gradient: with respect to R_T2 */
    double *db_T2; /* (H) gradient: with respect to b_T2 */
    double *dR_C2; /* (H, H) gradient: with respect to R_C2 */
    double *db_C2; /* (H) gradient: with respect to b_C2 */
    double *dR_H3; /* (H, H) gradient: with respect to R_H3 */
    double *db_H3; /* (H) gradient: with respect to b_H3 */
    double *dR_T3; /* (H, H) gradient: with respect to R_T3 */
    double *db_T3; /* (H) gradient: with respect to b_T3 */
    double *dR_C3; /* (H, H) gradient: with respect to R_C3 */
    double *db_C3; /* (H) gradient: with respect to b_C3 */
    double *dW_hy; /* (O, H) gradient: with respect to W_hy */
    double *db_y;  /* (O) gradient: with respect to b_y */
    double *dx;    /* (T, B, I) gradient: with respect to x[t] */
    double *ds0;   /* (B, H) gradient: with respect to s0 */
} rhn_f64_gradients;

typedef enum {
    RHN_F64_OK = 0,
    RHN_F64_ZERO_SIZE, /* a size is 0 */
    RHN_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    RHN_F64_NULL       /* a pointer that is read or written is NULL */
} rhn_f64_status;

/* What a status means, in English; never NULL. */
const char *rhn_f64_message(rhn_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t rhn_f64_workspace(const rhn_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
rhn_f64_status rhn_f64_forward(const rhn_f64_sizes *sizes, const rhn_f64_given *given,
                               const rhn_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
rhn_f64_status rhn_f64_backward(const rhn_f64_sizes *sizes, const rhn_f64_given *given,
                                const rhn_f64_kept *kept, const rhn_f64_gradients *gradients, double *work);

/* Forward, then backward. */
rhn_f64_status rhn_f64_loss_and_gradient(const rhn_f64_sizes *sizes, const rhn_f64_given *given,
                                         const rhn_f64_kept *kept, const rhn_f64_gradients *gradients,
                                         double *work);

#ifdef __cplusplus
}
#endif

#endif
