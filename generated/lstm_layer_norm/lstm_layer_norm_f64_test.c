/* Self-test of lstm_layer_norm_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread lstm_layer_norm_f64.c lstm_layer_norm_f64_test.c -lm && ./a.out
 */
#include "lstm_layer_norm_f64.h"

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
    real c0[B * H];
    real y[T * B * O];
    real W_h[4*H * H];
    real W_x[4*H * I];
    real alpha_1[4*H];
    real alpha_2[4*H];
    real b[4*H];
    real alpha_3[H];
    real beta_3[H];
    real W_hy[O * H];
    real b_y[O];
    real epsilon[1];
    real c[(T + 1) * B * H];
    real h[(T + 1) * B * H];
    real y_hat[T * B * O];
    real d_a[T * B * 4*H];
    real d_s[T * B * 4*H];
    real a_z[T * B * 1];
    real a2_z[T * B * 1];
    real f[T * B * H];
    real i[T * B * H];
    real o[T * B * H];
    real g[T * B * H];
    real d_c[T * B * H];
    real a_h[T * B * 1];
    real a2_h[T * B * H];
    real J[1];
    real dW_h[4*H * H];
    real dW_x[4*H * I];
    real dalpha_1[4*H];
    real dalpha_2[4*H];
    real db[4*H];
    real dalpha_3[H];
    real dbeta_3[H];
    real dW_hy[O * H];
    real db_y[O];
    real dx[T * B * I];
    real dh0[B * H];
    real dc0[B * H];
} data, before;

static const lstm_layer_norm_f64_sizes sizes = { .T = T, .B = B, .I = I, .H = H, .O = O };
static const lstm_layer_norm_f64_given given = { .x = data.x, .h0 = data.h0, .c0 = data.c0, .y = data.y, .W_h = data.W_h, .W_x = data.W_x, .alpha_1 = data.alpha_1, .alpha_2 = data.alpha_2, .b = data.b, .alpha_3 = data.alpha_3, .beta_3 = data.beta_3, .W_hy = data.W_hy, .b_y = data.b_y, .epsilon = data.epsilon };
static const lstm_layer_norm_f64_kept kept = { .c = data.c, .h = data.h, .y_hat = data.y_hat, .d_a = data.d_a, .d_s = data.d_s, .a_z = data.a_z, .a2_z = data.a2_z, .f = data.f, .i = data.i, .o = data.o, .g = data.g, .d_c = data.d_c, .a_h = data.a_h, .a2_h = data.a2_h, .J = data.J };
static const lstm_layer_norm_f64_gradients gradients = { .dW_h = data.dW_h, .dW_x = data.dW_x, .dalpha_1 = data.dalpha_1, .dalpha_2 = data.dalpha_2, .db = data.db, .dalpha_3 = data.dalpha_3, .dbeta_3 = data.dbeta_3, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx, .dh0 = data.dh0, .dc0 = data.dc0 };
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
    if (lstm_layer_norm_f64_forward(&sizes, &given, &kept, work) != LSTM_LAYER_NORM_F64_OK)
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
    work = malloc(lstm_layer_norm_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.h0, B * H, 2u);
    fill(data.c0, B * H, 3u);
    fill(data.y, T * B * O, 4u);
    normalise(data.y, (T * B * O) / O, O);
    fill(data.W_h, 4*H * H, 5u);
    fill(data.W_x, 4*H * I, 6u);
    fill(data.alpha_1, 4*H, 7u);
    fill(data.alpha_2, 4*H, 8u);
    fill(data.b, 4*H, 9u);
    fill(data.alpha_3, H, 10u);
    fill(data.beta_3, H, 11u);
    fill(data.W_hy, O * H, 12u);
    fill(data.b_y, O, 13u);
    for (size_t at = 0; at < 1; ++at) data.epsilon[at] = (real)1e-05;

    expect(lstm_layer_norm_f64_forward(&sizes, &given, &kept, work) == LSTM_LAYER_NORM_F64_OK, "forward runs");
    expect(lstm_layer_norm_f64_backward(&sizes, &given, &kept, &gradients, work) == LSTM_LAYER_NORM_F64_OK, "backward runs");
    before = data;
    expect(lstm_layer_norm_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == LSTM_LAYER_NORM_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_h agrees with differences", data.W_h, before.dW_h, 4*H * H);
    compare("dW_x agrees with differences", data.W_x, before.dW_x, 4*H * I);
    compare("dalpha_1 agrees with differences", data.alpha_1, before.dalpha_1, 4*H);
    compare("dalpha_2 agrees with differences", data.alpha_2, before.dalpha_2, 4*H);
    compare("db agrees with differences", data.b, before.db, 4*H);
    compare("dalpha_3 agrees with differences", data.alpha_3, before.dalpha_3, H);
    compare("dbeta_3 agrees with differences", data.beta_3, before.dbeta_3, H);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * H);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);
    compare("dh0 agrees with differences", data.h0, before.dh0, B * H);
    compare("dc0 agrees with differences", data.c0, before.dc0, B * H);

    lstm_layer_norm_f64_sizes bad = sizes;
    bad.T = 0;
    expect(lstm_layer_norm_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LSTM_LAYER_NORM_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(lstm_layer_norm_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(lstm_layer_norm_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LSTM_LAYER_NORM_F64_TOO_LARGE, "too many steps are refused");
    expect(lstm_layer_norm_f64_workspace(&bad) == 0, "and have no workspace");
    expect(lstm_layer_norm_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == LSTM_LAYER_NORM_F64_NULL, "NULL is refused");
    expect(strlen(lstm_layer_norm_f64_message(LSTM_LAYER_NORM_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
