// How a digit is turned, sized and placed in the frame, by hand or at random as in stn_lib.data: pure functions, no DOM.
import { affineGrid, gridSample } from "./twin.js";

// Output → input: the theta that shows a digit of `small` pixels turned by `degrees` (clockwise on the
// screen), `scale` times as large, its centre (x, y) pixels from the centre of a frame of `large` pixels.
export function placing({ x, y, degrees, scale }, small, large) {
  const turn = (degrees * Math.PI) / 180, c = Math.cos(turn) / scale, n = Math.sin(turn) / scale;
  const zoom = large / small, shift = 2 / small;
  return [zoom * c, zoom * n, -shift * (c * x + n * y), -zoom * n, zoom * c, -shift * (-n * x + c * y)];
}

export function place(digit, small, large, state) {
  return gridSample(digit, [1, small, small], affineGrid(placing(state, small, large), large, large));
}

// How far from the frame's centre, to each side, a digit may stand so that it fits whole.
export function room({ degrees, scale }, { ink }, large) {
  const turn = (degrees * Math.PI) / 180;
  return Math.max(large / 2 - (ink / 2) * scale * (Math.abs(Math.cos(turn)) + Math.abs(Math.sin(turn))), 0);
}

// Four numbers from 0 to 1, in stn_lib's order, as a distortion of the recipe. Its angles run counter-clockwise.
export function randomPlace(recipe, [turn, size, across, down], large) {
  const [low, high] = recipe.scale;
  const state = { degrees: (1 - 2 * turn) * recipe.degrees, scale: low + (high - low) * size };
  const side = room(state, recipe, large);
  return { ...state, x: (2 * across - 1) * side, y: (2 * down - 1) * side };
}

// Whether the recipe could have drawn it.
export function isTrained(state, recipe, large) {
  const side = room(state, recipe, large) + 1e-9, [low, high] = recipe.scale;
  return Math.abs(state.degrees) <= recipe.degrees && state.scale >= low && state.scale <= high
    && Math.abs(state.x) <= side && Math.abs(state.y) <= side;
}

// Numbers from 0 to 1 that a seed decides (mulberry32), so that a page shows every reader the same first hundred.
export function makeRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
