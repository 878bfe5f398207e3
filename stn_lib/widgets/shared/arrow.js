// An arrow as an SVG path.

/**
 * Shaft and head in one path; empty where the arrow is shorter than its head.
 * @param {number} x
 * @param {number} y
 * @param {number} dx
 * @param {number} dy
 * @param {number} [head]
 */
export function arrowPath(x, y, dx, dy, head = 7) {
  const length = Math.hypot(dx, dy);
  if (length < 2) return "";
  const [ux, uy] = [dx / length, dy / length];
  const size = Math.min(head, length * 0.6);
  const [tipX, tipY] = [x + dx, y + dy];
  const [baseX, baseY] = [tipX - ux * size, tipY - uy * size];
  const side = size * 0.6;
  return (
    `M${x} ${y}L${baseX} ${baseY}M${tipX} ${tipY}L${baseX - uy * side} ${baseY + ux * side}` +
    `L${baseX + uy * side} ${baseY - ux * side}Z`
  );
}
