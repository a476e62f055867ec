/* long short-term memory with layer normalisation with softmax and cross-entropy:
 * see lstm_layer_norm_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "lstm_layer_norm_f64.h"

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

static lstm_layer_norm_f64_status check(const lstm_layer_norm_f64_sizes *sizes)
{
    if (sizes == NULL)
        return LSTM_LAYER_NORM_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || H == 0 || O == 0)
        return LSTM_LAYER_NORM_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* x */
        times(B, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* h0 */
        times(B, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* c0 */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* y */
        times(times(4, H), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* W_h */
        times(times(4, H), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* W_x */
        times(4, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* alpha_1 */
        times(4, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* alpha_2 */
        times(4, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* b */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* alpha_3 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* beta_3 */
        times(O, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* W_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* b_y */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* c */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* h */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* y_hat */
        times(times(T, B), times(4, H)),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* d_a */
        times(times(T, B), times(4, H)),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             /* d_s */
        times(times(T, B), 1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* a_z */
        times(times(T, B), 1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* a2_z */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* f */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* i */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* o */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* g */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* d_c */
        times(times(T, B), 1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* a_h */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* a2_h */
        times(times(4, H), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* dW_h */
        times(times(4, H), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* dW_x */
        times(4, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* dalpha_1 */
        times(4, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* dalpha_2 */
        times(4, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* db */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* dalpha_3 */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* dbeta_3 */
        times(O, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* dW_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           /* db_y */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* dx */
        times(B, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* dh0 */
        times(B, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* dc0 */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, times(4, H)), times(B, 1)), times(B, times(4, H))), times(B, 1)), times(B, times(4, H))), times(B, 1)), times(B, times(4, H))), times(B, 1)), times(B, times(4, H))), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, 1)), times(B, H)), times(B, 1)), times(B, H)), times(B, O)), B), B), B), B), B), B), B), B), B),                                                                                                                                                                                                                                                                                                                                                                                                           /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H), times(B, H)), times(B, O)), times(B, H)), times(B, H)), times(B, H)), times(B, 1)), B), times(B, 1)), times(B, H)), times(B, H)), times(B, 1)), B), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, times(4, H))), times(B, times(4, H))), times(B, times(4, H))), times(B, times(4, H))), times(B, times(4, H))), times(B, 1)), B), times(B, 1)), times(B, times(4, H))), times(B, 1)), B), times(B, 1)), times(B, times(4, H))), times(B, times(4, H))), times(B, 1)), B), times(B, times(4, H))), times(B, times(4, H))), times(B, 1)), B), times(B, times(4, H))), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return LSTM_LAYER_NORM_F64_TOO_LARGE;
    return LSTM_LAYER_NORM_F64_OK;
}

