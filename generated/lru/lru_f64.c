/* linear recurrent unit, complex and diagonal, in real and imaginary parts with softmax and cross-entropy:
 * see lru_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "lru_f64.h"

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

static lru_f64_status check(const lru_f64_sizes *sizes)
{
    if (sizes == NULL)
        return LRU_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t N = sizes->N;
    const size_t O = sizes->O;
    const size_t O2 = sizes->O2;
    if (T == 0 || B == 0 || I == 0 || N == 0 || O == 0 || O2 == 0)
        return LRU_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                                                                                    /* x */
        times(B, N),                                                                                                                                                                                                                                                              /* h_re0 */
        times(B, N),                                                                                                                                                                                                                                                              /* h_im0 */
        times(times(T, B), O2),                                                                                                                                                                                                                                                   /* y2 */
        times(O, N),                                                                                                                                                                                                                                                              /* C_re */
        N,                                                                                                                                                                                                                                                                        /* nu_log */
        N,                                                                                                                                                                                                                                                                        /* theta_log */
        N,                                                                                                                                                                                                                                                                        /* gamma_log */
        times(N, I),                                                                                                                                                                                                                                                              /* B_re */
        times(N, I),                                                                                                                                                                                                                                                              /* B_im */
        times(O, N),                                                                                                                                                                                                                                                              /* C_im */
        times(O, I),                                                                                                                                                                                                                                                              /* D_skip */
        times(O2, O),                                                                                                                                                                                                                                                             /* W_hy */
        O2,                                                                                                                                                                                                                                                                       /* b_y */
        times(times(plus(T, 1), B), N),                                                                                                                                                                                                                                           /* h_re */
        times(times(plus(T, 1), B), N),                                                                                                                                                                                                                                           /* h_im */
        times(times(T, B), O),                                                                                                                                                                                                                                                    /* y */
        times(times(T, B), O2),                                                                                                                                                                                                                                                   /* y_hat */
        N,                                                                                                                                                                                                                                                                        /* a_modulus */
        N,                                                                                                                                                                                                                                                                        /* modulus */
        N,                                                                                                                                                                                                                                                                        /* phase */
        N,                                                                                                                                                                                                                                                                        /* a_lambda_re */
        N,                                                                                                                                                                                                                                                                        /* lambda_re */
        N,                                                                                                                                                                                                                                                                        /* a_lambda_im */
        N,                                                                                                                                                                                                                                                                        /* lambda_im */
        N,                                                                                                                                                                                                                                                                        /* gamma */
        times(times(T, B), N),                                                                                                                                                                                                                                                    /* u_h_re */
        times(times(T, B), N),                                                                                                                                                                                                                                                    /* u_h_im */
        times(O, N),                                                                                                                                                                                                                                                              /* dC_re */
        N,                                                                                                                                                                                                                                                                        /* dnu_log */
        N,                                                                                                                                                                                                                                                                        /* dtheta_log */
        N,                                                                                                                                                                                                                                                                        /* dgamma_log */
        times(N, I),                                                                                                                                                                                                                                                              /* dB_re */
        times(N, I),                                                                                                                                                                                                                                                              /* dB_im */
        times(O, N),                                                                                                                                                                                                                                                              /* dC_im */
        times(O, I),                                                                                                                                                                                                                                                              /* dD_skip */
        times(O2, O),                                                                                                                                                                                                                                                             /* dW_hy */
        O2,                                                                                                                                                                                                                                                                       /* db_y */
        times(times(T, B), I),                                                                                                                                                                                                                                                    /* dx */
        times(B, N),                                                                                                                                                                                                                                                              /* dh_re0 */
        times(B, N),                                                                                                                                                                                                                                                              /* dh_im0 */
        plus(plus(plus(plus(plus(N, times(B, O2)), times(B, O)), B), B), B),                                                                                                                                                                                                      /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, N), times(B, N)), N), N), N), times(B, O2)), times(B, O)), times(B, N)), times(B, N)), times(B, N)), times(B, N)), times(B, N)), times(B, O)), N), N), N), N), N), N), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return LRU_F64_TOO_LARGE;
    return LRU_F64_OK;
}

