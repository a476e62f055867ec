/* mLSTM, a matrix memory with exponential input gate, not stabilised with softmax and cross-entropy:
 * see mlstm_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "mlstm_f64.h"

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

/* -1, 0 or 1; NaN stays NaN. */
static inline real sign(real x)
{
    return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x;
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

static mlstm_f64_status check(const mlstm_f64_sizes *sizes)
{
    if (sizes == NULL)
        return MLSTM_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t K = sizes->K;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || H == 0 || K == 0 || O == 0)
        return MLSTM_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* x */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* y */
        times(K, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* W_k */
        I,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* w_i */
        I,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* w_f */
        times(K, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* W_q */
        K,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* b_q */
        K,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* b_k */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* W_v */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* b_v */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* W_o */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* b_o */
        times(O, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* W_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* b_y */
        times(times(times(plus(T, 1), B), H), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* C */
        times(times(plus(T, 1), B), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 /* n */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* h */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* y_hat */
        K,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* a_k */
        times(times(T, B), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* q */
        times(times(T, B), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* k */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* v */
        times(times(T, B), 1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* i */
        times(times(T, B), 1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* f */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* o */
        times(times(times(T, B), H), K),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                /* u_C */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* u_h */
        times(times(T, B), 1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* z_h */
        times(times(T, B), 1),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* a2_h */
        times(K, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* dW_k */
        I,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* dw_i */
        I,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* dw_f */
        times(K, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* dW_q */
        K,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* db_q */
        K,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* db_k */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* dW_v */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* db_v */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* dW_o */
        H,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* db_o */
        times(O, H),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* dW_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* db_y */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* dx */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(K, times(B, K)), times(B, 1)), times(B, 1)), times(B, H)), times(B, 1)), times(B, 1)), times(B, O)), B), B), times(B, H)), B), B), B), B),                                                                                                                                                                                                                                                                                                                                                /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(times(B, H), K), times(B, K)), times(B, O)), times(B, H)), times(B, 1)), B), times(B, 1)), times(B, 1)), times(B, 1)), times(B, H)), times(B, K)), times(times(B, H), K)), times(times(B, H), K)), times(B, H)), times(B, H)), times(B, 1)), B), B), times(B, 1)), times(B, 1)), B), B), times(B, 1)), times(B, H)), times(B, H)), times(B, K)), times(B, K)), times(B, K)), times(B, K)), times(B, K)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return MLSTM_F64_TOO_LARGE;
    return MLSTM_F64_OK;
}

