// What numbers are of: a tenant, a channel of it, or a queue of that channel; and how their metrics are called.

const LABELS = { tenant: ["tenant"], channel: ["tenant", "channel"], queue: ["tenant", "channel", "queue"] };
const ROLLING = "rolling_";

/** Return the level of a place: the narrowest it names. */
export function levelOf(place) {
  return place.queue ? "queue" : place.channel ? "channel" : "tenant";
}

/** Return the full name of a metric at a level. */
export function nameOf(metric, level) {
  return `support_${level}_${metric}`;
}

/** Return the labels that a number of the place has, the metric's own among them. */
export function labelsOf(place, more = {}) {
  const labels = {};
  for (const name of LABELS[levelOf(place)]) {
    labels[name] = place[name];
  }
  return { ...labels, ...more };
}

/** Return the window of a number: null where the metric is of this instant. */
export function windowOf(metric, window) {
  return metric.startsWith(ROLLING) ? window : null;
}

/** Return one number of a part, of a place, over a window; undefined if it is not known. */
export function valueOf(values, part, place, window) {
  return values.get(nameOf(part.metric, levelOf(place)), labelsOf(place, part.labels), windowOf(part.metric, window));
}

/** Return a tile's place with the tenant that the screen shows where it names none. */
export function placed(tile, tenant) {
  return { tenant: tile.tenant ?? tenant, channel: tile.channel, queue: tile.queue };
}

/** Return a query of the API for one number. */
export function queryOf(part, place, window) {
  const query = new URLSearchParams({ metric: nameOf(part.metric, levelOf(place)), ...labelsOf(place, part.labels) });
  const own = windowOf(part.metric, window);
  if (own) {
    query.set("window", own);
  }
  return query;
}
