/* retention as a recurrence, one head, without rotation with softmax and cross-entropy:
 * see retnet_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "retnet_f64.h"

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

static retnet_f64_status check(const retnet_f64_sizes *sizes)
{
    if (sizes == NULL)
        return RETNET_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t K = sizes->K;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || K == 0 || H == 0 || O == 0)
        return RETNET_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                      /* x */
        times(times(B, K), H),                                                                                                                                                                                      /* S0 */
        times(times(T, B), O),                                                                                                                                                                                      /* y2 */
        times(K, I),                                                                                                                                                                                                /* W_Q */
        times(H, I),                                                                                                                                                                                                /* W_V */
        times(K, I),                                                                                                                                                                                                /* W_K */
        times(O, H),                                                                                                                                                                                                /* W_hy */
        O,                                                                                                                                                                                                          /* b_y */
        times(times(times(plus(T, 1), B), K), H),                                                                                                                                                                   /* S */
        times(times(T, B), H),                                                                                                                                                                                      /* y */
        times(times(T, B), O),                                                                                                                                                                                      /* y_hat */
        times(times(T, B), K),                                                                                                                                                                                      /* q */
        times(times(T, B), K),                                                                                                                                                                                      /* k */
        times(times(T, B), H),                                                                                                                                                                                      /* v */
        times(K, I),                                                                                                                                                                                                /* dW_Q */
        times(H, I),                                                                                                                                                                                                /* dW_V */
        times(K, I),                                                                                                                                                                                                /* dW_K */
        times(O, H),                                                                                                                                                                                                /* dW_hy */
        O,                                                                                                                                                                                                          /* db_y */
        times(times(T, B), I),                                                                                                                                                                                      /* dx */
        times(times(B, K), H),                                                                                                                                                                                      /* dS0 */
        plus(plus(plus(plus(times(B, O), times(B, H)), B), B), B),                                                                                                                                                  /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(times(times(B, K), H), times(B, O)), times(B, H)), times(times(B, K), H)), times(B, H)), times(B, H)), times(B, K)), times(B, K)), times(B, K)), times(B, K)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return RETNET_F64_TOO_LARGE;
    return RETNET_F64_OK;
}

