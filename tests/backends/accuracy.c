/* How far the elementwise functions of emitted C are from the mathematical ones: for each, the largest error in units in
 * the last place of the true value (the distance of neighbours below the normal numbers), and where. A NaN, an infinity or
 * a sign in the wrong place counts as an infinite error.
 *
 *     accuracy N
 *
 * float32: every Nth of all 2^32 patterns, held against the double functions of math.h. float64: N thousand numbers that
 * look random, in turn of every pattern and of exponents from -40 to 10, held against those of long double.
 *
 * FUNCTIONS is the file with the functions; SINGLE says that they are float32. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include FUNCTIONS

#ifdef SINGLE
typedef double wide;
typedef uint32_t pattern;
#define WIDE(name) name
#define DIGITS FLT_MANT_DIG
#define LEAST_EXPONENT FLT_MIN_EXP
#define LARGEST FLT_MAX
#else
typedef long double wide;
typedef uint64_t pattern;
#define WIDE(name) name##l
#define DIGITS DBL_MANT_DIG
#define LEAST_EXPONENT DBL_MIN_EXP
#define LARGEST DBL_MAX
#endif

enum { COUNT = 1000 };

#define LOOP(name)                                                                                                     \
    static void every_##name(const real *restrict in, real *restrict out)                                              \
    {                                                                                                                  \
        for (size_t at = 0; at < COUNT; ++at)                                                                          \
            out[at] = name(in[at]);                                                                                    \
    }

LOOP(tanh_of)
LOOP(sigmoid)
LOOP(exp_of)
LOOP(log_of)
LOOP(softplus)

static wide true_tanh(wide x)
{
    return WIDE(tanh)(x);
}

static wide true_sigmoid(wide x)
{
    return x < 0 ? WIDE(exp)(x) / (1 + WIDE(exp)(x)) : 1 / (1 + WIDE(exp)(-x));
}

static wide true_exp(wide x)
{
    return WIDE(exp)(x);
}

static wide true_log(wide x)
{
    return WIDE(log)(x);
}

static wide true_softplus(wide x)
{
    return (x > 0 ? x : 0) + WIDE(log1p)(WIDE(exp)(-WIDE(fabs)(x)));
}

static struct {
    const char *name;
    void (*every)(const real *restrict in, real *restrict out);
    wide (*truth)(wide x);
    double worst;
    real where;
} functions[] = {
    {"tanh", every_tanh_of, true_tanh, 0, 0},       {"sigmoid", every_sigmoid, true_sigmoid, 0, 0},
    {"exp", every_exp_of, true_exp, 0, 0},          {"log", every_log_of, true_log, 0, 0},
    {"softplus", every_softplus, true_softplus, 0, 0},
};

static double error(real found, wide truth)
{
    if (isnan(found) || isnan(truth))
        return isnan(found) && isnan(truth) ? 0 : HUGE_VAL;
    int exponent;
    WIDE(frexp)(truth, &exponent);
    const int last = (exponent < LEAST_EXPONENT ? LEAST_EXPONENT : exponent) - DIGITS;
    const wide reach = (wide)LARGEST + WIDE(ldexp)(1, last);
    if (isinf(found))
        return (found > 0 ? truth : -truth) >= reach - 2 * WIDE(ldexp)(1, last) ? 0 : HUGE_VAL;
    if (isinf(truth) || !signbit(found) != !signbit(truth))
        return HUGE_VAL;
    return (double)WIDE(ldexp)(WIDE(fabs)((wide)found - truth), -last);
}

static void judge(const real *in)
{
    static real out[COUNT];
    for (size_t one = 0; one < sizeof functions / sizeof functions[0]; ++one) {
        functions[one].every(in, out);
        for (size_t at = 0; at < COUNT; ++at) {
            const double off = error(out[at], functions[one].truth((wide)in[at]));
            if (off > functions[one].worst) {
                functions[one].worst = off;
                functions[one].where = in[at];
            }
        }
    }
}

int main(int count, char **arguments)
{
    static real in[COUNT];
    const uint64_t number = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
#ifdef SINGLE
    for (uint64_t next = 0; next < UINT64_C(1) << 32;) {
        for (size_t at = 0; at < COUNT; ++at, next += number) {
            const pattern bits = (pattern)(next < UINT32_MAX ? next : UINT32_MAX);
            memcpy(&in[at], &bits, sizeof bits);
        }
        judge(in);
    }
#else
    pattern state = 1;
    for (uint64_t round = 0; round < number; ++round) {
        for (size_t at = 0; at < COUNT; ++at) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            pattern bits = (state >> 32) ^ (state << 31);
            if (at % 2) /* the sign and the fraction, with another exponent */
                bits = (bits & UINT64_C(0x800fffffffffffff)) | ((1023 - 40 + (bits >> 52) % 51) << 52);
            memcpy(&in[at], &bits, sizeof bits);
        }
        judge(in);
    }
#endif
    for (size_t one = 0; one < sizeof functions / sizeof functions[0]; ++one)
        printf("%s %.3f %a\n", functions[one].name, functions[one].worst, (double)functions[one].where);
    return 0;
}
