// The wallboard: asks for the boards, listens to the numbers, and shows one board after the other.

import { adapted, asked, keepAddress, makeWrongScreen, noteOf, wantsBack } from "./address.js";
import { Heard } from "./heard.js";
import { makeHeader } from "./header.js";
import { h, say } from "./dom.js";
import { keepTheme } from "./theme.js";
import { listen } from "./stream.js";
import { metricsOf, windowsOf } from "./subscription.js";
import { makeRotation } from "./rotation.js";
import { makeScreen } from "./screen.js";
import { makeTicker } from "./ticker.js";
import { texts } from "./texts.js";
import { instantOf, makeThen } from "./then.js";
import { Trends } from "./trends.js";
import { Trust } from "./trust.js";
import { Values } from "./values.js";
import { wrongBoard, wrongWith } from "./wrong_places.js";

const AGAIN_MS = 3000;
const RENDER_MS = 1000;
const HOUR_MS = 3_600_000;
const NO_BOARD = { title: null, tenant: null };

const values = new Values();
const trust = new Trust();
const link = { isConnected: false, isOpen: false, wasConnected: false, silentMs: 0 };
let stop = null;

start();

async function start() {
  document.documentElement.dataset.runs = "";
  keepTheme(asked.get("theme"));
  document.documentElement.toggleAttribute("data-kiosk", asked.has("kiosk"));
  const notice = h("p", { class: "notice", role: "status" }, texts.connecting);
  document.body.replaceChildren(h("main", {}, h("h1", { class: "hidden" }, texts.wallboard), notice));
  for (;;) {
    try {
      const answer = await fetch("/api/v1/boards");
      if (answer.ok) {
        run(await answer.json());
        return;
      }
      notice.textContent = answer.status === 401 || answer.status === 403 ? texts.refused : texts.noBoards(answer.status);
    } catch {
      notice.textContent = texts.connecting;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

function run(laidOut) {
  const boards = laidOut.boards.map((board) => adapted(board));
  const state = { tenant: asked.get("tenant"), window: asked.get("window") };
  const place = { channel: asked.get("channel"), queue: asked.get("queue") };
  const heard = new Heard(laidOut.boards);
  const trends = new Trends(laidOut.has_history);
  const main = h("main", { tabindex: "-1" });
  const announcer = h("div", { class: "hidden", role: "status", "aria-live": "polite" });
  const ticker = laidOut.has_alerts ? makeTicker() : null;
  const door = (query) => (laidOut.has_conversations ? `/drill?${query}` : `/api/v1/values?${query}`);
  let screen = null;
  let wrong = null; // what the address asks for and there is not
  // Where it looks back: the instant, NaN for an hour ago; null while it lives.
  let back = wantsBack(laidOut) ? Date.parse(asked.get("as_of") ?? "") : null;
  let isBack = false; // it does as soon as it is known from when to

  const rotation = makeRotation({ boards, everyS: laidOut.rotate_s, isKiosk: asked.has("kiosk"), turn: build });
  const header = makeHeader({
    boards,
    windows: laidOut.windows,
    rotation,
    state,
    looksBack: laidOut.has_restatements,
    lookBack: () => look(NaN),
    arrange: (isArranging) => {
      rotation.hold(isArranging);
      screen.arrange(isArranging);
    },
    changed: () => {
      if (back === null) {
        subscribe();
      }
      build(rotation.current());
    },
  });
  document.body.replaceChildren(header.box, main, ...(ticker ? [ticker.box] : []), announcer);

  function build(board) {
    const tenant = tenantOf(board);
    screen?.close?.();
    wrong = wrongNow(board);
    screen =
      wrong ? makeWrongScreen(wrong)
      : isBack ? thenOf(board, tenant)
      : makeScreen({ board, tenant, window: state.window, sources: laidOut.sources, door, hasDoors: laidOut.has_conversations, hasTimelines: laidOut.has_timelines, trends, trust, announcer });
    main.replaceChildren(screen.box);
    header.turned(rotation.missing() === null ? board : NO_BOARD, screen.tenant);
    render();
  }

  function tenantOf(board) {
    return board.tenant ?? state.tenant ?? header.tenants()[0] ?? null;
  }

  function wrongNow(board) {
    const missing = rotation.missing();
    if (missing !== null) {
      return wrongBoard(missing, boards);
    }
    const meant = { tenant: board.tenant ? null : state.tenant, window: state.window, ...place };
    const places = heard.of(new Set([tenantOf(board), ...board.tiles.map((tile) => tile.tenant)]));
    return wrongWith(meant, { tenants: header.tenants(), windows: laidOut.windows, places });
  }

  function thenOf(board, tenant) {
    const meant = back;
    back = instantOf(Number.isNaN(back) ? values.asOf - HOUR_MS : back, values.asOf);
    const note = noteOf(meant, back);
    const chose = (at) => {
      back = at;
      keepAddress(back, tenant);
    };
    return makeThen({ board, tenant, window: state.window, hasTimelines: laidOut.has_timelines, door, latestMs: values.asOf, atMs: back, note, chose, leave: () => look(null) });
  }

  /** Look back at an instant, or live on; updates pause meanwhile, and come anew afterwards. */
  function look(at) {
    back = at;
    isBack = back !== null && values.asOf !== null;
    rotation.hold(isBack);
    header.looks(isBack);
    if (back === null) {
      keepAddress(null);
      subscribe();
    } else if (isBack) {
      stop?.();
    }
    build(rotation.current());
    if (isBack) {
      screen.focus();
    } else if (back === null) {
      header.focusBack();
      say(announcer, texts.then.live);
    }
  }

  function render() {
    heard.meet(values);
    const tenants = [...new Set(values.groups("support_tenant_waiting").map((labels) => labels.tenant))].sort();
    if (header.meet(tenants) && screen.tenant === null && tenants.length) {
      build(rotation.current());
      return;
    }
    if (back !== null && !isBack && values.asOf !== null) {
      look(back);
      return;
    }
    if (JSON.stringify(wrongNow(rotation.current())) !== JSON.stringify(wrong)) {
      build(rotation.current());
      return;
    }
    const why = screen.show({ values, link });
    header.show({ values, link, why, isBack });
  }

  function subscribe() {
    stop?.();
    const query = new URLSearchParams();
    metricsOf(boards, { asksPlace: Boolean(place.channel || place.queue) }).forEach((name) => query.append("metric", name));
    const window = laidOut.windows.includes(state.window) ? state.window : null;
    windowsOf(boards, window, laidOut.windows).forEach((name) => query.append("window", name));
    stop = listen(`/api/v1/changes?${query}`, {
      whole: (data) => (values.whole(data), render()),
      changed: (data) => (values.changed(data), render()),
      quiet: (now) => {
        const isNews = now.isConnected !== link.isConnected;
        Object.assign(link, now);
        if (isNews) {
          render();
        }
      },
    });
  }

  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && back !== null) {
      look(null);
    }
  });
  build(rotation.current());
  subscribe();
  trust.follow(() => (header.tenants().includes(state.tenant) ? state.tenant : null), { hasRestatements: laidOut.has_restatements });
  setInterval(render, RENDER_MS);
}