const char *retnet_f64_message(retnet_f64_status status)
{
    switch (status) {
    case RETNET_F64_OK:
        return "all is well";
    case RETNET_F64_ZERO_SIZE:
        return "a size is 0";
    case RETNET_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case RETNET_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t retnet_f64_workspace(const retnet_f64_sizes *sizes)
{
    if (check(sizes) != RETNET_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t K = sizes->K;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t for_forward = B * O + B * H + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * K * H + B * O + B * H + B * K * H + B * H + B * H + B * K + B * K + B * K + B * K;
    if (for_backward > most)
        most = for_backward;
    return most;
}

retnet_f64_status retnet_f64_forward(const retnet_f64_sizes *sizes, const retnet_f64_given *given,
                                     const retnet_f64_kept *kept, double *work)
{
    const retnet_f64_status status = check(sizes);
    if (status != RETNET_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return RETNET_F64_NULL;
    if (given->x == NULL || given->S0 == NULL || given->y2 == NULL || given->W_Q == NULL ||
        given->W_V == NULL || given->W_K == NULL || given->W_hy == NULL || given->b_y == NULL ||
        given->gamma == NULL || kept->S == NULL || kept->y == NULL || kept->y_hat == NULL ||
        kept->q == NULL || kept->k == NULL || kept->v == NULL || kept->J == NULL)
        return RETNET_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t K = sizes->K;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;         /* (T, B, I) */
    const real *restrict const S0 = given->S0;       /* (B, K, H) */
    const real *restrict const y2 = given->y2;       /* (T, B, O) */
    const real *restrict const W_Q = given->W_Q;     /* (K, I) */
    const real *restrict const W_V = given->W_V;     /* (H, I) */
    const real *restrict const W_K = given->W_K;     /* (K, I) */
    const real *restrict const W_hy = given->W_hy;   /* (O, H) */
    const real *restrict const b_y = given->b_y;     /* (O) */
    const real *restrict const gamma = given->gamma; /* () */
    real *restrict const S = kept->S;                /* (T + 1, B, K, H) */
    real *restrict const y = kept->y;                /* (T, B, H) */
    real *restrict const y_hat = kept->y_hat;        /* (T, B, O) */
    real *restrict const q = kept->q;                /* (T, B, K) */
    real *restrict const k = kept->k;                /* (T, B, K) */
    real *restrict const v = kept->v;                /* (T, B, H) */
    real *restrict const J = kept->J;                /* () */
    real *next = work;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const scratch = next;   /* (B, H) scratch */
    next += B * H;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    for (size_t at = 0; at < B * K * H; ++at) {
        S[at] = S0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) q[t] = W_Q x[t] */
        /* q[t] = x[t] @ W_Qᵀ */
        product_nt(B, K, I, x + t * B * I, I, W_Q, I, q + t * B * K, K, false);
        /* (2) k[t] = W_K x[t] */
        /* k[t] = x[t] @ W_Kᵀ */
        product_nt(B, K, I, x + t * B * I, I, W_K, I, k + t * B * K, K, false);
        /* (3) v[t] = W_V x[t] */
        /* v[t] = x[t] @ W_Vᵀ */
        product_nt(B, H, I, x + t * B * I, I, W_V, I, v + t * B * H, H, false);
        /* (4) S[t] = gamma S[t−1] + k[t] v[t]ᵀ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < K; ++row) {
                for (size_t col = 0; col < H; ++col) {
                    S[(t + 1) * B * K * H + page * K * H + row * H + col] = gamma[0] * S[t * B * K * H + page * K * H + row * H + col] + k[t * B * K + page * K + row] * v[t * B * H + page * H + col];
                }
            }
        }
        /* (5) y[t] = S[t]ᵀ q[t] */
        /* scratch = sumₖ of S[t + 1]ᵢₖⱼ ∘ q[t]ᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < K; ++col) {
                    running += S[(t + 1) * B * K * H + page * K * H + col * H + row] * q[t * B * K + page * K + col];
                }
                scratch[page * H + row] = running;
            }
        }
        for (size_t at = 0; at < B * H; ++at) {
            y[t * B * H + at] = scratch[at];
        }
        /* (6) z_y[t] = W_hy y[t] + b_y */
        /* z_y = y[t] @ W_hyᵀ */
        product_nt(B, O, H, y + t * B * H, H, W_hy, H, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b_y[col];
            }
        }
        /* (7) y_hat[t] = softmax(z_y[t]) */
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
        /* (8) J += −y2[t]ᵀ log_softmax(z_y[t]) */
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
    return RETNET_F64_OK;
}

retnet_f64_status retnet_f64_backward(const retnet_f64_sizes *sizes, const retnet_f64_given *given,
                                      const retnet_f64_kept *kept, const retnet_f64_gradients *gradients,
                                      double *work)
{
    const retnet_f64_status status = check(sizes);
    if (status != RETNET_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return RETNET_F64_NULL;
    if (given->x == NULL || given->y2 == NULL || given->W_Q == NULL || given->W_V == NULL ||
        given->W_K == NULL || given->W_hy == NULL || given->gamma == NULL || kept->S == NULL ||
        kept->y == NULL || kept->y_hat == NULL || kept->q == NULL || kept->k == NULL ||
        kept->v == NULL || gradients->dW_Q == NULL || gradients->dW_V == NULL || gradients->dW_K == NULL ||
        gradients->dW_hy == NULL || gradients->db_y == NULL || gradients->dx == NULL || gradients->dS0 == NULL)
        return RETNET_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t K = sizes->K;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;         /* (T, B, I) */
    const real *restrict const y2 = given->y2;       /* (T, B, O) */
    const real *restrict const W_Q = given->W_Q;     /* (K, I) */
    const real *restrict const W_V = given->W_V;     /* (H, I) */
    const real *restrict const W_K = given->W_K;     /* (K, I) */
    const real *restrict const W_hy = given->W_hy;   /* (O, H) */
    const real *restrict const gamma = given->gamma; /* () */
    const real *restrict const S = kept->S;          /* (T + 1, B, K, H) */
    const real *restrict const y = kept->y;          /* (T, B, H) */
    const real *restrict const y_hat = kept->y_hat;  /* (T, B, O) */
    const real *restrict const q = kept->q;          /* (T, B, K) */
    const real *restrict const k = kept->k;          /* (T, B, K) */
    const real *restrict const v = kept->v;          /* (T, B, H) */
    real *restrict const dW_Q = gradients->dW_Q;     /* (K, I) */
    real *restrict const dW_V = gradients->dW_V;     /* (H, I) */
    real *restrict const dW_K = gradients->dW_K;     /* (K, I) */
    real *restrict const dW_hy = gradients->dW_hy;   /* (O, H) */
    real *restrict const db_y = gradients->db_y;     /* (O) */
    real *restrict const dx = gradients->dx;         /* (T, B, I) */
    real *restrict const dS0 = gradients->dS0;       /* (B, K, H) */
    real *next = work;
    real *restrict const carry_S = next;   /* (B, K, H) what later steps give to the adjoint of S */
    next += B * K * H;
    real *restrict const dz_y = next;      /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dy = next;        /* (B, H) adjoint of y[t] */
    next += B * H;
    real *restrict const dS = next;        /* (B, K, H) adjoint of S[t] */
    next += B * K * H;
    real *restrict const dv = next;        /* (B, H) adjoint of v[t] */
    next += B * H;
    real *restrict const scratch_2 = next; /* (B, H) scratch */
    next += B * H;
    real *restrict const dk = next;        /* (B, K) adjoint of k[t] */
    next += B * K;
    real *restrict const scratch_3 = next; /* (B, K) scratch */
    next += B * K;
    real *restrict const dq = next;        /* (B, K) adjoint of q[t] */
    next += B * K;
    real *restrict const scratch_4 = next; /* (B, K) scratch */

    for (size_t at = 0; at < K * I; ++at) {
        dW_Q[at] = 0.0;
    }
    for (size_t at = 0; at < H * I; ++at) {
        dW_V[at] = 0.0;
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
    for (size_t at = 0; at < B * K * H; ++at) {
        carry_S[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (10) z̄_y[t] = y_hat[t] − y2[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y2[t * B * O + at];
        }
        /* (11) ȳ[t] = W_hyᵀ z̄_y[t] */
        /* dy = dz_y @ W_hy */
        product_nn(B, H, O, dz_y, O, W_hy, H, dy, H, false);
        /* (12) S̄[t] = q[t] ȳ[t]ᵀ + gamma S̄[t+1] */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < K; ++row) {
                for (size_t col = 0; col < H; ++col) {
                    dS[page * K * H + row * H + col] = q[t * B * K + page * K + row] * dy[page * H + col];
                }
            }
        }
        for (size_t at = 0; at < B * K * H; ++at) {
            dS[at] += carry_S[at];
        }
        /* (13) v̄[t] = S̄[t]ᵀ k[t] */
        /* scratch_2 = sumₖ of dSᵢₖⱼ ∘ k[t]ᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < H; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < K; ++col) {
                    running += dS[page * K * H + col * H + row] * k[t * B * K + page * K + col];
                }
                scratch_2[page * H + row] = running;
            }
        }
        for (size_t at = 0; at < B * H; ++at) {
            dv[at] = scratch_2[at];
        }
        /* (14) k̄[t] = S̄[t] v[t] */
        /* scratch_3 = sumₖ of dS ∘ v[t]ᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < K; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < H; ++col) {
                    running += dS[page * K * H + row * H + col] * v[t * B * H + page * H + col];
                }
                scratch_3[page * K + row] = running;
            }
        }
        for (size_t at = 0; at < B * K; ++at) {
            dk[at] = scratch_3[at];
        }
        /* (15) q̄[t] = S[t] ȳ[t] */
        /* scratch_4 = sumₖ of S[t + 1] ∘ dyᵢₖ */
        for (size_t page = 0; page < B; ++page) {
            for (size_t row = 0; row < K; ++row) {
                real running = 0.0;
                for (size_t col = 0; col < H; ++col) {
                    running += S[(t + 1) * B * K * H + page * K * H + row * H + col] * dy[page * H + col];
                }
                scratch_4[page * K + row] = running;
            }
        }
        for (size_t at = 0; at < B * K; ++at) {
            dq[at] = scratch_4[at];
        }
        /* (16) W̄_Q += q̄[t] x[t]ᵀ */
        /* dW_Q += dqᵀ @ x[t] */
        product_tn(K, I, B, dq, K, x + t * B * I, I, dW_Q, I, true);
        /* (17) W̄_V += v̄[t] x[t]ᵀ */
        /* dW_V += dvᵀ @ x[t] */
        product_tn(H, I, B, dv, H, x + t * B * I, I, dW_V, I, true);
        /* (18) W̄_K += k̄[t] x[t]ᵀ */
        /* dW_K += dkᵀ @ x[t] */
        product_tn(K, I, B, dk, K, x + t * B * I, I, dW_K, I, true);
        /* (19) W̄_hy += z̄_y[t] y[t]ᵀ */
        /* dW_hy += dz_yᵀ @ y[t] */
        product_tn(O, H, B, dz_y, O, y + t * B * H, H, dW_hy, H, true);
        /* (20) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (21) x̄[t] = W_Vᵀ v̄[t] + W_Kᵀ k̄[t] + W_Qᵀ q̄[t] */
        /* dx[t] = dv @ W_V */
        product_nn(B, I, H, dv, H, W_V, I, dx + t * B * I, I, false);
        /* dx[t] += dk @ W_K */
        product_nn(B, I, K, dk, K, W_K, I, dx + t * B * I, I, true);
        /* dx[t] += dq @ W_Q */
        product_nn(B, I, K, dq, K, W_Q, I, dx + t * B * I, I, true);
        /* (12) what step t gives to S of earlier steps: gamma S̄[t] */
        for (size_t at = 0; at < B * K * H; ++at) {
            carry_S[at] = gamma[0] * dS[at];
        }
    }
    /* (22) S̄[0] = gamma S̄[1] */
    for (size_t at = 0; at < B * K * H; ++at) {
        dS0[at] = carry_S[at];
    }
    return RETNET_F64_OK;
}

retnet_f64_status retnet_f64_loss_and_gradient(const retnet_f64_sizes *sizes, const retnet_f64_given *given,
                                               const retnet_f64_kept *kept,
                                               const retnet_f64_gradients *gradients, double *work)
{
    const retnet_f64_status status = retnet_f64_forward(sizes, given, kept, work);
    return status != RETNET_F64_OK ? status : retnet_f64_backward(sizes, given, kept, gradients, work);
}
