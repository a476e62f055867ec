/* Jordan network with a decaying context of past outputs with softmax and cross-entropy:
 * see jordan_context_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "jordan_context_f64.h"

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

static jordan_context_f64_status check(const jordan_context_f64_sizes *sizes)
{
    if (sizes == NULL)
        return JORDAN_CONTEXT_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t O = sizes->O;
    const size_t H = sizes->H;
    const size_t O2 = sizes->O2;
    if (T == 0 || B == 0 || I == 0 || O == 0 || H == 0 || O2 == 0)
        return JORDAN_CONTEXT_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                             /* x */
        times(B, O),                                                                                                                                       /* s0 */
        times(B, O),                                                                                                                                       /* y0 */
        times(times(T, B), O2),                                                                                                                            /* y2 */
        times(H, I),                                                                                                                                       /* W */
        times(H, O),                                                                                                                                       /* U */
        H,                                                                                                                                                 /* b */
        times(O, H),                                                                                                                                       /* V */
        O,                                                                                                                                                 /* c */
        times(O2, O),                                                                                                                                      /* W_hy */
        O2,                                                                                                                                                /* b_y */
        times(times(plus(T, 1), B), O),                                                                                                                    /* s */
        times(times(plus(T, 1), B), O),                                                                                                                    /* y */
        times(times(T, B), O2),                                                                                                                            /* y_hat */
        times(times(T, B), H),                                                                                                                             /* h */
        times(H, I),                                                                                                                                       /* dW */
        times(H, O),                                                                                                                                       /* dU */
        H,                                                                                                                                                 /* db */
        times(O, H),                                                                                                                                       /* dV */
        O,                                                                                                                                                 /* dc */
        times(O2, O),                                                                                                                                      /* dW_hy */
        O2,                                                                                                                                                /* db_y */
        times(times(T, B), I),                                                                                                                             /* dx */
        times(B, O),                                                                                                                                       /* ds0 */
        times(B, O),                                                                                                                                       /* dy0 */
        plus(plus(plus(plus(plus(times(B, H), times(B, O)), times(B, O2)), B), B), B),                                                                     /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(times(B, O), times(B, O)), times(B, O2)), times(B, O)), times(B, O)), times(B, H)), times(B, H)), times(B, O)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return JORDAN_CONTEXT_F64_TOO_LARGE;
    return JORDAN_CONTEXT_F64_OK;
}

