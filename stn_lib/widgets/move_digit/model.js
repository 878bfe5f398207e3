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

// How much of a change is one step of a way, and how many steps it has at most.
const STEP = { right: 1, down: 1, rotation: 5, size: 0.05, tilt: 5, shadow: 0.05 };
const MOST = 24;

// The states on the straight way from one state to another, both included; the digit moves by whole pixels.
export function way(from, to) {
  const names = Object.keys(STEP);
  const far = Math.max(...names.map((name) => Math.abs(to[name] - from[name]) / STEP[name]));
  const count = Math.min(Math.ceil(far - 1e-9), MOST);
  const part = (name, k) => from[name] + (k / count) * (to[name] - from[name]);
  const at = (k) =>
    Object.fromEntries(names.map((name) => [name, STEP[name] === 1 ? Math.round(part(name, k)) : part(name, k)]));
  return [...Array.from({ length: count }, (_, k) => at(k)), to];
}
