/* long short-term memory with working memory connections with softmax and cross-entropy:
 * see lstm_working_memory_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "lstm_working_memory_f64.h"

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

static lstm_working_memory_f64_status check(const lstm_working_memory_f64_sizes *sizes)
{
    if (sizes == NULL)
        return LSTM_WORKING_MEMORY_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || H == 0 || O == 0)
        return LSTM_WORKING_MEMORY_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                /* x */
        times(B, H),                                                                                                                                                                                                                                                                                                                                                                          /* h0 */
        times(B, H),                                                                                                                                                                                                                                                                                                                                                                          /* c0 */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                /* y */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                          /* W_i */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* U_i */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* V_i */
        H,                                                                                                                                                                                                                                                                                                                                                                                    /* b_i */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                          /* W_f */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* U_f */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* V_f */
        H,                                                                                                                                                                                                                                                                                                                                                                                    /* b_f */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                          /* W_g */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* U_g */
        H,                                                                                                                                                                                                                                                                                                                                                                                    /* b_g */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                          /* W_o */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* U_o */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* V_o */
        H,                                                                                                                                                                                                                                                                                                                                                                                    /* b_o */
        times(O, H),                                                                                                                                                                                                                                                                                                                                                                          /* W_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                    /* b_y */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                                                                                                                                                                                       /* c */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                                                                                                                                                                                       /* h */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                /* y_hat */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                /* a_i */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                /* i */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                /* a_f */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                /* f */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                /* g */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                /* a_o */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                /* o */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                /* a_h */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                          /* dW_i */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* dU_i */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* dV_i */
        H,                                                                                                                                                                                                                                                                                                                                                                                    /* db_i */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                          /* dW_f */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* dU_f */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* dV_f */
        H,                                                                                                                                                                                                                                                                                                                                                                                    /* db_f */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                          /* dW_g */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* dU_g */
        H,                                                                                                                                                                                                                                                                                                                                                                                    /* db_g */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                          /* dW_o */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* dU_o */
        times(H, H),                                                                                                                                                                                                                                                                                                                                                                          /* dV_o */
        H,                                                                                                                                                                                                                                                                                                                                                                                    /* db_o */
        times(O, H),                                                                                                                                                                                                                                                                                                                                                                          /* dW_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                    /* db_y */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                /* dx */
        times(B, H),                                                                                                                                                                                                                                                                                                                                                                          /* dh0 */
        times(B, H),                                                                                                                                                                                                                                                                                                                                                                          /* dc0 */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, O)), B), B), B),                                                                                                                                                                                                          /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H), times(B, H)), times(B, O)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return LSTM_WORKING_MEMORY_F64_TOO_LARGE;
    return LSTM_WORKING_MEMORY_F64_OK;
}

