/* Self-test of lstm_projection_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread lstm_projection_f64.c lstm_projection_f64_test.c -lm && ./a.out
 */
#include "lstm_projection_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, B = 2, I = 3, P = 4, H = 6, O = 7 };

static struct {
    real x[T * B * I];
    real h0[B * P];
    real c0[B * H];
    real y[T * B * O];
    real W_ii[H * I];
    real b_ii[H];
    real W_hi[H * P];
    real b_hi[H];
    real W_if[H * I];
    real b_if[H];
    real W_hf[H * P];
    real b_hf[H];
    real W_ig[H * I];
    real b_ig[H];
    real W_hg[H * P];
    real b_hg[H];
    real W_io[H * I];
    real b_io[H];
    real W_ho[H * P];
    real b_ho[H];
    real W_hr[P * H];
    real W_hy[O * P];
    real b_y[O];
    real c[(T + 1) * B * H];
    real h[(T + 1) * B * P];
    real y_hat[T * B * O];
    real i_f_g_o[T * B * 4*H];
    real a_h[T * B * H];
    real J[1];
    real dW_ii[H * I];
    real db_ii[H];
    real dW_hi[H * P];
    real db_hi[H];
    real dW_if[H * I];
    real db_if[H];
    real dW_hf[H * P];
    real db_hf[H];
    real dW_ig[H * I];
    real db_ig[H];
    real dW_hg[H * P];
    real db_hg[H];
    real dW_io[H * I];
    real db_io[H];
    real dW_ho[H * P];
    real db_ho[H];
    real dW_hr[P * H];
    real dW_hy[O * P];
    real db_y[O];
    real dx[T * B * I];
    real dh0[B * P];
    real dc0[B * H];
} data, before;

static const lstm_projection_f64_sizes sizes = { .T = T, .B = B, .I = I, .P = P, .H = H, .O = O };
static const lstm_projection_f64_given given = { .x = data.x, .h0 = data.h0, .c0 = data.c0, .y = data.y, .W_ii = data.W_ii, .b_ii = data.b_ii, .W_hi = data.W_hi, .b_hi = data.b_hi, .W_if = data.W_if, .b_if = data.b_if, .W_hf = data.W_hf, .b_hf = data.b_hf, .W_ig = data.W_ig, .b_ig = data.b_ig, .W_hg = data.W_hg, .b_hg = data.b_hg, .W_io = data.W_io, .b_io = data.b_io, .W_ho = data.W_ho, .b_ho = data.b_ho, .W_hr = data.W_hr, .W_hy = data.W_hy, .b_y = data.b_y };
static const lstm_projection_f64_kept kept = { .c = data.c, .h = data.h, .y_hat = data.y_hat, .i_f_g_o = data.i_f_g_o, .a_h = data.a_h, .J = data.J };
static const lstm_projection_f64_gradients gradients = { .dW_ii = data.dW_ii, .db_ii = data.db_ii, .dW_hi = data.dW_hi, .db_hi = data.db_hi, .dW_if = data.dW_if, .db_if = data.db_if, .dW_hf = data.dW_hf, .db_hf = data.db_hf, .dW_ig = data.dW_ig, .db_ig = data.db_ig, .dW_hg = data.dW_hg, .db_hg = data.db_hg, .dW_io = data.dW_io, .db_io = data.db_io, .dW_ho = data.dW_ho, .db_ho = data.db_ho, .dW_hr = data.dW_hr, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx, .dh0 = data.dh0, .dc0 = data.dc0 };
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
    if (lstm_projection_f64_forward(&sizes, &given, &kept, work) != LSTM_PROJECTION_F64_OK)
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
    work = malloc(lstm_projection_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.h0, B * P, 2u);
    fill(data.c0, B * H, 3u);
    fill(data.y, T * B * O, 4u);
    normalise(data.y, (T * B * O) / O, O);
    fill(data.W_ii, H * I, 5u);
    fill(data.b_ii, H, 6u);
    fill(data.W_hi, H * P, 7u);
    fill(data.b_hi, H, 8u);
    fill(data.W_if, H * I, 9u);
    fill(data.b_if, H, 10u);
    fill(data.W_hf, H * P, 11u);
    fill(data.b_hf, H, 12u);
    fill(data.W_ig, H * I, 13u);
    fill(data.b_ig, H, 14u);
    fill(data.W_hg, H * P, 15u);
    fill(data.b_hg, H, 16u);
    fill(data.W_io, H * I, 17u);
    fill(data.b_io, H, 18u);
    fill(data.W_ho, H * P, 19u);
    fill(data.b_ho, H, 20u);
    fill(data.W_hr, P * H, 21u);
    fill(data.W_hy, O * P, 22u);
    fill(data.b_y, O, 23u);

    expect(lstm_projection_f64_forward(&sizes, &given, &kept, work) == LSTM_PROJECTION_F64_OK, "forward runs");
    expect(lstm_projection_f64_backward(&sizes, &given, &kept, &gradients, work) == LSTM_PROJECTION_F64_OK, "backward runs");
    before = data;
    expect(lstm_projection_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == LSTM_PROJECTION_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_ii agrees with differences", data.W_ii, before.dW_ii, H * I);
    compare("db_ii agrees with differences", data.b_ii, before.db_ii, H);
    compare("dW_hi agrees with differences", data.W_hi, before.dW_hi, H * P);
    compare("db_hi agrees with differences", data.b_hi, before.db_hi, H);
    compare("dW_if agrees with differences", data.W_if, before.dW_if, H * I);
    compare("db_if agrees with differences", data.b_if, before.db_if, H);
    compare("dW_hf agrees with differences", data.W_hf, before.dW_hf, H * P);
    compare("db_hf agrees with differences", data.b_hf, before.db_hf, H);
    compare("dW_ig agrees with differences", data.W_ig, before.dW_ig, H * I);
    compare("db_ig agrees with differences", data.b_ig, before.db_ig, H);
    compare("dW_hg agrees with differences", data.W_hg, before.dW_hg, H * P);
    compare("db_hg agrees with differences", data.b_hg, before.db_hg, H);
    compare("dW_io agrees with differences", data.W_io, before.dW_io, H * I);
    compare("db_io agrees with differences", data.b_io, before.db_io, H);
    compare("dW_ho agrees with differences", data.W_ho, before.dW_ho, H * P);
    compare("db_ho agrees with differences", data.b_ho, before.db_ho, H);
    compare("dW_hr agrees with differences", data.W_hr, before.dW_hr, P * H);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * P);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);
    compare("dh0 agrees with differences", data.h0, before.dh0, B * P);
    compare("dc0 agrees with differences", data.c0, before.dc0, B * H);

    lstm_projection_f64_sizes bad = sizes;
    bad.T = 0;
    expect(lstm_projection_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LSTM_PROJECTION_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(lstm_projection_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(lstm_projection_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LSTM_PROJECTION_F64_TOO_LARGE, "too many steps are refused");
    expect(lstm_projection_f64_workspace(&bad) == 0, "and have no workspace");
    expect(lstm_projection_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == LSTM_PROJECTION_F64_NULL, "NULL is refused");
    expect(strlen(lstm_projection_f64_message(LSTM_PROJECTION_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
