// A point and the same point rotated; y points down, so a positive angle rotates clockwise on the screen.

export function rotate({ radius, angle, by }) {
  const [alpha, phi] = [angle, by].map((degrees) => (degrees * Math.PI) / 180);
  const x = radius * Math.cos(alpha),
    y = radius * Math.sin(alpha),
    cos = Math.cos(phi),
    sin = Math.sin(phi);
  return { x, y, cos, sin, rotatedX: x * cos - y * sin, rotatedY: x * sin + y * cos };
}