const char *lstm_working_memory_f64_message(lstm_working_memory_f64_status status)
{
    switch (status) {
    case LSTM_WORKING_MEMORY_F64_OK:
        return "all is well";
    case LSTM_WORKING_MEMORY_F64_ZERO_SIZE:
        return "a size is 0";
    case LSTM_WORKING_MEMORY_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case LSTM_WORKING_MEMORY_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t lstm_working_memory_f64_workspace(const lstm_working_memory_f64_sizes *sizes)
{
    if (check(sizes) != LSTM_WORKING_MEMORY_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t for_forward = B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * O + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H + B * H + B * O + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H;
    if (for_backward > most)
        most = for_backward;
    return most;
}

lstm_working_memory_f64_status lstm_working_memory_f64_forward(const lstm_working_memory_f64_sizes *sizes,
                                                               const lstm_working_memory_f64_given *given,
                                                               const lstm_working_memory_f64_kept *kept,
                                                               double *work)
{
    const lstm_working_memory_f64_status status = check(sizes);
    if (status != LSTM_WORKING_MEMORY_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return LSTM_WORKING_MEMORY_F64_NULL;
    if (given->x == NULL || given->h0 == NULL || given->c0 == NULL || given->y == NULL ||
        given->W_i == NULL || given->U_i == NULL || given->V_i == NULL || given->b_i == NULL ||
        given->W_f == NULL || given->U_f == NULL || given->V_f == NULL || given->b_f == NULL ||
        given->W_g == NULL || given->U_g == NULL || given->b_g == NULL || given->W_o == NULL ||
        given->U_o == NULL || given->V_o == NULL || given->b_o == NULL || given->W_hy == NULL ||
        given->b_y == NULL || kept->c == NULL || kept->h == NULL || kept->y_hat == NULL ||
        kept->a_i == NULL || kept->i == NULL || kept->a_f == NULL || kept->f == NULL ||
        kept->g == NULL || kept->a_o == NULL || kept->o == NULL || kept->a_h == NULL ||
        kept->J == NULL)
        return LSTM_WORKING_MEMORY_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;       /* (T, B, I) */
    const real *restrict const h0 = given->h0;     /* (B, H) */
    const real *restrict const c0 = given->c0;     /* (B, H) */
    const real *restrict const y = given->y;       /* (T, B, O) */
    const real *restrict const W_i = given->W_i;   /* (H, I) */
    const real *restrict const U_i = given->U_i;   /* (H, H) */
    const real *restrict const V_i = given->V_i;   /* (H, H) */
    const real *restrict const b_i = given->b_i;   /* (H) */
    const real *restrict const W_f = given->W_f;   /* (H, I) */
    const real *restrict const U_f = given->U_f;   /* (H, H) */
    const real *restrict const V_f = given->V_f;   /* (H, H) */
    const real *restrict const b_f = given->b_f;   /* (H) */
    const real *restrict const W_g = given->W_g;   /* (H, I) */
    const real *restrict const U_g = given->U_g;   /* (H, H) */
    const real *restrict const b_g = given->b_g;   /* (H) */
    const real *restrict const W_o = given->W_o;   /* (H, I) */
    const real *restrict const U_o = given->U_o;   /* (H, H) */
    const real *restrict const V_o = given->V_o;   /* (H, H) */
    const real *restrict const b_o = given->b_o;   /* (H) */
    const real *restrict const W_hy = given->W_hy; /* (O, H) */
    const real *restrict const b_y = given->b_y;   /* (O) */
    real *restrict const c = kept->c;              /* (T + 1, B, H) */
    real *restrict const h = kept->h;              /* (T + 1, B, H) */
    real *restrict const y_hat = kept->y_hat;      /* (T, B, O) */
    real *restrict const a_i = kept->a_i;          /* (T, B, H) */
    real *restrict const i = kept->i;              /* (T, B, H) */
    real *restrict const a_f = kept->a_f;          /* (T, B, H) */
    real *restrict const f = kept->f;              /* (T, B, H) */
    real *restrict const g = kept->g;              /* (T, B, H) */
    real *restrict const a_o = kept->a_o;          /* (T, B, H) */
    real *restrict const o = kept->o;              /* (T, B, H) */
    real *restrict const a_h = kept->a_h;          /* (T, B, H) */
    real *restrict const J = kept->J;              /* () */
    real *next = work;
    real *restrict const z_i = next;       /* (B, H) z_i[t] */
    next += B * H;
    real *restrict const z2_i = next;      /* (B, H) z2_i[t] */
    next += B * H;
    real *restrict const z_f = next;       /* (B, H) z_f[t] */
    next += B * H;
    real *restrict const z2_f = next;      /* (B, H) z2_f[t] */
    next += B * H;
    real *restrict const z_g = next;       /* (B, H) z_g[t] */
    next += B * H;
    real *restrict const z_o = next;       /* (B, H) z_o[t] */
    next += B * H;
    real *restrict const z2_o = next;      /* (B, H) z2_o[t] */
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
    for (size_t at = 0; at < B * H; ++at) {
        c[at] = c0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) z_i[t] = V_i c[t−1] */
        /* z_i = c[t] @ V_iᵀ */
        product_nt(B, H, H, c + t * B * H, H, V_i, H, z_i, H, false);
        /* (2) a_i[t] = tanh(z_i[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a_i[t * B * H + at] = tanh_of(z_i[at]);
        }
        /* (3) z2_i[t] = W_i x[t] + U_i h[t−1] + a_i[t] + b_i */
        /* z2_i = x[t] @ W_iᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_i, I, z2_i, H, false);
        /* z2_i += h[t] @ U_iᵀ */
        product_nt(B, H, H, h + t * B * H, H, U_i, H, z2_i, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z2_i[row * H + col] += a_i[t * B * H + row * H + col] + b_i[col];
            }
        }
        /* (4) i[t] = sigmoid(z2_i[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            i[t * B * H + at] = sigmoid(z2_i[at]);
        }
        /* (5) z_f[t] = V_f c[t−1] */
        /* z_f = c[t] @ V_fᵀ */
        product_nt(B, H, H, c + t * B * H, H, V_f, H, z_f, H, false);
        /* (6) a_f[t] = tanh(z_f[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a_f[t * B * H + at] = tanh_of(z_f[at]);
        }
        /* (7) z2_f[t] = W_f x[t] + U_f h[t−1] + a_f[t] + b_f */
        /* z2_f = x[t] @ W_fᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_f, I, z2_f, H, false);
        /* z2_f += h[t] @ U_fᵀ */
        product_nt(B, H, H, h + t * B * H, H, U_f, H, z2_f, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z2_f[row * H + col] += a_f[t * B * H + row * H + col] + b_f[col];
            }
        }
        /* (8) f[t] = sigmoid(z2_f[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            f[t * B * H + at] = sigmoid(z2_f[at]);
        }
        /* (9) z_g[t] = W_g x[t] + U_g h[t−1] + b_g */
        /* z_g = x[t] @ W_gᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_g, I, z_g, H, false);
        /* z_g += h[t] @ U_gᵀ */
        product_nt(B, H, H, h + t * B * H, H, U_g, H, z_g, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_g[row * H + col] += b_g[col];
            }
        }
        /* (10) g[t] = tanh(z_g[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            g[t * B * H + at] = tanh_of(z_g[at]);
        }
        /* (11) c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t] */
        for (size_t at = 0; at < B * H; ++at) {
            c[(t + 1) * B * H + at] = f[t * B * H + at] * c[t * B * H + at] + i[t * B * H + at] * g[t * B * H + at];
        }
        /* (12) z_o[t] = V_o c[t] */
        /* z_o = c[t + 1] @ V_oᵀ */
        product_nt(B, H, H, c + (t + 1) * B * H, H, V_o, H, z_o, H, false);
        /* (13) a_o[t] = tanh(z_o[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a_o[t * B * H + at] = tanh_of(z_o[at]);
        }
        /* (14) z2_o[t] = W_o x[t] + U_o h[t−1] + a_o[t] + b_o */
        /* z2_o = x[t] @ W_oᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_o, I, z2_o, H, false);
        /* z2_o += h[t] @ U_oᵀ */
        product_nt(B, H, H, h + t * B * H, H, U_o, H, z2_o, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z2_o[row * H + col] += a_o[t * B * H + row * H + col] + b_o[col];
            }
        }
        /* (15) o[t] = sigmoid(z2_o[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            o[t * B * H + at] = sigmoid(z2_o[at]);
        }
        /* (16) a_h[t] = tanh(c[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a_h[t * B * H + at] = tanh_of(c[(t + 1) * B * H + at]);
        }
        /* (17) h[t] = o[t] ∘ a_h[t] */
        for (size_t at = 0; at < B * H; ++at) {
            h[(t + 1) * B * H + at] = o[t * B * H + at] * a_h[t * B * H + at];
        }
        /* (18) z_y[t] = W_hy h[t] + b_y */
        /* z_y = h[t + 1] @ W_hyᵀ */
        product_nt(B, O, H, h + (t + 1) * B * H, H, W_hy, H, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b_y[col];
            }
        }
        /* (19) y_hat[t] = softmax(z_y[t]) */
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
        /* (20) J += −y[t]ᵀ log_softmax(z_y[t]) */
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
    return LSTM_WORKING_MEMORY_F64_OK;
}

