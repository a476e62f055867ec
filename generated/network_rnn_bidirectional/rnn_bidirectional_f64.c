/* bidirectional vanilla recurrent network with softmax and cross-entropy:
 * see rnn_bidirectional_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "rnn_bidirectional_f64.h"

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

static rnn_bidirectional_f64_status check(const rnn_bidirectional_f64_sizes *sizes)
{
    if (sizes == NULL)
        return RNN_BIDIRECTIONAL_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H_f = sizes->H_f;
    const size_t H_b = sizes->H_b;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || H_f == 0 || H_b == 0 || O == 0)
        return RNN_BIDIRECTIONAL_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                               /* x */
        times(B, H_f),                                                                                                                                                                       /* h_f0 */
        times(B, H_b),                                                                                                                                                                       /* h_b0 */
        times(times(T, B), O),                                                                                                                                                               /* y */
        times(H_f, I),                                                                                                                                                                       /* W_xh_f */
        times(H_f, H_f),                                                                                                                                                                     /* W_hh_f */
        H_f,                                                                                                                                                                                 /* b_h_f */
        times(H_b, I),                                                                                                                                                                       /* W_xh_b */
        times(H_b, H_b),                                                                                                                                                                     /* W_hh_b */
        H_b,                                                                                                                                                                                 /* b_h_b */
        times(O, plus(H_b, H_f)),                                                                                                                                                            /* W_hy */
        O,                                                                                                                                                                                   /* b_y */
        times(times(plus(T, 1), B), H_f),                                                                                                                                                    /* h_f */
        times(times(plus(T, 1), B), H_b),                                                                                                                                                    /* h_b */
        times(times(T, B), plus(H_b, H_f)),                                                                                                                                                  /* h */
        times(times(T, B), O),                                                                                                                                                               /* y_hat */
        times(H_f, I),                                                                                                                                                                       /* dW_xh_f */
        times(H_f, H_f),                                                                                                                                                                     /* dW_hh_f */
        H_f,                                                                                                                                                                                 /* db_h_f */
        times(H_b, I),                                                                                                                                                                       /* dW_xh_b */
        times(H_b, H_b),                                                                                                                                                                     /* dW_hh_b */
        H_b,                                                                                                                                                                                 /* db_h_b */
        times(O, plus(H_b, H_f)),                                                                                                                                                            /* dW_hy */
        O,                                                                                                                                                                                   /* db_y */
        times(times(T, B), I),                                                                                                                                                               /* dx */
        times(B, H_f),                                                                                                                                                                       /* dh_f0 */
        times(B, H_b),                                                                                                                                                                       /* dh_b0 */
        plus(plus(plus(plus(plus(times(B, H_f), times(B, H_b)), times(B, O)), B), B), B),                                                                                                    /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(times(B, H_f), times(B, H_b)), times(B, O)), times(times(T, B), plus(H_b, H_f))), times(B, H_b)), times(B, H_b)), times(B, H_f)), times(B, H_f)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return RNN_BIDIRECTIONAL_F64_TOO_LARGE;
    return RNN_BIDIRECTIONAL_F64_OK;
}

