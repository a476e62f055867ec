/* gated recurrent unit, reset after the product, z keeps the old state, as in PyTorch with softmax and cross-entropy:
 * see gru_small_f32.h. Emitted by symrnn; C11 without a library, for hosted and freestanding compilers. -Os makes it small, and
 * -O3 -fno-math-errno -fno-trapping-math -ffp-contract=fast fast, none of which changes what NaN and Infinity do. */
#include "gru_small_f32.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __FAST_MATH__
#error "-ffast-math and -Ofast leave out roundings that are meant, and tests for NaN: compile without them"
#endif

#if __STDC_HOSTED__
#include <math.h>
#elif defined __GNUC__ /* no library: most are instructions */
#define fabsf __builtin_fabsf
#define copysignf __builtin_copysignf
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
#else
float fabsf(float);
float copysignf(float, float);
#error "say here what INFINITY is"
#error "say here what NAN is"
#endif

typedef float real;

/* How many steps of `rows` rows make about `height` rows together: at least one, and no more than there are. */
static size_t chunk_steps(size_t height, size_t rows, size_t length)
{
    const size_t steps = rows < height ? height / rows : 1;
    return steps < length ? steps : length;
}

/* max(x, y); NaN if either is. */
static real larger(real x, real y)
{
    return y > x || y != y ? y : x;
}

/* No element of the loop that follows needs another one. */
#if defined __clang__
#pragma clang diagnostic ignored "-Wpass-failed" /* some loops call functions of which there are no vectors */
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined __GNUC__
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif

/* Of a loop a compiler makes vectors only if what it calls is inlined; but where code is to be small it stands there once. */
#if defined __OPTIMIZE_SIZE__
#define INLINED static
#elif defined __GNUC__
#define INLINED static inline __attribute__((always_inline))
#else
#define INLINED static inline
#endif

/* A real as it lies in memory: 1 bit of sign, 8 of exponent, 23 of fraction. */
typedef uint32_t bit_pattern;

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
 * below the normal numbers included; infinite above 88.72, 0 below -103.97; NaN stays NaN.
 *
 * Adding 1.5 2^23 rounds to n and leaves n in the last bits. ln(2) is split in two (Cody and Waite, Software Manual for the
 * Elementary Functions, 1980), so that n times the first part is exact. The polynomial in r has degree 6; its largest error,
 * 2^-28 relative to e^r, is the least possible (Remez exchange). 2^n is two factors: it may be no real where e^x is one. */
INLINED real exp_of(real x)
{
    const real y = x > 89.0f ? 89.0f : x < -104.0f ? -104.0f : x;
    const real shifted = y * 0x1.715476p+0f + 0x1.8p23f, n = shifted - 0x1.8p23f;
    const real r = y - n * 0x1.62e4p-1f - n * 0x1.7f7d1cp-20f;
    real p = 0x1.6a82b8p-10f;
    p = p * r + 0x1.123cb8p-7f;
    p = p * r + 0x1.555866p-5f;
    p = p * r + 0x1.55548cp-3f;
    p = p * r + 0x1.fffffcp-2f;
    const bit_pattern twice = bits_of(shifted) + 256, half = twice / 2;
    return (1.0f + (r + r * r * p)) * real_of((half - 1) << 23) * real_of((twice - half - 1) << 23);
}

/* log(1 + f) for sqrt(1/2) <= 1 + f <= sqrt(2). The polynomial has degree 10; its largest error, 2^-27 relative to the
 * logarithm, is the least possible (Remez exchange). */
INLINED real log1p_near_0(real f)
{
    real p = -0x1.372cbep-4f;
    p = p * f + 0x1.04f6dcp-3f;
    p = p * f - 0x1.0d89d2p-3f;
    p = p * f + 0x1.22e15ep-3f;
    p = p * f - 0x1.547320p-3f;
    p = p * f + 0x1.99a020p-3f;
    p = p * f - 0x1.000228p-2f;
    p = p * f + 0x1.555554p-2f;
    p = p * f - 0.5f;
    return f + f * f * p;
}

/* log(x) = k ln(2) + log(1 + f), x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2). At most 1.5 units in the last place off;
 * -infinity at 0, NaN below; NaN stays NaN. ln(2) is split so that k times its first part is exact, as in Cody and Waite,
 * Software Manual for the Elementary Functions, 1980. What is below the normal numbers is first made 2^25 times as large;
 * the exponent then counts from sqrt(1/2) = 3f3504f3 up instead of from 1 = 3f800000. */
