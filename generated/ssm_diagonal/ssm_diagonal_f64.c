/* diagonal state space model, real, zero-order hold with softmax and cross-entropy:
 * see ssm_diagonal_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "ssm_diagonal_f64.h"

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

static ssm_diagonal_f64_status check(const ssm_diagonal_f64_sizes *sizes)
{
    if (sizes == NULL)
        return SSM_DIAGONAL_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t N = sizes->N;
    const size_t O = sizes->O;
    const size_t O2 = sizes->O2;
    if (T == 0 || B == 0 || I == 0 || N == 0 || O == 0 || O2 == 0)
        return SSM_DIAGONAL_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                   /* x */
        times(B, N),                                                                                                                                             /* h0 */
        times(times(T, B), O2),                                                                                                                                  /* y2 */
        times(O, N),                                                                                                                                             /* C */
        N,                                                                                                                                                       /* A_log */
        N,                                                                                                                                                       /* delta_log */
        times(N, I),                                                                                                                                             /* B_in */
        times(O, I),                                                                                                                                             /* D_skip */
        times(O2, O),                                                                                                                                            /* W_hy */
        O2,                                                                                                                                                      /* b_y */
        times(times(plus(T, 1), B), N),                                                                                                                          /* h */
        times(times(T, B), O),                                                                                                                                   /* y */
        times(times(T, B), O2),                                                                                                                                  /* y_hat */
        N,                                                                                                                                                       /* a_A */
        N,                                                                                                                                                       /* A */
        N,                                                                                                                                                       /* delta */
        N,                                                                                                                                                       /* A_bar */
        N,                                                                                                                                                       /* s_B_bar */
        times(N, I),                                                                                                                                             /* B_bar */
        times(O, N),                                                                                                                                             /* dC */
        N,                                                                                                                                                       /* dA_log */
        N,                                                                                                                                                       /* ddelta_log */
        times(N, I),                                                                                                                                             /* dB_in */
        times(O, I),                                                                                                                                             /* dD_skip */
        times(O2, O),                                                                                                                                            /* dW_hy */
        O2,                                                                                                                                                      /* db_y */
        times(times(T, B), I),                                                                                                                                   /* dx */
        times(B, N),                                                                                                                                             /* dh0 */
        plus(plus(plus(plus(N, times(B, O2)), B), B), B),                                                                                                        /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, N), times(N, I)), N), times(B, O2)), times(B, O)), times(B, N)), N), N), N), N), N), N), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return SSM_DIAGONAL_F64_TOO_LARGE;
    return SSM_DIAGONAL_F64_OK;
}

