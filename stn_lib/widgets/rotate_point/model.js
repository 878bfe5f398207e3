// A point and the same point rotated; y points down, so a positive angle rotates clockwise on the screen.

// Half of the width and height of a point's name and, with what the point covers, how far away it is; in hundredths.
const [HALF, AWAY] = [
  [20, 7],
  [34, 21],
];

export function rotate({ radius, angle, by }) {
  const [alpha, phi] = [angle, by].map((degrees) => (degrees * Math.PI) / 180);
  const x = radius * Math.cos(alpha),
    y = radius * Math.sin(alpha),
    cos = Math.cos(phi),
    sin = Math.sin(phi);
  return { x, y, cos, sin, rotatedX: x * cos - y * sin, rotatedY: x * sin + y * cos };
}

// The middle of the name of a point at (x, y): beside the point, inside the border of the image, as close to the
// direction `wanted` (in degrees) as there is room.
export function placeName([x, y], wanted) {
  const at = (degrees) => {
    const turn = (degrees * Math.PI) / 180;
    const [dx, dy] = [Math.cos(turn), Math.sin(turn)];
    const far = Math.min(AWAY[0] / Math.abs(dx), AWAY[1] / Math.abs(dy));
    return [100 * x + far * dx, 100 * y + far * dy];
  };
  const fits = (middle) => middle.every((value, k) => Math.abs(value) + HALF[k] <= 98);
  for (let by = 0; by < 180; by += 5) {
    const found = [at(wanted + by), at(wanted - by)].find(fits);
    if (found) return found;
  }
  return at(wanted + 180);
}
