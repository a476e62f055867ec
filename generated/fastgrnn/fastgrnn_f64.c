/* FastGRNN, one pair of matrices for gate and candidate with softmax and cross-entropy:
 * see fastgrnn_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "fastgrnn_f64.h"

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

/* tanh(x), at most 2.5 units in the last place off, for tiny x too; tanh(-x) = -tanh(x), -0 included; NaN stays NaN.
 *
 * |x| = n ln(2)/2 + h, n whole, |h| <= ln(2)/4, as in Cody and Waite, Software Manual for the Elementary Functions, 1980:
 * adding 1.5 2^52 rounds to n and leaves n in the last bits; ln(2)/2 is split so that n times its first part is exact. With
 * s = 2^n and u = tanh(h) it is ((s - 1) + (s + 1) u)/((s + 1) + (s - 1) u), which is u where n is 0. The odd polynomial u
 * has degree 13; its largest error, 2^-57 relative to tanh(h), is the least possible (Remez exchange). */
INLINED real tanh_of(real x)
{
    const real size = fabs(x), y = size > 20.0 ? 20.0 : size;
    const real shifted = y * 0x1.71547652b82fep+1 + 0x1.8p52, n = shifted - 0x1.8p52;
    const real h = y - n * 0x1.62e42fefa38p-2 - n * 0x1.ef35793c7673p-46, z = h * h;
    real p = 0x1.c37d2dbe3bdc7p-9;
    p = p * z - 0x1.223c52320b05ep-7;
    p = p * z + 0x1.664ec959a9152p-6;
    p = p * z - 0x1.ba1ba115f4afcp-5;
    p = p * z + 0x1.11111110e0505p-3;
    p = p * z - 0x1.55555555554bbp-2;
    const real u = h + h * z * p, s = real_of((bits_of(shifted) + 1023) << 52);
    return copysign((s - 1.0 + (s + 1.0) * u) / (s + 1.0 + (s - 1.0) * u), x);
}

/* 1/(1 + e^-x), or e^x/(1 + e^x) where x < 0, which goes down to 0 as e^x does. At most 2.5 units in the last place off;
 * NaN stays NaN. */
INLINED real sigmoid(real x)
{
    const real e = exp_of(-fabs(x));
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

static inline real square(real x)
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

static fastgrnn_f64_status check(const fastgrnn_f64_sizes *sizes)
{
    if (sizes == NULL)
        return FASTGRNN_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || H == 0 || O == 0)
        return FASTGRNN_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                         /* x */
        times(B, H),                                                                                                                                                                                   /* h0 */
        times(times(T, B), O),                                                                                                                                                                         /* y */
        times(H, I),                                                                                                                                                                                   /* W */
        times(H, H),                                                                                                                                                                                   /* U */
        H,                                                                                                                                                                                             /* b_z */
        H,                                                                                                                                                                                             /* b_h */
        times(O, H),                                                                                                                                                                                   /* W_hy */
        O,                                                                                                                                                                                             /* b_y */
        times(times(plus(T, 1), B), H),                                                                                                                                                                /* h */
        times(times(T, B), O),                                                                                                                                                                         /* y_hat */
        times(times(T, B), H),                                                                                                                                                                         /* z */
        times(times(T, B), H),                                                                                                                                                                         /* h_hat */
        times(H, I),                                                                                                                                                                                   /* dW */
        times(H, H),                                                                                                                                                                                   /* dU */
        H,                                                                                                                                                                                             /* db_z */
        H,                                                                                                                                                                                             /* db_h */
        times(O, H),                                                                                                                                                                                   /* dW_hy */
        O,                                                                                                                                                                                             /* db_y */
        times(times(T, B), I),                                                                                                                                                                         /* dx */
        times(B, H),                                                                                                                                                                                   /* dh0 */
        plus(plus(plus(plus(plus(plus(times(B, H), times(B, H)), times(B, H)), times(B, O)), B), B), B),                                                                                               /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H), 1), 1), times(B, O)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), B), B), B), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return FASTGRNN_F64_TOO_LARGE;
    return FASTGRNN_F64_OK;
}

