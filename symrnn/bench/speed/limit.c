/* What one core can do: multiplications and additions, reading memory, tanh. Compiled with -DREAL=float or double.
 * Every function returns something that depends on all that it did, so that none of it can be left out. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef REAL
#define REAL float
#endif
#define IS_FLOAT (sizeof(REAL) == 4)

/* The widest registers, and as many sums as keep two units busy and still fit into sixteen of them. */
#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif
#define LANES (BYTES / sizeof(REAL))
#define SUMS 12

typedef REAL vector __attribute__((vector_size(BYTES)));

static REAL total(vector sum)
{
    REAL found = 0;
    for (size_t lane = 0; lane < LANES; ++lane) {
        found += sum[lane];
    }
    return found;
}

/* sum = a * sum + b, `count` times 2 * SUMS * LANES operations. */
double multiply_add(size_t count, double a, double b)
{
    vector sums[SUMS], factor, term;
    for (size_t lane = 0; lane < LANES; ++lane) {
        factor[lane] = (REAL)a;
        term[lane] = (REAL)b;
    }
    for (int one = 0; one < SUMS; ++one) {
        sums[one] = term * (REAL)one;
    }
    for (size_t round = 0; round < count; ++round) {
#pragma GCC unroll 12
        for (int one = 0; one < SUMS; ++one) {
            sums[one] = factor * sums[one] + term;
        }
    }
    for (int one = 1; one < SUMS; ++one) {
        sums[0] += sums[one];
    }
    return (double)total(sums[0]);
}

size_t multiply_add_operations(void)
{
    return 2 * SUMS * LANES;
}

/* Read `bytes` bytes, a multiple of 8 registers, `count` times. */
double read_memory(const void *memory, size_t bytes, size_t count)
{
    const vector *from = memory;
    const size_t length = bytes / sizeof(vector);
    vector sums[8] = {{0}};
    for (size_t round = 0; round < count; ++round) {
        for (size_t at = 0; at + 8 <= length; at += 8) {
#pragma GCC unroll 8
            for (size_t one = 0; one < 8; ++one) {
                sums[one] += from[at + one];
            }
        }
        __asm__ volatile("" : : "r"(from) : "memory"); /* every round reads again */
    }
    for (size_t one = 1; one < 8; ++one) {
        sums[0] += sums[one];
    }
    return (double)total(sums[0]);
}

/* exp(x) for -87 < x <= 0: a power of two and a polynomial, every step of which a compiler can do in all lanes at once. */
static inline REAL power_of_e(REAL x)
{
    const REAL shift = IS_FLOAT ? (REAL)12582912.0 : (REAL)6755399441055744.0; /* 1.5 * 2^23, 1.5 * 2^52 */
    const REAL shifted = x * (REAL)1.4426950408889634 + shift;
    const REAL whole = shifted - shift;
    const REAL rest = x - whole * (REAL)0.6931471805599453;
    REAL result = (REAL)(1.0 / 720);
    if (!IS_FLOAT) {
        result = (REAL)(1.0 / 39916800);
        result = result * rest + (REAL)(1.0 / 3628800);
        result = result * rest + (REAL)(1.0 / 362880);
        result = result * rest + (REAL)(1.0 / 40320);
        result = result * rest + (REAL)(1.0 / 5040);
        result = result * rest + (REAL)(1.0 / 720);
    }
    result = result * rest + (REAL)(1.0 / 120);
    result = result * rest + (REAL)(1.0 / 24);
    result = result * rest + (REAL)(1.0 / 6);
    result = result * rest + (REAL)0.5;
    result = result * rest + 1;
    result = result * rest + 1;
    if (IS_FLOAT) {
        int32_t bits;
        float scale;
        const float number = (float)shifted;
        memcpy(&bits, &number, 4);
        bits = (int32_t)((uint32_t)(bits + 127) << 23);
        memcpy(&scale, &bits, 4);
        return result * (REAL)scale;
    } else {
        int64_t bits;
        double scale;
        const double number = (double)shifted;
        memcpy(&bits, &number, 8);
        bits = (int64_t)((uint64_t)(bits + 1023) << 52);
        memcpy(&scale, &bits, 8);
        return result * (REAL)scale;
    }
}

/* tanh of every entry, within about 1e-7 (1e-15) of the truth for |x| < 40. */
void tangents(const REAL *restrict from, REAL *restrict to, size_t length, size_t count)
{
    for (size_t round = 0; round < count; ++round) {
        for (size_t at = 0; at < length; ++at) {
            const REAL x = from[at];
            const REAL size = x < 0 ? -x : x;
            const REAL e = power_of_e(-2 * size);
            const REAL found = (1 - e) / (1 + e);
            to[at] = x < 0 ? -found : found;
        }
        __asm__ volatile("" : : "r"(to) : "memory");
    }
}
