/* intersection recurrent network (+RNN), relu in depth and tanh in time with softmax and cross-entropy:
 * see intersection_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "intersection_f64.h"

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

static intersection_f64_status check(const intersection_f64_sizes *sizes)
{
    if (sizes == NULL)
        return INTERSECTION_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || H == 0 || O == 0)
        return INTERSECTION_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), H),                                                                                                                                                                                                        /* x */
        times(B, H),                                                                                                                                                                                                                  /* h0 */
        times(times(T, B), O),                                                                                                                                                                                                        /* y2 */
        times(H, H),                                                                                                                                                                                                                  /* W_yx */
        times(H, H),                                                                                                                                                                                                                  /* W_yh */
        H,                                                                                                                                                                                                                            /* b_y */
        times(H, H),                                                                                                                                                                                                                  /* W_hx */
        times(H, H),                                                                                                                                                                                                                  /* W_hh */
        H,                                                                                                                                                                                                                            /* b_h */
        times(H, H),                                                                                                                                                                                                                  /* W_gyx */
        times(H, H),                                                                                                                                                                                                                  /* W_gyh */
        H,                                                                                                                                                                                                                            /* b_gy */
        times(H, H),                                                                                                                                                                                                                  /* W_ghx */
        times(H, H),                                                                                                                                                                                                                  /* W_ghh */
        H,                                                                                                                                                                                                                            /* b_gh */
        times(O, H),                                                                                                                                                                                                                  /* W_hy */
        O,                                                                                                                                                                                                                            /* b2_y */
        times(times(T, B), H),                                                                                                                                                                                                        /* y */
        times(times(plus(T, 1), B), H),                                                                                                                                                                                               /* h */
        times(times(T, B), O),                                                                                                                                                                                                        /* y_hat */
        times(times(T, B), H),                                                                                                                                                                                                        /* y_in */
        times(times(T, B), H),                                                                                                                                                                                                        /* h_in */
        times(times(T, B), H),                                                                                                                                                                                                        /* g_y */
        times(times(T, B), H),                                                                                                                                                                                                        /* g_h */
        times(H, H),                                                                                                                                                                                                                  /* dW_yx */
        times(H, H),                                                                                                                                                                                                                  /* dW_yh */
        H,                                                                                                                                                                                                                            /* db_y */
        times(H, H),                                                                                                                                                                                                                  /* dW_hx */
        times(H, H),                                                                                                                                                                                                                  /* dW_hh */
        H,                                                                                                                                                                                                                            /* db_h */
        times(H, H),                                                                                                                                                                                                                  /* dW_gyx */
        times(H, H),                                                                                                                                                                                                                  /* dW_gyh */
        H,                                                                                                                                                                                                                            /* db_gy */
        times(H, H),                                                                                                                                                                                                                  /* dW_ghx */
        times(H, H),                                                                                                                                                                                                                  /* dW_ghh */
        H,                                                                                                                                                                                                                            /* db_gh */
        times(O, H),                                                                                                                                                                                                                  /* dW_hy */
        O,                                                                                                                                                                                                                            /* db2_y */
        times(times(T, B), H),                                                                                                                                                                                                        /* dx */
        times(B, H),                                                                                                                                                                                                                  /* dh0 */
        plus(plus(plus(plus(plus(plus(plus(times(B, H), times(B, H)), times(B, H)), times(B, H)), times(B, O)), B), B), B),                                                                                                           /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(B, H), times(B, O)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), times(B, H)), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return INTERSECTION_F64_TOO_LARGE;
    return INTERSECTION_F64_OK;
}

