/* Self-test of scrn_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread scrn_f64.c scrn_f64_test.c -lm && ./a.out
 */
#include "scrn_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, B = 2, I = 3, P = 4, H = 6, O = 7, O2 = 8 };

static struct {
    real x[T * B * I];
    real s0[B * P];
    real h0[B * H];
    real y2[T * B * O2];
    real A[H * I];
    real U[O * H];
    real B_x[P * I];
    real P_s[H * P];
    real R[H * H];
    real V[O * P];
    real W_hy[O2 * O];
    real b_y[O2];
    real alpha[1];
    real s[(T + 1) * B * P];
    real h[(T + 1) * B * H];
    real y[T * B * O];
    real y_hat[T * B * O2];
    real J[1];
    real dA[H * I];
    real dU[O * H];
    real dB_x[P * I];
    real dP_s[H * P];
    real dR[H * H];
    real dV[O * P];
    real dW_hy[O2 * O];
    real db_y[O2];
    real dx[T * B * I];
    real ds0[B * P];
    real dh0[B * H];
} data, before;

static const scrn_f64_sizes sizes = { .T = T, .B = B, .I = I, .P = P, .H = H, .O = O, .O2 = O2 };
static const scrn_f64_given given = { .x = data.x, .s0 = data.s0, .h0 = data.h0, .y2 = data.y2, .A = data.A, .U = data.U, .B_x = data.B_x, .P_s = data.P_s, .R = data.R, .V = data.V, .W_hy = data.W_hy, .b_y = data.b_y, .alpha = data.alpha };
static const scrn_f64_kept kept = { .s = data.s, .h = data.h, .y = data.y, .y_hat = data.y_hat, .J = data.J };
static const scrn_f64_gradients gradients = { .dA = data.dA, .dU = data.dU, .dB_x = data.dB_x, .dP_s = data.dP_s, .dR = data.dR, .dV = data.dV, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx, .ds0 = data.ds0, .dh0 = data.dh0 };
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
    if (scrn_f64_forward(&sizes, &given, &kept, work) != SCRN_F64_OK)
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
    work = malloc(scrn_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.s0, B * P, 2u);
    fill(data.h0, B * H, 3u);
    fill(data.y2, T * B * O2, 4u);
    normalise(data.y2, (T * B * O2) / O2, O2);
    fill(data.A, H * I, 5u);
    fill(data.U, O * H, 6u);
    fill(data.B_x, P * I, 7u);
    fill(data.P_s, H * P, 8u);
    fill(data.R, H * H, 9u);
    fill(data.V, O * P, 10u);
    fill(data.W_hy, O2 * O, 11u);
    fill(data.b_y, O2, 12u);
    for (size_t at = 0; at < 1; ++at) data.alpha[at] = (real)0.95;

    expect(scrn_f64_forward(&sizes, &given, &kept, work) == SCRN_F64_OK, "forward runs");
    expect(scrn_f64_backward(&sizes, &given, &kept, &gradients, work) == SCRN_F64_OK, "backward runs");
    before = data;
    expect(scrn_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == SCRN_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dA agrees with differences", data.A, before.dA, H * I);
    compare("dU agrees with differences", data.U, before.dU, O * H);
    compare("dB_x agrees with differences", data.B_x, before.dB_x, P * I);
    compare("dP_s agrees with differences", data.P_s, before.dP_s, H * P);
    compare("dR agrees with differences", data.R, before.dR, H * H);
    compare("dV agrees with differences", data.V, before.dV, O * P);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O2 * O);
    compare("db_y agrees with differences", data.b_y, before.db_y, O2);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);
    compare("ds0 agrees with differences", data.s0, before.ds0, B * P);
    compare("dh0 agrees with differences", data.h0, before.dh0, B * H);

    scrn_f64_sizes bad = sizes;
    bad.T = 0;
    expect(scrn_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == SCRN_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(scrn_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(scrn_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == SCRN_F64_TOO_LARGE, "too many steps are refused");
    expect(scrn_f64_workspace(&bad) == 0, "and have no workspace");
    expect(scrn_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == SCRN_F64_NULL, "NULL is refused");
    expect(strlen(scrn_f64_message(SCRN_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
