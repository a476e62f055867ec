/* structurally constrained recurrent network with softmax and cross-entropy:
 * see scrn_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "scrn_f64.h"

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

static scrn_f64_status check(const scrn_f64_sizes *sizes)
{
    if (sizes == NULL)
        return SCRN_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t P = sizes->P;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t O2 = sizes->O2;
    if (T == 0 || B == 0 || I == 0 || P == 0 || H == 0 || O == 0 || O2 == 0)
        return SCRN_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                             /* x */
        times(B, P),                                                                                                                                       /* s0 */
        times(B, H),                                                                                                                                       /* h0 */
        times(times(T, B), O2),                                                                                                                            /* y2 */
        times(H, I),                                                                                                                                       /* A */
        times(O, H),                                                                                                                                       /* U */
        times(P, I),                                                                                                                                       /* B_x */
        times(H, P),                                                                                                                                       /* P_s */
        times(H, H),                                                                                                                                       /* R */
        times(O, P),                                                                                                                                       /* V */
        times(O2, O),                                                                                                                                      /* W_hy */
        O2,                                                                                                                                                /* b_y */
        times(times(plus(T, 1), B), P),                                                                                                                    /* s */
        times(times(plus(T, 1), B), H),                                                                                                                    /* h */
        times(times(T, B), O),                                                                                                                             /* y */
        times(times(T, B), O2),                                                                                                                            /* y_hat */
        times(H, I),                                                                                                                                       /* dA */
        times(O, H),                                                                                                                                       /* dU */
        times(P, I),                                                                                                                                       /* dB_x */
        times(H, P),                                                                                                                                       /* dP_s */
        times(H, H),                                                                                                                                       /* dR */
        times(O, P),                                                                                                                                       /* dV */
        times(O2, O),                                                                                                                                      /* dW_hy */
        O2,                                                                                                                                                /* db_y */
        times(times(T, B), I),                                                                                                                             /* dx */
        times(B, P),                                                                                                                                       /* ds0 */
        times(B, H),                                                                                                                                       /* dh0 */
        plus(plus(plus(plus(plus(times(B, P), times(B, H)), times(B, O2)), B), B), B),                                                                     /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(times(B, P), times(B, H)), times(B, O2)), times(B, O)), times(B, H)), times(B, H)), times(B, P)), times(B, P)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return SCRN_F64_TOO_LARGE;
    return SCRN_F64_OK;
}

