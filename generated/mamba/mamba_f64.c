/* selective state space step (S6), input matrix by Euler as in the released code with softmax and cross-entropy:
 * see mamba_f64.h. Emitted by symrnn; C11. Fast with -O3 -march=native -fno-math-errno -fno-trapping-math
 * -ffp-contract=fast, none of which changes what NaN and Infinity do. */
#include "mamba_f64.h"

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

/* Buffers in the workspace begin where the widest vectors may be loaded at once. */
enum { ALIGNMENT = 64 / sizeof(real) };

/* The first place from here on that is aligned. */
static real *first_vector(real *from)
{
    return from + (ALIGNMENT - (uintptr_t)from / sizeof(real) % ALIGNMENT) % ALIGNMENT;
}

/* A length, rounded up so that what follows is aligned too. */
static size_t rounded(size_t length)
{
    return (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t larger_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

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

/* Sums over many numbers run in so many lanes, which are added up at last: one running number waits for itself at every term. */
enum { LANES_OF_SUMS = 32 };
#ifdef __GNUC__ /* in place it would be half of the function that sums, which takes the compiler that much longer */
#define CALLED __attribute__((noinline))
#else
#define CALLED
#endif

/* The sum of all lanes, in pairs. */
static CALLED real sum_of(real lanes[LANES_OF_SUMS])
{
    for (size_t half = LANES_OF_SUMS / 2; half > 0; half /= 2)
        for (size_t lane = 0; lane < half; ++lane)
            lanes[lane] += lanes[lane + half];
    return lanes[0];
}

/* The largest of all lanes; NaN if any is. */
static CALLED real largest_of(real lanes[LANES_OF_SUMS])
{
    for (size_t half = LANES_OF_SUMS / 2; half > 0; half /= 2)
        for (size_t lane = 0; lane < half; ++lane)
            lanes[lane] = larger(lanes[lane], lanes[lane + half]);
    return lanes[0];
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

/* The rows begin, ..., end - 1. */
typedef struct {
    size_t begin, end;
} range;

/* The rows of so many that are a thread's own: about equally many for each, one after the other. */
static range own_rows(size_t count, size_t thread, size_t threads)
{
    const size_t each = count / threads, more = count % threads;
    const size_t begin = thread * each + (thread < more ? thread : more);
    return (range){begin, begin + each + (thread < more)};
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

/* log(1 + e^x) = max(x, 0) + log(1 + e), e = e^-|x| <= 1; it goes down to 0 as e^x does. At most 2.5 units in the last place
 * off; NaN stays NaN. Where e > sqrt(2) - 1 it is halved: log(1 + e) = log(2) + log(1 + (e - 1)/2). */
INLINED real softplus(real x)
{
    const real e = exp_of(-fabs(x)), positive = x > 0.0 ? x : 0.0;
    const bool halved = e > 0.4142135;
    const real logarithm = log1p_near_0(halved ? 0.5 * e - 0.5 : e);
    return positive + ((halved ? 0.69314718055994531 : 0.0) + logarithm);
}

/* The tile: the part of a matrix product that is summed in registers. Every other file of products needs this one first.
 *
 * A tile of out is a few rows by one panel. A panel is PANEL columns of the right operand, two vectors wide; the last
 * one is only one vector wide where that is enough. Each step along k multiplies the vectors of one row of the panel
 * with one element of every row of a. There is one function for every number of rows, so that all sums of a tile are in
 * registers and a remainder of rows costs no more than its share. With GCC and Clang vectors are extensions of the
 * language; PORTABLE_PRODUCTS, and other compilers, take the C11 below instead. */
#if defined __GNUC__ && !defined PORTABLE_PRODUCTS
#define VECTOR_PRODUCTS 1
#else
#define VECTOR_PRODUCTS 0
#endif

/* The bytes of a vector, and the rows for whose sums there are registers: 2 * TILE_ROWS, two vectors of b, one of a. */
#if !VECTOR_PRODUCTS
#define VECTOR_BYTES 32
#define TILE_ROWS 4
#elif defined __AVX512F__
#define VECTOR_BYTES 64
#define TILE_ROWS 12
#elif defined __AVX__
#define VECTOR_BYTES 32
#define TILE_ROWS 6
#elif defined __aarch64__
#define VECTOR_BYTES 16
#define TILE_ROWS 12
#else
#define VECTOR_BYTES 16
#define TILE_ROWS 6
#endif

enum {
    LANES = VECTOR_BYTES / sizeof(real),
    PANEL = 2 * LANES,
    TILE_SUMS = 2 * TILE_ROWS,
    PAGE = 4096 / sizeof(real), /* rows that lie this far apart share their places in the first-level cache */
};

/* What a tile is made of: out (rows, columns) = or += a (rows, k), times b (k, columns) as it lies in panels. */
typedef struct {
    size_t k;
    const real *a;
    size_t a_row, a_column;
    const real *b;
    size_t b_row;   /* from one row of a panel to the next */
    size_t b_panel; /* from one panel to the next, where a tile has several */
    real *out;
    size_t out_row;
    size_t columns; /* those that are written; b may have more */
    bool accumulate;
    const real *next; /* what is fetched into the cache meanwhile: each step along k what lies another next_step on */
    size_t next_step;
} tile_operands;

#if VECTOR_PRODUCTS

/* A loop whose number of iterations is a constant, and whose sums are in registers only when it is gone. Clang unrolls such
 * loops of its own accord, and fewer of them when it is told to. */
#ifdef __clang__
#define UNROLLED
#else
#define UNROLLED _Pragma("GCC unroll 24")
#endif

/* That a vector is in a register. GCC reads one again for each of few uses, which takes more time than the products; Clang
 * copies sums from memory to memory where they can be copied at once, and writes them there at every step. */
#if defined __x86_64__
#define KEEP_IN_REGISTER(vector) __asm__("" : "+v"(vector))
#elif defined __aarch64__
#define KEEP_IN_REGISTER(vector) __asm__("" : "+w"(vector))
#else
#define KEEP_IN_REGISTER(vector) (void)(vector)
#endif

typedef real vector __attribute__((vector_size(VECTOR_BYTES)));
/* a vector in memory, which may start at any element */
typedef real loose_vector __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real)), may_alias));

/* out = or += the columns of sums (rows, width) that are wanted. */
__attribute__((noinline)) static void put_part(size_t rows, size_t width, const real *sums, const tile_operands *of)
{
    for (size_t i = 0; i < rows; ++i)
        for (size_t j = 0; j < of->columns; ++j) {
            real *const out = of->out + i * of->out_row + j;
            *out = of->accumulate ? *out + sums[i * width + j] : sums[i * width + j];
        }
}

/* out = or += sums, rows of so many vectors. Numbers of rows and vectors are constants where this is inlined. */
__attribute__((always_inline)) static inline void put(const size_t rows, const size_t vectors, vector *sums,
                                                      const tile_operands *of)
{
    if (of->columns < vectors * LANES) {
        real part[TILE_SUMS * LANES];
        UNROLLED
        for (size_t i = 0; i < rows; ++i)
            UNROLLED
            for (size_t v = 0; v < vectors; ++v) {
                vector sum = sums[i * vectors + v];
                KEEP_IN_REGISTER(sum);
                *(loose_vector *)(part + (i * vectors + v) * LANES) = sum;
            }
        put_part(rows, vectors * LANES, part, of);
        return;
    }
    real *const out = of->out;
    const size_t out_row = of->out_row;
    if (of->accumulate)
        UNROLLED
        for (size_t i = 0; i < rows; ++i)
            UNROLLED
            for (size_t v = 0; v < vectors; ++v)
                sums[i * vectors + v] += *(const loose_vector *)(out + i * out_row + v * LANES);
    UNROLLED
    for (size_t i = 0; i < rows; ++i)
        UNROLLED
        for (size_t v = 0; v < vectors; ++v)
            *(loose_vector *)(out + i * out_row + v * LANES) = sums[i * vectors + v];
}

/* One step along k for some rows of a tile: add its elements of a times its vectors of b to the sums. */
__attribute__((always_inline)) static inline void add_products(const size_t first, const size_t last, const size_t vectors,
                                                               vector *sums, const real *const *a, size_t a_row,
                                                               const vector *right)
{
    UNROLLED
    for (size_t i = first; i < last; ++i) {
        const real left = a[i / 3][i % 3 * a_row];
        UNROLLED
        for (size_t v = 0; v < vectors; ++v)
            sums[i * vectors + v] += left * right[v];
    }
}

/* One tile of so many rows and vectors; both are constants where this is inlined. Rows of a are reached by threes from
 * one pointer, which is what addresses can say without arithmetic. */
__attribute__((always_inline)) static inline void tile(const size_t rows, const size_t vectors, const tile_operands *of)
{
    vector sums[TILE_SUMS];
    const real *a[(TILE_ROWS + 2) / 3];
    const real *b = of->b;
    const size_t k = of->k, a_row = of->a_row, a_column = of->a_column, b_row = of->b_row, b_panel = of->b_panel;
    UNROLLED
    for (size_t i = 0; i < rows; ++i)
        UNROLLED
        for (size_t v = 0; v < vectors; ++v)
            sums[i * vectors + v] = (vector){0};
    UNROLLED
    for (size_t three = 0; 3 * three < rows; ++three)
        a[three] = of->a + 3 * three * a_row;
    /* Where out is far away it is fetched while the sums grow; few sums are faster than that. */
    if (k >= 64)
        UNROLLED
        for (size_t i = 0; i < rows; ++i)
            UNROLLED
            for (size_t v = 0; v < vectors; ++v)
                __builtin_prefetch(of->out + i * of->out_row + v * LANES, 1);
    const real *next = of->next;
    const size_t next_step = of->next_step;
    for (size_t p = 0; p < k; ++p, b += b_row) {
        vector right[8];
        if (vectors == 2)
            __builtin_prefetch(next + p * next_step, 0, 2);
        UNROLLED
        for (size_t v = 0; v < vectors; ++v) {
            right[v] = *(const loose_vector *)(b + v / 2 * b_panel + v % 2 * LANES);
            KEEP_IN_REGISTER(right[v]);
        }
        /* in two parts, since Clang does not unroll a longer loop */
        const size_t half = rows > 8 ? 6 : rows;
        add_products(0, half, vectors, sums, a, a_row, right);
        add_products(half, rows, vectors, sums, a, a_row, right);
        UNROLLED
        for (size_t three = 0; 3 * three < rows; ++three)
            a[three] += a_column;
    }
    put(rows, vectors, sums, of);
}

#else

