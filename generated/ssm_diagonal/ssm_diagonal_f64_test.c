/* Self-test of ssm_diagonal_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread ssm_diagonal_f64.c ssm_diagonal_f64_test.c -lm && ./a.out
 */
#include "ssm_diagonal_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, B = 2, I = 3, N = 4, O = 6, O2 = 7 };

static struct {
    real x[T * B * I];
    real h0[B * N];
    real y2[T * B * O2];
    real C[O * N];
    real A_log[N];
    real delta_log[N];
    real B_in[N * I];
    real D_skip[O * I];
    real W_hy[O2 * O];
    real b_y[O2];
    real h[(T + 1) * B * N];
    real y[T * B * O];
    real y_hat[T * B * O2];
    real a_A[N];
    real A[N];
    real delta[N];
    real A_bar[N];
    real s_B_bar[N];
    real B_bar[N * I];
    real J[1];
    real dC[O * N];
    real dA_log[N];
    real ddelta_log[N];
    real dB_in[N * I];
    real dD_skip[O * I];
    real dW_hy[O2 * O];
    real db_y[O2];
    real dx[T * B * I];
    real dh0[B * N];
} data, before;

static const ssm_diagonal_f64_sizes sizes = { .T = T, .B = B, .I = I, .N = N, .O = O, .O2 = O2 };
static const ssm_diagonal_f64_given given = { .x = data.x, .h0 = data.h0, .y2 = data.y2, .C = data.C, .A_log = data.A_log, .delta_log = data.delta_log, .B_in = data.B_in, .D_skip = data.D_skip, .W_hy = data.W_hy, .b_y = data.b_y };
static const ssm_diagonal_f64_kept kept = { .h = data.h, .y = data.y, .y_hat = data.y_hat, .a_A = data.a_A, .A = data.A, .delta = data.delta, .A_bar = data.A_bar, .s_B_bar = data.s_B_bar, .B_bar = data.B_bar, .J = data.J };
static const ssm_diagonal_f64_gradients gradients = { .dC = data.dC, .dA_log = data.dA_log, .ddelta_log = data.ddelta_log, .dB_in = data.dB_in, .dD_skip = data.dD_skip, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx, .dh0 = data.dh0 };
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
    if (ssm_diagonal_f64_forward(&sizes, &given, &kept, work) != SSM_DIAGONAL_F64_OK)
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
    work = malloc(ssm_diagonal_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.h0, B * N, 2u);
    fill(data.y2, T * B * O2, 3u);
    normalise(data.y2, (T * B * O2) / O2, O2);
    fill(data.C, O * N, 4u);
    fill(data.A_log, N, 5u);
    fill(data.delta_log, N, 6u);
    fill(data.B_in, N * I, 7u);
    fill(data.D_skip, O * I, 8u);
    fill(data.W_hy, O2 * O, 9u);
    fill(data.b_y, O2, 10u);

    expect(ssm_diagonal_f64_forward(&sizes, &given, &kept, work) == SSM_DIAGONAL_F64_OK, "forward runs");
    expect(ssm_diagonal_f64_backward(&sizes, &given, &kept, &gradients, work) == SSM_DIAGONAL_F64_OK, "backward runs");
    before = data;
    expect(ssm_diagonal_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == SSM_DIAGONAL_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dC agrees with differences", data.C, before.dC, O * N);
    compare("dA_log agrees with differences", data.A_log, before.dA_log, N);
    compare("ddelta_log agrees with differences", data.delta_log, before.ddelta_log, N);
    compare("dB_in agrees with differences", data.B_in, before.dB_in, N * I);
    compare("dD_skip agrees with differences", data.D_skip, before.dD_skip, O * I);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O2 * O);
    compare("db_y agrees with differences", data.b_y, before.db_y, O2);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);
    compare("dh0 agrees with differences", data.h0, before.dh0, B * N);

    ssm_diagonal_f64_sizes bad = sizes;
    bad.T = 0;
    expect(ssm_diagonal_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == SSM_DIAGONAL_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(ssm_diagonal_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(ssm_diagonal_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == SSM_DIAGONAL_F64_TOO_LARGE, "too many steps are refused");
    expect(ssm_diagonal_f64_workspace(&bad) == 0, "and have no workspace");
    expect(ssm_diagonal_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == SSM_DIAGONAL_F64_NULL, "NULL is refused");
    expect(strlen(ssm_diagonal_f64_message(SSM_DIAGONAL_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
