/* sLSTM with exponential input gate, stabilised by the running maximum m with softmax and cross-entropy:
 * see slstm_stabilized_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "slstm_stabilized_f64.h"

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

/* log(1 + e^x) = max(x, 0) + log(1 + e), e = e^-|x| <= 1; it goes down to 0 as e^x does. At most 2.5 units in the last place
 * off; NaN stays NaN. Where e > sqrt(2) - 1 it is halved: log(1 + e) = log(2) + log(1 + (e - 1)/2). */
INLINED real softplus(real x)
{
    const real e = exp_of(-fabs(x)), positive = x > 0.0 ? x : 0.0;
    const bool halved = e > 0.4142135;
    const real logarithm = log1p_near_0(halved ? 0.5 * e - 0.5 : e);
    return positive + ((halved ? 0.69314718055994531 : 0.0) + logarithm);
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

static slstm_stabilized_f64_status check(const slstm_stabilized_f64_sizes *sizes)
{
    if (sizes == NULL)
        return SLSTM_STABILIZED_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || H == 0 || O == 0)
        return SLSTM_STABILIZED_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* x */
        times(B, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* h0 */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* y */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* W_i */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* R_i */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         /* b_i */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* W_f */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* R_f */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         /* b_f */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* W_z */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* R_z */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         /* b_z */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* W_o */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* R_o */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         /* b_o */
        times(O, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* W_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         /* b_y */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            /* m */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            /* c */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            /* n */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            /* h */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* y_hat */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* a_log_f */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* z */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* o */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* a_m */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* i */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* f */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* dW_i */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* dR_i */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         /* db_i */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* dW_f */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* dR_f */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         /* db_f */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* dW_z */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* dR_z */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         /* db_z */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* dW_o */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* dR_o */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         /* db_o */
        times(O, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* dW_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         /* db_y */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* dx */
        times(B, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               /* dh0 */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, O)), times(B, H)), times(B, H)), B), B), B),                                                                                                                                                                                                                                                                                      /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H), times(B, H)), times(B, H)), times(B, H)), times(B, O)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, I)), times(B, H)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return SLSTM_STABILIZED_F64_TOO_LARGE;
    return SLSTM_STABILIZED_F64_OK;
}

