/* RWKV-4 time mixing, not stabilised with softmax and cross-entropy:
 * see rwkv4_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "rwkv4_f64.h"

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

static rwkv4_f64_status check(const rwkv4_f64_sizes *sizes)
{
    if (sizes == NULL)
        return RWKV4_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || H == 0 || O == 0)
        return RWKV4_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                  /* x */
        times(B, I),                                                                                                                                                                                                                                                                                                                                                                                            /* p0 */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                  /* y2 */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                            /* W_r */
        times(I, H),                                                                                                                                                                                                                                                                                                                                                                                            /* W_o */
        I,                                                                                                                                                                                                                                                                                                                                                                                                      /* mu_r */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                            /* W_k */
        I,                                                                                                                                                                                                                                                                                                                                                                                                      /* mu_k */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                            /* W_v */
        I,                                                                                                                                                                                                                                                                                                                                                                                                      /* mu_v */
        H,                                                                                                                                                                                                                                                                                                                                                                                                      /* u */
        H,                                                                                                                                                                                                                                                                                                                                                                                                      /* w */
        times(O, I),                                                                                                                                                                                                                                                                                                                                                                                            /* W_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                      /* b_y */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                                                                                                                                                                                                         /* a */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                                                                                                                                                                                                         /* b */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                  /* y */
        times(times(plus(T, 1), B), I),                                                                                                                                                                                                                                                                                                                                                                         /* p */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                  /* y_hat */
        H,                                                                                                                                                                                                                                                                                                                                                                                                      /* a_a */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                  /* s_r */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                  /* s_k */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                  /* s_v */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                  /* v */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                  /* a_wkv */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                  /* wkv */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                  /* a2_a */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                  /* a_y */
        times(times(T, B), H),                                                                                                                                                                                                                                                                                                                                                                                  /* s_y */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                            /* dW_r */
        times(I, H),                                                                                                                                                                                                                                                                                                                                                                                            /* dW_o */
        I,                                                                                                                                                                                                                                                                                                                                                                                                      /* dmu_r */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                            /* dW_k */
        I,                                                                                                                                                                                                                                                                                                                                                                                                      /* dmu_k */
        times(H, I),                                                                                                                                                                                                                                                                                                                                                                                            /* dW_v */
        I,                                                                                                                                                                                                                                                                                                                                                                                                      /* dmu_v */
        H,                                                                                                                                                                                                                                                                                                                                                                                                      /* du */
        H,                                                                                                                                                                                                                                                                                                                                                                                                      /* dw */
        times(O, I),                                                                                                                                                                                                                                                                                                                                                                                            /* dW_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                      /* db_y */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                  /* dx */
        times(B, I),                                                                                                                                                                                                                                                                                                                                                                                            /* dp0 */
        plus(plus(plus(plus(plus(plus(plus(H, times(B, H)), times(B, H)), times(B, H)), times(B, O)), B), B), B),                                                                                                                                                                                                                                                                                               /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H), times(B, H)), times(B, I)), H), times(B, O)), times(B, I)), times(B, I)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, I)), times(B, H)), times(B, I)), times(B, H)), times(B, I)), H), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return RWKV4_F64_TOO_LARGE;
    return RWKV4_F64_OK;
}

