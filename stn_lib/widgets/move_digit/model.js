// The twin of stn_lib.data.view_change.
import { gridSample, projectiveGrid } from "../shared/numerics.js";

// The theta (3, 3), row by row: normalised, output to input; a positive rotation is counter-clockwise on the screen.
export function viewTheta({ right, down, rotation, size, tilt }, small, large, distance) {
  const lean = (tilt * Math.PI) / 180,
    phi = (rotation * Math.PI) / 180;
  const c = Math.cos(phi) / size,
    n = Math.sin(phi) / size;
  const k = 1 / Math.cos(lean),
    g = -Math.tan(lean) / (distance * small);
  const away = [k, 0, -k * right],
    along = [0, 1, -down],
    depth = [g, 0, 1 - g * right];
  const rows = [away.map((v, i) => c * v - n * along[i]), away.map((v, i) => c * along[i] + n * v), depth];
  const half = large / 2,
    unit = 2 / small;
  return rows.flatMap(([a, b, t], i) => [a * half, b * half, t].map((v) => (i < 2 ? v * unit : v)));
}

export function viewChange(digit, small, large, distance, state) {
  const grid = projectiveGrid(viewTheta(state, small, large, distance), large, large);
  const out = gridSample(digit, [1, small, small], grid);
  if (state.shadow > 0) {
    for (let i = 0; i < out.length; i++) {
      out[i] = 1 - (1 - (state.shadow * ((i % large) + 0.5)) / large) * (1 - out[i]);
    }
  }
  return out;
}
