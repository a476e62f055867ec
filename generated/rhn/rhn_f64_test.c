/* Self-test of rhn_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread rhn_f64.c rhn_f64_test.c -lm && ./a.out
 */
#include "rhn_f64.h"

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
    real s0[B * H];
    real y[T * B * O];
    real W_H[H * I];
    real R_H1[H * H];
    real b_H1[H];
    real W_T[H * I];
    real R_T1[H * H];
    real b_T1[H];
    real W_C[H * I];
    real R_C1[H * H];
    real b_C1[H];
    real R_H2[H * H];
    real b_H2[H];
    real R_T2[H * H];
    real b_T2[H];
    real R_C2[H * H];
    real b_C2[H];
    real R_H3[H * H];
    real b_H3[H];
    real R_T3[H * H];
    real b_T3[H];
    real R_C3[H * H];
    real b_C3[H];
    real W_hy[O * H];
    real b_y[O];
    real s[(T + 1) * B * H];
    real y_hat[T * B * O];
    real h_1_t_1_c_1[T * B * 3*H];
    real s_1[T * B * H];
    real h_2_t_2_c_2[T * B * 3*H];
    real h_3_t_3_c_3[T * B * 3*H];
    real J[1];
    real dW_H[H * I];
    real dR_H1[H * H];
    real db_H1[H];
    real dW_T[H * I];
    real dR_T1[H * H];
    real db_T1[H];
    real dW_C[H * I];
    real dR_C1[H * H];
    real db_C1[H];
    real dR_H2[H * H];
    real db_H2[H];
    real dR_T2[H * H];
    real db_T2[H];
    real dR_C2[H * H];
    real db_C2[H];
    real dR_H3[H * H];
    real db_H3[H];
    real dR_T3[H * H];
    real db_T3[H];
    real dR_C3[H * H];
    real db_C3[H];
    real dW_hy[O * H];
    real db_y[O];
    real dx[T * B * I];
    real ds0[B * H];
} data, before;

