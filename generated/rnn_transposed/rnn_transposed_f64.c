/* vanilla recurrent network with transposed weights with softmax and cross-entropy with transposed weights:
 * see rnn_transposed_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "rnn_transposed_f64.h"

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

static rnn_transposed_f64_status check(const rnn_transposed_f64_sizes *sizes)
{
    if (sizes == NULL)
        return RNN_TRANSPOSED_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t n_x = sizes->n_x;
    const size_t n_a = sizes->n_a;
    const size_t n_y = sizes->n_y;
    if (T == 0 || B == 0 || n_x == 0 || n_a == 0 || n_y == 0)
        return RNN_TRANSPOSED_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), n_x),                                                      /* x */
        times(B, n_a),                                                                /* a0 */
        times(times(T, B), n_y),                                                      /* y */
        times(n_a, n_a),                                                              /* W_aa */
        times(n_x, n_a),                                                              /* W_ax */
        n_a,                                                                          /* b_a */
        times(n_a, n_y),                                                              /* W_ya */
        n_y,                                                                          /* b_y */
        times(times(plus(T, 1), B), n_a),                                             /* a */
        times(times(T, B), n_y),                                                      /* y_hat */
        times(n_a, n_a),                                                              /* dW_aa */
        times(n_x, n_a),                                                              /* dW_ax */
        n_a,                                                                          /* db_a */
        times(n_a, n_y),                                                              /* dW_ya */
        n_y,                                                                          /* db_y */
        times(times(T, B), n_x),                                                      /* dx */
        times(B, n_a),                                                                /* da0 */
        plus(plus(plus(plus(times(B, n_a), times(B, n_y)), B), B), B),                /* workspace of forward */
        plus(plus(plus(times(B, n_a), times(B, n_y)), times(B, n_a)), times(B, n_a)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return RNN_TRANSPOSED_F64_TOO_LARGE;
    return RNN_TRANSPOSED_F64_OK;
}

const char *rnn_transposed_f64_message(rnn_transposed_f64_status status)
{
    switch (status) {
    case RNN_TRANSPOSED_F64_OK:
        return "all is well";
    case RNN_TRANSPOSED_F64_ZERO_SIZE:
        return "a size is 0";
    case RNN_TRANSPOSED_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case RNN_TRANSPOSED_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t rnn_transposed_f64_workspace(const rnn_transposed_f64_sizes *sizes)
{
    if (check(sizes) != RNN_TRANSPOSED_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t n_a = sizes->n_a;
    const size_t n_y = sizes->n_y;
    const size_t for_forward = B * n_a + B * n_y + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * n_a + B * n_y + B * n_a + B * n_a;
    if (for_backward > most)
        most = for_backward;
    return most;
}

rnn_transposed_f64_status rnn_transposed_f64_forward(const rnn_transposed_f64_sizes *sizes,
                                                     const rnn_transposed_f64_given *given,
                                                     const rnn_transposed_f64_kept *kept, double *work)
{
    const rnn_transposed_f64_status status = check(sizes);
    if (status != RNN_TRANSPOSED_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return RNN_TRANSPOSED_F64_NULL;
    if (given->x == NULL || given->a0 == NULL || given->y == NULL || given->W_aa == NULL ||
        given->W_ax == NULL || given->b_a == NULL || given->W_ya == NULL || given->b_y == NULL ||
        kept->a == NULL || kept->y_hat == NULL || kept->J == NULL)
        return RNN_TRANSPOSED_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t n_x = sizes->n_x;
    const size_t n_a = sizes->n_a;
    const size_t n_y = sizes->n_y;
    const real *restrict const x = given->x;       /* (T, B, n_x) */
    const real *restrict const a0 = given->a0;     /* (B, n_a) */
    const real *restrict const y = given->y;       /* (T, B, n_y) */
    const real *restrict const W_aa = given->W_aa; /* (n_a, n_a) */
    const real *restrict const W_ax = given->W_ax; /* (n_x, n_a) */
    const real *restrict const b_a = given->b_a;   /* (n_a) */
    const real *restrict const W_ya = given->W_ya; /* (n_a, n_y) */
    const real *restrict const b_y = given->b_y;   /* (n_y) */
    real *restrict const a = kept->a;              /* (T + 1, B, n_a) */
    real *restrict const y_hat = kept->y_hat;      /* (T, B, n_y) */
    real *restrict const J = kept->J;              /* () */
    real *next = work;
    real *restrict const z_a = next;       /* (B, n_a) z_a[t] */
    next += B * n_a;
    real *restrict const z_y = next;       /* (B, n_y) z_y[t] */
    next += B * n_y;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    for (size_t at = 0; at < B * n_a; ++at) {
        a[at] = a0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) z_a[t] = W_aaᵀ a[t−1] + W_axᵀ x[t] + b_a */
        /* z_a = a[t] @ W_aa */
        product_nn(B, n_a, n_a, a + t * B * n_a, n_a, W_aa, n_a, z_a, n_a, false);
        /* z_a += x[t] @ W_ax */
        product_nn(B, n_a, n_x, x + t * B * n_x, n_x, W_ax, n_a, z_a, n_a, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < n_a; ++col) {
                z_a[row * n_a + col] += b_a[col];
            }
        }
        /* (2) a[t] = tanh(z_a[t]) */
        for (size_t at = 0; at < B * n_a; ++at) {
            a[(t + 1) * B * n_a + at] = tanh_of(z_a[at]);
        }
        /* (3) z_y[t] = W_yaᵀ a[t] + b_y */
        /* z_y = a[t + 1] @ W_ya */
        product_nn(B, n_y, n_a, a + (t + 1) * B * n_a, n_a, W_ya, n_y, z_y, n_y, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < n_y; ++col) {
                z_y[row * n_y + col] += b_y[col];
            }
        }
        /* (4) y_hat[t] = softmax(z_y[t]) */
        /* largest = max over columns of z_y */
        for (size_t row = 0; row < B; ++row) {
            real running = z_y[row * n_y];
            for (size_t col = 0; col < n_y; ++col) {
                running = larger(running, z_y[row * n_y + col]);
            }
            largest[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < n_y; ++col) {
                y_hat[t * B * n_y + row * n_y + col] = exp_of(z_y[row * n_y + col] - largest[row]);
            }
        }
        /* total = sum over columns of y_hat[t] */
        for (size_t row = 0; row < B; ++row) {
            real running = 0.0;
            for (size_t col = 0; col < n_y; ++col) {
                running += y_hat[t * B * n_y + row * n_y + col];
            }
            total[row] = running;
        }
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < n_y; ++col) {
                y_hat[t * B * n_y + row * n_y + col] = y_hat[t * B * n_y + row * n_y + col] / total[row];
            }
        }
        /* (5) J += −y[t]ᵀ log_softmax(z_y[t]) */
        for (size_t at = 0; at < B; ++at) {
            log_total[at] = log_of(total[at]);
        }
        /* J += sum over all of −(y[t] ∘ (z_y − column(largest) − column(log_total))) */
        {
            real running = 0.0;
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = 0; col < n_y; ++col) {
                    running += -(y[t * B * n_y + row * n_y + col] * (z_y[row * n_y + col] - largest[row] - log_total[row]));
                }
            }
            J[0] += running;
        }
    }
    return RNN_TRANSPOSED_F64_OK;
}

