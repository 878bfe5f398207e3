// How a digit is rotated, scaled and placed in the frame, by hand or at random as in stn_lib.data. No DOM.
import { affineGrid, gridSample } from "./numerics.js";

/** @typedef {{x: number, y: number, degrees: number, scale: number}} Pose */
/** @typedef {{degrees: number, scale: [low: number, high: number], ink: number}} Recipe */

/**
 * Output → input: the theta that shows a digit of `small` pixels rotated by `degrees` (counter-clockwise on
 * the screen), `scale` times as large, its centre (x, y) pixels from the centre of a frame of `large` pixels.
 * @param {Pose} pose
 * @param {number} small
 * @param {number} large
 */
export function placementTheta({ x, y, degrees, scale }, small, large) {
  const angle = (degrees * Math.PI) / 180,
    c = Math.cos(angle) / scale,
    n = Math.sin(angle) / scale;
  const zoom = large / small,
    shift = 2 / small;
  return [zoom * c, -zoom * n, -shift * (c * x - n * y), zoom * n, zoom * c, -shift * (n * x + c * y)];
}

/**
 * @param {import("./types").Numbers} digit
 * @param {number} small
 * @param {number} large
 * @param {Pose} pose
 */
export function placeDigit(digit, small, large, pose) {
  return gridSample(digit, [1, small, small], affineGrid(placementTheta(pose, small, large), large, large));
}

/**
 * How far from the frame's centre, to each side, the centre of a digit may be so that it fits whole.
 * @param {{degrees: number, scale: number}} pose
 * @param {{ink: number}} recipe
 * @param {number} large
 */
export function room({ degrees, scale }, { ink }, large) {
  const angle = (degrees * Math.PI) / 180;
  return Math.max(large / 2 - (ink / 2) * scale * (Math.abs(Math.cos(angle)) + Math.abs(Math.sin(angle))), 0);
}

/**
 * Four numbers from 0 to 1, in stn_lib's order, as a distortion of the recipe: rotation, scale, place.
 * @param {Recipe} recipe
 * @param {number[]} draws
 * @param {number} large
 * @returns {Pose}
 */
export function randomPlace(recipe, [rotation, size, across, down], large) {
  const [low, high] = recipe.scale;
  const state = { degrees: (2 * rotation - 1) * recipe.degrees, scale: low + (high - low) * size };
  const side = room(state, recipe, large);
  return { ...state, x: (2 * across - 1) * side, y: (2 * down - 1) * side };
}

/**
 * Whether the recipe could have drawn it.
 * @param {Pose} state
 * @param {Recipe} recipe
 * @param {number} large
 */
export function isTrained(state, recipe, large) {
  const side = room(state, recipe, large) + 1e-9,
    [low, high] = recipe.scale;
  return (
    Math.abs(state.degrees) <= recipe.degrees &&
    state.scale >= low &&
    state.scale <= high &&
    Math.abs(state.x) <= side &&
    Math.abs(state.y) <= side
  );
}
