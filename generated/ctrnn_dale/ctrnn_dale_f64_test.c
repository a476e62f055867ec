/* Self-test of ctrnn_dale_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread ctrnn_dale_f64.c ctrnn_dale_f64_test.c -lm && ./a.out
 */
#include "ctrnn_dale_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, B = 2, I = 3, H = 4, O = 6 };

static struct {
    real u[T * B * I];
    real x0[B * H];
    real y[T * B * O];
    real W[H * H];
    real W_in[H * I];
    real b[H];
    real W_hy[O * H];
    real b_y[O];
    real alpha[1];
    real d[H];
    real x[(T + 1) * B * H];
    real r[T * B * H];
    real y_hat[T * B * O];
    real W_rec[H * H];
    real J[1];
    real dW[H * H];
    real dW_in[H * I];
    real db[H];
    real dW_hy[O * H];
    real db_y[O];
    real du[T * B * I];
    real dx0[B * H];
} data, before;

static const ctrnn_dale_f64_sizes sizes = { .T = T, .B = B, .I = I, .H = H, .O = O };
static const ctrnn_dale_f64_given given = { .u = data.u, .x0 = data.x0, .y = data.y, .W = data.W, .W_in = data.W_in, .b = data.b, .W_hy = data.W_hy, .b_y = data.b_y, .alpha = data.alpha, .d = data.d };
static const ctrnn_dale_f64_kept kept = { .x = data.x, .r = data.r, .y_hat = data.y_hat, .W_rec = data.W_rec, .J = data.J };
static const ctrnn_dale_f64_gradients gradients = { .dW = data.dW, .dW_in = data.dW_in, .db = data.db, .dW_hy = data.dW_hy, .db_y = data.db_y, .du = data.du, .dx0 = data.dx0 };
static real *work;
static int failures;

static void expect(int holds, const char *claim)
{
    printf("%s  %s\n", holds ? "ok    " : "FAILED", claim);
    failures += !holds;
}

/* Numbers between -0.8 and 0.8 that look random and are the same everywhere. */
static void fill(real *array, size_t count, uint32_t state)
{
    for (size_t at = 0; at < count; ++at) {
        state = state * 1664525u + 1013904223u;
        array[at] = (real)(1.6 * ((double)(state >> 8) / 16777216.0) - 0.8);
    }
}

/* Make every row sum to 1, as targets of a cross-entropy do. */
static void normalise(real *array, size_t rows, size_t columns)
{
    for (size_t row = 0; row < rows; ++row) {
        double sum = 0.0;
        for (size_t col = 0; col < columns; ++col)
            sum += (double)(array[row * columns + col] += (real)1.0);
        for (size_t col = 0; col < columns; ++col)
            array[row * columns + col] = (real)((double)array[row * columns + col] / sum);
    }
}

/* The loss, if there is one, plus the sum of every given adjoint times its output. */
static double objective(void)
{
    if (ctrnn_dale_f64_forward(&sizes, &given, &kept, work) != CTRNN_DALE_F64_OK)
        abort();
    double sum = 0.0;
    sum += (double)data.J[0];
    return sum;
}

/* Every component is the derivative; at a kink of the loss it may lie anywhere between the one-sided ones. */
static void compare(const char *claim, real *array, const real *gradient, size_t count)
{
    double scale = 1.0, worst = 0.0;
    int holds = 1;
    for (size_t at = 0; at < count; ++at)
        scale = fmax(scale, fabs((double)gradient[at]));
    for (size_t at = 0; at < count; ++at) {
        const real middle = array[at], up = (real)((double)middle + DISTANCE), down = (real)((double)middle - DISTANCE);
        const double here = objective();
        array[at] = up;
        const double above = objective();
        array[at] = down;
        const double below = objective();
        array[at] = middle;
        const double found = (double)gradient[at];
        const double central = (above - below) / ((double)up - (double)down);
        const double right = (above - here) / ((double)up - (double)middle);
        const double left = (here - below) / ((double)middle - (double)down);
        const int between = fmin(left, right) <= found && found <= fmax(left, right);
        worst = fmax(worst, fabs(found - central));
        holds &= between || fabs(found - central) <= TOLERANCE * scale;
    }
    printf("        largest difference %.1e at scale %.1e\n", worst, scale);
    expect(holds, claim);
}

int main(void)
{
    work = malloc(ctrnn_dale_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.u, T * B * I, 1u);
    fill(data.x0, B * H, 2u);
    fill(data.y, T * B * O, 3u);
    normalise(data.y, (T * B * O) / O, O);
    fill(data.W, H * H, 4u);
    fill(data.W_in, H * I, 5u);
    fill(data.b, H, 6u);
    fill(data.W_hy, O * H, 7u);
    fill(data.b_y, O, 8u);
    for (size_t at = 0; at < 1; ++at) data.alpha[at] = (real)0.2;
    fill(data.d, H, 10u);

    expect(ctrnn_dale_f64_forward(&sizes, &given, &kept, work) == CTRNN_DALE_F64_OK, "forward runs");
    expect(ctrnn_dale_f64_backward(&sizes, &given, &kept, &gradients, work) == CTRNN_DALE_F64_OK, "backward runs");
    before = data;
    expect(ctrnn_dale_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == CTRNN_DALE_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW agrees with differences", data.W, before.dW, H * H);
    compare("dW_in agrees with differences", data.W_in, before.dW_in, H * I);
    compare("db agrees with differences", data.b, before.db, H);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * H);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("du agrees with differences", data.u, before.du, T * B * I);
    compare("dx0 agrees with differences", data.x0, before.dx0, B * H);

    ctrnn_dale_f64_sizes bad = sizes;
    bad.T = 0;
    expect(ctrnn_dale_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == CTRNN_DALE_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(ctrnn_dale_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(ctrnn_dale_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == CTRNN_DALE_F64_TOO_LARGE, "too many steps are refused");
    expect(ctrnn_dale_f64_workspace(&bad) == 0, "and have no workspace");
    expect(ctrnn_dale_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == CTRNN_DALE_F64_NULL, "NULL is refused");
    expect(strlen(ctrnn_dale_f64_message(CTRNN_DALE_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
