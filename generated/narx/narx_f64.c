/* NARX network, two earlier inputs and three earlier outputs, one hidden layer with softmax and cross-entropy:
 * see narx_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "narx_f64.h"

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

static narx_f64_status check(const narx_f64_sizes *sizes)
{
    if (sizes == NULL)
        return NARX_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t O = sizes->O;
    const size_t H = sizes->H;
    const size_t O2 = sizes->O2;
    if (T == 0 || B == 0 || I == 0 || O == 0 || H == 0 || O2 == 0)
        return NARX_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                   /* u */
        times(times(3, B), O),                                                                                                                                                                   /* y0 */
        times(times(2, B), I),                                                                                                                                                                   /* p0 */
        times(times(T, B), O2),                                                                                                                                                                  /* y2 */
        times(H, I),                                                                                                                                                                             /* W_0 */
        times(H, I),                                                                                                                                                                             /* W_1 */
        times(H, I),                                                                                                                                                                             /* W_2 */
        times(H, O),                                                                                                                                                                             /* V_1 */
        times(H, O),                                                                                                                                                                             /* V_2 */
        times(H, O),                                                                                                                                                                             /* V_3 */
        H,                                                                                                                                                                                       /* b */
        times(O, H),                                                                                                                                                                             /* W_y */
        O,                                                                                                                                                                                       /* b_y */
        times(O2, O),                                                                                                                                                                            /* W_hy */
        O2,                                                                                                                                                                                      /* b2_y */
        times(times(plus(T, 3), B), O),                                                                                                                                                          /* y */
        times(times(plus(T, 2), B), I),                                                                                                                                                          /* p */
        times(times(T, B), O2),                                                                                                                                                                  /* y_hat */
        times(times(T, B), H),                                                                                                                                                                   /* h */
        times(H, I),                                                                                                                                                                             /* dW_0 */
        times(H, I),                                                                                                                                                                             /* dW_1 */
        times(H, I),                                                                                                                                                                             /* dW_2 */
        times(H, O),                                                                                                                                                                             /* dV_1 */
        times(H, O),                                                                                                                                                                             /* dV_2 */
        times(H, O),                                                                                                                                                                             /* dV_3 */
        H,                                                                                                                                                                                       /* db */
        times(O, H),                                                                                                                                                                             /* dW_y */
        O,                                                                                                                                                                                       /* db_y */
        times(O2, O),                                                                                                                                                                            /* dW_hy */
        O2,                                                                                                                                                                                      /* db2_y */
        times(times(T, B), I),                                                                                                                                                                   /* du */
        times(times(3, B), O),                                                                                                                                                                   /* dy0 */
        times(times(2, B), I),                                                                                                                                                                   /* dp0 */
        plus(plus(plus(plus(times(B, H), times(B, O2)), B), B), B),                                                                                                                              /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, O), times(B, O)), times(B, O)), times(B, I)), times(B, I)), times(B, O2)), times(B, I)), times(B, O)), times(B, H)), times(B, H)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return NARX_F64_TOO_LARGE;
    return NARX_F64_OK;
}

