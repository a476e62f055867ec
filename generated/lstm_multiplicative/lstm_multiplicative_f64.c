/* multiplicative LSTM with softmax and cross-entropy:
 * see lstm_multiplicative_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "lstm_multiplicative_f64.h"

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

static lstm_multiplicative_f64_status check(const lstm_multiplicative_f64_sizes *sizes)
{
    if (sizes == NULL)
        return LSTM_MULTIPLICATIVE_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t M = sizes->M;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || H == 0 || M == 0 || O == 0)
        return LSTM_MULTIPLICATIVE_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                       /* x */
        times(B, H),                                                                                                                                                                                                                                                                                                                 /* h0 */
        times(B, H),                                                                                                                                                                                                                                                                                                                 /* c0 */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                       /* y */
        times(M, I),                                                                                                                                                                                                                                                                                                                 /* W_mx */
        times(M, H),                                                                                                                                                                                                                                                                                                                 /* W_mh */
        times(H, I),                                                                                                                                                                                                                                                                                                                 /* W_hx */
        times(H, M),                                                                                                                                                                                                                                                                                                                 /* W_hm */
        H,                                                                                                                                                                                                                                                                                                                           /* b_h */
        times(H, I),                                                                                                                                                                                                                                                                                                                 /* W_ix */
        times(H, M),                                                                                                                                                                                                                                                                                                                 /* W_im */
        H,                                                                                                                                                                                                                                                                                                                           /* b_i */
        times(H, I),                                                                                                                                                                                                                                                                                                                 /* W_fx */
        times(H, M),                                                                                                                                                                                                                                                                                                                 /* W_fm */
        H,                                                                                                                                                                                                                                                                                                                           /* b_f */
        times(H, I),                                                                                                                                                                                                                                                                                                                 /* W_ox */
        times(H, M),                                                                                                                                                                                                                                                                                                                 /* W_om */
        H,                                                                                                                                                                                                                                                                                                                           /* b_o */
        times(O, H),                                                                                                                                                                                                                                                                                                                 /* W_hy */
        O,                                                                                                                                                                                                                                                                                                                           /* b_y */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                                                                                                                              /* c */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                                                                                                                              /* h */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                       /* y_hat */
        times(times(T, B), M),                                                                                                                                                                                                                                                                                                       /* u_m */
        times(times(T, B), M),                                                                                                                                                                                                                                                                                                       /* u2_m */
        times(times(T, B), M),                                                                                                                                                                                                                                                                                                       /* m */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                       /* i */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                       /* f */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                       /* o */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                       /* a_c */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                       /* a_h */
        times(M, I),                                                                                                                                                                                                                                                                                                                 /* dW_mx */
        times(M, H),                                                                                                                                                                                                                                                                                                                 /* dW_mh */
        times(H, I),                                                                                                                                                                                                                                                                                                                 /* dW_hx */
        times(H, M),                                                                                                                                                                                                                                                                                                                 /* dW_hm */
        H,                                                                                                                                                                                                                                                                                                                           /* db_h */
        times(H, I),                                                                                                                                                                                                                                                                                                                 /* dW_ix */
        times(H, M),                                                                                                                                                                                                                                                                                                                 /* dW_im */
        H,                                                                                                                                                                                                                                                                                                                           /* db_i */
        times(H, I),                                                                                                                                                                                                                                                                                                                 /* dW_fx */
        times(H, M),                                                                                                                                                                                                                                                                                                                 /* dW_fm */
        H,                                                                                                                                                                                                                                                                                                                           /* db_f */
        times(H, I),                                                                                                                                                                                                                                                                                                                 /* dW_ox */
        times(H, M),                                                                                                                                                                                                                                                                                                                 /* dW_om */
        H,                                                                                                                                                                                                                                                                                                                           /* db_o */
        times(O, H),                                                                                                                                                                                                                                                                                                                 /* dW_hy */
        O,                                                                                                                                                                                                                                                                                                                           /* db_y */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                       /* dx */
        times(B, H),                                                                                                                                                                                                                                                                                                                 /* dh0 */
        times(B, H),                                                                                                                                                                                                                                                                                                                 /* dc0 */
        plus(plus(plus(plus(plus(plus(plus(times(B, H), times(B, H)), times(B, H)), times(B, H)), times(B, O)), B), B), B),                                                                                                                                                                                                          /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H), times(B, H)), times(B, O)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, M)), times(B, M)), times(B, M)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return LSTM_MULTIPLICATIVE_F64_TOO_LARGE;
    return LSTM_MULTIPLICATIVE_F64_OK;
}

