// The thin ring around the point that is followed, and around the point where theta moves it.
import { s } from "../shared/dom.js";

const circles = (name) => [6.5, 1.2].map((r) => s("circle", { r, class: name }));
export const ring = () => s("g", { class: "stn-eye" }, circles("stn-halo"), circles("stn-iris"));