const char *narx_f64_message(narx_f64_status status)
{
    switch (status) {
    case NARX_F64_OK:
        return "all is well";
    case NARX_F64_ZERO_SIZE:
        return "a size is 0";
    case NARX_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case NARX_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t narx_f64_workspace(const narx_f64_sizes *sizes)
{
    if (check(sizes) != NARX_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t O = sizes->O;
    const size_t H = sizes->H;
    const size_t O2 = sizes->O2;
    const size_t for_forward = B * H + B * O2 + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * O + B * O + B * O + B * I + B * I + B * O2 + B * I + B * O + B * H + B * H;
    if (for_backward > most)
        most = for_backward;
    return most;
}

narx_f64_status narx_f64_forward(const narx_f64_sizes *sizes, const narx_f64_given *given,
                                 const narx_f64_kept *kept, double *work)
{
    const narx_f64_status status = check(sizes);
    if (status != NARX_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return NARX_F64_NULL;
    if (given->u == NULL || given->y0 == NULL || given->p0 == NULL || given->y2 == NULL ||
        given->W_0 == NULL || given->W_1 == NULL || given->W_2 == NULL || given->V_1 == NULL ||
        given->V_2 == NULL || given->V_3 == NULL || given->b == NULL || given->W_y == NULL ||
        given->b_y == NULL || given->W_hy == NULL || given->b2_y == NULL || kept->y == NULL ||
        kept->p == NULL || kept->y_hat == NULL || kept->h == NULL || kept->J == NULL)
        return NARX_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t O = sizes->O;
    const size_t H = sizes->H;
    const size_t O2 = sizes->O2;
    const real *restrict const u = given->u;       /* (T, B, I) */
    const real *restrict const y0 = given->y0;     /* (3, B, O) */
    const real *restrict const p0 = given->p0;     /* (2, B, I) */
    const real *restrict const y2 = given->y2;     /* (T, B, O2) */
    const real *restrict const W_0 = given->W_0;   /* (H, I) */
    const real *restrict const W_1 = given->W_1;   /* (H, I) */
    const real *restrict const W_2 = given->W_2;   /* (H, I) */
    const real *restrict const V_1 = given->V_1;   /* (H, O) */
    const real *restrict const V_2 = given->V_2;   /* (H, O) */
    const real *restrict const V_3 = given->V_3;   /* (H, O) */
    const real *restrict const b = given->b;       /* (H) */
    const real *restrict const W_y = given->W_y;   /* (O, H) */
    const real *restrict const b_y = given->b_y;   /* (O) */
    const real *restrict const W_hy = given->W_hy; /* (O2, O) */
    const real *restrict const b2_y = given->b2_y; /* (O2) */
    real *restrict const y = kept->y;              /* (T + 3, B, O) */
    real *restrict const p = kept->p;              /* (T + 2, B, I) */
    real *restrict const y_hat = kept->y_hat;      /* (T, B, O2) */
    real *restrict const h = kept->h;              /* (T, B, H) */
    real *restrict const J = kept->J;              /* () */
    real *next = work;
    real *restrict const z_h = next;       /* (B, H) z_h[t] */
    next += B * H;
    real *restrict const z_y = next;       /* (B, O2) z_y[t] */
    next += B * O2;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    for (size_t at = 0; at < B * O; ++at) {
        y[at] = y0[at];
    }
    for (size_t at = 0; at < B * O; ++at) {
        y[B * O + at] = y0[B * O + at];
    }
    for (size_t at = 0; at < B * O; ++at) {
        y[2 * B * O + at] = y0[2 * B * O + at];
    }
    for (size_t at = 0; at < B * I; ++at) {
        p[at] = p0[at];
    }
    for (size_t at = 0; at < B * I; ++at) {
        p[B * I + at] = p0[B * I + at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) z_h[t] = W_0 u[t] + W_1 p[t−1] + W_2 p[t−2] + V_1 y[t−1] + V_2 y[t−2] + V_3 y[t−3] + b */
        /* z_h = u[t] @ W_0ᵀ */
        product_nt(B, H, I, u + t * B * I, I, W_0, I, z_h, H, false);
        /* z_h += p[t + 1] @ W_1ᵀ */
        product_nt(B, H, I, p + (t + 1) * B * I, I, W_1, I, z_h, H, true);
        /* z_h += p[t] @ W_2ᵀ */
        product_nt(B, H, I, p + t * B * I, I, W_2, I, z_h, H, true);
        /* z_h += y[t + 2] @ V_1ᵀ */
        product_nt(B, H, O, y + (t + 2) * B * O, O, V_1, O, z_h, H, true);
        /* z_h += y[t + 1] @ V_2ᵀ */
        product_nt(B, H, O, y + (t + 1) * B * O, O, V_2, O, z_h, H, true);
        /* z_h += y[t] @ V_3ᵀ */
        product_nt(B, H, O, y + t * B * O, O, V_3, O, z_h, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_h[row * H + col] += b[col];
            }
        }
        /* (2) h[t] = tanh(z_h[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            h[t * B * H + at] = tanh_of(z_h[at]);
        }
        /* (3) y[t] = W_y h[t] + b_y */
        /* y[t + 3] = h[t] @ W_yᵀ */
        product_nt(B, O, H, h + t * B * H, H, W_y, H, y + (t + 3) * B * O, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                y[(t + 3) * B * O + row * O + col] += b_y[col];
            }
        }
        /* (4) p[t] = u[t] */
        for (size_t at = 0; at < B * I; ++at) {
            p[(t + 2) * B * I + at] = u[t * B * I + at];
        }
        /* (5) z_y[t] = W_hy y[t] + b2_y */
        /* z_y = y[t + 3] @ W_hyᵀ */
        product_nt(B, O2, O, y + (t + 3) * B * O, O, W_hy, O, z_y, O2, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                z_y[row * O2 + col] += b2_y[col];
            }
        }
        /* (6) y_hat[t] = softmax(z_y[t]) */
        /* largest = max over columns of z_y */
        for (size_t row = 0; row < B; ++row) {
            real running = z_y[row * O2];
            for (size_t col = 0; col < O2; ++col) {
                running = larger(running, z_y[row * O2 + col]);
            }
            largest[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                y_hat[t * B * O2 + row * O2 + col] = exp_of(z_y[row * O2 + col] - largest[row]);
            }
        }
        /* total = sum over columns of y_hat[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < O2; ++col) {
                running += y_hat[t * B * O2 + row * O2 + col];
            }
            total[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                y_hat[t * B * O2 + row * O2 + col] = y_hat[t * B * O2 + row * O2 + col] / total[row];
            }
        }
        /* (7) J += −y2[t]ᵀ log_softmax(z_y[t]) */
        for (size_t at = 0; at < B; ++at) {
            log_total[at] = log_of(total[at]);
        }
        /* J += sum over all of −(y2[t] ∘ (z_y − column(largest) − column(log_total))) */
        {
            real running = 0.0;
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = 0; col < O2; ++col) {
                    running += -(y2[t * B * O2 + row * O2 + col] * (z_y[row * O2 + col] - largest[row] - log_total[row]));
                }
            }
            J[0] += running;
        }
    }
    return NARX_F64_OK;
}

