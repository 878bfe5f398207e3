// Five lines along each axis of the output, and the paths of their sources.

const LINES = [-1, -0.5, 0, 0.5, 1];
const FINE = 16; // pieces of a line
export const LETTERS = ["A", "B", "C", "D"]; // of the corners
export const LATTICE = [0, 1].flatMap((axis) =>
  LINES.flatMap((at) =>
    Array.from({ length: FINE + 1 }, (_, k) => [at, (2 * k) / FINE - 1]).map(([u, v]) => (axis ? [v, u] : [u, v])),
  ),
);

export function latticePath(points) {
  let d = "";
  for (let k = 0; k < points.length / 2; k++)
    d += `${k % (FINE + 1) ? "L" : "M"}${(100 * points[2 * k]).toFixed(1)} ${(100 * points[2 * k + 1]).toFixed(1)}`;
  return d;
}

// The border of the frame: the first and the last line of each direction of the lattice.
export function outline(points) {
  const at = (line, k) => {
    const p = 2 * (line * (FINE + 1) + k);
    return `${(100 * points[p]).toFixed(1)} ${(100 * points[p + 1]).toFixed(1)}`;
  };
  const run = Array.from({ length: FINE + 1 }, (_, k) => k),
    back = [...run].reverse();
  return (
    "M" +
    [
      ...run.map((k) => at(5, k)),
      ...run.map((k) => at(4, k)),
      ...back.map((k) => at(9, k)),
      ...back.map((k) => at(0, k)),
    ].join("L") +
    "Z"
  );
}
