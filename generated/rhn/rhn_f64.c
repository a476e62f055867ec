/* recurrent highway network of depth 3, with its own carry gates with softmax and cross-entropy:
 * see rhn_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "rhn_f64.h"

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

static rhn_f64_status check(const rhn_f64_sizes *sizes)
{
    if (sizes == NULL)
        return RHN_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || H == 0 || O == 0)
        return RHN_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                         /* x */
        times(B, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* s0 */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                         /* y */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_H */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* R_H1 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* b_H1 */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_T */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* R_T1 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* b_T1 */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_C */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* R_C1 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* b_C1 */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* R_H2 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* b_H2 */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* R_T2 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* b_T2 */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* R_C2 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* b_C2 */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* R_H3 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* b_H3 */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* R_T3 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* b_T3 */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* R_C3 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* b_C3 */
        times(O, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* b_y */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                                                                                                                                                                                                                                                /* s */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                         /* y_hat */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                         /* h_1 */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                         /* t_1 */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                         /* c_1 */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                         /* s_1 */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                         /* h_2 */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                         /* t_2 */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                         /* c_2 */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                         /* s_2 */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                         /* h_3 */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                         /* t_3 */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                         /* c_3 */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_H */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dR_H1 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* db_H1 */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_T */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dR_T1 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* db_T1 */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_C */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dR_C1 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* db_C1 */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dR_H2 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* db_H2 */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dR_T2 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* db_T2 */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dR_C2 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* db_C2 */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dR_H3 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* db_H3 */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dR_T3 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* db_T3 */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dR_C3 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* db_C3 */
        times(O, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                             /* db_y */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                         /* dx */
        times(B, H),                                                                                                                                                                                                                                                                                                                                                                                                                                   /* ds0 */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, O)), B), B), B),                                                                                                                                                                                                                             /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H), times(B, O)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return RHN_F64_TOO_LARGE;
    return RHN_F64_OK;
}

