// Sparklines: one line of SVG, as wide as its time.

import { mark, s } from "./dom.js";

const WIDTH = 200;
const HEIGHT = 40;
const EDGE = 2;
const LEAST = 1 / 20;

/** Return an element for `draw`; what it shows stands in words beside it. */
export function sparkline() {
  const target = s("line", { class: "spark-target", x1: 0, x2: WIDTH, visibility: "hidden" });
  const area = s("path", { class: "spark-area" });
  const line = s("path", { class: "spark-line" });
  const box = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "spark", "aria-hidden": "true" });
  box.append(area, target, line);
  return { box, area, line, target };
}

/** Draw points [ms, value or null], oldest first, of the last `spanMs`; where a value is null the line is broken. */
export function draw(spark, points, { spanMs, toMs, target = null }) {
  const seen = points.filter(([at]) => at >= toMs - spanMs);
  const values = seen.map(([, value]) => value).filter((value) => value !== null);
  // Two minutes of an hour are no trend.
  if (values.length < 2 || seen.at(-1)[0] - seen[0][0] < spanMs * LEAST) {
    mark(spark.line, "d", "");
    mark(spark.area, "d", "");
    mark(spark.target, "visibility", "hidden");
    return;
  }
  const all = target === null ? values : [...values, target];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const x = (at) => round(WIDTH - ((toMs - at) / spanMs) * WIDTH);
  const y = (value) =>
    most === least ? HEIGHT / 2 : round(HEIGHT - EDGE - ((value - least) / (most - least)) * (HEIGHT - 2 * EDGE));
  let path = "";
  let area = "";
  let begun = null;
  let last = null;
  const close = () => {
    if (begun !== null) {
      area += `L${x(last)} ${HEIGHT}L${x(begun)} ${HEIGHT}Z`;
    }
    begun = null;
  };
  for (const [at, value] of seen) {
    if (value === null) {
      close();
      continue;
    }
    const step = `${begun === null ? "M" : "L"}${x(at)} ${y(value)}`;
    path += step;
    area += step;
    begun ??= at;
    last = at;
  }
  close();
  mark(spark.line, "d", path);
  mark(spark.area, "d", area);
  mark(spark.target, "visibility", target === null ? "hidden" : "visible");
  if (target !== null) {
    mark(spark.target, "y1", y(target));
    mark(spark.target, "y2", y(target));
  }
}

function round(value) {
  return Math.round(value * 10) / 10;
}
