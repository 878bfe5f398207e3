// A drawn bird in a chosen pose: the twin of stn_lib.data.birds. Pure. Places are in pixels, y down.
import { affineGrid, gridSample } from "../shared/numerics.js";

/** @typedef {import("../shared/types").Numbers} Numbers */
/**
 * @typedef {object} Facts what all birds share
 * @property {number} side of the image
 * @property {number} period of the waves
 * @property {number} contrast
 * @property {number} noise standard deviation
 * @property {number[][]} waves weights of the waves of each pattern
 * @property {number[]} bodyAxes half-axes of the body of a bird of size 1
 * @property {number} headRadius
 * @property {number} margin
 * @property {number} window half of a window's sides; half of the image's are 1
 */
/**
 * @typedef {object} Setting what makes one bird differ from another, but for its pose
 * @property {number} tilt
 * @property {number[]} neck from the body's centre to the head's
 * @property {number[]} phases of the waves
 * @property {number[]} wall (3, 4, 4)
 * @property {number[][]} colours of limbs, neck, body, head and distractors
 * @property {number[][]} blobs distractors: centre x and y from the image's corner, half-axes
 */
/**
 * @typedef {object} Pose
 * @property {number} x of the body's centre, from the image's
 * @property {number} y
 * @property {number} size
 * @property {1 | -1} mirror
 */
/** @typedef {{centre: number[], extent: number[]}} Box in pixels from the image's centre */
/** @typedef {(x: number, y: number) => number} Field a number at a place of the bird, or of the image */

/** @type {(x: number, y: number) => number} Math.hypot takes many times as long */
const norm = (x, y) => Math.sqrt(x * x + y * y);

/** @type {(centre: number[], radius: number) => Field} */
const circle =
  ([cx, cy], radius) =>
  (x, y) =>
    norm(x - cx, y - cy) - radius;

/** @type {(centre: number[], axes: number[]) => Field} */
const ellipse =
  ([cx, cy], [a, b]) =>
  (x, y) => {
    const [p, q] = [(x - cx) / a, (y - cy) / b];
    return (p * p + q * q - 1) / Math.max(2 * norm(p / a, q / b), 1e-6);
  };

/** @type {(start: number[], end: number[], radius: number) => Field} a thick line with round ends */
function segment([sx, sy], [ex, ey], radius) {
  const [dx, dy] = [ex - sx, ey - sy];
  const square = dx * dx + dy * dy;
  return (x, y) => {
    const along = Math.min(Math.max(((x - sx) * dx + (y - sy) * dy) / square, 0), 1);
    return norm(x - sx - along * dx, y - sy - along * dy) - radius;
  };
}

/** @typedef {[a: number, b: number, c: number, d: number, e: number, f: number]} Map (a x + b y + c, d x + e y + f) */
/**
 * @typedef {object} Shape
 * @property {Field} distance from its edge, negative inside
 * @property {number[]} around a box that it is in: centre x and y, and how far the box reaches
 * @property {number[]} colour
 * @property {Field} [pattern] what is added to the colour
 */

/**
 * Paint a shape over an image.
 * @param {Float32Array} image
 * @param {number} side
 * @param {Map} map of the image's pixels to the shape's coordinates
 * @param {number} size a distance of 1, in pixels
 * @param {Shape} shape its box in pixels, all else in its own coordinates
 */
function paint(image, side, [a, b, c, d, e, f], size, { distance, around: [left, top, far], colour, pattern }) {
  const [x0, y0] = [left, top].map((value) => Math.max(Math.floor(value - far - 1), 0));
  const [x1, y1] = [left, top].map((value) => Math.min(Math.ceil(value + far + 1), side));
  const [plane, reach] = [side * side, 0.5 / size];
  const [red, green, blue] = colour;
  for (let row = y0; row < y1; row++) {
    for (let column = x0; column < x1; column++) {
      const u = a * (column + 0.5) + b * (row + 0.5) + c;
      const v = d * (column + 0.5) + e * (row + 0.5) + f;
      const away = distance(u, v);
      if (away >= reach) continue;
      const share = Math.min((reach - away) * size, 1); // of the pixel: an edge is one pixel wide
      const added = pattern ? pattern(u, v) : 0;
      const at = row * side + column;
      image[at] += share * (red + added - image[at]);
      image[at + plane] += share * (green + added - image[at + plane]);
      image[at + 2 * plane] += share * (blue + added - image[at + 2 * plane]);
    }
  }
}

