/* real-gated linear recurrent unit (RG-LRU) with softmax and cross-entropy:
 * see rglru_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "rglru_f64.h"

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

/* log(1 + e^x) = max(x, 0) + log(1 + e), e = e^-|x| <= 1; it goes down to 0 as e^x does. At most 2.5 units in the last place
 * off; NaN stays NaN. Where e > sqrt(2) - 1 it is halved: log(1 + e) = log(2) + log(1 + (e - 1)/2). */
INLINED real softplus(real x)
{
    const real e = exp_of(-fabs(x)), positive = x > 0.0 ? x : 0.0;
    const bool halved = e > 0.4142135;
    const real logarithm = log1p_near_0(halved ? 0.5 * e - 0.5 : e);
    return positive + ((halved ? 0.69314718055994531 : 0.0) + logarithm);
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

static rglru_f64_status check(const rglru_f64_sizes *sizes)
{
    if (sizes == NULL)
        return RGLRU_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || H == 0 || O == 0)
        return RGLRU_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), H),                                                                                                                                                                                                       /* x */
        times(B, H),                                                                                                                                                                                                                 /* h0 */
        times(times(T, B), O),                                                                                                                                                                                                       /* y */
        times(H, H),                                                                                                                                                                                                                 /* W_a */
        H,                                                                                                                                                                                                                           /* b_a */
        times(H, H),                                                                                                                                                                                                                 /* W_x */
        H,                                                                                                                                                                                                                           /* b_x */
        H,                                                                                                                                                                                                                           /* Lambda */
        times(O, H),                                                                                                                                                                                                                 /* W_hy */
        O,                                                                                                                                                                                                                           /* b_y */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                              /* h */
        times(times(T, B), O),                                                                                                                                                                                                       /* y_hat */
        H,                                                                                                                                                                                                                           /* a_a */
        times(times(T, B), H),                                                                                                                                                                                                       /* r */
        times(times(T, B), H),                                                                                                                                                                                                       /* i */
        times(times(T, B), H),                                                                                                                                                                                                       /* a */
        times(times(T, B), H),                                                                                                                                                                                                       /* a_h */
        times(H, H),                                                                                                                                                                                                                 /* dW_a */
        H,                                                                                                                                                                                                                           /* db_a */
        times(H, H),                                                                                                                                                                                                                 /* dW_x */
        H,                                                                                                                                                                                                                           /* db_x */
        H,                                                                                                                                                                                                                           /* dLambda */
        times(O, H),                                                                                                                                                                                                                 /* dW_hy */
        O,                                                                                                                                                                                                                           /* db_y */
        times(times(T, B), H),                                                                                                                                                                                                       /* dx */
        times(B, H),                                                                                                                                                                                                                 /* dh0 */
        plus(plus(plus(plus(plus(plus(plus(plus(H, times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, O)), B), B), B),                                                                                                 /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H), H), times(B, O)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), H), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return RGLRU_F64_TOO_LARGE;
    return RGLRU_F64_OK;
}