const char *mlstm_f64_message(mlstm_f64_status status)
{
    switch (status) {
    case MLSTM_F64_OK:
        return "all is well";
    case MLSTM_F64_ZERO_SIZE:
        return "a size is 0";
    case MLSTM_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case MLSTM_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t mlstm_f64_workspace(const mlstm_f64_sizes *sizes)
{
    if (check(sizes) != MLSTM_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t K = sizes->K;
    const size_t O = sizes->O;
    const size_t for_forward = K + B * K + B * 1 + B * 1 + B * H + B * 1 + B * 1 + B * O + B + B + B * H + B + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H * K + B * K + B * O + B * H + B * 1 + B + B * 1 + B * 1 + B * 1 + B * H + B * K + B * H * K + B * H * K + B * H + B * H + B * 1 + B + B + B * 1 + B * 1 + B + B + B * 1 + B * H + B * H + B * K + B * K + B * K + B * K + B * K;
    if (for_backward > most)
        most = for_backward;
    return most;
}

mlstm_f64_status mlstm_f64_forward(const mlstm_f64_sizes *sizes, const mlstm_f64_given *given,
                                   const mlstm_f64_kept *kept, double *work)
{
    const mlstm_f64_status status = check(sizes);
    if (status != MLSTM_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return MLSTM_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->W_k == NULL || given->w_i == NULL ||
        given->w_f == NULL || given->W_q == NULL || given->b_q == NULL || given->b_k == NULL ||
        given->W_v == NULL || given->b_v == NULL || given->b_i == NULL || given->b_f == NULL ||
        given->W_o == NULL || given->b_o == NULL || given->W_hy == NULL || given->b_y == NULL ||
        kept->C == NULL || kept->n == NULL || kept->h == NULL || kept->y_hat == NULL ||
        kept->a_k == NULL || kept->q == NULL || kept->k == NULL || kept->v == NULL ||
        kept->i == NULL || kept->f == NULL || kept->o == NULL || kept->u_C == NULL ||
        kept->u_h == NULL || kept->z_h == NULL || kept->a2_h == NULL || kept->J == NULL)
        return MLSTM_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t K = sizes->K;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;       /* (T, B, I) */
    const real *restrict const y = given->y;       /* (T, B, O) */
    const real *restrict const W_k = given->W_k;   /* (K, I) */
    const real *restrict const w_i = given->w_i;   /* (I) */
    const real *restrict const w_f = given->w_f;   /* (I) */
    const real *restrict const W_q = given->W_q;   /* (K, I) */
    const real *restrict const b_q = given->b_q;   /* (K) */
    const real *restrict const b_k = given->b_k;   /* (K) */
    const real *restrict const W_v = given->W_v;   /* (H, I) */
    const real *restrict const b_v = given->b_v;   /* (H) */
    const real *restrict const b_i = given->b_i;   /* () */
    const real *restrict const b_f = given->b_f;   /* () */
    const real *restrict const W_o = given->W_o;   /* (H, I) */
    const real *restrict const b_o = given->b_o;   /* (H) */
    const real *restrict const W_hy = given->W_hy; /* (O, H) */
    const real *restrict const b_y = given->b_y;   /* (O) */
    real *restrict const C = kept->C;              /* (T + 1, B, H, K) */
    real *restrict const n = kept->n;              /* (T + 1, B, K) */
    real *restrict const h = kept->h;              /* (T, B, H) */
    real *restrict const y_hat = kept->y_hat;      /* (T, B, O) */
    real *restrict const a_k = kept->a_k;          /* (K) */
    real *restrict const q = kept->q;              /* (T, B, K) */
    real *restrict const k = kept->k;              /* (T, B, K) */
    real *restrict const v = kept->v;              /* (T, B, H) */
    real *restrict const i = kept->i;              /* (T, B, 1) */
    real *restrict const f = kept->f;              /* (T, B, 1) */
    real *restrict const o = kept->o;              /* (T, B, H) */
    real *restrict const u_C = kept->u_C;          /* (T, B, H, K) */
    real *restrict const u_h = kept->u_h;          /* (T, B, H) */
    real *restrict const z_h = kept->z_h;          /* (T, B, 1) */
    real *restrict const a2_h = kept->a2_h;        /* (T, B, 1) */
    real *restrict const J = kept->J;              /* () */
    real *next = work;
    real *restrict const z_k = next;       /* (K) z_k */
    next += K;
    real *restrict const u_k = next;       /* (B, K) u_k[t] */
    next += B * K;
    real *restrict const z_i = next;       /* (B, 1) z_i[t] */
    next += B * 1;
    real *restrict const z_f = next;       /* (B, 1) z_f[t] */
    next += B * 1;
    real *restrict const z_o = next;       /* (B, H) z_o[t] */
    next += B * H;
    real *restrict const a_h = next;       /* (B, 1) a_h[t] */
    next += B * 1;
    real *restrict const z2_h = next;      /* (B, 1) z2_h[t] */
    next += B * 1;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const inner = next;     /* (B) scratch */
    next += B;
    real *restrict const inner_2 = next;   /* (B) scratch */
    next += B;
    real *restrict const scratch = next;   /* (B, H) scratch */
    next += B * H;
    real *restrict const inner_3 = next;   /* (B) scratch */
    next += B;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    /* (1) z_k = K */
    for (size_t at = 0; at < K; ++at) {
        z_k[at] = (real)K / 1.0;
    }
    /* (2) a_k = sqrt(z_k) */
    for (size_t at = 0; at < K; ++at) {
        a_k[at] = sqrt(z_k[at]);
    }
    for (size_t at = 0; at < B * H * K; ++at) {
        C[at] = 0.0;
    }
    for (size_t at = 0; at < B * K; ++at) {
        n[at] = 0.0;
    }
    for (size_t t = 0; t < T; ++t) {
        /* (3) q[t] = W_q x[t] + b_q */
        /* q[t] = x[t] @ W_qᵀ */
        product_nt(B, K, I, x + t * B * I, I, W_q, I, q + t * B * K, K, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                q[t * B * K + row * K + col] += b_q[col];
            }
        }
        /* (4) u_k[t] = W_k x[t] */
        /* u_k = x[t] @ W_kᵀ */
        product_nt(B, K, I, x + t * B * I, I, W_k, I, u_k, K, false);
        /* (5) k[t] = u_k[t] ⊘ a_k + b_k */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                k[t * B * K + row * K + col] = u_k[row * K + col] / a_k[col] + b_k[col];
            }
        }
        /* (6) v[t] = W_v x[t] + b_v */
        /* v[t] = x[t] @ W_vᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_v, I, v + t * B * H, H, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                v[t * B * H + row * H + col] += b_v[col];
            }
        }
        /* (7) z_i[t] = w_iᵀ x[t] + b_i */
        /* inner = sum over columns of row(w_i) ∘ x[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < I; ++col) {
                running += w_i[col] * x[t * B * I + row * I + col];
            }
            inner[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                z_i[row + col] = inner[row] + b_i[0];
            }
        }
        /* (8) i[t] = exp(z_i[t]) */
        for (size_t at = 0; at < B; ++at) {
            i[t * B + at] = exp_of(z_i[at]);
        }
        /* (9) z_f[t] = w_fᵀ x[t] + b_f */
        /* inner_2 = sum over columns of row(w_f) ∘ x[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < I; ++col) {
                running += w_f[col] * x[t * B * I + row * I + col];
            }
            inner_2[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                z_f[row + col] = inner_2[row] + b_f[0];
            }
        }
        /* (10) f[t] = sigmoid(z_f[t]) */
        for (size_t at = 0; at < B; ++at) {
            f[t * B + at] = sigmoid(z_f[at]);
        }
        /* (11) z_o[t] = W_o x[t] + b_o */
        /* z_o = x[t] @ W_oᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_o, I, z_o, H, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_o[row * H + col] += b_o[col];
            }
        }
        /* (12) o[t] = sigmoid(z_o[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            o[t * B * H + at] = sigmoid(z_o[at]);
        }
        /* (13) u_C[t] = v[t] k[t]ᵀ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                for (size_t col = 0; col < K; ++col) {
                    u_C[t * B * H * K + page * H * K + row * K + col] = v[t * B * H + page * H + row] * k[t * B * K + page * K + col];
                }
            }
        }
        /* (14) C[t] = f[t] C[t−1] + i[t] u_C[t] */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                for (size_t col = 0; col < K; ++col) {
                    C[(t + 1) * B * H * K + page * H * K + row * K + col] = f[t * B + page] * C[t * B * H * K + page * H * K + row * K + col] + i[t * B + page] * u_C[t * B * H * K + page * H * K + row * K + col];
                }
            }
        }
        /* (15) n[t] = f[t] n[t−1] + i[t] k[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                n[(t + 1) * B * K + row * K + col] = f[t * B + row] * n[t * B * K + row * K + col] + i[t * B + row] * k[t * B * K + row * K + col];
            }
        }
        /* (16) u_h[t] = C[t] q[t] */
        /* scratch = sumₖ of C[t + 1] ∘ q[t]ᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < K; ++col) {
                    running += C[(t + 1) * B * H * K + page * H * K + row * K + col] * q[t * B * K + page * K + col];
                }
                scratch[page * H + row] = running;
            }
        }
        for (size_t at = 0; at < B * H; ++at) {
            u_h[t * B * H + at] = scratch[at];
        }
        /* (17) z_h[t] = n[t]ᵀ q[t] */
        /* inner_3 = sum over columns of n[t + 1] ∘ q[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < K; ++col) {
                running += n[(t + 1) * B * K + row * K + col] * q[t * B * K + row * K + col];
            }
            inner_3[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                z_h[t * B + row + col] = inner_3[row];
            }
        }
        /* (18) a_h[t] = abs(z_h[t]) */
        for (size_t at = 0; at < B; ++at) {
            a_h[at] = fabs(z_h[t * B + at]);
        }
        /* (19) z2_h[t] = a_h[t] − 1 */
        for (size_t at = 0; at < B; ++at) {
            z2_h[at] = a_h[at] - 1.0;
        }
        /* (20) a2_h[t] = relu(z2_h[t]) */
        for (size_t at = 0; at < B; ++at) {
            a2_h[t * B + at] = relu(z2_h[at]);
        }
        /* (21) h[t] = o[t] ∘ (u_h[t] ⊘ ((1 + a2_h[t]) 1)) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                h[t * B * H + row * H + col] = o[t * B * H + row * H + col] * (u_h[t * B * H + row * H + col] / (1.0 + a2_h[t * B + row]));
            }
        }
        /* (22) z_y[t] = W_hy h[t] + b_y */
        /* z_y = h[t] @ W_hyᵀ */
        product_nt(B, O, H, h + t * B * H, H, W_hy, H, z_y, O, false);
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
    return MLSTM_F64_OK;
}