rnn_transposed_f64_status rnn_transposed_f64_backward(const rnn_transposed_f64_sizes *sizes,
                                                      const rnn_transposed_f64_given *given,
                                                      const rnn_transposed_f64_kept *kept,
                                                      const rnn_transposed_f64_gradients *gradients,
                                                      double *work)
{
    const rnn_transposed_f64_status status = check(sizes);
    if (status != RNN_TRANSPOSED_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return RNN_TRANSPOSED_F64_NULL;
    if (given->x == NULL || given->y == NULL || given->W_aa == NULL || given->W_ax == NULL ||
        given->W_ya == NULL || kept->a == NULL || kept->y_hat == NULL || gradients->dW_aa == NULL ||
        gradients->dW_ax == NULL || gradients->db_a == NULL || gradients->dW_ya == NULL || gradients->db_y == NULL ||
        gradients->dx == NULL || gradients->da0 == NULL)
        return RNN_TRANSPOSED_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t n_x = sizes->n_x;
    const size_t n_a = sizes->n_a;
    const size_t n_y = sizes->n_y;
    const real *restrict const x = given->x;        /* (T, B, n_x) */
    const real *restrict const y = given->y;        /* (T, B, n_y) */
    const real *restrict const W_aa = given->W_aa;  /* (n_a, n_a) */
    const real *restrict const W_ax = given->W_ax;  /* (n_x, n_a) */
    const real *restrict const W_ya = given->W_ya;  /* (n_a, n_y) */
    const real *restrict const a = kept->a;         /* (T + 1, B, n_a) */
    const real *restrict const y_hat = kept->y_hat; /* (T, B, n_y) */
    real *restrict const dW_aa = gradients->dW_aa;  /* (n_a, n_a) */
    real *restrict const dW_ax = gradients->dW_ax;  /* (n_x, n_a) */
    real *restrict const db_a = gradients->db_a;    /* (n_a) */
    real *restrict const dW_ya = gradients->dW_ya;  /* (n_a, n_y) */
    real *restrict const db_y = gradients->db_y;    /* (n_y) */
    real *restrict const dx = gradients->dx;        /* (T, B, n_x) */
    real *restrict const da0 = gradients->da0;      /* (B, n_a) */
    real *next = work;
    real *restrict const carry_a = next; /* (B, n_a) what later steps give to the adjoint of a */
    next += B * n_a;
    real *restrict const dz_y = next;    /* (B, n_y) adjoint of z_y[t] */
    next += B * n_y;
    real *restrict const da = next;      /* (B, n_a) adjoint of a[t] */
    next += B * n_a;
    real *restrict const dz_a = next;    /* (B, n_a) adjoint of z_a[t] */

    for (size_t at = 0; at < n_a * n_a; ++at) {
        dW_aa[at] = 0.0;
    }
    for (size_t at = 0; at < n_x * n_a; ++at) {
        dW_ax[at] = 0.0;
    }
    for (size_t at = 0; at < n_a; ++at) {
        db_a[at] = 0.0;
    }
    for (size_t at = 0; at < n_a * n_y; ++at) {
        dW_ya[at] = 0.0;
    }
    for (size_t at = 0; at < n_y; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < B * n_a; ++at) {
        carry_a[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (7) z̄_y[t] = y_hat[t] − y[t] */
        for (size_t at = 0; at < B * n_y; ++at) {
            dz_y[at] = y_hat[t * B * n_y + at] - y[t * B * n_y + at];
        }
        /* (8) ā[t] = W_ya z̄_y[t] + W_aa z̄_a[t+1] */
        /* da = dz_y @ W_yaᵀ */
        product_nt(B, n_a, n_y, dz_y, n_y, W_ya, n_y, da, n_a, false);
        for (size_t at = 0; at < B * n_a; ++at) {
            da[at] += carry_a[at];
        }
        /* (9) z̄_a[t] = ā[t] ∘ (1 − a[t]²) */
        for (size_t at = 0; at < B * n_a; ++at) {
            dz_a[at] = da[at] * (1.0 - square(a[(t + 1) * B * n_a + at]));
        }
        /* (10) W̄_aa += a[t−1] z̄_a[t]ᵀ */
        /* dW_aa += a[t]ᵀ @ dz_a */
        product_tn(n_a, n_a, B, a + t * B * n_a, n_a, dz_a, n_a, dW_aa, n_a, true);
        /* (11) W̄_ax += x[t] z̄_a[t]ᵀ */
        /* dW_ax += x[t]ᵀ @ dz_a */
        product_tn(n_x, n_a, B, x + t * B * n_x, n_x, dz_a, n_a, dW_ax, n_a, true);
        /* (12) b̄_a += z̄_a[t] */
        /* db_a += sum over rows of dz_a */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < n_a; ++col) {
                db_a[col] += dz_a[row * n_a + col];
            }
        }
        /* (13) W̄_ya += a[t] z̄_y[t]ᵀ */
        /* dW_ya += a[t + 1]ᵀ @ dz_y */
        product_tn(n_a, n_y, B, a + (t + 1) * B * n_a, n_a, dz_y, n_y, dW_ya, n_y, true);
        /* (14) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < n_y; ++col) {
                db_y[col] += dz_y[row * n_y + col];
            }
        }
        /* (15) x̄[t] = W_ax z̄_a[t] */
        /* dx[t] = dz_a @ W_axᵀ */
        product_nt(B, n_x, n_a, dz_a, n_a, W_ax, n_a, dx + t * B * n_x, n_x, false);
        /* (8) what step t gives to a of earlier steps: W_aa z̄_a[t] */
        /* carry_a = dz_a @ W_aaᵀ */
        product_nt(B, n_a, n_a, dz_a, n_a, W_aa, n_a, carry_a, n_a, false);
    }
    /* (16) ā[0] = W_aa z̄_a[1] */
    for (size_t at = 0; at < B * n_a; ++at) {
        da0[at] = carry_a[at];
    }
    return RNN_TRANSPOSED_F64_OK;
}

rnn_transposed_f64_status rnn_transposed_f64_loss_and_gradient(const rnn_transposed_f64_sizes *sizes,
                                                               const rnn_transposed_f64_given *given,
                                                               const rnn_transposed_f64_kept *kept,
                                                               const rnn_transposed_f64_gradients *gradients,
                                                               double *work)
{
    const rnn_transposed_f64_status status = rnn_transposed_f64_forward(sizes, given, kept, work);
    return status != RNN_TRANSPOSED_F64_OK ? status : rnn_transposed_f64_backward(sizes, given, kept, gradients, work);
}