narx_f64_status narx_f64_backward(const narx_f64_sizes *sizes, const narx_f64_given *given,
                                  const narx_f64_kept *kept, const narx_f64_gradients *gradients, double *work)
{
    const narx_f64_status status = check(sizes);
    if (status != NARX_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return NARX_F64_NULL;
    if (given->u == NULL || given->y2 == NULL || given->W_0 == NULL || given->W_1 == NULL ||
        given->W_2 == NULL || given->V_1 == NULL || given->V_2 == NULL || given->V_3 == NULL ||
        given->W_y == NULL || given->W_hy == NULL || kept->y == NULL || kept->p == NULL ||
        kept->y_hat == NULL || kept->h == NULL || gradients->dW_0 == NULL || gradients->dW_1 == NULL ||
        gradients->dW_2 == NULL || gradients->dV_1 == NULL || gradients->dV_2 == NULL || gradients->dV_3 == NULL ||
        gradients->db == NULL || gradients->dW_y == NULL || gradients->db_y == NULL || gradients->dW_hy == NULL ||
        gradients->db2_y == NULL || gradients->du == NULL || gradients->dy0 == NULL || gradients->dp0 == NULL)
        return NARX_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t O = sizes->O;
    const size_t H = sizes->H;
    const size_t O2 = sizes->O2;
    const real *restrict const u = given->u;        /* (T, B, I) */
    const real *restrict const y2 = given->y2;      /* (T, B, O2) */
    const real *restrict const W_0 = given->W_0;    /* (H, I) */
    const real *restrict const W_1 = given->W_1;    /* (H, I) */
    const real *restrict const W_2 = given->W_2;    /* (H, I) */
    const real *restrict const V_1 = given->V_1;    /* (H, O) */
    const real *restrict const V_2 = given->V_2;    /* (H, O) */
    const real *restrict const V_3 = given->V_3;    /* (H, O) */
    const real *restrict const W_y = given->W_y;    /* (O, H) */
    const real *restrict const W_hy = given->W_hy;  /* (O2, O) */
    const real *restrict const y = kept->y;         /* (T + 3, B, O) */
    const real *restrict const p = kept->p;         /* (T + 2, B, I) */
    const real *restrict const y_hat = kept->y_hat; /* (T, B, O2) */
    const real *restrict const h = kept->h;         /* (T, B, H) */
    real *restrict const dW_0 = gradients->dW_0;    /* (H, I) */
    real *restrict const dW_1 = gradients->dW_1;    /* (H, I) */
    real *restrict const dW_2 = gradients->dW_2;    /* (H, I) */
    real *restrict const dV_1 = gradients->dV_1;    /* (H, O) */
    real *restrict const dV_2 = gradients->dV_2;    /* (H, O) */
    real *restrict const dV_3 = gradients->dV_3;    /* (H, O) */
    real *restrict const db = gradients->db;        /* (H) */
    real *restrict const dW_y = gradients->dW_y;    /* (O, H) */
    real *restrict const db_y = gradients->db_y;    /* (O) */
    real *restrict const dW_hy = gradients->dW_hy;  /* (O2, O) */
    real *restrict const db2_y = gradients->db2_y;  /* (O2) */
    real *restrict const du = gradients->du;        /* (T, B, I) */
    real *restrict const dy0 = gradients->dy0;      /* (3, B, O) */
    real *restrict const dp0 = gradients->dp0;      /* (2, B, I) */
    real *next = work;
    real *restrict const carry_y = next;  /* (B, O) what later steps give to the adjoint of y */
    next += B * O;
    real *restrict const carry_y2 = next; /* (B, O) what later steps give to the adjoint of y */
    next += B * O;
    real *restrict const carry_y3 = next; /* (B, O) what later steps give to the adjoint of y */
    next += B * O;
    real *restrict const carry_p = next;  /* (B, I) what later steps give to the adjoint of p */
    next += B * I;
    real *restrict const carry_p2 = next; /* (B, I) what later steps give to the adjoint of p */
    next += B * I;
    real *restrict const dz_y = next;     /* (B, O2) adjoint of z_y[t] */
    next += B * O2;
    real *restrict const dp = next;       /* (B, I) adjoint of p[t] */
    next += B * I;
    real *restrict const dy = next;       /* (B, O) adjoint of y[t] */
    next += B * O;
    real *restrict const dh = next;       /* (B, H) adjoint of h[t] */
    next += B * H;
    real *restrict const dz_h = next;     /* (B, H) adjoint of z_h[t] */

    for (size_t at = 0; at < H * I; ++at) {
        dW_0[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_1[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_2[at] = 0.0;
    }
    for (size_t at = 0; at < H * O; ++at) {
        dV_1[at] = 0.0;
    }
    for (size_t at = 0; at < H * O; ++at) {
        dV_2[at] = 0.0;
    }
    for (size_t at = 0; at < H * O; ++at) {
        dV_3[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db[at] = 0.0;
    }
    for (size_t at = 0; at < O * H; ++at) {
        dW_y[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < O2 * O; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O2; ++at) {
        db2_y[at] = 0.0;
    }
    for (size_t at = 0; at < B * O; ++at) {
        carry_y[at] = 0.0;
    }
    for (size_t at = 0; at < B * O; ++at) {
        carry_y2[at] = 0.0;
    }
    for (size_t at = 0; at < B * O; ++at) {
        carry_y3[at] = 0.0;
    }
    for (size_t at = 0; at < B * I; ++at) {
        carry_p[at] = 0.0;
    }
    for (size_t at = 0; at < B * I; ++at) {
        carry_p2[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (9) z̄_y[t] = y_hat[t] − y2[t] */
        for (size_t at = 0; at < B * O2; ++at) {
            dz_y[at] = y_hat[t * B * O2 + at] - y2[t * B * O2 + at];
        }
        /* (10) p̄[t] = W_1ᵀ z̄_h[t+1] + W_2ᵀ z̄_h[t+2] */
        for (size_t at = 0; at < B * I; ++at) {
            dp[at] = carry_p[at];
        }
        /* (11) ȳ[t] = W_hyᵀ z̄_y[t] + V_1ᵀ z̄_h[t+1] + V_2ᵀ z̄_h[t+2] + V_3ᵀ z̄_h[t+3] */
        /* dy = dz_y @ W_hy */
        product_nn(B, O, O2, dz_y, O2, W_hy, O, dy, O, false);
        for (size_t at = 0; at < B * O; ++at) {
            dy[at] += carry_y[at];
        }
        /* (12) h̄[t] = W_yᵀ ȳ[t] */
        /* dh = dy @ W_y */
        product_nn(B, H, O, dy, O, W_y, H, dh, H, false);
        /* (13) z̄_h[t] = h̄[t] ∘ (1 − h[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_h[at] = dh[at] * (1.0 - square(h[t * B * H + at]));
        }
        /* (14) W̄_0 += z̄_h[t] u[t]ᵀ */
        /* dW_0 += dz_hᵀ @ u[t] */
        product_tn(H, I, B, dz_h, H, u + t * B * I, I, dW_0, I, true);
        /* (15) W̄_1 += z̄_h[t] p[t−1]ᵀ */
        /* dW_1 += dz_hᵀ @ p[t + 1] */
        product_tn(H, I, B, dz_h, H, p + (t + 1) * B * I, I, dW_1, I, true);
        /* (16) W̄_2 += z̄_h[t] p[t−2]ᵀ */
        /* dW_2 += dz_hᵀ @ p[t] */
        product_tn(H, I, B, dz_h, H, p + t * B * I, I, dW_2, I, true);
        /* (17) V̄_1 += z̄_h[t] y[t−1]ᵀ */
        /* dV_1 += dz_hᵀ @ y[t + 2] */
        product_tn(H, O, B, dz_h, H, y + (t + 2) * B * O, O, dV_1, O, true);
        /* (18) V̄_2 += z̄_h[t] y[t−2]ᵀ */
        /* dV_2 += dz_hᵀ @ y[t + 1] */
        product_tn(H, O, B, dz_h, H, y + (t + 1) * B * O, O, dV_2, O, true);
        /* (19) V̄_3 += z̄_h[t] y[t−3]ᵀ */
        /* dV_3 += dz_hᵀ @ y[t] */
        product_tn(H, O, B, dz_h, H, y + t * B * O, O, dV_3, O, true);
        /* (20) b̄ += z̄_h[t] */
        /* db += sum over rows of dz_h */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db[col] += dz_h[row * H + col];
            }
        }
        /* (21) W̄_y += ȳ[t] h[t]ᵀ */
        /* dW_y += dyᵀ @ h[t] */
        product_tn(O, H, B, dy, O, h + t * B * H, H, dW_y, H, true);
        /* (22) b̄_y += ȳ[t] */
        /* db_y += sum over rows of dy */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dy[row * O + col];
            }
        }
        /* (23) W̄_hy += z̄_y[t] y[t]ᵀ */
        /* dW_hy += dz_yᵀ @ y[t + 3] */
        product_tn(O2, O, B, dz_y, O2, y + (t + 3) * B * O, O, dW_hy, O, true);
        /* (24) b2̄_y += z̄_y[t] */
        /* db2_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                db2_y[col] += dz_y[row * O2 + col];
            }
        }
        /* (25) ū[t] = p̄[t] + W_0ᵀ z̄_h[t] */
        /* du[t] = dz_h @ W_0 */
        product_nn(B, I, H, dz_h, H, W_0, I, du + t * B * I, I, false);
        for (size_t at = 0; at < B * I; ++at) {
            du[t * B * I + at] += dp[at];
        }
        /* (10) what step t gives to p of earlier steps: W_1ᵀ z̄_h[t] + W_2ᵀ z̄_h[t] */
        /* carry_p = dz_h @ W_1 */
        product_nn(B, I, H, dz_h, H, W_1, I, carry_p, I, false);
        for (size_t at = 0; at < B * I; ++at) {
            carry_p[at] += carry_p2[at];
        }
        /* carry_p2 = dz_h @ W_2 */
        product_nn(B, I, H, dz_h, H, W_2, I, carry_p2, I, false);
        /* (11) what step t gives to y of earlier steps: V_1ᵀ z̄_h[t] + V_2ᵀ z̄_h[t] + V_3ᵀ z̄_h[t] */
        /* carry_y = dz_h @ V_1 */
        product_nn(B, O, H, dz_h, H, V_1, O, carry_y, O, false);
        for (size_t at = 0; at < B * O; ++at) {
            carry_y[at] += carry_y2[at];
        }
        /* carry_y2 = dz_h @ V_2 */
        product_nn(B, O, H, dz_h, H, V_2, O, carry_y2, O, false);
        for (size_t at = 0; at < B * O; ++at) {
            carry_y2[at] += carry_y3[at];
        }
        /* carry_y3 = dz_h @ V_3 */
        product_nn(B, O, H, dz_h, H, V_3, O, carry_y3, O, false);
    }
    /* (26) ȳ[0] = V_1ᵀ z̄_h[1] + V_2ᵀ z̄_h[2] + V_3ᵀ z̄_h[3] */
    for (size_t at = 0; at < B * O; ++at) {
        dy0[2 * B * O + at] = carry_y[at];
    }
    /* (27) ȳ[−1] = V_2ᵀ z̄_h[1] + V_3ᵀ z̄_h[2] */
    for (size_t at = 0; at < B * O; ++at) {
        dy0[B * O + at] = carry_y2[at];
    }
    /* (28) ȳ[−2] = V_3ᵀ z̄_h[1] */
    for (size_t at = 0; at < B * O; ++at) {
        dy0[at] = carry_y3[at];
    }
    /* (29) p̄[0] = W_1ᵀ z̄_h[1] + W_2ᵀ z̄_h[2] */
    for (size_t at = 0; at < B * I; ++at) {
        dp0[B * I + at] = carry_p[at];
    }
    /* (30) p̄[−1] = W_2ᵀ z̄_h[1] */
    for (size_t at = 0; at < B * I; ++at) {
        dp0[at] = carry_p2[at];
    }
    return NARX_F64_OK;
}

narx_f64_status narx_f64_loss_and_gradient(const narx_f64_sizes *sizes, const narx_f64_given *given,
                                           const narx_f64_kept *kept, const narx_f64_gradients *gradients,
                                           double *work)
{
    const narx_f64_status status = narx_f64_forward(sizes, given, kept, work);
    return status != NARX_F64_OK ? status : narx_f64_backward(sizes, given, kept, gradients, work);
}
