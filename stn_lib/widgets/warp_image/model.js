// What theta does to the points of an image, and what it is made of.
import { toPixel } from "../shared/numerics.js";
import { FAMILIES } from "./families.js";

// A function of (family, theta, smoothing) to the sources of fixed points, flat; a spline's weights are kept.
export function makeMap(points) {
  const maps = Object.fromEntries(Object.entries(FAMILIES).map(([name, family]) => [name, family.sources(points)]));
  return (family, theta, smoothing = 0) => maps[family](theta, smoothing);
}

// The nearest theta of another family.
export const convert = (theta, from, to) => (from === to ? theta : FAMILIES[to].from(from, theta));

// What stays as it is under theta, and what theta is made of.
export function describe(family, theta) {
  const [a, b, tx, c, d, ty] = FAMILIES[family].closestAffine(theta);
  const kind = FAMILIES[family].isAffine(theta) ? "affine" : family;
  const determinant = a * d - b * c;
  const [xx, yy, xy] = [a * a + c * c, b * b + d * d, a * b + c * d];
  const near = 2e-3 * (xx + yy);
  const angles = kind === "affine" && Math.abs(xx - yy) < near && Math.abs(xy) < near && xx + yy > 1e-6;
  const scaleX = Math.sqrt(xx);
  const scaleY = determinant / scaleX;
  const parts = { rotation: (Math.atan2(c, a) * 180) / Math.PI, shear: xy / scaleX / scaleY, scale: [scaleX, scaleY] };
  return {
    kind,
    determinant,
    shift: [tx, ty],
    keeps: { lengths: angles && Math.abs(xx - 1) < 4e-3, angles, parallels: kind === "affine", lines: kind !== "tps" },
    parts: Math.abs(determinant) < 1e-6 ? null : parts,
  };
}

// Each pixel sent to theta of its place, rounded: NaN where nobody arrives. The later one wins.
export function push(image, height, width, sources) {
  const out = new Float64Array(height * width).fill(NaN);
  for (let p = 0; p < height * width; p++) {
    const column = Math.round(toPixel(sources[2 * p], width, false)),
      row = Math.round(toPixel(sources[2 * p + 1], height, false));
    if (column >= 0 && column < width && row >= 0 && row < height) out[row * width + column] = image[p];
  }
  return out;
}
