/* gated recurrent unit, reset after the product, z keeps the old state, as in PyTorch with gated recurrent unit, reset after the product, z keeps the old state, as in PyTorch with softmax and cross-entropy, encoder decoder:
 * see gru_encoder_decoder_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "gru_encoder_decoder_f64.h"

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

static gru_encoder_decoder_f64_status check(const gru_encoder_decoder_f64_sizes *sizes)
{
    if (sizes == NULL)
        return GRU_ENCODER_DECODER_F64_NULL;
    const size_t T = sizes->T;
    const size_t S = sizes->S;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t I_d = sizes->I_d;
    const size_t H_e = sizes->H_e;
    const size_t O = sizes->O;
    if (T == 0 || S == 0 || B == 0 || I == 0 || I_d == 0 || H_e == 0 || O == 0)
        return GRU_ENCODER_DECODER_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* x */
        times(times(S, B), I_d),                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* x_d */
        times(B, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* h_e0 */
        times(times(S, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* y */
        times(H_e, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* W_ir_e */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* b_ir_e */
        times(H_e, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* W_hr_e */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* b_hr_e */
        times(H_e, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* W_iz_e */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* b_iz_e */
        times(H_e, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* W_hz_e */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* b_hz_e */
        times(H_e, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* W_in_e */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* b_in_e */
        times(H_e, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* W_hn_e */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* b_hn_e */
        times(H_e, plus(H_e, I_d)),                                                                                                                                                                                                                                                                                                                                                                                                                                                                /* W_ir_d */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* b_ir_d */
        times(H_e, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* W_hr_d */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* b_hr_d */
        times(H_e, plus(H_e, I_d)),                                                                                                                                                                                                                                                                                                                                                                                                                                                                /* W_iz_d */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* b_iz_d */
        times(H_e, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* W_hz_d */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* b_hz_d */
        times(H_e, plus(H_e, I_d)),                                                                                                                                                                                                                                                                                                                                                                                                                                                                /* W_in_d */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* b_in_d */
        times(H_e, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* W_hn_d */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* b_hn_d */
        times(O, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* W_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         /* b_y */
        times(times(plus(T, 1), B), H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* h_e */
        times(times(plus(S, 1), B), H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* h_d */
        times(times(S, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* y_hat */
        times(times(T, B), H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* r_e */
        times(times(T, B), H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* z_e */
        times(times(T, B), H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* u_n_e */
        times(times(T, B), H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* n_e */
        times(times(S, B), plus(H_e, I_d)),                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* u_d */
        times(times(S, B), H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* r_d */
        times(times(S, B), H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* z_d */
        times(times(S, B), H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* u_n_d */
        times(times(S, B), H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* n_d */
        times(H_e, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* dW_ir_e */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* db_ir_e */
        times(H_e, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* dW_hr_e */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* db_hr_e */
        times(H_e, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* dW_iz_e */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* db_iz_e */
        times(H_e, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* dW_hz_e */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* db_hz_e */
        times(H_e, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* dW_in_e */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* db_in_e */
        times(H_e, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* dW_hn_e */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* db_hn_e */
        times(H_e, plus(H_e, I_d)),                                                                                                                                                                                                                                                                                                                                                                                                                                                                /* dW_ir_d */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* db_ir_d */
        times(H_e, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* dW_hr_d */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* db_hr_d */
        times(H_e, plus(H_e, I_d)),                                                                                                                                                                                                                                                                                                                                                                                                                                                                /* dW_iz_d */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* db_iz_d */
        times(H_e, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* dW_hz_d */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* db_hz_d */
        times(H_e, plus(H_e, I_d)),                                                                                                                                                                                                                                                                                                                                                                                                                                                                /* dW_in_d */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* db_in_d */
        times(H_e, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* dW_hn_d */
        H_e,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* db_hn_d */
        times(O, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* dW_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         /* db_y */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* dx */
        times(times(S, B), I_d),                                                                                                                                                                                                                                                                                                                                                                                                                                                                   /* dx_d */
        times(B, H_e),                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* dh_e0 */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H_e), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, O)), B), B), B),                                                                                                                                                                                                                                                                                                 /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H_e), times(B, H_e)), times(B, H_e)), times(B, O)), times(times(S, B), H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, plus(H_e, I_d))), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), times(B, H_e)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return GRU_ENCODER_DECODER_F64_TOO_LARGE;
    return GRU_ENCODER_DECODER_F64_OK;
}

const char *gru_encoder_decoder_f64_message(gru_encoder_decoder_f64_status status)
{
    switch (status) {
    case GRU_ENCODER_DECODER_F64_OK:
        return "all is well";
    case GRU_ENCODER_DECODER_F64_ZERO_SIZE:
        return "a size is 0";
    case GRU_ENCODER_DECODER_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case GRU_ENCODER_DECODER_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t gru_encoder_decoder_f64_workspace(const gru_encoder_decoder_f64_sizes *sizes)
{
    if (check(sizes) != GRU_ENCODER_DECODER_F64_OK)
        return 0;
    size_t most = 1;
    const size_t S = sizes->S;
    const size_t B = sizes->B;
    const size_t I_d = sizes->I_d;
    const size_t H_e = sizes->H_e;
    const size_t O = sizes->O;
    const size_t for_forward = B * H_e + B * H_e + B * H_e + B * H_e + B * H_e + B * H_e + B * H_e + B * O + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H_e + B * H_e + B * H_e + B * O + S * B * H_e + B * H_e + B * H_e + B * H_e + B * H_e + B * H_e + B * H_e + B * H_e + B * (H_e + I_d) + B * H_e + B * H_e + B * H_e + B * H_e + B * H_e + B * H_e + B * H_e + B * H_e + B * H_e;
    if (for_backward > most)
        most = for_backward;
    return most;
}

gru_encoder_decoder_f64_status gru_encoder_decoder_f64_forward(const gru_encoder_decoder_f64_sizes *sizes,
                                                               const gru_encoder_decoder_f64_given *given,
                                                               const gru_encoder_decoder_f64_kept *kept,
                                                               double *work)
{
    const gru_encoder_decoder_f64_status status = check(sizes);
    if (status != GRU_ENCODER_DECODER_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return GRU_ENCODER_DECODER_F64_NULL;
    if (given->x == NULL || given->x_d == NULL || given->h_e0 == NULL || given->y == NULL ||
        given->W_ir_e == NULL || given->b_ir_e == NULL || given->W_hr_e == NULL || given->b_hr_e == NULL ||
        given->W_iz_e == NULL || given->b_iz_e == NULL || given->W_hz_e == NULL || given->b_hz_e == NULL ||
        given->W_in_e == NULL || given->b_in_e == NULL || given->W_hn_e == NULL || given->b_hn_e == NULL ||
        given->W_ir_d == NULL || given->b_ir_d == NULL || given->W_hr_d == NULL || given->b_hr_d == NULL ||
        given->W_iz_d == NULL || given->b_iz_d == NULL || given->W_hz_d == NULL || given->b_hz_d == NULL ||
        given->W_in_d == NULL || given->b_in_d == NULL || given->W_hn_d == NULL || given->b_hn_d == NULL ||
        given->W_hy == NULL || given->b_y == NULL || kept->h_e == NULL || kept->h_d == NULL ||
        kept->y_hat == NULL || kept->r_e == NULL || kept->z_e == NULL || kept->u_n_e == NULL ||
        kept->n_e == NULL || kept->u_d == NULL || kept->r_d == NULL || kept->z_d == NULL ||
        kept->u_n_d == NULL || kept->n_d == NULL || kept->J == NULL)
        return GRU_ENCODER_DECODER_F64_NULL;

    const size_t T = sizes->T;
    const size_t S = sizes->S;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t I_d = sizes->I_d;
    const size_t H_e = sizes->H_e;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;           /* (T, B, I) */
    const real *restrict const x_d = given->x_d;       /* (S, B, I_d) */
    const real *restrict const h_e0 = given->h_e0;     /* (B, H_e) */
    const real *restrict const y = given->y;           /* (S, B, O) */
    const real *restrict const W_ir_e = given->W_ir_e; /* (H_e, I) */
    const real *restrict const b_ir_e = given->b_ir_e; /* (H_e) */
    const real *restrict const W_hr_e = given->W_hr_e; /* (H_e, H_e) */
    const real *restrict const b_hr_e = given->b_hr_e; /* (H_e) */
    const real *restrict const W_iz_e = given->W_iz_e; /* (H_e, I) */
    const real *restrict const b_iz_e = given->b_iz_e; /* (H_e) */
    const real *restrict const W_hz_e = given->W_hz_e; /* (H_e, H_e) */
    const real *restrict const b_hz_e = given->b_hz_e; /* (H_e) */
    const real *restrict const W_in_e = given->W_in_e; /* (H_e, I) */
    const real *restrict const b_in_e = given->b_in_e; /* (H_e) */
    const real *restrict const W_hn_e = given->W_hn_e; /* (H_e, H_e) */
    const real *restrict const b_hn_e = given->b_hn_e; /* (H_e) */
    const real *restrict const W_ir_d = given->W_ir_d; /* (H_e, H_e + I_d) */
    const real *restrict const b_ir_d = given->b_ir_d; /* (H_e) */
    const real *restrict const W_hr_d = given->W_hr_d; /* (H_e, H_e) */
    const real *restrict const b_hr_d = given->b_hr_d; /* (H_e) */
    const real *restrict const W_iz_d = given->W_iz_d; /* (H_e, H_e + I_d) */
    const real *restrict const b_iz_d = given->b_iz_d; /* (H_e) */
    const real *restrict const W_hz_d = given->W_hz_d; /* (H_e, H_e) */
    const real *restrict const b_hz_d = given->b_hz_d; /* (H_e) */
    const real *restrict const W_in_d = given->W_in_d; /* (H_e, H_e + I_d) */
    const real *restrict const b_in_d = given->b_in_d; /* (H_e) */
    const real *restrict const W_hn_d = given->W_hn_d; /* (H_e, H_e) */
    const real *restrict const b_hn_d = given->b_hn_d; /* (H_e) */
    const real *restrict const W_hy = given->W_hy;     /* (O, H_e) */
    const real *restrict const b_y = given->b_y;       /* (O) */
    real *restrict const h_e = kept->h_e;              /* (T + 1, B, H_e) */
    real *restrict const h_d = kept->h_d;              /* (S + 1, B, H_e) */
    real *restrict const y_hat = kept->y_hat;          /* (S, B, O) */
    real *restrict const r_e = kept->r_e;              /* (T, B, H_e) */
    real *restrict const z_e = kept->z_e;              /* (T, B, H_e) */
    real *restrict const u_n_e = kept->u_n_e;          /* (T, B, H_e) */
    real *restrict const n_e = kept->n_e;              /* (T, B, H_e) */
    real *restrict const u_d = kept->u_d;              /* (S, B, H_e + I_d) */
    real *restrict const r_d = kept->r_d;              /* (S, B, H_e) */
    real *restrict const z_d = kept->z_d;              /* (S, B, H_e) */
    real *restrict const u_n_d = kept->u_n_d;          /* (S, B, H_e) */
    real *restrict const n_d = kept->n_d;              /* (S, B, H_e) */
    real *restrict const J = kept->J;                  /* () */
    real *next = work;
    real *restrict const z_r_e = next;     /* (B, H_e) z_r_e[t] */
    next += B * H_e;
    real *restrict const z_z_e = next;     /* (B, H_e) z_z_e[t] */
    next += B * H_e;
    real *restrict const z_n_e = next;     /* (B, H_e) z_n_e[t] */
    next += B * H_e;
    real *restrict const c_e = next;       /* (B, H_e) c_e[T] */
    next += B * H_e;
    real *restrict const z_r_d = next;     /* (B, H_e) z_r_d[t] */
    next += B * H_e;
    real *restrict const z_z_d = next;     /* (B, H_e) z_z_d[t] */
    next += B * H_e;
    real *restrict const z_n_d = next;     /* (B, H_e) z_n_d[t] */
    next += B * H_e;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    for (size_t at = 0; at < B * H_e; ++at) {
        h_e[at] = h_e0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) z_r_e[t] = W_ir_e x[t] + b_ir_e + W_hr_e h_e[t−1] + b_hr_e */
        /* z_r_e = x[t] @ W_ir_eᵀ */
        product_nt(B, H_e, I, x + t * B * I, I, W_ir_e, I, z_r_e, H_e, false);
        /* z_r_e += h_e[t] @ W_hr_eᵀ */
        product_nt(B, H_e, H_e, h_e + t * B * H_e, H_e, W_hr_e, H_e, z_r_e, H_e, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                z_r_e[row * H_e + col] += b_ir_e[col] + b_hr_e[col];
            }
        }
        /* (2) r_e[t] = sigmoid(z_r_e[t]) */
        for (size_t at = 0; at < B * H_e; ++at) {
            r_e[t * B * H_e + at] = sigmoid(z_r_e[at]);
        }
        /* (3) z_z_e[t] = W_iz_e x[t] + b_iz_e + W_hz_e h_e[t−1] + b_hz_e */
        /* z_z_e = x[t] @ W_iz_eᵀ */
        product_nt(B, H_e, I, x + t * B * I, I, W_iz_e, I, z_z_e, H_e, false);
        /* z_z_e += h_e[t] @ W_hz_eᵀ */
        product_nt(B, H_e, H_e, h_e + t * B * H_e, H_e, W_hz_e, H_e, z_z_e, H_e, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                z_z_e[row * H_e + col] += b_iz_e[col] + b_hz_e[col];
            }
        }
        /* (4) z_e[t] = sigmoid(z_z_e[t]) */
        for (size_t at = 0; at < B * H_e; ++at) {
            z_e[t * B * H_e + at] = sigmoid(z_z_e[at]);
        }
        /* (5) u_n_e[t] = W_hn_e h_e[t−1] + b_hn_e */
        /* u_n_e[t] = h_e[t] @ W_hn_eᵀ */
        product_nt(B, H_e, H_e, h_e + t * B * H_e, H_e, W_hn_e, H_e, u_n_e + t * B * H_e, H_e, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                u_n_e[t * B * H_e + row * H_e + col] += b_hn_e[col];
            }
        }
        /* (6) z_n_e[t] = W_in_e x[t] + b_in_e + r_e[t] ∘ u_n_e[t] */
        /* z_n_e = x[t] @ W_in_eᵀ */
        product_nt(B, H_e, I, x + t * B * I, I, W_in_e, I, z_n_e, H_e, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                z_n_e[row * H_e + col] += b_in_e[col] + r_e[t * B * H_e + row * H_e + col] * u_n_e[t * B * H_e + row * H_e + col];
            }
        }
        /* (7) n_e[t] = tanh(z_n_e[t]) */
        for (size_t at = 0; at < B * H_e; ++at) {
            n_e[t * B * H_e + at] = tanh_of(z_n_e[at]);
        }
        /* (8) h_e[t] = (1 − z_e[t]) ∘ n_e[t] + z_e[t] ∘ h_e[t−1] */
        for (size_t at = 0; at < B * H_e; ++at) {
            h_e[(t + 1) * B * H_e + at] = (1.0 - z_e[t * B * H_e + at]) * n_e[t * B * H_e + at] + z_e[t * B * H_e + at] * h_e[t * B * H_e + at];
        }
    }
    /* (9) c_e[T] = h_e[T] */
    for (size_t at = 0; at < B * H_e; ++at) {
        c_e[at] = h_e[T * B * H_e + at];
    }
    /* (10) h_d[0] = h_e[T] */
    for (size_t at = 0; at < B * H_e; ++at) {
        h_d[at] = h_e[T * B * H_e + at];
    }
    for (size_t t = 0; t < S; ++t) {
        /* (11) u_d[t] = [x_d[t]; c_e[T]] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I_d; ++col) {
                u_d[t * B * (H_e + I_d) + row * (H_e + I_d) + col] = x_d[t * B * I_d + row * I_d + col];
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                u_d[t * B * (H_e + I_d) + I_d + row * (H_e + I_d) + col] = c_e[row * H_e + col];
            }
        }
        /* (12) z_r_d[t] = W_ir_d u_d[t] + b_ir_d + W_hr_d h_d[t−1] + b_hr_d */
        /* z_r_d = u_d[t] @ W_ir_dᵀ */
        product_nt(B, H_e, H_e + I_d, u_d + t * B * (H_e + I_d), H_e + I_d, W_ir_d, H_e + I_d, z_r_d, H_e, false);
        /* z_r_d += h_d[t] @ W_hr_dᵀ */
        product_nt(B, H_e, H_e, h_d + t * B * H_e, H_e, W_hr_d, H_e, z_r_d, H_e, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                z_r_d[row * H_e + col] += b_ir_d[col] + b_hr_d[col];
            }
        }
        /* (13) r_d[t] = sigmoid(z_r_d[t]) */
        for (size_t at = 0; at < B * H_e; ++at) {
            r_d[t * B * H_e + at] = sigmoid(z_r_d[at]);
        }
        /* (14) z_z_d[t] = W_iz_d u_d[t] + b_iz_d + W_hz_d h_d[t−1] + b_hz_d */
        /* z_z_d = u_d[t] @ W_iz_dᵀ */
        product_nt(B, H_e, H_e + I_d, u_d + t * B * (H_e + I_d), H_e + I_d, W_iz_d, H_e + I_d, z_z_d, H_e, false);
        /* z_z_d += h_d[t] @ W_hz_dᵀ */
        product_nt(B, H_e, H_e, h_d + t * B * H_e, H_e, W_hz_d, H_e, z_z_d, H_e, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                z_z_d[row * H_e + col] += b_iz_d[col] + b_hz_d[col];
            }
        }
        /* (15) z_d[t] = sigmoid(z_z_d[t]) */
        for (size_t at = 0; at < B * H_e; ++at) {
            z_d[t * B * H_e + at] = sigmoid(z_z_d[at]);
        }
        /* (16) u_n_d[t] = W_hn_d h_d[t−1] + b_hn_d */
        /* u_n_d[t] = h_d[t] @ W_hn_dᵀ */
        product_nt(B, H_e, H_e, h_d + t * B * H_e, H_e, W_hn_d, H_e, u_n_d + t * B * H_e, H_e, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                u_n_d[t * B * H_e + row * H_e + col] += b_hn_d[col];
            }
        }
        /* (17) z_n_d[t] = W_in_d u_d[t] + b_in_d + r_d[t] ∘ u_n_d[t] */
        /* z_n_d = u_d[t] @ W_in_dᵀ */
        product_nt(B, H_e, H_e + I_d, u_d + t * B * (H_e + I_d), H_e + I_d, W_in_d, H_e + I_d, z_n_d, H_e, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                z_n_d[row * H_e + col] += b_in_d[col] + r_d[t * B * H_e + row * H_e + col] * u_n_d[t * B * H_e + row * H_e + col];
            }
        }
        /* (18) n_d[t] = tanh(z_n_d[t]) */
        for (size_t at = 0; at < B * H_e; ++at) {
            n_d[t * B * H_e + at] = tanh_of(z_n_d[at]);
        }
        /* (19) h_d[t] = (1 − z_d[t]) ∘ n_d[t] + z_d[t] ∘ h_d[t−1] */
        for (size_t at = 0; at < B * H_e; ++at) {
            h_d[(t + 1) * B * H_e + at] = (1.0 - z_d[t * B * H_e + at]) * n_d[t * B * H_e + at] + z_d[t * B * H_e + at] * h_d[t * B * H_e + at];
        }
        /* (20) z_y[t] = W_hy h_d[t] + b_y */
        /* z_y = h_d[t + 1] @ W_hyᵀ */
        product_nt(B, O, H_e, h_d + (t + 1) * B * H_e, H_e, W_hy, H_e, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b_y[col];
            }
        }
        /* (21) y_hat[t] = softmax(z_y[t]) */
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
        /* (22) J += −y[t]ᵀ log_softmax(z_y[t]) */
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
    return GRU_ENCODER_DECODER_F64_OK;
}

gru_encoder_decoder_f64_status gru_encoder_decoder_f64_backward(const gru_encoder_decoder_f64_sizes *sizes,
                                                                const gru_encoder_decoder_f64_given *given,
                                                                const gru_encoder_decoder_f64_kept *kept,
                                                                const gru_encoder_decoder_f64_gradients *gradients,
                                                                double *work)
{
    const gru_encoder_decoder_f64_status status = check(sizes);
    if (status != GRU_ENCODER_DECODER_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return GRU_ENCODER_DECODER_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->W_ir_e == NULL || given->W_hr_e == NULL ||
        given->W_iz_e == NULL || given->W_hz_e == NULL || given->W_in_e == NULL || given->W_hn_e == NULL ||
        given->W_ir_d == NULL || given->W_hr_d == NULL || given->W_iz_d == NULL || given->W_hz_d == NULL ||
        given->W_in_d == NULL || given->W_hn_d == NULL || given->W_hy == NULL || kept->h_e == NULL ||
        kept->h_d == NULL || kept->y_hat == NULL || kept->r_e == NULL || kept->z_e == NULL ||
        kept->u_n_e == NULL || kept->n_e == NULL || kept->u_d == NULL || kept->r_d == NULL ||
        kept->z_d == NULL || kept->u_n_d == NULL || kept->n_d == NULL || gradients->dW_ir_e == NULL ||
        gradients->db_ir_e == NULL || gradients->dW_hr_e == NULL || gradients->db_hr_e == NULL || gradients->dW_iz_e == NULL ||
        gradients->db_iz_e == NULL || gradients->dW_hz_e == NULL || gradients->db_hz_e == NULL || gradients->dW_in_e == NULL ||
        gradients->db_in_e == NULL || gradients->dW_hn_e == NULL || gradients->db_hn_e == NULL || gradients->dW_ir_d == NULL ||
        gradients->db_ir_d == NULL || gradients->dW_hr_d == NULL || gradients->db_hr_d == NULL || gradients->dW_iz_d == NULL ||
        gradients->db_iz_d == NULL || gradients->dW_hz_d == NULL || gradients->db_hz_d == NULL || gradients->dW_in_d == NULL ||
        gradients->db_in_d == NULL || gradients->dW_hn_d == NULL || gradients->db_hn_d == NULL || gradients->dW_hy == NULL ||
        gradients->db_y == NULL || gradients->dx == NULL || gradients->dx_d == NULL || gradients->dh_e0 == NULL)
        return GRU_ENCODER_DECODER_F64_NULL;

    const size_t T = sizes->T;
    const size_t S = sizes->S;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t I_d = sizes->I_d;
    const size_t H_e = sizes->H_e;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;           /* (T, B, I) */
    const real *restrict const y = given->y;           /* (S, B, O) */
    const real *restrict const W_ir_e = given->W_ir_e; /* (H_e, I) */
    const real *restrict const W_hr_e = given->W_hr_e; /* (H_e, H_e) */
    const real *restrict const W_iz_e = given->W_iz_e; /* (H_e, I) */
    const real *restrict const W_hz_e = given->W_hz_e; /* (H_e, H_e) */
    const real *restrict const W_in_e = given->W_in_e; /* (H_e, I) */
    const real *restrict const W_hn_e = given->W_hn_e; /* (H_e, H_e) */
    const real *restrict const W_ir_d = given->W_ir_d; /* (H_e, H_e + I_d) */
    const real *restrict const W_hr_d = given->W_hr_d; /* (H_e, H_e) */
    const real *restrict const W_iz_d = given->W_iz_d; /* (H_e, H_e + I_d) */
    const real *restrict const W_hz_d = given->W_hz_d; /* (H_e, H_e) */
    const real *restrict const W_in_d = given->W_in_d; /* (H_e, H_e + I_d) */
    const real *restrict const W_hn_d = given->W_hn_d; /* (H_e, H_e) */
    const real *restrict const W_hy = given->W_hy;     /* (O, H_e) */
    const real *restrict const h_e = kept->h_e;        /* (T + 1, B, H_e) */
    const real *restrict const h_d = kept->h_d;        /* (S + 1, B, H_e) */
    const real *restrict const y_hat = kept->y_hat;    /* (S, B, O) */
    const real *restrict const r_e = kept->r_e;        /* (T, B, H_e) */
    const real *restrict const z_e = kept->z_e;        /* (T, B, H_e) */
    const real *restrict const u_n_e = kept->u_n_e;    /* (T, B, H_e) */
    const real *restrict const n_e = kept->n_e;        /* (T, B, H_e) */
    const real *restrict const u_d = kept->u_d;        /* (S, B, H_e + I_d) */
    const real *restrict const r_d = kept->r_d;        /* (S, B, H_e) */
    const real *restrict const z_d = kept->z_d;        /* (S, B, H_e) */
    const real *restrict const u_n_d = kept->u_n_d;    /* (S, B, H_e) */
    const real *restrict const n_d = kept->n_d;        /* (S, B, H_e) */
    real *restrict const dW_ir_e = gradients->dW_ir_e; /* (H_e, I) */
    real *restrict const db_ir_e = gradients->db_ir_e; /* (H_e) */
    real *restrict const dW_hr_e = gradients->dW_hr_e; /* (H_e, H_e) */
    real *restrict const db_hr_e = gradients->db_hr_e; /* (H_e) */
    real *restrict const dW_iz_e = gradients->dW_iz_e; /* (H_e, I) */
    real *restrict const db_iz_e = gradients->db_iz_e; /* (H_e) */
    real *restrict const dW_hz_e = gradients->dW_hz_e; /* (H_e, H_e) */
    real *restrict const db_hz_e = gradients->db_hz_e; /* (H_e) */
    real *restrict const dW_in_e = gradients->dW_in_e; /* (H_e, I) */
    real *restrict const db_in_e = gradients->db_in_e; /* (H_e) */
    real *restrict const dW_hn_e = gradients->dW_hn_e; /* (H_e, H_e) */
    real *restrict const db_hn_e = gradients->db_hn_e; /* (H_e) */
    real *restrict const dW_ir_d = gradients->dW_ir_d; /* (H_e, H_e + I_d) */
    real *restrict const db_ir_d = gradients->db_ir_d; /* (H_e) */
    real *restrict const dW_hr_d = gradients->dW_hr_d; /* (H_e, H_e) */
    real *restrict const db_hr_d = gradients->db_hr_d; /* (H_e) */
    real *restrict const dW_iz_d = gradients->dW_iz_d; /* (H_e, H_e + I_d) */
    real *restrict const db_iz_d = gradients->db_iz_d; /* (H_e) */
    real *restrict const dW_hz_d = gradients->dW_hz_d; /* (H_e, H_e) */
    real *restrict const db_hz_d = gradients->db_hz_d; /* (H_e) */
    real *restrict const dW_in_d = gradients->dW_in_d; /* (H_e, H_e + I_d) */
    real *restrict const db_in_d = gradients->db_in_d; /* (H_e) */
    real *restrict const dW_hn_d = gradients->dW_hn_d; /* (H_e, H_e) */
    real *restrict const db_hn_d = gradients->db_hn_d; /* (H_e) */
    real *restrict const dW_hy = gradients->dW_hy;     /* (O, H_e) */
    real *restrict const db_y = gradients->db_y;       /* (O) */
    real *restrict const dx = gradients->dx;           /* (T, B, I) */
    real *restrict const dx_d = gradients->dx_d;       /* (S, B, I_d) */
    real *restrict const dh_e0 = gradients->dh_e0;     /* (B, H_e) */
    real *next = work;
    real *restrict const carry_h_e = next;  /* (B, H_e) what later steps give to the adjoint of h_e */
    next += B * H_e;
    real *restrict const carry_h_d = next;  /* (B, H_e) what later steps give to the adjoint of h_d */
    next += B * H_e;
    real *restrict const dc_e = next;       /* (B, H_e) adjoint of c_e[T] */
    next += B * H_e;
    real *restrict const dz_y = next;       /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dh_d = next;       /* (S, B, H_e) adjoint of h_d[t] */
    next += S * B * H_e;
    real *restrict const dn_d = next;       /* (B, H_e) adjoint of n_d[t] */
    next += B * H_e;
    real *restrict const dz_n_d = next;     /* (B, H_e) adjoint of z_n_d[t] */
    next += B * H_e;
    real *restrict const du_n_d = next;     /* (B, H_e) adjoint of u_n_d[t] */
    next += B * H_e;
    real *restrict const dz_d = next;       /* (B, H_e) adjoint of z_d[t] */
    next += B * H_e;
    real *restrict const dz_z_d = next;     /* (B, H_e) adjoint of z_z_d[t] */
    next += B * H_e;
    real *restrict const dr_d = next;       /* (B, H_e) adjoint of r_d[t] */
    next += B * H_e;
    real *restrict const dz_r_d = next;     /* (B, H_e) adjoint of z_r_d[t] */
    next += B * H_e;
    real *restrict const du_d = next;       /* (B, H_e + I_d) adjoint of u_d[t] */
    next += B * (H_e + I_d);
    real *restrict const dh_d_start = next; /* (B, H_e) adjoint of h_d[0] */
    next += B * H_e;
    real *restrict const dh_e = next;       /* (B, H_e) adjoint of h_e[t] */
    next += B * H_e;
    real *restrict const dn_e = next;       /* (B, H_e) adjoint of n_e[t] */
    next += B * H_e;
    real *restrict const dz_n_e = next;     /* (B, H_e) adjoint of z_n_e[t] */
    next += B * H_e;
    real *restrict const du_n_e = next;     /* (B, H_e) adjoint of u_n_e[t] */
    next += B * H_e;
    real *restrict const dz_e = next;       /* (B, H_e) adjoint of z_e[t] */
    next += B * H_e;
    real *restrict const dz_z_e = next;     /* (B, H_e) adjoint of z_z_e[t] */
    next += B * H_e;
    real *restrict const dr_e = next;       /* (B, H_e) adjoint of r_e[t] */
    next += B * H_e;
    real *restrict const dz_r_e = next;     /* (B, H_e) adjoint of z_r_e[t] */

    for (size_t at = 0; at < H_e * I; ++at) {
        dW_ir_e[at] = 0.0;
    }
    for (size_t at = 0; at < H_e; ++at) {
        db_ir_e[at] = 0.0;
    }
    for (size_t at = 0; at < H_e * H_e; ++at) {
        dW_hr_e[at] = 0.0;
    }
    for (size_t at = 0; at < H_e; ++at) {
        db_hr_e[at] = 0.0;
    }
    for (size_t at = 0; at < H_e * I; ++at) {
        dW_iz_e[at] = 0.0;
    }
    for (size_t at = 0; at < H_e; ++at) {
        db_iz_e[at] = 0.0;
    }
    for (size_t at = 0; at < H_e * H_e; ++at) {
        dW_hz_e[at] = 0.0;
    }
    for (size_t at = 0; at < H_e; ++at) {
        db_hz_e[at] = 0.0;
    }
    for (size_t at = 0; at < H_e * I; ++at) {
        dW_in_e[at] = 0.0;
    }
    for (size_t at = 0; at < H_e; ++at) {
        db_in_e[at] = 0.0;
    }
    for (size_t at = 0; at < H_e * H_e; ++at) {
        dW_hn_e[at] = 0.0;
    }
    for (size_t at = 0; at < H_e; ++at) {
        db_hn_e[at] = 0.0;
    }
    for (size_t at = 0; at < H_e * (H_e + I_d); ++at) {
        dW_ir_d[at] = 0.0;
    }
    for (size_t at = 0; at < H_e; ++at) {
        db_ir_d[at] = 0.0;
    }
    for (size_t at = 0; at < H_e * H_e; ++at) {
        dW_hr_d[at] = 0.0;
    }
    for (size_t at = 0; at < H_e; ++at) {
        db_hr_d[at] = 0.0;
    }
    for (size_t at = 0; at < H_e * (H_e + I_d); ++at) {
        dW_iz_d[at] = 0.0;
    }
    for (size_t at = 0; at < H_e; ++at) {
        db_iz_d[at] = 0.0;
    }
    for (size_t at = 0; at < H_e * H_e; ++at) {
        dW_hz_d[at] = 0.0;
    }
    for (size_t at = 0; at < H_e; ++at) {
        db_hz_d[at] = 0.0;
    }
    for (size_t at = 0; at < H_e * (H_e + I_d); ++at) {
        dW_in_d[at] = 0.0;
    }
    for (size_t at = 0; at < H_e; ++at) {
        db_in_d[at] = 0.0;
    }
    for (size_t at = 0; at < H_e * H_e; ++at) {
        dW_hn_d[at] = 0.0;
    }
    for (size_t at = 0; at < H_e; ++at) {
        db_hn_d[at] = 0.0;
    }
    for (size_t at = 0; at < O * H_e; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < B * H_e; ++at) {
        dc_e[at] = 0.0;
    }
    for (size_t at = 0; at < B * H_e; ++at) {
        carry_h_d[at] = 0.0;
    }
    for (size_t t = S; t-- > 0;) {
        /* (24) z̄_y[t] = y_hat[t] − y[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y[t * B * O + at];
        }
        /* (25) h̄_d[t] = W_hyᵀ z̄_y[t] + h̄_d[t+1] ∘ z_d[t+1] + W_hn_dᵀ ū_n_d[t+1] + W_hz_dᵀ z̄_z_d[t+1] + W_hr_dᵀ z̄_r_d[t+1] */
        /* dh_d[t] = dz_y @ W_hy */
        product_nn(B, H_e, O, dz_y, O, W_hy, H_e, dh_d + t * B * H_e, H_e, false);
        for (size_t at = 0; at < B * H_e; ++at) {
            dh_d[t * B * H_e + at] += carry_h_d[at];
        }
        /* (26) n̄_d[t] = h̄_d[t] ∘ (1 − z_d[t]) */
        for (size_t at = 0; at < B * H_e; ++at) {
            dn_d[at] = dh_d[t * B * H_e + at] * (1.0 - z_d[t * B * H_e + at]);
        }
        /* (27) z̄_n_d[t] = n̄_d[t] ∘ (1 − n_d[t]²) */
        for (size_t at = 0; at < B * H_e; ++at) {
            dz_n_d[at] = dn_d[at] * (1.0 - square(n_d[t * B * H_e + at]));
        }
        /* (28) ū_n_d[t] = z̄_n_d[t] ∘ r_d[t] */
        for (size_t at = 0; at < B * H_e; ++at) {
            du_n_d[at] = dz_n_d[at] * r_d[t * B * H_e + at];
        }
        /* (29) z̄_d[t] = −h̄_d[t] ∘ n_d[t] + h̄_d[t] ∘ h_d[t−1] */
        for (size_t at = 0; at < B * H_e; ++at) {
            dz_d[at] = -(dh_d[t * B * H_e + at] * n_d[t * B * H_e + at]) + dh_d[t * B * H_e + at] * h_d[t * B * H_e + at];
        }
        /* (30) z̄_z_d[t] = z̄_d[t] ∘ z_d[t] ∘ (1 − z_d[t]) */
        for (size_t at = 0; at < B * H_e; ++at) {
            dz_z_d[at] = dz_d[at] * z_d[t * B * H_e + at] * (1.0 - z_d[t * B * H_e + at]);
        }
        /* (31) r̄_d[t] = z̄_n_d[t] ∘ u_n_d[t] */
        for (size_t at = 0; at < B * H_e; ++at) {
            dr_d[at] = dz_n_d[at] * u_n_d[t * B * H_e + at];
        }
        /* (32) z̄_r_d[t] = r̄_d[t] ∘ r_d[t] ∘ (1 − r_d[t]) */
        for (size_t at = 0; at < B * H_e; ++at) {
            dz_r_d[at] = dr_d[at] * r_d[t * B * H_e + at] * (1.0 - r_d[t * B * H_e + at]);
        }
        /* (33) ū_d[t] = W_in_dᵀ z̄_n_d[t] + W_iz_dᵀ z̄_z_d[t] + W_ir_dᵀ z̄_r_d[t] */
        /* du_d = dz_n_d @ W_in_d */
        product_nn(B, H_e + I_d, H_e, dz_n_d, H_e, W_in_d, H_e + I_d, du_d, H_e + I_d, false);
        /* du_d += dz_z_d @ W_iz_d */
        product_nn(B, H_e + I_d, H_e, dz_z_d, H_e, W_iz_d, H_e + I_d, du_d, H_e + I_d, true);
        /* du_d += dz_r_d @ W_ir_d */
        product_nn(B, H_e + I_d, H_e, dz_r_d, H_e, W_ir_d, H_e + I_d, du_d, H_e + I_d, true);
        /* (56) W̄_ir_d += z̄_r_d[t] u_d[t]ᵀ */
        /* dW_ir_d += dz_r_dᵀ @ u_d[t] */
        product_tn(H_e, H_e + I_d, B, dz_r_d, H_e, u_d + t * B * (H_e + I_d), H_e + I_d, dW_ir_d, H_e + I_d, true);
        /* (57) b̄_ir_d += z̄_r_d[t] */
        /* db_ir_d += sum over rows of dz_r_d */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                db_ir_d[col] += dz_r_d[row * H_e + col];
            }
        }
        /* (58) W̄_hr_d += z̄_r_d[t] h_d[t−1]ᵀ */
        /* dW_hr_d += dz_r_dᵀ @ h_d[t] */
        product_tn(H_e, H_e, B, dz_r_d, H_e, h_d + t * B * H_e, H_e, dW_hr_d, H_e, true);
        /* (59) b̄_hr_d += z̄_r_d[t] */
        /* db_hr_d += sum over rows of dz_r_d */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                db_hr_d[col] += dz_r_d[row * H_e + col];
            }
        }
        /* (60) W̄_iz_d += z̄_z_d[t] u_d[t]ᵀ */
        /* dW_iz_d += dz_z_dᵀ @ u_d[t] */
        product_tn(H_e, H_e + I_d, B, dz_z_d, H_e, u_d + t * B * (H_e + I_d), H_e + I_d, dW_iz_d, H_e + I_d, true);
        /* (61) b̄_iz_d += z̄_z_d[t] */
        /* db_iz_d += sum over rows of dz_z_d */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                db_iz_d[col] += dz_z_d[row * H_e + col];
            }
        }
        /* (62) W̄_hz_d += z̄_z_d[t] h_d[t−1]ᵀ */
        /* dW_hz_d += dz_z_dᵀ @ h_d[t] */
        product_tn(H_e, H_e, B, dz_z_d, H_e, h_d + t * B * H_e, H_e, dW_hz_d, H_e, true);
        /* (63) b̄_hz_d += z̄_z_d[t] */
        /* db_hz_d += sum over rows of dz_z_d */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                db_hz_d[col] += dz_z_d[row * H_e + col];
            }
        }
        /* (64) W̄_in_d += z̄_n_d[t] u_d[t]ᵀ */
        /* dW_in_d += dz_n_dᵀ @ u_d[t] */
        product_tn(H_e, H_e + I_d, B, dz_n_d, H_e, u_d + t * B * (H_e + I_d), H_e + I_d, dW_in_d, H_e + I_d, true);
        /* (65) b̄_in_d += z̄_n_d[t] */
        /* db_in_d += sum over rows of dz_n_d */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                db_in_d[col] += dz_n_d[row * H_e + col];
            }
        }
        /* (66) W̄_hn_d += ū_n_d[t] h_d[t−1]ᵀ */
        /* dW_hn_d += du_n_dᵀ @ h_d[t] */
        product_tn(H_e, H_e, B, du_n_d, H_e, h_d + t * B * H_e, H_e, dW_hn_d, H_e, true);
        /* (67) b̄_hn_d += ū_n_d[t] */
        /* db_hn_d += sum over rows of du_n_d */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                db_hn_d[col] += du_n_d[row * H_e + col];
            }
        }
        /* (68) W̄_hy += z̄_y[t] h_d[t]ᵀ */
        /* dW_hy += dz_yᵀ @ h_d[t + 1] */
        product_tn(O, H_e, B, dz_y, O, h_d + (t + 1) * B * H_e, H_e, dW_hy, H_e, true);
        /* (69) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (71) x̄_d[t] = ū_d[t]⟨0 : I_d⟩ */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I_d; ++col) {
                dx_d[t * B * I_d + row * I_d + col] = du_d[row * (H_e + I_d) + col];
            }
        }
        /* (35) c̄_e[T] += ū_d[t]⟨I_d : H_e + I_d⟩ */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                dc_e[row * H_e + col] += du_d[I_d + row * (H_e + I_d) + col];
            }
        }
        /* (25) what step t gives to h_d of earlier steps: h̄_d[t] ∘ z_d[t] + W_hn_dᵀ ū_n_d[t] + W_hz_dᵀ z̄_z_d[t] + W_hr_dᵀ z̄_r_d[t] */
        /* carry_h_d = du_n_d @ W_hn_d */
        product_nn(B, H_e, H_e, du_n_d, H_e, W_hn_d, H_e, carry_h_d, H_e, false);
        /* carry_h_d += dz_z_d @ W_hz_d */
        product_nn(B, H_e, H_e, dz_z_d, H_e, W_hz_d, H_e, carry_h_d, H_e, true);
        /* carry_h_d += dz_r_d @ W_hr_d */
        product_nn(B, H_e, H_e, dz_r_d, H_e, W_hr_d, H_e, carry_h_d, H_e, true);
        for (size_t at = 0; at < B * H_e; ++at) {
            carry_h_d[at] += dh_d[t * B * H_e + at] * z_d[t * B * H_e + at];
        }
    }
    /* (34) h̄_d[0] = h̄_d[1] ∘ z_d[1] + W_hn_dᵀ ū_n_d[1] + W_hz_dᵀ z̄_z_d[1] + W_hr_dᵀ z̄_r_d[1] */
    for (size_t at = 0; at < B * H_e; ++at) {
        dh_d_start[at] = carry_h_d[at];
    }
    for (size_t at = 0; at < B * H_e; ++at) {
        carry_h_e[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (36) h̄_e[t] = h̄_e[t+1] ∘ z_e[t+1] + W_hn_eᵀ ū_n_e[t+1] + W_hz_eᵀ z̄_z_e[t+1] + W_hr_eᵀ z̄_r_e[t+1] + [t = T] h̄_d[0] + [t = T] c̄_e[T] */
        for (size_t at = 0; at < B * H_e; ++at) {
            dh_e[at] = carry_h_e[at];
        }
        if (t == T - 1) {
            for (size_t at = 0; at < B * H_e; ++at) {
                dh_e[at] += dh_d_start[at];
            }
        }
        if (t == T - 1) {
            for (size_t at = 0; at < B * H_e; ++at) {
                dh_e[at] += dc_e[at];
            }
        }
        /* (37) n̄_e[t] = h̄_e[t] ∘ (1 − z_e[t]) */
        for (size_t at = 0; at < B * H_e; ++at) {
            dn_e[at] = dh_e[at] * (1.0 - z_e[t * B * H_e + at]);
        }
        /* (38) z̄_n_e[t] = n̄_e[t] ∘ (1 − n_e[t]²) */
        for (size_t at = 0; at < B * H_e; ++at) {
            dz_n_e[at] = dn_e[at] * (1.0 - square(n_e[t * B * H_e + at]));
        }
        /* (39) ū_n_e[t] = z̄_n_e[t] ∘ r_e[t] */
        for (size_t at = 0; at < B * H_e; ++at) {
            du_n_e[at] = dz_n_e[at] * r_e[t * B * H_e + at];
        }
        /* (40) z̄_e[t] = −h̄_e[t] ∘ n_e[t] + h̄_e[t] ∘ h_e[t−1] */
        for (size_t at = 0; at < B * H_e; ++at) {
            dz_e[at] = -(dh_e[at] * n_e[t * B * H_e + at]) + dh_e[at] * h_e[t * B * H_e + at];
        }
        /* (41) z̄_z_e[t] = z̄_e[t] ∘ z_e[t] ∘ (1 − z_e[t]) */
        for (size_t at = 0; at < B * H_e; ++at) {
            dz_z_e[at] = dz_e[at] * z_e[t * B * H_e + at] * (1.0 - z_e[t * B * H_e + at]);
        }
        /* (42) r̄_e[t] = z̄_n_e[t] ∘ u_n_e[t] */
        for (size_t at = 0; at < B * H_e; ++at) {
            dr_e[at] = dz_n_e[at] * u_n_e[t * B * H_e + at];
        }
        /* (43) z̄_r_e[t] = r̄_e[t] ∘ r_e[t] ∘ (1 − r_e[t]) */
        for (size_t at = 0; at < B * H_e; ++at) {
            dz_r_e[at] = dr_e[at] * r_e[t * B * H_e + at] * (1.0 - r_e[t * B * H_e + at]);
        }
        /* (44) W̄_ir_e += z̄_r_e[t] x[t]ᵀ */
        /* dW_ir_e += dz_r_eᵀ @ x[t] */
        product_tn(H_e, I, B, dz_r_e, H_e, x + t * B * I, I, dW_ir_e, I, true);
        /* (45) b̄_ir_e += z̄_r_e[t] */
        /* db_ir_e += sum over rows of dz_r_e */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                db_ir_e[col] += dz_r_e[row * H_e + col];
            }
        }
        /* (46) W̄_hr_e += z̄_r_e[t] h_e[t−1]ᵀ */
        /* dW_hr_e += dz_r_eᵀ @ h_e[t] */
        product_tn(H_e, H_e, B, dz_r_e, H_e, h_e + t * B * H_e, H_e, dW_hr_e, H_e, true);
        /* (47) b̄_hr_e += z̄_r_e[t] */
        /* db_hr_e += sum over rows of dz_r_e */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                db_hr_e[col] += dz_r_e[row * H_e + col];
            }
        }
        /* (48) W̄_iz_e += z̄_z_e[t] x[t]ᵀ */
        /* dW_iz_e += dz_z_eᵀ @ x[t] */
        product_tn(H_e, I, B, dz_z_e, H_e, x + t * B * I, I, dW_iz_e, I, true);
        /* (49) b̄_iz_e += z̄_z_e[t] */
        /* db_iz_e += sum over rows of dz_z_e */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                db_iz_e[col] += dz_z_e[row * H_e + col];
            }
        }
        /* (50) W̄_hz_e += z̄_z_e[t] h_e[t−1]ᵀ */
        /* dW_hz_e += dz_z_eᵀ @ h_e[t] */
        product_tn(H_e, H_e, B, dz_z_e, H_e, h_e + t * B * H_e, H_e, dW_hz_e, H_e, true);
        /* (51) b̄_hz_e += z̄_z_e[t] */
        /* db_hz_e += sum over rows of dz_z_e */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                db_hz_e[col] += dz_z_e[row * H_e + col];
            }
        }
        /* (52) W̄_in_e += z̄_n_e[t] x[t]ᵀ */
        /* dW_in_e += dz_n_eᵀ @ x[t] */
        product_tn(H_e, I, B, dz_n_e, H_e, x + t * B * I, I, dW_in_e, I, true);
        /* (53) b̄_in_e += z̄_n_e[t] */
        /* db_in_e += sum over rows of dz_n_e */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                db_in_e[col] += dz_n_e[row * H_e + col];
            }
        }
        /* (54) W̄_hn_e += ū_n_e[t] h_e[t−1]ᵀ */
        /* dW_hn_e += du_n_eᵀ @ h_e[t] */
        product_tn(H_e, H_e, B, du_n_e, H_e, h_e + t * B * H_e, H_e, dW_hn_e, H_e, true);
        /* (55) b̄_hn_e += ū_n_e[t] */
        /* db_hn_e += sum over rows of du_n_e */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H_e; ++col) {
                db_hn_e[col] += du_n_e[row * H_e + col];
            }
        }
        /* (70) x̄[t] = W_in_eᵀ z̄_n_e[t] + W_iz_eᵀ z̄_z_e[t] + W_ir_eᵀ z̄_r_e[t] */
        /* dx[t] = dz_n_e @ W_in_e */
        product_nn(B, I, H_e, dz_n_e, H_e, W_in_e, I, dx + t * B * I, I, false);
        /* dx[t] += dz_z_e @ W_iz_e */
        product_nn(B, I, H_e, dz_z_e, H_e, W_iz_e, I, dx + t * B * I, I, true);
        /* dx[t] += dz_r_e @ W_ir_e */
        product_nn(B, I, H_e, dz_r_e, H_e, W_ir_e, I, dx + t * B * I, I, true);
        /* (36) what step t gives to h_e of earlier steps: h̄_e[t] ∘ z_e[t] + W_hn_eᵀ ū_n_e[t] + W_hz_eᵀ z̄_z_e[t] + W_hr_eᵀ z̄_r_e[t] */
        /* carry_h_e = du_n_e @ W_hn_e */
        product_nn(B, H_e, H_e, du_n_e, H_e, W_hn_e, H_e, carry_h_e, H_e, false);
        /* carry_h_e += dz_z_e @ W_hz_e */
        product_nn(B, H_e, H_e, dz_z_e, H_e, W_hz_e, H_e, carry_h_e, H_e, true);
        /* carry_h_e += dz_r_e @ W_hr_e */
        product_nn(B, H_e, H_e, dz_r_e, H_e, W_hr_e, H_e, carry_h_e, H_e, true);
        for (size_t at = 0; at < B * H_e; ++at) {
            carry_h_e[at] += dh_e[at] * z_e[t * B * H_e + at];
        }
    }
    /* (72) h̄_e[0] = h̄_e[1] ∘ z_e[1] + W_hn_eᵀ ū_n_e[1] + W_hz_eᵀ z̄_z_e[1] + W_hr_eᵀ z̄_r_e[1] */
    for (size_t at = 0; at < B * H_e; ++at) {
        dh_e0[at] = carry_h_e[at];
    }
    return GRU_ENCODER_DECODER_F64_OK;
}

gru_encoder_decoder_f64_status gru_encoder_decoder_f64_loss_and_gradient(
                                                                         const gru_encoder_decoder_f64_sizes *sizes,
                                                                         const gru_encoder_decoder_f64_given *given,
                                                                         const gru_encoder_decoder_f64_kept *kept,
                                                                         const gru_encoder_decoder_f64_gradients *gradients,
                                                                         double *work)
{
    const gru_encoder_decoder_f64_status status = gru_encoder_decoder_f64_forward(sizes, given, kept, work);
    return status != GRU_ENCODER_DECODER_F64_OK ? status : gru_encoder_decoder_f64_backward(sizes, given, kept, gradients, work);
}