const char *slstm_stabilized_f64_message(slstm_stabilized_f64_status status)
{
    switch (status) {
    case SLSTM_STABILIZED_F64_OK:
        return "all is well";
    case SLSTM_STABILIZED_F64_ZERO_SIZE:
        return "a size is 0";
    case SLSTM_STABILIZED_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case SLSTM_STABILIZED_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t slstm_stabilized_f64_workspace(const slstm_stabilized_f64_sizes *sizes)
{
    if (check(sizes) != SLSTM_STABILIZED_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t for_forward = B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * O + B * H + B * H + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H + B * H + B * H + B * H + B * O + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * I + B * H;
    if (for_backward > most)
        most = for_backward;
    return most;
}

slstm_stabilized_f64_status slstm_stabilized_f64_forward(const slstm_stabilized_f64_sizes *sizes,
                                                         const slstm_stabilized_f64_given *given,
                                                         const slstm_stabilized_f64_kept *kept, double *work)
{
    const slstm_stabilized_f64_status status = check(sizes);
    if (status != SLSTM_STABILIZED_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return SLSTM_STABILIZED_F64_NULL;
    if (given->x == NULL || given->h0 == NULL || given->y == NULL || given->W_i == NULL ||
        given->R_i == NULL || given->b_i == NULL || given->W_f == NULL || given->R_f == NULL ||
        given->b_f == NULL || given->W_z == NULL || given->R_z == NULL || given->b_z == NULL ||
        given->W_o == NULL || given->R_o == NULL || given->b_o == NULL || given->W_hy == NULL ||
        given->b_y == NULL || kept->m == NULL || kept->c == NULL || kept->n == NULL ||
        kept->h == NULL || kept->y_hat == NULL || kept->a_log_f == NULL || kept->z == NULL ||
        kept->o == NULL || kept->a_m == NULL || kept->i == NULL || kept->f == NULL ||
        kept->J == NULL)
        return SLSTM_STABILIZED_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;       /* (T, B, I) */
    const real *restrict const h0 = given->h0;     /* (B, H) */
    const real *restrict const y = given->y;       /* (T, B, O) */
    const real *restrict const W_i = given->W_i;   /* (H, I) */
    const real *restrict const R_i = given->R_i;   /* (H, H) */
    const real *restrict const b_i = given->b_i;   /* (H) */
    const real *restrict const W_f = given->W_f;   /* (H, I) */
    const real *restrict const R_f = given->R_f;   /* (H, H) */
    const real *restrict const b_f = given->b_f;   /* (H) */
    const real *restrict const W_z = given->W_z;   /* (H, I) */
    const real *restrict const R_z = given->R_z;   /* (H, H) */
    const real *restrict const b_z = given->b_z;   /* (H) */
    const real *restrict const W_o = given->W_o;   /* (H, I) */
    const real *restrict const R_o = given->R_o;   /* (H, H) */
    const real *restrict const b_o = given->b_o;   /* (H) */
    const real *restrict const W_hy = given->W_hy; /* (O, H) */
    const real *restrict const b_y = given->b_y;   /* (O) */
    real *restrict const m = kept->m;              /* (T + 1, B, H) */
    real *restrict const c = kept->c;              /* (T + 1, B, H) */
    real *restrict const n = kept->n;              /* (T + 1, B, H) */
    real *restrict const h = kept->h;              /* (T + 1, B, H) */
    real *restrict const y_hat = kept->y_hat;      /* (T, B, O) */
    real *restrict const a_log_f = kept->a_log_f;  /* (T, B, H) */
    real *restrict const z = kept->z;              /* (T, B, H) */
    real *restrict const o = kept->o;              /* (T, B, H) */
    real *restrict const a_m = kept->a_m;          /* (T, B, H) */
    real *restrict const i = kept->i;              /* (T, B, H) */
    real *restrict const f = kept->f;              /* (T, B, H) */
    real *restrict const J = kept->J;              /* () */
    real *next = work;
    real *restrict const log_i = next;     /* (B, H) log_i[t] */
    next += B * H;
    real *restrict const z_log_f = next;   /* (B, H) z_log_f[t] */
    next += B * H;
    real *restrict const log_f = next;     /* (B, H) log_f[t] */
    next += B * H;
    real *restrict const z_z = next;       /* (B, H) z_z[t] */
    next += B * H;
    real *restrict const z_o = next;       /* (B, H) z_o[t] */
    next += B * H;
    real *restrict const z_m = next;       /* (B, H) z_m[t] */
    next += B * H;
    real *restrict const z_i = next;       /* (B, H) z_i[t] */
    next += B * H;
    real *restrict const z_f = next;       /* (B, H) z_f[t] */
    next += B * H;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const scratch = next;   /* (B, H) scratch */
    next += B * H;
    real *restrict const scratch_2 = next; /* (B, H) scratch */
    next += B * H;
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
        c[at] = 0.0;
    }
    for (size_t at = 0; at < B * H; ++at) {
        n[at] = 0.0;
    }
    for (size_t at = 0; at < B * H; ++at) {
        m[at] = 0.0;
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) log_i[t] = W_i x[t] + R_i h[t−1] + b_i */
        /* log_i = x[t] @ W_iᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_i, I, log_i, H, false);
        /* log_i += h[t] @ R_iᵀ */
        product_nt(B, H, H, h + t * B * H, H, R_i, H, log_i, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                log_i[row * H + col] += b_i[col];
            }
        }
        /* (2) z_log_f[t] = −(W_f x[t] + R_f h[t−1] + b_f) */
        /* scratch = x[t] @ W_fᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_f, I, scratch, H, false);
        /* scratch_2 = h[t] @ R_fᵀ */
        product_nt(B, H, H, h + t * B * H, H, R_f, H, scratch_2, H, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_log_f[row * H + col] = -(scratch[row * H + col] + scratch_2[row * H + col] + b_f[col]);
            }
        }
        /* (3) a_log_f[t] = softplus(z_log_f[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a_log_f[t * B * H + at] = softplus(z_log_f[at]);
        }
        /* (4) log_f[t] = −a_log_f[t] */
        for (size_t at = 0; at < B * H; ++at) {
            log_f[at] = -a_log_f[t * B * H + at];
        }
        /* (5) z_z[t] = W_z x[t] + R_z h[t−1] + b_z */
        /* z_z = x[t] @ W_zᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_z, I, z_z, H, false);
        /* z_z += h[t] @ R_zᵀ */
        product_nt(B, H, H, h + t * B * H, H, R_z, H, z_z, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_z[row * H + col] += b_z[col];
            }
        }
        /* (6) z[t] = tanh(z_z[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            z[t * B * H + at] = tanh_of(z_z[at]);
        }
        /* (7) z_o[t] = W_o x[t] + R_o h[t−1] + b_o */
        /* z_o = x[t] @ W_oᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_o, I, z_o, H, false);
        /* z_o += h[t] @ R_oᵀ */
        product_nt(B, H, H, h + t * B * H, H, R_o, H, z_o, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_o[row * H + col] += b_o[col];
            }
        }
        /* (8) o[t] = sigmoid(z_o[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            o[t * B * H + at] = sigmoid(z_o[at]);
        }
        /* (9) z_m[t] = log_f[t] + m[t−1] − log_i[t] */
        for (size_t at = 0; at < B * H; ++at) {
            z_m[at] = log_f[at] + m[t * B * H + at] - log_i[at];
        }
        /* (10) a_m[t] = relu(z_m[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a_m[t * B * H + at] = relu(z_m[at]);
        }
        /* (11) m[t] = log_i[t] + a_m[t] */
        for (size_t at = 0; at < B * H; ++at) {
            m[(t + 1) * B * H + at] = log_i[at] + a_m[t * B * H + at];
        }
        /* (12) z_i[t] = log_i[t] − m[t] */
        for (size_t at = 0; at < B * H; ++at) {
            z_i[at] = log_i[at] - m[(t + 1) * B * H + at];
        }
        /* (13) i[t] = exp(z_i[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            i[t * B * H + at] = exp_of(z_i[at]);
        }
        /* (14) z_f[t] = log_f[t] + m[t−1] − m[t] */
        for (size_t at = 0; at < B * H; ++at) {
            z_f[at] = log_f[at] + m[t * B * H + at] - m[(t + 1) * B * H + at];
        }
        /* (15) f[t] = exp(z_f[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            f[t * B * H + at] = exp_of(z_f[at]);
        }
        /* (16) c[t] = f[t] ∘ c[t−1] + i[t] ∘ z[t] */
        for (size_t at = 0; at < B * H; ++at) {
            c[(t + 1) * B * H + at] = f[t * B * H + at] * c[t * B * H + at] + i[t * B * H + at] * z[t * B * H + at];
        }
        /* (17) n[t] = f[t] ∘ n[t−1] + i[t] */
        for (size_t at = 0; at < B * H; ++at) {
            n[(t + 1) * B * H + at] = f[t * B * H + at] * n[t * B * H + at] + i[t * B * H + at];
        }
        /* (18) h[t] = o[t] ∘ (c[t] ⊘ n[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            h[(t + 1) * B * H + at] = o[t * B * H + at] * (c[(t + 1) * B * H + at] / n[(t + 1) * B * H + at]);
        }
        /* (19) z_y[t] = W_hy h[t] + b_y */
        /* z_y = h[t + 1] @ W_hyᵀ */
        product_nt(B, O, H, h + (t + 1) * B * H, H, W_hy, H, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b_y[col];
            }
        }
        /* (20) y_hat[t] = softmax(z_y[t]) */
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
        /* (21) J += −y[t]ᵀ log_softmax(z_y[t]) */
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
    return SLSTM_STABILIZED_F64_OK;
}

