/* Self-test of lstm_2_many_to_one_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread lstm_2_many_to_one_f64.c lstm_2_many_to_one_f64_test.c -lm && ./a.out
 */
#include "lstm_2_many_to_one_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, B = 2, I = 3, H_1 = 4, H_2 = 6, O = 7 };

static struct {
    real x[T * B * I];
    real h_10[B * H_1];
    real c_10[B * H_1];
    real h_20[B * H_2];
    real c_20[B * H_2];
    real y[B * O];
    real m[T * B * 1];
    real W_ii_1[H_1 * I];
    real b_ii_1[H_1];
    real W_hi_1[H_1 * H_1];
    real b_hi_1[H_1];
    real W_if_1[H_1 * I];
    real b_if_1[H_1];
    real W_hf_1[H_1 * H_1];
    real b_hf_1[H_1];
    real W_ig_1[H_1 * I];
    real b_ig_1[H_1];
    real W_hg_1[H_1 * H_1];
    real b_hg_1[H_1];
    real W_io_1[H_1 * I];
    real b_io_1[H_1];
    real W_ho_1[H_1 * H_1];
    real b_ho_1[H_1];
    real W_ii_2[H_2 * H_1];
    real b_ii_2[H_2];
    real W_hi_2[H_2 * H_2];
    real b_hi_2[H_2];
    real W_if_2[H_2 * H_1];
    real b_if_2[H_2];
    real W_hf_2[H_2 * H_2];
    real b_hf_2[H_2];
    real W_ig_2[H_2 * H_1];
    real b_ig_2[H_2];
    real W_hg_2[H_2 * H_2];
    real b_hg_2[H_2];
    real W_io_2[H_2 * H_1];
    real b_io_2[H_2];
    real W_ho_2[H_2 * H_2];
    real b_ho_2[H_2];
    real W_hy[O * H_2];
    real b_y[O];
    real h_1[(T + 1) * B * H_1];
    real c_1[(T + 1) * B * H_1];
    real h_2[(T + 1) * B * H_2];
    real c_2[(T + 1) * B * H_2];
    real y_hat[B * O];
    real i_1_f_1_g_1_o_1[T * B * 4*H_1];
    real a_h_1[T * B * H_1];
    real i_2_f_2_g_2_o_2[T * B * 4*H_2];
    real a_h_2[T * B * H_2];
    real J[1];
    real dW_ii_1[H_1 * I];
    real db_ii_1[H_1];
    real dW_hi_1[H_1 * H_1];
    real db_hi_1[H_1];
    real dW_if_1[H_1 * I];
    real db_if_1[H_1];
    real dW_hf_1[H_1 * H_1];
    real db_hf_1[H_1];
    real dW_ig_1[H_1 * I];
    real db_ig_1[H_1];
    real dW_hg_1[H_1 * H_1];
    real db_hg_1[H_1];
    real dW_io_1[H_1 * I];
    real db_io_1[H_1];
    real dW_ho_1[H_1 * H_1];
    real db_ho_1[H_1];
    real dW_ii_2[H_2 * H_1];
    real db_ii_2[H_2];
    real dW_hi_2[H_2 * H_2];
    real db_hi_2[H_2];
    real dW_if_2[H_2 * H_1];
    real db_if_2[H_2];
    real dW_hf_2[H_2 * H_2];
    real db_hf_2[H_2];
    real dW_ig_2[H_2 * H_1];
    real db_ig_2[H_2];
    real dW_hg_2[H_2 * H_2];
    real db_hg_2[H_2];
    real dW_io_2[H_2 * H_1];
    real db_io_2[H_2];
    real dW_ho_2[H_2 * H_2];
    real db_ho_2[H_2];
    real dW_hy[O * H_2];
    real db_y[O];
    real dx[T * B * I];
    real dh_10[B * H_1];
    real dc_10[B * H_1];
    real dh_20[B * H_2];
    real dc_20[B * H_2];
} data, before;