const char *rwkv4_f64_message(rwkv4_f64_status status)
{
    switch (status) {
    case RWKV4_F64_OK:
        return "all is well";
    case RWKV4_F64_ZERO_SIZE:
        return "a size is 0";
    case RWKV4_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case RWKV4_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t rwkv4_f64_workspace(const rwkv4_f64_sizes *sizes)
{
    if (check(sizes) != RWKV4_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t for_forward = H + B * H + B * H + B * H + B * O + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H + B * H + B * I + H + B * O + B * I + B * I + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * I + B * H + B * I + B * H + B * I + H;
    if (for_backward > most)
        most = for_backward;
    return most;
}

rwkv4_f64_status rwkv4_f64_forward(const rwkv4_f64_sizes *sizes, const rwkv4_f64_given *given,
                                   const rwkv4_f64_kept *kept, double *work)
{
    const rwkv4_f64_status status = check(sizes);
    if (status != RWKV4_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return RWKV4_F64_NULL;
    if (given->x == NULL || given->p0 == NULL || given->y2 == NULL || given->W_r == NULL ||
        given->W_o == NULL || given->mu_r == NULL || given->W_k == NULL || given->mu_k == NULL ||
        given->W_v == NULL || given->mu_v == NULL || given->u == NULL || given->w == NULL ||
        given->W_hy == NULL || given->b_y == NULL || kept->a == NULL || kept->b == NULL ||
        kept->y == NULL || kept->p == NULL || kept->y_hat == NULL || kept->a_a == NULL ||
        kept->s_r == NULL || kept->s_k == NULL || kept->s_v == NULL || kept->v == NULL ||
        kept->a_wkv == NULL || kept->wkv == NULL || kept->a2_a == NULL || kept->a_y == NULL ||
        kept->s_y == NULL || kept->J == NULL)
        return RWKV4_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;       /* (T, B, I) */
    const real *restrict const p0 = given->p0;     /* (B, I) */
    const real *restrict const y2 = given->y2;     /* (T, B, O) */
    const real *restrict const W_r = given->W_r;   /* (H, I) */
    const real *restrict const W_o = given->W_o;   /* (I, H) */
    const real *restrict const mu_r = given->mu_r; /* (I) */
    const real *restrict const W_k = given->W_k;   /* (H, I) */
    const real *restrict const mu_k = given->mu_k; /* (I) */
    const real *restrict const W_v = given->W_v;   /* (H, I) */
    const real *restrict const mu_v = given->mu_v; /* (I) */
    const real *restrict const u = given->u;       /* (H) */
    const real *restrict const w = given->w;       /* (H) */
    const real *restrict const W_hy = given->W_hy; /* (O, I) */
    const real *restrict const b_y = given->b_y;   /* (O) */
    real *restrict const a = kept->a;              /* (T + 1, B, H) */
    real *restrict const b = kept->b;              /* (T + 1, B, H) */
    real *restrict const y = kept->y;              /* (T, B, I) */
    real *restrict const p = kept->p;              /* (T + 1, B, I) */
    real *restrict const y_hat = kept->y_hat;      /* (T, B, O) */
    real *restrict const a_a = kept->a_a;          /* (H) */
    real *restrict const s_r = kept->s_r;          /* (T, B, I) */
    real *restrict const s_k = kept->s_k;          /* (T, B, I) */
    real *restrict const s_v = kept->s_v;          /* (T, B, I) */
    real *restrict const v = kept->v;              /* (T, B, H) */
    real *restrict const a_wkv = kept->a_wkv;      /* (T, B, H) */
    real *restrict const wkv = kept->wkv;          /* (T, B, H) */
    real *restrict const a2_a = kept->a2_a;        /* (T, B, H) */
    real *restrict const a_y = kept->a_y;          /* (T, B, H) */
    real *restrict const s_y = kept->s_y;          /* (T, B, H) */
    real *restrict const J = kept->J;              /* () */
    real *next = work;
    real *restrict const z_a = next;       /* (H) z_a */
    next += H;
    real *restrict const r = next;         /* (B, H) r[t] */
    next += B * H;
    real *restrict const k = next;         /* (B, H) k[t] */
    next += B * H;
    real *restrict const z_wkv = next;     /* (B, H) z_wkv[t] */
    next += B * H;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    /* (1) z_a = −w */
    for (size_t at = 0; at < H; ++at) {
        z_a[at] = -w[at];
    }
    /* (2) a_a = exp(z_a) */
    for (size_t at = 0; at < H; ++at) {
        a_a[at] = exp_of(z_a[at]);
    }
    for (size_t at = 0; at < B * H; ++at) {
        a[at] = 0.0;
    }
    for (size_t at = 0; at < B * H; ++at) {
        b[at] = 0.0;
    }
    for (size_t at = 0; at < B * I; ++at) {
        p[at] = p0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (3) s_r[t] = mu_r ∘ x[t] + (1 − mu_r) ∘ p[t−1] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                s_r[t * B * I + row * I + col] = mu_r[col] * x[t * B * I + row * I + col] + (1.0 - mu_r[col]) * p[t * B * I + row * I + col];
            }
        }
        /* (4) r[t] = W_r s_r[t] */
        /* r = s_r[t] @ W_rᵀ */
        product_nt(B, H, I, s_r + t * B * I, I, W_r, I, r, H, false);
        /* (5) s_k[t] = mu_k ∘ x[t] + (1 − mu_k) ∘ p[t−1] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                s_k[t * B * I + row * I + col] = mu_k[col] * x[t * B * I + row * I + col] + (1.0 - mu_k[col]) * p[t * B * I + row * I + col];
            }
        }
        /* (6) k[t] = W_k s_k[t] */
        /* k = s_k[t] @ W_kᵀ */
        product_nt(B, H, I, s_k + t * B * I, I, W_k, I, k, H, false);
        /* (7) s_v[t] = mu_v ∘ x[t] + (1 − mu_v) ∘ p[t−1] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                s_v[t * B * I + row * I + col] = mu_v[col] * x[t * B * I + row * I + col] + (1.0 - mu_v[col]) * p[t * B * I + row * I + col];
            }
        }
        /* (8) v[t] = W_v s_v[t] */
        /* v[t] = s_v[t] @ W_vᵀ */
        product_nt(B, H, I, s_v + t * B * I, I, W_v, I, v + t * B * H, H, false);
        /* (9) z_wkv[t] = u + k[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_wkv[row * H + col] = u[col] + k[row * H + col];
            }
        }
        /* (10) a_wkv[t] = exp(z_wkv[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a_wkv[t * B * H + at] = exp_of(z_wkv[at]);
        }
        /* (11) wkv[t] = (a[t−1] + a_wkv[t] ∘ v[t]) ⊘ (b[t−1] + a_wkv[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            wkv[t * B * H + at] = (a[t * B * H + at] + a_wkv[t * B * H + at] * v[t * B * H + at]) / (b[t * B * H + at] + a_wkv[t * B * H + at]);
        }
        /* (12) a2_a[t] = exp(k[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a2_a[t * B * H + at] = exp_of(k[at]);
        }
        /* (13) a[t] = a_a ∘ a[t−1] + a2_a[t] ∘ v[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                a[(t + 1) * B * H + row * H + col] = a_a[col] * a[t * B * H + row * H + col] + a2_a[t * B * H + row * H + col] * v[t * B * H + row * H + col];
            }
        }
        /* (14) b[t] = a_a ∘ b[t−1] + a2_a[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                b[(t + 1) * B * H + row * H + col] = a_a[col] * b[t * B * H + row * H + col] + a2_a[t * B * H + row * H + col];
            }
        }
        /* (15) a_y[t] = sigmoid(r[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a_y[t * B * H + at] = sigmoid(r[at]);
        }
        /* (16) s_y[t] = a_y[t] ∘ wkv[t] */
        for (size_t at = 0; at < B * H; ++at) {
            s_y[t * B * H + at] = a_y[t * B * H + at] * wkv[t * B * H + at];
        }
        /* (17) y[t] = W_o s_y[t] */
        /* y[t] = s_y[t] @ W_oᵀ */
        product_nt(B, I, H, s_y + t * B * H, H, W_o, H, y + t * B * I, I, false);
        /* (18) p[t] = x[t] */
        for (size_t at = 0; at < B * I; ++at) {
            p[(t + 1) * B * I + at] = x[t * B * I + at];
        }
        /* (19) z_y[t] = W_hy y[t] + b_y */
        /* z_y = y[t] @ W_hyᵀ */
        product_nt(B, O, I, y + t * B * I, I, W_hy, I, z_y, O, false);
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
        /* (21) J += −y2[t]ᵀ log_softmax(z_y[t]) */
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
    return RWKV4_F64_OK;
}

rwkv4_f64_status rwkv4_f64_backward(const rwkv4_f64_sizes *sizes, const rwkv4_f64_given *given,
                                    const rwkv4_f64_kept *kept, const rwkv4_f64_gradients *gradients,
                                    double *work)
{
    const rwkv4_f64_status status = check(sizes);
    if (status != RWKV4_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return RWKV4_F64_NULL;
    if (given->x == NULL || given->y2 == NULL || given->W_r == NULL || given->W_o == NULL ||
        given->mu_r == NULL || given->W_k == NULL || given->mu_k == NULL || given->W_v == NULL ||
        given->mu_v == NULL || given->W_hy == NULL || kept->a == NULL || kept->b == NULL ||
        kept->y == NULL || kept->p == NULL || kept->y_hat == NULL || kept->a_a == NULL ||
        kept->s_r == NULL || kept->s_k == NULL || kept->s_v == NULL || kept->v == NULL ||
        kept->a_wkv == NULL || kept->wkv == NULL || kept->a2_a == NULL || kept->a_y == NULL ||
        kept->s_y == NULL || gradients->dW_r == NULL || gradients->dW_o == NULL || gradients->dmu_r == NULL ||
        gradients->dW_k == NULL || gradients->dmu_k == NULL || gradients->dW_v == NULL || gradients->dmu_v == NULL ||
        gradients->du == NULL || gradients->dw == NULL || gradients->dW_hy == NULL || gradients->db_y == NULL ||
        gradients->dx == NULL || gradients->dp0 == NULL)
        return RWKV4_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;        /* (T, B, I) */
    const real *restrict const y2 = given->y2;      /* (T, B, O) */
    const real *restrict const W_r = given->W_r;    /* (H, I) */
    const real *restrict const W_o = given->W_o;    /* (I, H) */
    const real *restrict const mu_r = given->mu_r;  /* (I) */
    const real *restrict const W_k = given->W_k;    /* (H, I) */
    const real *restrict const mu_k = given->mu_k;  /* (I) */
    const real *restrict const W_v = given->W_v;    /* (H, I) */
    const real *restrict const mu_v = given->mu_v;  /* (I) */
    const real *restrict const W_hy = given->W_hy;  /* (O, I) */
    const real *restrict const a = kept->a;         /* (T + 1, B, H) */
    const real *restrict const b = kept->b;         /* (T + 1, B, H) */
    const real *restrict const y = kept->y;         /* (T, B, I) */
    const real *restrict const p = kept->p;         /* (T + 1, B, I) */
    const real *restrict const y_hat = kept->y_hat; /* (T, B, O) */
    const real *restrict const a_a = kept->a_a;     /* (H) */
    const real *restrict const s_r = kept->s_r;     /* (T, B, I) */
    const real *restrict const s_k = kept->s_k;     /* (T, B, I) */
    const real *restrict const s_v = kept->s_v;     /* (T, B, I) */
    const real *restrict const v = kept->v;         /* (T, B, H) */
    const real *restrict const a_wkv = kept->a_wkv; /* (T, B, H) */
    const real *restrict const wkv = kept->wkv;     /* (T, B, H) */
    const real *restrict const a2_a = kept->a2_a;   /* (T, B, H) */
    const real *restrict const a_y = kept->a_y;     /* (T, B, H) */
    const real *restrict const s_y = kept->s_y;     /* (T, B, H) */
    real *restrict const dW_r = gradients->dW_r;    /* (H, I) */
    real *restrict const dW_o = gradients->dW_o;    /* (I, H) */
    real *restrict const dmu_r = gradients->dmu_r;  /* (I) */
    real *restrict const dW_k = gradients->dW_k;    /* (H, I) */
    real *restrict const dmu_k = gradients->dmu_k;  /* (I) */
    real *restrict const dW_v = gradients->dW_v;    /* (H, I) */
    real *restrict const dmu_v = gradients->dmu_v;  /* (I) */
    real *restrict const du = gradients->du;        /* (H) */
    real *restrict const dw = gradients->dw;        /* (H) */
    real *restrict const dW_hy = gradients->dW_hy;  /* (O, I) */
    real *restrict const db_y = gradients->db_y;    /* (O) */
    real *restrict const dx = gradients->dx;        /* (T, B, I) */
    real *restrict const dp0 = gradients->dp0;      /* (B, I) */
    real *next = work;
    real *restrict const carry_a = next; /* (B, H) what later steps give to the adjoint of a */
    next += B * H;
    real *restrict const carry_b = next; /* (B, H) what later steps give to the adjoint of b */
    next += B * H;
    real *restrict const carry_p = next; /* (B, I) what later steps give to the adjoint of p */
    next += B * I;
    real *restrict const da_a = next;    /* (H) adjoint of a_a */
    next += H;
    real *restrict const dz_y = next;    /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dp = next;      /* (B, I) adjoint of p[t] */
    next += B * I;
    real *restrict const dy = next;      /* (B, I) adjoint of y[t] */
    next += B * I;
    real *restrict const ds_y = next;    /* (B, H) adjoint of s_y[t] */
    next += B * H;
    real *restrict const da_y = next;    /* (B, H) adjoint of a_y[t] */
    next += B * H;
    real *restrict const db = next;      /* (B, H) adjoint of b[t] */
    next += B * H;
    real *restrict const da = next;      /* (B, H) adjoint of a[t] */
    next += B * H;
    real *restrict const da2_a = next;   /* (B, H) adjoint of a2_a[t] */
    next += B * H;
    real *restrict const dwkv = next;    /* (B, H) adjoint of wkv[t] */
    next += B * H;
    real *restrict const da_wkv = next;  /* (B, H) adjoint of a_wkv[t] */
    next += B * H;
    real *restrict const dz_wkv = next;  /* (B, H) adjoint of z_wkv[t] */
    next += B * H;
    real *restrict const dv = next;      /* (B, H) adjoint of v[t] */
    next += B * H;
    real *restrict const ds_v = next;    /* (B, I) adjoint of s_v[t] */
    next += B * I;
    real *restrict const dk = next;      /* (B, H) adjoint of k[t] */
    next += B * H;
    real *restrict const ds_k = next;    /* (B, I) adjoint of s_k[t] */
    next += B * I;
    real *restrict const dr = next;      /* (B, H) adjoint of r[t] */
    next += B * H;
    real *restrict const ds_r = next;    /* (B, I) adjoint of s_r[t] */
    next += B * I;
    real *restrict const dz_a = next;    /* (H) adjoint of z_a */

    for (size_t at = 0; at < H * I; ++at) {
        dW_r[at] = 0.0;
    }
    for (size_t at = 0; at < I * H; ++at) {
        dW_o[at] = 0.0;
    }
    for (size_t at = 0; at < I; ++at) {
        dmu_r[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_k[at] = 0.0;
    }
    for (size_t at = 0; at < I; ++at) {
        dmu_k[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_v[at] = 0.0;
    }
    for (size_t at = 0; at < I; ++at) {
        dmu_v[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        du[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        dw[at] = 0.0;
    }
    for (size_t at = 0; at < O * I; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        da_a[at] = 0.0;
    }
    for (size_t at = 0; at < B * H; ++at) {
        carry_a[at] = 0.0;
    }
    for (size_t at = 0; at < B * H; ++at) {
        carry_b[at] = 0.0;
    }
    for (size_t at = 0; at < B * I; ++at) {
        carry_p[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (23) z̄_y[t] = y_hat[t] − y2[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y2[t * B * O + at];
        }
        /* (24) p̄[t] = s̄_v[t+1] ∘ (1 − mu_v) + s̄_k[t+1] ∘ (1 − mu_k) + s̄_r[t+1] ∘ (1 − mu_r) */
        for (size_t at = 0; at < B * I; ++at) {
            dp[at] = carry_p[at];
        }
        /* (25) ȳ[t] = W_hyᵀ z̄_y[t] */
        /* dy = dz_y @ W_hy */
        product_nn(B, I, O, dz_y, O, W_hy, I, dy, I, false);
        /* (26) s̄_y[t] = W_oᵀ ȳ[t] */
        /* ds_y = dy @ W_o */
        product_nn(B, H, I, dy, I, W_o, H, ds_y, H, false);
        /* (27) ā_y[t] = s̄_y[t] ∘ wkv[t] */
        for (size_t at = 0; at < B * H; ++at) {
            da_y[at] = ds_y[at] * wkv[t * B * H + at];
        }
        /* (28) b̄[t] = b̄[t+1] ∘ a_a − (wkv̄[t+1] ⊘ (b[t] + a_wkv[t+1])²) ∘ (a[t] + a_wkv[t+1] ∘ v[t+1]) */
        for (size_t at = 0; at < B * H; ++at) {
            db[at] = carry_b[at];
        }
        /* (29) ā[t] = ā[t+1] ∘ a_a + wkv̄[t+1] ⊘ (b[t] + a_wkv[t+1]) */
        for (size_t at = 0; at < B * H; ++at) {
            da[at] = carry_a[at];
        }
        /* (30) a2̄_a[t] = b̄[t] + ā[t] ∘ v[t] */
        for (size_t at = 0; at < B * H; ++at) {
            da2_a[at] = db[at] + da[at] * v[t * B * H + at];
        }
        /* (31) wkv̄[t] = s̄_y[t] ∘ a_y[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dwkv[at] = ds_y[at] * a_y[t * B * H + at];
        }
        /* (32) ā_wkv[t] = (wkv̄[t] ⊘ (b[t−1] + a_wkv[t])) ∘ v[t] − (wkv̄[t] ⊘ (b[t−1] + a_wkv[t])²) ∘ (a[t−1] + a_wkv[t] ∘ v[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            da_wkv[at] = dwkv[at] / (b[t * B * H + at] + a_wkv[t * B * H + at]) * v[t * B * H + at] - dwkv[at] / square(b[t * B * H + at] + a_wkv[t * B * H + at]) * (a[t * B * H + at] + a_wkv[t * B * H + at] * v[t * B * H + at]);
        }
        /* (33) z̄_wkv[t] = ā_wkv[t] ∘ a_wkv[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dz_wkv[at] = da_wkv[at] * a_wkv[t * B * H + at];
        }
        /* (34) v̄[t] = ā[t] ∘ a2_a[t] + (wkv̄[t] ⊘ (b[t−1] + a_wkv[t])) ∘ a_wkv[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dv[at] = da[at] * a2_a[t * B * H + at] + dwkv[at] / (b[t * B * H + at] + a_wkv[t * B * H + at]) * a_wkv[t * B * H + at];
        }
        /* (35) s̄_v[t] = W_vᵀ v̄[t] */
        /* ds_v = dv @ W_v */
        product_nn(B, I, H, dv, H, W_v, I, ds_v, I, false);
        /* (36) k̄[t] = a2̄_a[t] ∘ a2_a[t] + z̄_wkv[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dk[at] = da2_a[at] * a2_a[t * B * H + at] + dz_wkv[at];
        }
        /* (37) s̄_k[t] = W_kᵀ k̄[t] */
        /* ds_k = dk @ W_k */
        product_nn(B, I, H, dk, H, W_k, I, ds_k, I, false);
        /* (38) r̄[t] = ā_y[t] ∘ a_y[t] ∘ (1 − a_y[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dr[at] = da_y[at] * a_y[t * B * H + at] * (1.0 - a_y[t * B * H + at]);
        }
        /* (39) s̄_r[t] = W_rᵀ r̄[t] */
        /* ds_r = dr @ W_r */
        product_nn(B, I, H, dr, H, W_r, I, ds_r, I, false);
        /* (42) W̄_r += r̄[t] s_r[t]ᵀ */
        /* dW_r += drᵀ @ s_r[t] */
        product_tn(H, I, B, dr, H, s_r + t * B * I, I, dW_r, I, true);
        /* (43) W̄_o += ȳ[t] s_y[t]ᵀ */
        /* dW_o += dyᵀ @ s_y[t] */
        product_tn(I, H, B, dy, I, s_y + t * B * H, H, dW_o, H, true);
        /* (44) mū_r += s̄_r[t] ∘ x[t] − s̄_r[t] ∘ p[t−1] */
        /* dmu_r += sum over rows of ds_r ∘ x[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dmu_r[col] += ds_r[row * I + col] * x[t * B * I + row * I + col];
            }
        }
        /* dmu_r += sum over rows of −(ds_r ∘ p[t]) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dmu_r[col] += -(ds_r[row * I + col] * p[t * B * I + row * I + col]);
            }
        }
        /* (45) W̄_k += k̄[t] s_k[t]ᵀ */
        /* dW_k += dkᵀ @ s_k[t] */
        product_tn(H, I, B, dk, H, s_k + t * B * I, I, dW_k, I, true);
        /* (46) mū_k += s̄_k[t] ∘ x[t] − s̄_k[t] ∘ p[t−1] */
        /* dmu_k += sum over rows of ds_k ∘ x[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dmu_k[col] += ds_k[row * I + col] * x[t * B * I + row * I + col];
            }
        }
        /* dmu_k += sum over rows of −(ds_k ∘ p[t]) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dmu_k[col] += -(ds_k[row * I + col] * p[t * B * I + row * I + col]);
            }
        }
        /* (47) W̄_v += v̄[t] s_v[t]ᵀ */
        /* dW_v += dvᵀ @ s_v[t] */
        product_tn(H, I, B, dv, H, s_v + t * B * I, I, dW_v, I, true);
        /* (48) mū_v += s̄_v[t] ∘ x[t] − s̄_v[t] ∘ p[t−1] */
        /* dmu_v += sum over rows of ds_v ∘ x[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dmu_v[col] += ds_v[row * I + col] * x[t * B * I + row * I + col];
            }
        }
        /* dmu_v += sum over rows of −(ds_v ∘ p[t]) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dmu_v[col] += -(ds_v[row * I + col] * p[t * B * I + row * I + col]);
            }
        }
        /* (49) ū += z̄_wkv[t] */
        /* du += sum over rows of dz_wkv */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                du[col] += dz_wkv[row * H + col];
            }
        }
        /* (51) W̄_hy += z̄_y[t] y[t]ᵀ */
        /* dW_hy += dz_yᵀ @ y[t] */
        product_tn(O, I, B, dz_y, O, y + t * B * I, I, dW_hy, I, true);
        /* (52) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (53) x̄[t] = p̄[t] + s̄_v[t] ∘ mu_v + s̄_k[t] ∘ mu_k + s̄_r[t] ∘ mu_r */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dx[t * B * I + row * I + col] = dp[row * I + col] + ds_v[row * I + col] * mu_v[col] + ds_k[row * I + col] * mu_k[col] + ds_r[row * I + col] * mu_r[col];
            }
        }
        /* (40) ā_a += b̄[t] ∘ b[t−1] + ā[t] ∘ a[t−1] */
        /* da_a += sum over rows of db ∘ b[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                da_a[col] += db[row * H + col] * b[t * B * H + row * H + col];
            }
        }
        /* da_a += sum over rows of da ∘ a[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                da_a[col] += da[row * H + col] * a[t * B * H + row * H + col];
            }
        }
        /* (24) what step t gives to p of earlier steps: s̄_v[t] ∘ (1 − mu_v) + s̄_k[t] ∘ (1 − mu_k) + s̄_r[t] ∘ (1 − mu_r) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                carry_p[row * I + col] = ds_v[row * I + col] * (1.0 - mu_v[col]) + ds_k[row * I + col] * (1.0 - mu_k[col]) + ds_r[row * I + col] * (1.0 - mu_r[col]);
            }
        }
        /* (28) what step t gives to b of earlier steps: b̄[t] ∘ a_a + −(wkv̄[t] ⊘ (b[t−1] + a_wkv[t])²) ∘ (a[t−1] + a_wkv[t] ∘ v[t]) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                carry_b[row * H + col] = db[row * H + col] * a_a[col] - dwkv[row * H + col] / square(b[t * B * H + row * H + col] + a_wkv[t * B * H + row * H + col]) * (a[t * B * H + row * H + col] + a_wkv[t * B * H + row * H + col] * v[t * B * H + row * H + col]);
            }
        }
        /* (29) what step t gives to a of earlier steps: ā[t] ∘ a_a + wkv̄[t] ⊘ (b[t−1] + a_wkv[t]) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                carry_a[row * H + col] = da[row * H + col] * a_a[col] + dwkv[row * H + col] / (b[t * B * H + row * H + col] + a_wkv[t * B * H + row * H + col]);
            }
        }
    }
    /* (54) p̄[0] = s̄_v[1] ∘ (1 − mu_v) + s̄_k[1] ∘ (1 − mu_k) + s̄_r[1] ∘ (1 − mu_r) */
    for (size_t at = 0; at < B * I; ++at) {
        dp0[at] = carry_p[at];
    }
    /* (41) z̄_a = ā_a ∘ a_a */
    for (size_t at = 0; at < H; ++at) {
        dz_a[at] = da_a[at] * a_a[at];
    }
    /* (50) w̄ += −z̄_a */
    for (size_t at = 0; at < H; ++at) {
        dw[at] += -dz_a[at];
    }
    return RWKV4_F64_OK;
}

rwkv4_f64_status rwkv4_f64_loss_and_gradient(const rwkv4_f64_sizes *sizes, const rwkv4_f64_given *given,
                                             const rwkv4_f64_kept *kept, const rwkv4_f64_gradients *gradients,
                                             double *work)
{
    const rwkv4_f64_status status = rwkv4_f64_forward(sizes, given, kept, work);
    return status != RWKV4_F64_OK ? status : rwkv4_f64_backward(sizes, given, kept, gradients, work);
}
