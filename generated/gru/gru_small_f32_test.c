/* Self-test of gru_small_f32: gradients against differences of the loss, and repeated calls.
 *
 *     cc -std=c11 -O2 gru_small_f32.c gru_small_f32_test.c -lm && ./a.out
 */
#include "gru_small_f32.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef float real;

/* Central differences (f(x + e) - f(x - e)) / 2e: e balances the error e^2 f'''/6 and the rounding of f, divided by e. */
static const double DISTANCE = 1e-2;
static const double TOLERANCE = 5e-3;

enum {
    T = GRU_SMALL_F32_T,
    B = GRU_SMALL_F32_B,
    I = GRU_SMALL_F32_I,
    H = GRU_SMALL_F32_H,
    O = GRU_SMALL_F32_O,
};

static struct {
    gru_small_f32_parameters parameters;
    gru_small_f32_inputs inputs;
    gru_small_f32_kept kept;
    gru_small_f32_gradients gradients;
} data, before;

static gru_small_f32_workspace work;
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
    gru_small_f32_forward(&data.parameters, &data.inputs, &data.kept, &work);
    double sum = 0.0;
    sum += (double)data.kept.J[0];
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
    fill(data.inputs.x, T * B * I, 1u);
    fill(data.inputs.h0, B * H, 2u);
    fill(data.inputs.y, T * B * O, 3u);
    normalise(data.inputs.y, (T * B * O) / O, O);
    fill(data.parameters.W_ir, H * I, 4u);
    fill(data.parameters.b_ir, H, 5u);
    fill(data.parameters.W_hr, H * H, 6u);
    fill(data.parameters.b_hr, H, 7u);
    fill(data.parameters.W_iz, H * I, 8u);
    fill(data.parameters.b_iz, H, 9u);
    fill(data.parameters.W_hz, H * H, 10u);
    fill(data.parameters.b_hz, H, 11u);
    fill(data.parameters.W_in, H * I, 12u);
    fill(data.parameters.b_in, H, 13u);
    fill(data.parameters.W_hn, H * H, 14u);
    fill(data.parameters.b_hn, H, 15u);
    fill(data.parameters.W_hy, O * H, 16u);
    fill(data.parameters.b_y, O, 17u);

    gru_small_f32_forward(&data.parameters, &data.inputs, &data.kept, &work);
    gru_small_f32_backward(&data.parameters, &data.inputs, &data.kept, &data.gradients, &work);
    before = data;
    gru_small_f32_loss_and_gradient(&data.parameters, &data.inputs, &data.kept, &data.gradients, &work);
    expect(memcmp(&before, &data, sizeof data) == 0, "a second call gives the same bits again");

    compare("dW_ir agrees with differences", data.parameters.W_ir, before.gradients.dW_ir, H * I);
    compare("db_ir agrees with differences", data.parameters.b_ir, before.gradients.db_ir, H);
    compare("dW_hr agrees with differences", data.parameters.W_hr, before.gradients.dW_hr, H * H);
    compare("db_hr agrees with differences", data.parameters.b_hr, before.gradients.db_hr, H);
    compare("dW_iz agrees with differences", data.parameters.W_iz, before.gradients.dW_iz, H * I);
    compare("db_iz agrees with differences", data.parameters.b_iz, before.gradients.db_iz, H);
    compare("dW_hz agrees with differences", data.parameters.W_hz, before.gradients.dW_hz, H * H);
    compare("db_hz agrees with differences", data.parameters.b_hz, before.gradients.db_hz, H);
    compare("dW_in agrees with differences", data.parameters.W_in, before.gradients.dW_in, H * I);
    compare("db_in agrees with differences", data.parameters.b_in, before.gradients.db_in, H);
    compare("dW_hn agrees with differences", data.parameters.W_hn, before.gradients.dW_hn, H * H);
    compare("db_hn agrees with differences", data.parameters.b_hn, before.gradients.db_hn, H);
    compare("dW_hy agrees with differences", data.parameters.W_hy, before.gradients.dW_hy, O * H);
    compare("db_y agrees with differences", data.parameters.b_y, before.gradients.db_y, O);
    compare("dx agrees with differences", data.inputs.x, before.gradients.dx, T * B * I);
    compare("dh0 agrees with differences", data.inputs.h0, before.gradients.dh0, B * H);

    printf("%s\n", failures ? "FAILED" : "all passed");
    return failures != 0;
}