/**
 * A background with its distractors.
 * @param {Facts} facts
 * @param {Setting} setting
 */
export function groundImage({ side }, { wall, colours, blobs }) {
  const grid = affineGrid([1, 0, 0, 0, 1, 0], side, side);
  const image = /** @type {Float32Array} */ (gridSample(wall, [3, 4, 4], grid, { padding: "border" }));
  blobs.forEach(([x, y, a, b], k) => {
    const shape = { distance: ellipse([x, y], [a, b]), around: [x, y, Math.max(a, b)], colour: colours[4 + k] };
    paint(image, side, [1, 0, 0, 0, 1, 0], 1, shape);
  });
  return image;
}

/**
 * Where head and body are.
 * @param {Facts} facts
 * @param {Setting} setting
 * @param {Pose} pose
 * @returns {[head: Box, body: Box]}
 */
export function birdParts({ bodyAxes: [a, b], headRadius }, { tilt, neck }, { x, y, size, mirror }) {
  const [cos, sin] = [Math.cos(tilt), Math.sin(tilt)];
  const [u, v] = [neck[0] * mirror, neck[1]];
  const radius = size * headRadius;
  return [
    { centre: [x + size * (cos * u - sin * v), y + size * (sin * u + cos * v)], extent: [radius, radius] },
    { centre: [x, y], extent: [size * Math.hypot(cos * a, sin * b), size * Math.hypot(sin * a, cos * b)] },
  ];
}

/**
 * The nearest pose whose parts are in the image.
 * @template {Pose} P
 * @param {Facts} facts
 * @param {Setting} setting
 * @param {P} pose
 * @returns {P}
 */
export function keepInside(facts, setting, pose) {
  const parts = birdParts(facts, setting, { ...pose, x: 0, y: 0 });
  const room = facts.side / 2 - facts.margin;
  const [x, y] = [pose.x, pose.y].map((value, axis) => {
    const low = Math.min(...parts.map(({ centre, extent }) => centre[axis] - extent[axis]));
    const high = Math.max(...parts.map(({ centre, extent }) => centre[axis] + extent[axis]));
    return Math.min(Math.max(value, -room - low), room - high);
  });
  return { ...pose, x, y };
}

/**
 * The share of a part's box that is in a window.
 * @param {Facts} facts
 * @param {number[]} window its centre, in pixels from the image's
 * @param {Box} part
 */
export function holds({ side, window: half }, window, { centre, extent }) {
  const reach = (half * side) / 2;
  return [0, 1].reduce((share, axis) => {
    const low = Math.max(window[axis] - reach, centre[axis] - extent[axis]);
    const high = Math.min(window[axis] + reach, centre[axis] + extent[axis]);
    return (share * Math.max(high - low, 0)) / (2 * extent[axis]);
  }, 1);
}

/**
 * The pattern at a place, from what the waves across and along are there: between minus and plus its strength.
 * @param {Facts} facts
 * @param {number} kind
 * @param {number} across angle of the wave
 * @param {number} along
 */
export function patternAt({ waves, contrast }, kind, across, along) {
  const [a, b, both] = waves[kind];
  const [u, v] = [Math.cos(across), Math.cos(along)];
  return contrast * (a * u + b * v + both * u * v);
}

/**
 * The bird on its background, without noise.
 * @param {Facts} facts
 * @param {Setting} setting
 * @param {Pose & {head: number, body: number}} bird its pose and its patterns
 * @param {Float32Array} ground
 * @param {{ball?: {x: number, y: number, pattern: number | null}, covered?: boolean}} [added] a ball as large as the
 *   head, behind the bird, and whether another one covers the head
 */
