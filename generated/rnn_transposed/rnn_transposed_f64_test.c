/* Self-test of rnn_transposed_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread rnn_transposed_f64.c rnn_transposed_f64_test.c -lm && ./a.out
 */
#include "rnn_transposed_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, B = 2, n_x = 3, n_a = 4, n_y = 6 };

static struct {
    real x[T * B * n_x];
    real a0[B * n_a];
    real y[T * B * n_y];
    real W_aa[n_a * n_a];
    real W_ax[n_x * n_a];
    real b_a[n_a];
    real W_ya[n_a * n_y];
    real b_y[n_y];
    real a[(T + 1) * B * n_a];
    real y_hat[T * B * n_y];
    real J[1];
    real dW_aa[n_a * n_a];
    real dW_ax[n_x * n_a];
    real db_a[n_a];
    real dW_ya[n_a * n_y];
    real db_y[n_y];
    real dx[T * B * n_x];
    real da0[B * n_a];
} data, before;

static const rnn_transposed_f64_sizes sizes = { .T = T, .B = B, .n_x = n_x, .n_a = n_a, .n_y = n_y };
static const rnn_transposed_f64_given given = { .x = data.x, .a0 = data.a0, .y = data.y, .W_aa = data.W_aa, .W_ax = data.W_ax, .b_a = data.b_a, .W_ya = data.W_ya, .b_y = data.b_y };
static const rnn_transposed_f64_kept kept = { .a = data.a, .y_hat = data.y_hat, .J = data.J };
static const rnn_transposed_f64_gradients gradients = { .dW_aa = data.dW_aa, .dW_ax = data.dW_ax, .db_a = data.db_a, .dW_ya = data.dW_ya, .db_y = data.db_y, .dx = data.dx, .da0 = data.da0 };
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
    if (rnn_transposed_f64_forward(&sizes, &given, &kept, work) != RNN_TRANSPOSED_F64_OK)
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
    work = malloc(rnn_transposed_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * n_x, 1u);
    fill(data.a0, B * n_a, 2u);
    fill(data.y, T * B * n_y, 3u);
    normalise(data.y, (T * B * n_y) / n_y, n_y);
    fill(data.W_aa, n_a * n_a, 4u);
    fill(data.W_ax, n_x * n_a, 5u);
    fill(data.b_a, n_a, 6u);
    fill(data.W_ya, n_a * n_y, 7u);
    fill(data.b_y, n_y, 8u);

    expect(rnn_transposed_f64_forward(&sizes, &given, &kept, work) == RNN_TRANSPOSED_F64_OK, "forward runs");
    expect(rnn_transposed_f64_backward(&sizes, &given, &kept, &gradients, work) == RNN_TRANSPOSED_F64_OK, "backward runs");
    before = data;
    expect(rnn_transposed_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == RNN_TRANSPOSED_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_aa agrees with differences", data.W_aa, before.dW_aa, n_a * n_a);
    compare("dW_ax agrees with differences", data.W_ax, before.dW_ax, n_x * n_a);
    compare("db_a agrees with differences", data.b_a, before.db_a, n_a);
    compare("dW_ya agrees with differences", data.W_ya, before.dW_ya, n_a * n_y);
    compare("db_y agrees with differences", data.b_y, before.db_y, n_y);
    compare("dx agrees with differences", data.x, before.dx, T * B * n_x);
    compare("da0 agrees with differences", data.a0, before.da0, B * n_a);

    rnn_transposed_f64_sizes bad = sizes;
    bad.T = 0;
    expect(rnn_transposed_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == RNN_TRANSPOSED_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(rnn_transposed_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(rnn_transposed_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == RNN_TRANSPOSED_F64_TOO_LARGE, "too many steps are refused");
    expect(rnn_transposed_f64_workspace(&bad) == 0, "and have no workspace");
    expect(rnn_transposed_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == RNN_TRANSPOSED_F64_NULL, "NULL is refused");
    expect(strlen(rnn_transposed_f64_message(RNN_TRANSPOSED_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
