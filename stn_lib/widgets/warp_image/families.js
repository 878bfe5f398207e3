// The families of transforms, one entry each. theta is a flat list of numbers, as long as `identity`.
//
// - identity: the theta that changes nothing.
// - handles: the output's points whose sources the reader drags; `held(theta)` is those sources.
// - sources(points): a function of theta and the smoothing to the sources of these points, flat.
// - drag(theta, k, x, y): theta after the source of handle k was dragged to (x, y); null where none does that. That
//   source must come to (x, y) exactly; what else moves is yours to choose.
// - move(theta, dx, dy): theta after all sources were moved.
// - closestAffine(theta), from(family, theta): from the affine family and from another family to this one.
// - isAffine(theta), isValid(theta): whether it is an affine map, and whether it can be drawn.
// - endsWithOne: true if theta leaves out a last entry that is always 1; it is shown behind the typed numbers.
import { controlPoints, homography, tpsWeights } from "./splines.js";

export const CORNERS = [
  [-1, -1],
  [1, -1],
  [1, 1],
  [-1, 1],
];
export const CONTROLS = controlPoints();
export const MOST = 9; // of a number of theta
const LEAST_W = 0.05; // nearer to the horizon a pixel of the output is as wide as the whole input

export const smallestW = (theta) => 1 - Math.abs(theta[6]) - Math.abs(theta[7]);
const pairs = (flat) => Array.from({ length: flat.length / 2 }, (_, k) => [flat[2 * k], flat[2 * k + 1]]);

function divided(points, theta, w) {
  return Float64Array.from(
    points.flatMap(([x, y]) => [
      (theta[0] * x + theta[1] * y + theta[2]) / w(x, y),
      (theta[3] * x + theta[4] * y + theta[5]) / w(x, y),
    ]),
  );
}

const affine = {
  identity: [1, 0, 0, 0, 1, 0],
  handles: CORNERS,
  sources: (points) => (theta) => divided(points, theta, () => 1),
  held: (theta) => pairs(affine.sources(CORNERS)(theta)),
  // The opposite corner stays; the two corners between move half as far.
  drag(theta, k, x, y) {
    const [fromX, fromY] = affine.held(theta)[k];
    const [sx, sy] = CORNERS[k];
    const [dx, dy] = [(x - fromX) / 4, (y - fromY) / 4];
    return [sx * dx, sy * dx, 2 * dx, sx * dy, sy * dy, 2 * dy].map((by, i) => theta[i] + by);
  },
  move: (theta, dx, dy) => theta.map((value, i) => value + (i === 2 ? dx : i === 5 ? dy : 0)),
  closestAffine: (theta) => theta,
  from: (family, theta) => FAMILIES[family].closestAffine(theta),
  isAffine: () => true,
  isValid: () => true,
};

const projective = {
  identity: [1, 0, 0, 0, 1, 0, 0, 0],
  endsWithOne: true,
  handles: CORNERS,
  sources: (points) => (theta) => divided(points, theta, (x, y) => theta[6] * x + theta[7] * y + 1),
  held: (theta) => pairs(projective.sources(CORNERS)(theta)),
  drag(theta, k, x, y) {
    const corners = projective.held(theta).with(k, [x, y]);
    const found = homography(CORNERS, corners)?.slice(0, 8);
    return found && projective.isValid(found) ? found : null;
  },
  move(theta, dx, dy) {
    const last = [theta[6], theta[7], 1];
    return theta.map((value, i) => (i < 3 ? value + dx * last[i] : i < 6 ? value + dy * last[i - 3] : value));
  },
  closestAffine: (theta) => theta.slice(0, 6),
  from: (family, theta) => [...FAMILIES[family].closestAffine(theta), 0, 0],
  isAffine: (theta) => Math.abs(theta[6]) + Math.abs(theta[7]) < 1e-9,
  isValid: (theta) => theta.every(Number.isFinite) && smallestW(theta) >= LEAST_W,
};

// Thin plate splines: theta is the sources of 4 x 4 control points.
const tps = {
  identity: CONTROLS.flat(),
  handles: CONTROLS,
  held: (theta) => pairs(theta),
  sources(points) {
    let weights = null;
    let made = null;
    return (theta, smoothing = 0) => {
      if (made !== smoothing) [weights, made] = [tpsWeights(points, CONTROLS, smoothing), smoothing];
      const out = new Float64Array(2 * points.length);
      points.forEach((_, m) => {
        for (let k = 0; k < 32; k++) out[2 * m + (k % 2)] += weights[16 * m + (k >> 1)] * theta[k];
      });
      return out;
    };
  },
  drag: (theta, k, x, y) => theta.map((value, i) => (i >> 1 === k ? [x, y][i % 2] : value)),
  move: (theta, dx, dy) => theta.map((value, i) => value + [dx, dy][i % 2]),
  // Least squares on the control points, whose columns x, y and 1 are at right angles to each other.
  closestAffine(theta) {
    const along = (axis, weight) => CONTROLS.reduce((sum, point, k) => sum + weight(point) * theta[2 * k + axis], 0);
    const size = CONTROLS.reduce((sum, [x]) => sum + x * x, 0);
    return [0, 1].flatMap((axis) => [
      along(axis, ([x]) => x) / size,
      along(axis, ([, y]) => y) / size,
      along(axis, () => 1) / 16,
    ]);
  },
  from: (family, theta) => Array.from(FAMILIES[family].sources(CONTROLS)(theta)),
  isAffine(theta) {
    const plane = affine.sources(CONTROLS)(tps.closestAffine(theta));
    return Math.max(...plane.map((value, i) => Math.abs(value - theta[i]))) < 1e-6;
  },
  isValid: () => true,
};

export const FAMILIES = { affine, projective, tps };
