/* Self-test of lru_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread lru_f64.c lru_f64_test.c -lm && ./a.out
 */
#include "lru_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, B = 2, I = 3, N = 4, O = 6, O2 = 7 };

static struct {
    real x[T * B * I];
    real h_re0[B * N];
    real h_im0[B * N];
    real y2[T * B * O2];
    real C_re[O * N];
    real nu_log[N];
    real theta_log[N];
    real gamma_log[N];
    real B_re[N * I];
    real B_im[N * I];
    real C_im[O * N];
    real D_skip[O * I];
    real W_hy[O2 * O];
    real b_y[O2];
    real h_re[(T + 1) * B * N];
    real h_im[(T + 1) * B * N];
    real y[T * B * O];
    real y_hat[T * B * O2];
    real a_modulus[N];
    real modulus[N];
    real phase[N];
    real a_lambda_re[N];
    real lambda_re[N];
    real a_lambda_im[N];
    real lambda_im[N];
    real gamma[N];
    real u_h_re_im[T * B * 2*N];
    real J[1];
    real dC_re[O * N];
    real dnu_log[N];
    real dtheta_log[N];
    real dgamma_log[N];
    real dB_re[N * I];
    real dB_im[N * I];
    real dC_im[O * N];
    real dD_skip[O * I];
    real dW_hy[O2 * O];
    real db_y[O2];
    real dx[T * B * I];
    real dh_re0[B * N];
    real dh_im0[B * N];
} data, before;

static const lru_f64_sizes sizes = { .T = T, .B = B, .I = I, .N = N, .O = O, .O2 = O2 };
static const lru_f64_given given = { .x = data.x, .h_re0 = data.h_re0, .h_im0 = data.h_im0, .y2 = data.y2, .C_re = data.C_re, .nu_log = data.nu_log, .theta_log = data.theta_log, .gamma_log = data.gamma_log, .B_re = data.B_re, .B_im = data.B_im, .C_im = data.C_im, .D_skip = data.D_skip, .W_hy = data.W_hy, .b_y = data.b_y };
static const lru_f64_kept kept = { .h_re = data.h_re, .h_im = data.h_im, .y = data.y, .y_hat = data.y_hat, .a_modulus = data.a_modulus, .modulus = data.modulus, .phase = data.phase, .a_lambda_re = data.a_lambda_re, .lambda_re = data.lambda_re, .a_lambda_im = data.a_lambda_im, .lambda_im = data.lambda_im, .gamma = data.gamma, .u_h_re_im = data.u_h_re_im, .J = data.J };
static const lru_f64_gradients gradients = { .dC_re = data.dC_re, .dnu_log = data.dnu_log, .dtheta_log = data.dtheta_log, .dgamma_log = data.dgamma_log, .dB_re = data.dB_re, .dB_im = data.dB_im, .dC_im = data.dC_im, .dD_skip = data.dD_skip, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx, .dh_re0 = data.dh_re0, .dh_im0 = data.dh_im0 };
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
    if (lru_f64_forward(&sizes, &given, &kept, work) != LRU_F64_OK)
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
    work = malloc(lru_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.h_re0, B * N, 2u);
    fill(data.h_im0, B * N, 3u);
    fill(data.y2, T * B * O2, 4u);
    normalise(data.y2, (T * B * O2) / O2, O2);
    fill(data.C_re, O * N, 5u);
    fill(data.nu_log, N, 6u);
    fill(data.theta_log, N, 7u);
    fill(data.gamma_log, N, 8u);
    fill(data.B_re, N * I, 9u);
    fill(data.B_im, N * I, 10u);
    fill(data.C_im, O * N, 11u);
    fill(data.D_skip, O * I, 12u);
    fill(data.W_hy, O2 * O, 13u);
    fill(data.b_y, O2, 14u);

    expect(lru_f64_forward(&sizes, &given, &kept, work) == LRU_F64_OK, "forward runs");
    expect(lru_f64_backward(&sizes, &given, &kept, &gradients, work) == LRU_F64_OK, "backward runs");
    before = data;
    expect(lru_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == LRU_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dC_re agrees with differences", data.C_re, before.dC_re, O * N);
    compare("dnu_log agrees with differences", data.nu_log, before.dnu_log, N);
    compare("dtheta_log agrees with differences", data.theta_log, before.dtheta_log, N);
    compare("dgamma_log agrees with differences", data.gamma_log, before.dgamma_log, N);
    compare("dB_re agrees with differences", data.B_re, before.dB_re, N * I);
    compare("dB_im agrees with differences", data.B_im, before.dB_im, N * I);
    compare("dC_im agrees with differences", data.C_im, before.dC_im, O * N);
    compare("dD_skip agrees with differences", data.D_skip, before.dD_skip, O * I);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O2 * O);
    compare("db_y agrees with differences", data.b_y, before.db_y, O2);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);
    compare("dh_re0 agrees with differences", data.h_re0, before.dh_re0, B * N);
    compare("dh_im0 agrees with differences", data.h_im0, before.dh_im0, B * N);

    lru_f64_sizes bad = sizes;
    bad.T = 0;
    expect(lru_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LRU_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(lru_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(lru_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LRU_F64_TOO_LARGE, "too many steps are refused");
    expect(lru_f64_workspace(&bad) == 0, "and have no workspace");
    expect(lru_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == LRU_F64_NULL, "NULL is refused");
    expect(strlen(lru_f64_message(LRU_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
