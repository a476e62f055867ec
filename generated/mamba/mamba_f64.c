/* selective state space step (S6), input matrix by Euler as in the released code with softmax and cross-entropy:
 * see mamba_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "mamba_f64.h"

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

/* log(1 + e^x) = max(x, 0) + log(1 + e), e = e^-|x| <= 1; it goes down to 0 as e^x does. At most 2.5 units in the last place
 * off; NaN stays NaN. Where e > sqrt(2) - 1 it is halved: log(1 + e) = log(2) + log(1 + (e - 1)/2). */
INLINED real softplus(real x)
{
    const real e = exp_of(-fabs(x)), positive = x > 0.0 ? x : 0.0;
    const bool halved = e > 0.4142135;
    const real logarithm = log1p_near_0(halved ? 0.5 * e - 0.5 : e);
    return positive + ((halved ? 0.69314718055994531 : 0.0) + logarithm);
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

static mamba_f64_status check(const mamba_f64_sizes *sizes)
{
    if (sizes == NULL)
        return MAMBA_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t N = sizes->N;
    const size_t R = sizes->R;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || N == 0 || R == 0 || O == 0)
        return MAMBA_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                  /* x */
        times(times(B, I), N),                                                                                                                                                                                                                                                                                                                                                                  /* h0 */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                  /* y2 */
        times(I, N),                                                                                                                                                                                                                                                                                                                                                                            /* A_log */
        times(R, I),                                                                                                                                                                                                                                                                                                                                                                            /* W_1 */
        times(N, I),                                                                                                                                                                                                                                                                                                                                                                            /* W_B */
        times(N, I),                                                                                                                                                                                                                                                                                                                                                                            /* W_C */
        times(I, R),                                                                                                                                                                                                                                                                                                                                                                            /* W_2 */
        I,                                                                                                                                                                                                                                                                                                                                                                                      /* b_delta */
        I,                                                                                                                                                                                                                                                                                                                                                                                      /* D_skip */
        times(O, I),                                                                                                                                                                                                                                                                                                                                                                            /* W_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                      /* b_y */
        times(times(times(plus(T, 1), B), I), N),                                                                                                                                                                                                                                                                                                                                               /* h */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                  /* y */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                  /* y_hat */
        times(I, N),                                                                                                                                                                                                                                                                                                                                                                            /* a_A */
        times(I, N),                                                                                                                                                                                                                                                                                                                                                                            /* A */
        times(times(T, B), N),                                                                                                                                                                                                                                                                                                                                                                  /* B_t */
        times(times(T, B), N),                                                                                                                                                                                                                                                                                                                                                                  /* C_t */
        times(times(T, B), R),                                                                                                                                                                                                                                                                                                                                                                  /* u_delta */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                  /* delta */
        times(times(times(T, B), I), N),                                                                                                                                                                                                                                                                                                                                                        /* a_h */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                  /* s_h */
        times(I, N),                                                                                                                                                                                                                                                                                                                                                                            /* dA_log */
        times(R, I),                                                                                                                                                                                                                                                                                                                                                                            /* dW_1 */
        times(N, I),                                                                                                                                                                                                                                                                                                                                                                            /* dW_B */
        times(N, I),                                                                                                                                                                                                                                                                                                                                                                            /* dW_C */
        times(I, R),                                                                                                                                                                                                                                                                                                                                                                            /* dW_2 */
        I,                                                                                                                                                                                                                                                                                                                                                                                      /* db_delta */
        I,                                                                                                                                                                                                                                                                                                                                                                                      /* dD_skip */
        times(O, I),                                                                                                                                                                                                                                                                                                                                                                            /* dW_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                      /* db_y */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                  /* dx */
        times(times(B, I), N),                                                                                                                                                                                                                                                                                                                                                                  /* dh0 */
        plus(plus(plus(plus(plus(plus(times(B, I), times(times(B, I), N)), times(B, O)), times(B, I)), B), B), B),                                                                                                                                                                                                                                                                              /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(times(B, I), N), times(I, N)), times(B, O)), times(B, I)), times(times(B, I), N)), times(B, I)), times(B, I)), times(times(B, I), N)), times(times(B, I), N)), times(B, I)), times(B, I)), times(B, I)), times(B, R)), times(B, N)), times(B, N)), times(B, N)), times(B, N)), times(I, N)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return MAMBA_F64_TOO_LARGE;
    return MAMBA_F64_OK;
}

