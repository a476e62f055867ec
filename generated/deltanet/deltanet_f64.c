/* DeltaNet, keys normalised to length one with softmax and cross-entropy:
 * see deltanet_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "deltanet_f64.h"

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

static deltanet_f64_status check(const deltanet_f64_sizes *sizes)
{
    if (sizes == NULL)
        return DELTANET_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t K = sizes->K;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || H == 0 || K == 0 || O == 0)
        return DELTANET_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* x */
        times(times(B, H), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* S0 */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* y2 */
        times(K, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  /* W_Q */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  /* W_V */
        I,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            /* w_beta */
        times(K, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  /* W_K */
        times(O, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  /* W_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            /* b_y */
        times(times(times(plus(T, 1), B), H), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     /* S */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* y */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* y_hat */
        times(times(T, B), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* a_q */
        times(times(T, B), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* a_k */
        times(times(T, B), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* a_s_q */
        times(times(T, B), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* s_q */
        times(times(T, B), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* a_s_k */
        times(times(T, B), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* s_k */
        times(times(T, B), 1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* a2_q */
        times(times(T, B), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* q */
        times(times(T, B), 1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* a2_k */
        times(times(T, B), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* k */
        times(times(T, B), 1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* beta */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* e */
        times(times(times(T, B), H), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* u_S */
        times(K, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  /* dW_Q */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  /* dW_V */
        I,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            /* dw_beta */
        times(K, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  /* dW_K */
        times(O, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  /* dW_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            /* db_y */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* dx */
        times(times(B, H), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        /* dS0 */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, 1), times(B, 1)), times(B, H)), times(B, 1)), times(B, O)), B), B), B), times(B, H)), times(B, H)), B), B), B),                                                                                                                                                                                                                                                                                                                                                          /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(times(B, H), K), times(B, O)), times(B, H)), times(times(B, H), K)), times(times(B, H), K)), times(B, H)), times(B, H)), times(B, 1)), B), times(B, 1)), times(B, H)), times(B, K)), times(B, K)), times(B, K)), times(B, 1)), B), times(B, 1)), times(B, K)), times(B, K)), times(B, 1)), B), times(B, 1)), times(B, K)), times(B, K)), times(B, K)), times(B, K)), times(B, K)), times(B, K)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return DELTANET_F64_TOO_LARGE;
    return DELTANET_F64_OK;
}

