/* Self-test of unicornn_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread unicornn_f64.c unicornn_f64_test.c -lm && ./a.out
 */
#include "unicornn_f64.h"

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
    real y0[B * H];
    real z0[B * H];
    real y2[T * B * O];
    real c[H];
    real w[H];
    real V[H * I];
    real b[H];
    real W_hy[O * H];
    real b_y[O];
    real dt[1];
    real alpha[1];
    real z[(T + 1) * B * H];
    real y[(T + 1) * B * H];
    real y_hat[T * B * O];
    real a_delta[H];
    real delta[H];
    real a_z[T * B * H];
    real J[1];
    real dc[H];
    real dw[H];
    real dV[H * I];
    real db[H];
    real dW_hy[O * H];
    real db_y[O];
    real du[T * B * I];
    real dy0[B * H];
    real dz0[B * H];
} data, before;

static const unicornn_f64_sizes sizes = { .T = T, .B = B, .I = I, .H = H, .O = O };
static const unicornn_f64_given given = { .u = data.u, .y0 = data.y0, .z0 = data.z0, .y2 = data.y2, .c = data.c, .w = data.w, .V = data.V, .b = data.b, .W_hy = data.W_hy, .b_y = data.b_y, .dt = data.dt, .alpha = data.alpha };
static const unicornn_f64_kept kept = { .z = data.z, .y = data.y, .y_hat = data.y_hat, .a_delta = data.a_delta, .delta = data.delta, .a_z = data.a_z, .J = data.J };
static const unicornn_f64_gradients gradients = { .dc = data.dc, .dw = data.dw, .dV = data.dV, .db = data.db, .dW_hy = data.dW_hy, .db_y = data.db_y, .du = data.du, .dy0 = data.dy0, .dz0 = data.dz0 };
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
    if (unicornn_f64_forward(&sizes, &given, &kept, work) != UNICORNN_F64_OK)
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
    work = malloc(unicornn_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.u, T * B * I, 1u);
    fill(data.y0, B * H, 2u);
    fill(data.z0, B * H, 3u);
    fill(data.y2, T * B * O, 4u);
    normalise(data.y2, (T * B * O) / O, O);
    fill(data.c, H, 5u);
    fill(data.w, H, 6u);
    fill(data.V, H * I, 7u);
    fill(data.b, H, 8u);
    fill(data.W_hy, O * H, 9u);
    fill(data.b_y, O, 10u);
    for (size_t at = 0; at < 1; ++at) data.dt[at] = (real)0.1;
    for (size_t at = 0; at < 1; ++at) data.alpha[at] = (real)1.0;

    expect(unicornn_f64_forward(&sizes, &given, &kept, work) == UNICORNN_F64_OK, "forward runs");
    expect(unicornn_f64_backward(&sizes, &given, &kept, &gradients, work) == UNICORNN_F64_OK, "backward runs");
    before = data;
    expect(unicornn_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == UNICORNN_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dc agrees with differences", data.c, before.dc, H);
    compare("dw agrees with differences", data.w, before.dw, H);
    compare("dV agrees with differences", data.V, before.dV, H * I);
    compare("db agrees with differences", data.b, before.db, H);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * H);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("du agrees with differences", data.u, before.du, T * B * I);
    compare("dy0 agrees with differences", data.y0, before.dy0, B * H);
    compare("dz0 agrees with differences", data.z0, before.dz0, B * H);

    unicornn_f64_sizes bad = sizes;
    bad.T = 0;
    expect(unicornn_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == UNICORNN_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(unicornn_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(unicornn_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == UNICORNN_F64_TOO_LARGE, "too many steps are refused");
    expect(unicornn_f64_workspace(&bad) == 0, "and have no workspace");
    expect(unicornn_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == UNICORNN_F64_NULL, "NULL is refused");
    expect(strlen(unicornn_f64_message(UNICORNN_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