const char *lru_f64_message(lru_f64_status status)
{
    switch (status) {
    case LRU_F64_OK:
        return "all is well";
    case LRU_F64_ZERO_SIZE:
        return "a size is 0";
    case LRU_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case LRU_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t lru_f64_workspace(const lru_f64_sizes *sizes)
{
    if (check(sizes) != LRU_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t N = sizes->N;
    const size_t O = sizes->O;
    const size_t O2 = sizes->O2;
    const size_t for_forward = N + B * O2 + B * O + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * N + B * N + N + N + N + B * O2 + B * O + B * N + B * N + B * N + B * N + B * N + B * O + N + N + N + N + N + N;
    if (for_backward > most)
        most = for_backward;
    return most;
}

lru_f64_status lru_f64_forward(const lru_f64_sizes *sizes, const lru_f64_given *given,
                               const lru_f64_kept *kept, double *work)
{
    const lru_f64_status status = check(sizes);
    if (status != LRU_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return LRU_F64_NULL;
    if (given->x == NULL || given->h_re0 == NULL || given->h_im0 == NULL || given->y2 == NULL ||
        given->C_re == NULL || given->nu_log == NULL || given->theta_log == NULL || given->gamma_log == NULL ||
        given->B_re == NULL || given->B_im == NULL || given->C_im == NULL || given->D_skip == NULL ||
        given->W_hy == NULL || given->b_y == NULL || kept->h_re == NULL || kept->h_im == NULL ||
        kept->y == NULL || kept->y_hat == NULL || kept->a_modulus == NULL || kept->modulus == NULL ||
        kept->phase == NULL || kept->a_lambda_re == NULL || kept->lambda_re == NULL || kept->a_lambda_im == NULL ||
        kept->lambda_im == NULL || kept->gamma == NULL || kept->u_h_re == NULL || kept->u_h_im == NULL ||
        kept->J == NULL)
        return LRU_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t N = sizes->N;
    const size_t O = sizes->O;
    const size_t O2 = sizes->O2;
    const real *restrict const x = given->x;                 /* (T, B, I) */
    const real *restrict const h_re0 = given->h_re0;         /* (B, N) */
    const real *restrict const h_im0 = given->h_im0;         /* (B, N) */
    const real *restrict const y2 = given->y2;               /* (T, B, O2) */
    const real *restrict const C_re = given->C_re;           /* (O, N) */
    const real *restrict const nu_log = given->nu_log;       /* (N) */
    const real *restrict const theta_log = given->theta_log; /* (N) */
    const real *restrict const gamma_log = given->gamma_log; /* (N) */
    const real *restrict const B_re = given->B_re;           /* (N, I) */
    const real *restrict const B_im = given->B_im;           /* (N, I) */
    const real *restrict const C_im = given->C_im;           /* (O, N) */
    const real *restrict const D_skip = given->D_skip;       /* (O, I) */
    const real *restrict const W_hy = given->W_hy;           /* (O2, O) */
    const real *restrict const b_y = given->b_y;             /* (O2) */
    real *restrict const h_re = kept->h_re;                  /* (T + 1, B, N) */
    real *restrict const h_im = kept->h_im;                  /* (T + 1, B, N) */
    real *restrict const y = kept->y;                        /* (T, B, O) */
    real *restrict const y_hat = kept->y_hat;                /* (T, B, O2) */
    real *restrict const a_modulus = kept->a_modulus;        /* (N) */
    real *restrict const modulus = kept->modulus;            /* (N) */
    real *restrict const phase = kept->phase;                /* (N) */
    real *restrict const a_lambda_re = kept->a_lambda_re;    /* (N) */
    real *restrict const lambda_re = kept->lambda_re;        /* (N) */
    real *restrict const a_lambda_im = kept->a_lambda_im;    /* (N) */
    real *restrict const lambda_im = kept->lambda_im;        /* (N) */
    real *restrict const gamma = kept->gamma;                /* (N) */
    real *restrict const u_h_re = kept->u_h_re;              /* (T, B, N) */
    real *restrict const u_h_im = kept->u_h_im;              /* (T, B, N) */
    real *restrict const J = kept->J;                        /* () */
    real *next = work;
    real *restrict const z_modulus = next; /* (N) z_modulus */
    next += N;
    real *restrict const z_y = next;       /* (B, O2) z_y[t] */
    next += B * O2;
    real *restrict const scratch = next;   /* (B, O) scratch */
    next += B * O;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    /* (1) a_modulus = exp(nu_log) */
    for (size_t at = 0; at < N; ++at) {
        a_modulus[at] = exp_of(nu_log[at]);
    }
    /* (2) z_modulus = −a_modulus */
    for (size_t at = 0; at < N; ++at) {
        z_modulus[at] = -a_modulus[at];
    }
    /* (3) modulus = exp(z_modulus) */
    for (size_t at = 0; at < N; ++at) {
        modulus[at] = exp_of(z_modulus[at]);
    }
    /* (4) phase = exp(theta_log) */
    for (size_t at = 0; at < N; ++at) {
        phase[at] = exp_of(theta_log[at]);
    }
    /* (5) a_lambda_re = cos(phase) */
    for (size_t at = 0; at < N; ++at) {
        a_lambda_re[at] = cos(phase[at]);
    }
    /* (6) lambda_re = modulus ∘ a_lambda_re */
    for (size_t at = 0; at < N; ++at) {
        lambda_re[at] = modulus[at] * a_lambda_re[at];
    }
    /* (7) a_lambda_im = sin(phase) */
    for (size_t at = 0; at < N; ++at) {
        a_lambda_im[at] = sin(phase[at]);
    }
    /* (8) lambda_im = modulus ∘ a_lambda_im */
    for (size_t at = 0; at < N; ++at) {
        lambda_im[at] = modulus[at] * a_lambda_im[at];
    }
    /* (9) gamma = exp(gamma_log) */
    for (size_t at = 0; at < N; ++at) {
        gamma[at] = exp_of(gamma_log[at]);
    }
    for (size_t at = 0; at < B * N; ++at) {
        h_re[at] = h_re0[at];
    }
    for (size_t at = 0; at < B * N; ++at) {
        h_im[at] = h_im0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (10) u_h_re[t] = B_re x[t] */
        /* u_h_re[t] = x[t] @ B_reᵀ */
        product_nt(B, N, I, x + t * B * I, I, B_re, I, u_h_re + t * B * N, N, false);
        /* (11) h_re[t] = lambda_re ∘ h_re[t−1] − lambda_im ∘ h_im[t−1] + gamma ∘ u_h_re[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                h_re[(t + 1) * B * N + row * N + col] = lambda_re[col] * h_re[t * B * N + row * N + col] - lambda_im[col] * h_im[t * B * N + row * N + col] + gamma[col] * u_h_re[t * B * N + row * N + col];
            }
        }
        /* (12) u_h_im[t] = B_im x[t] */
        /* u_h_im[t] = x[t] @ B_imᵀ */
        product_nt(B, N, I, x + t * B * I, I, B_im, I, u_h_im + t * B * N, N, false);
        /* (13) h_im[t] = lambda_re ∘ h_im[t−1] + lambda_im ∘ h_re[t−1] + gamma ∘ u_h_im[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                h_im[(t + 1) * B * N + row * N + col] = lambda_re[col] * h_im[t * B * N + row * N + col] + lambda_im[col] * h_re[t * B * N + row * N + col] + gamma[col] * u_h_im[t * B * N + row * N + col];
            }
        }
        /* (14) y[t] = C_re h_re[t] − C_im h_im[t] + D_skip x[t] */
        /* y[t] = h_re[t + 1] @ C_reᵀ */
        product_nt(B, O, N, h_re + (t + 1) * B * N, N, C_re, N, y + t * B * O, O, false);
        /* y[t] += x[t] @ D_skipᵀ */
        product_nt(B, O, I, x + t * B * I, I, D_skip, I, y + t * B * O, O, true);
        /* scratch = h_im[t + 1] @ C_imᵀ */
        product_nt(B, O, N, h_im + (t + 1) * B * N, N, C_im, N, scratch, O, false);
        for (size_t at = 0; at < B * O; ++at) {
            y[t * B * O + at] += -scratch[at];
        }
        /* (15) z_y[t] = W_hy y[t] + b_y */
        /* z_y = y[t] @ W_hyᵀ */
        product_nt(B, O2, O, y + t * B * O, O, W_hy, O, z_y, O2, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                z_y[row * O2 + col] += b_y[col];
            }
        }
        /* (16) y_hat[t] = softmax(z_y[t]) */
        /* largest = max over columns of z_y */
        for (size_t row = 0; row < B; ++row) {
            real running = z_y[row * O2];
            for (size_t col = 0; col < O2; ++col) {
                running = larger(running, z_y[row * O2 + col]);
            }
            largest[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                y_hat[t * B * O2 + row * O2 + col] = exp_of(z_y[row * O2 + col] - largest[row]);
            }
        }
        /* total = sum over columns of y_hat[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < O2; ++col) {
                running += y_hat[t * B * O2 + row * O2 + col];
            }
            total[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                y_hat[t * B * O2 + row * O2 + col] = y_hat[t * B * O2 + row * O2 + col] / total[row];
            }
        }
        /* (17) J += −y2[t]ᵀ log_softmax(z_y[t]) */
        for (size_t at = 0; at < B; ++at) {
            log_total[at] = log_of(total[at]);
        }
        /* J += sum over all of −(y2[t] ∘ (z_y − column(largest) − column(log_total))) */
        {
            real running = 0.0;
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = 0; col < O2; ++col) {
                    running += -(y2[t * B * O2 + row * O2 + col] * (z_y[row * O2 + col] - largest[row] - log_total[row]));
                }
            }
            J[0] += running;
        }
    }
    return LRU_F64_OK;
}

lru_f64_status lru_f64_backward(const lru_f64_sizes *sizes, const lru_f64_given *given,
                                const lru_f64_kept *kept, const lru_f64_gradients *gradients, double *work)
{
    const lru_f64_status status = check(sizes);
    if (status != LRU_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return LRU_F64_NULL;
    if (given->x == NULL || given->y2 == NULL || given->C_re == NULL || given->B_re == NULL ||
        given->B_im == NULL || given->C_im == NULL || given->D_skip == NULL || given->W_hy == NULL ||
        kept->h_re == NULL || kept->h_im == NULL || kept->y == NULL || kept->y_hat == NULL ||
        kept->a_modulus == NULL || kept->modulus == NULL || kept->phase == NULL || kept->a_lambda_re == NULL ||
        kept->lambda_re == NULL || kept->a_lambda_im == NULL || kept->lambda_im == NULL || kept->gamma == NULL ||
        kept->u_h_re == NULL || kept->u_h_im == NULL || gradients->dC_re == NULL || gradients->dnu_log == NULL ||
        gradients->dtheta_log == NULL || gradients->dgamma_log == NULL || gradients->dB_re == NULL || gradients->dB_im == NULL ||
        gradients->dC_im == NULL || gradients->dD_skip == NULL || gradients->dW_hy == NULL || gradients->db_y == NULL ||
        gradients->dx == NULL || gradients->dh_re0 == NULL || gradients->dh_im0 == NULL)
        return LRU_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t N = sizes->N;
    const size_t O = sizes->O;
    const size_t O2 = sizes->O2;
    const real *restrict const x = given->x;                    /* (T, B, I) */
    const real *restrict const y2 = given->y2;                  /* (T, B, O2) */
    const real *restrict const C_re = given->C_re;              /* (O, N) */
    const real *restrict const B_re = given->B_re;              /* (N, I) */
    const real *restrict const B_im = given->B_im;              /* (N, I) */
    const real *restrict const C_im = given->C_im;              /* (O, N) */
    const real *restrict const D_skip = given->D_skip;          /* (O, I) */
    const real *restrict const W_hy = given->W_hy;              /* (O2, O) */
    const real *restrict const h_re = kept->h_re;               /* (T + 1, B, N) */
    const real *restrict const h_im = kept->h_im;               /* (T + 1, B, N) */
    const real *restrict const y = kept->y;                     /* (T, B, O) */
    const real *restrict const y_hat = kept->y_hat;             /* (T, B, O2) */
    const real *restrict const a_modulus = kept->a_modulus;     /* (N) */
    const real *restrict const modulus = kept->modulus;         /* (N) */
    const real *restrict const phase = kept->phase;             /* (N) */
    const real *restrict const a_lambda_re = kept->a_lambda_re; /* (N) */
    const real *restrict const lambda_re = kept->lambda_re;     /* (N) */
    const real *restrict const a_lambda_im = kept->a_lambda_im; /* (N) */
    const real *restrict const lambda_im = kept->lambda_im;     /* (N) */
    const real *restrict const gamma = kept->gamma;             /* (N) */
    const real *restrict const u_h_re = kept->u_h_re;           /* (T, B, N) */
    const real *restrict const u_h_im = kept->u_h_im;           /* (T, B, N) */
    real *restrict const dC_re = gradients->dC_re;              /* (O, N) */
    real *restrict const dnu_log = gradients->dnu_log;          /* (N) */
    real *restrict const dtheta_log = gradients->dtheta_log;    /* (N) */
    real *restrict const dgamma_log = gradients->dgamma_log;    /* (N) */
    real *restrict const dB_re = gradients->dB_re;              /* (N, I) */
    real *restrict const dB_im = gradients->dB_im;              /* (N, I) */
    real *restrict const dC_im = gradients->dC_im;              /* (O, N) */
    real *restrict const dD_skip = gradients->dD_skip;          /* (O, I) */
    real *restrict const dW_hy = gradients->dW_hy;              /* (O2, O) */
    real *restrict const db_y = gradients->db_y;                /* (O2) */
    real *restrict const dx = gradients->dx;                    /* (T, B, I) */
    real *restrict const dh_re0 = gradients->dh_re0;            /* (B, N) */
    real *restrict const dh_im0 = gradients->dh_im0;            /* (B, N) */
    real *next = work;
    real *restrict const carry_h_re = next;   /* (B, N) what later steps give to the adjoint of h_re */
    next += B * N;
    real *restrict const carry_h_im = next;   /* (B, N) what later steps give to the adjoint of h_im */
    next += B * N;
    real *restrict const dgamma = next;       /* (N) adjoint of gamma */
    next += N;
    real *restrict const dlambda_im = next;   /* (N) adjoint of lambda_im */
    next += N;
    real *restrict const dlambda_re = next;   /* (N) adjoint of lambda_re */
    next += N;
    real *restrict const dz_y = next;         /* (B, O2) adjoint of z_y[t] */
    next += B * O2;
    real *restrict const dy = next;           /* (B, O) adjoint of y[t] */
    next += B * O;
    real *restrict const dh_im = next;        /* (B, N) adjoint of h_im[t] */
    next += B * N;
    real *restrict const scratch_2 = next;    /* (B, N) scratch */
    next += B * N;
    real *restrict const du_h_im = next;      /* (B, N) adjoint of u_h_im[t] */
    next += B * N;
    real *restrict const dh_re = next;        /* (B, N) adjoint of h_re[t] */
    next += B * N;
    real *restrict const du_h_re = next;      /* (B, N) adjoint of u_h_re[t] */
    next += B * N;
    real *restrict const scratch_3 = next;    /* (B, O) scratch */
    next += B * O;
    real *restrict const da_lambda_im = next; /* (N) adjoint of a_lambda_im */
    next += N;
    real *restrict const da_lambda_re = next; /* (N) adjoint of a_lambda_re */
    next += N;
    real *restrict const dphase = next;       /* (N) adjoint of phase */
    next += N;
    real *restrict const dmodulus = next;     /* (N) adjoint of modulus */
    next += N;
    real *restrict const dz_modulus = next;   /* (N) adjoint of z_modulus */
    next += N;
    real *restrict const da_modulus = next;   /* (N) adjoint of a_modulus */

    for (size_t at = 0; at < O * N; ++at) {
        dC_re[at] = 0.0;
    }
    for (size_t at = 0; at < N; ++at) {
        dnu_log[at] = 0.0;
    }
    for (size_t at = 0; at < N; ++at) {
        dtheta_log[at] = 0.0;
    }
    for (size_t at = 0; at < N; ++at) {
        dgamma_log[at] = 0.0;
    }
    for (size_t at = 0; at < N * I; ++at) {
        dB_re[at] = 0.0;
    }
    for (size_t at = 0; at < N * I; ++at) {
        dB_im[at] = 0.0;
    }
    for (size_t at = 0; at < O * N; ++at) {
        dC_im[at] = 0.0;
    }
    for (size_t at = 0; at < O * I; ++at) {
        dD_skip[at] = 0.0;
    }
    for (size_t at = 0; at < O2 * O; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O2; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < N; ++at) {
        dgamma[at] = 0.0;
    }
    for (size_t at = 0; at < N; ++at) {
        dlambda_im[at] = 0.0;
    }
    for (size_t at = 0; at < N; ++at) {
        dlambda_re[at] = 0.0;
    }
    for (size_t at = 0; at < B * N; ++at) {
        carry_h_re[at] = 0.0;
    }
    for (size_t at = 0; at < B * N; ++at) {
        carry_h_im[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (19) z̄_y[t] = y_hat[t] − y2[t] */
        for (size_t at = 0; at < B * O2; ++at) {
            dz_y[at] = y_hat[t * B * O2 + at] - y2[t * B * O2 + at];
        }
        /* (20) ȳ[t] = W_hyᵀ z̄_y[t] */
        /* dy = dz_y @ W_hy */
        product_nn(B, O, O2, dz_y, O2, W_hy, O, dy, O, false);
        /* (21) h̄_im[t] = −C_imᵀ ȳ[t] + h̄_im[t+1] ∘ lambda_re − h̄_re[t+1] ∘ lambda_im */
        /* scratch_2 = dy @ C_im */
        product_nn(B, N, O, dy, O, C_im, N, scratch_2, N, false);
        for (size_t at = 0; at < B * N; ++at) {
            dh_im[at] = -scratch_2[at];
        }
        for (size_t at = 0; at < B * N; ++at) {
            dh_im[at] += carry_h_im[at];
        }
        /* (22) ū_h_im[t] = h̄_im[t] ∘ gamma */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                du_h_im[row * N + col] = dh_im[row * N + col] * gamma[col];
            }
        }
        /* (23) h̄_re[t] = C_reᵀ ȳ[t] + h̄_im[t+1] ∘ lambda_im + h̄_re[t+1] ∘ lambda_re */
        /* dh_re = dy @ C_re */
        product_nn(B, N, O, dy, O, C_re, N, dh_re, N, false);
        for (size_t at = 0; at < B * N; ++at) {
            dh_re[at] += carry_h_re[at];
        }
        /* (24) ū_h_re[t] = h̄_re[t] ∘ gamma */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                du_h_re[row * N + col] = dh_re[row * N + col] * gamma[col];
            }
        }
        /* (34) C̄_re += ȳ[t] h_re[t]ᵀ */
        /* dC_re += dyᵀ @ h_re[t + 1] */
        product_tn(O, N, B, dy, O, h_re + (t + 1) * B * N, N, dC_re, N, true);
        /* (38) B̄_re += ū_h_re[t] x[t]ᵀ */
        /* dB_re += du_h_reᵀ @ x[t] */
        product_tn(N, I, B, du_h_re, N, x + t * B * I, I, dB_re, I, true);
        /* (39) B̄_im += ū_h_im[t] x[t]ᵀ */
        /* dB_im += du_h_imᵀ @ x[t] */
        product_tn(N, I, B, du_h_im, N, x + t * B * I, I, dB_im, I, true);
        /* (40) C̄_im += −ȳ[t] h_im[t]ᵀ */
        for (size_t at = 0; at < B * O; ++at) {
            scratch_3[at] = -dy[at];
        }
        /* dC_im += scratch_3ᵀ @ h_im[t + 1] */
        product_tn(O, N, B, scratch_3, O, h_im + (t + 1) * B * N, N, dC_im, N, true);
        /* (41) D̄_skip += ȳ[t] x[t]ᵀ */
        /* dD_skip += dyᵀ @ x[t] */
        product_tn(O, I, B, dy, O, x + t * B * I, I, dD_skip, I, true);
        /* (42) W̄_hy += z̄_y[t] y[t]ᵀ */
        /* dW_hy += dz_yᵀ @ y[t] */
        product_tn(O2, O, B, dz_y, O2, y + t * B * O, O, dW_hy, O, true);
        /* (43) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                db_y[col] += dz_y[row * O2 + col];
            }
        }
        /* (44) x̄[t] = D_skipᵀ ȳ[t] + B_imᵀ ū_h_im[t] + B_reᵀ ū_h_re[t] */
        /* dx[t] = dy @ D_skip */
        product_nn(B, I, O, dy, O, D_skip, I, dx + t * B * I, I, false);
        /* dx[t] += du_h_im @ B_im */
        product_nn(B, I, N, du_h_im, N, B_im, I, dx + t * B * I, I, true);
        /* dx[t] += du_h_re @ B_re */
        product_nn(B, I, N, du_h_re, N, B_re, I, dx + t * B * I, I, true);
        /* (25) gammā += h̄_im[t] ∘ u_h_im[t] + h̄_re[t] ∘ u_h_re[t] */
        /* dgamma += sum over rows of dh_im ∘ u_h_im[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                dgamma[col] += dh_im[row * N + col] * u_h_im[t * B * N + row * N + col];
            }
        }
        /* dgamma += sum over rows of dh_re ∘ u_h_re[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                dgamma[col] += dh_re[row * N + col] * u_h_re[t * B * N + row * N + col];
            }
        }
        /* (26) lambdā_im += h̄_im[t] ∘ h_re[t−1] − h̄_re[t] ∘ h_im[t−1] */
        /* dlambda_im += sum over rows of dh_im ∘ h_re[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                dlambda_im[col] += dh_im[row * N + col] * h_re[t * B * N + row * N + col];
            }
        }
        /* dlambda_im += sum over rows of −(dh_re ∘ h_im[t]) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                dlambda_im[col] += -(dh_re[row * N + col] * h_im[t * B * N + row * N + col]);
            }
        }
        /* (28) lambdā_re += h̄_im[t] ∘ h_im[t−1] + h̄_re[t] ∘ h_re[t−1] */
        /* dlambda_re += sum over rows of dh_im ∘ h_im[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                dlambda_re[col] += dh_im[row * N + col] * h_im[t * B * N + row * N + col];
            }
        }
        /* dlambda_re += sum over rows of dh_re ∘ h_re[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                dlambda_re[col] += dh_re[row * N + col] * h_re[t * B * N + row * N + col];
            }
        }
        /* (21) what step t gives to h_im of earlier steps: h̄_im[t] ∘ lambda_re + −h̄_re[t] ∘ lambda_im */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                carry_h_im[row * N + col] = dh_im[row * N + col] * lambda_re[col] - dh_re[row * N + col] * lambda_im[col];
            }
        }
        /* (23) what step t gives to h_re of earlier steps: h̄_im[t] ∘ lambda_im + h̄_re[t] ∘ lambda_re */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                carry_h_re[row * N + col] = dh_im[row * N + col] * lambda_im[col] + dh_re[row * N + col] * lambda_re[col];
            }
        }
    }
    /* (45) h̄_re[0] = h̄_im[1] ∘ lambda_im + h̄_re[1] ∘ lambda_re */
    for (size_t at = 0; at < B * N; ++at) {
        dh_re0[at] = carry_h_re[at];
    }
    /* (46) h̄_im[0] = h̄_im[1] ∘ lambda_re + −h̄_re[1] ∘ lambda_im */
    for (size_t at = 0; at < B * N; ++at) {
        dh_im0[at] = carry_h_im[at];
    }
    /* (27) ā_lambda_im = lambdā_im ∘ modulus */
    for (size_t at = 0; at < N; ++at) {
        da_lambda_im[at] = dlambda_im[at] * modulus[at];
    }
    /* (29) ā_lambda_re = lambdā_re ∘ modulus */
    for (size_t at = 0; at < N; ++at) {
        da_lambda_re[at] = dlambda_re[at] * modulus[at];
    }
    /* (30) phasē = ā_lambda_im ∘ cos(phase) − ā_lambda_re ∘ sin(phase) */
    for (size_t at = 0; at < N; ++at) {
        dphase[at] = da_lambda_im[at] * cos(phase[at]) - da_lambda_re[at] * sin(phase[at]);
    }
    /* (31) modulus̄ = lambdā_im ∘ a_lambda_im + lambdā_re ∘ a_lambda_re */
    for (size_t at = 0; at < N; ++at) {
        dmodulus[at] = dlambda_im[at] * a_lambda_im[at] + dlambda_re[at] * a_lambda_re[at];
    }
    /* (32) z̄_modulus = modulus̄ ∘ modulus */
    for (size_t at = 0; at < N; ++at) {
        dz_modulus[at] = dmodulus[at] * modulus[at];
    }
    /* (33) ā_modulus = −z̄_modulus */
    for (size_t at = 0; at < N; ++at) {
        da_modulus[at] = -dz_modulus[at];
    }
    /* (35) nū_log += ā_modulus ∘ a_modulus */
    for (size_t at = 0; at < N; ++at) {
        dnu_log[at] += da_modulus[at] * a_modulus[at];
    }
    /* (36) thetā_log += phasē ∘ phase */
    for (size_t at = 0; at < N; ++at) {
        dtheta_log[at] += dphase[at] * phase[at];
    }
    /* (37) gammā_log += gammā ∘ gamma */
    for (size_t at = 0; at < N; ++at) {
        dgamma_log[at] += dgamma[at] * gamma[at];
    }
    return LRU_F64_OK;
}

lru_f64_status lru_f64_loss_and_gradient(const lru_f64_sizes *sizes, const lru_f64_given *given,
                                         const lru_f64_kept *kept, const lru_f64_gradients *gradients,
                                         double *work)
{
    const lru_f64_status status = lru_f64_forward(sizes, given, kept, work);
    return status != LRU_F64_OK ? status : lru_f64_backward(sizes, given, kept, gradients, work);
}
