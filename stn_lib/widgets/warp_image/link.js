// The arrow of theta from the point that is followed to where theta moves it, over both windows.
import { s, setAttributes } from "../shared/dom.js";

const [START, END, HEAD] = [10, 11, 8]; // pixels that the arrow keeps from the two points, and its head

export function makeLink() {
  const line = s("path", { class: "stn-shaft" });
  const head = s("path", { class: "stn-head-of" });
  const name = s("text", { class: "stn-link-name" }, "\u03b8");
  const node = s("svg", { class: "stn-link", "aria-hidden": "true" }, line, head, name);
  // From one place of the screen to another; the name is where the arrow is at `middle`, between the windows.
  const draw = (from, to, middle) => {
    const box = node.getBoundingClientRect();
    const [[ax, ay], [bx, by]] = [from, to].map(([x, y]) => [x - box.left, y - box.top]);
    const length = Math.hypot(bx - ax, by - ay);
    const [mx, my] = [(ax + bx) / 2, (ay + by) / 2 - 0.14 * length]; // the arrow is bent upwards
    const aside = ([x, y], by_) => {
      const far = Math.hypot(mx - x, my - y) || 1;
      return [x + ((mx - x) / far) * by_, y + ((my - y) / far) * by_];
    };
    const [p, q, tip] = [aside([ax, ay], START), aside([bx, by], END + HEAD), aside([bx, by], END)];
    const [ux, uy] = [(tip[0] - q[0]) / HEAD, (tip[1] - q[1]) / HEAD];
    const side = (sign) => `${q[0] - sign * 0.6 * HEAD * uy} ${q[1] + sign * 0.6 * HEAD * ux}`;
    line.setAttribute("d", `M${p}Q${mx} ${my} ${q}`);
    head.setAttribute("d", `M${tip}L${side(1)}L${side(-1)}Z`);
    const x = middle - box.left;
    const t = (x - ax) / (bx - ax || 1); // mx is halfway between ax and bx
    setAttributes(name, { x, y: (1 - t) ** 2 * ay + 2 * t * (1 - t) * my + t ** 2 * by - 17 });
  };
  return { node, draw };
}
