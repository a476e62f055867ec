/* independently recurrent network with softmax and cross-entropy:
 * see indrnn_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "indrnn_f64.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __FAST_MATH__
#error "-ffast-math and -Ofast leave out roundings that are meant, and tests for NaN: compile without them"
#endif

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

/* Of a loop a compiler makes vectors only if what it calls is inlined, which some would not do where they think it rare. */
#ifdef __GNUC__
#define INLINED static inline __attribute__((always_inline))
#else
#define INLINED static inline
#endif

/* A real as it lies in memory: 1 bit of sign, 11 of exponent, 52 of fraction. */
typedef uint64_t bit_pattern;

/* The bits of x. */
INLINED bit_pattern bits_of(real x)
{
    const union {
        real value;
        bit_pattern bits;
    } same = {.value = x};
    return same.bits;
}

/* The real that has these bits. */
INLINED real real_of(bit_pattern bits)
{
    const union {
        bit_pattern bits;
        real value;
    } same = {.bits = bits};
    return same.value;
}

/* e^x = 2^n e^r, n the whole number nearest x/ln(2), |r| <= ln(2)/2. At most 1.1 units in the last place off, the results
 * below the normal numbers included; infinite above 709.78, 0 below -745.13; NaN stays NaN.
 *
 * Adding 1.5 2^52 rounds to n and leaves n in the last bits. ln(2) is split in two (Cody and Waite, Software Manual for the
 * Elementary Functions, 1980), so that n times the first part is exact. The polynomial in r has degree 11; its largest error,
 * 2^-57 relative to e^r, is the least possible (Remez exchange). 2^n is two factors: it may be no real where e^x is one. */
INLINED real exp_of(real x)
{
    const real y = x > 710.0 ? 710.0 : x < -746.0 ? -746.0 : x;
    const real shifted = y * 0x1.71547652b82fep+0 + 0x1.8p52, n = shifted - 0x1.8p52;
    const real r = y - n * 0x1.62e42fefa38p-1 - n * 0x1.ef35793c7673p-45;
    real p = 0x1.aec9c239a338ap-26;
    p = p * r + 0x1.28b0f647fb8e0p-22;
    p = p * r + 0x1.71de791007546p-19;
    p = p * r + 0x1.a01996ba9ad5ep-16;
    p = p * r + 0x1.a01a0164ea2cap-13;
    p = p * r + 0x1.6c16c1852b7afp-10;
    p = p * r + 0x1.1111111120fc1p-7;
    p = p * r + 0x1.555555555050fp-5;
    p = p * r + 0x1.5555555555500p-3;
    p = p * r + 0x1.000000000000ap-1;
    const bit_pattern twice = bits_of(shifted) + 2048, half = twice / 2;
    return (1.0 + (r + r * r * p)) * real_of((half - 1) << 52) * real_of((twice - half - 1) << 52);
}

/* log(1 + f) for sqrt(1/2) <= 1 + f <= sqrt(2). With s = f/(2 + f) it is 2 artanh(s) = 2 s + s z p(z), z = s^2, and 2 s is
 * f - s f. The polynomial p has degree 6; its largest error, 2^-59 relative to the logarithm, is the least possible (Remez
 * exchange). */
INLINED real log1p_near_0(real f)
{
    const real s = f / (2.0 + f), z = s * s;
    real p = 0x1.2f03ba7672963p-3;
    p = p * z + 0x1.39a1ee126768fp-3;
    p = p * z + 0x1.74663c85191abp-3;
    p = p * z + 0x1.c71c521732f22p-3;
    p = p * z + 0x1.24924941dd09cp-2;
    p = p * z + 0x1.999999997ff61p-2;
    p = p * z + 0x1.5555555555592p-1;
    return f - s * (f - z * p);
}

/* log(x) = k ln(2) + log(1 + f), x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2). At most 1.5 units in the last place off;
 * -infinity at 0, NaN below; NaN stays NaN. ln(2) is split so that k times its first part is exact, as in Cody and Waite,
 * Software Manual for the Elementary Functions, 1980. What is below the normal numbers is first made 2^54 times as large;
 * the exponent then counts from sqrt(1/2) = 3fe6a09e667f3bcd up instead of from 1 = 3ff0000000000000. */