/* One tile, in plain C: the same sums in an array, of a width that compilers turn into vectors where they can. */
static void tile(size_t rows, size_t vectors, const tile_operands *of)
{
    real sums[TILE_ROWS][PANEL] = {{0}};
    const size_t width = vectors * LANES;
    const real *b = of->b;
    for (size_t p = 0; p < of->k; ++p, b += of->b_row)
        for (size_t i = 0; i < rows; ++i) {
            const real left = of->a[i * of->a_row + p * of->a_column];
            for (size_t j = 0; j < width; ++j)
                sums[i][j] += left * b[j];
        }
    for (size_t i = 0; i < rows; ++i)
        for (size_t j = 0; j < of->columns; ++j) {
            real *const out = of->out + i * of->out_row + j;
            *out = of->accumulate ? *out + sums[i][j] : sums[i][j];
        }
}

#endif

#if TILE_ROWS >= 1
static void tile_1_narrow(const tile_operands *of)
{
    tile(1, 1, of);
}

static void tile_1(const tile_operands *of)
{
    tile(1, 2, of);
}
#endif

#if TILE_ROWS >= 2
static void tile_2_narrow(const tile_operands *of)
{
    tile(2, 1, of);
}

static void tile_2(const tile_operands *of)
{
    tile(2, 2, of);
}
#endif

#if TILE_ROWS >= 3
static void tile_3_narrow(const tile_operands *of)
{
    tile(3, 1, of);
}

static void tile_3(const tile_operands *of)
{
    tile(3, 2, of);
}
#endif

#if TILE_ROWS >= 4
static void tile_4_narrow(const tile_operands *of)
{
    tile(4, 1, of);
}

static void tile_4(const tile_operands *of)
{
    tile(4, 2, of);
}
#endif

#if TILE_ROWS >= 5
static void tile_5_narrow(const tile_operands *of)
{
    tile(5, 1, of);
}

static void tile_5(const tile_operands *of)
{
    tile(5, 2, of);
}
#endif

#if TILE_ROWS >= 6
static void tile_6_narrow(const tile_operands *of)
{
    tile(6, 1, of);
}

static void tile_6(const tile_operands *of)
{
    tile(6, 2, of);
}
#endif

#if TILE_ROWS >= 7
static void tile_7_narrow(const tile_operands *of)
{
    tile(7, 1, of);
}

static void tile_7(const tile_operands *of)
{
    tile(7, 2, of);
}
#endif

#if TILE_ROWS >= 8
static void tile_8_narrow(const tile_operands *of)
{
    tile(8, 1, of);
}

static void tile_8(const tile_operands *of)
{
    tile(8, 2, of);
}
#endif

#if TILE_ROWS >= 9
static void tile_9_narrow(const tile_operands *of)
{
    tile(9, 1, of);
}

static void tile_9(const tile_operands *of)
{
    tile(9, 2, of);
}
#endif

#if TILE_ROWS >= 10
static void tile_10_narrow(const tile_operands *of)
{
    tile(10, 1, of);
}

static void tile_10(const tile_operands *of)
{
    tile(10, 2, of);
}
#endif

#if TILE_ROWS >= 11
static void tile_11_narrow(const tile_operands *of)
{
    tile(11, 1, of);
}

static void tile_11(const tile_operands *of)
{
    tile(11, 2, of);
}
#endif

#if TILE_ROWS >= 12
static void tile_12_narrow(const tile_operands *of)
{
    tile(12, 1, of);
}

static void tile_12(const tile_operands *of)
{
    tile(12, 2, of);
}
#endif

/* The size of about equal parts of `whole`, none above `most`. */
static size_t part(size_t whole, size_t most)
{
    const size_t parts = (whole + most - 1) / most;
    return (whole + parts - 1) / parts;
}

/* Rows of one panel, as tiles of about equally many rows, none above `most`. The operands are left at the last tile. */
static void tiles(size_t rows, size_t most, bool narrow, tile_operands *of)
{
    static void (*const sizes[][2])(const tile_operands *) = {
#if TILE_ROWS >= 1
        {tile_1, tile_1_narrow},
#endif
#if TILE_ROWS >= 2
        {tile_2, tile_2_narrow},
#endif
#if TILE_ROWS >= 3
        {tile_3, tile_3_narrow},
#endif
#if TILE_ROWS >= 4
        {tile_4, tile_4_narrow},
#endif
#if TILE_ROWS >= 5
        {tile_5, tile_5_narrow},
#endif
#if TILE_ROWS >= 6
        {tile_6, tile_6_narrow},
#endif
#if TILE_ROWS >= 7
        {tile_7, tile_7_narrow},
#endif
#if TILE_ROWS >= 8
        {tile_8, tile_8_narrow},
#endif
#if TILE_ROWS >= 9
        {tile_9, tile_9_narrow},
#endif
#if TILE_ROWS >= 10
        {tile_10, tile_10_narrow},
#endif
#if TILE_ROWS >= 11
        {tile_11, tile_11_narrow},
#endif
#if TILE_ROWS >= 12
        {tile_12, tile_12_narrow},
#endif
    };
    for (size_t left = (rows + most - 1) / most; left > 0; --left) {
        const size_t now = rows / left;
        sizes[now - 1][narrow](of);
        rows -= now;
        of->a += now * of->a_row;
        of->next += of->next_step > 0 ? LANES : 0;
        of->out += now * of->out_row;
    }
}

/* Writing the right operand of a product as panels. Needs tile.
 *
 * The panels of b (k, n) follow one another; each is PANEL columns wide, k rows of them, and the last one only half as
 * wide where n leaves no more. What a panel has beyond the last column is zero. */

#if VECTOR_PRODUCTS && defined __has_builtin
#if __has_builtin(__builtin_shufflevector)
#define VECTOR_TURNS 1
#endif
#endif

#ifdef VECTOR_TURNS
/* The elements of two vectors in turn: from their first halves, and from their second. */
#if VECTOR_BYTES == 64
#define FIRST_HALVES(x, y) __builtin_shufflevector(x, y, 0, 8, 1, 9, 2, 10, 3, 11)
#define SECOND_HALVES(x, y) __builtin_shufflevector(x, y, 4, 12, 5, 13, 6, 14, 7, 15)
#elif VECTOR_BYTES == 32
#define FIRST_HALVES(x, y) __builtin_shufflevector(x, y, 0, 4, 1, 5)
#define SECOND_HALVES(x, y) __builtin_shufflevector(x, y, 2, 6, 3, 7)
#elif VECTOR_BYTES == 16
#define FIRST_HALVES(x, y) __builtin_shufflevector(x, y, 0, 2)
#define SECOND_HALVES(x, y) __builtin_shufflevector(x, y, 1, 3)
#endif

/* Write as many rows as a vector has elements, transposed: one step moves the highest bit of the row behind the bits of the
 * column, and the highest bit of the column behind those of the row; after as many steps as bits they are exchanged. */
static void turn(const real *from, size_t from_row, real *to, size_t to_row)
{
    vector rows[LANES], turned[LANES];
    UNROLLED
    for (size_t i = 0; i < LANES; ++i)
        rows[i] = *(const loose_vector *)(from + i * from_row);
    UNROLLED
    for (size_t step = 1; step < LANES; step *= 2) {
        UNROLLED
        for (size_t i = 0; i < LANES / 2; ++i) {
            turned[2 * i] = FIRST_HALVES(rows[i], rows[i + LANES / 2]);
            turned[2 * i + 1] = SECOND_HALVES(rows[i], rows[i + LANES / 2]);
        }
        UNROLLED
        for (size_t i = 0; i < LANES; ++i)
            rows[i] = turned[i];
    }
    UNROLLED
    for (size_t i = 0; i < LANES; ++i)
        *(loose_vector *)(to + i * to_row) = rows[i];
}
#endif

/* to (rows, columns), whose rows are to_row apart, becomes from: element (p, j) is from[p * from_row + j * from_column]. */
static void pack_part(size_t rows, size_t columns, const real *restrict from, size_t from_row, size_t from_column,
                      real *restrict to, size_t to_row)
{
    if (from_column == 1) {
        for (size_t p = 0; p < rows; ++p)
            for (size_t j = 0; j < columns; ++j)
                to[p * to_row + j] = from[p * from_row + j];
        return;
    }
    size_t turned = 0; /* rows that are done, of the columns that are done */
    size_t beside = 0; /* columns that are done */
#ifdef VECTOR_TURNS
    if (from_row == 1) {
        turned = rows / LANES * LANES;
        beside = columns / LANES * LANES;
        for (size_t j = 0; j < beside; j += LANES)
            for (size_t p = 0; p < turned; p += LANES)
                turn(from + p + j * from_column, from_column, to + p * to_row + j, to_row);
    }
#endif
    for (size_t j = 0; j < columns; ++j)
        for (size_t p = j < beside ? turned : 0; p < rows; ++p)
            to[p * to_row + j] = from[p * from_row + j * from_column];
}

/* Put a part (rows, columns) of the right operand (k, n) into its panels, its first element at (row, column): element
 * (p, j) of the part is b[p * b_row + j * b_column]. Whoever packs the last column also writes the zeros beyond it. */
static void pack(size_t k, size_t n, size_t row, size_t column, size_t rows, size_t columns, const real *b, size_t b_row,
                 size_t b_column, real *panels)
{
    const size_t end = column + columns;
    for (size_t start = column / PANEL * PANEL; columns > 0 && start < end; start += PANEL) {
        const size_t width = n - start > LANES ? PANEL : LANES;
        const size_t first = start < column ? column : start, last = start + width < end ? start + width : end;
        const real *const from = b + (first - column) * b_column;
        real *const to = panels + start * k + row * width + (first - start);
        pack_part(rows, last - first, from, b_row, b_column, to, width);
        for (size_t p = 0; last == n && p < rows; ++p)
            for (size_t j = last - first; j < width - (first - start); ++j)
                to[p * width + j] = 0.0;
    }
}

/* Products with a right operand that was packed before. Needs tile, then pack. */

/* The depth and the rows of a at a time: a block of a stays in the second-level cache while panels pass by. */
enum { DEPTH = 512, HEIGHT = 96 };

/* The number of reals that the panels of a right operand (k, n) take. */
static size_t panels_size(size_t k, size_t n)
{
    return (n + LANES - 1) / LANES * LANES * k;
}

#if VECTOR_PRODUCTS

/* Add the second half of sums to the first, of so many. */
__attribute__((always_inline)) static inline void fold(const size_t half, vector *sums)
{
    UNROLLED
    for (size_t at = 0; at < half; ++at)
        sums[at] += sums[half + at];
}

/* One row times so many vectors of columns, which lie in panels. Every `splits`-th step along k has sums of its own: one
 * sum after the other would wait for the one before. Numbers of vectors and splits are constants where this is inlined. */