const char *jordan_context_f64_message(jordan_context_f64_status status)
{
    switch (status) {
    case JORDAN_CONTEXT_F64_OK:
        return "all is well";
    case JORDAN_CONTEXT_F64_ZERO_SIZE:
        return "a size is 0";
    case JORDAN_CONTEXT_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case JORDAN_CONTEXT_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t jordan_context_f64_workspace(const jordan_context_f64_sizes *sizes)
{
    if (check(sizes) != JORDAN_CONTEXT_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t O = sizes->O;
    const size_t H = sizes->H;
    const size_t O2 = sizes->O2;
    const size_t for_forward = B * H + B * O + B * O2 + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * O + B * O + B * O2 + B * O + B * O + B * H + B * H + B * O;
    if (for_backward > most)
        most = for_backward;
    return most;
}

jordan_context_f64_status jordan_context_f64_forward(const jordan_context_f64_sizes *sizes,
                                                     const jordan_context_f64_given *given,
                                                     const jordan_context_f64_kept *kept, double *work)
{
    const jordan_context_f64_status status = check(sizes);
    if (status != JORDAN_CONTEXT_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return JORDAN_CONTEXT_F64_NULL;
    if (given->x == NULL || given->s0 == NULL || given->y0 == NULL || given->y2 == NULL ||
        given->W == NULL || given->U == NULL || given->b == NULL || given->V == NULL ||
        given->c == NULL || given->W_hy == NULL || given->b_y == NULL || given->mu == NULL ||
        kept->s == NULL || kept->y == NULL || kept->y_hat == NULL || kept->h == NULL ||
        kept->J == NULL)
        return JORDAN_CONTEXT_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t O = sizes->O;
    const size_t H = sizes->H;
    const size_t O2 = sizes->O2;
    const real *restrict const x = given->x;       /* (T, B, I) */
    const real *restrict const s0 = given->s0;     /* (B, O) */
    const real *restrict const y0 = given->y0;     /* (B, O) */
    const real *restrict const y2 = given->y2;     /* (T, B, O2) */
    const real *restrict const W = given->W;       /* (H, I) */
    const real *restrict const U = given->U;       /* (H, O) */
    const real *restrict const b = given->b;       /* (H) */
    const real *restrict const V = given->V;       /* (O, H) */
    const real *restrict const c = given->c;       /* (O) */
    const real *restrict const W_hy = given->W_hy; /* (O2, O) */
    const real *restrict const b_y = given->b_y;   /* (O2) */
    const real *restrict const mu = given->mu;     /* () */
    real *restrict const s = kept->s;              /* (T + 1, B, O) */
    real *restrict const y = kept->y;              /* (T + 1, B, O) */
    real *restrict const y_hat = kept->y_hat;      /* (T, B, O2) */
    real *restrict const h = kept->h;              /* (T, B, H) */
    real *restrict const J = kept->J;              /* () */
    real *next = work;
    real *restrict const z_h = next;       /* (B, H) z_h[t] */
    next += B * H;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const z2_y = next;      /* (B, O2) z2_y[t] */
    next += B * O2;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    for (size_t at = 0; at < B * O; ++at) {
        s[at] = s0[at];
    }
    for (size_t at = 0; at < B * O; ++at) {
        y[at] = y0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) s[t] = mu s[t−1] + y[t−1] */
        for (size_t at = 0; at < B * O; ++at) {
            s[(t + 1) * B * O + at] = mu[0] * s[t * B * O + at] + y[t * B * O + at];
        }
        /* (2) z_h[t] = W x[t] + U s[t] + b */
        /* z_h = x[t] @ Wᵀ */
        product_nt(B, H, I, x + t * B * I, I, W, I, z_h, H, false);
        /* z_h += s[t + 1] @ Uᵀ */
        product_nt(B, H, O, s + (t + 1) * B * O, O, U, O, z_h, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_h[row * H + col] += b[col];
            }
        }
        /* (3) h[t] = tanh(z_h[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            h[t * B * H + at] = tanh_of(z_h[at]);
        }
        /* (4) z_y[t] = V h[t] + c */
        /* z_y = h[t] @ Vᵀ */
        product_nt(B, O, H, h + t * B * H, H, V, H, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += c[col];
            }
        }
        /* (5) y[t] = sigmoid(z_y[t]) */
        for (size_t at = 0; at < B * O; ++at) {
            y[(t + 1) * B * O + at] = sigmoid(z_y[at]);
        }
        /* (6) z2_y[t] = W_hy y[t] + b_y */
        /* z2_y = y[t + 1] @ W_hyᵀ */
        product_nt(B, O2, O, y + (t + 1) * B * O, O, W_hy, O, z2_y, O2, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                z2_y[row * O2 + col] += b_y[col];
            }
        }
        /* (7) y_hat[t] = softmax(z2_y[t]) */
        /* largest = max over columns of z2_y */
        for (size_t row = 0; row < B; ++row) {
            real running = z2_y[row * O2];
            for (size_t col = 0; col < O2; ++col) {
                running = larger(running, z2_y[row * O2 + col]);
            }
            largest[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                y_hat[t * B * O2 + row * O2 + col] = exp_of(z2_y[row * O2 + col] - largest[row]);
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
        /* (8) J += −y2[t]ᵀ log_softmax(z2_y[t]) */
        for (size_t at = 0; at < B; ++at) {
            log_total[at] = log_of(total[at]);
        }
        /* J += sum over all of −(y2[t] ∘ (z2_y − column(largest) − column(log_total))) */
        {
            real running = 0.0;
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = 0; col < O2; ++col) {
                    running += -(y2[t * B * O2 + row * O2 + col] * (z2_y[row * O2 + col] - largest[row] - log_total[row]));
                }
            }
            J[0] += running;
        }
    }
    return JORDAN_CONTEXT_F64_OK;
}