const char *deltanet_f64_message(deltanet_f64_status status)
{
    switch (status) {
    case DELTANET_F64_OK:
        return "all is well";
    case DELTANET_F64_ZERO_SIZE:
        return "a size is 0";
    case DELTANET_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case DELTANET_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t deltanet_f64_workspace(const deltanet_f64_sizes *sizes)
{
    if (check(sizes) != DELTANET_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t K = sizes->K;
    const size_t O = sizes->O;
    const size_t for_forward = B * 1 + B * 1 + B * H + B * 1 + B * O + B + B + B + B * H + B * H + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H * K + B * O + B * H + B * H * K + B * H * K + B * H + B * H + B * 1 + B + B * 1 + B * H + B * K + B * K + B * K + B * 1 + B + B * 1 + B * K + B * K + B * 1 + B + B * 1 + B * K + B * K + B * K + B * K + B * K + B * K;
    if (for_backward > most)
        most = for_backward;
    return most;
}

deltanet_f64_status deltanet_f64_forward(const deltanet_f64_sizes *sizes, const deltanet_f64_given *given,
                                         const deltanet_f64_kept *kept, double *work)
{
    const deltanet_f64_status status = check(sizes);
    if (status != DELTANET_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return DELTANET_F64_NULL;
    if (given->x == NULL || given->S0 == NULL || given->y2 == NULL || given->W_Q == NULL ||
        given->W_V == NULL || given->w_beta == NULL || given->W_K == NULL || given->W_hy == NULL ||
        given->b_y == NULL || kept->S == NULL || kept->y == NULL || kept->y_hat == NULL ||
        kept->a_q == NULL || kept->a_k == NULL || kept->a_s_q == NULL || kept->s_q == NULL ||
        kept->a_s_k == NULL || kept->s_k == NULL || kept->a2_q == NULL || kept->q == NULL ||
        kept->a2_k == NULL || kept->k == NULL || kept->beta == NULL || kept->e == NULL ||
        kept->u_S == NULL || kept->J == NULL)
        return DELTANET_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t K = sizes->K;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;           /* (T, B, I) */
    const real *restrict const S0 = given->S0;         /* (B, H, K) */
    const real *restrict const y2 = given->y2;         /* (T, B, O) */
    const real *restrict const W_Q = given->W_Q;       /* (K, I) */
    const real *restrict const W_V = given->W_V;       /* (H, I) */
    const real *restrict const w_beta = given->w_beta; /* (I) */
    const real *restrict const W_K = given->W_K;       /* (K, I) */
    const real *restrict const W_hy = given->W_hy;     /* (O, H) */
    const real *restrict const b_y = given->b_y;       /* (O) */
    real *restrict const S = kept->S;                  /* (T + 1, B, H, K) */
    real *restrict const y = kept->y;                  /* (T, B, H) */
    real *restrict const y_hat = kept->y_hat;          /* (T, B, O) */
    real *restrict const a_q = kept->a_q;              /* (T, B, K) */
    real *restrict const a_k = kept->a_k;              /* (T, B, K) */
    real *restrict const a_s_q = kept->a_s_q;          /* (T, B, K) */
    real *restrict const s_q = kept->s_q;              /* (T, B, K) */
    real *restrict const a_s_k = kept->a_s_k;          /* (T, B, K) */
    real *restrict const s_k = kept->s_k;              /* (T, B, K) */
    real *restrict const a2_q = kept->a2_q;            /* (T, B, 1) */
    real *restrict const q = kept->q;                  /* (T, B, K) */
    real *restrict const a2_k = kept->a2_k;            /* (T, B, 1) */
    real *restrict const k = kept->k;                  /* (T, B, K) */
    real *restrict const beta = kept->beta;            /* (T, B, 1) */
    real *restrict const e = kept->e;                  /* (T, B, H) */
    real *restrict const u_S = kept->u_S;              /* (T, B, H, K) */
    real *restrict const J = kept->J;                  /* () */
    real *next = work;
    real *restrict const z_q = next;       /* (B, 1) z_q[t] */
    next += B * 1;
    real *restrict const z_k = next;       /* (B, 1) z_k[t] */
    next += B * 1;
    real *restrict const v = next;         /* (B, H) v[t] */
    next += B * H;
    real *restrict const z_beta = next;    /* (B, 1) z_beta[t] */
    next += B * 1;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const inner = next;     /* (B) scratch */
    next += B;
    real *restrict const inner_2 = next;   /* (B) scratch */
    next += B;
    real *restrict const inner_3 = next;   /* (B) scratch */
    next += B;
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
    for (size_t at = 0; at < B * H * K; ++at) {
        S[at] = S0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) a_q[t] = W_Q x[t] */
        /* a_q[t] = x[t] @ W_Qᵀ */
        product_nt(B, K, I, x + t * B * I, I, W_Q, I, a_q + t * B * K, K, false);
        /* (2) a_k[t] = W_K x[t] */
        /* a_k[t] = x[t] @ W_Kᵀ */
        product_nt(B, K, I, x + t * B * I, I, W_K, I, a_k + t * B * K, K, false);
        /* (3) a_s_q[t] = sigmoid(a_q[t]) */
        for (size_t at = 0; at < B * K; ++at) {
            a_s_q[t * B * K + at] = sigmoid(a_q[t * B * K + at]);
        }
        /* (4) s_q[t] = a_q[t] ∘ a_s_q[t] */
        for (size_t at = 0; at < B * K; ++at) {
            s_q[t * B * K + at] = a_q[t * B * K + at] * a_s_q[t * B * K + at];
        }
        /* (5) a_s_k[t] = sigmoid(a_k[t]) */
        for (size_t at = 0; at < B * K; ++at) {
            a_s_k[t * B * K + at] = sigmoid(a_k[t * B * K + at]);
        }
        /* (6) s_k[t] = a_k[t] ∘ a_s_k[t] */
        for (size_t at = 0; at < B * K; ++at) {
            s_k[t * B * K + at] = a_k[t * B * K + at] * a_s_k[t * B * K + at];
        }
        /* (7) z_q[t] = s_q[t]ᵀ s_q[t] */
        /* inner = sum over columns of s_q[t] ∘ s_q[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < K; ++col) {
                running += s_q[t * B * K + row * K + col] * s_q[t * B * K + row * K + col];
            }
            inner[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                z_q[row + col] = inner[row];
            }
        }
        /* (8) a2_q[t] = sqrt(z_q[t]) */
        for (size_t at = 0; at < B; ++at) {
            a2_q[t * B + at] = sqrt(z_q[at]);
        }
        /* (9) q[t] = s_q[t] ⊘ (a2_q[t] 1) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                q[t * B * K + row * K + col] = s_q[t * B * K + row * K + col] / a2_q[t * B + row];
            }
        }
        /* (10) z_k[t] = s_k[t]ᵀ s_k[t] */
        /* inner_2 = sum over columns of s_k[t] ∘ s_k[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < K; ++col) {
                running += s_k[t * B * K + row * K + col] * s_k[t * B * K + row * K + col];
            }
            inner_2[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                z_k[row + col] = inner_2[row];
            }
        }
        /* (11) a2_k[t] = sqrt(z_k[t]) */
        for (size_t at = 0; at < B; ++at) {
            a2_k[t * B + at] = sqrt(z_k[at]);
        }
        /* (12) k[t] = s_k[t] ⊘ (a2_k[t] 1) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                k[t * B * K + row * K + col] = s_k[t * B * K + row * K + col] / a2_k[t * B + row];
            }
        }
        /* (13) v[t] = W_V x[t] */
        /* v = x[t] @ W_Vᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_V, I, v, H, false);
        /* (14) z_beta[t] = w_betaᵀ x[t] */
        /* inner_3 = sum over columns of row(w_beta) ∘ x[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < I; ++col) {
                running += w_beta[col] * x[t * B * I + row * I + col];
            }
            inner_3[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                z_beta[row + col] = inner_3[row];
            }
        }
        /* (15) beta[t] = sigmoid(z_beta[t]) */
        for (size_t at = 0; at < B; ++at) {
            beta[t * B + at] = sigmoid(z_beta[at]);
        }
        /* (16) e[t] = v[t] − S[t−1] k[t] */
        /* scratch = sumₖ of S[t] ∘ k[t]ᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < K; ++col) {
                    running += S[t * B * H * K + page * H * K + row * K + col] * k[t * B * K + page * K + col];
                }
                scratch[page * H + row] = running;
            }
        }
        for (size_t at = 0; at < B * H; ++at) {
            e[t * B * H + at] = v[at] - scratch[at];
        }
        /* (17) u_S[t] = e[t] k[t]ᵀ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                for (size_t col = 0; col < K; ++col) {
                    u_S[t * B * H * K + page * H * K + row * K + col] = e[t * B * H + page * H + row] * k[t * B * K + page * K + col];
                }
            }
        }
        /* (18) S[t] = S[t−1] + beta[t] u_S[t] */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                for (size_t col = 0; col < K; ++col) {
                    S[(t + 1) * B * H * K + page * H * K + row * K + col] = S[t * B * H * K + page * H * K + row * K + col] + beta[t * B + page] * u_S[t * B * H * K + page * H * K + row * K + col];
                }
            }
        }
        /* (19) y[t] = S[t] q[t] */
        /* scratch_2 = sumₖ of S[t + 1] ∘ q[t]ᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < K; ++col) {
                    running += S[(t + 1) * B * H * K + page * H * K + row * K + col] * q[t * B * K + page * K + col];
                }
                scratch_2[page * H + row] = running;
            }
        }
        for (size_t at = 0; at < B * H; ++at) {
            y[t * B * H + at] = scratch_2[at];
        }
        /* (20) z_y[t] = W_hy y[t] + b_y */
        /* z_y = y[t] @ W_hyᵀ */
        product_nt(B, O, H, y + t * B * H, H, W_hy, H, z_y, O, false);
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
        /* (22) J += −y2[t]ᵀ log_softmax(z_y[t]) */
        for (size_t at = 0; at < B; ++at) {
            log_total[at] = log_of(total[at]);
        }
        /* J += sum over all of −(y2[t] ∘ (z_y − column(largest) − column(log_total))) */
        {
            real running = 0.0;
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = 0; col < O; ++col) {
                    running += -(y2[t * B * O + row * O + col] * (z_y[row * O + col] - largest[row] - log_total[row]));
                }
            }
            J[0] += running;
        }
    }
    return DELTANET_F64_OK;
}

