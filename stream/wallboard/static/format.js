// Numbers and times as the reader's locale writes them. Durations are seconds, instants epoch milliseconds.

import { texts } from "./texts.js";

const asked = new URLSearchParams(location.search).get("lang");
const locale = known(asked) ?? navigator.languages;
const counts = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const means = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
const seconds = new Intl.NumberFormat(locale, { style: "unit", unit: "second", unitDisplay: "narrow", maximumFractionDigits: 0 });
const days = new Intl.NumberFormat(locale, { style: "unit", unit: "day", unitDisplay: "narrow" });
const twoDigits = new Intl.NumberFormat(locale, { minimumIntegerDigits: 2, useGrouping: false });
const times = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const clocks = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const dates = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
const calendar = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const weekdays = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" });
const DAY_S = 86400;
const MONDAY_MS = Date.UTC(2024, 0, 1);

/** Return how a number of one of the API's units is shown. */
export function unitOf(unit) {
  return { seconds: "s", s: "s", ratio: "ratio" }[unit] ?? "count";
}

/** Return a value of a unit in words; unknown is a dash. */
export function shown(unit, value) {
  if (value === null || value === undefined) {
    return texts.none;
  }
  return { count, ratio: percent, s: duration }[unit](value);
}

export function count(value) {
  return Number.isInteger(value) || Math.abs(value) >= 100 ? counts.format(value) : means.format(value);
}

/** Return a ratio as percent. What is not all is never shown as 100 %, what is not none never as 0 %. */
export function percent(ratio) {
  const whole = Math.round(ratio * 100);
  if ((whole === 100 && ratio < 1) || (whole === 0 && ratio > 0)) {
    return percents.format(whole === 100 ? 0.99 : 0.01);
  }
  return percents.format(ratio);
}

/** Return seconds as people say them: 8s, 4:07, 1:02:33, 3d 4:00. */
export function duration(value) {
  const whole = Math.max(0, Math.floor(value));
  if (whole < 60) {
    return seconds.format(whole);
  }
  const [day, hour] = [Math.floor(whole / DAY_S), Math.floor((whole % DAY_S) / 3600)];
  const [minute, second] = [Math.floor((whole % 3600) / 60), whole % 60];
  if (day) {
    return `${days.format(day)} ${hour}:${twoDigits.format(minute)}`;
  }
  const rest = `${hour ? twoDigits.format(minute) : minute}:${twoDigits.format(second)}`;
  return hour ? `${hour}:${rest}` : rest;
}

export function time(atMs) {
  return times.format(atMs);
}

/** Return a time of the day, to the minute. */
export function clock(atMs) {
  return clocks.format(atMs);
}

/** Return the day of an instant. */
export function day(atMs) {
  return calendar.format(atMs);
}

/** Return the name of a day of the week, 1 being Monday. */
export function weekday(number) {
  return weekdays.format(MONDAY_MS + (number - 1) * DAY_S * 1000);
}

export function moment(atMs) {
  return dates.format(atMs);
}

/** Return the first of the locales that the browser knows, as `?lang=` names them. */
function known(name) {
  try {
    return name ? Intl.getCanonicalLocales(name) : null;
  } catch {
    return null;
  }
}
