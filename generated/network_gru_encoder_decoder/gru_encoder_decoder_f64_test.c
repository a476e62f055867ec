/* Self-test of gru_encoder_decoder_f64: gradients against differences of the loss, bad sizes, NULL pointers, repeated calls.
 *
 *     cc -std=c11 -O2 -pthread gru_encoder_decoder_f64.c gru_encoder_decoder_f64_test.c -lm && ./a.out
 */
#include "gru_encoder_decoder_f64.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-5;
static const double TOLERANCE = 1e-8;

enum { T = 5, S = 2, B = 3, I = 4, I_d = 6, H_e = 7, O = 8 };

static struct {
    real x[T * B * I];
    real x_d[S * B * I_d];
    real h_e0[B * H_e];
    real y[S * B * O];
    real W_ir_e[H_e * I];
    real b_ir_e[H_e];
    real W_hr_e[H_e * H_e];
    real b_hr_e[H_e];
    real W_iz_e[H_e * I];
    real b_iz_e[H_e];
    real W_hz_e[H_e * H_e];
    real b_hz_e[H_e];
    real W_in_e[H_e * I];
    real b_in_e[H_e];
    real W_hn_e[H_e * H_e];
    real b_hn_e[H_e];
    real W_ir_d[H_e * (H_e + I_d)];
    real b_ir_d[H_e];
    real W_hr_d[H_e * H_e];
    real b_hr_d[H_e];
    real W_iz_d[H_e * (H_e + I_d)];
    real b_iz_d[H_e];
    real W_hz_d[H_e * H_e];
    real b_hz_d[H_e];
    real W_in_d[H_e * (H_e + I_d)];
    real b_in_d[H_e];
    real W_hn_d[H_e * H_e];
    real b_hn_d[H_e];
    real W_hy[O * H_e];
    real b_y[O];
    real h_e[(T + 1) * B * H_e];
    real h_d[(S + 1) * B * H_e];
    real y_hat[S * B * O];
    real r_e_z_e_n_e[T * B * 3*H_e];
    real u_n_e[T * B * H_e];
    real u_d[S * B * (H_e + I_d)];
    real r_d_z_d_n_d[S * B * 3*H_e];
    real u_n_d[S * B * H_e];
    real J[1];
    real dW_ir_e[H_e * I];
    real db_ir_e[H_e];
    real dW_hr_e[H_e * H_e];
    real db_hr_e[H_e];
    real dW_iz_e[H_e * I];
    real db_iz_e[H_e];
    real dW_hz_e[H_e * H_e];
    real db_hz_e[H_e];
    real dW_in_e[H_e * I];
    real db_in_e[H_e];
    real dW_hn_e[H_e * H_e];
    real db_hn_e[H_e];
    real dW_ir_d[H_e * (H_e + I_d)];
    real db_ir_d[H_e];
    real dW_hr_d[H_e * H_e];
    real db_hr_d[H_e];
    real dW_iz_d[H_e * (H_e + I_d)];
    real db_iz_d[H_e];
    real dW_hz_d[H_e * H_e];
    real db_hz_d[H_e];
    real dW_in_d[H_e * (H_e + I_d)];
    real db_in_d[H_e];
    real dW_hn_d[H_e * H_e];
    real db_hn_d[H_e];
    real dW_hy[O * H_e];
    real db_y[O];
    real dx[T * B * I];
    real dx_d[S * B * I_d];
    real dh_e0[B * H_e];
} data, before;