deltanet_f64_status deltanet_f64_backward(const deltanet_f64_sizes *sizes, const deltanet_f64_given *given,
                                          const deltanet_f64_kept *kept,
                                          const deltanet_f64_gradients *gradients, double *work)
{
    const deltanet_f64_status status = check(sizes);
    if (status != DELTANET_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return DELTANET_F64_NULL;
    if (given->x == NULL || given->y2 == NULL || given->W_Q == NULL || given->W_V == NULL ||
        given->w_beta == NULL || given->W_K == NULL || given->W_hy == NULL || kept->S == NULL ||
        kept->y == NULL || kept->y_hat == NULL || kept->a_q == NULL || kept->a_k == NULL ||
        kept->a_s_q == NULL || kept->s_q == NULL || kept->a_s_k == NULL || kept->s_k == NULL ||
        kept->a2_q == NULL || kept->q == NULL || kept->a2_k == NULL || kept->k == NULL ||
        kept->beta == NULL || kept->e == NULL || kept->u_S == NULL || gradients->dW_Q == NULL ||
        gradients->dW_V == NULL || gradients->dw_beta == NULL || gradients->dW_K == NULL || gradients->dW_hy == NULL ||
        gradients->db_y == NULL || gradients->dx == NULL || gradients->dS0 == NULL)
        return DELTANET_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t K = sizes->K;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;           /* (T, B, I) */
    const real *restrict const y2 = given->y2;         /* (T, B, O) */
    const real *restrict const W_Q = given->W_Q;       /* (K, I) */
    const real *restrict const W_V = given->W_V;       /* (H, I) */
    const real *restrict const w_beta = given->w_beta; /* (I) */
    const real *restrict const W_K = given->W_K;       /* (K, I) */
    const real *restrict const W_hy = given->W_hy;     /* (O, H) */
    const real *restrict const S = kept->S;            /* (T + 1, B, H, K) */
    const real *restrict const y = kept->y;            /* (T, B, H) */
    const real *restrict const y_hat = kept->y_hat;    /* (T, B, O) */
    const real *restrict const a_q = kept->a_q;        /* (T, B, K) */
    const real *restrict const a_k = kept->a_k;        /* (T, B, K) */
    const real *restrict const a_s_q = kept->a_s_q;    /* (T, B, K) */
    const real *restrict const s_q = kept->s_q;        /* (T, B, K) */
    const real *restrict const a_s_k = kept->a_s_k;    /* (T, B, K) */
    const real *restrict const s_k = kept->s_k;        /* (T, B, K) */
    const real *restrict const a2_q = kept->a2_q;      /* (T, B, 1) */
    const real *restrict const q = kept->q;            /* (T, B, K) */
    const real *restrict const a2_k = kept->a2_k;      /* (T, B, 1) */
    const real *restrict const k = kept->k;            /* (T, B, K) */
    const real *restrict const beta = kept->beta;      /* (T, B, 1) */
    const real *restrict const e = kept->e;            /* (T, B, H) */
    const real *restrict const u_S = kept->u_S;        /* (T, B, H, K) */
    real *restrict const dW_Q = gradients->dW_Q;       /* (K, I) */
    real *restrict const dW_V = gradients->dW_V;       /* (H, I) */
    real *restrict const dw_beta = gradients->dw_beta; /* (I) */
    real *restrict const dW_K = gradients->dW_K;       /* (K, I) */
    real *restrict const dW_hy = gradients->dW_hy;     /* (O, H) */
    real *restrict const db_y = gradients->db_y;       /* (O) */
    real *restrict const dx = gradients->dx;           /* (T, B, I) */
    real *restrict const dS0 = gradients->dS0;         /* (B, H, K) */
    real *next = work;
    real *restrict const carry_S = next;   /* (B, H, K) what later steps give to the adjoint of S */
    next += B * H * K;
    real *restrict const dz_y = next;      /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dy = next;        /* (B, H) adjoint of y[t] */
    next += B * H;
    real *restrict const dS = next;        /* (B, H, K) adjoint of S[t] */
    next += B * H * K;
    real *restrict const du_S = next;      /* (B, H, K) adjoint of u_S[t] */
    next += B * H * K;
    real *restrict const de = next;        /* (B, H) adjoint of e[t] */
    next += B * H;
    real *restrict const scratch_3 = next; /* (B, H) scratch */
    next += B * H;
    real *restrict const dbeta = next;     /* (B, 1) adjoint of beta[t] */
    next += B * 1;
    real *restrict const inner_4 = next;   /* (B) scratch */
    next += B;
    real *restrict const dz_beta = next;   /* (B, 1) adjoint of z_beta[t] */
    next += B * 1;
    real *restrict const dv = next;        /* (B, H) adjoint of v[t] */
    next += B * H;
    real *restrict const dk = next;        /* (B, K) adjoint of k[t] */
    next += B * K;
    real *restrict const scratch_4 = next; /* (B, K) scratch */
    next += B * K;
    real *restrict const scratch_5 = next; /* (B, K) scratch */
    next += B * K;
    real *restrict const da2_k = next;     /* (B, 1) adjoint of a2_k[t] */
    next += B * 1;
    real *restrict const inner_5 = next;   /* (B) scratch */
    next += B;
    real *restrict const dz_k = next;      /* (B, 1) adjoint of z_k[t] */
    next += B * 1;
    real *restrict const dq = next;        /* (B, K) adjoint of q[t] */
    next += B * K;
    real *restrict const scratch_6 = next; /* (B, K) scratch */
    next += B * K;
    real *restrict const da2_q = next;     /* (B, 1) adjoint of a2_q[t] */
    next += B * 1;
    real *restrict const inner_6 = next;   /* (B) scratch */
    next += B;
    real *restrict const dz_q = next;      /* (B, 1) adjoint of z_q[t] */
    next += B * 1;
    real *restrict const ds_k = next;      /* (B, K) adjoint of s_k[t] */
    next += B * K;
    real *restrict const da_s_k = next;    /* (B, K) adjoint of a_s_k[t] */
    next += B * K;
    real *restrict const ds_q = next;      /* (B, K) adjoint of s_q[t] */
    next += B * K;
    real *restrict const da_s_q = next;    /* (B, K) adjoint of a_s_q[t] */
    next += B * K;
    real *restrict const da_k = next;      /* (B, K) adjoint of a_k[t] */
    next += B * K;
    real *restrict const da_q = next;      /* (B, K) adjoint of a_q[t] */

    for (size_t at = 0; at < K * I; ++at) {
        dW_Q[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_V[at] = 0.0;
    }
    for (size_t at = 0; at < I; ++at) {
        dw_beta[at] = 0.0;
    }
    for (size_t at = 0; at < K * I; ++at) {
        dW_K[at] = 0.0;
    }
    for (size_t at = 0; at < O * H; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < B * H * K; ++at) {
        carry_S[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (24) z̄_y[t] = y_hat[t] − y2[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y2[t * B * O + at];
        }
        /* (25) ȳ[t] = W_hyᵀ z̄_y[t] */
        /* dy = dz_y @ W_hy */
        product_nn(B, H, O, dz_y, O, W_hy, H, dy, H, false);
        /* (26) S̄[t] = ȳ[t] q[t]ᵀ + S̄[t+1] − ē[t+1] k[t+1]ᵀ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                for (size_t col = 0; col < K; ++col) {
                    dS[page * H * K + row * K + col] = dy[page * H + row] * q[t * B * K + page * K + col];
                }
            }
        }
        for (size_t at = 0; at < B * H * K; ++at) {
            dS[at] += carry_S[at];
        }
        /* (27) ū_S[t] = beta[t] S̄[t] */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                for (size_t col = 0; col < K; ++col) {
                    du_S[page * H * K + row * K + col] = beta[t * B + page] * dS[page * H * K + row * K + col];
                }
            }
        }
        /* (28) ē[t] = ū_S[t] k[t] */
        /* scratch_3 = sumₖ of du_S ∘ k[t]ᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < K; ++col) {
                    running += du_S[page * H * K + row * K + col] * k[t * B * K + page * K + col];
                }
                scratch_3[page * H + row] = running;
            }
        }
        for (size_t at = 0; at < B * H; ++at) {
            de[at] = scratch_3[at];
        }
        /* (29) betā[t] = tr(S̄[t]ᵀ u_S[t]) */
        /* inner_4 = sumⱼₖ of dSᵢₖⱼ ∘ u_S[t]ᵢₖⱼ */
        for (size_t page = 0; page < B; ++page) {
            real running = 0.0;
            for (size_t row = 0; row < K; ++row) {
                for (size_t col = 0; col < H; ++col) {
                    running += dS[page * H * K + col * K + row] * u_S[t * B * H * K + page * H * K + col * K + row];
                }
            }
            inner_4[page] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                dbeta[row + col] = inner_4[row];
            }
        }
        /* (30) z̄_beta[t] = betā[t] ∘ beta[t] ∘ (1 − beta[t]) */
        for (size_t at = 0; at < B; ++at) {
            dz_beta[at] = dbeta[at] * beta[t * B + at] * (1.0 - beta[t * B + at]);
        }
        /* (31) v̄[t] = ē[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dv[at] = de[at];
        }
        /* (32) k̄[t] = ū_S[t]ᵀ e[t] − S[t−1]ᵀ ē[t] */
        /* scratch_4 = sumₖ of du_Sᵢₖⱼ ∘ e[t]ᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < K; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < H; ++col) {
                    running += du_S[page * H * K + col * K + row] * e[t * B * H + page * H + col];
                }
                scratch_4[page * K + row] = running;
            }
        }
        /* scratch_5 = sumₖ of S[t]ᵢₖⱼ ∘ deᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < K; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < H; ++col) {
                    running += S[t * B * H * K + page * H * K + col * K + row] * de[page * H + col];
                }
                scratch_5[page * K + row] = running;
            }
        }
        for (size_t at = 0; at < B * K; ++at) {
            dk[at] = scratch_4[at] - scratch_5[at];
        }
        /* (33) a2̄_k[t] = −1ᵀ ((k̄[t] ⊘ (a2_k[t] 1)²) ∘ s_k[t]) */
        /* inner_5 = sum over columns of dk / a2_k[t]ᵢ₁² ∘ s_k[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < K; ++col) {
                running += dk[row * K + col] / square(a2_k[t * B + row]) * s_k[t * B * K + row * K + col];
            }
            inner_5[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                da2_k[row + col] = -inner_5[row];
            }
        }
        /* (34) z̄_k[t] = a2̄_k[t] ∘ (1 ⊘ (2 a2_k[t])) */
        for (size_t at = 0; at < B; ++at) {
            dz_k[at] = da2_k[at] * (1.0 / (2.0 * a2_k[t * B + at]));
        }
        /* (35) q̄[t] = S[t]ᵀ ȳ[t] */
        /* scratch_6 = sumₖ of S[t + 1]ᵢₖⱼ ∘ dyᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < K; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < H; ++col) {
                    running += S[(t + 1) * B * H * K + page * H * K + col * K + row] * dy[page * H + col];
                }
                scratch_6[page * K + row] = running;
            }
        }
        for (size_t at = 0; at < B * K; ++at) {
            dq[at] = scratch_6[at];
        }
        /* (36) a2̄_q[t] = −1ᵀ ((q̄[t] ⊘ (a2_q[t] 1)²) ∘ s_q[t]) */
        /* inner_6 = sum over columns of dq / a2_q[t]ᵢ₁² ∘ s_q[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < K; ++col) {
                running += dq[row * K + col] / square(a2_q[t * B + row]) * s_q[t * B * K + row * K + col];
            }
            inner_6[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                da2_q[row + col] = -inner_6[row];
            }
        }
        /* (37) z̄_q[t] = a2̄_q[t] ∘ (1 ⊘ (2 a2_q[t])) */
        for (size_t at = 0; at < B; ++at) {
            dz_q[at] = da2_q[at] * (1.0 / (2.0 * a2_q[t * B + at]));
        }
        /* (38) s̄_k[t] = k̄[t] ⊘ (a2_k[t] 1) + 2 (s_k[t] z̄_k[t]) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                ds_k[row * K + col] = dk[row * K + col] / a2_k[t * B + row] + 2.0 * (s_k[t * B * K + row * K + col] * dz_k[row]);
            }
        }
        /* (39) ā_s_k[t] = s̄_k[t] ∘ a_k[t] */
        for (size_t at = 0; at < B * K; ++at) {
            da_s_k[at] = ds_k[at] * a_k[t * B * K + at];
        }
        /* (40) s̄_q[t] = q̄[t] ⊘ (a2_q[t] 1) + 2 (s_q[t] z̄_q[t]) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                ds_q[row * K + col] = dq[row * K + col] / a2_q[t * B + row] + 2.0 * (s_q[t * B * K + row * K + col] * dz_q[row]);
            }
        }
        /* (41) ā_s_q[t] = s̄_q[t] ∘ a_q[t] */
        for (size_t at = 0; at < B * K; ++at) {
            da_s_q[at] = ds_q[at] * a_q[t * B * K + at];
        }
        /* (42) ā_k[t] = s̄_k[t] ∘ a_s_k[t] + ā_s_k[t] ∘ a_s_k[t] ∘ (1 − a_s_k[t]) */
        for (size_t at = 0; at < B * K; ++at) {
            da_k[at] = ds_k[at] * a_s_k[t * B * K + at] + da_s_k[at] * a_s_k[t * B * K + at] * (1.0 - a_s_k[t * B * K + at]);
        }
        /* (43) ā_q[t] = s̄_q[t] ∘ a_s_q[t] + ā_s_q[t] ∘ a_s_q[t] ∘ (1 − a_s_q[t]) */
        for (size_t at = 0; at < B * K; ++at) {
            da_q[at] = ds_q[at] * a_s_q[t * B * K + at] + da_s_q[at] * a_s_q[t * B * K + at] * (1.0 - a_s_q[t * B * K + at]);
        }
        /* (44) W̄_Q += ā_q[t] x[t]ᵀ */
        /* dW_Q += da_qᵀ @ x[t] */
        product_tn(K, I, B, da_q, K, x + t * B * I, I, dW_Q, I, true);
        /* (45) W̄_V += v̄[t] x[t]ᵀ */
        /* dW_V += dvᵀ @ x[t] */
        product_tn(H, I, B, dv, H, x + t * B * I, I, dW_V, I, true);
        /* (46) w̄_beta += x[t] z̄_beta[t] */
        /* dw_beta += sum over rows of x[t] ∘ dz_betaᵢ₁ */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dw_beta[col] += x[t * B * I + row * I + col] * dz_beta[row];
            }
        }
        /* (47) W̄_K += ā_k[t] x[t]ᵀ */
        /* dW_K += da_kᵀ @ x[t] */
        product_tn(K, I, B, da_k, K, x + t * B * I, I, dW_K, I, true);
        /* (48) W̄_hy += z̄_y[t] y[t]ᵀ */
        /* dW_hy += dz_yᵀ @ y[t] */
        product_tn(O, H, B, dz_y, O, y + t * B * H, H, dW_hy, H, true);
        /* (49) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (50) x̄[t] = w_beta z̄_beta[t] + W_Vᵀ v̄[t] + W_Kᵀ ā_k[t] + W_Qᵀ ā_q[t] */
        /* dx[t] = dv @ W_V */
        product_nn(B, I, H, dv, H, W_V, I, dx + t * B * I, I, false);
        /* dx[t] += da_k @ W_K */
        product_nn(B, I, K, da_k, K, W_K, I, dx + t * B * I, I, true);
        /* dx[t] += da_q @ W_Q */
        product_nn(B, I, K, da_q, K, W_Q, I, dx + t * B * I, I, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dx[t * B * I + row * I + col] += w_beta[col] * dz_beta[row];
            }
        }
        /* (26) what step t gives to S of earlier steps: S̄[t] + −ē[t] k[t]ᵀ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                for (size_t col = 0; col < K; ++col) {
                    carry_S[page * H * K + row * K + col] = dS[page * H * K + row * K + col] - de[page * H + row] * k[t * B * K + page * K + col];
                }
            }
        }
    }
    /* (51) S̄[0] = S̄[1] + −ē[1] k[1]ᵀ */
    for (size_t at = 0; at < B * H * K; ++at) {
        dS0[at] = carry_S[at];
    }
    return DELTANET_F64_OK;
}

deltanet_f64_status deltanet_f64_loss_and_gradient(const deltanet_f64_sizes *sizes,
                                                   const deltanet_f64_given *given,
                                                   const deltanet_f64_kept *kept,
                                                   const deltanet_f64_gradients *gradients, double *work)
{
    const deltanet_f64_status status = deltanet_f64_forward(sizes, given, kept, work);
    return status != DELTANET_F64_OK ? status : deltanet_f64_backward(sizes, given, kept, gradients, work);
}
