/* Self-test of lem_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread lem_f64.c lem_f64_test.c -lm && ./a.out
 */
#include "lem_f64.h"

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
    real W_1[H * H];
    real V_1[H * I];
    real b_1[H];
    real W_2[H * H];
    real V_2[H * I];
    real b_2[H];
    real W_z[H * H];
    real V_z[H * I];
    real b_z[H];
    real W_y[H * H];
    real V_y[H * I];
    real b_y[H];
    real W_hy[O * H];
    real b2_y[O];
    real dt[1];
    real z[(T + 1) * B * H];
    real y[(T + 1) * B * H];
    real y_hat[T * B * O];
    real a_delta_delta_bar_z[T * B * 3*H];
    real a_y[T * B * H];
    real J[1];
    real dW_1[H * H];
    real dV_1[H * I];
    real db_1[H];
    real dW_2[H * H];
    real dV_2[H * I];
    real db_2[H];
    real dW_z[H * H];
    real dV_z[H * I];
    real db_z[H];
    real dW_y[H * H];
    real dV_y[H * I];
    real db_y[H];
    real dW_hy[O * H];
    real db2_y[O];
    real du[T * B * I];
    real dy0[B * H];
    real dz0[B * H];
} data, before;

static const lem_f64_sizes sizes = { .T = T, .B = B, .I = I, .H = H, .O = O };
static const lem_f64_given given = { .u = data.u, .y0 = data.y0, .z0 = data.z0, .y2 = data.y2, .W_1 = data.W_1, .V_1 = data.V_1, .b_1 = data.b_1, .W_2 = data.W_2, .V_2 = data.V_2, .b_2 = data.b_2, .W_z = data.W_z, .V_z = data.V_z, .b_z = data.b_z, .W_y = data.W_y, .V_y = data.V_y, .b_y = data.b_y, .W_hy = data.W_hy, .b2_y = data.b2_y, .dt = data.dt };
static const lem_f64_kept kept = { .z = data.z, .y = data.y, .y_hat = data.y_hat, .a_delta_delta_bar_z = data.a_delta_delta_bar_z, .a_y = data.a_y, .J = data.J };
static const lem_f64_gradients gradients = { .dW_1 = data.dW_1, .dV_1 = data.dV_1, .db_1 = data.db_1, .dW_2 = data.dW_2, .dV_2 = data.dV_2, .db_2 = data.db_2, .dW_z = data.dW_z, .dV_z = data.dV_z, .db_z = data.db_z, .dW_y = data.dW_y, .dV_y = data.dV_y, .db_y = data.db_y, .dW_hy = data.dW_hy, .db2_y = data.db2_y, .du = data.du, .dy0 = data.dy0, .dz0 = data.dz0 };
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
    if (lem_f64_forward(&sizes, &given, &kept, work) != LEM_F64_OK)
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
    work = malloc(lem_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.u, T * B * I, 1u);
    fill(data.y0, B * H, 2u);
    fill(data.z0, B * H, 3u);
    fill(data.y2, T * B * O, 4u);
    normalise(data.y2, (T * B * O) / O, O);
    fill(data.W_1, H * H, 5u);
    fill(data.V_1, H * I, 6u);
    fill(data.b_1, H, 7u);
    fill(data.W_2, H * H, 8u);
    fill(data.V_2, H * I, 9u);
    fill(data.b_2, H, 10u);
    fill(data.W_z, H * H, 11u);
    fill(data.V_z, H * I, 12u);
    fill(data.b_z, H, 13u);
    fill(data.W_y, H * H, 14u);
    fill(data.V_y, H * I, 15u);
    fill(data.b_y, H, 16u);
    fill(data.W_hy, O * H, 17u);
    fill(data.b2_y, O, 18u);
    for (size_t at = 0; at < 1; ++at) data.dt[at] = (real)1.0;

    expect(lem_f64_forward(&sizes, &given, &kept, work) == LEM_F64_OK, "forward runs");
    expect(lem_f64_backward(&sizes, &given, &kept, &gradients, work) == LEM_F64_OK, "backward runs");
    before = data;
    expect(lem_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == LEM_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_1 agrees with differences", data.W_1, before.dW_1, H * H);
    compare("dV_1 agrees with differences", data.V_1, before.dV_1, H * I);
    compare("db_1 agrees with differences", data.b_1, before.db_1, H);
    compare("dW_2 agrees with differences", data.W_2, before.dW_2, H * H);
    compare("dV_2 agrees with differences", data.V_2, before.dV_2, H * I);
    compare("db_2 agrees with differences", data.b_2, before.db_2, H);
    compare("dW_z agrees with differences", data.W_z, before.dW_z, H * H);
    compare("dV_z agrees with differences", data.V_z, before.dV_z, H * I);
    compare("db_z agrees with differences", data.b_z, before.db_z, H);
    compare("dW_y agrees with differences", data.W_y, before.dW_y, H * H);
    compare("dV_y agrees with differences", data.V_y, before.dV_y, H * I);
    compare("db_y agrees with differences", data.b_y, before.db_y, H);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * H);
    compare("db2_y agrees with differences", data.b2_y, before.db2_y, O);
    compare("du agrees with differences", data.u, before.du, T * B * I);
    compare("dy0 agrees with differences", data.y0, before.dy0, B * H);
    compare("dz0 agrees with differences", data.z0, before.dz0, B * H);

    lem_f64_sizes bad = sizes;
    bad.T = 0;
    expect(lem_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LEM_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(lem_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(lem_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LEM_F64_TOO_LARGE, "too many steps are refused");
    expect(lem_f64_workspace(&bad) == 0, "and have no workspace");
    expect(lem_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == LEM_F64_NULL, "NULL is refused");
    expect(strlen(lem_f64_message(LEM_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
