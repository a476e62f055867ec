/* Self-test of rwkv4_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread rwkv4_f64.c rwkv4_f64_test.c -lm && ./a.out
 */
#include "rwkv4_f64.h"

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
    real p0[B * I];
    real y2[T * B * O];
    real W_r[H * I];
    real W_o[I * H];
    real mu_r[I];
    real W_k[H * I];
    real mu_k[I];
    real W_v[H * I];
    real mu_v[I];
    real u[H];
    real w[H];
    real W_hy[O * I];
    real b_y[O];
    real a[(T + 1) * B * H];
    real b[(T + 1) * B * H];
    real y[T * B * I];
    real p[(T + 1) * B * I];
    real y_hat[T * B * O];
    real a_a[H];
    real v[T * B * H];
    real a_wkv[T * B * H];
    real wkv[T * B * H];
    real a2_a[T * B * H];
    real a_y[T * B * H];
    real J[1];
    real dW_r[H * I];
    real dW_o[I * H];
    real dmu_r[I];
    real dW_k[H * I];
    real dmu_k[I];
    real dW_v[H * I];
    real dmu_v[I];
    real du[H];
    real dw[H];
    real dW_hy[O * I];
    real db_y[O];
    real dx[T * B * I];
    real dp0[B * I];
} data, before;

static const rwkv4_f64_sizes sizes = { .T = T, .B = B, .I = I, .H = H, .O = O };
static const rwkv4_f64_given given = { .x = data.x, .p0 = data.p0, .y2 = data.y2, .W_r = data.W_r, .W_o = data.W_o, .mu_r = data.mu_r, .W_k = data.W_k, .mu_k = data.mu_k, .W_v = data.W_v, .mu_v = data.mu_v, .u = data.u, .w = data.w, .W_hy = data.W_hy, .b_y = data.b_y };
static const rwkv4_f64_kept kept = { .a = data.a, .b = data.b, .y = data.y, .p = data.p, .y_hat = data.y_hat, .a_a = data.a_a, .v = data.v, .a_wkv = data.a_wkv, .wkv = data.wkv, .a2_a = data.a2_a, .a_y = data.a_y, .J = data.J };
static const rwkv4_f64_gradients gradients = { .dW_r = data.dW_r, .dW_o = data.dW_o, .dmu_r = data.dmu_r, .dW_k = data.dW_k, .dmu_k = data.dmu_k, .dW_v = data.dW_v, .dmu_v = data.dmu_v, .du = data.du, .dw = data.dw, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx, .dp0 = data.dp0 };
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
    if (rwkv4_f64_forward(&sizes, &given, &kept, work) != RWKV4_F64_OK)
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
    work = malloc(rwkv4_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.p0, B * I, 2u);
    fill(data.y2, T * B * O, 3u);
    normalise(data.y2, (T * B * O) / O, O);
    fill(data.W_r, H * I, 4u);
    fill(data.W_o, I * H, 5u);
    fill(data.mu_r, I, 6u);
    fill(data.W_k, H * I, 7u);
    fill(data.mu_k, I, 8u);
    fill(data.W_v, H * I, 9u);
    fill(data.mu_v, I, 10u);
    fill(data.u, H, 11u);
    fill(data.w, H, 12u);
    fill(data.W_hy, O * I, 13u);
    fill(data.b_y, O, 14u);

    expect(rwkv4_f64_forward(&sizes, &given, &kept, work) == RWKV4_F64_OK, "forward runs");
    expect(rwkv4_f64_backward(&sizes, &given, &kept, &gradients, work) == RWKV4_F64_OK, "backward runs");
    before = data;
    expect(rwkv4_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == RWKV4_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_r agrees with differences", data.W_r, before.dW_r, H * I);
    compare("dW_o agrees with differences", data.W_o, before.dW_o, I * H);
    compare("dmu_r agrees with differences", data.mu_r, before.dmu_r, I);
    compare("dW_k agrees with differences", data.W_k, before.dW_k, H * I);
    compare("dmu_k agrees with differences", data.mu_k, before.dmu_k, I);
    compare("dW_v agrees with differences", data.W_v, before.dW_v, H * I);
    compare("dmu_v agrees with differences", data.mu_v, before.dmu_v, I);
    compare("du agrees with differences", data.u, before.du, H);
    compare("dw agrees with differences", data.w, before.dw, H);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * I);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);
    compare("dp0 agrees with differences", data.p0, before.dp0, B * I);

    rwkv4_f64_sizes bad = sizes;
    bad.T = 0;
    expect(rwkv4_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == RWKV4_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(rwkv4_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(rwkv4_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == RWKV4_F64_TOO_LARGE, "too many steps are refused");
    expect(rwkv4_f64_workspace(&bad) == 0, "and have no workspace");
    expect(rwkv4_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == RWKV4_F64_NULL, "NULL is refused");
    expect(strlen(rwkv4_f64_message(RWKV4_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
