/* low-rank network, Euler steps with softmax and cross-entropy:
 * see low_rank_f64.h. Emitted by symrnn; C11. */
#include "low_rank_f64.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

typedef double real;

/* The largest number of reals in one array. */
#define LIMIT ((size_t)PTRDIFF_MAX / sizeof(real))

/* a b, or SIZE_MAX if that is too large. */
static size_t times(size_t a, size_t b)
{
    return b > SIZE_MAX / a ? SIZE_MAX : a * b;
}

/* a + b, or SIZE_MAX if that is too large. */
static size_t plus(size_t a, size_t b)
{
    return b > SIZE_MAX - a ? SIZE_MAX : a + b;
}

static real square(real x)
{
    return x * x;
}

/* max(x, y); NaN if either is. */
static real larger(real x, real y)
{
    return y > x || y != y ? y : x;
}

/* out (m, n) = or += a (m, k), times b (k, n). Rows lie a stride apart; out overlaps neither a nor b. */
static void product_nn(size_t m, size_t n, size_t k, const real *restrict a, size_t a_stride, const real *restrict b,
                       size_t b_stride, real *restrict out, size_t out_stride, bool accumulate)
{
    for (size_t row = 0; row < m; ++row) {
        real *restrict const sums = out + row * out_stride;
        for (size_t col = 0; col < n && !accumulate; ++col)
            sums[col] = 0.0;
        for (size_t p = 0; p < k; ++p) {
            const real factor = a[row * a_stride + p];
            const real *restrict const b_row = b + p * b_stride;
            for (size_t col = 0; col < n; ++col)
                sums[col] += factor * b_row[col];
        }
    }
}

/* out (m, n) = or += a (m, k), times b^T, b (n, k). Rows lie a stride apart; out overlaps neither a nor b.
 * Eight partial sums let the compiler use vectors without changing the order of any sum. */
static void product_nt(size_t m, size_t n, size_t k, const real *restrict a, size_t a_stride, const real *restrict b,
                       size_t b_stride, real *restrict out, size_t out_stride, bool accumulate)
{
    for (size_t row = 0; row < m; ++row) {
        const real *restrict const x = a + row * a_stride;
        for (size_t col = 0; col < n; ++col) {
            const real *restrict const y = b + col * b_stride;
            real partial[8] = {0.0};
            size_t p = 0;
            for (; k - p >= 8; p += 8)
                for (size_t lane = 0; lane < 8; ++lane)
                    partial[lane] += x[p + lane] * y[p + lane];
            real total = ((partial[0] + partial[4]) + (partial[1] + partial[5])) +
                         ((partial[2] + partial[6]) + (partial[3] + partial[7]));
            for (; p < k; ++p)
                total += x[p] * y[p];
            out[row * out_stride + col] = accumulate ? out[row * out_stride + col] + total : total;
        }
    }
}

/* out (m, n) = or += a^T, a (k, m), times b (k, n). Rows lie a stride apart; out overlaps neither a nor b. */
static void product_tn(size_t m, size_t n, size_t k, const real *restrict a, size_t a_stride, const real *restrict b,
                       size_t b_stride, real *restrict out, size_t out_stride, bool accumulate)
{
    for (size_t row = 0; row < m; ++row) {
        real *restrict const sums = out + row * out_stride;
        for (size_t col = 0; col < n && !accumulate; ++col)
            sums[col] = 0.0;
        for (size_t p = 0; p < k; ++p) {
            const real factor = a[p * a_stride + row];
            const real *restrict const b_row = b + p * b_stride;
            for (size_t col = 0; col < n; ++col)
                sums[col] += factor * b_row[col];
        }
    }
}