const char *fastgrnn_f64_message(fastgrnn_f64_status status)
{
    switch (status) {
    case FASTGRNN_F64_OK:
        return "all is well";
    case FASTGRNN_F64_ZERO_SIZE:
        return "a size is 0";
    case FASTGRNN_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case FASTGRNN_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t fastgrnn_f64_workspace(const fastgrnn_f64_sizes *sizes)
{
    if (check(sizes) != FASTGRNN_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t for_forward = B * H + B * H + B * H + B * O + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H + 1 + 1 + B * O + B * H + B * H + B * H + B * H + B * H + B * H + B + B + B;
    if (for_backward > most)
        most = for_backward;
    return most;
}

fastgrnn_f64_status fastgrnn_f64_forward(const fastgrnn_f64_sizes *sizes, const fastgrnn_f64_given *given,
                                         const fastgrnn_f64_kept *kept, double *work)
{
    const fastgrnn_f64_status status = check(sizes);
    if (status != FASTGRNN_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return FASTGRNN_F64_NULL;
    if (given->x == NULL || given->h0 == NULL || given->y == NULL || given->zeta_raw == NULL ||
        given->nu_raw == NULL || given->W == NULL || given->U == NULL || given->b_z == NULL ||
        given->b_h == NULL || given->W_hy == NULL || given->b_y == NULL || kept->h == NULL ||
        kept->y_hat == NULL || kept->zeta == NULL || kept->nu == NULL || kept->z == NULL ||
        kept->h_hat == NULL || kept->J == NULL)
        return FASTGRNN_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;               /* (T, B, I) */
    const real *restrict const h0 = given->h0;             /* (B, H) */
    const real *restrict const y = given->y;               /* (T, B, O) */
    const real *restrict const zeta_raw = given->zeta_raw; /* () */
    const real *restrict const nu_raw = given->nu_raw;     /* () */
    const real *restrict const W = given->W;               /* (H, I) */
    const real *restrict const U = given->U;               /* (H, H) */
    const real *restrict const b_z = given->b_z;           /* (H) */
    const real *restrict const b_h = given->b_h;           /* (H) */
    const real *restrict const W_hy = given->W_hy;         /* (O, H) */
    const real *restrict const b_y = given->b_y;           /* (O) */
    real *restrict const h = kept->h;                      /* (T + 1, B, H) */
    real *restrict const y_hat = kept->y_hat;              /* (T, B, O) */
    real *restrict const zeta = kept->zeta;                /* () */
    real *restrict const nu = kept->nu;                    /* () */
    real *restrict const z = kept->z;                      /* (T, B, H) */
    real *restrict const h_hat = kept->h_hat;              /* (T, B, H) */
    real *restrict const J = kept->J;                      /* () */
    real *next = work;
    real *restrict const p = next;         /* (B, H) p[t] */
    next += B * H;
    real *restrict const z_z = next;       /* (B, H) z_z[t] */
    next += B * H;
    real *restrict const z_h_hat = next;   /* (B, H) z_h_hat[t] */
    next += B * H;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    /* (1) zeta = sigmoid(zeta_raw) */
    zeta[0] = sigmoid(zeta_raw[0]);
    /* (2) nu = sigmoid(nu_raw) */
    nu[0] = sigmoid(nu_raw[0]);
    for (size_t at = 0; at < B * H; ++at) {
        h[at] = h0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (3) p[t] = W x[t] + U h[t−1] */
        /* p = x[t] @ Wᵀ */
        product_nt(B, H, I, x + t * B * I, I, W, I, p, H, false);
        /* p += h[t] @ Uᵀ */
        product_nt(B, H, H, h + t * B * H, H, U, H, p, H, true);
        /* (4) z_z[t] = p[t] + b_z */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_z[row * H + col] = p[row * H + col] + b_z[col];
            }
        }
        /* (5) z[t] = sigmoid(z_z[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            z[t * B * H + at] = sigmoid(z_z[at]);
        }
        /* (6) z_h_hat[t] = p[t] + b_h */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_h_hat[row * H + col] = p[row * H + col] + b_h[col];
            }
        }
        /* (7) h_hat[t] = tanh(z_h_hat[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            h_hat[t * B * H + at] = tanh_of(z_h_hat[at]);
        }
        /* (8) h[t] = (zeta (1 − z[t]) + nu 1) ∘ h_hat[t] + z[t] ∘ h[t−1] */
        for (size_t at = 0; at < B * H; ++at) {
            h[(t + 1) * B * H + at] = (zeta[0] * (1.0 - z[t * B * H + at]) + nu[0]) * h_hat[t * B * H + at] + z[t * B * H + at] * h[t * B * H + at];
        }
        /* (9) z_y[t] = W_hy h[t] + b_y */
        /* z_y = h[t + 1] @ W_hyᵀ */
        product_nt(B, O, H, h + (t + 1) * B * H, H, W_hy, H, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b_y[col];
            }
        }
        /* (10) y_hat[t] = softmax(z_y[t]) */
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
        /* (11) J += −y[t]ᵀ log_softmax(z_y[t]) */
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
    return FASTGRNN_F64_OK;
}