static const gru_encoder_decoder_f64_sizes sizes = { .T = T, .S = S, .B = B, .I = I, .I_d = I_d, .H_e = H_e, .O = O };
static const gru_encoder_decoder_f64_given given = { .x = data.x, .x_d = data.x_d, .h_e0 = data.h_e0, .y = data.y, .W_ir_e = data.W_ir_e, .b_ir_e = data.b_ir_e, .W_hr_e = data.W_hr_e, .b_hr_e = data.b_hr_e, .W_iz_e = data.W_iz_e, .b_iz_e = data.b_iz_e, .W_hz_e = data.W_hz_e, .b_hz_e = data.b_hz_e, .W_in_e = data.W_in_e, .b_in_e = data.b_in_e, .W_hn_e = data.W_hn_e, .b_hn_e = data.b_hn_e, .W_ir_d = data.W_ir_d, .b_ir_d = data.b_ir_d, .W_hr_d = data.W_hr_d, .b_hr_d = data.b_hr_d, .W_iz_d = data.W_iz_d, .b_iz_d = data.b_iz_d, .W_hz_d = data.W_hz_d, .b_hz_d = data.b_hz_d, .W_in_d = data.W_in_d, .b_in_d = data.b_in_d, .W_hn_d = data.W_hn_d, .b_hn_d = data.b_hn_d, .W_hy = data.W_hy, .b_y = data.b_y };
static const gru_encoder_decoder_f64_kept kept = { .h_e = data.h_e, .h_d = data.h_d, .y_hat = data.y_hat, .r_e_z_e_n_e = data.r_e_z_e_n_e, .u_n_e = data.u_n_e, .u_d = data.u_d, .r_d_z_d_n_d = data.r_d_z_d_n_d, .u_n_d = data.u_n_d, .J = data.J };
static const gru_encoder_decoder_f64_gradients gradients = { .dW_ir_e = data.dW_ir_e, .db_ir_e = data.db_ir_e, .dW_hr_e = data.dW_hr_e, .db_hr_e = data.db_hr_e, .dW_iz_e = data.dW_iz_e, .db_iz_e = data.db_iz_e, .dW_hz_e = data.dW_hz_e, .db_hz_e = data.db_hz_e, .dW_in_e = data.dW_in_e, .db_in_e = data.db_in_e, .dW_hn_e = data.dW_hn_e, .db_hn_e = data.db_hn_e, .dW_ir_d = data.dW_ir_d, .db_ir_d = data.db_ir_d, .dW_hr_d = data.dW_hr_d, .db_hr_d = data.db_hr_d, .dW_iz_d = data.dW_iz_d, .db_iz_d = data.db_iz_d, .dW_hz_d = data.dW_hz_d, .db_hz_d = data.db_hz_d, .dW_in_d = data.dW_in_d, .db_in_d = data.db_in_d, .dW_hn_d = data.dW_hn_d, .db_hn_d = data.db_hn_d, .dW_hy = data.dW_hy, .db_y = data.db_y, .dx = data.dx, .dx_d = data.dx_d, .dh_e0 = data.dh_e0 };
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
    if (gru_encoder_decoder_f64_forward(&sizes, &given, &kept, work) != GRU_ENCODER_DECODER_F64_OK)
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
    work = malloc(gru_encoder_decoder_f64_workspace(&sizes) * sizeof(real));
    if (work == NULL)
        return 2;
    fill(data.x, T * B * I, 1u);
    fill(data.x_d, S * B * I_d, 2u);
    fill(data.h_e0, B * H_e, 3u);
    fill(data.y, S * B * O, 4u);
    normalise(data.y, (S * B * O) / O, O);
    fill(data.W_ir_e, H_e * I, 5u);
    fill(data.b_ir_e, H_e, 6u);
    fill(data.W_hr_e, H_e * H_e, 7u);
    fill(data.b_hr_e, H_e, 8u);
    fill(data.W_iz_e, H_e * I, 9u);
    fill(data.b_iz_e, H_e, 10u);
    fill(data.W_hz_e, H_e * H_e, 11u);
    fill(data.b_hz_e, H_e, 12u);
    fill(data.W_in_e, H_e * I, 13u);
    fill(data.b_in_e, H_e, 14u);
    fill(data.W_hn_e, H_e * H_e, 15u);
    fill(data.b_hn_e, H_e, 16u);
    fill(data.W_ir_d, H_e * (H_e + I_d), 17u);
    fill(data.b_ir_d, H_e, 18u);
    fill(data.W_hr_d, H_e * H_e, 19u);
    fill(data.b_hr_d, H_e, 20u);
    fill(data.W_iz_d, H_e * (H_e + I_d), 21u);
    fill(data.b_iz_d, H_e, 22u);
    fill(data.W_hz_d, H_e * H_e, 23u);
    fill(data.b_hz_d, H_e, 24u);
    fill(data.W_in_d, H_e * (H_e + I_d), 25u);
    fill(data.b_in_d, H_e, 26u);
    fill(data.W_hn_d, H_e * H_e, 27u);
    fill(data.b_hn_d, H_e, 28u);
    fill(data.W_hy, O * H_e, 29u);
    fill(data.b_y, O, 30u);

    expect(gru_encoder_decoder_f64_forward(&sizes, &given, &kept, work) == GRU_ENCODER_DECODER_F64_OK, "forward runs");
    expect(gru_encoder_decoder_f64_backward(&sizes, &given, &kept, &gradients, work) == GRU_ENCODER_DECODER_F64_OK, "backward runs");
    before = data;
    expect(gru_encoder_decoder_f64_loss_and_gradient(&sizes, &given, &kept, &gradients, work) == GRU_ENCODER_DECODER_F64_OK, "the combined call runs");
    expect(memcmp(&before, &data, sizeof data) == 0, "and gives the same bits again");

    compare("dW_ir_e agrees with differences", data.W_ir_e, before.dW_ir_e, H_e * I);
    compare("db_ir_e agrees with differences", data.b_ir_e, before.db_ir_e, H_e);
    compare("dW_hr_e agrees with differences", data.W_hr_e, before.dW_hr_e, H_e * H_e);
    compare("db_hr_e agrees with differences", data.b_hr_e, before.db_hr_e, H_e);
    compare("dW_iz_e agrees with differences", data.W_iz_e, before.dW_iz_e, H_e * I);
    compare("db_iz_e agrees with differences", data.b_iz_e, before.db_iz_e, H_e);
    compare("dW_hz_e agrees with differences", data.W_hz_e, before.dW_hz_e, H_e * H_e);
    compare("db_hz_e agrees with differences", data.b_hz_e, before.db_hz_e, H_e);
    compare("dW_in_e agrees with differences", data.W_in_e, before.dW_in_e, H_e * I);
    compare("db_in_e agrees with differences", data.b_in_e, before.db_in_e, H_e);
    compare("dW_hn_e agrees with differences", data.W_hn_e, before.dW_hn_e, H_e * H_e);
    compare("db_hn_e agrees with differences", data.b_hn_e, before.db_hn_e, H_e);
    compare("dW_ir_d agrees with differences", data.W_ir_d, before.dW_ir_d, H_e * (H_e + I_d));
    compare("db_ir_d agrees with differences", data.b_ir_d, before.db_ir_d, H_e);
    compare("dW_hr_d agrees with differences", data.W_hr_d, before.dW_hr_d, H_e * H_e);
    compare("db_hr_d agrees with differences", data.b_hr_d, before.db_hr_d, H_e);
    compare("dW_iz_d agrees with differences", data.W_iz_d, before.dW_iz_d, H_e * (H_e + I_d));
    compare("db_iz_d agrees with differences", data.b_iz_d, before.db_iz_d, H_e);
    compare("dW_hz_d agrees with differences", data.W_hz_d, before.dW_hz_d, H_e * H_e);
    compare("db_hz_d agrees with differences", data.b_hz_d, before.db_hz_d, H_e);
    compare("dW_in_d agrees with differences", data.W_in_d, before.dW_in_d, H_e * (H_e + I_d));
    compare("db_in_d agrees with differences", data.b_in_d, before.db_in_d, H_e);
    compare("dW_hn_d agrees with differences", data.W_hn_d, before.dW_hn_d, H_e * H_e);
    compare("db_hn_d agrees with differences", data.b_hn_d, before.db_hn_d, H_e);
    compare("dW_hy agrees with differences", data.W_hy, before.dW_hy, O * H_e);
    compare("db_y agrees with differences", data.b_y, before.db_y, O);
    compare("dx agrees with differences", data.x, before.dx, T * B * I);
    compare("dx_d agrees with differences", data.x_d, before.dx_d, S * B * I_d);
    compare("dh_e0 agrees with differences", data.h_e0, before.dh_e0, B * H_e);

    gru_encoder_decoder_f64_sizes bad = sizes;
    bad.T = 0;
    expect(gru_encoder_decoder_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == GRU_ENCODER_DECODER_F64_ZERO_SIZE, "a size of 0 is refused");
    expect(gru_encoder_decoder_f64_workspace(&bad) == 0, "and has no workspace");
    bad.T = SIZE_MAX / 2;
    expect(gru_encoder_decoder_f64_loss_and_gradient(&bad, &given, &kept, &gradients, work) == GRU_ENCODER_DECODER_F64_TOO_LARGE, "too many steps are refused");
    expect(gru_encoder_decoder_f64_workspace(&bad) == 0, "and have no workspace");
    expect(gru_encoder_decoder_f64_loss_and_gradient(&sizes, NULL, &kept, &gradients, work) == GRU_ENCODER_DECODER_F64_NULL, "NULL is refused");
    expect(strlen(gru_encoder_decoder_f64_message(GRU_ENCODER_DECODER_F64_NULL)) > 0, "a status has a message");

    free(work);
    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