__attribute__((always_inline)) static inline void row(const size_t vectors, const size_t splits, const tile_operands *of)
{
    vector sums[8];
    const real *a = of->a, *b = of->b;
    const size_t a_column = of->a_column, b_row = of->b_row, b_panel = of->b_panel;
    UNROLLED
    for (size_t at = 0; at < splits * vectors; ++at)
        sums[at] = (vector){0};
    size_t left = of->k;
    for (; left >= splits; left -= splits)
        UNROLLED
        for (size_t split = 0; split < splits; ++split, a += a_column, b += b_row)
            UNROLLED
            for (size_t v = 0; v < vectors; ++v)
                sums[split * vectors + v] += *a * *(const loose_vector *)(b + v / 2 * b_panel + v % 2 * LANES);
    for (; left > 0; --left, a += a_column, b += b_row)
        UNROLLED
        for (size_t v = 0; v < vectors; ++v)
            sums[v] += *a * *(const loose_vector *)(b + v / 2 * b_panel + v % 2 * LANES);
    if (splits >= 8)
        fold(4 * vectors, sums);
    if (splits >= 4)
        fold(2 * vectors, sums);
    if (splits >= 2)
        fold(vectors, sums);
    put(1, vectors, sums, of);
}

/* One row: bound by reading b, so there are eight sums at all times. */
static void product_of_row(size_t n, tile_operands *of)
{
    while (n > 0) {
        if (n >= 4 * PANEL) {
            of->columns = 4 * PANEL;
            row(8, 1, of);
        } else if (n >= 2 * PANEL) {
            of->columns = 2 * PANEL;
            row(4, 2, of);
        } else if (n > LANES) {
            of->columns = n < PANEL ? n : PANEL;
            row(2, 4, of);
        } else {
            of->columns = n;
            of->b_row = LANES;
            row(1, 8, of);
        }
        n -= of->columns;
        of->out += of->columns;
        of->b += of->columns * of->k;
    }
}

/* Few rows, several panels at a time: the sums of one panel are too few to wait for one another. */
#if TILE_ROWS > 6
enum { MOST_FEW = 5, WIDEST = 4 };

static void tile_1_wide(const tile_operands *of)
{
    tile(1, 8, of);
}

static void tile_2_wide(const tile_operands *of)
{
    tile(2, 8, of);
}

static void tile_3_wide(const tile_operands *of)
{
    tile(3, 4, of);
}

static void tile_4_wide(const tile_operands *of)
{
    tile(4, 4, of);
}

static void tile_5_wide(const tile_operands *of)
{
    tile(5, 4, of);
}
#else
enum { MOST_FEW = 2, WIDEST = 2 };

static void tile_1_wide(const tile_operands *of)
{
    tile(1, 4, of);
}

static void tile_2_wide(const tile_operands *of)
{
    tile(2, 4, of);
}
#endif

/* One to MOST_FEW rows, from step p along k on. */
static void product_of_few(size_t m, size_t n, size_t p, tile_operands *of)
{
    static void (*const sizes[])(const tile_operands *) = {
        tile_1_wide, tile_2_wide,
#if TILE_ROWS > 6
        tile_3_wide, tile_4_wide, tile_5_wide,
#endif
    };
    const size_t at_once = (m <= 2 ? WIDEST : 2) * PANEL;
    of->b += p * PANEL;
    for (of->columns = at_once; n >= at_once; n -= at_once, of->b += at_once / PANEL * of->b_panel, of->out += at_once)
        sizes[m - 1](of);
    const real *const a = of->a;
    real *out = of->out;
    for (; n > 0; n -= of->columns, out += PANEL, of->b += of->b_panel) {
        of->a = a;
        of->out = out;
        of->columns = n < PANEL ? n : PANEL;
        of->b_row = n > LANES ? PANEL : LANES;
        of->b -= n > LANES ? 0 : p * (PANEL - LANES);
        tiles(m, TILE_ROWS, n <= LANES, of);
    }
}

#endif

/* Rows of `pages` pages, each of them m rows after the one before, times what is packed, k in parts of DEPTH. Pages take turns at
 * a panel, as many as make about HEIGHT rows together. */
static void product_of_pages(size_t pages, size_t m, size_t rows, size_t n, size_t k, tile_operands of)
{
    const real *const a = of.a, *const panels = of.b;
    real *const out = of.out;
    const bool adds = of.accumulate;
    /* more rows would evict one another from the first-level cache where they share their places in it */
    const size_t most = of.a_row % PAGE == 0 && TILE_ROWS > 8 ? 8 : TILE_ROWS;
    const size_t height = part(rows, HEIGHT), depth = part(k, DEPTH), together = height < HEIGHT ? HEIGHT / height : 1;
    for (size_t page = 0, last; page < pages; page = last) {
        last = pages - page < together ? pages : page + together;
        for (size_t row = 0; row < rows; row += height)
            for (size_t p = 0; p < k; p += depth)
                for (size_t column = 0; column < n; column += PANEL) {
                    const size_t left = n - column, width = left > LANES ? PANEL : LANES;
                    of.k = k - p < depth ? k - p : depth;
                    of.b = panels + column * k + p * width;
                    of.b_row = width;
                    of.columns = left < PANEL ? left : PANEL;
                    of.accumulate = adds || p > 0;
                    of.next = of.b + (column + PANEL < n ? k * PANEL : 0);
                    of.next_step = width;
                    for (size_t one = page; one < last; ++one) {
                        of.a = a + (one * m + row) * of.a_row + p * of.a_column;
                        of.out = out + (one * m + row) * of.out_row + column;
                        tiles(rows - row < height ? rows - row : height, most, left <= LANES, &of);
                    }
                }
    }
}

/* out = or += a, times what is packed (k, n): of out and a, which have `pages` pages of m rows, one after the other, those
 * rows of each page that are `own`. Element (i, p) of a is a[i * a_row + p * a_column], one of the two is 1. The sums of a
 * row depend on how many rows there are, but not on whose they are. */
static void product(range own, size_t pages, size_t m, size_t n, size_t k, const real *a, size_t a_row, size_t a_column,
                    const real *panels, real *out, size_t out_row, bool accumulate)
{
    size_t rows = own.end - own.begin;
    if (rows == 0)
        return;
    a += own.begin * a_row;
    out += own.begin * out_row;
    tile_operands of = {k, a, a_row, a_column, panels, PANEL, k * PANEL, out, out_row, 0, accumulate, panels, 0};
#if VECTOR_PRODUCTS
    if (pages * m == 1) {
        product_of_row(n, &of);
        return;
    }
#endif
    if (rows == m) { /* all rows follow one another */
        rows *= pages;
        pages = 1;
    }
#if VECTOR_PRODUCTS
    if (rows <= MOST_FEW) {
        const size_t depth = pages * m <= MOST_FEW ? k : part(k, DEPTH);
        for (size_t page = 0; page < pages; ++page)
            for (size_t p = 0; p < k; p += depth) {
                of.k = k - p < depth ? k - p : depth;
                of.a = a + page * m * a_row + p * a_column;
                of.b = panels;
                of.b_row = PANEL;
                of.out = out + page * m * out_row;
                of.accumulate = accumulate || p > 0;
                product_of_few(rows, n, p, &of);
            }
        return;
    }
#endif
    product_of_pages(pages, m, rows, n, k, of);
}

/* Products with a right operand that is used once. Needs tile, then pack.
 *
 * Blocks of b, and of a where it lies transposed, are written into a scratch, so that what tiles read is close together:
 * rows far apart share their places in the cache, and each is on a page of its own. Rows that are closer than NEAR stay. */

/* Blocks: of b (ONCE_DEPTH, ONCE_WIDTH), of a (ONCE_HEIGHT, ONCE_DEPTH). An odd number of cache lines is the height. */
enum { ONCE_DEPTH = 512, ONCE_WIDTH = 2048 / sizeof(real), ONCE_HEIGHT = 448 / sizeof(real), NEAR = PAGE / 4 };

/* The number of reals that product_once needs as scratch: at most one block of each. */
static size_t product_once_scratch(size_t m, size_t n, size_t k)
{
    const size_t depth = k < ONCE_DEPTH ? k : ONCE_DEPTH;
    const size_t width = n < ONCE_WIDTH ? (n + LANES - 1) / LANES * LANES : ONCE_WIDTH;
    return depth * (width + (m > 0 ? ONCE_HEIGHT : 0));
}

/* out (rows, columns) = or += a block of a times a block of b: direct columns of it as they lie, the others as panels.
 * `of` says where they begin, and how a and out lie; the next block of a is fetched meanwhile. */
static void product_of_blocks(size_t rows, size_t columns, const real *b, size_t b_row, size_t direct, const real *panels,
                              tile_operands of)
{
    const real *const a = of.a;
    real *const out = of.out;
    const size_t most = of.a_row % PAGE == 0 && TILE_ROWS > 8 ? 8 : TILE_ROWS;
    const real *const last = of.next + rows;
    for (size_t column = 0; column < columns; column += PANEL) {
        const size_t left = columns - column;
        of.a = a;
        of.out = out + column;
        of.b = column < direct ? b + column : panels + column * of.k;
        of.b_row = column < direct ? b_row : left > LANES ? PANEL : LANES;
        of.columns = left < PANEL ? left : PANEL;
        tiles(rows, most, left <= LANES, &of);
        if (of.next >= last)
            of.next_step = 0;
    }
}

/* out = or += a, times b (k, n): of out and a, which have `pages` pages of m rows, one after the other, those rows of each page
 * that are `own`. Element (i, p) of a is a[i * a_row + p * a_column], element (p, j) of b is b[p * b_row + j * b_column]; one
 * of each two is 1. */
static void product_once(range own, size_t pages, size_t m, size_t n, size_t k, const real *a, size_t a_row, size_t a_column,
                         const real *b, size_t b_row, size_t b_column, real *out, size_t out_row, bool accumulate, real *scratch)
{
    const bool whole = own.end - own.begin == m; /* all rows follow one another */
    const size_t all = whole ? pages * m : own.end - own.begin, last = whole ? 1 : pages;
    if (all == 0)
        return;
    a += own.begin * a_row;
    out += own.begin * out_row;
    const bool copied = a_row == 1 && a_column > NEAR, near = b_column == 1 && b_row <= NEAR;
    const size_t width = part(n, ONCE_WIDTH) + PANEL - 1, depth = part(k, ONCE_DEPTH), height = part(all, ONCE_HEIGHT);
    const size_t step = width / PANEL * PANEL;
    for (size_t column = 0; column < n; column += step)
        for (size_t p = 0; p < k; p += depth) {
            const size_t columns = n - column < step ? n - column : step, deep = k - p < depth ? k - p : depth;
            /* a vector may not read beyond the last column: what is left of a panel there is packed in any case */
            const size_t direct = !near ? 0 : columns % LANES == 0 ? columns : columns / PANEL * PANEL;
            const real *const from = b + p * b_row + column * b_column;
            if (direct < columns)
                pack(deep, columns, 0, direct, deep, columns - direct, from + direct * b_column, b_row, b_column, scratch);
            real *const block = scratch + (columns + LANES - 1) / LANES * LANES * deep;
            for (size_t page = 0; page < last; ++page)
                for (size_t row = 0; row < all; row += height) {
                    const size_t rows = all - row < height ? all - row : height, first = page * m + row;
                    const real *const left = a + first * a_row + p * a_column;
                    for (size_t q = 0; copied && q < deep; ++q)
                        for (size_t i = 0; i < rows; ++i)
                            block[q * ONCE_HEIGHT + i] = left[i + q * a_column];
                    const tile_operands of = {
                        .k = deep,
                        .a = copied ? block : left,
                        .a_row = a_row,
                        .a_column = copied ? ONCE_HEIGHT : a_column,
                        .out = out + first * out_row + column,
                        .out_row = out_row,
                        .accumulate = accumulate || p > 0,
                        .next = row + rows < all ? left + rows : p + deep < k ? a + (p + deep) * a_column : a,
                        .next_step = copied ? a_column : 0,
                    };
                    product_of_blocks(rows, columns, from, b_row, direct, scratch, of);
                }
        }
}

