// The panel of trust: who was heard of when, what was late, twice or never ended, and whether the sums agree.

import { h, hold, mark, say } from "./dom.js";
import { fitOnWall } from "./fitting.js";
import { duration, shown } from "./format.js";
import { makeRestated } from "./restated.js";
import { texts } from "./texts.js";

const RANK = { act: 0, watch: 1, good: 2 };

/** Return the panel of a board. */
export function makeTrust({ trust, board, tenant, sources, hasTimelines }) {
  const list = h("dl", { class: "facts" });
  const restated = makeRestated({ hasTimelines });
  const more = h("p", { class: "more" });
  const box = h("section", { class: "panel trust", "aria-labelledby": "trust-title" }, h("h2", { id: "trust-title" }, texts.trust.title), list, restated.box, more);
  const rows = new Map();

  function show() {
    const said = trust.said;
    if (!said) {
      return;
    }
    const facts = [
      ...trust.sources().sort(bySource).map((each) => sourceFact(each, board, sources)),
      ...factsOf(said, board, tenant, trust.restated?.found),
    ];
    // What is wrong stands first: on a wall nobody scrolls.
    facts.sort((one, other) => RANK[one.state] - RANK[other.state]);
    restated.show(trust.restated?.restated ?? []);
    hold(list, facts.map(({ key, term, text, state }) => row(key, term, text, state)));
    fitOnWall([list, restated.box], more);
  }

  function row(key, term, text, state) {
    if (!rows.has(key)) {
      const made = { term: h("dt"), text: h("dd") };
      made.box = h("div", {}, made.term, made.text);
      rows.set(key, made);
    }
    const made = rows.get(key);
    say(made.term, term);
    say(made.text, text);
    mark(made.box, "data-state", state);
    return made.box;
  }

  return { box, show };
}

function sourceFact({ source, ageS }, board, sources) {
  const isCounted = !sources.ignored.includes(source) && (board.sources?.includes(source) ?? true);
  const isSilent = isCounted && ageS > (sources.silent_after_of_s[source] ?? sources.silent_after_s);
  const age = texts.trust.ago(duration(ageS));
  return { key: `source ${source}`, term: source, text: isSilent ? texts.trust.silent(age) : age, state: isSilent ? "act" : "good" };
}

function factsOf(said, board, tenant, restated) {
  const facts = [];
  const add = (name, value, isGood = true) => {
    if (value !== null && value !== undefined) {
      facts.push({ key: name, term: texts.trust[name], text: value, state: isGood ? "good" : "watch" });
    }
  };
  const counts = said.counts ?? {};
  add("duplicates", number(counts.duplicates));
  add("late", number(counts.late_applied));
  add("dropped", number(counts.late_dropped), !counts.late_dropped);
  add("restated", number(restated));
  add("rejected", number(counts.rejected), !counts.rejected);
  if (said.violations) {
    const broken = Object.values(said.violations).reduce((sum, n) => sum + n, 0);
    add("identity", broken ? texts.trust.broken(shown("count", broken)) : texts.trust.holds, !broken);
  }
  add("drift", number(said.backlog_drift), !said.backlog_drift);
  for (const each of said.coverage ?? []) {
    if (each.window === board.window && each.tenant === tenant) {
      facts.push({ key: `coverage ${each.field}`, term: texts.trust.coverage(each.field), text: shown("ratio", each.ratio), state: "good" });
    }
  }
  const ghosts = said.ghosts?.find((each) => each.window === board.window && each.tenant === tenant);
  add("ghosts", number(ghosts?.legs), !ghosts?.legs);
  add("folded", said.folded ? number(said.folded) : null, !said.folded);
  add("generation", said.generation?.slice(0, 8));
  return facts;
}

function number(value) {
  return value === null || value === undefined ? null : shown("count", value);
}

function bySource(one, other) {
  return one.source < other.source ? -1 : 1;
}
