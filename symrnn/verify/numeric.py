"""Gradients by numbers: complex steps, central differences with step control, and how to compare. Knows NumPy only.

    where the function is       use                    which gives
    analytic                    complex_step           the gradient to the rounding of the function
    perhaps analytic            trusted_complex_step   the same, or NotAnalyticError
    smooth almost everywhere    central_difference     with an error for each entry; kinks are flagged
    large                       random_direction       either method along it: two points, or 45

A function takes its named arrays stacked: each has one more axis in front, (P, …), for P points to be evaluated at
once, and the answer is (P,). `one_at_a_time` lifts a function of single arrays. Arrays are handed out read-only.
Floating arrays are promoted to double precision and differentiated; integer and boolean ones are constants.

Sources: Squire and Trapp, SIAM Review 40(1), 1998, and Martins, Sturdza and Alonso, ACM TOMS 29(3), 2003 (complex
steps); Ridders, Advances in Engineering Software 4(2), 1982 (extrapolated differences).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]
Names = Iterable[str] | None
Function = Callable[[Arrays], Any]

COMPLEX_STEP = 1e-200  # its square vanishes: no truncation error; derivatives down to 1e-108 keep all their digits
RATIO = 4.0  # from one difference step to the next
LEVELS = 22  # steps from 1/4 to 4⁻²² = 6e-14 of the entry's scale max(|x|, 1): at least some hundred last places
DEPTH = 6  # columns of the extrapolation table; more of them only amplify rounding
NOISE_LEVELS = 6  # the smallest steps, at which all that is seen of a smooth function is a parabola and noise
NOISE_MARGIN = 8.0  # the noise is the largest of six samples; this much more of it has not been seen in thousands
SETTLED = 1e-3  # an estimate with a larger relative error is none
FLAT = 1e-8  # or, where the slope is zero: with an error larger than this part of the size of f over the scale
CONTRADICTION = 1e4  # a larger step that settled on another slope, sharper than this, has seen a kink close by
JUMP_MARGIN = 10.0  # a difference of one-sided slopes is real when it is this many of its errors
KINK = 1e-6  # a real one that is a smaller part of the slopes is put into the error instead


class NotAnalyticError(ArithmeticError):
    """A complex step cannot differentiate this function; the message says how that was noticed."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Central differences of one array, entry by entry. All fields have the array's shape.

    Fields:
        value: the derivative; NaN where the entry is flagged, so that no comparison can pass on it by oversight.
        error: an estimate of |value − truth|; at a kink, of the one-sided slopes; infinite where nothing settled.
        left, right: the one-sided derivatives: `value` where smooth, different at a kink, NaN where unsettled.
    """

    value: Array
    error: Array
    left: Array
    right: Array

    @property
    def smooth(self) -> Array:
        """Where the value can be relied on, to within `error`."""
        return np.isfinite(self.value)

    @property
    def kink(self) -> Array:
        """Where the one-sided derivatives exist and differ."""
        return ~self.smooth & np.isfinite(self.left)

    @property
    def unsettled(self) -> Array:
        """Where nothing converges: a discontinuity, a kink too close to tell, an overflow, noise."""
        return ~np.isfinite(self.left)

    def admits(self, found: Array) -> Array:
        """Return, entry by entry, whether a derivative is compatible: |found − value| ≤ error where smooth.

        At a kink, between the one-sided slopes, as a subgradient may be. Where unsettled, never.
        Raises: ValueError, if the shapes differ.
        """
        found = np.asarray(found)
        _same_shape(found, self.value)
        low, high = np.fmin(self.left, self.right), np.fmax(self.left, self.right)
        with np.errstate(invalid="ignore"):
            return (low - self.error <= found) & (found <= high + self.error) & ~self.unsettled


Gradient = dict[str, Estimate]


def one_at_a_time(function: Function) -> Function:
    """Return the stacked form of a function of single arrays, which must return one number (else ValueError)."""

    def stacked(arrays: Arrays) -> Array:
        points = range(len(next(iter(arrays.values()))))
        return np.array([np.asarray(function({name: a[p, ...] for name, a in arrays.items()})).item() for p in points])

    return stacked


def complex_step(function: Function, arrays: Arrays, names: Names = None, *, chunk: int = 64) -> dict[str, Array]:
    """Return the gradient of an analytic function by complex steps.

        ∂f/∂x_i = Im f(x + i h e_i) / h,   h = 1e-200,

    to the rounding error of f: nothing is subtracted. It is wrong, without a sign of it, where f is not analytic
    (`abs`, `conj`, `.real`, a comparison at its threshold): see `trusted_complex_step`.

    `names` are the arrays to differentiate, every floating one unless given; `chunk` points are stacked at once.

    Shapes: arrays reach f as (P, …), floating ones complex; it returns (P,); a gradient has its array's shape.
    Raises: TypeError, if the answer is real; NumPy's ComplexWarning, if an imaginary part was dropped on the way;
        ValueError, if the answer is not (P,), or if the unperturbed point, which every chunk contains, has an
        imaginary part: then the points of a stack leak into one another, or f is complex itself.
    Source: Squire and Trapp 1998; Martins et al. 2003.
    """
    points = _floating(arrays, np.complex128)
    return {name: _complex_step_of(function, points, name, chunk) for name in _chosen(points, names)}


def _complex_step_of(function: Function, points: Arrays, name: str, chunk: int) -> Array:
    entries = points[name].reshape(-1)
    slopes = np.full(entries.shape, np.nan)
    for start in range(0, entries.size, chunk):
        index = np.arange(start, min(start + chunk, entries.size))
        moved = np.concatenate([entries[:1], entries[index] + 1j * COMPLEX_STEP])
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            answer = _call(function, points, name, np.concatenate([[0], index]), moved)
        slopes[index] = _imaginary(answer)[1:] / COMPLEX_STEP
    return slopes.reshape(points[name].shape)


def _imaginary(answer: Array) -> Array:
    if not np.iscomplexobj(answer):
        raise TypeError(f"the function returned {answer.dtype}: it dropped the imaginary part (abs, .real, float)")
    if answer[0].imag != 0:
        raise ValueError(
            f"the unperturbed point has imaginary part {answer[0].imag:.3g}: the function mixes the points of a stack "
            f"(use one_at_a_time), or is complex at real arguments"
        )
    return answer.imag


def trusted_complex_step(
    function: Function, arrays: Arrays, names: Names = None, *, chunk: int = 64
) -> dict[str, Array]:
    """Return `complex_step`, once central differences along a random direction agree with it.

    In a random direction v, vᵀ∇f is computed by both. They differ for a function that is not analytic, whichever entry
    the fault is in, with probability one; a fault below the error of the differences, some 1e-12 of vᵀ∇f, passes.

    Raises: NotAnalyticError, if they differ or f is not smooth along v; and what `complex_step` raises.
    """
    chosen = _chosen(_floating(arrays, np.float64), names)
    direction = random_direction(arrays, chosen)
    differences = directional_central_difference(function, arrays, direction)
    if not differences.smooth:
        raise NotAnalyticError(
            f"along a random direction the function is not smooth: slopes {differences.left:.9g} and "
            f"{differences.right:.9g} (nan: none settled); central_difference tells at which entries"
        )
    stepped = directional_complex_step(function, arrays, direction)
    if not differences.admits(np.asarray(stepped)):
        raise NotAnalyticError(
            f"along a random direction the complex step gives {stepped:.15g}, central differences "
            f"{differences.value:.15g} ± {differences.error:.1g}: the function is not analytic (abs, conj, .real, …)"
        )
    return complex_step(function, arrays, chosen, chunk=chunk)


def central_difference(function: Function, arrays: Arrays, names: Names = None, *, chunk: int = 256) -> Gradient:
    """Return the gradient by central differences, with an error estimate for each entry, and kinks flagged.

    At each step h of a ladder over thirteen decades,

        A = (f(x + h) − f(x − h)) / 2h → f′(x)                     with even powers of h,
        D = (f(x + h) − 2 f(x) + f(x − h)) / h → f′(x+) − f′(x−)   with odd powers of h,

    and both are extrapolated to h = 0 (Ridders' table). The noise of f is measured at the smallest steps. A limit
    counts only if every smaller step confirms it to within that noise; of those, the one of least error is taken.
    An entry is flagged, never averaged, when the limit of D is not zero (a kink), when nothing settles (a
    discontinuity, an overflow), or when larger steps had settled on another slope: a kink within about 1e-5 of the
    entry's scale, or a function that computes in single precision and therefore is a staircase.

    A kink further away does not disturb the estimate. A staircase coarser than 1e-5 is taken for what it is locally:
    constant. Steps may leave the domain of f, which should answer NaN there. `names`, `chunk`: as in `complex_step`.

    Shapes: arrays reach f as (P, …), floating ones in double precision; it returns (P,); 44 points an entry.
    Raises: TypeError, if the answer is complex; ValueError, if it is not (P,).
    Source: Ridders 1982.
    """
    points = _floating(arrays, np.float64)
    return {name: _differences_of(function, points, name, chunk) for name in _chosen(points, names)}


def _differences_of(function: Function, points: Arrays, name: str, chunk: int) -> Estimate:
    """Estimate the derivatives by one array from f on a ladder of points on both sides of each entry."""
    entries = points[name].reshape(-1)
    with np.errstate(all="ignore"):
        scale = np.exp2(np.round(np.log2(np.fmax(np.abs(entries), 1.0))))  # powers of two: x ± h is rounded but little
        steps = scale * RATIO ** -np.arange(1.0, LEVELS + 1)[:, None]
        ladder = np.stack([entries + steps, entries - steps])  # (2, levels, entries)
        index = np.broadcast_to(np.arange(entries.size), ladder.shape).reshape(-1)
        moved, values = ladder.reshape(-1), np.full(ladder.size, np.nan)
        for start in range(0, moved.size, chunk):
            part = slice(start, start + chunk)
            values[part] = _real(_call(function, points, name, index[part], moved[part]))
        here = _real(_call(function, points, name, index[:1], entries[:1])) if entries.size else np.zeros(1)
        fields = _estimate(here, values.reshape(ladder.shape), np.abs(ladder - entries), scale)
    return Estimate(*(field.reshape(points[name].shape) for field in fields))


def _estimate(here: Array, values: Array, steps: Array, scale: Array) -> tuple[Array, Array, Array, Array]:
    """Return value, error, left and right from f(x), f(x ± h) and the steps as rounded, both (2, levels, entries)."""
    (up, down), (ahead, behind) = values, steps
    noise, width = _noise(values, steps), ahead + behind
    slope, error = _limit((up - down) / width, 2 * noise / width, first=2)
    jump, jump_error = _limit((up - here) / ahead - (here - down) / behind, 8 * noise / width, first=1)
    jump = np.where(np.abs(jump) > JUMP_MARGIN * jump_error, jump, 0.0)
    left, right = slope - jump / 2, slope + jump / 2
    size = np.fmax(np.abs(left), np.abs(right))
    kink = np.abs(jump) > KINK * size
    error = error + np.where(kink, jump_error, np.abs(jump)) / 2
    secants = np.abs(values[:, 2] - here) / steps[:, 2]  # over 1/64 of the scale: what slopes are usual here
    usual = np.abs(here) / scale + np.where(np.isfinite(secants), secants, 0.0).max(axis=0)
    doubt = np.maximum(error, jump_error / 2)
    settled = ((doubt <= SETTLED * size) | (doubt <= FLAT * usual)) & np.isfinite(slope)
    value = np.where(settled & ~kink, slope, np.nan)
    left, right = (np.where(settled, np.where(kink, side, slope), np.nan) for side in (left, right))
    return value, np.where(settled, error, np.inf), left, right


def _noise(values: Array, steps: Array) -> Array:
    """Return the noise of f at each step: rounding, and at least how far the smallest steps are from a parabola.

    That is the distance of the second of four values from the parabola through the others; a fifth of it, because for
    steps in ratio 4 the extrapolation amplifies noise five times. Shapes: (2, levels, n) to (levels, n).
    """
    fa, fb, fc, fd = (values[:, -NOISE_LEVELS:][:, k : k + NOISE_LEVELS - 3] for k in range(4))
    a, b, c, d = (steps[:, -NOISE_LEVELS:][:, k : k + NOISE_LEVELS - 3] for k in range(4))
    by_a = (b - c) * (b - d) / ((a - c) * (a - d))
    by_c = (b - a) * (b - d) / ((c - a) * (c - d))
    off = np.abs(fb - by_a * fa - by_c * fc - (1 - by_a - by_c) * fd) / 5
    measured = np.fmax.reduce(np.fmax.reduce(off, axis=0), axis=0)
    return measured + np.finfo(float).eps * np.abs(values).max(axis=0)


def _limit(values: Array, noise: Array, first: int) -> tuple[Array, Array]:
    """Return the limit of values(h) as h → 0 and its error, infinite where there is none. Shapes: (levels, n) to (n,).

    The powers of h are first, first + 2, …. The candidate of a level is confirmed if it lies in every interval values ±
    noise of smaller steps, widened by its own error and its distance from the value it was extrapolated from.
    """
    limits, errors = _extrapolations(values, noise, first)
    reach = errors + np.abs(values - limits)
    low = np.fmax.accumulate((values - NOISE_MARGIN * noise)[::-1])[::-1]
    high = np.fmin.accumulate((values + NOISE_MARGIN * noise)[::-1])[::-1]
    confirmed = np.isfinite(limits)
    confirmed[:-1] &= ((limits + reach)[:-1] >= low[1:]) & ((limits - reach)[:-1] <= high[1:])
    usable = np.where(confirmed, errors, np.inf)
    best = np.argmin(usable, axis=0)[None]
    limit, error = (np.take_along_axis(table, best, axis=0)[0] for table in (limits, usable))
    apart = np.abs(limits - limit)
    sharp = CONTRADICTION * errors < np.minimum(apart, np.abs(limits))
    contradicted = np.any(sharp & (apart > JUMP_MARGIN * error), axis=0)
    lost = contradicted | ~np.isfinite(error)
    return np.where(lost, np.nan, limit), np.where(lost, np.inf, error)


def _extrapolations(values: Array, noise: Array, first: int) -> tuple[Array, Array]:
    """Return the best entry of each row of Ridders' table, and its error. Shapes: (levels, n) each.

    Row k follows from row k − 1 by T[k, j] = (w T[k, j−1] − T[k−1, j−1]) / (w − 1), w = RATIO ** power. The error of an
    entry is its distance from the further one of the two that it is made of, plus the noise it inherits.
    """
    limits, errors = np.full(values.shape, np.nan), np.full(values.shape, np.inf)
    above: list[tuple[Array, Array]] = []
    for level in range(len(values)):
        row = [(values[level], noise[level])]
        for column, (corner, corner_noise) in enumerate(above[:DEPTH]):
            side, side_noise = row[column]
            weight = RATIO ** (first + 2 * column)
            entry = (weight * side - corner) / (weight - 1)
            inherited = (weight * side_noise + corner_noise) / (weight - 1)
            error = np.maximum(np.abs(entry - side), np.abs(entry - corner)) + inherited
            better = error < errors[level]
            np.copyto(limits[level], entry, where=better)
            np.copyto(errors[level], error, where=better)
            row.append((entry, inherited))
        above = row
    return limits, errors


def random_direction(arrays: Arrays, names: Names = None, *, seed: int = 0) -> dict[str, Array]:
    """Return a direction of length one over the chosen floating arrays together, the same for the same seed."""
    points, source = _floating(arrays, np.float64), np.random.default_rng(seed)
    direction = {name: source.standard_normal(points[name].shape) for name in _chosen(points, names)}
    length = np.sqrt(sum(np.sum(part**2) for part in direction.values()))
    return {name: part / length for name, part in direction.items()}


def directional_complex_step(function: Function, arrays: Arrays, direction: Arrays) -> float:
    """Return vᵀ∇f, the derivative along a direction v, by one complex step. Raises: as `complex_step`."""
    return float(complex_step(_along(function, arrays, direction), {"step": np.zeros(())})["step"])


def directional_central_difference(function: Function, arrays: Arrays, direction: Arrays) -> Estimate:
    """Return vᵀ∇f by central differences; all fields have the shape (). A kink of any entry is a kink here."""
    return central_difference(_along(function, arrays, direction), {"step": np.zeros(())})["step"]


def _along(function: Function, arrays: Arrays, direction: Arrays) -> Function:
    """Return s ↦ f(x + s v), stacked, as a function of the array "step"."""
    points = _floating(arrays, np.float64)
    rates = {name: np.zeros(array.shape) for name, array in points.items() if array.dtype.kind == "f"}
    for name in _chosen(points, direction):
        rates[name] = np.asarray(direction[name])
        _same_shape(rates[name], points[name])

    def stacked(line: Arrays) -> Any:
        steps = line["step"]
        moved = {name: np.broadcast_to(array, (len(steps), *array.shape)) for name, array in points.items()}
        for name, rate in rates.items():
            moved[name] = moved[name] + np.multiply.outer(steps, rate)
            moved[name].flags.writeable = False
        return function(moved)

    return stacked


def relative_error(found: Array, truth: Array) -> float:
    """Return max |found − truth| / max |truth|: the error of the whole array in units of its largest entry.

    It is never NaN, and what cannot be compared is infinitely wrong, not a pass: NaN or infinity in either array, or a
    truth that is zero throughout while `found` is not. Zero against zero, and nothing against nothing, is 0.

    Raises: ValueError, if the shapes differ (nothing is broadcast); TypeError, if an array is complex.
    """
    found, truth = np.asarray(found), np.asarray(truth)
    _same_shape(found, truth)
    found, truth = _real(found), _real(truth)
    if not (np.isfinite(found).all() and np.isfinite(truth).all()):
        return float("inf")
    with np.errstate(over="ignore"):  # an overflow is an infinite error
        distance, size = (float(np.max(np.abs(part), initial=0.0)) for part in (found - truth, truth))
    return distance / size if size else 0.0 if distance == 0 else float("inf")


def _floating(arrays: Arrays, dtype: type[np.number[Any]]) -> dict[str, Array]:
    promoted = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in promoted.items():
        if array.dtype.kind not in "fiub":
            raise TypeError(f"array {name} must be real, found {array.dtype}")
    return {name: array.astype(dtype) if array.dtype.kind == "f" else array for name, array in promoted.items()}


def _chosen(points: Arrays, names: Names) -> tuple[str, ...]:
    floating = tuple(name for name, array in points.items() if array.dtype.kind in "fc")
    chosen = floating if names is None else tuple(names)
    if not chosen:
        raise ValueError(f"no array to differentiate; given: {', '.join(points) or 'none'}, floating ones are needed")
    for name in chosen:
        if name not in floating:
            raise ValueError(f"{name} is not one of the floating arrays, which are {', '.join(floating) or 'none'}")
    return chosen


def _call(function: Function, points: Arrays, name: str, index: Array, entries: Array) -> Array:
    """Return f at len(index) points: at point p, entry index[p] of one array is replaced by entries[p]."""
    stacked = {key: np.broadcast_to(array, (len(index), *array.shape)) for key, array in points.items()}
    moved = stacked[name].reshape(len(index), -1).copy()
    moved[np.arange(len(index)), index] = entries
    moved.flags.writeable = False
    stacked[name] = moved.reshape(stacked[name].shape)
    answer = np.asarray(function(stacked))
    if answer.shape != (len(index),):
        raise ValueError(
            f"the function returned shape {answer.shape} for {len(index)} stacked points, needed ({len(index)},): "
            f"reduce every axis but the first, or wrap it in one_at_a_time"
        )
    return answer


def _real(values: Array) -> Array:
    if np.iscomplexobj(values):
        raise TypeError(f"real values are needed, found {values.dtype}")
    return values.astype(np.float64)


def _same_shape(found: Array, needed: Array) -> None:
    if found.shape != needed.shape:
        raise ValueError(f"shapes differ: found {found.shape}, needed {needed.shape}")