const char *scrn_f64_message(scrn_f64_status status)
{
    switch (status) {
    case SCRN_F64_OK:
        return "all is well";
    case SCRN_F64_ZERO_SIZE:
        return "a size is 0";
    case SCRN_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case SCRN_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t scrn_f64_workspace(const scrn_f64_sizes *sizes)
{
    if (check(sizes) != SCRN_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t P = sizes->P;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t O2 = sizes->O2;
    const size_t for_forward = B * P + B * H + B * O2 + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * P + B * H + B * O2 + B * O + B * H + B * H + B * P + B * P;
    if (for_backward > most)
        most = for_backward;
    return most;
}

scrn_f64_status scrn_f64_forward(const scrn_f64_sizes *sizes, const scrn_f64_given *given,
                                 const scrn_f64_kept *kept, double *work)
{
    const scrn_f64_status status = check(sizes);
    if (status != SCRN_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return SCRN_F64_NULL;
    if (given->x == NULL || given->s0 == NULL || given->h0 == NULL || given->y2 == NULL ||
        given->A == NULL || given->U == NULL || given->B_x == NULL || given->P_s == NULL ||
        given->R == NULL || given->V == NULL || given->W_hy == NULL || given->b_y == NULL ||
        given->alpha == NULL || kept->s == NULL || kept->h == NULL || kept->y == NULL ||
        kept->y_hat == NULL || kept->J == NULL)
        return SCRN_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t P = sizes->P;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t O2 = sizes->O2;
    const real *restrict const x = given->x;         /* (T, B, I) */
    const real *restrict const s0 = given->s0;       /* (B, P) */
    const real *restrict const h0 = given->h0;       /* (B, H) */
    const real *restrict const y2 = given->y2;       /* (T, B, O2) */
    const real *restrict const A = given->A;         /* (H, I) */
    const real *restrict const U = given->U;         /* (O, H) */
    const real *restrict const B_x = given->B_x;     /* (P, I) */
    const real *restrict const P_s = given->P_s;     /* (H, P) */
    const real *restrict const R = given->R;         /* (H, H) */
    const real *restrict const V = given->V;         /* (O, P) */
    const real *restrict const W_hy = given->W_hy;   /* (O2, O) */
    const real *restrict const b_y = given->b_y;     /* (O2) */
    const real *restrict const alpha = given->alpha; /* () */
    real *restrict const s = kept->s;                /* (T + 1, B, P) */
    real *restrict const h = kept->h;                /* (T + 1, B, H) */
    real *restrict const y = kept->y;                /* (T, B, O) */
    real *restrict const y_hat = kept->y_hat;        /* (T, B, O2) */
    real *restrict const J = kept->J;                /* () */
    real *next = work;
    real *restrict const u_s = next;       /* (B, P) u_s[t] */
    next += B * P;
    real *restrict const z_h = next;       /* (B, H) z_h[t] */
    next += B * H;
    real *restrict const z_y = next;       /* (B, O2) z_y[t] */
    next += B * O2;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    for (size_t at = 0; at < B * P; ++at) {
        s[at] = s0[at];
    }
    for (size_t at = 0; at < B * H; ++at) {
        h[at] = h0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) u_s[t] = B_x x[t] */
        /* u_s = x[t] @ B_xᵀ */
        product_nt(B, P, I, x + t * B * I, I, B_x, I, u_s, P, false);
        /* (2) s[t] = (1 − alpha) u_s[t] + alpha s[t−1] */
        for (size_t at = 0; at < B * P; ++at) {
            s[(t + 1) * B * P + at] = (1.0 - alpha[0]) * u_s[at] + alpha[0] * s[t * B * P + at];
        }
        /* (3) z_h[t] = P_s s[t] + A x[t] + R h[t−1] */
        /* z_h = s[t + 1] @ P_sᵀ */
        product_nt(B, H, P, s + (t + 1) * B * P, P, P_s, P, z_h, H, false);
        /* z_h += x[t] @ Aᵀ */
        product_nt(B, H, I, x + t * B * I, I, A, I, z_h, H, true);
        /* z_h += h[t] @ Rᵀ */
        product_nt(B, H, H, h + t * B * H, H, R, H, z_h, H, true);
        /* (4) h[t] = sigmoid(z_h[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            h[(t + 1) * B * H + at] = sigmoid(z_h[at]);
        }
        /* (5) y[t] = U h[t] + V s[t] */
        /* y[t] = h[t + 1] @ Uᵀ */
        product_nt(B, O, H, h + (t + 1) * B * H, H, U, H, y + t * B * O, O, false);
        /* y[t] += s[t + 1] @ Vᵀ */
        product_nt(B, O, P, s + (t + 1) * B * P, P, V, P, y + t * B * O, O, true);
        /* (6) z_y[t] = W_hy y[t] + b_y */
        /* z_y = y[t] @ W_hyᵀ */
        product_nt(B, O2, O, y + t * B * O, O, W_hy, O, z_y, O2, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                z_y[row * O2 + col] += b_y[col];
            }
        }
        /* (7) y_hat[t] = softmax(z_y[t]) */
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
        /* (8) J += −y2[t]ᵀ log_softmax(z_y[t]) */
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
    return SCRN_F64_OK;
}

scrn_f64_status scrn_f64_backward(const scrn_f64_sizes *sizes, const scrn_f64_given *given,
                                  const scrn_f64_kept *kept, const scrn_f64_gradients *gradients, double *work)
{
    const scrn_f64_status status = check(sizes);
    if (status != SCRN_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return SCRN_F64_NULL;
    if (given->x == NULL || given->y2 == NULL || given->A == NULL || given->U == NULL ||
        given->B_x == NULL || given->P_s == NULL || given->R == NULL || given->V == NULL ||
        given->W_hy == NULL || given->alpha == NULL || kept->s == NULL || kept->h == NULL ||
        kept->y == NULL || kept->y_hat == NULL || gradients->dA == NULL || gradients->dU == NULL ||
        gradients->dB_x == NULL || gradients->dP_s == NULL || gradients->dR == NULL || gradients->dV == NULL ||
        gradients->dW_hy == NULL || gradients->db_y == NULL || gradients->dx == NULL || gradients->ds0 == NULL ||
        gradients->dh0 == NULL)
        return SCRN_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t P = sizes->P;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t O2 = sizes->O2;
    const real *restrict const x = given->x;         /* (T, B, I) */
    const real *restrict const y2 = given->y2;       /* (T, B, O2) */
    const real *restrict const A = given->A;         /* (H, I) */
    const real *restrict const U = given->U;         /* (O, H) */
    const real *restrict const B_x = given->B_x;     /* (P, I) */
    const real *restrict const P_s = given->P_s;     /* (H, P) */
    const real *restrict const R = given->R;         /* (H, H) */
    const real *restrict const V = given->V;         /* (O, P) */
    const real *restrict const W_hy = given->W_hy;   /* (O2, O) */
    const real *restrict const alpha = given->alpha; /* () */
    const real *restrict const s = kept->s;          /* (T + 1, B, P) */
    const real *restrict const h = kept->h;          /* (T + 1, B, H) */
    const real *restrict const y = kept->y;          /* (T, B, O) */
    const real *restrict const y_hat = kept->y_hat;  /* (T, B, O2) */
    real *restrict const dA = gradients->dA;         /* (H, I) */
    real *restrict const dU = gradients->dU;         /* (O, H) */
    real *restrict const dB_x = gradients->dB_x;     /* (P, I) */
    real *restrict const dP_s = gradients->dP_s;     /* (H, P) */
    real *restrict const dR = gradients->dR;         /* (H, H) */
    real *restrict const dV = gradients->dV;         /* (O, P) */
    real *restrict const dW_hy = gradients->dW_hy;   /* (O2, O) */
    real *restrict const db_y = gradients->db_y;     /* (O2) */
    real *restrict const dx = gradients->dx;         /* (T, B, I) */
    real *restrict const ds0 = gradients->ds0;       /* (B, P) */
    real *restrict const dh0 = gradients->dh0;       /* (B, H) */
    real *next = work;
    real *restrict const carry_s = next; /* (B, P) what later steps give to the adjoint of s */
    next += B * P;
    real *restrict const carry_h = next; /* (B, H) what later steps give to the adjoint of h */
    next += B * H;
    real *restrict const dz_y = next;    /* (B, O2) adjoint of z_y[t] */
    next += B * O2;
    real *restrict const dy = next;      /* (B, O) adjoint of y[t] */
    next += B * O;
    real *restrict const dh = next;      /* (B, H) adjoint of h[t] */
    next += B * H;
    real *restrict const dz_h = next;    /* (B, H) adjoint of z_h[t] */
    next += B * H;
    real *restrict const ds = next;      /* (B, P) adjoint of s[t] */
    next += B * P;
    real *restrict const du_s = next;    /* (B, P) adjoint of u_s[t] */

    for (size_t at = 0; at < H * I; ++at) {
        dA[at] = 0.0;
    }
    for (size_t at = 0; at < O * H; ++at) {
        dU[at] = 0.0;
    }
    for (size_t at = 0; at < P * I; ++at) {
        dB_x[at] = 0.0;
    }
    for (size_t at = 0; at < H * P; ++at) {
        dP_s[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dR[at] = 0.0;
    }
    for (size_t at = 0; at < O * P; ++at) {
        dV[at] = 0.0;
    }
    for (size_t at = 0; at < O2 * O; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O2; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < B * P; ++at) {
        carry_s[at] = 0.0;
    }
    for (size_t at = 0; at < B * H; ++at) {
        carry_h[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (10) z̄_y[t] = y_hat[t] − y2[t] */
        for (size_t at = 0; at < B * O2; ++at) {
            dz_y[at] = y_hat[t * B * O2 + at] - y2[t * B * O2 + at];
        }
        /* (11) ȳ[t] = W_hyᵀ z̄_y[t] */
        /* dy = dz_y @ W_hy */
        product_nn(B, O, O2, dz_y, O2, W_hy, O, dy, O, false);
        /* (12) h̄[t] = Uᵀ ȳ[t] + Rᵀ z̄_h[t+1] */
        /* dh = dy @ U */
        product_nn(B, H, O, dy, O, U, H, dh, H, false);
        for (size_t at = 0; at < B * H; ++at) {
            dh[at] += carry_h[at];
        }
        /* (13) z̄_h[t] = h̄[t] ∘ h[t] ∘ (1 − h[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_h[at] = dh[at] * h[(t + 1) * B * H + at] * (1.0 - h[(t + 1) * B * H + at]);
        }
        /* (14) s̄[t] = Vᵀ ȳ[t] + P_sᵀ z̄_h[t] + alpha s̄[t+1] */
        /* ds = dy @ V */
        product_nn(B, P, O, dy, O, V, P, ds, P, false);
        /* ds += dz_h @ P_s */
        product_nn(B, P, H, dz_h, H, P_s, P, ds, P, true);
        for (size_t at = 0; at < B * P; ++at) {
            ds[at] += carry_s[at];
        }
        /* (15) ū_s[t] = (1 − alpha) s̄[t] */
        for (size_t at = 0; at < B * P; ++at) {
            du_s[at] = (1.0 - alpha[0]) * ds[at];
        }
        /* (16) Ā += z̄_h[t] x[t]ᵀ */
        /* dA += dz_hᵀ @ x[t] */
        product_tn(H, I, B, dz_h, H, x + t * B * I, I, dA, I, true);
        /* (17) Ū += ȳ[t] h[t]ᵀ */
        /* dU += dyᵀ @ h[t + 1] */
        product_tn(O, H, B, dy, O, h + (t + 1) * B * H, H, dU, H, true);
        /* (18) B̄_x += ū_s[t] x[t]ᵀ */
        /* dB_x += du_sᵀ @ x[t] */
        product_tn(P, I, B, du_s, P, x + t * B * I, I, dB_x, I, true);
        /* (19) P̄_s += z̄_h[t] s[t]ᵀ */
        /* dP_s += dz_hᵀ @ s[t + 1] */
        product_tn(H, P, B, dz_h, H, s + (t + 1) * B * P, P, dP_s, P, true);
        /* (20) R̄ += z̄_h[t] h[t−1]ᵀ */
        /* dR += dz_hᵀ @ h[t] */
        product_tn(H, H, B, dz_h, H, h + t * B * H, H, dR, H, true);
        /* (21) V̄ += ȳ[t] s[t]ᵀ */
        /* dV += dyᵀ @ s[t + 1] */
        product_tn(O, P, B, dy, O, s + (t + 1) * B * P, P, dV, P, true);
        /* (22) W̄_hy += z̄_y[t] y[t]ᵀ */
        /* dW_hy += dz_yᵀ @ y[t] */
        product_tn(O2, O, B, dz_y, O2, y + t * B * O, O, dW_hy, O, true);
        /* (23) b̄_y += z̄_y[t] */
        /* db_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O2; ++col) {
                db_y[col] += dz_y[row * O2 + col];
            }
        }
        /* (24) x̄[t] = Aᵀ z̄_h[t] + B_xᵀ ū_s[t] */
        /* dx[t] = dz_h @ A */
        product_nn(B, I, H, dz_h, H, A, I, dx + t * B * I, I, false);
        /* dx[t] += du_s @ B_x */
        product_nn(B, I, P, du_s, P, B_x, I, dx + t * B * I, I, true);
        /* (12) what step t gives to h of earlier steps: Rᵀ z̄_h[t] */
        /* carry_h = dz_h @ R */
        product_nn(B, H, H, dz_h, H, R, H, carry_h, H, false);
        /* (14) what step t gives to s of earlier steps: alpha s̄[t] */
        for (size_t at = 0; at < B * P; ++at) {
            carry_s[at] = alpha[0] * ds[at];
        }
    }
    /* (25) s̄[0] = alpha s̄[1] */
    for (size_t at = 0; at < B * P; ++at) {
        ds0[at] = carry_s[at];
    }
    /* (26) h̄[0] = Rᵀ z̄_h[1] */
    for (size_t at = 0; at < B * H; ++at) {
        dh0[at] = carry_h[at];
    }
    return SCRN_F64_OK;
}

scrn_f64_status scrn_f64_loss_and_gradient(const scrn_f64_sizes *sizes, const scrn_f64_given *given,
                                           const scrn_f64_kept *kept, const scrn_f64_gradients *gradients,
                                           double *work)
{
    const scrn_f64_status status = scrn_f64_forward(sizes, given, kept, work);
    return status != SCRN_F64_OK ? status : scrn_f64_backward(sizes, given, kept, gradients, work);
}
