/* Self-test of mut1_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread mut1_f64.c mut1_f64_test.c -lm && ./a.out
 */
#include "mut1_f64.h"

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
    real y[T * B * O];
    real W_xz[H * H];
    real b_z[H];
    real W_xr[H * H];
    real W_hr[H * H];
    real b_r[H];
    real W_hh[H * H];
    real b_h[H];
    real W_hy[O * H];
    real b_y[O];
    real h[(T + 1) * B * H];
    real y_hat[T * B * O];
    real z_r[T * B * 2*H];
    real a_h[T * B * H];
    real a2_h[T * B * H];
    real J[1];
    real dW_xz[H * H];
    real db_z[H];
    real dW_xr[H * H];
    real dW_hr[H * H];
    real db_r[H];
    real dW_hh[H * H];
    real db_h[H];
    real dW_hy[O * H];
    real db_y[O];
    real dx[T * B * H];
    real dh0[B * H];
} data, before;

static const mut1_f64_sizes sizes = { .T = T, .B = B, .H = H, .O = O };
static const mut1_f64_given given = { .x = data.x, .h0 = data.h0, .y = data.y, .W_xz = data.W_xz, .b_z = data.b_z, .W_xr = data.W_xr, .W_hr = data.W_hr, .b_r = data.b_r, .W_hh = data.W_hh, .b_h = data.b_h, .W_hy = data.W_hy, .b_y = data.b_y };
static const mut1_f64_kept kept = { .h = data.h, .y_hat = data.y_hat, .z_r = data.z_r, .a_h = data.a_h, .a2_h = data.a2_h, .J = data.J };
static const mut1_f64_gradients gradients = { .dW_xz = data.dW_xz, .db_z = data.db_z, .dW_xr = data.dW_xr, .dW_hr = data.dW_hr, .db_r = data.db_r, .dW_hh = data.dW_hh, .db_h = data.db_h, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx, .dh0 = data.dh0 };
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
    if (mut1_f64_forward(&sizes, &given, &kept, work) != MUT1_F64_OK)
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
    work = malloc(mut1_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * H, 1u);
    fill(data.h0, B * H, 2u);
    fill(data.y, T * B * O, 3u);
    normalise(data.y, (T * B * O) / O, O);
    fill(data.W_xz, H * H, 4u);
    fill(data.b_z, H, 5u);
    fill(data.W_xr, H * H, 6u);
    fill(data.W_hr, H * H, 7u);
    fill(data.b_r, H, 8u);
    fill(data.W_hh, H * H, 9u);
    fill(data.b_h, H, 10u);
    fill(data.W_hy, O * H, 11u);
    fill(data.b_y, O, 12u);

    expect(mut1_f64_forward(&sizes, &given, &kept, work) == MUT1_F64_OK, "forward runs");
    expect(mut1_f64_backward(&sizes, &given, &kept, &gradients, work) == MUT1_F64_OK, "backward runs");
    before = data;
    expect(mut1_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == MUT1_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_xz agrees with differences", data.W_xz, before.dW_xz, H * H);
    compare("db_z agrees with differences", data.b_z, before.db_z, H);
    compare("dW_xr agrees with differences", data.W_xr, before.dW_xr, H * H);
    compare("dW_hr agrees with differences", data.W_hr, before.dW_hr, H * H);
    compare("db_r agrees with differences", data.b_r, before.db_r, H);
    compare("dW_hh agrees with differences", data.W_hh, before.dW_hh, H * H);
    compare("db_h agrees with differences", data.b_h, before.db_h, H);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * H);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("dx agrees with differences", data.x, before.dx, T * B * H);
    compare("dh0 agrees with differences", data.h0, before.dh0, B * H);

    mut1_f64_sizes bad = sizes;
    bad.T = 0;
    expect(mut1_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == MUT1_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(mut1_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(mut1_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == MUT1_F64_TOO_LARGE, "too many steps are refused");
    expect(mut1_f64_workspace(&bad) == 0, "and have no workspace");
    expect(mut1_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == MUT1_F64_NULL, "NULL is refused");
    expect(strlen(mut1_f64_message(MUT1_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
