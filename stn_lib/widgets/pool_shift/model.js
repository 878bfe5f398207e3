// The twin of stn_lib.pooling, along one axis and along two.

// The value at an index that may lie outside.
export function valueAt(line, i, outside) {
  const n = line.length;
  if (i >= 0 && i < n) return line[i];
  if (outside === "zeros") return 0;
  if (outside === "circular") return line[((i % n) + n) % n];
  return line[i < 0 ? -i : 2 * (n - 1) - i]; // "reflect": mirrored about the outermost value
}

export const shiftLine = (line, by, outside) => line.map((_, i) => valueAt(line, i - by, outside));

export const denseLine = (line, outside) => line.map((value, i) => Math.max(value, valueAt(line, i + 1, outside)));

export function blurLine(line, taps, outside) {
  const total = taps.reduce((a, b) => a + b, 0),
    before = Math.floor((taps.length - 1) / 2);
  const beyond = outside === "circular" ? "circular" : "reflect";
  return line.map((_, i) => taps.reduce((sum, tap, k) => sum + tap * valueAt(line, i + k - before, beyond), 0) / total);
}

const transpose = (rows) => rows[0].map((_, x) => rows.map((row) => row[x]));

// `rows`: an array of lines. One line alone is a signal, and is pooled along x only.
function alongBoth(rows, step) {
  const across = rows.map(step);
  return rows.length === 1 ? across : transpose(transpose(across).map(step));
}

const norm = (rows) => rows.reduce((sum, row) => row.reduce((t, v) => t + v * v, sum), 0);

// The values after each step of pooling `rows`; keep: "first" or "largest" (the phase with the largest norm).
export function pool(rows, { taps, outside, keep }) {
  const dense = alongBoth(rows, (line) => denseLine(line, outside));
  const blurred = alongBoth(dense, (line) => blurLine(line, taps, outside));
  const phases = [];
  for (let i = 0; i < (rows.length === 1 ? 1 : 2); i++) {
    for (let j = 0; j < 2; j++) {
      const kept = blurred
        .filter((_, y) => rows.length === 1 || y % 2 === i)
        .map((row) => row.filter((_, x) => x % 2 === j));
      phases.push({ i, j, kept });
    }
  }
  const best =
    keep === "first" ? phases[0] : phases.reduce((a, b) => (norm(b.kept) > norm(a.kept) * (1 + 1e-12) ? b : a));
  return { dense, blurred, kept: best.kept, phase: [best.i, best.j] };
}

function meanDifference(a, b) {
  let sum = 0;
  a.forEach((row, y) =>
    row.forEach((v, x) => {
      sum += Math.abs(v - b[y][x]);
    }),
  );
  return sum / (a.length * a[0].length);
}

// Pools the shifted rows and the unshifted ones. The latter are then shifted by whole places: by one for a shift of 2,
// by none for a shift of 1 (unless APS keeps the other phase). If both phases are equally strong, APS keeps the first,
// before and after the shift; its output may then have moved by the next whole place.
export function compare(rows, by, options) {
  const shifted = rows.map((line) => shiftLine(line, by, options.outside));
  const after = pool(shifted, options),
    still = pool(rows, options);
  const half = (by + still.phase[1] - after.phase[1]) / 2;
  const aligned = (places) => {
    const moved = still.kept.map((line) => shiftLine(line, places, options.outside));
    return { places, moved, difference: meanDifference(after.kept, moved) };
  };
  const near = aligned(Math.trunc(half)),
    next = options.keep === "largest" ? aligned(Math.trunc(half) + Math.sign(half % 1)) : near;
  return { shifted, ...after, ...(next.difference < near.difference - 1e-9 ? next : near) };
}

// Magnitudes of the discrete Fourier transform, from 0 to half a cycle a sample, divided by the length.
export function spectrum(line) {
  const n = line.length;
  return Array.from({ length: Math.floor(n / 2) + 1 }, (_, k) => {
    let re = 0,
      im = 0;
    line.forEach((v, i) => {
      re += v * Math.cos((2 * Math.PI * k * i) / n);
      im += v * Math.sin((2 * Math.PI * k * i) / n);
    });
    return Math.hypot(re, im) / n;
  });
}

// The factor by which a blur scales a frequency (in cycles per sample).
export function response(taps, frequency) {
  const total = taps.reduce((a, b) => a + b, 0);
  let re = 0,
    im = 0;
  taps.forEach((tap, k) => {
    re += tap * Math.cos(2 * Math.PI * frequency * k);
    im += tap * Math.sin(2 * Math.PI * frequency * k);
  });
  return Math.hypot(re, im) / total;
}
