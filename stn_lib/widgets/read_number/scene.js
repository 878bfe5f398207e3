// House numbers at a chosen place on a wall: the twin of _scene.py. Pure.
import { affineGrid, gridSample } from "../shared/numerics.js";
import { hashNoise } from "../shared/random.js";

/** @typedef {{x: number, y: number, height: number, angle: number}} Place */
/** @typedef {{coarse: number[], blocks: number[][]}} Wall */
/**
 * @typedef {object} Scene what all canvases share
 * @property {number} size of the canvas in pixels
 * @property {number} side of a digit's image
 * @property {number} box height of the digit in it
 * @property {number} pitch pixels from one digit to the next
 * @property {number} glyph pixels that a digit is wide
 * @property {number} longest number of digits
 * @property {number} aspect
 * @property {number} contrast
 * @property {number} noise standard deviation
 */

/**
 * A wall without noise.
 * @param {Scene} scene
 * @param {Wall} wall
 */
export function wallImage({ size }, { coarse, blocks }) {
  const grid = affineGrid([1, 0, 0, 0, 1, 0], size, size, true);
  const image = gridSample(coarse, [1, 4, 4], grid, { padding: "border", alignCorners: true });
  for (const [top, left, bottom, right, grey] of blocks) {
    for (let row = top; row < bottom; row++) image.fill(grey, row * size + left, row * size + right);
  }
  return image;
}

/**
 * The noise of every canvas.
 * @param {Scene} scene
 */
export const noiseImage = ({ size, noise }) => hashNoise(size * size, noise);

/**
 * Half the width of a number of so many digits, in pixels of the canvas.
 * @param {Scene} scene
 * @param {number} length
 * @param {number} height
 */
export const halfWidth = ({ aspect, pitch, glyph, box }, length, height) =>
  (((aspect * ((length - 1) * pitch + glyph)) / 2) * height) / box;

/**
 * The digits side by side, and a mean over 2 × 2 pixels, without which the canvas would leave out every second one.
 * @param {Scene} scene
 * @param {Float32Array[]} glyphs
 * @param {number[]} digits
 */
export function rowImage({ side, pitch, longest }, glyphs, digits) {
  const width = side + (longest - 1) * pitch;
  const sharp = new Float32Array(side * width);
  digits.forEach((digit, k) => {
    for (let i = 0; i < side * side; i++) {
      const at = Math.floor(i / side) * width + k * pitch + (i % side);
      sharp[at] = Math.max(sharp[at], glyphs[digit][i]);
    }
  });
  const image = new Float32Array((side - 1) * (width - 1));
  for (let i = 0; i < image.length; i++) {
    const at = Math.floor(i / (width - 1)) * width + (i % (width - 1));
    image[i] = (sharp[at] + sharp[at + 1] + sharp[at + width] + sharp[at + width + 1]) / 4;
  }
  return { image, shape: /** @type {import("../shared/types").Shape} */ ([1, side - 1, width - 1]) };
}

/**
 * The theta that maps the canvas to the row of digits, of which the number is the first `length`.
 * @param {Scene} scene
 * @param {number} length
 * @param {Place} place
 */
export function rowTheta({ size, side, box, pitch, longest, aspect }, length, { x, y, height, angle }) {
  const turn = (angle * Math.PI) / 180;
  const scale = box / height;
  const [cos, sin] = [Math.cos(turn) * scale, Math.sin(turn) * scale];
  const back = [cos / aspect, -sin / aspect, sin, cos];
  const row = [(side + (longest - 1) * pitch - 1) / 2, (side - 1) / 2];
  const middle = [((length - 1) * pitch + side - 1) / 2, (side - 1) / 2];
  const shift = [middle[0] - row[0] - back[0] * x - back[1] * y, middle[1] - row[1] - back[2] * x - back[3] * y];
  const half = size / 2;
  return [
    (back[0] * half) / row[0],
    (back[1] * half) / row[0],
    shift[0] / row[0],
    (back[2] * half) / row[1],
    (back[3] * half) / row[1],
    shift[1] / row[1],
  ];
}

/**
 * A number on a wall.
 * @param {Scene} scene
 * @param {{image: Float32Array, shape: import("../shared/types").Shape}} row
 * @param {number} length
 * @param {Place} place
 * @param {import("../shared/types").Numbers} wall
 * @param {import("../shared/types").Numbers} noise
 */
export function drawNumber(scene, row, length, place, wall, noise) {
  const grid = affineGrid(rowTheta(scene, length, place), scene.size, scene.size);
  const shown = gridSample(row.image, row.shape, grid);
  const out = new Float32Array(shown.length);
  for (let i = 0; i < out.length; i++) {
    const value = wall[i] + scene.contrast * shown[i] * (1 - wall[i]) + noise[i];
    out[i] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
  return out;
}

/**
 * How far from the canvas's middle, right and down, a number's middle may be so that its box is whole on the canvas.
 * @param {Scene} scene
 * @param {number} length
 * @param {{height: number, angle: number}} place
 * @returns {[number, number]}
 */
export function room(scene, length, { height, angle }) {
  const turn = (angle * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.abs(Math.sin(turn))];
  const wide = halfWidth(scene, length, height);
  const most = scene.size / 2 - 1;
  return [Math.max(most - wide * cos - (height / 2) * sin, 0), Math.max(most - wide * sin - (height / 2) * cos, 0)];
}