const char *rglru_f64_message(rglru_f64_status status)
{
    switch (status) {
    case RGLRU_F64_OK:
        return "all is well";
    case RGLRU_F64_ZERO_SIZE:
        return "a size is 0";
    case RGLRU_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case RGLRU_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t rglru_f64_workspace(const rglru_f64_sizes *sizes)
{
    if (check(sizes) != RGLRU_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t for_forward = H + B * H + B * H + B * H + B * H + B * O + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H + H + B * O + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + H;
    if (for_backward > most)
        most = for_backward;
    return most;
}

rglru_f64_status rglru_f64_forward(const rglru_f64_sizes *sizes, const rglru_f64_given *given,
                                   const rglru_f64_kept *kept, double *work)
{
    const rglru_f64_status status = check(sizes);
    if (status != RGLRU_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return RGLRU_F64_NULL;
    if (given->x == NULL || given->h0 == NULL || given->y == NULL || given->W_a == NULL ||
        given->b_a == NULL || given->W_x == NULL || given->b_x == NULL || given->Lambda == NULL ||
        given->W_hy == NULL || given->b_y == NULL || given->c == NULL || kept->h == NULL ||
        kept->y_hat == NULL || kept->a_a == NULL || kept->r == NULL || kept->i == NULL ||
        kept->a == NULL || kept->a_h == NULL || kept->J == NULL)
        return RGLRU_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;           /* (T, B, H) */
    const real *restrict const h0 = given->h0;         /* (B, H) */
    const real *restrict const y = given->y;           /* (T, B, O) */
    const real *restrict const W_a = given->W_a;       /* (H, H) */
    const real *restrict const b_a = given->b_a;       /* (H) */
    const real *restrict const W_x = given->W_x;       /* (H, H) */
    const real *restrict const b_x = given->b_x;       /* (H) */
    const real *restrict const Lambda = given->Lambda; /* (H) */
    const real *restrict const W_hy = given->W_hy;     /* (O, H) */
    const real *restrict const b_y = given->b_y;       /* (O) */
    const real *restrict const c = given->c;           /* () */
    real *restrict const h = kept->h;                  /* (T + 1, B, H) */
    real *restrict const y_hat = kept->y_hat;          /* (T, B, O) */
    real *restrict const a_a = kept->a_a;              /* (H) */
    real *restrict const r = kept->r;                  /* (T, B, H) */
    real *restrict const i = kept->i;                  /* (T, B, H) */
    real *restrict const a = kept->a;                  /* (T, B, H) */
    real *restrict const a_h = kept->a_h;              /* (T, B, H) */
    real *restrict const J = kept->J;                  /* () */
    real *next = work;
    real *restrict const z_a = next;       /* (H) z_a */
    next += H;
    real *restrict const z_r = next;       /* (B, H) z_r[t] */
    next += B * H;
    real *restrict const z_i = next;       /* (B, H) z_i[t] */
    next += B * H;
    real *restrict const z2_a = next;      /* (B, H) z2_a[t] */
    next += B * H;
    real *restrict const z_h = next;       /* (B, H) z_h[t] */
    next += B * H;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    /* (1) z_a = −Lambda */
    for (size_t at = 0; at < H; ++at) {
        z_a[at] = -Lambda[at];
    }
    /* (2) a_a = softplus(z_a) */
    for (size_t at = 0; at < H; ++at) {
        a_a[at] = softplus(z_a[at]);
    }
    for (size_t at = 0; at < B * H; ++at) {
        h[at] = h0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (3) z_r[t] = W_a x[t] + b_a */
        /* z_r = x[t] @ W_aᵀ */
        product_nt(B, H, H, x + t * B * H, H, W_a, H, z_r, H, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_r[row * H + col] += b_a[col];
            }
        }
        /* (4) r[t] = sigmoid(z_r[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            r[t * B * H + at] = sigmoid(z_r[at]);
        }
        /* (5) z_i[t] = W_x x[t] + b_x */
        /* z_i = x[t] @ W_xᵀ */
        product_nt(B, H, H, x + t * B * H, H, W_x, H, z_i, H, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_i[row * H + col] += b_x[col];
            }
        }
        /* (6) i[t] = sigmoid(z_i[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            i[t * B * H + at] = sigmoid(z_i[at]);
        }
        /* (7) z2_a[t] = −(c a_a) ∘ r[t] */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z2_a[row * H + col] = -(c[0] * a_a[col] * r[t * B * H + row * H + col]);
            }
        }
        /* (8) a[t] = exp(z2_a[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a[t * B * H + at] = exp_of(z2_a[at]);
        }
        /* (9) z_h[t] = 1 − a[t]² */
        for (size_t at = 0; at < B * H; ++at) {
            z_h[at] = 1.0 - square(a[t * B * H + at]);
        }
        /* (10) a_h[t] = sqrt(z_h[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            a_h[t * B * H + at] = sqrt(z_h[at]);
        }
        /* (11) h[t] = a[t] ∘ h[t−1] + a_h[t] ∘ i[t] ∘ x[t] */
        for (size_t at = 0; at < B * H; ++at) {
            h[(t + 1) * B * H + at] = a[t * B * H + at] * h[t * B * H + at] + a_h[t * B * H + at] * i[t * B * H + at] * x[t * B * H + at];
        }
        /* (12) z_y[t] = W_hy h[t] + b_y */
        /* z_y = h[t + 1] @ W_hyᵀ */
        product_nt(B, O, H, h + (t + 1) * B * H, H, W_hy, H, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b_y[col];
            }
        }
        /* (13) y_hat[t] = softmax(z_y[t]) */
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
        /* (14) J += −y[t]ᵀ log_softmax(z_y[t]) */
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
    return RGLRU_F64_OK;
}