const char *lstm_layer_norm_f64_message(lstm_layer_norm_f64_status status)
{
    switch (status) {
    case LSTM_LAYER_NORM_F64_OK:
        return "all is well";
    case LSTM_LAYER_NORM_F64_ZERO_SIZE:
        return "a size is 0";
    case LSTM_LAYER_NORM_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case LSTM_LAYER_NORM_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t lstm_layer_norm_f64_workspace(const lstm_layer_norm_f64_sizes *sizes)
{
    if (check(sizes) != LSTM_LAYER_NORM_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t for_forward = B * 4*H + B * 1 + B * 4*H + B * 1 + B * 4*H + B * 1 + B * 4*H + B * 1 + B * 4*H + B * H + B * H + B * H + B * H + B * 1 + B * H + B * 1 + B * H + B * O + B + B + B + B + B + B + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H + B * H + B * O + B * H + B * H + B * H + B * 1 + B + B * 1 + B * H + B * H + B * 1 + B + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * 4*H + B * 4*H + B * 4*H + B * 4*H + B * 4*H + B * 1 + B + B * 1 + B * 4*H + B * 1 + B + B * 1 + B * 4*H + B * 4*H + B * 1 + B + B * 4*H + B * 4*H + B * 1 + B + B * 4*H;
    if (for_backward > most)
        most = for_backward;
    return most;
}

lstm_layer_norm_f64_status lstm_layer_norm_f64_forward(const lstm_layer_norm_f64_sizes *sizes,
                                                       const lstm_layer_norm_f64_given *given,
                                                       const lstm_layer_norm_f64_kept *kept, double *work)
{
    const lstm_layer_norm_f64_status status = check(sizes);
    if (status != LSTM_LAYER_NORM_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return LSTM_LAYER_NORM_F64_NULL;
    if (given->x == NULL || given->h0 == NULL || given->c0 == NULL || given->y == NULL ||
        given->W_h == NULL || given->W_x == NULL || given->alpha_1 == NULL || given->alpha_2 == NULL ||
        given->b == NULL || given->alpha_3 == NULL || given->beta_3 == NULL || given->W_hy == NULL ||
        given->b_y == NULL || given->epsilon == NULL || kept->c == NULL || kept->h == NULL ||
        kept->y_hat == NULL || kept->d_a == NULL || kept->d_s == NULL || kept->a_z == NULL ||
        kept->a2_z == NULL || kept->f == NULL || kept->i == NULL || kept->o == NULL ||
        kept->g == NULL || kept->d_c == NULL || kept->a_h == NULL || kept->a2_h == NULL ||
        kept->J == NULL)
        return LSTM_LAYER_NORM_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;             /* (T, B, I) */
    const real *restrict const h0 = given->h0;           /* (B, H) */
    const real *restrict const c0 = given->c0;           /* (B, H) */
    const real *restrict const y = given->y;             /* (T, B, O) */
    const real *restrict const W_h = given->W_h;         /* (4*H, H) */
    const real *restrict const W_x = given->W_x;         /* (4*H, I) */
    const real *restrict const alpha_1 = given->alpha_1; /* (4*H) */
    const real *restrict const alpha_2 = given->alpha_2; /* (4*H) */
    const real *restrict const b = given->b;             /* (4*H) */
    const real *restrict const alpha_3 = given->alpha_3; /* (H) */
    const real *restrict const beta_3 = given->beta_3;   /* (H) */
    const real *restrict const W_hy = given->W_hy;       /* (O, H) */
    const real *restrict const b_y = given->b_y;         /* (O) */
    const real *restrict const epsilon = given->epsilon; /* () */
    real *restrict const c = kept->c;                    /* (T + 1, B, H) */
    real *restrict const h = kept->h;                    /* (T + 1, B, H) */
    real *restrict const y_hat = kept->y_hat;            /* (T, B, O) */
    real *restrict const d_a = kept->d_a;                /* (T, B, 4*H) */
    real *restrict const d_s = kept->d_s;                /* (T, B, 4*H) */
    real *restrict const a_z = kept->a_z;                /* (T, B, 1) */
    real *restrict const a2_z = kept->a2_z;              /* (T, B, 1) */
    real *restrict const f = kept->f;                    /* (T, B, H) */
    real *restrict const i = kept->i;                    /* (T, B, H) */
    real *restrict const o = kept->o;                    /* (T, B, H) */
    real *restrict const g = kept->g;                    /* (T, B, H) */
    real *restrict const d_c = kept->d_c;                /* (T, B, H) */
    real *restrict const a_h = kept->a_h;                /* (T, B, 1) */
    real *restrict const a2_h = kept->a2_h;              /* (T, B, H) */
    real *restrict const J = kept->J;                    /* () */
    real *next = work;
    real *restrict const a = next;         /* (B, 4*H) a[t] */
    next += B * 4*H;
    real *restrict const u_d_a = next;     /* (B, 1) u_d_a[t] */
    next += B * 1;
    real *restrict const s = next;         /* (B, 4*H) s[t] */
    next += B * 4*H;
    real *restrict const u_d_s = next;     /* (B, 1) u_d_s[t] */
    next += B * 1;
    real *restrict const s_z = next;       /* (B, 4*H) s_z[t] */
    next += B * 4*H;
    real *restrict const z_z = next;       /* (B, 1) z_z[t] */
    next += B * 1;
    real *restrict const s2_z = next;      /* (B, 4*H) s2_z[t] */
    next += B * 4*H;
    real *restrict const z2_z = next;      /* (B, 1) z2_z[t] */
    next += B * 1;
    real *restrict const z = next;         /* (B, 4*H) z[t] */
    next += B * 4*H;
    real *restrict const z_f = next;       /* (B, H) z_f[t] */
    next += B * H;
    real *restrict const z_i = next;       /* (B, H) z_i[t] */
    next += B * H;
    real *restrict const z_o = next;       /* (B, H) z_o[t] */
    next += B * H;
    real *restrict const z_g = next;       /* (B, H) z_g[t] */
    next += B * H;
    real *restrict const u_d_c = next;     /* (B, 1) u_d_c[t] */
    next += B * 1;
    real *restrict const s_h = next;       /* (B, H) s_h[t] */
    next += B * H;
    real *restrict const z_h = next;       /* (B, 1) z_h[t] */
    next += B * 1;
    real *restrict const z2_h = next;      /* (B, H) z2_h[t] */
    next += B * H;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const inner = next;     /* (B) scratch */
    next += B;
    real *restrict const inner_2 = next;   /* (B) scratch */
    next += B;
    real *restrict const inner_3 = next;   /* (B) scratch */
    next += B;
    real *restrict const inner_4 = next;   /* (B) scratch */
    next += B;
    real *restrict const inner_5 = next;   /* (B) scratch */
    next += B;
    real *restrict const inner_6 = next;   /* (B) scratch */
    next += B;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    for (size_t at = 0; at < B * H; ++at) {
        h[at] = h0[at];
    }
    for (size_t at = 0; at < B * H; ++at) {
        c[at] = c0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) a[t] = W_h h[t−1] */
        /* a = h[t] @ W_hᵀ */
        product_nt(B, 4*H, H, h + t * B * H, H, W_h, H, a, 4*H, false);
        /* (2) u_d_a[t] = 1ᵀ a[t] */
        /* inner = sum over columns of a */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < 4*H; ++col) {
                running += a[row * 4*H + col];
            }
            inner[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                u_d_a[row + col] = inner[row];
            }
        }
        /* (3) d_a[t] = a[t] − 1/(4*H) u_d_a[t] 1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 4*H; ++col) {
                d_a[t * B * 4*H + row * 4*H + col] = a[row * 4*H + col] - u_d_a[row] / 4.0 / (real)H;
            }
        }
        /* (4) s[t] = W_x x[t] */
        /* s = x[t] @ W_xᵀ */
        product_nt(B, 4*H, I, x + t * B * I, I, W_x, I, s, 4*H, false);
        /* (5) u_d_s[t] = 1ᵀ s[t] */
        /* inner_2 = sum over columns of s */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < 4*H; ++col) {
                running += s[row * 4*H + col];
            }
            inner_2[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                u_d_s[row + col] = inner_2[row];
            }
        }
        /* (6) d_s[t] = s[t] − 1/(4*H) u_d_s[t] 1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 4*H; ++col) {
                d_s[t * B * 4*H + row * 4*H + col] = s[row * 4*H + col] - u_d_s[row] / 4.0 / (real)H;
            }
        }
        /* (7) s_z[t] = d_a[t] ∘ d_a[t] */
        for (size_t at = 0; at < B * 4*H; ++at) {
            s_z[at] = d_a[t * B * 4*H + at] * d_a[t * B * 4*H + at];
        }
        /* (8) z_z[t] = 1/(4*H) 1ᵀ s_z[t] + epsilon */
        /* inner_3 = sum over columns of s_z */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < 4*H; ++col) {
                running += s_z[row * 4*H + col];
            }
            inner_3[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                z_z[row + col] = inner_3[row] / 4.0 / (real)H + epsilon[0];
            }
        }
        /* (9) a_z[t] = sqrt(z_z[t]) */
        for (size_t at = 0; at < B; ++at) {
            a_z[t * B + at] = sqrt(z_z[at]);
        }
        /* (10) s2_z[t] = d_s[t] ∘ d_s[t] */
        for (size_t at = 0; at < B * 4*H; ++at) {
            s2_z[at] = d_s[t * B * 4*H + at] * d_s[t * B * 4*H + at];
        }
        /* (11) z2_z[t] = 1/(4*H) 1ᵀ s2_z[t] + epsilon */
        /* inner_4 = sum over columns of s2_z */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < 4*H; ++col) {
                running += s2_z[row * 4*H + col];
            }
            inner_4[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                z2_z[row + col] = inner_4[row] / 4.0 / (real)H + epsilon[0];
            }
        }
        /* (12) a2_z[t] = sqrt(z2_z[t]) */
        for (size_t at = 0; at < B; ++at) {
            a2_z[t * B + at] = sqrt(z2_z[at]);
        }
        /* (13) z[t] = (alpha_1 ∘ d_a[t]) ⊘ (a_z[t] 1) + (alpha_2 ∘ d_s[t]) ⊘ (a2_z[t] 1) + b */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 4*H; ++col) {
                z[row * 4*H + col] = alpha_1[col] * d_a[t * B * 4*H + row * 4*H + col] / a_z[t * B + row] + alpha_2[col] * d_s[t * B * 4*H + row * 4*H + col] / a2_z[t * B + row] + b[col];
            }
        }
        /* (14) z_f[t] = z[t]⟨0 : H⟩ */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_f[row * H + col] = z[row * 4*H + col];
            }
        }
        /* (15) f[t] = sigmoid(z_f[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            f[t * B * H + at] = sigmoid(z_f[at]);
        }
        /* (16) z_i[t] = z[t]⟨H : 2*H⟩ */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_i[row * H + col] = z[H + row * 4*H + col];
            }
        }
        /* (17) i[t] = sigmoid(z_i[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            i[t * B * H + at] = sigmoid(z_i[at]);
        }
        /* (18) z_o[t] = z[t]⟨2*H : 3*H⟩ */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_o[row * H + col] = z[2*H + row * 4*H + col];
            }
        }
        /* (19) o[t] = sigmoid(z_o[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            o[t * B * H + at] = sigmoid(z_o[at]);
        }
        /* (20) z_g[t] = z[t]⟨3*H : 4*H⟩ */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_g[row * H + col] = z[3*H + row * 4*H + col];
            }
        }
        /* (21) g[t] = tanh(z_g[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            g[t * B * H + at] = tanh_of(z_g[at]);
        }
        /* (22) c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t] */
        for (size_t at = 0; at < B * H; ++at) {
            c[(t + 1) * B * H + at] = f[t * B * H + at] * c[t * B * H + at] + i[t * B * H + at] * g[t * B * H + at];
        }
        /* (23) u_d_c[t] = 1ᵀ c[t] */
        /* inner_5 = sum over columns of c[t + 1] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < H; ++col) {
                running += c[(t + 1) * B * H + row * H + col];
            }
            inner_5[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                u_d_c[row + col] = inner_5[row];
            }
        }
        /* (24) d_c[t] = c[t] − 1/H u_d_c[t] 1 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                d_c[t * B * H + row * H + col] = c[(t + 1) * B * H + row * H + col] - u_d_c[row] / (real)H;
            }
        }
        /* (25) s_h[t] = d_c[t] ∘ d_c[t] */
        for (size_t at = 0; at < B * H; ++at) {
            s_h[at] = d_c[t * B * H + at] * d_c[t * B * H + at];
        }
        /* (26) z_h[t] = 1/H 1ᵀ s_h[t] + epsilon */
        /* inner_6 = sum over columns of s_h */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < H; ++col) {
                running += s_h[row * H + col];
            }
            inner_6[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                z_h[row + col] = inner_6[row] / (real)H + epsilon[0];
            }
        }
        /* (27) a_h[t] = sqrt(z_h[t]) */
        for (size_t at = 0; at < B; ++at) {
            a_h[t * B + at] = sqrt(z_h[at]);
        }
        /* (28) z2_h[t] = (alpha_3 ∘ d_c[t]) ⊘ (a_h[t] 1) + beta_3 */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z2_h[row * H + col] = alpha_3[col] * d_c[t * B * H + row * H + col] / a_h[t * B + row] + beta_3[col];
            }
        }
        /* (29) a2_h[t] = tanh(z2_h[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a2_h[t * B * H + at] = tanh_of(z2_h[at]);
        }
        /* (30) h[t] = o[t] ∘ a2_h[t] */
        for (size_t at = 0; at < B * H; ++at) {
            h[(t + 1) * B * H + at] = o[t * B * H + at] * a2_h[t * B * H + at];
        }
        /* (31) z_y[t] = W_hy h[t] + b_y */
        /* z_y = h[t + 1] @ W_hyᵀ */
        product_nt(B, O, H, h + (t + 1) * B * H, H, W_hy, H, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b_y[col];
            }
        }
        /* (32) y_hat[t] = softmax(z_y[t]) */
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
        /* (33) J += −y[t]ᵀ log_softmax(z_y[t]) */
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
    return LSTM_LAYER_NORM_F64_OK;
}