static low_rank_f64_status check(const low_rank_f64_sizes *sizes)
{
    if (sizes == NULL)
        return LOW_RANK_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t R = sizes->R;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || H == 0 || R == 0 || O == 0)
        return LOW_RANK_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                            /* u */
        times(B, H),                                                                                                                                      /* x0 */
        times(times(T, B), O),                                                                                                                            /* y */
        times(H, R),                                                                                                                                      /* M */
        times(H, R),                                                                                                                                      /* N */
        times(H, I),                                                                                                                                      /* W_in */
        times(O, H),                                                                                                                                      /* W_hy */
        O,                                                                                                                                                /* b_y */
        times(times(plus(T, 1), B), H),                                                                                                                   /* x */
        times(times(T, B), O),                                                                                                                            /* y_hat */
        times(times(T, B), H),                                                                                                                            /* s_kappa */
        times(times(T, B), R),                                                                                                                            /* kappa */
        times(H, R),                                                                                                                                      /* dM */
        times(H, R),                                                                                                                                      /* dN */
        times(H, I),                                                                                                                                      /* dW_in */
        times(O, H),                                                                                                                                      /* dW_hy */
        O,                                                                                                                                                /* db_y */
        times(times(T, B), I),                                                                                                                            /* du */
        times(B, H),                                                                                                                                      /* dx0 */
        plus(plus(plus(plus(plus(times(B, H), times(B, O)), times(B, R)), B), B), B),                                                                     /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(times(B, H), times(B, O)), times(B, H)), times(B, H)), times(B, R)), times(B, H)), times(B, H)), times(B, H)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return LOW_RANK_F64_TOO_LARGE;
    return LOW_RANK_F64_OK;
}

const char *low_rank_f64_message(low_rank_f64_status status)
{
    switch (status) {
    case LOW_RANK_F64_OK:
        return "all is well";
    case LOW_RANK_F64_ZERO_SIZE:
        return "a size is 0";
    case LOW_RANK_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case LOW_RANK_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t low_rank_f64_workspace(const low_rank_f64_sizes *sizes)
{
    if (check(sizes) != LOW_RANK_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t R = sizes->R;
    const size_t O = sizes->O;
    const size_t for_forward = B * H + B * O + B * R + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H + B * O + B * H + B * H + B * R + B * H + B * H + B * H;
    if (for_backward > most)
        most = for_backward;
    return most;
}

low_rank_f64_status low_rank_f64_forward(const low_rank_f64_sizes *sizes, const low_rank_f64_given *given,
                                         const low_rank_f64_kept *kept, double *work)
{
    const low_rank_f64_status status = check(sizes);
    if (status != LOW_RANK_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return LOW_RANK_F64_NULL;
    if (given->u == NULL || given->x0 == NULL || given->y == NULL || given->M == NULL ||
        given->N == NULL || given->W_in == NULL || given->W_hy == NULL || given->b_y == NULL ||
        given->alpha == NULL || kept->x == NULL || kept->y_hat == NULL || kept->s_kappa == NULL ||
        kept->kappa == NULL || kept->J == NULL)
        return LOW_RANK_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t R = sizes->R;
    const size_t O = sizes->O;
    const real *restrict const u = given->u;         /* (T, B, I) */
    const real *restrict const x0 = given->x0;       /* (B, H) */
    const real *restrict const y = given->y;         /* (T, B, O) */
    const real *restrict const M = given->M;         /* (H, R) */
    const real *restrict const N = given->N;         /* (H, R) */
    const real *restrict const W_in = given->W_in;   /* (H, I) */
    const real *restrict const W_hy = given->W_hy;   /* (O, H) */
    const real *restrict const b_y = given->b_y;     /* (O) */
    const real *restrict const alpha = given->alpha; /* () */
    real *restrict const x = kept->x;                /* (T + 1, B, H) */
    real *restrict const y_hat = kept->y_hat;        /* (T, B, O) */
    real *restrict const s_kappa = kept->s_kappa;    /* (T, B, H) */
    real *restrict const kappa = kept->kappa;        /* (T, B, R) */
    real *restrict const J = kept->J;                /* () */
    real *next = work;
    real *restrict const u_x = next;       /* (B, H) u_x[t] */
    next += B * H;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const scratch = next;   /* (B, R) scratch */
    next += B * R;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    for (size_t at = 0; at < B * H; ++at) {
        x[at] = x0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) s_kappa[t] = tanh(x[t−1]) */
        for (size_t at = 0; at < B * H; ++at) {
            s_kappa[t * B * H + at] = tanh(x[t * B * H + at]);
        }
        /* (2) kappa[t] = 1/H Nᵀ s_kappa[t] */
        /* scratch = s_kappa[t] @ N */
        product_nn(B, R, H, s_kappa + t * B * H, H, N, R, scratch, R, false);
        for (size_t at = 0; at < B * R; ++at) {
            kappa[t * B * R + at] = scratch[at] / (real)H;
        }
        /* (3) u_x[t] = M kappa[t] + W_in u[t] */
        /* u_x = kappa[t] @ Mᵀ */
        product_nt(B, H, R, kappa + t * B * R, R, M, R, u_x, H, false);
        /* u_x += u[t] @ W_inᵀ */
        product_nt(B, H, I, u + t * B * I, I, W_in, I, u_x, H, true);
        /* (4) x[t] = (1 − alpha) x[t−1] + alpha u_x[t] */
        for (size_t at = 0; at < B * H; ++at) {
            x[(t + 1) * B * H + at] = (1.0 - alpha[0]) * x[t * B * H + at] + alpha[0] * u_x[at];
        }
        /* (5) z_y[t] = W_hy x[t] + b_y */
        /* z_y = x[t + 1] @ W_hyᵀ */
        product_nt(B, O, H, x + (t + 1) * B * H, H, W_hy, H, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b_y[col];
            }
        }
        /* (6) y_hat[t] = softmax(z_y[t]) */
        /* largest = max over columns of z_y */
        for (size_t row = 0; row < B; ++row) {
            real running = z_y[row * O];
            for (size_t col = 0; col < O; ++col) {
                running = larger(running, z_y[row * O + col]);
            }
            largest[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                y_hat[t * B * O + row * O + col] = exp(z_y[row * O + col] - largest[row]);
            }
        }
        /* total = sum over columns of y_hat[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < O; ++col) {
                running += y_hat[t * B * O + row * O + col];
            }
            total[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                y_hat[t * B * O + row * O + col] = y_hat[t * B * O + row * O + col] / total[row];
            }
        }
        /* (7) J += −y[t]ᵀ log_softmax(z_y[t]) */
        for (size_t at = 0; at < B; ++at) {
            log_total[at] = log(total[at]);
        }
        /* J += sum over all of −(y[t] ∘ (z_y − column(largest) − column(log_total))) */
        {
            real running = 0.0;
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = 0; col < O; ++col) {
                    running += -(y[t * B * O + row * O + col] * (z_y[row * O + col] - largest[row] - log_total[row]));
                }
            }
            J[0] += running;
        }
    }
    return LOW_RANK_F64_OK;
}