/* Threads: a call is carried out by several, each of which computes the rows of the results that are its own. Where one needs
 * what others wrote they wait for one another: for a while without sleeping, because that is quickest, but not for long,
 * because another program may have the core. With NO_THREADS, and where POSIX threads or atomics are missing, there is one. */
#if !defined NO_THREADS && !defined __STDC_NO_ATOMICS__ && (defined __unix__ || defined __APPLE__)
#define THREADS 1
#include <pthread.h>
#include <stdatomic.h>
#else
#define THREADS 0
#endif

/* The most threads of a call; how often one looks whether the others are there before it sleeps; and the multiplications that
 * take about as long as it takes to start a thread and to wait for it. */
enum { MOST_THREADS = THREADS ? 64 : 1, LOOKS = 1000, STARTING = 5000000 };

/* How many threads share so many sequences, if so many are wanted. */
static size_t threads_of(size_t wanted, size_t sequences)
{
    const size_t most = wanted < MOST_THREADS ? wanted : MOST_THREADS;
    return most < 1 ? 1 : most < sequences ? most : sequences;
}

/* How many threads so many multiplications are worth: each of them has as much to do as two starts take. */
static size_t worthwhile(size_t threads, double multiplications)
{
    const double enough = multiplications / (2.0 * STARTING);
    return enough >= (double)threads ? threads : enough < 1.0 ? 1 : (size_t)enough;
}

/* Those who carry out one call. */
typedef struct {
    size_t threads;
#if THREADS
    atomic_size_t arrived, meetings;
    pthread_mutex_t lock;
    pthread_cond_t everybody_is_here;
#endif
} team;

/* A call: what it was given, and what each thread of its team does. */
typedef struct call call;
struct call {
    const mamba_f64_sizes *sizes;
    const mamba_f64_given *given;
    const mamba_f64_kept *kept;
    const mamba_f64_gradients *gradients;
    real *work;
    void (*todo)(const call *of, size_t thread);
    team *team;
};

/* Come back when all threads have called this. */
static void meet(team *all)
{
    if (all->threads == 1)
        return;
#if THREADS
    const size_t before = atomic_load(&all->meetings);
    if (atomic_fetch_add(&all->arrived, 1) + 1 == all->threads) {
        atomic_store(&all->arrived, 0);
        pthread_mutex_lock(&all->lock);
        atomic_store(&all->meetings, before + 1);
        pthread_cond_broadcast(&all->everybody_is_here);
        pthread_mutex_unlock(&all->lock);
        return;
    }
    for (int look = 0; look < LOOKS; ++look) {
        if (atomic_load(&all->meetings) != before)
            return;
#if defined __GNUC__ && defined __x86_64__
        __builtin_ia32_pause();
#elif defined __GNUC__ && defined __aarch64__
        __asm__ volatile("yield");
#endif
    }
    pthread_mutex_lock(&all->lock);
    while (atomic_load(&all->meetings) == before)
        pthread_cond_wait(&all->everybody_is_here, &all->lock);
    pthread_mutex_unlock(&all->lock);
#endif
}

#if THREADS
/* A thread that helps the caller's, which has number 0. */
typedef struct {
    const call *of;
    size_t thread;
} helper;

static void *help(void *given)
{
    const helper *const mine = given;
    pthread_mutex_lock(&mine->of->team->lock); /* free when it is known how many there are */
    pthread_mutex_unlock(&mine->of->team->lock);
    mine->of->todo(mine->of, mine->thread);
    return NULL;
}

/* Carry out a call in so many threads, or in as many of them as the system starts. */
static void carry_out_in(call *of, size_t threads)
{
    pthread_t started[MOST_THREADS];
    helper helpers[MOST_THREADS];
    team *const all = of->team;
    pthread_mutex_lock(&all->lock);
    for (; all->threads < threads; ++all->threads) {
        helpers[all->threads] = (helper){of, all->threads};
        if (pthread_create(&started[all->threads], NULL, help, &helpers[all->threads]) != 0)
            break;
    }
    pthread_mutex_unlock(&all->lock);
    of->todo(of, 0);
    for (size_t thread = 1; thread < all->threads; ++thread)
        pthread_join(started[thread], NULL);
}
#endif

/* Carry out a call; more than one thread is a wish. */
static void carry_out(call of, size_t threads)
{
    team all = {.threads = 1};
    of.team = &all;
#if THREADS
    if (threads > 1 && pthread_mutex_init(&all.lock, NULL) == 0) {
        const bool can_wait = pthread_cond_init(&all.everybody_is_here, NULL) == 0;
        if (can_wait) {
            carry_out_in(&of, threads);
            pthread_cond_destroy(&all.everybody_is_here);
        }
        pthread_mutex_destroy(&all.lock);
        if (can_wait)
            return;
    }
#else
    (void)threads;
#endif
    of.todo(&of, 0);
}

static mamba_f64_status check(const mamba_f64_sizes *sizes)
{
    if (sizes == NULL)
        return MAMBA_F64_NULL;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t N = sizes->N;
    const size_t R = sizes->R;
    const size_t O = sizes->O;
    if (T == 0 || B == 0 || I == 0 || N == 0 || R == 0 || O == 0)
        return MAMBA_F64_ZERO_SIZE;
    const size_t lengths[] = {
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* x */
        times(times(B, I), N),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* h0 */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* y2 */
        times(I, N),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* A_log */
        times(R, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* W_1 */
        times(N, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* W_B */
        times(N, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* W_C */
        times(I, R),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* W_2 */
        I,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* b_delta */
        I,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* D_skip */
        times(O, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* W_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* b_y */
        times(times(times(plus(T, 1), B), I), N),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* h */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* y */
        times(times(T, B), O),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* y_hat */
        times(I, N),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* a_A */
        times(I, N),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* A */
        times(times(T, B), plus(times(2, N), R)),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       /* B_t_C_t_u_delta */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* delta */
        times(times(times(T, B), I), N),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                /* a_h */
        times(I, N),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* dA_log */
        times(R, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* dW_1 */
        times(N, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* dW_B */
        times(N, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* dW_C */
        times(I, R),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* dW_2 */
        I,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* db_delta */
        I,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* dD_skip */
        times(O, I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    /* dW_hy */
        O,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              /* db_y */
        times(times(T, B), I),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* dx */
        times(times(B, I), N),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          /* dh0 */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(times(times(T, B), I), times(times(T, B), O)), times(T, B)), B), times(T, B)), times(I, plus(plus(times(2, N), R), 16))), times(R, plus(I, 16))), times(I, plus(O, 16))), B), 160),                                                                                                                                                                                                                                                                                                /* workspace of forward */
        plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(plus(times(times(B, I), N), times(I, N)), times(times(T, B), O)), times(times(T, B), I)), times(times(times(T, B), I), N)), times(times(T, B), I)), times(B, I)), times(times(times(T, B), I), N)), times(B, I)), times(times(T, B), I)), times(times(T, B), plus(R, times(2, N)))), times(B, N)), times(B, N)), times(I, N)), times(plus(R, times(2, N)), plus(I, 16))), times(O, plus(I, 16))), times(I, plus(R, 16))), 67108864), 304), /* workspace of backward */
    };
    for (size_t at = 0; at < sizeof lengths / sizeof lengths[0]; ++at)
        if (lengths[at] > LIMIT)
            return MAMBA_F64_TOO_LARGE;
    return MAMBA_F64_OK;
}

const char *mamba_f64_message(mamba_f64_status status)
{
    switch (status) {
    case MAMBA_F64_OK:
        return "all is well";
    case MAMBA_F64_ZERO_SIZE:
        return "a size is 0";
    case MAMBA_F64_TOO_LARGE:
        return "an array or the workspace would be too large for this machine";
    case MAMBA_F64_NULL:
        return "a pointer that is read or written is NULL";
    }
    return "no such status";
}

size_t mamba_f64_workspace(const mamba_f64_sizes *sizes)
{
    if (check(sizes) != MAMBA_F64_OK)
        return 0;
    size_t most = 1;
    const size_t T = sizes->T;
    const size_t B = sizes->B;
    const size_t I = sizes->I;
    const size_t N = sizes->N;
    const size_t R = sizes->R;
    const size_t O = sizes->O;
    { /* forward */
        size_t sum = ALIGNMENT;
        const size_t longest = chunk_steps(256, B, T);
        sum += rounded(longest * B * I); /* s_h */
        sum += rounded(longest * B * O); /* z_y */
        sum += rounded(longest * B); /* largest */
        sum += rounded(B); /* total */
        sum += rounded(longest * B); /* log_total */
        sum += rounded(panels_size(I, 2*N + R)); /* W_B_C_1 */
        sum += rounded(panels_size(R, I)); /* W_2_panels */
        sum += rounded(panels_size(I, O)); /* W_hy_panels */
        sum += rounded(B); /* J_of_each */
        if (sum > most)
            most = sum;
    }
    { /* backward */
        size_t sum = ALIGNMENT;
        const size_t longest = chunk_steps(256, B, T);
        sum += rounded(B * I * N); /* carry_h */
        sum += rounded(I * N); /* dA */
        sum += rounded(longest * B * O); /* dz_y */
        sum += rounded(longest * B * I); /* dy */
        sum += rounded(longest * B * I * N); /* dh */
        sum += rounded(longest * B * I); /* ds_h */
        sum += rounded(B * I); /* scratch_2 */
        sum += rounded(longest * B * I * N); /* dz_h */
        sum += rounded(B * I); /* scratch_3 */
        sum += rounded(longest * B * I); /* dz_delta */
        sum += rounded(longest * B * (R + 2*N)); /* du_delta_dC_t_dB_t */
        sum += rounded(B * N); /* scratch_4 */
        sum += rounded(B * N); /* scratch_5 */
        sum += rounded(I * N); /* da_A */
        sum += rounded(panels_size(R + 2*N, I)); /* W_1_C_B */
        sum += rounded(panels_size(O, I)); /* W_hy_panels_2 */
        sum += rounded(panels_size(I, R)); /* W_2_panels_2 */
        size_t rearranging = 0;
        rearranging = larger_size(rearranging, rounded(product_once_scratch(O, I, longest * B)));
        rearranging = larger_size(rearranging, rounded(product_once_scratch(N, I, longest * B)));
        rearranging = larger_size(rearranging, rounded(product_once_scratch(I, R, longest * B)));
        rearranging = larger_size(rearranging, rounded(product_once_scratch(R, I, longest * B)));
        sum += rearranging * threads_of(sizes->threads, B);
        if (sum > most)
            most = sum;
    }
    return most;
}