const char *rhn_f64_message(rhn_f64_status status)
{
    switch (status) {
    case RHN_F64_OK:
        return "all is well";
    case RHN_F64_ZERO_SIZE:
        return "a size is 0";
    case RHN_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case RHN_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t rhn_f64_workspace(const rhn_f64_sizes *sizes)
{
    if (check(sizes) != RHN_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t for_forward = B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * O + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H + B * O + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H;
    if (for_backward > most)
        most = for_backward;
    return most;
}

rhn_f64_status rhn_f64_forward(const rhn_f64_sizes *sizes, const rhn_f64_given *given,
                               const rhn_f64_kept *kept, double *work)
{
    const rhn_f64_status status = check(sizes);
    if (status != RHN_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return RHN_F64_NULL;
    if (given->x == NULL || given->s0 == NULL || given->y == NULL || given->W_H == NULL ||
        given->R_H1 == NULL || given->b_H1 == NULL || given->W_T == NULL || given->R_T1 == NULL ||
        given->b_T1 == NULL || given->W_C == NULL || given->R_C1 == NULL || given->b_C1 == NULL ||
        given->R_H2 == NULL || given->b_H2 == NULL || given->R_T2 == NULL || given->b_T2 == NULL ||
        given->R_C2 == NULL || given->b_C2 == NULL || given->R_H3 == NULL || given->b_H3 == NULL ||
        given->R_T3 == NULL || given->b_T3 == NULL || given->R_C3 == NULL || given->b_C3 == NULL ||
        given->W_hy == NULL || given->b_y == NULL || kept->s == NULL || kept->y_hat == NULL ||
        kept->h_1 == NULL || kept->t_1 == NULL || kept->c_1 == NULL || kept->s_1 == NULL ||
        kept->h_2 == NULL || kept->t_2 == NULL || kept->c_2 == NULL || kept->s_2 == NULL ||
        kept->h_3 == NULL || kept->t_3 == NULL || kept->c_3 == NULL || kept->J == NULL)
        return RHN_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;       /* (T, B, I) */
    const real *restrict const s0 = given->s0;     /* (B, H) */
    const real *restrict const y = given->y;       /* (T, B, O) */
    const real *restrict const W_H = given->W_H;   /* (H, I) */
    const real *restrict const R_H1 = given->R_H1; /* (H, H) */
    const real *restrict const b_H1 = given->b_H1; /* (H) */
    const real *restrict const W_T = given->W_T;   /* (H, I) */
    const real *restrict const R_T1 = given->R_T1; /* (H, H) */
    const real *restrict const b_T1 = given->b_T1; /* (H) */
    const real *restrict const W_C = given->W_C;   /* (H, I) */
    const real *restrict const R_C1 = given->R_C1; /* (H, H) */
    const real *restrict const b_C1 = given->b_C1; /* (H) */
    const real *restrict const R_H2 = given->R_H2; /* (H, H) */
    const real *restrict const b_H2 = given->b_H2; /* (H) */
    const real *restrict const R_T2 = given->R_T2; /* (H, H) */
    const real *restrict const b_T2 = given->b_T2; /* (H) */
    const real *restrict const R_C2 = given->R_C2; /* (H, H) */
    const real *restrict const b_C2 = given->b_C2; /* (H) */
    const real *restrict const R_H3 = given->R_H3; /* (H, H) */
    const real *restrict const b_H3 = given->b_H3; /* (H) */
    const real *restrict const R_T3 = given->R_T3; /* (H, H) */
    const real *restrict const b_T3 = given->b_T3; /* (H) */
    const real *restrict const R_C3 = given->R_C3; /* (H, H) */
    const real *restrict const b_C3 = given->b_C3; /* (H) */
    const real *restrict const W_hy = given->W_hy; /* (O, H) */
    const real *restrict const b_y = given->b_y;   /* (O) */
    real *restrict const s = kept->s;              /* (T + 1, B, H) */
    real *restrict const y_hat = kept->y_hat;      /* (T, B, O) */
    real *restrict const h_1 = kept->h_1;          /* (T, B, H) */
    real *restrict const t_1 = kept->t_1;          /* (T, B, H) */
    real *restrict const c_1 = kept->c_1;          /* (T, B, H) */
    real *restrict const s_1 = kept->s_1;          /* (T, B, H) */
    real *restrict const h_2 = kept->h_2;          /* (T, B, H) */
    real *restrict const t_2 = kept->t_2;          /* (T, B, H) */
    real *restrict const c_2 = kept->c_2;          /* (T, B, H) */
    real *restrict const s_2 = kept->s_2;          /* (T, B, H) */
    real *restrict const h_3 = kept->h_3;          /* (T, B, H) */
    real *restrict const t_3 = kept->t_3;          /* (T, B, H) */
    real *restrict const c_3 = kept->c_3;          /* (T, B, H) */
    real *restrict const J = kept->J;              /* () */
    real *next = work;
    real *restrict const z_h_1 = next;     /* (B, H) z_h_1[t] */
    next += B * H;
    real *restrict const z_t_1 = next;     /* (B, H) z_t_1[t] */
    next += B * H;
    real *restrict const z_c_1 = next;     /* (B, H) z_c_1[t] */
    next += B * H;
    real *restrict const z_h_2 = next;     /* (B, H) z_h_2[t] */
    next += B * H;
    real *restrict const z_t_2 = next;     /* (B, H) z_t_2[t] */
    next += B * H;
    real *restrict const z_c_2 = next;     /* (B, H) z_c_2[t] */
    next += B * H;
    real *restrict const z_h_3 = next;     /* (B, H) z_h_3[t] */
    next += B * H;
    real *restrict const z_t_3 = next;     /* (B, H) z_t_3[t] */
    next += B * H;
    real *restrict const z_c_3 = next;     /* (B, H) z_c_3[t] */
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
        s[at] = s0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) z_h_1[t] = W_H x[t] + R_H1 s[t−1] + b_H1 */
        /* z_h_1 = x[t] @ W_Hᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_H, I, z_h_1, H, false);
        /* z_h_1 += s[t] @ R_H1ᵀ */
        product_nt(B, H, H, s + t * B * H, H, R_H1, H, z_h_1, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_h_1[row * H + col] += b_H1[col];
            }
        }
        /* (2) h_1[t] = tanh(z_h_1[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            h_1[t * B * H + at] = tanh_of(z_h_1[at]);
        }
        /* (3) z_t_1[t] = W_T x[t] + R_T1 s[t−1] + b_T1 */
        /* z_t_1 = x[t] @ W_Tᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_T, I, z_t_1, H, false);
        /* z_t_1 += s[t] @ R_T1ᵀ */
        product_nt(B, H, H, s + t * B * H, H, R_T1, H, z_t_1, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_t_1[row * H + col] += b_T1[col];
            }
        }
        /* (4) t_1[t] = sigmoid(z_t_1[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            t_1[t * B * H + at] = sigmoid(z_t_1[at]);
        }
        /* (5) z_c_1[t] = W_C x[t] + R_C1 s[t−1] + b_C1 */
        /* z_c_1 = x[t] @ W_Cᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_C, I, z_c_1, H, false);
        /* z_c_1 += s[t] @ R_C1ᵀ */
        product_nt(B, H, H, s + t * B * H, H, R_C1, H, z_c_1, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_c_1[row * H + col] += b_C1[col];
            }
        }
        /* (6) c_1[t] = sigmoid(z_c_1[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            c_1[t * B * H + at] = sigmoid(z_c_1[at]);
        }
        /* (7) s_1[t] = h_1[t] ∘ t_1[t] + s[t−1] ∘ c_1[t] */
        for (size_t at = 0; at < B * H; ++at) {
            s_1[t * B * H + at] = h_1[t * B * H + at] * t_1[t * B * H + at] + s[t * B * H + at] * c_1[t * B * H + at];
        }
        /* (8) z_h_2[t] = R_H2 s_1[t] + b_H2 */
        /* z_h_2 = s_1[t] @ R_H2ᵀ */
        product_nt(B, H, H, s_1 + t * B * H, H, R_H2, H, z_h_2, H, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_h_2[row * H + col] += b_H2[col];
            }
        }
        /* (9) h_2[t] = tanh(z_h_2[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            h_2[t * B * H + at] = tanh_of(z_h_2[at]);
        }
        /* (10) z_t_2[t] = R_T2 s_1[t] + b_T2 */
        /* z_t_2 = s_1[t] @ R_T2ᵀ */
        product_nt(B, H, H, s_1 + t * B * H, H, R_T2, H, z_t_2, H, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_t_2[row * H + col] += b_T2[col];
            }
        }
        /* (11) t_2[t] = sigmoid(z_t_2[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            t_2[t * B * H + at] = sigmoid(z_t_2[at]);
        }
        /* (12) z_c_2[t] = R_C2 s_1[t] + b_C2 */
        /* z_c_2 = s_1[t] @ R_C2ᵀ */
        product_nt(B, H, H, s_1 + t * B * H, H, R_C2, H, z_c_2, H, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_c_2[row * H + col] += b_C2[col];
            }
        }
        /* (13) c_2[t] = sigmoid(z_c_2[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            c_2[t * B * H + at] = sigmoid(z_c_2[at]);
        }
        /* (14) s_2[t] = h_2[t] ∘ t_2[t] + s_1[t] ∘ c_2[t] */
        for (size_t at = 0; at < B * H; ++at) {
            s_2[t * B * H + at] = h_2[t * B * H + at] * t_2[t * B * H + at] + s_1[t * B * H + at] * c_2[t * B * H + at];
        }
        /* (15) z_h_3[t] = R_H3 s_2[t] + b_H3 */
        /* z_h_3 = s_2[t] @ R_H3ᵀ */
        product_nt(B, H, H, s_2 + t * B * H, H, R_H3, H, z_h_3, H, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_h_3[row * H + col] += b_H3[col];
            }
        }
        /* (16) h_3[t] = tanh(z_h_3[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            h_3[t * B * H + at] = tanh_of(z_h_3[at]);
        }
        /* (17) z_t_3[t] = R_T3 s_2[t] + b_T3 */
        /* z_t_3 = s_2[t] @ R_T3ᵀ */
        product_nt(B, H, H, s_2 + t * B * H, H, R_T3, H, z_t_3, H, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_t_3[row * H + col] += b_T3[col];
            }
        }
        /* (18) t_3[t] = sigmoid(z_t_3[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            t_3[t * B * H + at] = sigmoid(z_t_3[at]);
        }
        /* (19) z_c_3[t] = R_C3 s_2[t] + b_C3 */
        /* z_c_3 = s_2[t] @ R_C3ᵀ */
        product_nt(B, H, H, s_2 + t * B * H, H, R_C3, H, z_c_3, H, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_c_3[row * H + col] += b_C3[col];
            }
        }
        /* (20) c_3[t] = sigmoid(z_c_3[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            c_3[t * B * H + at] = sigmoid(z_c_3[at]);
        }
        /* (21) s[t] = h_3[t] ∘ t_3[t] + s_2[t] ∘ c_3[t] */
        for (size_t at = 0; at < B * H; ++at) {
            s[(t + 1) * B * H + at] = h_3[t * B * H + at] * t_3[t * B * H + at] + s_2[t * B * H + at] * c_3[t * B * H + at];
        }
        /* (22) z_y[t] = W_hy s[t] + b_y */
        /* z_y = s[t + 1] @ W_hyᵀ */
        product_nt(B, O, H, s + (t + 1) * B * H, H, W_hy, H, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b_y[col];
            }
        }
        /* (23) y_hat[t] = softmax(z_y[t]) */
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
        /* (24) J += −y[t]ᵀ log_softmax(z_y[t]) */
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
    return RHN_F64_OK;
}