const char *lstm_multiplicative_f64_message(lstm_multiplicative_f64_status status)
{
    switch (status) {
    case LSTM_MULTIPLICATIVE_F64_OK:
        return "all is well";
    case LSTM_MULTIPLICATIVE_F64_ZERO_SIZE:
        return "a size is 0";
    case LSTM_MULTIPLICATIVE_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case LSTM_MULTIPLICATIVE_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t lstm_multiplicative_f64_workspace(const lstm_multiplicative_f64_sizes *sizes)
{
    if (check(sizes) != LSTM_MULTIPLICATIVE_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t M = sizes->M;
    const size_t O = sizes->O;
    const size_t for_forward = B * H + B * H + B * H + B * H + B * O + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H + B * H + B * O + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * M + B * M + B * M;
    if (for_backward > most)
        most = for_backward;
    return most;
}

lstm_multiplicative_f64_status lstm_multiplicative_f64_forward(const lstm_multiplicative_f64_sizes *sizes,
                                                               const lstm_multiplicative_f64_given *given,
                                                               const lstm_multiplicative_f64_kept *kept,
                                                               double *work)
{
    const lstm_multiplicative_f64_status status = check(sizes);
    if (status != LSTM_MULTIPLICATIVE_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return LSTM_MULTIPLICATIVE_F64_NULL;
    if (given->x == NULL || given->h0 == NULL || given->c0 == NULL || given->y == NULL ||
        given->W_mx == NULL || given->W_mh == NULL || given->W_hx == NULL || given->W_hm == NULL ||
        given->b_h == NULL || given->W_ix == NULL || given->W_im == NULL || given->b_i == NULL ||
        given->W_fx == NULL || given->W_fm == NULL || given->b_f == NULL || given->W_ox == NULL ||
        given->W_om == NULL || given->b_o == NULL || given->W_hy == NULL || given->b_y == NULL ||
        kept->c == NULL || kept->h == NULL || kept->y_hat == NULL || kept->u_m == NULL ||
        kept->u2_m == NULL || kept->m == NULL || kept->i == NULL || kept->f == NULL ||
        kept->o == NULL || kept->a_c == NULL || kept->a_h == NULL || kept->J == NULL)
        return LSTM_MULTIPLICATIVE_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t M = sizes->M;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;       /* (T, B, I) */
    const real *restrict const h0 = given->h0;     /* (B, H) */
    const real *restrict const c0 = given->c0;     /* (B, H) */
    const real *restrict const y = given->y;       /* (T, B, O) */
    const real *restrict const W_mx = given->W_mx; /* (M, I) */
    const real *restrict const W_mh = given->W_mh; /* (M, H) */
    const real *restrict const W_hx = given->W_hx; /* (H, I) */
    const real *restrict const W_hm = given->W_hm; /* (H, M) */
    const real *restrict const b_h = given->b_h;   /* (H) */
    const real *restrict const W_ix = given->W_ix; /* (H, I) */
    const real *restrict const W_im = given->W_im; /* (H, M) */
    const real *restrict const b_i = given->b_i;   /* (H) */
    const real *restrict const W_fx = given->W_fx; /* (H, I) */
    const real *restrict const W_fm = given->W_fm; /* (H, M) */
    const real *restrict const b_f = given->b_f;   /* (H) */
    const real *restrict const W_ox = given->W_ox; /* (H, I) */
    const real *restrict const W_om = given->W_om; /* (H, M) */
    const real *restrict const b_o = given->b_o;   /* (H) */
    const real *restrict const W_hy = given->W_hy; /* (O, H) */
    const real *restrict const b_y = given->b_y;   /* (O) */
    real *restrict const c = kept->c;              /* (T + 1, B, H) */
    real *restrict const h = kept->h;              /* (T + 1, B, H) */
    real *restrict const y_hat = kept->y_hat;      /* (T, B, O) */
    real *restrict const u_m = kept->u_m;          /* (T, B, M) */
    real *restrict const u2_m = kept->u2_m;        /* (T, B, M) */
    real *restrict const m = kept->m;              /* (T, B, M) */
    real *restrict const i = kept->i;              /* (T, B, H) */
    real *restrict const f = kept->f;              /* (T, B, H) */
    real *restrict const o = kept->o;              /* (T, B, H) */
    real *restrict const a_c = kept->a_c;          /* (T, B, H) */
    real *restrict const a_h = kept->a_h;          /* (T, B, H) */
    real *restrict const J = kept->J;              /* () */
    real *next = work;
    real *restrict const h_hat = next;     /* (B, H) h_hat[t] */
    next += B * H;
    real *restrict const z_i = next;       /* (B, H) z_i[t] */
    next += B * H;
    real *restrict const z_f = next;       /* (B, H) z_f[t] */
    next += B * H;
    real *restrict const z_o = next;       /* (B, H) z_o[t] */
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
        /* (1) u_m[t] = W_mx x[t] */
        /* u_m[t] = x[t] @ W_mxᵀ */
        product_nt(B, M, I, x + t * B * I, I, W_mx, I, u_m + t * B * M, M, false);
        /* (2) u2_m[t] = W_mh h[t−1] */
        /* u2_m[t] = h[t] @ W_mhᵀ */
        product_nt(B, M, H, h + t * B * H, H, W_mh, H, u2_m + t * B * M, M, false);
        /* (3) m[t] = u_m[t] ∘ u2_m[t] */
        for (size_t at = 0; at < B * M; ++at) {
            m[t * B * M + at] = u_m[t * B * M + at] * u2_m[t * B * M + at];
        }
        /* (4) h_hat[t] = W_hx x[t] + W_hm m[t] + b_h */
        /* h_hat = x[t] @ W_hxᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_hx, I, h_hat, H, false);
        /* h_hat += m[t] @ W_hmᵀ */
        product_nt(B, H, M, m + t * B * M, M, W_hm, M, h_hat, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                h_hat[row * H + col] += b_h[col];
            }
        }
        /* (5) z_i[t] = W_ix x[t] + W_im m[t] + b_i */
        /* z_i = x[t] @ W_ixᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_ix, I, z_i, H, false);
        /* z_i += m[t] @ W_imᵀ */
        product_nt(B, H, M, m + t * B * M, M, W_im, M, z_i, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_i[row * H + col] += b_i[col];
            }
        }
        /* (6) i[t] = sigmoid(z_i[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            i[t * B * H + at] = sigmoid(z_i[at]);
        }
        /* (7) z_f[t] = W_fx x[t] + W_fm m[t] + b_f */
        /* z_f = x[t] @ W_fxᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_fx, I, z_f, H, false);
        /* z_f += m[t] @ W_fmᵀ */
        product_nt(B, H, M, m + t * B * M, M, W_fm, M, z_f, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_f[row * H + col] += b_f[col];
            }
        }
        /* (8) f[t] = sigmoid(z_f[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            f[t * B * H + at] = sigmoid(z_f[at]);
        }
        /* (9) z_o[t] = W_ox x[t] + W_om m[t] + b_o */
        /* z_o = x[t] @ W_oxᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_ox, I, z_o, H, false);
        /* z_o += m[t] @ W_omᵀ */
        product_nt(B, H, M, m + t * B * M, M, W_om, M, z_o, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_o[row * H + col] += b_o[col];
            }
        }
        /* (10) o[t] = sigmoid(z_o[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            o[t * B * H + at] = sigmoid(z_o[at]);
        }
        /* (11) a_c[t] = tanh(h_hat[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a_c[t * B * H + at] = tanh_of(h_hat[at]);
        }
        /* (12) c[t] = f[t] ∘ c[t−1] + i[t] ∘ a_c[t] */
        for (size_t at = 0; at < B * H; ++at) {
            c[(t + 1) * B * H + at] = f[t * B * H + at] * c[t * B * H + at] + i[t * B * H + at] * a_c[t * B * H + at];
        }
        /* (13) a_h[t] = tanh(c[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a_h[t * B * H + at] = tanh_of(c[(t + 1) * B * H + at]);
        }
        /* (14) h[t] = o[t] ∘ a_h[t] */
        for (size_t at = 0; at < B * H; ++at) {
            h[(t + 1) * B * H + at] = o[t * B * H + at] * a_h[t * B * H + at];
        }
        /* (15) z_y[t] = W_hy h[t] + b_y */
        /* z_y = h[t + 1] @ W_hyᵀ */
        product_nt(B, O, H, h + (t + 1) * B * H, H, W_hy, H, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b_y[col];
            }
        }
        /* (16) y_hat[t] = softmax(z_y[t]) */
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
        /* (17) J += −y[t]ᵀ log_softmax(z_y[t]) */
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
    return LSTM_MULTIPLICATIVE_F64_OK;
}

