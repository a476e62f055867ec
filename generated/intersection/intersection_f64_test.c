/* Self-test of intersection_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread intersection_f64.c intersection_f64_test.c -lm && ./a.out
 */
#include "intersection_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, B = 2, H = 3, O = 4 };

static struct {
    real x[T * B * H];
    real h0[B * H];
    real y2[T * B * O];
    real W_yx[H * H];
    real W_yh[H * H];
    real b_y[H];
    real W_hx[H * H];
    real W_hh[H * H];
    real b_h[H];
    real W_gyx[H * H];
    real W_gyh[H * H];
    real b_gy[H];
    real W_ghx[H * H];
    real W_ghh[H * H];
    real b_gh[H];
    real W_hy[O * H];
    real b2_y[O];
    real y[T * B * H];
    real h[(T + 1) * B * H];
    real y_hat[T * B * O];
    real y_in_h_in_g_y_g_h[T * B * 4*H];
    real J[1];
    real dW_yx[H * H];
    real dW_yh[H * H];
    real db_y[H];
    real dW_hx[H * H];
    real dW_hh[H * H];
    real db_h[H];
    real dW_gyx[H * H];
    real dW_gyh[H * H];
    real db_gy[H];
    real dW_ghx[H * H];
    real dW_ghh[H * H];
    real db_gh[H];
    real dW_hy[O * H];
    real db2_y[O];
    real dx[T * B * H];
    real dh0[B * H];
} data, before;

static const intersection_f64_sizes sizes = { .T = T, .B = B, .H = H, .O = O };
static const intersection_f64_given given = { .x = data.x, .h0 = data.h0, .y2 = data.y2, .W_yx = data.W_yx, .W_yh = data.W_yh, .b_y = data.b_y, .W_hx = data.W_hx, .W_hh = data.W_hh, .b_h = data.b_h, .W_gyx = data.W_gyx, .W_gyh = data.W_gyh, .b_gy = data.b_gy, .W_ghx = data.W_ghx, .W_ghh = data.W_ghh, .b_gh = data.b_gh, .W_hy = data.W_hy, .b2_y = data.b2_y };
static const intersection_f64_kept kept = { .y = data.y, .h = data.h, .y_hat = data.y_hat, .y_in_h_in_g_y_g_h = data.y_in_h_in_g_y_g_h, .J = data.J };
static const intersection_f64_gradients gradients = { .dW_yx = data.dW_yx, .dW_yh = data.dW_yh, .db_y = data.db_y, .dW_hx = data.dW_hx, .dW_hh = data.dW_hh, .db_h = data.db_h, .dW_gyx = data.dW_gyx, .dW_gyh = data.dW_gyh, .db_gy = data.db_gy, .dW_ghx = data.dW_ghx, .dW_ghh = data.dW_ghh, .db_gh = data.db_gh, .dW_hy = data.dW_hy, .db2_y = data.db2_y, .dx = data.dx, .dh0 = data.dh0 };
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
    if (intersection_f64_forward(&sizes, &given, &kept, work) != INTERSECTION_F64_OK)
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
    work = malloc(intersection_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * H, 1u);
    fill(data.h0, B * H, 2u);
    fill(data.y2, T * B * O, 3u);
    normalise(data.y2, (T * B * O) / O, O);
    fill(data.W_yx, H * H, 4u);
    fill(data.W_yh, H * H, 5u);
    fill(data.b_y, H, 6u);
    fill(data.W_hx, H * H, 7u);
    fill(data.W_hh, H * H, 8u);
    fill(data.b_h, H, 9u);
    fill(data.W_gyx, H * H, 10u);
    fill(data.W_gyh, H * H, 11u);
    fill(data.b_gy, H, 12u);
    fill(data.W_ghx, H * H, 13u);
    fill(data.W_ghh, H * H, 14u);
    fill(data.b_gh, H, 15u);
    fill(data.W_hy, O * H, 16u);
    fill(data.b2_y, O, 17u);

    expect(intersection_f64_forward(&sizes, &given, &kept, work) == INTERSECTION_F64_OK, "forward runs");
    expect(intersection_f64_backward(&sizes, &given, &kept, &gradients, work) == INTERSECTION_F64_OK, "backward runs");
    before = data;
    expect(intersection_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == INTERSECTION_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_yx agrees with differences", data.W_yx, before.dW_yx, H * H);
    compare("dW_yh agrees with differences", data.W_yh, before.dW_yh, H * H);
    compare("db_y agrees with differences", data.b_y, before.db_y, H);
    compare("dW_hx agrees with differences", data.W_hx, before.dW_hx, H * H);
    compare("dW_hh agrees with differences", data.W_hh, before.dW_hh, H * H);
    compare("db_h agrees with differences", data.b_h, before.db_h, H);
    compare("dW_gyx agrees with differences", data.W_gyx, before.dW_gyx, H * H);
    compare("dW_gyh agrees with differences", data.W_gyh, before.dW_gyh, H * H);
    compare("db_gy agrees with differences", data.b_gy, before.db_gy, H);
    compare("dW_ghx agrees with differences", data.W_ghx, before.dW_ghx, H * H);
    compare("dW_ghh agrees with differences", data.W_ghh, before.dW_ghh, H * H);
    compare("db_gh agrees with differences", data.b_gh, before.db_gh, H);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * H);
    compare("db2_y agrees with differences", data.b2_y, before.db2_y, O);
    compare("dx agrees with differences", data.x, before.dx, T * B * H);
    compare("dh0 agrees with differences", data.h0, before.dh0, B * H);

    intersection_f64_sizes bad = sizes;
    bad.T = 0;
    expect(intersection_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == INTERSECTION_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(intersection_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(intersection_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == INTERSECTION_F64_TOO_LARGE, "too many steps are refused");
    expect(intersection_f64_workspace(&bad) == 0, "and have no workspace");
    expect(intersection_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == INTERSECTION_F64_NULL, "NULL is refused");
    expect(strlen(intersection_f64_message(INTERSECTION_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