const char *intersection_f64_message(intersection_f64_status status)
{
    switch (status) {
    case INTERSECTION_F64_OK:
        return "all is well";
    case INTERSECTION_F64_ZERO_SIZE:
        return "a size is 0";
    case INTERSECTION_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case INTERSECTION_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t intersection_f64_workspace(const intersection_f64_sizes *sizes)
{
    if (check(sizes) != INTERSECTION_F64_OK)
        return 0;
    size_t most = 1;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const size_t for_forward = B * H + B * H + B * H + B * H + B * O + B + B + B;
    if (for_forward > most)
        most = for_forward;
    const size_t for_backward = B * H + B * O + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H + B * H;
    if (for_backward > most)
        most = for_backward;
    return most;
}

intersection_f64_status intersection_f64_forward(const intersection_f64_sizes *sizes,
                                                 const intersection_f64_given *given,
                                                 const intersection_f64_kept *kept, double *work)
{
    const intersection_f64_status status = check(sizes);
    if (status != INTERSECTION_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return INTERSECTION_F64_NULL;
    if (given->x == NULL || given->h0 == NULL || given->y2 == NULL || given->W_yx == NULL ||
        given->W_yh == NULL || given->b_y == NULL || given->W_hx == NULL || given->W_hh == NULL ||
        given->b_h == NULL || given->W_gyx == NULL || given->W_gyh == NULL || given->b_gy == NULL ||
        given->W_ghx == NULL || given->W_ghh == NULL || given->b_gh == NULL || given->W_hy == NULL ||
        given->b2_y == NULL || kept->y == NULL || kept->h == NULL || kept->y_hat == NULL ||
        kept->y_in == NULL || kept->h_in == NULL || kept->g_y == NULL || kept->g_h == NULL ||
        kept->J == NULL)
        return INTERSECTION_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;         /* (T, B, H) */
    const real *restrict const h0 = given->h0;       /* (B, H) */
    const real *restrict const y2 = given->y2;       /* (T, B, O) */
    const real *restrict const W_yx = given->W_yx;   /* (H, H) */
    const real *restrict const W_yh = given->W_yh;   /* (H, H) */
    const real *restrict const b_y = given->b_y;     /* (H) */
    const real *restrict const W_hx = given->W_hx;   /* (H, H) */
    const real *restrict const W_hh = given->W_hh;   /* (H, H) */
    const real *restrict const b_h = given->b_h;     /* (H) */
    const real *restrict const W_gyx = given->W_gyx; /* (H, H) */
    const real *restrict const W_gyh = given->W_gyh; /* (H, H) */
    const real *restrict const b_gy = given->b_gy;   /* (H) */
    const real *restrict const W_ghx = given->W_ghx; /* (H, H) */
    const real *restrict const W_ghh = given->W_ghh; /* (H, H) */
    const real *restrict const b_gh = given->b_gh;   /* (H) */
    const real *restrict const W_hy = given->W_hy;   /* (O, H) */
    const real *restrict const b2_y = given->b2_y;   /* (O) */
    real *restrict const y = kept->y;                /* (T, B, H) */
    real *restrict const h = kept->h;                /* (T + 1, B, H) */
    real *restrict const y_hat = kept->y_hat;        /* (T, B, O) */
    real *restrict const y_in = kept->y_in;          /* (T, B, H) */
    real *restrict const h_in = kept->h_in;          /* (T, B, H) */
    real *restrict const g_y = kept->g_y;            /* (T, B, H) */
    real *restrict const g_h = kept->g_h;            /* (T, B, H) */
    real *restrict const J = kept->J;                /* () */
    real *next = work;
    real *restrict const z_y_in = next;    /* (B, H) z_y_in[t] */
    next += B * H;
    real *restrict const z_h_in = next;    /* (B, H) z_h_in[t] */
    next += B * H;
    real *restrict const z_g_y = next;     /* (B, H) z_g_y[t] */
    next += B * H;
    real *restrict const z_g_h = next;     /* (B, H) z_g_h[t] */
    next += B * H;
    real *restrict const z_y = next;       /* (B, O) z_y[t] */
    next += B * O;
    real *restrict const largest = next;   /* (B) scratch */
    next += B;
    real *restrict const total = next;     /* (B) scratch */
    next += B;
    real *restrict const log_total = next; /* (B) scratch */

    J[0] = 0.0;
    for (size_t at = 0; at < B * H; ++at) {
        h[at] = h0[at];
    }
    for (size_t t = 0; t < T; ++t) {
        /* (1) z_y_in[t] = W_yx x[t] + W_yh h[t−1] + b_y */
        /* z_y_in = x[t] @ W_yxᵀ */
        product_nt(B, H, H, x + t * B * H, H, W_yx, H, z_y_in, H, false);
        /* z_y_in += h[t] @ W_yhᵀ */
        product_nt(B, H, H, h + t * B * H, H, W_yh, H, z_y_in, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_y_in[row * H + col] += b_y[col];
            }
        }
        /* (2) y_in[t] = relu(z_y_in[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            y_in[t * B * H + at] = relu(z_y_in[at]);
        }
        /* (3) z_h_in[t] = W_hx x[t] + W_hh h[t−1] + b_h */
        /* z_h_in = x[t] @ W_hxᵀ */
        product_nt(B, H, H, x + t * B * H, H, W_hx, H, z_h_in, H, false);
        /* z_h_in += h[t] @ W_hhᵀ */
        product_nt(B, H, H, h + t * B * H, H, W_hh, H, z_h_in, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_h_in[row * H + col] += b_h[col];
            }
        }
        /* (4) h_in[t] = tanh(z_h_in[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            h_in[t * B * H + at] = tanh_of(z_h_in[at]);
        }
        /* (5) z_g_y[t] = W_gyx x[t] + W_gyh h[t−1] + b_gy */
        /* z_g_y = x[t] @ W_gyxᵀ */
        product_nt(B, H, H, x + t * B * H, H, W_gyx, H, z_g_y, H, false);
        /* z_g_y += h[t] @ W_gyhᵀ */
        product_nt(B, H, H, h + t * B * H, H, W_gyh, H, z_g_y, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_g_y[row * H + col] += b_gy[col];
            }
        }
        /* (6) g_y[t] = sigmoid(z_g_y[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            g_y[t * B * H + at] = sigmoid(z_g_y[at]);
        }
        /* (7) z_g_h[t] = W_ghx x[t] + W_ghh h[t−1] + b_gh */
        /* z_g_h = x[t] @ W_ghxᵀ */
        product_nt(B, H, H, x + t * B * H, H, W_ghx, H, z_g_h, H, false);
        /* z_g_h += h[t] @ W_ghhᵀ */
        product_nt(B, H, H, h + t * B * H, H, W_ghh, H, z_g_h, H, true);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                z_g_h[row * H + col] += b_gh[col];
            }
        }
        /* (8) g_h[t] = sigmoid(z_g_h[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            g_h[t * B * H + at] = sigmoid(z_g_h[at]);
        }
        /* (9) y[t] = g_y[t] ∘ x[t] + (1 − g_y[t]) ∘ y_in[t] */
        for (size_t at = 0; at < B * H; ++at) {
            y[t * B * H + at] = g_y[t * B * H + at] * x[t * B * H + at] + (1.0 - g_y[t * B * H + at]) * y_in[t * B * H + at];
        }
        /* (10) h[t] = g_h[t] ∘ h[t−1] + (1 − g_h[t]) ∘ h_in[t] */
        for (size_t at = 0; at < B * H; ++at) {
            h[(t + 1) * B * H + at] = g_h[t * B * H + at] * h[t * B * H + at] + (1.0 - g_h[t * B * H + at]) * h_in[t * B * H + at];
        }
        /* (11) z_y[t] = W_hy y[t] + b2_y */
        /* z_y = y[t] @ W_hyᵀ */
        product_nt(B, O, H, y + t * B * H, H, W_hy, H, z_y, O, false);
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                z_y[row * O + col] += b2_y[col];
            }
        }
        /* (12) y_hat[t] = softmax(z_y[t]) */
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
        /* (13) J += −y2[t]ᵀ log_softmax(z_y[t]) */
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
    return INTERSECTION_F64_OK;
}

