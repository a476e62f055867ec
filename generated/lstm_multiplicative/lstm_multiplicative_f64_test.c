/* Self-test of lstm_multiplicative_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread lstm_multiplicative_f64.c lstm_multiplicative_f64_test.c -lm && ./a.out
 */
#include "lstm_multiplicative_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, B = 2, I = 3, H = 4, M = 6, O = 7 };

static struct {
    real x[T * B * I];
    real h0[B * H];
    real c0[B * H];
    real y[T * B * O];
    real W_mx[M * I];
    real W_mh[M * H];
    real W_hx[H * I];
    real W_hm[H * M];
    real b_h[H];
    real W_ix[H * I];
    real W_im[H * M];
    real b_i[H];
    real W_fx[H * I];
    real W_fm[H * M];
    real b_f[H];
    real W_ox[H * I];
    real W_om[H * M];
    real b_o[H];
    real W_hy[O * H];
    real b_y[O];
    real c[(T + 1) * B * H];
    real h[(T + 1) * B * H];
    real y_hat[T * B * O];
    real u_m_a_c_i_f_o[T * B * (M + 4*H)];
    real u2_m[T * B * M];
    real a_h[T * B * H];
    real J[1];
    real dW_mx[M * I];
    real dW_mh[M * H];
    real dW_hx[H * I];
    real dW_hm[H * M];
    real db_h[H];
    real dW_ix[H * I];
    real dW_im[H * M];
    real db_i[H];
    real dW_fx[H * I];
    real dW_fm[H * M];
    real db_f[H];
    real dW_ox[H * I];
    real dW_om[H * M];
    real db_o[H];
    real dW_hy[O * H];
    real db_y[O];
    real dx[T * B * I];
    real dh0[B * H];
    real dc0[B * H];
} data, before;

static const lstm_multiplicative_f64_sizes sizes = { .T = T, .B = B, .I = I, .H = H, .M = M, .O = O };
static const lstm_multiplicative_f64_given given = { .x = data.x, .h0 = data.h0, .c0 = data.c0, .y = data.y, .W_mx = data.W_mx, .W_mh = data.W_mh, .W_hx = data.W_hx, .W_hm = data.W_hm, .b_h = data.b_h, .W_ix = data.W_ix, .W_im = data.W_im, .b_i = data.b_i, .W_fx = data.W_fx, .W_fm = data.W_fm, .b_f = data.b_f, .W_ox = data.W_ox, .W_om = data.W_om, .b_o = data.b_o, .W_hy = data.W_hy, .b_y = data.b_y };
static const lstm_multiplicative_f64_kept kept = { .c = data.c, .h = data.h, .y_hat = data.y_hat, .u_m_a_c_i_f_o = data.u_m_a_c_i_f_o, .u2_m = data.u2_m, .a_h = data.a_h, .J = data.J };
static const lstm_multiplicative_f64_gradients gradients = { .dW_mx = data.dW_mx, .dW_mh = data.dW_mh, .dW_hx = data.dW_hx, .dW_hm = data.dW_hm, .db_h = data.db_h, .dW_ix = data.dW_ix, .dW_im = data.dW_im, .db_i = data.db_i, .dW_fx = data.dW_fx, .dW_fm = data.dW_fm, .db_f = data.db_f, .dW_ox = data.dW_ox, .dW_om = data.dW_om, .db_o = data.db_o, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx, .dh0 = data.dh0, .dc0 = data.dc0 };
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
    if (lstm_multiplicative_f64_forward(&sizes, &given, &kept, work) != LSTM_MULTIPLICATIVE_F64_OK)
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
    work = malloc(lstm_multiplicative_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.h0, B * H, 2u);
    fill(data.c0, B * H, 3u);
    fill(data.y, T * B * O, 4u);
    normalise(data.y, (T * B * O) / O, O);
    fill(data.W_mx, M * I, 5u);
    fill(data.W_mh, M * H, 6u);
    fill(data.W_hx, H * I, 7u);
    fill(data.W_hm, H * M, 8u);
    fill(data.b_h, H, 9u);
    fill(data.W_ix, H * I, 10u);
    fill(data.W_im, H * M, 11u);
    fill(data.b_i, H, 12u);
    fill(data.W_fx, H * I, 13u);
    fill(data.W_fm, H * M, 14u);
    fill(data.b_f, H, 15u);
    fill(data.W_ox, H * I, 16u);
    fill(data.W_om, H * M, 17u);
    fill(data.b_o, H, 18u);
    fill(data.W_hy, O * H, 19u);
    fill(data.b_y, O, 20u);

    expect(lstm_multiplicative_f64_forward(&sizes, &given, &kept, work) == LSTM_MULTIPLICATIVE_F64_OK, "forward runs");
    expect(lstm_multiplicative_f64_backward(&sizes, &given, &kept, &gradients, work) == LSTM_MULTIPLICATIVE_F64_OK, "backward runs");
    before = data;
    expect(lstm_multiplicative_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == LSTM_MULTIPLICATIVE_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_mx agrees with differences", data.W_mx, before.dW_mx, M * I);
    compare("dW_mh agrees with differences", data.W_mh, before.dW_mh, M * H);
    compare("dW_hx agrees with differences", data.W_hx, before.dW_hx, H * I);
    compare("dW_hm agrees with differences", data.W_hm, before.dW_hm, H * M);
    compare("db_h agrees with differences", data.b_h, before.db_h, H);
    compare("dW_ix agrees with differences", data.W_ix, before.dW_ix, H * I);
    compare("dW_im agrees with differences", data.W_im, before.dW_im, H * M);
    compare("db_i agrees with differences", data.b_i, before.db_i, H);
    compare("dW_fx agrees with differences", data.W_fx, before.dW_fx, H * I);
    compare("dW_fm agrees with differences", data.W_fm, before.dW_fm, H * M);
    compare("db_f agrees with differences", data.b_f, before.db_f, H);
    compare("dW_ox agrees with differences", data.W_ox, before.dW_ox, H * I);
    compare("dW_om agrees with differences", data.W_om, before.dW_om, H * M);
    compare("db_o agrees with differences", data.b_o, before.db_o, H);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * H);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);
    compare("dh0 agrees with differences", data.h0, before.dh0, B * H);
    compare("dc0 agrees with differences", data.c0, before.dc0, B * H);

    lstm_multiplicative_f64_sizes bad = sizes;
    bad.T = 0;
    expect(lstm_multiplicative_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LSTM_MULTIPLICATIVE_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(lstm_multiplicative_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(lstm_multiplicative_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == LSTM_MULTIPLICATIVE_F64_TOO_LARGE, "too many steps are refused");
    expect(lstm_multiplicative_f64_workspace(&bad) == 0, "and have no workspace");
    expect(lstm_multiplicative_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == LSTM_MULTIPLICATIVE_F64_NULL, "NULL is refused");
    expect(strlen(lstm_multiplicative_f64_message(LSTM_MULTIPLICATIVE_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
