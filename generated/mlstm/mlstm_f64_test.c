/* Self-test of mlstm_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread mlstm_f64.c mlstm_f64_test.c -lm && ./a.out
 */
#include "mlstm_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, B = 2, I = 3, H = 4, K = 6, O = 7 };

static struct {
    real x[T * B * I];
    real y[T * B * O];
    real W_k[K * I];
    real w_i[I];
    real w_f[I];
    real W_q[K * I];
    real b_q[K];
    real b_k[K];
    real W_v[H * I];
    real b_v[H];
    real b_i[1];
    real b_f[1];
    real W_o[H * I];
    real b_o[H];
    real W_hy[O * H];
    real b_y[O];
    real C[(T + 1) * B * H * K];
    real n[(T + 1) * B * K];
    real h[T * B * H];
    real y_hat[T * B * O];
    real a_k[K];
    real q_k_v_o[T * B * (2*K + 2*H)];
    real i[T * B * 1];
    real f[T * B * 1];
    real u_h[T * B * H];
    real z_h[T * B * 1];
    real a2_h[T * B * 1];
    real J[1];
    real dW_k[K * I];
    real dw_i[I];
    real dw_f[I];
    real dW_q[K * I];
    real db_q[K];
    real db_k[K];
    real dW_v[H * I];
    real db_v[H];
    real db_i[1];
    real db_f[1];
    real dW_o[H * I];
    real db_o[H];
    real dW_hy[O * H];
    real db_y[O];
    real dx[T * B * I];
} data, before;

static const mlstm_f64_sizes sizes = { .T = T, .B = B, .I = I, .H = H, .K = K, .O = O };
static const mlstm_f64_given given = { .x = data.x, .y = data.y, .W_k = data.W_k, .w_i = data.w_i, .w_f = data.w_f, .W_q = data.W_q, .b_q = data.b_q, .b_k = data.b_k, .W_v = data.W_v, .b_v = data.b_v, .b_i = data.b_i, .b_f = data.b_f, .W_o = data.W_o, .b_o = data.b_o, .W_hy = data.W_hy, .b_y = data.b_y };
static const mlstm_f64_kept kept = { .C = data.C, .n = data.n, .h = data.h, .y_hat = data.y_hat, .a_k = data.a_k, .q_k_v_o = data.q_k_v_o, .i = data.i, .f = data.f, .u_h = data.u_h, .z_h = data.z_h, .a2_h = data.a2_h, .J = data.J };
static const mlstm_f64_gradients gradients = { .dW_k = data.dW_k, .dw_i = data.dw_i, .dw_f = data.dw_f, .dW_q = data.dW_q, .db_q = data.db_q, .db_k = data.db_k, .dW_v = data.dW_v, .db_v = data.db_v, .db_i = data.db_i, .db_f = data.db_f, .dW_o = data.dW_o, .db_o = data.db_o, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx };
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
    if (mlstm_f64_forward(&sizes, &given, &kept, work) != MLSTM_F64_OK)
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
    work = malloc(mlstm_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.y, T * B * O, 2u);
    normalise(data.y, (T * B * O) / O, O);
    fill(data.W_k, K * I, 3u);
    fill(data.w_i, I, 4u);
    fill(data.w_f, I, 5u);
    fill(data.W_q, K * I, 6u);
    fill(data.b_q, K, 7u);
    fill(data.b_k, K, 8u);
    fill(data.W_v, H * I, 9u);
    fill(data.b_v, H, 10u);
    fill(data.b_i, 1, 11u);
    fill(data.b_f, 1, 12u);
    fill(data.W_o, H * I, 13u);
    fill(data.b_o, H, 14u);
    fill(data.W_hy, O * H, 15u);
    fill(data.b_y, O, 16u);

    expect(mlstm_f64_forward(&sizes, &given, &kept, work) == MLSTM_F64_OK, "forward runs");
    expect(mlstm_f64_backward(&sizes, &given, &kept, &gradients, work) == MLSTM_F64_OK, "backward runs");
    before = data;
    expect(mlstm_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == MLSTM_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_k agrees with differences", data.W_k, before.dW_k, K * I);
    compare("dw_i agrees with differences", data.w_i, before.dw_i, I);
    compare("dw_f agrees with differences", data.w_f, before.dw_f, I);
    compare("dW_q agrees with differences", data.W_q, before.dW_q, K * I);
    compare("db_q agrees with differences", data.b_q, before.db_q, K);
    compare("db_k agrees with differences", data.b_k, before.db_k, K);
    compare("dW_v agrees with differences", data.W_v, before.dW_v, H * I);
    compare("db_v agrees with differences", data.b_v, before.db_v, H);
    compare("db_i agrees with differences", data.b_i, before.db_i, 1);
    compare("db_f agrees with differences", data.b_f, before.db_f, 1);
    compare("dW_o agrees with differences", data.W_o, before.dW_o, H * I);
    compare("db_o agrees with differences", data.b_o, before.db_o, H);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * H);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);

    mlstm_f64_sizes bad = sizes;
    bad.T = 0;
    expect(mlstm_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == MLSTM_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(mlstm_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(mlstm_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == MLSTM_F64_TOO_LARGE, "too many steps are refused");
    expect(mlstm_f64_workspace(&bad) == 0, "and have no workspace");
    expect(mlstm_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == MLSTM_F64_NULL, "NULL is refused");
    expect(strlen(mlstm_f64_message(MLSTM_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