INLINED real log_of(real x)
{
    const bool tiny = x < 0x1p-126f;
    const bit_pattern moved = bits_of(tiny ? x * 0x1p25f : x) + (0x3f800000 - 0x3f3504f3);
    const real k = real_of((moved >> 23) + 0x4b000000) - (tiny ? 0x1p23f + 152.0f : 0x1p23f + 127.0f);
    const real f = real_of((moved & 0x7fffff) + 0x3f3504f3) - 1.0f;
    const real y = k * 0x1.62e4p-1f + (log1p_near_0(f) + k * 0x1.7f7d1cp-20f);
    const real beyond = x == 0.0f ? -INFINITY : NAN;
    return x > 0.0f ? (x < INFINITY ? y : x) : beyond;
}

/* tanh(x), at most 2.5 units in the last place off, for tiny x too; tanh(-x) = -tanh(x), -0 included; NaN stays NaN.
 *
 * |x| = n ln(2)/2 + h, n whole, |h| <= ln(2)/4, as in Cody and Waite, Software Manual for the Elementary Functions, 1980:
 * adding 1.5 2^23 rounds to n and leaves n in the last bits; ln(2)/2 is split so that n times its first part is exact. With
 * s = 2^n and u = tanh(h) it is ((s - 1) + (s + 1) u)/((s + 1) + (s - 1) u), which is u where n is 0. The odd polynomial u
 * has degree 7; its largest error, 2^-32 relative to tanh(h), is the least possible (Remez exchange). */
INLINED real tanh_of(real x)
{
    const real size = fabsf(x), y = size > 10.0f ? 10.0f : size;
    const real shifted = y * 0x1.715476p+1f + 0x1.8p23f, n = shifted - 0x1.8p23f;
    const real h = y - n * 0x1.62e4p-2f - n * 0x1.7f7d1cp-21f, z = h * h;
    real p = -0x1.afd8p-5f;
    p = p * z + 0x1.110594p-3f;
    p = p * z - 0x1.55554ep-2f;
    const real u = h + h * z * p, s = real_of((bits_of(shifted) + 127) << 23);
    return copysignf((s - 1.0f + (s + 1.0f) * u) / (s + 1.0f + (s - 1.0f) * u), x);
}

/* 1/(1 + e^-x), or e^x/(1 + e^x) where x < 0, which goes down to 0 as e^x does. At most 2.5 units in the last place off;
 * NaN stays NaN. */
