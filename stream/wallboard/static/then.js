// Looking back: the board as it was known at an instant of the past day, beside what is known of it now. It stands still.

import { arranged } from "./arranging.js";
import { ask } from "./asking.js";
import { makeBetween } from "./between.js";
import { makeComparison } from "./comparison.js";
import { button, h, say } from "./dom.js";
import { count, moment } from "./format.js";
import { texts } from "./texts.js";
import { AT_ONCE, each as eachOf } from "./turns.js";

const DAY_MS = 86_400_000;
export const STEP_MS = 300_000;
const SETTLED_MS = 300; // a slider that is dragged asks when it rests

/** Return the instant that is meant by one asked for: of the day before the latest numbers, in steps of the slider. */
export function instantOf(askedMs, latestMs) {
  const lastMs = latestMs - (latestMs % STEP_MS);
  return Math.min(lastMs, Math.max(lastMs - DAY_MS, askedMs - (askedMs % STEP_MS)));
}

/**
 * Return a board that looks back from `latestMs` at `atMs`. `note` says why that is not what was asked for. `chose` is told each instant that is chosen, `leave` is
 * called to go on living.
 */
export function makeThen({ board, tenant, window, hasTimelines, door, latestMs, atMs, note, chose, leave }) {
  const lastMs = instantOf(latestMs, latestMs);
  const tiles = arranged(board).map((tile) => makeComparison(window ? { ...tile, window } : tile, { tenant, door }));
  tiles.sort((one, other) => other.hasLog - one.hasLog); // what can be compared stands first
  const between = makeBetween({ hasTimelines });
  const slider = h("input", { type: "range", id: "instant", min: lastMs - DAY_MS, max: lastMs, step: STEP_MS, value: atMs });
  const when = h("output", { for: "instant" });
  const status = h("p", { class: "found", role: "status" });
  const elsewhere = h("p", { class: "found elsewhere", role: "alert" }, note);
  elsewhere.hidden = !note;
  const step = (by) => {
    slider.value = Number(slider.value) + by;
    elsewhere.hidden = true;
    choose();
  };
  const bar = h(
    "section",
    { class: "panel instant", "aria-labelledby": "instant-title" },
    h("h2", { id: "instant-title" }, texts.then.title),
    h(
      "div",
      { class: "slide" },
      h("label", { for: "instant", class: "hidden" }, texts.then.instant),
      button("−", () => step(-STEP_MS), { "aria-label": texts.then.sooner }),
      slider,
      button("+", () => step(STEP_MS), { "aria-label": texts.then.later }),
      when,
      button(texts.then.leave, leave, { class: "leave", accesskey: "t" }),
    ),
    elsewhere,
    status,
  );
  const box = h(
    "div",
    { class: "board looks-back", "data-panels": 1 },
    h("h1", { class: "hidden" }, [board.title ?? texts.wallboard, texts.then.title].join(" · ")),
    bar,
    h("section", { class: "headlines", "aria-label": texts.headlines }, h("div", { class: "tiles", "data-count": tiles.length }, ...tiles.map((made) => made.box))),
    h("div", { class: "panels" }, between.box),
  );
  let [rests, asking] = [null, null];

  function choose() {
    const at = Number(slider.value);
    say(when, moment(at));
    slider.setAttribute("aria-valuetext", when.textContent);
    clearTimeout(rests);
    rests = setTimeout(() => {
      chose(at);
      askAll(at);
    }, SETTLED_MS);
  }

  async function askAll(at) {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    const [logged, others] = [tiles.filter((made) => made.hasLog), tiles.filter((made) => !made.hasLog)];
    others.forEach((made) => (made.wait(at), made.fail(texts.then.notLogged)));
    const asked = logged.map((made) => [made, made.wait(at)]);
    say(status, [texts.then.paused, texts.drill.asking].join(" "));
    let number = 0;
    const found = [];
    await eachOf(asked, AT_ONCE, async ([made, query]) => {
      try {
        const said = await ask(`/api/v1/known-then?${query}`, { signal });
        if (!signal.aborted) {
          number += made.show(said);
          found.push(...said.restatements);
        }
      } catch (error) {
        if (!signal.aborted) {
          made.fail(error.message);
        }
      }
    });
    // A slider that went on meanwhile has asked anew.
    if (!signal.aborted) {
      between.show(found);
      say(status, [texts.then.paused, texts.then.found(number, count(number), count(logged.length))].join(" "));
    }
  }

  slider.addEventListener("input", choose);
  slider.addEventListener("input", () => (elsewhere.hidden = true), { once: true });
  choose();
  return {
    box,
    tenant,
    show: () => null,
    arrange: () => {},
    focus: () => slider.focus(),
    close: () => {
      clearTimeout(rests);
      asking?.abort();
    },
  };
}