lstm_layer_norm_f64_status lstm_layer_norm_f64_backward(const lstm_layer_norm_f64_sizes *sizes,
                                                        const lstm_layer_norm_f64_given *given,
                                                        const lstm_layer_norm_f64_kept *kept,
                                                        const lstm_layer_norm_f64_gradients *gradients,
                                                        double *work)
{
    const lstm_layer_norm_f64_status status = check(sizes);
    if (status != LSTM_LAYER_NORM_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return LSTM_LAYER_NORM_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->W_h == NULL || given->W_x == NULL ||
        given->alpha_1 == NULL || given->alpha_2 == NULL || given->alpha_3 == NULL || given->W_hy == NULL ||
        kept->c == NULL || kept->h == NULL || kept->y_hat == NULL || kept->d_a == NULL ||
        kept->d_s == NULL || kept->a_z == NULL || kept->a2_z == NULL || kept->f == NULL ||
        kept->i == NULL || kept->o == NULL || kept->g == NULL || kept->d_c == NULL ||
        kept->a_h == NULL || kept->a2_h == NULL || gradients->dW_h == NULL || gradients->dW_x == NULL ||
        gradients->dalpha_1 == NULL || gradients->dalpha_2 == NULL || gradients->db == NULL || gradients->dalpha_3 == NULL ||
        gradients->dbeta_3 == NULL || gradients->dW_hy == NULL || gradients->db_y == NULL || gradients->dx == NULL ||
        gradients->dh0 == NULL || gradients->dc0 == NULL)
        return LSTM_LAYER_NORM_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;             /* (T, B, I) */
    const real *restrict const y = given->y;             /* (T, B, O) */
    const real *restrict const W_h = given->W_h;         /* (4*H, H) */
    const real *restrict const W_x = given->W_x;         /* (4*H, I) */
    const real *restrict const alpha_1 = given->alpha_1; /* (4*H) */
    const real *restrict const alpha_2 = given->alpha_2; /* (4*H) */
    const real *restrict const alpha_3 = given->alpha_3; /* (H) */
    const real *restrict const W_hy = given->W_hy;       /* (O, H) */
    const real *restrict const c = kept->c;              /* (T + 1, B, H) */
    const real *restrict const h = kept->h;              /* (T + 1, B, H) */
    const real *restrict const y_hat = kept->y_hat;      /* (T, B, O) */
    const real *restrict const d_a = kept->d_a;          /* (T, B, 4*H) */
    const real *restrict const d_s = kept->d_s;          /* (T, B, 4*H) */
    const real *restrict const a_z = kept->a_z;          /* (T, B, 1) */
    const real *restrict const a2_z = kept->a2_z;        /* (T, B, 1) */
    const real *restrict const f = kept->f;              /* (T, B, H) */
    const real *restrict const i = kept->i;              /* (T, B, H) */
    const real *restrict const o = kept->o;              /* (T, B, H) */
    const real *restrict const g = kept->g;              /* (T, B, H) */
    const real *restrict const d_c = kept->d_c;          /* (T, B, H) */
    const real *restrict const a_h = kept->a_h;          /* (T, B, 1) */
    const real *restrict const a2_h = kept->a2_h;        /* (T, B, H) */
    real *restrict const dW_h = gradients->dW_h;         /* (4*H, H) */
    real *restrict const dW_x = gradients->dW_x;         /* (4*H, I) */
    real *restrict const dalpha_1 = gradients->dalpha_1; /* (4*H) */
    real *restrict const dalpha_2 = gradients->dalpha_2; /* (4*H) */
    real *restrict const db = gradients->db;             /* (4*H) */
    real *restrict const dalpha_3 = gradients->dalpha_3; /* (H) */
    real *restrict const dbeta_3 = gradients->dbeta_3;   /* (H) */
    real *restrict const dW_hy = gradients->dW_hy;       /* (O, H) */
    real *restrict const db_y = gradients->db_y;         /* (O) */
    real *restrict const dx = gradients->dx;             /* (T, B, I) */
    real *restrict const dh0 = gradients->dh0;           /* (B, H) */
    real *restrict const dc0 = gradients->dc0;           /* (B, H) */
    real *next = work;
    real *restrict const carry_h = next;   /* (B, H) what later steps give to the adjoint of h */
    next += B * H;
    real *restrict const carry_c = next;   /* (B, H) what later steps give to the adjoint of c */
    next += B * H;
    real *restrict const dz_y = next;      /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dh = next;        /* (B, H) adjoint of h[t] */
    next += B * H;
    real *restrict const da2_h = next;     /* (B, H) adjoint of a2_h[t] */
    next += B * H;
    real *restrict const dz2_h = next;     /* (B, H) adjoint of z2_h[t] */
    next += B * H;
    real *restrict const da_h = next;      /* (B, 1) adjoint of a_h[t] */
    next += B * 1;
    real *restrict const inner_7 = next;   /* (B) scratch */
    next += B;
    real *restrict const dz_h = next;      /* (B, 1) adjoint of z_h[t] */
    next += B * 1;
    real *restrict const ds_h = next;      /* (B, H) adjoint of s_h[t] */
    next += B * H;
    real *restrict const dd_c = next;      /* (B, H) adjoint of d_c[t] */
    next += B * H;
    real *restrict const du_d_c = next;    /* (B, 1) adjoint of u_d_c[t] */
    next += B * 1;
    real *restrict const inner_8 = next;   /* (B) scratch */
    next += B;
    real *restrict const dc = next;        /* (B, H) adjoint of c[t] */
    next += B * H;
    real *restrict const dg = next;        /* (B, H) adjoint of g[t] */
    next += B * H;
    real *restrict const dz_g = next;      /* (B, H) adjoint of z_g[t] */
    next += B * H;
    real *restrict const do_ = next;       /* (B, H) adjoint of o[t] */
    next += B * H;
    real *restrict const dz_o = next;      /* (B, H) adjoint of z_o[t] */
    next += B * H;
    real *restrict const di = next;        /* (B, H) adjoint of i[t] */
    next += B * H;
    real *restrict const dz_i = next;      /* (B, H) adjoint of z_i[t] */
    next += B * H;
    real *restrict const df = next;        /* (B, H) adjoint of f[t] */
    next += B * H;
    real *restrict const dz_f = next;      /* (B, H) adjoint of z_f[t] */
    next += B * H;
    real *restrict const dz = next;        /* (B, 4*H) adjoint of z[t] */
    next += B * 4*H;
    real *restrict const scratch = next;   /* (B, 4*H) scratch */
    next += B * 4*H;
    real *restrict const scratch_2 = next; /* (B, 4*H) scratch */
    next += B * 4*H;
    real *restrict const scratch_3 = next; /* (B, 4*H) scratch */
    next += B * 4*H;
    real *restrict const scratch_4 = next; /* (B, 4*H) scratch */
    next += B * 4*H;
    real *restrict const da2_z = next;     /* (B, 1) adjoint of a2_z[t] */
    next += B * 1;
    real *restrict const inner_9 = next;   /* (B) scratch */
    next += B;
    real *restrict const dz2_z = next;     /* (B, 1) adjoint of z2_z[t] */
    next += B * 1;
    real *restrict const ds2_z = next;     /* (B, 4*H) adjoint of s2_z[t] */
    next += B * 4*H;
    real *restrict const da_z = next;      /* (B, 1) adjoint of a_z[t] */
    next += B * 1;
    real *restrict const inner_10 = next;  /* (B) scratch */
    next += B;
    real *restrict const dz_z = next;      /* (B, 1) adjoint of z_z[t] */
    next += B * 1;
    real *restrict const ds_z = next;      /* (B, 4*H) adjoint of s_z[t] */
    next += B * 4*H;
    real *restrict const dd_s = next;      /* (B, 4*H) adjoint of d_s[t] */
    next += B * 4*H;
    real *restrict const du_d_s = next;    /* (B, 1) adjoint of u_d_s[t] */
    next += B * 1;
    real *restrict const inner_11 = next;  /* (B) scratch */
    next += B;
    real *restrict const ds = next;        /* (B, 4*H) adjoint of s[t] */
    next += B * 4*H;
    real *restrict const dd_a = next;      /* (B, 4*H) adjoint of d_a[t] */
    next += B * 4*H;
    real *restrict const du_d_a = next;    /* (B, 1) adjoint of u_d_a[t] */
    next += B * 1;
    real *restrict const inner_12 = next;  /* (B) scratch */
    next += B;
    real *restrict const da = next;        /* (B, 4*H) adjoint of a[t] */

    for (size_t at = 0; at < 4*H * H; ++at) {
        dW_h[at] = 0.0;
    }
    for (size_t at = 0; at < 4*H * I; ++at) {
        dW_x[at] = 0.0;
    }
    for (size_t at = 0; at < 4*H; ++at) {
        dalpha_1[at] = 0.0;
    }
    for (size_t at = 0; at < 4*H; ++at) {
        dalpha_2[at] = 0.0;
    }
    for (size_t at = 0; at < 4*H; ++at) {
        db[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        dalpha_3[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        dbeta_3[at] = 0.0;
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
    for (size_t at = 0; at < B * H; ++at) {
        carry_c[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (35) z̄_y[t] = y_hat[t] − y[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y[t * B * O + at];
        }
        /* (36) h̄[t] = W_hyᵀ z̄_y[t] + W_hᵀ ā[t+1] */
        /* dh = dz_y @ W_hy */
        product_nn(B, H, O, dz_y, O, W_hy, H, dh, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            dh[at] += carry_h[at];
        }
        /* (37) a2̄_h[t] = h̄[t] ∘ o[t] */
        for (size_t at = 0; at < B * H; ++at) {
            da2_h[at] = dh[at] * o[t * B * H + at];
        }
        /* (38) z2̄_h[t] = a2̄_h[t] ∘ (1 − a2_h[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz2_h[at] = da2_h[at] * (1.0 - square(a2_h[t * B * H + at]));
        }
        /* (39) ā_h[t] = −1ᵀ ((z2̄_h[t] ⊘ (a_h[t] 1)²) ∘ alpha_3 ∘ d_c[t]) */
        /* inner_7 = sum over columns of dz2_h / a_h[t]ᵢ₁² ∘ row(alpha_3) ∘ d_c[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < H; ++col) {
                running += dz2_h[row * H + col] / square(a_h[t * B + row]) * alpha_3[col] * d_c[t * B * H + row * H + col];
            }
            inner_7[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                da_h[row + col] = -inner_7[row];
            }
        }
        /* (40) z̄_h[t] = ā_h[t] ∘ (1 ⊘ (2 a_h[t])) */
        for (size_t at = 0; at < B; ++at) {
            dz_h[at] = da_h[at] * (1.0 / (2.0 * a_h[t * B + at]));
        }
        /* (41) s̄_h[t] = 1/H 1 z̄_h[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                ds_h[row * H + col] = dz_h[row] / (real)H;
            }
        }
        /* (42) d̄_c[t] = (z2̄_h[t] ⊘ (a_h[t] 1)) ∘ alpha_3 + 2 (s̄_h[t] ∘ d_c[t]) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                dd_c[row * H + col] = dz2_h[row * H + col] / a_h[t * B + row] * alpha_3[col] + 2.0 * (ds_h[row * H + col] * d_c[t * B * H + row * H + col]);
            }
        }
        /* (43) ū_d_c[t] = −1/H 1ᵀ d̄_c[t] */
        /* inner_8 = sum over columns of dd_c */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < H; ++col) {
                running += dd_c[row * H + col];
            }
            inner_8[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                du_d_c[row + col] = -(inner_8[row] / (real)H);
            }
        }
        /* (44) c̄[t] = d̄_c[t] + 1 ū_d_c[t] + c̄[t+1] ∘ f[t+1] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                dc[row * H + col] = dd_c[row * H + col] + du_d_c[row];
            }
        }
        for (size_t at = 0; at < B * H; ++at) {
            dc[at] += carry_c[at];
        }
        /* (45) ḡ[t] = c̄[t] ∘ i[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dg[at] = dc[at] * i[t * B * H + at];
        }
        /* (46) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_g[at] = dg[at] * (1.0 - square(g[t * B * H + at]));
        }
        /* (47) ō[t] = h̄[t] ∘ a2_h[t] */
        for (size_t at = 0; at < B * H; ++at) {
            do_[at] = dh[at] * a2_h[t * B * H + at];
        }
        /* (48) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_o[at] = do_[at] * o[t * B * H + at] * (1.0 - o[t * B * H + at]);
        }
        /* (49) ī[t] = c̄[t] ∘ g[t] */
        for (size_t at = 0; at < B * H; ++at) {
            di[at] = dc[at] * g[t * B * H + at];
        }
        /* (50) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_i[at] = di[at] * i[t * B * H + at] * (1.0 - i[t * B * H + at]);
        }
        /* (51) f̄[t] = c̄[t] ∘ c[t−1] */
        for (size_t at = 0; at < B * H; ++at) {
            df[at] = dc[at] * c[t * B * H + at];
        }
        /* (52) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_f[at] = df[at] * f[t * B * H + at] * (1.0 - f[t * B * H + at]);
        }
        /* (53) z̄[t] = [0; z̄_g[t]] + [0; z̄_o[t]; 0] + [0; z̄_i[t]; 0] + [z̄_f[t]; 0] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 3*H; ++col) {
                scratch[row * 4*H + col] = 0.0;
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                scratch[3*H + row * 4*H + col] = dz_g[row * H + col];
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 2*H; ++col) {
                scratch_2[row * 4*H + col] = 0.0;
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                scratch_2[2*H + row * 4*H + col] = dz_o[row * H + col];
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                scratch_2[3*H + row * 4*H + col] = 0.0;
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                scratch_3[row * 4*H + col] = 0.0;
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                scratch_3[H + row * 4*H + col] = dz_i[row * H + col];
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 2*H; ++col) {
                scratch_3[2*H + row * 4*H + col] = 0.0;
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                scratch_4[row * 4*H + col] = dz_f[row * H + col];
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 3*H; ++col) {
                scratch_4[H + row * 4*H + col] = 0.0;
            }
        }
        for (size_t at = 0; at < B * 4*H; ++at) {
            dz[at] = scratch[at] + scratch_2[at] + scratch_3[at] + scratch_4[at];
        }
        /* (54) a2̄_z[t] = −1ᵀ ((z̄[t] ⊘ (a2_z[t] 1)²) ∘ alpha_2 ∘ d_s[t]) */
        /* inner_9 = sum over columns of dz / a2_z[t]ᵢ₁² ∘ row(alpha_2) ∘ d_s[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < 4*H; ++col) {
                running += dz[row * 4*H + col] / square(a2_z[t * B + row]) * alpha_2[col] * d_s[t * B * 4*H + row * 4*H + col];
            }
            inner_9[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                da2_z[row + col] = -inner_9[row];
            }
        }
        /* (55) z2̄_z[t] = a2̄_z[t] ∘ (1 ⊘ (2 a2_z[t])) */
        for (size_t at = 0; at < B; ++at) {
            dz2_z[at] = da2_z[at] * (1.0 / (2.0 * a2_z[t * B + at]));
        }
        /* (56) s2̄_z[t] = 1/(4*H) 1 z2̄_z[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 4*H; ++col) {
                ds2_z[row * 4*H + col] = dz2_z[row] / 4.0 / (real)H;
            }
        }
        /* (57) ā_z[t] = −1ᵀ ((z̄[t] ⊘ (a_z[t] 1)²) ∘ alpha_1 ∘ d_a[t]) */
        /* inner_10 = sum over columns of dz / a_z[t]ᵢ₁² ∘ row(alpha_1) ∘ d_a[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < 4*H; ++col) {
                running += dz[row * 4*H + col] / square(a_z[t * B + row]) * alpha_1[col] * d_a[t * B * 4*H + row * 4*H + col];
            }
            inner_10[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                da_z[row + col] = -inner_10[row];
            }
        }
        /* (58) z̄_z[t] = ā_z[t] ∘ (1 ⊘ (2 a_z[t])) */
        for (size_t at = 0; at < B; ++at) {
            dz_z[at] = da_z[at] * (1.0 / (2.0 * a_z[t * B + at]));
        }
        /* (59) s̄_z[t] = 1/(4*H) 1 z̄_z[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 4*H; ++col) {
                ds_z[row * 4*H + col] = dz_z[row] / 4.0 / (real)H;
            }
        }
        /* (60) d̄_s[t] = (z̄[t] ⊘ (a2_z[t] 1)) ∘ alpha_2 + 2 (s2̄_z[t] ∘ d_s[t]) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 4*H; ++col) {
                dd_s[row * 4*H + col] = dz[row * 4*H + col] / a2_z[t * B + row] * alpha_2[col] + 2.0 * (ds2_z[row * 4*H + col] * d_s[t * B * 4*H + row * 4*H + col]);
            }
        }
        /* (61) ū_d_s[t] = −1/(4*H) 1ᵀ d̄_s[t] */
        /* inner_11 = sum over columns of dd_s */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < 4*H; ++col) {
                running += dd_s[row * 4*H + col];
            }
            inner_11[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                du_d_s[row + col] = -(inner_11[row] / 4.0 / (real)H);
            }
        }
        /* (62) s̄[t] = d̄_s[t] + 1 ū_d_s[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 4*H; ++col) {
                ds[row * 4*H + col] = dd_s[row * 4*H + col] + du_d_s[row];
            }
        }
        /* (63) d̄_a[t] = (z̄[t] ⊘ (a_z[t] 1)) ∘ alpha_1 + 2 (s̄_z[t] ∘ d_a[t]) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 4*H; ++col) {
                dd_a[row * 4*H + col] = dz[row * 4*H + col] / a_z[t * B + row] * alpha_1[col] + 2.0 * (ds_z[row * 4*H + col] * d_a[t * B * 4*H + row * 4*H + col]);
            }
        }
        /* (64) ū_d_a[t] = −1/(4*H) 1ᵀ d̄_a[t] */
        /* inner_12 = sum over columns of dd_a */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < 4*H; ++col) {
                running += dd_a[row * 4*H + col];
            }
            inner_12[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                du_d_a[row + col] = -(inner_12[row] / 4.0 / (real)H);
            }
        }
        /* (65) ā[t] = d̄_a[t] + 1 ū_d_a[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 4*H; ++col) {
                da[row * 4*H + col] = dd_a[row * 4*H + col] + du_d_a[row];
            }
        }
        /* (66) W̄_h += ā[t] h[t−1]ᵀ */
        /* dW_h += daᵀ @ h[t] */
        product_tn(4*H, H, B, da, 4*H, h + t * B * H, H, dW_h, H, true);
        /* (67) W̄_x += s̄[t] x[t]ᵀ */
        /* dW_x += dsᵀ @ x[t] */
        product_tn(4*H, I, B, ds, 4*H, x + t * B * I, I, dW_x, I, true);
        /* (68) alphā_1 += (z̄[t] ⊘ (a_z[t] 1)) ∘ d_a[t] */
        /* dalpha_1 += sum over rows of dz / a_z[t]ᵢ₁ ∘ d_a[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 4*H; ++col) {
                dalpha_1[col] += dz[row * 4*H + col] / a_z[t * B + row] * d_a[t * B * 4*H + row * 4*H + col];
            }
        }
        /* (69) alphā_2 += (z̄[t] ⊘ (a2_z[t] 1)) ∘ d_s[t] */
        /* dalpha_2 += sum over rows of dz / a2_z[t]ᵢ₁ ∘ d_s[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 4*H; ++col) {
                dalpha_2[col] += dz[row * 4*H + col] / a2_z[t * B + row] * d_s[t * B * 4*H + row * 4*H + col];
            }
        }
        /* (70) b̄ += z̄[t] */
        /* db += sum over rows of dz */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 4*H; ++col) {
                db[col] += dz[row * 4*H + col];
            }
        }
        /* (71) alphā_3 += (z2̄_h[t] ⊘ (a_h[t] 1)) ∘ d_c[t] */
        /* dalpha_3 += sum over rows of dz2_h / a_h[t]ᵢ₁ ∘ d_c[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                dalpha_3[col] += dz2_h[row * H + col] / a_h[t * B + row] * d_c[t * B * H + row * H + col];
            }
        }
        /* (72) betā_3 += z2̄_h[t] */
        /* dbeta_3 += sum over rows of dz2_h */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                dbeta_3[col] += dz2_h[row * H + col];
            }
        }
        /* (73) W̄_hy += z̄_y[t] h[t]ᵀ */
        /* dW_hy += dz_yᵀ @ h[t + 1] */
        product_tn(O, H, B, dz_y, O, h + (t + 1) * B * H, H, dW_hy, H, true);
        /* (74) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (75) x̄[t] = W_xᵀ s̄[t] */
        /* dx[t] = ds @ W_x */
        product_nn(B, I, 4*H, ds, 4*H, W_x, I, dx + t * B * I, I, false);
        /* (36) what step t gives to h of earlier steps: W_hᵀ ā[t] */
        /* carry_h = da @ W_h */
        product_nn(B, H, 4*H, da, 4*H, W_h, H, carry_h, H, false);
        /* (44) what step t gives to c of earlier steps: c̄[t] ∘ f[t] */
        for (size_t at = 0; at < B * H; ++at) {
            carry_c[at] = dc[at] * f[t * B * H + at];
        }
    }
    /* (76) h̄[0] = W_hᵀ ā[1] */
    for (size_t at = 0; at < B * H; ++at) {
        dh0[at] = carry_h[at];
    }
    /* (77) c̄[0] = c̄[1] ∘ f[1] */
    for (size_t at = 0; at < B * H; ++at) {
        dc0[at] = carry_c[at];
    }
    return LSTM_LAYER_NORM_F64_OK;
}

lstm_layer_norm_f64_status lstm_layer_norm_f64_loss_and_gradient(const lstm_layer_norm_f64_sizes *sizes,
                                                                 const lstm_layer_norm_f64_given *given,
                                                                 const lstm_layer_norm_f64_kept *kept,
                                                                 const lstm_layer_norm_f64_gradients *gradients,
                                                                 double *work)
{
    const lstm_layer_norm_f64_status status = lstm_layer_norm_f64_forward(sizes, given, kept, work);
    return status != LSTM_LAYER_NORM_F64_OK ? status : lstm_layer_norm_f64_backward(sizes, given, kept, gradients, work);
}