low_rank_f64_status low_rank_f64_backward(const low_rank_f64_sizes *sizes, const low_rank_f64_given *given,
                                          const low_rank_f64_kept *kept,
                                          const low_rank_f64_gradients *gradients, double *work)
{
    const low_rank_f64_status status = check(sizes);
    if (status != LOW_RANK_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return LOW_RANK_F64_NULL;
    if (given->u == NULL || given->y == NULL || given->M == NULL || given->N == NULL ||
        given->W_in == NULL || given->W_hy == NULL || given->alpha == NULL || kept->x == NULL ||
        kept->y_hat == NULL || kept->s_kappa == NULL || kept->kappa == NULL || gradients->dM == NULL ||
        gradients->dN == NULL || gradients->dW_in == NULL || gradients->dW_hy == NULL || gradients->db_y == NULL ||
        gradients->du == NULL || gradients->dx0 == NULL)
        return LOW_RANK_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t R = sizes->R;
    const size_t O = sizes->O;
    const real *restrict const u = given->u;            /* (T, B, I) */
    const real *restrict const y = given->y;            /* (T, B, O) */
    const real *restrict const M = given->M;            /* (H, R) */
    const real *restrict const N = given->N;            /* (H, R) */
    const real *restrict const W_in = given->W_in;      /* (H, I) */
    const real *restrict const W_hy = given->W_hy;      /* (O, H) */
    const real *restrict const alpha = given->alpha;    /* () */
    const real *restrict const x = kept->x;             /* (T + 1, B, H) */
    const real *restrict const y_hat = kept->y_hat;     /* (T, B, O) */
    const real *restrict const s_kappa = kept->s_kappa; /* (T, B, H) */
    const real *restrict const kappa = kept->kappa;     /* (T, B, R) */
    real *restrict const dM = gradients->dM;            /* (H, R) */
    real *restrict const dN = gradients->dN;            /* (H, R) */
    real *restrict const dW_in = gradients->dW_in;      /* (H, I) */
    real *restrict const dW_hy = gradients->dW_hy;      /* (O, H) */
    real *restrict const db_y = gradients->db_y;        /* (O) */
    real *restrict const du = gradients->du;            /* (T, B, I) */
    real *restrict const dx0 = gradients->dx0;          /* (B, H) */
    real *next = work;
    real *restrict const carry_x = next;   /* (B, H) what later steps give to the adjoint of x */
    next += B * H;
    real *restrict const dz_y = next;      /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dx = next;        /* (B, H) adjoint of x[t] */
    next += B * H;
    real *restrict const du_x = next;      /* (B, H) adjoint of u_x[t] */
    next += B * H;
    real *restrict const dkappa = next;    /* (B, R) adjoint of kappa[t] */
    next += B * R;
    real *restrict const ds_kappa = next;  /* (B, H) adjoint of s_kappa[t] */
    next += B * H;
    real *restrict const scratch_2 = next; /* (B, H) scratch */
    next += B * H;
    real *restrict const scratch_3 = next; /* (B, H) scratch */

    for (size_t at = 0; at < H * R; ++at) {
        dM[at] = 0.0;
    }
    for (size_t at = 0; at < H * R; ++at) {
        dN[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_in[at] = 0.0;
    }
    for (size_t at = 0; at < O * H; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < B * H; ++at) {
        carry_x[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (9) z̄_y[t] = y_hat[t] − y[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y[t * B * O + at];
        }
        /* (10) x̄[t] = W_hyᵀ z̄_y[t] + (1 − alpha) x̄[t+1] + s̄_kappa[t+1] ∘ (1 − s_kappa[t+1]²) */
        /* dx = dz_y @ W_hy */
        product_nn(B, H, O, dz_y, O, W_hy, H, dx, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            dx[at] += carry_x[at];
        }
        /* (11) ū_x[t] = alpha x̄[t] */
        for (size_t at = 0; at < B * H; ++at) {
            du_x[at] = alpha[0] * dx[at];
        }
        /* (12) kappā[t] = Mᵀ ū_x[t] */
        /* dkappa = du_x @ M */
        product_nn(B, R, H, du_x, H, M, R, dkappa, R, false);
        /* (13) s̄_kappa[t] = 1/H N kappā[t] */
        /* scratch_2 = dkappa @ Nᵀ */
        product_nt(B, H, R, dkappa, R, N, R, scratch_2, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            ds_kappa[at] = scratch_2[at] / (real)H;
        }
        /* (14) M̄ += ū_x[t] kappa[t]ᵀ */
        /* dM += du_xᵀ @ kappa[t] */
        product_tn(H, R, B, du_x, H, kappa + t * B * R, R, dM, R, true);
        /* (15) N̄ += 1/H s_kappa[t] kappā[t]ᵀ */
        for (size_t at = 0; at < B * H; ++at) {
            scratch_3[at] = s_kappa[t * B * H + at] / (real)H;
        }
        /* dN += scratch_3ᵀ @ dkappa */
        product_tn(H, R, B, scratch_3, H, dkappa, R, dN, R, true);
        /* (16) W̄_in += ū_x[t] u[t]ᵀ */
        /* dW_in += du_xᵀ @ u[t] */
        product_tn(H, I, B, du_x, H, u + t * B * I, I, dW_in, I, true);
        /* (17) W̄_hy += z̄_y[t] x[t]ᵀ */
        /* dW_hy += dz_yᵀ @ x[t + 1] */
        product_tn(O, H, B, dz_y, O, x + (t + 1) * B * H, H, dW_hy, H, true);
        /* (18) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (19) ū[t] = W_inᵀ ū_x[t] */
        /* du[t] = du_x @ W_in */
        product_nn(B, I, H, du_x, H, W_in, I, du + t * B * I, I, false);
        /* (10) what step t gives to x of earlier steps: (1 − alpha) x̄[t] + s̄_kappa[t] ∘ (1 − s_kappa[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            carry_x[at] = (1.0 - alpha[0]) * dx[at] + ds_kappa[at] * (1.0 - square(s_kappa[t * B * H + at]));
        }
    }
    /* (20) x̄[0] = (1 − alpha) x̄[1] + s̄_kappa[1] ∘ (1 − s_kappa[1]²) */
    for (size_t at = 0; at < B * H; ++at) {
        dx0[at] = carry_x[at];
    }
    return LOW_RANK_F64_OK;
}

low_rank_f64_status low_rank_f64_loss_and_gradient(const low_rank_f64_sizes *sizes,
                                                   const low_rank_f64_given *given,
                                                   const low_rank_f64_kept *kept,
                                                   const low_rank_f64_gradients *gradients, double *work)
{
    const low_rank_f64_status status = low_rank_f64_forward(sizes, given, kept, work);
    return status != LOW_RANK_F64_OK ? status : low_rank_f64_backward(sizes, given, kept, gradients, work);
}