lstm_multiplicative_f64_status lstm_multiplicative_f64_backward(const lstm_multiplicative_f64_sizes *sizes,
                                                                const lstm_multiplicative_f64_given *given,
                                                                const lstm_multiplicative_f64_kept *kept,
                                                                const lstm_multiplicative_f64_gradients *gradients,
                                                                double *work)
{
    const lstm_multiplicative_f64_status status = check(sizes);
    if (status != LSTM_MULTIPLICATIVE_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return LSTM_MULTIPLICATIVE_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->W_mx == NULL || given->W_mh == NULL ||
        given->W_hx == NULL || given->W_hm == NULL || given->W_ix == NULL || given->W_im == NULL ||
        given->W_fx == NULL || given->W_fm == NULL || given->W_ox == NULL || given->W_om == NULL ||
        given->W_hy == NULL || kept->c == NULL || kept->h == NULL || kept->y_hat == NULL ||
        kept->u_m == NULL || kept->u2_m == NULL || kept->m == NULL || kept->i == NULL ||
        kept->f == NULL || kept->o == NULL || kept->a_c == NULL || kept->a_h == NULL ||
        gradients->dW_mx == NULL || gradients->dW_mh == NULL || gradients->dW_hx == NULL || gradients->dW_hm == NULL ||
        gradients->db_h == NULL || gradients->dW_ix == NULL || gradients->dW_im == NULL || gradients->db_i == NULL ||
        gradients->dW_fx == NULL || gradients->dW_fm == NULL || gradients->db_f == NULL || gradients->dW_ox == NULL ||
        gradients->dW_om == NULL || gradients->db_o == NULL || gradients->dW_hy == NULL || gradients->db_y == NULL ||
        gradients->dx == NULL || gradients->dh0 == NULL || gradients->dc0 == NULL)
        return LSTM_MULTIPLICATIVE_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t M = sizes->M;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;        /* (T, B, I) */
    const real *restrict const y = given->y;        /* (T, B, O) */
    const real *restrict const W_mx = given->W_mx;  /* (M, I) */
    const real *restrict const W_mh = given->W_mh;  /* (M, H) */
    const real *restrict const W_hx = given->W_hx;  /* (H, I) */
    const real *restrict const W_hm = given->W_hm;  /* (H, M) */
    const real *restrict const W_ix = given->W_ix;  /* (H, I) */
    const real *restrict const W_im = given->W_im;  /* (H, M) */
    const real *restrict const W_fx = given->W_fx;  /* (H, I) */
    const real *restrict const W_fm = given->W_fm;  /* (H, M) */
    const real *restrict const W_ox = given->W_ox;  /* (H, I) */
    const real *restrict const W_om = given->W_om;  /* (H, M) */
    const real *restrict const W_hy = given->W_hy;  /* (O, H) */
    const real *restrict const c = kept->c;         /* (T + 1, B, H) */
    const real *restrict const h = kept->h;         /* (T + 1, B, H) */
    const real *restrict const y_hat = kept->y_hat; /* (T, B, O) */
    const real *restrict const u_m = kept->u_m;     /* (T, B, M) */
    const real *restrict const u2_m = kept->u2_m;   /* (T, B, M) */
    const real *restrict const m = kept->m;         /* (T, B, M) */
    const real *restrict const i = kept->i;         /* (T, B, H) */
    const real *restrict const f = kept->f;         /* (T, B, H) */
    const real *restrict const o = kept->o;         /* (T, B, H) */
    const real *restrict const a_c = kept->a_c;     /* (T, B, H) */
    const real *restrict const a_h = kept->a_h;     /* (T, B, H) */
    real *restrict const dW_mx = gradients->dW_mx;  /* (M, I) */
    real *restrict const dW_mh = gradients->dW_mh;  /* (M, H) */
    real *restrict const dW_hx = gradients->dW_hx;  /* (H, I) */
    real *restrict const dW_hm = gradients->dW_hm;  /* (H, M) */
    real *restrict const db_h = gradients->db_h;    /* (H) */
    real *restrict const dW_ix = gradients->dW_ix;  /* (H, I) */
    real *restrict const dW_im = gradients->dW_im;  /* (H, M) */
    real *restrict const db_i = gradients->db_i;    /* (H) */
    real *restrict const dW_fx = gradients->dW_fx;  /* (H, I) */
    real *restrict const dW_fm = gradients->dW_fm;  /* (H, M) */
    real *restrict const db_f = gradients->db_f;    /* (H) */
    real *restrict const dW_ox = gradients->dW_ox;  /* (H, I) */
    real *restrict const dW_om = gradients->dW_om;  /* (H, M) */
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
    real *restrict const dc = next;      /* (B, H) adjoint of c[t] */
    next += B * H;
    real *restrict const da_c = next;    /* (B, H) adjoint of a_c[t] */
    next += B * H;
    real *restrict const do_ = next;     /* (B, H) adjoint of o[t] */
    next += B * H;
    real *restrict const dz_o = next;    /* (B, H) adjoint of z_o[t] */
    next += B * H;
    real *restrict const df = next;      /* (B, H) adjoint of f[t] */
    next += B * H;
    real *restrict const dz_f = next;    /* (B, H) adjoint of z_f[t] */
    next += B * H;
    real *restrict const di = next;      /* (B, H) adjoint of i[t] */
    next += B * H;
    real *restrict const dz_i = next;    /* (B, H) adjoint of z_i[t] */
    next += B * H;
    real *restrict const dh_hat = next;  /* (B, H) adjoint of h_hat[t] */
    next += B * H;
    real *restrict const dm = next;      /* (B, M) adjoint of m[t] */
    next += B * M;
    real *restrict const du2_m = next;   /* (B, M) adjoint of u2_m[t] */
    next += B * M;
    real *restrict const du_m = next;    /* (B, M) adjoint of u_m[t] */

    for (size_t at = 0; at < M * I; ++at) {
        dW_mx[at] = 0.0;
    }
    for (size_t at = 0; at < M * H; ++at) {
        dW_mh[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_hx[at] = 0.0;
    }
    for (size_t at = 0; at < H * M; ++at) {
        dW_hm[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_h[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_ix[at] = 0.0;
    }
    for (size_t at = 0; at < H * M; ++at) {
        dW_im[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_i[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_fx[at] = 0.0;
    }
    for (size_t at = 0; at < H * M; ++at) {
        dW_fm[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_f[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_ox[at] = 0.0;
    }
    for (size_t at = 0; at < H * M; ++at) {
        dW_om[at] = 0.0;
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
        /* (19) z̄_y[t] = y_hat[t] − y[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y[t * B * O + at];
        }
        /* (20) h̄[t] = W_hyᵀ z̄_y[t] + W_mhᵀ u2̄_m[t+1] */
        /* dh = dz_y @ W_hy */
        product_nn(B, H, O, dz_y, O, W_hy, H, dh, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            dh[at] += carry_h[at];
        }
        /* (21) ā_h[t] = h̄[t] ∘ o[t] */
        for (size_t at = 0; at < B * H; ++at) {
            da_h[at] = dh[at] * o[t * B * H + at];
        }
        /* (22) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + c̄[t+1] ∘ f[t+1] */
        for (size_t at = 0; at < B * H; ++at) {
            dc[at] = da_h[at] * (1.0 - square(a_h[t * B * H + at]));
        }
        for (size_t at = 0; at < B * H; ++at) {
            dc[at] += carry_c[at];
        }
        /* (23) ā_c[t] = c̄[t] ∘ i[t] */
        for (size_t at = 0; at < B * H; ++at) {
            da_c[at] = dc[at] * i[t * B * H + at];
        }
        /* (24) ō[t] = h̄[t] ∘ a_h[t] */
        for (size_t at = 0; at < B * H; ++at) {
            do_[at] = dh[at] * a_h[t * B * H + at];
        }
        /* (25) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_o[at] = do_[at] * o[t * B * H + at] * (1.0 - o[t * B * H + at]);
        }
        /* (26) f̄[t] = c̄[t] ∘ c[t−1] */
        for (size_t at = 0; at < B * H; ++at) {
            df[at] = dc[at] * c[t * B * H + at];
        }
        /* (27) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_f[at] = df[at] * f[t * B * H + at] * (1.0 - f[t * B * H + at]);
        }
        /* (28) ī[t] = c̄[t] ∘ a_c[t] */
        for (size_t at = 0; at < B * H; ++at) {
            di[at] = dc[at] * a_c[t * B * H + at];
        }
        /* (29) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_i[at] = di[at] * i[t * B * H + at] * (1.0 - i[t * B * H + at]);
        }
        /* (30) h̄_hat[t] = ā_c[t] ∘ (1 − a_c[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dh_hat[at] = da_c[at] * (1.0 - square(a_c[t * B * H + at]));
        }
        /* (31) m̄[t] = W_omᵀ z̄_o[t] + W_fmᵀ z̄_f[t] + W_imᵀ z̄_i[t] + W_hmᵀ h̄_hat[t] */
        /* dm = dz_o @ W_om */
        product_nn(B, M, H, dz_o, H, W_om, M, dm, M, false);
        /* dm += dz_f @ W_fm */
        product_nn(B, M, H, dz_f, H, W_fm, M, dm, M, true);
        /* dm += dz_i @ W_im */
        product_nn(B, M, H, dz_i, H, W_im, M, dm, M, true);
        /* dm += dh_hat @ W_hm */
        product_nn(B, M, H, dh_hat, H, W_hm, M, dm, M, true);
        /* (32) u2̄_m[t] = m̄[t] ∘ u_m[t] */
        for (size_t at = 0; at < B * M; ++at) {
            du2_m[at] = dm[at] * u_m[t * B * M + at];
        }
        /* (33) ū_m[t] = m̄[t] ∘ u2_m[t] */
        for (size_t at = 0; at < B * M; ++at) {
            du_m[at] = dm[at] * u2_m[t * B * M + at];
        }
        /* (34) W̄_mx += ū_m[t] x[t]ᵀ */
        /* dW_mx += du_mᵀ @ x[t] */
        product_tn(M, I, B, du_m, M, x + t * B * I, I, dW_mx, I, true);
        /* (35) W̄_mh += u2̄_m[t] h[t−1]ᵀ */
        /* dW_mh += du2_mᵀ @ h[t] */
        product_tn(M, H, B, du2_m, M, h + t * B * H, H, dW_mh, H, true);
        /* (36) W̄_hx += h̄_hat[t] x[t]ᵀ */
        /* dW_hx += dh_hatᵀ @ x[t] */
        product_tn(H, I, B, dh_hat, H, x + t * B * I, I, dW_hx, I, true);
        /* (37) W̄_hm += h̄_hat[t] m[t]ᵀ */
        /* dW_hm += dh_hatᵀ @ m[t] */
        product_tn(H, M, B, dh_hat, H, m + t * B * M, M, dW_hm, M, true);
        /* (38) b̄_h += h̄_hat[t] */
        /* db_h += sum over rows of dh_hat */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_h[col] += dh_hat[row * H + col];
            }
        }
        /* (39) W̄_ix += z̄_i[t] x[t]ᵀ */
        /* dW_ix += dz_iᵀ @ x[t] */
        product_tn(H, I, B, dz_i, H, x + t * B * I, I, dW_ix, I, true);
        /* (40) W̄_im += z̄_i[t] m[t]ᵀ */
        /* dW_im += dz_iᵀ @ m[t] */
        product_tn(H, M, B, dz_i, H, m + t * B * M, M, dW_im, M, true);
        /* (41) b̄_i += z̄_i[t] */
        /* db_i += sum over rows of dz_i */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_i[col] += dz_i[row * H + col];
            }
        }
        /* (42) W̄_fx += z̄_f[t] x[t]ᵀ */
        /* dW_fx += dz_fᵀ @ x[t] */
        product_tn(H, I, B, dz_f, H, x + t * B * I, I, dW_fx, I, true);
        /* (43) W̄_fm += z̄_f[t] m[t]ᵀ */
        /* dW_fm += dz_fᵀ @ m[t] */
        product_tn(H, M, B, dz_f, H, m + t * B * M, M, dW_fm, M, true);
        /* (44) b̄_f += z̄_f[t] */
        /* db_f += sum over rows of dz_f */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_f[col] += dz_f[row * H + col];
            }
        }
        /* (45) W̄_ox += z̄_o[t] x[t]ᵀ */
        /* dW_ox += dz_oᵀ @ x[t] */
        product_tn(H, I, B, dz_o, H, x + t * B * I, I, dW_ox, I, true);
        /* (46) W̄_om += z̄_o[t] m[t]ᵀ */
        /* dW_om += dz_oᵀ @ m[t] */
        product_tn(H, M, B, dz_o, H, m + t * B * M, M, dW_om, M, true);
        /* (47) b̄_o += z̄_o[t] */
        /* db_o += sum over rows of dz_o */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_o[col] += dz_o[row * H + col];
            }
        }
        /* (48) W̄_hy += z̄_y[t] h[t]ᵀ */
        /* dW_hy += dz_yᵀ @ h[t + 1] */
        product_tn(O, H, B, dz_y, O, h + (t + 1) * B * H, H, dW_hy, H, true);
        /* (49) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (50) x̄[t] = W_oxᵀ z̄_o[t] + W_fxᵀ z̄_f[t] + W_ixᵀ z̄_i[t] + W_hxᵀ h̄_hat[t] + W_mxᵀ ū_m[t] */
        /* dx[t] = dz_o @ W_ox */
        product_nn(B, I, H, dz_o, H, W_ox, I, dx + t * B * I, I, false);
        /* dx[t] += dz_f @ W_fx */
        product_nn(B, I, H, dz_f, H, W_fx, I, dx + t * B * I, I, true);
        /* dx[t] += dz_i @ W_ix */
        product_nn(B, I, H, dz_i, H, W_ix, I, dx + t * B * I, I, true);
        /* dx[t] += dh_hat @ W_hx */
        product_nn(B, I, H, dh_hat, H, W_hx, I, dx + t * B * I, I, true);
        /* dx[t] += du_m @ W_mx */
        product_nn(B, I, M, du_m, M, W_mx, I, dx + t * B * I, I, true);
        /* (20) what step t gives to h of earlier steps: W_mhᵀ u2̄_m[t] */
        /* carry_h = du2_m @ W_mh */
        product_nn(B, H, M, du2_m, M, W_mh, H, carry_h, H, false);
        /* (22) what step t gives to c of earlier steps: c̄[t] ∘ f[t] */
        for (size_t at = 0; at < B * H; ++at) {
            carry_c[at] = dc[at] * f[t * B * H + at];
        }
    }
    /* (51) h̄[0] = W_mhᵀ u2̄_m[1] */
    for (size_t at = 0; at < B * H; ++at) {
        dh0[at] = carry_h[at];
    }
    /* (52) c̄[0] = c̄[1] ∘ f[1] */
    for (size_t at = 0; at < B * H; ++at) {
        dc0[at] = carry_c[at];
    }
    return LSTM_MULTIPLICATIVE_F64_OK;
}

lstm_multiplicative_f64_status lstm_multiplicative_f64_loss_and_gradient(
                                                                         const lstm_multiplicative_f64_sizes *sizes,
                                                                         const lstm_multiplicative_f64_given *given,
                                                                         const lstm_multiplicative_f64_kept *kept,
                                                                         const lstm_multiplicative_f64_gradients *gradients,
                                                                         double *work)
{
    const lstm_multiplicative_f64_status status = lstm_multiplicative_f64_forward(sizes, given, kept, work);
    return status != LSTM_MULTIPLICATIVE_F64_OK ? status : lstm_multiplicative_f64_backward(sizes, given, kept, gradients, work);
}
