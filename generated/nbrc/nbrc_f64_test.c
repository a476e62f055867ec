/* Self-test of nbrc_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread nbrc_f64.c nbrc_f64_test.c -lm && ./a.out
 */
#include "nbrc_f64.h"

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
    real x[T * B * I];
    real h0[B * H];
    real y[T * B * O];
    real U_a[H * I];
    real W_a[H * H];
    real U_c[H * I];
    real W_c[H * H];
    real U[H * I];
    real W_hy[O * H];
    real b_y[O];
    real h[(T + 1) * B * H];
    real y_hat[T * B * O];
    real a_a_c_a_h[T * B * 3*H];
    real J[1];
    real dU_a[H * I];
    real dW_a[H * H];
    real dU_c[H * I];
    real dW_c[H * H];
    real dU[H * I];
    real dW_hy[O * H];
    real db_y[O];
    real dx[T * B * I];
    real dh0[B * H];
} data, before;

static const nbrc_f64_sizes sizes = { .T = T, .B = B, .I = I, .H = H, .O = O };
static const nbrc_f64_given given = { .x = data.x, .h0 = data.h0, .y = data.y, .U_a = data.U_a, .W_a = data.W_a, .U_c = data.U_c, .W_c = data.W_c, .U = data.U, .W_hy = data.W_hy, .b_y = data.b_y };
static const nbrc_f64_kept kept = { .h = data.h, .y_hat = data.y_hat, .a_a_c_a_h = data.a_a_c_a_h, .J = data.J };
static const nbrc_f64_gradients gradients = { .dU_a = data.dU_a, .dW_a = data.dW_a, .dU_c = data.dU_c, .dW_c = data.dW_c, .dU = data.dU, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx, .dh0 = data.dh0 };
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
    if (nbrc_f64_forward(&sizes, &given, &kept, work) != NBRC_F64_OK)
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
    work = malloc(nbrc_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.h0, B * H, 2u);
    fill(data.y, T * B * O, 3u);
    normalise(data.y, (T * B * O) / O, O);
    fill(data.U_a, H * I, 4u);
    fill(data.W_a, H * H, 5u);
    fill(data.U_c, H * I, 6u);
    fill(data.W_c, H * H, 7u);
    fill(data.U, H * I, 8u);
    fill(data.W_hy, O * H, 9u);
    fill(data.b_y, O, 10u);

    expect(nbrc_f64_forward(&sizes, &given, &kept, work) == NBRC_F64_OK, "forward runs");
    expect(nbrc_f64_backward(&sizes, &given, &kept, &gradients, work) == NBRC_F64_OK, "backward runs");
    before = data;
    expect(nbrc_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == NBRC_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dU_a agrees with differences", data.U_a, before.dU_a, H * I);
    compare("dW_a agrees with differences", data.W_a, before.dW_a, H * H);
    compare("dU_c agrees with differences", data.U_c, before.dU_c, H * I);
    compare("dW_c agrees with differences", data.W_c, before.dW_c, H * H);
    compare("dU agrees with differences", data.U, before.dU, H * I);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * H);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);
    compare("dh0 agrees with differences", data.h0, before.dh0, B * H);

    nbrc_f64_sizes bad = sizes;
    bad.T = 0;
    expect(nbrc_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == NBRC_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(nbrc_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(nbrc_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == NBRC_F64_TOO_LARGE, "too many steps are refused");
    expect(nbrc_f64_workspace(&bad) == 0, "and have no workspace");
    expect(nbrc_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == NBRC_F64_NULL, "NULL is refused");
    expect(strlen(nbrc_f64_message(NBRC_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