slstm_stabilized_f64_status slstm_stabilized_f64_backward(const slstm_stabilized_f64_sizes *sizes,
                                                          const slstm_stabilized_f64_given *given,
                                                          const slstm_stabilized_f64_kept *kept,
                                                          const slstm_stabilized_f64_gradients *gradients,
                                                          double *work)
{
    const slstm_stabilized_f64_status status = check(sizes);
    if (status != SLSTM_STABILIZED_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return SLSTM_STABILIZED_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->W_i == NULL || given->R_i == NULL ||
        given->W_f == NULL || given->R_f == NULL || given->W_z == NULL || given->R_z == NULL ||
        given->W_o == NULL || given->R_o == NULL || given->W_hy == NULL || kept->c == NULL ||
        kept->n == NULL || kept->h == NULL || kept->y_hat == NULL || kept->a_log_f == NULL ||
        kept->z == NULL || kept->o == NULL || kept->a_m == NULL || kept->i == NULL ||
        kept->f == NULL || gradients->dW_i == NULL || gradients->dR_i == NULL || gradients->db_i == NULL ||
        gradients->dW_f == NULL || gradients->dR_f == NULL || gradients->db_f == NULL || gradients->dW_z == NULL ||
        gradients->dR_z == NULL || gradients->db_z == NULL || gradients->dW_o == NULL || gradients->dR_o == NULL ||
        gradients->db_o == NULL || gradients->dW_hy == NULL || gradients->db_y == NULL || gradients->dx == NULL ||
        gradients->dh0 == NULL)
        return SLSTM_STABILIZED_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;            /* (T, B, I) */
    const real *restrict const y = given->y;            /* (T, B, O) */
    const real *restrict const W_i = given->W_i;        /* (H, I) */
    const real *restrict const R_i = given->R_i;        /* (H, H) */
    const real *restrict const W_f = given->W_f;        /* (H, I) */
    const real *restrict const R_f = given->R_f;        /* (H, H) */
    const real *restrict const W_z = given->W_z;        /* (H, I) */
    const real *restrict const R_z = given->R_z;        /* (H, H) */
    const real *restrict const W_o = given->W_o;        /* (H, I) */
    const real *restrict const R_o = given->R_o;        /* (H, H) */
    const real *restrict const W_hy = given->W_hy;      /* (O, H) */
    const real *restrict const c = kept->c;             /* (T + 1, B, H) */
    const real *restrict const n = kept->n;             /* (T + 1, B, H) */
    const real *restrict const h = kept->h;             /* (T + 1, B, H) */
    const real *restrict const y_hat = kept->y_hat;     /* (T, B, O) */
    const real *restrict const a_log_f = kept->a_log_f; /* (T, B, H) */
    const real *restrict const z = kept->z;             /* (T, B, H) */
    const real *restrict const o = kept->o;             /* (T, B, H) */
    const real *restrict const a_m = kept->a_m;         /* (T, B, H) */
    const real *restrict const i = kept->i;             /* (T, B, H) */
    const real *restrict const f = kept->f;             /* (T, B, H) */
    real *restrict const dW_i = gradients->dW_i;        /* (H, I) */
    real *restrict const dR_i = gradients->dR_i;        /* (H, H) */
    real *restrict const db_i = gradients->db_i;        /* (H) */
    real *restrict const dW_f = gradients->dW_f;        /* (H, I) */
    real *restrict const dR_f = gradients->dR_f;        /* (H, H) */
    real *restrict const db_f = gradients->db_f;        /* (H) */
    real *restrict const dW_z = gradients->dW_z;        /* (H, I) */
    real *restrict const dR_z = gradients->dR_z;        /* (H, H) */
    real *restrict const db_z = gradients->db_z;        /* (H) */
    real *restrict const dW_o = gradients->dW_o;        /* (H, I) */
    real *restrict const dR_o = gradients->dR_o;        /* (H, H) */
    real *restrict const db_o = gradients->db_o;        /* (H) */
    real *restrict const dW_hy = gradients->dW_hy;      /* (O, H) */
    real *restrict const db_y = gradients->db_y;        /* (O) */
    real *restrict const dx = gradients->dx;            /* (T, B, I) */
    real *restrict const dh0 = gradients->dh0;          /* (B, H) */
    real *next = work;
    real *restrict const carry_h = next;   /* (B, H) what later steps give to the adjoint of h */
    next += B * H;
    real *restrict const carry_c = next;   /* (B, H) what later steps give to the adjoint of c */
    next += B * H;
    real *restrict const carry_n = next;   /* (B, H) what later steps give to the adjoint of n */
    next += B * H;
    real *restrict const carry_m = next;   /* (B, H) what later steps give to the adjoint of m */
    next += B * H;
    real *restrict const dz_y = next;      /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dh = next;        /* (B, H) adjoint of h[t] */
    next += B * H;
    real *restrict const dn = next;        /* (B, H) adjoint of n[t] */
    next += B * H;
    real *restrict const dc = next;        /* (B, H) adjoint of c[t] */
    next += B * H;
    real *restrict const df = next;        /* (B, H) adjoint of f[t] */
    next += B * H;
    real *restrict const dz_f = next;      /* (B, H) adjoint of z_f[t] */
    next += B * H;
    real *restrict const di = next;        /* (B, H) adjoint of i[t] */
    next += B * H;
    real *restrict const dz_i = next;      /* (B, H) adjoint of z_i[t] */
    next += B * H;
    real *restrict const dm = next;        /* (B, H) adjoint of m[t] */
    next += B * H;
    real *restrict const da_m = next;      /* (B, H) adjoint of a_m[t] */
    next += B * H;
    real *restrict const dz_m = next;      /* (B, H) adjoint of z_m[t] */
    next += B * H;
    real *restrict const do_ = next;       /* (B, H) adjoint of o[t] */
    next += B * H;
    real *restrict const dz_o = next;      /* (B, H) adjoint of z_o[t] */
    next += B * H;
    real *restrict const dz = next;        /* (B, H) adjoint of z[t] */
    next += B * H;
    real *restrict const dz_z = next;      /* (B, H) adjoint of z_z[t] */
    next += B * H;
    real *restrict const dlog_f = next;    /* (B, H) adjoint of log_f[t] */
    next += B * H;
    real *restrict const da_log_f = next;  /* (B, H) adjoint of a_log_f[t] */
    next += B * H;
    real *restrict const dz_log_f = next;  /* (B, H) adjoint of z_log_f[t] */
    next += B * H;
    real *restrict const dlog_i = next;    /* (B, H) adjoint of log_i[t] */
    next += B * H;
    real *restrict const scratch_3 = next; /* (B, H) scratch */
    next += B * H;
    real *restrict const scratch_4 = next; /* (B, H) scratch */
    next += B * H;
    real *restrict const scratch_5 = next; /* (B, I) scratch */
    next += B * I;
    real *restrict const scratch_6 = next; /* (B, H) scratch */

    for (size_t at = 0; at < H * I; ++at) {
        dW_i[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR_i[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_i[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_f[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR_f[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_f[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_z[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR_z[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_z[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_o[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR_o[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_o[at] = 0.0;
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
    for (size_t at = 0; at < B * H; ++at) {
        carry_n[at] = 0.0;
    }
    for (size_t at = 0; at < B * H; ++at) {
        carry_m[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (23) z̄_y[t] = y_hat[t] − y[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y[t * B * O + at];
        }
        /* (24) h̄[t] = W_hyᵀ z̄_y[t] + R_oᵀ z̄_o[t+1] + R_zᵀ z̄_z[t+1] − R_fᵀ z̄_log_f[t+1] + R_iᵀ loḡ_i[t+1] */
        /* dh = dz_y @ W_hy */
        product_nn(B, H, O, dz_y, O, W_hy, H, dh, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            dh[at] += carry_h[at];
        }
        /* (25) n̄[t] = −((h̄[t] ∘ o[t]) ⊘ n[t]²) ∘ c[t] + n̄[t+1] ∘ f[t+1] */
        for (size_t at = 0; at < B * H; ++at) {
            dn[at] = -(dh[at] * o[t * B * H + at] / square(n[(t + 1) * B * H + at]) * c[(t + 1) * B * H + at]);
        }
        for (size_t at = 0; at < B * H; ++at) {
            dn[at] += carry_n[at];
        }
        /* (26) c̄[t] = (h̄[t] ∘ o[t]) ⊘ n[t] + c̄[t+1] ∘ f[t+1] */
        for (size_t at = 0; at < B * H; ++at) {
            dc[at] = dh[at] * o[t * B * H + at] / n[(t + 1) * B * H + at];
        }
        for (size_t at = 0; at < B * H; ++at) {
            dc[at] += carry_c[at];
        }
        /* (27) f̄[t] = n̄[t] ∘ n[t−1] + c̄[t] ∘ c[t−1] */
        for (size_t at = 0; at < B * H; ++at) {
            df[at] = dn[at] * n[t * B * H + at] + dc[at] * c[t * B * H + at];
        }
        /* (28) z̄_f[t] = f̄[t] ∘ f[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dz_f[at] = df[at] * f[t * B * H + at];
        }
        /* (29) ī[t] = n̄[t] + c̄[t] ∘ z[t] */
        for (size_t at = 0; at < B * H; ++at) {
            di[at] = dn[at] + dc[at] * z[t * B * H + at];
        }
        /* (30) z̄_i[t] = ī[t] ∘ i[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dz_i[at] = di[at] * i[t * B * H + at];
        }
        /* (31) m̄[t] = −z̄_f[t] − z̄_i[t] + z̄_f[t+1] + z̄_m[t+1] */
        for (size_t at = 0; at < B * H; ++at) {
            dm[at] = -dz_f[at] - dz_i[at];
        }
        for (size_t at = 0; at < B * H; ++at) {
            dm[at] += carry_m[at];
        }
        /* (32) ā_m[t] = m̄[t] */
        for (size_t at = 0; at < B * H; ++at) {
            da_m[at] = dm[at];
        }
        /* (33) z̄_m[t] = ā_m[t] ∘ step(a_m[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_m[at] = da_m[at] * step(a_m[t * B * H + at]);
        }
        /* (34) ō[t] = h̄[t] ∘ (c[t] ⊘ n[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            do_[at] = dh[at] * (c[(t + 1) * B * H + at] / n[(t + 1) * B * H + at]);
        }
        /* (35) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_o[at] = do_[at] * o[t * B * H + at] * (1.0 - o[t * B * H + at]);
        }
        /* (36) z̄[t] = c̄[t] ∘ i[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dz[at] = dc[at] * i[t * B * H + at];
        }
        /* (37) z̄_z[t] = z̄[t] ∘ (1 − z[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_z[at] = dz[at] * (1.0 - square(z[t * B * H + at]));
        }
        /* (38) loḡ_f[t] = z̄_f[t] + z̄_m[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dlog_f[at] = dz_f[at] + dz_m[at];
        }
        /* (39) ā_log_f[t] = −loḡ_f[t] */
        for (size_t at = 0; at < B * H; ++at) {
            da_log_f[at] = -dlog_f[at];
        }
        /* (40) z̄_log_f[t] = ā_log_f[t] ∘ (1 + (−1) ⊘ exp(a_log_f[t])) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_log_f[at] = da_log_f[at] * (1.0 + -1.0 / exp_of(a_log_f[t * B * H + at]));
        }
        /* (41) loḡ_i[t] = z̄_i[t] + m̄[t] − z̄_m[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dlog_i[at] = dz_i[at] + dm[at] - dz_m[at];
        }
        /* (42) W̄_i += loḡ_i[t] x[t]ᵀ */
        /* dW_i += dlog_iᵀ @ x[t] */
        product_tn(H, I, B, dlog_i, H, x + t * B * I, I, dW_i, I, true);
        /* (43) R̄_i += loḡ_i[t] h[t−1]ᵀ */
        /* dR_i += dlog_iᵀ @ h[t] */
        product_tn(H, H, B, dlog_i, H, h + t * B * H, H, dR_i, H, true);
        /* (44) b̄_i += loḡ_i[t] */
        /* db_i += sum over rows of dlog_i */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_i[col] += dlog_i[row * H + col];
            }
        }
        /* (45) W̄_f += −z̄_log_f[t] x[t]ᵀ */
        for (size_t at = 0; at < B * H; ++at) {
            scratch_3[at] = -dz_log_f[at];
        }
        /* dW_f += scratch_3ᵀ @ x[t] */
        product_tn(H, I, B, scratch_3, H, x + t * B * I, I, dW_f, I, true);
        /* (46) R̄_f += −z̄_log_f[t] h[t−1]ᵀ */
        for (size_t at = 0; at < B * H; ++at) {
            scratch_4[at] = -dz_log_f[at];
        }
        /* dR_f += scratch_4ᵀ @ h[t] */
        product_tn(H, H, B, scratch_4, H, h + t * B * H, H, dR_f, H, true);
        /* (47) b̄_f += −z̄_log_f[t] */
        /* db_f += sum over rows of −dz_log_f */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_f[col] += -dz_log_f[row * H + col];
            }
        }
        /* (48) W̄_z += z̄_z[t] x[t]ᵀ */
        /* dW_z += dz_zᵀ @ x[t] */
        product_tn(H, I, B, dz_z, H, x + t * B * I, I, dW_z, I, true);
        /* (49) R̄_z += z̄_z[t] h[t−1]ᵀ */
        /* dR_z += dz_zᵀ @ h[t] */
        product_tn(H, H, B, dz_z, H, h + t * B * H, H, dR_z, H, true);
        /* (50) b̄_z += z̄_z[t] */
        /* db_z += sum over rows of dz_z */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_z[col] += dz_z[row * H + col];
            }
        }
        /* (51) W̄_o += z̄_o[t] x[t]ᵀ */
        /* dW_o += dz_oᵀ @ x[t] */
        product_tn(H, I, B, dz_o, H, x + t * B * I, I, dW_o, I, true);
        /* (52) R̄_o += z̄_o[t] h[t−1]ᵀ */
        /* dR_o += dz_oᵀ @ h[t] */
        product_tn(H, H, B, dz_o, H, h + t * B * H, H, dR_o, H, true);
        /* (53) b̄_o += z̄_o[t] */
        /* db_o += sum over rows of dz_o */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_o[col] += dz_o[row * H + col];
            }
        }
        /* (54) W̄_hy += z̄_y[t] h[t]ᵀ */
        /* dW_hy += dz_yᵀ @ h[t + 1] */
        product_tn(O, H, B, dz_y, O, h + (t + 1) * B * H, H, dW_hy, H, true);
        /* (55) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (56) x̄[t] = W_oᵀ z̄_o[t] + W_zᵀ z̄_z[t] − W_fᵀ z̄_log_f[t] + W_iᵀ loḡ_i[t] */
        /* dx[t] = dz_o @ W_o */
        product_nn(B, I, H, dz_o, H, W_o, I, dx + t * B * I, I, false);
        /* dx[t] += dz_z @ W_z */
        product_nn(B, I, H, dz_z, H, W_z, I, dx + t * B * I, I, true);
        /* dx[t] += dlog_i @ W_i */
        product_nn(B, I, H, dlog_i, H, W_i, I, dx + t * B * I, I, true);
        /* scratch_5 = dz_log_f @ W_f */
        product_nn(B, I, H, dz_log_f, H, W_f, I, scratch_5, I, false);
        for (size_t at = 0; at < B * I; ++at) {
            dx[t * B * I + at] += -scratch_5[at];
        }
        /* (24) what step t gives to h of earlier steps: R_oᵀ z̄_o[t] + R_zᵀ z̄_z[t] + −R_fᵀ z̄_log_f[t] + R_iᵀ loḡ_i[t] */
        /* carry_h = dz_o @ R_o */
        product_nn(B, H, H, dz_o, H, R_o, H, carry_h, H, false);
        /* carry_h += dz_z @ R_z */
        product_nn(B, H, H, dz_z, H, R_z, H, carry_h, H, true);
        /* carry_h += dlog_i @ R_i */
        product_nn(B, H, H, dlog_i, H, R_i, H, carry_h, H, true);
        /* scratch_6 = dz_log_f @ R_f */
        product_nn(B, H, H, dz_log_f, H, R_f, H, scratch_6, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            carry_h[at] += -scratch_6[at];
        }
        /* (25) what step t gives to n of earlier steps: n̄[t] ∘ f[t] */
        for (size_t at = 0; at < B * H; ++at) {
            carry_n[at] = dn[at] * f[t * B * H + at];
        }
        /* (26) what step t gives to c of earlier steps: c̄[t] ∘ f[t] */
        for (size_t at = 0; at < B * H; ++at) {
            carry_c[at] = dc[at] * f[t * B * H + at];
        }
        /* (31) what step t gives to m of earlier steps: z̄_f[t] + z̄_m[t] */
        for (size_t at = 0; at < B * H; ++at) {
            carry_m[at] = dz_f[at] + dz_m[at];
        }
    }
    /* (57) h̄[0] = R_oᵀ z̄_o[1] + R_zᵀ z̄_z[1] + −R_fᵀ z̄_log_f[1] + R_iᵀ loḡ_i[1] */
    for (size_t at = 0; at < B * H; ++at) {
        dh0[at] = carry_h[at];
    }
    return SLSTM_STABILIZED_F64_OK;
}

slstm_stabilized_f64_status slstm_stabilized_f64_loss_and_gradient(const slstm_stabilized_f64_sizes *sizes,
                                                                   const slstm_stabilized_f64_given *given,
                                                                   const slstm_stabilized_f64_kept *kept,
                                                                   const slstm_stabilized_f64_gradients *gradients,
                                                                   double *work)
{
    const slstm_stabilized_f64_status status = slstm_stabilized_f64_forward(sizes, given, kept, work);
    return status != SLSTM_STABILIZED_F64_OK ? status : slstm_stabilized_f64_backward(sizes, given, kept, gradients, work);
}
