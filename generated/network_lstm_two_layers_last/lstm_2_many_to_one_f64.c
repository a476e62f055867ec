/* 2 layers of long short-term memory with a forget gate, as in PyTorch with softmax and cross-entropy, many to one:
 * see lstm_2_many_to_one_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "lstm_2_many_to_one_f64.h"

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

static lstm_2_many_to_one_f64_status check(const lstm_2_many_to_one_f64_sizes *sizes)
{
    if (sizes == NULL)
        return LSTM_2_MANY_TO_ONE_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H_1 = sizes->H_1;
    const size_t H_2 = sizes->H_2;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || H_1 == 0 || H_2 == 0 || O == 0)
        return LSTM_2_MANY_TO_ONE_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* x */
        times(B, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* h_10 */
        times(B, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* c_10 */
        times(B, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* h_20 */
        times(B, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* c_20 */
        times(B, O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* y */
        times(times(T, B), 1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* m */
        times(H_1, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* W_ii_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_ii_1 */
        times(H_1, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_hi_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_hi_1 */
        times(H_1, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* W_if_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_if_1 */
        times(H_1, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_hf_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_hf_1 */
        times(H_1, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* W_ig_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_ig_1 */
        times(H_1, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_hg_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_hg_1 */
        times(H_1, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* W_io_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_io_1 */
        times(H_1, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_ho_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_ho_1 */
        times(H_2, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_ii_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_ii_2 */
        times(H_2, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_hi_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_hi_2 */
        times(H_2, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_if_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_if_2 */
        times(H_2, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_hf_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_hf_2 */
        times(H_2, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_ig_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_ig_2 */
        times(H_2, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_hg_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_hg_2 */
        times(H_2, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_io_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_io_2 */
        times(H_2, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* W_ho_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* b_ho_2 */
        times(O, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* W_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* b_y */
        times(times(plus(T, 1), B), H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  /* h_1 */
        times(times(plus(T, 1), B), H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  /* c_1 */
        times(times(plus(T, 1), B), H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  /* h_2 */
        times(times(plus(T, 1), B), H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  /* c_2 */
        times(B, O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* y_hat */
        times(times(T, B), H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* i_1 */
        times(times(T, B), H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* f_1 */
        times(times(T, B), H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* g_1 */
        times(times(T, B), H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* o_1 */
        times(times(T, B), H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* a_h_1 */
        times(times(T, B), H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* i_2 */
        times(times(T, B), H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* f_2 */
        times(times(T, B), H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* g_2 */
        times(times(T, B), H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* o_2 */
        times(times(T, B), H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* a_h_2 */
        times(H_1, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* dW_ii_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_ii_1 */
        times(H_1, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_hi_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_hi_1 */
        times(H_1, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* dW_if_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_if_1 */
        times(H_1, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_hf_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_hf_1 */
        times(H_1, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* dW_ig_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_ig_1 */
        times(H_1, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_hg_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_hg_1 */
        times(H_1, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* dW_io_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_io_1 */
        times(H_1, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_ho_1 */
        H_1,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_ho_1 */
        times(H_2, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_ii_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_ii_2 */
        times(H_2, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_hi_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_hi_2 */
        times(H_2, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_if_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_if_2 */
        times(H_2, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_hf_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_hf_2 */
        times(H_2, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_ig_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_ig_2 */
        times(H_2, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_hg_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_hg_2 */
        times(H_2, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_io_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_io_2 */
        times(H_2, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dW_ho_2 */
        H_2,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* db_ho_2 */
        times(O, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* dW_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* db_y */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* dx */
        times(B, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* dh_10 */
        times(B, H_1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* dc_10 */
        times(B, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* dh_20 */
        times(B, H_2),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* dc_20 */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H_1), times(B, H_1)), times(B, H_1)), times(B, H_1)), times(B, H_1)), times(B, H_1)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, O)), B), B), B),                                                                                                                                                                                                                                                                                                                                                                /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H_1), times(B, H_1)), times(B, H_2)), times(B, H_2)), times(B, O)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_2)), times(B, H_1)), times(B, H_1)), times(B, H_1)), times(B, H_1)), times(B, H_1)), times(B, H_1)), times(B, H_1)), times(B, H_1)), times(B, H_1)), times(B, H_1)), times(B, H_1)), times(B, H_1)), times(B, H_1)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return LSTM_2_MANY_TO_ONE_F64_TOO_LARGE;
    return LSTM_2_MANY_TO_ONE_F64_OK;
}

const char *lstm_2_many_to_one_f64_message(lstm_2_many_to_one_f64_status status)
{
    switch (status) {
    case LSTM_2_MANY_TO_ONE_F64_OK:
        return "all is well";
    case LSTM_2_MANY_TO_ONE_F64_ZERO_SIZE:
        return "a size is 0";
    case LSTM_2_MANY_TO_ONE_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case LSTM_2_MANY_TO_ONE_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t lstm_2_many_to_one_f64_workspace(const lstm_2_many_to_one_f64_sizes *sizes)
{
    if (check(sizes) != LSTM_2_MANY_TO_ONE_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t H_1 = sizes->H_1;
    const size_t H_2 = sizes->H_2;
    const size_t O = sizes->O;
    const size_t for_forward = B * H_1 + B * H_1 + B * H_1 + B * H_1 + B * H_1 + B * H_1 + B * H_2 + B * H_2 + B * H_2 + B * H_2 + B * H_2 + B * H_2 + B * O + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H_1 + B * H_1 + B * H_2 + B * H_2 + B * O + B * H_2 + B * H_2 + B * H_2 + B * H_2 + B * H_2 + B * H_2 + B * H_2 + B * H_2 + B * H_2 + B * H_2 + B * H_2 + B * H_2 + B * H_2 + B * H_1 + B * H_1 + B * H_1 + B * H_1 + B * H_1 + B * H_1 + B * H_1 + B * H_1 + B * H_1 + B * H_1 + B * H_1 + B * H_1 + B * H_1;
    if (for_backward > most)
        most = for_backward;
    return most;
}

lstm_2_many_to_one_f64_status lstm_2_many_to_one_f64_forward(const lstm_2_many_to_one_f64_sizes *sizes,
                                                             const lstm_2_many_to_one_f64_given *given,
                                                             const lstm_2_many_to_one_f64_kept *kept,
                                                             double *work)
{
    const lstm_2_many_to_one_f64_status status = check(sizes);
    if (status != LSTM_2_MANY_TO_ONE_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return LSTM_2_MANY_TO_ONE_F64_NULL;
    if (given->x == NULL || given->h_10 == NULL || given->c_10 == NULL || given->h_20 == NULL ||
        given->c_20 == NULL || given->y == NULL || given->m == NULL || given->W_ii_1 == NULL ||
        given->b_ii_1 == NULL || given->W_hi_1 == NULL || given->b_hi_1 == NULL || given->W_if_1 == NULL ||
        given->b_if_1 == NULL || given->W_hf_1 == NULL || given->b_hf_1 == NULL || given->W_ig_1 == NULL ||
        given->b_ig_1 == NULL || given->W_hg_1 == NULL || given->b_hg_1 == NULL || given->W_io_1 == NULL ||
        given->b_io_1 == NULL || given->W_ho_1 == NULL || given->b_ho_1 == NULL || given->W_ii_2 == NULL ||
        given->b_ii_2 == NULL || given->W_hi_2 == NULL || given->b_hi_2 == NULL || given->W_if_2 == NULL ||
        given->b_if_2 == NULL || given->W_hf_2 == NULL || given->b_hf_2 == NULL || given->W_ig_2 == NULL ||
        given->b_ig_2 == NULL || given->W_hg_2 == NULL || given->b_hg_2 == NULL || given->W_io_2 == NULL ||
        given->b_io_2 == NULL || given->W_ho_2 == NULL || given->b_ho_2 == NULL || given->W_hy == NULL ||
        given->b_y == NULL || kept->h_1 == NULL || kept->c_1 == NULL || kept->h_2 == NULL ||
        kept->c_2 == NULL || kept->y_hat == NULL || kept->i_1 == NULL || kept->f_1 == NULL ||
        kept->g_1 == NULL || kept->o_1 == NULL || kept->a_h_1 == NULL || kept->i_2 == NULL ||
        kept->f_2 == NULL || kept->g_2 == NULL || kept->o_2 == NULL || kept->a_h_2 == NULL ||
        kept->J == NULL)
        return LSTM_2_MANY_TO_ONE_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H_1 = sizes->H_1;
    const size_t H_2 = sizes->H_2;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;           /* (T, B, I) */
    const real *restrict const h_10 = given->h_10;     /* (B, H_1) */
    const real *restrict const c_10 = given->c_10;     /* (B, H_1) */
    const real *restrict const h_20 = given->h_20;     /* (B, H_2) */
    const real *restrict const c_20 = given->c_20;     /* (B, H_2) */
    const real *restrict const y = given->y;           /* (B, O) */
    const real *restrict const m = given->m;           /* (T, B, 1) */
    const real *restrict const W_ii_1 = given->W_ii_1; /* (H_1, I) */
    const real *restrict const b_ii_1 = given->b_ii_1; /* (H_1) */
    const real *restrict const W_hi_1 = given->W_hi_1; /* (H_1, H_1) */
    const real *restrict const b_hi_1 = given->b_hi_1; /* (H_1) */
    const real *restrict const W_if_1 = given->W_if_1; /* (H_1, I) */
    const real *restrict const b_if_1 = given->b_if_1; /* (H_1) */
    const real *restrict const W_hf_1 = given->W_hf_1; /* (H_1, H_1) */
    const real *restrict const b_hf_1 = given->b_hf_1; /* (H_1) */
    const real *restrict const W_ig_1 = given->W_ig_1; /* (H_1, I) */
    const real *restrict const b_ig_1 = given->b_ig_1; /* (H_1) */
    const real *restrict const W_hg_1 = given->W_hg_1; /* (H_1, H_1) */
    const real *restrict const b_hg_1 = given->b_hg_1; /* (H_1) */
    const real *restrict const W_io_1 = given->W_io_1; /* (H_1, I) */
    const real *restrict const b_io_1 = given->b_io_1; /* (H_1) */
    const real *restrict const W_ho_1 = given->W_ho_1; /* (H_1, H_1) */
    const real *restrict const b_ho_1 = given->b_ho_1; /* (H_1) */
    const real *restrict const W_ii_2 = given->W_ii_2; /* (H_2, H_1) */
    const real *restrict const b_ii_2 = given->b_ii_2; /* (H_2) */
    const real *restrict const W_hi_2 = given->W_hi_2; /* (H_2, H_2) */
    const real *restrict const b_hi_2 = given->b_hi_2; /* (H_2) */
    const real *restrict const W_if_2 = given->W_if_2; /* (H_2, H_1) */
    const real *restrict const b_if_2 = given->b_if_2; /* (H_2) */
    const real *restrict const W_hf_2 = given->W_hf_2; /* (H_2, H_2) */
    const real *restrict const b_hf_2 = given->b_hf_2; /* (H_2) */
    const real *restrict const W_ig_2 = given->W_ig_2; /* (H_2, H_1) */
    const real *restrict const b_ig_2 = given->b_ig_2; /* (H_2) */
    const real *restrict const W_hg_2 = given->W_hg_2; /* (H_2, H_2) */
    const real *restrict const b_hg_2 = given->b_hg_2; /* (H_2) */
    const real *restrict const W_io_2 = given->W_io_2; /* (H_2, H_1) */
    const real *restrict const b_io_2 = given->b_io_2; /* (H_2) */
    const real *restrict const W_ho_2 = given->W_ho_2; /* (H_2, H_2) */
    const real *restrict const b_ho_2 = given->b_ho_2; /* (H_2) */
    const real *restrict const W_hy = given->W_hy;     /* (O, H_2) */
    const real *restrict const b_y = given->b_y;       /* (O) */
    real *restrict const h_1 = kept->h_1;              /* (T + 1, B, H_1) */
    real *restrict const c_1 = kept->c_1;              /* (T + 1, B, H_1) */
    real *restrict const h_2 = kept->h_2;              /* (T + 1, B, H_2) */
    real *restrict const c_2 = kept->c_2;              /* (T + 1, B, H_2) */
    real *restrict const y_hat = kept->y_hat;          /* (B, O) */
    real *restrict const i_1 = kept->i_1;              /* (T, B, H_1) */
    real *restrict const f_1 = kept->f_1;              /* (T, B, H_1) */
    real *restrict const g_1 = kept->g_1;              /* (T, B, H_1) */
    real *restrict const o_1 = kept->o_1;              /* (T, B, H_1) */
    real *restrict const a_h_1 = kept->a_h_1;          /* (T, B, H_1) */
    real *restrict const i_2 = kept->i_2;              /* (T, B, H_2) */
    real *restrict const f_2 = kept->f_2;              /* (T, B, H_2) */
    real *restrict const g_2 = kept->g_2;              /* (T, B, H_2) */
    real *restrict const o_2 = kept->o_2;              /* (T, B, H_2) */
    real *restrict const a_h_2 = kept->a_h_2;          /* (T, B, H_2) */
    real *restrict const J = kept->J;                  /* () */
    real *next = work;
    real *restrict const z_i_1 = next;     /* (B, H_1) z_i_1[t] */
    next += B * H_1;
    real *restrict const z_f_1 = next;     /* (B, H_1) z_f_1[t] */
    next += B * H_1;
    real *restrict const z_g_1 = next;     /* (B, H_1) z_g_1[t] */
    next += B * H_1;
    real *restrict const z_o_1 = next;     /* (B, H_1) z_o_1[t] */
    next += B * H_1;
    real *restrict const c_1_new = next;   /* (B, H_1) c_1_new[t] */
    next += B * H_1;
    real *restrict const h_1_new = next;   /* (B, H_1) h_1_new[t] */
    next += B * H_1;
    real *restrict const z_i_2 = next;     /* (B, H_2) z_i_2[t] */
    next += B * H_2;
    real *restrict const z_f_2 = next;     /* (B, H_2) z_f_2[t] */
    next += B * H_2;
    real *restrict const z_g_2 = next;     /* (B, H_2) z_g_2[t] */
    next += B * H_2;
    real *restrict const z_o_2 = next;     /* (B, H_2) z_o_2[t] */
    next += B * H_2;
    real *restrict const c_2_new = next;   /* (B, H_2) c_2_new[t] */
    next += B * H_2;
    real *restrict const h_2_new = next;   /* (B, H_2) h_2_new[t] */
    next += B * H_2;
    real *restrict const z_y = next;       /* (B, O) z_y[T] */
    next += B * O;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    for (size_t at = 0; at < B * H_1; ++at) {
        h_1[at] = h_10[at];
    }
    for (size_t at = 0; at < B * H_1; ++at) {
        c_1[at] = c_10[at];
    }
    for (size_t at = 0; at < B * H_2; ++at) {
        h_2[at] = h_20[at];
    }
    for (size_t at = 0; at < B * H_2; ++at) {
        c_2[at] = c_20[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) z_i_1[t] = W_ii_1 x[t] + b_ii_1 + W_hi_1 h_1[t−1] + b_hi_1 */
        /* z_i_1 = x[t] @ W_ii_1ᵀ */
        product_nt(B, H_1, I, x + t * B * I, I, W_ii_1, I, z_i_1, H_1, false);
        /* z_i_1 += h_1[t] @ W_hi_1ᵀ */
        product_nt(B, H_1, H_1, h_1 + t * B * H_1, H_1, W_hi_1, H_1, z_i_1, H_1, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                z_i_1[row * H_1 + col] += b_ii_1[col] + b_hi_1[col];
            }
        }
        /* (2) i_1[t] = sigmoid(z_i_1[t]) */
        for (size_t at = 0; at < B * H_1; ++at) {
            i_1[t * B * H_1 + at] = sigmoid(z_i_1[at]);
        }
        /* (3) z_f_1[t] = W_if_1 x[t] + b_if_1 + W_hf_1 h_1[t−1] + b_hf_1 */
        /* z_f_1 = x[t] @ W_if_1ᵀ */
        product_nt(B, H_1, I, x + t * B * I, I, W_if_1, I, z_f_1, H_1, false);
        /* z_f_1 += h_1[t] @ W_hf_1ᵀ */
        product_nt(B, H_1, H_1, h_1 + t * B * H_1, H_1, W_hf_1, H_1, z_f_1, H_1, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                z_f_1[row * H_1 + col] += b_if_1[col] + b_hf_1[col];
            }
        }
        /* (4) f_1[t] = sigmoid(z_f_1[t]) */
        for (size_t at = 0; at < B * H_1; ++at) {
            f_1[t * B * H_1 + at] = sigmoid(z_f_1[at]);
        }
        /* (5) z_g_1[t] = W_ig_1 x[t] + b_ig_1 + W_hg_1 h_1[t−1] + b_hg_1 */
        /* z_g_1 = x[t] @ W_ig_1ᵀ */
        product_nt(B, H_1, I, x + t * B * I, I, W_ig_1, I, z_g_1, H_1, false);
        /* z_g_1 += h_1[t] @ W_hg_1ᵀ */
        product_nt(B, H_1, H_1, h_1 + t * B * H_1, H_1, W_hg_1, H_1, z_g_1, H_1, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                z_g_1[row * H_1 + col] += b_ig_1[col] + b_hg_1[col];
            }
        }
        /* (6) g_1[t] = tanh(z_g_1[t]) */
        for (size_t at = 0; at < B * H_1; ++at) {
            g_1[t * B * H_1 + at] = tanh_of(z_g_1[at]);
        }
        /* (7) z_o_1[t] = W_io_1 x[t] + b_io_1 + W_ho_1 h_1[t−1] + b_ho_1 */
        /* z_o_1 = x[t] @ W_io_1ᵀ */
        product_nt(B, H_1, I, x + t * B * I, I, W_io_1, I, z_o_1, H_1, false);
        /* z_o_1 += h_1[t] @ W_ho_1ᵀ */
        product_nt(B, H_1, H_1, h_1 + t * B * H_1, H_1, W_ho_1, H_1, z_o_1, H_1, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                z_o_1[row * H_1 + col] += b_io_1[col] + b_ho_1[col];
            }
        }
        /* (8) o_1[t] = sigmoid(z_o_1[t]) */
        for (size_t at = 0; at < B * H_1; ++at) {
            o_1[t * B * H_1 + at] = sigmoid(z_o_1[at]);
        }
        /* (9) c_1_new[t] = f_1[t] ∘ c_1[t−1] + i_1[t] ∘ g_1[t] */
        for (size_t at = 0; at < B * H_1; ++at) {
            c_1_new[at] = f_1[t * B * H_1 + at] * c_1[t * B * H_1 + at] + i_1[t * B * H_1 + at] * g_1[t * B * H_1 + at];
        }
        /* (10) a_h_1[t] = tanh(c_1_new[t]) */
        for (size_t at = 0; at < B * H_1; ++at) {
            a_h_1[t * B * H_1 + at] = tanh_of(c_1_new[at]);
        }
        /* (11) h_1_new[t] = o_1[t] ∘ a_h_1[t] */
        for (size_t at = 0; at < B * H_1; ++at) {
            h_1_new[at] = o_1[t * B * H_1 + at] * a_h_1[t * B * H_1 + at];
        }
        /* (12) h_1[t] = m[t] h_1_new[t] + (1 − m[t]) h_1[t−1] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                h_1[(t + 1) * B * H_1 + row * H_1 + col] = m[t * B + row] * h_1_new[row * H_1 + col] + (1.0 - m[t * B + row]) * h_1[t * B * H_1 + row * H_1 + col];
            }
        }
        /* (13) c_1[t] = m[t] c_1_new[t] + (1 − m[t]) c_1[t−1] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                c_1[(t + 1) * B * H_1 + row * H_1 + col] = m[t * B + row] * c_1_new[row * H_1 + col] + (1.0 - m[t * B + row]) * c_1[t * B * H_1 + row * H_1 + col];
            }
        }
        /* (14) z_i_2[t] = W_ii_2 h_1[t] + b_ii_2 + W_hi_2 h_2[t−1] + b_hi_2 */
        /* z_i_2 = h_1[t + 1] @ W_ii_2ᵀ */
        product_nt(B, H_2, H_1, h_1 + (t + 1) * B * H_1, H_1, W_ii_2, H_1, z_i_2, H_2, false);
        /* z_i_2 += h_2[t] @ W_hi_2ᵀ */
        product_nt(B, H_2, H_2, h_2 + t * B * H_2, H_2, W_hi_2, H_2, z_i_2, H_2, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                z_i_2[row * H_2 + col] += b_ii_2[col] + b_hi_2[col];
            }
        }
        /* (15) i_2[t] = sigmoid(z_i_2[t]) */
        for (size_t at = 0; at < B * H_2; ++at) {
            i_2[t * B * H_2 + at] = sigmoid(z_i_2[at]);
        }
        /* (16) z_f_2[t] = W_if_2 h_1[t] + b_if_2 + W_hf_2 h_2[t−1] + b_hf_2 */
        /* z_f_2 = h_1[t + 1] @ W_if_2ᵀ */
        product_nt(B, H_2, H_1, h_1 + (t + 1) * B * H_1, H_1, W_if_2, H_1, z_f_2, H_2, false);
        /* z_f_2 += h_2[t] @ W_hf_2ᵀ */
        product_nt(B, H_2, H_2, h_2 + t * B * H_2, H_2, W_hf_2, H_2, z_f_2, H_2, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                z_f_2[row * H_2 + col] += b_if_2[col] + b_hf_2[col];
            }
        }
        /* (17) f_2[t] = sigmoid(z_f_2[t]) */
        for (size_t at = 0; at < B * H_2; ++at) {
            f_2[t * B * H_2 + at] = sigmoid(z_f_2[at]);
        }
        /* (18) z_g_2[t] = W_ig_2 h_1[t] + b_ig_2 + W_hg_2 h_2[t−1] + b_hg_2 */
        /* z_g_2 = h_1[t + 1] @ W_ig_2ᵀ */
        product_nt(B, H_2, H_1, h_1 + (t + 1) * B * H_1, H_1, W_ig_2, H_1, z_g_2, H_2, false);
        /* z_g_2 += h_2[t] @ W_hg_2ᵀ */
        product_nt(B, H_2, H_2, h_2 + t * B * H_2, H_2, W_hg_2, H_2, z_g_2, H_2, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                z_g_2[row * H_2 + col] += b_ig_2[col] + b_hg_2[col];
            }
        }
        /* (19) g_2[t] = tanh(z_g_2[t]) */
        for (size_t at = 0; at < B * H_2; ++at) {
            g_2[t * B * H_2 + at] = tanh_of(z_g_2[at]);
        }
        /* (20) z_o_2[t] = W_io_2 h_1[t] + b_io_2 + W_ho_2 h_2[t−1] + b_ho_2 */
        /* z_o_2 = h_1[t + 1] @ W_io_2ᵀ */
        product_nt(B, H_2, H_1, h_1 + (t + 1) * B * H_1, H_1, W_io_2, H_1, z_o_2, H_2, false);
        /* z_o_2 += h_2[t] @ W_ho_2ᵀ */
        product_nt(B, H_2, H_2, h_2 + t * B * H_2, H_2, W_ho_2, H_2, z_o_2, H_2, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                z_o_2[row * H_2 + col] += b_io_2[col] + b_ho_2[col];
            }
        }
        /* (21) o_2[t] = sigmoid(z_o_2[t]) */
        for (size_t at = 0; at < B * H_2; ++at) {
            o_2[t * B * H_2 + at] = sigmoid(z_o_2[at]);
        }
        /* (22) c_2_new[t] = f_2[t] ∘ c_2[t−1] + i_2[t] ∘ g_2[t] */
        for (size_t at = 0; at < B * H_2; ++at) {
            c_2_new[at] = f_2[t * B * H_2 + at] * c_2[t * B * H_2 + at] + i_2[t * B * H_2 + at] * g_2[t * B * H_2 + at];
        }
        /* (23) a_h_2[t] = tanh(c_2_new[t]) */
        for (size_t at = 0; at < B * H_2; ++at) {
            a_h_2[t * B * H_2 + at] = tanh_of(c_2_new[at]);
        }
        /* (24) h_2_new[t] = o_2[t] ∘ a_h_2[t] */
        for (size_t at = 0; at < B * H_2; ++at) {
            h_2_new[at] = o_2[t * B * H_2 + at] * a_h_2[t * B * H_2 + at];
        }
        /* (25) h_2[t] = m[t] h_2_new[t] + (1 − m[t]) h_2[t−1] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                h_2[(t + 1) * B * H_2 + row * H_2 + col] = m[t * B + row] * h_2_new[row * H_2 + col] + (1.0 - m[t * B + row]) * h_2[t * B * H_2 + row * H_2 + col];
            }
        }
        /* (26) c_2[t] = m[t] c_2_new[t] + (1 − m[t]) c_2[t−1] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                c_2[(t + 1) * B * H_2 + row * H_2 + col] = m[t * B + row] * c_2_new[row * H_2 + col] + (1.0 - m[t * B + row]) * c_2[t * B * H_2 + row * H_2 + col];
            }
        }
    }
    /* (27) z_y[T] = W_hy h_2[T] + b_y */
    /* z_y = h_2[T] @ W_hyᵀ */
    product_nt(B, O, H_2, h_2 + T * B * H_2, H_2, W_hy, H_2, z_y, O, false);
    for (size_t row = 0; row < B; ++row) {
        for (size_t col = 0; col < O; ++col) {
            z_y[row * O + col] += b_y[col];
        }
    }
    /* (28) y_hat[T] = softmax(z_y[T]) */
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
            y_hat[row * O + col] = exp_of(z_y[row * O + col] - largest[row]);
        }
    }
    /* total = sum over columns of y_hat */
    for (size_t row = 0; row < B; ++row) {
        real running = 0.0;
        for (size_t col = 0; col < O; ++col) {
            running += y_hat[row * O + col];
        }
        total[row] = running;
    }
    for (size_t row = 0; row < B; ++row) {
        for (size_t col = 0; col < O; ++col) {
            y_hat[row * O + col] = y_hat[row * O + col] / total[row];
        }
    }
    /* (29) J += −y[T]ᵀ log_softmax(z_y[T]) */
    for (size_t at = 0; at < B; ++at) {
        log_total[at] = log_of(total[at]);
    }
    /* J += sum over all of −(y ∘ (z_y − column(largest) − column(log_total))) */
    {
        real running = 0.0;
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                running += -(y[row * O + col] * (z_y[row * O + col] - largest[row] - log_total[row]));
            }
        }
        J[0] += running;
    }
    return LSTM_2_MANY_TO_ONE_F64_OK;
}

lstm_2_many_to_one_f64_status lstm_2_many_to_one_f64_backward(const lstm_2_many_to_one_f64_sizes *sizes,
                                                              const lstm_2_many_to_one_f64_given *given,
                                                              const lstm_2_many_to_one_f64_kept *kept,
                                                              const lstm_2_many_to_one_f64_gradients *gradients,
                                                              double *work)
{
    const lstm_2_many_to_one_f64_status status = check(sizes);
    if (status != LSTM_2_MANY_TO_ONE_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return LSTM_2_MANY_TO_ONE_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->m == NULL || given->W_ii_1 == NULL ||
        given->W_hi_1 == NULL || given->W_if_1 == NULL || given->W_hf_1 == NULL || given->W_ig_1 == NULL ||
        given->W_hg_1 == NULL || given->W_io_1 == NULL || given->W_ho_1 == NULL || given->W_ii_2 == NULL ||
        given->W_hi_2 == NULL || given->W_if_2 == NULL || given->W_hf_2 == NULL || given->W_ig_2 == NULL ||
        given->W_hg_2 == NULL || given->W_io_2 == NULL || given->W_ho_2 == NULL || given->W_hy == NULL ||
        kept->h_1 == NULL || kept->c_1 == NULL || kept->h_2 == NULL || kept->c_2 == NULL ||
        kept->y_hat == NULL || kept->i_1 == NULL || kept->f_1 == NULL || kept->g_1 == NULL ||
        kept->o_1 == NULL || kept->a_h_1 == NULL || kept->i_2 == NULL || kept->f_2 == NULL ||
        kept->g_2 == NULL || kept->o_2 == NULL || kept->a_h_2 == NULL || gradients->dW_ii_1 == NULL ||
        gradients->db_ii_1 == NULL || gradients->dW_hi_1 == NULL || gradients->db_hi_1 == NULL || gradients->dW_if_1 == NULL ||
        gradients->db_if_1 == NULL || gradients->dW_hf_1 == NULL || gradients->db_hf_1 == NULL || gradients->dW_ig_1 == NULL ||
        gradients->db_ig_1 == NULL || gradients->dW_hg_1 == NULL || gradients->db_hg_1 == NULL || gradients->dW_io_1 == NULL ||
        gradients->db_io_1 == NULL || gradients->dW_ho_1 == NULL || gradients->db_ho_1 == NULL || gradients->dW_ii_2 == NULL ||
        gradients->db_ii_2 == NULL || gradients->dW_hi_2 == NULL || gradients->db_hi_2 == NULL || gradients->dW_if_2 == NULL ||
        gradients->db_if_2 == NULL || gradients->dW_hf_2 == NULL || gradients->db_hf_2 == NULL || gradients->dW_ig_2 == NULL ||
        gradients->db_ig_2 == NULL || gradients->dW_hg_2 == NULL || gradients->db_hg_2 == NULL || gradients->dW_io_2 == NULL ||
        gradients->db_io_2 == NULL || gradients->dW_ho_2 == NULL || gradients->db_ho_2 == NULL || gradients->dW_hy == NULL ||
        gradients->db_y == NULL || gradients->dx == NULL || gradients->dh_10 == NULL || gradients->dc_10 == NULL ||
        gradients->dh_20 == NULL || gradients->dc_20 == NULL)
        return LSTM_2_MANY_TO_ONE_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H_1 = sizes->H_1;
    const size_t H_2 = sizes->H_2;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;           /* (T, B, I) */
    const real *restrict const y = given->y;           /* (B, O) */
    const real *restrict const m = given->m;           /* (T, B, 1) */
    const real *restrict const W_ii_1 = given->W_ii_1; /* (H_1, I) */
    const real *restrict const W_hi_1 = given->W_hi_1; /* (H_1, H_1) */
    const real *restrict const W_if_1 = given->W_if_1; /* (H_1, I) */
    const real *restrict const W_hf_1 = given->W_hf_1; /* (H_1, H_1) */
    const real *restrict const W_ig_1 = given->W_ig_1; /* (H_1, I) */
    const real *restrict const W_hg_1 = given->W_hg_1; /* (H_1, H_1) */
    const real *restrict const W_io_1 = given->W_io_1; /* (H_1, I) */
    const real *restrict const W_ho_1 = given->W_ho_1; /* (H_1, H_1) */
    const real *restrict const W_ii_2 = given->W_ii_2; /* (H_2, H_1) */
    const real *restrict const W_hi_2 = given->W_hi_2; /* (H_2, H_2) */
    const real *restrict const W_if_2 = given->W_if_2; /* (H_2, H_1) */
    const real *restrict const W_hf_2 = given->W_hf_2; /* (H_2, H_2) */
    const real *restrict const W_ig_2 = given->W_ig_2; /* (H_2, H_1) */
    const real *restrict const W_hg_2 = given->W_hg_2; /* (H_2, H_2) */
    const real *restrict const W_io_2 = given->W_io_2; /* (H_2, H_1) */
    const real *restrict const W_ho_2 = given->W_ho_2; /* (H_2, H_2) */
    const real *restrict const W_hy = given->W_hy;     /* (O, H_2) */
    const real *restrict const h_1 = kept->h_1;        /* (T + 1, B, H_1) */
    const real *restrict const c_1 = kept->c_1;        /* (T + 1, B, H_1) */
    const real *restrict const h_2 = kept->h_2;        /* (T + 1, B, H_2) */
    const real *restrict const c_2 = kept->c_2;        /* (T + 1, B, H_2) */
    const real *restrict const y_hat = kept->y_hat;    /* (B, O) */
    const real *restrict const i_1 = kept->i_1;        /* (T, B, H_1) */
    const real *restrict const f_1 = kept->f_1;        /* (T, B, H_1) */
    const real *restrict const g_1 = kept->g_1;        /* (T, B, H_1) */
    const real *restrict const o_1 = kept->o_1;        /* (T, B, H_1) */
    const real *restrict const a_h_1 = kept->a_h_1;    /* (T, B, H_1) */
    const real *restrict const i_2 = kept->i_2;        /* (T, B, H_2) */
    const real *restrict const f_2 = kept->f_2;        /* (T, B, H_2) */
    const real *restrict const g_2 = kept->g_2;        /* (T, B, H_2) */
    const real *restrict const o_2 = kept->o_2;        /* (T, B, H_2) */
    const real *restrict const a_h_2 = kept->a_h_2;    /* (T, B, H_2) */
    real *restrict const dW_ii_1 = gradients->dW_ii_1; /* (H_1, I) */
    real *restrict const db_ii_1 = gradients->db_ii_1; /* (H_1) */
    real *restrict const dW_hi_1 = gradients->dW_hi_1; /* (H_1, H_1) */
    real *restrict const db_hi_1 = gradients->db_hi_1; /* (H_1) */
    real *restrict const dW_if_1 = gradients->dW_if_1; /* (H_1, I) */
    real *restrict const db_if_1 = gradients->db_if_1; /* (H_1) */
    real *restrict const dW_hf_1 = gradients->dW_hf_1; /* (H_1, H_1) */
    real *restrict const db_hf_1 = gradients->db_hf_1; /* (H_1) */
    real *restrict const dW_ig_1 = gradients->dW_ig_1; /* (H_1, I) */
    real *restrict const db_ig_1 = gradients->db_ig_1; /* (H_1) */
    real *restrict const dW_hg_1 = gradients->dW_hg_1; /* (H_1, H_1) */
    real *restrict const db_hg_1 = gradients->db_hg_1; /* (H_1) */
    real *restrict const dW_io_1 = gradients->dW_io_1; /* (H_1, I) */
    real *restrict const db_io_1 = gradients->db_io_1; /* (H_1) */
    real *restrict const dW_ho_1 = gradients->dW_ho_1; /* (H_1, H_1) */
    real *restrict const db_ho_1 = gradients->db_ho_1; /* (H_1) */
    real *restrict const dW_ii_2 = gradients->dW_ii_2; /* (H_2, H_1) */
    real *restrict const db_ii_2 = gradients->db_ii_2; /* (H_2) */
    real *restrict const dW_hi_2 = gradients->dW_hi_2; /* (H_2, H_2) */
    real *restrict const db_hi_2 = gradients->db_hi_2; /* (H_2) */
    real *restrict const dW_if_2 = gradients->dW_if_2; /* (H_2, H_1) */
    real *restrict const db_if_2 = gradients->db_if_2; /* (H_2) */
    real *restrict const dW_hf_2 = gradients->dW_hf_2; /* (H_2, H_2) */
    real *restrict const db_hf_2 = gradients->db_hf_2; /* (H_2) */
    real *restrict const dW_ig_2 = gradients->dW_ig_2; /* (H_2, H_1) */
    real *restrict const db_ig_2 = gradients->db_ig_2; /* (H_2) */
    real *restrict const dW_hg_2 = gradients->dW_hg_2; /* (H_2, H_2) */
    real *restrict const db_hg_2 = gradients->db_hg_2; /* (H_2) */
    real *restrict const dW_io_2 = gradients->dW_io_2; /* (H_2, H_1) */
    real *restrict const db_io_2 = gradients->db_io_2; /* (H_2) */
    real *restrict const dW_ho_2 = gradients->dW_ho_2; /* (H_2, H_2) */
    real *restrict const db_ho_2 = gradients->db_ho_2; /* (H_2) */
    real *restrict const dW_hy = gradients->dW_hy;     /* (O, H_2) */
    real *restrict const db_y = gradients->db_y;       /* (O) */
    real *restrict const dx = gradients->dx;           /* (T, B, I) */
    real *restrict const dh_10 = gradients->dh_10;     /* (B, H_1) */
    real *restrict const dc_10 = gradients->dc_10;     /* (B, H_1) */
    real *restrict const dh_20 = gradients->dh_20;     /* (B, H_2) */
    real *restrict const dc_20 = gradients->dc_20;     /* (B, H_2) */
    real *next = work;
    real *restrict const carry_h_1 = next; /* (B, H_1) what later steps give to the adjoint of h_1 */
    next += B * H_1;
    real *restrict const carry_c_1 = next; /* (B, H_1) what later steps give to the adjoint of c_1 */
    next += B * H_1;
    real *restrict const carry_h_2 = next; /* (B, H_2) what later steps give to the adjoint of h_2 */
    next += B * H_2;
    real *restrict const carry_c_2 = next; /* (B, H_2) what later steps give to the adjoint of c_2 */
    next += B * H_2;
    real *restrict const dz_y = next;      /* (B, O) adjoint of z_y[T] */
    next += B * O;
    real *restrict const dc_2 = next;      /* (B, H_2) adjoint of c_2[t] */
    next += B * H_2;
    real *restrict const dh_2 = next;      /* (B, H_2) adjoint of h_2[t] */
    next += B * H_2;
    real *restrict const dh_2_new = next;  /* (B, H_2) adjoint of h_2_new[t] */
    next += B * H_2;
    real *restrict const da_h_2 = next;    /* (B, H_2) adjoint of a_h_2[t] */
    next += B * H_2;
    real *restrict const dc_2_new = next;  /* (B, H_2) adjoint of c_2_new[t] */
    next += B * H_2;
    real *restrict const do_2 = next;      /* (B, H_2) adjoint of o_2[t] */
    next += B * H_2;
    real *restrict const dz_o_2 = next;    /* (B, H_2) adjoint of z_o_2[t] */
    next += B * H_2;
    real *restrict const dg_2 = next;      /* (B, H_2) adjoint of g_2[t] */
    next += B * H_2;
    real *restrict const dz_g_2 = next;    /* (B, H_2) adjoint of z_g_2[t] */
    next += B * H_2;
    real *restrict const df_2 = next;      /* (B, H_2) adjoint of f_2[t] */
    next += B * H_2;
    real *restrict const dz_f_2 = next;    /* (B, H_2) adjoint of z_f_2[t] */
    next += B * H_2;
    real *restrict const di_2 = next;      /* (B, H_2) adjoint of i_2[t] */
    next += B * H_2;
    real *restrict const dz_i_2 = next;    /* (B, H_2) adjoint of z_i_2[t] */
    next += B * H_2;
    real *restrict const dc_1 = next;      /* (B, H_1) adjoint of c_1[t] */
    next += B * H_1;
    real *restrict const dh_1 = next;      /* (B, H_1) adjoint of h_1[t] */
    next += B * H_1;
    real *restrict const dh_1_new = next;  /* (B, H_1) adjoint of h_1_new[t] */
    next += B * H_1;
    real *restrict const da_h_1 = next;    /* (B, H_1) adjoint of a_h_1[t] */
    next += B * H_1;
    real *restrict const dc_1_new = next;  /* (B, H_1) adjoint of c_1_new[t] */
    next += B * H_1;
    real *restrict const do_1 = next;      /* (B, H_1) adjoint of o_1[t] */
    next += B * H_1;
    real *restrict const dz_o_1 = next;    /* (B, H_1) adjoint of z_o_1[t] */
    next += B * H_1;
    real *restrict const dg_1 = next;      /* (B, H_1) adjoint of g_1[t] */
    next += B * H_1;
    real *restrict const dz_g_1 = next;    /* (B, H_1) adjoint of z_g_1[t] */
    next += B * H_1;
    real *restrict const df_1 = next;      /* (B, H_1) adjoint of f_1[t] */
    next += B * H_1;
    real *restrict const dz_f_1 = next;    /* (B, H_1) adjoint of z_f_1[t] */
    next += B * H_1;
    real *restrict const di_1 = next;      /* (B, H_1) adjoint of i_1[t] */
    next += B * H_1;
    real *restrict const dz_i_1 = next;    /* (B, H_1) adjoint of z_i_1[t] */

    for (size_t at = 0; at < H_1 * I; ++at) {
        dW_ii_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1; ++at) {
        db_ii_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1 * H_1; ++at) {
        dW_hi_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1; ++at) {
        db_hi_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1 * I; ++at) {
        dW_if_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1; ++at) {
        db_if_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1 * H_1; ++at) {
        dW_hf_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1; ++at) {
        db_hf_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1 * I; ++at) {
        dW_ig_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1; ++at) {
        db_ig_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1 * H_1; ++at) {
        dW_hg_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1; ++at) {
        db_hg_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1 * I; ++at) {
        dW_io_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1; ++at) {
        db_io_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1 * H_1; ++at) {
        dW_ho_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_1; ++at) {
        db_ho_1[at] = 0.0;
    }
    for (size_t at = 0; at < H_2 * H_1; ++at) {
        dW_ii_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2; ++at) {
        db_ii_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2 * H_2; ++at) {
        dW_hi_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2; ++at) {
        db_hi_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2 * H_1; ++at) {
        dW_if_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2; ++at) {
        db_if_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2 * H_2; ++at) {
        dW_hf_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2; ++at) {
        db_hf_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2 * H_1; ++at) {
        dW_ig_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2; ++at) {
        db_ig_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2 * H_2; ++at) {
        dW_hg_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2; ++at) {
        db_hg_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2 * H_1; ++at) {
        dW_io_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2; ++at) {
        db_io_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2 * H_2; ++at) {
        dW_ho_2[at] = 0.0;
    }
    for (size_t at = 0; at < H_2; ++at) {
        db_ho_2[at] = 0.0;
    }
    for (size_t at = 0; at < O * H_2; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        db_y[at] = 0.0;
    }
    /* (31) z̄_y[T] = y_hat[T] − y[T] */
    for (size_t at = 0; at < B * O; ++at) {
        dz_y[at] = y_hat[at] - y[at];
    }
    /* (90) W̄_hy += z̄_y[T] h_2[T]ᵀ */
    /* dW_hy += dz_yᵀ @ h_2[T] */
    product_tn(O, H_2, B, dz_y, O, h_2 + T * B * H_2, H_2, dW_hy, H_2, true);
    /* (91) b̄_y += z̄_y[T] */
    /* db_y += sum over rows of dz_y */
    for (size_t row = 0; row < B; ++row) {
        for (size_t col = 0; col < O; ++col) {
            db_y[col] += dz_y[row * O + col];
        }
    }
    for (size_t at = 0; at < B * H_1; ++at) {
        carry_h_1[at] = 0.0;
    }
    for (size_t at = 0; at < B * H_1; ++at) {
        carry_c_1[at] = 0.0;
    }
    for (size_t at = 0; at < B * H_2; ++at) {
        carry_h_2[at] = 0.0;
    }
    for (size_t at = 0; at < B * H_2; ++at) {
        carry_c_2[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (32) c̄_2[t] = (1 − m[t+1]) c̄_2[t+1] + c̄_2_new[t+1] ∘ f_2[t+1] */
        for (size_t at = 0; at < B * H_2; ++at) {
            dc_2[at] = carry_c_2[at];
        }
        /* (33) h̄_2[t] = (1 − m[t+1]) h̄_2[t+1] + W_ho_2ᵀ z̄_o_2[t+1] + W_hg_2ᵀ z̄_g_2[t+1] + W_hf_2ᵀ z̄_f_2[t+1] + W_hi_2ᵀ z̄_i_2[t+1] + [t = T] W_hyᵀ z̄_y[T] */
        for (size_t at = 0; at < B * H_2; ++at) {
            dh_2[at] = carry_h_2[at];
        }
        if (t == T - 1) {
            /* dh_2 += dz_y @ W_hy */
            product_nn(B, H_2, O, dz_y, O, W_hy, H_2, dh_2, H_2, true);
        }
        /* (34) h̄_2_new[t] = m[t] h̄_2[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                dh_2_new[row * H_2 + col] = m[t * B + row] * dh_2[row * H_2 + col];
            }
        }
        /* (35) ā_h_2[t] = h̄_2_new[t] ∘ o_2[t] */
        for (size_t at = 0; at < B * H_2; ++at) {
            da_h_2[at] = dh_2_new[at] * o_2[t * B * H_2 + at];
        }
        /* (36) c̄_2_new[t] = m[t] c̄_2[t] + ā_h_2[t] ∘ (1 − a_h_2[t]²) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                dc_2_new[row * H_2 + col] = m[t * B + row] * dc_2[row * H_2 + col] + da_h_2[row * H_2 + col] * (1.0 - square(a_h_2[t * B * H_2 + row * H_2 + col]));
            }
        }
        /* (37) ō_2[t] = h̄_2_new[t] ∘ a_h_2[t] */
        for (size_t at = 0; at < B * H_2; ++at) {
            do_2[at] = dh_2_new[at] * a_h_2[t * B * H_2 + at];
        }
        /* (38) z̄_o_2[t] = ō_2[t] ∘ o_2[t] ∘ (1 − o_2[t]) */
        for (size_t at = 0; at < B * H_2; ++at) {
            dz_o_2[at] = do_2[at] * o_2[t * B * H_2 + at] * (1.0 - o_2[t * B * H_2 + at]);
        }
        /* (39) ḡ_2[t] = c̄_2_new[t] ∘ i_2[t] */
        for (size_t at = 0; at < B * H_2; ++at) {
            dg_2[at] = dc_2_new[at] * i_2[t * B * H_2 + at];
        }
        /* (40) z̄_g_2[t] = ḡ_2[t] ∘ (1 − g_2[t]²) */
        for (size_t at = 0; at < B * H_2; ++at) {
            dz_g_2[at] = dg_2[at] * (1.0 - square(g_2[t * B * H_2 + at]));
        }
        /* (41) f̄_2[t] = c̄_2_new[t] ∘ c_2[t−1] */
        for (size_t at = 0; at < B * H_2; ++at) {
            df_2[at] = dc_2_new[at] * c_2[t * B * H_2 + at];
        }
        /* (42) z̄_f_2[t] = f̄_2[t] ∘ f_2[t] ∘ (1 − f_2[t]) */
        for (size_t at = 0; at < B * H_2; ++at) {
            dz_f_2[at] = df_2[at] * f_2[t * B * H_2 + at] * (1.0 - f_2[t * B * H_2 + at]);
        }
        /* (43) ī_2[t] = c̄_2_new[t] ∘ g_2[t] */
        for (size_t at = 0; at < B * H_2; ++at) {
            di_2[at] = dc_2_new[at] * g_2[t * B * H_2 + at];
        }
        /* (44) z̄_i_2[t] = ī_2[t] ∘ i_2[t] ∘ (1 − i_2[t]) */
        for (size_t at = 0; at < B * H_2; ++at) {
            dz_i_2[at] = di_2[at] * i_2[t * B * H_2 + at] * (1.0 - i_2[t * B * H_2 + at]);
        }
        /* (45) c̄_1[t] = (1 − m[t+1]) c̄_1[t+1] + c̄_1_new[t+1] ∘ f_1[t+1] */
        for (size_t at = 0; at < B * H_1; ++at) {
            dc_1[at] = carry_c_1[at];
        }
        /* (46) h̄_1[t] = W_io_2ᵀ z̄_o_2[t] + W_ig_2ᵀ z̄_g_2[t] + W_if_2ᵀ z̄_f_2[t] + W_ii_2ᵀ z̄_i_2[t] + (1 − m[t+1]) h̄_1[t+1] + W_ho_1ᵀ z̄_o_1[t+1] + W_hg_1ᵀ z̄_g_1[t+1] + W_hf_1ᵀ z̄_f_1[t+1] + W_hi_1ᵀ z̄_i_1[t+1] */
        /* dh_1 = dz_o_2 @ W_io_2 */
        product_nn(B, H_1, H_2, dz_o_2, H_2, W_io_2, H_1, dh_1, H_1, false);
        /* dh_1 += dz_g_2 @ W_ig_2 */
        product_nn(B, H_1, H_2, dz_g_2, H_2, W_ig_2, H_1, dh_1, H_1, true);
        /* dh_1 += dz_f_2 @ W_if_2 */
        product_nn(B, H_1, H_2, dz_f_2, H_2, W_if_2, H_1, dh_1, H_1, true);
        /* dh_1 += dz_i_2 @ W_ii_2 */
        product_nn(B, H_1, H_2, dz_i_2, H_2, W_ii_2, H_1, dh_1, H_1, true);
        for (size_t at = 0; at < B * H_1; ++at) {
            dh_1[at] += carry_h_1[at];
        }
        /* (47) h̄_1_new[t] = m[t] h̄_1[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                dh_1_new[row * H_1 + col] = m[t * B + row] * dh_1[row * H_1 + col];
            }
        }
        /* (48) ā_h_1[t] = h̄_1_new[t] ∘ o_1[t] */
        for (size_t at = 0; at < B * H_1; ++at) {
            da_h_1[at] = dh_1_new[at] * o_1[t * B * H_1 + at];
        }
        /* (49) c̄_1_new[t] = m[t] c̄_1[t] + ā_h_1[t] ∘ (1 − a_h_1[t]²) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                dc_1_new[row * H_1 + col] = m[t * B + row] * dc_1[row * H_1 + col] + da_h_1[row * H_1 + col] * (1.0 - square(a_h_1[t * B * H_1 + row * H_1 + col]));
            }
        }
        /* (50) ō_1[t] = h̄_1_new[t] ∘ a_h_1[t] */
        for (size_t at = 0; at < B * H_1; ++at) {
            do_1[at] = dh_1_new[at] * a_h_1[t * B * H_1 + at];
        }
        /* (51) z̄_o_1[t] = ō_1[t] ∘ o_1[t] ∘ (1 − o_1[t]) */
        for (size_t at = 0; at < B * H_1; ++at) {
            dz_o_1[at] = do_1[at] * o_1[t * B * H_1 + at] * (1.0 - o_1[t * B * H_1 + at]);
        }
        /* (52) ḡ_1[t] = c̄_1_new[t] ∘ i_1[t] */
        for (size_t at = 0; at < B * H_1; ++at) {
            dg_1[at] = dc_1_new[at] * i_1[t * B * H_1 + at];
        }
        /* (53) z̄_g_1[t] = ḡ_1[t] ∘ (1 − g_1[t]²) */
        for (size_t at = 0; at < B * H_1; ++at) {
            dz_g_1[at] = dg_1[at] * (1.0 - square(g_1[t * B * H_1 + at]));
        }
        /* (54) f̄_1[t] = c̄_1_new[t] ∘ c_1[t−1] */
        for (size_t at = 0; at < B * H_1; ++at) {
            df_1[at] = dc_1_new[at] * c_1[t * B * H_1 + at];
        }
        /* (55) z̄_f_1[t] = f̄_1[t] ∘ f_1[t] ∘ (1 − f_1[t]) */
        for (size_t at = 0; at < B * H_1; ++at) {
            dz_f_1[at] = df_1[at] * f_1[t * B * H_1 + at] * (1.0 - f_1[t * B * H_1 + at]);
        }
        /* (56) ī_1[t] = c̄_1_new[t] ∘ g_1[t] */
        for (size_t at = 0; at < B * H_1; ++at) {
            di_1[at] = dc_1_new[at] * g_1[t * B * H_1 + at];
        }
        /* (57) z̄_i_1[t] = ī_1[t] ∘ i_1[t] ∘ (1 − i_1[t]) */
        for (size_t at = 0; at < B * H_1; ++at) {
            dz_i_1[at] = di_1[at] * i_1[t * B * H_1 + at] * (1.0 - i_1[t * B * H_1 + at]);
        }
        /* (58) W̄_ii_1 += z̄_i_1[t] x[t]ᵀ */
        /* dW_ii_1 += dz_i_1ᵀ @ x[t] */
        product_tn(H_1, I, B, dz_i_1, H_1, x + t * B * I, I, dW_ii_1, I, true);
        /* (59) b̄_ii_1 += z̄_i_1[t] */
        /* db_ii_1 += sum over rows of dz_i_1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                db_ii_1[col] += dz_i_1[row * H_1 + col];
            }
        }
        /* (60) W̄_hi_1 += z̄_i_1[t] h_1[t−1]ᵀ */
        /* dW_hi_1 += dz_i_1ᵀ @ h_1[t] */
        product_tn(H_1, H_1, B, dz_i_1, H_1, h_1 + t * B * H_1, H_1, dW_hi_1, H_1, true);
        /* (61) b̄_hi_1 += z̄_i_1[t] */
        /* db_hi_1 += sum over rows of dz_i_1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                db_hi_1[col] += dz_i_1[row * H_1 + col];
            }
        }
        /* (62) W̄_if_1 += z̄_f_1[t] x[t]ᵀ */
        /* dW_if_1 += dz_f_1ᵀ @ x[t] */
        product_tn(H_1, I, B, dz_f_1, H_1, x + t * B * I, I, dW_if_1, I, true);
        /* (63) b̄_if_1 += z̄_f_1[t] */
        /* db_if_1 += sum over rows of dz_f_1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                db_if_1[col] += dz_f_1[row * H_1 + col];
            }
        }
        /* (64) W̄_hf_1 += z̄_f_1[t] h_1[t−1]ᵀ */
        /* dW_hf_1 += dz_f_1ᵀ @ h_1[t] */
        product_tn(H_1, H_1, B, dz_f_1, H_1, h_1 + t * B * H_1, H_1, dW_hf_1, H_1, true);
        /* (65) b̄_hf_1 += z̄_f_1[t] */
        /* db_hf_1 += sum over rows of dz_f_1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                db_hf_1[col] += dz_f_1[row * H_1 + col];
            }
        }
        /* (66) W̄_ig_1 += z̄_g_1[t] x[t]ᵀ */
        /* dW_ig_1 += dz_g_1ᵀ @ x[t] */
        product_tn(H_1, I, B, dz_g_1, H_1, x + t * B * I, I, dW_ig_1, I, true);
        /* (67) b̄_ig_1 += z̄_g_1[t] */
        /* db_ig_1 += sum over rows of dz_g_1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                db_ig_1[col] += dz_g_1[row * H_1 + col];
            }
        }
        /* (68) W̄_hg_1 += z̄_g_1[t] h_1[t−1]ᵀ */
        /* dW_hg_1 += dz_g_1ᵀ @ h_1[t] */
        product_tn(H_1, H_1, B, dz_g_1, H_1, h_1 + t * B * H_1, H_1, dW_hg_1, H_1, true);
        /* (69) b̄_hg_1 += z̄_g_1[t] */
        /* db_hg_1 += sum over rows of dz_g_1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                db_hg_1[col] += dz_g_1[row * H_1 + col];
            }
        }
        /* (70) W̄_io_1 += z̄_o_1[t] x[t]ᵀ */
        /* dW_io_1 += dz_o_1ᵀ @ x[t] */
        product_tn(H_1, I, B, dz_o_1, H_1, x + t * B * I, I, dW_io_1, I, true);
        /* (71) b̄_io_1 += z̄_o_1[t] */
        /* db_io_1 += sum over rows of dz_o_1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                db_io_1[col] += dz_o_1[row * H_1 + col];
            }
        }
        /* (72) W̄_ho_1 += z̄_o_1[t] h_1[t−1]ᵀ */
        /* dW_ho_1 += dz_o_1ᵀ @ h_1[t] */
        product_tn(H_1, H_1, B, dz_o_1, H_1, h_1 + t * B * H_1, H_1, dW_ho_1, H_1, true);
        /* (73) b̄_ho_1 += z̄_o_1[t] */
        /* db_ho_1 += sum over rows of dz_o_1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                db_ho_1[col] += dz_o_1[row * H_1 + col];
            }
        }
        /* (74) W̄_ii_2 += z̄_i_2[t] h_1[t]ᵀ */
        /* dW_ii_2 += dz_i_2ᵀ @ h_1[t + 1] */
        product_tn(H_2, H_1, B, dz_i_2, H_2, h_1 + (t + 1) * B * H_1, H_1, dW_ii_2, H_1, true);
        /* (75) b̄_ii_2 += z̄_i_2[t] */
        /* db_ii_2 += sum over rows of dz_i_2 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                db_ii_2[col] += dz_i_2[row * H_2 + col];
            }
        }
        /* (76) W̄_hi_2 += z̄_i_2[t] h_2[t−1]ᵀ */
        /* dW_hi_2 += dz_i_2ᵀ @ h_2[t] */
        product_tn(H_2, H_2, B, dz_i_2, H_2, h_2 + t * B * H_2, H_2, dW_hi_2, H_2, true);
        /* (77) b̄_hi_2 += z̄_i_2[t] */
        /* db_hi_2 += sum over rows of dz_i_2 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                db_hi_2[col] += dz_i_2[row * H_2 + col];
            }
        }
        /* (78) W̄_if_2 += z̄_f_2[t] h_1[t]ᵀ */
        /* dW_if_2 += dz_f_2ᵀ @ h_1[t + 1] */
        product_tn(H_2, H_1, B, dz_f_2, H_2, h_1 + (t + 1) * B * H_1, H_1, dW_if_2, H_1, true);
        /* (79) b̄_if_2 += z̄_f_2[t] */
        /* db_if_2 += sum over rows of dz_f_2 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                db_if_2[col] += dz_f_2[row * H_2 + col];
            }
        }
        /* (80) W̄_hf_2 += z̄_f_2[t] h_2[t−1]ᵀ */
        /* dW_hf_2 += dz_f_2ᵀ @ h_2[t] */
        product_tn(H_2, H_2, B, dz_f_2, H_2, h_2 + t * B * H_2, H_2, dW_hf_2, H_2, true);
        /* (81) b̄_hf_2 += z̄_f_2[t] */
        /* db_hf_2 += sum over rows of dz_f_2 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                db_hf_2[col] += dz_f_2[row * H_2 + col];
            }
        }
        /* (82) W̄_ig_2 += z̄_g_2[t] h_1[t]ᵀ */
        /* dW_ig_2 += dz_g_2ᵀ @ h_1[t + 1] */
        product_tn(H_2, H_1, B, dz_g_2, H_2, h_1 + (t + 1) * B * H_1, H_1, dW_ig_2, H_1, true);
        /* (83) b̄_ig_2 += z̄_g_2[t] */
        /* db_ig_2 += sum over rows of dz_g_2 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                db_ig_2[col] += dz_g_2[row * H_2 + col];
            }
        }
        /* (84) W̄_hg_2 += z̄_g_2[t] h_2[t−1]ᵀ */
        /* dW_hg_2 += dz_g_2ᵀ @ h_2[t] */
        product_tn(H_2, H_2, B, dz_g_2, H_2, h_2 + t * B * H_2, H_2, dW_hg_2, H_2, true);
        /* (85) b̄_hg_2 += z̄_g_2[t] */
        /* db_hg_2 += sum over rows of dz_g_2 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                db_hg_2[col] += dz_g_2[row * H_2 + col];
            }
        }
        /* (86) W̄_io_2 += z̄_o_2[t] h_1[t]ᵀ */
        /* dW_io_2 += dz_o_2ᵀ @ h_1[t + 1] */
        product_tn(H_2, H_1, B, dz_o_2, H_2, h_1 + (t + 1) * B * H_1, H_1, dW_io_2, H_1, true);
        /* (87) b̄_io_2 += z̄_o_2[t] */
        /* db_io_2 += sum over rows of dz_o_2 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                db_io_2[col] += dz_o_2[row * H_2 + col];
            }
        }
        /* (88) W̄_ho_2 += z̄_o_2[t] h_2[t−1]ᵀ */
        /* dW_ho_2 += dz_o_2ᵀ @ h_2[t] */
        product_tn(H_2, H_2, B, dz_o_2, H_2, h_2 + t * B * H_2, H_2, dW_ho_2, H_2, true);
        /* (89) b̄_ho_2 += z̄_o_2[t] */
        /* db_ho_2 += sum over rows of dz_o_2 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                db_ho_2[col] += dz_o_2[row * H_2 + col];
            }
        }
        /* (92) x̄[t] = W_io_1ᵀ z̄_o_1[t] + W_ig_1ᵀ z̄_g_1[t] + W_if_1ᵀ z̄_f_1[t] + W_ii_1ᵀ z̄_i_1[t] */
        /* dx[t] = dz_o_1 @ W_io_1 */
        product_nn(B, I, H_1, dz_o_1, H_1, W_io_1, I, dx + t * B * I, I, false);
        /* dx[t] += dz_g_1 @ W_ig_1 */
        product_nn(B, I, H_1, dz_g_1, H_1, W_ig_1, I, dx + t * B * I, I, true);
        /* dx[t] += dz_f_1 @ W_if_1 */
        product_nn(B, I, H_1, dz_f_1, H_1, W_if_1, I, dx + t * B * I, I, true);
        /* dx[t] += dz_i_1 @ W_ii_1 */
        product_nn(B, I, H_1, dz_i_1, H_1, W_ii_1, I, dx + t * B * I, I, true);
        /* (32) what step t gives to c_2 of earlier steps: (1 − m[t]) c̄_2[t] + c̄_2_new[t] ∘ f_2[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                carry_c_2[row * H_2 + col] = (1.0 - m[t * B + row]) * dc_2[row * H_2 + col] + dc_2_new[row * H_2 + col] * f_2[t * B * H_2 + row * H_2 + col];
            }
        }
        /* (33) what step t gives to h_2 of earlier steps: (1 − m[t]) h̄_2[t] + W_ho_2ᵀ z̄_o_2[t] + W_hg_2ᵀ z̄_g_2[t] + W_hf_2ᵀ z̄_f_2[t] + W_hi_2ᵀ z̄_i_2[t] */
        /* carry_h_2 = dz_o_2 @ W_ho_2 */
        product_nn(B, H_2, H_2, dz_o_2, H_2, W_ho_2, H_2, carry_h_2, H_2, false);
        /* carry_h_2 += dz_g_2 @ W_hg_2 */
        product_nn(B, H_2, H_2, dz_g_2, H_2, W_hg_2, H_2, carry_h_2, H_2, true);
        /* carry_h_2 += dz_f_2 @ W_hf_2 */
        product_nn(B, H_2, H_2, dz_f_2, H_2, W_hf_2, H_2, carry_h_2, H_2, true);
        /* carry_h_2 += dz_i_2 @ W_hi_2 */
        product_nn(B, H_2, H_2, dz_i_2, H_2, W_hi_2, H_2, carry_h_2, H_2, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_2; ++col) {
                carry_h_2[row * H_2 + col] += (1.0 - m[t * B + row]) * dh_2[row * H_2 + col];
            }
        }
        /* (45) what step t gives to c_1 of earlier steps: (1 − m[t]) c̄_1[t] + c̄_1_new[t] ∘ f_1[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                carry_c_1[row * H_1 + col] = (1.0 - m[t * B + row]) * dc_1[row * H_1 + col] + dc_1_new[row * H_1 + col] * f_1[t * B * H_1 + row * H_1 + col];
            }
        }
        /* (46) what step t gives to h_1 of earlier steps: (1 − m[t]) h̄_1[t] + W_ho_1ᵀ z̄_o_1[t] + W_hg_1ᵀ z̄_g_1[t] + W_hf_1ᵀ z̄_f_1[t] + W_hi_1ᵀ z̄_i_1[t] */
        /* carry_h_1 = dz_o_1 @ W_ho_1 */
        product_nn(B, H_1, H_1, dz_o_1, H_1, W_ho_1, H_1, carry_h_1, H_1, false);
        /* carry_h_1 += dz_g_1 @ W_hg_1 */
        product_nn(B, H_1, H_1, dz_g_1, H_1, W_hg_1, H_1, carry_h_1, H_1, true);
        /* carry_h_1 += dz_f_1 @ W_hf_1 */
        product_nn(B, H_1, H_1, dz_f_1, H_1, W_hf_1, H_1, carry_h_1, H_1, true);
        /* carry_h_1 += dz_i_1 @ W_hi_1 */
        product_nn(B, H_1, H_1, dz_i_1, H_1, W_hi_1, H_1, carry_h_1, H_1, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_1; ++col) {
                carry_h_1[row * H_1 + col] += (1.0 - m[t * B + row]) * dh_1[row * H_1 + col];
            }
        }
    }
    /* (93) h̄_1[0] = (1 − m[1]) h̄_1[1] + W_ho_1ᵀ z̄_o_1[1] + W_hg_1ᵀ z̄_g_1[1] + W_hf_1ᵀ z̄_f_1[1] + W_hi_1ᵀ z̄_i_1[1] */
    for (size_t at = 0; at < B * H_1; ++at) {
        dh_10[at] = carry_h_1[at];
    }
    /* (94) c̄_1[0] = (1 − m[1]) c̄_1[1] + c̄_1_new[1] ∘ f_1[1] */
    for (size_t at = 0; at < B * H_1; ++at) {
        dc_10[at] = carry_c_1[at];
    }
    /* (95) h̄_2[0] = (1 − m[1]) h̄_2[1] + W_ho_2ᵀ z̄_o_2[1] + W_hg_2ᵀ z̄_g_2[1] + W_hf_2ᵀ z̄_f_2[1] + W_hi_2ᵀ z̄_i_2[1] */
    for (size_t at = 0; at < B * H_2; ++at) {
        dh_20[at] = carry_h_2[at];
    }
    /* (96) c̄_2[0] = (1 − m[1]) c̄_2[1] + c̄_2_new[1] ∘ f_2[1] */
    for (size_t at = 0; at < B * H_2; ++at) {
        dc_20[at] = carry_c_2[at];
    }
    return LSTM_2_MANY_TO_ONE_F64_OK;
}

lstm_2_many_to_one_f64_status lstm_2_many_to_one_f64_loss_and_gradient(
                                                                       const lstm_2_many_to_one_f64_sizes *sizes,
                                                                       const lstm_2_many_to_one_f64_given *given,
                                                                       const lstm_2_many_to_one_f64_kept *kept,
                                                                       const lstm_2_many_to_one_f64_gradients *gradients,
                                                                       double *work)
{
    const lstm_2_many_to_one_f64_status status = lstm_2_many_to_one_f64_forward(sizes, given, kept, work);
    return status != LSTM_2_MANY_TO_ONE_F64_OK ? status : lstm_2_many_to_one_f64_backward(sizes, given, kept, gradients, work);
}