jordan_context_f64_status jordan_context_f64_backward(const jordan_context_f64_sizes *sizes,
                                                      const jordan_context_f64_given *given,
                                                      const jordan_context_f64_kept *kept,
                                                      const jordan_context_f64_gradients *gradients,
                                                      double *work)
{
    const jordan_context_f64_status status = check(sizes);
    if (status != JORDAN_CONTEXT_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return JORDAN_CONTEXT_F64_NULL;
    if (given->x == NULL || given->y2 == NULL || given->W == NULL || given->U == NULL ||
        given->V == NULL || given->W_hy == NULL || given->mu == NULL || kept->s == NULL ||
        kept->y == NULL || kept->y_hat == NULL || kept->h == NULL || gradients->dW == NULL ||
        gradients->dU == NULL || gradients->db == NULL || gradients->dV == NULL || gradients->dc == NULL ||
        gradients->dW_hy == NULL || gradients->db_y == NULL || gradients->dx == NULL || gradients->ds0 == NULL ||
        gradients->dy0 == NULL)
        return JORDAN_CONTEXT_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t O = sizes->O;
    const size_t H = sizes->H;
    const size_t O2 = sizes->O2;
    const real *restrict const x = given->x;        /* (T, B, I) */
    const real *restrict const y2 = given->y2;      /* (T, B, O2) */
    const real *restrict const W = given->W;        /* (H, I) */
    const real *restrict const U = given->U;        /* (H, O) */
    const real *restrict const V = given->V;        /* (O, H) */
    const real *restrict const W_hy = given->W_hy;  /* (O2, O) */
    const real *restrict const mu = given->mu;      /* () */
    const real *restrict const s = kept->s;         /* (T + 1, B, O) */
    const real *restrict const y = kept->y;         /* (T + 1, B, O) */
    const real *restrict const y_hat = kept->y_hat; /* (T, B, O2) */
    const real *restrict const h = kept->h;         /* (T, B, H) */
    real *restrict const dW = gradients->dW;        /* (H, I) */
    real *restrict const dU = gradients->dU;        /* (H, O) */
    real *restrict const db = gradients->db;        /* (H) */
    real *restrict const dV = gradients->dV;        /* (O, H) */
    real *restrict const dc = gradients->dc;        /* (O) */
    real *restrict const dW_hy = gradients->dW_hy;  /* (O2, O) */
    real *restrict const db_y = gradients->db_y;    /* (O2) */
    real *restrict const dx = gradients->dx;        /* (T, B, I) */
    real *restrict const ds0 = gradients->ds0;      /* (B, O) */
    real *restrict const dy0 = gradients->dy0;      /* (B, O) */
    real *next = work;
    real *restrict const carry_s = next; /* (B, O) what later steps give to the adjoint of s */
    next += B * O;
    real *restrict const carry_y = next; /* (B, O) what later steps give to the adjoint of y */
    next += B * O;
    real *restrict const dz2_y = next;   /* (B, O2) adjoint of z2_y[t] */
    next += B * O2;
    real *restrict const dy = next;      /* (B, O) adjoint of y[t] */
    next += B * O;
    real *restrict const dz_y = next;    /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dh = next;      /* (B, H) adjoint of h[t] */
    next += B * H;
    real *restrict const dz_h = next;    /* (B, H) adjoint of z_h[t] */
    next += B * H;
    real *restrict const ds = next;      /* (B, O) adjoint of s[t] */

    for (size_t at = 0; at < H * I; ++at) {
        dW[at] = 0.0;
    }
    for (size_t at = 0; at < H * O; ++at) {
        dU[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db[at] = 0.0;
    }
    for (size_t at = 0; at < O * H; ++at) {
        dV[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        dc[at] = 0.0;
    }
    for (size_t at = 0; at < O2 * O; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O2; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < B * O; ++at) {
        carry_s[at] = 0.0;
    }
    for (size_t at = 0; at < B * O; ++at) {
        carry_y[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (10) z2̄_y[t] = y_hat[t] − y2[t] */
        for (size_t at = 0; at < B * O2; ++at) {
            dz2_y[at] = y_hat[t * B * O2 + at] - y2[t * B * O2 + at];
        }
        /* (11) ȳ[t] = W_hyᵀ z2̄_y[t] + s̄[t+1] */
        /* dy = dz2_y @ W_hy */
        product_nn(B, O, O2, dz2_y, O2, W_hy, O, dy, O, false);
        for (size_t at = 0; at < B * O; ++at) {
            dy[at] += carry_y[at];
        }
        /* (12) z̄_y[t] = ȳ[t] ∘ y[t] ∘ (1 − y[t]) */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = dy[at] * y[(t + 1) * B * O + at] * (1.0 - y[(t + 1) * B * O + at]);
        }
        /* (13) h̄[t] = Vᵀ z̄_y[t] */
        /* dh = dz_y @ V */
        product_nn(B, H, O, dz_y, O, V, H, dh, H, false);
        /* (14) z̄_h[t] = h̄[t] ∘ (1 − h[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_h[at] = dh[at] * (1.0 - square(h[t * B * H + at]));
        }
        /* (15) s̄[t] = Uᵀ z̄_h[t] + mu s̄[t+1] */
        /* ds = dz_h @ U */
        product_nn(B, O, H, dz_h, H, U, O, ds, O, false);
        for (size_t at = 0; at < B * O; ++at) {
            ds[at] += carry_s[at];
        }
        /* (16) W̄ += z̄_h[t] x[t]ᵀ */
        /* dW += dz_hᵀ @ x[t] */
        product_tn(H, I, B, dz_h, H, x + t * B * I, I, dW, I, true);
        /* (17) Ū += z̄_h[t] s[t]ᵀ */
        /* dU += dz_hᵀ @ s[t + 1] */
        product_tn(H, O, B, dz_h, H, s + (t + 1) * B * O, O, dU, O, true);
        /* (18) b̄ += z̄_h[t] */
        /* db += sum over rows of dz_h */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db[col] += dz_h[row * H + col];
            }
        }
        /* (19) V̄ += z̄_y[t] h[t]ᵀ */
        /* dV += dz_yᵀ @ h[t] */
        product_tn(O, H, B, dz_y, O, h + t * B * H, H, dV, H, true);
        /* (20) c̄ += z̄_y[t] */
        /* dc += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                dc[col] += dz_y[row * O + col];
            }
        }
        /* (21) W̄_hy += z2̄_y[t] y[t]ᵀ */
        /* dW_hy += dz2_yᵀ @ y[t + 1] */
        product_tn(O2, O, B, dz2_y, O2, y + (t + 1) * B * O, O, dW_hy, O, true);
        /* (22) b̄_y += z2̄_y[t] */
        /* db_y += sum over rows of dz2_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                db_y[col] += dz2_y[row * O2 + col];
            }
        }
        /* (23) x̄[t] = Wᵀ z̄_h[t] */
        /* dx[t] = dz_h @ W */
        product_nn(B, I, H, dz_h, H, W, I, dx + t * B * I, I, false);
        /* (11) what step t gives to y of earlier steps: s̄[t] */
        for (size_t at = 0; at < B * O; ++at) {
            carry_y[at] = ds[at];
        }
        /* (15) what step t gives to s of earlier steps: mu s̄[t] */
        for (size_t at = 0; at < B * O; ++at) {
            carry_s[at] = mu[0] * ds[at];
        }
    }
    /* (24) s̄[0] = mu s̄[1] */
    for (size_t at = 0; at < B * O; ++at) {
        ds0[at] = carry_s[at];
    }
    /* (25) ȳ[0] = s̄[1] */
    for (size_t at = 0; at < B * O; ++at) {
        dy0[at] = carry_y[at];
    }
    return JORDAN_CONTEXT_F64_OK;
}

jordan_context_f64_status jordan_context_f64_loss_and_gradient(const jordan_context_f64_sizes *sizes,
                                                               const jordan_context_f64_given *given,
                                                               const jordan_context_f64_kept *kept,
                                                               const jordan_context_f64_gradients *gradients,
                                                               double *work)
{
    const jordan_context_f64_status status = jordan_context_f64_forward(sizes, given, kept, work);
    return status != JORDAN_CONTEXT_F64_OK ? status : jordan_context_f64_backward(sizes, given, kept, gradients, work);
}