lstm_working_memory_f64_status lstm_working_memory_f64_backward(const lstm_working_memory_f64_sizes *sizes,
                                                                const lstm_working_memory_f64_given *given,
                                                                const lstm_working_memory_f64_kept *kept,
                                                                const lstm_working_memory_f64_gradients *gradients,
                                                                double *work)
{
    const lstm_working_memory_f64_status status = check(sizes);
    if (status != LSTM_WORKING_MEMORY_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return LSTM_WORKING_MEMORY_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->W_i == NULL || given->U_i == NULL ||
        given->V_i == NULL || given->W_f == NULL || given->U_f == NULL || given->V_f == NULL ||
        given->W_g == NULL || given->U_g == NULL || given->W_o == NULL || given->U_o == NULL ||
        given->V_o == NULL || given->W_hy == NULL || kept->c == NULL || kept->h == NULL ||
        kept->y_hat == NULL || kept->a_i == NULL || kept->i == NULL || kept->a_f == NULL ||
        kept->f == NULL || kept->g == NULL || kept->a_o == NULL || kept->o == NULL ||
        kept->a_h == NULL || gradients->dW_i == NULL || gradients->dU_i == NULL || gradients->dV_i == NULL ||
        gradients->db_i == NULL || gradients->dW_f == NULL || gradients->dU_f == NULL || gradients->dV_f == NULL ||
        gradients->db_f == NULL || gradients->dW_g == NULL || gradients->dU_g == NULL || gradients->db_g == NULL ||
        gradients->dW_o == NULL || gradients->dU_o == NULL || gradients->dV_o == NULL || gradients->db_o == NULL ||
        gradients->dW_hy == NULL || gradients->db_y == NULL || gradients->dx == NULL || gradients->dh0 == NULL ||
        gradients->dc0 == NULL)
        return LSTM_WORKING_MEMORY_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;        /* (T, B, I) */
    const real *restrict const y = given->y;        /* (T, B, O) */
    const real *restrict const W_i = given->W_i;    /* (H, I) */
    const real *restrict const U_i = given->U_i;    /* (H, H) */
    const real *restrict const V_i = given->V_i;    /* (H, H) */
    const real *restrict const W_f = given->W_f;    /* (H, I) */
    const real *restrict const U_f = given->U_f;    /* (H, H) */
    const real *restrict const V_f = given->V_f;    /* (H, H) */
    const real *restrict const W_g = given->W_g;    /* (H, I) */
    const real *restrict const U_g = given->U_g;    /* (H, H) */
    const real *restrict const W_o = given->W_o;    /* (H, I) */
    const real *restrict const U_o = given->U_o;    /* (H, H) */
    const real *restrict const V_o = given->V_o;    /* (H, H) */
    const real *restrict const W_hy = given->W_hy;  /* (O, H) */
    const real *restrict const c = kept->c;         /* (T + 1, B, H) */
    const real *restrict const h = kept->h;         /* (T + 1, B, H) */
    const real *restrict const y_hat = kept->y_hat; /* (T, B, O) */
    const real *restrict const a_i = kept->a_i;     /* (T, B, H) */
    const real *restrict const i = kept->i;         /* (T, B, H) */
    const real *restrict const a_f = kept->a_f;     /* (T, B, H) */
    const real *restrict const f = kept->f;         /* (T, B, H) */
    const real *restrict const g = kept->g;         /* (T, B, H) */
    const real *restrict const a_o = kept->a_o;     /* (T, B, H) */
    const real *restrict const o = kept->o;         /* (T, B, H) */
    const real *restrict const a_h = kept->a_h;     /* (T, B, H) */
    real *restrict const dW_i = gradients->dW_i;    /* (H, I) */
    real *restrict const dU_i = gradients->dU_i;    /* (H, H) */
    real *restrict const dV_i = gradients->dV_i;    /* (H, H) */
    real *restrict const db_i = gradients->db_i;    /* (H) */
    real *restrict const dW_f = gradients->dW_f;    /* (H, I) */
    real *restrict const dU_f = gradients->dU_f;    /* (H, H) */
    real *restrict const dV_f = gradients->dV_f;    /* (H, H) */
    real *restrict const db_f = gradients->db_f;    /* (H) */
    real *restrict const dW_g = gradients->dW_g;    /* (H, I) */
    real *restrict const dU_g = gradients->dU_g;    /* (H, H) */
    real *restrict const db_g = gradients->db_g;    /* (H) */
    real *restrict const dW_o = gradients->dW_o;    /* (H, I) */
    real *restrict const dU_o = gradients->dU_o;    /* (H, H) */
    real *restrict const dV_o = gradients->dV_o;    /* (H, H) */
    real *restrict const db_o = gradients->db_o;    /* (H) */
    real *restrict const dW_hy = gradients->dW_hy;  /* (O, H) */
    real *restrict const db_y = gradients->db_y;    /* (O) */
    real *restrict const dx = gradients->dx;        /* (T, B, I) */
    real *restrict const dh0 = gradients->dh0;      /* (B, H) */
    real *restrict const dc0 = gradients->dc0;      /* (B, H) */
    real *next = work;
    real *restrict const carry_h = next; /* (B, H) what later steps give to the adjoint of h */
    next += B * H;
    real *restrict const carry_c = next; /* (B, H) what later steps give to the adjoint of c */
    next += B * H;
    real *restrict const dz_y = next;    /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dh = next;      /* (B, H) adjoint of h[t] */
    next += B * H;
    real *restrict const da_h = next;    /* (B, H) adjoint of a_h[t] */
    next += B * H;
    real *restrict const do_ = next;     /* (B, H) adjoint of o[t] */
    next += B * H;
    real *restrict const dz2_o = next;   /* (B, H) adjoint of z2_o[t] */
    next += B * H;
    real *restrict const da_o = next;    /* (B, H) adjoint of a_o[t] */
    next += B * H;
    real *restrict const dz_o = next;    /* (B, H) adjoint of z_o[t] */
    next += B * H;
    real *restrict const dc = next;      /* (B, H) adjoint of c[t] */
    next += B * H;
    real *restrict const dg = next;      /* (B, H) adjoint of g[t] */
    next += B * H;
    real *restrict const dz_g = next;    /* (B, H) adjoint of z_g[t] */
    next += B * H;
    real *restrict const df = next;      /* (B, H) adjoint of f[t] */
    next += B * H;
    real *restrict const dz2_f = next;   /* (B, H) adjoint of z2_f[t] */
    next += B * H;
    real *restrict const da_f = next;    /* (B, H) adjoint of a_f[t] */
    next += B * H;
    real *restrict const dz_f = next;    /* (B, H) adjoint of z_f[t] */
    next += B * H;
    real *restrict const di = next;      /* (B, H) adjoint of i[t] */
    next += B * H;
    real *restrict const dz2_i = next;   /* (B, H) adjoint of z2_i[t] */
    next += B * H;
    real *restrict const da_i = next;    /* (B, H) adjoint of a_i[t] */
    next += B * H;
    real *restrict const dz_i = next;    /* (B, H) adjoint of z_i[t] */

    for (size_t at = 0; at < H * I; ++at) {
        dW_i[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dU_i[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dV_i[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_i[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_f[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dU_f[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dV_f[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_f[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_g[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dU_g[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_g[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_o[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dU_o[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dV_o[at] = 0.0;
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
    for (size_t t = T; t-- > 0;) {
        /* (22) z̄_y[t] = y_hat[t] − y[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y[t * B * O + at];
        }
        /* (23) h̄[t] = W_hyᵀ z̄_y[t] + U_oᵀ z2̄_o[t+1] + U_gᵀ z̄_g[t+1] + U_fᵀ z2̄_f[t+1] + U_iᵀ z2̄_i[t+1] */
        /* dh = dz_y @ W_hy */
        product_nn(B, H, O, dz_y, O, W_hy, H, dh, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            dh[at] += carry_h[at];
        }
        /* (24) ā_h[t] = h̄[t] ∘ o[t] */
        for (size_t at = 0; at < B * H; ++at) {
            da_h[at] = dh[at] * o[t * B * H + at];
        }
        /* (25) ō[t] = h̄[t] ∘ a_h[t] */
        for (size_t at = 0; at < B * H; ++at) {
            do_[at] = dh[at] * a_h[t * B * H + at];
        }
        /* (26) z2̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz2_o[at] = do_[at] * o[t * B * H + at] * (1.0 - o[t * B * H + at]);
        }
        /* (27) ā_o[t] = z2̄_o[t] */
        for (size_t at = 0; at < B * H; ++at) {
            da_o[at] = dz2_o[at];
        }
        /* (28) z̄_o[t] = ā_o[t] ∘ (1 − a_o[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_o[at] = da_o[at] * (1.0 - square(a_o[t * B * H + at]));
        }
        /* (29) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + V_oᵀ z̄_o[t] + c̄[t+1] ∘ f[t+1] + V_fᵀ z̄_f[t+1] + V_iᵀ z̄_i[t+1] */
        /* dc = dz_o @ V_o */
        product_nn(B, H, H, dz_o, H, V_o, H, dc, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            dc[at] += da_h[at] * (1.0 - square(a_h[t * B * H + at]));
        }
        for (size_t at = 0; at < B * H; ++at) {
            dc[at] += carry_c[at];
        }
        /* (30) ḡ[t] = c̄[t] ∘ i[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dg[at] = dc[at] * i[t * B * H + at];
        }
        /* (31) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_g[at] = dg[at] * (1.0 - square(g[t * B * H + at]));
        }
        /* (32) f̄[t] = c̄[t] ∘ c[t−1] */
        for (size_t at = 0; at < B * H; ++at) {
            df[at] = dc[at] * c[t * B * H + at];
        }
        /* (33) z2̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz2_f[at] = df[at] * f[t * B * H + at] * (1.0 - f[t * B * H + at]);
        }
        /* (34) ā_f[t] = z2̄_f[t] */
        for (size_t at = 0; at < B * H; ++at) {
            da_f[at] = dz2_f[at];
        }
        /* (35) z̄_f[t] = ā_f[t] ∘ (1 − a_f[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_f[at] = da_f[at] * (1.0 - square(a_f[t * B * H + at]));
        }
        /* (36) ī[t] = c̄[t] ∘ g[t] */
        for (size_t at = 0; at < B * H; ++at) {
            di[at] = dc[at] * g[t * B * H + at];
        }
        /* (37) z2̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz2_i[at] = di[at] * i[t * B * H + at] * (1.0 - i[t * B * H + at]);
        }
        /* (38) ā_i[t] = z2̄_i[t] */
        for (size_t at = 0; at < B * H; ++at) {
            da_i[at] = dz2_i[at];
        }
        /* (39) z̄_i[t] = ā_i[t] ∘ (1 − a_i[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_i[at] = da_i[at] * (1.0 - square(a_i[t * B * H + at]));
        }
        /* (40) W̄_i += z2̄_i[t] x[t]ᵀ */
        /* dW_i += dz2_iᵀ @ x[t] */
        product_tn(H, I, B, dz2_i, H, x + t * B * I, I, dW_i, I, true);
        /* (41) Ū_i += z2̄_i[t] h[t−1]ᵀ */
        /* dU_i += dz2_iᵀ @ h[t] */
        product_tn(H, H, B, dz2_i, H, h + t * B * H, H, dU_i, H, true);
        /* (42) V̄_i += z̄_i[t] c[t−1]ᵀ */
        /* dV_i += dz_iᵀ @ c[t] */
        product_tn(H, H, B, dz_i, H, c + t * B * H, H, dV_i, H, true);
        /* (43) b̄_i += z2̄_i[t] */
        /* db_i += sum over rows of dz2_i */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_i[col] += dz2_i[row * H + col];
            }
        }
        /* (44) W̄_f += z2̄_f[t] x[t]ᵀ */
        /* dW_f += dz2_fᵀ @ x[t] */
        product_tn(H, I, B, dz2_f, H, x + t * B * I, I, dW_f, I, true);
        /* (45) Ū_f += z2̄_f[t] h[t−1]ᵀ */
        /* dU_f += dz2_fᵀ @ h[t] */
        product_tn(H, H, B, dz2_f, H, h + t * B * H, H, dU_f, H, true);
        /* (46) V̄_f += z̄_f[t] c[t−1]ᵀ */
        /* dV_f += dz_fᵀ @ c[t] */
        product_tn(H, H, B, dz_f, H, c + t * B * H, H, dV_f, H, true);
        /* (47) b̄_f += z2̄_f[t] */
        /* db_f += sum over rows of dz2_f */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_f[col] += dz2_f[row * H + col];
            }
        }
        /* (48) W̄_g += z̄_g[t] x[t]ᵀ */
        /* dW_g += dz_gᵀ @ x[t] */
        product_tn(H, I, B, dz_g, H, x + t * B * I, I, dW_g, I, true);
        /* (49) Ū_g += z̄_g[t] h[t−1]ᵀ */
        /* dU_g += dz_gᵀ @ h[t] */
        product_tn(H, H, B, dz_g, H, h + t * B * H, H, dU_g, H, true);
        /* (50) b̄_g += z̄_g[t] */
        /* db_g += sum over rows of dz_g */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_g[col] += dz_g[row * H + col];
            }
        }
        /* (51) W̄_o += z2̄_o[t] x[t]ᵀ */
        /* dW_o += dz2_oᵀ @ x[t] */
        product_tn(H, I, B, dz2_o, H, x + t * B * I, I, dW_o, I, true);
        /* (52) Ū_o += z2̄_o[t] h[t−1]ᵀ */
        /* dU_o += dz2_oᵀ @ h[t] */
        product_tn(H, H, B, dz2_o, H, h + t * B * H, H, dU_o, H, true);
        /* (53) V̄_o += z̄_o[t] c[t]ᵀ */
        /* dV_o += dz_oᵀ @ c[t + 1] */
        product_tn(H, H, B, dz_o, H, c + (t + 1) * B * H, H, dV_o, H, true);
        /* (54) b̄_o += z2̄_o[t] */
        /* db_o += sum over rows of dz2_o */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_o[col] += dz2_o[row * H + col];
            }
        }
        /* (55) W̄_hy += z̄_y[t] h[t]ᵀ */
        /* dW_hy += dz_yᵀ @ h[t + 1] */
        product_tn(O, H, B, dz_y, O, h + (t + 1) * B * H, H, dW_hy, H, true);
        /* (56) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (57) x̄[t] = W_oᵀ z2̄_o[t] + W_gᵀ z̄_g[t] + W_fᵀ z2̄_f[t] + W_iᵀ z2̄_i[t] */
        /* dx[t] = dz2_o @ W_o */
        product_nn(B, I, H, dz2_o, H, W_o, I, dx + t * B * I, I, false);
        /* dx[t] += dz_g @ W_g */
        product_nn(B, I, H, dz_g, H, W_g, I, dx + t * B * I, I, true);
        /* dx[t] += dz2_f @ W_f */
        product_nn(B, I, H, dz2_f, H, W_f, I, dx + t * B * I, I, true);
        /* dx[t] += dz2_i @ W_i */
        product_nn(B, I, H, dz2_i, H, W_i, I, dx + t * B * I, I, true);
        /* (23) what step t gives to h of earlier steps: U_oᵀ z2̄_o[t] + U_gᵀ z̄_g[t] + U_fᵀ z2̄_f[t] + U_iᵀ z2̄_i[t] */
        /* carry_h = dz2_o @ U_o */
        product_nn(B, H, H, dz2_o, H, U_o, H, carry_h, H, false);
        /* carry_h += dz_g @ U_g */
        product_nn(B, H, H, dz_g, H, U_g, H, carry_h, H, true);
        /* carry_h += dz2_f @ U_f */
        product_nn(B, H, H, dz2_f, H, U_f, H, carry_h, H, true);
        /* carry_h += dz2_i @ U_i */
        product_nn(B, H, H, dz2_i, H, U_i, H, carry_h, H, true);
        /* (29) what step t gives to c of earlier steps: c̄[t] ∘ f[t] + V_fᵀ z̄_f[t] + V_iᵀ z̄_i[t] */
        /* carry_c = dz_f @ V_f */
        product_nn(B, H, H, dz_f, H, V_f, H, carry_c, H, false);
        /* carry_c += dz_i @ V_i */
        product_nn(B, H, H, dz_i, H, V_i, H, carry_c, H, true);
        for (size_t at = 0; at < B * H; ++at) {
            carry_c[at] += dc[at] * f[t * B * H + at];
        }
    }
    /* (58) h̄[0] = U_oᵀ z2̄_o[1] + U_gᵀ z̄_g[1] + U_fᵀ z2̄_f[1] + U_iᵀ z2̄_i[1] */
    for (size_t at = 0; at < B * H; ++at) {
        dh0[at] = carry_h[at];
    }
    /* (59) c̄[0] = c̄[1] ∘ f[1] + V_fᵀ z̄_f[1] + V_iᵀ z̄_i[1] */
    for (size_t at = 0; at < B * H; ++at) {
        dc0[at] = carry_c[at];
    }
    return LSTM_WORKING_MEMORY_F64_OK;
}

lstm_working_memory_f64_status lstm_working_memory_f64_loss_and_gradient(
                                                                         const lstm_working_memory_f64_sizes *sizes,
                                                                         const lstm_working_memory_f64_given *given,
                                                                         const lstm_working_memory_f64_kept *kept,
                                                                         const lstm_working_memory_f64_gradients *gradients,
                                                                         double *work)
{
    const lstm_working_memory_f64_status status = lstm_working_memory_f64_forward(sizes, given, kept, work);
    return status != LSTM_WORKING_MEMORY_F64_OK ? status : lstm_working_memory_f64_backward(sizes, given, kept, gradients, work);
}