const char *mamba_f64_message(mamba_f64_status status)
{
    switch (status) {
    case MAMBA_F64_OK:
        return "all is well";
    case MAMBA_F64_ZERO_SIZE:
        return "a size is 0";
    case MAMBA_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case MAMBA_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t mamba_f64_workspace(const mamba_f64_sizes *sizes)
{
    if (check(sizes) != MAMBA_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t N = sizes->N;
    const size_t R = sizes->R;
    const size_t O = sizes->O;
    const size_t for_forward = B * I + B * I * N + B * O + B * I + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * I * N + I * N + B * O + B * I + B * I * N + B * I + B * I + B * I * N + B * I * N + B * I + B * I + B * I + B * R + B * N + B * N + B * N + B * N + I * N;
    if (for_backward > most)
        most = for_backward;
    return most;
}

mamba_f64_status mamba_f64_forward(const mamba_f64_sizes *sizes, const mamba_f64_given *given,
                                   const mamba_f64_kept *kept, double *work)
{
    const mamba_f64_status status = check(sizes);
    if (status != MAMBA_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return MAMBA_F64_NULL;
    if (given->x == NULL || given->h0 == NULL || given->y2 == NULL || given->A_log == NULL ||
        given->W_1 == NULL || given->W_B == NULL || given->W_C == NULL || given->W_2 == NULL ||
        given->b_delta == NULL || given->D_skip == NULL || given->W_hy == NULL || given->b_y == NULL ||
        kept->h == NULL || kept->y == NULL || kept->y_hat == NULL || kept->a_A == NULL ||
        kept->A == NULL || kept->B_t == NULL || kept->C_t == NULL || kept->u_delta == NULL ||
        kept->delta == NULL || kept->a_h == NULL || kept->s_h == NULL || kept->J == NULL)
        return MAMBA_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t N = sizes->N;
    const size_t R = sizes->R;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;             /* (T, B, I) */
    const real *restrict const h0 = given->h0;           /* (B, I, N) */
    const real *restrict const y2 = given->y2;           /* (T, B, O) */
    const real *restrict const A_log = given->A_log;     /* (I, N) */
    const real *restrict const W_1 = given->W_1;         /* (R, I) */
    const real *restrict const W_B = given->W_B;         /* (N, I) */
    const real *restrict const W_C = given->W_C;         /* (N, I) */
    const real *restrict const W_2 = given->W_2;         /* (I, R) */
    const real *restrict const b_delta = given->b_delta; /* (I) */
    const real *restrict const D_skip = given->D_skip;   /* (I) */
    const real *restrict const W_hy = given->W_hy;       /* (O, I) */
    const real *restrict const b_y = given->b_y;         /* (O) */
    real *restrict const h = kept->h;                    /* (T + 1, B, I, N) */
    real *restrict const y = kept->y;                    /* (T, B, I) */
    real *restrict const y_hat = kept->y_hat;            /* (T, B, O) */
    real *restrict const a_A = kept->a_A;                /* (I, N) */
    real *restrict const A = kept->A;                    /* (I, N) */
    real *restrict const B_t = kept->B_t;                /* (T, B, N) */
    real *restrict const C_t = kept->C_t;                /* (T, B, N) */
    real *restrict const u_delta = kept->u_delta;        /* (T, B, R) */
    real *restrict const delta = kept->delta;            /* (T, B, I) */
    real *restrict const a_h = kept->a_h;                /* (T, B, I, N) */
    real *restrict const s_h = kept->s_h;                /* (T, B, I) */
    real *restrict const J = kept->J;                    /* () */
    real *next = work;
    real *restrict const z_delta = next;   /* (B, I) z_delta[t] */
    next += B * I;
    real *restrict const z_h = next;       /* (B, I, N) z_h[t] */
    next += B * I * N;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const scratch = next;   /* (B, I) scratch */
    next += B * I;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    /* (1) a_A = exp(A_log) */
    for (size_t at = 0; at < I * N; ++at) {
        a_A[at] = exp_of(A_log[at]);
    }
    /* (2) A = −a_A */
    for (size_t at = 0; at < I * N; ++at) {
        A[at] = -a_A[at];
    }
    for (size_t at = 0; at < B * I * N; ++at) {
        h[at] = h0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (3) B_t[t] = W_B x[t] */
        /* B_t[t] = x[t] @ W_Bᵀ */
        product_nt(B, N, I, x + t * B * I, I, W_B, I, B_t + t * B * N, N, false);
        /* (4) C_t[t] = W_C x[t] */
        /* C_t[t] = x[t] @ W_Cᵀ */
        product_nt(B, N, I, x + t * B * I, I, W_C, I, C_t + t * B * N, N, false);
        /* (5) u_delta[t] = W_1 x[t] */
        /* u_delta[t] = x[t] @ W_1ᵀ */
        product_nt(B, R, I, x + t * B * I, I, W_1, I, u_delta + t * B * R, R, false);
        /* (6) z_delta[t] = W_2 u_delta[t] + b_delta */
        /* z_delta = u_delta[t] @ W_2ᵀ */
        product_nt(B, I, R, u_delta + t * B * R, R, W_2, R, z_delta, I, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                z_delta[row * I + col] += b_delta[col];
            }
        }
        /* (7) delta[t] = softplus(z_delta[t]) */
        for (size_t at = 0; at < B * I; ++at) {
            delta[t * B * I + at] = softplus(z_delta[at]);
        }
        /* (8) z_h[t] = diag(delta[t]) A */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < I; ++row) {
                for (size_t col = 0; col < N; ++col) {
                    z_h[page * I * N + row * N + col] = delta[t * B * I + page * I + row] * A[row * N + col];
                }
            }
        }
        /* (9) a_h[t] = exp(z_h[t]) */
        for (size_t at = 0; at < B * I * N; ++at) {
            a_h[t * B * I * N + at] = exp_of(z_h[at]);
        }
        /* (10) s_h[t] = delta[t] ∘ x[t] */
        for (size_t at = 0; at < B * I; ++at) {
            s_h[t * B * I + at] = delta[t * B * I + at] * x[t * B * I + at];
        }
        /* (11) h[t] = a_h[t] ∘ h[t−1] + s_h[t] B_t[t]ᵀ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < I; ++row) {
                for (size_t col = 0; col < N; ++col) {
                    h[(t + 1) * B * I * N + page * I * N + row * N + col] = a_h[t * B * I * N + page * I * N + row * N + col] * h[t * B * I * N + page * I * N + row * N + col] + s_h[t * B * I + page * I + row] * B_t[t * B * N + page * N + col];
                }
            }
        }
        /* (12) y[t] = h[t] C_t[t] + D_skip ∘ x[t] */
        /* scratch = sumₖ of h[t + 1] ∘ C_t[t]ᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < I; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < N; ++col) {
                    running += h[(t + 1) * B * I * N + page * I * N + row * N + col] * C_t[t * B * N + page * N + col];
                }
                scratch[page * I + row] = running;
            }
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                y[t * B * I + row * I + col] = scratch[row * I + col] + D_skip[col] * x[t * B * I + row * I + col];
            }
        }
        /* (13) z_y[t] = W_hy y[t] + b_y */
        /* z_y = y[t] @ W_hyᵀ */
        product_nt(B, O, I, y + t * B * I, I, W_hy, I, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b_y[col];
            }
        }
        /* (14) y_hat[t] = softmax(z_y[t]) */
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
        /* (15) J += −y2[t]ᵀ log_softmax(z_y[t]) */
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
    return MAMBA_F64_OK;
}

mamba_f64_status mamba_f64_backward(const mamba_f64_sizes *sizes, const mamba_f64_given *given,
                                    const mamba_f64_kept *kept, const mamba_f64_gradients *gradients,
                                    double *work)
{
    const mamba_f64_status status = check(sizes);
    if (status != MAMBA_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return MAMBA_F64_NULL;
    if (given->x == NULL || given->y2 == NULL || given->W_1 == NULL || given->W_B == NULL ||
        given->W_C == NULL || given->W_2 == NULL || given->D_skip == NULL || given->W_hy == NULL ||
        kept->h == NULL || kept->y == NULL || kept->y_hat == NULL || kept->a_A == NULL ||
        kept->A == NULL || kept->B_t == NULL || kept->C_t == NULL || kept->u_delta == NULL ||
        kept->delta == NULL || kept->a_h == NULL || kept->s_h == NULL || gradients->dA_log == NULL ||
        gradients->dW_1 == NULL || gradients->dW_B == NULL || gradients->dW_C == NULL || gradients->dW_2 == NULL ||
        gradients->db_delta == NULL || gradients->dD_skip == NULL || gradients->dW_hy == NULL || gradients->db_y == NULL ||
        gradients->dx == NULL || gradients->dh0 == NULL)
        return MAMBA_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t N = sizes->N;
    const size_t R = sizes->R;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;             /* (T, B, I) */
    const real *restrict const y2 = given->y2;           /* (T, B, O) */
    const real *restrict const W_1 = given->W_1;         /* (R, I) */
    const real *restrict const W_B = given->W_B;         /* (N, I) */
    const real *restrict const W_C = given->W_C;         /* (N, I) */
    const real *restrict const W_2 = given->W_2;         /* (I, R) */
    const real *restrict const D_skip = given->D_skip;   /* (I) */
    const real *restrict const W_hy = given->W_hy;       /* (O, I) */
    const real *restrict const h = kept->h;              /* (T + 1, B, I, N) */
    const real *restrict const y = kept->y;              /* (T, B, I) */
    const real *restrict const y_hat = kept->y_hat;      /* (T, B, O) */
    const real *restrict const a_A = kept->a_A;          /* (I, N) */
    const real *restrict const A = kept->A;              /* (I, N) */
    const real *restrict const B_t = kept->B_t;          /* (T, B, N) */
    const real *restrict const C_t = kept->C_t;          /* (T, B, N) */
    const real *restrict const u_delta = kept->u_delta;  /* (T, B, R) */
    const real *restrict const delta = kept->delta;      /* (T, B, I) */
    const real *restrict const a_h = kept->a_h;          /* (T, B, I, N) */
    const real *restrict const s_h = kept->s_h;          /* (T, B, I) */
    real *restrict const dA_log = gradients->dA_log;     /* (I, N) */
    real *restrict const dW_1 = gradients->dW_1;         /* (R, I) */
    real *restrict const dW_B = gradients->dW_B;         /* (N, I) */
    real *restrict const dW_C = gradients->dW_C;         /* (N, I) */
    real *restrict const dW_2 = gradients->dW_2;         /* (I, R) */
    real *restrict const db_delta = gradients->db_delta; /* (I) */
    real *restrict const dD_skip = gradients->dD_skip;   /* (I) */
    real *restrict const dW_hy = gradients->dW_hy;       /* (O, I) */
    real *restrict const db_y = gradients->db_y;         /* (O) */
    real *restrict const dx = gradients->dx;             /* (T, B, I) */
    real *restrict const dh0 = gradients->dh0;           /* (B, I, N) */
    real *next = work;
    real *restrict const carry_h = next;   /* (B, I, N) what later steps give to the adjoint of h */
    next += B * I * N;
    real *restrict const dA = next;        /* (I, N) adjoint of A */
    next += I * N;
    real *restrict const dz_y = next;      /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dy = next;        /* (B, I) adjoint of y[t] */
    next += B * I;
    real *restrict const dh = next;        /* (B, I, N) adjoint of h[t] */
    next += B * I * N;
    real *restrict const ds_h = next;      /* (B, I) adjoint of s_h[t] */
    next += B * I;
    real *restrict const scratch_2 = next; /* (B, I) scratch */
    next += B * I;
    real *restrict const da_h = next;      /* (B, I, N) adjoint of a_h[t] */
    next += B * I * N;
    real *restrict const dz_h = next;      /* (B, I, N) adjoint of z_h[t] */
    next += B * I * N;
    real *restrict const ddelta = next;    /* (B, I) adjoint of delta[t] */
    next += B * I;
    real *restrict const scratch_3 = next; /* (B, I) scratch */
    next += B * I;
    real *restrict const dz_delta = next;  /* (B, I) adjoint of z_delta[t] */
    next += B * I;
    real *restrict const du_delta = next;  /* (B, R) adjoint of u_delta[t] */
    next += B * R;
    real *restrict const dC_t = next;      /* (B, N) adjoint of C_t[t] */
    next += B * N;
    real *restrict const scratch_4 = next; /* (B, N) scratch */
    next += B * N;
    real *restrict const dB_t = next;      /* (B, N) adjoint of B_t[t] */
    next += B * N;
    real *restrict const scratch_5 = next; /* (B, N) scratch */
    next += B * N;
    real *restrict const da_A = next;      /* (I, N) adjoint of a_A */

    for (size_t at = 0; at < I * N; ++at) {
        dA_log[at] = 0.0;
    }
    for (size_t at = 0; at < R * I; ++at) {
        dW_1[at] = 0.0;
    }
    for (size_t at = 0; at < N * I; ++at) {
        dW_B[at] = 0.0;
    }
    for (size_t at = 0; at < N * I; ++at) {
        dW_C[at] = 0.0;
    }
    for (size_t at = 0; at < I * R; ++at) {
        dW_2[at] = 0.0;
    }
    for (size_t at = 0; at < I; ++at) {
        db_delta[at] = 0.0;
    }
    for (size_t at = 0; at < I; ++at) {
        dD_skip[at] = 0.0;
    }
    for (size_t at = 0; at < O * I; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < I * N; ++at) {
        dA[at] = 0.0;
    }
    for (size_t at = 0; at < B * I * N; ++at) {
        carry_h[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (17) z̄_y[t] = y_hat[t] − y2[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y2[t * B * O + at];
        }
        /* (18) ȳ[t] = W_hyᵀ z̄_y[t] */
        /* dy = dz_y @ W_hy */
        product_nn(B, I, O, dz_y, O, W_hy, I, dy, I, false);
        /* (19) h̄[t] = ȳ[t] C_t[t]ᵀ + h̄[t+1] ∘ a_h[t+1] */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < I; ++row) {
                for (size_t col = 0; col < N; ++col) {
                    dh[page * I * N + row * N + col] = dy[page * I + row] * C_t[t * B * N + page * N + col];
                }
            }
        }
        for (size_t at = 0; at < B * I * N; ++at) {
            dh[at] += carry_h[at];
        }
        /* (20) s̄_h[t] = h̄[t] B_t[t] */
        /* scratch_2 = sumₖ of dh ∘ B_t[t]ᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < I; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < N; ++col) {
                    running += dh[page * I * N + row * N + col] * B_t[t * B * N + page * N + col];
                }
                scratch_2[page * I + row] = running;
            }
        }
        for (size_t at = 0; at < B * I; ++at) {
            ds_h[at] = scratch_2[at];
        }
        /* (21) ā_h[t] = h̄[t] ∘ h[t−1] */
        for (size_t at = 0; at < B * I * N; ++at) {
            da_h[at] = dh[at] * h[t * B * I * N + at];
        }
        /* (22) z̄_h[t] = ā_h[t] ∘ a_h[t] */
        for (size_t at = 0; at < B * I * N; ++at) {
            dz_h[at] = da_h[at] * a_h[t * B * I * N + at];
        }
        /* (23) deltā[t] = s̄_h[t] ∘ x[t] + (z̄_h[t] ∘ A) 1 */
        /* scratch_3 = sumₖ of dz_h ∘ Aⱼₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < I; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < N; ++col) {
                    running += dz_h[page * I * N + row * N + col] * A[row * N + col];
                }
                scratch_3[page * I + row] = running;
            }
        }
        for (size_t at = 0; at < B * I; ++at) {
            ddelta[at] = ds_h[at] * x[t * B * I + at] + scratch_3[at];
        }
        /* (24) z̄_delta[t] = deltā[t] ∘ (1 + (−1) ⊘ exp(delta[t])) */
        for (size_t at = 0; at < B * I; ++at) {
            dz_delta[at] = ddelta[at] * (1.0 + -1.0 / exp_of(delta[t * B * I + at]));
        }
        /* (25) ū_delta[t] = W_2ᵀ z̄_delta[t] */
        /* du_delta = dz_delta @ W_2 */
        product_nn(B, R, I, dz_delta, I, W_2, R, du_delta, R, false);
        /* (26) C̄_t[t] = h[t]ᵀ ȳ[t] */
        /* scratch_4 = sumₖ of h[t + 1]ᵢₖⱼ ∘ dyᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < N; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < I; ++col) {
                    running += h[(t + 1) * B * I * N + page * I * N + col * N + row] * dy[page * I + col];
                }
                scratch_4[page * N + row] = running;
            }
        }
        for (size_t at = 0; at < B * N; ++at) {
            dC_t[at] = scratch_4[at];
        }
        /* (27) B̄_t[t] = h̄[t]ᵀ s_h[t] */
        /* scratch_5 = sumₖ of dhᵢₖⱼ ∘ s_h[t]ᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < N; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < I; ++col) {
                    running += dh[page * I * N + col * N + row] * s_h[t * B * I + page * I + col];
                }
                scratch_5[page * N + row] = running;
            }
        }
        for (size_t at = 0; at < B * N; ++at) {
            dB_t[at] = scratch_5[at];
        }
        /* (31) W̄_1 += ū_delta[t] x[t]ᵀ */
        /* dW_1 += du_deltaᵀ @ x[t] */
        product_tn(R, I, B, du_delta, R, x + t * B * I, I, dW_1, I, true);
        /* (32) W̄_B += B̄_t[t] x[t]ᵀ */
        /* dW_B += dB_tᵀ @ x[t] */
        product_tn(N, I, B, dB_t, N, x + t * B * I, I, dW_B, I, true);
        /* (33) W̄_C += C̄_t[t] x[t]ᵀ */
        /* dW_C += dC_tᵀ @ x[t] */
        product_tn(N, I, B, dC_t, N, x + t * B * I, I, dW_C, I, true);
        /* (34) W̄_2 += z̄_delta[t] u_delta[t]ᵀ */
        /* dW_2 += dz_deltaᵀ @ u_delta[t] */
        product_tn(I, R, B, dz_delta, I, u_delta + t * B * R, R, dW_2, R, true);
        /* (35) b̄_delta += z̄_delta[t] */
        /* db_delta += sum over rows of dz_delta */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                db_delta[col] += dz_delta[row * I + col];
            }
        }
        /* (36) D̄_skip += ȳ[t] ∘ x[t] */
        /* dD_skip += sum over rows of dy ∘ x[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dD_skip[col] += dy[row * I + col] * x[t * B * I + row * I + col];
            }
        }
        /* (37) W̄_hy += z̄_y[t] y[t]ᵀ */
        /* dW_hy += dz_yᵀ @ y[t] */
        product_tn(O, I, B, dz_y, O, y + t * B * I, I, dW_hy, I, true);
        /* (38) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (39) x̄[t] = ȳ[t] ∘ D_skip + s̄_h[t] ∘ delta[t] + W_1ᵀ ū_delta[t] + W_Cᵀ C̄_t[t] + W_Bᵀ B̄_t[t] */
        /* dx[t] = du_delta @ W_1 */
        product_nn(B, I, R, du_delta, R, W_1, I, dx + t * B * I, I, false);
        /* dx[t] += dC_t @ W_C */
        product_nn(B, I, N, dC_t, N, W_C, I, dx + t * B * I, I, true);
        /* dx[t] += dB_t @ W_B */
        product_nn(B, I, N, dB_t, N, W_B, I, dx + t * B * I, I, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < I; ++col) {
                dx[t * B * I + row * I + col] += dy[row * I + col] * D_skip[col] + ds_h[row * I + col] * delta[t * B * I + row * I + col];
            }
        }
        /* (28) Ā += diag(delta[t]) z̄_h[t] */
        /* dA += sumᵢ of delta[t]ᵢⱼ ∘ dz_h */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < I; ++row) {
                for (size_t col = 0; col < N; ++col) {
                    dA[row * N + col] += delta[t * B * I + page * I + row] * dz_h[page * I * N + row * N + col];
                }
            }
        }
        /* (19) what step t gives to h of earlier steps: h̄[t] ∘ a_h[t] */
        for (size_t at = 0; at < B * I * N; ++at) {
            carry_h[at] = dh[at] * a_h[t * B * I * N + at];
        }
    }
    /* (40) h̄[0] = h̄[1] ∘ a_h[1] */
    for (size_t at = 0; at < B * I * N; ++at) {
        dh0[at] = carry_h[at];
    }
    /* (29) ā_A = −Ā */
    for (size_t at = 0; at < I * N; ++at) {
        da_A[at] = -dA[at];
    }
    /* (30) Ā_log += ā_A ∘ a_A */
    for (size_t at = 0; at < I * N; ++at) {
        dA_log[at] += da_A[at] * a_A[at];
    }
    return MAMBA_F64_OK;
}

mamba_f64_status mamba_f64_loss_and_gradient(const mamba_f64_sizes *sizes, const mamba_f64_given *given,
                                             const mamba_f64_kept *kept, const mamba_f64_gradients *gradients,
                                             double *work)
{
    const mamba_f64_status status = mamba_f64_forward(sizes, given, kept, work);
    return status != MAMBA_F64_OK ? status : mamba_f64_backward(sizes, given, kept, gradients, work);
}