/* About how many multiplications forward takes. */
static double forward_multiplications(const mamba_f64_sizes *sizes)
{
    const double T = (double)sizes->T;
    const double B = (double)sizes->B;
    const double I = (double)sizes->I;
    const double N = (double)sizes->N;
    const double R = (double)sizes->R;
    const double O = (double)sizes->O;
    return 2.0 * B
           + 21.0 * I * N
           + B * I * N
           + 2.0 * I * R
           + I * O
           + (2*N + R) * B * I * T
           + B * I * R * T
           + 23.0 * B * I * T
           + 25.0 * B * I * N * T
           + B * I * O * T
           + 28.0 * B * O * T
           + 17.0 * B * T;
}

static mamba_f64_status forward_is_ready(const mamba_f64_sizes *sizes, const mamba_f64_given *given,
                                         const mamba_f64_kept *kept, double *work)
{
    const mamba_f64_status status = check(sizes);
    if (status != MAMBA_F64_OK)
        return status;
    if (given == NULL || kept == NULL || work == NULL)
        return MAMBA_F64_NULL;
    if (given->x == NULL || given->h0 == NULL || given->y2 == NULL || given->A_log == NULL ||
        given->W_1 == NULL || given->W_B == NULL || given->W_C == NULL || given->W_2 == NULL ||
        given->b_delta == NULL || given->D_skip == NULL || given->W_hy == NULL || given->b_y == NULL ||
        kept->h == NULL || kept->y == NULL || kept->y_hat == NULL || kept->a_A == NULL ||
        kept->A == NULL || kept->B_t_C_t_u_delta == NULL || kept->delta == NULL || kept->a_h == NULL ||
        kept->J == NULL)
        return MAMBA_F64_NULL;
    return MAMBA_F64_OK;
}

/* What one of the threads does in forward. */
static void forward_of(const call *of, size_t thread)
{
    const size_t T = of->sizes->T;
    const size_t B = of->sizes->B;
    const size_t I = of->sizes->I;
    const size_t N = of->sizes->N;
    const size_t R = of->sizes->R;
    const size_t O = of->sizes->O;
    const real *restrict const x = of->given->x;             /* (T, B, I) */
    const real *restrict const h0 = of->given->h0;           /* (B, I, N) */
    const real *restrict const y2 = of->given->y2;           /* (T, B, O) */
    const real *restrict const A_log = of->given->A_log;     /* (I, N) */
    const real *restrict const W_1 = of->given->W_1;         /* (R, I) */
    const real *restrict const W_B = of->given->W_B;         /* (N, I) */
    const real *restrict const W_C = of->given->W_C;         /* (N, I) */
    const real *restrict const W_2 = of->given->W_2;         /* (I, R) */
    const real *restrict const b_delta = of->given->b_delta; /* (I) */
    const real *restrict const D_skip = of->given->D_skip;   /* (I) */
    const real *restrict const W_hy = of->given->W_hy;       /* (O, I) */
    const real *restrict const b_y = of->given->b_y;         /* (O) */
    real *const h = of->kept->h;                             /* (T + 1, B, I, N) */
    real *const y = of->kept->y;                             /* (T, B, I) */
    real *const y_hat = of->kept->y_hat;                     /* (T, B, O) */
    real *const a_A = of->kept->a_A;                         /* (I, N) */
    real *const A = of->kept->A;                             /* (I, N) */
    real *const B_t_C_t_u_delta = of->kept->B_t_C_t_u_delta; /* (T, B, 2*N + R) */
    real *const delta = of->kept->delta;                     /* (T, B, I) */
    real *const a_h = of->kept->a_h;                         /* (T, B, I, N) */
    real *const J = of->kept->J;                             /* () */
    const size_t longest = chunk_steps(256, B, T);
    real *next = first_vector(of->work);
    real *const s_h = next;                        /* (chunk, B, I) kept for the backward pass */
    next += rounded(longest * B * I);
    real *const z_y = next;                        /* (chunk, B, O) z_y[t] */
    next += rounded(longest * B * O);
    real *const largest = next;                    /* (chunk, B) scratch */
    next += rounded(longest * B);
    real *const total = next;                      /* (B) scratch */
    next += rounded(B);
    real *const log_total = next;                  /* (chunk, B) scratch */
    next += rounded(longest * B);
    real *const W_B_C_1 = next;                    /* (2*N + R, I) W_B, W_C, W_1, under one another, in panels */
    next += rounded(panels_size(I, 2*N + R));
    real *const W_2_panels = next;                 /* (I, R) W_2 as products read it, in panels */
    next += rounded(panels_size(R, I));
    real *const W_hy_panels = next;                /* (O, I) W_hy as products read it, in panels */
    next += rounded(panels_size(I, O));
    real *const J_of_each = next;                  /* (B) what each sequence adds to J */
    const range own_B = own_rows(B, thread, of->team->threads);
    const range own_I = own_rows(I, thread, of->team->threads);
    const range own_N = own_rows(N, thread, of->team->threads);
    const range own_R = own_rows(R, thread, of->team->threads);
    const range own_O = own_rows(O, thread, of->team->threads);

    INDEPENDENT
    for (size_t at = own_B.begin; at < own_B.end; ++at) {
        J_of_each[at] = 0.0;
    }
    /* (1) a_A = exp(A_log) */
    INDEPENDENT
    for (size_t at = own_I.begin * N; at < own_I.end * N; ++at) {
        a_A[at] = exp_of(A_log[at]);
    }
    /* (2) A = −a_A */
    INDEPENDENT
    for (size_t at = own_I.begin * N; at < own_I.end * N; ++at) {
        A[at] = -a_A[at];
    }
    INDEPENDENT
    for (size_t at = own_B.begin * I * N; at < own_B.end * I * N; ++at) {
        h[at] = h0[at];
    }
    /* W_B_C_1[0 : N, :] = W_B */
    pack(I, 2*N + R, 0, own_N.begin, I, own_N.end - own_N.begin, W_B + own_N.begin * I, 1, I, W_B_C_1);
    /* W_B_C_1[N : 2*N, :] = W_C */
    pack(I, 2*N + R, 0, N + own_N.begin, I, own_N.end - own_N.begin, W_C + own_N.begin * I, 1, I, W_B_C_1);
    /* W_B_C_1[2*N : 2*N + R, :] = W_1 */
    pack(I, 2*N + R, 0, 2*N + own_R.begin, I, own_R.end - own_R.begin, W_1 + own_R.begin * I, 1, I, W_B_C_1);
    /* W_2_panels = W_2 */
    pack(R, I, 0, own_I.begin, R, own_I.end - own_I.begin, W_2 + own_I.begin * R, 1, R, W_2_panels);
    /* W_hy_panels = W_hy */
    pack(I, O, 0, own_O.begin, I, own_O.end - own_O.begin, W_hy + own_O.begin * I, 1, I, W_hy_panels);
    meet(of->team);
    for (size_t steps = chunk_steps(256, B, T), begin = 0, end; begin < T; begin = end) {
        end = T - begin < steps ? T : begin + steps;
        const size_t chunk = end - begin;
        /* (3) B_t[t] = W_B x[t] */
        /* B_t_C_t_u_delta[chunk] = x[chunk] @ W_B_C_1ᵀ */
        product(own_B, chunk, B, 2*N + R, I, x + begin * B * I, I, 1, W_B_C_1, B_t_C_t_u_delta + begin * B * (2*N + R), 2*N + R, false);
        /* (6) z_delta[t] = W_2 u_delta[t] + b_delta */
        /* delta[chunk] = B_t_C_t_u_delta[chunk][:, 2*N : 2*N + R] @ W_2_panelsᵀ */
        product(own_B, chunk, B, I, R, B_t_C_t_u_delta + begin * B * (2*N + R) + 2*N, 2*N + R, 1, W_2_panels, delta + begin * B * I, I, false);
        for (size_t t = begin; t < end; ++t) {
            for (size_t row = own_B.begin; row < own_B.end; ++row) {
                INDEPENDENT
                for (size_t col = 0; col < I; ++col) {
                    /* (7) delta[t] = softplus(z_delta[t]) */
                    const real delta_t = delta[t * B * I + row * I + col];
                    const real delta_t2 = softplus(delta_t + b_delta[col]);
                    delta[t * B * I + row * I + col] = delta_t2;
                    /* (10) s_h[t] = delta[t] ∘ x[t] */
                    const real x_t = x[t * B * I + row * I + col];
                    const real s_h_t = delta_t2 * x_t;
                    s_h[(t - begin) * B * I + row * I + col] = s_h_t;
                }
            }
            for (size_t page = own_B.begin; page < own_B.end; ++page) {
                for (size_t row = 0; row < I; ++row) {
                    INDEPENDENT
                    for (size_t col = 0; col < N; ++col) {
                        /* (8) z_h[t] = diag(delta[t]) A */
                        const real a_h_t = delta[t * B * I + page * I + row] * A[row * N + col];
                        a_h[t * B * I * N + page * I * N + row * N + col] = a_h_t;
                        /* (9) a_h[t] = exp(z_h[t]) */
                        const real a_h_t2 = exp_of(a_h_t);
                        a_h[t * B * I * N + page * I * N + row * N + col] = a_h_t2;
                    }
                }
            }
        }
        for (size_t t = begin; t < end; ++t) {
            /* (11) h[t] = a_h[t] ∘ h[t−1] + s_h[t] B_t[t]ᵀ */
            for (size_t page = own_B.begin; page < own_B.end; ++page) {
                for (size_t row = 0; row < I; ++row) {
                    INDEPENDENT
                    for (size_t col = 0; col < N; ++col) {
                        h[(t + 1) * B * I * N + page * I * N + row * N + col] = a_h[t * B * I * N + page * I * N + row * N + col] * h[t * B * I * N + page * I * N + row * N + col] + s_h[(t - begin) * B * I + page * I + row] * B_t_C_t_u_delta[t * B * (2*N + R) + page * (2*N + R) + col];
                    }
                }
            }
        }
        for (size_t t = begin; t < end; ++t) {
            /* (12) y[t] = h[t] C_t[t] + D_skip ∘ x[t] */
            /* y[t] = sumₖ of h[t + 1] ∘ B_t_C_t_u_delta[t][:, N : 2*N]ᵢₖ */
            for (size_t page = own_B.begin; page < own_B.end; ++page) {
                for (size_t row = 0; row < I; ++row) {
                    real running = 0.0;
                    size_t col = 0;
                    if (N >= LANES_OF_SUMS) {
                        real lanes[LANES_OF_SUMS];
                        for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                            lanes[lane] = 0.0;
                        for (; N - col >= LANES_OF_SUMS; col += LANES_OF_SUMS)
                            for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                                lanes[lane] += h[(t + 1) * B * I * N + page * I * N + row * N + (col + lane)] * B_t_C_t_u_delta[t * B * (2*N + R) + N + page * (2*N + R) + (col + lane)];
                        running += sum_of(lanes);
                    }
                    for (; col < N; ++col) {
                        running += h[(t + 1) * B * I * N + page * I * N + row * N + col] * B_t_C_t_u_delta[t * B * (2*N + R) + N + page * (2*N + R) + col];
                    }
                    y[t * B * I + page * I + row] = running;
                }
            }
            for (size_t row = own_B.begin; row < own_B.end; ++row) {
                INDEPENDENT
                for (size_t col = 0; col < I; ++col) {
                    y[t * B * I + row * I + col] = y[t * B * I + row * I + col] + D_skip[col] * x[t * B * I + row * I + col];
                }
            }
        }
        /* (13) z_y[t] = W_hy y[t] + b_y */
        /* z_y[chunk] = y[chunk] @ W_hy_panelsᵀ */
        product(own_B, chunk, B, O, I, y + begin * B * I, I, 1, W_hy_panels, z_y, O, false);
        for (size_t t = begin; t < end; ++t) {
            /* (13) z_y[t] = W_hy y[t] + b_y */
            for (size_t row = own_B.begin; row < own_B.end; ++row) {
                INDEPENDENT
                for (size_t col = 0; col < O; ++col) {
                    z_y[(t - begin) * B * O + row * O + col] += b_y[col];
                }
            }
            /* (14) y_hat[t] = softmax(z_y[t]) */
            /* largest[t] = max over columns of z_y[t] */
            for (size_t row = own_B.begin; row < own_B.end; ++row) {
                real running = z_y[(t - begin) * B * O + row * O];
                size_t col = 0;
                if (O >= LANES_OF_SUMS) {
                    real lanes[LANES_OF_SUMS];
                    for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                        lanes[lane] = running;
                    for (; O - col >= LANES_OF_SUMS; col += LANES_OF_SUMS)
                        for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                            lanes[lane] = larger(lanes[lane], z_y[(t - begin) * B * O + row * O + (col + lane)]);
                    running = largest_of(lanes);
                }
                for (; col < O; ++col) {
                    running = larger(running, z_y[(t - begin) * B * O + row * O + col]);
                }
                largest[(t - begin) * B + row] = running;
            }
            for (size_t row = own_B.begin; row < own_B.end; ++row) {
                INDEPENDENT
                for (size_t col = 0; col < O; ++col) {
                    y_hat[t * B * O + row * O + col] = exp_of(z_y[(t - begin) * B * O + row * O + col] - largest[(t - begin) * B + row]);
                }
            }
            /* total = sum over columns of y_hat[t] */
            for (size_t row = own_B.begin; row < own_B.end; ++row) {
                real running = 0.0;
                size_t col = 0;
                if (O >= LANES_OF_SUMS) {
                    real lanes[LANES_OF_SUMS];
                    for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                        lanes[lane] = 0.0;
                    for (; O - col >= LANES_OF_SUMS; col += LANES_OF_SUMS)
                        for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                            lanes[lane] += y_hat[t * B * O + row * O + (col + lane)];
                    running += sum_of(lanes);
                }
                for (; col < O; ++col) {
                    running += y_hat[t * B * O + row * O + col];
                }
                total[row] = running;
            }
            for (size_t row = own_B.begin; row < own_B.end; ++row) {
                INDEPENDENT
                for (size_t col = 0; col < O; ++col) {
                    y_hat[t * B * O + row * O + col] = y_hat[t * B * O + row * O + col] / total[row];
                }
            }
            /* (15) J += −y2[t]ᵀ log_softmax(z_y[t]) */
            INDEPENDENT
            for (size_t at = own_B.begin; at < own_B.end; ++at) {
                log_total[(t - begin) * B + at] = log_of(total[at]);
            }
        }
        /* (15) J += −y2[t]ᵀ log_softmax(z_y[t]) */
        /* J_of_each += sumᵢₖ of −(y2[chunk] ∘ (z_y[chunk] − largest[chunk]ᵢⱼ − log_total[chunk]ᵢⱼ)) */
        for (size_t row = own_B.begin; row < own_B.end; ++row) {
            real running = 0.0;
            for (size_t page = 0; page < chunk; ++page) {
                size_t col = 0;
                if (O >= LANES_OF_SUMS) {
                    real lanes[LANES_OF_SUMS];
                    for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                        lanes[lane] = 0.0;
                    for (; O - col >= LANES_OF_SUMS; col += LANES_OF_SUMS)
                        for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                            lanes[lane] += -(y2[begin * B * O + page * B * O + row * O + (col + lane)] * (z_y[page * B * O + row * O + (col + lane)] - largest[page * B + row] - log_total[page * B + row]));
                    running += sum_of(lanes);
                }
                for (; col < O; ++col) {
                    running += -(y2[begin * B * O + page * B * O + row * O + col] * (z_y[page * B * O + row * O + col] - largest[page * B + row] - log_total[page * B + row]));
                }
            }
            J_of_each[row] += running;
        }
    }
    meet(of->team);
    if (thread == 0) {
        /* J = sum over all of J_of_each */
        {
            real running = 0.0;
            size_t col = 0;
            if (B >= LANES_OF_SUMS) {
                real lanes[LANES_OF_SUMS];
                for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                    lanes[lane] = 0.0;
                for (; B - col >= LANES_OF_SUMS; col += LANES_OF_SUMS)
                    for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                        lanes[lane] += J_of_each[(col + lane)];
                running += sum_of(lanes);
            }
            for (; col < B; ++col) {
                running += J_of_each[col];
            }
            J[0] = running;
        }
    }
}