static const rhn_f64_sizes sizes = { .T = T, .B = B, .I = I, .H = H, .O = O };
static const rhn_f64_given given = { .x = data.x, .s0 = data.s0, .y = data.y, .W_H = data.W_H, .R_H1 = data.R_H1, .b_H1 = data.b_H1, .W_T = data.W_T, .R_T1 = data.R_T1, .b_T1 = data.b_T1, .W_C = data.W_C, .R_C1 = data.R_C1, .b_C1 = data.b_C1, .R_H2 = data.R_H2, .b_H2 = data.b_H2, .R_T2 = data.R_T2, .b_T2 = data.b_T2, .R_C2 = data.R_C2, .b_C2 = data.b_C2, .R_H3 = data.R_H3, .b_H3 = data.b_H3, .R_T3 = data.R_T3, .b_T3 = data.b_T3, .R_C3 = data.R_C3, .b_C3 = data.b_C3, .W_hy = data.W_hy, .b_y = data.b_y };
static const rhn_f64_kept kept = { .s = data.s, .y_hat = data.y_hat, .h_1_t_1_c_1 = data.h_1_t_1_c_1, .s_1 = data.s_1, .h_2_t_2_c_2 = data.h_2_t_2_c_2, .h_3_t_3_c_3 = data.h_3_t_3_c_3, .J = data.J };
static const rhn_f64_gradients gradients = { .dW_H = data.dW_H, .dR_H1 = data.dR_H1, .db_H1 = data.db_H1, .dW_T = data.dW_T, .dR_T1 = data.dR_T1, .db_T1 = data.db_T1, .dW_C = data.dW_C, .dR_C1 = data.dR_C1, .db_C1 = data.db_C1, .dR_H2 = data.dR_H2, .db_H2 = data.db_H2, .dR_T2 = data.dR_T2, .db_T2 = data.db_T2, .dR_C2 = data.dR_C2, .db_C2 = data.db_C2, .dR_H3 = data.dR_H3, .db_H3 = data.db_H3, .dR_T3 = data.dR_T3, .db_T3 = data.db_T3, .dR_C3 = data.dR_C3, .db_C3 = data.db_C3, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx, .ds0 = data.ds0 };
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
    if (rhn_f64_forward(&sizes, &given, &kept, work) != RHN_F64_OK)
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
    work = malloc(rhn_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.s0, B * H, 2u);
    fill(data.y, T * B * O, 3u);
    normalise(data.y, (T * B * O) / O, O);
    fill(data.W_H, H * I, 4u);
    fill(data.R_H1, H * H, 5u);
    fill(data.b_H1, H, 6u);
    fill(data.W_T, H * I, 7u);
    fill(data.R_T1, H * H, 8u);
    fill(data.b_T1, H, 9u);
    fill(data.W_C, H * I, 10u);
    fill(data.R_C1, H * H, 11u);
    fill(data.b_C1, H, 12u);
    fill(data.R_H2, H * H, 13u);
    fill(data.b_H2, H, 14u);
    fill(data.R_T2, H * H, 15u);
    fill(data.b_T2, H, 16u);
    fill(data.R_C2, H * H, 17u);
    fill(data.b_C2, H, 18u);
    fill(data.R_H3, H * H, 19u);
    fill(data.b_H3, H, 20u);
    fill(data.R_T3, H * H, 21u);
    fill(data.b_T3, H, 22u);
    fill(data.R_C3, H * H, 23u);
    fill(data.b_C3, H, 24u);
    fill(data.W_hy, O * H, 25u);
    fill(data.b_y, O, 26u);

    expect(rhn_f64_forward(&sizes, &given, &kept, work) == RHN_F64_OK, "forward runs");
    expect(rhn_f64_backward(&sizes, &given, &kept, &gradients, work) == RHN_F64_OK, "backward runs");
    before = data;
    expect(rhn_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == RHN_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_H agrees with differences", data.W_H, before.dW_H, H * I);
    compare("dR_H1 agrees with differences", data.R_H1, before.dR_H1, H * H);
    compare("db_H1 agrees with differences", data.b_H1, before.db_H1, H);
    compare("dW_T agrees with differences", data.W_T, before.dW_T, H * I);
    compare("dR_T1 agrees with differences", data.R_T1, before.dR_T1, H * H);
    compare("db_T1 agrees with differences", data.b_T1, before.db_T1, H);
    compare("dW_C agrees with differences", data.W_C, before.dW_C, H * I);
    compare("dR_C1 agrees with differences", data.R_C1, before.dR_C1, H * H);
    compare("db_C1 agrees with differences", data.b_C1, before.db_C1, H);
    compare("dR_H2 agrees with differences", data.R_H2, before.dR_H2, H * H);
    compare("db_H2 agrees with differences", data.b_H2, before.db_H2, H);
    compare("dR_T2 agrees with differences", data.R_T2, before.dR_T2, H * H);
    compare("db_T2 agrees with differences", data.b_T2, before.db_T2, H);
    compare("dR_C2 agrees with differences", data.R_C2, before.dR_C2, H * H);
    compare("db_C2 agrees with differences", data.b_C2, before.db_C2, H);
    compare("dR_H3 agrees with differences", data.R_H3, before.dR_H3, H * H);
    compare("db_H3 agrees with differences", data.b_H3, before.db_H3, H);
    compare("dR_T3 agrees with differences", data.R_T3, before.dR_T3, H * H);
    compare("db_T3 agrees with differences", data.b_T3, before.db_T3, H);
    compare("dR_C3 agrees with differences", data.R_C3, before.dR_C3, H * H);
    compare("db_C3 agrees with differences", data.b_C3, before.db_C3, H);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * H);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);
    compare("ds0 agrees with differences", data.s0, before.ds0, B * H);

    rhn_f64_sizes bad = sizes;
    bad.T = 0;
    expect(rhn_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == RHN_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(rhn_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(rhn_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == RHN_F64_TOO_LARGE, "too many steps are refused");
    expect(rhn_f64_workspace(&bad) == 0, "and have no workspace");
    expect(rhn_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == RHN_F64_NULL, "NULL is refused");
    expect(strlen(rhn_f64_message(RHN_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