rhn_f64_status rhn_f64_backward(const rhn_f64_sizes *sizes, const rhn_f64_given *given,
                                const rhn_f64_kept *kept, const rhn_f64_gradients *gradients, double *work)
{
    const rhn_f64_status status = check(sizes);
    if (status != RHN_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return RHN_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->W_H == NULL || given->R_H1 == NULL ||
        given->W_T == NULL || given->R_T1 == NULL || given->W_C == NULL || given->R_C1 == NULL ||
        given->R_H2 == NULL || given->R_T2 == NULL || given->R_C2 == NULL || given->R_H3 == NULL ||
        given->R_T3 == NULL || given->R_C3 == NULL || given->W_hy == NULL || kept->s == NULL ||
        kept->y_hat == NULL || kept->h_1 == NULL || kept->t_1 == NULL || kept->c_1 == NULL ||
        kept->s_1 == NULL || kept->h_2 == NULL || kept->t_2 == NULL || kept->c_2 == NULL ||
        kept->s_2 == NULL || kept->h_3 == NULL || kept->t_3 == NULL || kept->c_3 == NULL ||
        gradients->dW_H == NULL || gradients->dR_H1 == NULL || gradients->db_H1 == NULL || gradients->dW_T == NULL ||
        gradients->dR_T1 == NULL || gradients->db_T1 == NULL || gradients->dW_C == NULL || gradients->dR_C1 == NULL ||
        gradients->db_C1 == NULL || gradients->dR_H2 == NULL || gradients->db_H2 == NULL || gradients->dR_T2 == NULL ||
        gradients->db_T2 == NULL || gradients->dR_C2 == NULL || gradients->db_C2 == NULL || gradients->dR_H3 == NULL ||
        gradients->db_H3 == NULL || gradients->dR_T3 == NULL || gradients->db_T3 == NULL || gradients->dR_C3 == NULL ||
        gradients->db_C3 == NULL || gradients->dW_hy == NULL || gradients->db_y == NULL || gradients->dx == NULL ||
        gradients->ds0 == NULL)
        return RHN_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;        /* (T, B, I) */
    const real *restrict const y = given->y;        /* (T, B, O) */
    const real *restrict const W_H = given->W_H;    /* (H, I) */
    const real *restrict const R_H1 = given->R_H1;  /* (H, H) */
    const real *restrict const W_T = given->W_T;    /* (H, I) */
    const real *restrict const R_T1 = given->R_T1;  /* (H, H) */
    const real *restrict const W_C = given->W_C;    /* (H, I) */
    const real *restrict const R_C1 = given->R_C1;  /* (H, H) */
    const real *restrict const R_H2 = given->R_H2;  /* (H, H) */
    const real *restrict const R_T2 = given->R_T2;  /* (H, H) */
    const real *restrict const R_C2 = given->R_C2;  /* (H, H) */
    const real *restrict const R_H3 = given->R_H3;  /* (H, H) */
    const real *restrict const R_T3 = given->R_T3;  /* (H, H) */
    const real *restrict const R_C3 = given->R_C3;  /* (H, H) */
    const real *restrict const W_hy = given->W_hy;  /* (O, H) */
    const real *restrict const s = kept->s;         /* (T + 1, B, H) */
    const real *restrict const y_hat = kept->y_hat; /* (T, B, O) */
    const real *restrict const h_1 = kept->h_1;     /* (T, B, H) */
    const real *restrict const t_1 = kept->t_1;     /* (T, B, H) */
    const real *restrict const c_1 = kept->c_1;     /* (T, B, H) */
    const real *restrict const s_1 = kept->s_1;     /* (T, B, H) */
    const real *restrict const h_2 = kept->h_2;     /* (T, B, H) */
    const real *restrict const t_2 = kept->t_2;     /* (T, B, H) */
    const real *restrict const c_2 = kept->c_2;     /* (T, B, H) */
    const real *restrict const s_2 = kept->s_2;     /* (T, B, H) */
    const real *restrict const h_3 = kept->h_3;     /* (T, B, H) */
    const real *restrict const t_3 = kept->t_3;     /* (T, B, H) */
    const real *restrict const c_3 = kept->c_3;     /* (T, B, H) */
    real *restrict const dW_H = gradients->dW_H;    /* (H, I) */
    real *restrict const dR_H1 = gradients->dR_H1;  /* (H, H) */
    real *restrict const db_H1 = gradients->db_H1;  /* (H) */
    real *restrict const dW_T = gradients->dW_T;    /* (H, I) */
    real *restrict const dR_T1 = gradients->dR_T1;  /* (H, H) */
    real *restrict const db_T1 = gradients->db_T1;  /* (H) */
    real *restrict const dW_C = gradients->dW_C;    /* (H, I) */
    real *restrict const dR_C1 = gradients->dR_C1;  /* (H, H) */
    real *restrict const db_C1 = gradients->db_C1;  /* (H) */
    real *restrict const dR_H2 = gradients->dR_H2;  /* (H, H) */
    real *restrict const db_H2 = gradients->db_H2;  /* (H) */
    real *restrict const dR_T2 = gradients->dR_T2;  /* (H, H) */
    real *restrict const db_T2 = gradients->db_T2;  /* (H) */
    real *restrict const dR_C2 = gradients->dR_C2;  /* (H, H) */
    real *restrict const db_C2 = gradients->db_C2;  /* (H) */
    real *restrict const dR_H3 = gradients->dR_H3;  /* (H, H) */
    real *restrict const db_H3 = gradients->db_H3;  /* (H) */
    real *restrict const dR_T3 = gradients->dR_T3;  /* (H, H) */
    real *restrict const db_T3 = gradients->db_T3;  /* (H) */
    real *restrict const dR_C3 = gradients->dR_C3;  /* (H, H) */
    real *restrict const db_C3 = gradients->db_C3;  /* (H) */
    real *restrict const dW_hy = gradients->dW_hy;  /* (O, H) */
    real *restrict const db_y = gradients->db_y;    /* (O) */
    real *restrict const dx = gradients->dx;        /* (T, B, I) */
    real *restrict const ds0 = gradients->ds0;      /* (B, H) */
    real *next = work;
    real *restrict const carry_s = next; /* (B, H) what later steps give to the adjoint of s */
    next += B * H;
    real *restrict const dz_y = next;    /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const ds = next;      /* (B, H) adjoint of s[t] */
    next += B * H;
    real *restrict const dc_3 = next;    /* (B, H) adjoint of c_3[t] */
    next += B * H;
    real *restrict const dz_c_3 = next;  /* (B, H) adjoint of z_c_3[t] */
    next += B * H;
    real *restrict const dt_3 = next;    /* (B, H) adjoint of t_3[t] */
    next += B * H;
    real *restrict const dz_t_3 = next;  /* (B, H) adjoint of z_t_3[t] */
    next += B * H;
    real *restrict const dh_3 = next;    /* (B, H) adjoint of h_3[t] */
    next += B * H;
    real *restrict const dz_h_3 = next;  /* (B, H) adjoint of z_h_3[t] */
    next += B * H;
    real *restrict const ds_2 = next;    /* (B, H) adjoint of s_2[t] */
    next += B * H;
    real *restrict const dc_2 = next;    /* (B, H) adjoint of c_2[t] */
    next += B * H;
    real *restrict const dz_c_2 = next;  /* (B, H) adjoint of z_c_2[t] */
    next += B * H;
    real *restrict const dt_2 = next;    /* (B, H) adjoint of t_2[t] */
    next += B * H;
    real *restrict const dz_t_2 = next;  /* (B, H) adjoint of z_t_2[t] */
    next += B * H;
    real *restrict const dh_2 = next;    /* (B, H) adjoint of h_2[t] */
    next += B * H;
    real *restrict const dz_h_2 = next;  /* (B, H) adjoint of z_h_2[t] */
    next += B * H;
    real *restrict const ds_1 = next;    /* (B, H) adjoint of s_1[t] */
    next += B * H;
    real *restrict const dc_1 = next;    /* (B, H) adjoint of c_1[t] */
    next += B * H;
    real *restrict const dz_c_1 = next;  /* (B, H) adjoint of z_c_1[t] */
    next += B * H;
    real *restrict const dt_1 = next;    /* (B, H) adjoint of t_1[t] */
    next += B * H;
    real *restrict const dz_t_1 = next;  /* (B, H) adjoint of z_t_1[t] */
    next += B * H;
    real *restrict const dh_1 = next;    /* (B, H) adjoint of h_1[t] */
    next += B * H;
    real *restrict const dz_h_1 = next;  /* (B, H) adjoint of z_h_1[t] */

    for (size_t at = 0; at < H * I; ++at) {
        dW_H[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR_H1[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_H1[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_T[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR_T1[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_T1[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_C[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR_C1[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_C1[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR_H2[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_H2[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR_T2[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_T2[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR_C2[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_C2[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR_H3[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_H3[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR_T3[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_T3[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR_C3[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_C3[at] = 0.0;
    }
    for (size_t at = 0; at < O * H; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < B * H; ++at) {
        carry_s[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (26) z̄_y[t] = y_hat[t] − y[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y[t * B * O + at];
        }
        /* (27) s̄[t] = W_hyᵀ z̄_y[t] + s̄_1[t+1] ∘ c_1[t+1] + R_C1ᵀ z̄_c_1[t+1] + R_T1ᵀ z̄_t_1[t+1] + R_H1ᵀ z̄_h_1[t+1] */
        /* ds = dz_y @ W_hy */
        product_nn(B, H, O, dz_y, O, W_hy, H, ds, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            ds[at] += carry_s[at];
        }
        /* (28) c̄_3[t] = s̄[t] ∘ s_2[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dc_3[at] = ds[at] * s_2[t * B * H + at];
        }
        /* (29) z̄_c_3[t] = c̄_3[t] ∘ c_3[t] ∘ (1 − c_3[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_c_3[at] = dc_3[at] * c_3[t * B * H + at] * (1.0 - c_3[t * B * H + at]);
        }
        /* (30) t̄_3[t] = s̄[t] ∘ h_3[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dt_3[at] = ds[at] * h_3[t * B * H + at];
        }
        /* (31) z̄_t_3[t] = t̄_3[t] ∘ t_3[t] ∘ (1 − t_3[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_t_3[at] = dt_3[at] * t_3[t * B * H + at] * (1.0 - t_3[t * B * H + at]);
        }
        /* (32) h̄_3[t] = s̄[t] ∘ t_3[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dh_3[at] = ds[at] * t_3[t * B * H + at];
        }
        /* (33) z̄_h_3[t] = h̄_3[t] ∘ (1 − h_3[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_h_3[at] = dh_3[at] * (1.0 - square(h_3[t * B * H + at]));
        }
        /* (34) s̄_2[t] = s̄[t] ∘ c_3[t] + R_C3ᵀ z̄_c_3[t] + R_T3ᵀ z̄_t_3[t] + R_H3ᵀ z̄_h_3[t] */
        /* ds_2 = dz_c_3 @ R_C3 */
        product_nn(B, H, H, dz_c_3, H, R_C3, H, ds_2, H, false);
        /* ds_2 += dz_t_3 @ R_T3 */
        product_nn(B, H, H, dz_t_3, H, R_T3, H, ds_2, H, true);
        /* ds_2 += dz_h_3 @ R_H3 */
        product_nn(B, H, H, dz_h_3, H, R_H3, H, ds_2, H, true);
        for (size_t at = 0; at < B * H; ++at) {
            ds_2[at] += ds[at] * c_3[t * B * H + at];
        }
        /* (35) c̄_2[t] = s̄_2[t] ∘ s_1[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dc_2[at] = ds_2[at] * s_1[t * B * H + at];
        }
        /* (36) z̄_c_2[t] = c̄_2[t] ∘ c_2[t] ∘ (1 − c_2[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_c_2[at] = dc_2[at] * c_2[t * B * H + at] * (1.0 - c_2[t * B * H + at]);
        }
        /* (37) t̄_2[t] = s̄_2[t] ∘ h_2[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dt_2[at] = ds_2[at] * h_2[t * B * H + at];
        }
        /* (38) z̄_t_2[t] = t̄_2[t] ∘ t_2[t] ∘ (1 − t_2[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_t_2[at] = dt_2[at] * t_2[t * B * H + at] * (1.0 - t_2[t * B * H + at]);
        }
        /* (39) h̄_2[t] = s̄_2[t] ∘ t_2[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dh_2[at] = ds_2[at] * t_2[t * B * H + at];
        }
        /* (40) z̄_h_2[t] = h̄_2[t] ∘ (1 − h_2[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_h_2[at] = dh_2[at] * (1.0 - square(h_2[t * B * H + at]));
        }
        /* (41) s̄_1[t] = s̄_2[t] ∘ c_2[t] + R_C2ᵀ z̄_c_2[t] + R_T2ᵀ z̄_t_2[t] + R_H2ᵀ z̄_h_2[t] */
        /* ds_1 = dz_c_2 @ R_C2 */
        product_nn(B, H, H, dz_c_2, H, R_C2, H, ds_1, H, false);
        /* ds_1 += dz_t_2 @ R_T2 */
        product_nn(B, H, H, dz_t_2, H, R_T2, H, ds_1, H, true);
        /* ds_1 += dz_h_2 @ R_H2 */
        product_nn(B, H, H, dz_h_2, H, R_H2, H, ds_1, H, true);
        for (size_t at = 0; at < B * H; ++at) {
            ds_1[at] += ds_2[at] * c_2[t * B * H + at];
        }
        /* (42) c̄_1[t] = s̄_1[t] ∘ s[t−1] */
        for (size_t at = 0; at < B * H; ++at) {
            dc_1[at] = ds_1[at] * s[t * B * H + at];
        }
        /* (43) z̄_c_1[t] = c̄_1[t] ∘ c_1[t] ∘ (1 − c_1[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_c_1[at] = dc_1[at] * c_1[t * B * H + at] * (1.0 - c_1[t * B * H + at]);
        }
        /* (44) t̄_1[t] = s̄_1[t] ∘ h_1[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dt_1[at] = ds_1[at] * h_1[t * B * H + at];
        }
        /* (45) z̄_t_1[t] = t̄_1[t] ∘ t_1[t] ∘ (1 − t_1[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_t_1[at] = dt_1[at] * t_1[t * B * H + at] * (1.0 - t_1[t * B * H + at]);
        }
        /* (46) h̄_1[t] = s̄_1[t] ∘ t_1[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dh_1[at] = ds_1[at] * t_1[t * B * H + at];
        }
        /* (47) z̄_h_1[t] = h̄_1[t] ∘ (1 − h_1[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_h_1[at] = dh_1[at] * (1.0 - square(h_1[t * B * H + at]));
        }
        /* (48) W̄_H += z̄_h_1[t] x[t]ᵀ */
        /* dW_H += dz_h_1ᵀ @ x[t] */
        product_tn(H, I, B, dz_h_1, H, x + t * B * I, I, dW_H, I, true);
        /* (49) R̄_H1 += z̄_h_1[t] s[t−1]ᵀ */
        /* dR_H1 += dz_h_1ᵀ @ s[t] */
        product_tn(H, H, B, dz_h_1, H, s + t * B * H, H, dR_H1, H, true);
        /* (50) b̄_H1 += z̄_h_1[t] */
        /* db_H1 += sum over rows of dz_h_1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_H1[col] += dz_h_1[row * H + col];
            }
        }
        /* (51) W̄_T += z̄_t_1[t] x[t]ᵀ */
        /* dW_T += dz_t_1ᵀ @ x[t] */
        product_tn(H, I, B, dz_t_1, H, x + t * B * I, I, dW_T, I, true);
        /* (52) R̄_T1 += z̄_t_1[t] s[t−1]ᵀ */
        /* dR_T1 += dz_t_1ᵀ @ s[t] */
        product_tn(H, H, B, dz_t_1, H, s + t * B * H, H, dR_T1, H, true);
        /* (53) b̄_T1 += z̄_t_1[t] */
        /* db_T1 += sum over rows of dz_t_1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_T1[col] += dz_t_1[row * H + col];
            }
        }
        /* (54) W̄_C += z̄_c_1[t] x[t]ᵀ */
        /* dW_C += dz_c_1ᵀ @ x[t] */
        product_tn(H, I, B, dz_c_1, H, x + t * B * I, I, dW_C, I, true);
        /* (55) R̄_C1 += z̄_c_1[t] s[t−1]ᵀ */
        /* dR_C1 += dz_c_1ᵀ @ s[t] */
        product_tn(H, H, B, dz_c_1, H, s + t * B * H, H, dR_C1, H, true);
        /* (56) b̄_C1 += z̄_c_1[t] */
        /* db_C1 += sum over rows of dz_c_1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_C1[col] += dz_c_1[row * H + col];
            }
        }
        /* (57) R̄_H2 += z̄_h_2[t] s_1[t]ᵀ */
        /* dR_H2 += dz_h_2ᵀ @ s_1[t] */
        product_tn(H, H, B, dz_h_2, H, s_1 + t * B * H, H, dR_H2, H, true);
        /* (58) b̄_H2 += z̄_h_2[t] */
        /* db_H2 += sum over rows of dz_h_2 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_H2[col] += dz_h_2[row * H + col];
            }
        }
        /* (59) R̄_T2 += z̄_t_2[t] s_1[t]ᵀ */
        /* dR_T2 += dz_t_2ᵀ @ s_1[t] */
        product_tn(H, H, B, dz_t_2, H, s_1 + t * B * H, H, dR_T2, H, true);
        /* (60) b̄_T2 += z̄_t_2[t] */
        /* db_T2 += sum over rows of dz_t_2 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_T2[col] += dz_t_2[row * H + col];
            }
        }
        /* (61) R̄_C2 += z̄_c_2[t] s_1[t]ᵀ */
        /* dR_C2 += dz_c_2ᵀ @ s_1[t] */
        product_tn(H, H, B, dz_c_2, H, s_1 + t * B * H, H, dR_C2, H, true);
        /* (62) b̄_C2 += z̄_c_2[t] */
        /* db_C2 += sum over rows of dz_c_2 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_C2[col] += dz_c_2[row * H + col];
            }
        }
        /* (63) R̄_H3 += z̄_h_3[t] s_2[t]ᵀ */
        /* dR_H3 += dz_h_3ᵀ @ s_2[t] */
        product_tn(H, H, B, dz_h_3, H, s_2 + t * B * H, H, dR_H3, H, true);
        /* (64) b̄_H3 += z̄_h_3[t] */
        /* db_H3 += sum over rows of dz_h_3 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_H3[col] += dz_h_3[row * H + col];
            }
        }
        /* (65) R̄_T3 += z̄_t_3[t] s_2[t]ᵀ */
        /* dR_T3 += dz_t_3ᵀ @ s_2[t] */
        product_tn(H, H, B, dz_t_3, H, s_2 + t * B * H, H, dR_T3, H, true);
        /* (66) b̄_T3 += z̄_t_3[t] */
        /* db_T3 += sum over rows of dz_t_3 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_T3[col] += dz_t_3[row * H + col];
            }
        }
        /* (67) R̄_C3 += z̄_c_3[t] s_2[t]ᵀ */
        /* dR_C3 += dz_c_3ᵀ @ s_2[t] */
        product_tn(H, H, B, dz_c_3, H, s_2 + t * B * H, H, dR_C3, H, true);
        /* (68) b̄_C3 += z̄_c_3[t] */
        /* db_C3 += sum over rows of dz_c_3 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_C3[col] += dz_c_3[row * H + col];
            }
        }
        /* (69) W̄_hy += z̄_y[t] s[t]ᵀ */
        /* dW_hy += dz_yᵀ @ s[t + 1] */
        product_tn(O, H, B, dz_y, O, s + (t + 1) * B * H, H, dW_hy, H, true);
        /* (70) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (71) x̄[t] = W_Cᵀ z̄_c_1[t] + W_Tᵀ z̄_t_1[t] + W_Hᵀ z̄_h_1[t] */
        /* dx[t] = dz_c_1 @ W_C */
        product_nn(B, I, H, dz_c_1, H, W_C, I, dx + t * B * I, I, false);
        /* dx[t] += dz_t_1 @ W_T */
        product_nn(B, I, H, dz_t_1, H, W_T, I, dx + t * B * I, I, true);
        /* dx[t] += dz_h_1 @ W_H */
        product_nn(B, I, H, dz_h_1, H, W_H, I, dx + t * B * I, I, true);
        /* (27) what step t gives to s of earlier steps: s̄_1[t] ∘ c_1[t] + R_C1ᵀ z̄_c_1[t] + R_T1ᵀ z̄_t_1[t] + R_H1ᵀ z̄_h_1[t] */
        /* carry_s = dz_c_1 @ R_C1 */
        product_nn(B, H, H, dz_c_1, H, R_C1, H, carry_s, H, false);
        /* carry_s += dz_t_1 @ R_T1 */
        product_nn(B, H, H, dz_t_1, H, R_T1, H, carry_s, H, true);
        /* carry_s += dz_h_1 @ R_H1 */
        product_nn(B, H, H, dz_h_1, H, R_H1, H, carry_s, H, true);
        for (size_t at = 0; at < B * H; ++at) {
            carry_s[at] += ds_1[at] * c_1[t * B * H + at];
        }
    }
    /* (72) s̄[0] = s̄_1[1] ∘ c_1[1] + R_C1ᵀ z̄_c_1[1] + R_T1ᵀ z̄_t_1[1] + R_H1ᵀ z̄_h_1[1] */
    for (size_t at = 0; at < B * H; ++at) {
        ds0[at] = carry_s[at];
    }
    return RHN_F64_OK;
}

rhn_f64_status rhn_f64_loss_and_gradient(const rhn_f64_sizes *sizes, const rhn_f64_given *given,
                                         const rhn_f64_kept *kept, const rhn_f64_gradients *gradients,
                                         double *work)
{
    const rhn_f64_status status = rhn_f64_forward(sizes, given, kept, work);
    return status != RHN_F64_OK ? status : rhn_f64_backward(sizes, given, kept, gradients, work);
}