mamba_f64_status mamba_f64_forward(const mamba_f64_sizes *sizes, const mamba_f64_given *given,
                                   const mamba_f64_kept *kept, double *work)
{
    const mamba_f64_status status = forward_is_ready(sizes, given, kept, work);
    if (status != MAMBA_F64_OK)
        return status;
    const size_t threads = threads_of(sizes->threads, sizes->B);
    carry_out((call){.sizes = sizes, .given = given, .kept = kept, .work = work, .todo = forward_of},
              worthwhile(threads, forward_multiplications(sizes)));
    return MAMBA_F64_OK;
}

/* About how many multiplications backward takes. */
static double backward_multiplications(const mamba_f64_sizes *sizes)
{
    const double T = (double)sizes->T;
    const double B = (double)sizes->B;
    const double I = (double)sizes->I;
    const double N = (double)sizes->N;
    const double R = (double)sizes->R;
    const double O = (double)sizes->O;
    return 4.0 * I * R
           + 9.0 * I * N
           + 2.0 * I
           + 2.0 * I * O
           + O
           + 2.0 * B * I * N
           + 3.0 * B * O * T
           + 2.0 * B * I * O * T
           + 22.0 * B * I * N * T
           + 2.0 * B * N * T
           + 32.0 * B * I * T
           + 3.0 * B * I * R * T
           + (R + 2*N) * B * I * T;
}

static mamba_f64_status backward_is_ready(const mamba_f64_sizes *sizes, const mamba_f64_given *given,
                                          const mamba_f64_kept *kept, const mamba_f64_gradients *gradients,
                                          double *work)
{
    const mamba_f64_status status = check(sizes);
    if (status != MAMBA_F64_OK)
        return status;
    if (given == NULL || kept == NULL || gradients == NULL || work == NULL)
        return MAMBA_F64_NULL;
    if (given->x == NULL || given->y2 == NULL || given->W_1 == NULL || given->W_B == NULL ||
        given->W_C == NULL || given->W_2 == NULL || given->D_skip == NULL || given->W_hy == NULL ||
        kept->h == NULL || kept->y == NULL || kept->y_hat == NULL || kept->a_A == NULL ||
        kept->A == NULL || kept->B_t_C_t_u_delta == NULL || kept->delta == NULL || kept->a_h == NULL ||
        gradients->dA_log == NULL || gradients->dW_1 == NULL || gradients->dW_B == NULL || gradients->dW_C == NULL ||
        gradients->dW_2 == NULL || gradients->db_delta == NULL || gradients->dD_skip == NULL || gradients->dW_hy == NULL ||
        gradients->db_y == NULL || gradients->dx == NULL || gradients->dh0 == NULL)
        return MAMBA_F64_NULL;
    return MAMBA_F64_OK;
}

