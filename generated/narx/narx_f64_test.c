/* Self-test of narx_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread narx_f64.c narx_f64_test.c -lm && ./a.out
 */
#include "narx_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, B = 2, I = 3, O = 4, H = 6, O2 = 7 };

static struct {
    real u[T * B * I];
    real y0[3 * B * O];
    real p0[2 * B * I];
    real y2[T * B * O2];
    real W_0[H * I];
    real W_1[H * I];
    real W_2[H * I];
    real V_1[H * O];
    real V_2[H * O];
    real V_3[H * O];
    real b[H];
    real W_y[O * H];
    real b_y[O];
    real W_hy[O2 * O];
    real b2_y[O2];
    real y[(T + 3) * B * O];
    real p[(T + 2) * B * I];
    real y_hat[T * B * O2];
    real h[T * B * H];
    real J[1];
    real dW_0[H * I];
    real dW_1[H * I];
    real dW_2[H * I];
    real dV_1[H * O];
    real dV_2[H * O];
    real dV_3[H * O];
    real db[H];
    real dW_y[O * H];
    real db_y[O];
    real dW_hy[O2 * O];
    real db2_y[O2];
    real du[T * B * I];
    real dy0[3 * B * O];
    real dp0[2 * B * I];
} data, before;

static const narx_f64_sizes sizes = { .T = T, .B = B, .I = I, .O = O, .H = H, .O2 = O2 };
static const narx_f64_given given = { .u = data.u, .y0 = data.y0, .p0 = data.p0, .y2 = data.y2, .W_0 = data.W_0, .W_1 = data.W_1, .W_2 = data.W_2, .V_1 = data.V_1, .V_2 = data.V_2, .V_3 = data.V_3, .b = data.b, .W_y = data.W_y, .b_y = data.b_y, .W_hy = data.W_hy, .b2_y = data.b2_y };
static const narx_f64_kept kept = { .y = data.y, .p = data.p, .y_hat = data.y_hat, .h = data.h, .J = data.J };
static const narx_f64_gradients gradients = { .dW_0 = data.dW_0, .dW_1 = data.dW_1, .dW_2 = data.dW_2, .dV_1 = data.dV_1, .dV_2 = data.dV_2, .dV_3 = data.dV_3, .db = data.db, .dW_y = data.dW_y, .db_y = data.db_y, .dW_hy = data.dW_hy, .db2_y = data.db2_y, .du = data.du, .dy0 = data.dy0, .dp0 = data.dp0 };
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
    if (narx_f64_forward(&sizes, &given, &kept, work) != NARX_F64_OK)
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
    work = malloc(narx_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.u, T * B * I, 1u);
    fill(data.y0, 3 * B * O, 2u);
    fill(data.p0, 2 * B * I, 3u);
    fill(data.y2, T * B * O2, 4u);
    normalise(data.y2, (T * B * O2) / O2, O2);
    fill(data.W_0, H * I, 5u);
    fill(data.W_1, H * I, 6u);
    fill(data.W_2, H * I, 7u);
    fill(data.V_1, H * O, 8u);
    fill(data.V_2, H * O, 9u);
    fill(data.V_3, H * O, 10u);
    fill(data.b, H, 11u);
    fill(data.W_y, O * H, 12u);
    fill(data.b_y, O, 13u);
    fill(data.W_hy, O2 * O, 14u);
    fill(data.b2_y, O2, 15u);

    expect(narx_f64_forward(&sizes, &given, &kept, work) == NARX_F64_OK, "forward runs");
    expect(narx_f64_backward(&sizes, &given, &kept, &gradients, work) == NARX_F64_OK, "backward runs");
    before = data;
    expect(narx_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == NARX_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_0 agrees with differences", data.W_0, before.dW_0, H * I);
    compare("dW_1 agrees with differences", data.W_1, before.dW_1, H * I);
    compare("dW_2 agrees with differences", data.W_2, before.dW_2, H * I);
    compare("dV_1 agrees with differences", data.V_1, before.dV_1, H * O);
    compare("dV_2 agrees with differences", data.V_2, before.dV_2, H * O);
    compare("dV_3 agrees with differences", data.V_3, before.dV_3, H * O);
    compare("db agrees with differences", data.b, before.db, H);
    compare("dW_y agrees with differences", data.W_y, before.dW_y, O * H);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O2 * O);
    compare("db2_y agrees with differences", data.b2_y, before.db2_y, O2);
    compare("du agrees with differences", data.u, before.du, T * B * I);
    compare("dy0 agrees with differences", data.y0, before.dy0, 3 * B * O);
    compare("dp0 agrees with differences", data.p0, before.dp0, 2 * B * I);

    narx_f64_sizes bad = sizes;
    bad.T = 0;
    expect(narx_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == NARX_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(narx_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(narx_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == NARX_F64_TOO_LARGE, "too many steps are refused");
    expect(narx_f64_workspace(&bad) == 0, "and have no workspace");
    expect(narx_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == NARX_F64_NULL, "NULL is refused");
    expect(strlen(narx_f64_message(NARX_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