intersection_f64_status intersection_f64_backward(const intersection_f64_sizes *sizes,
                                                  const intersection_f64_given *given,
                                                  const intersection_f64_kept *kept,
                                                  const intersection_f64_gradients *gradients, double *work)
{
    const intersection_f64_status status = check(sizes);
    if (status != INTERSECTION_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return INTERSECTION_F64_NULL;
    if (given->x == NULL || given->y2 == NULL || given->W_yx == NULL || given->W_yh == NULL ||
        given->W_hx == NULL || given->W_hh == NULL || given->W_gyx == NULL || given->W_gyh == NULL ||
        given->W_ghx == NULL || given->W_ghh == NULL || given->W_hy == NULL || kept->y == NULL ||
        kept->h == NULL || kept->y_hat == NULL || kept->y_in == NULL || kept->h_in == NULL ||
        kept->g_y == NULL || kept->g_h == NULL || gradients->dW_yx == NULL || gradients->dW_yh == NULL ||
        gradients->db_y == NULL || gradients->dW_hx == NULL || gradients->dW_hh == NULL || gradients->db_h == NULL ||
        gradients->dW_gyx == NULL || gradients->dW_gyh == NULL || gradients->db_gy == NULL || gradients->dW_ghx == NULL ||
        gradients->dW_ghh == NULL || gradients->db_gh == NULL || gradients->dW_hy == NULL || gradients->db2_y == NULL ||
        gradients->dx == NULL || gradients->dh0 == NULL)
        return INTERSECTION_F64_NULL;

    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t H = sizes->H;
    const size_t O = sizes->O;
    const real *restrict const x = given->x;         /* (T, B, H) */
    const real *restrict const y2 = given->y2;       /* (T, B, O) */
    const real *restrict const W_yx = given->W_yx;   /* (H, H) */
    const real *restrict const W_yh = given->W_yh;   /* (H, H) */
    const real *restrict const W_hx = given->W_hx;   /* (H, H) */
    const real *restrict const W_hh = given->W_hh;   /* (H, H) */
    const real *restrict const W_gyx = given->W_gyx; /* (H, H) */
    const real *restrict const W_gyh = given->W_gyh; /* (H, H) */
    const real *restrict const W_ghx = given->W_ghx; /* (H, H) */
    const real *restrict const W_ghh = given->W_ghh; /* (H, H) */
    const real *restrict const W_hy = given->W_hy;   /* (O, H) */
    const real *restrict const y = kept->y;          /* (T, B, H) */
    const real *restrict const h = kept->h;          /* (T + 1, B, H) */
    const real *restrict const y_hat = kept->y_hat;  /* (T, B, O) */
    const real *restrict const y_in = kept->y_in;    /* (T, B, H) */
    const real *restrict const h_in = kept->h_in;    /* (T, B, H) */
    const real *restrict const g_y = kept->g_y;      /* (T, B, H) */
    const real *restrict const g_h = kept->g_h;      /* (T, B, H) */
    real *restrict const dW_yx = gradients->dW_yx;   /* (H, H) */
    real *restrict const dW_yh = gradients->dW_yh;   /* (H, H) */
    real *restrict const db_y = gradients->db_y;     /* (H) */
    real *restrict const dW_hx = gradients->dW_hx;   /* (H, H) */
    real *restrict const dW_hh = gradients->dW_hh;   /* (H, H) */
    real *restrict const db_h = gradients->db_h;     /* (H) */
    real *restrict const dW_gyx = gradients->dW_gyx; /* (H, H) */
    real *restrict const dW_gyh = gradients->dW_gyh; /* (H, H) */
    real *restrict const db_gy = gradients->db_gy;   /* (H) */
    real *restrict const dW_ghx = gradients->dW_ghx; /* (H, H) */
    real *restrict const dW_ghh = gradients->dW_ghh; /* (H, H) */
    real *restrict const db_gh = gradients->db_gh;   /* (H) */
    real *restrict const dW_hy = gradients->dW_hy;   /* (O, H) */
    real *restrict const db2_y = gradients->db2_y;   /* (O) */
    real *restrict const dx = gradients->dx;         /* (T, B, H) */
    real *restrict const dh0 = gradients->dh0;       /* (B, H) */
    real *next = work;
    real *restrict const carry_h = next; /* (B, H) what later steps give to the adjoint of h */
    next += B * H;
    real *restrict const dz_y = next;    /* (B, O) adjoint of z_y[t] */
    next += B * O;
    real *restrict const dh = next;      /* (B, H) adjoint of h[t] */
    next += B * H;
    real *restrict const dy = next;      /* (B, H) adjoint of y[t] */
    next += B * H;
    real *restrict const dg_h = next;    /* (B, H) adjoint of g_h[t] */
    next += B * H;
    real *restrict const dz_g_h = next;  /* (B, H) adjoint of z_g_h[t] */
    next += B * H;
    real *restrict const dg_y = next;    /* (B, H) adjoint of g_y[t] */
    next += B * H;
    real *restrict const dz_g_y = next;  /* (B, H) adjoint of z_g_y[t] */
    next += B * H;
    real *restrict const dh_in = next;   /* (B, H) adjoint of h_in[t] */
    next += B * H;
    real *restrict const dz_h_in = next; /* (B, H) adjoint of z_h_in[t] */
    next += B * H;
    real *restrict const dy_in = next;   /* (B, H) adjoint of y_in[t] */
    next += B * H;
    real *restrict const dz_y_in = next; /* (B, H) adjoint of z_y_in[t] */

    for (size_t at = 0; at < H * H; ++at) {
        dW_yx[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dW_yh[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_y[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dW_hx[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dW_hh[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_h[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dW_gyx[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dW_gyh[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_gy[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dW_ghx[at] = 0.0;
    }
    for (size_t at = 0; at < H * H; ++at) {
        dW_ghh[at] = 0.0;
    }
    for (size_t at = 0; at < H; ++at) {
        db_gh[at] = 0.0;
    }
    for (size_t at = 0; at < O * H; ++at) {
        dW_hy[at] = 0.0;
    }
    for (size_t at = 0; at < O; ++at) {
        db2_y[at] = 0.0;
    }
    for (size_t at = 0; at < B * H; ++at) {
        carry_h[at] = 0.0;
    }
    for (size_t t = T; t-- > 0;) {
        /* (15) z̄_y[t] = y_hat[t] − y2[t] */
        for (size_t at = 0; at < B * O; ++at) {
            dz_y[at] = y_hat[t * B * O + at] - y2[t * B * O + at];
        }
        /* (16) h̄[t] = h̄[t+1] ∘ g_h[t+1] + W_ghhᵀ z̄_g_h[t+1] + W_gyhᵀ z̄_g_y[t+1] + W_hhᵀ z̄_h_in[t+1] + W_yhᵀ z̄_y_in[t+1] */
        for (size_t at = 0; at < B * H; ++at) {
            dh[at] = carry_h[at];
        }
        /* (17) ȳ[t] = W_hyᵀ z̄_y[t] */
        /* dy = dz_y @ W_hy */
        product_nn(B, H, O, dz_y, O, W_hy, H, dy, H, false);
        /* (18) ḡ_h[t] = h̄[t] ∘ h[t−1] − h̄[t] ∘ h_in[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dg_h[at] = dh[at] * h[t * B * H + at] - dh[at] * h_in[t * B * H + at];
        }
        /* (19) z̄_g_h[t] = ḡ_h[t] ∘ g_h[t] ∘ (1 − g_h[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_g_h[at] = dg_h[at] * g_h[t * B * H + at] * (1.0 - g_h[t * B * H + at]);
        }
        /* (20) ḡ_y[t] = ȳ[t] ∘ x[t] − ȳ[t] ∘ y_in[t] */
        for (size_t at = 0; at < B * H; ++at) {
            dg_y[at] = dy[at] * x[t * B * H + at] - dy[at] * y_in[t * B * H + at];
        }
        /* (21) z̄_g_y[t] = ḡ_y[t] ∘ g_y[t] ∘ (1 − g_y[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_g_y[at] = dg_y[at] * g_y[t * B * H + at] * (1.0 - g_y[t * B * H + at]);
        }
        /* (22) h̄_in[t] = h̄[t] ∘ (1 − g_h[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dh_in[at] = dh[at] * (1.0 - g_h[t * B * H + at]);
        }
        /* (23) z̄_h_in[t] = h̄_in[t] ∘ (1 − h_in[t]²) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_h_in[at] = dh_in[at] * (1.0 - square(h_in[t * B * H + at]));
        }
        /* (24) ȳ_in[t] = ȳ[t] ∘ (1 − g_y[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dy_in[at] = dy[at] * (1.0 - g_y[t * B * H + at]);
        }
        /* (25) z̄_y_in[t] = ȳ_in[t] ∘ step(y_in[t]) */
        for (size_t at = 0; at < B * H; ++at) {
            dz_y_in[at] = dy_in[at] * step(y_in[t * B * H + at]);
        }
        /* (26) W̄_yx += z̄_y_in[t] x[t]ᵀ */
        /* dW_yx += dz_y_inᵀ @ x[t] */
        product_tn(H, H, B, dz_y_in, H, x + t * B * H, H, dW_yx, H, true);
        /* (27) W̄_yh += z̄_y_in[t] h[t−1]ᵀ */
        /* dW_yh += dz_y_inᵀ @ h[t] */
        product_tn(H, H, B, dz_y_in, H, h + t * B * H, H, dW_yh, H, true);
        /* (28) b̄_y += z̄_y_in[t] */
        /* db_y += sum over rows of dz_y_in */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_y[col] += dz_y_in[row * H + col];
            }
        }
        /* (29) W̄_hx += z̄_h_in[t] x[t]ᵀ */
        /* dW_hx += dz_h_inᵀ @ x[t] */
        product_tn(H, H, B, dz_h_in, H, x + t * B * H, H, dW_hx, H, true);
        /* (30) W̄_hh += z̄_h_in[t] h[t−1]ᵀ */
        /* dW_hh += dz_h_inᵀ @ h[t] */
        product_tn(H, H, B, dz_h_in, H, h + t * B * H, H, dW_hh, H, true);
        /* (31) b̄_h += z̄_h_in[t] */
        /* db_h += sum over rows of dz_h_in */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_h[col] += dz_h_in[row * H + col];
            }
        }
        /* (32) W̄_gyx += z̄_g_y[t] x[t]ᵀ */
        /* dW_gyx += dz_g_yᵀ @ x[t] */
        product_tn(H, H, B, dz_g_y, H, x + t * B * H, H, dW_gyx, H, true);
        /* (33) W̄_gyh += z̄_g_y[t] h[t−1]ᵀ */
        /* dW_gyh += dz_g_yᵀ @ h[t] */
        product_tn(H, H, B, dz_g_y, H, h + t * B * H, H, dW_gyh, H, true);
        /* (34) b̄_gy += z̄_g_y[t] */
        /* db_gy += sum over rows of dz_g_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_gy[col] += dz_g_y[row * H + col];
            }
        }
        /* (35) W̄_ghx += z̄_g_h[t] x[t]ᵀ */
        /* dW_ghx += dz_g_hᵀ @ x[t] */
        product_tn(H, H, B, dz_g_h, H, x + t * B * H, H, dW_ghx, H, true);
        /* (36) W̄_ghh += z̄_g_h[t] h[t−1]ᵀ */
        /* dW_ghh += dz_g_hᵀ @ h[t] */
        product_tn(H, H, B, dz_g_h, H, h + t * B * H, H, dW_ghh, H, true);
        /* (37) b̄_gh += z̄_g_h[t] */
        /* db_gh += sum over rows of dz_g_h */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < H; ++col) {
                db_gh[col] += dz_g_h[row * H + col];
            }
        }
        /* (38) W̄_hy += z̄_y[t] y[t]ᵀ */
        /* dW_hy += dz_yᵀ @ y[t] */
        product_tn(O, H, B, dz_y, O, y + t * B * H, H, dW_hy, H, true);
        /* (39) b2̄_y += z̄_y[t] */
        /* db2_y += sum over rows of dz_y */
        for (size_t row = 0; row < B; ++row) {
            for (size_t col = 0; col < O; ++col) {
                db2_y[col] += dz_y[row * O + col];
            }
        }
        /* (40) x̄[t] = ȳ[t] ∘ g_y[t] + W_ghxᵀ z̄_g_h[t] + W_gyxᵀ z̄_g_y[t] + W_hxᵀ z̄_h_in[t] + W_yxᵀ z̄_y_in[t] */
        /* dx[t] = dz_g_h @ W_ghx */
        product_nn(B, H, H, dz_g_h, H, W_ghx, H, dx + t * B * H, H, false);
        /* dx[t] += dz_g_y @ W_gyx */
        product_nn(B, H, H, dz_g_y, H, W_gyx, H, dx + t * B * H, H, true);
        /* dx[t] += dz_h_in @ W_hx */
        product_nn(B, H, H, dz_h_in, H, W_hx, H, dx + t * B * H, H, true);
        /* dx[t] += dz_y_in @ W_yx */
        product_nn(B, H, H, dz_y_in, H, W_yx, H, dx + t * B * H, H, true);
        for (size_t at = 0; at < B * H; ++at) {
            dx[t * B * H + at] += dy[at] * g_y[t * B * H + at];
        }
        /* (16) what step t gives to h of earlier steps: h̄[t] ∘ g_h[t] + W_ghhᵀ z̄_g_h[t] + W_gyhᵀ z̄_g_y[t] + W_hhᵀ z̄_h_in[t] + W_yhᵀ z̄_y_in[t] */
        /* carry_h = dz_g_h @ W_ghh */
        product_nn(B, H, H, dz_g_h, H, W_ghh, H, carry_h, H, false);
        /* carry_h += dz_g_y @ W_gyh */
        product_nn(B, H, H, dz_g_y, H, W_gyh, H, carry_h, H, true);
        /* carry_h += dz_h_in @ W_hh */
        product_nn(B, H, H, dz_h_in, H, W_hh, H, carry_h, H, true);
        /* carry_h += dz_y_in @ W_yh */
        product_nn(B, H, H, dz_y_in, H, W_yh, H, carry_h, H, true);
        for (size_t at = 0; at < B * H; ++at) {
            carry_h[at] += dh[at] * g_h[t * B * H + at];
        }
    }
    /* (41) h̄[0] = h̄[1] ∘ g_h[1] + W_ghhᵀ z̄_g_h[1] + W_gyhᵀ z̄_g_y[1] + W_hhᵀ z̄_h_in[1] + W_yhᵀ z̄_y_in[1] */
    for (size_t at = 0; at < B * H; ++at) {
        dh0[at] = carry_h[at];
    }
    return INTERSECTION_F64_OK;
}

intersection_f64_status intersection_f64_loss_and_gradient(const intersection_f64_sizes *sizes,
                                                           const intersection_f64_given *given,
                                                           const intersection_f64_kept *kept,
                                                           const intersection_f64_gradients *gradients,
                                                           double *work)
{
    const intersection_f64_status status = intersection_f64_forward(sizes, given, kept, work);
    return status != INTERSECTION_F64_OK ? status : intersection_f64_backward(sizes, given, kept, gradients, work);
}