/* What one of the threads does in backward. */
static void backward_of(const call *of, size_t thread)
{
    const size_t T = of->sizes->T;
    const size_t B = of->sizes->B;
    const size_t I = of->sizes->I;
    const size_t N = of->sizes->N;
    const size_t R = of->sizes->R;
    const size_t O = of->sizes->O;
    const real *restrict const x = of->given->x;                            /* (T, B, I) */
    const real *restrict const y2 = of->given->y2;                          /* (T, B, O) */
    const real *restrict const W_1 = of->given->W_1;                        /* (R, I) */
    const real *restrict const W_B = of->given->W_B;                        /* (N, I) */
    const real *restrict const W_C = of->given->W_C;                        /* (N, I) */
    const real *restrict const W_2 = of->given->W_2;                        /* (I, R) */
    const real *restrict const D_skip = of->given->D_skip;                  /* (I) */
    const real *restrict const W_hy = of->given->W_hy;                      /* (O, I) */
    const real *restrict const h = of->kept->h;                             /* (T + 1, B, I, N) */
    const real *restrict const y = of->kept->y;                             /* (T, B, I) */
    const real *restrict const y_hat = of->kept->y_hat;                     /* (T, B, O) */
    const real *restrict const a_A = of->kept->a_A;                         /* (I, N) */
    const real *restrict const A = of->kept->A;                             /* (I, N) */
    const real *restrict const B_t_C_t_u_delta = of->kept->B_t_C_t_u_delta; /* (T, B, 2*N + R) */
    const real *restrict const delta = of->kept->delta;                     /* (T, B, I) */
    const real *restrict const a_h = of->kept->a_h;                         /* (T, B, I, N) */
    real *const dA_log = of->gradients->dA_log;                             /* (I, N) */
    real *const dW_1 = of->gradients->dW_1;                                 /* (R, I) */
    real *const dW_B = of->gradients->dW_B;                                 /* (N, I) */
    real *const dW_C = of->gradients->dW_C;                                 /* (N, I) */
    real *const dW_2 = of->gradients->dW_2;                                 /* (I, R) */
    real *const db_delta = of->gradients->db_delta;                         /* (I) */
    real *const dD_skip = of->gradients->dD_skip;                           /* (I) */
    real *const dW_hy = of->gradients->dW_hy;                               /* (O, I) */
    real *const db_y = of->gradients->db_y;                                 /* (O) */
    real *const dx = of->gradients->dx;                                     /* (T, B, I) */
    real *const dh0 = of->gradients->dh0;                                   /* (B, I, N) */
    const size_t longest = chunk_steps(256, B, T);
    size_t rearranging = 0;
    rearranging = larger_size(rearranging, rounded(product_once_scratch(O, I, longest * B)));
    rearranging = larger_size(rearranging, rounded(product_once_scratch(N, I, longest * B)));
    rearranging = larger_size(rearranging, rounded(product_once_scratch(I, R, longest * B)));
    rearranging = larger_size(rearranging, rounded(product_once_scratch(R, I, longest * B)));
    real *next = first_vector(of->work);
    real *const carry_h = next;                                                               /* (B, I, N) what later steps give to the adjoint of h */
    next += rounded(B * I * N);
    real *const dA = next;                                                                    /* (I, N) adjoint of A */
    next += rounded(I * N);
    real *const dz_y = next;                                                                  /* (chunk, B, O) adjoint of z_y[t] */
    next += rounded(longest * B * O);
    real *const dy = next;                                                                    /* (chunk, B, I) adjoint of y[t] */
    next += rounded(longest * B * I);
    real *const dh = next;                                                                    /* (chunk, B, I, N) adjoint of h[t] */
    next += rounded(longest * B * I * N);
    real *const ds_h = next;                                                                  /* (chunk, B, I) adjoint of s_h[t] */
    next += rounded(longest * B * I);
    real *const scratch_2 = next;                                                             /* (B, I) scratch */
    next += rounded(B * I);
    real *const dz_h = next;                                                                  /* (chunk, B, I, N) adjoint of z_h[t] */
    next += rounded(longest * B * I * N);
    real *const scratch_3 = next;                                                             /* (B, I) scratch */
    next += rounded(B * I);
    real *const dz_delta = next;                                                              /* (chunk, B, I) adjoint of z_delta[t] */
    next += rounded(longest * B * I);
    real *const du_delta_dC_t_dB_t = next;                                                    /* (chunk, B, R + 2*N) du_delta, dC_t, dB_t, side by side */
    next += rounded(longest * B * (R + 2*N));
    real *const scratch_4 = next;                                                             /* (B, N) scratch */
    next += rounded(B * N);
    real *const scratch_5 = next;                                                             /* (B, N) scratch */
    next += rounded(B * N);
    real *const da_A = next;                                                                  /* (I, N) adjoint of a_A */
    next += rounded(I * N);
    real *const W_1_C_B = next;                                                               /* (R + 2*N, I) W_1, W_C, W_B, under one another, in panels */
    next += rounded(panels_size(R + 2*N, I));
    real *const W_hy_panels_2 = next;                                                         /* (O, I) W_hy as products read it, in panels */
    next += rounded(panels_size(O, I));
    real *const W_2_panels_2 = next;                                                          /* (I, R) W_2 as products read it, in panels */
    next += rounded(panels_size(I, R));
    real *const rearranged = next + thread * rearranging;                                     /* of products that rearrange their right operand */
    const range own_R = own_rows(R, thread, of->team->threads);
    const range own_N = own_rows(N, thread, of->team->threads);
    const range own_I = own_rows(I, thread, of->team->threads);
    const range own_O = own_rows(O, thread, of->team->threads);
    const range own_B = own_rows(B, thread, of->team->threads);

    INDEPENDENT
    for (size_t at = own_R.begin * I; at < own_R.end * I; ++at) {
        dW_1[at] = 0.0;
    }
    INDEPENDENT
    for (size_t at = own_N.begin * I; at < own_N.end * I; ++at) {
        dW_B[at] = 0.0;
    }
    INDEPENDENT
    for (size_t at = own_N.begin * I; at < own_N.end * I; ++at) {
        dW_C[at] = 0.0;
    }
    INDEPENDENT
    for (size_t at = own_I.begin * R; at < own_I.end * R; ++at) {
        dW_2[at] = 0.0;
    }
    INDEPENDENT
    for (size_t at = own_I.begin; at < own_I.end; ++at) {
        db_delta[at] = 0.0;
    }
    INDEPENDENT
    for (size_t at = own_I.begin; at < own_I.end; ++at) {
        dD_skip[at] = 0.0;
    }
    INDEPENDENT
    for (size_t at = own_O.begin * I; at < own_O.end * I; ++at) {
        dW_hy[at] = 0.0;
    }
    INDEPENDENT
    for (size_t at = own_O.begin; at < own_O.end; ++at) {
        db_y[at] = 0.0;
    }
    INDEPENDENT
    for (size_t at = own_I.begin * N; at < own_I.end * N; ++at) {
        dA[at] = 0.0;
    }
    INDEPENDENT
    for (size_t at = own_B.begin * I * N; at < own_B.end * I * N; ++at) {
        carry_h[at] = 0.0;
    }
    /* W_1_C_B[0 : R, :] = W_1 */
    pack(R + 2*N, I, own_R.begin, 0, own_R.end - own_R.begin, I, W_1 + own_R.begin * I, I, 1, W_1_C_B);
    /* W_1_C_B[R : R + N, :] = W_C */
    pack(R + 2*N, I, R + own_N.begin, 0, own_N.end - own_N.begin, I, W_C + own_N.begin * I, I, 1, W_1_C_B);
    /* W_1_C_B[R + N : R + 2*N, :] = W_B */
    pack(R + 2*N, I, R + N + own_N.begin, 0, own_N.end - own_N.begin, I, W_B + own_N.begin * I, I, 1, W_1_C_B);
    /* W_hy_panels_2 = W_hy */
    pack(O, I, own_O.begin, 0, own_O.end - own_O.begin, I, W_hy + own_O.begin * I, I, 1, W_hy_panels_2);
    /* W_2_panels_2 = W_2 */
    pack(I, R, own_I.begin, 0, own_I.end - own_I.begin, R, W_2 + own_I.begin * R, R, 1, W_2_panels_2);
    meet(of->team);
    for (size_t steps = chunk_steps(256, B, T), end = T, begin; end > 0; end = begin) {
        begin = end > steps ? end - steps : 0;
        const size_t chunk = end - begin;
        for (size_t t = end; t-- > begin;) {
            /* (17) z̄_y[t] = y_hat[t] − y2[t] */
            INDEPENDENT
            for (size_t at = own_B.begin * O; at < own_B.end * O; ++at) {
                dz_y[(t - begin) * B * O + at] = y_hat[t * B * O + at] - y2[t * B * O + at];
            }
        }
        /* (18) ȳ[t] = W_hyᵀ z̄_y[t] */
        /* dy[chunk] = dz_y[chunk] @ W_hy_panels_2 */
        product(own_B, chunk, B, I, O, dz_y, O, 1, W_hy_panels_2, dy, I, false);
        for (size_t t = end; t-- > begin;) {
            /* (19) h̄[t] = ȳ[t] C_t[t]ᵀ + h̄[t+1] ∘ a_h[t+1] */
            for (size_t page = own_B.begin; page < own_B.end; ++page) {
                for (size_t row = 0; row < I; ++row) {
                    INDEPENDENT
                    for (size_t col = 0; col < N; ++col) {
                        dh[(t - begin) * B * I * N + page * I * N + row * N + col] = dy[(t - begin) * B * I + page * I + row] * B_t_C_t_u_delta[t * B * (2*N + R) + N + page * (2*N + R) + col];
                    }
                }
            }
            /* (26) C̄_t[t] = h[t]ᵀ ȳ[t] */
            /* scratch_4 = sumₖ of h[t + 1]ᵢₖⱼ ∘ dy[t]ᵢₖ */
            for (size_t page = own_B.begin; page < own_B.end; ++page) {
                for (size_t row = 0; row < N; ++row) {
                    real running = 0.0;
                    for (size_t col = 0; col < I; ++col) {
                        running += h[(t + 1) * B * I * N + page * I * N + col * N + row] * dy[(t - begin) * B * I + page * I + col];
                    }
                    scratch_4[page * N + row] = running;
                }
            }
            for (size_t row = own_B.begin; row < own_B.end; ++row) {
                INDEPENDENT
                for (size_t col = 0; col < N; ++col) {
                    du_delta_dC_t_dB_t[(t - begin) * B * (R + 2*N) + R + row * (R + 2*N) + col] = scratch_4[row * N + col];
                }
            }
        }
        for (size_t t = end; t-- > begin;) {
            INDEPENDENT
            for (size_t at = own_B.begin * I * N; at < own_B.end * I * N; ++at) {
                /* (19) h̄[t] = ȳ[t] C_t[t]ᵀ + h̄[t+1] ∘ a_h[t+1] */
                const real carry_h_t = carry_h[at];
                const real dh_t = dh[(t - begin) * B * I * N + at] + (carry_h_t);
                dh[(t - begin) * B * I * N + at] = dh_t;
                /* (19) what step t gives to h of earlier steps: h̄[t] ∘ a_h[t] */
                const real a_h_t = a_h[t * B * I * N + at];
                const real carry_h_t2 = dh_t * a_h_t;
                carry_h[at] = carry_h_t2;
            }
        }
        for (size_t t = end; t-- > begin;) {
            /* (20) s̄_h[t] = h̄[t] B_t[t] */
            /* scratch_2 = sumₖ of dh[t] ∘ B_t_C_t_u_delta[t][:, 0 : N]ᵢₖ */
            for (size_t page = own_B.begin; page < own_B.end; ++page) {
                for (size_t row = 0; row < I; ++row) {
                    real running = 0.0;
                    size_t col = 0;
                    if (N >= LANES_OF_SUMS) {
                        real lanes[LANES_OF_SUMS];
                        for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                            lanes[lane] = 0.0;
                        for (; N - col >= LANES_OF_SUMS; col += LANES_OF_SUMS)
                            for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                                lanes[lane] += dh[(t - begin) * B * I * N + page * I * N + row * N + (col + lane)] * B_t_C_t_u_delta[t * B * (2*N + R) + page * (2*N + R) + (col + lane)];
                        running += sum_of(lanes);
                    }
                    for (; col < N; ++col) {
                        running += dh[(t - begin) * B * I * N + page * I * N + row * N + col] * B_t_C_t_u_delta[t * B * (2*N + R) + page * (2*N + R) + col];
                    }
                    scratch_2[page * I + row] = running;
                }
            }
            INDEPENDENT
            for (size_t at = own_B.begin * I; at < own_B.end * I; ++at) {
                ds_h[(t - begin) * B * I + at] = scratch_2[at];
            }
            INDEPENDENT
            for (size_t at = own_B.begin * I * N; at < own_B.end * I * N; ++at) {
                /* (21) ā_h[t] = h̄[t] ∘ h[t−1] */
                const real dh_t = dh[(t - begin) * B * I * N + at];
                const real h_t = h[t * B * I * N + at];
                const real da_h_t = dh_t * h_t;
                /* (22) z̄_h[t] = ā_h[t] ∘ a_h[t] */
                const real a_h_t = a_h[t * B * I * N + at];
                const real dz_h_t = da_h_t * a_h_t;
                dz_h[(t - begin) * B * I * N + at] = dz_h_t;
            }
            /* (23) deltā[t] = s̄_h[t] ∘ x[t] + (z̄_h[t] ∘ A) 1 */
            /* scratch_3 = sumₖ of dz_h[t] ∘ Aⱼₖ */
            for (size_t page = own_B.begin; page < own_B.end; ++page) {
                for (size_t row = 0; row < I; ++row) {
                    real running = 0.0;
                    size_t col = 0;
                    if (N >= LANES_OF_SUMS) {
                        real lanes[LANES_OF_SUMS];
                        for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                            lanes[lane] = 0.0;
                        for (; N - col >= LANES_OF_SUMS; col += LANES_OF_SUMS)
                            for (size_t lane = 0; lane < LANES_OF_SUMS; ++lane)
                                lanes[lane] += dz_h[(t - begin) * B * I * N + page * I * N + row * N + (col + lane)] * A[row * N + (col + lane)];
                        running += sum_of(lanes);
                    }
                    for (; col < N; ++col) {
                        running += dz_h[(t - begin) * B * I * N + page * I * N + row * N + col] * A[row * N + col];
                    }
                    scratch_3[page * I + row] = running;
                }
            }
            INDEPENDENT
            for (size_t at = own_B.begin * I; at < own_B.end * I; ++at) {
                /* (23) deltā[t] = s̄_h[t] ∘ x[t] + (z̄_h[t] ∘ A) 1 */
                const real ds_h_t = ds_h[(t - begin) * B * I + at];
                const real x_t = x[t * B * I + at];
                const real scratch_3_t = scratch_3[at];
                const real ddelta_t = ds_h_t * x_t + scratch_3_t;
                /* (24) z̄_delta[t] = deltā[t] ∘ (1 + (−1) ⊘ exp(delta[t])) */
                const real delta_t = delta[t * B * I + at];
                const real dz_delta_t = ddelta_t * (1.0 + -1.0 / exp_of(delta_t));
                dz_delta[(t - begin) * B * I + at] = dz_delta_t;
            }
            /* (27) B̄_t[t] = h̄[t]ᵀ s_h[t] */
            /* scratch_5 = sumₖ of dh[t]ᵢₖⱼ ∘ (delta[t]ᵢₖ ∘ x[t]ᵢₖ) */
            for (size_t page = own_B.begin; page < own_B.end; ++page) {
                for (size_t row = 0; row < N; ++row) {
                    real running = 0.0;
                    for (size_t col = 0; col < I; ++col) {
                        running += dh[(t - begin) * B * I * N + page * I * N + col * N + row] * (delta[t * B * I + page * I + col] * x[t * B * I + page * I + col]);
                    }
                    scratch_5[page * N + row] = running;
                }
            }
            for (size_t row = own_B.begin; row < own_B.end; ++row) {
                INDEPENDENT
                for (size_t col = 0; col < N; ++col) {
                    du_delta_dC_t_dB_t[(t - begin) * B * (R + 2*N) + R + N + row * (R + 2*N) + col] = scratch_5[row * N + col];
                }
            }
        }
        /* (25) ū_delta[t] = W_2ᵀ z̄_delta[t] */
        /* du_delta_dC_t_dB_t[chunk][:, 0 : R] = dz_delta[chunk] @ W_2_panels_2 */
        product(own_B, chunk, B, R, I, dz_delta, I, 1, W_2_panels_2, du_delta_dC_t_dB_t, R + 2*N, false);
        /* (39) x̄[t] = ȳ[t] ∘ D_skip + s̄_h[t] ∘ delta[t] + W_1ᵀ ū_delta[t] + W_Cᵀ C̄_t[t] + W_Bᵀ B̄_t[t] */
        /* dx[chunk] = du_delta_dC_t_dB_t[chunk] @ W_1_C_B */
        product(own_B, chunk, B, I, R + 2*N, du_delta_dC_t_dB_t, R + 2*N, 1, W_1_C_B, dx + begin * B * I, I, false);
        for (size_t t = end; t-- > begin;) {
            /* (39) x̄[t] = ȳ[t] ∘ D_skip + s̄_h[t] ∘ delta[t] + W_1ᵀ ū_delta[t] + W_Cᵀ C̄_t[t] + W_Bᵀ B̄_t[t] */
            for (size_t row = own_B.begin; row < own_B.end; ++row) {
                INDEPENDENT
                for (size_t col = 0; col < I; ++col) {
                    dx[t * B * I + row * I + col] += dy[(t - begin) * B * I + row * I + col] * D_skip[col] + ds_h[(t - begin) * B * I + row * I + col] * delta[t * B * I + row * I + col];
                }
            }
        }
        meet(of->team);
        /* (37) W̄_hy += z̄_y[t] y[t]ᵀ */
        /* dW_hy += dz_y[chunk]ᵀ @ y[chunk] */
        product_once(own_O, 1, O, I, chunk * B, dz_y, 1, O, y + begin * B * I, I, 1, dW_hy, I, true, rearranged);
        /* (38) b̄_y += z̄_y[t] */
        /* db_y += sumᵢⱼ of dz_y[chunk] */
        for (size_t page = 0; page < chunk; ++page) {
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = own_O.begin; col < own_O.end; ++col) {
                    db_y[col] += dz_y[page * B * O + row * O + col];
                }
            }
        }
        /* (36) D̄_skip += ȳ[t] ∘ x[t] */
        /* dD_skip += sumᵢⱼ of dy[chunk] ∘ x[chunk] */
        for (size_t page = 0; page < chunk; ++page) {
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = own_I.begin; col < own_I.end; ++col) {
                    dD_skip[col] += dy[page * B * I + row * I + col] * x[begin * B * I + page * B * I + row * I + col];
                }
            }
        }
        /* (33) W̄_C += C̄_t[t] x[t]ᵀ */
        /* dW_C += du_delta_dC_t_dB_t[chunk][:, R : R + N]ᵀ @ x[chunk] */
        product_once(own_N, 1, N, I, chunk * B, du_delta_dC_t_dB_t + R, 1, R + 2*N, x + begin * B * I, I, 1, dW_C, I, true, rearranged);
        /* (32) W̄_B += B̄_t[t] x[t]ᵀ */
        /* dW_B += du_delta_dC_t_dB_t[chunk][:, R + N : R + 2*N]ᵀ @ x[chunk] */
        product_once(own_N, 1, N, I, chunk * B, du_delta_dC_t_dB_t + R + N, 1, R + 2*N, x + begin * B * I, I, 1, dW_B, I, true, rearranged);
        /* (34) W̄_2 += z̄_delta[t] u_delta[t]ᵀ */
        /* dW_2 += dz_delta[chunk]ᵀ @ B_t_C_t_u_delta[chunk][:, 2*N : 2*N + R] */
        product_once(own_I, 1, I, R, chunk * B, dz_delta, 1, I, B_t_C_t_u_delta + begin * B * (2*N + R) + 2*N, 2*N + R, 1, dW_2, R, true, rearranged);
        /* (35) b̄_delta += z̄_delta[t] */
        /* db_delta += sumᵢⱼ of dz_delta[chunk] */
        for (size_t page = 0; page < chunk; ++page) {
            for (size_t row = 0; row < B; ++row) {
                for (size_t col = own_I.begin; col < own_I.end; ++col) {
                    db_delta[col] += dz_delta[page * B * I + row * I + col];
                }
            }
        }
        for (size_t t = end; t-- > begin;) {
            /* (28) Ā += diag(delta[t]) z̄_h[t] */
            /* dA += sumᵢ of delta[t]ᵢⱼ ∘ dz_h[t] */
            for (size_t page = 0; page < B; ++page) {
                for (size_t row = own_I.begin; row < own_I.end; ++row) {
                    for (size_t col = 0; col < N; ++col) {
                        dA[row * N + col] += delta[t * B * I + page * I + row] * dz_h[(t - begin) * B * I * N + page * I * N + row * N + col];
                    }
                }
            }
        }
        /* (31) W̄_1 += ū_delta[t] x[t]ᵀ */
        /* dW_1 += du_delta_dC_t_dB_t[chunk][:, 0 : R]ᵀ @ x[chunk] */
        product_once(own_R, 1, R, I, chunk * B, du_delta_dC_t_dB_t, 1, R + 2*N, x + begin * B * I, I, 1, dW_1, I, true, rearranged);
        meet(of->team);
    }
    /* (40) h̄[0] = h̄[1] ∘ a_h[1] */
    INDEPENDENT
    for (size_t at = own_B.begin * I * N; at < own_B.end * I * N; ++at) {
        dh0[at] = carry_h[at];
    }
    /* (29) ā_A = −Ā */
    INDEPENDENT
    for (size_t at = own_I.begin * N; at < own_I.end * N; ++at) {
        da_A[at] = -dA[at];
    }
    /* (30) Ā_log += ā_A ∘ a_A */
    INDEPENDENT
    for (size_t at = own_I.begin * N; at < own_I.end * N; ++at) {
        dA_log[at] = da_A[at] * a_A[at];
    }
}