fastgrnn_f64_status fastgrnn_f64_backward(const fastgrnn_f64_sizes *sizes, const fastgrnn_f64_given *given,
                                          const fastgrnn_f64_kept *kept,
                                          const fastgrnn_f64_gradients *gradients, double *work)
{
    const fastgrnn_f64_status status = check(sizes);
    if (status != FASTGRNN_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return FASTGRNN_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->W == NULL || given->U == NULL ||
        given->W_hy == NULL || kept->h == NULL || kept->y_hat == NULL || kept->zeta == NULL ||
        kept->nu == NULL || kept->z == NULL || kept->h_hat == NULL || gradients->dzeta_raw == NULL ||
        gradients->dnu_raw == NULL || gradients->dW == NULL || gradients->dU == NULL || gradients->db_z == NULL ||
        gradients->db_h == NULL || gradients->dW_hy == NULL || gradients->db_y == NULL || gradients->dx == NULL ||
        gradients->dh0 == NULL)
        return FASTGRNN_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;               /* (T, B, I) */
    const real *restrict const y = given->y;               /* (T, B, O) */
    const real *restrict const W = given->W;               /* (H, I) */
    const real *restrict const U = given->U;               /* (H, H) */
    const real *restrict const W_hy = given->W_hy;         /* (O, H) */
    const real *restrict const h = kept->h;                /* (T + 1, B, H) */
    const real *restrict const y_hat = kept->y_hat;        /* (T, B, O) */
    const real *restrict const zeta = kept->zeta;          /* () */
    const real *restrict const nu = kept->nu;              /* () */
    const real *restrict const z = kept->z;                /* (T, B, H) */
    const real *restrict const h_hat = kept->h_hat;        /* (T, B, H) */
    real *restrict const dzeta_raw = gradients->dzeta_raw; /* () */
    real *restrict const dnu_raw = gradients->dnu_raw;     /* () */
    real *restrict const dW = gradients->dW;               /* (H, I) */
    real *restrict const dU = gradients->dU;               /* (H, H) */
    real *restrict const db_z = gradients->db_z;           /* (H) */
    real *restrict const db_h = gradients->db_h;           /* (H) */
    real *restrict const dW_hy = gradients->dW_hy;         /* (O, H) */
    real *restrict const db_y = gradients->db_y;           /* (O) */
    real *restrict const dx = gradients->dx;               /* (T, B, I) */
    real *restrict const dh0 = gradients->dh0;             /* (B, H) */
    real *next = work;
    real *restrict const carry_h = next;  /* (B, H) what later steps give to the adjoint of h */
    next += B * H;
    real *restrict const dnu = next;      /* () adjoint of nu */
    next += 1;
    real *restrict const dzeta = next;    /* () adjoint of zeta */
    next += 1;
    real *restrict const dz_y = next;     /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dh = next;       /* (B, H) adjoint of h[t] */
    next += B * H;
    real *restrict const dh_hat = next;   /* (B, H) adjoint of h_hat[t] */
    next += B * H;
    real *restrict const dz_h_hat = next; /* (B, H) adjoint of z_h_hat[t] */
    next += B * H;
    real *restrict const dz = next;       /* (B, H) adjoint of z[t] */
    next += B * H;
    real *restrict const dz_z = next;     /* (B, H) adjoint of z_z[t] */
    next += B * H;
    real *restrict const dp = next;       /* (B, H) adjoint of p[t] */
    next += B * H;
    real *restrict const inner = next;    /* (B) scratch */
    next += B;
    real *restrict const inner_2 = next;  /* (B) scratch */
    next += B;
    real *restrict const inner_3 = next;  /* (B) scratch */

    dzeta_raw[0] = 0.0;
    dnu_raw[0] = 0.0;
    for (size_t at = 0; at < H * I; ++at) {
        dW[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dU[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_z[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_h[at] = 0.0;
    }
    for (size_t at = 0; at < O * H; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        db_y[at] = 0.0;
    }
    dnu[0] = 0.0;
    dzeta[0] = 0.0;
    for (size_t at = 0; at < B * H; ++at) {
        carry_h[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (13) z̄_y[t] = y_hat[t] − y[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y[t * B * O + at];
        }
        /* (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ z[t+1] + Uᵀ p̄[t+1] */
        /* dh = dz_y @ W_hy */
        product_nn(B, H, O, dz_y, O, W_hy, H, dh, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            dh[at] += carry_h[at];
        }
        /* (15) h̄_hat[t] = h̄[t] ∘ (zeta (1 − z[t]) + nu 1) */
        for (size_t at = 0; at < B * H; ++at) {
            dh_hat[at] = dh[at] * (zeta[0] * (1.0 - z[t * B * H + at]) + nu[0]);
        }
        /* (16) z̄_h_hat[t] = h̄_hat[t] ∘ (1 − h_hat[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_h_hat[at] = dh_hat[at] * (1.0 - square(h_hat[t * B * H + at]));
        }
        /* (17) z̄[t] = −zeta (h̄[t] ∘ h_hat[t]) + h̄[t] ∘ h[t−1] */
        for (size_t at = 0; at < B * H; ++at) {
            dz[at] = -(zeta[0] * (dh[at] * h_hat[t * B * H + at])) + dh[at] * h[t * B * H + at];
        }
        /* (18) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_z[at] = dz[at] * z[t * B * H + at] * (1.0 - z[t * B * H + at]);
        }
        /* (19) p̄[t] = z̄_h_hat[t] + z̄_z[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dp[at] = dz_h_hat[at] + dz_z[at];
        }
        /* (24) W̄ += p̄[t] x[t]ᵀ */
        /* dW += dpᵀ @ x[t] */
        product_tn(H, I, B, dp, H, x + t * B * I, I, dW, I, true);
        /* (25) Ū += p̄[t] h[t−1]ᵀ */
        /* dU += dpᵀ @ h[t] */
        product_tn(H, H, B, dp, H, h + t * B * H, H, dU, H, true);
        /* (26) b̄_z += z̄_z[t] */
        /* db_z += sum over rows of dz_z */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_z[col] += dz_z[row * H + col];
            }
        }
        /* (27) b̄_h += z̄_h_hat[t] */
        /* db_h += sum over rows of dz_h_hat */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_h[col] += dz_h_hat[row * H + col];
            }
        }
        /* (28) W̄_hy += z̄_y[t] h[t]ᵀ */
        /* dW_hy += dz_yᵀ @ h[t + 1] */
        product_tn(O, H, B, dz_y, O, h + (t + 1) * B * H, H, dW_hy, H, true);
        /* (29) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (30) x̄[t] = Wᵀ p̄[t] */
        /* dx[t] = dp @ W */
        product_nn(B, I, H, dp, H, W, I, dx + t * B * I, I, false);
        /* (20) nū += 1ᵀ (h̄[t] ∘ h_hat[t]) */
        /* inner = sum over columns of dh ∘ h_hat[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < H; ++col) {
                running += dh[row * H + col] * h_hat[t * B * H + row * H + col];
            }
            inner[row] = running;
        }
        /* dnu += sum over all of inner */
        {
            real running = 0.0;
            for (size_t col = 0; col < B; ++col) {
                running += inner[col];
            }
            dnu[0] += running;
        }
        /* (21) zetā += (1 − z[t])ᵀ (h̄[t] ∘ h_hat[t]) */
        /* inner_2 = sum over columns of dh ∘ h_hat[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < H; ++col) {
                running += dh[row * H + col] * h_hat[t * B * H + row * H + col];
            }
            inner_2[row] = running;
        }
        /* inner_3 = sum over columns of z[t] ∘ (dh ∘ h_hat[t]) */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < H; ++col) {
                running += z[t * B * H + row * H + col] * (dh[row * H + col] * h_hat[t * B * H + row * H + col]);
            }
            inner_3[row] = running;
        }
        /* dzeta += sum over all of inner_2 + −inner_3 */
        {
            real running = 0.0;
            for (size_t col = 0; col < B; ++col) {
                running += inner_2[col] + -inner_3[col];
            }
            dzeta[0] += running;
        }
        /* (14) what step t gives to h of earlier steps: h̄[t] ∘ z[t] + Uᵀ p̄[t] */
        /* carry_h = dp @ U */
        product_nn(B, H, H, dp, H, U, H, carry_h, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            carry_h[at] += dh[at] * z[t * B * H + at];
        }
    }
    /* (31) h̄[0] = h̄[1] ∘ z[1] + Uᵀ p̄[1] */
    for (size_t at = 0; at < B * H; ++at) {
        dh0[at] = carry_h[at];
    }
    /* (22) zetā_raw += zetā ∘ zeta ∘ (1 − zeta) */
    dzeta_raw[0] += dzeta[0] * zeta[0] * (1.0 - zeta[0]);
    /* (23) nū_raw += nū ∘ nu ∘ (1 − nu) */
    dnu_raw[0] += dnu[0] * nu[0] * (1.0 - nu[0]);
    return FASTGRNN_F64_OK;
}

fastgrnn_f64_status fastgrnn_f64_loss_and_gradient(const fastgrnn_f64_sizes *sizes,
                                                   const fastgrnn_f64_given *given,
                                                   const fastgrnn_f64_kept *kept,
                                                   const fastgrnn_f64_gradients *gradients, double *work)
{
    const fastgrnn_f64_status status = fastgrnn_f64_forward(sizes, given, kept, work);
    return status != FASTGRNN_F64_OK ? status : fastgrnn_f64_backward(sizes, given, kept, gradients, work);
}