static const lstm_2_many_to_one_f64_sizes sizes = { .T = T, .B = B, .I = I, .H_1 = H_1, .H_2 = H_2, .O = O };
static const lstm_2_many_to_one_f64_given given = { .x = data.x, .h_10 = data.h_10, .c_10 = data.c_10, .h_20 = data.h_20, .c_20 = data.c_20, .y = data.y, .m = data.m, .W_ii_1 = data.W_ii_1, .b_ii_1 = data.b_ii_1, .W_hi_1 = data.W_hi_1, .b_hi_1 = data.b_hi_1, .W_if_1 = data.W_if_1, .b_if_1 = data.b_if_1, .W_hf_1 = data.W_hf_1, .b_hf_1 = data.b_hf_1, .W_ig_1 = data.W_ig_1, .b_ig_1 = data.b_ig_1, .W_hg_1 = data.W_hg_1, .b_hg_1 = data.b_hg_1, .W_io_1 = data.W_io_1, .b_io_1 = data.b_io_1, .W_ho_1 = data.W_ho_1, .b_ho_1 = data.b_ho_1, .W_ii_2 = data.W_ii_2, .b_ii_2 = data.b_ii_2, .W_hi_2 = data.W_hi_2, .b_hi_2 = data.b_hi_2, .W_if_2 = data.W_if_2, .b_if_2 = data.b_if_2, .W_hf_2 = data.W_hf_2, .b_hf_2 = data.b_hf_2, .W_ig_2 = data.W_ig_2, .b_ig_2 = data.b_ig_2, .W_hg_2 = data.W_hg_2, .b_hg_2 = data.b_hg_2, .W_io_2 = data.W_io_2, .b_io_2 = data.b_io_2, .W_ho_2 = data.W_ho_2, .b_ho_2 = data.b_ho_2, .W_hy = data.W_hy, .b_y = data.b_y };
static const lstm_2_many_to_one_f64_kept kept = { .h_1 = data.h_1, .c_1 = data.c_1, .h_2 = data.h_2, .c_2 = data.c_2, .y_hat = data.y_hat, .i_1_f_1_g_1_o_1 = data.i_1_f_1_g_1_o_1, .a_h_1 = data.a_h_1, .i_2_f_2_g_2_o_2 = data.i_2_f_2_g_2_o_2, .a_h_2 = data.a_h_2, .J = data.J };
static const lstm_2_many_to_one_f64_gradients gradients = { .dW_ii_1 = data.dW_ii_1, .db_ii_1 = data.db_ii_1, .dW_hi_1 = data.dW_hi_1, .db_hi_1 = data.db_hi_1, .dW_if_1 = data.dW_if_1, .db_if_1 = data.db_if_1, .dW_hf_1 = data.dW_hf_1, .db_hf_1 = data.db_hf_1, .dW_ig_1 = data.dW_ig_1, .db_ig_1 = data.db_ig_1, .dW_hg_1 = data.dW_hg_1, .db_hg_1 = data.db_hg_1, .dW_io_1 = data.dW_io_1, .db_io_1 = data.db_io_1, .dW_ho_1 = data.dW_ho_1, .db_ho_1 = data.db_ho_1, .dW_ii_2 = data.dW_ii_2, .db_ii_2 = data.db_ii_2, .dW_hi_2 = data.dW_hi_2, .db_hi_2 = data.db_hi_2, .dW_if_2 = data.dW_if_2, .db_if_2 = data.db_if_2, .dW_hf_2 = data.dW_hf_2, .db_hf_2 = data.db_hf_2, .dW_ig_2 = data.dW_ig_2, .db_ig_2 = data.db_ig_2, .dW_hg_2 = data.dW_hg_2, .db_hg_2 = data.db_hg_2, .dW_io_2 = data.dW_io_2, .db_io_2 = data.db_io_2, .dW_ho_2 = data.dW_ho_2, .db_ho_2 = data.db_ho_2, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx, .dh_10 = data.dh_10, .dc_10 = data.dc_10, .dh_20 = data.dh_20, .dc_20 = data.dc_20 };
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
    if (lstm_2_many_to_one_f64_forward(&sizes, &given, &kept, work) != LSTM_2_MANY_TO_ONE_F64_OK)
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
    work = malloc(lstm_2_many_to_one_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.h_10, B * H_1, 2u);
    fill(data.c_10, B * H_1, 3u);
    fill(data.h_20, B * H_2, 4u);
    fill(data.c_20, B * H_2, 5u);
    fill(data.y, B * O, 6u);
    normalise(data.y, (B * O) / O, O);
    fill(data.m, T * B * 1, 7u);
    normalise(data.m, (T * B * 1) / 1, 1);
    fill(data.W_ii_1, H_1 * I, 8u);
    fill(data.b_ii_1, H_1, 9u);
    fill(data.W_hi_1, H_1 * H_1, 10u);
    fill(data.b_hi_1, H_1, 11u);
    fill(data.W_if_1, H_1 * I, 12u);
    fill(data.b_if_1, H_1, 13u);
    fill(data.W_hf_1, H_1 * H_1, 14u);
    fill(data.b_hf_1, H_1, 15u);
    fill(data.W_ig_1, H_1 * I, 16u);
    fill(data.b_ig_1, H_1, 17u);
    fill(data.W_hg_1, H_1 * H_1, 18u);
    fill(data.b_hg_1, H_1, 19u);
    fill(data.W_io_1, H_1 * I, 20u);
    fill(data.b_io_1, H_1, 21u);
    fill(data.W_ho_1, H_1 * H_1, 22u);
    fill(data.b_ho_1, H_1, 23u);
    fill(data.W_ii_2, H_2 * H_1, 24u);
    fill(data.b_ii_2, H_2, 25u);
    fill(data.W_hi_2, H_2 * H_2, 26u);
    fill(data.b_hi_2, H_2, 27u);
    fill(data.W_if_2, H_2 * H_1, 28u);
    fill(data.b_if_2, H_2, 29u);
    fill(data.W_hf_2, H_2 * H_2, 30u);
    fill(data.b_hf_2, H_2, 31u);
    fill(data.W_ig_2, H_2 * H_1, 32u);
    fill(data.b_ig_2, H_2, 33u);
    fill(data.W_hg_2, H_2 * H_2, 34u);
    fill(data.b_hg_2, H_2, 35u);
    fill(data.W_io_2, H_2 * H_1, 36u);
    fill(data.b_io_2, H_2, 37u);
    fill(data.W_ho_2, H_2 * H_2, 38u);
    fill(data.b_ho_2, H_2, 39u);
    fill(data.W_hy, O * H_2, 40u);
    fill(data.b_y, O, 41u);

    expect(lstm_2_many_to_one_f64_forward(&sizes, &given, &kept, work) == LSTM_2_MANY_TO_ONE_F64_OK, "forward runs");
    expect(lstm_2_many_to_one_f64_backward(&sizes, &given, &kept, &gradients, work) == LSTM_2_MANY_TO_ONE_F64_OK, "backward runs");
    before = data;
    expect(lstm_2_many_to_one_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == LSTM_2_MANY_TO_ONE_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_ii_1 agrees with differences", data.W_ii_1, before.dW_ii_1, H_1 * I);
    compare("db_ii_1 agrees with differences", data.b_ii_1, before.db_ii_1, H_1);
    compare("dW_hi_1 agrees with differences", data.W_hi_1, before.dW_hi_1, H_1 * H_1);
    compare("db_hi_1 agrees with differences", data.b_hi_1, before.db_hi_1, H_1);
    compare("dW_if_1 agrees with differences", data.W_if_1, before.dW_if_1, H_1 * I);
    compare("db_if_1 agrees with differences", data.b_if_1, before.db_if_1, H_1);
    compare("dW_hf_1 agrees with differences", data.W_hf_1, before.dW_hf_1, H_1 * H_1);
    compare("db_hf_1 agrees with differences", data.b_hf_1, before.db_hf_1, H_1);
    compare("dW_ig_1 agrees with differences", data.W_ig_1, before.dW_ig_1, H_1 * I);
    compare("db_ig_1 agrees with differences", data.b_ig_1, before.db_ig_1, H_1);
    compare("dW_hg_1 agrees with differences", data.W_hg_1, before.dW_hg_1, H_1 * H_1);
    compare("db_hg_1 agrees with differences", data.b_hg_1, before.db_hg_1, H_1);
    compare("dW_io_1 agrees with differences", data.W_io_1, before.dW_io_1, H_1 * I);
    compare("db_io_1 agrees with differences", data.b_io_1, before.db_io_1, H_1);
    compare("dW_ho_1 agrees with differences", data.W_ho_1, before.dW_ho_1, H_1 * H_1);
    compare("db_ho_1 agrees with differences", data.b_ho_1, before.db_ho_1, H_1);
    compare("dW_ii_2 agrees with differences", data.W_ii_2, before.dW_ii_2, H_2 * H_1);
    compare("db_ii_2 agrees with differences", data.b_ii_2, before.db_ii_2, H_2);
    compare("dW_hi_2 agrees with differences", data.W_hi_2, before.dW_hi_2, H_2 * H_2);
    compare("db_hi_2 agrees with differences", data.b_hi_2, before.db_hi_2, H_2);
    compare("dW_if_2 agrees with differences", data.W_if_2, before.dW_if_2, H_2 * H_1);
    compare("db_if_2 agrees with differences", data.b_if_2, before.db_if_2, H_2);
    compare("dW_hf_2 agrees with differences", data.W_hf_2, before.dW_hf_2, H_2 * H_2);
    compare("db_hf_2 agrees with differences", data.b_hf_2, before.db_hf_2, H_2);
    compare("dW_ig_2 agrees with differences", data.W_ig_2, before.dW_ig_2, H_2 * H_1);
    compare("db_ig_2 agrees with differences", data.b_ig_2, before.db_ig_2, H_2);
    compare("dW_hg_2 agrees with differences", data.W_hg_2, before.dW_hg_2, H_2 * H_2);
    compare("db_hg_2 agrees with differences", data.b_hg_2, before.db_hg_2, H_2);
    compare("dW_io_2 agrees with differences", data.W_io_2, before.dW_io_2, H_2 * H_1);
    compare("db_io_2 agrees with differences", data.b_io_2, before.db_io_2, H_2);
    compare("dW_ho_2 agrees with differences", data.W_ho_2, before.dW_ho_2, H_2 * H_2);
    compare("db_ho_2 agrees with differences", data.b_ho_2, before.db_ho_2, H_2);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * H_2);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);
    compare("dh_10 agrees with differences", data.h_10, before.dh_10, B * H_1);
    compare("dc_10 agrees with differences", data.c_10, before.dc_10, B * H_1);
    compare("dh_20 agrees with differences", data.h_20, before.dh_20, B * H_2);
    compare("dc_20 agrees with differences", data.c_20, before.dc_20, B * H_2);

    lstm_2_many_to_one_f64_sizes bad = sizes;
    bad.T = 0;
    expect(lstm_2_many_to_one_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LSTM_2_MANY_TO_ONE_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(lstm_2_many_to_one_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(lstm_2_many_to_one_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LSTM_2_MANY_TO_ONE_F64_TOO_LARGE, "too many steps are refused");
    expect(lstm_2_many_to_one_f64_workspace(&bad) == 0, "and have no workspace");
    expect(lstm_2_many_to_one_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == LSTM_2_MANY_TO_ONE_F64_NULL, "NULL is refused");
    expect(strlen(lstm_2_many_to_one_f64_message(LSTM_2_MANY_TO_ONE_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