mamba_f64_status mamba_f64_backward(const mamba_f64_sizes *sizes, const mamba_f64_given *given,
                                    const mamba_f64_kept *kept, const mamba_f64_gradients *gradients,
                                    double *work)
{
    const mamba_f64_status status = backward_is_ready(sizes, given, kept, gradients, work);
    if (status != MAMBA_F64_OK)
        return status;
    const size_t threads = threads_of(sizes->threads, sizes->B);
    carry_out((call){.sizes = sizes, .given = given, .kept = kept, .gradients = gradients, .work = work, .todo = backward_of},
              worthwhile(threads, backward_multiplications(sizes)));
    return MAMBA_F64_OK;
}

static void forward_and_backward_of(const call *of, size_t thread)
{
    forward_of(of, thread);
    meet(of->team);
    backward_of(of, thread);
}

mamba_f64_status mamba_f64_loss_and_gradient(const mamba_f64_sizes *sizes, const mamba_f64_given *given,
                                             const mamba_f64_kept *kept, const mamba_f64_gradients *gradients,
                                             double *work)
{
    mamba_f64_status status = forward_is_ready(sizes, given, kept, work);
    if (status == MAMBA_F64_OK)
        status = backward_is_ready(sizes, given, kept, gradients, work);
    if (status != MAMBA_F64_OK)
        return status;
    const size_t threads = threads_of(sizes->threads, sizes->B);
    const double multiplications = forward_multiplications(sizes) + backward_multiplications(sizes);
    carry_out((call){.sizes = sizes, .given = given, .kept = kept, .gradients = gradients, .work = work, .todo = forward_and_backward_of},
              worthwhile(threads, multiplications));
    return MAMBA_F64_OK;
}