const char *ssm_diagonal_f64_message(ssm_diagonal_f64_status status)
{
    switch (status) {
    case SSM_DIAGONAL_F64_OK:
        return "all is well";
    case SSM_DIAGONAL_F64_ZERO_SIZE:
        return "a size is 0";
    case SSM_DIAGONAL_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case SSM_DIAGONAL_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t ssm_diagonal_f64_workspace(const ssm_diagonal_f64_sizes *sizes)
{
    if (check(sizes) != SSM_DIAGONAL_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t N = sizes->N;
    const size_t O = sizes->O;
    const size_t O2 = sizes->O2;
    const size_t for_forward = N + B * O2 + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * N + N * I + N + B * O2 + B * O + B * N + N + N + N + N + N + N;
    if (for_backward > most)
        most = for_backward;
    return most;
}

ssm_diagonal_f64_status ssm_diagonal_f64_forward(const ssm_diagonal_f64_sizes *sizes,
                                                 const ssm_diagonal_f64_given *given,
                                                 const ssm_diagonal_f64_kept *kept, double *work)
{
    const ssm_diagonal_f64_status status = check(sizes);
    if (status != SSM_DIAGONAL_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return SSM_DIAGONAL_F64_NULL;
    if (given->x == NULL || given->h0 == NULL || given->y2 == NULL || given->C == NULL ||
        given->A_log == NULL || given->delta_log == NULL || given->B_in == NULL || given->D_skip == NULL ||
        given->W_hy == NULL || given->b_y == NULL || kept->h == NULL || kept->y == NULL ||
        kept->y_hat == NULL || kept->a_A == NULL || kept->A == NULL || kept->delta == NULL ||
        kept->A_bar == NULL || kept->s_B_bar == NULL || kept->B_bar == NULL || kept->J == NULL)
        return SSM_DIAGONAL_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t N = sizes->N;
    const size_t O = sizes->O;
    const size_t O2 = sizes->O2;
    const real *restrict const x = given->x;                 /* (T, B, I) */
    const real *restrict const h0 = given->h0;               /* (B, N) */
    const real *restrict const y2 = given->y2;               /* (T, B, O2) */
    const real *restrict const C = given->C;                 /* (O, N) */
    const real *restrict const A_log = given->A_log;         /* (N) */
    const real *restrict const delta_log = given->delta_log; /* (N) */
    const real *restrict const B_in = given->B_in;           /* (N, I) */
    const real *restrict const D_skip = given->D_skip;       /* (O, I) */
    const real *restrict const W_hy = given->W_hy;           /* (O2, O) */
    const real *restrict const b_y = given->b_y;             /* (O2) */
    real *restrict const h = kept->h;                        /* (T + 1, B, N) */
    real *restrict const y = kept->y;                        /* (T, B, O) */
    real *restrict const y_hat = kept->y_hat;                /* (T, B, O2) */
    real *restrict const a_A = kept->a_A;                    /* (N) */
    real *restrict const A = kept->A;                        /* (N) */
    real *restrict const delta = kept->delta;                /* (N) */
    real *restrict const A_bar = kept->A_bar;                /* (N) */
    real *restrict const s_B_bar = kept->s_B_bar;            /* (N) */
    real *restrict const B_bar = kept->B_bar;                /* (N, I) */
    real *restrict const J = kept->J;                        /* () */
    real *next = work;
    real *restrict const z_A_bar = next;   /* (N) z_A_bar */
    next += N;
    real *restrict const z_y = next;       /* (B, O2) z_y[t] */
    next += B * O2;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    /* (1) a_A = exp(A_log) */
    for (size_t at = 0; at < N; ++at) {
        a_A[at] = exp_of(A_log[at]);
    }
    /* (2) A = −a_A */
    for (size_t at = 0; at < N; ++at) {
        A[at] = -a_A[at];
    }
    /* (3) delta = exp(delta_log) */
    for (size_t at = 0; at < N; ++at) {
        delta[at] = exp_of(delta_log[at]);
    }
    /* (4) z_A_bar = delta ∘ A */
    for (size_t at = 0; at < N; ++at) {
        z_A_bar[at] = delta[at] * A[at];
    }
    /* (5) A_bar = exp(z_A_bar) */
    for (size_t at = 0; at < N; ++at) {
        A_bar[at] = exp_of(z_A_bar[at]);
    }
    /* (6) s_B_bar = (A_bar − 1) ⊘ A */
    for (size_t at = 0; at < N; ++at) {
        s_B_bar[at] = (A_bar[at] - 1.0) / A[at];
    }
    /* (7) B_bar = diag(s_B_bar) B_in */
    for (size_t row = 0; row < N; ++row) {
        for (size_t col = 0; col < I; ++col) {
            B_bar[row * I + col] = s_B_bar[row] * B_in[row * I + col];
        }
    }
    for (size_t at = 0; at < B * N; ++at) {
        h[at] = h0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (8) h[t] = A_bar ∘ h[t−1] + B_bar x[t] */
        /* h[t + 1] = x[t] @ B_barᵀ */
        product_nt(B, N, I, x + t * B * I, I, B_bar, I, h + (t + 1) * B * N, N, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                h[(t + 1) * B * N + row * N + col] += A_bar[col] * h[t * B * N + row * N + col];
            }
        }
        /* (9) y[t] = C h[t] + D_skip x[t] */
        /* y[t] = h[t + 1] @ Cᵀ */
        product_nt(B, O, N, h + (t + 1) * B * N, N, C, N, y + t * B * O, O, false);
        /* y[t] += x[t] @ D_skipᵀ */
        product_nt(B, O, I, x + t * B * I, I, D_skip, I, y + t * B * O, O, true);
        /* (10) z_y[t] = W_hy y[t] + b_y */
        /* z_y = y[t] @ W_hyᵀ */
        product_nt(B, O2, O, y + t * B * O, O, W_hy, O, z_y, O2, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                z_y[row * O2 + col] += b_y[col];
            }
        }
        /* (11) y_hat[t] = softmax(z_y[t]) */
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
        /* (12) J += −y2[t]ᵀ log_softmax(z_y[t]) */
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
    return SSM_DIAGONAL_F64_OK;
}

ssm_diagonal_f64_status ssm_diagonal_f64_backward(const ssm_diagonal_f64_sizes *sizes,
                                                  const ssm_diagonal_f64_given *given,
                                                  const ssm_diagonal_f64_kept *kept,
                                                  const ssm_diagonal_f64_gradients *gradients, double *work)
{
    const ssm_diagonal_f64_status status = check(sizes);
    if (status != SSM_DIAGONAL_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return SSM_DIAGONAL_F64_NULL;
    if (given->x == NULL || given->y2 == NULL || given->C == NULL || given->B_in == NULL ||
        given->D_skip == NULL || given->W_hy == NULL || kept->h == NULL || kept->y == NULL ||
        kept->y_hat == NULL || kept->a_A == NULL || kept->A == NULL || kept->delta == NULL ||
        kept->A_bar == NULL || kept->s_B_bar == NULL || kept->B_bar == NULL || gradients->dC == NULL ||
        gradients->dA_log == NULL || gradients->ddelta_log == NULL || gradients->dB_in == NULL || gradients->dD_skip == NULL ||
        gradients->dW_hy == NULL || gradients->db_y == NULL || gradients->dx == NULL || gradients->dh0 == NULL)
        return SSM_DIAGONAL_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t N = sizes->N;
    const size_t O = sizes->O;
    const size_t O2 = sizes->O2;
    const real *restrict const x = given->x;                 /* (T, B, I) */
    const real *restrict const y2 = given->y2;               /* (T, B, O2) */
    const real *restrict const C = given->C;                 /* (O, N) */
    const real *restrict const B_in = given->B_in;           /* (N, I) */
    const real *restrict const D_skip = given->D_skip;       /* (O, I) */
    const real *restrict const W_hy = given->W_hy;           /* (O2, O) */
    const real *restrict const h = kept->h;                  /* (T + 1, B, N) */
    const real *restrict const y = kept->y;                  /* (T, B, O) */
    const real *restrict const y_hat = kept->y_hat;          /* (T, B, O2) */
    const real *restrict const a_A = kept->a_A;              /* (N) */
    const real *restrict const A = kept->A;                  /* (N) */
    const real *restrict const delta = kept->delta;          /* (N) */
    const real *restrict const A_bar = kept->A_bar;          /* (N) */
    const real *restrict const s_B_bar = kept->s_B_bar;      /* (N) */
    const real *restrict const B_bar = kept->B_bar;          /* (N, I) */
    real *restrict const dC = gradients->dC;                 /* (O, N) */
    real *restrict const dA_log = gradients->dA_log;         /* (N) */
    real *restrict const ddelta_log = gradients->ddelta_log; /* (N) */
    real *restrict const dB_in = gradients->dB_in;           /* (N, I) */
    real *restrict const dD_skip = gradients->dD_skip;       /* (O, I) */
    real *restrict const dW_hy = gradients->dW_hy;           /* (O2, O) */
    real *restrict const db_y = gradients->db_y;             /* (O2) */
    real *restrict const dx = gradients->dx;                 /* (T, B, I) */
    real *restrict const dh0 = gradients->dh0;               /* (B, N) */
    real *next = work;
    real *restrict const carry_h = next;  /* (B, N) what later steps give to the adjoint of h */
    next += B * N;
    real *restrict const dB_bar = next;   /* (N, I) adjoint of B_bar */
    next += N * I;
    real *restrict const dA_bar = next;   /* (N) adjoint of A_bar */
    next += N;
    real *restrict const dz_y = next;     /* (B, O2) adjoint of z_y[t] */
    next += B * O2;
    real *restrict const dy = next;       /* (B, O) adjoint of y[t] */
    next += B * O;
    real *restrict const dh = next;       /* (B, N) adjoint of h[t] */
    next += B * N;
    real *restrict const ds_B_bar = next; /* (N) adjoint of s_B_bar */
    next += N;
    real *restrict const scratch = next;  /* (N) scratch */
    next += N;
    real *restrict const dz_A_bar = next; /* (N) adjoint of z_A_bar */
    next += N;
    real *restrict const ddelta = next;   /* (N) adjoint of delta */
    next += N;
    real *restrict const dA = next;       /* (N) adjoint of A */
    next += N;
    real *restrict const da_A = next;     /* (N) adjoint of a_A */

    for (size_t at = 0; at < O * N; ++at) {
        dC[at] = 0.0;
    }
    for (size_t at = 0; at < N; ++at) {
        dA_log[at] = 0.0;
    }
    for (size_t at = 0; at < N; ++at) {
        ddelta_log[at] = 0.0;
    }
    for (size_t at = 0; at < N * I; ++at) {
        dB_in[at] = 0.0;
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
    for (size_t at = 0; at < N * I; ++at) {
        dB_bar[at] = 0.0;
    }
    for (size_t at = 0; at < N; ++at) {
        dA_bar[at] = 0.0;
    }
    for (size_t at = 0; at < B * N; ++at) {
        carry_h[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (14) z̄_y[t] = y_hat[t] − y2[t] */
        for (size_t at = 0; at < B * O2; ++at) {
            dz_y[at] = y_hat[t * B * O2 + at] - y2[t * B * O2 + at];
        }
        /* (15) ȳ[t] = W_hyᵀ z̄_y[t] */
        /* dy = dz_y @ W_hy */
        product_nn(B, O, O2, dz_y, O2, W_hy, O, dy, O, false);
        /* (16) h̄[t] = Cᵀ ȳ[t] + h̄[t+1] ∘ A_bar */
        /* dh = dy @ C */
        product_nn(B, N, O, dy, O, C, N, dh, N, false);
        for (size_t at = 0; at < B * N; ++at) {
            dh[at] += carry_h[at];
        }
        /* (24) C̄ += ȳ[t] h[t]ᵀ */
        /* dC += dyᵀ @ h[t + 1] */
        product_tn(O, N, B, dy, O, h + (t + 1) * B * N, N, dC, N, true);
        /* (28) D̄_skip += ȳ[t] x[t]ᵀ */
        /* dD_skip += dyᵀ @ x[t] */
        product_tn(O, I, B, dy, O, x + t * B * I, I, dD_skip, I, true);
        /* (29) W̄_hy += z̄_y[t] y[t]ᵀ */
        /* dW_hy += dz_yᵀ @ y[t] */
        product_tn(O2, O, B, dz_y, O2, y + t * B * O, O, dW_hy, O, true);
        /* (30) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                db_y[col] += dz_y[row * O2 + col];
            }
        }
        /* (31) x̄[t] = D_skipᵀ ȳ[t] + B_barᵀ h̄[t] */
        /* dx[t] = dy @ D_skip */
        product_nn(B, I, O, dy, O, D_skip, I, dx + t * B * I, I, false);
        /* dx[t] += dh @ B_bar */
        product_nn(B, I, N, dh, N, B_bar, I, dx + t * B * I, I, true);
        /* (17) B̄_bar += h̄[t] x[t]ᵀ */
        /* dB_bar += dhᵀ @ x[t] */
        product_tn(N, I, B, dh, N, x + t * B * I, I, dB_bar, I, true);
        /* (19) Ā_bar += h̄[t] ∘ h[t−1] */
        /* dA_bar += sum over rows of dh ∘ h[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                dA_bar[col] += dh[row * N + col] * h[t * B * N + row * N + col];
            }
        }
        /* (16) what step t gives to h of earlier steps: h̄[t] ∘ A_bar */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < N; ++col) {
                carry_h[row * N + col] = dh[row * N + col] * A_bar[col];
            }
        }
    }
    /* (32) h̄[0] = h̄[1] ∘ A_bar */
    for (size_t at = 0; at < B * N; ++at) {
        dh0[at] = carry_h[at];
    }
    /* (18) s̄_B_bar = (B̄_bar ∘ B_in) 1 */
    /* scratch = sum over columns of dB_bar ∘ B_in */
    for (size_t row = 0; row < N; ++row) {
        real running = 0.0;
        for (size_t col = 0; col < I; ++col) {
            running += dB_bar[row * I + col] * B_in[row * I + col];
        }
        scratch[row] = running;
    }
    for (size_t at = 0; at < N; ++at) {
        ds_B_bar[at] = scratch[at];
    }
    /* (19) Ā_bar = s̄_B_bar ⊘ A + Σ_t h̄[t] ∘ h[t−1] */
    for (size_t at = 0; at < N; ++at) {
        dA_bar[at] += ds_B_bar[at] / A[at];
    }
    /* (20) z̄_A_bar = Ā_bar ∘ A_bar */
    for (size_t at = 0; at < N; ++at) {
        dz_A_bar[at] = dA_bar[at] * A_bar[at];
    }
    /* (21) deltā = z̄_A_bar ∘ A */
    for (size_t at = 0; at < N; ++at) {
        ddelta[at] = dz_A_bar[at] * A[at];
    }
    /* (22) Ā = −(s̄_B_bar ⊘ A²) ∘ (A_bar − 1) + z̄_A_bar ∘ delta */
    for (size_t at = 0; at < N; ++at) {
        dA[at] = -(ds_B_bar[at] / square(A[at]) * (A_bar[at] - 1.0)) + dz_A_bar[at] * delta[at];
    }
    /* (23) ā_A = −Ā */
    for (size_t at = 0; at < N; ++at) {
        da_A[at] = -dA[at];
    }
    /* (25) Ā_log += ā_A ∘ a_A */
    for (size_t at = 0; at < N; ++at) {
        dA_log[at] += da_A[at] * a_A[at];
    }
    /* (26) deltā_log += deltā ∘ delta */
    for (size_t at = 0; at < N; ++at) {
        ddelta_log[at] += ddelta[at] * delta[at];
    }
    /* (27) B̄_in += diag(s_B_bar) B̄_bar */
    for (size_t row = 0; row < N; ++row) {
        for (size_t col = 0; col < I; ++col) {
            dB_in[row * I + col] += s_B_bar[row] * dB_bar[row * I + col];
        }
    }
    return SSM_DIAGONAL_F64_OK;
}

ssm_diagonal_f64_status ssm_diagonal_f64_loss_and_gradient(const ssm_diagonal_f64_sizes *sizes,
                                                           const ssm_diagonal_f64_given *given,
                                                           const ssm_diagonal_f64_kept *kept,
                                                           const ssm_diagonal_f64_gradients *gradients,
                                                           double *work)
{
    const ssm_diagonal_f64_status status = ssm_diagonal_f64_forward(sizes, given, kept, work);
    return status != SSM_DIAGONAL_F64_OK ? status : ssm_diagonal_f64_backward(sizes, given, kept, gradients, work);
}
