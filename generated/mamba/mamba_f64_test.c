/* Self-test of mamba_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread mamba_f64.c mamba_f64_test.c -lm && ./a.out
 */
#include "mamba_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, B = 2, I = 3, N = 4, R = 6, O = 7 };

static struct {
    real x[T * B * I];
    real h0[B * I * N];
    real y2[T * B * O];
    real A_log[I * N];
    real W_1[R * I];
    real W_B[N * I];
    real W_C[N * I];
    real W_2[I * R];
    real b_delta[I];
    real D_skip[I];
    real W_hy[O * I];
    real b_y[O];
    real h[(T + 1) * B * I * N];
    real y[T * B * I];
    real y_hat[T * B * O];
    real a_A[I * N];
    real A[I * N];
    real B_t_C_t_u_delta[T * B * (2*N + R)];
    real delta[T * B * I];
    real a_h[T * B * I * N];
    real J[1];
    real dA_log[I * N];
    real dW_1[R * I];
    real dW_B[N * I];
    real dW_C[N * I];
    real dW_2[I * R];
    real db_delta[I];
    real dD_skip[I];
    real dW_hy[O * I];
    real db_y[O];
    real dx[T * B * I];
    real dh0[B * I * N];
} data, before;

static const mamba_f64_sizes sizes = { .T = T, .B = B, .I = I, .N = N, .R = R, .O = O };
static const mamba_f64_given given = { .x = data.x, .h0 = data.h0, .y2 = data.y2, .A_log = data.A_log, .W_1 = data.W_1, .W_B = data.W_B, .W_C = data.W_C, .W_2 = data.W_2, .b_delta = data.b_delta, .D_skip = data.D_skip, .W_hy = data.W_hy, .b_y = data.b_y };
static const mamba_f64_kept kept = { .h = data.h, .y = data.y, .y_hat = data.y_hat, .a_A = data.a_A, .A = data.A, .B_t_C_t_u_delta = data.B_t_C_t_u_delta, .delta = data.delta, .a_h = data.a_h, .J = data.J };
static const mamba_f64_gradients gradients = { .dA_log = data.dA_log, .dW_1 = data.dW_1, .dW_B = data.dW_B, .dW_C = data.dW_C, .dW_2 = data.dW_2, .db_delta = data.db_delta, .dD_skip = data.dD_skip, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx, .dh0 = data.dh0 };
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
    if (mamba_f64_forward(&sizes, &given, &kept, work) != MAMBA_F64_OK)
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
    work = malloc(mamba_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.h0, B * I * N, 2u);
    fill(data.y2, T * B * O, 3u);
    normalise(data.y2, (T * B * O) / O, O);
    fill(data.A_log, I * N, 4u);
    fill(data.W_1, R * I, 5u);
    fill(data.W_B, N * I, 6u);
    fill(data.W_C, N * I, 7u);
    fill(data.W_2, I * R, 8u);
    fill(data.b_delta, I, 9u);
    fill(data.D_skip, I, 10u);
    fill(data.W_hy, O * I, 11u);
    fill(data.b_y, O, 12u);

    expect(mamba_f64_forward(&sizes, &given, &kept, work) == MAMBA_F64_OK, "forward runs");
    expect(mamba_f64_backward(&sizes, &given, &kept, &gradients, work) == MAMBA_F64_OK, "backward runs");
    before = data;
    expect(mamba_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == MAMBA_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dA_log agrees with differences", data.A_log, before.dA_log, I * N);
    compare("dW_1 agrees with differences", data.W_1, before.dW_1, R * I);
    compare("dW_B agrees with differences", data.W_B, before.dW_B, N * I);
    compare("dW_C agrees with differences", data.W_C, before.dW_C, N * I);
    compare("dW_2 agrees with differences", data.W_2, before.dW_2, I * R);
    compare("db_delta agrees with differences", data.b_delta, before.db_delta, I);
    compare("dD_skip agrees with differences", data.D_skip, before.dD_skip, I);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * I);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);
    compare("dh0 agrees with differences", data.h0, before.dh0, B * I * N);

    mamba_f64_sizes bad = sizes;
    bad.T = 0;
    expect(mamba_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == MAMBA_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(mamba_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(mamba_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == MAMBA_F64_TOO_LARGE, "too many steps are refused");
    expect(mamba_f64_workspace(&bad) == 0, "and have no workspace");
    expect(mamba_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == MAMBA_F64_NULL, "NULL is refused");
    expect(strlen(mamba_f64_message(MAMBA_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
