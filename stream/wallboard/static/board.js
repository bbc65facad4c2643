// The wallboard: asks for the boards, listens to the numbers, and shows one board after the other.

import { makeHeader } from "./header.js";
import { h } from "./dom.js";
import { keepTheme } from "./theme.js";
import { listen } from "./stream.js";
import { metricsOf, windowsOf } from "./subscription.js";
import { makeRotation } from "./rotation.js";
import { makeScreen } from "./screen.js";
import { makeTicker } from "./ticker.js";
import { texts } from "./texts.js";
import { Trends } from "./trends.js";
import { Trust } from "./trust.js";
import { Values } from "./values.js";

const AGAIN_MS = 3000;
const RENDER_MS = 1000;
const asked = new URLSearchParams(location.search);

const values = new Values();
const trust = new Trust();
const link = { isConnected: false, isOpen: false, wasConnected: false, silentMs: 0 };
let stop = null;

start();

async function start() {
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
  const trends = new Trends(laidOut.has_history);
  const main = h("main", { tabindex: "-1" });
  const announcer = h("div", { class: "hidden", role: "status", "aria-live": "polite" });
  const ticker = laidOut.has_alerts ? makeTicker() : null;
  let screen = null;

  const rotation = makeRotation({ boards, everyS: laidOut.rotate_s, isKiosk: asked.has("kiosk"), turn: build });
  const header = makeHeader({
    boards,
    windows: laidOut.windows,
    rotation,
    state,
    looksBack: laidOut.has_restatements,
    arrange: (isArranging) => {
      rotation.hold(isArranging);
      screen.arrange(isArranging);
    },
    changed: () => {
      subscribe();
      build(rotation.current());
    },
  });
  document.body.replaceChildren(header.box, main, ...(ticker ? [ticker.box] : []), announcer);

  function build(board) {
    const tenant = board.tenant ?? state.tenant ?? header.tenants()[0] ?? null;
    screen = makeScreen({ board, tenant, window: state.window, sources: laidOut.sources, hasDoors: laidOut.has_conversations, trends, trust, announcer });
    main.replaceChildren(screen.box);
    header.turned(board, screen.tenant);
    render();
  }

  function render() {
    const tenants = [...new Set(values.groups("support_tenant_waiting").map((labels) => labels.tenant))].sort();
    if (header.meet(tenants) && screen.tenant === null && tenants.length) {
      build(rotation.current());
      return;
    }
    const why = screen.show({ values, link });
    header.show({ values, link, why });
  }

  function subscribe() {
    stop?.();
    const query = new URLSearchParams();
    metricsOf(boards).forEach((name) => query.append("metric", name));
    windowsOf(boards, state.window, laidOut.windows).forEach((name) => query.append("window", name));
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

  build(rotation.current());
  subscribe();
  trust.follow(() => state.tenant, { hasRestatements: laidOut.has_restatements });
  setInterval(render, RENDER_MS);
}

/** Return a board with what the address of this screen asks for in place of what was laid out. */
function adapted(board) {
  const [channel, queue] = [asked.get("channel"), asked.get("queue")];
  if (!channel) {
    return board;
  }
  const place = { channel, queue: queue ?? null };
  return { ...board, ...place, tiles: board.tiles.map((tile) => ({ ...tile, ...place })) };
}