mlstm_f64_status mlstm_f64_backward(const mlstm_f64_sizes *sizes, const mlstm_f64_given *given,
                                    const mlstm_f64_kept *kept, const mlstm_f64_gradients *gradients,
                                    double *work)
{
    const mlstm_f64_status status = check(sizes);
    if (status != MLSTM_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return MLSTM_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->W_k == NULL || given->w_i == NULL ||
        given->w_f == NULL || given->W_q == NULL || given->W_v == NULL || given->W_o == NULL ||
        given->W_hy == NULL || kept->C == NULL || kept->n == NULL || kept->h == NULL ||
        kept->y_hat == NULL || kept->a_k == NULL || kept->q == NULL || kept->k == NULL ||
        kept->v == NULL || kept->i == NULL || kept->f == NULL || kept->o == NULL ||
        kept->u_C == NULL || kept->u_h == NULL || kept->z_h == NULL || kept->a2_h == NULL ||
        gradients->dW_k == NULL || gradients->dw_i == NULL || gradients->dw_f == NULL || gradients->dW_q == NULL ||
        gradients->db_q == NULL || gradients->db_k == NULL || gradients->dW_v == NULL || gradients->db_v == NULL ||
        gradients->db_i == NULL || gradients->db_f == NULL || gradients->dW_o == NULL || gradients->db_o == NULL ||
        gradients->dW_hy == NULL || gradients->db_y == NULL || gradients->dx == NULL)
        return MLSTM_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t K = sizes->K;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;        /* (T, B, I) */
    const real *restrict const y = given->y;        /* (T, B, O) */
    const real *restrict const W_k = given->W_k;    /* (K, I) */
    const real *restrict const w_i = given->w_i;    /* (I) */
    const real *restrict const w_f = given->w_f;    /* (I) */
    const real *restrict const W_q = given->W_q;    /* (K, I) */
    const real *restrict const W_v = given->W_v;    /* (H, I) */
    const real *restrict const W_o = given->W_o;    /* (H, I) */
    const real *restrict const W_hy = given->W_hy;  /* (O, H) */
    const real *restrict const C = kept->C;         /* (T + 1, B, H, K) */
    const real *restrict const n = kept->n;         /* (T + 1, B, K) */
    const real *restrict const h = kept->h;         /* (T, B, H) */
    const real *restrict const y_hat = kept->y_hat; /* (T, B, O) */
    const real *restrict const a_k = kept->a_k;     /* (K) */
    const real *restrict const q = kept->q;         /* (T, B, K) */
    const real *restrict const k = kept->k;         /* (T, B, K) */
    const real *restrict const v = kept->v;         /* (T, B, H) */
    const real *restrict const i = kept->i;         /* (T, B, 1) */
    const real *restrict const f = kept->f;         /* (T, B, 1) */
    const real *restrict const o = kept->o;         /* (T, B, H) */
    const real *restrict const u_C = kept->u_C;     /* (T, B, H, K) */
    const real *restrict const u_h = kept->u_h;     /* (T, B, H) */
    const real *restrict const z_h = kept->z_h;     /* (T, B, 1) */
    const real *restrict const a2_h = kept->a2_h;   /* (T, B, 1) */
    real *restrict const dW_k = gradients->dW_k;    /* (K, I) */
    real *restrict const dw_i = gradients->dw_i;    /* (I) */
    real *restrict const dw_f = gradients->dw_f;    /* (I) */
    real *restrict const dW_q = gradients->dW_q;    /* (K, I) */
    real *restrict const db_q = gradients->db_q;    /* (K) */
    real *restrict const db_k = gradients->db_k;    /* (K) */
    real *restrict const dW_v = gradients->dW_v;    /* (H, I) */
    real *restrict const db_v = gradients->db_v;    /* (H) */
    real *restrict const db_i = gradients->db_i;    /* () */
    real *restrict const db_f = gradients->db_f;    /* () */
    real *restrict const dW_o = gradients->dW_o;    /* (H, I) */
    real *restrict const db_o = gradients->db_o;    /* (H) */
    real *restrict const dW_hy = gradients->dW_hy;  /* (O, H) */
    real *restrict const db_y = gradients->db_y;    /* (O) */
    real *restrict const dx = gradients->dx;        /* (T, B, I) */
    real *next = work;
    real *restrict const carry_C = next;   /* (B, H, K) what later steps give to the adjoint of C */
    next += B * H * K;
    real *restrict const carry_n = next;   /* (B, K) what later steps give to the adjoint of n */
    next += B * K;
    real *restrict const dz_y = next;      /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dh = next;        /* (B, H) adjoint of h[t] */
    next += B * H;
    real *restrict const da2_h = next;     /* (B, 1) adjoint of a2_h[t] */
    next += B * 1;
    real *restrict const inner_4 = next;   /* (B) scratch */
    next += B;
    real *restrict const dz2_h = next;     /* (B, 1) adjoint of z2_h[t] */
    next += B * 1;
    real *restrict const da_h = next;      /* (B, 1) adjoint of a_h[t] */
    next += B * 1;
    real *restrict const dz_h = next;      /* (B, 1) adjoint of z_h[t] */
    next += B * 1;
    real *restrict const du_h = next;      /* (B, H) adjoint of u_h[t] */
    next += B * H;
    real *restrict const dn = next;        /* (B, K) adjoint of n[t] */
    next += B * K;
    real *restrict const dC = next;        /* (B, H, K) adjoint of C[t] */
    next += B * H * K;
    real *restrict const du_C = next;      /* (B, H, K) adjoint of u_C[t] */
    next += B * H * K;
    real *restrict const do_ = next;       /* (B, H) adjoint of o[t] */
    next += B * H;
    real *restrict const dz_o = next;      /* (B, H) adjoint of z_o[t] */
    next += B * H;
    real *restrict const df = next;        /* (B, 1) adjoint of f[t] */
    next += B * 1;
    real *restrict const inner_5 = next;   /* (B) scratch */
    next += B;
    real *restrict const inner_6 = next;   /* (B) scratch */
    next += B;
    real *restrict const dz_f = next;      /* (B, 1) adjoint of z_f[t] */
    next += B * 1;
    real *restrict const di = next;        /* (B, 1) adjoint of i[t] */
    next += B * 1;
    real *restrict const inner_7 = next;   /* (B) scratch */
    next += B;
    real *restrict const inner_8 = next;   /* (B) scratch */
    next += B;
    real *restrict const dz_i = next;      /* (B, 1) adjoint of z_i[t] */
    next += B * 1;
    real *restrict const dv = next;        /* (B, H) adjoint of v[t] */
    next += B * H;
    real *restrict const scratch_2 = next; /* (B, H) scratch */
    next += B * H;
    real *restrict const dk = next;        /* (B, K) adjoint of k[t] */
    next += B * K;
    real *restrict const scratch_3 = next; /* (B, K) scratch */
    next += B * K;
    real *restrict const du_k = next;      /* (B, K) adjoint of u_k[t] */
    next += B * K;
    real *restrict const dq = next;        /* (B, K) adjoint of q[t] */
    next += B * K;
    real *restrict const scratch_4 = next; /* (B, K) scratch */

    for (size_t at = 0; at < K * I; ++at) {
        dW_k[at] = 0.0;
    }
    for (size_t at = 0; at < I; ++at) {
        dw_i[at] = 0.0;
    }
    for (size_t at = 0; at < I; ++at) {
        dw_f[at] = 0.0;
    }
    for (size_t at = 0; at < K * I; ++at) {
        dW_q[at] = 0.0;
    }
    for (size_t at = 0; at < K; ++at) {
        db_q[at] = 0.0;
    }
    for (size_t at = 0; at < K; ++at) {
        db_k[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_v[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_v[at] = 0.0;
    }
    db_i[0] = 0.0;
    db_f[0] = 0.0;
    for (size_t at = 0; at < H * I; ++at) {
        dW_o[at] = 0.0;
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
    for (size_t at = 0; at < B * H * K; ++at) {
        carry_C[at] = 0.0;
    }
    for (size_t at = 0; at < B * K; ++at) {
        carry_n[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (26) z̄_y[t] = y_hat[t] − y[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y[t * B * O + at];
        }
        /* (27) h̄[t] = W_hyᵀ z̄_y[t] */
        /* dh = dz_y @ W_hy */
        product_nn(B, H, O, dz_y, O, W_hy, H, dh, H, false);
        /* (28) a2̄_h[t] = −1ᵀ (((h̄[t] ∘ o[t]) ⊘ ((1 + a2_h[t]) 1)²) ∘ u_h[t]) */
        /* inner_4 = sum over columns of dh ∘ o[t] / (1 + a2_h[t]ᵢ₁)² ∘ u_h[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < H; ++col) {
                running += dh[row * H + col] * o[t * B * H + row * H + col] / square(1.0 + a2_h[t * B + row]) * u_h[t * B * H + row * H + col];
            }
            inner_4[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                da2_h[row + col] = -inner_4[row];
            }
        }
        /* (29) z2̄_h[t] = a2̄_h[t] ∘ step(a2_h[t]) */
        for (size_t at = 0; at < B; ++at) {
            dz2_h[at] = da2_h[at] * step(a2_h[t * B + at]);
        }
        /* (30) ā_h[t] = z2̄_h[t] */
        for (size_t at = 0; at < B; ++at) {
            da_h[at] = dz2_h[at];
        }
        /* (31) z̄_h[t] = ā_h[t] ∘ sign(z_h[t]) */
        for (size_t at = 0; at < B; ++at) {
            dz_h[at] = da_h[at] * sign(z_h[t * B + at]);
        }
        /* (32) ū_h[t] = (h̄[t] ∘ o[t]) ⊘ ((1 + a2_h[t]) 1) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                du_h[row * H + col] = dh[row * H + col] * o[t * B * H + row * H + col] / (1.0 + a2_h[t * B + row]);
            }
        }
        /* (33) n̄[t] = q[t] z̄_h[t] + f[t+1] n̄[t+1] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                dn[row * K + col] = q[t * B * K + row * K + col] * dz_h[row];
            }
        }
        for (size_t at = 0; at < B * K; ++at) {
            dn[at] += carry_n[at];
        }
        /* (34) C̄[t] = ū_h[t] q[t]ᵀ + f[t+1] C̄[t+1] */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                for (size_t col = 0; col < K; ++col) {
                    dC[page * H * K + row * K + col] = du_h[page * H + row] * q[t * B * K + page * K + col];
                }
            }
        }
        for (size_t at = 0; at < B * H * K; ++at) {
            dC[at] += carry_C[at];
        }
        /* (35) ū_C[t] = i[t] C̄[t] */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                for (size_t col = 0; col < K; ++col) {
                    du_C[page * H * K + row * K + col] = i[t * B + page] * dC[page * H * K + row * K + col];
                }
            }
        }
        /* (36) ō[t] = h̄[t] ∘ (u_h[t] ⊘ ((1 + a2_h[t]) 1)) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                do_[row * H + col] = dh[row * H + col] * (u_h[t * B * H + row * H + col] / (1.0 + a2_h[t * B + row]));
            }
        }
        /* (37) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_o[at] = do_[at] * o[t * B * H + at] * (1.0 - o[t * B * H + at]);
        }
        /* (38) f̄[t] = n[t−1]ᵀ n̄[t] + tr(C̄[t]ᵀ C[t−1]) */
        /* inner_5 = sum over columns of n[t] ∘ dn */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < K; ++col) {
                running += n[t * B * K + row * K + col] * dn[row * K + col];
            }
            inner_5[row] = running;
        }
        /* inner_6 = sumⱼₖ of dCᵢₖⱼ ∘ C[t]ᵢₖⱼ */
        for (size_t page = 0; page < B; ++page) {
            real running = 0.0;
            for (size_t row = 0; row < K; ++row) {
                for (size_t col = 0; col < H; ++col) {
                    running += dC[page * H * K + col * K + row] * C[t * B * H * K + page * H * K + col * K + row];
                }
            }
            inner_6[page] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                df[row + col] = inner_5[row] + inner_6[row];
            }
        }
        /* (39) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t]) */
        for (size_t at = 0; at < B; ++at) {
            dz_f[at] = df[at] * f[t * B + at] * (1.0 - f[t * B + at]);
        }
        /* (40) ī[t] = k[t]ᵀ n̄[t] + tr(C̄[t]ᵀ u_C[t]) */
        /* inner_7 = sum over columns of k[t] ∘ dn */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < K; ++col) {
                running += k[t * B * K + row * K + col] * dn[row * K + col];
            }
            inner_7[row] = running;
        }
        /* inner_8 = sumⱼₖ of dCᵢₖⱼ ∘ u_C[t]ᵢₖⱼ */
        for (size_t page = 0; page < B; ++page) {
            real running = 0.0;
            for (size_t row = 0; row < K; ++row) {
                for (size_t col = 0; col < H; ++col) {
                    running += dC[page * H * K + col * K + row] * u_C[t * B * H * K + page * H * K + col * K + row];
                }
            }
            inner_8[page] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < 1; ++col) {
                di[row + col] = inner_7[row] + inner_8[row];
            }
        }
        /* (41) z̄_i[t] = ī[t] ∘ i[t] */
        for (size_t at = 0; at < B; ++at) {
            dz_i[at] = di[at] * i[t * B + at];
        }
        /* (42) v̄[t] = ū_C[t] k[t] */
        /* scratch_2 = sumₖ of du_C ∘ k[t]ᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < K; ++col) {
                    running += du_C[page * H * K + row * K + col] * k[t * B * K + page * K + col];
                }
                scratch_2[page * H + row] = running;
            }
        }
        for (size_t at = 0; at < B * H; ++at) {
            dv[at] = scratch_2[at];
        }
        /* (43) k̄[t] = i[t] n̄[t] + ū_C[t]ᵀ v[t] */
        /* scratch_3 = sumₖ of du_Cᵢₖⱼ ∘ v[t]ᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < K; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < H; ++col) {
                    running += du_C[page * H * K + col * K + row] * v[t * B * H + page * H + col];
                }
                scratch_3[page * K + row] = running;
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                dk[row * K + col] = i[t * B + row] * dn[row * K + col] + scratch_3[row * K + col];
            }
        }
        /* (44) ū_k[t] = k̄[t] ⊘ a_k */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                du_k[row * K + col] = dk[row * K + col] / a_k[col];
            }
        }
        /* (45) q̄[t] = n[t] z̄_h[t] + C[t]ᵀ ū_h[t] */
        /* scratch_4 = sumₖ of C[t + 1]ᵢₖⱼ ∘ du_hᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < K; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < H; ++col) {
                    running += C[(t + 1) * B * H * K + page * H * K + col * K + row] * du_h[page * H + col];
                }
                scratch_4[page * K + row] = running;
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                dq[row * K + col] = n[(t + 1) * B * K + row * K + col] * dz_h[row] + scratch_4[row * K + col];
            }
        }
        /* (48) W̄_k += ū_k[t] x[t]ᵀ */
        /* dW_k += du_kᵀ @ x[t] */
        product_tn(K, I, B, du_k, K, x + t * B * I, I, dW_k, I, true);
        /* (49) w̄_i += x[t] z̄_i[t] */
        /* dw_i += sum over rows of x[t] ∘ dz_iᵢ₁ */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dw_i[col] += x[t * B * I + row * I + col] * dz_i[row];
            }
        }
        /* (50) w̄_f += x[t] z̄_f[t] */
        /* dw_f += sum over rows of x[t] ∘ dz_fᵢ₁ */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dw_f[col] += x[t * B * I + row * I + col] * dz_f[row];
            }
        }
        /* (51) W̄_q += q̄[t] x[t]ᵀ */
        /* dW_q += dqᵀ @ x[t] */
        product_tn(K, I, B, dq, K, x + t * B * I, I, dW_q, I, true);
        /* (52) b̄_q += q̄[t] */
        /* db_q += sum over rows of dq */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                db_q[col] += dq[row * K + col];
            }
        }
        /* (53) b̄_k += k̄[t] */
        /* db_k += sum over rows of dk */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                db_k[col] += dk[row * K + col];
            }
        }
        /* (54) W̄_v += v̄[t] x[t]ᵀ */
        /* dW_v += dvᵀ @ x[t] */
        product_tn(H, I, B, dv, H, x + t * B * I, I, dW_v, I, true);
        /* (55) b̄_v += v̄[t] */
        /* db_v += sum over rows of dv */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_v[col] += dv[row * H + col];
            }
        }
        /* (56) b̄_i += z̄_i[t] */
        /* db_i += sum over all of dz_iᵢ₁ */
        {
            real running = 0.0;
            for (size_t col = 0; col < B; ++col) {
                running += dz_i[col];
            }
            db_i[0] += running;
        }
        /* (57) b̄_f += z̄_f[t] */
        /* db_f += sum over all of dz_fᵢ₁ */
        {
            real running = 0.0;
            for (size_t col = 0; col < B; ++col) {
                running += dz_f[col];
            }
            db_f[0] += running;
        }
        /* (58) W̄_o += z̄_o[t] x[t]ᵀ */
        /* dW_o += dz_oᵀ @ x[t] */
        product_tn(H, I, B, dz_o, H, x + t * B * I, I, dW_o, I, true);
        /* (59) b̄_o += z̄_o[t] */
        /* db_o += sum over rows of dz_o */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_o[col] += dz_o[row * H + col];
            }
        }
        /* (60) W̄_hy += z̄_y[t] h[t]ᵀ */
        /* dW_hy += dz_yᵀ @ h[t] */
        product_tn(O, H, B, dz_y, O, h + t * B * H, H, dW_hy, H, true);
        /* (61) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (62) x̄[t] = W_oᵀ z̄_o[t] + w_f z̄_f[t] + w_i z̄_i[t] + W_vᵀ v̄[t] + W_kᵀ ū_k[t] + W_qᵀ q̄[t] */
        /* dx[t] = dz_o @ W_o */
        product_nn(B, I, H, dz_o, H, W_o, I, dx + t * B * I, I, false);
        /* dx[t] += dv @ W_v */
        product_nn(B, I, H, dv, H, W_v, I, dx + t * B * I, I, true);
        /* dx[t] += du_k @ W_k */
        product_nn(B, I, K, du_k, K, W_k, I, dx + t * B * I, I, true);
        /* dx[t] += dq @ W_q */
        product_nn(B, I, K, dq, K, W_q, I, dx + t * B * I, I, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dx[t * B * I + row * I + col] += w_f[col] * dz_f[row] + w_i[col] * dz_i[row];
            }
        }
        /* (33) what step t gives to n of earlier steps: f[t] n̄[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < K; ++col) {
                carry_n[row * K + col] = f[t * B + row] * dn[row * K + col];
            }
        }
        /* (34) what step t gives to C of earlier steps: f[t] C̄[t] */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                for (size_t col = 0; col < K; ++col) {
                    carry_C[page * H * K + row * K + col] = f[t * B + page] * dC[page * H * K + row * K + col];
                }
            }
        }
    }
    return MLSTM_F64_OK;
}

mlstm_f64_status mlstm_f64_loss_and_gradient(const mlstm_f64_sizes *sizes, const mlstm_f64_given *given,
                                             const mlstm_f64_kept *kept, const mlstm_f64_gradients *gradients,
                                             double *work)
{
    const mlstm_f64_status status = mlstm_f64_forward(sizes, given, kept, work);
    return status != MLSTM_F64_OK ? status : mlstm_f64_backward(sizes, given, kept, gradients, work);
}