INLINED real sigmoid(real x)
{
    const real e = exp_of(-fabsf(x));
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

static inline real square(real x)
{
    return x * x;
}

/* Vectors of so many reals as divide the sizes best, where the processor has them, the compiler has them as an extension of the
 * language, and code need not be small. */
#if defined __has_builtin && !defined __OPTIMIZE_SIZE__
#if __has_builtin(__builtin_shufflevector)
#if defined __AVX512F__
#define LANES 4
#define EVEN_LANES 0, 2, 4, 6
#define ODD_LANES 1, 3, 5, 7
#elif defined __AVX__
#define LANES 4
#define EVEN_LANES 0, 2, 4, 6
#define ODD_LANES 1, 3, 5, 7
#elif defined __SSE2__ || defined __aarch64__
#define LANES 4
#define EVEN_LANES 0, 2, 4, 6
#define ODD_LANES 1, 3, 5, 7
#endif
#endif
#endif
#ifdef LANES
typedef real vector __attribute__((vector_size(LANES * sizeof(real))));
typedef real loose_vector __attribute__((vector_size(LANES * sizeof(real)), aligned(sizeof(real)), may_alias));

/* The vector that begins at any element. */
INLINED vector loaded(const real *from)
{
    return *(const loose_vector *)from;
}

INLINED void store(real *to, vector value)
{
    *(loose_vector *)to = value;
}
#endif

#ifdef LANES
/* In how many parts a sum is formed: several if it is long, and its length known to the compiler. */
#define PARTS(length, several) (__builtin_constant_p(length) && (length) >= 8 ? (several) : 1)

/* `count` vectors of columns of c = a b, or of c += a b, for one row of a; each is the sum of `parts` sums, so that one addition
 * does not wait for the one before. */
INLINED void product_columns(size_t count, size_t parts, size_t k, const real *restrict a, size_t a_next,
                             const real *restrict b, size_t b_row, real *restrict c, bool add)
{
    vector sums[8];
    for (size_t at = 0; at < parts * count; ++at)
        sums[at] = add && at < count ? loaded(c + at * LANES) : (vector){0.0f};
    for (size_t at = 0; at < k; at += parts)
        for (size_t part = 0; part < parts && at + part < k; ++part)
            for (size_t col = 0; col < count; ++col)
                sums[part * count + col] += a[(at + part) * a_next] * loaded(b + (at + part) * b_row + col * LANES);
    for (size_t left = parts * count / 2; left >= count; left /= 2)
        for (size_t at = 0; at < left; ++at)
            sums[at] += sums[left + at];
    for (size_t at = 0; at < count; ++at)
        store(c + at * LANES, sums[at]);
}
#endif

/* c = a b, or c += a b: a is m by k, b is k by n. The next row of each begins `row` reals behind, of a the next entry of a
 * row lies `next` behind. */
INLINED void product(size_t m, size_t n, size_t k, const real *restrict a, size_t a_row, size_t a_next,
                     const real *restrict b, size_t b_row, real *restrict c, size_t c_row, bool add)
{
    for (size_t row = 0; row < m; ++row) {
        const real *restrict const from = a + row * a_row;
        real *restrict const to = c + row * c_row;
        size_t col = 0;
#ifdef LANES
        for (; col + 4 * LANES <= n; col += 4 * LANES)
            product_columns(4, PARTS(k, 2), k, from, a_next, b + col, b_row, to + col, add);
        if (col + 2 * LANES <= n) {
            product_columns(2, PARTS(k, 4), k, from, a_next, b + col, b_row, to + col, add);
            col += 2 * LANES;
        }
        if (col + LANES <= n) {
            product_columns(1, PARTS(k, 4), k, from, a_next, b + col, b_row, to + col, add);
            col += LANES;
        }
#endif
        for (; col < n; ++col) {
            real sum = add ? to[col] : 0.0f;
            for (size_t at = 0; at < k; ++at)
                sum += from[at * a_next] * b[at * b_row + col];
            to[col] = sum;
        }
    }
}

#ifdef LANES
/* The sums of two neighbours, of those of x and then of those of y. */
INLINED vector pair_sums(vector x, vector y)
{
    return __builtin_shufflevector(x, y, EVEN_LANES) + __builtin_shufflevector(x, y, ODD_LANES);
}

/* `count` columns of c = a b^T, or of c += a b^T, for one row of a; at most LANES, a vector if so many. */
INLINED void product_transposed_columns(size_t count, size_t k, const real *restrict a, const real *restrict b,
                                        size_t b_row, real *restrict c, bool add)
{
    const size_t whole = k - k % LANES;
    if (whole > 0) {
        vector sums[LANES];
        for (size_t col = 0; col < LANES; ++col)
            sums[col] = (vector){0.0f};
        for (size_t at = 0; at < whole; at += LANES) {
            const vector part = loaded(a + at);
            for (size_t col = 0; col < count; ++col)
                sums[col] += part * loaded(b + col * b_row + at);
        }
        for (size_t left = LANES / 2; left > 0; left /= 2)
            for (size_t col = 0; col < left; ++col)
                sums[col] = pair_sums(sums[2 * col], sums[2 * col + 1]);
        if (count == LANES)
            store(c, add ? loaded(c) + sums[0] : sums[0]);
        else
            for (size_t col = 0; col < count; ++col)
                c[col] = add ? c[col] + sums[0][col] : sums[0][col];
        add = true;
    }
    if (whole < k)
        for (size_t col = 0; col < count; ++col) {
            real sum = add ? c[col] : 0.0f;
            for (size_t at = whole; at < k; ++at)
                sum += a[at] * b[col * b_row + at];
            c[col] = sum;
        }
}
#endif

/* c = a b^T, or c += a b^T: a is m by k, b is n by k, as parameters lie in memory. The next row of each begins `row` reals
 * behind, of a the next entry of a row lies `next` behind. */
INLINED void product_transposed(size_t m, size_t n, size_t k, const real *restrict a, size_t a_row, size_t a_next,
                                const real *restrict b, size_t b_row, real *restrict c, size_t c_row, bool add)
{
    for (size_t row = 0; row < m; ++row) {
        const real *restrict const from = a + row * a_row;
        real *restrict const to = c + row * c_row;
        size_t col = 0;
#ifdef LANES
        if (a_next == 1) {
            for (; col + LANES <= n; col += LANES)
                product_transposed_columns(LANES, k, from, b + col * b_row, b_row, to + col, add);
            if (col < n)
                product_transposed_columns(n % LANES, k, from, b + col * b_row, b_row, to + col, add);
            col = n;
        }
#endif
        for (; col < n; ++col) {
            real sum = add ? to[col] : 0.0f;
            for (size_t at = 0; at < k; ++at)
                sum += from[at * a_next] * b[col * b_row + at];
            to[col] = sum;
        }
    }
}

_Static_assert(sizeof(gru_small_f32_parameters) == GRU_SMALL_F32_PARAMETERS_BYTES, "a real has another size here, or arrays have gaps");
_Static_assert(sizeof(gru_small_f32_inputs) == GRU_SMALL_F32_INPUTS_BYTES, "a real has another size here, or arrays have gaps");
_Static_assert(sizeof(gru_small_f32_kept) == GRU_SMALL_F32_KEPT_BYTES, "a real has another size here, or arrays have gaps");
_Static_assert(sizeof(gru_small_f32_gradients) == GRU_SMALL_F32_GRADIENTS_BYTES, "a real has another size here, or arrays have gaps");
_Static_assert(sizeof(gru_small_f32_workspace) == GRU_SMALL_F32_WORKSPACE_BYTES, "a real has another size here, or arrays have gaps");

void gru_small_f32_forward(const gru_small_f32_parameters *parameters, const gru_small_f32_inputs *inputs,
                           gru_small_f32_kept *kept, gru_small_f32_workspace *work)
{
    enum { T = GRU_SMALL_F32_T, B = GRU_SMALL_F32_B, I = GRU_SMALL_F32_I, H = GRU_SMALL_F32_H, O = GRU_SMALL_F32_O };
    const real *restrict const W_ir = parameters->W_ir;       /* (H, I) */
    const real *restrict const b_ir = parameters->b_ir;       /* (H) */
    const real *restrict const W_hr = parameters->W_hr;       /* (H, H) */
    const real *restrict const b_hr = parameters->b_hr;       /* (H) */
    const real *restrict const W_iz = parameters->W_iz;       /* (H, I) */
    const real *restrict const b_iz = parameters->b_iz;       /* (H) */
    const real *restrict const W_hz = parameters->W_hz;       /* (H, H) */
    const real *restrict const b_hz = parameters->b_hz;       /* (H) */
    const real *restrict const W_in = parameters->W_in;       /* (H, I) */
    const real *restrict const b_in = parameters->b_in;       /* (H) */
    const real *restrict const W_hn = parameters->W_hn;       /* (H, H) */
    const real *restrict const b_hn = parameters->b_hn;       /* (H) */
    const real *restrict const W_hy = parameters->W_hy;       /* (O, H) */
    const real *restrict const b_y = parameters->b_y;         /* (O) */
    const real *restrict const x = inputs->x;                 /* (T, B, I) */
    const real *restrict const h0 = inputs->h0;               /* (B, H) */
    const real *restrict const y = inputs->y;                 /* (T, B, O) */
    real *restrict const h = kept->h;                         /* (T + 1, B, H) */
    real *restrict const y_hat = kept->y_hat;                 /* (T, B, O) */
    real *restrict const r = kept->r;                         /* (T, B, H) */
    real *restrict const z = kept->z;                         /* (T, B, H) */
    real *restrict const u_n = kept->u_n;                     /* (T, B, H) */
    real *restrict const n = kept->n;                         /* (T, B, H) */
    real *restrict const J = kept->J;                         /* () */
    real *restrict const z_y = work->forward.z_y;             /* (chunk, B, O) */
    real *restrict const largest = work->forward.largest;     /* (chunk, B) */
    real *restrict const total = work->forward.total;         /* (B) */
    real *restrict const log_total = work->forward.log_total; /* (chunk, B) */

    J[0] = 0.0f;
    INDEPENDENT
    for (size_t at = 0; at < B * H; ++at) {
        h[at] = h0[at];
    }
    for (size_t steps = chunk_steps(8, B, T), begin = 0, end; begin < T; begin = end) {
        end = T - begin < steps ? T : begin + steps;
        const size_t chunk = end - begin;
        /* (1) z_r[t] = W_ir x[t] + b_ir + W_hr h[t−1] + b_hr */
        /* r[chunk] = x[chunk] @ W_irᵀ */
        product_transposed(chunk * B, H, I, x + begin * B * I, I, 1, W_ir, I, r + begin * B * H, H, false);
        /* (3) z_z[t] = W_iz x[t] + b_iz + W_hz h[t−1] + b_hz */
        /* z[chunk] = x[chunk] @ W_izᵀ */
        product_transposed(chunk * B, H, I, x + begin * B * I, I, 1, W_iz, I, z + begin * B * H, H, false);
        /* (6) z_n[t] = W_in x[t] + b_in + r[t] ∘ u_n[t] */
        /* n[chunk] = x[chunk] @ W_inᵀ */
        product_transposed(chunk * B, H, I, x + begin * B * I, I, 1, W_in, I, n + begin * B * H, H, false);
        for (size_t t = begin; t < end; ++t) {
            /* (1) z_r[t] = W_ir x[t] + b_ir + W_hr h[t−1] + b_hr */
            /* r[t] += h[t] @ W_hrᵀ */
            product_transposed(B, H, H, h + t * B * H, H, 1, W_hr, H, r + t * B * H, H, true);
            /* (3) z_z[t] = W_iz x[t] + b_iz + W_hz h[t−1] + b_hz */
            /* z[t] += h[t] @ W_hzᵀ */
            product_transposed(B, H, H, h + t * B * H, H, 1, W_hz, H, z + t * B * H, H, true);
            /* (5) u_n[t] = W_hn h[t−1] + b_hn */
            /* u_n[t] = h[t] @ W_hnᵀ */
            product_transposed(B, H, H, h + t * B * H, H, 1, W_hn, H, u_n + t * B * H, H, false);
            for (size_t row = 0; row < B; ++row) {
                INDEPENDENT
                for (size_t col = 0; col < H; ++col) {
                    /* (2) r[t] = sigmoid(z_r[t]) */
                    const real r_t = r[t * B * H + row * H + col];
                    const real r_t2 = sigmoid(r_t + (b_ir[col] + b_hr[col]));
                    r[t * B * H + row * H + col] = r_t2;
                    /* (4) z[t] = sigmoid(z_z[t]) */
                    const real z_t = z[t * B * H + row * H + col];
                    const real z_t2 = sigmoid(z_t + (b_iz[col] + b_hz[col]));
                    z[t * B * H + row * H + col] = z_t2;
                    /* (5) u_n[t] = W_hn h[t−1] + b_hn */
                    const real u_n_t = u_n[t * B * H + row * H + col] + (b_hn[col]);
                    u_n[t * B * H + row * H + col] = u_n_t;
                    /* (7) n[t] = tanh(z_n[t]) */
                    const real n_t = n[t * B * H + row * H + col];
                    const real n_t2 = tanh_of(n_t + (b_in[col] + r_t2 * u_n_t));
                    n[t * B * H + row * H + col] = n_t2;
                    /* (8) h[t] = (1 − z[t]) ∘ n[t] + z[t] ∘ h[t−1] */
                    const real h_t = h[t * B * H + row * H + col];
                    const real h_t2 = (1.0f - z_t2) * n_t2 + z_t2 * h_t;
                    h[(t + 1) * B * H + row * H + col] = h_t2;
                }
            }
        }
        /* (9) z_y[t] = W_hy h[t] + b_y */
        /* z_y[chunk] = h[chunk + 1] @ W_hyᵀ */
        product_transposed(chunk * B, O, H, h + (begin + 1) * B * H, H, 1, W_hy, H, z_y, O, false);
        for (size_t t = begin; t < end; ++t) {
            /* (9) z_y[t] = W_hy h[t] + b_y */
            for (size_t row = 0; row < B; ++row) {
                INDEPENDENT
                for (size_t col = 0; col < O; ++col) {
                    z_y[(t - begin) * B * O + row * O + col] += b_y[col];
                }
            }
            /* (10) y_hat[t] = softmax(z_y[t]) */
            /* largest[t] = max over columns of z_y[t] */
            for (size_t row = 0; row < B; ++row) {
                real running = z_y[(t - begin) * B * O + row * O];
                for (size_t col = 0; col < O; ++col) {
                    running = larger(running, z_y[(t - begin) * B * O + row * O + col]);
                }
                largest[(t - begin) * B + row] = running;
            }
            for (size_t row = 0; row < B; ++row) {
                INDEPENDENT
                for (size_t col = 0; col < O; ++col) {
                    y_hat[t * B * O + row * O + col] = exp_of(z_y[(t - begin) * B * O + row * O + col] - largest[(t - begin) * B + row]);
                }
            }
            /* total = sum over columns of y_hat[t] */
            for (size_t row = 0; row < B; ++row) {
                real running = 0.0f;
                for (size_t col = 0; col < O; ++col) {
                    running += y_hat[t * B * O + row * O + col];
                }
                total[row] = running;
            }
            for (size_t row = 0; row < B; ++row) {
                INDEPENDENT
                for (size_t col = 0; col < O; ++col) {
                    y_hat[t * B * O + row * O + col] = y_hat[t * B * O + row * O + col] / total[row];
                }
            }
            /* (11) J += −y[t]ᵀ log_softmax(z_y[t]) */
            INDEPENDENT
            for (size_t at = 0; at < B; ++at) {
                log_total[(t - begin) * B + at] = log_of(total[at]);
            }
        }
        /* (11) J += −y[t]ᵀ log_softmax(z_y[t]) */
        /* J += sum over all of −(y[chunk] ∘ (z_y[chunk] − largest[chunk]ᵢⱼ − log_total[chunk]ᵢⱼ)) */
        {
            real running = 0.0f;
            for (size_t page = 0; page < chunk; ++page) {
                for (size_t row = 0; row < B; ++row) {
                    for (size_t col = 0; col < O; ++col) {
                        running += -(y[begin * B * O + page * B * O + row * O + col] * (z_y[page * B * O + row * O + col] - largest[page * B + row] - log_total[page * B + row]));
                    }
                }
            }
            J[0] += running;
        }
    }
}

void gru_small_f32_backward(const gru_small_f32_parameters *parameters, const gru_small_f32_inputs *inputs,
                            const gru_small_f32_kept *kept, gru_small_f32_gradients *gradients,
                            gru_small_f32_workspace *work)
{
    enum { T = GRU_SMALL_F32_T, B = GRU_SMALL_F32_B, I = GRU_SMALL_F32_I, H = GRU_SMALL_F32_H, O = GRU_SMALL_F32_O };
    const real *restrict const W_ir = parameters->W_ir;    /* (H, I) */
    const real *restrict const W_hr = parameters->W_hr;    /* (H, H) */
    const real *restrict const W_iz = parameters->W_iz;    /* (H, I) */
    const real *restrict const W_hz = parameters->W_hz;    /* (H, H) */
    const real *restrict const W_in = parameters->W_in;    /* (H, I) */
    const real *restrict const W_hn = parameters->W_hn;    /* (H, H) */
    const real *restrict const W_hy = parameters->W_hy;    /* (O, H) */
    const real *restrict const x = inputs->x;              /* (T, B, I) */
    const real *restrict const y = inputs->y;              /* (T, B, O) */
    const real *restrict const h = kept->h;                /* (T + 1, B, H) */
    const real *restrict const y_hat = kept->y_hat;        /* (T, B, O) */
    const real *restrict const r = kept->r;                /* (T, B, H) */
    const real *restrict const z = kept->z;                /* (T, B, H) */
    const real *restrict const u_n = kept->u_n;            /* (T, B, H) */
    const real *restrict const n = kept->n;                /* (T, B, H) */
    real *restrict const dW_ir = gradients->dW_ir;         /* (H, I) */
    real *restrict const db_ir = gradients->db_ir;         /* (H) */
    real *restrict const dW_hr = gradients->dW_hr;         /* (H, H) */
    real *restrict const db_hr = gradients->db_hr;         /* (H) */
    real *restrict const dW_iz = gradients->dW_iz;         /* (H, I) */
    real *restrict const db_iz = gradients->db_iz;         /* (H) */
    real *restrict const dW_hz = gradients->dW_hz;         /* (H, H) */
    real *restrict const db_hz = gradients->db_hz;         /* (H) */
    real *restrict const dW_in = gradients->dW_in;         /* (H, I) */
    real *restrict const db_in = gradients->db_in;         /* (H) */
    real *restrict const dW_hn = gradients->dW_hn;         /* (H, H) */
    real *restrict const db_hn = gradients->db_hn;         /* (H) */
    real *restrict const dW_hy = gradients->dW_hy;         /* (O, H) */
    real *restrict const db_y = gradients->db_y;           /* (O) */
    real *restrict const dx = gradients->dx;               /* (T, B, I) */
    real *restrict const dh0 = gradients->dh0;             /* (B, H) */
    real *restrict const carry_h = work->backward.carry_h; /* (B, H) */
    real *restrict const dz_y = work->backward.dz_y;       /* (chunk, B, O) */
    real *restrict const dh = work->backward.dh;           /* (chunk, B, H) */
    real *restrict const dz_n = work->backward.dz_n;       /* (chunk, B, H) */
    real *restrict const du_n = work->backward.du_n;       /* (chunk, B, H) */
    real *restrict const dz_z = work->backward.dz_z;       /* (chunk, B, H) */
    real *restrict const dz_r = work->backward.dz_r;       /* (chunk, B, H) */

    INDEPENDENT
    for (size_t at = 0; at < H * I; ++at) {
        dW_ir[at] = 0.0f;
    }
    INDEPENDENT
    for (size_t at = 0; at < H; ++at) {
        db_ir[at] = 0.0f;
    }
    INDEPENDENT
    for (size_t at = 0; at < H * H; ++at) {
        dW_hr[at] = 0.0f;
    }
    INDEPENDENT
    for (size_t at = 0; at < H * I; ++at) {
        dW_iz[at] = 0.0f;
    }
    INDEPENDENT
    for (size_t at = 0; at < H; ++at) {
        db_iz[at] = 0.0f;
    }
    INDEPENDENT
    for (size_t at = 0; at < H * H; ++at) {
        dW_hz[at] = 0.0f;
    }
    INDEPENDENT
    for (size_t at = 0; at < H * I; ++at) {
        dW_in[at] = 0.0f;
    }
    INDEPENDENT
    for (size_t at = 0; at < H; ++at) {
        db_in[at] = 0.0f;
    }
    INDEPENDENT
    for (size_t at = 0; at < H * H; ++at) {
        dW_hn[at] = 0.0f;
    }
    INDEPENDENT
    for (size_t at = 0; at < H; ++at) {
        db_hn[at] = 0.0f;
    }
    INDEPENDENT
    for (size_t at = 0; at < O * H; ++at) {
        dW_hy[at] = 0.0f;
    }
    INDEPENDENT
    for (size_t at = 0; at < O; ++at) {
        db_y[at] = 0.0f;
    }
    INDEPENDENT
    for (size_t at = 0; at < B * H; ++at) {
        carry_h[at] = 0.0f;
    }
    for (size_t steps = chunk_steps(8, B, T), end = T, begin; end > 0; end = begin) {
        begin = end > steps ? end - steps : 0;
        const size_t chunk = end - begin;
        for (size_t t = end; t-- > begin;) {
            /* (13) z̄_y[t] = y_hat[t] − y[t] */
            INDEPENDENT
            for (size_t at = 0; at < B * O; ++at) {
                dz_y[(t - begin) * B * O + at] = y_hat[t * B * O + at] - y[t * B * O + at];
            }
        }
        /* (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ z[t+1] + W_hnᵀ ū_n[t+1] + W_hzᵀ z̄_z[t+1] + W_hrᵀ z̄_r[t+1] */
        /* dh[chunk] = dz_y[chunk] @ W_hy */
        product(chunk * B, H, O, dz_y, O, 1, W_hy, H, dh, H, false);
        /* (34) W̄_hy += z̄_y[t] h[t]ᵀ */
        /* dW_hy += dz_y[chunk]ᵀ @ h[chunk + 1] */
        product(O, H, chunk * B, dz_y, 1, O, h + (begin + 1) * B * H, H, dW_hy, H, true);
        /* (35) b̄_y += z̄_y[t] */
        /* db_y += sumᵢⱼ of dz_y[chunk] */
        for (size_t page = 0; page < chunk; ++page) {
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = 0; col < O; ++col) {
                    db_y[col] += dz_y[page * B * O + row * O + col];
                }
            }
        }
        for (size_t t = end; t-- > begin;) {
            INDEPENDENT
            for (size_t at = 0; at < B * H; ++at) {
                /* (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ z[t+1] + W_hnᵀ ū_n[t+1] + W_hzᵀ z̄_z[t+1] + W_hrᵀ z̄_r[t+1] */
                const real carry_h_t = carry_h[at];
                const real dh_t = dh[(t - begin) * B * H + at] + (carry_h_t);
                dh[(t - begin) * B * H + at] = dh_t;
                /* (15) n̄[t] = h̄[t] ∘ (1 − z[t]) */
                const real z_t = z[t * B * H + at];
                const real dn_t = dh_t * (1.0f - z_t);
                /* (16) z̄_n[t] = n̄[t] ∘ (1 − n[t]²) */
                const real n_t = n[t * B * H + at];
                const real dz_n_t = dn_t * (1.0f - square(n_t));
                dz_n[(t - begin) * B * H + at] = dz_n_t;
                /* (17) ū_n[t] = z̄_n[t] ∘ r[t] */
                const real r_t = r[t * B * H + at];
                const real du_n_t = dz_n_t * r_t;
                du_n[(t - begin) * B * H + at] = du_n_t;
                /* (18) z̄[t] = −h̄[t] ∘ n[t] + h̄[t] ∘ h[t−1] */
                const real h_t = h[t * B * H + at];
                const real dz_t = -(dh_t * n_t) + dh_t * h_t;
                /* (19) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t]) */
                const real dz_z_t = dz_t * z_t * (1.0f - z_t);
                dz_z[(t - begin) * B * H + at] = dz_z_t;
                /* (20) r̄[t] = z̄_n[t] ∘ u_n[t] */
                const real u_n_t = u_n[t * B * H + at];
                const real dr_t = dz_n_t * u_n_t;
                /* (21) z̄_r[t] = r̄[t] ∘ r[t] ∘ (1 − r[t]) */
                const real dz_r_t = dr_t * r_t * (1.0f - r_t);
                dz_r[(t - begin) * B * H + at] = dz_r_t;
                /* (14) what step t gives to h of earlier steps: h̄[t] ∘ z[t] + W_hnᵀ ū_n[t] + W_hzᵀ z̄_z[t] + W_hrᵀ z̄_r[t] */
                const real carry_h_t2 = dh_t * z_t;
                carry_h[at] = carry_h_t2;
            }
            /* (14) what step t gives to h of earlier steps: h̄[t] ∘ z[t] + W_hnᵀ ū_n[t] + W_hzᵀ z̄_z[t] + W_hrᵀ z̄_r[t] */
            /* carry_h += du_n[t] @ W_hn */
            product(B, H, H, du_n + (t - begin) * B * H, H, 1, W_hn, H, carry_h, H, true);
            /* carry_h += dz_z[t] @ W_hz */
            product(B, H, H, dz_z + (t - begin) * B * H, H, 1, W_hz, H, carry_h, H, true);
            /* carry_h += dz_r[t] @ W_hr */
            product(B, H, H, dz_r + (t - begin) * B * H, H, 1, W_hr, H, carry_h, H, true);
        }
        /* (22) W̄_ir += z̄_r[t] x[t]ᵀ */
        /* dW_ir += dz_r[chunk]ᵀ @ x[chunk] */
        product(H, I, chunk * B, dz_r, 1, H, x + begin * B * I, I, dW_ir, I, true);
        /* (23) b̄_ir += z̄_r[t] */
        /* db_ir += sumᵢⱼ of dz_r[chunk] */
        for (size_t page = 0; page < chunk; ++page) {
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = 0; col < H; ++col) {
                    db_ir[col] += dz_r[page * B * H + row * H + col];
                }
            }
        }
        /* (24) W̄_hr += z̄_r[t] h[t−1]ᵀ */
        /* dW_hr += dz_r[chunk]ᵀ @ h[chunk] */
        product(H, H, chunk * B, dz_r, 1, H, h + begin * B * H, H, dW_hr, H, true);
        /* (26) W̄_iz += z̄_z[t] x[t]ᵀ */
        /* dW_iz += dz_z[chunk]ᵀ @ x[chunk] */
        product(H, I, chunk * B, dz_z, 1, H, x + begin * B * I, I, dW_iz, I, true);
        /* (27) b̄_iz += z̄_z[t] */
        /* db_iz += sumᵢⱼ of dz_z[chunk] */
        for (size_t page = 0; page < chunk; ++page) {
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = 0; col < H; ++col) {
                    db_iz[col] += dz_z[page * B * H + row * H + col];
                }
            }
        }
        /* (28) W̄_hz += z̄_z[t] h[t−1]ᵀ */
        /* dW_hz += dz_z[chunk]ᵀ @ h[chunk] */
        product(H, H, chunk * B, dz_z, 1, H, h + begin * B * H, H, dW_hz, H, true);
        /* (30) W̄_in += z̄_n[t] x[t]ᵀ */
        /* dW_in += dz_n[chunk]ᵀ @ x[chunk] */
        product(H, I, chunk * B, dz_n, 1, H, x + begin * B * I, I, dW_in, I, true);
        /* (31) b̄_in += z̄_n[t] */
        /* db_in += sumᵢⱼ of dz_n[chunk] */
        for (size_t page = 0; page < chunk; ++page) {
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = 0; col < H; ++col) {
                    db_in[col] += dz_n[page * B * H + row * H + col];
                }
            }
        }
        /* (32) W̄_hn += ū_n[t] h[t−1]ᵀ */
        /* dW_hn += du_n[chunk]ᵀ @ h[chunk] */
        product(H, H, chunk * B, du_n, 1, H, h + begin * B * H, H, dW_hn, H, true);
        /* (33) b̄_hn += ū_n[t] */
        /* db_hn += sumᵢⱼ of du_n[chunk] */
        for (size_t page = 0; page < chunk; ++page) {
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = 0; col < H; ++col) {
                    db_hn[col] += du_n[page * B * H + row * H + col];
                }
            }
        }
        /* (36) x̄[t] = W_inᵀ z̄_n[t] + W_izᵀ z̄_z[t] + W_irᵀ z̄_r[t] */
        /* dx[chunk] = dz_n[chunk] @ W_in */
        product(chunk * B, I, H, dz_n, H, 1, W_in, I, dx + begin * B * I, I, false);
        /* (36) x̄[t] = W_inᵀ z̄_n[t] + W_izᵀ z̄_z[t] + W_irᵀ z̄_r[t] */
        /* dx[chunk] += dz_z[chunk] @ W_iz */
        product(chunk * B, I, H, dz_z, H, 1, W_iz, I, dx + begin * B * I, I, true);
        /* (36) x̄[t] = W_inᵀ z̄_n[t] + W_izᵀ z̄_z[t] + W_irᵀ z̄_r[t] */
        /* dx[chunk] += dz_r[chunk] @ W_ir */
        product(chunk * B, I, H, dz_r, H, 1, W_ir, I, dx + begin * B * I, I, true);
    }
    /* (37) h̄[0] = h̄[1] ∘ z[1] + W_hnᵀ ū_n[1] + W_hzᵀ z̄_z[1] + W_hrᵀ z̄_r[1] */
    INDEPENDENT
    for (size_t at = 0; at < B * H; ++at) {
        dh0[at] = carry_h[at];
    }
    INDEPENDENT
    for (size_t at = 0; at < H; ++at) {
        db_hr[at] = db_ir[at];
    }
    INDEPENDENT
    for (size_t at = 0; at < H; ++at) {
        db_hz[at] = db_iz[at];
    }
}

void gru_small_f32_loss_and_gradient(const gru_small_f32_parameters *parameters,
                                     const gru_small_f32_inputs *inputs, gru_small_f32_kept *kept,
                                     gru_small_f32_gradients *gradients, gru_small_f32_workspace *work)
{
    gru_small_f32_forward(parameters, inputs, kept, work);
    gru_small_f32_backward(parameters, inputs, kept, gradients, work);
}