rglru_f64_status rglru_f64_backward(const rglru_f64_sizes *sizes, const rglru_f64_given *given,
                                    const rglru_f64_kept *kept, const rglru_f64_gradients *gradients,
                                    double *work)
{
    const rglru_f64_status status = check(sizes);
    if (status != RGLRU_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return RGLRU_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->W_a == NULL || given->W_x == NULL ||
        given->W_hy == NULL || given->c == NULL || kept->h == NULL || kept->y_hat == NULL ||
        kept->a_a == NULL || kept->r == NULL || kept->i == NULL || kept->a == NULL ||
        kept->a_h == NULL || gradients->dW_a == NULL || gradients->db_a == NULL || gradients->dW_x == NULL ||
        gradients->db_x == NULL || gradients->dLambda == NULL || gradients->dW_hy == NULL || gradients->db_y == NULL ||
        gradients->dx == NULL || gradients->dh0 == NULL)
        return RGLRU_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;           /* (T, B, H) */
    const real *restrict const y = given->y;           /* (T, B, O) */
    const real *restrict const W_a = given->W_a;       /* (H, H) */
    const real *restrict const W_x = given->W_x;       /* (H, H) */
    const real *restrict const W_hy = given->W_hy;     /* (O, H) */
    const real *restrict const c = given->c;           /* () */
    const real *restrict const h = kept->h;            /* (T + 1, B, H) */
    const real *restrict const y_hat = kept->y_hat;    /* (T, B, O) */
    const real *restrict const a_a = kept->a_a;        /* (H) */
    const real *restrict const r = kept->r;            /* (T, B, H) */
    const real *restrict const i = kept->i;            /* (T, B, H) */
    const real *restrict const a = kept->a;            /* (T, B, H) */
    const real *restrict const a_h = kept->a_h;        /* (T, B, H) */
    real *restrict const dW_a = gradients->dW_a;       /* (H, H) */
    real *restrict const db_a = gradients->db_a;       /* (H) */
    real *restrict const dW_x = gradients->dW_x;       /* (H, H) */
    real *restrict const db_x = gradients->db_x;       /* (H) */
    real *restrict const dLambda = gradients->dLambda; /* (H) */
    real *restrict const dW_hy = gradients->dW_hy;     /* (O, H) */
    real *restrict const db_y = gradients->db_y;       /* (O) */
    real *restrict const dx = gradients->dx;           /* (T, B, H) */
    real *restrict const dh0 = gradients->dh0;         /* (B, H) */
    real *next = work;
    real *restrict const carry_h = next; /* (B, H) what later steps give to the adjoint of h */
    next += B * H;
    real *restrict const da_a = next;    /* (H) adjoint of a_a */
    next += H;
    real *restrict const dz_y = next;    /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dh = next;      /* (B, H) adjoint of h[t] */
    next += B * H;
    real *restrict const da_h = next;    /* (B, H) adjoint of a_h[t] */
    next += B * H;
    real *restrict const dz_h = next;    /* (B, H) adjoint of z_h[t] */
    next += B * H;
    real *restrict const da = next;      /* (B, H) adjoint of a[t] */
    next += B * H;
    real *restrict const dz2_a = next;   /* (B, H) adjoint of z2_a[t] */
    next += B * H;
    real *restrict const di = next;      /* (B, H) adjoint of i[t] */
    next += B * H;
    real *restrict const dz_i = next;    /* (B, H) adjoint of z_i[t] */
    next += B * H;
    real *restrict const dr = next;      /* (B, H) adjoint of r[t] */
    next += B * H;
    real *restrict const dz_r = next;    /* (B, H) adjoint of z_r[t] */
    next += B * H;
    real *restrict const dz_a = next;    /* (H) adjoint of z_a */

    for (size_t at = 0; at < H * H; ++at) {
        dW_a[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_a[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dW_x[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_x[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        dLambda[at] = 0.0;
    }
    for (size_t at = 0; at < O * H; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        da_a[at] = 0.0;
    }
    for (size_t at = 0; at < B * H; ++at) {
        carry_h[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (16) z̄_y[t] = y_hat[t] − y[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y[t * B * O + at];
        }
        /* (17) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ a[t+1] */
        /* dh = dz_y @ W_hy */
        product_nn(B, H, O, dz_y, O, W_hy, H, dh, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            dh[at] += carry_h[at];
        }
        /* (18) ā_h[t] = h̄[t] ∘ i[t] ∘ x[t] */
        for (size_t at = 0; at < B * H; ++at) {
            da_h[at] = dh[at] * i[t * B * H + at] * x[t * B * H + at];
        }
        /* (19) z̄_h[t] = ā_h[t] ∘ (1 ⊘ (2 a_h[t])) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_h[at] = da_h[at] * (1.0 / (2.0 * a_h[t * B * H + at]));
        }
        /* (20) ā[t] = h̄[t] ∘ h[t−1] − 2 (z̄_h[t] ∘ a[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            da[at] = dh[at] * h[t * B * H + at] - 2.0 * (dz_h[at] * a[t * B * H + at]);
        }
        /* (21) z2̄_a[t] = ā[t] ∘ a[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dz2_a[at] = da[at] * a[t * B * H + at];
        }
        /* (22) ī[t] = h̄[t] ∘ a_h[t] ∘ x[t] */
        for (size_t at = 0; at < B * H; ++at) {
            di[at] = dh[at] * a_h[t * B * H + at] * x[t * B * H + at];
        }
        /* (23) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_i[at] = di[at] * i[t * B * H + at] * (1.0 - i[t * B * H + at]);
        }
        /* (24) r̄[t] = −z2̄_a[t] ∘ (c a_a) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                dr[row * H + col] = -(dz2_a[row * H + col] * (c[0] * a_a[col]));
            }
        }
        /* (25) z̄_r[t] = r̄[t] ∘ r[t] ∘ (1 − r[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_r[at] = dr[at] * r[t * B * H + at] * (1.0 - r[t * B * H + at]);
        }
        /* (28) W̄_a += z̄_r[t] x[t]ᵀ */
        /* dW_a += dz_rᵀ @ x[t] */
        product_tn(H, H, B, dz_r, H, x + t * B * H, H, dW_a, H, true);
        /* (29) b̄_a += z̄_r[t] */
        /* db_a += sum over rows of dz_r */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_a[col] += dz_r[row * H + col];
            }
        }
        /* (30) W̄_x += z̄_i[t] x[t]ᵀ */
        /* dW_x += dz_iᵀ @ x[t] */
        product_tn(H, H, B, dz_i, H, x + t * B * H, H, dW_x, H, true);
        /* (31) b̄_x += z̄_i[t] */
        /* db_x += sum over rows of dz_i */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_x[col] += dz_i[row * H + col];
            }
        }
        /* (33) W̄_hy += z̄_y[t] h[t]ᵀ */
        /* dW_hy += dz_yᵀ @ h[t + 1] */
        product_tn(O, H, B, dz_y, O, h + (t + 1) * B * H, H, dW_hy, H, true);
        /* (34) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db_y[col] += dz_y[row * O + col];
            }
        }
        /* (35) x̄[t] = h̄[t] ∘ a_h[t] ∘ i[t] + W_xᵀ z̄_i[t] + W_aᵀ z̄_r[t] */
        /* dx[t] = dz_i @ W_x */
        product_nn(B, H, H, dz_i, H, W_x, H, dx + t * B * H, H, false);
        /* dx[t] += dz_r @ W_a */
        product_nn(B, H, H, dz_r, H, W_a, H, dx + t * B * H, H, true);
        for (size_t at = 0; at < B * H; ++at) {
            dx[t * B * H + at] += dh[at] * a_h[t * B * H + at] * i[t * B * H + at];
        }
        /* (26) ā_a += −c (z2̄_a[t] ∘ r[t]) */
        /* da_a += sum over rows of −(c ∘ (dz2_a ∘ r[t])) */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                da_a[col] += -(c[0] * (dz2_a[row * H + col] * r[t * B * H + row * H + col]));
            }
        }
        /* (17) what step t gives to h of earlier steps: h̄[t] ∘ a[t] */
        for (size_t at = 0; at < B * H; ++at) {
            carry_h[at] = dh[at] * a[t * B * H + at];
        }
    }
    /* (36) h̄[0] = h̄[1] ∘ a[1] */
    for (size_t at = 0; at < B * H; ++at) {
        dh0[at] = carry_h[at];
    }
    /* (27) z̄_a = ā_a ∘ (1 + (−1) ⊘ exp(a_a)) */
    for (size_t at = 0; at < H; ++at) {
        dz_a[at] = da_a[at] * (1.0 + -1.0 / exp_of(a_a[at]));
    }
    /* (32) Lambdā += −z̄_a */
    for (size_t at = 0; at < H; ++at) {
        dLambda[at] += -dz_a[at];
    }
    return RGLRU_F64_OK;
}

rglru_f64_status rglru_f64_loss_and_gradient(const rglru_f64_sizes *sizes, const rglru_f64_given *given,
                                             const rglru_f64_kept *kept, const rglru_f64_gradients *gradients,
                                             double *work)
{
    const rglru_f64_status status = rglru_f64_forward(sizes, given, kept, work);
    return status != RGLRU_F64_OK ? status : rglru_f64_backward(sizes, given, kept, gradients, work);
}