const char *rnn_bidirectional_f64_message(rnn_bidirectional_f64_status status)
{
    switch (status) {
    case RNN_BIDIRECTIONAL_F64_OK:
        return "all is well";
    case RNN_BIDIRECTIONAL_F64_ZERO_SIZE:
        return "a size is 0";
    case RNN_BIDIRECTIONAL_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case RNN_BIDIRECTIONAL_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t rnn_bidirectional_f64_workspace(const rnn_bidirectional_f64_sizes *sizes)
{
    if (check(sizes) != RNN_BIDIRECTIONAL_F64_OK)
        return 0;
    size_t most = 1;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t H_f = sizes->H_f;
    const size_t H_b = sizes->H_b;
    const size_t O = sizes->O;
    const size_t for_forward = B * H_f + B * H_b + B * O + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H_f + B * H_b + B * O + T * B * (H_b + H_f) + B * H_b + B * H_b + B * H_f + B * H_f;
    if (for_backward > most)
        most = for_backward;
    return most;
}

rnn_bidirectional_f64_status rnn_bidirectional_f64_forward(const rnn_bidirectional_f64_sizes *sizes,
                                                           const rnn_bidirectional_f64_given *given,
                                                           const rnn_bidirectional_f64_kept *kept,
                                                           double *work)
{
    const rnn_bidirectional_f64_status status = check(sizes);
    if (status != RNN_BIDIRECTIONAL_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return RNN_BIDIRECTIONAL_F64_NULL;
    if (given->x == NULL || given->h_f0 == NULL || given->h_b0 == NULL || given->y == NULL ||
        given->W_xh_f == NULL || given->W_hh_f == NULL || given->b_h_f == NULL || given->W_xh_b == NULL ||
        given->W_hh_b == NULL || given->b_h_b == NULL || given->W_hy == NULL || given->b_y == NULL ||
        kept->h_f == NULL || kept->h_b == NULL || kept->h == NULL || kept->y_hat == NULL ||
        kept->J == NULL)
        return RNN_BIDIRECTIONAL_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H_f = sizes->H_f;
    const size_t H_b = sizes->H_b;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;           /* (T, B, I) */
    const real *restrict const h_f0 = given->h_f0;     /* (B, H_f) */
    const real *restrict const h_b0 = given->h_b0;     /* (B, H_b) */
    const real *restrict const y = given->y;           /* (T, B, O) */
    const real *restrict const W_xh_f = given->W_xh_f; /* (H_f, I) */
    const real *restrict const W_hh_f = given->W_hh_f; /* (H_f, H_f) */
    const real *restrict const b_h_f = given->b_h_f;   /* (H_f) */
    const real *restrict const W_xh_b = given->W_xh_b; /* (H_b, I) */
    const real *restrict const W_hh_b = given->W_hh_b; /* (H_b, H_b) */
    const real *restrict const b_h_b = given->b_h_b;   /* (H_b) */
    const real *restrict const W_hy = given->W_hy;     /* (O, H_b + H_f) */
    const real *restrict const b_y = given->b_y;       /* (O) */
    real *restrict const h_f = kept->h_f;              /* (T + 1, B, H_f) */
    real *restrict const h_b = kept->h_b;              /* (T + 1, B, H_b) */
    real *restrict const h = kept->h;                  /* (T, B, H_b + H_f) */
    real *restrict const y_hat = kept->y_hat;          /* (T, B, O) */
    real *restrict const J = kept->J;                  /* () */
    real *next = work;
    real *restrict const z_h_f = next;     /* (B, H_f) z_h_f[t] */
    next += B * H_f;
    real *restrict const z_h_b = next;     /* (B, H_b) z_h_b[t] */
    next += B * H_b;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    for (size_t at = 0; at < B * H_f; ++at) {
        h_f[at] = h_f0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) z_h_f[t] = W_xh_f x[t] + W_hh_f h_f[t−1] + b_h_f */
        /* z_h_f = x[t] @ W_xh_fᵀ */
        product_nt(B, H_f, I, x + t * B * I, I, W_xh_f, I, z_h_f, H_f, false);
        /* z_h_f += h_f[t] @ W_hh_fᵀ */
        product_nt(B, H_f, H_f, h_f + t * B * H_f, H_f, W_hh_f, H_f, z_h_f, H_f, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_f; ++col) {
                z_h_f[row * H_f + col] += b_h_f[col];
            }
        }
        /* (2) h_f[t] = tanh(z_h_f[t]) */
        for (size_t at = 0; at < B * H_f; ++at) {
            h_f[(t + 1) * B * H_f + at] = tanh_of(z_h_f[at]);
        }
    }
    for (size_t at = 0; at < B * H_b; ++at) {
        h_b[T * B * H_b + at] = h_b0[at];
    }
    for (size_t t = T; t-- > 0;) {
        /* (3) z_h_b[t] = W_xh_b x[t] + W_hh_b h_b[t+1] + b_h_b */
        /* z_h_b = x[t] @ W_xh_bᵀ */
        product_nt(B, H_b, I, x + t * B * I, I, W_xh_b, I, z_h_b, H_b, false);
        /* z_h_b += h_b[t + 1] @ W_hh_bᵀ */
        product_nt(B, H_b, H_b, h_b + (t + 1) * B * H_b, H_b, W_hh_b, H_b, z_h_b, H_b, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_b; ++col) {
                z_h_b[row * H_b + col] += b_h_b[col];
            }
        }
        /* (4) h_b[t] = tanh(z_h_b[t]) */
        for (size_t at = 0; at < B * H_b; ++at) {
            h_b[t * B * H_b + at] = tanh_of(z_h_b[at]);
        }
    }
    for (size_t t = 0; t < T; ++t) {
        /* (5) h[t] = [h_f[t]; h_b[t]] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_f; ++col) {
                h[t * B * (H_b + H_f) + row * (H_b + H_f) + col] = h_f[(t + 1) * B * H_f + row * H_f + col];
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_b; ++col) {
                h[t * B * (H_b + H_f) + H_f + row * (H_b + H_f) + col] = h_b[t * B * H_b + row * H_b + col];
            }
        }
        /* (6) z_y[t] = W_hy h[t] + b_y */
        /* z_y = h[t] @ W_hyᵀ */
        product_nt(B, O, H_b + H_f, h + t * B * (H_b + H_f), H_b + H_f, W_hy, H_b + H_f, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b_y[col];
            }
        }
        /* (7) y_hat[t] = softmax(z_y[t]) */
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
        /* (8) J += −y[t]ᵀ log_softmax(z_y[t]) */
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
    return RNN_BIDIRECTIONAL_F64_OK;
}

