// What the reader may do to theta, to the point that is followed and to what is shown.
import { getTraits, setTraits } from "../shared/mount.js";
import { interpolate } from "../shared/text.js";
import { FAMILIES, MOST } from "./families.js";
import { convert } from "./model.js";

export const TRAITS = ["family", "theta", "smoothing", "show", "x", "y"];

const tidy = (theta) => theta.map((value) => Math.round(value * 1e4) / 1e4);

// `said()` is what there is to say of the last thing that the reader tried, if it cannot be.
export function makeState(model, words, redraw) {
  let said = "";
  let glance = null; // a point under the mouse
  const now = () => getTraits(model, TRAITS);
  const family = () => FAMILIES[now().family];
  const say = (text) => {
    said = text;
    redraw();
  };
  const put = (values) => {
    glance = null;
    setTraits(model, values);
    say("");
  };
  const offer = (theta) => {
    if (!theta) return say(words.refused);
    if (theta.some((value) => Math.abs(value) > MOST)) return say(words.most);
    return put({ theta: tidy(theta) });
  };
  const middle = () => {
    const six = family().closestAffine(now().theta);
    return [six[2], six[5]];
  };
  const act = {
    middle,
    drag: (k, x, y) => offer(family().drag(now().theta, k, x, y)),
    move: (x, y) => offer(family().move(now().theta, x - middle()[0], y - middle()[1])),
    // A number that is typed: one out of range comes to the end of the range.
    set: (k, value) => {
      const limit = Math.min(Math.max(value, -MOST), MOST);
      const theta = now().theta.with(k, limit);
      offer(family().isValid(theta) ? theta : null);
      if (limit !== value && !said) say(interpolate(words.clamped, { limit: String(limit).replace("-", "\u2212") }));
    },
    convert: (name) => put({ family: name, theta: tidy(convert(now().theta, now().family, name)) }),
    follow: (x, y) => put({ x, y }),
    glance: (point) => {
      glance = point;
      redraw();
    },
  };
  const followed = () => glance ?? [now().x, now().y];
  return { now, put, act, followed, said: () => said };
}