export function drawBird(facts, setting, bird, ground, { ball, covered = false } = {}) {
  const { side, bodyAxes, headRadius, period } = facts;
  const { colours, neck, phases, tilt } = setting;
  const { size, mirror } = bird;
  const [x, y] = [bird.x + side / 2, bird.y + side / 2];
  const [cos, sin] = [Math.cos(tilt), Math.sin(tilt)];
  const [a, b, d, e] = [(mirror * cos) / size, (mirror * sin) / size, -sin / size, cos / size];
  const map = /** @type {Map} */ ([a, b, -a * x - b * y, d, e, -d * x - e * y]);
  const image = ground.slice();
  /** @type {(u: number, v: number) => [number, number]} a place of the bird in the image */
  const place = (u, v) => [x + size * (cos * mirror * u - sin * v), y + size * (sin * mirror * u + cos * v)];
  const rate = (2 * Math.PI * size) / period;
  /** @type {(kind: number) => Field} */
  const pattern = (kind) => (u, v) => patternAt(facts, kind, rate * u + phases[0], rate * v + phases[1]);
  /** @type {(centre: [number, number], far: number, distance: Field, colour: number[], pattern?: Field) => void} */
  const put = (centre, far, distance, colour, own) =>
    paint(image, side, map, size, { distance, around: [...place(...centre), far * size], colour, pattern: own });
  if (ball) {
    const at = /** @type {[number, number]} */ ([ball.x + side / 2, ball.y + side / 2]);
    const [u, v] = [a * (at[0] - x) + b * (at[1] - y), d * (at[0] - x) + e * (at[1] - y)];
    put(
      [u, v],
      headRadius,
      circle([u, v], headRadius),
      colours[4],
      ball.pattern === null ? undefined : pattern(ball.pattern),
    );
  }
  /** @type {(start: number[], end: number[], radius: number, colour: number[]) => void} */
  const stroke = ([u0, v0], [u1, v1], radius, colour) => {
    const far = norm(u1 - u0, v1 - v0) / 2 + radius;
    put([(u0 + u1) / 2, (v0 + v1) / 2], far, segment([u0, v0], [u1, v1], radius), colour);
  };
  const [hu, hv] = neck;
  const dark = colours[0].map((value) => value / 2);
  stroke([-18, -2], [-38, 6], 5, dark); // tail, beak and legs do not meet
  stroke([hu + 8, hv + 1], [hu + 18, hv + 3], 2.2, dark);
  for (const u of [-5, 5]) stroke([u, 12], [u, 27], 1.3, dark);
  stroke(neck, [hu - 7, hv + 27], 7, colours[1]);
  put([0, 0], bodyAxes[0], ellipse([0, 0], bodyAxes), colours[2], pattern(bird.body));
  put([hu, hv], headRadius, circle(neck, headRadius), colours[3], pattern(bird.head));
  put([hu + 5, hv - 3], 1.6, circle([hu + 5, hv - 3], 1.6), [0.05, 0.05, 0.05]);
  if (covered) put([hu, hv], headRadius * COVER, circle(neck, headRadius * COVER), colours[5]);
  return image;
}

const COVER = 1.15; // times the head's radius

/**
 * An image with noise, in [0, 1].
 * @param {Float32Array} image is changed
 * @param {Numbers} noise
 */
export function addNoise(image, noise) {
  for (let i = 0; i < image.length; i++) {
    const value = image[i] + noise[i];
    image[i] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
  return image;
}

/**
 * Probabilities of head and body patterns, from those of the classes.
 * @param {number[]} probabilities
 * @param {number} kinds
 */
export function marginals(probabilities, kinds) {
  const each = Array.from({ length: kinds }, (_, k) => k);
  const sum = (/** @type {number[]} */ at) => at.reduce((total, i) => total + probabilities[i], 0);
  return [
    each.map((head) => sum(each.map((body) => head * kinds + body))),
    each.map((body) => sum(each.map((head) => head * kinds + body))),
  ];
}