INLINED real log_of(real x)
{
    const bool tiny = x < 0x1p-1022;
    const bit_pattern moved = bits_of(tiny ? x * 0x1p54 : x) + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
    const real k = real_of((moved >> 52) + 0x4330000000000000) - (tiny ? 0x1p52 + 1077.0 : 0x1p52 + 1023.0);
    const real f = real_of((moved & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
    const real y = k * 0x1.62e42fefa38p-1 + (log1p_near_0(f) + k * 0x1.ef35793c7673p-45);
    const real beyond = x == 0.0 ? -(real)INFINITY : (real)NAN;
    return x > 0.0 ? (x < (real)INFINITY ? y : x) : beyond;
}

/* max(x, 0); NaN stays NaN. */
static inline real relu(real x)
{
    return x < 0.0 ? 0.0 : x;
}

/* 1 where x > 0, else 0: the subgradient of max(x, 0) that was declared; NaN stays NaN. */
static inline real step(real x)
{
    return x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x;
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

static indrnn_f64_status check(const indrnn_f64_sizes *sizes)
{
    if (sizes == NULL)
        return INDRNN_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || H == 0 || O == 0)
        return INDRNN_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                /* x */
        times(B, H),                                                          /* h0 */
        times(times(T, B), O),                                                /* y */
        times(H, I),                                                          /* W */
        H,                                                                    /* u */
        H,                                                                    /* b */
        times(O, H),                                                          /* W_hy */
        O,                                                                    /* b_y */
        times(times(plus(T, 1), B), H),                                       /* h */
        times(times(T, B), O),                                                /* y_hat */
        times(H, I),                                                          /* dW */
        H,                                                                    /* du */
        H,                                                                    /* db */
        times(O, H),                                                          /* dW_hy */
        O,                                                                    /* db_y */
        times(times(T, B), I),                                                /* dx */
        times(B, H),                                                          /* dh0 */
        plus(plus(plus(plus(times(B, H), times(B, O)), B), B), B),            /* workspace of forward */
        plus(plus(plus(times(B, H), times(B, O)), times(B, H)), times(B, H)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return INDRNN_F64_TOO_LARGE;
    return INDRNN_F64_OK;
}

const char *indrnn_f64_message(indrnn_f64_status status)
{
    switch (status) {
    case INDRNN_F64_OK:
        return "all is well";
    case INDRNN_F64_ZERO_SIZE:
        return "a size is 0";
    case INDRNN_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case INDRNN_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t indrnn_f64_workspace(const indrnn_f64_sizes *sizes)
{
    if (check(sizes) != INDRNN_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t for_forward = B * H + B * O + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H + B * O + B * H + B * H;
    if (for_backward > most)
        most = for_backward;
    return most;
}

indrnn_f64_status indrnn_f64_forward(const indrnn_f64_sizes *sizes, const indrnn_f64_given *given,
                                     const indrnn_f64_kept *kept, double *work)
{
    const indrnn_f64_status status = check(sizes);
    if (status != INDRNN_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return INDRNN_F64_NULL;
    if (given->x == NULL || given->h0 == NULL || given->y == NULL || given->W == NULL ||
        given->u == NULL || given->b == NULL || given->W_hy == NULL || given->b_y == NULL ||
        kept->h == NULL || kept->y_hat == NULL || kept->J == NULL)
        return INDRNN_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;       /* (T, B, I) */
    const real *restrict const h0 = given->h0;     /* (B, H) */
    const real *restrict const y = given->y;       /* (T, B, O) */
    const real *restrict const W = given->W;       /* (H, I) */
    const real *restrict const u = given->u;       /* (H) */
    const real *restrict const b = given->b;       /* (H) */
    const real *restrict const W_hy = given->W_hy; /* (O, H) */
    const real *restrict const b_y = given->b_y;   /* (O) */
    real *restrict const h = kept->h;              /* (T + 1, B, H) */
    real *restrict const y_hat = kept->y_hat;      /* (T, B, O) */
    real *restrict const J = kept->J;              /* () */
    real *next = work;
    real *restrict const z_h = next;       /* (B, H) z_h[t] */
    next += B * H;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    for (size_t at = 0; at < B * H; ++at) {
        h[at] = h0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) z_h[t] = W x[t] + u ∘ h[t−1] + b */
        /* z_h = x[t] @ Wᵀ */
        product_nt(B, H, I, x + t * B * I, I, W, I, z_h, H, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_h[row * H + col] += u[col] * h[t * B * H + row * H + col] + b[col];
            }
        }
        /* (2) h[t] = relu(z_h[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            h[(t + 1) * B * H + at] = relu(z_h[at]);
        }
        /* (3) z_y[t] = W_hy h[t] + b_y */
        /* z_y = h[t + 1] @ W_hyᵀ */
        product_nt(B, O, H, h + (t + 1) * B * H, H, W_hy, H, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b_y[col];
            }
        }
        /* (4) y_hat[t] = softmax(z_y[t]) */
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
                y_hat[t * B * O + row * O + col] = exp_of(z_y[row * O + col] - largest[row]);
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
        /* (5) J += −y[t]ᵀ log_softmax(z_y[t]) */
        for (size_t at = 0; at < B; ++at) {
            log_total[at] = log_of(total[at]);
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
    return INDRNN_F64_OK;
}

indrnn_f64_status indrnn_f64_backward(const indrnn_f64_sizes *sizes, const indrnn_f64_given *given,
                                      const indrnn_f64_kept *kept, const indrnn_f64_gradients *gradients,
                                      double *work)
{
    const indrnn_f64_status status = check(sizes);
    if (status != INDRNN_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return INDRNN_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->W == NULL || given->u == NULL ||
        given->W_hy == NULL || kept->h == NULL || kept->y_hat == NULL || gradients->dW == NULL ||
        gradients->du == NULL || gradients->db == NULL || gradients->dW_hy == NULL || gradients->db_y == NULL ||
        gradients->dx == NULL || gradients->dh0 == NULL)
        return INDRNN_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;        /* (T, B, I) */
    const real *restrict const y = given->y;        /* (T, B, O) */
    const real *restrict const W = given->W;        /* (H, I) */
    const real *restrict const u = given->u;        /* (H) */
    const real *restrict const W_hy = given->W_hy;  /* (O, H) */
    const real *restrict const h = kept->h;         /* (T + 1, B, H) */
    const real *restrict const y_hat = kept->y_hat; /* (T, B, O) */
    real *restrict const dW = gradients->dW;        /* (H, I) */
    real *restrict const du = gradients->du;        /* (H) */
    real *restrict const db = gradients->db;        /* (H) */
    real *restrict const dW_hy = gradients->dW_hy;  /* (O, H) */
    real *restrict const db_y = gradients->db_y;    /* (O) */
    real *restrict const dx = gradients->dx;        /* (T, B, I) */
    real *restrict const dh0 = gradients->dh0;      /* (B, H) */
    real *next = work;
    real *restrict const carry_h = next; /* (B, H) what later steps give to the adjoint of h */
    next += B * H;
    real *restrict const dz_y = next;    /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dh = next;      /* (B, H) adjoint of h[t] */
    next += B * H;
    real *restrict const dz_h = next;    /* (B, H) adjoint of z_h[t] */

    for (size_t at = 0; at < H * I; ++at) {
        dW[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        du[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db[at] = 0.0;
    }
    for (size_t at = 0; at < O * H; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < B * H; ++at) {
        carry_h[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (7) z̄_y[t] = y_hat[t] − y[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y[t * B * O + at];
        }
        /* (8) h̄[t] = W_hyᵀ z̄_y[t] + z̄_h[t+1] ∘ u */
        /* dh = dz_y @ W_hy */
        product_nn(B, H, O, dz_y, O, W_hy, H, dh, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            dh[at] += carry_h[at];
        }
        /* (9) z̄_h[t] = h̄[t] ∘ step(h[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_h[at] = dh[at] * step(h[(t + 1) * B * H + at]);
        }
        /* (10) W̄ += z̄_h[t] x[t]ᵀ */
        /* dW += dz_hᵀ @ x[t] */
        product_tn(H, I, B, dz_h, H, x + t * B * I, I, dW, I, true);
        /* (11) ū += z̄_h[t] ∘ h[t−1] */
        /* du += sum over rows of dz_h ∘ h[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                du[col] += dz_h[row * H + col] * h[t * B * H + row * H + col];
            }
        }
        /* (12) b̄ += z̄_h[t] */
        /* db += sum over rows of dz_h */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db[col] += dz_h[row * H + col];
            }
        }
        /* (13) W̄_hy += z̄_y[t] h[t]ᵀ */
        /* dW_hy += dz_yᵀ @ h[t + 1] */
        product_tn(O, H, B, dz_y, O, h + (t + 1) * B * H, H, dW_hy, H, true);
        /* (14) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (15) x̄[t] = Wᵀ z̄_h[t] */
        /* dx[t] = dz_h @ W */
        product_nn(B, I, H, dz_h, H, W, I, dx + t * B * I, I, false);
        /* (8) what step t gives to h of earlier steps: z̄_h[t] ∘ u */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                carry_h[row * H + col] = dz_h[row * H + col] * u[col];
            }
        }
    }
    /* (16) h̄[0] = z̄_h[1] ∘ u */
    for (size_t at = 0; at < B * H; ++at) {
        dh0[at] = carry_h[at];
    }
    return INDRNN_F64_OK;
}

indrnn_f64_status indrnn_f64_loss_and_gradient(const indrnn_f64_sizes *sizes, const indrnn_f64_given *given,
                                               const indrnn_f64_kept *kept,
                                               const indrnn_f64_gradients *gradients, double *work)
{
    const indrnn_f64_status status = indrnn_f64_forward(sizes, given, kept, work);
    return status != INDRNN_F64_OK ? status : indrnn_f64_backward(sizes, given, kept, gradients, work);
}