rnn_bidirectional_f64_status rnn_bidirectional_f64_backward(const rnn_bidirectional_f64_sizes *sizes,
                                                            const rnn_bidirectional_f64_given *given,
                                                            const rnn_bidirectional_f64_kept *kept,
                                                            const rnn_bidirectional_f64_gradients *gradients,
                                                            double *work)
{
    const rnn_bidirectional_f64_status status = check(sizes);
    if (status != RNN_BIDIRECTIONAL_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return RNN_BIDIRECTIONAL_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->W_xh_f == NULL || given->W_hh_f == NULL ||
        given->W_xh_b == NULL || given->W_hh_b == NULL || given->W_hy == NULL || kept->h_f == NULL ||
        kept->h_b == NULL || kept->h == NULL || kept->y_hat == NULL || gradients->dW_xh_f == NULL ||
        gradients->dW_hh_f == NULL || gradients->db_h_f == NULL || gradients->dW_xh_b == NULL || gradients->dW_hh_b == NULL ||
        gradients->db_h_b == NULL || gradients->dW_hy == NULL || gradients->db_y == NULL || gradients->dx == NULL ||
        gradients->dh_f0 == NULL || gradients->dh_b0 == NULL)
        return RNN_BIDIRECTIONAL_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H_f = sizes->H_f;
    const size_t H_b = sizes->H_b;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;           /* (T, B, I) */
    const real *restrict const y = given->y;           /* (T, B, O) */
    const real *restrict const W_xh_f = given->W_xh_f; /* (H_f, I) */
    const real *restrict const W_hh_f = given->W_hh_f; /* (H_f, H_f) */
    const real *restrict const W_xh_b = given->W_xh_b; /* (H_b, I) */
    const real *restrict const W_hh_b = given->W_hh_b; /* (H_b, H_b) */
    const real *restrict const W_hy = given->W_hy;     /* (O, H_b + H_f) */
    const real *restrict const h_f = kept->h_f;        /* (T + 1, B, H_f) */
    const real *restrict const h_b = kept->h_b;        /* (T + 1, B, H_b) */
    const real *restrict const h = kept->h;            /* (T, B, H_b + H_f) */
    const real *restrict const y_hat = kept->y_hat;    /* (T, B, O) */
    real *restrict const dW_xh_f = gradients->dW_xh_f; /* (H_f, I) */
    real *restrict const dW_hh_f = gradients->dW_hh_f; /* (H_f, H_f) */
    real *restrict const db_h_f = gradients->db_h_f;   /* (H_f) */
    real *restrict const dW_xh_b = gradients->dW_xh_b; /* (H_b, I) */
    real *restrict const dW_hh_b = gradients->dW_hh_b; /* (H_b, H_b) */
    real *restrict const db_h_b = gradients->db_h_b;   /* (H_b) */
    real *restrict const dW_hy = gradients->dW_hy;     /* (O, H_b + H_f) */
    real *restrict const db_y = gradients->db_y;       /* (O) */
    real *restrict const dx = gradients->dx;           /* (T, B, I) */
    real *restrict const dh_f0 = gradients->dh_f0;     /* (B, H_f) */
    real *restrict const dh_b0 = gradients->dh_b0;     /* (B, H_b) */
    real *next = work;
    real *restrict const carry_h_f = next; /* (B, H_f) what later steps give to the adjoint of h_f */
    next += B * H_f;
    real *restrict const carry_h_b = next; /* (B, H_b) what later steps give to the adjoint of h_b */
    next += B * H_b;
    real *restrict const dz_y = next;      /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dh = next;        /* (T, B, H_b + H_f) adjoint of h[t] */
    next += T * B * (H_b + H_f);
    real *restrict const dh_b = next;      /* (B, H_b) adjoint of h_b[t] */
    next += B * H_b;
    real *restrict const dz_h_b = next;    /* (B, H_b) adjoint of z_h_b[t] */
    next += B * H_b;
    real *restrict const dh_f = next;      /* (B, H_f) adjoint of h_f[t] */
    next += B * H_f;
    real *restrict const dz_h_f = next;    /* (B, H_f) adjoint of z_h_f[t] */

    for (size_t at = 0; at < H_f * I; ++at) {
        dW_xh_f[at] = 0.0;
    }
    for (size_t at = 0; at < H_f * H_f; ++at) {
        dW_hh_f[at] = 0.0;
    }
    for (size_t at = 0; at < H_f; ++at) {
        db_h_f[at] = 0.0;
    }
    for (size_t at = 0; at < H_b * I; ++at) {
        dW_xh_b[at] = 0.0;
    }
    for (size_t at = 0; at < H_b * H_b; ++at) {
        dW_hh_b[at] = 0.0;
    }
    for (size_t at = 0; at < H_b; ++at) {
        db_h_b[at] = 0.0;
    }
    for (size_t at = 0; at < O * (H_b + H_f); ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (10) z̄_y[t] = y_hat[t] − y[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y[t * B * O + at];
        }
        /* (11) h̄[t] = W_hyᵀ z̄_y[t] */
        /* dh[t] = dz_y @ W_hy */
        product_nn(B, H_b + H_f, O, dz_y, O, W_hy, H_b + H_f, dh + t * B * (H_b + H_f), H_b + H_f, false);
        /* (22) W̄_hy += z̄_y[t] h[t]ᵀ */
        /* dW_hy += dz_yᵀ @ h[t] */
        product_tn(O, H_b + H_f, B, dz_y, O, h + t * B * (H_b + H_f), H_b + H_f, dW_hy, H_b + H_f, true);
        /* (23) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
    }
    for (size_t at = 0; at < B * H_b; ++at) {
        carry_h_b[at] = 0.0;
    }
    for (size_t t = 0; t < T; ++t) {
        /* (12) h̄_b[t] = h̄[t]⟨H_f : H_b + H_f⟩ + W_hh_bᵀ z̄_h_b[t−1] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_b; ++col) {
                dh_b[row * H_b + col] = dh[t * B * (H_b + H_f) + H_f + row * (H_b + H_f) + col];
            }
        }
        for (size_t at = 0; at < B * H_b; ++at) {
            dh_b[at] += carry_h_b[at];
        }
        /* (13) z̄_h_b[t] = h̄_b[t] ∘ (1 − h_b[t]²) */
        for (size_t at = 0; at < B * H_b; ++at) {
            dz_h_b[at] = dh_b[at] * (1.0 - square(h_b[t * B * H_b + at]));
        }
        /* (19) W̄_xh_b += z̄_h_b[t] x[t]ᵀ */
        /* dW_xh_b += dz_h_bᵀ @ x[t] */
        product_tn(H_b, I, B, dz_h_b, H_b, x + t * B * I, I, dW_xh_b, I, true);
        /* (20) W̄_hh_b += z̄_h_b[t] h_b[t+1]ᵀ */
        /* dW_hh_b += dz_h_bᵀ @ h_b[t + 1] */
        product_tn(H_b, H_b, B, dz_h_b, H_b, h_b + (t + 1) * B * H_b, H_b, dW_hh_b, H_b, true);
        /* (21) b̄_h_b += z̄_h_b[t] */
        /* db_h_b += sum over rows of dz_h_b */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_b; ++col) {
                db_h_b[col] += dz_h_b[row * H_b + col];
            }
        }
        /* (24) x̄[t] = W_xh_bᵀ z̄_h_b[t] */
        /* dx[t] = dz_h_b @ W_xh_b */
        product_nn(B, I, H_b, dz_h_b, H_b, W_xh_b, I, dx + t * B * I, I, false);
        /* (12) what step t gives to h_b of earlier steps: W_hh_bᵀ z̄_h_b[t] */
        /* carry_h_b = dz_h_b @ W_hh_b */
        product_nn(B, H_b, H_b, dz_h_b, H_b, W_hh_b, H_b, carry_h_b, H_b, false);
    }
    /* (26) h̄_b[T+1] = W_hh_bᵀ z̄_h_b[T] */
    for (size_t at = 0; at < B * H_b; ++at) {
        dh_b0[at] = carry_h_b[at];
    }
    for (size_t at = 0; at < B * H_f; ++at) {
        carry_h_f[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (14) h̄_f[t] = h̄[t]⟨0 : H_f⟩ + W_hh_fᵀ z̄_h_f[t+1] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_f; ++col) {
                dh_f[row * H_f + col] = dh[t * B * (H_b + H_f) + row * (H_b + H_f) + col];
            }
        }
        for (size_t at = 0; at < B * H_f; ++at) {
            dh_f[at] += carry_h_f[at];
        }
        /* (15) z̄_h_f[t] = h̄_f[t] ∘ (1 − h_f[t]²) */
        for (size_t at = 0; at < B * H_f; ++at) {
            dz_h_f[at] = dh_f[at] * (1.0 - square(h_f[(t + 1) * B * H_f + at]));
        }
        /* (16) W̄_xh_f += z̄_h_f[t] x[t]ᵀ */
        /* dW_xh_f += dz_h_fᵀ @ x[t] */
        product_tn(H_f, I, B, dz_h_f, H_f, x + t * B * I, I, dW_xh_f, I, true);
        /* (17) W̄_hh_f += z̄_h_f[t] h_f[t−1]ᵀ */
        /* dW_hh_f += dz_h_fᵀ @ h_f[t] */
        product_tn(H_f, H_f, B, dz_h_f, H_f, h_f + t * B * H_f, H_f, dW_hh_f, H_f, true);
        /* (18) b̄_h_f += z̄_h_f[t] */
        /* db_h_f += sum over rows of dz_h_f */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_f; ++col) {
                db_h_f[col] += dz_h_f[row * H_f + col];
            }
        }
        /* (24) x̄[t] += W_xh_fᵀ z̄_h_f[t] */
        /* dx[t] += dz_h_f @ W_xh_f */
        product_nn(B, I, H_f, dz_h_f, H_f, W_xh_f, I, dx + t * B * I, I, true);
        /* (14) what step t gives to h_f of earlier steps: W_hh_fᵀ z̄_h_f[t] */
        /* carry_h_f = dz_h_f @ W_hh_f */
        product_nn(B, H_f, H_f, dz_h_f, H_f, W_hh_f, H_f, carry_h_f, H_f, false);
    }
    /* (25) h̄_f[0] = W_hh_fᵀ z̄_h_f[1] */
    for (size_t at = 0; at < B * H_f; ++at) {
        dh_f0[at] = carry_h_f[at];
    }
    return RNN_BIDIRECTIONAL_F64_OK;
}

rnn_bidirectional_f64_status rnn_bidirectional_f64_loss_and_gradient(const rnn_bidirectional_f64_sizes *sizes,
                                                                     const rnn_bidirectional_f64_given *given,
                                                                     const rnn_bidirectional_f64_kept *kept,
                                                                     const rnn_bidirectional_f64_gradients *gradients,
                                                                     double *work)
{
    const rnn_bidirectional_f64_status status = rnn_bidirectional_f64_forward(sizes, given, kept, work);
    return status != RNN_BIDIRECTIONAL_F64_OK ? status : rnn_bidirectional_f64_backward(sizes, given, kept, gradients, work);
}
