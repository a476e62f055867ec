/* Self-test of linear_attention_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread linear_attention_f64.c linear_attention_f64_test.c -lm && ./a.out
 */
#include "linear_attention_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, B = 2, I = 3, K = 4, H = 6, O = 7 };

static struct {
    real x[T * B * I];
    real y2[T * B * O];
    real W_Q[K * I];
    real W_V[H * I];
    real W_K[K * I];
    real W_hy[O * H];
    real b_y[O];
    real S[(T + 1) * B * K * H];
    real z[(T + 1) * B * K];
    real y[T * B * H];
    real y_hat[T * B * O];
    real a2_q[T * B * K];
    real a3_q_a3_k_v[T * B * (2*K + H)];
    real a4_q[T * B * K];
    real a2_k[T * B * K];
    real a4_k[T * B * K];
    real u_y[T * B * H];
    real u2_y[T * B * 1];
    real J[1];
    real dW_Q[K * I];
    real dW_V[H * I];
    real dW_K[K * I];
    real dW_hy[O * H];
    real db_y[O];
    real dx[T * B * I];
} data, before;

static const linear_attention_f64_sizes sizes = { .T = T, .B = B, .I = I, .K = K, .H = H, .O = O };
static const linear_attention_f64_given given = { .x = data.x, .y2 = data.y2, .W_Q = data.W_Q, .W_V = data.W_V, .W_K = data.W_K, .W_hy = data.W_hy, .b_y = data.b_y };
static const linear_attention_f64_kept kept = { .S = data.S, .z = data.z, .y = data.y, .y_hat = data.y_hat, .a2_q = data.a2_q, .a3_q_a3_k_v = data.a3_q_a3_k_v, .a4_q = data.a4_q, .a2_k = data.a2_k, .a4_k = data.a4_k, .u_y = data.u_y, .u2_y = data.u2_y, .J = data.J };
static const linear_attention_f64_gradients gradients = { .dW_Q = data.dW_Q, .dW_V = data.dW_V, .dW_K = data.dW_K, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx };
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
    if (linear_attention_f64_forward(&sizes, &given, &kept, work) != LINEAR_ATTENTION_F64_OK)
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
    work = malloc(linear_attention_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.y2, T * B * O, 2u);
    normalise(data.y2, (T * B * O) / O, O);
    fill(data.W_Q, K * I, 3u);
    fill(data.W_V, H * I, 4u);
    fill(data.W_K, K * I, 5u);
    fill(data.W_hy, O * H, 6u);
    fill(data.b_y, O, 7u);

    expect(linear_attention_f64_forward(&sizes, &given, &kept, work) == LINEAR_ATTENTION_F64_OK, "forward runs");
    expect(linear_attention_f64_backward(&sizes, &given, &kept, &gradients, work) == LINEAR_ATTENTION_F64_OK, "backward runs");
    before = data;
    expect(linear_attention_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == LINEAR_ATTENTION_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_Q agrees with differences", data.W_Q, before.dW_Q, K * I);
    compare("dW_V agrees with differences", data.W_V, before.dW_V, H * I);
    compare("dW_K agrees with differences", data.W_K, before.dW_K, K * I);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * H);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);

    linear_attention_f64_sizes bad = sizes;
    bad.T = 0;
    expect(linear_attention_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LINEAR_ATTENTION_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(linear_attention_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(linear_attention_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LINEAR_ATTENTION_F64_TOO_LARGE, "too many steps are refused");
    expect(linear_attention_f64_workspace(&bad) == 0, "and have no workspace");
    expect(linear_attention_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == LINEAR_ATTENTION_F64_NULL, "NULL is refused");
    expect(strlen(linear_attention_f64_message(LINEAR_ATTENTION_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
