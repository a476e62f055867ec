/* chaos-free network with softmax and cross-entropy:
 * forward, and gradients through time, in double. Emitted by symrnn; C11.
 *
 * Source: Laurent, von Brecht, "A recurrent neural network without chaos", 2016, arXiv:1612.06212
 *
 *     (1)   z_theta[t] = U_theta h[t−1] + V_theta x[t] + b_theta
 *     (2)   theta[t] = sigmoid(z_theta[t])
 *     (3)   z_eta[t] = U_eta h[t−1] + V_eta x[t] + b_eta
 *     (4)   eta[t] = sigmoid(z_eta[t])
 *     (5)   a_h[t] = tanh(h[t−1])
 *     (6)   z_h[t] = W x[t]
 *     (7)   a2_h[t] = tanh(z_h[t])
 *     (8)   h[t] = theta[t] ∘ a_h[t] + eta[t] ∘ a2_h[t]
 *     (9)   z_y[t] = W_hy h[t] + b_y
 *     (10)  y_hat[t] = softmax(z_y[t])
 *     (11)  J[t] = −y[t]ᵀ log(y_hat[t])
 *
 * Arrays are dense and row-major, of the dimensions written beside them; () is one number. All memory is
 * the caller's and none overlaps; functions keep nothing between calls and may run in several threads,
 * each with its own `kept`, `gradients` and `work`. Infinity and NaN propagate.
 *
 * A call starts threads of its own if `threads` in the sizes is above 1 and there is enough to do, and ends
 * them: each computes the sequences, or the rows of a gradient, that are its own. Results are the same bits
 * for every number of threads. Compile and link with -pthread; NO_THREADS leaves threads out.
 *
 * Matrix products: forward 2 a step, 2 a chunk of steps and 0 outside; backward 1 a step, 8 a chunk of steps and 0 outside.
 */
#ifndef CFN_F64_H
#define CFN_F64_H

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
} cfn_f64_sizes;

/* What is given: read, never written. */
typedef struct {
    const double *x;       /* (T, B, I) input: of every step */
    const double *h0;      /* (B, H) initial state: h before the first step */
    const double *y;       /* (T, B, O) target: of every step; each row sums to 1, or the gradients are not those of the loss */
    const double *U_theta; /* (H, H) parameter: trained */
    const double *V_theta; /* (H, I) parameter: trained */
    const double *b_theta; /* (H) parameter: trained */
    const double *U_eta;   /* (H, H) parameter: trained */
    const double *V_eta;   /* (H, I) parameter: trained */
    const double *b_eta;   /* (H) parameter: trained */
    const double *W;       /* (H, I) parameter: trained */
    const double *W_hy;    /* (O, H) parameter: trained */
    const double *b_y;     /* (O) parameter: trained */
} cfn_f64_given;

/* Written by forward, all of it; backward reads it, but for the loss. */
typedef struct {
    double *h;         /* (T + 1, B, H) output: state; the first is initial */
    double *y_hat;     /* (T, B, O) output: of every step */
    double *theta_eta; /* (T, B, 2*H) saved: theta, eta, side by side */
    double *a_h;       /* (T, B, H) saved: kept for the backward pass */
    double *a2_h;      /* (T, B, H) saved: kept for the backward pass */
    double *J;         /* () loss: summed over steps and sequences */
} cfn_f64_kept;

/* Written by backward: overwritten, not added to. */
typedef struct {
    double *dU_theta; /* (H, H) gradient: with respect to U_theta */
    double *dV_theta; /* (H, I) gradient: with respect to V_theta */
    double *db_theta; /* (H) gradient: with respect to b_theta */
    double *dU_eta;   /* (H, H) gradient: with respect to U_eta */
    double *dV_eta;   /* (H, I) gradient: with respect to V_eta */
    double *db_eta;   /* (H) gradient: with respect to b_eta */
    double *dW;       /* (H, I) gradient: with respect to W */
    double *dW_hy;    /* (O, H) gradient: with respect to W_hy */
    double *db_y;     /* (O) gradient: with respect to b_y */
    double *dx;       /* (T, B, I) gradient: with respect to x[t] */
    double *dh0;      /* (B, H) gradient: with respect to h0 */
} cfn_f64_gradients;

typedef enum {
    CFN_F64_OK = 0,
    CFN_F64_ZERO_SIZE, /* a size is 0 */
    CFN_F64_TOO_LARGE, /* an array, or the workspace, would have more bytes than the machine can address */
    CFN_F64_NULL       /* a pointer that is read or written is NULL */
} cfn_f64_status;

/* What a status means, in English; never NULL. */
const char *cfn_f64_message(cfn_f64_status status);

/* The number of doubles that `work` must hold at these sizes and threads, at least 1; 0 if the sizes are bad. */
size_t cfn_f64_workspace(const cfn_f64_sizes *sizes);

/* Compute everything in `kept`. `work` holds nothing before or after. */
cfn_f64_status cfn_f64_forward(const cfn_f64_sizes *sizes, const cfn_f64_given *given,
                               const cfn_f64_kept *kept, double *work);

/* Compute every gradient from what forward left in `kept`. */
cfn_f64_status cfn_f64_backward(const cfn_f64_sizes *sizes, const cfn_f64_given *given,
                                const cfn_f64_kept *kept, const cfn_f64_gradients *gradients, double *work);

/* Forward, then backward. */
cfn_f64_status cfn_f64_loss_and_gradient(const cfn_f64_sizes *sizes, const cfn_f64_given *given,
                                         const cfn_f64_kept *kept, const cfn_f64_gradients *gradients,
                                         double *work);

#ifdef __cplusplus
}
#endif

#endif
