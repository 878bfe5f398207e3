// Projective maps and thin plate splines from points. A test holds them to stn_lib.transforms.

// The linear system `rows` (n, n + m), solved for its m right-hand sides, in place; null if it has no single solution.
export function solve(rows) {
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[best][k])) best = i;
    if (Math.abs(rows[best][k]) < 1e-9) return null;
    [rows[k], rows[best]] = [rows[best], rows[k]];
    rows[k] = rows[k].map((value) => value / rows[k][k]);
    for (let i = 0; i < n; i++) {
      const factor = rows[i][k];
      if (i !== k && factor) for (let j = k; j < rows[i].length; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  return rows.map((row) => row.slice(n));
}

// The nine numbers of the projective theta that takes four points to four others; null where there is none.
export function homography(targets, sources) {
  const rows = targets.flatMap(([x, y], k) => {
    const [u, v] = sources[k];
    return [
      [x, y, 1, 0, 0, 0, -x * u, -y * u, u],
      [0, 0, 0, x, y, 1, -x * v, -y * v, v],
    ];
  });
  return solve(rows)?.flat().concat(1) ?? null;
}

export function controlPoints(rows = 4, columns = 4) {
  return Array.from({ length: rows * columns }, (_, k) => [
    (2 * (k % columns)) / (columns - 1) - 1,
    (2 * Math.floor(k / columns)) / (rows - 1) - 1,
  ]);
}

const bend = ([x, y], [u, v]) => {
  const square = (x - u) ** 2 + (y - v) ** 2;
  return square ? (square * Math.log(square)) / 2 : 0;
};

// How much each control point's source counts at each point of a thin plate spline: (points, controls), flat.
export function tpsWeights(points, controls, regularization = 0) {
  const count = controls.length;
  const plane = controls.map(([x, y]) => [x, y, 1]);
  const unit = (k) => controls.map((_, i) => Number(i === k));
  const system = [
    ...controls.map((p, i) => [
      ...controls.map((q, k) => bend(p, q) + (i === k ? regularization : 0)),
      ...plane[i],
      ...unit(i),
    ]),
    ...[0, 1, 2].map((axis) => [...plane.map((row) => row[axis]), 0, 0, 0, ...unit(-1)]),
  ];
  const solution = solve(system);
  const out = new Float64Array(points.length * count);
  points.forEach((p, m) => {
    const terms = [...controls.map((q) => bend(p, q)), p[0], p[1], 1];
    for (let k = 0; k < count; k++) {
      let sum = 0;
      for (let i = 0; i < count + 3; i++) sum += terms[i] * solution[i][k];
      out[m * count + k] = sum;
    }
  });
  return out;
}
